from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.store.filling import IDENTITY, Place, assert_counts, listed
from tui_mail.model.error import MailError, NotFound
from tui_mail.model.ids import ActionId, MailboxId, ModSeq, Uid, UidValidity
from tui_mail.model.mailbox import ListedMailbox, MailboxCounts, SpecialUse
from tui_mail.model.operation import (
    CreateMailbox,
    DeleteMailbox,
    Expunge,
    Move,
    RenameMailbox,
    SubscribeMailbox,
    Wish,
)
from tui_mail.store.appending import has_server
from tui_mail.store.database import AccountIdentity, Database
from tui_mail.store.journal import load_action, redo, undo
from tui_mail.store.mailbox_due import DueMailboxWish, due_mailbox_wishes
from tui_mail.store.mailbox_settling import (
    could_not_leave,
    mark_mailbox_wish_sent,
    revert_mailbox_wish,
    settle_mailbox_wish,
)
from tui_mail.store.mailbox_wishes import count_below
from tui_mail.store.mailboxes import (
    apply_listing,
    create_local_mailbox,
    find_mailbox,
    load_mailbox,
    load_mailboxes,
)
from tui_mail.store.operations import cancel, load_pending, retry
from tui_mail.store.performing import perform
from tui_mail.store.replaying import due_operations, revert_operation, settle_operation

NOW = datetime(2037, 1, 1, tzinfo=UTC)
BOXES = (
    listed("INBOX", SpecialUse.INBOX),
    listed("Trash", SpecialUse.TRASH),
    listed("Work"),
    listed("Work/Old"),
    listed("Work/Old/Older"),
    listed("Workshop"),
)


@pytest.fixture
def there(place: Place) -> Place:
    _list(place, *BOXES)
    return place


def _list(place: Place, *boxes: ListedMailbox, subscribed_only: bool = False) -> None:
    with place.database.transaction() as tx:
        apply_listing(tx, boxes, {}, subscribed_only=subscribed_only)


def _do(place: Place, wish: Wish) -> ActionId:
    with place.database.transaction() as tx:
        return perform(tx, wish, said="did it", session="s")


def _undo(place: Place, action: ActionId) -> None:
    with place.database.transaction() as tx:
        undo(tx, action, session="s")


def _redo(place: Place, action: ActionId) -> None:
    with place.database.transaction() as tx:
        redo(tx, action, session="s")


def _due(place: Place) -> list[DueMailboxWish]:
    return due_mailbox_wishes(place.database, NOW)


def _settle(place: Place, *, wire_name: bytes = b"") -> None:
    with place.database.transaction() as tx:
        [first, *_] = due_mailbox_wishes(tx, NOW)
        mark_mailbox_wish_sent(tx, first, NOW)
        [first, *_] = due_mailbox_wishes(tx, NOW)
        settle_mailbox_wish(tx, first, wire_name=wire_name)


def _refuse(place: Place, error: str = "no") -> None:
    with place.database.transaction() as tx:
        revert_mailbox_wish(tx, due_mailbox_wishes(tx, NOW)[0], error)


def _names(place: Place) -> list[str]:
    return [str(box.name) for box in load_mailboxes(place.database)]


def _whats(place: Place) -> list[str]:
    return [str(one.what) for one in load_pending(place.database)]


def _shown(place: Place, box: MailboxId) -> list[object]:
    rows = place.rows("SELECT number FROM message WHERE mailbox = ? ORDER BY 1", box)
    return [number for (number,) in rows]


def _wire(place: Place, name: str) -> bytes:
    return load_mailbox(place.database, place.box(name)).wire_name


def _named(place: Place, name: str, delimiter: str) -> ListedMailbox:
    return ListedMailbox(
        name.encode(), name, delimiter, frozenset(), None, subscribed=True
    )


# Making.


