"""Messages on their way to another account, as the store that they come from has them.

Such a message is *waiting* until it is here whole and its copy lies in the other store;
then it is *handed* over, and out of sight here. It has *left* once the other account has
it for good: then it is deleted here. *Failed*: the other account did not take it, a
person decides. Where that person thinks better of it there is something to *erase* in
the other store, or to *recall* from it; or to *keep* there what was recalled.
:mod:`tui_mail.store.between` takes these steps.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.model.displayable import Displayable, displayable
from tui_mail.model.error import NotFound
from tui_mail.model.event import MailboxChanged, OperationsChanged
from tui_mail.model.ids import (
    WHOLE,
    ActionId,
    MailboxId,
    MessageNumber,
    OperationId,
)
from tui_mail.model.operation import OperationState, PendingOperation, Transfer
from tui_mail.store.content import complete_parts
from tui_mail.store.database import Database, Transaction
from tui_mail.store.mailboxes import NOWHERE
from tui_mail.store.overlay import show_flags
from tui_mail.store.pulling import note_elsewhere
from tui_mail.store.routes import Place, load_places, take_out
from tui_mail.store.source import Source
from tui_mail.store.wanting import forget_wanted, want_part
from tui_mail.store.wishes import expunge_messages, withdraw_transfers

_COLUMNS = (
    "id, token, message, place, account, wire_name, name, copying, state, attempts"
)
_BACK = "-back"
_UNDER_WAY = ("waiting", "handed", "failed")
_GROUPS = """
    SELECT min(o.id), count(*), max(o.error), o.account, o.name, o.copying,
        o.state = 'failed'
    FROM outgoing o JOIN message m ON m.number = o.message
    WHERE o.state IN ('waiting', 'failed')
    GROUP BY o.account, o.wire_name, o.copying, o.state = 'failed' ORDER BY min(o.id)
"""
_MEMBERS = """
    SELECT o.id FROM outgoing o JOIN outgoing f ON f.id = ?
    AND o.account = f.account AND o.wire_name = f.wire_name AND o.copying = f.copying
    AND o.state = f.state WHERE f.state IN ('waiting', 'failed')
"""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way."""

    id: int
    token: str
    """Names this transfer in both stores."""
    message: MessageNumber
    place: MailboxId
    """The mailbox in which it is shown, or was."""
    account: str
    """Where it goes."""
    wire_name: bytes
    name: Displayable
    """Of the mailbox there."""
    copying: bool
    state: str
    attempts: int

    @property
    def token_back(self) -> str:
        """Name the transfer that brings it back."""
        return self.token + _BACK


def transfer_messages(
    tx: Transaction, action: ActionId, wish: Transfer
) -> list[MessageNumber]:
    """Send messages to another account, under an action of the journal; those that go.

    What is not here whole is asked for first.
    """
    places = [one for one in load_places(tx, wish.messages) if one.mailbox != NOWHERE]
    numbers = [one.number for one in places]
    if not wish.copying:
        withdraw_transfers(tx, numbers)
    for one in places:
        token = uuid.uuid4().hex
        send(tx, one.number, one.mailbox, wish, token)
        _note(tx, action, one, wish, token)
    show_flags(tx, numbers)
    tx.publish(OperationsChanged())
    return numbers


def send(
    tx: Transaction,
    number: MessageNumber,
    place: MailboxId,
    wish: Transfer,
    token: str,
) -> None:
    """Note that a message is to go, once for each token."""
    _insert(tx, number, place, wish, token)
    ask_for_whole(tx, number)


def _insert(
    tx: Transaction,
    number: int,
    place: MailboxId,
    wish: Transfer,
    token: str,
) -> None:
    """Note a transfer; one that is noted already stays as it is."""
    tx.connection.execute(
        "INSERT OR IGNORE INTO outgoing (token, message, place, account, wire_name, name,"
        " copying) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *(token, number, place, wish.account),
            wish.wire_name,
            wish.name,
            wish.copying,
        ),
    )


def _note(
    tx: Transaction, action: ActionId, place: Place, wish: Transfer, token: str
) -> None:
    tx.connection.execute(
        "INSERT OR REPLACE INTO action_transfer (action, message, token, source, account,"
        " wire_name, name, copying) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(action, place.number, token, place.mailbox),
            *(wish.account, wish.wire_name, wish.name, wish.copying),
        ),
    )


def ask_for_whole(tx: Transaction, number: MessageNumber) -> None:
    """Have a message fetched that is not here whole."""
    if WHOLE not in complete_parts(tx, number):
        want_part(tx, number, WHOLE)


