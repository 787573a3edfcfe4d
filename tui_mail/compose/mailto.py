"""``mailto:`` links (RFC 6068), of which only what is harmless is taken."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from tui_mail.compose.fields import clean_line
from tui_mail.mime.charset import decode_words
from tui_mail.mime.headers import message_ids
from tui_mail.model.displayable import Displayable, displayable, displayable_lines
from tui_mail.model.error import UsageError

MAX_LENGTH = 200_000
"""Characters of a link."""

_SCHEME = re.compile(r"\s*mailto:", re.IGNORECASE)
_TAKEN = ("to", "cc", "subject", "body", "in-reply-to")


@dataclass(frozen=True, slots=True)
class Mailto:
    """What a link asks for, to be shown before anything is sent."""

    to: Displayable
    cc: Displayable
    subject: Displayable
    body: Displayable
    in_reply_to: str
    """Without angle brackets; empty where there is none."""
    ignored: tuple[Displayable, ...]
    """The fields that were left out, each once: attachments, Bcc, whatever else."""


def is_mailto(text: str) -> bool:
    """Tell whether a text is such a link."""
    return _SCHEME.match(text) is not None


def draft_fields_of(url: str) -> Mailto:
    """Read a link; raises UsageError where it is none."""
    scheme = _SCHEME.match(url)
    if not scheme or len(url) > MAX_LENGTH:
        raise UsageError(f"{url[:60]} is no mailto: link")
    path, _, query = url[scheme.end() :].partition("#")[0].partition("?")
    found: dict[str, list[str]] = {name: [] for name in _TAKEN}
    found["to"] += [_decoded(one) for one in path.split(",")]
    ignored: dict[Displayable, None] = {}
    # Pages that escape their links twice write the & as an entity.
    for item in filter(None, re.split("&amp;|&", query)):
        name, _, value = item.partition("=")
        key = _decoded(name).strip().lower()
        if key in found:
            found[key].append(_decoded(value))
        else:
            ignored[displayable(key)] = None
    ids = message_ids("".join(found["in-reply-to"][:1]))
    return Mailto(
        to=_addresses(found["to"]),
        cc=_addresses(found["cc"]),
        subject=displayable(decode_words("".join(found["subject"][:1]))),
        body=displayable_lines("\n".join(found["body"])),
        in_reply_to=ids[0] if ids else "",
        ignored=tuple(ignored),
    )


def _decoded(text: str) -> str:
    return unquote(text, errors="replace")


def _addresses(found: list[str]) -> Displayable:
    return displayable(", ".join(filter(None, map(clean_line, found))))
