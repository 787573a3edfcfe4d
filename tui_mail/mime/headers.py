"""Header blocks to envelopes.

A first synchronization reads a hundred thousand of them, so the usual block, plain
ASCII in lines of a field each, takes the short way at every step.
"""

import re

from tui_mail.mime.addresses import MAX_FIELD, format_address, parse_addresses
from tui_mail.mime.charset import decode_text, decode_words
from tui_mail.mime.dates import parse_date
from tui_mail.model.displayable import Displayable, displayable
from tui_mail.model.message import Address, Envelope

LIST_FIELDS: tuple[str, ...] = (
    *("Date", "From", "Sender", "Reply-To", "To", "Cc", "Subject", "Message-ID"),
    *("In-Reply-To", "References", "List-Id", "Content-Type"),
)
"""The header fields that an envelope is made of."""

MAX_BLOCK = 1_000_000
MAX_LINES = 10_000
MAX_REFERENCES = 100

_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*[!-9;-~]{1,200}[ \t]*:")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_MESSAGE_ID = re.compile(r"<\s*([!-;=?-~]{1,995})\s*>")
_BARE_WORD = re.compile(r"[!-;=?-~]++")
_IN_BRACKETS = re.compile(r"<([^<>]{1,995})>\s*\Z")
_WANTED = frozenset(name.lower() for name in LIST_FIELDS) | {"bcc"}
_ADDRESS_FIELDS = frozenset(
    {"from", "sender", "reply-to", "to", "cc", "bcc", "return-path"}
    | {"resent-from", "resent-sender", "resent-to", "resent-cc", "delivered-to"}
)
_WITH_ATTACHMENT = ("multipart/mixed", "application/", "image/", "audio/", "video/")


def begins_message(octets: bytes) -> bool:
    """Tell whether a file that begins so is a message: a field, and whatever comes then.

    NUL octets are in mail too; they make no other file of it.
    """
    return _BEGINS.match(octets) is not None


def header_lines(octets: bytes) -> list[str]:
    """Cut a header block into unfolded fields, their octets as Latin-1 characters.

    What stands after the first empty line is left, so are the limits of this module.
    """
    text = octets[: _end_of(octets)].decode("latin-1")
    if "\n" not in text and "\r" in text:
        text = text.replace("\r", "\n")
    if "\n " in text or "\n\t" in text:
        text = _FOLD.sub("", text)
    return text.split("\n", MAX_LINES)[:MAX_LINES]


def _end_of(octets: bytes) -> int:
    """Find where the first empty line begins, within the limit."""
    if octets.startswith((b"\n", b"\r\n")):
        return 0
    end = octets.find(b"\n\r\n", 0, MAX_BLOCK)
    other = octets.find(b"\n\n", 0, MAX_BLOCK if end < 0 else end + 1)
    return min((one for one in (end, other) if one >= 0), default=MAX_BLOCK)


def field_text(value: str) -> str:
    """Decode the raw octets of a value; its encoded words stay as they are."""
    value = value[:MAX_FIELD].strip()
    return value if value.isascii() else decode_text(value.encode("latin-1"))


def wanted_fields(octets: bytes, wanted: frozenset[str]) -> dict[str, str]:
    """Take the named fields (lower case); a field said twice is joined by a comma."""
    found: dict[str, str] = {}
    plain = len(octets) <= MAX_FIELD and octets.isascii()
    for line in header_lines(octets):
        name, colon, value = line.partition(":")
        key = name.lower()
        if key not in wanted:
            key = key.rstrip(" \t\r")
            if key not in wanted:
                continue
        if not colon:
            continue
        text = value.strip() if plain else field_text(value)
        if key not in found:
            found[key] = text
        elif key in _ADDRESS_FIELDS and len(found[key]) < MAX_FIELD:
            found[key] += ", " + text
    return found


def _words(value: str | None) -> Displayable:
    if not value:
        return Displayable("")
    return displayable(decode_words(value) if "=?" in value else value)


def _addresses(value: str | None) -> tuple[Address, ...]:
    return parse_addresses(value) if value else ()


def message_ids(value: str | None) -> list[str]:
    """Read message-ids in angle brackets, else bare ones that have an @."""
    if not value:
        return []
    return _MESSAGE_ID.findall(value) or [
        word
        for word in _BARE_WORD.findall(value)
        if len(word) <= 995 and "@" in word[1:-1]
    ]


def _references(value: str | None) -> tuple[str, ...]:
    ids = list(dict.fromkeys(message_ids(value)))
    if len(ids) > MAX_REFERENCES:
        # The first names the conversation, the last ones where in it this stands.
        ids = [ids[0], *ids[1 - MAX_REFERENCES :]]
    return tuple(ids)


def _list_id(value: str | None) -> Displayable:
    if not value:
        return Displayable("")
    inside = _IN_BRACKETS.search(value[-1000:])
    return displayable(inside[1]) if inside else _words(value)


def parse_envelope(octets: bytes) -> Envelope:
    """Read a raw header block; never raises."""
    get = wanted_fields(octets, _WANTED).get
    own_ids = message_ids(get("message-id"))
    parents = message_ids(get("in-reply-to"))
    content_type = get("content-type") or ""
    return Envelope(
        subject=_words(get("subject")),
        from_=_addresses(get("from")),
        sender=_addresses(get("sender")),
        reply_to=_addresses(get("reply-to")),
        to=_addresses(get("to")),
        cc=_addresses(get("cc")),
        bcc=_addresses(get("bcc")),
        date=parse_date(get("date") or ""),
        message_id=own_ids[0] if own_ids else "",
        in_reply_to=parents[0] if parents else "",
        references=_references(get("references")),
        list_id=_list_id(get("list-id")),
        has_attachment=content_type.lower().startswith(_WITH_ATTACHMENT),
    )


def all_fields(octets: bytes) -> list[tuple[Displayable, Displayable]]:
    """List every header field, decoded and safe to show.

    In fields of addresses only display names are decoded.
    """
    fields = []
    for line in header_lines(octets):
        name, colon, value = line.partition(":")
        if not colon or " " in name.rstrip():
            continue
        text = field_text(value)
        if "=?" in text and name.strip().lower() in _ADDRESS_FIELDS:
            written = ", ".join(format_address(one) for one in parse_addresses(text))
            fields.append((displayable(name), Displayable(written)))
        else:
            fields.append((displayable(name), _words(text)))
    return fields