def load_outgoing(source: Source) -> list[Outgoing]:
    """Load all that is on its way, oldest first."""
    rows = source.connection.execute(f"SELECT {_COLUMNS} FROM outgoing ORDER BY id")
    return [_outgoing(row) for row in rows]


def is_between(source: Source) -> bool:
    """Tell whether anything is on its way to or from another account."""
    [found] = source.connection.execute(
        "SELECT EXISTS (SELECT 1 FROM outgoing)"
        " OR EXISTS (SELECT 1 FROM incoming WHERE state <> 'done')"
    ).fetchone()
    return bool(found)


def is_leaving(source: Source) -> bool:
    """Tell whether something is on its way to another account that may get there soon."""
    [found] = source.connection.execute(
        "SELECT EXISTS (SELECT 1 FROM outgoing WHERE state IN ('waiting', 'handed'))"
    ).fetchone()
    return bool(found)


def takes_back(source: Source) -> bool:
    """Tell whether something that went to another account is to be taken back."""
    [found] = source.connection.execute(
        "SELECT EXISTS (SELECT 1 FROM outgoing WHERE state IN ('erase', 'recall'))"
    ).fetchone()
    return bool(found)


def count_leaving(source: Source, operation: OperationId) -> int:
    """Count the messages of a deletion that lie in another account now."""
    [count] = source.connection.execute(
        "SELECT count(*) FROM operation_item i JOIN outgoing o ON o.message = i.message"
        " AND o.state = 'left' WHERE i.operation = ?",
        (operation,),
    ).fetchone()
    return int(count)


def hand_over(tx: Transaction, one: Outgoing) -> bool:
    """Take a message out of sight whose copy lies in the other store; a copy stays.

    False if that is not wanted any more.
    """
    changed = tx.connection.execute(
        "UPDATE outgoing SET state = 'handed', error = '' WHERE id = ?"
        " AND state = 'waiting'",
        (one.id,),
    ).rowcount
    if changed and not one.copying:
        _hide(tx, one)
    tx.publish(OperationsChanged())
    return bool(changed)


def let_go(tx: Transaction, those: Sequence[Outgoing]) -> None:
    """Delete messages that the other account has for good."""
    leaving: list[MessageNumber] = []
    for one in those:
        left = tx.connection.execute(
            "UPDATE outgoing SET state = 'left' WHERE id = ? AND state = 'handed'",
            (one.id,),
        ).rowcount
        if left and not one.copying:
            # A deletion is of what is in sight.
            _show(tx, one)
            leaving.append(one.message)
            # Whoever it came from need not wait for a server that never gets it.
            tx.connection.execute(
                "UPDATE incoming SET state = 'landed' WHERE message = ?"
                " AND state = 'queued'",
                (one.message,),
            )
        elif left:
            forget(tx, one)
            show_flags(tx, [one.message])
    note_elsewhere(tx, leaving)
    expunge_messages(tx, leaving)
    tx.publish(OperationsChanged())


def call_off(tx: Transaction, number: MessageNumber, *, moves_only: bool) -> None:
    """Have a message stay that goes on; what was handed over of it is to be erased."""
    rows = tx.connection.execute(
        f"SELECT {_COLUMNS} FROM outgoing WHERE message = ? ORDER BY id", (number,)
    ).fetchall()
    for one in map(_outgoing, rows):
        if one.state in _UNDER_WAY and not (moves_only and one.copying):
            think_better(tx, one)


def find_transfer(source: Source, token: str) -> Outgoing | None:
    """Find what is on its way under a name; None where nothing is, or no more."""
    row = source.connection.execute(
        f"SELECT {_COLUMNS} FROM outgoing WHERE token = ?", (token,)
    ).fetchone()
    return _outgoing(row) if row else None


def send_anew(tx: Transaction, one: Outgoing, number: MessageNumber) -> None:
    """Have a message go again that has come back under another number."""
    wish = Transfer((), one.account, one.wire_name, one.name, one.copying)
    token = uuid.uuid4().hex
    send(tx, number, one.place, wish, token)
    tx.connection.execute(
        "UPDATE action_transfer SET message = ?, token = ? WHERE token = ?",
        (number, token, one.token),
    )
    forget(tx, one)
    show_flags(tx, [number])


def fail(tx: Transaction, one: Outgoing, error: str) -> None:
    """Show a message again that the other account did not take, and why."""
    changed = tx.connection.execute(
        "UPDATE outgoing SET state = 'failed', attempts = attempts + 1, error = ?"
        " WHERE id = ? AND state IN ('waiting', 'handed')",
        (displayable(error), one.id),
    ).rowcount
    if changed:
        forget_wanted(tx, one.message, WHOLE)
        show_again(tx, one)


