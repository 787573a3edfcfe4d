"""Messages that others move while wishes about their flags wait."""

from dataclasses import replace

import pytest

from tests.store.acting import (
    NOW,
    confirm,
    confirm_flags,
    copy,
    due,
    expunge,
    first,
    flag,
    flags_due,
    move,
    send,
    send_flags,
    shown,
    undo_last,
)
from tests.store.filling import NAMES, Place, assert_counts, listed, mail
from tui_mail.model.displayable import displayable
from tui_mail.model.event import MailboxChanged
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import MessageNumber, Uid
from tui_mail.model.message import FetchedMessage
from tui_mail.model.operation import OperationState
from tui_mail.model.uids import UidSet
from tui_mail.store.astray import last_astray
from tui_mail.store.connections import damage_mark
from tui_mail.store.mailboxes import apply_listing
from tui_mail.store.messages import last_number, load_location
from tui_mail.store.operations import cancel, count_pending, load_pending
from tui_mail.store.replaying import (
    has_due,
    revert_flags,
    settle_flags,
    settle_items,
)
from tui_mail.store.vanishing import (
    apply_vanished,
    give_up_astray,
    note_confirmed,
    note_filled,
    seen_by,
)


@pytest.fixture
def number(place: Place) -> MessageNumber:
    """The first of three messages, in mailboxes that are all in step."""
    numbers = place.fill(3)
    _in_step(place)
    return numbers[0]


def _in_step(place: Place) -> None:
    with place.database.transaction() as tx:
        for name in NAMES:
            note_filled(tx, place.box(name))


def _confirm(place: Place, name: str = "INBOX") -> None:
    with place.database.transaction() as tx:
        note_confirmed(tx, place.box(name), last_number(tx))


def _moved(uid: int, **fields: object) -> FetchedMessage:
    """Make the first message as it is with another UID, elsewhere."""
    return replace(mail(1, **fields), uid=Uid(uid))  # type: ignore[arg-type]


def _vanish(place: Place, uids: str = "1", name: str = "INBOX") -> int:
    with place.database.transaction() as tx:
        return apply_vanished(tx, place.box(name), UidSet.parse(uids))


def _give_up(place: Place) -> int:
    with place.database.transaction() as tx:
        return give_up_astray(tx, last_astray(tx))


def _go(place: Place, first: str, **fields: object) -> MessageNumber:
    """Have another client move the first message; what is seen first."""
    if first == "vanished":
        _vanish(place)
    [found] = place.fetch(_moved(7, **fields), name="Work")
    if first == "arrived":
        _vanish(place)
    return found


both_orders = pytest.mark.parametrize("seen", ["arrived", "vanished"])


@both_orders
@pytest.mark.parametrize(
    ("before", "add", "remove", "after"),
    [
        ((), FLAGGED, "", {FLAGGED}),
        ((SEEN,), "", SEEN, set()),
        ((), "red", "", {"red"}),
        ((SEEN,), "red", "", {SEEN, "red"}),
    ],
)
def test_what_is_wished_of_flags_follows_a_message_that_another_client_moved(
    place: Place,
    seen: str,
    before: tuple[str, ...],
    add: str,
    remove: str,
    after: set[str],
) -> None:
    [number] = place.fetch(mail(1, flags=before))
    _in_step(place)
    flag(place, number, add=add, remove=remove)
    place.events.clear()
    _go(place, seen, flags=before)
    assert shown(place, number) == ("Work", after, True)
    assert flags_due(place) == [(add or remove, bool(add), "7")]
    assert place.rows("SELECT count(*) FROM message") == [(1,)]
    changed = {one.mailbox for one in place.events if isinstance(one, MailboxChanged)}
    assert {place.box(), place.box("Work")} <= changed
    assert_counts(place)


@both_orders
def test_what_another_did_to_another_flag_stays(
    place: Place, number: MessageNumber, seen: str
) -> None:
    flag(place, number, add=FLAGGED)
    _go(place, seen, flags=[SEEN, "blue"])
    assert shown(place, number) == ("Work", {SEEN, FLAGGED, "blue"}, True)


