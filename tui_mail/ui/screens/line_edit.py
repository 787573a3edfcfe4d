"""One line to type in, as every question has it."""

import re
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.widgets import Input

from tui_mail.ui.cells import width_of
from tui_mail.ui.signs import UNICODE, choose_signs

_BREAKS = re.compile(r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = (
    "\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
)
_UNSAFE = re.compile(f"[\x00-\x1f{_INVISIBLE}]")
_UNSAFE_IN_LINES = re.compile(f"[\x00-\x08\x0b-\x1f{_INVISIBLE}]")


def one_line(text: str) -> str:
    """Make one line of a text from elsewhere: breaks are spaces, controls are gone.

    Spaces stay as they are, since it may be a password.
    """
    return _UNSAFE.sub("", _BREAKS.sub(" ", text.strip("\r\n")))


def many_lines(text: str) -> str:
    r"""Make lines of a text from elsewhere: they end with ``\n``, controls are gone."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE_IN_LINES.sub("", _LINE_ENDS.sub("\n", text))


class LineEdit(Input, inherit_bindings=False):
    """A line editor with the keys of a shell.

    Its cursor does not blink: an idle screen writes nothing. ``Enter`` and ``Ctrl+C``
    are left to whoever asks.
    """

    DEFAULT_CSS = """
    LineEdit {
        width: 1fr;
        background: transparent;
        &:focus { background-tint: $foreground 0%; }
        &:ansi { background: ansi_default; color: ansi_default; }
        &:ansi > .input--selection { color: ansi_default; text-style: reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # First, so that keys are carried out in the order in which they came.
        Binding(keys, action, priority=True)
        for keys, action in (
            ("left,ctrl+b", "cursor_left"),
            ("right,ctrl+f", "cursor_right"),
            ("shift+left", "cursor_left(True)"),
            ("shift+right", "cursor_right(True)"),
            ("ctrl+left", "cursor_left_word"),
            ("ctrl+right", "cursor_right_word"),
            ("home,ctrl+a", "home"),
            ("end,ctrl+e", "end"),
            ("shift+home", "home(True)"),
            ("shift+end", "end(True)"),
            ("backspace", "delete_left"),
            ("delete,ctrl+d", "delete_right"),
            ("ctrl+w,ctrl+backspace", "delete_left_word"),
            ("ctrl+u", "delete_left_all"),
            ("ctrl+k", "delete_right_all"),
            ("ctrl+v", "paste"),
        )
    ]

    def __init__(
        self,
        value: str = "",
        *,
        password: bool = False,
        select_on_focus: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(
            one_line(value),
            password=password,
            select_on_focus=select_on_focus,
            compact=True,
            id=id,
        )
        self.cursor_blink = False
        self.cursor_position = len(self.value)
        self._initial_value = False
        self._bullet = "•" if choose_signs() is UNICODE else "*"

    def on_resize(self) -> None:
        """Bring the cursor into sight: it stood at its place before there was a width."""
        self.show_cursor()

    def show_cursor(self) -> None:
        """Bring the cursor into sight."""
        place = width_of(self.value[: self.cursor_position])
        self.scroll_to_region(Region(place, 0, 1, 1), force=True, animate=False)

    def set_text(self, text: str) -> None:
        """Put another text there, the cursor at its end; the same changes nothing."""
        text = one_line(text)
        if text == self.value:
            return
        self.value = text
        self.cursor_position = len(text)
        if self.select_on_focus and self.has_focus:
            self.select_all()

    @property
    def _value(self) -> Text:
        if self.password:
            bullets = self._bullet * len(self.value)
            return Text(bullets, no_wrap=True, overflow="ignore", end="")
        return super()._value

    def action_paste(self) -> None:
        """Put the text in that was copied here."""
        self._put_in(self.app.clipboard)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self._put_in(event.text)

    def _put_in(self, text: str) -> None:
        if line := one_line(text):
            self.replace(line, *self.selection)
