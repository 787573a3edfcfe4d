"""Parts to the text that a person reads."""

import heapq
import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tui_mail.mime.calendar import calendar_text
from tui_mail.mime.charset import decode_text
from tui_mail.mime.choose import text_parts
from tui_mail.mime.flowed import unflow
from tui_mail.mime.parse import decode_part
from tui_mail.mime.quoting import is_attribution
from tui_mail.mime.warnings import left_out, link_warnings, sender_warnings
from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import Displayable, displayable, displayable_lines
from tui_mail.model.ids import PartId
from tui_mail.model.message import Envelope
from tui_mail.model.readable import Link, ReadableText

RENDERER = 1
"""The version of what is made here; a text of an older one is made anew."""

MAX_TEXT = 1_000_000
MAX_OCTETS = 4_000_000
MAX_LINKS = 1_000
MAX_SNIPPET = 200

_URL = re.compile(
    r"(?:(?:https?|ftp)://|\bmailto:(?=[^\s@]{1,100}@))"
    r"[^\s<>\"`{}|^\x00-\x1f\x7f]{3,4000}",
    re.IGNORECASE,
)
_SCHEMES = ("https", "http", "ftp")
_META_CHARSET = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.I
)
_BLANK = re.compile(r"\n\s*\n\s*\n+")
_SPACES = re.compile(r"[ \t]{2,}")
_REFERENCE = re.compile(r" ?\[\d{1,4}\]")
_RULE = re.compile(r"[\W_]*")


@dataclass(slots=True)
class _Making:
    """What was gathered of the parts so far."""

    texts: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[Displayable] = field(default_factory=list)
    images: int = 0
    trackers: int = 0
    html: bool = False
    cut: bool = False


_HtmlMaker = Callable[[str, _Making], str]


def make_readable(
    envelope: Envelope,
    structure: BodyPart,
    parts: Mapping[PartId, bytes],
    *,
    prefer: str = "plain",
) -> ReadableText:
    """Make the readable text of a message from its encoded parts.

    Belongs into the render child: its HTML libraries can be led to use much time.
    """
    return _made(envelope, structure, parts, prefer, _by_library)


def plain_fallback(
    envelope: Envelope,
    structure: BodyPart,
    parts: Mapping[PartId, bytes],
    *,
    prefer: str = "plain",
) -> ReadableText:
    """Make a readable text without any HTML library, in linear time."""
    return _made(envelope, structure, parts, prefer, _by_hand)


def _made(
    envelope: Envelope,
    structure: BodyPart,
    parts: Mapping[PartId, bytes],
    prefer: str,
    make_html: _HtmlMaker,
) -> ReadableText:
    making = _Making(warnings=sender_warnings(envelope))
    for part in _at_hand(structure, parts, prefer):
        _add(making, part, parts[part.part_id], make_html)
    text = displayable_lines("\n\n".join(making.texts))
    making.cut = making.cut or len(text) > MAX_TEXT
    text = Displayable(text[:MAX_TEXT])
    links = making.links[:MAX_LINKS]
    making.warnings += link_warnings(links)
    making.warnings += left_out(making.images, making.trackers)
    if structure.boundary_broken:
        making.warnings.append(
            Displayable(
                "The message is damaged, cut off or too large; parts may be missing."
            )
        )
    return ReadableText(
        text=Displayable(text + _references(links)) if making.html else text,
        kind="none" if not making.texts else "html" if making.html else "plain",
        links=tuple(Link(displayable(shown), displayable(url)) for shown, url in links),
        warnings=tuple(making.warnings),
        snippet=snippet_of(text, references=making.html),
        renderer=RENDERER,
        cut=making.cut,
    )


def _at_hand(
    structure: BodyPart, parts: Mapping[PartId, bytes], prefer: str
) -> list[BodyPart]:
    """Choose what is preferred, or what is here if that is not."""
    for wish in (prefer, "html" if prefer == "plain" else "plain"):
        chosen = text_parts(structure, prefer=wish)
        if found := [part for part in chosen if part.part_id in parts]:
            return found
    return []


