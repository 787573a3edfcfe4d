"""Since when messages lie in the trash: after some days they may be deleted for ever.

A server keeps the date of arrival of a message that is moved, so it is noted here when
one was first seen in the trash.
"""

from collections.abc import Sequence
from datetime import datetime

from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.store.contents import seconds_of
from tui_mail.store.database import Transaction
from tui_mail.store.source import Source

_LIES_THERE = (
    "SELECT m.number FROM message m JOIN mailbox b ON b.id = m.mailbox"
    " WHERE m.mailbox = :trash AND NOT m.waiting"
    " AND (b.is_local OR m.server_mailbox = :trash AND m.uid > 0)"
)


def note_trashed(tx: Transaction, trash: MailboxId, now: datetime) -> None:
    """Note what lies in the trash only now; what does not any more is forgotten."""
    values = {"trash": trash, "now": seconds_of(now)}
    tx.connection.execute(
        f"DELETE FROM trashed WHERE message NOT IN ({_LIES_THERE})", values
    )
    tx.connection.execute(
        f"INSERT OR IGNORE INTO trashed (message, since) SELECT number, :now"
        f" FROM ({_LIES_THERE})",
        values,
    )


def load_overdue(
    source: Source, trash: MailboxId, before: datetime, limit: int
) -> Sequence[MessageNumber]:
    """List what was noted before that moment and still lies there, the oldest first.

    What a person pinned is to stay. Nothing is overdue where a deletion was refused: it
    would be refused again and again.
    """
    rows = source.connection.execute(
        "SELECT t.message FROM trashed t JOIN message m ON m.number = t.message"
        " JOIN content c ON c.id = m.content JOIN mailbox b ON b.id = m.mailbox"
        " WHERE t.since < :before AND c.pinned = 0 AND b.pinned = 0 AND b.read_only = 0"
        f" AND t.message IN ({_LIES_THERE}) AND NOT EXISTS (SELECT 1 FROM operation o"
        "  WHERE o.source = :trash AND o.kind = 'expunge' AND o.state = 'failed')"
        " ORDER BY t.since, t.message LIMIT :limit",
        {"trash": trash, "before": seconds_of(before), "limit": limit},
    )
    return [MessageNumber(number) for (number,) in rows]
