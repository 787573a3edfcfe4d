"""Messages in mailboxes: the server's facts about them, and rows for the list."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from tui_mail.model.displayable import Displayable
from tui_mail.model.error import NotFound
from tui_mail.model.event import MailboxChanged, MessagesChanged
from tui_mail.model.ids import (
    ContentId,
    MailboxId,
    MessageNumber,
    ThreadId,
    Uid,
    UidValidity,
)
from tui_mail.model.message import (
    Envelope,
    FetchedMessage,
    FlagsOf,
    Location,
    MessageSummary,
)
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.store.arrivals import Arrivals
from tui_mail.store.arriving import Arriving, arriving
from tui_mail.store.contents import load_content_envelope, moment_of
from tui_mail.store.database import Transaction
from tui_mail.store.flag_columns import from_columns, to_columns
from tui_mail.store.left_behind import reveal_undeleted
from tui_mail.store.overlay import show_flags
from tui_mail.store.people import unpack_people
from tui_mail.store.source import Source

_SUMMARY = """
    SELECT m.number, m.mailbox, iif(m.mailbox = m.server_mailbox, m.uid, 0), m.content,
        m.thread, m.date, c.senders, c.recipients, c.copies, c.subject, m.flags, m.keywords,
        c.size, c.has_attachment, c.message_id, r.snippet, m.waiting, c.pinned,
        (SELECT max(state <> 'left') FROM pop_message p WHERE p.content = m.content)
    FROM message m JOIN content c ON c.id = m.content
    LEFT JOIN readable r ON r.content = m.content
"""


def apply_fetched(
    tx: Transaction,
    mailbox: MailboxId,
    validity: UidValidity,
    messages: Sequence[FetchedMessage],
) -> list[MessageNumber]:
    """Apply what the server said of messages, new or known; their numbers, in order.

    A message that this user moved or copied here, and one that lost its UID when the
    mailbox's UIDVALIDITY changed, is recognized and keeps its number and content.
    ``validity`` is that of the UIDs; it is saved if the mailbox has none yet.
    """
    return apply_arriving(tx, mailbox, validity, [arriving(one) for one in messages])


def apply_arriving(
    tx: Transaction,
    mailbox: MailboxId,
    validity: UidValidity,
    messages: Sequence[Arriving],
) -> list[MessageNumber]:
    """Apply messages that were made ready before; as :func:`apply_fetched` does."""
    tx.connection.execute(
        "UPDATE mailbox SET uid_validity = ? WHERE id = ? AND uid_validity = 0",
        (validity, mailbox),
    )
    return Arrivals(tx, mailbox).apply(messages)


def apply_flags(
    tx: Transaction, mailbox: MailboxId, changes: Iterable[FlagsOf]
) -> None:
    """Apply the server's flags; the last word on a message holds, unknown UIDs are none."""
    latest = {change.uid: change for change in changes}
    rows = tx.connection.execute(
        "SELECT m.uid, m.number, m.server_flags, m.server_keywords, m.modseq"
        " FROM json_each(?) j CROSS JOIN message m"
        " ON m.server_mailbox = ? AND m.uid = j.value AND m.uid > 0",
        (json.dumps(list(latest)), mailbox),
    ).fetchall()
    updates = []
    for uid, number, bits, keywords, modseq in rows:
        change = latest[uid]
        fresh = (*to_columns(change.flags), max(change.modseq, modseq))
        if fresh != (bits, keywords, modseq):
            updates.append((*fresh, number))
    tx.connection.executemany(
        "UPDATE message SET server_flags = ?, server_keywords = ?, modseq = ?"
        " WHERE number = ?",
        updates,
    )
    show_flags(tx, [number for *_, number in updates])
    reveal_undeleted(tx, mailbox)


def remove_rows(tx: Transaction, rows: Sequence[tuple[int, int]]) -> int:
    """Remove messages, given with the mailbox they are shown in.

    Their copies that the server has not made go too: there is nothing to copy any more.
    """
    rows = [*rows, *_copies_not_made(tx, [number for number, _ in rows])]
    tx.connection.executemany(
        "DELETE FROM message WHERE number = ?", [(number,) for number, _ in rows]
    )
    for shown_in in {place for _, place in rows}:
        tx.publish(MailboxChanged(MailboxId(shown_in)))
    if rows:
        drop_empty_operations(tx)
    return len(rows)