def test_a_new_mailbox_is_there_at_once_and_waits_for_the_server(there: Place) -> None:
    _do(there, CreateMailbox("Grüße/Über"))
    assert "Grüße/Über" in _names(there)
    assert _wire(there, "Grüße/Über") == b"Gr&APwA3w-e/&ANw-ber"
    assert _whats(there) == ['make the mailbox "Grüße/Über"']
    [wish] = _due(there)
    assert (wish.kind, wish.mailbox) == ("create", there.box("Grüße/Über"))
    _settle(there, wire_name=b"Gr&APwA3w-e/&ANw-ber")
    assert not load_mailbox(there.database, wish.mailbox).local
    assert _whats(there) == []


def test_a_new_mailbox_stays_when_the_server_does_not_list_it_yet(there: Place) -> None:
    _do(there, CreateMailbox("New"))
    _list(there, *BOXES)
    assert "New" in _names(there)


def test_a_mailbox_that_another_client_made_meanwhile_is_the_same(
    there: Place,
) -> None:
    _do(there, CreateMailbox("New"))
    made = there.box("New")
    _list(there, *BOXES, listed("New"))
    assert there.box("New") == made
    _settle(there, wire_name=b"New")
    assert not load_mailbox(there.database, made).local


def test_where_the_server_calls_it_otherwise_the_messages_go_along(
    there: Place,
) -> None:
    numbers = there.fill(1)
    _do(there, CreateMailbox("New"))
    _do(there, Move(tuple(numbers), there.box("New")))
    _list(there, *BOXES, _named(there, "INBOX.New", "."))
    _settle(there, wire_name=b"INBOX.New")
    box = there.box("INBOX/New")
    assert _shown(there, box) == numbers
    [move] = due_operations(there.database, NOW)
    assert move.target == box
    assert "New" not in _names(there)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "needs a name"),
        ("a//b", "needs a name"),
        ("/a", "needs a name"),
        ("a*", "any letters"),
        ("a\u202eb", "not seen"),
        ("x" * 251, "250 letters"),
        ("Work", "there already"),
        ("inbox", "there already"),
    ],
)
def test_names_that_cannot_be_are_refused_at_once(
    there: Place, name: str, said: str
) -> None:
    with pytest.raises(MailError, match=said):
        _do(there, CreateMailbox(name))
    assert _whats(there) == []


def test_hostile_names_go_as_they_are_seen(there: Place) -> None:
    for name in ("&", "a&b", '"q" \\', "日本語", "~peter", "#news", "{3}"):
        _do(there, CreateMailbox(name))
        assert name in _names(there)
    assert _wire(there, "a&b") == b"a&-b"
    assert _wire(there, "日本語") == b"&ZeVnLIqe-"


def test_where_dots_part_names_slashes_become_dots_and_dots_are_refused(
    there: Place,
) -> None:
    _list(there, _named(there, "INBOX", "."), _named(there, "Work", "."))
    _do(there, CreateMailbox("Work/New"))
    assert _wire(there, "Work/New") == b"Work.New"
    with pytest.raises(MailError, match="parts names"):
        _do(there, CreateMailbox("v1.2"))


def test_where_names_are_flat_none_lies_below_another(there: Place) -> None:
    _list(there, _named(there, "INBOX", ""), _named(there, "Work", ""))
    with pytest.raises(MailError, match="below another"):
        _do(there, CreateMailbox("Work/New"))
    _do(there, CreateMailbox("New"))


def test_what_is_made_goes_below_the_personal_prefix(there: Place) -> None:
    _list(there, _named(there, "INBOX", "."), _named(there, "INBOX.Work", "."))
    _do(there, CreateMailbox("New"))
    _do(there, CreateMailbox("Work/Deep"))
    _do(there, CreateMailbox("INBOX/Other"))
    assert _wire(there, "INBOX/New") == b"INBOX.New"
    assert _wire(there, "INBOX/Work/Deep") == b"INBOX.Work.Deep"
    assert _wire(there, "INBOX/Other") == b"INBOX.Other"


def test_what_the_server_said_of_its_prefix_counts_more_than_what_is_seen(
    there: Place,
) -> None:
    with there.database.transaction() as tx:
        tx.connection.execute(
            "INSERT INTO namespace (place, kind, prefix, delimiter)"
            " VALUES (0, 'personal', x'6d61696c2f', '/')"
        )
    _do(there, CreateMailbox("New"))
    assert _wire(there, "mail/New") == b"mail/New"


