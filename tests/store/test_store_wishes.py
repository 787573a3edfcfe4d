import time
from datetime import timedelta

import pytest

from tests.store.acting import (
    NOW,
    confirm,
    confirm_flags,
    copy,
    due,
    expunge,
    first,
    first_flags,
    flag,
    flags_due,
    move,
    redo_last,
    refuse,
    send,
    send_flags,
    shown,
    undo_last,
    where,
    wish,
)
from tests.store.filling import Place, assert_counts, mail
from tui_mail.model.error import MailError, NotFound
from tui_mail.model.event import OperationsChanged
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import ActionId, MailboxId, MessageNumber, Uid
from tui_mail.model.message import FlagsOf
from tui_mail.model.operation import Move, MoveApart, SetFlags
from tui_mail.store.journal import (
    last_undoable,
    last_undone,
    load_action,
    load_journal,
    redo,
    undo,
)
from tui_mail.store.mailboxes import create_local_mailbox
from tui_mail.store.messages import apply_flags, load_location
from tui_mail.store.operations import cancel, load_pending
from tui_mail.store.replaying import (
    has_due,
    mark_flags_sent,
    mark_operation_sent,
    revert_flags,
    settle_flags,
)


@pytest.fixture
def number(place: Place) -> MessageNumber:
    return place.fill(1)[0]


# Flags.


def test_a_flag_is_shown_at_once_and_waits(place: Place, number: MessageNumber) -> None:
    assert not has_due(place.database, NOW)
    flag(place, number, add=FLAGGED)
    assert shown(place, number) == ("INBOX", {FLAGGED}, True)
    assert flags_due(place) == [(FLAGGED, True, "1")]
    assert has_due(place.database, NOW)
    confirm_flags(place)
    assert shown(place, number) == ("INBOX", {FLAGGED}, False)
    assert flags_due(place) == []


def test_the_opposite_of_what_was_not_sent_takes_it_back(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=SEEN)
    flag(place, number, remove=SEEN)
    assert flags_due(place) == []
    assert shown(place, number) == ("INBOX", frozenset(), False)


def test_the_opposite_of_what_was_sent_goes_after_it(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=SEEN)
    batch = send_flags(place)
    flag(place, number, remove=SEEN)
    assert shown(place, number) == ("INBOX", frozenset(), True)
    assert flags_due(place) == [(SEEN, True, "1")]
    with place.database.transaction() as tx:
        settle_flags(tx, batch)
    assert shown(place, number) == ("INBOX", frozenset(), True)
    assert flags_due(place) == [(SEEN, False, "1")]
    confirm_flags(place)
    assert shown(place, number) == ("INBOX", frozenset(), False)