def show_again(tx: Transaction, one: Outgoing) -> None:
    """Show a message where it was."""
    _show(tx, one)
    show_flags(tx, [one.message])
    tx.publish(OperationsChanged())


def note_trouble(tx: Transaction, one: Outgoing, error: str, *, tries: int) -> None:
    """Note why a message does not go now."""
    tx.connection.execute(
        "UPDATE outgoing SET error = ?, attempts = attempts + ? WHERE id = ?",
        (displayable(error), tries, one.id),
    )
    tx.publish(OperationsChanged())


def forget(tx: Transaction, one: Outgoing) -> None:
    """Forget a transfer that has come to its end."""
    tx.connection.execute("DELETE FROM outgoing WHERE id = ?", (one.id,))
    tx.publish(OperationsChanged())


def forget_gone(database: Database) -> None:
    """Forget transfers of messages that are not here any more, or about to be.

    What is to be erased, to come back or to be kept lies in the other store.
    """
    gone = (
        "FROM outgoing WHERE state NOT IN ('erase', 'recall', 'keep')"
        " AND message NOT IN (SELECT number FROM message) OR state = 'left'"
        " AND message NOT IN (SELECT i.message FROM operation_item i"
        "  JOIN operation o ON o.id = i.operation WHERE o.kind = 'expunge')"
    )
    if database.connection.execute(f"SELECT 1 {gone} LIMIT 1").fetchone():
        with database.transaction() as tx:
            tx.connection.execute(f"DELETE {gone}")
            tx.publish(OperationsChanged())


# What waits, as people see it.


def load_pending_transfers(source: Source) -> list[PendingOperation]:
    """List what is to go to other accounts and does not lie there yet, in groups."""
    return [_pending(row) for row in source.connection.execute(_GROUPS)]


def retry_transfer(tx: Transaction, number: int) -> None:
    """Have messages go again at once; raises NotFound."""
    for one in _group(tx, number):
        tx.connection.execute(
            "UPDATE outgoing SET state = 'waiting', attempts = 0, error = ''"
            " WHERE id = ?",
            (one.id,),
        )
        ask_for_whole(tx, one.message)
        show_flags(tx, [one.message])
    tx.publish(OperationsChanged())


def cancel_transfer(tx: Transaction, number: int) -> None:
    """Have messages stay; raises NotFound."""
    for one in _group(tx, number):
        think_better(tx, one)


def _group(tx: Transaction, number: int) -> list[Outgoing]:
    """Load the transfers that are shown under the first one's id."""
    members = {row[0] for row in tx.connection.execute(_MEMBERS, (number,))}
    if not members:
        raise NotFound(f'nothing that waits has the id "transfer-{number}"')
    return [one for one in load_outgoing(tx) if one.id in members]


def _pending(row: Sequence[object]) -> PendingOperation:
    number, count, error, account, name, copying, failed = row
    verb = "copy" if copying else "move"
    messages = f"{count:,} message" if count == 1 else f"{count:,} messages"
    return PendingOperation(
        id=f"transfer-{number}",
        kind=verb,
        what=displayable(f"{verb} {messages} to {account}/{name}"),
        state=OperationState.FAILED if failed else OperationState.QUEUED,
        attempts=0,
        not_before=None,
        error=Displayable(str(error)),
    )


def stay(tx: Transaction, operation: OperationId) -> None:
    """Keep messages here that were to be deleted for that they lie elsewhere."""
    tx.connection.execute(
        "UPDATE outgoing SET state = 'erase' WHERE state = 'left' AND message IN"
        " (SELECT message FROM operation_item WHERE operation = ?)",
        (operation,),
    )


def refuse_incoming(tx: Transaction, operation: OperationId) -> None:
    """Have messages of other accounts go back there: their append is not wanted."""
    tx.connection.execute(
        "UPDATE incoming SET state = 'refused' WHERE state = 'queued' AND message IN"
        " (SELECT message FROM operation_item WHERE operation = ?)",
        (operation,),
    )


# Undo and redo.


def take_back(tx: Transaction, action: ActionId) -> int:
    """Have what an action sent to another account come back; how many messages."""
    rows = _of_action(tx, action)
    for message, token, place, wish in rows:
        _insert(tx, 0, place, wish, token)
        one = find_transfer(tx, token)
        if one is None or one.state == "erase":
            # It was thought better of already; what is seen here may have gone since.
            continue
        if wish.copying or one.state not in ("left", "recall", "keep"):
            here = bool(one.message)
        else:
            here = _stop_deletion(tx, message)
        if here or wish.copying:
            think_better(tx, one)
        else:
            _set_state(tx, one, "recall")
    return len(rows)


