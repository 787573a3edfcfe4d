"""The user's wishes as the engine replays them, and what becomes of each.

A wish goes *queued*, *sent*, and is then *settled* by the server's answer, *reverted*
where the server refuses, or *postponed* where it should be tried again. Nothing here
forgets a wish on any other ground than an answer, or that its message is gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tui_mail.model.displayable import displayable
from tui_mail.model.error import NotFound
from tui_mail.model.event import MailboxChanged, OperationsChanged
from tui_mail.model.ids import MailboxId, MessageNumber, OperationId, Uid, UidValidity
from tui_mail.model.operation import OperationState
from tui_mail.model.uids import UidSet
from tui_mail.store.contents import moment_of, seconds_of
from tui_mail.store.database import Transaction
from tui_mail.store.flag_columns import from_columns, to_columns
from tui_mail.store.left_behind import without_hidden
from tui_mail.store.mailbox_due import due_mailbox_wishes
from tui_mail.store.mailboxes import NOWHERE
from tui_mail.store.messages import remove_numbers, remove_rows
from tui_mail.store.overlay import laid_over, place_keywords, show_flags
from tui_mail.store.routes import reroute
from tui_mail.store.source import Source, snapshot
from tui_mail.store.twins import arrive
from tui_mail.store.vanishing import let_go

_BATCH = 1_000
_DUE_FLAGS = """
    SELECT d.id, m.server_mailbox, d.flag, d.adding, m.number, m.uid, d.attempts, d.error
    FROM delta d JOIN message m ON m.number = d.message
    WHERE d.state IN ('queued', 'sent') AND d.not_before <= :now AND m.uid > 0
    AND NOT EXISTS (SELECT 1 FROM delta e WHERE e.message = d.message
        AND e.flag = d.flag AND e.id < d.id AND e.state IN ('queued', 'sent'))
    AND NOT EXISTS (SELECT 1 FROM operation_item i JOIN operation o ON o.id = i.operation
        WHERE i.message = m.number AND o.state = 'sent' AND o.kind <> 'copy')
    ORDER BY d.id
"""
_REPLACED_LATER = """
    SELECT 1 FROM replaced r JOIN operation_item k ON k.message = r.successor
    JOIN operation o ON o.id = k.operation
    WHERE r.message = i.message AND o.kind = 'append'
"""


@dataclass(frozen=True, slots=True)
class FlagBatch:
    """One flag to add to, or take off, messages of one of the server's mailboxes."""

    mailbox: MailboxId
    flag: str
    add: bool
    messages: tuple[MessageNumber, ...]
    uids: UidSet
    deltas: tuple[int, ...]
    attempts: int = 0
    error: str = ""
    """Why the last attempt came to nothing; empty once somebody wants another."""


@dataclass(frozen=True, slots=True)
class OperationItem:
    """One message of an operation."""

    message: MessageNumber
    uid: Uid | None
    """Its UID in the operation's source; None while the server does not have it there."""
    copy: MessageNumber | None
    """The copy that stands for it in the target."""


@dataclass(frozen=True, slots=True)
class DueOperation:
    """A wish to replay."""

    id: OperationId
    kind: str
    """``move``, ``copy``, ``expunge`` or ``append``."""
    source: MailboxId
    target: MailboxId | None
    state: OperationState
    """SENT: an answer was lost; look before it is done again."""
    attempts: int
    uid_next_before: Uid | None
    """The target's UIDNEXT before it was sent: what it made has this UID or a larger."""
    items: tuple[OperationItem, ...]
    error: str = ""
    """Why the last attempt came to nothing; empty once somebody wants another."""

    @property
    def ready(self) -> bool:
        """Whether the server has the messages where they are to be taken from."""
        if self.kind == "append":
            return bool(self.items)
        return bool(self.items) and all(item.uid is not None for item in self.items)


def has_due(source: Source, now: datetime) -> bool:
    """Tell whether anything can be replayed now, or mail that was sent be filed."""
    return (
        bool(due_flags(source, now) or due_mailbox_wishes(source, now))
        or any(one.ready for one in due_operations(source, now))
        or has_to_file(source, now)
    )


def has_to_file(source: Source, now: datetime) -> bool:
    """Tell whether mail that was sent waits for its copy in Sent."""
    row = source.connection.execute(
        "SELECT 1 FROM submission WHERE state = 'accepted' AND not_before <= ?",
        (seconds_of(now),),
    ).fetchone()
    return row is not None