def test_edits_of_two_people_to_different_flags_both_survive(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    with place.database.transaction() as tx:
        apply_flags(tx, place.box(), [FlagsOf(Uid(1), frozenset({SEEN}))])
    assert shown(place, number) == ("INBOX", {SEEN, FLAGGED}, True)


def test_what_a_message_has_already_is_no_wish(place: Place) -> None:
    [number] = place.fetch(mail(1, flags=[SEEN, "Work"]))
    flag(place, number, add=f"{SEEN} work", remove=FLAGGED)
    assert flags_due(place) == []


def test_a_keyword_is_taken_off_as_the_server_spells_it(place: Place) -> None:
    [number] = place.fetch(mail(1, flags=["Work"]))
    flag(place, number, remove="work")
    assert flags_due(place) == [("Work", False, "1")]
    flag(place, number, add="WORK")
    assert flags_due(place) == []
    flag(place, number, add="\\sEEN")
    assert flags_due(place) == [(SEEN, True, "1")]


def test_wishes_about_one_flag_of_one_mailbox_go_together(place: Place) -> None:
    numbers = [*place.fill(3), *place.fetch(mail(9), name="Archive")]
    flag(place, *numbers, add=SEEN)
    flag(place, numbers[1], add=FLAGGED)
    assert flags_due(place) == [
        (SEEN, True, "1:3"),
        (SEEN, True, "9"),
        (FLAGGED, True, "2"),
    ]


def test_a_batch_holds_a_thousand_at_most(place: Place) -> None:
    numbers = place.fetch(*map(mail, range(1, 2102)))
    flag(place, *numbers, add=SEEN)
    assert [uids for *_, uids in flags_due(place)] == [
        "1:1000",
        "1001:2000",
        "2001:2101",
    ]


def test_a_refused_flag_is_taken_off_and_stays_in_the_list(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    with place.database.transaction() as tx:
        revert_flags(tx, first_flags(place), "NO\x1b way")
    assert shown(place, number) == ("INBOX", frozenset(), False)
    [waiting] = load_pending(place.database)
    assert (waiting.state, waiting.error) == ("failed", "NO␛ way")
    assert flags_due(place) == []
    flag(place, number, add=FLAGGED)
    assert flags_due(place) == [(FLAGGED, True, "1")]
    assert len(load_pending(place.database)) == 1


def test_what_was_taken_back_meanwhile_is_not_sent(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    batch = first_flags(place)
    flag(place, number, remove=FLAGGED)
    with pytest.raises(NotFound), place.database.transaction() as tx:
        mark_flags_sent(tx, batch)


def test_keywords_that_the_server_does_not_keep_stay_here(
    place: Place, number: MessageNumber
) -> None:
    place.state(keywords_kept=False)
    flag(place, number, add=f"work {FLAGGED}")
    assert flags_due(place) == [(FLAGGED, True, "1")]
    confirm_flags(place)
    assert shown(place, number) == ("INBOX", {"work", FLAGGED}, False)
    with place.database.transaction() as tx:
        apply_flags(tx, place.box(), [FlagsOf(Uid(1), frozenset())])
    assert shown(place, number) == ("INBOX", {"work"}, False)
    place.reopen()
    flag(place, number, remove="work")
    assert shown(place, number) == ("INBOX", frozenset(), False)


def test_whether_keywords_are_kept_may_be_known_after_the_wish(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add="work")
    place.state(keywords_kept=False)
    assert flags_due(place) == []
    assert shown(place, number) == ("INBOX", {"work"}, False)
    place.state(keywords_kept=True)
    assert flags_due(place) == [("work", True, "1")]
    assert shown(place, number) == ("INBOX", {"work"}, True)


def test_flags_of_a_message_that_lies_only_here_wait_for_nobody(place: Place) -> None:
    [number] = place.fill(1)
    with place.database.transaction() as tx:
        local = create_local_mailbox(tx, "Here", None)
        tx.connection.execute(
            "UPDATE message SET mailbox = ?, server_mailbox = 0, uid = 0", (local,)
        )
    flag(place, number, add=FLAGGED)
    assert shown(place, number) == ("Here", {FLAGGED}, False)
    assert flags_due(place) == []


# Moves.


def test_a_move_is_shown_at_once_and_waits(place: Place, number: MessageNumber) -> None:
    move(place, "Archive", number)
    assert shown(place, number) == ("Archive", frozenset(), True)
    assert due(place) == [("move", "INBOX", "Archive", [1])]
    assert_counts(place)


def test_a_move_that_was_not_sent_gives_way_to_the_next(
    place: Place, number: MessageNumber
) -> None:
    for name in ("Archive", "Trash"):
        move(place, name, number)
    assert due(place) == [("move", "INBOX", "Trash", [1])]
    move(place, "INBOX", number)
    assert due(place) == []
    assert shown(place, number) == ("INBOX", frozenset(), False)


def test_a_move_after_one_that_was_sent_goes_on_from_there(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    sent = send(place)
    move(place, "Trash", number)
    assert due(place) == [
        ("move", "INBOX", "Archive", [1]),
        ("move", "Archive", "Trash", [None]),
    ]
    confirm(place, sent.id, n1=7)
    assert due(place) == [("move", "Archive", "Trash", [7])]
    assert where(place, number) == "Trash"


def test_a_move_back_while_one_is_sent_waits_for_it(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    sent = send(place)
    move(place, "INBOX", number)
    assert shown(place, number) == ("INBOX", frozenset(), True)
    confirm(place, sent.id, n1=7)
    assert due(place) == [("move", "Archive", "INBOX", [7])]


@pytest.mark.parametrize("then", ["Trash", "INBOX"])
def test_a_move_goes_on_from_the_source_when_the_one_before_was_refused(
    place: Place, number: MessageNumber, then: str
) -> None:
    move(place, "Archive", number)
    sent = send(place)
    move(place, then, number)
    refuse(place, sent.id)
    assert where(place, number) == then
    expected = [("move", "INBOX", "Trash", [1])] if then == "Trash" else []
    assert due(place) == expected


def test_a_refused_move_is_taken_back(place: Place, number: MessageNumber) -> None:
    move(place, "Archive", number)
    refuse(place, send(place).id)
    assert shown(place, number) == ("INBOX", frozenset(), False)
    assert due(place) == []
    assert_counts(place)


def test_a_move_to_where_nothing_can_lie_is_refused(
    place: Place, number: MessageNumber
) -> None:
    with place.database.transaction() as tx:
        tx.connection.execute("UPDATE mailbox SET selectable = 0 WHERE name = 'Work'")
    for target in (place.box("Work"), MailboxId(99)):
        with pytest.raises(NotFound):
            wish(place, Move((number,), target))
    assert load_journal(place.database) == []


def test_what_was_undone_meanwhile_is_not_sent(place: Place) -> None:
    one, two = place.fill(2)
    move(place, "Archive", one, two)
    known = first(place)
    move(place, "INBOX", two)
    with pytest.raises(NotFound), place.database.transaction() as tx:
        mark_operation_sent(tx, known.id, uid_next_before=None)
    assert due(place) == [("move", "INBOX", "Archive", [1])]


# Copies.


def test_a_copy_is_a_message_of_its_own_at_once(
    place: Place, number: MessageNumber
) -> None:
    [made] = copy(place, "Archive", number)
    assert shown(place, made) == ("Archive", frozenset(), True)
    assert due(place) == [("copy", "INBOX", "Archive", [1])]
    operation = send(place)
    [item] = operation.items
    assert (item.message, item.copy) == (number, made)
    confirm(place, operation.id, n2=5)
    assert shown(place, made) == ("Archive", frozenset(), False)
    assert load_location(place.database, made).uid == 5


def test_a_copy_on_its_way_can_be_moved_on_and_back(
    place: Place, number: MessageNumber
) -> None:
    [made] = copy(place, "Archive", number)
    move(place, "Trash", made)
    move(place, "Archive", made)
    assert due(place) == [("copy", "INBOX", "Archive", [1])]
    move(place, "Trash", made)
    confirm(place, send(place).id, n2=5)
    assert due(place) == [("move", "Archive", "Trash", [5])]


def test_a_copy_that_was_sent_and_is_deleted_is_deleted_when_it_is_there(
    place: Place, number: MessageNumber
) -> None:
    [made] = copy(place, "Archive", number)
    sent = send(place)
    expunge(place, made)
    assert where(place, made) is None
    confirm(place, sent.id, n2=5)
    assert due(place) == [("expunge", "Archive", "", [5])]


def test_a_copy_that_was_not_sent_and_is_deleted_is_never_made(
    place: Place, number: MessageNumber
) -> None:
    expunge(place, *copy(place, "Archive", number))
    assert due(place) == []
    assert shown(place, number) == ("INBOX", frozenset(), False)


def test_a_refused_copy_is_gone(place: Place, number: MessageNumber) -> None:
    [made] = copy(place, "Archive", number)
    refuse(place, send(place).id)
    assert where(place, made) is None
    assert_counts(place)


def test_a_copy_after_a_move_is_taken_from_where_that_takes_it(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    copy(place, "Work", number)
    assert [uids for *_, uids in due(place)] == [[1], [None]]
    confirm(place, send(place).id, n1=7)
    assert due(place) == [("copy", "Archive", "Work", [7])]


def test_a_move_waits_for_the_copy_before_it(
    place: Place, number: MessageNumber
) -> None:
    copy(place, "Work", number)
    move(place, "Archive", number)
    assert [(kind, uids) for kind, *_, uids in due(place)] == [
        ("copy", [1]),
        ("move", [None]),
    ]


# Deleting for ever.


def test_what_is_deleted_for_ever_is_out_of_sight_until_the_server_has_done_it(
    place: Place, number: MessageNumber
) -> None:
    expunge(place, number)
    assert where(place, number) is None
    assert due(place) == [("expunge", "INBOX", "", [1])]
    confirm(place, send(place).id)
    assert place.rows("SELECT * FROM message") == []
    assert_counts(place)


def test_a_refused_deletion_shows_the_message_again(
    place: Place, number: MessageNumber
) -> None:
    expunge(place, number)
    refuse(place, send(place).id)
    assert shown(place, number) == ("INBOX", frozenset(), False)


def test_what_is_deleted_for_ever_is_not_acted_on_again(
    place: Place, number: MessageNumber
) -> None:
    expunge(place, number)
    move(place, "Archive", number)
    copy(place, "Archive", number)
    expunge(place, number)
    assert due(place) == [("expunge", "INBOX", "", [1])]
    assert where(place, number) is None


# Undo and redo.

FLAG = SetFlags((MessageNumber(1),), frozenset({FLAGGED}))


def test_undo_before_the_server_has_heard_withdraws(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    undo_last(place)
    move(place, "Archive", number)
    undo_last(place)
    copy(place, "Archive", number)
    undo_last(place)
    assert flags_due(place) == []
    assert due(place) == []
    assert shown(place, number) == ("INBOX", frozenset(), False)
    assert place.rows("SELECT count(*) FROM message") == [(1,)]


def test_undo_while_it_is_sent_goes_after_it(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    sent = send(place)
    undo_last(place)
    assert where(place, number) == "INBOX"
    confirm(place, sent.id, n1=7)
    assert due(place) == [("move", "Archive", "INBOX", [7])]


def test_undo_after_the_server_has_it_and_after_a_restart_puts_it_back(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    confirm_flags(place)
    move(place, "Archive", number)
    confirm(place, send(place).id, n1=7)
    [made] = copy(place, "Work", number)
    confirm(place, send(place).id, n2=3)
    place.reopen()
    undo_last(place)
    assert due(place) == [("expunge", "Work", "", [3])]
    assert where(place, made) is None
    undo_last(place)
    assert where(place, number) == "INBOX"
    undo_last(place)
    assert flags_due(place) == [(FLAGGED, False, "7")]
    assert last_undoable(place.database) is None


def test_redo_does_again_what_was_undone_in_its_order(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    move(place, "Archive", number)
    undo_last(place)
    undo_last(place)
    assert shown(place, number) == ("INBOX", frozenset(), False)
    place.reopen()
    redo_last(place)
    assert shown(place, number) == ("INBOX", {FLAGGED}, True)
    redo_last(place)
    assert shown(place, number) == ("Archive", {FLAGGED}, True)
    assert last_undone(place.database) is None
    undo_last(place)
    assert where(place, number) == "INBOX"


def test_what_is_done_again_is_done_now(place: Place, number: MessageNumber) -> None:
    action = wish(place, SetFlags((number,), frozenset({SEEN})))
    undo_last(place)
    with place.database.transaction() as tx:
        tx.connection.execute("UPDATE action SET at = at - 3600")
    long_ago = load_action(place.database, action).at
    redo_last(place)
    assert load_action(place.database, action).at - long_ago >= timedelta(hours=1)
    undo_last(place)
    assert load_action(place.database, action).at > long_ago


def test_redo_of_a_copy_makes_it_again(place: Place, number: MessageNumber) -> None:
    [made] = copy(place, "Archive", number)
    undo_last(place)
    redo_last(place)
    assert where(place, made) is None
    assert due(place) == [("copy", "INBOX", "Archive", [1])]
    undo_last(place)
    assert due(place) == []
    assert place.rows("SELECT count(*) FROM message") == [(1,)]


def test_a_new_action_leaves_nothing_to_redo(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    undo_last(place)
    flag(place, number, add=SEEN)
    assert last_undone(place.database) is None
    undo_last(place)
    redo_last(place)
    assert shown(place, number) == ("INBOX", {SEEN}, True)
    assert last_undone(place.database) is None


def test_undo_takes_back_only_what_the_action_changed(place: Place) -> None:
    one, two = place.fetch(mail(1, flags=[FLAGGED]), mail(2))
    flag(place, one, two, add=FLAGGED)
    undo_last(place)
    assert shown(place, one) == ("INBOX", {FLAGGED}, False)
    assert shown(place, two) == ("INBOX", frozenset(), False)
    with place.database.transaction() as tx:
        apply_flags(tx, place.box(), [FlagsOf(Uid(2), frozenset({FLAGGED}))])
    redo_last(place)
    undo_last(place)
    assert shown(place, two) == ("INBOX", {FLAGGED}, False)


def test_what_cannot_be_undone_says_so_in_one_line(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    moving = last_undoable(place.database)
    assert moving is not None
    expunge(place, number)
    [deleting, _] = load_journal(place.database)
    assert last_undoable(place.database) == moving
    with place.database.transaction() as tx:
        with pytest.raises(MailError, match="no way back"):
            undo(tx, deleting.id, session="s")
        with pytest.raises(MailError, match="not there any more"):
            undo(tx, moving.id, session="s")
        with pytest.raises(MailError, match="not undone"):
            redo(tx, moving.id, session="s")
        with pytest.raises(NotFound):
            undo(tx, ActionId(99), session="s")


def test_undo_of_what_was_refused_forgets_the_wish(
    place: Place, number: MessageNumber
) -> None:
    other = place.fetch(mail(2))[0]
    flag(place, number, add=FLAGGED)
    with place.database.transaction() as tx:
        revert_flags(tx, first_flags(place), "no")
    move(place, "Archive", number, other)
    refuse(place, first(place).id)
    copy(place, "Archive", number)
    refuse(place, first(place).id)
    assert [one.state for one in load_pending(place.database)] == ["failed"] * 3
    for _ in range(3):
        undo_last(place)
    assert load_pending(place.database) == []
    assert shown(place, number) == ("INBOX", frozenset(), False)
    assert where(place, other) == "INBOX"
    redo_last(place)
    redo_last(place)
    assert due(place) == [("move", "INBOX", "Archive", [1, 2])]
    assert flags_due(place) == [(FLAGGED, True, "1")]


def test_what_is_cancelled_is_undone(place: Place, number: MessageNumber) -> None:
    other = place.fetch(mail(2))[0]
    flag(place, number, add=SEEN)
    flagged = last_undoable(place.database)
    for act in (
        lambda: move(place, "Archive", number, other),
        lambda: copy(place, "Archive", number),
    ):
        for refused in (False, True):
            act()
            if refused:
                refuse(place, first(place).id)
            [waiting] = [one for one in load_pending(place.database) if one.operation]
            with place.database.transaction() as tx:
                cancel(tx, waiting.id)
            assert last_undoable(place.database) == flagged
    redo_last(place)
    assert due(place) == [("copy", "INBOX", "Archive", [1])]


def test_undo_says_where_the_mailbox_of_before_is_gone(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    confirm(place, send(place).id, n1=7)
    with place.database.transaction() as tx:
        tx.connection.execute("DELETE FROM mailbox WHERE name = 'INBOX'")
    with pytest.raises(NotFound, match="the mailbox that it came from is gone"):
        undo_last(place)


def test_what_is_undone_cannot_be_undone_again(
    place: Place, number: MessageNumber
) -> None:
    action = wish(place, SetFlags((number,), frozenset({SEEN})))
    undo_last(place)
    assert load_action(place.database, action).undone
    with (
        pytest.raises(MailError, match="undone already"),
        place.database.transaction() as tx,
    ):
        undo(tx, action, session="s")


def test_the_journal_says_what_was_done_newest_first(
    place: Place, number: MessageNumber
) -> None:
    place.events.clear()
    move(place, "Archive", number)
    assert OperationsChanged() in place.events
    flag(place, number, add=SEEN)
    newest, older = load_journal(place.database)
    assert newest.id > older.id
    assert (newest.said, newest.session, newest.messages) == (
        "did it",
        "one",
        (number,),
    )


def test_ten_thousand_messages_in_one_action_are_fast_there_and_back(
    place: Place,
) -> None:
    numbers = place.fetch(*map(mail, range(1, 10_001)))
    for act in (
        lambda: flag(place, *numbers, add=SEEN),
        lambda: undo_last(place),
        lambda: move(place, "Archive", *numbers),
        lambda: undo_last(place),
        lambda: redo_last(place),
        lambda: copy(place, "Work", *numbers[:5000]),
        lambda: undo_last(place),
        lambda: expunge(place, *numbers),
    ):
        start = time.process_time()
        act()
        assert time.process_time() - start < 1
    assert_counts(place)


def test_messages_go_apart_as_one_action_and_come_back_as_one(place: Place) -> None:
    one, two, three = place.fill(3)
    with place.database.transaction() as tx:
        create_local_mailbox(tx, "Old", None)

    def names() -> list[str]:
        rows = (shown(place, number) for number in (one, two, three))
        return [row[0] for row in rows if row is not None]

    apart = MoveApart(
        (Move((one, two), place.box("Archive")), Move((three,), place.box("Old")))
    )
    assert apart.messages == (one, two, three)
    wish(place, apart)
    assert names() == ["Archive", "Archive", "Old"]
    undo_last(place)
    assert names() == ["INBOX"] * 3
    redo_last(place)
    assert names() == ["Archive", "Archive", "Old"]
    assert len(load_journal(place.database, 10)) == 1
    assert_counts(place)
