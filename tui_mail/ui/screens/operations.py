"""What waits for a server, and what was done: tried again, cancelled, undone."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tui_mail.model.displayable import Displayable, own
from tui_mail.model.error import MailError
from tui_mail.model.ids import SubmissionId, WritingId
from tui_mail.model.operation import JournalEntry, OperationState, PendingOperation
from tui_mail.store.database import Database, Transaction
from tui_mail.store.journal import load_journal, undo
from tui_mail.store.operations import cancel, load_pending, retry
from tui_mail.store.outbox import take_back
from tui_mail.store.receipts import load_receipts
from tui_mail.ui.cells import width_of
from tui_mail.ui.screens.confirm import Confirm
from tui_mail.ui.screens.operation_list import (
    DONE_AT_MOST,
    SYNCED_AT_MOST,
    Done,
    OperationList,
    Synced,
    Waiting,
    rows_of,
)
from tui_mail.ui.signs import choose_signs
from tui_mail.ui.widgets.hint_line import HintLine
from tui_mail.ui.widgets.sentence_rows import SentenceRows
from tui_mail.ui.widgets.status_line import StatusLine
from tui_mail.ui.widgets.title_line import TitleLine

Changed = TypeVar("Changed")


class Change(Protocol):
    """Runs a function in a transaction of an account's store; raises MailError."""

    def __call__(
        self, account: str, function: Callable[[Transaction], Changed], /
    ) -> Awaitable[Changed]:
        """Run it, and give what it gives."""


