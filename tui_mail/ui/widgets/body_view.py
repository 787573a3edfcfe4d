"""The body of a message while it is written, drawn by lines: a key repaints what changed."""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.geometry import Offset, Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_mail.ui.document import quote_depth
from tui_mail.ui.widgets.body_rows import BodyRows, Row
from tui_mail.ui.widgets.body_text import BodyText, Span, Spot
from tui_mail.ui.widgets.drawing import line_of
from tui_mail.ui.widgets.message_view import overlaid

_WHEEL = 3
"""Rows that the mouse's wheel scrolls at once."""
_SIGNATURE = "-- "
"""What stands above a signature (RFC 3676, 4.3)."""
_SIGNATURE_LINES = 60
"""So far from the end it is looked for."""


class BodyView(ScrollView, can_focus=True, inherit_bindings=False):
    """A text with a cursor.

    The cursor does not blink. Where it leaves the pane half a page is turned: over a
    slow link a line's scroll costs as much.
    """

    DEFAULT_CSS = """
    BodyView {
        height: 1fr;
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > .body--quote1 { color: $secondary; }
        & > .body--quote2 { color: $foreground-muted; }
        & > .body--quote3 { color: $secondary; }
        & > .body--signature { color: $foreground-muted; }
        & > .body--cursor { text-style: reverse; }
        & > .body--selection { background: $input-selection-background; }
        &:ansi > .body--signature { text-style: dim; }
        &:ansi > .body--cursor { text-style: reverse underline; }
        &:ansi > .body--selection { background: ansi_default; text-style: reverse; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "body--quote1",
        "body--quote2",
        "body--quote3",
        "body--signature",
        "body--cursor",
        "body--selection",
    }

    def __init__(self, text: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._text = BodyText(text)
        self._rows = BodyRows(self._text.lines, 80)
        self._signature_at = self._find_signature()
        self._aim: int | None = None
        """In which cell of the rows the cursor moves up and down."""

    def changed(self, span: Span) -> None:
        """Paint what changed, the cursor in sight."""
        rows = len(self._rows)
        first, last = self._rows.changed(span)
        before, self._signature_at = self._signature_at, self._find_signature()
        if last is None or before != self._signature_at:
            last = max(rows, len(self._rows))
        if before != self._signature_at:
            first = 0
        self._count_rows()
        self._refresh_rows(first, last)
        self._keep_in_sight()
        self._place_terminal_cursor()

    def move_to(self, spot: Spot, *, select: bool = False) -> None:
        """Move the cursor, and what is selected with it."""
        text, self._aim = self._text, None
        before = [text.cursor, *([text.anchor] if text.anchor else [])]
        if not select:
            text.anchor = None
        elif text.anchor is None:
            text.anchor = text.cursor
        text.cursor = spot
        touched = [self._rows.row_of(*each) for each in (*before, spot)]
        if text.anchor is None and len(before) == 1:
            for row in set(touched):
                self._refresh_rows(row, row + 1)
        else:
            self._refresh_rows(min(touched), max(touched) + 1)
        self._keep_in_sight()
        self._place_terminal_cursor()

    def _refresh_rows(self, first: int, last: int) -> None:
        top = round(self.scroll_y)
        begin, end = max(0, first - top), min(self.size.height, last - top)
        if begin < end:
            width = self.scrollable_content_region.width
            self.refresh(Region(0, begin, width, end - begin))

    def _find_signature(self) -> int | None:
        """Find where the signature begins: the last of its signs."""
        lines = self._text.lines
        for line in range(len(lines) - 1, max(-1, len(lines) - _SIGNATURE_LINES), -1):
            if lines[line] == _SIGNATURE:
                return line
        return None

    # Where it is scrolled to.

    @property
    def _page_rows(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def _count_rows(self) -> None:
        """Tell the scroll bar how many rows there are, without laying out anew."""
        size = Size(self.size.width, len(self._rows))
        if size == self.virtual_size:
            return
        self.set_reactive(BodyView.virtual_size, size)
        self._scroll_update(size)

    def _show_top(self, top: int) -> None:
        top = max(0, min(top, len(self._rows) - self._page_rows))
        if top != round(self.scroll_y):
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def _keep_in_sight(self) -> None:
        if not self.size.height:
            return
        row = self._rows.row_of(*self._text.cursor)
        top, rows = round(self.scroll_y), self._page_rows
        if not top <= row < top + rows:
            near = top - rows // 2 <= row < top + rows + rows // 2
            below = row >= top + rows
            lead = rows - 1 - rows // 2 if near and below else rows // 2
            self._show_top(row - lead)

    def _place_terminal_cursor(self) -> None:
        """Put the terminal's own cursor there: input methods and readers follow it."""
        if self.has_focus:
            self.app.cursor_position = self._cursor_offset()

    def _cursor_offset(self) -> Offset:
        line, column = self._text.cursor
        number = self._rows.row_of(line, column)
        cells = self._rows.cells_to(line, self._rows.row(number).start, column)
        region = self.content_region
        return Offset(
            min(region.x + 1 + cells, region.right - 1),
            region.y + number - round(self.scroll_y),
        )

    # What Textual asks.

    def on_focus(self) -> None:
        """Show the cursor."""
        self._refresh_cursor()
        self._place_terminal_cursor()

    def on_blur(self) -> None:
        """Hide it."""
        self._refresh_cursor()

    def _refresh_cursor(self) -> None:
        row = self._rows.row_of(*self._text.cursor)
        self._refresh_rows(row, row + 1)

    def on_resize(self) -> None:
        """Wrap at the new width, the cursor in sight."""
        width = max(8, self.scrollable_content_region.width - 2)
        if width != self._rows.width:
            self._rows = BodyRows(self._text.lines, width)
            self.refresh()
        self._count_rows()
        self._show_top(round(self.scroll_y))
        self._keep_in_sight()
        self._place_terminal_cursor()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Put the cursor there."""
        offset = event.get_content_offset_capture(self)
        number = min(offset.y + round(self.scroll_y), len(self._rows) - 1)
        row = self._rows.row(max(0, number))
        self.move_to((row.line, self._rows.column_at(row, max(0, offset.x - 1))))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll on."""
        self._wheel(event, _WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll back."""
        self._wheel(event, -_WHEEL)

    def _wheel(self, event: events.MouseEvent, rows: int) -> None:
        event.stop()
        event.prevent_default()
        self._show_top(round(self.scroll_y) + rows)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width = self.scrollable_content_region.width
        number = y + round(self.scroll_y)
        if number >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row = self._rows.row(number)
        text, places = self._rows.text_of(row)
        style = self._style(row.line)
        spans = self._spans(row, places)
        pieces = overlaid(f"{text} ", style, spans)
        return line_of([(" ", style), *pieces], width, self.rich_style)

    def _style(self, line: int) -> Style:
        if self._signature_at is not None and line >= self._signature_at:
            return self.get_component_rich_style("body--signature")
        depth, _ = quote_depth(self._text.lines[line])
        if depth and self._text.lines[line].startswith(">"):
            return self.get_component_rich_style(f"body--quote{min(depth, 3)}")
        return self.rich_style

    def _spans(self, row: Row, places: Sequence[int]) -> list[tuple[int, int, Style]]:
        """Say which pieces of a row look otherwise: what is selected, the cursor."""
        spans: list[tuple[int, int, Style]] = []
        selected = self._text.selected
        if selected is not None:
            low = max(selected[0], (row.line, row.start))
            high = min(selected[1], (row.line, row.end))
            if low < high:
                begin, end = places[low[1] - row.start], places[high[1] - row.start]
                style = self.get_component_rich_style("body--selection")
                spans.append((begin, end, style))
        line, column = self._text.cursor
        here = line == row.line and row.start <= column <= row.end
        if self.has_focus and here and (row.is_last or column < row.end):
            begin = places[column - row.start]
            _, after = self._text.right((line, column))
            end = begin + 1
            if column < row.end:
                end = max(end, places[min(after, row.end) - row.start])
            if "\t" in self._text.lines[line]:
                end = begin + 1
            cursor = self.get_component_rich_style("body--cursor")
            spans.append((begin, end, cursor))
        return spans
