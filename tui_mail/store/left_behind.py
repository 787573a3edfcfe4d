r"""Messages that a server could only mark as deleted where they were moved from.

Without UIDPLUS (RFC 4315) nothing removes single messages: what a person moved or
deleted for ever stays in its mailbox on the server, marked ``\Deleted``. Here such a row
lies nowhere: neither seen nor counted. It goes when the server expunges it, and is shown
again where somebody takes the mark off.
"""

import json
from collections.abc import Mapping, Sequence

from tui_mail.model.event import MailboxChanged, MailboxesChanged
from tui_mail.model.ids import MailboxId, MessageNumber, Uid
from tui_mail.store.database import Transaction
from tui_mail.store.flag_columns import DELETED_BIT

_HIDDEN_COPY = f"""
    INSERT INTO message (mailbox, server_mailbox, uid, content, thread, date, arrival,
        flags, keywords, server_flags, server_keywords, modseq)
    SELECT 0, :source, :uid, content, thread, date, arrival, flags | {DELETED_BIT},
        keywords, server_flags | {DELETED_BIT}, server_keywords, 0
    FROM message WHERE number = :number
"""
_COUNT = """
    UPDATE mailbox SET total = total + 1, unread = unread + (
        SELECT flags & 1 = 0 FROM message WHERE number = ?) WHERE id = 0
"""
_UNDELETED = f"""
    SELECT m.number FROM left_behind l CROSS JOIN message m ON m.number = l.message
    WHERE m.server_mailbox = ? AND m.uid > 0 AND m.server_flags & {DELETED_BIT} = 0
"""


def leave_behind(
    tx: Transaction, source: MailboxId, moved: Mapping[Uid, MessageNumber]
) -> bool:
    """Hide what stays in a mailbox of messages that lie elsewhere now.

    True where it is the first time in this account.
    """
    hidden = []
    for uid, number in moved.items():
        row = tx.connection.execute(
            "SELECT number FROM message WHERE server_mailbox = ? AND uid = ? AND uid > 0",
            (source, uid),
        ).fetchone()
        if row is not None:
            hidden.append(MessageNumber(row[0]))
            continue
        asked = {"source": source, "uid": uid, "number": number}
        made = tx.connection.execute(_HIDDEN_COPY, asked)
        if made.rowcount:
            tx.connection.execute(_COUNT, (made.lastrowid,))
            hidden.append(MessageNumber(made.lastrowid or 0))
    return keep_hidden(tx, hidden)


def keep_hidden(tx: Transaction, numbers: Sequence[MessageNumber]) -> bool:
    """Have messages lie nowhere as long as the server has them marked as deleted.

    True where it is the first time in this account.
    """
    if not numbers:
        return False
    before = tx.connection.execute(
        "SELECT 1 FROM sqlite_sequence WHERE name = 'left_behind'"
    ).fetchone()
    tx.connection.executemany(
        f"UPDATE message SET mailbox = 0, server_flags = server_flags | {DELETED_BIT}"
        " WHERE number = ?",
        [(number,) for number in numbers],
    )
    tx.connection.executemany(
        "INSERT OR IGNORE INTO left_behind (message) VALUES (?)",
        [(number,) for number in numbers],
    )
    tx.publish(MailboxesChanged())
    return before is None


def without_hidden(
    tx: Transaction, numbers: Sequence[MessageNumber]
) -> list[MessageNumber]:
    """Leave out the messages that are hidden here."""
    hidden = {
        number
        for (number,) in tx.connection.execute(
            "SELECT message FROM left_behind WHERE message IN"
            " (SELECT value FROM json_each(?))",
            (json.dumps(list(numbers)),),
        )
    }
    return [number for number in numbers if number not in hidden]


def reveal_undeleted(tx: Transaction, mailbox: MailboxId) -> None:
    """Show again what is not marked as deleted on the server any more."""
    rows = tx.connection.execute(_UNDELETED, (mailbox,)).fetchall()
    if not rows:
        return
    tx.connection.executemany(
        "UPDATE message SET mailbox = server_mailbox WHERE number = ?", rows
    )
    tx.connection.executemany("DELETE FROM left_behind WHERE message = ?", rows)
    tx.publish(MailboxChanged(mailbox))
    tx.publish(MailboxesChanged())
