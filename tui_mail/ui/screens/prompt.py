"""A question that is answered by a line of text."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.ui.cells import cut, width_of
from tui_mail.ui.screens.asking import Asking
from tui_mail.ui.screens.line_edit import LineEdit
from tui_mail.ui.signs import Signs
from tui_mail.ui.widgets.drawing import line_of
from tui_mail.ui.widgets.hint_line import HintLine


class Prompt(Asking[str]):
    """One line at the bottom, where the status was; what it gives is one line too.

    ``history`` has the latest last. ``on_change`` hears of each text that is typed,
    and may call ``set_error``.
    """

    DEFAULT_CSS = """
    Prompt {
        & > #ask { height: 1; background: $panel; }
        & > #ask > #question {
            width: auto;
            max-width: 60%;
            height: 1;
            padding: 0 1;
            text-style: bold;
            text-wrap: nowrap;
            text-overflow: ellipsis;
            color: $accent;
        }
        &:ansi > #ask { background: ansi_default; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", priority=True),
        Binding("up,ctrl+p", "earlier", priority=True),
        Binding("down,ctrl+n", "later", priority=True),
    ]

    def __init__(
        self,
        question: str,
        *,
        value: str = "",
        history: Sequence[str] = (),
        password: bool = False,
        on_change: Callable[[str], None] | None = None,
        hints: Sequence[tuple[str, str]] = (),
    ) -> None:
        """``hints`` name the keys that a question of some kind has besides."""
        super().__init__()
        self._hints = hints
        self._question = displayable(question)
        self._edit = LineEdit(value, password=password)
        self._known = self._edit.value
        self._history = [*history, self._edit.value]
        self._place = len(self._history) - 1
        self._on_change = on_change
        self._mistake = MistakeLine(self._edit, self.signs)

    def compose(self) -> ComposeResult:
        """Put the question before the line, and the keys below it."""
        with Horizontal(id="ask"):
            yield Static(Content(self._question), id="question")
            yield self._edit
        yield self._mistake
        yield HintLine()

    def on_mount(self) -> None:
        """Name the keys."""
        earlier = [("Up", "earlier")] if len(self._history) > 1 else []
        self.query_one(HintLine).show(
            [("Enter", "take"), *self._hints, *earlier, ("Esc", "back")]
        )
        self._show_mistake()
        self._edit.focus()

    # State down.

    def set_error(self, line: str, column: int | None = None) -> None:
        """Show a mistake, at its column of the text if it has one (counted from 1).

        An empty line says that there is none; so does typing on.
        """
        self._mistake.say(displayable(line), column)
        if self.is_mounted:
            self._show_mistake()

    def _show_mistake(self) -> None:
        self._mistake.display = bool(self._mistake.line)
        self.query_one(HintLine).display = not self._mistake.line

    # What a person does.

    def on_input_changed(self, event: LineEdit.Changed) -> None:
        """Forget the mistake, and tell who wants to know."""
        event.stop()
        if event.value == self._known or event.value != self._edit.value:
            return
        self._known = event.value
        self.set_error("")
        if self._on_change is not None:
            self._on_change(event.value)

    def action_take(self) -> None:
        """Answer."""
        self.dismiss(self._edit.value)

    def action_earlier(self) -> None:
        """Go to the text that was typed before this one."""
        self._go(self._place - 1)

    def action_later(self) -> None:
        """Go back to a later text, at last to what was typed now."""
        self._go(self._place + 1)

    def _go(self, place: int) -> None:
        if not 0 <= place < len(self._history):
            return
        if self._place == len(self._history) - 1:
            self._history[-1] = self._edit.value
        self._place = place
        self._edit.set_text(self._history[place])


class MistakeLine(Widget):
    """What is wrong with a text, with a sign below the place."""

    DEFAULT_CSS = """
    MistakeLine {
        height: 1;
        background: $background;
        color: $warning;
        &:ansi { background: ansi_default; }
    }
    """

    def __init__(self, edit: LineEdit, signs: Signs) -> None:
        super().__init__()
        self._edit, self._signs = edit, signs
        self.line = own("")
        self._column: int | None = None

    def say(self, line: Displayable, column: int | None) -> None:
        """Take a sentence and its column; an empty one is none."""
        self.line, self._column = line, column
        self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002
        """Draw the sentence beside its sign, on the side that has room."""
        width, style = self.size.width, self.rich_style
        text, place = f"{self._signs.warning} {self.line}", 1
        if self._column is not None:
            text, place = beside(self.line, self._caret(self._column), width)
        shown = cut(text, max(0, width - place), self._signs.ellipsis)
        return line_of([(" " * place, style), (shown, style)], width, style)

    def _caret(self, column: int) -> int:
        before = width_of(self._edit.value[: max(0, column - 1)])
        region = self._edit.region
        place = region.x + before - round(self._edit.scroll_x)
        return max(region.x, min(place, self.size.width - 2))


def beside(line: str, caret: int, width: int) -> tuple[str, int]:
    """Lay a sentence beside a caret: the text and where it begins."""
    needed = width_of(line) + 2
    if caret + 1 + needed <= width or caret < width // 2:
        return f"^ {line}", caret
    if needed <= caret:
        return f"{line} ^", caret - needed + 1
    return f"{cut(line, max(0, caret - 2))} ^", 1
