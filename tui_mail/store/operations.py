"""What waits for a server, as people see it: listed, tried again, taken back."""

import re
from collections.abc import Sequence

from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.model.error import MailError, NotFound
from tui_mail.model.event import OperationsChanged
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import MessageNumber, OperationId, SubmissionId
from tui_mail.model.mailbox_names import decode_name
from tui_mail.model.operation import OperationState, PendingOperation
from tui_mail.store import outbox
from tui_mail.store.appending import queue_append
from tui_mail.store.contents import moment_of
from tui_mail.store.database import Transaction
from tui_mail.store.mailbox_names import shown_name
from tui_mail.store.mailbox_wishes import cancel_mailbox_wish, retry_mailbox_wish
from tui_mail.store.mailboxes import load_mailbox
from tui_mail.store.overlay import show_flags
from tui_mail.store.pending_sends import load_pending_sends
from tui_mail.store.refused import (
    actions_of,
    note_cancelled,
    note_cancelled_mailbox_wish,
)
from tui_mail.store.replaying import drop_operation, take_back_effect
from tui_mail.store.source import Source, snapshot
from tui_mail.store.transfers import (
    cancel_transfer,
    load_pending_transfers,
    refuse_incoming,
    retry_transfer,
    stay,
)
from tui_mail.store.wanting import cancel_fetch, load_pending_fetches, retry_fetch
from tui_mail.store.wishes import copy_messages, expunge_messages, move_messages

_GONE = "a mailbox that is gone"
_ON_ITS_WAY = "{} is on its way to the server already; undo it instead"
_ID = re.compile(r"(op|flag|fetch|mailbox|transfer|send)-([0-9]{1,18})", re.ASCII)
_GROUPS = """
    SELECT min(d.id), d.flag, d.adding, max(d.state = 'failed'), max(d.state = 'sent'),
        max(d.attempts), max(d.not_before), max(d.error), count(*), b.name
    FROM delta d JOIN message m ON m.number = d.message
    LEFT JOIN mailbox b ON b.id = coalesce(nullif(m.mailbox, 0), m.server_mailbox)
    WHERE d.state <> 'local'
    GROUP BY m.server_mailbox, d.flag, d.adding, d.state = 'failed'
    ORDER BY min(d.id)
"""
_OPERATIONS = """
    SELECT o.id, o.kind, o.state, o.attempts, o.not_before, o.error,
        (SELECT count(*) FROM operation_item WHERE operation = o.id), b.name, s.name,
        coalesce((SELECT max(n.account) FROM operation_item i JOIN incoming n
                ON n.message = i.message WHERE i.operation = o.id AND o.kind = 'append'),
            (SELECT max(g.account) FROM operation_item i JOIN outgoing g
                ON g.message = i.message AND g.state = 'left' WHERE i.operation = o.id), '')
    FROM operation o LEFT JOIN mailbox b ON b.id = o.target
    LEFT JOIN mailbox s ON s.id = o.source ORDER BY o.id
"""
_MAILBOX_WISHES = """
    SELECT w.id, w.kind, w.name, w.messages, w.state, w.attempts, w.not_before, w.error,
        b.name, b.wire_name, b.delimiter
    FROM mailbox_wish w JOIN mailbox b ON b.id = w.mailbox ORDER BY w.id
"""
_MAILBOX_WORDS = {
    "create": 'make the mailbox "{name}"',
    "rename": 'rename the mailbox "{before}" to "{after}"',
    "subscribe": 'subscribe to the mailbox "{name}"',
    "unsubscribe": 'unsubscribe from the mailbox "{name}"',
    "delete": 'delete the mailbox "{name}"',
}
_FLAG_WORDS = {
    (SEEN, True): "mark {} read in {}",
    (SEEN, False): "mark {} unread in {}",
    (FLAGGED, True): "flag {} in {}",
    (FLAGGED, False): "unflag {} in {}",
}


def load_pending(source: Source) -> list[PendingOperation]:
    """List all that waits: mails, operations, flags in groups, what is to come."""
    with snapshot(source):
        operations = source.connection.execute(_OPERATIONS).fetchall()
        groups = source.connection.execute(_GROUPS).fetchall()
        wishes = source.connection.execute(_MAILBOX_WISHES).fetchall()
        fetches = load_pending_fetches(source)
        transfers = load_pending_transfers(source)
        sends = load_pending_sends(source)
    return [
        *sends,
        *map(_operation, operations),
        *map(_mailbox_wish, wishes),
        *map(_group, groups),
        *transfers,
        *fetches,
    ]


