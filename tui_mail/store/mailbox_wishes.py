"""The local effect of wishes about mailboxes, and the way back from each.

A mailbox that is to be deleted is out of sight with all its messages, which go only when
the server has confirmed it. Where there is no server, all is true at once.
"""

from dataclasses import dataclass

from tui_mail.model.displayable import Displayable
from tui_mail.model.error import MailError, NoWayBack
from tui_mail.model.event import MailboxChanged, MailboxesChanged, OperationsChanged
from tui_mail.model.ids import MailboxId, MessageNumber, OperationId
from tui_mail.model.mailbox import Mailbox, SpecialUse
from tui_mail.model.mailbox_names import decode_name
from tui_mail.model.operation import OperationState
from tui_mail.store.appending import has_server
from tui_mail.store.database import Transaction
from tui_mail.store.mailbox_due import (
    CREATE,
    DELETE,
    RENAME,
    SUBSCRIBE,
    UNSUBSCRIBE,
)
from tui_mail.store.mailbox_laying import (
    call,
    family,
    lay_names,
    seen_below,
    show_subscribed,
)
from tui_mail.store.mailbox_names import NewName, named, new_name, shown_name
from tui_mail.store.mailboxes import NOWHERE, load_mailbox
from tui_mail.store.messages import count_known
from tui_mail.store.replaying import drop_operation
from tui_mail.store.source import Source
from tui_mail.store.wishes import expunge_messages

_INBOX = b"INBOX"
_AT_ONCE = "at once"
_HIDDEN = f"""
    UPDATE message SET mailbox = :id WHERE mailbox = {NOWHERE} AND (
        server_mailbox = :id AND number NOT IN (SELECT i.message FROM operation_item i
            JOIN operation o ON o.id = i.operation
            WHERE o.kind = 'expunge' AND o.state <> 'failed')
        AND number NOT IN (SELECT message FROM outgoing
            WHERE copying = 0 AND state IN ('handed', 'left'))
        OR number IN (SELECT CASE WHEN i.copy > 0 THEN i.copy ELSE i.message END
            FROM operation_item i JOIN operation o ON o.id = i.operation
            WHERE o.target = :id AND o.state <> 'failed'))
"""
_STAYING = """
    SELECT (SELECT count(*) FROM message WHERE mailbox = :id AND server_mailbox <> :id)
        + (SELECT count(*) FROM message WHERE server_mailbox = :id AND uid > 0
            AND number NOT IN (SELECT i.message FROM operation_item i
                JOIN operation o ON o.id = i.operation WHERE o.source = :id
                AND o.state <> 'failed' AND o.kind IN ('move', 'expunge'))
            AND number NOT IN (SELECT message FROM outgoing
                WHERE copying = 0 AND state <> 'failed'))
        + (SELECT count(*) FROM message WHERE server_mailbox = :id AND uid = 0)
"""


@dataclass(frozen=True, slots=True)
class MailboxChange:
    """What a wish changed about a mailbox, with what it takes to go back."""

    mailbox: MailboxId
    kind: str
    before: str = ""
    after: str = ""


def create_mailbox(
    tx: Transaction, name: str, use: SpecialUse | None = None
) -> MailboxChange:
    """Make a mailbox; raises MailError where it cannot be called so."""
    made = new_name(tx, name)
    row = tx.connection.execute(
        "INSERT INTO mailbox (wire_name, name, delimiter, special_use, is_local)"
        " VALUES (?, ?, ?, ?, 1)",
        (made.wire_name, made.shown, made.delimiter, use.value if use else ""),
    )
    mailbox = MailboxId(row.lastrowid or 0)
    if has_server(tx):
        _add(tx, CREATE, mailbox)
    _tell(tx)
    return MailboxChange(mailbox, CREATE, after=made.shown)


