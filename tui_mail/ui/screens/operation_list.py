"""What waits for a server and what was done, as lines."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from tui_mail.model.displayable import Displayable, own
from tui_mail.model.operation import JournalEntry, OperationState, PendingOperation
from tui_mail.model.receipt import SyncReceipt
from tui_mail.ui.cells import cut, fit, width_of
from tui_mail.ui.dates import due_date, list_date
from tui_mail.ui.signs import UNICODE, Signs
from tui_mail.ui.widgets.drawing import line_of, two_ends
from tui_mail.ui.widgets.line_list import LineList

_ACCOUNT_WIDEST = 14
DONE_AT_MOST = 200
"""So much of the journal is shown."""
SYNCED_AT_MOST = 60
"""So many synchronizations of an account are shown."""
_LATEST = 4
"""So many of them stand above the journal, the others below it."""
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


@dataclass(frozen=True, slots=True)
class Synced:
    """One line of what synchronizations did."""

    account: str
    receipt: SyncReceipt


Row = Waiting | Done | Synced | Displayable
"""A text is a heading, or with a space before it says that there is nothing."""


def rows_of(
    waiting: list[Waiting], done: list[Done], synced: list[Synced]
) -> list[Row]:
    """Lay out the lists below their headings, what was done newest first."""
    newest = sorted(done, key=lambda each: each.entry.at, reverse=True)[:DONE_AT_MOST]
    rows: list[Row] = [own(""), own("Waiting for a server"), *waiting]
    if not waiting:
        rows.append(own(" Nothing waits."))
    receipts = sorted(synced, key=lambda each: each.receipt.at, reverse=True)
    if receipts:
        rows += [own(""), own("Synchronized"), *receipts[:_LATEST]]
    rows += [own(""), own("Done"), *newest]
    if not newest:
        rows.append(own(" Nothing was done yet."))
    if earlier := receipts[_LATEST:]:
        rows += [own(""), own("Synchronized before"), *earlier]
    return rows


def state_of(
    operation: PendingOperation, now: datetime, signs: Signs = UNICODE
) -> Displayable:
    """Say how far an operation has come, and what comes next."""
    error, dot = operation.error, f" {signs.separator} "
    if operation.state is OperationState.FAILED:
        return own(f"refused: {error}" if error else "refused")
    if operation.state is OperationState.UNKNOWN:
        return own(f"may have been sent: {error}" if error else "may have been sent")
    if operation.state is OperationState.SENDING:
        return own("being sent")
    due = operation.not_before
    if operation.kept:
        return own("kept until the next start")
    when = due_date(due, now) if due is not None and due > now else ""
    if operation.state is OperationState.SENT:
        is_mail = operation.kind == "send"
        said = error or own("the server has it" if is_mail else "sent, no answer yet")
        return own(f"{said}{dot}next look {when}") if when else said
    if operation.kind == "send" and not error:
        return own(f"goes {when or 'when online'}")
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
        keys = [row.key if isinstance(row, Waiting | Done) else None for row in rows]
        same = before is not None and before.key in keys
        self.rows_changed(
            keys.index(before.key) if same and before is not None else self.cursor
        )
        self.post_message(self.Moved())

    @property
    def chosen(self) -> Waiting | Done | None:
        """The line under the cursor."""
        row = self._rows[self.cursor] if self.cursor < len(self._rows) else own("")
        return row if isinstance(row, Waiting | Done) else None

    @property
    def cut_state(self) -> Displayable:
        """Say all of what the line under the cursor has no room for."""
        row = self.chosen
        if not isinstance(row, Waiting):
            return own("")
        said = state_of(row.operation, self._clock(), self._signs)
        return said if width_of(said) > self.size.width // 2 else own("")

    def row_count(self) -> int:
        """Count the lines, headings too."""
        return len(self._rows)

    def skips(self, row: int) -> bool:
        """The cursor stands on operations only."""
        return not isinstance(self._rows[row], Waiting | Done)

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
        if isinstance(line, Synced):
            return self._synced(line, width)
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
        asks = line.operation.state.asks
        dim = self.get_component_rich_style("list--dim") + over
        warning = self.get_component_rich_style("list--warning") + over
        said = state_of(line.operation, self._clock(), self._signs)
        said = own(cut(said, width // 2, self._signs.ellipsis))
        sign = f" {self._signs.warning} " if asks else "   "
        return (
            [
                (f"{self._account(line.account)}  ", dim),
                (line.operation.what, self.rich_style + over),
            ],
            [(f"  {said}", warning if asks else dim), (sign, warning)],
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

    def _synced(self, line: Synced, width: int) -> Strip:
        dim = self.get_component_rich_style("list--dim")
        when = list_date(line.receipt.at, self._clock())
        said = f"{when} {self._signs.separator} {line.receipt.line}"
        account = f"  {self._account(line.account)}   "
        return two_ends(
            [("   ", self.rich_style), (said, self.rich_style)],
            [(account, dim)],
            width,
            self.rich_style,
            self._signs,
        )

    def _account(self, name: str) -> str:
        return fit(name, self._account_width, ellipsis=self._signs.ellipsis)
