"""Messages and mailboxes that a person keeps for offline reading.

What is pinned of a message is its content: all its copies show it, and it stays pinned
where another client moves them. It is fetched whole and never evicted.
"""

import json
from collections.abc import Sequence

from tui_mail.model.event import (
    ContentArrived,
    MailboxesChanged,
    MessagesChanged,
    OperationsChanged,
)
from tui_mail.model.ids import WHOLE, MailboxId, MessageNumber
from tui_mail.store.database import Transaction
from tui_mail.store.mailboxes import NOWHERE
from tui_mail.store.source import Source

_NAMED = 100
"""Messages that are named singly to whoever shows one of them."""
_IS_WHOLE = (
    "EXISTS (SELECT 1 FROM part p WHERE p.content = m.content"
    f" AND p.part_id = '{WHOLE}' AND p.complete = 1)"
)


def pin_messages(
    tx: Transaction, numbers: Sequence[MessageNumber], *, pinned: bool
) -> list[MessageNumber]:
    """Pin messages, or let go of them; those of which that was not so already.

    What is not here whole is asked for: it comes with the next connection.
    """
    changed = [
        MessageNumber(number)
        for (number,) in tx.connection.execute(
            "SELECT m.number FROM message m JOIN content c ON c.id = m.content"
            " WHERE c.pinned <> ? AND m.number IN (SELECT value FROM json_each(?))"
            " ORDER BY m.number",
            (pinned, json.dumps(numbers)),
        )
    ]
    named = json.dumps(changed)
    tx.connection.execute(
        "UPDATE content SET pinned = ? WHERE id IN (SELECT content FROM message"
        " WHERE number IN (SELECT value FROM json_each(?)))",
        (pinned, named),
    )
    if pinned:
        tx.connection.execute(
            f"INSERT OR IGNORE INTO wanted (message, part_id, is_text)"
            f" SELECT m.number, '{WHOLE}', 0 FROM message m"
            " JOIN mailbox s ON s.id = m.server_mailbox AND s.is_local = 0"
            f" WHERE s.id <> {NOWHERE} AND NOT {_IS_WHOLE}"
            " AND m.number IN (SELECT value FROM json_each(?))",
            (named,),
        )
    else:
        tx.connection.execute(
            f"DELETE FROM wanted WHERE part_id = '{WHOLE}' AND is_text = 0 AND message IN"
            " (SELECT value FROM json_each(?))",
            (named,),
        )
    _tell(tx, named)
    for number in changed[:_NAMED]:
        tx.publish(ContentArrived(number))
    return changed


def _tell(tx: Transaction, named: str) -> None:
    """Tell that all copies of the named messages look different."""
    places: dict[int, set[MessageNumber]] = {}
    for mailbox, number in tx.connection.execute(
        "SELECT mailbox, number FROM message WHERE content IN (SELECT content FROM"
        " message WHERE number IN (SELECT value FROM json_each(?)))",
        (named,),
    ):
        places.setdefault(mailbox, set()).add(MessageNumber(number))
    for mailbox, numbers in places.items():
        tx.publish(MessagesChanged(MailboxId(mailbox), frozenset(numbers)))
    if places:
        tx.publish(OperationsChanged())


def pin_mailbox(tx: Transaction, mailbox: MailboxId, *, pinned: bool) -> bool:
    """Pin all that lies in a mailbox, now and later, or let go of it.

    False if that was so already, or the mailbox is not here.
    """
    changed = tx.connection.execute(
        "UPDATE mailbox SET pinned = :pinned WHERE id = :id AND pinned <> :pinned",
        {"id": mailbox, "pinned": pinned},
    ).rowcount
    if changed:
        tx.publish(MailboxesChanged())
    return bool(changed)


def missing_pinned(source: Source, limit: int) -> list[MessageNumber]:
    """List what is pinned and not here whole, as far as the server has it, newest first."""
    rows = source.connection.execute(
        "SELECT m.number FROM message m JOIN mailbox s ON s.id = m.server_mailbox"
        " WHERE m.uid > 0 AND s.is_local = 0 AND m.number IN"
        " (SELECT n.number FROM message n JOIN content c ON c.id = n.content"
        "   WHERE c.pinned = 1 UNION"
        "  SELECT n.number FROM mailbox b JOIN message n ON n.mailbox = b.id"
        "   WHERE b.pinned = 1)"
        f" AND NOT {_IS_WHOLE} GROUP BY m.content ORDER BY m.date DESC, m.number DESC"
        " LIMIT ?",
        (limit,),
    )
    return [MessageNumber(number) for (number,) in rows]
