"""The trash, emptied by itself where the settings say so."""

from datetime import UTC, datetime

import pytest

from tests.sync.mailing import Desk, letter, letters
from tui_mail.model.flags import FLAGGED
from tui_mail.model.operation import Expunge, Move, OperationState, Pin, SetFlags
from tui_mail.store.journal import last_undoable, load_journal
from tui_mail.store.operations import load_pending
from tui_mail.store.replaying import due_operations, revert_operation

pytestmark = pytest.mark.dovecot


def _days_pass(desk: Desk, days: int) -> None:
    """Have all that lies in the trash lie there for so many days longer."""
    with desk.database.transaction() as tx:
        tx.connection.execute("UPDATE trashed SET since = since - ?", (days * 86_400,))


def test_what_came_to_the_trash_so_many_days_ago_is_deleted_and_nothing_else(
    desk: Desk,
) -> None:
    # All of them arrived in January: that is not when they came to the trash.
    desk.fill(letters(1, 4))
    desk.fill([letter(5)], "Trash")
    desk.set(trash_days=30)
    desk.sync()
    desk.perform(Move((desk.number("letter 1"),), desk.box("Trash").id))
    desk.sync()
    assert set(desk.there("Trash")) == {"letter 1", "letter 5"}
    _days_pass(desk, 29)
    desk.perform(Move((desk.number("letter 2"),), desk.box("Trash").id))
    desk.sync()
    _days_pass(desk, 2)
    assert desk.sync(dry_run=True).deleted == 2
    assert desk.sync().deleted == 2
    assert set(desk.there("Trash")) == {"letter 2"}
    assert set(desk.here("Trash")) == {"letter 2"}
    assert set(desk.there()) == {"letter 3", "letter 4"}
    [entry, *_] = load_journal(desk.database)
    assert entry.said == "deleted 2 messages for ever, 30 days after they came to Trash"
    assert str(desk.sync()) == "in step"


def test_without_the_setting_the_trash_is_left_alone(desk: Desk) -> None:
    desk.fill([letter(1)], "Trash")
    desk.sync()
    assert desk.database.connection.execute("SELECT * FROM trashed").fetchall() == []
    desk.set(trash_days=1)
    desk.sync()
    _days_pass(desk, 5)
    desk.set(trash_days=0)
    desk.sync()
    assert set(desk.there("Trash")) == {"letter 1"}


def test_what_was_taken_out_of_the_trash_or_pinned_stays(desk: Desk) -> None:
    desk.fill(letters(1, 3), "Trash")
    desk.set(trash_days=7)
    desk.sync()
    _days_pass(desk, 8)
    desk.perform(Pin((desk.number("letter 1", "Trash"),), pinned=True))
    desk.perform(Move((desk.number("letter 2", "Trash"),), desk.box().id))
    with desk.oracle() as client:
        client.select_folder("Trash")
        client.move([3], "Archive")
    desk.sync()
    assert set(desk.there("Trash")) == {"letter 1"}
    assert set(desk.there()) == {"letter 2"}
    assert set(desk.there("Archive")) == {"letter 3"}
    # Back in the trash, its days begin anew.
    desk.perform(Move((desk.number("letter 2"),), desk.box("Trash").id))
    desk.sync()
    desk.sync()
    assert "letter 2" in desk.there("Trash")


def test_a_refused_deletion_is_not_wished_for_again_and_again(desk: Desk) -> None:
    desk.fill(letters(1, 2), "Trash")
    desk.set(trash_days=7)
    desk.sync()
    _days_pass(desk, 8)
    desk.perform(Expunge((desk.number("letter 1", "Trash"),)))
    [operation] = due_operations(desk.database, datetime.now(UTC))
    with desk.database.transaction() as tx:
        revert_operation(tx, operation.id, "no right to")
    desk.sync()
    [waiting] = load_pending(desk.database)
    assert waiting.state is OperationState.FAILED
    assert set(desk.there("Trash")) == {"letter 1", "letter 2"}


def test_what_a_person_did_before_is_still_what_an_undo_takes_back(desk: Desk) -> None:
    desk.fill(letters(1, 2))
    desk.fill([letter(3)], "Trash")
    desk.set(trash_days=7)
    desk.sync()
    desk.perform(SetFlags((desk.number("letter 1"),), add=frozenset({FLAGGED})))
    _days_pass(desk, 8)
    desk.sync()
    assert desk.there("Trash") == {}
    entry = last_undoable(desk.database)
    assert entry is not None
    assert entry.said == "a test"
