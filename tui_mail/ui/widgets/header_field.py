"""The fields of a message while it is written."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from tui_mail.model.displayable import Displayable
from tui_mail.ui.screens.fields import Field
from tui_mail.ui.screens.line_edit import LineEdit

LABEL_CELLS = 10
"""Cells of the labels' column."""


class HeaderField(Field):
    """A field of the header, as wide as the screen."""

    DEFAULT_CSS = """
    HeaderField {
        & > .field--label { width: 10; }
        & > LineEdit { max-width: 90; background: $background; }
        & > LineEdit.-textual-compact { padding: 0; }
        & > LineEdit:focus { background: $background; }
        & > .field--beside { width: auto; max-width: 50%; max-height: 2; }
        & > .field--beside { padding: 0 1 0 2; }
        &:ansi > LineEdit:focus { text-style: none; }
        &:ansi > .field--label { border-right: none; }
    }
    """

    def __init__(self, key: str, label: Displayable, edit: LineEdit) -> None:
        super().__init__(key, label, edit)
        self.id = key


class HeaderEdit(LineEdit):
    """A line with a way back, whose beginning is in sight while one types elsewhere."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # First, so that keys are carried out in the order in which they came.
        Binding("ctrl+z", "undo", priority=True),
        Binding("ctrl+y", "redo", priority=True),
    ]

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self._past = [self.value]
        self._place = 0

    def on_input_changed(self) -> None:
        """Keep what stood there; letters of a word are one step."""
        before, now = self._past[self._place], self.value
        if now == before:
            return
        del self._past[self._place + 1 :]
        typed = now.startswith(before) and now[len(before) :].isalnum()
        if typed and self._place and not before.endswith(" "):
            self._past[self._place] = now
        else:
            self._past.append(now)
            self._place += 1

    def action_undo(self) -> None:
        """Put back what stood there before."""
        self._go(-1)

    def action_redo(self) -> None:
        """Put back what stood there after that."""
        self._go(1)

    def _go(self, step: int) -> None:
        self.on_input_changed()
        self._place = max(0, min(self._place + step, len(self._past) - 1))
        self.set_text(self._past[self._place])

    def show_cursor(self) -> None:
        """Bring the cursor into sight, and the beginning where one types elsewhere."""
        if self.has_focus:
            super().show_cursor()
        else:
            self.scroll_to(x=0, animate=False, force=True)

    def on_focus(self) -> None:
        """Bring the cursor into sight."""
        self.show_cursor()

    def on_blur(self) -> None:
        """Bring the beginning into sight."""
        self.scroll_to(x=0, animate=False, force=True)


class AddressEdit(HeaderEdit):
    """A line for people; what was copied from a column of addresses is a list of them."""

    def _put_in(self, text: str) -> None:
        lines = (line.strip(" \t,;") for line in text.splitlines())
        several = "\n" in text.strip() or "\r" in text.strip()
        super()._put_in(", ".join(filter(None, lines)) if several else text)


class SenderEdit(HeaderEdit, inherit_bindings=False):
    """The address that one writes from: chosen, not typed."""

    def on_key(self, event: events.Key) -> None:
        """Write nothing."""
        if event.is_printable:
            event.stop()
            event.prevent_default()

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