def retry(tx: Transaction, name: str) -> None:
    """Have it tried again at once; what was refused takes effect here again.

    Raises NotFound.
    """
    kind, number = _parsed(name)
    if kind == "op":
        if _state(tx, number) is OperationState.FAILED:
            _do_again(tx, OperationId(number))
        else:
            tx.connection.execute(
                "UPDATE operation SET not_before = 0, error = '' WHERE id = ?",
                (number,),
            )
    elif kind == "fetch":
        retry_fetch(tx, MessageNumber(number))
    elif kind == "transfer":
        retry_transfer(tx, number)
    elif kind == "send":
        outbox.retry(tx, SubmissionId(number))
    elif kind == "mailbox":
        _mailbox_wish_state(tx, number)
        retry_mailbox_wish(tx, number)
    else:
        deltas = _members(tx, number)
        tx.connection.executemany(
            "UPDATE delta SET not_before = 0, error = '',"
            " state = CASE state WHEN 'failed' THEN 'queued' ELSE state END WHERE id = ?",
            [(delta,) for delta, _ in deltas],
        )
        show_flags(tx, [message for _, message in deltas])
    tx.publish(OperationsChanged())


def _do_again(tx: Transaction, operation: OperationId) -> None:
    """Make a refused wish a new one: where its messages lie may have changed since.

    What is appended lies only here. Raises NotFound where the mailbox to go to is gone.
    """
    [kind, target] = tx.connection.execute(
        "SELECT kind, target FROM operation WHERE id = ?", (operation,)
    ).fetchone()
    load_mailbox(tx, target)
    copies = dict(
        tx.connection.execute(
            "SELECT message, copy FROM operation_item WHERE operation = ?", (operation,)
        )
    )
    numbers = [MessageNumber(number) for number in copies]
    drop_operation(tx, operation)
    if kind == "append":
        queue_append(tx, numbers, target)
        show_flags(tx, numbers)
        return
    if kind == "move":
        move_messages(tx, numbers, target)
    elif kind == "expunge":
        expunge_messages(tx, numbers)
    else:
        tx.connection.executemany(
            "UPDATE action_copy SET copy = ? WHERE copy = ?",
            [
                (made.copy, copies[made.message])
                for made in copy_messages(tx, numbers, target)
            ],
        )


def cancel(tx: Transaction, name: str) -> None:
    """Take it back here, so that the server never hears of it.

    Raises NotFound, and MailError if it is on its way already.
    """
    kind, number = _parsed(name)
    if kind == "op":
        state = _state(tx, number)
        if state is OperationState.SENT:
            raise MailError(_ON_ITS_WAY.format(name))
        actions = actions_of(tx, OperationId(number))
        if state is OperationState.QUEUED:
            take_back_effect(tx, OperationId(number))
        note_cancelled(tx, actions)
        refuse_incoming(tx, OperationId(number))
        stay(tx, OperationId(number))
        drop_operation(tx, OperationId(number))
    elif kind == "fetch":
        cancel_fetch(tx, MessageNumber(number))
    elif kind == "transfer":
        cancel_transfer(tx, number)
    elif kind == "send":
        outbox.cancel(tx, SubmissionId(number))
    elif kind == "mailbox":
        if _mailbox_wish_state(tx, number) is OperationState.SENT:
            raise MailError(_ON_ITS_WAY.format(name))
        note_cancelled_mailbox_wish(tx, number)
        cancel_mailbox_wish(tx, number)
    else:
        deltas = _members(tx, number)
        gone = tx.connection.executemany(
            "DELETE FROM delta WHERE id = ? AND state <> 'sent'",
            [(delta,) for delta, _ in deltas],
        ).rowcount
        if not gone:
            raise MailError(_ON_ITS_WAY.format(name))
        show_flags(tx, [message for _, message in deltas])
    tx.publish(OperationsChanged())


def count_pending(source: Source) -> int:
    """Count the changes that wait for a server: not for a person, nor to come here."""
    return sum(
        not one.state.asks and one.kind != "fetch" for one in load_pending(source)
    )


