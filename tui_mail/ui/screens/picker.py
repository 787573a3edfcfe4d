"""A choice among many, narrowed while one types."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.ui.screens.asking import Answer, Asking
from tui_mail.ui.screens.choice_list import Choice, ChoiceList
from tui_mail.ui.screens.line_edit import LineEdit
from tui_mail.ui.screens.matching import Matcher
from tui_mail.ui.signs import UNICODE
from tui_mail.ui.widgets.hint_line import HintLine


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to choose."""

    label: Displayable
    detail: Displayable
    """What tells it from others like it: the account of a mailbox."""
    value: object
    """What choosing it gives."""


@dataclass(frozen=True, slots=True)
class New:
    """A text that no item has: something new is wanted."""

    text: Displayable


class Narrowing(Asking[Answer]):
    """Rows over a line to type in; typing narrows them."""

    DEFAULT_CSS = """
    Narrowing {
        & > #drawer {
            height: auto;
            max-height: 100%;
            background: $background;
            border-top: solid $border-blurred;
            &.-ascii { border-top: ascii $border-blurred; }
        }
        & > #drawer > #ask { height: 1; background: $panel; }
        & > #drawer > #ask > #question {
            width: auto;
            max-width: 60%;
            height: 1;
            padding: 0 1;
            text-style: bold;
            text-wrap: nowrap;
            text-overflow: ellipsis;
            color: $accent;
        }
        & > #drawer > #ask > #count {
            width: auto;
            height: 1;
            padding: 0 1;
            color: $foreground-muted;
        }
        &:ansi > #drawer { background: ansi_default; }
        &:ansi > #drawer > #ask { background: ansi_default; }
        &:ansi > #drawer > #ask > #count { text-style: dim; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # First, so that keys are carried out in the order in which they came.
        Binding("enter", "take", priority=True),
        Binding("up,ctrl+p", "move(-1)", priority=True),
        Binding("down,ctrl+n", "move(1)", priority=True),
        Binding("pageup", "page(-1)", priority=True),
        Binding("pagedown", "page(1)", priority=True),
        Binding("ctrl+home", "edge(0)", priority=True),
        Binding("ctrl+end", "edge(-1)", priority=True),
    ]

    def __init__(
        self, title: str, choices: Sequence[Choice], texts: Sequence[str], hint: str
    ) -> None:
        super().__init__()
        self._title, self._hint = displayable(title), displayable(hint)
        self._total = len(choices)
        self._list = ChoiceList(choices, self.signs)
        self._edit = LineEdit()
        self._typed = ""
        self._matcher = Matcher(texts)

    def compose(self) -> ComposeResult:
        """Put the line to type in above what it narrows."""
        with Vertical(id="drawer", classes=self._look()):
            with Horizontal(id="ask"):
                yield Static(Content(self._title), id="question")
                yield self._edit
                yield Static(id="count")
            yield self._list
            yield HintLine()

    def _look(self) -> str:
        return "" if self.signs is UNICODE else "-ascii"

    def on_mount(self) -> None:
        """Show everything."""
        self._fit()
        self._edit.focus()
        self._narrow("")

    def on_resize(self) -> None:
        """Leave the mail above half of the screen."""
        self._fit()

    def _fit(self) -> None:
        most = max(1, self.app.size.height // 2)
        self._list.styles.height = max(1, min(self._total, most))

    # What is asked of the kinds of it.

    new_word = ""
    """What Enter does where nothing matches, in a word."""

    def taken(self, place: int) -> None:
        """Take the choice at this place."""
        raise NotImplementedError

    def no_match(self, typed: str) -> None:
        """Do what Enter means where nothing matches."""

    def when_nothing_matches(self, typed: Displayable) -> Displayable:  # noqa: ARG002
        """Say that nothing matches."""
        return own("Nothing matches.")

    def say(self, line: Displayable) -> None:
        """Say something beside what was typed."""
        self.query_one("#count", Static).update(Content(line))

    # What a person does.

    def on_input_changed(self, event: LineEdit.Changed) -> None:
        """Narrow."""
        event.stop()
        self._catch_up()

    def _catch_up(self) -> None:
        """Narrow to what is typed by now, if that is not shown yet."""
        if self._edit.value != self._typed:
            self._narrow(self._edit.value)

    def _narrow(self, typed: str) -> None:
        self._typed = typed
        found = self._matcher.find(typed)
        if not self._total:
            self._list.say_when_empty(own("There is nothing to choose from."))
        else:
            self._list.say_when_empty(self.when_nothing_matches(displayable(typed)))
        self._list.show(found, typed)
        few = len(found) < self._total
        self.say(own(f"{len(found):,} of {self._total:,}" if few else ""))
        self._show_hints(found=bool(found), typed=bool(typed.strip()))

    def _show_hints(self, *, found: bool, typed: bool) -> None:
        hints = [("Enter", str(self._hint or "take")), ("Up Down", "choose")]
        if not found:
            new = self.new_word if typed else ""
            hints = [("Enter", new)] if new else []
        self.query_one(HintLine).show([*hints, ("Esc", "back")])

    def on_choice_list_taken(self, event: ChoiceList.Taken) -> None:
        """Take the row that was clicked."""
        event.stop()
        self.action_take()

    def action_take(self) -> None:
        """Take the row under the cursor."""
        self._catch_up()
        if self._list.chosen is not None:
            self.taken(self._list.chosen)
        elif typed := self._edit.value.strip():
            self.no_match(typed)

    def on_click(self, event: events.Click) -> None:
        """Give up when the mail above is clicked."""
        if event.widget is self:
            self.action_give_up()

    def action_move(self, rows: int) -> None:
        """Move the cursor, from the last row to the first and back."""
        self._catch_up()
        if not self._list.move(rows):
            self._list.go(0 if rows > 0 else -1)

    def action_page(self, pages: int) -> None:
        """Turn a page."""
        self._catch_up()
        if not self._list.page(pages):
            self._list.go(-1 if pages > 0 else 0)

    def action_edge(self, row: int) -> None:
        """Go to the first or the last."""
        self._catch_up()
        self._list.go(row)


class Picker(Narrowing[object]):
    """One of the items; it gives the item's value.

    With ``allow_new`` a text that matches nothing gives ``New``.
    """

    def __init__(
        self,
        title: str,
        items: Sequence[Item],
        *,
        hint: str = "",
        allow_new: bool = False,
    ) -> None:
        choices = [Choice(each.label, each.detail) for each in items]
        texts = [f"{each.label}\n{each.detail}" for each in items]
        super().__init__(title, choices, texts, hint)
        self._items, self._allow_new = items, allow_new
        self.new_word = "make it" if allow_new else ""

    def taken(self, place: int) -> None:
        """Give the item's value."""
        self.dismiss(self._items[place].value)

    def no_match(self, typed: str) -> None:
        """Give the text as something new, where that is allowed."""
        if self._allow_new:
            self.dismiss(New(displayable(typed)))

    def when_nothing_matches(self, typed: Displayable) -> Displayable:
        """Say what Enter would do."""
        if self._allow_new:
            return own(f'Nothing is called "{typed}" yet; Enter makes it.')
        return own("Nothing matches.")