def rename_mailbox(tx: Transaction, mailbox: MailboxId, name: str) -> MailboxChange:
    """Call a mailbox otherwise, those below it too; raises MailError."""
    box = load_mailbox(tx, mailbox)
    if box.wire_name == _INBOX:
        raise MailError("the inbox keeps its name")
    fresh = named(tx, name)
    if fresh.shown == box.name:
        raise MailError(f'"{box.name}" is its name already')
    if str(fresh.shown).startswith(f"{box.name}/"):
        raise MailError("a mailbox cannot lie below itself")
    if fresh.wire_name == box.wire_name:
        _forget_rename(tx, box, fresh.shown)
    else:
        _rename(tx, box, new_name(tx, name))
    _tell(tx)
    return MailboxChange(mailbox, RENAME, box.name, fresh.shown)


def _forget_rename(tx: Transaction, box: Mailbox, shown: Displayable) -> None:
    """Give a mailbox the name back that the server knows."""
    _drop_queued(tx, box.id, RENAME)
    _retarget(tx, box.name, shown)
    lay_names(tx)


def _rename(tx: Transaction, box: Mailbox, fresh: NewName) -> None:
    changed = tx.connection.execute(
        "UPDATE mailbox_wish SET name = ? WHERE mailbox = ? AND kind = 'rename'"
        " AND state = 'queued'",
        (fresh.shown, box.id),
    ).rowcount
    _drop_failed(tx, box.id, RENAME)
    unknown = box.local and not _is_sent(tx, box.id, CREATE)
    if changed or unknown:
        _retarget(tx, box.name, fresh.shown)
    else:
        _add(tx, RENAME, box.id, name=fresh.shown)
    call(tx, box.id, fresh.shown)
    if unknown:
        give_wire_name(tx, box.id, fresh.wire_name)


def _retarget(tx: Transaction, before: str, after: str) -> None:
    """Have what is to lie below a mailbox that was never called so lie there still."""
    tx.connection.execute(
        "UPDATE mailbox_wish SET name = :after || substr(name, length(:before) + 1)"
        " WHERE kind = 'rename' AND state = 'queued'"
        " AND substr(name, 1, length(:before) + 1) = :before || '/'",
        {"before": before, "after": after},
    )


def give_wire_name(tx: Transaction, mailbox: MailboxId, wire_name: bytes) -> None:
    """Note what a mailbox is called on the server now; those below it follow."""
    members = family(tx, mailbox)
    [before] = tx.connection.execute(
        "SELECT wire_name FROM mailbox WHERE id = ?", (mailbox,)
    ).fetchone()
    for member in members:
        tx.connection.execute(
            "UPDATE mailbox SET wire_name = CAST(:fresh || substr(wire_name, :rest)"
            " AS BLOB) WHERE id = :id",
            {"fresh": wire_name, "rest": len(before) + 1, "id": member},
        )


def subscribe_mailbox(
    tx: Transaction, mailbox: MailboxId, *, subscribed: bool
) -> MailboxChange:
    """Subscribe to a mailbox, or end that; raises MailError."""
    box = load_mailbox(tx, mailbox)
    if box.local:
        raise MailError(
            f'"{box.name}" lies only here: there is nothing to subscribe to'
        )
    kind = SUBSCRIBE if subscribed else UNSUBSCRIBE
    if not _drop_queued(tx, mailbox, UNSUBSCRIBE if subscribed else SUBSCRIBE):
        _drop_queued(tx, mailbox, kind)
        _add(tx, kind, mailbox)
    show_subscribed(tx, mailbox, subscribed=subscribed)
    _tell(tx)
    return MailboxChange(mailbox, SUBSCRIBE, str(box.subscribed), str(subscribed))


def delete_mailbox(tx: Transaction, mailbox: MailboxId) -> list[MailboxChange]:
    """Delete a mailbox with those below it, the deepest first; raises MailError."""
    boxes = [load_mailbox(tx, one) for one in reversed(seen_below(tx, mailbox))]
    for box in boxes:
        if box.wire_name == _INBOX or box.special_use is SpecialUse.INBOX:
            raise MailError("the inbox cannot be deleted")
        if not box.followed and box.selectable:
            raise MailError(
                f'"{box.name}" lies below it and is not seen here: subscribe to it first'
            )
    changes = [_delete(tx, box) for box in boxes]
    _tell(tx)
    return changes


