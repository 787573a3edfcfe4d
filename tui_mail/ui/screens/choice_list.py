"""The rows of a choice, narrowed by what is typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from tui_mail.model.displayable import Displayable
from tui_mail.ui.cells import cut, width_of
from tui_mail.ui.screens.matching import matched
from tui_mail.ui.signs import Signs
from tui_mail.ui.widgets.drawing import two_ends
from tui_mail.ui.widgets.line_list import LineList

_WIDEST = 48
"""Cells of the labels' column at most; the details come right after it."""
_LEAST_DETAIL = 6
"""Cells below which a detail says nothing."""
_MEASURED = 500
"""So many labels are measured for it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of a narrowing list."""

    label: Displayable
    detail: Displayable
    right: Displayable = Displayable("")
    """Stands at the right edge: a key."""
    quiet: bool = False
    """Drawn dim: it cannot be taken here."""


class ChoiceList(LineList):
    """The rows that match; the line to type in keeps the focus."""

    class Taken(Message):
        """The row under the cursor was chosen with the mouse."""

    DEFAULT_CSS = """
    ChoiceList {
        height: 1;
        & > .list--cursor { background: $block-cursor-background; }
        & > .list--match { color: $accent; text-style: bold; }
        &:ansi > .list--cursor { color: $block-cursor-foreground; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"list--match"}
    can_focus = False

    def __init__(self, choices: Sequence[Choice], signs: Signs) -> None:
        super().__init__()
        self._signs = signs
        self._typed = ""
        self._take(choices)

    def _take(self, choices: Sequence[Choice]) -> None:
        self._choices = choices
        self._shown: Sequence[int] = range(len(choices))
        widths = (width_of(each.label) for each in choices[:_MEASURED])
        self._label_width = min(_WIDEST, max(widths, default=0))

    def choose_among(self, choices: Sequence[Choice], typed: str) -> None:
        """Show other choices, which are those that match what is typed."""
        self._take(choices)
        self.show(self._shown, typed)

    def show(self, places: Sequence[int], typed: str) -> None:
        """Show the choices at these places, the best first."""
        self._shown, self._typed = places, typed
        self.rows_changed(0, 0)

    @property
    def chosen(self) -> int | None:
        """The place of the choice under the cursor."""
        return self._shown[self.cursor] if self._shown else None

    def row_count(self) -> int:
        """Count what matches."""
        return len(self._shown)

    def row_chosen(self) -> None:
        """Tell that the row was chosen."""
        self.post_message(self.Taken())

    def draw_row(self, row: int, width: int, *, selected: bool) -> Strip:
        """Draw a choice, the letters that matched in the accent's colour."""
        choice = self._choices[self._shown[row]]
        over = self.cursor_style if selected else Style()
        plain = self.rich_style + over
        dim = self.get_component_rich_style("list--dim") + over
        accent = self.get_component_rich_style("list--accent") + over
        match = self.get_component_rich_style("list--match") + over
        lead = self._signs.cursor if selected else " "
        column = min(self._label_width, max(8, width - 4))
        tail = width_of(choice.right) + 3 if choice.right else 0
        if not choice.detail:
            column = max(column, width - tail - 4)
        label = cut(choice.label, column, self._signs.ellipsis)
        pieces = _marked(label, self._typed, dim if choice.quiet else plain, match)
        blank = " " * (column - width_of(label))
        left = [(f"{lead} ", accent), *pieces, (f"{blank}  ", plain)]
        room = width - column - 4 - tail
        if room >= min(_LEAST_DETAIL, width_of(choice.detail)):
            left.append((choice.detail, dim))
        right = [(f"  {choice.right} ", dim if choice.quiet else accent)]
        return two_ends(left, right if choice.right else [], width, plain, self._signs)


def _marked(
    text: str, typed: str, plain: Style, match: Style
) -> list[tuple[str, Style]]:
    places = matched(text, typed) if typed else frozenset[int]()
    pieces: list[tuple[str, Style]] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or (place in places) != (start in places):
            style = match if start in places else plain
            pieces.append((text[start:place], style))
            start = place
    return pieces
