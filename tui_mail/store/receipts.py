"""What synchronizations did, kept for the journal."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from tui_mail.model.event import OperationsChanged
from tui_mail.model.receipt import SyncReceipt
from tui_mail.store.contents import moment_of, seconds_of
from tui_mail.store.database import Transaction
from tui_mail.store.source import Source

_TOGETHER = 60
"""Seconds within which what was done is one line: each key goes out by itself."""
_KEPT = 500


def note_receipt(tx: Transaction, counts: Mapping[str, int], now: datetime) -> None:
    """Keep what a synchronization did; with the last one if that was just now."""
    moment = seconds_of(now)
    row = tx.connection.execute(
        "SELECT id, at, counts FROM receipt ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if row is not None and 0 <= moment - row[1] < _TOGETHER:
        before = _counts(row[2])
        both = before | {word: before.get(word, 0) + counts[word] for word in counts}
        tx.connection.execute(
            "UPDATE receipt SET counts = ? WHERE id = ?", (json.dumps(both), row[0])
        )
    else:
        made = tx.connection.execute(
            "INSERT INTO receipt (at, counts) VALUES (?, ?)",
            (moment, json.dumps(dict(counts))),
        )
        tx.connection.execute(
            "DELETE FROM receipt WHERE id <= ?", ((made.lastrowid or 0) - _KEPT,)
        )
    tx.publish(OperationsChanged())


def load_receipts(source: Source, limit: int) -> list[SyncReceipt]:
    """Load the last of them, newest first."""
    rows: Sequence[tuple[int, str]] = source.connection.execute(
        "SELECT at, counts FROM receipt ORDER BY id DESC LIMIT ?", (limit,)
    ).fetchall()
    return [SyncReceipt(moment_of(at), _counts(counts)) for at, counts in rows]


def _counts(text: str) -> dict[str, int]:
    return {str(word): int(count) for word, count in json.loads(text).items()}
