"""Receipts of synchronizations."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.store.filling import IDENTITY
from tui_mail.model.receipt import SyncReceipt
from tui_mail.store.database import Database
from tui_mail.store.receipts import load_receipts, note_receipt

NOW = datetime(2026, 1, 1, 14, 2, tzinfo=UTC)


def test_a_receipt_says_what_was_done_and_always_what_was_lost() -> None:
    said = {"moved": 12, "flagged": 3}
    assert SyncReceipt(NOW, said).line == "12 moved, 3 flagged, 0 lost"
    again = {"rescanned": 812, "matched again": 810, "new": 2}
    assert SyncReceipt(NOW, again).line == "2 new, 810 of 812 matched again, 0 lost"
    assert SyncReceipt(NOW, {"lost": 1, "moved": 4}).line == "4 moved, 1 lost"


def test_what_is_done_within_a_minute_is_one_receipt_and_old_ones_go(
    tmp_path: Path,
) -> None:
    database = Database.open(tmp_path / "work.db", "work", identity=IDENTITY)
    for seconds, counts in ((0, {"moved": 1}), (20, {"moved": 1, "new": 2})):
        with database.transaction() as tx:
            note_receipt(tx, counts, NOW + timedelta(seconds=seconds))
    assert load_receipts(database, 9) == [SyncReceipt(NOW, {"moved": 2, "new": 2})]
    later = NOW + timedelta(minutes=5)
    for minutes in range(600):
        with database.transaction() as tx:
            note_receipt(tx, {"new": 1}, later + timedelta(minutes=minutes))
    receipts = load_receipts(database, 9_999)
    assert len(receipts) == 500
    assert receipts[0].at == later + timedelta(minutes=599)
    database.close()