def _delete(tx: Transaction, box: Mailbox) -> MailboxChange:
    """Delete one; the change says where it was at once, and nobody else knows of it."""
    if not has_server(tx):
        expunge_messages(tx, numbers_in(tx, box.id))
        drop_mailbox(tx, box.id)
        return MailboxChange(box.id, DELETE, box.name, _AT_ONCE)
    if box.local and not _is_used(tx, box.id):
        drop_mailbox(tx, box.id)
        return MailboxChange(box.id, DELETE, box.name, _AT_ONCE)
    if not _waits(tx, box.id, DELETE):
        _hide(tx, box)
    return MailboxChange(box.id, DELETE, box.name)


def _hide(tx: Transaction, box: Mailbox) -> None:
    """Put a mailbox and its messages out of sight until the server has deleted it."""
    for (operation,) in tx.connection.execute(
        "SELECT id FROM operation WHERE source = ? AND state = 'failed'", (box.id,)
    ).fetchall():
        # Their messages are in sight again, and among those that go.
        drop_operation(tx, OperationId(operation))
    tx.connection.execute(
        "DELETE FROM outgoing WHERE state = 'failed' AND message IN"
        " (SELECT number FROM message WHERE mailbox = ?)",
        (box.id,),
    )
    _drop_failed(tx, box.id, DELETE)
    _add(tx, DELETE, box.id)
    tx.connection.execute(
        "UPDATE mailbox_wish SET messages = ?, validity = ?"
        " WHERE mailbox = ? AND kind = 'delete'",
        (_most_messages(tx, box), box.state.uid_validity or 0, box.id),
    )
    tx.connection.execute(
        f"UPDATE message SET mailbox = {NOWHERE} WHERE mailbox = ?", (box.id,)
    )
    tx.publish(MailboxChanged(box.id))


def _most_messages(tx: Transaction, box: Mailbox) -> int:
    """Count what the person knows to be in it once all that waits has gone its way."""
    [staying] = tx.connection.execute(_STAYING, {"id": box.id}).fetchone()
    return int(staying) + _not_here(tx, box)


def _not_here(source: Source, box: Mailbox) -> int:
    """Count the server's messages that were not fetched yet."""
    if box.state.low_uid == 1:
        return 0
    return max(0, box.server_total - count_known(source, box.id))


def count_below(source: Source, mailbox: MailboxId) -> tuple[int, int]:
    """Count the mailboxes below one, and the messages in all of them and in itself."""
    boxes = [load_mailbox(source, one) for one in seen_below(source, mailbox)]
    messages = sum(box.total + _not_here(source, box) for box in boxes)
    return len(boxes) - 1, messages


def numbers_below(source: Source, mailbox: MailboxId) -> list[MessageNumber]:
    """Name all messages that are seen in a mailbox and in those below it."""
    boxes = seen_below(source, mailbox)
    return [number for one in boxes for number in numbers_in(source, one)]


def restore(tx: Transaction, mailbox: MailboxId) -> None:
    """Show a mailbox that was to be deleted again, with its messages."""
    tx.connection.execute(_HIDDEN, {"id": mailbox})
    tx.publish(MailboxChanged(mailbox))


def drop_mailbox(tx: Transaction, mailbox: MailboxId) -> None:
    """Forget a mailbox, with what waits for it; its messages are gone already."""
    tx.connection.execute("DELETE FROM mailbox WHERE id = ?", (mailbox,))
    tx.publish(MailboxesChanged())


def numbers_in(source: Source, mailbox: MailboxId) -> list[MessageNumber]:
    """Name all messages that are seen in a mailbox."""
    rows = source.connection.execute(
        "SELECT number FROM message WHERE mailbox = ?", (mailbox,)
    )
    return [MessageNumber(number) for (number,) in rows]


def _is_used(tx: Transaction, mailbox: MailboxId) -> bool:
    """Tell whether anything lies in a mailbox or is on its way to or from it."""
    row = tx.connection.execute(
        "SELECT 1 FROM message WHERE mailbox = :id UNION ALL"
        " SELECT 1 FROM operation WHERE :id IN (source, target) UNION ALL"
        " SELECT 1 FROM mailbox_wish WHERE mailbox = :id AND state = 'sent' LIMIT 1",
        {"id": mailbox},
    ).fetchone()
    return row is not None


