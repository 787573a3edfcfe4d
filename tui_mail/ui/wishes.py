"""Wishes written into the stores by one thread; what is seen changes at once."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from tui_mail.link.messages import Wake
from tui_mail.model.displayable import Displayable, own
from tui_mail.model.error import MailError, NotFound
from tui_mail.model.flags import SEEN
from tui_mail.model.ids import ActionId, MessageNumber
from tui_mail.model.mailbox import Mailbox
from tui_mail.model.operation import (
    Expunge,
    JournalEntry,
    MailboxWish,
    Move,
    MoveApart,
    SetFlags,
    Wish,
)
from tui_mail.model.rights import Right

if TYPE_CHECKING:
    from tui_mail.store.database import Database, Transaction
    from tui_mail.ui.app import MailApp

Written = TypeVar("Written")


class Wishes:
    """Carries out what a person wants, in the store."""

    def __init__(self, app: "MailApp") -> None:
        self._app = app
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._gone: dict[str, dict[MessageNumber, int]] = {}
        self.undoable: tuple[str, JournalEntry] | None = None
        """What ``u`` would undo: the account, and the entry of its journal."""
        self.brings_back = False
        """Whether ``u`` brings back what was discarded: nothing was done after it."""

    async def perform(self, account: str, wish: Wish, said: str) -> None:
        """Perform a wish; the rows change at once, and back if it cannot be written.

        Raises MailError.
        """
        from tui_mail.store.performing import perform

        self.refuse_if_read_only(only_flags=isinstance(wish, SetFlags))
        mailbox = self._app.listing.mailbox_id
        if isinstance(wish, MailboxWish):
            # It is not done in what the list shows.
            mailbox = None
        session = self._app.session

        def write(tx: "Transaction") -> None:
            perform(tx, wish, said=said, session=session, mailbox=mailbox)

        gone = self._show_at_once(account, wish)
        try:
            await self.write(account, write)
        except MailError:
            self._back(account, gone)
            self._app.listing.changed(account, [], anything=True)
            raise
        self._back(account, gone)
        self._app.engines.send(account, Wake())

    async def carry_on(self, *accounts: str) -> bool:
        """Bring what is between these accounts and others as far as it can go now.

        True if something of theirs has to be fetched first. Raises MailError.
        """
        if self._app.read_only:
            return False
        changed, waits = await asyncio.to_thread(self._carry_on, accounts)
        for name in changed:
            self._app.engines.send(name, Wake())
        return waits

    def _carry_on(self, accounts: Iterable[str]) -> tuple[frozenset[str], bool]:
        from tui_mail.store import between
        from tui_mail.store.transfers import is_between, load_outgoing

        databases = {name: self._app.accounts.database(name) for name in accounts}
        names = frozenset(name for name, one in databases.items() if is_between(one))
        changed = between.carry_on(names, self._open) if names else frozenset()
        waits = any(
            one.state == "waiting"
            for database in databases.values()
            for one in load_outgoing(database)
        )
        return changed, waits

    @contextmanager
    def _open(self, name: str) -> "Iterator[Database]":
        accounts = self._app.accounts
        if name in accounts:
            yield accounts.database(name)
        elif name in self._app.settings.accounts:
            why = accounts.troubles.get(name, own("its mail is not open yet"))
            raise MailError(f"{name}: {why}")
        else:
            raise NotFound(f'there is no account "{name}" any more')

    async def mark_seen(self, account: str, number: MessageNumber) -> None:
        """Note that a message was read; it is no action that ``u`` would undo."""
        from tui_mail.store.wishes import set_flags

        seen: frozenset[str] = frozenset({SEEN})

        def write(tx: "Transaction") -> None:
            set_flags(tx, (number,), seen, frozenset())

        box = self._app.listing.mailbox or await self._mailbox_of(account, number)
        if box is not None and not box.may(Right.KEEP_SEEN):
            # It is others', and what we have read is not kept there.
            return
        self._app.panes.list.change_flags((number,), seen, frozenset())
        await self.write(account, write)
        self._app.engines.send(account, Wake())

    async def _mailbox_of(self, account: str, number: MessageNumber) -> Mailbox | None:
        from tui_mail.store.messages import load_summaries

        database = self._app.accounts.database(account)
        [found] = await asyncio.to_thread(load_summaries, database, [number])
        if found is None:
            return None
        return self._app.accounts.mailbox(account, found.mailbox)

    async def write(
        self, account: str, change: Callable[["Transaction"], Written]
    ) -> Written:
        """Make a change in one transaction on the writer's thread; raises MailError."""
        database = self._app.accounts.database(account)

        def run() -> Written:
            with database.transaction() as tx:
                return change(tx)

        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, run)

    def refuse_if_read_only(self, *, only_flags: bool = False) -> None:
        """Raise MailError where nothing may be changed, or flags only and it is more."""
        if self._app.read_only:
            raise MailError("nothing is changed: tui-mail runs with --read-only")
        if self._app.opened is not None and not only_flags:
            raise MailError(
                "only read: nothing is moved, copied or deleted; flags and tags work"
            )

    def expected_gone(self, account: str) -> tuple[MessageNumber, ...]:
        """Name the messages that a wish on its way takes out of their mailbox."""
        return tuple(self._gone.get(account, ()))

    async def look_for_undoable(self) -> None:
        """Find what ``u`` would undo: the latest action of all accounts."""
        from tui_mail.store.journal import last_undoable

        found = await self._latest(last_undoable)
        discarded = self._app.discarded
        back = discarded is not None and discarded.after == await self.last_id()
        if (found, back) != (self.undoable, self.brings_back):
            self.undoable, self.brings_back = found, back
            self._app.say_status()

    async def last_done(self) -> tuple[str, JournalEntry] | None:
        """Find what was done last, whether there is a way back from it or not."""
        from tui_mail.store.journal import last_done

        return await self._latest(last_done)

    async def last_id(self) -> tuple[str, ActionId] | None:
        """Name what was done last; what is told of it may change."""
        found = await self.last_done()
        return None if found is None else (found[0], found[1].id)

    async def _latest(
        self, find: "Callable[[Database], JournalEntry | None]"
    ) -> tuple[str, JournalEntry] | None:
        def look() -> list[tuple[str, JournalEntry]]:
            databases = [(name, self._app.accounts.database(name)) for name in accounts]
            return [(name, entry) for name, one in databases if (entry := find(one))]

        accounts = list(self._app.accounts)
        found = await asyncio.to_thread(look)
        return max(found, key=lambda pair: pair[1].at, default=None)

    def _show_at_once(self, account: str, wish: Wish) -> frozenset[MessageNumber]:
        """Show what the wish will have done; give what goes out of sight."""
        messages = self._app.panes.list
        if isinstance(wish, SetFlags):
            messages.change_flags(wish.messages, wish.add, wish.remove)
            return frozenset()
        if not isinstance(wish, Move | MoveApart | Expunge):
            return frozenset()
        gone = frozenset(wish.messages)
        if not isinstance(wish, Expunge) and self._app.listing.is_search:
            self._app.listing.put_elsewhere(gone)
            return frozenset()
        counts = self._gone.setdefault(account, {})
        for number in gone:
            counts[number] = counts.get(number, 0) + 1
        self._app.listing.forget_rows(gone)
        return gone

    def _back(self, account: str, gone: frozenset[MessageNumber]) -> None:
        """Leave it to the store again whether these messages are in sight."""
        counts = self._gone.get(account, {})
        for number in gone:
            counts[number] -= 1
            if not counts[number]:
                del counts[number]

    def close(self) -> None:
        """Wait for what is being written."""
        self._writer.shutdown(wait=True)


def counted(numbers: Iterable[MessageNumber], subject: Displayable) -> str:
    """Name one message by its subject, several by their number."""
    count = len(tuple(numbers))
    if count == 1:
        shown = subject if len(subject) <= 40 else f"{subject[:39].rstrip()}…"
        return f'"{shown}"' if shown else "1 message"
    return f"{count:,} messages"
