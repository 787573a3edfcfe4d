"""What waits for a server, and what was done: tried again, cancelled, undone."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip

from tui_mail.model.displayable import Displayable, own
from tui_mail.model.error import MailError
from tui_mail.model.operation import JournalEntry, OperationState, PendingOperation
from tui_mail.store.database import Database, Transaction
from tui_mail.store.journal import load_journal, undo
from tui_mail.store.operations import cancel, load_pending, retry
from tui_mail.ui.cells import cut, fit, width_of
from tui_mail.ui.dates import list_date
from tui_mail.ui.signs import UNICODE, Signs, choose_signs
from tui_mail.ui.widgets.drawing import line_of, two_ends
from tui_mail.ui.widgets.hint_line import HintLine
from tui_mail.ui.widgets.line_list import LineList
from tui_mail.ui.widgets.status_line import StatusLine
from tui_mail.ui.widgets.title_line import TitleLine

Change = Callable[[str, Callable[[Transaction], object]], Awaitable[None]]
"""Runs a function in a transaction of an account's store; raises MailError."""

_ACCOUNT_WIDEST = 14
_DONE_AT_MOST = 200
_DATE = 7


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of what waits."""

    account: str
    operation: PendingOperation

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by after it was loaded again."""
        return self.account, self.operation.id


@dataclass(frozen=True, slots=True)
class Done:
    """One line of the journal."""

    account: str
    entry: JournalEntry

    @property
    def key(self) -> tuple[str, int]:
        """What it is known by after it was loaded again."""
        return self.account, self.entry.id


Row = Waiting | Done | Displayable
"""A text is a heading, or with a space before it says that there is nothing."""


def rows_of(waiting: list[Waiting], done: list[Done]) -> list[Row]:
    """Lay out both lists below their headings, the journal newest first."""
    newest = sorted(done, key=lambda each: each.entry.at, reverse=True)[:_DONE_AT_MOST]
    rows: list[Row] = [own(""), own("Waiting for a server"), *waiting]
    if not waiting:
        rows.append(own(" Nothing waits."))
    rows += [own(""), own("Done"), *newest]
    if not newest:
        rows.append(own(" Nothing was done yet."))
    return rows


def state_of(
    operation: PendingOperation, now: datetime, signs: Signs = UNICODE
) -> Displayable:
    """Say how far an operation has come, and what comes next."""
    error, dot = operation.error, f" {signs.separator} "
    if operation.state is OperationState.FAILED:
        return own(f"refused: {error}" if error else "refused")
    due = operation.not_before
    when = f"at {list_date(due, now)}" if due is not None and due > now else ""
    if operation.state is OperationState.SENT:
        said = error or own("sent, no answer yet")
        return own(f"{said}{dot}next look {when}") if when else said
    when = when or "when online"
    if error:
        return own(f"{error}{dot}try {operation.attempts + 1} {when}")
    return own(f"queued{dot}next try {when}")


