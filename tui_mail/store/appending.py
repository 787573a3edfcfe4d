"""Messages put into a mailbox from here: drafts, sent mail, imports, other accounts' mail.

Such a message lies nowhere until it is here whole; then it is shown in its mailbox, and
where that is a server's, an operation waits until the server has it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from tui_mail.mime.headers import parse_envelope
from tui_mail.model.error import NotFound
from tui_mail.model.event import MailboxChanged, OperationsChanged
from tui_mail.model.flags import DELETED, SYSTEM_FLAGS, Flags, is_keyword
from tui_mail.model.ids import (
    WHOLE,
    MailboxId,
    MessageNumber,
    ModSeq,
    OperationId,
    Uid,
    UidValidity,
)
from tui_mail.model.message import Envelope, FetchedMessage
from tui_mail.store.arriving import Arriving, arriving
from tui_mail.store.content import complete_part
from tui_mail.store.contents import identity_of, load_content_envelope, moment_of
from tui_mail.store.database import Transaction
from tui_mail.store.flag_columns import from_columns
from tui_mail.store.inserting import Whole, insert_messages, insert_wholes
from tui_mail.store.mailboxes import NOWHERE, load_mailbox, load_state
from tui_mail.store.messages import content_of, number_of, remove_numbers
from tui_mail.store.overlay import place_keywords, show_flags
from tui_mail.store.routes import add_operation, reroute
from tui_mail.store.source import Source
from tui_mail.store.twins import arrive

_OPEN = """
    SELECT id FROM operation WHERE kind = 'append' AND target = ? AND state = 'queued'
    AND attempts = 0 AND not_before = 0 ORDER BY id DESC LIMIT 1
"""
_FIRST = """
    SELECT m.number, m.server_flags, m.server_keywords, m.arrival,
        coalesce(p.size * p.complete, 0), o.uid_next_before, o.validity_before
    FROM operation o JOIN operation_item i ON i.operation = o.id
    JOIN message m ON m.number = i.message
    LEFT JOIN part p ON p.content = m.content AND p.part_id = ''
    WHERE o.id = ? AND o.state <> 'failed' ORDER BY m.number LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class DueAppend:
    """The message of an operation that goes next; what went before it has arrived."""

    message: MessageNumber
    flags: Flags
    arrived: datetime
    size: int
    """Octets; 0 where it is not here whole."""
    since: Uid | None
    """If it was sent, the target's UIDNEXT before."""
    validity: UidValidity | None
    """The target's UIDVALIDITY then."""


def append_message(
    tx: Transaction,
    mailbox: MailboxId,
    octets: bytes,
    *,
    flags: Flags = frozenset(),
    arrived: datetime,
) -> MessageNumber:
    """Put a message into a mailbox, here at once; raises NotFound without the mailbox.

    For one of a size that a transaction bears; a larger one is begun, its octets are
    saved as the whole part in pieces, and it is finished.
    """
    envelope = parse_envelope(octets)
    if has_server(tx):
        octets = b"".join(network_lines((octets,)))
    ready = _ready(envelope, flags, arrived, len(octets))
    [one] = insert_wholes(
        tx, holding(tx, mailbox), [Whole(octets, sha256(octets).digest(), ready, None)]
    )
    _announce(tx, one.number, mailbox)
    return one.number


def begin_append(
    tx: Transaction,
    envelope: Envelope,
    *,
    flags: Flags,
    arrived: datetime,
    size: int = 0,
) -> MessageNumber:
    """Make room for a message whose octets are still to be saved; nobody sees it yet.

    ``size``: how many they will be, where that is known.
    """
    ready = _ready(envelope, flags, arrived, size)
    [one] = insert_messages(tx, NOWHERE, [ready])
    return one.number


def _ready(envelope: Envelope, flags: Flags, arrived: datetime, size: int) -> Arriving:
    kept = frozenset(
        flag
        for flag in flags
        if flag != DELETED and (flag in SYSTEM_FLAGS or is_keyword(flag))
    )
    return arriving(FetchedMessage(Uid(0), kept, ModSeq(0), arrived, size, envelope))


