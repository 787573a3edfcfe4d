"""The status line: what is going on, in short sentences."""

from typing import ClassVar

from textual.strip import Strip
from textual.widget import Widget

from tui_mail.model.displayable import Displayable, own
from tui_mail.ui.cells import cut, width_of
from tui_mail.ui.widgets.drawing import two_ends

_NOTHING = own("")
_LEAST = 16
"""Cells below which what ``u`` would undo is not worth saying."""


class StatusLine(Widget):
    """One row: the servers at the left, what ``u`` would undo at the right."""

    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        background: $panel;
        color: $foreground;
        & > .status--dim { color: $foreground-muted; }
        & > .status--warning { color: $warning; text-style: bold; }
        &:ansi { background: ansi_default; text-style: reverse; }
        &:ansi > .status--warning { color: ansi_default; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"status--dim", "status--warning"}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._left = self._right = own("")
        self._warning = False

    def show(
        self,
        left: Displayable,
        right: Displayable = _NOTHING,
        *,
        warning: bool = False,
    ) -> None:
        """Say something; nothing is written to the terminal if it is said already."""
        if (left, right, warning) != (self._left, self._right, self._warning):
            self._left, self._right, self._warning = left, right, warning
            self.refresh()

    @property
    def said(self) -> tuple[Displayable, Displayable]:
        """What stands there."""
        return self._left, self._right

    def render_line(self, y: int) -> Strip:  # noqa: ARG002
        """Draw the row; where both have no room, the right is cut first."""
        width, base = self.size.width, self.rich_style
        strong = self.get_component_rich_style("status--warning")
        left = f" ! {self._left}" if self._warning else f" {self._left}"
        dim = self.get_component_rich_style("status--dim")
        room = width - width_of(left) - 3
        said = (
            cut(self._right, room) if room >= min(_LEAST, width_of(self._right)) else ""
        )
        right = [(f"  {said} ", dim)] if said else []
        return two_ends([(left, strong if self._warning else base)], right, width, base)
