"""What a person asked for while it could not be fetched: it comes with a connection."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.model.error import NotFound
from tui_mail.model.event import OperationsChanged
from tui_mail.model.ids import WHOLE, MessageNumber, PartId
from tui_mail.model.operation import OperationState, PendingOperation
from tui_mail.store.content import HEADER
from tui_mail.store.contents import moment_of, seconds_of
from tui_mail.store.database import Transaction
from tui_mail.store.messages import content_of
from tui_mail.store.pinning import pin_messages
from tui_mail.store.source import Source


@dataclass(frozen=True, slots=True)
class WantedPart:
    """What is to be fetched."""

    message: MessageNumber
    part: PartId | None
    """None is the readable text."""
    attempts: int = 0
    """How often the server would not give it."""


_PENDING = """
    SELECT w.message, w.part_id, w.is_text, w.state, w.attempts, w.not_before, w.error,
        c.subject
    FROM wanted w JOIN message m ON m.number = w.message JOIN content c ON c.id = m.content
    WHERE NOT EXISTS (SELECT 1 FROM outgoing o WHERE o.message = w.message
        AND o.state = 'waiting' AND w.part_id = '' AND w.is_text = 0)
    ORDER BY w.message, w.is_text DESC, w.part_id
"""
_IS_IT = "message = ? AND part_id = ? AND is_text = ?"
_NAMED = 3
"""Parts of a message that are named in the line."""


def want_part(tx: Transaction, number: MessageNumber, part: PartId | None) -> None:
    """Note that a part, or for None the readable text, is to be fetched.

    What was refused is asked for again. Raises NotFound.
    """
    content_of(tx, number)
    tx.connection.execute(
        "INSERT INTO wanted (message, part_id, is_text) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET state = 'queued', not_before = 0, error = ''",
        (number, part or "", part is None),
    )
    tx.publish(OperationsChanged())


def load_wanted(source: Source, now: datetime) -> list[WantedPart]:
    """List what is to be fetched now."""
    return [
        WantedPart(MessageNumber(number), None if is_text else PartId(part), attempts)
        for number, part, is_text, attempts in source.connection.execute(
            "SELECT message, part_id, is_text, attempts FROM wanted"
            " WHERE state = 'queued' AND not_before <= ? ORDER BY message DESC",
            (seconds_of(now),),
        )
    ]


def is_wanted(source: Source, number: MessageNumber, parts: Iterable[object]) -> bool:
    """Tell whether all of these parts of a message are asked for; None is the text."""
    asked = {
        None if is_text else part
        for part, is_text in source.connection.execute(
            "SELECT part_id, is_text FROM wanted WHERE message = ? AND state = 'queued'",
            (number,),
        )
    }
    return bool(asked) and (WHOLE in asked or asked.issuperset(parts))


def forget_wanted(tx: Transaction, number: MessageNumber, part: PartId | None) -> None:
    """Note that it was fetched, or is not wanted any more."""
    tx.connection.execute(
        f"DELETE FROM wanted WHERE {_IS_IT}", _key(WantedPart(number, part))
    )
    tx.publish(OperationsChanged())


def refuse_wanted(tx: Transaction, one: WantedPart, error: str) -> None:
    """Note that the server does not give it; it stays in the list, with why."""
    tx.connection.execute(
        "UPDATE wanted SET state = 'failed', attempts = attempts + 1, error = ?"
        f" WHERE {_IS_IT}",
        (displayable(error), *_key(one)),
    )
    tx.publish(OperationsChanged())


def postpone_wanted(
    tx: Transaction, one: WantedPart, until: datetime, error: str
) -> None:
    """Have it wait that the server would not give it now."""
    tx.connection.execute(
        "UPDATE wanted SET attempts = attempts + 1, not_before = ?, error = ?"
        f" WHERE {_IS_IT}",
        (seconds_of(until), displayable(error), *_key(one)),
    )
    tx.publish(OperationsChanged())


def _key(one: WantedPart) -> tuple[object, ...]:
    return one.message, one.part or "", one.part is None


def load_pending_fetches(source: Source) -> list[PendingOperation]:
    """List what is to be fetched, a line for each message."""
    groups: dict[int, list[Sequence[object]]] = {}
    for row in source.connection.execute(_PENDING):
        groups.setdefault(row[0], []).append(row)
    return [_pending(MessageNumber(number), rows) for number, rows in groups.items()]


def retry_fetch(tx: Transaction, number: MessageNumber) -> None:
    """Have what is wanted of a message fetched at once; raises NotFound."""
    changed = tx.connection.execute(
        "UPDATE wanted SET state = 'queued', not_before = 0, error = ''"
        " WHERE message = ?",
        (number,),
    ).rowcount
    if not changed:
        raise NotFound(f'nothing that waits has the id "fetch-{number}"')


def cancel_fetch(tx: Transaction, number: MessageNumber) -> None:
    """Ask for nothing of a message any more; one that is pinned is so no longer.

    Else it would be fetched all the same. Raises NotFound.
    """
    gone = tx.connection.execute(
        "DELETE FROM wanted WHERE message = ? RETURNING part_id, is_text", (number,)
    ).fetchall()
    if not gone:
        raise NotFound(f'nothing that waits has the id "fetch-{number}"')
    if (WHOLE, 0) in gone:
        pin_messages(tx, [number], pinned=False)


def _pending(
    number: MessageNumber, rows: Sequence[Sequence[object]]
) -> PendingOperation:
    failed = any(row[3] == "failed" for row in rows)
    later = max(_number(row[5]) for row in rows)
    names = [_name(str(row[1]), is_text=bool(row[2])) for row in rows[:_NAMED]]
    if more := len(rows) - len(names):
        names.append(f"{more} more")
    subject = str(rows[0][7]) or "(no subject)"
    return PendingOperation(
        id=f"fetch-{number}",
        kind="fetch",
        what=own(f'fetch {", ".join(names)} of "{displayable(subject)}"'),
        state=OperationState.FAILED if failed else OperationState.QUEUED,
        attempts=max(_number(row[4]) for row in rows),
        not_before=moment_of(later) if later else None,
        error=Displayable(max(str(row[6]) for row in rows)),
    )


def _name(part: str, *, is_text: bool) -> str:
    if is_text:
        return "the text"
    if part == HEADER:
        return "the header fields"
    return f"part {displayable(part)}" if part else "all"


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