def finish_append(tx: Transaction, number: MessageNumber, mailbox: MailboxId) -> None:
    """Show a message whose octets are all here; its server hears of it.

    Raises NotFound without the mailbox or the message, StoreFailed where octets are
    missing.
    """
    holding(tx, mailbox)
    complete_part(tx, number, WHOLE)
    _note_size(tx, number, content_of(tx, number))
    tx.connection.execute(
        "UPDATE message SET mailbox = ? WHERE number = ?", (mailbox, number)
    )
    _announce(tx, number, mailbox)


def holding(source: Source, mailbox: MailboxId) -> MailboxId:
    """Give a mailbox that can hold messages; raises NotFound for another."""
    if not load_mailbox(source, mailbox).selectable:
        raise NotFound("that mailbox cannot hold messages")
    return mailbox


def _announce(tx: Transaction, number: MessageNumber, mailbox: MailboxId) -> None:
    if has_server(tx):
        queue_append(tx, [number], mailbox)
        show_flags(tx, [number])
    tx.publish(MailboxChanged(mailbox))


def has_server(source: Source) -> bool:
    """Tell whether there is a server that takes messages: POP3 servers take none."""
    [kind] = source.connection.execute("SELECT kind FROM account").fetchone()
    return bool(kind == "imap")


def queue_append(
    tx: Transaction, numbers: Iterable[MessageNumber], mailbox: MailboxId
) -> None:
    """Have a server told of messages that are here and nowhere else."""
    waiting = tx.connection.execute(_OPEN, (mailbox,)).fetchone()
    items = [(number, 0) for number in numbers]
    if waiting is None:
        add_operation(tx, "append", NOWHERE, mailbox, items)
    else:
        tx.connection.executemany(
            "INSERT INTO operation_item (operation, message, copy) VALUES (?, ?, ?)",
            [(waiting[0], *item) for item in items],
        )
    tx.publish(OperationsChanged())


def network_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """End each line as mail on its way does: servers refuse, or count, others."""
    before = b""
    for piece in pieces:
        if not piece:
            continue
        whole = before + piece
        if whole.count(b"\n") != whole.count(b"\r\n"):
            whole = whole.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        yield whole[len(before) :] if before else whole
        before = b"\r" if piece.endswith(b"\r") else b""


def next_append(source: Source, operation: OperationId) -> DueAppend | None:
    """Load the message of an append that goes next; None if none is left."""
    row = source.connection.execute(_FIRST, (operation,)).fetchone()
    if row is None:
        return None
    number, bits, keywords, arrival, size, since, validity = row
    return DueAppend(
        message=MessageNumber(number),
        flags=from_columns(bits, keywords),
        arrived=moment_of(arrival),
        size=size,
        since=Uid(since) if since else None,
        validity=UidValidity(validity) if validity else None,
    )


def drop_deleted(tx: Transaction, message: MessageNumber) -> bool:
    """Forget a message that was deleted here for ever before any server had it."""
    row = tx.connection.execute(
        "SELECT 1 FROM message m JOIN operation_item i ON i.message = m.number"
        " JOIN operation o ON o.id = i.operation WHERE m.number = ?"
        f" AND m.mailbox = {NOWHERE} AND m.server_mailbox = 0 AND o.kind = 'expunge'"
        " AND o.state = 'queued'",
        (message,),
    ).fetchone()
    if row is None:
        return False
    remove_numbers(tx, [message])
    tx.publish(OperationsChanged())
    return True