def remove_copies_not_made(tx: Transaction, numbers: Sequence[int]) -> int:
    """Remove copies that the server has not made of what is gone there; say how many."""
    copies = _copies_not_made(tx, numbers)
    return remove_rows(tx, copies) if copies else 0


def _copies_not_made(tx: Transaction, numbers: Sequence[int]) -> list[tuple[int, int]]:
    found: dict[int, int] = {}
    while numbers:
        copies: list[tuple[int, int]] = tx.connection.execute(
            "SELECT m.number, m.mailbox FROM operation_item i"
            " JOIN message m ON m.number = i.copy WHERE i.copy > 0"
            " AND i.message IN (SELECT value FROM json_each(?))",
            (json.dumps([int(number) for number in numbers]),),
        ).fetchall()
        numbers = [number for number, _ in copies if number not in found]
        found.update(copies)
    return list(found.items())


def remove_numbers(tx: Transaction, numbers: Sequence[int]) -> int:
    """Remove messages, wherever they are shown."""
    return remove_rows(tx, numbers_with_places(tx, numbers))


def numbers_with_places(
    source: Source, numbers: Sequence[int]
) -> list[tuple[int, int]]:
    """Pair messages with the mailboxes that they are shown in."""
    return source.connection.execute(
        "SELECT number, mailbox FROM message WHERE number IN"
        " (SELECT value FROM json_each(?))",
        (json.dumps([int(number) for number in numbers]),),
    ).fetchall()


def drop_empty_operations(tx: Transaction) -> None:
    """Forget operations whose messages are all gone."""
    tx.connection.execute(
        "DELETE FROM operation WHERE NOT EXISTS"
        " (SELECT 1 FROM operation_item WHERE operation = operation.id)"
    )


def known_uids(
    source: Source, mailbox: MailboxId, low: int = 1, high: int = LARGEST
) -> UidSet:
    """Say which of the server's UIDs are here."""
    return UidSet.of(
        uid
        for (uid,) in source.connection.execute(
            "SELECT uid FROM message WHERE server_mailbox = ? AND uid BETWEEN ? AND ?"
            " AND uid > 0 ORDER BY uid",
            (mailbox, low, high),
        )
    )


def count_known(source: Source, mailbox: MailboxId) -> int:
    """Count the server's messages that are here."""
    [count] = source.connection.execute(
        "SELECT count(*) FROM message WHERE server_mailbox = ? AND uid > 0", (mailbox,)
    ).fetchone()
    return int(count)


def detach_all(tx: Transaction, mailbox: MailboxId) -> int:
    """Take the UIDs away from all messages of a mailbox; say how many.

    Numbers, contents and wishes stay; :func:`apply_fetched` finds them again.
    """
    tx.connection.execute("DELETE FROM placed WHERE mailbox = ?", (mailbox,))
    return tx.connection.execute(
        "UPDATE message SET uid = 0, modseq = 0 WHERE server_mailbox = ? AND uid > 0",
        (mailbox,),
    ).rowcount


def last_number(source: Source) -> MessageNumber:
    """Give the last number that was given to a message; those to come are larger."""
    row = source.connection.execute(
        "SELECT seq FROM sqlite_sequence WHERE name = 'message'"
    ).fetchone()
    return MessageNumber(row[0] if row else 0)


def load_detached(source: Source, mailbox: MailboxId) -> frozenset[MessageNumber]:
    """Name the server's messages whose UIDs are not known."""
    rows = source.connection.execute(
        "SELECT number FROM message WHERE server_mailbox = ? AND uid = 0", (mailbox,)
    )
    return frozenset(MessageNumber(number) for (number,) in rows)


def load_location(source: Source, number: MessageNumber) -> Location:
    """Say where a message is shown and where the server has it; raises NotFound."""
    row = source.connection.execute(
        "SELECT mailbox, server_mailbox, uid FROM message WHERE number = ?", (number,)
    ).fetchone()
    if row is None:
        raise gone_error(number)
    mailbox, server_mailbox, uid = row
    return Location(
        MailboxId(mailbox),
        MailboxId(server_mailbox) if server_mailbox else None,
        Uid(uid) if uid else None,
    )