def wishes_of(tx: Transaction, action: ActionId) -> list[Transfer]:
    """Say what to do again of an action; what did not come back yet is to stay there."""
    found: dict[Transfer, list[MessageNumber]] = {}
    for message, token, place, wish in _of_action(tx, action):
        row = tx.connection.execute(
            "SELECT number FROM message WHERE number = coalesce("
            " (SELECT message FROM incoming WHERE token = ?), ?) AND mailbox <> ?",
            (token + _BACK, message, NOWHERE),
        ).fetchone()
        if row is None and not wish.copying:
            _insert(tx, 0, place, wish, token)
            one = find_transfer(tx, token)
            if one is not None and one.state != "erase":
                _set_state(tx, one, "keep")
            continue
        number = row[0] if row else message
        found.setdefault(wish, []).append(MessageNumber(number))
        tx.connection.execute(
            "DELETE FROM action_transfer WHERE action = ? AND message = ?",
            (action, message),
        )
    return [
        Transfer(tuple(numbers), one.account, one.wire_name, one.name, one.copying)
        for one, numbers in found.items()
    ]


def _of_action(
    tx: Transaction, action: ActionId
) -> list[tuple[MessageNumber, str, MailboxId, Transfer]]:
    return [
        (
            MessageNumber(message),
            token,
            MailboxId(place),
            Transfer((), account, wire_name, Displayable(name), bool(copying)),
        )
        for message, token, place, account, wire_name, name, copying in tx.connection.execute(
            "SELECT message, token, source, account, wire_name, name, copying"
            " FROM action_transfer WHERE action = ?",
            (action,),
        )
    ]


def _stop_deletion(tx: Transaction, number: MessageNumber) -> bool:
    """Let a message stay whose deletion no server has heard of; True if it can."""
    waiting = tx.connection.execute(
        "SELECT o.id, i.message FROM operation_item i JOIN operation o"
        " ON o.id = i.operation WHERE i.message = ? AND o.kind = 'expunge'"
        " AND o.state <> 'sent'",
        (number,),
    ).fetchall()
    take_out(tx, waiting)
    return bool(waiting)


def think_better(tx: Transaction, one: Outgoing) -> None:
    """Show a message here; what lies in the other store is to be erased."""
    _set_state(tx, one, "erase")
    if one.message:
        forget_wanted(tx, one.message, WHOLE)
        show_again(tx, one)


def _set_state(tx: Transaction, one: Outgoing, state: str) -> None:
    """Say what is to become of a transfer."""
    tx.connection.execute(
        "UPDATE outgoing SET state = ?, error = '' WHERE id = ?", (state, one.id)
    )
    tx.publish(OperationsChanged())


def _hide(tx: Transaction, one: Outgoing) -> None:
    tx.connection.execute(
        "UPDATE outgoing SET place = coalesce((SELECT mailbox FROM message"
        " WHERE number = message AND mailbox <> ?), place) WHERE id = ?",
        (NOWHERE, one.id),
    )
    tx.connection.execute(
        "UPDATE message SET mailbox = ? WHERE number = ?", (NOWHERE, one.message)
    )
    _tell(tx, one)


def _show(tx: Transaction, one: Outgoing) -> None:
    tx.connection.execute(
        "UPDATE message SET mailbox = coalesce("
        " (SELECT b.id FROM outgoing o JOIN mailbox b ON b.id = o.place WHERE o.id = ?),"
        " nullif(server_mailbox, 0), (SELECT min(id) FROM mailbox WHERE id > 0), 0)"
        " WHERE number = ? AND mailbox = ?",
        (one.id, one.message, NOWHERE),
    )
    _tell(tx, one)


def _tell(tx: Transaction, one: Outgoing) -> None:
    [place] = tx.connection.execute(
        "SELECT place FROM outgoing WHERE id = ?", (one.id,)
    ).fetchone()
    tx.publish(MailboxChanged(MailboxId(place)))


def _outgoing(row: Sequence[object]) -> Outgoing:
    number, token, message, place, account, wire_name, name, copying, state, tries = row
    return Outgoing(
        id=_number(number),
        token=str(token),
        message=MessageNumber(_number(message)),
        place=MailboxId(_number(place)),
        account=str(account),
        wire_name=wire_name if isinstance(wire_name, bytes) else b"",
        name=Displayable(str(name)),
        copying=bool(copying),
        state=str(state),
        attempts=_number(tries),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
