"""A list drawn by lines: rows are made when they are seen, a move repaints two of them."""

from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Offset, Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_mail.model.displayable import Displayable, own

_WHEEL = 3
"""Rows that the mouse's wheel scrolls at once."""


class LineList(ScrollView, can_focus=True, inherit_bindings=False):
    """A cursor over rows of one line each.

    At its edge the list turns a page instead of scrolling by a line: over a slow
    link a line's scroll costs as much as a page's.
    """

    DEFAULT_CSS = """
    LineList {
        height: 1fr;
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .list--dim { color: $foreground-muted; }
        & > .list--accent { color: $accent; }
        & > .list--heading { color: $foreground-muted; text-style: bold; }
        & > .list--strong { text-style: bold; }
        & > .list--warning { color: $warning; }
        & > .list--cursor { background: $block-cursor-blurred-background; }
        &:focus > .list--cursor { background: $block-cursor-background; }
        &:ansi > .list--dim { text-style: dim; }
        &:ansi:focus > .list--cursor { color: $block-cursor-foreground; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "list--dim",
        "list--accent",
        "list--heading",
        "list--strong",
        "list--warning",
        "list--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = []

    cursor: reactive[int] = reactive(0, repaint=False)
    """The row of the cursor."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._empty: tuple[Displayable, ...] = ()

    # What a list tells of its rows.

    def row_count(self) -> int:
        """Count the rows."""
        raise NotImplementedError

    def draw_row(self, row: int, width: int, *, selected: bool) -> Strip:
        """Draw one row, exactly ``width`` cells wide."""
        raise NotImplementedError

    def skips(self, row: int) -> bool:  # noqa: ARG002
        """Tell whether the cursor cannot stand on a row: a heading."""
        return False

    def cursor_moved(self) -> None:
        """Tell whoever wants to know that the cursor stands on another row."""

    def row_chosen(self) -> None:
        """Do what Enter or a second click on the row means."""

    # What is done to it.

    @property
    def page_rows(self) -> int:
        """How many rows are seen at once."""
        return max(1, self.scrollable_content_region.height)

    def say_when_empty(self, *lines: Displayable) -> None:
        """Set what an empty list says: what is so, and what to do next."""
        if lines != self._empty:
            self._empty = lines
            if not self.row_count():
                self.refresh()

    @property
    def cursor_style(self) -> Style:
        """What the cursor's row lays over the styles of its pieces.

        Of sixteen colours few go together, so there it has one for all.
        """
        cursor = self.get_component_rich_style("list--cursor")
        if not self.app.native_ansi_color:
            return Style(bgcolor=cursor.bgcolor)
        return Style(color=cursor.color, bgcolor=cursor.bgcolor, dim=False)

    def move(self, rows: int) -> bool:
        """Move the cursor by rows; False if it stood at the edge already."""
        target = self._landing(self.cursor + rows, 1 if rows > 0 else -1)
        moved = target != self.cursor
        self.cursor = target
        return moved

    def page(self, pages: int) -> bool:
        """Turn pages, the cursor kept at its height; False at the edge."""
        rows = self.page_rows
        before = self.cursor
        top = round(self.scroll_y) + pages * rows
        landing = self._landing(before + pages * rows, 1 if pages > 0 else -1)
        if landing != before:
            self._show_top(top)
        self.cursor = landing
        return landing != before

    def go(self, row: int) -> None:
        """Put the cursor on a row; -1 is the last."""
        self.cursor = self._landing(row if row >= 0 else self.row_count() - 1, 1)

    def rows_changed(
        self, cursor: int, top: int | None = None, *, repaint: bool = True
    ) -> None:
        """Take note that there are other rows now, and paint them."""
        self._count_rows()
        if top is not None:
            self._show_top(top)
        self.set_reactive(
            LineList.cursor, self._landing(max(0, cursor), 1) if self.row_count() else 0
        )
        self._keep_in_sight()
        if repaint:
            self.refresh()
        self._place_terminal_cursor()

    def refresh_row(self, row: int) -> None:
        """Paint one row again, if it is seen."""
        y = row - round(self.scroll_y)
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.scrollable_content_region.width, 1))

    def _count_rows(self) -> None:
        """Tell the scroll bar how many rows there are.

        Not through the reactive where it can be helped: that lays the screen out anew.
        """
        size = Size(self.size.width, self.row_count())
        if size == self.virtual_size:
            return
        shown = self.virtual_size.height > self.size.height > 0
        if not (shown and size.height > self.size.height):
            self.virtual_size = size
            return
        self.set_reactive(LineList.virtual_size, size)
        self._scroll_update(size)

    def _landing(self, row: int, step: int) -> int:
        last = self.row_count() - 1
        row = max(0, min(row, last))
        for direction in (step, -step):
            place = row
            while 0 <= place <= last and self.skips(place):
                place += direction
            if 0 <= place <= last:
                return place
        return row

    def _show_top(self, top: int) -> None:
        top = max(0, min(top, self.row_count() - self.page_rows))
        if top != round(self.scroll_y):
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def _keep_in_sight(self) -> None:
        if not self.size.height:
            return
        top, rows = round(self.scroll_y), self.page_rows
        if self.cursor >= top + rows:
            beyond = self.cursor - (top + rows)
            self._show_top(self.cursor if beyond < rows else self.cursor - rows // 2)
        elif self.cursor < top:
            beyond = top - self.cursor
            self._show_top(
                self.cursor - rows + 1 if beyond <= rows else self.cursor - rows // 2
            )

    def watch_cursor(self, before: int, after: int) -> None:
        """Paint the two rows that changed and no more."""
        if not self.is_attached:
            return
        self._keep_in_sight()
        self.refresh_row(before)
        self.refresh_row(after)
        self._place_terminal_cursor()
        self.cursor_moved()

    def _place_terminal_cursor(self) -> None:
        """Put the terminal's own cursor on the row: screen readers follow it."""
        if not self.has_focus:
            return
        region = self.content_region
        row = region.y + self.cursor - round(self.scroll_y)
        self.app.cursor_position = Offset(region.x, row)

    # What Textual asks.

    def on_focus(self) -> None:
        """Show where the cursor is."""
        self.refresh_row(self.cursor)
        self._place_terminal_cursor()

    def on_blur(self) -> None:
        """Show that the cursor is at rest."""
        self.refresh_row(self.cursor)

    def on_resize(self) -> None:
        """Draw the rows at the new width, the cursor in sight."""
        self._count_rows()
        self._keep_in_sight()
        self._place_terminal_cursor()

    def on_click(self, event: events.Click) -> None:
        """Move to the row; choose it if the cursor was there."""
        row = event.get_content_offset_capture(self).y + round(self.scroll_y)
        if not 0 <= row < self.row_count() or self.skips(row):
            return
        if row == self.cursor:
            self.row_chosen()
        else:
            self.cursor = row

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll on."""
        self._wheel(event, _WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll back."""
        self._wheel(event, -_WHEEL)

    def _wheel(self, event: events.MouseEvent, rows: int) -> None:
        """Scroll, the cursor kept in sight: no key is to act on what is not seen."""
        event.stop()
        event.prevent_default()
        self._show_top(round(self.scroll_y) + rows)
        top = round(self.scroll_y)
        seen = max(top, min(self.cursor, top + self.page_rows - 1))
        if seen != self.cursor:
            self.cursor = self._landing(seen, 1 if rows > 0 else -1)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width = self.scrollable_content_region.width
        row = y + round(self.scroll_y)
        if row < self.row_count():
            return self.draw_row(row, width, selected=row == self.cursor)
        return self._draw_empty(y, width)

    def _draw_empty(self, y: int, width: int) -> Strip:
        from tui_mail.ui.widgets.drawing import centred

        lines = self._empty if not self.row_count() else ()
        first = max(0, self.size.height // 3 - len(lines) // 2)
        text = lines[y - first] if 0 <= y - first < len(lines) else own("")
        style = (
            self.rich_style
            if y == first
            else self.get_component_rich_style("list--dim")
        )
        return centred(text, width, style)