def test_what_others_share_has_a_delimiter_of_its_own(there: Place) -> None:
    _list(there, _named(there, "INBOX", "/"), _named(there, "#shared.team", "."))
    _do(there, CreateMailbox("#shared/team/v1"))
    assert _wire(there, "#shared/team/v1") == b"#shared.team.v1"
    with pytest.raises(MailError, match="parts names"):
        _do(there, CreateMailbox("#shared/team/v1.2"))
    _do(there, CreateMailbox("v1.2"))
    assert _wire(there, "v1.2") == b"v1.2"


def test_nothing_is_made_below_what_takes_no_others(there: Place) -> None:
    leaf = ListedMailbox(
        b"Leaf", "Leaf", "/", frozenset({"\\noinferiors"}), None, subscribed=True
    )
    _list(there, *BOXES, leaf)
    with pytest.raises(MailError, match="no mailbox can lie below"):
        _do(there, CreateMailbox("Leaf/New"))


def test_a_refused_mailbox_is_not_there_any_more_but_said_and_comes_with_a_retry(
    there: Place,
) -> None:
    numbers = there.fill(2)
    _do(there, CreateMailbox("New"))
    _do(there, Move(tuple(numbers), there.box("New")))
    _refuse(there, "quota of mailboxes")
    assert "New" not in _names(there)
    assert _shown(there, there.box()) == numbers
    assert [one.error for one in load_pending(there.database)] == [
        "quota of mailboxes",
        "quota of mailboxes",
    ]
    with pytest.raises(MailError, match="refused to make it"):
        _do(there, CreateMailbox("New"))
    with there.database.transaction() as tx:
        retry(tx, "mailbox-1")
    assert "New" in _names(there)
    _refuse(there)
    with there.database.transaction() as tx:
        cancel(tx, "mailbox-1")
    assert _whats(there) == []
    assert there.rows("SELECT 1 FROM mailbox WHERE name = 'New'") == []


def test_making_is_undone_before_and_after_the_server_has_it(there: Place) -> None:
    action = _do(there, CreateMailbox("New"))
    _undo(there, action)
    assert ("New" in _names(there), _whats(there)) == (False, [])
    _redo(there, action)
    _settle(there, wire_name=b"New")
    _undo(there, action)
    assert "New" not in _names(there)
    assert _whats(there) == ['delete the mailbox "New"']


def test_a_mailbox_that_is_not_empty_any_more_is_not_unmade(there: Place) -> None:
    action = _do(there, CreateMailbox("New"))
    _do(there, Move(tuple(there.fill(1)), there.box("New")))
    with pytest.raises(MailError, match="not empty"):
        _undo(there, action)


# Renaming.


def test_a_rename_takes_those_below_along_and_waits(there: Place) -> None:
    numbers = there.fill(2, "Work/Old")
    _do(there, RenameMailbox(there.box("Work"), "Play"))
    assert {"Play", "Play/Old", "Play/Old/Older", "Workshop"} < set(_names(there))
    assert _wire(there, "Play/Old") == b"Work/Old"
    assert _whats(there) == ['rename the mailbox "Work" to "Play"']
    _list(there, *BOXES)
    assert {"Play", "Play/Old", "Play/Old/Older", "Workshop"} < set(_names(there))
    _settle(there, wire_name=b"Play")
    assert _wire(there, "Play/Old/Older") == b"Play/Old/Older"
    assert _wire(there, "Workshop") == b"Workshop"
    assert _shown(there, there.box("Play/Old")) == numbers


def test_a_refused_rename_gives_the_old_names_back(there: Place) -> None:
    _do(there, RenameMailbox(there.box("Work"), "Play"))
    _refuse(there, "not so")
    assert "Work/Old/Older" in _names(there)
    assert [one.state for one in load_pending(there.database)] == ["failed"]
    with there.database.transaction() as tx:
        retry(tx, "mailbox-1")
    assert "Play/Old/Older" in _names(there)
    with there.database.transaction() as tx:
        cancel(tx, "mailbox-2")
    assert ("Work/Old/Older" in _names(there), _whats(there)) == (True, [])


