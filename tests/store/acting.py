"""A user and an engine, as functions of a few words."""

from collections.abc import Set
from datetime import UTC, datetime, timedelta

from tests.store.filling import VALIDITY, Place
from tui_mail.model.ids import ActionId, MessageNumber, OperationId, Uid
from tui_mail.model.message import MessageSummary
from tui_mail.model.operation import Copy, Expunge, Move, SetFlags, Wish
from tui_mail.store.journal import last_undoable, last_undone, redo, undo
from tui_mail.store.messages import load_summaries
from tui_mail.store.performing import perform
from tui_mail.store.replaying import (
    DueOperation,
    FlagBatch,
    due_flags,
    due_operations,
    mark_flags_sent,
    mark_operation_sent,
    revert_operation,
    settle_flags,
    settle_operation,
)

NOW = datetime.now(UTC) + timedelta(hours=1)


def wish(place: Place, wanted: Wish) -> ActionId:
    with place.database.transaction() as tx:
        return perform(tx, wanted, said="did it", session="one")


def flag(
    place: Place, *numbers: MessageNumber, add: str = "", remove: str = ""
) -> None:
    wish(
        place,
        SetFlags(numbers, frozenset(add.split()), frozenset(remove.split())),
    )


def move(place: Place, to: str, *numbers: MessageNumber) -> None:
    wish(place, Move(numbers, place.box(to)))


def copy(place: Place, to: str, *numbers: MessageNumber) -> list[MessageNumber]:
    """Copy; the numbers of the copies."""
    before = place.rows("SELECT coalesce(max(number), 0) FROM message")[0][0]
    wish(place, Copy(numbers, place.box(to)))
    made = place.rows("SELECT number FROM message WHERE number > ?", before)
    return [MessageNumber(int(str(number))) for (number,) in made]


def expunge(place: Place, *numbers: MessageNumber) -> None:
    wish(place, Expunge(numbers))


def undo_last(place: Place) -> None:
    entry = last_undoable(place.database)
    assert entry is not None
    with place.database.transaction() as tx:
        undo(tx, entry.id, session="two")


def redo_last(place: Place) -> None:
    entry = last_undone(place.database)
    assert entry is not None
    with place.database.transaction() as tx:
        redo(tx, entry.id, session="two")


def shown(place: Place, number: MessageNumber) -> tuple[str, Set[str], bool] | None:
    """Say where a message is shown, with what flags, and whether it waits."""
    [row] = load_summaries(place.database, [number])
    if row is None or not row.mailbox:
        return None
    return box_name(place, row), row.flags, row.waiting


def box_name(place: Place, row: MessageSummary) -> str:
    [(name,)] = place.rows("SELECT name FROM mailbox WHERE id = ?", row.mailbox)
    return str(name)


def where(place: Place, number: MessageNumber) -> str | None:
    found = shown(place, number)
    return found and found[0]


def flags_due(place: Place) -> list[tuple[str, bool, str]]:
    return [
        (one.flag, one.add, str(one.uids)) for one in due_flags(place.database, NOW)
    ]


def due(place: Place) -> list[tuple[str, str, str, list[int | None]]]:
    """List what would be replayed: kind, source, target, UIDs."""
    names = {
        number: str(name) for number, name in place.rows("SELECT id, name FROM mailbox")
    }
    return [
        (
            one.kind,
            names[one.source],
            names[one.target or 0],
            [item.uid for item in one.items],
        )
        for one in due_operations(place.database, NOW)
    ]


def first_flags(place: Place) -> FlagBatch:
    return due_flags(place.database, NOW)[0]


def first(place: Place) -> DueOperation:
    return due_operations(place.database, NOW)[0]


def send_flags(place: Place) -> FlagBatch:
    batch = first_flags(place)
    with place.database.transaction() as tx:
        mark_flags_sent(tx, batch)
    return batch


def confirm_flags(place: Place) -> None:
    batch = send_flags(place)
    with place.database.transaction() as tx:
        settle_flags(tx, batch)


def send(place: Place, uid_next: int = 1) -> DueOperation:
    operation = first(place)
    with place.database.transaction() as tx:
        mark_operation_sent(tx, operation.id, uid_next_before=Uid(uid_next))
    return operation


def confirm(place: Place, operation: OperationId, **uids: int) -> None:
    """Settle; ``n5=9`` says that message 5 has the UID 9 in the target."""
    told = {MessageNumber(int(name[1:])): Uid(uid) for name, uid in uids.items()}
    with place.database.transaction() as tx:
        settle_operation(tx, operation, validity=VALIDITY, uids=told)


def refuse(place: Place, operation: OperationId) -> None:
    with place.database.transaction() as tx:
        revert_operation(tx, operation, "NO such luck")
