"""The original's words in an answer: quoted, with who wrote them when."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from tui_mail.compose.direction import without_directions
from tui_mail.compose.signature import MARK
from tui_mail.compose.text import WIDTH, columns, filled
from tui_mail.mime.quoting import is_attribution, quote_depth
from tui_mail.model.displayable import Displayable
from tui_mail.model.message import Address, Envelope
from tui_mail.model.readable import ReadableText

MAX_QUOTED = 200_000
"""Characters of a text that are quoted."""

_LONG = 78
"""A longer line was not meant to stand so, or it is no prose (RFC 5322, 2.1.1)."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun",
           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # fmt: skip
_QUOTE = re.compile(r"(?:> ?)+")
_NO_PROSE = re.compile(r"^[\s|+*#$%{}<]|\t|\S {3,}\S|[{};\\|]\s*$")
_REFERENCE = re.compile(r"\[(\d{1,4})\]")
_ITEM = re.compile(r"\s{0,8}(?:[*•+-]|\d{1,3}[.)]) +")
_FEWEST_WORDS = 8
_SIGNATURE_LINES = 30
"""More lines than these below a ``--`` without its space are text."""


def spoken_day(date: datetime) -> str:
    """Write a day for a person: ``Thu, 19 Nov 2026``."""
    day, month = _DAYS[date.weekday()], _MONTHS[date.month - 1]
    return f"{day}, {date.day} {month} {date.year}"


def attribution(envelope: Envelope, zone: tzinfo | None = None) -> str:
    """Say who wrote what is quoted below; times are those of ``zone``, or of here."""
    who = next(iter(envelope.from_), Address(Displayable(""), Displayable("")))
    name = (without_directions(who.short) or "somebody")[:120].rstrip().rstrip(":")
    if envelope.date is None:
        return f"{name} wrote:"
    date = envelope.date.astimezone(zone)
    return f"On {spoken_day(date)} at {date:%H:%M}, {name} wrote:"


def quoted(text: ReadableText) -> str:
    r"""Quote a readable text without its signature; every line ends with ``\n``.

    What was quoted in it is quoted more deeply, ``>> ``; long lines of prose are
    wrapped, and nothing else is.
    """
    return "".join(f"{line}\n" for line in _quoted_lines(text))


def _quoted_lines(text: ReadableText) -> Iterator[str]:
    lines, references = _apart(text)
    kept = _trimmed(_without_signatures(lines))
    room = MAX_QUOTED
    for line in kept:
        yield from softly_wrapped(line, deeper=1)
        room -= len(line)
        if room < 0:
            yield "> […]"
            break
    named = set(_REFERENCE.findall("\n".join(kept))) if references else set()
    still = [one for number, one in references if str(number) in named]
    if still:
        yield ">"
        yield from (f"> {one}" for one in still)


def _apart(text: ReadableText) -> tuple[list[str], list[tuple[int, str]]]:
    """Take the list of links at the end of what was HTML from the text above it."""
    lines = without_directions(text.text).split("\n")
    count = len(text.links)
    if text.kind != "html" or not count or len(lines) <= count:
        return lines, []
    references = list(enumerate(lines[-count:], start=1))
    if not all(line.startswith(f"[{number}] ") for number, line in references):
        return lines, []
    return lines[:-count], references


def _without_signatures(lines: Sequence[str]) -> list[str]:
    """Leave out a signature up to where quoted text begins, below which it may stand."""
    kept: list[str] = []
    position = 0
    has_text = False
    while position < len(lines):
        if lines[position] in (MARK, "--"):
            end = _signature_end(lines, position)
            if end and (has_text or any(line.strip() for line in lines[end:])):
                position = end
                continue
        kept.append(lines[position])
        has_text = has_text or bool(lines[position].strip())
        position += 1
    return kept


def _signature_end(lines: Sequence[str], start: int) -> int | None:
    """Find where a signature ends; None where what follows is too long for one."""
    limit = len(lines) if lines[start] == MARK else start + _SIGNATURE_LINES + 2
    end = start + 1
    while end < min(len(lines), limit) and not _begins_quote(lines[end]):
        end += 1
    if end == limit < len(lines):
        return None
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return end


def _begins_quote(line: str) -> bool:
    return line.startswith(">") or is_attribution(line)


def _trimmed(lines: list[str]) -> list[str]:
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return lines[start:end]


def softly_wrapped(line: str, *, deeper: int = 0) -> list[str]:
    """Break a long line of prose, each piece but the last with a space at its end.

    So it flows again where the message is read (RFC 3676). ``deeper`` is how many
    levels more it is quoted; a line that is no prose stays whole.
    """
    depth = quote_depth(line)
    content = _QUOTE.sub("", line, count=1) if depth else line
    marks = ">" * (depth + deeper)
    lead = f"{marks} " if marks else ""
    pieces = _pieces(content.expandtabs(8).rstrip() if deeper else content, len(lead))
    return [f"{lead}{piece}" if piece else marks for piece in pieces]


def _pieces(content: str, lead: int) -> list[str]:
    if columns(content) <= _LONG or not is_prose(content):
        return [content]
    words = content.lstrip(" ")
    indent = " " * (len(content) - len(words))
    room = max(WIDTH - lead - len(indent), 40)
    return [f"{indent}{piece}" for piece in filled(words, room)]


def is_prose(line: str) -> bool:
    """Tell whether a long line may be broken anew: no code, no table, no address."""
    item = _ITEM.match(line)
    words = line[item.end() :] if item else line
    if _NO_PROSE.search(words):
        return False
    return len(words.split()) >= _FEWEST_WORDS or columns(words) > len(words) * 3 / 2