def test_a_second_rename_takes_the_place_of_the_first(there: Place) -> None:
    _do(there, RenameMailbox(there.box("Work"), "Play"))
    _do(there, RenameMailbox(there.box("Play"), "Rest"))
    assert _whats(there) == ['rename the mailbox "Work" to "Rest"']
    _do(there, RenameMailbox(there.box("Rest"), "Work"))
    assert ("Work/Old" in _names(there), _whats(there)) == (True, [])


def test_renames_are_undone_and_done_again(there: Place) -> None:
    action = _do(there, RenameMailbox(there.box("Work"), "Play"))
    _undo(there, action)
    assert ("Work/Old" in _names(there), _whats(there)) == (True, [])
    _redo(there, action)
    _settle(there, wire_name=b"Play")
    _undo(there, action)
    assert "Work/Old" in _names(there)
    assert _whats(there) == ['rename the mailbox "Play" to "Work"']


def test_undo_of_what_was_refused_forgets_the_wish(there: Place) -> None:
    names = _names(there)
    for wish in (
        CreateMailbox("New"),
        RenameMailbox(there.box("Work"), "Play"),
        DeleteMailbox(there.box("Workshop")),
        SubscribeMailbox(there.box("Trash"), subscribed=False),
    ):
        action = _do(there, wish)
        _refuse(there)
        assert len(_whats(there)) == 1
        _undo(there, action)
        assert (_names(there), _whats(there)) == (names, [])
    assert load_mailbox(there.database, there.box("Trash")).subscribed


def test_what_is_cancelled_is_undone(there: Place) -> None:
    for wish in (
        CreateMailbox("New"),
        RenameMailbox(there.box("Work"), "Play"),
        DeleteMailbox(there.box("Workshop")),
        SubscribeMailbox(there.box("Trash"), subscribed=False),
    ):
        action = _do(there, wish)
        [waiting] = load_pending(there.database)
        with there.database.transaction() as tx:
            cancel(tx, waiting.id)
        assert load_action(there.database, action).undone, wish


def test_undo_of_what_the_server_has_leaves_what_was_refused_later(
    there: Place,
) -> None:
    action = _do(there, RenameMailbox(there.box("Work"), "Play"))
    _settle(there, wire_name=b"Play")
    _do(there, RenameMailbox(there.box("Play"), "Rest"))
    _refuse(there)
    _undo(there, action)
    assert "Work/Old" in _names(there)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("INBOX", "Elsewhere", "keeps its name"),
        ("Work", "Work", "its name already"),
        ("Work", "Work/Old/In", "below itself"),
        ("Work", "Trash", "there already"),
    ],
)
def test_renames_that_cannot_be_are_refused_at_once(
    there: Place, old: str, new: str, said: str
) -> None:
    with pytest.raises(MailError, match=said):
        _do(there, RenameMailbox(there.box(old), new))
    assert _whats(there) == []


def test_what_was_moved_out_of_a_mailbox_does_not_go_with_it(there: Place) -> None:
    _do(there, RenameMailbox(there.box("Work/Old"), "Kept"))
    assert count_below(there.database, there.box("Work")) == (0, 0)
    _do(there, DeleteMailbox(there.box("Work")))
    assert _whats(there) == [
        'rename the mailbox "Work/Old" to "Kept"',
        'delete the mailbox "Work"',
    ]
    assert {"Kept", "Kept/Older"} < set(_names(there))


def test_what_was_moved_out_of_a_mailbox_does_not_follow_its_rename(
    there: Place,
) -> None:
    _do(there, RenameMailbox(there.box("Work/Old"), "Kept"))
    _do(there, RenameMailbox(there.box("Work"), "Play"))
    assert {"Play", "Kept", "Kept/Older"} < set(_names(there))
    _list(there, *BOXES)
    assert {"Play", "Kept", "Kept/Older"} < set(_names(there))


