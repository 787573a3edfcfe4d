"""What becomes of wishes about mailboxes once the server has heard of them."""

from datetime import datetime

from tui_mail.model.displayable import displayable
from tui_mail.model.error import NotFound
from tui_mail.model.event import MailboxesChanged, OperationsChanged
from tui_mail.model.ids import MailboxId, OperationId
from tui_mail.store.contents import seconds_of
from tui_mail.store.database import Transaction
from tui_mail.store.mailbox_due import (
    CREATE,
    DELETE,
    RENAME,
    DueMailboxWish,
    due_mailbox_wishes,
)
from tui_mail.store.mailbox_laying import family, lay_names
from tui_mail.store.mailbox_wishes import drop_mailbox, give_wire_name, take_back
from tui_mail.store.mailboxes import load_mailbox
from tui_mail.store.messages import remove_numbers
from tui_mail.store.replaying import revert_operation
from tui_mail.store.source import Source

_SOME = 1_000


def mark_mailbox_wish_sent(
    tx: Transaction, wish: DueMailboxWish, now: datetime
) -> None:
    """Note that a wish goes out now; raises NotFound if it was changed since."""
    if wish not in due_mailbox_wishes(tx, now):
        raise NotFound("that is not wanted any more")
    tx.connection.execute(
        "UPDATE mailbox_wish SET state = 'sent', attempts = attempts + 1 WHERE id = ?",
        (wish.id,),
    )


def settle_mailbox_wish(
    tx: Transaction, wish: DueMailboxWish, *, wire_name: bytes = b""
) -> None:
    """Make what the server confirmed its fact; ``wire_name``: what it is called there."""
    tx.connection.execute("DELETE FROM mailbox_wish WHERE id = ?", (wish.id,))
    if wish.kind == CREATE:
        _settle_creation(tx, wish.mailbox, wire_name)
    elif wish.kind == RENAME:
        _settle_rename(tx, wish.mailbox, wire_name)
    elif wish.kind == DELETE:
        _settle_deletion(tx, wish.mailbox)
    tx.publish(MailboxesChanged())
    tx.publish(OperationsChanged())


def _settle_creation(tx: Transaction, mailbox: MailboxId, wire_name: bytes) -> None:
    other = _other(tx, mailbox, wire_name)
    if other is not None:
        _merge(tx, mailbox, other)
        return
    tx.connection.execute(
        "UPDATE mailbox SET is_local = 0, subscribed = 1, wire_name = ? WHERE id = ?",
        (wire_name, mailbox),
    )
    lay_names(tx)


def _merge(tx: Transaction, mailbox: MailboxId, other: MailboxId) -> None:
    """Take a mailbox that was made here for the one that turned out to be there."""
    asked = {"here": mailbox, "there": other}
    for statement in (
        "UPDATE message SET mailbox = :there WHERE mailbox = :here",
        "UPDATE operation SET source = :there WHERE source = :here",
        "UPDATE operation SET target = :there WHERE target = :here",
        "UPDATE action_move SET target = :there WHERE target = :here",
        "UPDATE action_copy SET target = :there WHERE target = :here",
    ):
        tx.connection.execute(statement, asked)
    drop_mailbox(tx, mailbox)


def _settle_rename(tx: Transaction, mailbox: MailboxId, wire_name: bytes) -> None:
    """Take the new name over; what was listed under it meanwhile is the same mailbox."""
    other = _other(tx, mailbox, wire_name)
    if other is not None:
        ours, theirs = _suffixes(tx, mailbox), _suffixes(tx, other)
        for suffix in ours.keys() & theirs.keys():
            _forget(tx, theirs[suffix])
    give_wire_name(tx, mailbox, wire_name)
    lay_names(tx)


def _suffixes(tx: Transaction, mailbox: MailboxId) -> dict[bytes, MailboxId]:
    """Name a mailbox and those below it by what their wire names have in addition."""
    members = {load_mailbox(tx, one).wire_name: one for one in family(tx, mailbox)}
    length = min(map(len, members))
    return {wire_name[length:]: one for wire_name, one in members.items()}


def _settle_deletion(tx: Transaction, mailbox: MailboxId) -> None:
    tx.connection.execute(
        "UPDATE action SET reversible = 0 WHERE id IN (SELECT action FROM action_mailbox"
        " WHERE mailbox = ? AND kind = 'delete')",
        (mailbox,),
    )
    _forget(tx, mailbox)


def remove_deleted(tx: Transaction, mailbox: MailboxId, limit: int) -> int:
    """Remove some of the messages of a mailbox that is gone; say how many went."""
    rows = tx.connection.execute(
        "SELECT number FROM message WHERE mailbox = :id"
        " UNION SELECT number FROM message WHERE server_mailbox = :id AND uid > 0"
        " UNION SELECT number FROM message WHERE server_mailbox = :id AND uid = 0"
        " LIMIT :limit",
        {"id": mailbox, "limit": limit},
    ).fetchall()
    return remove_numbers(tx, [number for (number,) in rows])


def _forget(tx: Transaction, mailbox: MailboxId) -> None:
    while remove_deleted(tx, mailbox, _SOME):
        continue
    drop_mailbox(tx, mailbox)


def _other(tx: Transaction, mailbox: MailboxId, wire_name: bytes) -> MailboxId | None:
    row = tx.connection.execute(
        "SELECT id FROM mailbox WHERE wire_name = ? AND id <> ?", (wire_name, mailbox)
    ).fetchone()
    return MailboxId(row[0]) if row else None


def revert_mailbox_wish(tx: Transaction, wish: DueMailboxWish, error: str) -> None:
    """Take a refused wish back here; it stays in the list of what waits, with why."""
    tx.connection.execute(
        "UPDATE mailbox_wish SET state = 'failed', error = ? WHERE id = ?",
        (displayable(error), wish.id),
    )
    if wish.kind == CREATE:
        for (operation,) in tx.connection.execute(
            "SELECT id FROM operation WHERE target = ? AND state = 'queued'",
            (wish.mailbox,),
        ).fetchall():
            revert_operation(tx, OperationId(operation), error)
    take_back(tx, wish.id)


def postpone_mailbox_wish(
    tx: Transaction, wish: DueMailboxWish, until: datetime, error: str
) -> None:
    """Have a wish wait; the server has answered, so nothing of it is under way."""
    tx.connection.execute(
        "UPDATE mailbox_wish SET state = 'queued', not_before = ?, error = ? WHERE id = ?",
        (seconds_of(until), displayable(error), wish.id),
    )
    tx.publish(OperationsChanged())


def could_not_leave(source: Source, mailbox: MailboxId) -> int:
    """Count the messages that were to be saved from a mailbox, and could not be."""
    [count] = source.connection.execute(
        "SELECT count(*) FROM message WHERE number IN ("
        "  SELECT i.message FROM operation o JOIN operation_item i ON i.operation = o.id"
        "  WHERE o.source = :id AND o.state = 'failed' AND o.kind <> 'expunge'"
        "  UNION SELECT message FROM outgoing WHERE state = 'failed')"
        " AND server_mailbox = :id",
        {"id": mailbox},
    ).fetchone()
    return int(count)
