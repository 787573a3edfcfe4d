"""Where the server has messages when it hears of the next wish, and operations for it.

Wishes that wait are told one after the other. What one of them does, or fails to do,
decides where the next one finds the message.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui_mail.model.ids import MailboxId, MessageNumber, OperationId
from tui_mail.store.database import Transaction
from tui_mail.store.mailboxes import NOWHERE
from tui_mail.store.messages import drop_empty_operations
from tui_mail.store.overlay import show_flags

_PLACES = """
    SELECT number, mailbox, coalesce(
        (SELECT o.target FROM operation_item i JOIN operation o ON o.id = i.operation
            WHERE i.message = number AND o.state = 'sent'
                AND o.kind IN ('move', 'append')),
        nullif(server_mailbox, 0),
        (SELECT o.target FROM operation_item i JOIN operation o ON o.id = i.operation
            WHERE i.copy = number AND i.copy > 0 AND o.state <> 'failed'),
        0)
    FROM message WHERE number IN (SELECT value FROM json_each(?))
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message is shown, and where the server will have it."""

    number: MessageNumber
    mailbox: MailboxId
    expected: MailboxId
    """After what is under way; 0 where it lies only here."""

    @property
    def source(self) -> MailboxId:
        """Where the next wish takes it from."""
        return self.expected or self.mailbox


def load_places(tx: Transaction, numbers: Sequence[MessageNumber]) -> list[Place]:
    """Load the places of messages, in order; those that are gone are left out."""
    found = {
        number: Place(MessageNumber(number), MailboxId(mailbox), MailboxId(expected))
        for number, mailbox, expected in tx.connection.execute(
            _PLACES, (json.dumps(numbers),)
        )
    }
    return [found[number] for number in dict.fromkeys(numbers) if number in found]


def add_operation(
    tx: Transaction,
    kind: str,
    source: MailboxId,
    target: MailboxId,
    items: Sequence[tuple[int, int]],
) -> None:
    """Have the server hear of it; ``items`` are messages with their copies, or 0."""
    operation = tx.connection.execute(
        "INSERT INTO operation (kind, source, target) VALUES (?, ?, ?)",
        (kind, source, target),
    ).lastrowid
    tx.connection.executemany(
        "INSERT INTO operation_item (operation, message, copy) VALUES (?, ?, ?)",
        [(operation, message, copy) for message, copy in items],
    )


def reroute(tx: Transaction, numbers: Sequence[MessageNumber]) -> None:
    """Let what waits for messages start where the server has them now."""
    waiting = tx.connection.execute(
        "SELECT o.id, o.kind, o.source, o.target, i.message, i.copy"
        " FROM operation_item i JOIN operation o ON o.id = i.operation"
        " WHERE o.state = 'queued' AND i.message IN (SELECT value FROM json_each(?))"
        " ORDER BY o.id, i.message",
        (json.dumps(numbers),),
    ).fetchall()
    expected = {place.number: place.expected for place in load_places(tx, numbers)}
    fresh: dict[tuple[int, str, int, int], list[tuple[int, int]]] = {}
    left = []
    for operation, kind, source, target, message, copy in waiting:
        place = expected[message]
        if place in (source, NOWHERE):
            continue
        left.append((operation, message))
        if kind != "move" or place != target:
            key = (operation, kind, place, target)
            fresh.setdefault(key, []).append((message, copy))
    take_out(tx, left)
    for (_, kind, source, target), items in fresh.items():
        add_operation(tx, kind, MailboxId(source), MailboxId(target), items)


def take_out(tx: Transaction, items: Sequence[tuple[int, int]]) -> None:
    """Take messages out of operations, given in pairs.

    What is left of an operation gets a new number: whoever is about to send the old one
    finds that it is not wanted any more.
    """
    tx.connection.executemany(
        "DELETE FROM operation_item WHERE operation = ? AND message = ?", items
    )
    drop_empty_operations(tx)
    show_flags(tx, [message for _, message in items])
    for operation in sorted({operation for operation, _ in items}):
        _renumber(tx, OperationId(operation))


def _renumber(tx: Transaction, operation: OperationId) -> None:
    made = tx.connection.execute(
        "INSERT INTO operation (kind, source, target, attempts, not_before, error)"
        " SELECT kind, source, target, attempts, not_before, error FROM operation"
        " WHERE id = ? AND state = 'queued'",
        (operation,),
    )
    if made.rowcount:
        tx.connection.execute(
            "UPDATE operation_item SET operation = ? WHERE operation = ?",
            (made.lastrowid, operation),
        )
        tx.connection.execute("DELETE FROM operation WHERE id = ?", (operation,))


def by_source(places: Iterable[Place]) -> dict[MailboxId, list[MessageNumber]]:
    """Group messages by where the next wish takes them from."""
    found: dict[MailboxId, list[MessageNumber]] = {}
    for place in places:
        found.setdefault(place.source, []).append(place.number)
    return found
