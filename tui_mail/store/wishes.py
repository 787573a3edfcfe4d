"""The local effect of each wish, and what it leaves to be replayed on the server.

Each function here takes effect at once within a transaction and returns what really
changed: that is what an undo has to take back.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tui_mail.model.event import MailboxChanged, OperationsChanged
from tui_mail.model.flags import canonical
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.store.appending import has_server, queue_append
from tui_mail.store.database import Transaction
from tui_mail.store.flag_columns import from_columns, to_columns
from tui_mail.store.mailboxes import NOWHERE
from tui_mail.store.messages import remove_rows
from tui_mail.store.overlay import keeping, laid_over, show_flags
from tui_mail.store.routes import Place, add_operation, by_source, load_places, take_out

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class FlagChange:
    """A flag that a message shows now and did not, or the other way round."""

    message: MessageNumber
    flag: str
    added: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A message that lies elsewhere now."""

    message: MessageNumber
    source: MailboxId
    target: MailboxId


@dataclass(frozen=True, slots=True)
class Copied:
    """A message that has a copy now."""

    message: MessageNumber
    copy: MessageNumber
    target: MailboxId


def set_flags(
    tx: Transaction,
    numbers: Sequence[MessageNumber],
    add: frozenset[str],
    remove: frozenset[str],
) -> list[FlagChange]:
    """Add and remove flags; a wish that is not sent yet gives way to its opposite."""
    changes: list[FlagChange] = []
    for chunk in _chunks(numbers):
        changes += _set_flags(tx, chunk, add, remove)
    if changes:
        tx.publish(OperationsChanged())
    return changes


def _set_flags(
    tx: Transaction,
    numbers: Sequence[MessageNumber],
    add: frozenset[str],
    remove: frozenset[str],
) -> list[FlagChange]:
    rows = tx.connection.execute(
        "SELECT m.number, m.flags, m.keywords, m.server_flags, m.server_keywords,"
        " s.id IS NOT NULL AND s.is_local = 0 OR here.is_local = 0"
        " OR EXISTS (SELECT 1 FROM astray WHERE message = m.number),"
        " coalesce(s.keywords_kept, 1), coalesce(s.keywords_named, '')"
        " FROM message m JOIN mailbox here ON here.id = m.mailbox"
        " LEFT JOIN mailbox s ON s.id = m.server_mailbox AND s.id <> 0"
        " WHERE m.number IN (SELECT value FROM json_each(?))",
        (json.dumps(numbers),),
    ).fetchall()
    sent = _sent_wishes(tx, numbers)
    changes: list[FlagChange] = []
    for number, bits, keywords, server_bits, server_words, remote, kept, named in rows:
        message = MessageNumber(number)
        facts = from_columns(server_bits, server_words)
        fresh = _changes(message, from_columns(bits, keywords), facts, add, remove)
        if not remote:
            _set_facts(tx, fresh, facts)
        else:
            under_way = laid_over(facts, sent.get(number, ()))
            _queue(tx, fresh, under_way, keeping(kept, named))
        changes += fresh
    show_flags(tx, [change.message for change in changes])
    return changes


def _changes(
    message: MessageNumber,
    shown: frozenset[str],
    facts: frozenset[str],
    add: frozenset[str],
    remove: frozenset[str],
) -> list[FlagChange]:
    """Say what would be shown otherwise; flags are spelt as the server spells them."""
    spelt = {flag.lower(): flag for flag in (*shown, *facts)}
    here = {flag.lower() for flag in shown}
    return [
        FlagChange(message, spelt.get(flag.lower(), canonical(flag)), added)
        for flags, added in ((add, True), (remove, False))
        for flag in sorted(flags)
        if (flag.lower() in here) != added
    ]


def _sent_wishes(
    tx: Transaction, numbers: Sequence[MessageNumber]
) -> dict[int, list[tuple[str, bool]]]:
    found: dict[int, list[tuple[str, bool]]] = {}
    for message, flag, adding in tx.connection.execute(
        "SELECT message, flag, adding FROM delta WHERE state = 'sent' AND message IN"
        " (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(numbers),),
    ):
        found.setdefault(message, []).append((flag, bool(adding)))
    return found


def _set_facts(
    tx: Transaction, changes: Sequence[FlagChange], facts: frozenset[str]
) -> None:
    """Change the flags of a message that lies only here: nothing waits."""
    if changes:
        after = laid_over(facts, ((one.flag, one.added) for one in changes))
        tx.connection.execute(
            "UPDATE message SET server_flags = ?, server_keywords = ? WHERE number = ?",
            (*to_columns(after), changes[0].message),
        )


def _queue(
    tx: Transaction,
    changes: Sequence[FlagChange],
    under_way: frozenset[str],
    keeps: Callable[[str], bool],
) -> None:
    for change in changes:
        tx.connection.execute(
            "DELETE FROM delta WHERE message = ? AND flag = ? AND state <> 'sent'",
            (change.message, change.flag),
        )
        if (change.flag in under_way) == change.added:
            continue
        tx.connection.execute(
            "INSERT INTO delta (message, flag, adding, state) VALUES (?, ?, ?, ?)",
            (
                change.message,
                change.flag,
                change.added,
                "queued" if keeps(change.flag) else "local",
            ),
        )


def move_messages(
    tx: Transaction, numbers: Sequence[MessageNumber], target: MailboxId
) -> list[Moved]:
    """Move messages; a move that is not sent yet gives way to the new one."""
    places = [one for one in _load_places(tx, numbers) if one.mailbox != target]
    _withdraw(tx, [one.number for one in places])
    withdraw_transfers(tx, [one.number for one in places])
    tx.connection.executemany(
        "UPDATE message SET mailbox = ? WHERE number = ?",
        [(target, one.number) for one in places],
    )
    if has_server(tx) and (here := [one.number for one in places if not one.expected]):
        queue_append(tx, here, target)
    waits = [one for one in places if one.expected not in (0, target)]
    for source, those in by_source(waits).items():
        add_operation(tx, "move", source, target, [(one, 0) for one in those])
    _tell(tx, places, target)
    return [Moved(one.number, one.mailbox, target) for one in places]


