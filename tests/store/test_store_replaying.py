from dataclasses import replace
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
    refuse,
    send,
    send_flags,
    shown,
    undo_last,
    where,
)
from tests.store.filling import VALIDITY, Place, assert_counts, mail
from tui_mail.model.error import MailError, NotFound
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import MessageNumber, ModSeq, OperationId, Uid, UidValidity
from tui_mail.model.operation import OperationState, PendingOperation
from tui_mail.model.uids import UidSet
from tui_mail.store.messages import load_location, number_of
from tui_mail.store.operations import cancel, count_pending, load_pending, retry
from tui_mail.store.replaying import (
    due_operations,
    mark_operation_sent,
    postpone_flags,
    postpone_operation,
    requeue_operation,
    revert_flags,
    settle_items,
    settle_operation,
)
from tui_mail.store.vanishing import apply_vanished


@pytest.fixture
def number(place: Place) -> MessageNumber:
    return place.fill(1)[0]


def _arrives(place: Place, uid: int, **fields: object) -> MessageNumber:
    """Let the target be synchronized: the first message has arrived there."""
    [number] = place.fetch(replace(mail(1, **fields), uid=Uid(uid)), name="Archive")  # type: ignore[arg-type]
    return number


def _pending(place: Place) -> PendingOperation:
    [one] = load_pending(place.database)
    return one


def _retry(place: Place, name: str) -> None:
    with place.database.transaction() as tx:
        retry(tx, name)


def _cancel(place: Place, name: str) -> None:
    with place.database.transaction() as tx:
        cancel(tx, name)


# Settling.


