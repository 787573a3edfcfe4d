"""The body of a message while it is written, drawn by lines: a key repaints what changed."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_mail.ui.document import quote_depth
from tui_mail.ui.screens.line_edit import many_lines
from tui_mail.ui.widgets.body_rows import BodyRows, Row
from tui_mail.ui.widgets.body_text import BodyText, Span, Spot
from tui_mail.ui.widgets.drawing import line_of
from tui_mail.ui.widgets.message_view import overlaid

_WHEEL = 3
"""Rows that the mouse's wheel scrolls at once."""
_SIGNATURE = "-- "
"""What stands above a signature (RFC 3676, 4.3)."""

Rewrap = Callable[[str], str]
"""Breaks the lines of a paragraph anew."""


class BodyEdit(ScrollView, can_focus=True, inherit_bindings=False):
    """An editor with the habits of mail.

    Its cursor does not blink. Where it leaves the pane half a page is turned: over a
    slow link a line's scroll costs as much.
    """

    DEFAULT_CSS = """
    BodyEdit {
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
        &:ansi > .body--selection { text-style: reverse; }
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
    BINDINGS: ClassVar[list[BindingType]] = [
        # First, so that keys are carried out in the order in which they came.
        Binding(keys, action, priority=True)
        for keys, action in (
            ("left,ctrl+b", "go('left')"),
            ("right,ctrl+f", "go('right')"),
            ("up", "rows(-1)"),
            ("down", "rows(1)"),
            ("home,ctrl+a", "go('home')"),
            ("end,ctrl+e", "go('end')"),
            ("ctrl+left", "go('word_left')"),
            ("ctrl+right", "go('word_right')"),
            ("ctrl+up", "go('paragraph_up')"),
            ("ctrl+down", "go('paragraph_down')"),
            ("ctrl+home", "go('first')"),
            ("ctrl+end", "go('last')"),
            ("pageup", "pages(-1)"),
            ("pagedown", "pages(1)"),
            ("shift+left", "go('left', True)"),
            ("shift+right", "go('right', True)"),
            ("shift+up", "rows(-1, True)"),
            ("shift+down", "rows(1, True)"),
            ("shift+home", "go('home', True)"),
            ("shift+end", "go('end', True)"),
            ("ctrl+shift+left", "go('word_left', True)"),
            ("ctrl+shift+right", "go('word_right', True)"),
            ("ctrl+shift+home", "go('first', True)"),
            ("ctrl+shift+end", "go('last', True)"),
            ("enter,ctrl+j", "write('\\n')"),
            ("backspace", "delete('left')"),
            ("delete,ctrl+d", "delete('right')"),
            ("ctrl+w,ctrl+backspace", "delete('word_left')"),
            ("ctrl+delete", "delete('word_right')"),
            ("ctrl+u", "delete('home')"),
            ("ctrl+k", "delete('end')"),
            ("ctrl+z", "undo"),
            ("ctrl+y", "redo"),
            ("ctrl+x", "cut"),
            ("ctrl+v", "paste"),
            ("ctrl+r", "rewrap"),
        )
    ]

    class Changed(Message):
        """The text is another one."""

    def __init__(
        self,
        text: str = "",
        *,
        rewrap: Rewrap | None = None,
        id: str | None = None,  # noqa: A002
    ) -> None:
        """``rewrap`` breaks a paragraph anew where that is asked for."""
        super().__init__(id=id)
        self._rewrap = rewrap
        self._aim: int | None = None
        self._signature_at: int | None = None
        self._take(BodyText(many_lines(text)))

    def _take(self, text: BodyText) -> None:
        self._text = text
        self._rows = BodyRows(text.lines, 80)
        self._find_signature()

    # State down.

    @property
    def text(self) -> str:
        """All that is written."""
        return self._text.text

    @property
    def version(self) -> int:
        """Another number for another text."""
        return self._text.version

    @property
    def spot(self) -> Spot:
        """Where the cursor is."""
        return self._text.cursor

    def set_text(self, text: str) -> None:
        """Put another text there; it can be undone as one change."""
        text = many_lines(text)
        if text != self.text:
            self._replace((0, 0), self._text.end, text)
            self._move(self._text.spot(0, 0))

    # What a person does.

    def on_key(self, event: events.Key) -> None:
        """Write what the key writes."""
        if event.is_printable and event.character:
            event.stop()
            event.prevent_default()
            if written := many_lines(event.character):
                self._write(written, typed=True)

    def on_paste(self, event: events.Paste) -> None:
        """Write what was pasted."""
        event.stop()
        self._write(many_lines(event.text))

    def action_write(self, text: str) -> None:
        """Write a text."""
        self._write(text, typed=True)

    def action_paste(self) -> None:
        """Write what was copied or cut here."""
        self._write(many_lines(self.app.clipboard))

    def action_cut(self) -> None:
        """Take what is selected to the clipboard."""
        if self.copy() and (selected := self._text.selected):
            self._replace(*selected, "")

    def copy(self) -> bool:
        """Copy what is selected to the clipboard; False where nothing is."""
        selected = self._text.selected
        if selected is not None:
            self.app.copy_to_clipboard(self._text.between(*selected))
        return selected is not None

    def action_delete(self, what: str) -> None:
        """Delete what is selected, else from the cursor as far as that goes."""
        selected = self._text.selected
        if selected is None:
            there, here = self._target(what), self._text.cursor
            if there == here and what in ("home", "end"):
                there = self._target({"home": "left", "end": "right"}[what])
            selected = min(here, there), max(here, there)
        if selected[0] != selected[1]:
            typed = what in ("left", "right")
            self._replace(*selected, "", typed=typed)

    def action_undo(self) -> None:
        """Take the last change back."""
        self._show(self._text.undo())

    def action_redo(self) -> None:
        """Make it again."""
        self._show(self._text.redo())

    def action_rewrap(self) -> None:
        """Break the lines of this paragraph anew."""
        first, last = self._text.paragraph(self._text.cursor[0])
        lines = self._text.lines[first:last]
        if self._rewrap is None:
            return
        wrapped = self._rewrap("\n".join(lines) + "\n").removesuffix("\n")
        end = (last - 1, len(lines[-1]))
        if wrapped != "\n".join(lines):
            self._replace((first, 0), end, wrapped)

    def action_go(self, where: str, select: bool = False) -> None:
        """Move the cursor."""
        selected = self._text.selected
        if selected and not select and where in ("left", "right"):
            self._move(selected[0 if where == "left" else 1])
            return
        self._move(self._target(where), select=select)

    def action_rows(self, rows: int, select: bool = False) -> None:
        """Move the cursor up or down, in its column as far as the rows have that."""
        line, column = self._text.cursor
        here = self._rows.row_of(line, column)
        row = self._rows.row(here)
        aim = self._aim
        if aim is None:
            aim = self._rows.cells_to(line, row.start, column)
        there = here + rows
        if there < 0 or there >= len(self._rows):
            self._move((0, 0) if rows < 0 else self._text.end, select=select)
        else:
            target = self._rows.row(max(0, min(there, len(self._rows) - 1)))
            spot = target.line, self._rows.column_at(target, aim)
            self._move(spot, select=select)
        self._aim = aim

    def action_pages(self, pages: int) -> None:
        """Move the cursor by a page."""
        here = self._rows.row_of(*self._text.cursor)
        step = max(1, self._page_rows - 1)
        there = max(0, min(here + pages * step, len(self._rows) - 1))
        self._show_top(round(self.scroll_y) + pages * step)
        self.action_rows(there - here if there != here else pages)

    def _target(self, where: str) -> Spot:
        text, (line, column) = self._text, self._text.cursor
        row = self._rows.row(self._rows.row_of(line, column))
        if where == "home":
            return line, row.start if column != row.start else 0
        if where == "end":
            end = row.end if row.is_last else row.end - 1
            return line, end if column != end else len(text.lines[line])
        if where == "first":
            return 0, 0
        if where == "last":
            return text.end
        move: Callable[[Spot], Spot] = getattr(text, where)
        return move(text.cursor)

    # Changes, and what of them has to be painted.

    def _write(self, text: str, *, typed: bool = False) -> None:
        if text:
            start, end = self._text.selected or (self._text.cursor,) * 2
            self._replace(start, end, text, typed=typed)

    def _replace(
        self, start: Spot, end: Spot, text: str, *, typed: bool = False
    ) -> None:
        self._show(self._text.replace(start, end, text, typed=typed))

    def _show(self, span: Span | None) -> None:
        if span is None:
            return
        self._aim = None
        rows = len(self._rows)
        others_move = self._rows.changed(span.first, span.old, span.new)
        before, self._signature_at = self._signature_at, None
        self._find_signature()
        first, _ = self._rows.rows_of(span.first)
        _, last = self._rows.rows_of(span.first + span.new - 1)
        if others_move or before != self._signature_at:
            last = max(last, rows, len(self._rows))
        self._count_rows()
        self._refresh_rows(first, last)
        self._keep_in_sight()
        self._place_terminal_cursor()
        self.post_message(self.Changed())

    def _move(self, spot: Spot, *, select: bool = False) -> None:
        text = self._text
        before = [text.cursor, *([text.anchor] if text.anchor else [])]
        if not select:
            text.anchor = None
        elif text.anchor is None:
            text.anchor = text.cursor
        text.cursor = spot
        self._aim = None
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

    def _find_signature(self) -> None:
        """Find where the signature begins: the last of its signs."""
        lines = self._text.lines
        for line in range(len(lines) - 1, max(-1, len(lines) - 60), -1):
            if lines[line] == _SIGNATURE:
                self._signature_at = line
                return
        self._signature_at = None

    # Where it is scrolled to.

    @property
    def _page_rows(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def _count_rows(self) -> None:
        """Tell the scroll bar how many rows there are, without laying out anew."""
        size = Size(self.size.width, len(self._rows))
        if size == self.virtual_size:
            return
        self.set_reactive(BodyEdit.virtual_size, size)
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
        self._move((row.line, self._rows.column_at(row, max(0, offset.x - 1))))

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