def next_attempt(source: Source, now: datetime) -> datetime | None:
    """Say when the first of what was put off may be tried again; None for nothing."""
    [moment] = source.connection.execute(
        "SELECT min(not_before) FROM ("
        " SELECT not_before FROM delta WHERE state IN ('queued', 'sent')"
        " UNION ALL SELECT not_before FROM operation WHERE state <> 'failed'"
        " UNION ALL SELECT not_before FROM mailbox_wish WHERE state <> 'failed'"
        " UNION ALL SELECT not_before FROM wanted WHERE state <> 'failed')"
        " WHERE not_before > ?",
        (seconds_of(now),),
    ).fetchone()
    return moment_of(moment) if moment else None


def due_flags(source: Source, now: datetime) -> list[FlagBatch]:
    """Gather wishes about flags; of several about one flag of one message the first."""
    groups: dict[tuple[int, str, int, int, str], list[tuple[int, int, int]]] = {}
    for delta, mailbox, flag, adding, number, uid, *tried in source.connection.execute(
        _DUE_FLAGS, {"now": seconds_of(now)}
    ):
        attempts, error = tried
        group = (mailbox, flag, adding, attempts, error)
        groups.setdefault(group, []).append((delta, number, uid))
    return [
        FlagBatch(
            mailbox=MailboxId(mailbox),
            flag=flag,
            add=bool(adding),
            messages=tuple(MessageNumber(number) for _, number, _ in batch),
            uids=UidSet.of(uid for _, _, uid in batch),
            deltas=tuple(delta for delta, _, _ in batch),
            attempts=attempts,
            error=error,
        )
        for (mailbox, flag, adding, attempts, error), members in groups.items()
        for batch in _batches(members)
    ]


def _batches(
    members: Sequence[tuple[int, int, int]],
) -> Iterable[Sequence[tuple[int, int, int]]]:
    return (members[at : at + _BATCH] for at in range(0, len(members), _BATCH))


def mark_flags_sent(tx: Transaction, batch: FlagBatch) -> None:
    """Note that a batch goes out now.

    Raises NotFound if a wish in it was taken back since: what is due has changed.
    """
    marked = tx.connection.executemany(
        "UPDATE delta SET state = 'sent', attempts = attempts + 1"
        " WHERE id = ? AND state IN ('queued', 'sent')",
        [(delta,) for delta in batch.deltas],
    ).rowcount
    if marked != len(batch.deltas):
        raise NotFound("some of these flags are not wanted any more")


def settle_flags(tx: Transaction, batch: FlagBatch, there: UidSet | None = None) -> int:
    """Make what the tagged answer confirmed the server's fact; say of how many messages.

    ``there``: the messages that the server had; None for all of the batch. An answer of
    OK tells nothing of others (RFC 9051, 6.4.9): what is wished of them goes on waiting,
    as it does for a message that lies elsewhere by now.
    """
    settled = []
    for number, delta in zip(batch.messages, batch.deltas, strict=True):
        row = tx.connection.execute(
            "SELECT server_flags, server_keywords, uid FROM message WHERE number = ?"
            " AND server_mailbox = ?",
            (number, batch.mailbox),
        ).fetchone()
        if row is None or row[2] not in batch.uids:
            continue
        if there is not None and row[2] not in there:
            continue
        settled.append((number, delta))
        flags = laid_over(from_columns(*row[:2]), ((batch.flag, batch.add),))
        tx.connection.execute(
            "UPDATE message SET server_flags = ?, server_keywords = ? WHERE number = ?",
            (*to_columns(flags), number),
        )
    tx.connection.executemany(
        "DELETE FROM delta WHERE id = ?", [(delta,) for _, delta in settled]
    )
    show_flags(tx, [number for number, _ in settled])
    tx.publish(OperationsChanged())
    return len(settled)


def revert_flags(tx: Transaction, batch: FlagBatch, error: str) -> None:
    """Take a refused wish off the rows; it stays in the list of what waits, with why.

    Where the message lies elsewhere by now another mailbox refused: it is asked there.
    """
    tx.connection.executemany(
        "UPDATE delta SET state = 'failed', error = ? WHERE id = ? AND message IN"
        " (SELECT number FROM message WHERE server_mailbox = ?)",
        [(displayable(error), delta, batch.mailbox) for delta in batch.deltas],
    )
    show_flags(tx, batch.messages)
    tx.publish(OperationsChanged())