@both_orders
def test_what_was_sent_to_where_a_message_is_not_any_more_is_sent_again(
    place: Place, number: MessageNumber, seen: str
) -> None:
    flag(place, number, add=FLAGGED)
    batch = send_flags(place)
    _go(place, seen)
    with place.database.transaction() as tx:
        assert settle_flags(tx, batch) == 0
    assert flags_due(place) == [(FLAGGED, True, "7")]
    with place.database.transaction() as tx:
        revert_flags(tx, batch, "NO there is no such message")
    assert flags_due(place) == [(FLAGGED, True, "7")]


def test_only_what_the_server_had_is_settled(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, MessageNumber(number + 1), add=FLAGGED)
    batch = send_flags(place)
    with place.database.transaction() as tx:
        assert settle_flags(tx, batch, UidSet.parse("2")) == 1
    assert flags_due(place) == [(FLAGGED, True, "1")]


@both_orders
def test_all_that_waits_for_one_message_goes_to_one_message(
    place: Place, seen: str
) -> None:
    """Two that are alike in all that tells them apart, both moved."""
    one, other = place.fetch(mail(1), replace(mail(1), uid=Uid(2)))
    _in_step(place)
    flag(place, one, add=FLAGGED)
    flag(place, other, add="red")
    if seen == "vanished":
        _vanish(place, "1:2")
    place.fetch(_moved(7), _moved(8), name="Work")
    if seen == "arrived":
        _vanish(place, "1:2")
    assert shown(place, one) == ("Work", {FLAGGED}, True)
    assert shown(place, other) == ("Work", {"red"}, True)
    assert sorted(flags_due(place)) == [(FLAGGED, True, "7"), ("red", True, "8")]


def test_a_copy_that_was_there_before_is_not_flagged(
    place: Place, number: MessageNumber
) -> None:
    [older] = place.fetch(_moved(7), name="Work")
    _confirm(place)
    flag(place, number, add=FLAGGED)
    _vanish(place)
    assert shown(place, older) == ("Work", set(), False)
    assert flags_due(place) == []
    [there] = place.fetch(_moved(9), name="Archive")
    assert there == number
    assert shown(place, number) == ("Archive", {FLAGGED}, True)
    assert shown(place, older) == ("Work", set(), False)


def test_a_copy_in_the_mailbox_that_it_is_moved_to_is_not_flagged(
    place: Place, number: MessageNumber
) -> None:
    [older] = place.fetch(_moved(7), name="Work")
    _confirm(place)
    flag(place, number, add=FLAGGED)
    [newer] = place.fetch(_moved(8), name="Work")
    _vanish(place)
    assert shown(place, older) == ("Work", set(), False)
    assert shown(place, newer) is None
    assert load_location(place.database, number).uid == 8


def test_what_was_in_a_mailbox_that_is_seen_for_the_first_time_is_no_arrival(
    place: Place,
) -> None:
    [number] = place.fill(1)
    with place.database.transaction() as tx:
        note_filled(tx, place.box())
    [older] = place.fetch(_moved(7), name="Work")
    with place.database.transaction() as tx:
        note_filled(tx, place.box("Work"))
    flag(place, number, add=FLAGGED)
    _vanish(place)
    assert shown(place, older) == ("Work", set(), False)


def test_a_copy_that_was_made_here_is_not_flagged(
    place: Place, number: MessageNumber
) -> None:
    [made] = copy(place, "Work", number)
    confirm(place, send(place).id, **{f"n{made}": 7})
    flag(place, number, add=FLAGGED)
    _vanish(place)
    assert shown(place, made) == ("Work", set(), False)
    assert shown(place, number) is None