def test_what_is_to_lie_below_a_name_that_was_never_told_follows_the_last(
    there: Place,
) -> None:
    _do(there, RenameMailbox(there.box("Work"), "Play"))
    _do(there, RenameMailbox(there.box("Workshop"), "Play/Shop"))
    _do(there, RenameMailbox(there.box("Play"), "Rest"))
    assert {"Rest", "Rest/Shop", "Rest/Old"} < set(_names(there))
    _list(there, *BOXES)
    assert {"Rest", "Rest/Shop", "Rest/Old"} < set(_names(there))
    assert _whats(there) == [
        'rename the mailbox "Work" to "Rest"',
        'rename the mailbox "Workshop" to "Rest/Shop"',
    ]
    _do(there, RenameMailbox(there.box("Rest"), "Work"))
    assert _whats(there) == ['rename the mailbox "Workshop" to "Work/Shop"']


def test_the_name_of_before_is_not_free_while_the_server_has_it(there: Place) -> None:
    _do(there, RenameMailbox(there.box("Work"), "Play"))
    with pytest.raises(MailError, match="waits to be renamed"):
        _do(there, CreateMailbox("Work"))


def test_what_the_server_has_not_made_yet_is_simply_called_otherwise(
    there: Place,
) -> None:
    _do(there, CreateMailbox("New"))
    _do(there, CreateMailbox("New/Below"))
    _do(there, RenameMailbox(there.box("New"), "Fresh"))
    assert _whats(there) == [
        'make the mailbox "Fresh"',
        'make the mailbox "Fresh/Below"',
    ]
    assert _wire(there, "Fresh/Below") == b"Fresh/Below"


def test_what_is_made_below_a_renamed_mailbox_follows_it(there: Place) -> None:
    _do(there, RenameMailbox(there.box("Work"), "Play"))
    _do(there, CreateMailbox("Play/New"))
    assert _wire(there, "Play/New") == b"Work/New"
    _settle(there, wire_name=b"Work/New")
    assert "Play/New" in _names(there)
    _settle(there, wire_name=b"Play")
    assert _wire(there, "Play/New") == b"Play/New"


def test_a_rename_whose_answer_was_lost_ends_with_one_mailbox(there: Place) -> None:
    numbers = there.fill(2, "Work")
    _do(there, RenameMailbox(there.box("Work"), "Play"))
    below = [listed(name) for name in ("Play", "Play/Old", "Play/Old/Older")]
    _list(there, *BOXES[:2], *below, BOXES[-1])
    _settle(there, wire_name=b"Play")
    assert sorted(_names(there)) == sorted(
        ["INBOX", "Trash", "Play", "Play/Old", "Play/Old/Older", "Workshop"]
    )
    assert _shown(there, there.box("Play")) == numbers


# Others rename.


def _counted(name: str, validity: int, uid_next: int, modseq: int = 0) -> ListedMailbox:
    counts = MailboxCounts(0, 0, Uid(uid_next), UidValidity(validity), ModSeq(modseq))
    return ListedMailbox(
        name.encode(), name, "/", frozenset(), None, subscribed=True, counts=counts
    )


def test_a_mailbox_that_another_client_renamed_keeps_its_messages(
    there: Place,
) -> None:
    there.fill(2, "Work")
    there.state("Work", uid_validity=UidValidity(41), uid_next=Uid(3), low_uid=Uid(1))
    before = there.box("Work")
    _list(there, *BOXES[:2], _counted("Play", 41, 4))
    assert there.box("Play") == before
    assert load_mailbox(there.database, before).total == 2


@pytest.mark.parametrize(
    "others",
    [
        [_counted("Play", 42, 4)],
        [_counted("Play", 41, 2)],
        [_counted("Play", 41, 4), _counted("Other", 41, 4)],
        [_counted("Play", 41, 4, modseq=5)],
    ],
)
def test_a_mailbox_that_may_be_another_is_not_taken_for_the_renamed_one(
    there: Place, others: list[ListedMailbox]
) -> None:
    there.fill(2, "Work")
    there.state(
        "Work",
        uid_validity=UidValidity(41),
        uid_next=Uid(3),
        low_uid=Uid(1),
        highest_modseq=ModSeq(9),
    )
    before = there.box("Work")
    _list(there, *BOXES[:2], *others)
    assert there.box("Play") != before


