"""The text pager's document: lines with a look, wrapped to a width, searched within."""

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from tui_mail.model.displayable import Displayable
from tui_mail.ui.cells import width_of, wrap_points

_QUOTE = re.compile(r"(?:[>|] ?)+(?<! )|(?:[>|] ?)+")
_PATCH = re.compile(r"diff --git |Index: \S|@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@")
_IN_PATCH = re.compile(
    r"[ +@\\-]|$|diff |index |new file |deleted file |old mode |new mode |similarity "
    r"|rename |copy |Binary files |GIT binary patch"
)
_ITEM = re.compile(r" {0,6}(?:[-*•]|\d{1,2}[.)]) {1,3}(?=\S)")
"""What an item of a list begins with; its further rows stand below its words."""
_TAB = 8
MEASURE = 100
"""Text is wrapped at this width at most: longer lines are hard to read; not so code."""


class Look(IntEnum):
    """What a line is, and so how it looks."""

    TEXT = 0
    SIGNATURE = 1
    STRONG = 2
    DIM = 3
    WARNING = 4
    PASSED = 5
    PEOPLE = 6
    ATTACHMENTS = 7
    FIELD = 8
    ADDED = 9
    """Of a patch, as the next three."""
    REMOVED = 10
    PLACE = 11
    CODE = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line before it is wrapped."""

    text: str
    look: Look = Look.TEXT
    indent: int = 0
    """Cells by which its continuations stand in."""
    right: str = ""
    """What stands at the right end of its first row: the date."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the screen."""

    text: str
    look: Look
    depth: int
    """How deep it is quoted; its quote signs are not in the text."""
    indent: int
    right: str
    hits: tuple[tuple[int, int], ...]
    """Where the text that is searched for stands in it."""
    current: tuple[int, int] | None


def quote_depth(line: str) -> tuple[int, int]:
    """Give how deep a line is quoted and where what it quotes begins."""
    if not line.startswith((">", "| ")):
        return 0, 0
    match = _QUOTE.match(line)
    if match is None:
        return 0, 0
    signs = match.group()
    end = match.end()
    if not signs.endswith(" ") and line[end : end + 1] == " ":
        end += 1
    return signs.count(">") + signs.count("|"), end


def text_lines(text: Displayable) -> list[Line]:
    """Cut a readable text into lines; from ``-- `` on it is the signature (RFC 3676, 4.3)."""
    lines: list[Line] = []
    look = Look.TEXT
    patch = False
    for raw in text.split("\n"):
        if raw in ("-- ", "--"):
            look, patch = Look.SIGNATURE, False
        elif look is Look.SIGNATURE and raw.startswith(">"):
            look = Look.TEXT
        patch = bool(patch and _IN_PATCH.match(raw)) or bool(_PATCH.match(raw))
        raw_look = _patch_look(raw) if patch else look
        item = _ITEM.match(raw) if raw_look is Look.TEXT else None
        indent = item.end() if item else 0
        text_line = raw.expandtabs(_TAB) if "\t" in raw else raw
        lines.append(Line(text_line, raw_look, indent))
    while lines and not lines[-1].text.strip():
        lines.pop()
    return lines


def _patch_look(line: str) -> Look:
    if line.startswith(("diff ", "index ", "--- ", "+++ ")):
        return Look.STRONG
    if line.startswith("@@"):
        return Look.PLACE
    return {"+": Look.ADDED, "-": Look.REMOVED}.get(line[:1], Look.CODE)


class Document:
    """Lines wrapped to a width: only places are kept, text is cut when it is seen."""

    def __init__(self, lines: Sequence[Line], width: int) -> None:
        self.lines = lines
        self.width = width
        self._line_of = array("l")
        self._start = array("l")
        self._end = array("l")
        self._hits: dict[int, list[tuple[int, int]]] = {}
        self._places: list[tuple[int, int, int]] = []
        self._current = -1
        for number, line in enumerate(lines):
            self._wrap(number, line, width)

    def __len__(self) -> int:
        return len(self._line_of)

    def _wrap(self, number: int, line: Line, width: int) -> None:
        text = line.text
        depth, begin = quote_depth(text) if line.look is Look.TEXT else (0, 0)
        measure = width if line.look >= Look.ADDED else min(width, MEASURE)
        room = measure - min(depth, width // 4) * 2 - line.indent
        if line.right:
            room = min(room, width - width_of(line.right) - 2)
        if len(text) - begin <= room and text.isascii():
            points = [(begin, len(text))]
        else:
            body = text[begin:]
            points = [
                (begin + start, begin + end) for start, end in wrap_points(body, room)
            ]
        for start, end in points:
            self._line_of.append(number)
            self._start.append(start)
            self._end.append(end)

    def row(self, row: int) -> Row:
        """Give one row to draw."""
        number = self._line_of[row]
        line = self.lines[number]
        start, end = self._start[row], self._end[row]
        first = row == 0 or self._line_of[row - 1] != number
        depth = quote_depth(line.text)[0] if line.look is Look.TEXT else 0
        hits = tuple(
            (max(low, start) - start, min(high, end) - start)
            for low, high in self._hits.get(number, ())
            if low < end and high > start
        )
        return Row(
            line.text[start:end],
            line.look,
            min(depth, self.width // 4),
            0 if first else line.indent,
            line.right if first else "",
            hits,
            self._current_in(number, start, end),
        )

    def _current_in(self, number: int, start: int, end: int) -> tuple[int, int] | None:
        if self._current < 0:
            return None
        line, low, high = self._places[self._current]
        if line != number or low >= end or high <= start:
            return None
        return max(low, start) - start, min(high, end) - start

    def search(self, wanted: str) -> int:
        """Find a text without regard to case; give how often it is there."""
        self._hits.clear()
        self._places.clear()
        self._current = -1
        if wanted:
            pattern = re.compile(re.escape(wanted), re.IGNORECASE)
            for number, line in enumerate(self.lines):
                found = [match.span() for match in pattern.finditer(line.text)]
                if found:
                    self._hits[number] = found
                    self._places += [(number, low, high) for low, high in found]
        return len(self._places)

    def go_to_hit(self, step: int, from_row: int) -> int | None:
        """Step to the next (1) or previous (-1) hit, round the end; give its row.

        The first step goes to the first hit at or after ``from_row``.
        """
        if not self._places:
            return None
        if self._current < 0:
            rows = [self._row_of_place(place) for place in self._places]
            after = [place for place, row in enumerate(rows) if row >= from_row]
            before = [place for place, row in enumerate(rows) if row < from_row]
            if step > 0:
                self._current = after[0] if after else 0
            else:
                self._current = before[-1] if before else len(rows) - 1
        else:
            self._current = (self._current + step) % len(self._places)
        return self._row_of_place(self._places[self._current])

    @property
    def hit(self) -> tuple[int, int]:
        """Which hit is the current one, counted from 1, and how many there are."""
        return self._current + 1, len(self._places)

    def _row_of_place(self, place: tuple[int, int, int]) -> int:
        from bisect import bisect_left

        number, low, _ = place
        row = bisect_left(self._line_of, number)
        while (
            row + 1 < len(self)
            and self._line_of[row + 1] == number
            and self._start[row + 1] <= low
        ):
            row += 1
        return row