class OperationList(LineList):
    """Both lists, one below the other."""

    class Moved(Message):
        """The cursor stands on another row."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set()

    def __init__(self, clock: Callable[[], datetime], signs: Signs) -> None:
        super().__init__()
        self._clock, self._signs = clock, signs
        self._rows: list[Row] = []
        self._account_width = 0

    def show(self, rows: list[Row], account_width: int) -> None:
        """Show other rows, the cursor kept where it is known again."""
        before = self.chosen
        self._rows, self._account_width = rows, min(account_width, _ACCOUNT_WIDEST)
        keys = [None if isinstance(row, str) else row.key for row in rows]
        same = before is not None and before.key in keys
        self.rows_changed(
            keys.index(before.key) if same and before is not None else self.cursor
        )
        self.post_message(self.Moved())

    @property
    def chosen(self) -> Waiting | Done | None:
        """The line under the cursor."""
        row = self._rows[self.cursor] if self.cursor < len(self._rows) else own("")
        return None if isinstance(row, str) else row

    def row_count(self) -> int:
        """Count the lines, headings too."""
        return len(self._rows)

    def skips(self, row: int) -> bool:
        """The cursor stands on operations only."""
        return isinstance(self._rows[row], str)

    def cursor_moved(self) -> None:
        """Tell it."""
        self.post_message(self.Moved())

    def draw_row(self, row: int, width: int, *, selected: bool) -> Strip:
        """Draw a heading, what waits, or what was done."""
        line = self._rows[row]
        if isinstance(line, str):
            empty = line.startswith(" ")
            look = "list--dim" if empty else "list--heading"
            style = self.get_component_rich_style(look)
            indent = "  " if empty else " "
            return line_of([(f"{indent}{line}", style)], width, self.rich_style)
        over = self.cursor_style if selected else Style()
        plain = self.rich_style + over
        accent = self.get_component_rich_style("list--accent") + over
        lead = (f"{self._signs.cursor if selected else ' '}  ", accent)
        left, right = (
            self._waiting(line, width, over)
            if isinstance(line, Waiting)
            else self._done(line, over)
        )
        return two_ends([lead, *left], right, width, plain, self._signs)

    def _waiting(
        self, line: Waiting, width: int, over: Style
    ) -> tuple[list[tuple[str, Style]], list[tuple[str, Style]]]:
        failed = line.operation.state is OperationState.FAILED
        dim = self.get_component_rich_style("list--dim") + over
        warning = self.get_component_rich_style("list--warning") + over
        said = state_of(line.operation, self._clock(), self._signs)
        said = own(cut(said, width // 2, self._signs.ellipsis))
        sign = f" {self._signs.warning} " if failed else "   "
        return (
            [
                (f"{self._account(line.account)}  ", dim),
                (line.operation.what, self.rich_style + over),
            ],
            [(f"  {said}", warning if failed else dim), (sign, warning)],
        )

    def _done(
        self, line: Done, over: Style
    ) -> tuple[list[tuple[str, Style]], list[tuple[str, Style]]]:
        dim = self.get_component_rich_style("list--dim") + over
        plain = dim if line.entry.undone else self.rich_style + over
        when = fit(list_date(line.entry.at, self._clock()), _DATE)
        undone = "undone  " if line.entry.undone else ""
        return (
            [(f"{when}  ", dim), (line.entry.said, plain)],
            [(f"  {undone}{self._account(line.account)}   ", dim)],
        )

    def _account(self, name: str) -> str:
        return fit(name, self._account_width, ellipsis=self._signs.ellipsis)


class Operations(Screen[None], inherit_bindings=False):
    """What waits, with the journal below it."""

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
        self._loading = self._stale = False

    def compose(self) -> ComposeResult:
        """Put the lists below a title."""
        yield TitleLine(id="title")
        yield self._list
        yield StatusLine(id="status")
        yield HintLine()

    def on_mount(self) -> None:
        """Load both lists."""
        self.query_one("#title", TitleLine).show(own("What waits, and what was done"))
        self._say(own(""))
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
                waiting, done = await asyncio.to_thread(load, self._accounts)
                self._show(waiting, done)
        except MailError as trouble:
            self._say(trouble.line, warning=True)
        finally:
            self._loading = False

    def _show(self, waiting: list[Waiting], done: list[Done]) -> None:
        width = max((width_of(name) for name in self._accounts), default=0)
        self._list.show(rows_of(waiting, done), width)
        count = len(waiting)
        said = f"{count:,} {'waits' if count == 1 else 'wait'}" if count else ""
        title = self.query_one("#title", TitleLine)
        title.show(title.said[0], own(said))

    def _say(self, line: Displayable, *, warning: bool = False) -> None:
        status = self.query_one("#status", StatusLine)
        status.show(line, warning=warning)
        status.display = bool(line)

    # What a person does.

    def on_operation_list_moved(self, event: OperationList.Moved) -> None:
        """Name the keys that do something with the line."""
        event.stop()
        chosen = self._list.chosen
        hints = [("Esc", "back")]
        if isinstance(chosen, Waiting):
            hints = [("r", "retry"), ("x", "cancel"), *hints]
        elif chosen is not None and not chosen.entry.undone:
            hints = [("u", "undo this one"), *hints]
        self.query_one(HintLine).show(hints)

    def action_retry(self) -> None:
        """Try what waits again, at once."""
        if isinstance(chosen := self._list.chosen, Waiting):
            name, what = chosen.operation.id, chosen.operation.what
            self._do(
                chosen.account, lambda tx: retry(tx, name), f"trying again: {what}"
            )

    def action_cancel(self) -> None:
        """Take back what waits, so that no server hears of it."""
        if isinstance(chosen := self._list.chosen, Waiting):
            name, what = chosen.operation.id, chosen.operation.what
            self._do(chosen.account, lambda tx: cancel(tx, name), f"cancelled: {what}")

    def action_undo(self) -> None:
        """Undo what was done."""
        if isinstance(chosen := self._list.chosen, Done):
            entry = chosen.entry
            session = self._session or entry.session
            self._do(
                chosen.account,
                lambda tx: undo(tx, entry.id, session=session),
                f"undone: {entry.said}",
            )

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


def load(accounts: Mapping[str, Database]) -> tuple[list[Waiting], list[Done]]:
    """Load what waits and what was done of all accounts; raises MailError."""
    waiting: list[Waiting] = []
    done: list[Done] = []
    for name, database in accounts.items():
        waiting += [Waiting(name, each) for each in load_pending(database)]
        done += [Done(name, each) for each in load_journal(database, _DONE_AT_MOST)]
    return waiting, done
