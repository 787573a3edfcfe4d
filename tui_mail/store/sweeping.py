"""How far down the flags of a mailbox were looked at, where no server tells of changes."""

from tui_mail.model.ids import MailboxId, Uid
from tui_mail.store.database import Transaction
from tui_mail.store.source import Source


def load_swept(source: Source, mailbox: MailboxId) -> Uid:
    """Give the lowest UID of the last slice; 0 where the next begins at the top."""
    row = source.connection.execute(
        "SELECT swept_uid FROM mailbox WHERE id = ?", (mailbox,)
    ).fetchone()
    return Uid(row[0] if row else 0)


def save_swept(tx: Transaction, mailbox: MailboxId, uid: int) -> None:
    """Note the lowest UID of a slice; 0 at the bottom."""
    tx.connection.execute(
        "UPDATE mailbox SET swept_uid = ? WHERE id = ?", (uid, mailbox)
    )
