"""The three panes, where each stands at which width, and which of them has the focus."""

from collections.abc import Callable
from datetime import datetime

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from tui_mail.model.displayable import own
from tui_mail.ui.row import RowContext
from tui_mail.ui.signs import choose_signs, reorders_text
from tui_mail.ui.widgets.mailbox_tree import MailboxTree
from tui_mail.ui.widgets.message_list import MessageList
from tui_mail.ui.widgets.message_view import MessageView
from tui_mail.ui.widgets.part_list import PartList
from tui_mail.ui.widgets.title_line import TitleLine

PANES = ("mailboxes", "list", "message")
ONE_BELOW = 100
"""Columns below which one pane is seen at a time."""
COLUMNS_FROM = 160
"""Columns from which all three stand side by side."""
_LAYOUTS = frozenset({"one", "columns", *(f"at-{pane}" for pane in PANES)})


class Panes(Widget):
    """Mailboxes, messages, the message with its parts."""

    DEFAULT_CSS = """
    Panes {
        layout: horizontal;
        height: 1fr;
        background: $background;
        & > #mailboxes { width: 24; border-right: vkey $border-blurred; }
        & > #mail { width: 1fr; height: 1fr; }
        & #list-pane { height: 2fr; }
        & #message-pane { height: 3fr; border-top: solid $border-blurred; }
        & #parts { display: none; }
        &.parts #view { display: none; }
        &.parts #parts { display: block; }

        &.one > #mailboxes, &.one #list-pane, &.one #message-pane { display: none; }
        &.one #message-pane { border-top: none; }
        &.one.at-mailboxes > #mail { display: none; }
        &.one.at-mailboxes > #mailboxes {
            display: block;
            width: 1fr;
            border-right: none;
        }
        &.one.at-list #list-pane { display: block; }
        &.one.at-message #message-pane { display: block; }

        &.columns > #mail { layout: horizontal; }
        &.columns > #mailboxes { width: 26; }
        &.columns #list-pane { width: 64; height: 1fr; }
        &.columns #message-pane {
            width: 1fr;
            height: 1fr;
            border-top: none;
            border-left: vkey $border-blurred;
        }
    }
    """

    class Entered(Message):
        """Another pane has the focus, or the panes stand otherwise."""

        def __init__(self, pane: str) -> None:
            self.pane = pane
            super().__init__()

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        date_form: str,
        columns: tuple[str, ...],
    ) -> None:
        super().__init__()
        signs, isolate = choose_signs(), reorders_text()
        context = RowContext(
            now=clock(), signs=signs, date_form=date_form, isolate_direction=isolate
        )
        self.mailboxes = MailboxTree(signs=signs, id="mailboxes")
        self.title_line = TitleLine(id="list-title")
        self.list = MessageList(
            clock=clock, context=context, columns=columns, id="list"
        )
        self.view = MessageView(
            clock=clock, signs=signs, isolate_direction=isolate, id="view"
        )
        self.parts = PartList(signs=signs, id="parts")
        self.pane = "list"
        self.parts_left_to = "message"
        """The pane to which one comes back from the parts."""
        self.view.say_when_empty(
            own("No message is shown."), own("j and k choose one, Enter reads it.")
        )

    def compose(self) -> ComposeResult:
        """Put the panes together."""
        yield self.mailboxes
        with Vertical(id="mail"):
            with Vertical(id="list-pane"):
                yield self.title_line
                yield self.list
            with Vertical(id="message-pane"):
                yield self.view
                yield self.parts

    def prepare(self, width: int) -> None:
        """Lay the panes out before they are mounted: nothing is styled twice."""
        self.add_class(*self._wanted(width), update=False)

    def on_resize(self, event: events.Resize) -> None:
        """Lay the panes out for the width."""
        self._lay_out(event.size.width)

    @property
    def shows_message(self) -> bool:
        """Whether the message is in sight."""
        return not self.has_class("one") or self.pane == "message"

    @property
    def lists_parts(self) -> bool:
        """Whether the parts are listed instead of the message."""
        return self.has_class("parts")

    def enter(self, pane: str) -> None:
        """Give a pane the focus."""
        self._at(pane)
        self.screen.set_focus(self._widget(pane), scroll_visible=False)

    def step(self, step: int) -> None:
        """Go to the next pane, or the one before."""
        self.enter(PANES[(PANES.index(self.pane) + step) % len(PANES)])

    def list_parts(self, *, listed: bool) -> None:
        """List the parts in the message's place, or show the message again."""
        self.set_class(listed, "parts")
        if self.pane == "message" and self.app.screen is self.screen:
            self.enter("message")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Follow the focus, also where the mouse gave it."""
        for pane in PANES:
            if event.widget is self._widget(pane) is self.screen.focused:
                self._at(pane)

    def _widget(self, pane: str) -> Widget:
        if pane == "message":
            return self.parts if self.lists_parts else self.view
        return self.mailboxes if pane == "mailboxes" else self.list

    def _at(self, pane: str) -> None:
        if pane == self.pane:
            return
        self.pane = pane
        if self.has_class("one"):
            self._lay_out(self.size.width)
        else:
            self.post_message(self.Entered(pane))

    def _wanted(self, width: int) -> frozenset[str]:
        """Give the classes for a width; which pane is seen matters where it is one."""
        if width < ONE_BELOW:
            return frozenset({"one", f"at-{self.pane}"})
        return frozenset({"columns"} if width >= COLUMNS_FROM else ())

    def _lay_out(self, width: int) -> None:
        wanted = self._wanted(width)
        present = self.classes & _LAYOUTS
        if wanted != present:
            self.remove_class(*(present - wanted), update=not wanted - present)
            self.add_class(*(wanted - present))
            self.post_message(self.Entered(self.pane))
