"""A sentence on as many rows as it needs."""

from textual.geometry import Size
from textual.strip import Strip

from tui_mail.model.displayable import Displayable, own
from tui_mail.ui.cells import cut, wrapped
from tui_mail.ui.widgets.drawing import line_of
from tui_mail.ui.widgets.status_line import StatusLine

_MOST = 4
"""Rows; what a server says may be long."""
_NOTHING = own("")


class SentenceRows(StatusLine):
    """What the status line has no room for: its words go on below."""

    DEFAULT_CSS = """
    SentenceRows { height: auto; }
    """

    def show(
        self,
        left: Displayable,
        right: Displayable = _NOTHING,
        *,
        warning: bool = False,
    ) -> None:
        """Say something, with the height that it needs."""
        if left != self.said[0]:
            self.refresh(layout=True)
        super().show(left, right, warning=warning)

    def get_content_height(
        self,
        container: Size,  # noqa: ARG002
        viewport: Size,  # noqa: ARG002
        width: int,
    ) -> int:
        """Count the rows."""
        return len(self._rows(width))

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width, base = self.size.width, self.rich_style
        rows = self._rows(width)
        text = rows[y] if y < len(rows) else ""
        return line_of([(f" {text}", base)], width, base)

    def _rows(self, width: int) -> list[str]:
        room = max(8, width - 2)
        rows: list[str] = [row.rstrip() for row in wrapped(self.said[0], room)]
        if len(rows) > _MOST:
            rows[_MOST - 1 :] = [cut(f"{rows[_MOST - 1]} …", room)]
        return rows
