"""The local effect of each wish, and what it leaves to be replayed on the server.

Each function here takes effect at once within a transaction and returns what really
changed: that is what an undo has to take back.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tui_mail.model.event import MailboxChanged, OperationsChanged
from tui_mail.model.flags import SYSTEM_FLAGS
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.store.database import Transaction
from tui_mail.store.flag_columns import from_columns, to_columns
from tui_mail.store.mailboxes import NOWHERE
from tui_mail.store.messages import drop_empty_operations, remove_rows
from tui_mail.store.overlay import laid_over, show_flags

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


@dataclass(frozen=True, slots=True)
class _Row:
    number: MessageNumber
    mailbox: MailboxId
    server_mailbox: MailboxId
    in_flight_to: MailboxId
    """Where a move that was sent takes it; 0 where none was."""

    @property
    def expected(self) -> MailboxId:
        """Where the server will have it when it gets to the next wish."""
        return self.in_flight_to or self.server_mailbox


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
        " s.id IS NOT NULL AND s.is_local = 0 OR here.is_local = 0,"
        " coalesce(s.keywords_kept, 1)"
        " FROM message m JOIN mailbox here ON here.id = m.mailbox"
        " LEFT JOIN mailbox s ON s.id = m.server_mailbox AND s.id <> 0"
        " WHERE m.number IN (SELECT value FROM json_each(?))",
        (json.dumps(numbers),),
    ).fetchall()
    sent = _sent_wishes(tx, numbers)
    changes: list[FlagChange] = []
    for number, bits, keywords, server_bits, server_words, remote, kept in rows:
        message = MessageNumber(number)
        shown = from_columns(bits, keywords)
        spelt = {flag.lower(): flag for flag in shown}
        fresh = [
            *(FlagChange(message, f, True) for f in add if f.lower() not in spelt),
            *(
                FlagChange(message, spelt[f.lower()], False)
                for f in remove
                if f.lower() in spelt
            ),
        ]
        facts = from_columns(server_bits, server_words)
        if not remote:
            _set_facts(tx, fresh, facts)
        else:
            under_way = laid_over(facts, sent.get(number, ()))
            _queue(tx, fresh, under_way, keywords_kept=bool(kept))
        changes += fresh
    show_flags(tx, [change.message for change in changes])
    return changes


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
    *,
    keywords_kept: bool,
) -> None:
    for change in changes:
        tx.connection.execute(
            "DELETE FROM delta WHERE message = ? AND flag = ? AND state <> 'sent'",
            (change.message, change.flag),
        )
        if (change.flag in under_way) == change.added:
            continue
        stays = not keywords_kept and change.flag not in SYSTEM_FLAGS
        tx.connection.execute(
            "INSERT INTO delta (message, flag, adding, state) VALUES (?, ?, ?, ?)",
            (
                change.message,
                change.flag,
                change.added,
                "local" if stays else "queued",
            ),
        )


def move_messages(
    tx: Transaction, numbers: Sequence[MessageNumber], target: MailboxId
) -> list[Moved]:
    """Move messages; a move that is not sent yet gives way to the new one."""
    rows = [row for row in _load_rows(tx, numbers) if row.mailbox != target]
    _withdraw(tx, [row.number for row in rows], "move")
    tx.connection.executemany(
        "UPDATE message SET mailbox = ? WHERE number = ?",
        [(target, row.number) for row in rows],
    )
    waits = [
        row
        for row in rows
        if row.expected != target and not (_is_local(tx, target) and not row.expected)
    ]
    for source, those in _by_source(waits).items():
        _add_operation(tx, "move", source, target, [(one, 0) for one in those])
    _tell(tx, rows, target)
    return [Moved(row.number, row.mailbox, target) for row in rows]


def copy_messages(
    tx: Transaction, numbers: Sequence[MessageNumber], target: MailboxId
) -> list[Copied]:
    """Copy messages; copies share their contents."""
    rows = _load_rows(tx, numbers)
    copies: list[Copied] = []
    for row in rows:
        made = tx.connection.execute(
            "INSERT INTO message (mailbox, server_mailbox, uid, content, thread, date,"
            " arrival, flags, keywords, server_flags, server_keywords, modseq)"
            " SELECT ?, 0, 0, content, thread, date, arrival, flags, keywords, flags,"
            " keywords, 0 FROM message WHERE number = ?",
            (target, row.number),
        )
        copies.append(Copied(row.number, MessageNumber(made.lastrowid or 0), target))
    if not _is_local(tx, target):
        copy_of = {copied.message: copied.copy for copied in copies}
        for source, those in _by_source(rows).items():
            pairs = [(number, copy_of[number]) for number in those]
            _add_operation(tx, "copy", source, target, pairs)
    show_flags(tx, [copied.copy for copied in copies])
    _tell(tx, rows, target)
    return copies


def expunge_messages(tx: Transaction, numbers: Sequence[MessageNumber]) -> None:
    """Take messages out of sight, for ever once the server has heard of it."""
    rows = _load_rows(tx, numbers)
    _withdraw(tx, [row.number for row in rows], "move")
    _withdraw_copies(tx, [row.number for row in rows])
    only_here = [row for row in rows if not row.expected]
    remove_rows(tx, [(row.number, row.mailbox) for row in only_here])
    waits = [row for row in rows if row.expected]
    tx.connection.executemany(
        f"UPDATE message SET mailbox = {NOWHERE} WHERE number = ?",
        [(row.number,) for row in waits],
    )
    for source, those in _by_source(waits).items():
        _add_operation(tx, "expunge", source, NOWHERE, [(one, 0) for one in those])
    _tell(tx, waits, NOWHERE)


def _load_rows(tx: Transaction, numbers: Sequence[MessageNumber]) -> list[_Row]:
    found: dict[int, _Row] = {}
    for chunk in _chunks(numbers):
        for number, mailbox, server_mailbox, target in tx.connection.execute(
            "SELECT number, mailbox, server_mailbox, coalesce((SELECT o.target"
            "  FROM operation_item i JOIN operation o ON o.id = i.operation"
            "  WHERE i.message = number AND o.state = 'sent' AND o.kind = 'move'), 0)"
            " FROM message WHERE number IN (SELECT value FROM json_each(?))",
            (json.dumps(chunk),),
        ):
            found[number] = _Row(
                MessageNumber(number),
                MailboxId(mailbox),
                MailboxId(server_mailbox),
                MailboxId(target),
            )
    return [found[number] for number in dict.fromkeys(numbers) if number in found]


def _withdraw(tx: Transaction, numbers: Sequence[MessageNumber], kind: str) -> None:
    """Take messages out of operations that were not sent."""
    for chunk in _chunks(numbers):
        tx.connection.execute(
            "DELETE FROM operation_item WHERE message IN (SELECT value FROM json_each(?))"
            " AND operation IN"
            " (SELECT id FROM operation WHERE state <> 'sent' AND kind = ?)",
            (json.dumps(chunk), kind),
        )
    drop_empty_operations(tx)


def _withdraw_copies(tx: Transaction, numbers: Sequence[MessageNumber]) -> None:
    """Let copies that the server was not asked for yet never be asked for."""
    for chunk in _chunks(numbers):
        tx.connection.execute(
            "DELETE FROM operation_item WHERE copy IN (SELECT value FROM json_each(?))"
            " AND operation IN (SELECT id FROM operation WHERE state <> 'sent')",
            (json.dumps(chunk),),
        )
    drop_empty_operations(tx)


def _by_source(rows: Iterable[_Row]) -> dict[MailboxId, list[MessageNumber]]:
    """Group by where the server will have them when it hears of it."""
    found: dict[MailboxId, list[MessageNumber]] = {}
    for row in rows:
        found.setdefault(row.expected or row.mailbox, []).append(row.number)
    return found


def _add_operation(
    tx: Transaction,
    kind: str,
    source: MailboxId,
    target: MailboxId,
    items: Sequence[tuple[int, int]],
) -> None:
    operation = tx.connection.execute(
        "INSERT INTO operation (kind, source, target) VALUES (?, ?, ?)",
        (kind, source, target),
    ).lastrowid
    tx.connection.executemany(
        "INSERT INTO operation_item (operation, message, copy) VALUES (?, ?, ?)",
        [(operation, message, copy) for message, copy in items],
    )


def _is_local(tx: Transaction, mailbox: MailboxId) -> bool:
    row = tx.connection.execute(
        "SELECT is_local FROM mailbox WHERE id = ?", (mailbox,)
    ).fetchone()
    return bool(row and row[0])


def _tell(tx: Transaction, rows: Sequence[_Row], target: MailboxId) -> None:
    if not rows:
        return
    show_flags(tx, [row.number for row in rows])
    for mailbox in {*(row.mailbox for row in rows), target} - {NOWHERE}:
        tx.publish(MailboxChanged(mailbox))
    tx.publish(OperationsChanged())


def _chunks(numbers: Sequence[MessageNumber]) -> Iterator[list[MessageNumber]]:
    for start in range(0, len(numbers), _CHUNK):
        yield list(numbers[start : start + _CHUNK])