# Deleting.


def test_a_deleted_mailbox_is_out_of_sight_with_all_below_it_until_the_server_agrees(
    there: Place,
) -> None:
    numbers = there.fill(3, "Work") + there.fill(2, "Work/Old")
    assert count_below(there.database, there.box("Work")) == (2, 5)
    boxes = [there.box(name) for name in ("Work", "Work/Old", "Work/Old/Older")]
    _do(there, DeleteMailbox(boxes[0]))
    assert _names(there) == ["INBOX", "Trash", "Workshop"]
    assert len(there.rows("SELECT 1 FROM message")) == len(numbers)
    assert there.rows("SELECT 1 FROM message WHERE mailbox <> 0") == []
    assert [wish.mailbox for wish in _due(there)] == [boxes[2]]
    _list(there, *BOXES)
    assert _names(there) == ["INBOX", "Trash", "Workshop"]
    for _ in range(3):
        _settle(there)
    assert there.rows("SELECT 1 FROM message") == []
    assert there.rows("SELECT 1 FROM mailbox WHERE name LIKE 'Work/%'") == []
    assert _whats(there) == []
    assert_counts(there)


def test_a_refused_deletion_brings_everything_back(there: Place) -> None:
    numbers = there.fill(3, "Workshop")
    _do(there, Expunge((numbers[0],)))
    _do(there, DeleteMailbox(there.box("Workshop")))
    with there.database.transaction() as tx:
        [expunge] = due_operations(tx, NOW)
        settle_operation(tx, expunge.id, validity=None, uids={})
    _refuse(there, "in use")
    assert _shown(there, there.box("Workshop")) == numbers[1:]
    assert [str(one.error) for one in load_pending(there.database)] == ["in use"]
    assert_counts(there)
    with there.database.transaction() as tx:
        retry(tx, "mailbox-1")
    assert "Workshop" not in _names(there)


def test_what_was_deleted_for_ever_stays_so_when_its_mailbox_comes_back(
    there: Place,
) -> None:
    numbers = there.fill(3, "Workshop")
    _do(there, Expunge((numbers[0],)))
    action = _do(there, DeleteMailbox(there.box("Workshop")))
    _undo(there, action)
    assert _shown(there, there.box("Workshop")) == numbers[1:]


def test_a_deletion_is_undone_until_the_server_has_it(there: Place) -> None:
    numbers = there.fill(2, "Work/Old")
    action = _do(there, DeleteMailbox(there.box("Work")))
    _undo(there, action)
    assert {"Work", "Work/Old", "Work/Old/Older"} < set(_names(there))
    assert _whats(there) == []
    assert _shown(there, there.box("Work/Old")) == numbers
    _redo(there, action)
    for _ in range(3):
        _settle(there)
    assert load_action(there.database, action).undone is False
    with pytest.raises(MailError, match="no way back"):
        _undo(there, action)


def test_what_is_moved_out_before_is_saved_before(there: Place) -> None:
    numbers = there.fill(2, "Workshop")
    _do(there, Move((numbers[0],), there.box()))
    _do(there, DeleteMailbox(there.box("Workshop")))
    assert _due(there) == []
    assert _shown(there, there.box()) == [numbers[0]]
    with there.database.transaction() as tx:
        [move] = due_operations(tx, NOW)
        settle_operation(
            tx, move.id, validity=UidValidity(7), uids={numbers[0]: Uid(9)}
        )
    _settle(there)
    assert there.rows("SELECT number FROM message") == [(numbers[0],)]


def test_a_deletion_knows_what_could_not_be_saved_before(there: Place) -> None:
    numbers = there.fill(2, "Workshop")
    box = there.box("Workshop")
    _do(there, Move((numbers[0],), there.box()))
    _do(there, DeleteMailbox(box))
    assert could_not_leave(there.database, box) == 0
    with there.database.transaction() as tx:
        revert_operation(tx, due_operations(tx, NOW)[0].id, "no")
    assert could_not_leave(there.database, box) == 1
    _refuse(there)
    _do(there, DeleteMailbox(box))
    assert could_not_leave(there.database, box) == 0


