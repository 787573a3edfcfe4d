"""The fields of a message while it is written."""

from textual import events

from tui_mail.model.displayable import Displayable
from tui_mail.ui.screens.fields import Field
from tui_mail.ui.screens.line_edit import LineEdit


class HeaderField(Field):
    """A field of the header, as wide as the screen."""

    DEFAULT_CSS = """
    HeaderField {
        & > .field--label { width: 10; }
        & > LineEdit { max-width: 90; background: $background; }
        & > LineEdit.-textual-compact { padding: 0; }
        & > LineEdit:focus { background: $background; }
        & > .field--beside { width: auto; max-width: 50%; padding: 0 1 0 2; }
        &:ansi > LineEdit:focus { text-style: none; }
        &:ansi > .field--label { border-right: none; }
    }
    """

    def __init__(self, key: str, label: Displayable, edit: LineEdit) -> None:
        super().__init__(key, label, edit)
        self.id = key


class HeaderEdit(LineEdit):
    """A line whose beginning is in sight while one types elsewhere."""

    def on_resize(self) -> None:
        """Bring into sight what matters."""
        if self.has_focus:
            super().on_resize()
        else:
            self.scroll_to(x=0, animate=False, force=True)

    def on_focus(self) -> None:
        """Bring the cursor into sight."""
        super().on_resize()

    def on_blur(self) -> None:
        """Bring the beginning into sight."""
        self.scroll_to(x=0, animate=False, force=True)


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
