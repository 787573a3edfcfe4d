"""Messages that a server does not have any more where they were.

Most of them are removed here. One about whose flags the server was not told yet is looked
for: another client may have moved it, and what it did to one flag is no reason to forget
what was done to another here.
"""

from collections.abc import Mapping, Sequence

from tui_mail.model.event import MailboxChanged, OperationsChanged
from tui_mail.model.ids import MailboxId, MessageNumber, Uid
from tui_mail.model.uids import UidSet
from tui_mail.store.astray import (
    let_wander,
    put_back,
    too_long_astray,
    wished_about,
)
from tui_mail.store.database import Transaction
from tui_mail.store.messages import (
    drop_empty_operations,
    last_number,
    numbers_with_places,
    remove_copies_not_made,
    remove_numbers,
    remove_rows,
)
from tui_mail.store.overlay import place_keywords, show_flags
from tui_mail.store.source import Source
from tui_mail.store.twins import arrive

_UNDER_WAY = """
    EXISTS (SELECT 1 FROM operation_item i JOIN operation o ON o.id = i.operation
        WHERE i.message = number AND o.state = 'sent')
"""
_CAME_SINCE = """
    SELECT t.server_mailbox, t.uid FROM message m
    JOIN content c ON c.id = m.content
    JOIN content d ON d.identity = c.identity
    JOIN message t ON t.content = d.id
    JOIN mailbox b ON b.id = t.server_mailbox
    LEFT JOIN mailbox a ON a.id = m.server_mailbox
    WHERE m.number = ? AND t.uid > 0 AND t.mailbox <> 0
    AND t.number > max(m.number, coalesce(a.confirmed, 0), b.filled)
    AND NOT EXISTS (SELECT 1 FROM action_copy WHERE copy = t.number)
    ORDER BY EXISTS (SELECT 1 FROM delta WHERE message = t.number), t.number LIMIT 1
"""


def apply_vanished(tx: Transaction, mailbox: MailboxId, uids: UidSet) -> int:
    """Remove what the server does not have any more; say how many went.

    One with a wish under way stays: what became of it, the answer will tell.
    """
    gone = [
        row
        for low, high in uids.ranges
        for row in tx.connection.execute(
            "SELECT number, mailbox FROM message"
            " WHERE server_mailbox = ? AND uid BETWEEN ? AND ? AND uid > 0"
            f" AND NOT {_UNDER_WAY}",
            (mailbox, low, high),
        )
    ]
    return _let_go(tx, gone)


def drop_detached(
    tx: Transaction, mailbox: MailboxId, only: frozenset[MessageNumber] | None = None
) -> int:
    """Remove what was detached and did not come back; say how many.

    ``only``: those that were detached before the server was asked for all there is.
    What waits for such a message has become void, unless it is under way.
    """
    gone = tx.connection.execute(
        "SELECT number, mailbox FROM message WHERE server_mailbox = ? AND uid = 0"
        f" AND NOT {_UNDER_WAY}",
        (mailbox,),
    ).fetchall()
    return _let_go(tx, [row for row in gone if only is None or row[0] in only])


def let_go(tx: Transaction, numbers: Sequence[MessageNumber]) -> int:
    """Remove messages that are gone from the server, or look for them; say how many."""
    return _let_go(tx, numbers_with_places(tx, numbers))


def _let_go(tx: Transaction, rows: Sequence[tuple[int, int]]) -> int:
    kept = wished_about(tx, [number for number, _ in rows]) if rows else []
    those = set(kept)
    count = remove_rows(tx, [row for row in rows if row[0] not in those])
    if not kept:
        return count
    count += remove_copies_not_made(tx, kept)
    for number in kept:
        _follow(tx, number)
    drop_empty_operations(tx)
    for shown_in in {place for number, place in rows if number in those}:
        tx.publish(MailboxChanged(MailboxId(shown_in)))
    tx.publish(OperationsChanged())
    return count + len(kept)


def _follow(tx: Transaction, number: MessageNumber) -> None:
    """Take a message for one that arrived elsewhere since it was seen the last time.

    A copy that was there while it was seen here is not the same message: it may have
    other flags. Nor are all that came when a mailbox was seen for the first time, nor
    those that were made here.
    """
    seen = tx.connection.execute(_CAME_SINCE, (number,)).fetchone()
    if seen is None:
        let_wander(tx, [number])
        return
    target, uid = seen
    put_back(tx, number)
    tx.connection.execute(
        "UPDATE message SET mailbox = ? WHERE number = ?", (target, number)
    )
    arrive(tx, number, MailboxId(target), Uid(uid), since=0)
    place_keywords(tx, MailboxId(target))
    show_flags(tx, [number])
    tx.publish(MailboxChanged(MailboxId(target)))


def give_up_astray(tx: Transaction, last: int) -> int:
    """Remove what went astray and was in no mailbox, up to the last one that is named.

    Says of how many the server should have heard of their flags.
    """
    lost = too_long_astray(tx, last)
    remove_numbers(tx, list(lost))
    if lost:
        tx.publish(OperationsChanged())
    return sum(lost.values())


def note_confirmed(tx: Transaction, mailbox: MailboxId, last: MessageNumber) -> None:
    """Note that all that is here of a mailbox was there when that was the last message."""
    tx.connection.execute(
        "UPDATE mailbox SET confirmed = max(confirmed, ?) WHERE id = ?", (last, mailbox)
    )


def seen_by(
    source: Source, last: MessageNumber, uid_next: Mapping[MailboxId, Uid]
) -> MessageNumber:
    """Say up to which message all was on the server already when mailboxes were listed.

    ``last``: the last that was here then; ``uid_next``: what the server said then, as
    far as it did. What came since may be moved from a mailbox that was seen before.
    """
    if (newest := last_number(source)) == last:
        return last
    came = [
        number
        for mailbox, uid in uid_next.items()
        for (number,) in source.connection.execute(
            "SELECT number FROM message WHERE number > ? AND server_mailbox = ?"
            " AND uid >= ? ORDER BY number LIMIT 1",
            (last, mailbox, uid),
        )
    ]
    return MessageNumber(min(came) - 1) if came else newest


def note_filled(tx: Transaction, mailbox: MailboxId) -> None:
    """Note that all that lies in a mailbox is here for the first time."""
    last = last_number(tx)
    tx.connection.execute("UPDATE mailbox SET filled = ? WHERE id = ?", (last, mailbox))
    note_confirmed(tx, mailbox, last)