def test_a_message_that_is_only_like_it_is_not_flagged(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    _vanish(place)
    other = place.fetch(_moved(7, subject=displayable("Another")), name="Work")[0]
    assert shown(place, other) == ("Work", set(), False)
    assert shown(place, number) is None


def test_what_the_server_names_itself_is_recognized_by_that(
    place: Place,
) -> None:
    [number] = place.fetch(mail(1, email_id="M1"))
    _in_step(place)
    flag(place, number, add=FLAGGED)
    _vanish(place)
    place.fetch(_moved(7, email_id="M1", internal_date=None, size=5), name="Work")
    assert shown(place, number) == ("Work", {FLAGGED}, True)


def test_a_message_that_comes_back_to_where_it_was_has_its_flags(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    _vanish(place)
    place.fetch(_moved(9))
    assert shown(place, number) == ("INBOX", {FLAGGED}, True)


def test_a_message_without_wishes_goes_at_once(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    confirm_flags(place)
    _vanish(place)
    assert place.rows("SELECT * FROM message WHERE number = ?", number) == []
    assert last_astray(place.database) == 0


def test_a_message_that_was_deleted_for_ever_here_is_not_looked_for(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    expunge(place, number)
    _vanish(place)
    assert last_astray(place.database) == 0
    assert load_pending(place.database) == []


def test_what_is_astray_waits_is_seen_and_can_be_cancelled(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    _vanish(place)
    [one] = load_pending(place.database)
    assert (one.what, one.state) == (
        "flag 1 message in another mailbox",
        OperationState.QUEUED,
    )
    assert count_pending(place.database) == 1
    assert not has_due(place.database, NOW)
    assert_counts(place)
    with place.database.transaction() as tx:
        cancel(tx, one.id)
    assert load_pending(place.database) == []
    place.fetch(_moved(7), name="Work")
    assert shown(place, number) == ("Work", set(), False)
    assert flags_due(place) == []


def test_a_flag_can_be_undone_while_its_message_is_astray(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    _vanish(place)
    undo_last(place)
    assert load_pending(place.database) == []
    place.fetch(_moved(7), name="Work")
    assert shown(place, number) == ("Work", set(), False)


@both_orders
def test_a_flag_can_be_undone_after_another_moved_its_message(
    place: Place, number: MessageNumber, seen: str
) -> None:
    flag(place, number, add=FLAGGED)
    _go(place, seen)
    undo_last(place)
    assert shown(place, number) == ("Work", set(), False)
    assert flags_due(place) == []


def test_what_was_deleted_is_given_up_with_what_was_wished_of_it(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, MessageNumber(number + 1), add="red blue")
    _vanish(place, "1:2")
    assert _give_up(place) == 2
    assert load_pending(place.database) == []
    assert place.rows("SELECT count(*) FROM message") == [(1,)]
    assert place.rows("SELECT count(*) FROM delta") == [(0,)]
    assert _give_up(place) == 0
    [anew] = place.fetch(_moved(7), name="Work")
    assert shown(place, anew) == ("Work", set(), False)


def test_what_went_astray_since_is_not_given_up(
    place: Place, number: MessageNumber
) -> None:
    other = MessageNumber(number + 1)
    flag(place, number, other, add=FLAGGED)
    _vanish(place, "1")
    last = last_astray(place.database)
    place.fetch(_moved(7), name="Work")
    _vanish(place, "2")
    with place.database.transaction() as tx:
        assert give_up_astray(tx, last) == 0
    assert last_astray(place.database) > last


@both_orders
def test_where_the_server_keeps_no_keywords_they_follow_here(
    place: Place, seen: str
) -> None:
    for name in ("INBOX", "Work"):
        place.state(name, keywords_kept=False)
    [number] = place.fill(1)
    _in_step(place)
    flag(place, number, add="red")
    _go(place, seen)
    assert shown(place, number) == ("Work", {"red"}, False)
    assert flags_due(place) == []


@both_orders
def test_a_keyword_that_was_kept_here_goes_to_a_mailbox_that_keeps_it(
    place: Place, seen: str
) -> None:
    place.state(keywords_kept=False)
    [number] = place.fill(1)
    _in_step(place)
    flag(place, number, add="red")
    _go(place, seen)
    assert flags_due(place) == [("red", True, "7")]


def test_keywords_that_were_only_here_go_without_a_word(place: Place) -> None:
    place.state(keywords_kept=False)
    [number] = place.fill(1)
    _in_step(place)
    flag(place, number, add="red")
    _vanish(place)
    assert _give_up(place) == 0
    assert shown(place, number) is None


@both_orders
def test_of_one_that_both_moved_the_flags_follow_where_the_other_put_it(
    place: Place, number: MessageNumber, seen: str
) -> None:
    flag(place, number, add=FLAGGED)
    move(place, "Archive", number)
    _go(place, seen)
    assert shown(place, number) == ("Work", {FLAGGED}, True)
    assert due(place) == []
    assert flags_due(place) == [(FLAGGED, True, "7")]


@both_orders
def test_a_move_that_came_too_late_leaves_the_flags(
    place: Place, number: MessageNumber, seen: str
) -> None:
    flag(place, number, add=FLAGGED)
    move(place, "Archive", number)
    operation = send(place)
    if seen == "arrived":
        place.fetch(_moved(7), name="Work")
    assert _vanish(place) == 0
    with place.database.transaction() as tx:
        settle_items(tx, operation.id, [number])
    if seen == "vanished":
        place.fetch(_moved(7), name="Work")
    assert shown(place, number) == ("Work", {FLAGGED}, True)
    assert due(place) == []


def test_what_was_moved_on_here_already_stays_moved(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    [there] = place.fetch(_moved(7), name="Work")
    move(place, "Archive", there)
    _vanish(place)
    assert shown(place, number) == ("Archive", {FLAGGED}, True)
    assert due(place) == [("move", "Work", "Archive", [7])]
    assert [item.message for item in first(place).items] == [number]


def test_flags_follow_messages_of_a_mailbox_that_another_renamed(
    place: Place, number: MessageNumber
) -> None:
    [other] = place.fetch(mail(5), name="Work")
    flag(place, other, add=FLAGGED)
    names = {**NAMES, "Play": None}
    del names["Work"]
    with place.database.transaction() as tx:
        apply_listing(tx, [listed(name, use) for name, use in names.items()], {})
    assert shown(place, other) is None
    place.fetch(replace(mail(5), uid=Uid(1)), name="Play")
    assert shown(place, other) == ("Play", {FLAGGED}, True)
    assert_counts(place)


def test_what_is_astray_is_so_after_a_restart(
    place: Place, number: MessageNumber
) -> None:
    flag(place, number, add=FLAGGED)
    _vanish(place)
    place.reopen()
    place.fetch(_moved(7), name="Work")
    assert shown(place, number) == ("Work", {FLAGGED}, True)


def test_what_came_while_mailboxes_were_looked_at_may_have_been_moved(
    place: Place, number: MessageNumber
) -> None:
    last = last_number(place.database)
    told = {place.box(): Uid(4), place.box("Work"): Uid(8)}
    [copied] = place.fetch(_moved(7), name="Work")
    assert seen_by(place.database, last, told) == copied
    [came] = place.fetch(_moved(8), name="Work")
    place.fetch(_moved(9), name="Work")
    assert seen_by(place.database, last, told) == came - 1 == copied


@pytest.mark.parametrize("lost", [False, True])
def test_what_is_astray_is_looked_for_also_after_a_salvage(
    place: Place, number: MessageNumber, lost: bool
) -> None:
    flag(place, number, add=FLAGGED)
    _vanish(place)
    if lost:
        with place.database.transaction() as tx:
            tx.connection.execute("DELETE FROM astray")
    place.database.close()
    damage_mark(place.path).touch()
    place.open()
    assert list(place.path.parent.glob("*.damaged-*"))
    place.fetch(_moved(7), name="Work")
    assert shown(place, number) == ("Work", {FLAGGED}, True)
    assert_counts(place)
