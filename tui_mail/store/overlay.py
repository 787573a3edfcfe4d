"""The user's wishes about flags laid over the server's facts, as rows show them."""

import json
from collections.abc import Callable, Iterable, Sequence

from tui_mail.model.event import MailboxChanged, MessagesChanged
from tui_mail.model.flags import Flags, shown
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.mailbox import MailboxState
from tui_mail.store.database import Transaction
from tui_mail.store.flag_columns import from_columns, to_columns

FAILED = "failed"
LOCAL = "local"
"""The state of a wish that stays here: the server keeps no keywords."""
_MANY = 2_000
"""Changed messages from which on a mailbox is told of, not each of them."""


def show_flags(tx: Transaction, numbers: Sequence[int]) -> None:
    """Work out anew what these messages show, whether they wait, and tell of changes."""
    wishes = _load_wishes(tx, numbers)
    waiting = _load_waiting(tx, numbers)
    updates: list[tuple[int, str, bool, int]] = []
    changed: dict[int, set[MessageNumber]] = {}
    rows = tx.connection.execute(
        "SELECT number, mailbox, server_flags, server_keywords, flags, keywords, waiting"
        " FROM message WHERE number IN (SELECT value FROM json_each(?))",
        (json.dumps([int(number) for number in numbers]),),
    )
    for number, mailbox, server_bits, server_words, bits, words, waits in rows:
        fresh_bits, fresh_words = server_bits, server_words
        if number in wishes:
            flags = laid_over(from_columns(server_bits, server_words), wishes[number])
            fresh_bits, fresh_words = to_columns(flags)
        fresh_waits = number in waiting
        if (fresh_bits, fresh_words, fresh_waits) != (bits, words, bool(waits)):
            updates.append((fresh_bits, fresh_words, fresh_waits, number))
            changed.setdefault(mailbox, set()).add(MessageNumber(number))
    tx.connection.executemany(
        "UPDATE message SET flags = ?, keywords = ?, waiting = ? WHERE number = ?",
        updates,
    )
    for mailbox, those in changed.items():
        if len(those) > _MANY:
            tx.publish(MailboxChanged(MailboxId(mailbox)))
        else:
            tx.publish(MessagesChanged(MailboxId(mailbox), frozenset(those)))


def keeping(kept: int, named: str) -> Callable[[str], bool]:
    """Give what tells whether a mailbox's server keeps a flag; from its columns."""
    return MailboxState(
        keywords_kept=bool(kept), keywords_named=frozenset(named.split())
    ).keeps


def laid_over(server: Flags, wishes: Iterable[tuple[str, bool]]) -> Flags:
    """Lay wishes over the server's flags, in the order they were made."""
    flags = server
    for flag, adding in wishes:
        flags = shown(flags, (flag,) if adding else (), () if adding else (flag,))
    return flags


def place_keywords(tx: Transaction, mailbox: MailboxId) -> None:
    """Have keywords wait for a server that keeps them; where it does not, they stay here.

    A server says which it is when its mailbox is selected, which may be after the wish.
    """
    row = tx.connection.execute(
        "SELECT keywords_kept, keywords_named FROM mailbox WHERE id = ?", (mailbox,)
    ).fetchone()
    keeps = keeping(*row) if row else keeping(0, "")
    found = tx.connection.execute(
        "SELECT d.id, d.message, d.flag, d.state FROM delta d"
        " JOIN message m ON m.number = d.message WHERE d.state IN ('queued', ?)"
        " AND d.flag NOT LIKE '\\%' AND m.server_mailbox = ?",
        (LOCAL, mailbox),
    ).fetchall()
    placed = [
        (state, delta, message)
        for delta, message, flag, before in found
        if (state := "queued" if keeps(flag) else LOCAL) != before
    ]
    tx.connection.executemany(
        "UPDATE delta SET state = ? WHERE id = ?",
        [(state, delta) for state, delta, _ in placed],
    )
    if placed:
        show_flags(tx, [message for *_, message in placed])


def _load_wishes(
    tx: Transaction, numbers: Sequence[int]
) -> dict[int, list[tuple[str, bool]]]:
    found: dict[int, list[tuple[str, bool]]] = {}
    for message, flag, adding in tx.connection.execute(
        "SELECT message, flag, adding FROM delta WHERE state <> 'failed' AND message IN"
        " (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps([int(number) for number in numbers]),),
    ):
        found.setdefault(message, []).append((flag, bool(adding)))
    return found


def _load_waiting(tx: Transaction, numbers: Sequence[int]) -> set[int]:
    rows = tx.connection.execute(
        "WITH asked (number) AS (SELECT value FROM json_each(?))"
        " SELECT message FROM delta JOIN asked ON message = asked.number"
        "  WHERE state IN ('queued', 'sent')"
        " UNION SELECT i.message FROM asked JOIN operation_item i"
        "  ON i.message = asked.number JOIN operation o ON o.id = i.operation"
        "  WHERE o.state <> 'failed'"
        " UNION SELECT i.copy FROM asked JOIN operation_item i"
        "  ON i.copy = asked.number AND i.copy > 0"
        " UNION SELECT message FROM outgoing JOIN asked ON message = asked.number"
        "  WHERE state IN ('waiting', 'handed')",
        (json.dumps([int(number) for number in numbers]),),
    )
    return {message for (message,) in rows}