def _parsed(name: str) -> tuple[str, int]:
    match = _ID.fullmatch(name)
    if match is None:
        raise NotFound(f'nothing that waits has the id "{name}"')
    return match[1], int(match[2])


def _state(tx: Transaction, number: int) -> OperationState:
    row = tx.connection.execute(
        "SELECT state FROM operation WHERE id = ?", (number,)
    ).fetchone()
    if row is None:
        raise NotFound(f'nothing that waits has the id "op-{number}"')
    return OperationState(row[0])


def _mailbox_wish_state(tx: Transaction, number: int) -> OperationState:
    row = tx.connection.execute(
        "SELECT state FROM mailbox_wish WHERE id = ?", (number,)
    ).fetchone()
    if row is None:
        raise NotFound(f'nothing that waits has the id "mailbox-{number}"')
    return OperationState(row[0])


def _members(tx: Transaction, number: int) -> list[tuple[int, MessageNumber]]:
    """List the deltas that are shown under the first one's id, with their messages."""
    rows = tx.connection.execute(
        "SELECT d.id, d.message FROM delta d JOIN message m ON m.number = d.message,"
        " delta f JOIN message n ON n.number = f.message WHERE f.id = ?"
        " AND m.server_mailbox = n.server_mailbox AND d.flag = f.flag"
        " AND d.adding = f.adding AND (d.state = 'failed') = (f.state = 'failed')"
        " AND d.state <> 'local'",
        (number,),
    ).fetchall()
    if not rows:
        raise NotFound(f'nothing that waits has the id "flag-{number}"')
    return [(delta, MessageNumber(message)) for delta, message in rows]


def _operation(row: Sequence[object]) -> PendingOperation:
    number, kind, state, attempts, not_before, error, count, target, source, other = row
    messages, target = counted(_number(count)), target or _GONE
    what = {
        "move": f"move {messages} to {target}",
        "copy": f"copy {messages} to {target}",
        "expunge": f"take {messages} out of {source}, now in {other}"
        if other
        else f"delete {messages} for ever from {source}",
        "append": f"put {messages} from {other} into {target}"
        if other
        else f"put {messages} into {target}",
    }[str(kind)]
    return PendingOperation(
        id=f"op-{number}",
        kind=str(kind),
        what=displayable(what),
        state=OperationState(str(state)),
        attempts=_number(attempts),
        not_before=moment_of(_number(not_before)) if not_before else None,
        error=Displayable(str(error)),
        operation=OperationId(_number(number)),
    )


def _mailbox_wish(row: Sequence[object]) -> PendingOperation:
    number, kind, after, count, state, attempts, not_before, error, *box = row
    name, wire_name, delimiter = box
    octets = wire_name if isinstance(wire_name, bytes) else b""
    what = _MAILBOX_WORDS[str(kind)].format(
        name=name,
        after=after,
        before=shown_name(decode_name(octets), str(delimiter)),
    )
    if kind == "delete" and _number(count) > 0:
        what += f" with {counted(_number(count))}"
    return PendingOperation(
        id=f"mailbox-{number}",
        kind=str(kind),
        what=displayable(what),
        state=OperationState(str(state)),
        attempts=_number(attempts),
        not_before=moment_of(_number(not_before)) if not_before else None,
        error=Displayable(str(error)),
    )


def _group(row: Sequence[object]) -> PendingOperation:
    number, flag, adding, failed, sent, attempts, not_before, error, count, name = row
    # What lies nowhere went from where it was, and is looked for.
    messages, place = counted(_number(count)), name or "another mailbox"
    word = "add {} to {} in {}" if adding else "take {} off {} in {}"
    usual = _FLAG_WORDS.get((str(flag), bool(adding)))
    what = (
        usual.format(messages, place) if usual else word.format(flag, messages, place)
    )
    state = OperationState.SENT if sent else OperationState.QUEUED
    return PendingOperation(
        id=f"flag-{number}",
        kind="flag",
        what=displayable(what),
        state=OperationState.FAILED if failed else state,
        attempts=_number(attempts),
        not_before=moment_of(_number(not_before)) if not_before else None,
        error=Displayable(str(error)),
    )


def counted(number: int) -> Displayable:
    """Say ``1 message`` or ``2 messages``."""
    return own(f"{number:,} message" if number == 1 else f"{number:,} messages")


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