def test_a_deletion_waits_for_what_goes_into_the_mailbox_too(there: Place) -> None:
    numbers = there.fill(1)
    action = _do(there, Move(tuple(numbers), there.box("Workshop")))
    gone = _do(there, DeleteMailbox(there.box("Workshop")))
    assert _due(there) == []
    _undo(there, gone)
    assert _shown(there, there.box("Workshop")) == numbers
    _undo(there, action)


def test_a_deletion_says_how_many_messages_it_may_cost(there: Place) -> None:
    there.fill(3, "Workshop")
    there.state("Workshop", exists=5)
    _do(there, DeleteMailbox(there.box("Workshop")))
    [wish] = _due(there)
    assert wish.messages == 5
    assert _whats(there) == ['delete the mailbox "Workshop" with 5 messages']


def test_what_leaves_before_is_not_counted_and_what_comes_is(there: Place) -> None:
    numbers = there.fill(4, "Workshop")
    there.state("Workshop", uid_validity=UidValidity(7), low_uid=Uid(1))
    _do(there, Move((numbers[0],), there.box()))
    _do(there, Expunge((numbers[1],)))
    _do(there, Move(tuple(there.fill(1)), there.box("Workshop")))
    _do(there, DeleteMailbox(there.box("Workshop")))
    [said] = [one for one in _whats(there) if one.startswith("delete the")]
    assert said == 'delete the mailbox "Workshop" with 3 messages'


def test_the_inbox_cannot_be_deleted(there: Place) -> None:
    with pytest.raises(MailError, match="inbox"):
        _do(there, DeleteMailbox(there.box()))


def test_what_the_server_never_heard_of_is_gone_at_once_and_can_be_had_back(
    there: Place,
) -> None:
    _do(there, CreateMailbox("New"))
    action = _do(there, DeleteMailbox(there.box("New")))
    assert ("New" in _names(there), _whats(there)) == (False, [])
    _undo(there, action)
    assert _whats(there) == ['make the mailbox "New"']


def test_a_mailbox_that_another_client_deleted_meanwhile_needs_no_deletion(
    there: Place,
) -> None:
    there.fill(2, "Workshop")
    action = _do(there, DeleteMailbox(there.box("Workshop")))
    _list(there, *BOXES[:-1])
    assert _whats(there) == []
    assert there.rows("SELECT 1 FROM message") == []
    with pytest.raises(MailError, match="deleted on the server"):
        _undo(there, action)


def test_a_mailbox_of_the_same_name_is_made_only_when_the_old_one_is_gone(
    there: Place,
) -> None:
    _do(there, DeleteMailbox(there.box("Workshop")))
    with pytest.raises(MailError, match="waits to be deleted"):
        _do(there, CreateMailbox("Workshop"))


def test_a_wish_that_was_taken_back_does_not_go_out(there: Place) -> None:
    _do(there, DeleteMailbox(there.box("Workshop")))
    [wish] = _due(there)
    with there.database.transaction() as tx:
        cancel(tx, "mailbox-1")
        with pytest.raises(NotFound):
            mark_mailbox_wish_sent(tx, wish, NOW)
    assert "Workshop" in _names(there)


def test_a_wish_on_its_way_is_not_cancelled(there: Place) -> None:
    _do(there, DeleteMailbox(there.box("Workshop")))
    with there.database.transaction() as tx:
        mark_mailbox_wish_sent(tx, due_mailbox_wishes(tx, NOW)[0], NOW)
        with pytest.raises(MailError, match="on its way"):
            cancel(tx, "mailbox-1")


# Subscribing.