def load_arrival(source: Source, number: MessageNumber) -> datetime:
    """Say when a message arrived; raises NotFound."""
    row = source.connection.execute(
        "SELECT arrival FROM message WHERE number = ?", (number,)
    ).fetchone()
    if row is None:
        raise gone_error(number)
    return moment_of(row[0])


def gone_error(number: MessageNumber) -> NotFound:
    """Make the error that says that a message is not here."""
    return NotFound(f"there is no message {number}")


def number_of(source: Source, mailbox: MailboxId, uid: Uid) -> MessageNumber | None:
    """Find a message by its UID in the server's mailbox."""
    row = source.connection.execute(
        "SELECT number FROM message WHERE server_mailbox = ? AND uid = ? AND uid > 0",
        (mailbox, uid),
    ).fetchone()
    return MessageNumber(row[0]) if row else None


def load_summary(source: Source, number: MessageNumber) -> MessageSummary:
    """Load one row of the list; raises NotFound."""
    [summary] = load_summaries(source, [number])
    if summary is None:
        raise gone_error(number)
    return summary


def load_summaries(
    source: Source, numbers: Sequence[int]
) -> list[MessageSummary | None]:
    """Load rows of the list in the order asked for; None for what is gone."""
    rows = source.connection.execute(
        f"{_SUMMARY} WHERE m.number IN (SELECT value FROM json_each(?))",
        (json.dumps([int(number) for number in numbers]),),
    )
    found = {row[0]: _summary(row) for row in rows}
    return [found.get(number) for number in numbers]


def load_threads(source: Source, numbers: Sequence[int]) -> list[MessageNumber]:
    """Find the threads of messages: all that lie in their mailboxes, oldest first."""
    rows = source.connection.execute(
        "SELECT DISTINCT other.number FROM message m JOIN message other"
        " ON other.thread = m.thread AND other.mailbox = m.mailbox"
        " WHERE m.number IN (SELECT value FROM json_each(?)) ORDER BY other.date",
        (json.dumps([int(number) for number in numbers]),),
    )
    return [MessageNumber(number) for (number,) in rows]


def load_envelope(source: Source, number: MessageNumber) -> Envelope:
    """Load the header fields of a message; raises NotFound."""
    return load_content_envelope(source, content_of(source, number))


def load_local_keywords(source: Source, number: MessageNumber) -> frozenset[str]:
    """Name the keywords of a message that only this store keeps: its server keeps none."""
    rows = source.connection.execute(
        "SELECT flag FROM delta WHERE message = ? AND state = 'local' AND adding = 1",
        (number,),
    )
    return frozenset(flag for (flag,) in rows)


def content_of(source: Source, number: MessageNumber) -> ContentId:
    """Find the content of a message; raises NotFound."""
    row = source.connection.execute(
        "SELECT content FROM message WHERE number = ?", (number,)
    ).fetchone()
    if row is None:
        raise gone_error(number)
    return ContentId(row[0])


def publish_content(tx: Transaction, content: ContentId) -> None:
    """Tell that the rows of all copies of a content look different now."""
    rows = tx.connection.execute(
        "SELECT mailbox, number FROM message WHERE content = ?", (content,)
    ).fetchall()
    for mailbox, number in rows:
        changed = frozenset({MessageNumber(number)})
        tx.publish(MessagesChanged(MailboxId(mailbox), changed))


def _summary(row: Sequence[object]) -> MessageSummary:
    (number, mailbox, uid, content, thread, date) = map(_number, row[:6])
    senders, recipients, copies, subject = map(_text, row[6:10])
    snippet = row[15]
    return MessageSummary(
        number=MessageNumber(number),
        mailbox=MailboxId(mailbox),
        uid=Uid(uid) if uid else None,
        content=ContentId(content),
        thread=ThreadId(thread),
        date=moment_of(date),
        from_=unpack_people(senders),
        to=unpack_people(recipients),
        cc=unpack_people(copies),
        subject=Displayable(subject),
        flags=from_columns(_number(row[10]), _text(row[11])),
        size=_number(row[12]),
        has_attachment=bool(row[13]),
        message_id=_text(row[14]),
        snippet=Displayable(_text(snippet)),
        waiting=bool(row[16]),
        downloaded=snippet is not None,
        pinned=bool(row[17]),
        on_server=None if row[18] is None else bool(row[18]),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
