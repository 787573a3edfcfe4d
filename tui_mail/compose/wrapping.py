"""Lines of paragraphs broken at 72 columns, softly, so that they flow (RFC 3676)."""

import re
import unicodedata
from collections.abc import Iterator

from tui_mail.compose.flowed import SIGNATURE

MEASURE = 72
"""Columns that a line has at most, the space at its end not counted."""
_QUOTE = re.compile(r"(?:>[> ]*)?")
_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)]) |\s{2,}")
"""What a line begins with that is not to be joined to the one before."""


def wrapped(text: str) -> str:
    """Break long lines of one's own paragraphs.

    What is quoted or stands in, as code does, and the signature stay as they are; so do
    words longer than a line.
    """
    lines = text.split("\n")
    ends = _signature(lines)
    written = [
        piece
        for place, line in enumerate(lines)
        for piece in (_broken(line) if place < ends else [line])
    ]
    return "\n".join(written)


def rewrapped(paragraph: str) -> str:
    """Break the lines of a paragraph anew, at one depth of quoting after the other.

    One's own words become one line, which is broken where it is shown and sent.
    """
    made: list[str] = []
    before = None
    for line in paragraph.split("\n"):
        quote = _QUOTE.match(line)
        mark = quote[0] if quote else ""
        content = line[len(mark) :]
        if mark == before and content.strip() and not _ITEM.match(content):
            made[-1] = f"{made[-1].rstrip()} {content.strip()}"
        else:
            made.append(line)
        before = mark if content.strip() else None
    return "\n".join(piece for line in made for piece in _quoted(line))


def _quoted(line: str) -> list[str]:
    quote = _QUOTE.match(line)
    mark = quote[0] if quote else ""
    if not mark:
        return [line]
    room = MEASURE - width(mark)
    content = line[len(mark) :]
    return [f"{mark}{piece}".rstrip() for piece in _pieces(content, max(20, room))]


def _broken(line: str) -> list[str]:
    if len(line) <= MEASURE // 2 or line[:1] in (">", " ", "\t"):
        return [line]
    *begun, last = _pieces(line, MEASURE)
    return [*(f"{piece} " for piece in begun), last]


def _signature(lines: list[str]) -> int:
    """Tell where the signature begins, or the text ends."""
    for place in range(len(lines) - 1, -1, -1):
        if lines[place] == SIGNATURE:
            return place
    return len(lines)


def _pieces(line: str, room: int) -> Iterator[str]:
    """Cut at spaces into pieces of at most so many columns; a long word stays whole."""
    piece, columns = "", 0
    for word in re.findall(r"\S+ *| +", line):
        wide = width(word.rstrip())
        if piece.strip() and columns + wide > room:
            yield piece[:-1] if piece.endswith(" ") else piece
            piece, columns = "", 0
        piece += word
        columns += width(word)
    yield piece


def width(text: str) -> int:
    """Count the columns that a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(each) else 1 + (_kind(each) in ("W", "F"))
        for each in text
    )


def _kind(character: str) -> str:
    return unicodedata.east_asian_width(character)