def postpone_flags(
    tx: Transaction, batch: FlagBatch, until: datetime, error: str
) -> None:
    """Have a batch wait that the server would not do now."""
    tx.connection.executemany(
        "UPDATE delta SET state = 'queued', not_before = ?, error = ? WHERE id = ?",
        [(seconds_of(until), displayable(error), delta) for delta in batch.deltas],
    )
    tx.publish(OperationsChanged())


def note_flag_trouble(tx: Transaction, batch: FlagBatch, error: str) -> None:
    """Note why no answer came; what became of the batch is not known."""
    tx.connection.executemany(
        "UPDATE delta SET error = ? WHERE id = ?",
        [(displayable(error), delta) for delta in batch.deltas],
    )
    tx.publish(OperationsChanged())


def due_operations(source: Source, now: datetime) -> list[DueOperation]:
    """List the operations that may go now, oldest first."""
    with snapshot(source):
        return _operations(
            source, "state <> 'failed' AND not_before <= ?", seconds_of(now)
        )


def doubtful_moves(source: Source, target: MailboxId) -> list[DueOperation]:
    """List the moves into a mailbox that were sent and not answered, oldest first."""
    with snapshot(source):
        return _operations(
            source, "state = 'sent' AND kind = 'move' AND target = ?", target
        )


def _operations(source: Source, which: str, value: int) -> list[DueOperation]:
    rows = source.connection.execute(
        "SELECT id, kind, source, target, state, attempts, uid_next_before, error"
        f" FROM operation WHERE {which} ORDER BY id",
        (value,),
    ).fetchall()
    return [
        DueOperation(
            id=OperationId(number),
            kind=kind,
            source=MailboxId(place),
            target=MailboxId(target) if target != NOWHERE else None,
            state=OperationState(state),
            attempts=attempts,
            uid_next_before=Uid(uid_next) if uid_next else None,
            items=_items(source, OperationId(number), MailboxId(place)),
            error=error,
        )
        for number, kind, place, target, state, attempts, uid_next, error in rows
    ]


def _items(
    source: Source, operation: OperationId, place: MailboxId
) -> tuple[OperationItem, ...]:
    """List an operation's messages; one that something has to go before has no UID yet.

    That is an earlier wish about it, or what is to take the place of a draft.
    """
    return tuple(
        OperationItem(
            MessageNumber(number),
            Uid(uid) if uid and at == place else None,
            MessageNumber(copy) if copy else None,
        )
        for number, uid, at, copy in source.connection.execute(
            "SELECT m.number, m.uid * (NOT EXISTS (SELECT 1 FROM operation_item j"
            "  JOIN operation o ON o.id = j.operation WHERE j.message = i.message"
            "  AND o.id < i.operation AND o.state <> 'failed')"
            f" AND NOT EXISTS ({_REPLACED_LATER})), m.server_mailbox, i.copy"
            " FROM operation_item i JOIN message m ON m.number = i.message"
            " WHERE i.operation = ? ORDER BY m.number",
            (operation,),
        )
    )


def mark_operation_sent(
    tx: Transaction, operation: OperationId, *, uid_next_before: Uid | None
) -> None:
    """Note that an operation goes out now, and the target's UIDNEXT of before.

    When one goes out again after a lost answer, the first UIDNEXT holds. Raises NotFound
    if it, or a message of it, was taken back since: what is due has changed.
    """
    marked = tx.connection.execute(
        "UPDATE operation SET state = 'sent', attempts = attempts + 1,"
        " uid_next_before = CASE WHEN uid_next_before > 0 THEN uid_next_before ELSE ? END"
        " WHERE id = ? AND state <> 'failed'",
        (uid_next_before or 0, operation),
    ).rowcount
    if not marked:
        raise NotFound(f"operation {operation} is not wanted any more")