def _add(making: _Making, part: BodyPart, octets: bytes, make_html: _HtmlMaker) -> None:
    making.cut = making.cut or len(octets) > MAX_OCTETS
    decoded = decode_part(part, octets[:MAX_OCTETS])
    charset = part.charset
    if part.type == "text/html":
        found = None if charset else _META_CHARSET.search(decoded[:2_000])
        charset = found[1].decode("ascii", "replace") if found else charset
    text = decode_text(decoded, charset).replace("\r\n", "\n").replace("\r", "\n")
    if part.type == "text/html":
        making.html = True
        made = make_html(text, making)
    elif part.type == "text/calendar":
        made = calendar_text(text)
    else:
        if part.format_flowed and part.type == "text/plain":
            text = unflow(text, delsp=part.delsp)
        made = text.rstrip().lstrip("\n")
        if not making.html:
            making.links += _plain_links(made[:MAX_TEXT])
    if made.strip():
        making.texts.append(made)


def _plain_links(text: str) -> list[tuple[str, str]]:
    """Gather the addresses in a plain text; the text itself stays as it is."""
    found: dict[str, None] = {}
    for written in _urls(text):
        url = written.rstrip(".,;:!?'*_")
        if url.endswith(")") and "(" not in url:
            url = url.rstrip(").,;")
        found.setdefault(url)
        if len(found) >= MAX_LINKS:
            break
    return [(url, url) for url in found]


def _urls(text: str) -> Iterator[str]:
    """Find the addresses in their order, none within another."""
    done = 0
    written = heapq.merge(
        _matches(text, "://", _SCHEMES), _matches(text, "mailto:", ("",))
    )
    for start, url in written:
        if start >= done:
            yield url
            done = start + len(url)


def _matches(
    text: str, mark: str, before: tuple[str, ...]
) -> Iterator[tuple[int, str]]:
    """Find the addresses with a mark; that is found much faster than they are.

    ``before`` is what may stand before the mark.
    """
    done, at = 0, text.find(mark)
    while at >= 0:
        starts = (at - len(scheme) for scheme in before)
        matches = (_URL.match(text, one) for one in starts if one >= done)
        match = next(filter(None, matches), None)
        if match is not None:
            yield match.start(), match[0]
            done = match.end()
        at = text.find(mark, max(done, at + 1))


def _by_library(markup: str, making: _Making) -> str:
    from tui_mail.mime.html_text import html_to_text

    if making.texts:
        # Numbers in the text have to be those of the list, so what a plain part
        # before it had, which has no numbers, does not count.
        making.links = [link for link in making.links if link[0] != link[1]]
    made = html_to_text(markup, len(making.links) + 1)
    making.links += made.links
    making.images += made.images
    making.trackers += made.trackers
    making.cut = making.cut or made.cut
    return made.text


def _by_hand(markup: str, making: _Making) -> str:
    """Leave out everything in angle brackets; crude, but linear."""
    making.warnings.append(
        Displayable("The HTML could not be read in time; only its words are shown.")
    )
    out: list[str] = []
    room = MAX_TEXT
    silent = ""
    for piece in markup[: 2 * MAX_TEXT].split("<"):
        tag, bracket, text = piece.partition(">")
        name = tag[:12].strip().lower().partition(" ")[0]
        if silent:
            if name != f"/{silent}":
                continue
            silent = ""
        elif name in ("script", "style", "title"):
            silent = name
            continue
        words = text if bracket else ("" if out else tag)
        if name.strip("/") in ("p", "br", "div", "tr", "li", "table", "h1", "h2"):
            out.append("\n")
        out.append(words)
        room -= len(words)
        if room < 0:
            making.cut = True
            break
    return _BLANK.sub("\n\n", html.unescape("".join(out))).strip()


def _references(links: list[tuple[str, str]]) -> str:
    if not links:
        return ""
    lines = (
        f"[{number}] {displayable(url)}"
        for number, (_, url) in enumerate(links, start=1)
    )
    return "\n\n" + "\n".join(lines)


def snippet_of(text: str, *, references: bool = False) -> Displayable:
    """Take the first words of what the sender wrote: no quotes, no signature."""
    words: list[str] = []
    count = 0
    for line in text[:50_000].split("\n"):
        if line in ("-- ", "--") or (words and is_attribution(line)):
            break
        content = line.strip()
        if content[:1] == ">" or not content or is_attribution(content):
            continue
        if _RULE.fullmatch(content):
            continue
        words.append(content[: 2 * MAX_SNIPPET])
        count += len(words[-1])
        if count > MAX_SNIPPET:
            break
    joined = " ".join(words)
    if references:
        joined = _REFERENCE.sub("", joined)
    return Displayable(displayable(_SPACES.sub(" ", joined))[:MAX_SNIPPET].rstrip())