def test_who_subscribes_no_more_sees_it_go_when_the_server_knows(there: Place) -> None:
    there.fill(2, "Workshop")
    action = _do(there, SubscribeMailbox(there.box("Workshop"), subscribed=False))
    assert _whats(there) == ['unsubscribe from the mailbox "Workshop"']
    _list(there, *BOXES, subscribed_only=True)
    box = load_mailbox(there.database, there.box("Workshop"))
    assert (box.subscribed, box.followed, box.total) == (False, True, 2)
    _undo(there, action)
    assert _whats(there) == []
    _redo(there, action)
    _settle(there)
    left = [
        ListedMailbox(b"Workshop", "Workshop", "/", frozenset(), None, subscribed=False)
    ]
    _list(there, *BOXES[:-1], *left, subscribed_only=True)
    assert "Workshop" not in _names(there)
    assert there.rows("SELECT 1 FROM message") == []
    everything = load_mailboxes(there.database, unfollowed=True)
    [box] = [one for one in everything if one.name == "Workshop"]
    _do(there, SubscribeMailbox(box.id, subscribed=True))
    assert "Workshop" in _names(there)
    _refuse(there)
    assert not load_mailbox(there.database, box.id).subscribed


def test_without_the_setting_what_is_not_subscribed_is_seen(there: Place) -> None:
    left = ListedMailbox(b"Loose", "Loose", "/", frozenset(), None, subscribed=False)
    _list(there, *BOXES, left)
    assert "Loose" in _names(there)
    _list(there, *BOXES, left, subscribed_only=True)
    with pytest.raises(MailError, match="not subscribed"):
        _do(there, CreateMailbox("Loose"))


def test_what_lies_only_here_is_not_subscribed_to(there: Place) -> None:
    with there.database.transaction() as tx:
        made = create_local_mailbox(tx, "Here", None)
    with pytest.raises(MailError, match="only here"):
        _do(there, SubscribeMailbox(made, subscribed=False))


# Without a server.


@pytest.fixture
def local(tmp_path: Path) -> Place:
    path = tmp_path / "here.db"
    identity = AccountIdentity("local", "", "")
    Database.open(path, "here", identity=identity).close()
    place = Place.__new__(Place)
    place.path, place.events = path, []
    place.database = Database.open(path, "here", identity=identity)
    with place.database.transaction() as tx:
        create_local_mailbox(tx, "INBOX", SpecialUse.INBOX)
    return place


def _put_in(place: Place, box: MailboxId, count: int) -> None:
    with place.database.transaction() as tx:
        for number in range(1, count + 1):
            tx.connection.execute(
                "INSERT INTO content (identity, own_key, parent_key, message_id,"
                " in_reply_to, ancestors, subject, senders, recipients, copies, others,"
                " date, size, has_attachment, list_id, subject_words, sender_words,"
                " recipient_words, copy_words)"
                " VALUES (?, 0, 0, '', '', '', '', '', '', '', '', '', 1, 0, '', '', '',"
                " '', '')",
                (number,),
            )
            tx.connection.execute(
                "INSERT INTO message (mailbox, server_mailbox, uid, content, thread,"
                " date, arrival, flags, keywords, server_flags, server_keywords, modseq)"
                " VALUES (?, 0, 0, last_insert_rowid(), 1, 0, 0, 0, '', 0, '', 0)",
                (box,),
            )


def test_without_a_server_all_is_true_at_once_and_nothing_waits(local: Place) -> None:
    assert not has_server(local.database)
    _do(local, CreateMailbox("Shelf/Left"))
    _do(local, CreateMailbox("Shelf"))
    action = _do(local, RenameMailbox(local.box("Shelf"), "Rack"))
    assert _names(local) == ["INBOX", "Rack", "Rack/Left"]
    _undo(local, action)
    assert _names(local) == ["INBOX", "Shelf", "Shelf/Left"]
    _put_in(local, local.box("Shelf/Left"), 3)
    gone = _do(local, DeleteMailbox(local.box("Shelf")))
    assert _names(local) == ["INBOX"]
    assert local.rows("SELECT 1 FROM message") == []
    assert _whats(local) == []
    with pytest.raises(MailError, match="no way back"):
        _undo(local, gone)


def test_the_account_of_the_tests_has_a_server(there: Place) -> None:
    assert has_server(there.database)
    assert IDENTITY.kind == "imap"
    assert find_mailbox(there.database, "Work") is not None
