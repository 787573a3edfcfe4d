"""The list's state: what it shows, in which order; loaded off the loop, kept up to date."""

import asyncio
from typing import TYPE_CHECKING

from tui_mail.model.displayable import Displayable, own
from tui_mail.model.error import MailError
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.mailbox import Mailbox, SpecialUse
from tui_mail.ui.views import Order, Shown, find, load_rows, without
from tui_mail.ui.widgets.mailbox_rows import title_of

if TYPE_CHECKING:
    from tui_mail.model.event import Event
    from tui_mail.ui.app import MailApp
    from tui_mail.ui.widgets.message_list import View

FIRST_ROWS = 200
"""Rows of a mailbox that are shown before the rest is loaded."""

_OUTGOING = frozenset({SpecialUse.SENT, SpecialUse.DRAFTS})
_IN_WORDS = {
    "date": "newest first",
    "oldest": "oldest first",
    "from": "by sender",
    "subject": "by subject",
    "size": "largest first",
    "arrival": "by arrival",
}


class Listing:
    """What the list shows."""

    def __init__(self, app: "MailApp") -> None:
        self._app = app
        ui = app.settings.ui
        self.order = Order(ui.sort, ui.threads)
        self.shown: Shown | None = None
        self._before: tuple[Shown, MessageNumber | None] | None = None
        self._whole = asyncio.Event()
        self._turn = 0
        self._put_elsewhere: set[MessageNumber] = set()
        """What was moved out of a search's results, which tell whether it stays."""

    # What is shown.

    @property
    def account(self) -> str:
        """The account whose messages are shown; raises MailError if there is none."""
        if self.shown is None:
            raise MailError("no account is open")
        return self.shown.account

    @property
    def mailbox(self) -> Mailbox | None:
        """The mailbox that is shown; None for what a search found."""
        if self.shown is None:
            return None
        return self._app.accounts.mailbox(self.shown.account, self.shown.mailbox)

    @property
    def mailbox_id(self) -> MailboxId | None:
        """The number of the mailbox that is shown; None for what a search found."""
        return self.shown.mailbox if self.shown is not None else None

    @property
    def is_search(self) -> bool:
        """Whether the list shows what a search found."""
        return self.shown is not None and self.shown.mailbox is None

    @property
    def is_filtered(self) -> bool:
        """Whether the mailbox is narrowed."""
        return self.shown is not None and bool(self.shown.query) and not self.is_search

    def is_gone(self, account: str) -> bool:
        """Tell whether the mailbox that is shown is one of an account, and no more."""
        shown = self.shown
        return (
            shown is not None
            and shown.account == account
            and shown.mailbox is not None
            and self.mailbox is None
        )

    def title(self) -> Displayable:
        """Say what the list shows and how much."""
        if self.shown is None:
            return own("")
        rows = len(self._app.panes.list.view.numbers)
        marked = len(self._app.panes.list.marked)
        said = [f"{marked:,} marked"] if marked else []
        box = self.mailbox
        if box is None:
            said = [f"search {self.shown.words}", *said, f"{rows:,} found"]
        else:
            name = title_of(box)
            if len(self._app.accounts.tree()) > 1 or self._app.panes.has_class("one"):
                # A file that is read is the only mailbox, and bears its name.
                named = str(name) == self.shown.account
                name = name if named else own(f"{self.shown.account} · {name}")
            limits = box.limits if self._app.opened is None else "only read"
            said = [name, *filter(None, [limits]), *said]
            if self.shown.query:
                said += [self.shown.words, f"{rows:,} of {box.total:,}"]
            elif box.unread:
                said.append(f"{box.unread:,} unread of {box.total:,}")
            elif box.total:
                said.append(f"{box.total:,}")
        return own(" · ".join(said))

    def order_in_words(self) -> Displayable:
        """Say how the list is ordered."""
        threads = self.order.threads and not self.is_search
        return own(_IN_WORDS[self.order.sort] + (" · threads" if threads else ""))

    # Showing something else.

    def show_first(self, shown: Shown) -> None:
        """Show the first rows at once: the reader's first paint waits for nothing else."""
        database = self._app.accounts.database(shown.account)
        view = load_rows(
            database,
            shown,
            self.order,
            me=frozenset(),
            today=self._app.clock().date(),
            limit=FIRST_ROWS,
        )
        self._begin(shown)
        self._put(shown, view, None)
        if len(view.numbers) < FIRST_ROWS:
            self._whole.set()
        else:
            self.reload()

    async def show(self, shown: Shown, *, cursor: MessageNumber | None = None) -> None:
        """Show a mailbox, a filter or a search: its first rows, then all.

        Raises QueryError, and then nothing has changed.
        """
        turn = self._turn = self._turn + 1
        whole = bool(shown.query) or cursor is not None
        limit = None if whole else FIRST_ROWS
        view = await asyncio.to_thread(self._load, shown, self.order, limit)
        if turn != self._turn:
            return
        self._begin(shown)
        self._put(shown, view, cursor)
        if limit is None or len(view.numbers) < limit:
            self._whole.set()
        else:
            self.reload()

    async def search(self, query: str) -> None:
        """Show what a search over the account finds; raises QueryError."""
        before = self._before
        if not self.is_search and self.shown is not None:
            before = (self.shown, self._app.panes.list.cursor_number)
        await self.show(Shown(self.account, None, query))
        self._before = before

    async def narrow(self, query: str) -> None:
        """Show only what matches; all again for an empty query. Raises QueryError."""
        if self.shown is None:
            return
        number = self._app.panes.list.cursor_number
        shown = Shown(self.shown.account, self.shown.mailbox, query)
        marked = self._app.panes.list.marked
        await self.show(shown, cursor=number)
        self._app.panes.list.mark(marked)

    async def leave_search(self) -> bool:
        """Go back to what was shown before the search; False if there was none."""
        if not self.is_search or self._before is None:
            return False
        shown, number = self._before
        await self.show(shown, cursor=number)
        return True

    def _begin(self, shown: Shown) -> None:
        if shown.mailbox is not None:
            self._before = None
        if self._app.ready:
            self._app.servers.end_search(but=shown if shown.mailbox is None else None)
        self.shown = shown
        self._put_elsewhere.clear()
        self._whole.clear()

    def _put(self, shown: Shown, view: "View", cursor: MessageNumber | None) -> None:
        box = self.mailbox
        panes = self._app.panes
        panes.list.show(
            self._app.accounts.database(shown.account),
            shown.mailbox,
            self.order.sort,
            self.order.threads and shown.mailbox is not None,
            view,
            recipients=box is not None and box.special_use in _OUTGOING,
            cursor=cursor,
        )
        panes.list.say(*self._when_empty())
        panes.mailboxes.set_open(shown.account, shown.mailbox)
        self._app.say_title()
        self._app.say_hints()
        self._app.mailbox_opened()

    def say_that_it_came(self) -> None:
        """Say no more of a mailbox in step that it is not here yet, if it is empty."""
        box = self.mailbox
        if box is not None and box.synced_at is not None:
            self._app.panes.list.say(*self._when_empty())

    def _when_empty(self) -> list[Displayable]:
        box, key = self.mailbox, self._app.key_of
        if box is None:
            again = f"Esc goes back, {key('app.search')} searches again."
            lines = [own("Nothing was found."), own(again)]
            if self._app.accounts.account(self.account).kind == "imap":
                lines.append(own(f"{key('search.server')} searches on the server."))
            return lines
        name = title_of(box)
        if self.is_filtered:
            return [own(f"Nothing in {name} matches."), own("Esc shows all again.")]
        pulled = self._app.accounts.account(self.account).kind == "pop3"
        inbox = box.special_use is SpecialUse.INBOX
        if box.synced_at is None and (not box.local or (pulled and inbox)):
            return [
                own(f"{name} is not here yet."),
                own(f"{key('app.sync')} asks the server."),
            ]
        if box.special_use is SpecialUse.DRAFTS and self._app.opened is None:
            writes = own(f"{key('message.compose')} writes a message.")
            return [own(f"Nothing in {name}."), writes]
        elsewhere = f"{key('go.mailbox')} goes to another mailbox."
        return [own(f"Nothing in {name}."), own(elsewhere)]

    # Keeping it up to date.

    async def _load_again(self) -> None:
        shown, order, turn = self.shown, self.order, self._turn
        if shown is None:
            return
        messages = self._app.panes.list
        # To be read is reason enough to match no more, but not to be taken away.
        number = messages.cursor_number
        keep = number if shown.query and number not in self._put_elsewhere else None
        try:
            view = await asyncio.to_thread(self._load, shown, order, None, keep)
            hidden = await asyncio.to_thread(self._hidden, shown, view)
        except MailError as error:
            self._app.warn(error.line)
            self._whole.set()
            return
        if (shown, order, turn) != (self.shown, self.order, self._turn):
            self.reload()
            return
        expected = self._app.wishes.expected_gone(shown.account)
        if expected:
            view = without(view, expected) or view
        before = messages.cursor_number
        messages.replace_view(view, hidden=hidden.difference(expected))
        if before != messages.cursor_number and self._app.panes.pane == "message":
            self._app.say(own("The message that was open is not here any more."))
        self._whole.set()
        self._app.say_title()

    def changed(self, account: str, events: "list[Event]", *, anything: bool) -> None:
        """Take note of what changed in an account's store."""
        from tui_mail.model.event import MailboxChanged, MessagesChanged

        if self.shown is None or account != self.shown.account:
            return
        messages = self._app.panes.list
        if anything:
            messages.refresh_messages(messages.view.numbers)
            self.reload()
        for event in events:
            if isinstance(event, MessagesChanged):
                messages.refresh_messages(event.messages)
            elif isinstance(event, MailboxChanged) and (
                self.shown.mailbox in (None, event.mailbox)
            ):
                self.reload()

    @property
    def is_whole(self) -> bool:
        """Whether all rows are here."""
        return self._whole.is_set()

    async def whole(self) -> None:
        """Wait until all rows are here."""
        await self._whole.wait()

    async def reorder(self, order: Order) -> None:
        """Show the same in another order, the cursor on its message."""
        if self.shown is None:
            return
        self.order = order
        number = self._app.panes.list.cursor_number
        before, marked = self._before, self._app.panes.list.marked
        await self.show(self.shown, cursor=number)
        self._before = before
        self._app.panes.list.mark(marked)

    def _hidden(self, shown: Shown, view: "View") -> frozenset[int]:
        """Find the marked messages that the filter hides; on any thread.

        Those that have left the mailbox are not among them.
        """
        from tui_mail.store.messages import load_summaries

        if not (self.is_filtered and self._app.panes.list.marked):
            return frozenset()
        unseen = self._app.panes.list.marked.difference(view.numbers)
        database = self._app.accounts.database(shown.account)
        found = load_summaries(database, sorted(unseen))
        return frozenset(s.number for s in found if s and s.mailbox == shown.mailbox)

    def forget_rows(self, numbers: frozenset[MessageNumber]) -> None:
        """Take messages out of sight before the store has been told."""
        view = without(self._app.panes.list.view, numbers)
        if view is not None:
            self._app.panes.list.replace_view(view)

    def put_elsewhere(self, numbers: frozenset[MessageNumber]) -> None:
        """Take note that found messages are moved: they stay only if they still match."""
        self._put_elsewhere |= numbers

    def reload(self) -> None:
        """Load the rows again, soon."""
        if self._app.ready:
            self._app.refreshing.ask("list", self._load_again)

    async def matching(self, query: str) -> frozenset[MessageNumber]:
        """Find which of the mailbox's messages match; raises QueryError."""
        if self.shown is None:
            return frozenset()
        shown = Shown(self.shown.account, self.shown.mailbox, query)
        numbers = await asyncio.to_thread(
            find,
            self._app.accounts.database(shown.account),
            shown,
            me=self._app.accounts.own_addresses(),
            today=self._app.clock().date(),
        )
        return frozenset(numbers)

    def _load(
        self,
        shown: Shown,
        order: Order,
        limit: int | None,
        keep: MessageNumber | None = None,
    ) -> "View":
        """Load rows; on any thread."""
        return load_rows(
            self._app.accounts.database(shown.account),
            shown,
            order,
            me=self._app.accounts.own_addresses(),
            today=self._app.clock().date(),
            limit=limit,
            keep=keep,
        )
