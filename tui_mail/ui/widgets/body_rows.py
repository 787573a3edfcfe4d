"""The rows that lines make on the screen while they are edited."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from rich.cells import split_graphemes

from tui_mail.ui.cells import width_of, wrap_points
from tui_mail.ui.widgets.body_text import Span

MEASURE = 72
"""Cells that a line of a paragraph has at most, here and on its way (RFC 3676, 4.2)."""
_TAB = 8
_ONE_ROW = (0,)


@dataclass(frozen=True, slots=True)
class Row:
    """A part of a line that stands in one row of the screen."""

    line: int
    start: int
    end: int
    is_last: bool
    """Whether the line ends with it."""


def spread(text: str) -> tuple[str, Sequence[int]]:
    """Show tabs as spaces: the text, and where each character of the old one stands."""
    if "\t" not in text:
        return text, range(len(text) + 1)
    places: list[int] = []
    shown: list[str] = []
    cells = length = 0
    for character in text:
        places.append(length)
        written = " " * (_TAB - cells % _TAB) if character == "\t" else character
        shown.append(written)
        length += len(written)
        cells += width_of(written)
    return "".join(shown), [*places, length]


def is_quote(line: str) -> bool:
    """Tell whether a line was written by somebody else."""
    return line.startswith(">")


class BodyRows:
    """Which part of which line stands in which row; the lines are the text's own.

    Paragraphs are wrapped at the measure, what is quoted, or stands in as code does, at
    the screen's edge: its sender broke it.
    """

    def __init__(self, lines: list[str], width: int) -> None:
        self.lines, self.width = lines, width
        self._starts: list[Sequence[int]] = [self._wrap(line) for line in lines]
        self._firsts: list[int] | None = None

    def __len__(self) -> int:
        return self._first(len(self._starts))

    def changed(self, span: Span) -> tuple[int, int | None]:
        """Wrap lines again that changed; tell which rows look otherwise, the last not.

        None for the last: all that follow stand elsewhere now.
        """
        first, end = span.first, span.first + span.old
        wrapped = [self._wrap(line) for line in self.lines[first : first + span.new]]
        before = self._starts[first:end]
        self._starts[first:end] = wrapped
        row = self._first(first)
        head = _same_before(before[0], wrapped[0], span.column)
        if [len(each) for each in before] != [len(each) for each in wrapped]:
            self._firsts = None
            return row + head, None
        last = self._first(first + span.new)
        if span.new == 1 and "\t" not in self.lines[first]:
            begin = len(self.lines[first]) - span.kept
            last -= _same_after(before[0], wrapped[0], begin, span.grown)
        return row + head, last

    def row(self, number: int) -> Row:
        """Give a row."""
        firsts = self._all_firsts()
        line = bisect_right(firsts, number) - 1
        starts = self._starts[line]
        place = number - firsts[line]
        is_last = place + 1 == len(starts)
        end = len(self.lines[line]) if is_last else starts[place + 1]
        return Row(line, starts[place], end, is_last)

    def rows_of(self, line: int) -> tuple[int, int]:
        """Tell from which row to which a line stands, the last not of it."""
        first = self._first(line)
        return first, first + len(self._starts[line])

    def row_of(self, line: int, column: int) -> int:
        """Tell in which row a spot is."""
        return self._first(line) + bisect_right(self._starts[line], column) - 1

    def cells_to(self, line: int, start: int, column: int) -> int:
        """Count the cells between two places of a line."""
        shown, places = spread(self.lines[line])
        return width_of(shown[places[start] : places[column]])

    def column_at(self, row: Row, cells: int) -> int:
        """Tell which column of a row stands after so many cells."""
        shown, places = spread(self.lines[row.line])
        last = row.end if row.is_last else max(row.start, row.end - 1)
        text = shown[places[row.start] : places[last]]
        found = min(cells, len(text)) if text.isascii() else _at_cell(text, cells)
        return min(last, bisect_right(places, places[row.start] + found) - 1)

    def text_of(self, row: Row) -> tuple[str, Sequence[int]]:
        """Give what a row shows, and where each of its characters stands in that."""
        shown, places = spread(self.lines[row.line])
        begin = places[row.start]
        text = shown[begin : places[row.end]]
        return text, [place - begin for place in places[row.start : row.end + 1]]

    def _first(self, line: int) -> int:
        return self._all_firsts()[line]

    def _all_firsts(self) -> list[int]:
        if self._firsts is None:
            self._firsts = list(accumulate(map(len, self._starts), initial=0))
        return self._firsts

    def _wrap(self, line: str) -> Sequence[int]:
        kept = is_quote(line) or line[:1] in (" ", "\t")
        room = self.width if kept else min(self.width, MEASURE)
        if len(line) <= room and line.isascii() and "\t" not in line:
            return _ONE_ROW
        shown, places = spread(line)
        points = wrap_points(shown, room)
        if len(points) == 1:
            return _ONE_ROW
        if shown == line:
            return tuple(start for start, _ in points)
        found = (bisect_right(places, start) - 1 for start, _ in points)
        return tuple(sorted({0, *found}))


def _same_before(old: Sequence[int], new: Sequence[int], column: int) -> int:
    """Count the rows of a line that end before a column, and as they did."""
    pairs = zip(old[1:], new[1:], strict=False)
    return next(
        (n for n, (one, other) in enumerate(pairs) if one != other or other > column),
        min(len(old), len(new)) - 1,
    )


def _same_after(old: Sequence[int], new: Sequence[int], begin: int, grown: int) -> int:
    """Count the rows at a line's end that begin after a column, and are as they were."""
    pairs = zip(reversed(old), reversed(new), strict=True)
    return next(
        (
            n
            for n, (one, other) in enumerate(pairs)
            if other - one != grown or other < begin
        ),
        len(new),
    )


def _at_cell(text: str, cells: int) -> int:
    """Tell how many characters stand before a cell, whole ones only."""
    left = cells
    spans, _ = split_graphemes(text[: cells * 8 + 8])
    for start, _, width in spans:
        if width > left:
            return start
        left -= width
    return spans[-1][1] if spans else 0
