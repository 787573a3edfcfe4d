"""The pieces of a form: a labelled line with its mistake beside it, and a button."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from tui_mail.model.displayable import Displayable, own
from tui_mail.ui.cells import cut
from tui_mail.ui.screens.line_edit import LineEdit
from tui_mail.ui.widgets.drawing import line_of


class Field(Horizontal):
    """One line to fill in."""

    class Left(Message):
        """The field lost the focus."""

        def __init__(self, field: "Field") -> None:
            self.field = field
            super().__init__()

    DEFAULT_CSS = """
    Field {
        height: auto;
        & > .field--label { width: 14; padding: 0 1; color: $foreground-muted; }
        & > LineEdit { width: 1fr; max-width: 40; background: $panel; }
        & > LineEdit.-textual-compact { padding: 0 1; }
        & > LineEdit:focus { background: $block-cursor-background; }
        & > .field--beside { width: 1fr; height: auto; padding: 0 2; }
        & > .field--beside { color: $foreground-muted; }
        &.-active > .field--label { color: $foreground; }
        &.-wrong > .field--label { color: $warning; }
        &.-wrong > .field--beside { color: $warning; }
        &:ansi > LineEdit { background: ansi_default; }
        &:ansi > LineEdit:focus { background: ansi_default; text-style: bold; }
        &:ansi > .field--label { border-right: vkey $border-blurred; }
        &:ansi.-active > .field--label { text-style: bold; }
        &:ansi > .field--beside { text-style: dim; }
        &:ansi.-wrong > .field--beside { text-style: not dim; }
    }
    """

    def __init__(
        self,
        key: str,
        label: Displayable,
        edit: LineEdit,
        *,
        hint: Displayable = Displayable(""),  # noqa: B008 - a NewType call is no call
    ) -> None:
        super().__init__()
        self.key, self.edit = key, edit
        self._label, self._hint = label, hint
        self._wrong: str | None = None
        self._beside = Static(Content(hint), classes="field--beside")

    def compose(self) -> ComposeResult:
        """Put the label before the line, and what there is to say after it."""
        yield Static(Content(self._label), classes="field--label")
        yield self.edit
        yield self._beside

    @property
    def text(self) -> str:
        """What stands there, without spaces round it."""
        return self.edit.value if self.edit.password else self.edit.value.strip()

    def set_hint(self, hint: Displayable) -> None:
        """Say something that helps to fill it in, where nothing is wrong."""
        self._hint = hint
        if self._wrong is None:
            self._beside.update(Content(hint))

    def set_mistake(self, mistake: Displayable) -> None:
        """Say what is wrong with it; nothing is wrong with an empty text."""
        self._wrong = self.edit.value if mistake else None
        self.set_class(bool(mistake), "-wrong")
        self._beside.update(Content(f"! {mistake}" if mistake else self._hint))

    def changed(self) -> None:
        """Forget the mistake if the text is no longer the one that was wrong."""
        if self._wrong is not None and self.edit.value != self._wrong:
            self.set_mistake(own(""))

    def on_descendant_focus(self) -> None:
        """Show that one types here."""
        self.add_class("-active")

    def on_descendant_blur(self) -> None:
        """Show that one types elsewhere."""
        self.remove_class("-active")

    def on_input_blurred(self, event: LineEdit.Blurred) -> None:
        """Tell that it was left."""
        event.stop()
        self.post_message(self.Left(self))


class WordEdit(LineEdit, inherit_bindings=True):
    """A line that takes one of a few words: typed, begun, or walked through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "walk(-1)", priority=True),
        Binding("down", "walk(1)", priority=True),
    ]

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(words[0], select_on_focus=True)
        self._words = words

    def complete(self) -> None:
        """Make a whole word of its beginning."""
        begun = self.value.strip().lower()
        for word in self._words:
            if begun and word.startswith(begun):
                self.set_text(word)
                return

    def action_walk(self, step: int) -> None:
        """Go to the next word or the one before."""
        self.complete()
        place = self._words.index(self.value) if self.value in self._words else -step
        self.set_text(self._words[(place + step) % len(self._words)])


class Press(Widget, can_focus=True):
    """A line that does something: Space or a click, and Enter where the form says so."""

    class Pressed(Message):
        """It was pressed."""

        def __init__(self, press: "Press") -> None:
            self.press = press
            super().__init__()

        @property
        def control(self) -> "Press":
            """The line that was pressed."""
            return self.press

    DEFAULT_CSS = """
    Press {
        height: 1;
        color: $foreground;
        background: $background;
        &:focus { background: $block-cursor-background; }
        &:ansi { background: ansi_default; }
        &:ansi:focus { text-style: reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "press")]

    def __init__(self, text: Displayable, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._text = text

    def say(self, text: Displayable) -> None:
        """Show another text."""
        self._text = text
        self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002
        """Draw the text."""
        width, style = self.size.width, self.rich_style
        return line_of([(f" {cut(self._text, width - 2)}", style)], width, style)

    def action_press(self) -> None:
        """Tell that it was pressed."""
        self.post_message(self.Pressed(self))

    def on_click(self, event: events.Click) -> None:
        """Press it."""
        event.stop()
        self.action_press()
