"""A text while it is edited: its lines, the cursor, and the way back."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import split_graphemes

Spot = tuple[int, int]
"""A line and a place before one of its characters, both counted from 0."""

_WORD = re.compile(r"\w+|[^\w\s]+")
_PAUSE = 2.0
"""Seconds of rest after which typing on is another step of undoing."""
_STEPS = 2000
"""So many steps can be undone."""


@dataclass(frozen=True, slots=True)
class Change:
    """A piece of text that took the place of another."""

    at: Spot
    removed: str
    put: str
    before: Spot
    """Where the cursor was."""
    typed: bool = False
    """One key did it, and the next one may belong to it."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which lines changed: from ``first`` on, ``old`` lines became ``new`` ones."""

    first: int
    old: int
    new: int
    column: int
    """Up to here the first of them is as it was."""
    kept: int
    """So many characters at the end of the last of them are as they were."""
    grown: int
    """By so many characters that one is longer now."""


def after(spot: Spot, text: str) -> Spot:
    """Tell where a text ends that begins at a spot."""
    lines = text.count("\n")
    if not lines:
        return spot[0], spot[1] + len(text)
    return spot[0] + lines, len(text) - text.rindex("\n") - 1


class BodyText:
    r"""Lines that end with ``\n``, none of them with controls; it always has one line."""

    def __init__(
        self, text: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.lines = text.split("\n")
        self.cursor: Spot = (0, 0)
        self.anchor: Spot | None = None
        """Where what is selected begins or ends, if anything is."""
        self.version = 0
        """Another number for another text."""
        self._clock = clock
        self._typed_at = 0.0
        self._done: list[Change] = []
        self._undone: list[Change] = []

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines)

    @property
    def end(self) -> Spot:
        """The end of the last line."""
        return len(self.lines) - 1, len(self.lines[-1])

    @property
    def selected(self) -> tuple[Spot, Spot] | None:
        """What is selected, from and to; None where nothing is."""
        if self.anchor is None or self.anchor == self.cursor:
            return None
        return min(self.anchor, self.cursor), max(self.anchor, self.cursor)

    def between(self, start: Spot, end: Spot) -> str:
        """Give the text between two spots."""
        (line, column), (last, until) = start, end
        if line == last:
            return self.lines[line][column:until]
        lines = [self.lines[line][column:], *self.lines[line + 1 : last]]
        return "\n".join([*lines, self.lines[last][:until]])

    # Changes.

    def replace(
        self, start: Spot, end: Spot, text: str, *, typed: bool = False
    ) -> Span:
        """Put a text in the place of what stands between two spots, the cursor after it."""
        change = Change(start, self.between(start, end), text, self.cursor, typed)
        self._note(change)
        self._undone.clear()
        return self._put(start, end, text)

    def undo(self) -> Span | None:
        """Take the last change back; None if there is none."""
        if not self._done:
            return None
        change = self._done.pop()
        self._undone.append(change)
        span = self._put(change.at, after(change.at, change.put), change.removed)
        self.cursor = change.before
        return span

    def redo(self) -> Span | None:
        """Make the change again that was taken back last; None if there is none."""
        if not self._undone:
            return None
        change = self._undone.pop()
        self._done.append(change)
        return self._put(change.at, after(change.at, change.removed), change.put)

    def _put(self, start: Spot, end: Spot, text: str) -> Span:
        (line, column), (last, until) = start, end
        head, tail = self.lines[line][:column], self.lines[last][until:]
        new = f"{head}{text}{tail}".split("\n")
        self.lines[line : last + 1] = new
        self.cursor, self.anchor = after(start, text), None
        self.version += 1
        grown = len(new[-1]) - until - len(tail)
        return Span(line, last - line + 1, len(new), column, len(tail), grown)

    def _note(self, change: Change) -> None:
        """Keep a change, as one with the last where both are of one word."""
        now, last = self._clock(), self._done[-1] if self._done else None
        joined = last is not None and change.typed and last.typed
        if last is not None and joined and now - self._typed_at < _PAUSE:
            longer = _joined(last, change)
            if longer is not None:
                self._done[-1] = longer
                self._typed_at = now
                return
        self._typed_at = now
        self._done.append(change)
        del self._done[:-_STEPS]

    # Spots.

    def spot(self, line: int, column: int) -> Spot:
        """Give the nearest spot that there is."""
        line = max(0, min(line, len(self.lines) - 1))
        return line, max(0, min(column, len(self.lines[line])))

    def left(self, spot: Spot) -> Spot:
        """Go back by a character, with all marks that belong to it."""
        line, column = spot
        if column == 0:
            return (line - 1, len(self.lines[line - 1])) if line else spot
        text = self.lines[line]
        if text.isascii():
            return line, column - 1
        begin = max(0, column - 64)
        spans, _ = split_graphemes(text[begin:column])
        return line, begin + spans[-1][0] if spans else column - 1

    def right(self, spot: Spot) -> Spot:
        """Go on by a character, with all marks that belong to it."""
        line, column = spot
        text = self.lines[line]
        if column == len(text):
            return (line + 1, 0) if line + 1 < len(self.lines) else spot
        if text.isascii():
            return line, column + 1
        spans, _ = split_graphemes(text[column : column + 64])
        return line, column + max(1, spans[0][1] if spans else 1)

    def word_left(self, spot: Spot) -> Spot:
        """Go back to the beginning of a word."""
        line, column = spot
        starts = [m.start() for m in _WORD.finditer(self.lines[line], 0, column)]
        if starts:
            return line, starts[-1]
        return (line, 0) if column else self.left(spot)

    def word_right(self, spot: Spot) -> Spot:
        """Go on to the end of a word."""
        line, column = spot
        found = _WORD.search(self.lines[line], column)
        if found:
            return line, found.end()
        at_end = column == len(self.lines[line])
        return self.right(spot) if at_end else (line, len(self.lines[line]))

    def paragraph_up(self, spot: Spot) -> Spot:
        """Go back to the beginning of a paragraph."""
        line = spot[0] - (0 if spot[1] else 1)
        while line > 0 and self._is_blank(line):
            line -= 1
        while line > 0 and not self._is_blank(line - 1):
            line -= 1
        return max(0, line), 0

    def paragraph_down(self, spot: Spot) -> Spot:
        """Go on to the beginning of the next paragraph, at last to the end."""
        line, last = spot[0], len(self.lines) - 1
        while line < last and not self._is_blank(line):
            line += 1
        while line < last and self._is_blank(line):
            line += 1
        return self.end if line == last and line == spot[0] else (line, 0)

    def _is_blank(self, line: int) -> bool:
        return not self.lines[line].strip("> \t")

    def paragraph(self, line: int) -> tuple[int, int]:
        """Tell between which lines the paragraph of a line lies, the last not of it."""
        if self._is_blank(line):
            return line, line + 1
        first = last = line
        while first > 0 and not self._is_blank(first - 1):
            first -= 1
        while last + 1 < len(self.lines) and not self._is_blank(last + 1):
            last += 1
        return first, last + 1


def _joined(last: Change, change: Change) -> Change | None:
    """Make one change of two that follow each other, where they do."""
    if not last.removed and not change.removed and "\n" not in last.put:
        if after(last.at, last.put) != change.at:
            return None
        if last.put[-1:].isspace() and not change.put.isspace():
            return None
        return Change(last.at, "", last.put + change.put, last.before, typed=True)
    if not last.put and not change.put and after(change.at, change.removed) == last.at:
        removed = change.removed + last.removed
        return Change(change.at, removed, "", last.before, typed=True)
    return None
