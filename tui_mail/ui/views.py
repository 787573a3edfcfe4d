"""What the list shows: rows of a mailbox, a filter or a search, loaded off the loop."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.model.ids import MailboxId, MessageNumber

if TYPE_CHECKING:
    from tui_mail.store.database import Database
    from tui_mail.ui.widgets.message_list import View

FEW = 64
"""So many rows are taken out of a view at once; more wait for the store."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the list shows."""

    account: str
    mailbox: MailboxId | None
    """None shows what a search over the account found."""
    query: str = ""
    """What narrows the mailbox, or is searched for."""

    @property
    def words(self) -> Displayable:
        """The query, safe to show, in quotes if it has none of its own."""
        words = displayable(self.query)
        return words if '"' in words else own(f'"{words}"')


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is ordered."""

    sort: str
    threads: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """A view that we made ourselves."""

    numbers: "array[int]"
    depths: "array[int]"
    counts: "array[int]"


def load_rows(
    database: "Database",
    shown: Shown,
    order: Order,
    *,
    me: frozenset[str],
    today: date,
    limit: int | None = None,
    keep: MessageNumber | None = None,
) -> "View":
    """Load what the list is to show; raises QueryError, NotFound.

    ``keep`` is listed although it may match no more, if it lies in what is shown.
    """
    from tui_mail.store.views import load_view, view_of

    if shown.mailbox is not None and not shown.query:
        return load_view(
            database, shown.mailbox, order.sort, threads=order.threads, limit=limit
        )
    numbers = find(database, shown, me=me, today=today)
    if keep is not None and keep not in numbers and _lies_in(database, keep, shown):
        numbers.append(keep)
    threads = order.threads and shown.mailbox is not None
    return view_of(database, numbers, order.sort, threads=threads)


def _lies_in(database: "Database", number: MessageNumber, shown: Shown) -> bool:
    from tui_mail.store.mailboxes import NOWHERE
    from tui_mail.store.messages import load_summaries

    [found] = load_summaries(database, [number])
    if found is None or found.mailbox == NOWHERE:
        return False
    return shown.mailbox in (None, found.mailbox)


def find(
    database: "Database", shown: Shown, *, me: frozenset[str], today: date
) -> list[MessageNumber]:
    """Search; within a mailbox where one is shown. Raises QueryError, NotFound."""
    from tui_mail.model.query import And, Field
    from tui_mail.model.query_parser import parse_query
    from tui_mail.store.mailboxes import load_mailbox
    from tui_mail.store.search import search

    query = parse_query(shown.query)
    if shown.mailbox is None:
        return search(database, query, me=me, today=today)
    name = load_mailbox(database, shown.mailbox).name
    return search(database, And((Field("in", name), query)), me=me, today=today)


def without(view: "View", gone: Iterable[int]) -> Rows | None:
    """Take a few messages out of a view; None where that is better left to the store.

    A thread whose head goes is headed by the next message.
    """
    rows = Rows(
        array("q", view.numbers), array("B", view.depths), array("i", view.counts)
    )
    wanted = list(gone)
    if len(wanted) > FEW:
        return None
    for number in wanted:
        try:
            _take_out(rows, rows.numbers.index(number))
        except ValueError:
            continue
    return rows


def _take_out(rows: Rows, index: int) -> None:
    head = index
    while head > 0 and rows.depths[head] > 0:
        head -= 1
    count = rows.counts[head]
    if head == index and count > 1:
        rows.depths[index + 1] = 0
        rows.counts[index + 1] = count - 1
    elif head != index:
        rows.counts[head] = count - 1
    for column in (rows.numbers, rows.depths, rows.counts):
        column.pop(index)


def following(numbers: Iterable[int], start: int) -> Iterator[int]:
    """Go through numbers from a place on, then from the beginning."""
    listed = list(numbers)
    yield from listed[start:]
    yield from listed[:start]