# What waits: taken back by the person, or done again.


def take_back(tx: Transaction, wish: int) -> None:
    """Undo the effect of a wish that has failed, or is to be forgotten.

    It has to be gone, or failed, already where names are concerned.
    """
    row = tx.connection.execute(
        "SELECT kind, mailbox FROM mailbox_wish WHERE id = ?", (wish,)
    ).fetchone()
    if row is None:
        return
    kind, mailbox = row[0], MailboxId(row[1])
    if kind == DELETE:
        restore(tx, mailbox)
    elif kind in (SUBSCRIBE, UNSUBSCRIBE):
        show_subscribed(tx, mailbox, subscribed=kind == UNSUBSCRIBE)
    elif kind == RENAME:
        lay_names(tx)
    _tell(tx)


def cancel_mailbox_wish(tx: Transaction, wish: int) -> None:
    """Forget a wish, its effect taken back; raises MailError where that is too late."""
    kind, mailbox, state = tx.connection.execute(
        "SELECT kind, mailbox, state FROM mailbox_wish WHERE id = ?", (wish,)
    ).fetchone()
    if kind == CREATE:
        _cancel_creation(tx, MailboxId(mailbox))
        return
    tx.connection.execute(
        "UPDATE mailbox_wish SET state = 'failed' WHERE id = ?", (wish,)
    )
    if OperationState(state) is not OperationState.FAILED:
        take_back(tx, wish)
    tx.connection.execute("DELETE FROM mailbox_wish WHERE id = ?", (wish,))
    _tell(tx)


def _cancel_creation(tx: Transaction, mailbox: MailboxId) -> None:
    for (operation,) in tx.connection.execute(
        "SELECT id FROM operation WHERE state = 'failed' AND ? IN (source, target)",
        (mailbox,),
    ).fetchall():
        drop_operation(tx, OperationId(operation))
    if _is_used(tx, mailbox) or len(seen_below(tx, mailbox)) > 1:
        raise MailError(f'"{load_mailbox(tx, mailbox).name}" is not empty')
    drop_mailbox(tx, mailbox)
    _tell(tx)


def retry_mailbox_wish(tx: Transaction, wish: int) -> None:
    """Have a wish tried at once; what was refused takes effect again, or says why not."""
    kind, mailbox, name, state = tx.connection.execute(
        "SELECT kind, mailbox, name, state FROM mailbox_wish WHERE id = ?", (wish,)
    ).fetchone()
    if state != "failed" or kind == CREATE:
        tx.connection.execute(
            "UPDATE mailbox_wish SET not_before = 0, error = '',"
            " state = CASE state WHEN 'failed' THEN 'queued' ELSE state END WHERE id = ?",
            (wish,),
        )
        _tell(tx)
        return
    tx.connection.execute("DELETE FROM mailbox_wish WHERE id = ?", (wish,))
    if kind == RENAME:
        rename_mailbox(tx, MailboxId(mailbox), name)
    elif kind == DELETE:
        delete_mailbox(tx, MailboxId(mailbox))
    else:
        subscribe_mailbox(tx, MailboxId(mailbox), subscribed=kind == SUBSCRIBE)


# Undo.


def undo_mailbox_change(tx: Transaction, change: MailboxChange) -> None:
    """Go back from a change, also after the server has it; raises MailError."""
    refused = _refused(tx, change)
    if refused is not None:
        # It was taken back then.
        cancel_mailbox_wish(tx, refused)
    elif change.kind == CREATE:
        _undo_creation(tx, change)
    elif change.kind == RENAME:
        _undo_rename(tx, change)
    elif change.kind == SUBSCRIBE:
        subscribe_mailbox(tx, change.mailbox, subscribed=change.before == "True")
    else:
        _undo_deletion(tx, change)