def mark_append_sent(
    tx: Transaction,
    operation: OperationId,
    message: MessageNumber,
    *,
    since: Uid,
    validity: UidValidity,
) -> None:
    """Note that a message goes out now, and what the target's UIDNEXT is before.

    Raises NotFound if it was taken back since.
    """
    marked = tx.connection.execute(
        "UPDATE operation SET state = 'sent', attempts = attempts + 1,"
        " uid_next_before = ?, validity_before = ? WHERE id = ? AND state <> 'failed'"
        " AND EXISTS (SELECT 1 FROM operation_item WHERE operation = id AND message = ?)",
        (since, validity, operation, message),
    ).rowcount
    if not marked:
        raise NotFound(f"message {message} is not to be appended any more")


def settle_append(
    tx: Transaction,
    operation: OperationId,
    due: DueAppend,
    *,
    validity: UidValidity,
    uid: Uid | None,
) -> None:
    """Note that the server has a message; without a ``uid`` it is recognized later."""
    row = tx.connection.execute(
        "SELECT target, uid_next_before FROM operation WHERE id = ?", (operation,)
    ).fetchone()
    if row is None:
        return
    target, since = MailboxId(row[0]), row[1]
    tx.connection.execute(
        "DELETE FROM operation_item WHERE operation = ? AND message = ?",
        (operation, due.message),
    )
    tx.connection.execute(
        "UPDATE operation SET state = 'queued', attempts = 0, error = '',"
        " uid_next_before = 0, validity_before = 0 WHERE id = ?",
        (operation,),
    )
    tx.connection.execute(
        "DELETE FROM operation WHERE id = ? AND NOT EXISTS"
        " (SELECT 1 FROM operation_item WHERE operation = id)",
        (operation,),
    )
    tx.connection.execute(
        "UPDATE incoming SET state = 'landed' WHERE message = ?", (due.message,)
    )
    state = load_state(tx, target)
    told = uid if state.uid_validity in (None, validity) else None
    if told and _has_gone_on(tx, target, told):
        remove_numbers(tx, [due.message])
    else:
        arrive(tx, due.message, target, told or Uid(0), since)
        reroute(tx, [due.message])
        place_keywords(tx, target)
        show_flags(tx, [due.message])
    tx.publish(MailboxChanged(target))
    tx.publish(OperationsChanged())


def keep_apart(tx: Transaction, operation: OperationId, message: MessageNumber) -> None:
    """Let the other messages of an append go on without one that the server refuses."""
    others = [
        MessageNumber(number)
        for (number,) in tx.connection.execute(
            "SELECT message FROM operation_item WHERE operation = ? AND message <> ?",
            (operation, message),
        )
    ]
    if not others:
        return
    tx.connection.execute(
        "DELETE FROM operation_item WHERE operation = ? AND message <> ?",
        (operation, message),
    )
    [target] = tx.connection.execute(
        "SELECT target FROM operation WHERE id = ?", (operation,)
    ).fetchone()
    add_operation(
        tx, "append", NOWHERE, MailboxId(target), [(number, 0) for number in others]
    )


def _has_gone_on(tx: Transaction, target: MailboxId, uid: Uid) -> bool:
    """Tell whether the target was synchronized since, and the message was gone again."""
    state = load_state(tx, target)
    return (
        state.low_uid > 0
        and state.low_uid <= uid < state.uid_next
        and number_of(tx, target, uid) is None
    )


def _note_size(tx: Transaction, number: MessageNumber, content: int) -> None:
    """Note how large it has become; what tells it from others depends on that."""
    size, arrival, noted = tx.connection.execute(
        "SELECT p.size, m.arrival, c.size FROM message m JOIN content c ON c.id = m.content"
        " JOIN part p ON p.content = m.content AND p.part_id = '' WHERE m.number = ?",
        (number,),
    ).fetchone()
    if size == noted:
        return
    envelope = load_content_envelope(tx, content)
    fetched = FetchedMessage(
        Uid(0), frozenset(), ModSeq(0), moment_of(arrival), size, envelope
    )
    tx.connection.execute(
        "UPDATE content SET size = ?, identity = ? WHERE id = ?",
        (size, identity_of(fetched), content),
    )
