"""Messages that went from where they were while wishes about their flags wait.

Another client may have moved one, and it is not known yet where to. So its row stays,
lies nowhere, and is taken for the message when that arrives: the wishes with it. What was
deleted never arrives: it is given up once all mailboxes were seen after it went.
"""

import json
from collections.abc import Iterable, Sequence

from tui_mail.model.ids import MessageNumber
from tui_mail.store.database import Transaction
from tui_mail.store.overlay import show_flags
from tui_mail.store.source import Source

_WISHED_ABOUT = """
    SELECT number FROM message WHERE number IN (SELECT value FROM json_each(?))
    AND mailbox <> 0
    AND EXISTS (SELECT 1 FROM delta WHERE message = number AND state <> 'failed')
    AND NOT EXISTS (SELECT 1 FROM outgoing WHERE message = number)
"""
_BY_IDENTITY = """
    SELECT c.identity, a.message FROM astray a JOIN message m ON m.number = a.message
    JOIN content c ON c.id = m.content
    WHERE c.identity IN (SELECT value FROM json_each(?)) ORDER BY a.id
"""
_GIVEN_UP = """
    SELECT a.message, EXISTS (SELECT 1 FROM delta
        WHERE message = a.message AND state IN ('queued', 'sent'))
    FROM astray a WHERE a.id <= ?
"""


def wished_about(source: Source, numbers: Iterable[int]) -> list[MessageNumber]:
    """Choose those that somebody sees and whose flags the server was not told of."""
    asked = json.dumps([int(number) for number in numbers])
    rows = source.connection.execute(_WISHED_ABOUT, (asked,))
    return [MessageNumber(number) for (number,) in rows]


def put_back(tx: Transaction, number: MessageNumber) -> None:
    """Have the wishes about the flags of a message wait, and nothing else for it.

    What was sent did not reach it, or it is done again: that makes no difference.
    """
    tx.connection.execute(
        "UPDATE delta SET state = 'queued' WHERE message = ? AND state = 'sent'",
        (number,),
    )
    tx.connection.execute("DELETE FROM operation_item WHERE message = ?", (number,))


def let_wander(tx: Transaction, numbers: Sequence[MessageNumber]) -> None:
    """Have messages lie nowhere until they arrive, or are given up."""
    for number in numbers:
        put_back(tx, number)
        tx.connection.execute(
            "UPDATE message SET mailbox = 0, server_mailbox = 0, uid = 0, modseq = 0"
            " WHERE number = ?",
            (number,),
        )
        tx.connection.execute(
            "INSERT OR IGNORE INTO astray (message) VALUES (?)", (number,)
        )
    show_flags(tx, numbers)


def find_astray(source: Source, identities: Sequence[int]) -> dict[int, list[int]]:
    """Find messages that are astray, by what they are; the first that went first."""
    [any_] = source.connection.execute(
        "SELECT EXISTS (SELECT 1 FROM astray)"
    ).fetchone()
    found: dict[int, list[int]] = {}
    if any_:
        rows = source.connection.execute(_BY_IDENTITY, (json.dumps(identities),))
        for identity, number in rows:
            found.setdefault(identity, []).append(number)
    return found


def last_astray(source: Source) -> int:
    """Name the last that went astray, for :func:`too_long_astray`."""
    [last] = source.connection.execute(
        "SELECT coalesce(max(id), 0) FROM astray"
    ).fetchone()
    return int(last)


def too_long_astray(source: Source, last: int) -> dict[MessageNumber, bool]:
    """List those up to the last; whether the server should have heard of their flags."""
    return {
        MessageNumber(number): bool(waits)
        for number, waits in source.connection.execute(_GIVEN_UP, (last,))
    }