def _refused(tx: Transaction, change: MailboxChange) -> int | None:
    """Find the wish behind a change where the server refused it."""
    kind, name = change.kind, ""
    if kind == RENAME:
        name = change.after
    elif kind == SUBSCRIBE and change.after == "False":
        kind = UNSUBSCRIBE
    row = tx.connection.execute(
        "SELECT id FROM mailbox_wish WHERE mailbox = ? AND kind = ? AND name = ?"
        " AND state = 'failed'",
        (change.mailbox, kind, name),
    ).fetchone()
    return row[0] if row else None


def _undo_creation(tx: Transaction, change: MailboxChange) -> None:
    box = load_mailbox(tx, change.mailbox)
    if box.total or len(seen_below(tx, box.id)) > 1:
        raise NoWayBack(f'"{box.name}" is not empty any more')
    delete_mailbox(tx, box.id)


def _undo_rename(tx: Transaction, change: MailboxChange) -> None:
    box = load_mailbox(tx, change.mailbox)
    if box.name != change.after:
        raise NoWayBack(f'"{change.after}" has another name by now')
    if _server_name(box) == change.before and _waits(tx, box.id, RENAME):
        _forget_rename(tx, box, _server_name(box))
        _tell(tx)
    else:
        rename_mailbox(tx, box.id, change.before)


def _server_name(box: Mailbox) -> Displayable:
    return shown_name(decode_name(box.wire_name), box.delimiter)


def _undo_deletion(tx: Transaction, change: MailboxChange) -> None:
    row = tx.connection.execute(
        "SELECT id, state FROM mailbox_wish WHERE mailbox = ? AND kind = 'delete'"
        " AND state <> 'failed'",
        (change.mailbox,),
    ).fetchone()
    if row is None:
        if change.after == _AT_ONCE:
            create_mailbox(tx, change.before)
        elif not _is_there(tx, change.mailbox):
            raise MailError(f'"{change.before}" is deleted on the server')
        return
    wish, state = row
    if state == "sent":
        raise MailError(f'"{change.before}" is being deleted on the server already')
    cancel_mailbox_wish(tx, wish)


def _is_there(tx: Transaction, mailbox: MailboxId) -> bool:
    row = tx.connection.execute("SELECT 1 FROM mailbox WHERE id = ?", (mailbox,))
    return row.fetchone() is not None


# Rows.


def _add(tx: Transaction, kind: str, mailbox: MailboxId, *, name: str = "") -> None:
    tx.connection.execute(
        "INSERT INTO mailbox_wish (kind, mailbox, name) VALUES (?, ?, ?)",
        (kind, mailbox, name),
    )


def _drop_queued(tx: Transaction, mailbox: MailboxId, kind: str) -> bool:
    """Forget wishes of a kind that did not go out; True if one was to go."""
    rows = tx.connection.execute(
        "DELETE FROM mailbox_wish WHERE mailbox = ? AND kind = ? AND state <> 'sent'"
        " RETURNING state",
        (mailbox, kind),
    ).fetchall()
    return ("queued",) in rows


def _drop_failed(tx: Transaction, mailbox: MailboxId, kind: str) -> None:
    """Forget a wish that was refused: it is wished again."""
    tx.connection.execute(
        "DELETE FROM mailbox_wish WHERE mailbox = ? AND kind = ? AND state = 'failed'",
        (mailbox, kind),
    )


def _is_sent(tx: Transaction, mailbox: MailboxId, kind: str) -> bool:
    row = tx.connection.execute(
        "SELECT 1 FROM mailbox_wish WHERE mailbox = ? AND kind = ? AND state = 'sent'",
        (mailbox, kind),
    ).fetchone()
    return row is not None


def _waits(tx: Transaction, mailbox: MailboxId, kind: str) -> bool:
    row = tx.connection.execute(
        "SELECT 1 FROM mailbox_wish WHERE mailbox = ? AND kind = ? AND state <> 'failed'",
        (mailbox, kind),
    ).fetchone()
    return row is not None


def _tell(tx: Transaction) -> None:
    tx.publish(MailboxesChanged())
    tx.publish(OperationsChanged())
