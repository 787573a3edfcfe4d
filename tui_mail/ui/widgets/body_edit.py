"""The body of a message while it is written: its keys."""

import re
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tui_mail.ui.screens.line_edit import many_lines
from tui_mail.ui.widgets.body_text import Span, Spot
from tui_mail.ui.widgets.body_view import BodyView

_MARK = re.compile(r">[> ]*")
"""What stands before quoted words."""

Rewrap = Callable[[str], str]
"""Breaks the lines of a paragraph anew."""


class BodyEdit(BodyView, inherit_bindings=False):
    """An editor with the habits of mail."""

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
            ("enter,ctrl+j", "begin_line"),
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
        super().__init__(many_lines(text), id=id)
        self._rewrap = rewrap

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

    def set_text(self, text: str, *, stay: bool = False) -> None:
        """Put another text there; it can be undone as one change.

        The cursor goes to the beginning, or may ``stay``.
        """
        text = many_lines(text)
        if text != self.text:
            line, column = self._text.cursor if stay else (0, 0)
            self._replace((0, 0), self._text.end, text)
            self.move_to(self._text.spot(line, column))

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

    def action_begin_line(self) -> None:
        """Begin a line; within what is quoted make room, the rest is quoted below."""
        line, column = self._text.cursor
        text = self._text.lines[line]
        mark = _MARK.match(text)
        within = mark is not None and mark.end() <= column < len(text)
        if mark is None or not within or self._text.selected is not None:
            self._write("\n", typed=True)
            return
        end = line, column + len(text[column:]) - len(text[column:].lstrip(" "))
        self._replace((line, column), end, f"\n\n{mark[0]}")
        self.move_to((line + 1, 0))

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
            self.move_to(selected[0 if where == "left" else 1])
            return
        self.move_to(self._target(where), select=select)

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
            self.move_to((0, 0) if rows < 0 else self._text.end, select=select)
        else:
            target = self._rows.row(max(0, min(there, len(self._rows) - 1)))
            spot = target.line, self._rows.column_at(target, aim)
            self.move_to(spot, select=select)
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
        self.changed(span)
        self.post_message(self.Changed())