def copy_messages(
    tx: Transaction, numbers: Sequence[MessageNumber], target: MailboxId
) -> list[Copied]:
    """Copy messages; copies share their contents."""
    places = _load_places(tx, numbers)
    copies: list[Copied] = []
    for one in places:
        made = tx.connection.execute(
            "INSERT INTO message (mailbox, server_mailbox, uid, content, thread, date,"
            " arrival, flags, keywords, server_flags, server_keywords, modseq)"
            " SELECT ?, 0, 0, content, thread, date, arrival, flags, keywords, flags,"
            " keywords, 0 FROM message WHERE number = ?",
            (target, one.number),
        )
        copies.append(Copied(one.number, MessageNumber(made.lastrowid or 0), target))
    if not _is_local(tx, target):
        copy_of = {copied.message: copied.copy for copied in copies}
        for source, those in by_source(places).items():
            pairs = [(number, copy_of[number]) for number in those]
            add_operation(tx, "copy", source, target, pairs)
    show_flags(tx, [copied.copy for copied in copies])
    _tell(tx, places, target)
    return copies


def expunge_messages(tx: Transaction, numbers: Sequence[MessageNumber]) -> None:
    """Take messages out of sight, for ever once the server has heard of it.

    What is still to be copied to another account is deleted after that.
    """
    withdraw_transfers(tx, numbers)
    places = _put_off(tx, _load_places(tx, numbers))
    _withdraw(tx, [one.number for one in places])
    _withdraw_copies(tx, [one.number for one in places])
    places = _load_places(tx, [one.number for one in places])
    remove_rows(tx, [(one.number, one.mailbox) for one in places if not one.expected])
    waits = [one for one in places if one.expected]
    tx.connection.executemany(
        f"UPDATE message SET mailbox = {NOWHERE} WHERE number = ?",
        [(one.number,) for one in waits],
    )
    for source, those in by_source(waits).items():
        add_operation(tx, "expunge", source, NOWHERE, [(one, 0) for one in those])
    _tell(tx, waits, NOWHERE)


def _load_places(tx: Transaction, numbers: Sequence[MessageNumber]) -> list[Place]:
    """Load where messages are; one that was deleted for ever is not acted on again."""
    return [one for one in load_places(tx, numbers) if one.mailbox != NOWHERE]


def _withdraw(tx: Transaction, numbers: Sequence[MessageNumber]) -> None:
    """Take messages out of moves and appends not sent, and of deletions that failed."""
    items = tx.connection.execute(
        "SELECT o.id, i.message FROM operation_item i JOIN operation o"
        " ON o.id = i.operation WHERE i.message IN (SELECT value FROM json_each(?))"
        " AND (o.kind IN ('move', 'append') AND o.state <> 'sent'"
        "  OR o.kind = 'expunge' AND o.state = 'failed')",
        (json.dumps(numbers),),
    ).fetchall()
    take_out(tx, items)


def withdraw_transfers(tx: Transaction, numbers: Sequence[MessageNumber]) -> None:
    """Let messages stay that were to go to another account and did not yet."""
    tx.connection.execute(
        "UPDATE outgoing SET state = 'erase' WHERE state IN ('waiting', 'failed')"
        " AND copying = 0 AND message IN (SELECT value FROM json_each(?))",
        (json.dumps(numbers),),
    )


def _put_off(tx: Transaction, places: Sequence[Place]) -> list[Place]:
    """Put off the deletion of what has to be copied first; give what can go now."""
    held = {
        number
        for (number,) in tx.connection.execute(
            "UPDATE outgoing SET copying = 0 WHERE state = 'waiting' AND message IN"
            " (SELECT value FROM json_each(?)) RETURNING message",
            (json.dumps([one.number for one in places]),),
        ).fetchall()
    }
    later = [one for one in places if one.number in held]
    tx.connection.executemany(
        f"UPDATE message SET mailbox = {NOWHERE} WHERE number = ?",
        [(one.number,) for one in later],
    )
    _tell(tx, later, NOWHERE)
    return [one for one in places if one.number not in held]


def _withdraw_copies(tx: Transaction, numbers: Sequence[MessageNumber]) -> None:
    """Let copies that the server was not asked for yet never be asked for."""
    items = tx.connection.execute(
        "SELECT o.id, i.message FROM operation_item i JOIN operation o"
        " ON o.id = i.operation WHERE i.copy IN (SELECT value FROM json_each(?))"
        " AND i.copy > 0 AND o.state <> 'sent'",
        (json.dumps(numbers),),
    ).fetchall()
    take_out(tx, items)


def _is_local(tx: Transaction, mailbox: MailboxId) -> bool:
    row = tx.connection.execute(
        "SELECT is_local FROM mailbox WHERE id = ?", (mailbox,)
    ).fetchone()
    return bool(row and row[0])


def _tell(tx: Transaction, rows: Sequence[Place], target: MailboxId) -> None:
    if not rows:
        return
    show_flags(tx, [row.number for row in rows])
    for mailbox in {*(row.mailbox for row in rows), target} - {NOWHERE}:
        tx.publish(MailboxChanged(mailbox))
    tx.publish(OperationsChanged())


def _chunks(numbers: Sequence[MessageNumber]) -> Iterator[list[MessageNumber]]:
    for start in range(0, len(numbers), _CHUNK):
        yield list(numbers[start : start + _CHUNK])