def settle_operation(
    tx: Transaction,
    operation: OperationId,
    *,
    validity: UidValidity | None,
    uids: Mapping[MessageNumber, Uid],
) -> None:
    """Make what the server confirmed its fact, and forget the operation.

    ``uids`` are those of the messages (of a move) or of their copies in the target, as
    far as COPYUID told (RFC 4315); they count only under the target's UIDVALIDITY. The
    others are recognized when the target is synchronized.
    """
    row = tx.connection.execute(
        "SELECT kind, target, uid_next_before FROM operation WHERE id = ?", (operation,)
    ).fetchone()
    if row is None:
        return
    kind, target, since = row
    items = tx.connection.execute(
        "SELECT message, copy FROM operation_item WHERE operation = ?", (operation,)
    ).fetchall()
    tx.connection.execute("DELETE FROM operation WHERE id = ?", (operation,))
    if kind == "expunge":
        remove_numbers(tx, without_hidden(tx, [message for message, _ in items]))
    else:
        told = uids if _is_valid(tx, target, validity) else {}
        arrived = [MessageNumber(copy or message) for message, copy in items]
        for number in arrived:
            arrive(tx, number, MailboxId(target), told.get(number, Uid(0)), since)
        reroute(tx, arrived)
        place_keywords(tx, MailboxId(target))
        show_flags(tx, [*arrived, *(message for message, _ in items)])
        tx.publish(MailboxChanged(MailboxId(target)))
    tx.publish(OperationsChanged())


def settle_items(
    tx: Transaction, operation: OperationId, numbers: Sequence[MessageNumber]
) -> None:
    """Give up the wish for messages that the server does not have any more."""
    items = set(_messages(tx, operation))
    let_go(tx, [number for number in numbers if number in items])
    tx.publish(OperationsChanged())


def revert_operation(tx: Transaction, operation: OperationId, error: str) -> int:
    """Take a refused wish back here; it stays in the list of what waits, with why.

    Returns for how many messages.
    """
    take_back_effect(tx, operation)
    tx.connection.execute(
        "UPDATE operation SET state = 'failed', error = ? WHERE id = ?",
        (displayable(error), operation),
    )
    messages = _messages(tx, operation)
    reroute(tx, messages)
    show_flags(tx, messages)
    tx.publish(OperationsChanged())
    return len(messages)


def postpone_operation(
    tx: Transaction, operation: OperationId, until: datetime, error: str
) -> None:
    """Have an operation wait; one whose answer was lost stays one."""
    tx.connection.execute(
        "UPDATE operation SET not_before = ?, error = ? WHERE id = ?",
        (seconds_of(until), displayable(error), operation),
    )
    tx.publish(OperationsChanged())


def note_trouble(tx: Transaction, operation: OperationId, error: str) -> None:
    """Note why no answer came; what became of the operation is not known."""
    tx.connection.execute(
        "UPDATE operation SET error = ? WHERE id = ?", (displayable(error), operation)
    )
    tx.publish(OperationsChanged())


def requeue_operation(tx: Transaction, operation: OperationId) -> None:
    """Note that it is sure that the server did not do what was sent."""
    tx.connection.execute(
        "UPDATE operation SET state = 'queued', uid_next_before = 0 WHERE id = ?",
        (operation,),
    )


def take_back_effect(tx: Transaction, operation: OperationId) -> None:
    """Show the messages of an operation where they were before it."""
    row = tx.connection.execute(
        "SELECT kind, source, target FROM operation WHERE id = ?", (operation,)
    ).fetchone()
    if row is None:
        return
    kind, source, target = row
    if kind == "append":
        # It may be all there is of it: a person decides.
        return
    if kind == "copy":
        copies = tx.connection.execute(
            "SELECT m.number, m.mailbox FROM operation_item i"
            " JOIN message m ON m.number = i.copy WHERE i.operation = ?",
            (operation,),
        ).fetchall()
        remove_rows(tx, copies)
        return
    tx.connection.execute(
        "UPDATE message SET mailbox = ? WHERE mailbox = ? AND number IN"
        " (SELECT message FROM operation_item WHERE operation = ?)",
        (source, target, operation),
    )
    for mailbox in {source, target} - {NOWHERE}:
        tx.publish(MailboxChanged(MailboxId(mailbox)))


def drop_operation(tx: Transaction, operation: OperationId) -> None:
    """Forget an operation; its messages wait no more for it."""
    messages = _messages(tx, operation)
    tx.connection.execute("DELETE FROM operation WHERE id = ?", (operation,))
    reroute(tx, messages)
    show_flags(tx, messages)


def _messages(tx: Transaction, operation: OperationId) -> list[MessageNumber]:
    return [
        MessageNumber(number)
        for (number,) in tx.connection.execute(
            "SELECT message FROM operation_item WHERE operation = ?", (operation,)
        )
    ]


def _is_valid(tx: Transaction, target: int, validity: UidValidity | None) -> bool:
    row = tx.connection.execute(
        "SELECT uid_validity FROM mailbox WHERE id = ?", (target,)
    ).fetchone()
    return bool(row and validity and row[0] in (0, validity))