def test_with_copyuid_a_moved_message_is_linked_at_once(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    confirm(place, send(place).id, n1=7)
    assert number_of(place.database, place.box("Archive"), Uid(7)) == number
    assert _arrives(place, 7) == number


def test_without_copyuid_it_is_recognized_when_it_arrives(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    confirm(place, send(place).id)
    assert load_location(place.database, number).uid is None
    assert _arrives(place, 7, flags=[SEEN]) == number
    assert shown(place, number) == ("Archive", {SEEN}, False)
    assert_counts(place)


def test_a_copyuid_of_another_uidvalidity_is_not_believed(
    place: Place, number: MessageNumber
) -> None:
    place.state("Archive", uid_validity=UidValidity(50))
    move(place, "Archive", number)
    confirm(place, send(place).id, n1=7)
    assert load_location(place.database, number).uid is None


@pytest.mark.parametrize("told", [{"n1": 7}, {}])
def test_a_message_that_arrived_before_the_answer_keeps_its_number_and_newest_facts(
    place: Place, number: MessageNumber, told: dict[str, int]
) -> None:
    move(place, "Archive", number)
    sent = send(place)
    twin = _arrives(place, 7, flags=[SEEN, "work"], modseq=ModSeq(44))
    assert twin != number
    confirm(place, sent.id, **told)
    assert shown(place, number) == ("Archive", {SEEN, "work"}, False)
    assert where(place, twin) is None
    assert place.rows("SELECT number, uid, modseq FROM message") == [(number, 7, 44)]
    assert_counts(place)


def test_what_was_wished_of_either_row_holds(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    sent = send(place)
    flag(place, number, add=FLAGGED)
    twin = _arrives(place, 7)
    flag(place, twin, add=SEEN)
    move(place, "Trash", twin)
    confirm(place, sent.id, n1=7)
    assert shown(place, number) == ("Trash", {SEEN, FLAGGED}, True)
    assert due(place) == [("move", "Archive", "Trash", [7])]
    assert {one[0] for one in flags_due(place)} == {SEEN, FLAGGED}
    undo_last(place)
    assert where(place, number) == "Archive"


def test_where_both_rows_were_moved_on_the_one_known_before_holds(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    sent = send(place)
    move(place, "Work", number)
    move(place, "Trash", _arrives(place, 7))
    confirm(place, sent.id, n1=7)
    assert where(place, number) == "Work"
    assert due(place) == [("move", "Archive", "Work", [7])]


def test_another_copy_that_lay_there_before_is_no_second_row(
    place: Place, number: MessageNumber
) -> None:
    before = _arrives(place, 3)
    move(place, "Archive", number)
    confirm(place, send(place, uid_next=5).id)
    assert where(place, before) == where(place, number) == "Archive"
    assert _arrives(place, 7) == number
    assert load_location(place.database, before).uid == 3


def test_an_answer_that_comes_twice_changes_nothing(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    sent = send(place)
    confirm(place, sent.id, n1=7)
    move(place, "Trash", number)
    confirm(place, sent.id, n1=9)
    assert due(place) == [("move", "Archive", "Trash", [7])]


def test_flags_wait_while_their_message_is_on_its_way_and_follow_it(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    sent = send(place)
    flag(place, number, add=FLAGGED)
    assert flags_due(place) == []
    confirm(place, sent.id, n1=7)
    batch = first_flags(place)
    assert (batch.mailbox, batch.uids) == (place.box("Archive"), UidSet.of([7]))


def test_the_first_uidnext_of_before_holds_when_it_goes_out_again(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    send(place, uid_next=5)
    again = send(place, uid_next=9)
    assert (again.state, again.attempts) == (OperationState.SENT, 1)
    assert first(place).uid_next_before == 5
    with place.database.transaction() as tx:
        requeue_operation(tx, again.id)
    assert first(place).uid_next_before is None


def test_a_lost_answer_survives_a_restart(place: Place, number: MessageNumber) -> None:
    move(place, "Archive", number)
    send(place)
    flag(place, place.fetch(mail(2))[0], add=SEEN)
    send_flags(place)
    place.reopen()
    assert first(place).state is OperationState.SENT
    assert flags_due(place) == [(SEEN, True, "2")]


def test_what_the_source_lost_while_it_was_sent_stays_until_the_answer(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    sent = send(place)
    with place.database.transaction() as tx:
        assert apply_vanished(tx, place.box(), UidSet.of([1])) == 0
    confirm(place, sent.id, n1=7)
    assert where(place, number) == "Archive"


def test_messages_that_are_gone_on_the_server_are_given_up(place: Place) -> None:
    one, two = place.fill(2)
    move(place, "Archive", one, two)
    sent = send(place)
    with place.database.transaction() as tx:
        settle_items(tx, sent.id, [one])
        validity, uids = VALIDITY, {two: Uid(9)}
        settle_operation(tx, sent.id, validity=validity, uids=uids)
    assert where(place, one) is None
    assert where(place, two) == "Archive"
    assert_counts(place)


def test_a_copy_whose_original_is_gone_is_given_up_with_it(
    place: Place, number: MessageNumber
) -> None:
    [made] = copy(place, "Archive", number)
    again = copy(place, "Work", made)
    with place.database.transaction() as tx:
        assert apply_vanished(tx, place.box(), UidSet.of([1])) == 3
    assert [where(place, one) for one in (made, *again)] == [None, None]
    assert due(place) == []


# Waiting.


def test_what_is_postponed_is_due_later(place: Place, number: MessageNumber) -> None:
    flag(place, number, add=SEEN)
    move(place, "Archive", number)
    later = NOW + timedelta(hours=1)
    with place.database.transaction() as tx:
        postpone_flags(tx, first_flags(place), later, "busy")
        postpone_operation(tx, first(place).id, later, "busy")
    assert (flags_due(place), due(place)) == ([], [])
    assert len(due_operations(place.database, later)) == 1
    for one in load_pending(place.database):
        assert (one.error, one.state) == ("busy", OperationState.QUEUED)
        assert one.not_before is not None
        _retry(place, one.id)
    assert len(flags_due(place)) == len(due(place)) == 1


# What people see of it.


def test_all_that_waits_is_said_in_sentences(place: Place) -> None:
    one, two, three = place.fetch(mail(1), mail(2), mail(3, flags=[SEEN]))
    copy(place, "Work", one)
    move(place, "Archive", one, two)
    flag(place, one, two, add=SEEN)
    flag(place, three, add=f"work {FLAGGED}", remove=SEEN)
    [four] = place.fetch(mail(4))
    flag(place, four, add="later")
    expunge(place, four)
    assert _said(place) == {
        "copy 1 message to Work",
        "move 2 messages to Archive",
        "delete 1 message for ever from INBOX",
        "mark 2 messages read in Archive",
        "mark 1 message unread in INBOX",
        "flag 1 message in INBOX",
        "add work to 1 message in INBOX",
        "add later to 1 message in INBOX",
    }
    assert count_pending(place.database) == 8


def _said(place: Place) -> set[str]:
    return {str(waiting.what) for waiting in load_pending(place.database)}


@pytest.mark.parametrize("name", ["op-99", "flag-99", "op-", "x", "", "op-1 ", "op-１"])
def test_what_does_not_wait_cannot_be_retried_or_cancelled(
    place: Place, name: str
) -> None:
    for act in (_retry, _cancel):
        with pytest.raises(NotFound):
            act(place, name)


def test_cancelling_takes_the_effect_back(place: Place, number: MessageNumber) -> None:
    move(place, "Archive", number)
    _cancel(place, _pending(place).id)
    assert shown(place, number) == ("INBOX", frozenset(), False)
    expunge(place, number)
    _cancel(place, _pending(place).id)
    assert where(place, number) == "INBOX"
    [made] = copy(place, "Archive", number)
    _cancel(place, _pending(place).id)
    assert where(place, made) is None
    flag(place, number, add=SEEN)
    _cancel(place, _pending(place).id)
    assert shown(place, number) == ("INBOX", frozenset(), False)
    assert load_pending(place.database) == []
    assert_counts(place)


def test_what_is_on_its_way_cannot_be_cancelled(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=SEEN)
    send_flags(place)
    with pytest.raises(MailError, match="on its way"):
        _cancel(place, _pending(place).id)
    confirm_flags(place)
    move(place, "Archive", number)
    send(place)
    with pytest.raises(MailError, match="on its way"):
        _cancel(place, _pending(place).id)


def test_what_was_cancelled_meanwhile_is_not_sent(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    known = first(place)
    _cancel(place, _pending(place).id)
    with pytest.raises(NotFound), place.database.transaction() as tx:
        mark_operation_sent(tx, known.id, uid_next_before=None)


def test_what_was_refused_takes_effect_again_when_it_is_retried(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    with place.database.transaction() as tx:
        revert_flags(tx, first_flags(place), "NO")
    _retry(place, _pending(place).id)
    assert shown(place, number) == ("INBOX", {FLAGGED}, True)
    confirm_flags(place)
    move(place, "Archive", number)
    refuse(place, send(place).id)
    refused = _pending(place)
    assert (refused.state, refused.error) == (OperationState.FAILED, "NO such luck")
    assert count_pending(place.database) == 0
    _retry(place, refused.id)
    assert shown(place, number) == ("Archive", {FLAGGED}, True)
    assert due(place) == [("move", "INBOX", "Archive", [1])]


def test_a_refused_move_is_retried_from_where_its_message_is_now(
    place: Place, number: MessageNumber
) -> None:
    copy(place, "Work", number)
    refuse(place, send(place).id)
    refused = _pending(place)
    move(place, "Archive", number)
    confirm(place, send_last(place), n1=7)
    _retry(place, refused.id)
    assert due(place) == [("copy", "Archive", "Work", [7])]
    assert shown(place, number) == ("Archive", frozenset(), True)


def send_last(place: Place) -> OperationId:
    operation = due_operations(place.database, NOW)[-1]
    with place.database.transaction() as tx:
        mark_operation_sent(tx, operation.id, uid_next_before=Uid(1))
    return operation.id


def test_a_copy_that_was_retried_can_be_undone(
    place: Place, number: MessageNumber
) -> None:
    copy(place, "Work", number)
    refuse(place, send(place).id)
    _retry(place, _pending(place).id)
    assert [row[0] for row in place.rows("SELECT count(*) FROM message")] == [2]
    undo_last(place)
    assert due(place) == []
    assert place.rows("SELECT number FROM message") == [(number,)]


def test_a_move_supersedes_one_that_was_refused(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    refuse(place, send(place).id)
    expunge(place, number)
    refuse(place, send(place).id)
    assert len(load_pending(place.database)) == 1
    move(place, "Trash", number)
    assert _said(place) == {"move 1 message to Trash"}


def test_cancelling_what_was_refused_only_forgets_it(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    refuse(place, send(place).id)
    _cancel(place, _pending(place).id)
    assert load_pending(place.database) == []
    assert where(place, number) == "INBOX"


def test_what_follows_a_cancelled_move_starts_where_the_message_is(
    place: Place, number: MessageNumber
) -> None:
    move(place, "Archive", number)
    sent = send(place)
    move(place, "Trash", number)
    with place.database.transaction() as tx:
        requeue_operation(tx, sent.id)
    _cancel(place, f"op-{sent.id}")
    assert due(place) == [("move", "INBOX", "Trash", [1])]
    assert where(place, number) == "Trash"
