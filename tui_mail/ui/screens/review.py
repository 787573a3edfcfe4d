"""The last look before a message goes: who gets it, from which address, with what."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.strip import Strip

from tui_mail.model.displayable import Displayable
from tui_mail.ui.cells import wrap_points
from tui_mail.ui.screens.asking import Asking
from tui_mail.ui.signs import UNICODE, Signs
from tui_mail.ui.widgets.drawing import line_of
from tui_mail.ui.widgets.hint_line import HintLine
from tui_mail.ui.widgets.line_list import LineList

_LABEL = 10
"""Cells of the labels' column."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that is said of the message."""

    label: Displayable
    """Empty for a warning or a sentence."""
    text: Displayable
    is_warning: bool = False


class Review(Asking[str]):
    """All about a message; it gives ``send``, ``later`` or None."""

    DEFAULT_CSS = """
    Review {
        & > #drawer {
            height: auto;
            max-height: 100%;
            background: $background;
            border-top: solid $border-blurred;
            &.-ascii { border-top: ascii $border-blurred; }
        }
        &:ansi > #drawer { background: ansi_default; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+s,ctrl+j", "answer('send')", priority=True),
        Binding("l", "answer('later')", priority=True),
        Binding("down,j,ctrl+n", "scroll(1)", priority=True),
        Binding("up,k,ctrl+p", "scroll(-1)", priority=True),
        Binding("pagedown,space", "pages(1)", priority=True),
        Binding("pageup,minus", "pages(-1)", priority=True),
    ]

    def __init__(self, told: Sequence[Told], *, later: bool = True) -> None:
        """``later``: whether another time may be chosen for it."""
        super().__init__()
        self._list = ToldList(told, self.signs)
        self._later = later

    def compose(self) -> ComposeResult:
        """Put what is said over the keys."""
        look = "" if self.signs is UNICODE else "-ascii"
        with Vertical(id="drawer", classes=look):
            yield self._list
            yield HintLine()

    def on_mount(self) -> None:
        """Show as much as fits."""
        self._fit()
        later = [("l", "later")] if self._later else []
        hints = [("Enter", "send"), *later, ("Esc", "back")]
        self.query_one(HintLine).show(hints)
        self._list.focus()

    def on_resize(self) -> None:
        """Leave a line of what lies above in sight."""
        self._fit()

    def _fit(self) -> None:
        self._list.lay_out(self.app.size.width)
        room = max(1, self.app.size.height - 4)
        self._list.styles.height = max(1, min(self._list.row_count(), room))

    def action_answer(self, answer: str) -> None:
        """Answer."""
        if answer == "send" or self._later:
            self.dismiss(answer)

    def action_scroll(self, rows: int) -> None:
        """Scroll by lines."""
        self._list.scroll_to(y=self._list.scroll_y + rows, animate=False)

    def action_pages(self, pages: int) -> None:
        """Scroll by pages."""
        self.action_scroll(pages * self._list.page_rows)


class ToldList(LineList):
    """Labels and texts, wrapped; it scrolls and has no cursor."""

    DEFAULT_CSS = """
    ToldList { height: auto; }
    """

    def __init__(self, told: Sequence[Told], signs: Signs) -> None:
        super().__init__()
        self._told, self._signs = told, signs
        self._rows: list[tuple[str, str, str]] = []

    def lay_out(self, width: int) -> None:
        """Wrap at a width."""
        self._rows = [row for each in self._told for row in self._wrapped(each, width)]
        self.rows_changed(0, 0)

    def _wrapped(self, told: Told, width: int) -> list[tuple[str, str, str]]:
        label, look, indent = f" {told.label}", "dim", _LABEL
        if not told.label:
            sign = self._signs.warning if told.is_warning else ""
            label, look, indent = f" {sign}", "warning", 3 if sign else 1
        points = wrap_points(told.text, max(8, width - indent - 2))
        return [
            (
                (label if not place else "").ljust(indent),
                told.text[start:end],
                look if told.is_warning or told.label else "strong",
            )
            for place, (start, end) in enumerate(points)
        ]

    def row_count(self) -> int:
        """Count the rows."""
        return len(self._rows)

    def draw_row(self, row: int, width: int, *, selected: bool) -> Strip:  # noqa: ARG002
        """Draw one."""
        label, text, look = self._rows[row]
        plain = self.rich_style
        style = self.get_component_rich_style(f"list--{look}")
        looks: dict[str, Style] = {"dim": plain, "warning": style, "strong": style}
        first = style if look != "strong" else plain
        return line_of([(label, first), (text, looks[look])], width, plain)
