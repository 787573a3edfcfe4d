"""What servers said of the texts of messages, by a search there.

A message's text never changes, so it holds for good; what was not said is not known.
"""

import json
import unicodedata

from tui_mail.model.event import MailboxChanged
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.uids import UidSet
from tui_mail.store.database import Transaction
from tui_mail.store.source import Source

TOLD = "c.id IN (SELECT content FROM told WHERE term = ?)"
"""The condition that a server found a term in a content ``c``."""
MOST = 200_000
"""So much is kept of earlier searches."""


def key_of_text(text: str) -> str:
    """Write a text as it is compared: without case, spaces alike."""
    plain = unicodedata.normalize("NFC", text.removesuffix("*").casefold())
    return " ".join(plain.split())


def save_told(tx: Transaction, text: str, mailbox: MailboxId, uids: UidSet) -> int:
    """Note in which messages of a server's mailbox it found a text; how many are new."""
    found = tx.connection.execute(
        "SELECT m.content, m.mailbox FROM json_each(?) j CROSS JOIN message m"
        " ON m.server_mailbox = ? AND m.uid = j.value AND m.uid > 0",
        (json.dumps(list(uids)), mailbox),
    ).fetchall()
    before = tx.connection.total_changes
    tx.connection.executemany(
        "INSERT OR IGNORE INTO told (term, content) VALUES (?, ?)",
        [(key_of_text(text), content) for content, _ in found],
    )
    for place in {place for _, place in found}:
        tx.publish(MailboxChanged(MailboxId(place)))
    return tx.connection.total_changes - before


def forget_told(tx: Transaction) -> None:
    """Forget earlier searches where they have become too many."""
    [count] = tx.connection.execute("SELECT count(*) FROM told").fetchone()
    if count > MOST:
        tx.connection.execute("DELETE FROM told")


def without_text(
    source: Source, mailbox: MailboxId, uids: UidSet
) -> list[MessageNumber]:
    """List those of a server's messages whose readable text is not here, newest first."""
    rows = source.connection.execute(
        "SELECT m.number FROM json_each(?) j CROSS JOIN message m"
        " ON m.server_mailbox = ? AND m.uid = j.value AND m.uid > 0 WHERE NOT EXISTS"
        " (SELECT 1 FROM readable r WHERE r.content = m.content) ORDER BY m.date DESC",
        (json.dumps(list(uids)), mailbox),
    )
    return [MessageNumber(number) for (number,) in rows]