_MAIL = re.compile(r"send-(\d+)")
_TWICE = "The server may have it: sent again it may arrive twice."


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A mail was taken out of the outbox: it is to be written on."""

    account: str
    writing: WritingId | None
    """What it was written in; without that its text is in Drafts."""


class Operations(Screen[TakenBack | None], inherit_bindings=False):
    """What waits, with the journal below it; it gives the mail that was taken back."""

    DEFAULT_CSS = """
    Operations {
        background: $background;
        overflow: hidden;
        &:ansi { background: ansi_default; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+c,ctrl+g", "close"),
        Binding("r", "retry"),
        Binding("x", "cancel"),
        Binding("u", "undo"),
        Binding("j,down,ctrl+n", "move(1)"),
        Binding("k,up,ctrl+p", "move(-1)"),
        Binding("space,pagedown", "page(1)"),
        Binding("minus,pageup", "page(-1)"),
        Binding("home,g", "edge(0)"),
        Binding("end,G", "edge(-1)"),
    ]

    def __init__(
        self,
        accounts: Mapping[str, Database],
        *,
        clock: Callable[[], datetime],
        change: Change,
        session: str = "",
    ) -> None:
        super().__init__()
        self._accounts, self._change, self._session = accounts, change, session
        self._list = OperationList(clock, choose_signs())
        # Named, not looked up: what was loaded may come when the screen is left.
        self._title, self._hints = TitleLine(id="title"), HintLine()
        self._why, self._status = SentenceRows(id="why"), StatusLine(id="status")
        self._loading = self._stale = False

    def compose(self) -> ComposeResult:
        """Put the lists below a title."""
        yield self._title
        yield self._list
        yield self._why
        yield self._status
        yield self._hints

    def on_mount(self) -> None:
        """Load both lists."""
        self._title.show(own("What waits, and what was done"))
        self._say(own(""))
        self._say_why(own(""))
        self._list.focus()
        self.reload()

    # State down.

    def reload(self) -> None:
        """Load both lists again, off the loop; many calls at once are one."""
        self._stale = True
        if not self._loading and self.is_running:
            self._loading = True
            self.run_worker(self._load())

    async def _load(self) -> None:
        try:
            while self._stale:
                self._stale = False
                loaded = await asyncio.to_thread(load, self._accounts)
                self._show(*loaded)
        except MailError as trouble:
            self._say(trouble.line, warning=True)
        finally:
            self._loading = False

    def _show(
        self, waiting: list[Waiting], done: list[Done], synced: list[Synced]
    ) -> None:
        width = max((width_of(name) for name in self._accounts), default=0)
        self._list.show(rows_of(waiting, done, synced), width)
        count = len(waiting)
        said = f"{count:,} {'waits' if count == 1 else 'wait'}" if count else ""
        self._title.show(self._title.said[0], own(said))

    def _say(self, line: Displayable, *, warning: bool = False) -> None:
        self._status.show(line, warning=warning)
        self._status.display = bool(line)

    def _say_why(self, line: Displayable) -> None:
        self._why.show(line)
        self._why.display = bool(line)

    # What a person does.

    def on_operation_list_moved(self, event: OperationList.Moved) -> None:
        """Name the keys that do something with the line."""
        event.stop()
        chosen = self._list.chosen
        hints = [("Esc", "back")]
        if isinstance(chosen, Waiting):
            hints = [*_hints_of(chosen.operation), *hints]
        elif chosen is not None and not chosen.entry.undone:
            hints = [("u", "undo this one"), *hints]
        self._hints.show(hints)
        self._say_why(self._list.cut_state)

    def action_retry(self) -> None:
        """Try what waits again, at once; ask where a mail could arrive twice."""
        if isinstance(chosen := self._list.chosen, Waiting):
            self.run_worker(self._retry(chosen))

    async def _retry(self, chosen: Waiting) -> None:
        name, what = chosen.operation.id, chosen.operation.what
        if chosen.operation.state is OperationState.UNKNOWN:
            answers = [("y", "send it again")]
            if not await self.app.push_screen_wait(Confirm(_TWICE, answers)):
                return
        said = f"trying again: {what}"
        await self._changed(chosen.account, lambda tx: retry(tx, name), own(said))

    def action_cancel(self) -> None:
        """Take back what waits, so that no server hears of it."""
        if isinstance(chosen := self._list.chosen, Waiting):
            name, what = chosen.operation.id, chosen.operation.what
            said = f"cancelled: {what}"
            if _MAIL.fullmatch(name):
                said += "; its text is in Drafts"
            self._do(chosen.account, lambda tx: cancel(tx, name), said)

    def action_undo(self) -> None:
        """Undo what was done; a mail that is not sent yet is written on."""
        chosen = self._list.chosen
        if isinstance(chosen, Waiting):
            if mail := _MAIL.fullmatch(chosen.operation.id):
                number = SubmissionId(int(mail[1]))
                self.run_worker(
                    self._take_back(chosen.account, lambda tx: take_back(tx, number))
                )
        elif chosen is not None and chosen.entry.submission is not None:
            self.run_worker(
                self._take_back(
                    chosen.account, lambda tx: self._undo(tx, chosen).writing
                )
            )
        elif chosen is not None:
            self._do(
                chosen.account,
                lambda tx: self._undo(tx, chosen),
                f"undone: {chosen.entry.said}",
            )

    def _undo(self, tx: Transaction, chosen: Done) -> JournalEntry:
        entry = chosen.entry
        return undo(tx, entry.id, session=self._session or entry.session)

    async def _take_back(
        self, account: str, function: Callable[[Transaction], WritingId | None]
    ) -> None:
        try:
            writing = await self._change(account, function)
        except MailError as refused:
            self._say(refused.line, warning=True)
            self.reload()
        else:
            self.dismiss(TakenBack(account, writing))

    def _do(
        self, account: str, function: Callable[[Transaction], object], said: str
    ) -> None:
        self.run_worker(self._changed(account, function, own(said)))

    async def _changed(
        self,
        account: str,
        function: Callable[[Transaction], object],
        said: Displayable,
    ) -> None:
        try:
            await self._change(account, function)
        except MailError as refused:
            self._say(refused.line, warning=True)
        else:
            self._say(said)
        self.reload()

    def action_close(self) -> None:
        """Go back to the mail."""
        self.dismiss(None)

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self._list.move(rows)

    def action_page(self, pages: int) -> None:
        """Turn a page, at the edge go to its end."""
        if not self._list.page(pages):
            self._list.go(-1 if pages > 0 else 0)

    def action_edge(self, row: int) -> None:
        """Go to the first or the last."""
        self._list.go(row)


def _hints_of(operation: PendingOperation) -> list[tuple[str, str]]:
    if not _MAIL.fullmatch(operation.id):
        return [("r", "retry"), ("x", "cancel")]
    if operation.state is OperationState.UNKNOWN:
        return [("r", "send again"), ("x", "leave it: to Drafts")]
    if operation.state in (OperationState.SENDING, OperationState.SENT):
        return []
    again = "send now" if operation.state is OperationState.QUEUED else "retry"
    return [("r", again), ("u", "take back, write on"), ("x", "cancel: to Drafts")]


def load(
    accounts: Mapping[str, Database],
) -> tuple[list[Waiting], list[Done], list[Synced]]:
    """Load what waits, and what was done by whom, of all accounts; raises MailError."""
    waiting: list[Waiting] = []
    done: list[Done] = []
    synced: list[Synced] = []
    for name, database in accounts.items():
        waiting += [Waiting(name, each) for each in load_pending(database)]
        done += [Done(name, each) for each in load_journal(database, DONE_AT_MOST)]
        receipts = load_receipts(database, SYNCED_AT_MOST)
        synced += [Synced(name, each) for each in receipts]
    return waiting, done, synced
