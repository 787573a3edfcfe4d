from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.filling import START, Place, assert_counts, mail, person
from tui_mail.model.displayable import displayable
from tui_mail.model.error import NotFound
from tui_mail.model.event import MailboxChanged, MailboxesChanged, MessagesChanged
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import MailboxId, MessageNumber, ModSeq, OperationId, Uid
from tui_mail.model.message import FlagsOf, MessageSummary
from tui_mail.model.operation import Copy, Move, SetFlags, Wish
from tui_mail.model.uids import UidSet
from tui_mail.store.contents import sweep_unused
from tui_mail.store.messages import (
    apply_flags,
    count_known,
    detach_all,
    known_uids,
    load_envelope,
    load_location,
    load_summaries,
    load_summary,
    number_of,
)
from tui_mail.store.performing import perform
from tui_mail.store.replaying import mark_operation_sent
from tui_mail.store.threads import find_by_message_id
from tui_mail.store.vanishing import apply_vanished, drop_detached


def _shown(place: Place, number: MessageNumber) -> MessageSummary:
    return load_summary(place.database, number)


def _flags(place: Place, *changes: FlagsOf, name: str = "INBOX") -> None:
    with place.database.transaction() as tx:
        apply_flags(tx, place.box(name), changes)


def _vanish(place: Place, uids: str, name: str = "INBOX") -> int:
    with place.database.transaction() as tx:
        return apply_vanished(tx, place.box(name), UidSet.parse(uids))


def _perform(place: Place, wish: Wish) -> None:
    with place.database.transaction() as tx:
        perform(tx, wish, said="did", session="one")


def _detach(place: Place) -> int:
    with place.database.transaction() as tx:
        return detach_all(tx, place.box())


def _drop(place: Place) -> int:
    with place.database.transaction() as tx:
        return drop_detached(tx, place.box())


def test_new_messages_get_numbers_in_the_order_they_were_told(place: Place) -> None:
    numbers = place.fetch(mail(3), mail(1), mail(2))
    assert numbers == sorted(numbers)
    assert [_shown(place, number).uid for number in numbers] == [3, 1, 2]
    assert known_uids(place.database, place.box()) == UidSet.parse("1:3")
    assert known_uids(place.database, place.box(), 2, 9) == UidSet.parse("2:3")
    assert count_known(place.database, place.box()) == 3
    assert number_of(place.database, place.box(), Uid(1)) == numbers[1]
    assert number_of(place.database, place.box(), Uid(9)) is None


def test_a_message_told_twice_is_one_and_has_the_flags_of_the_last_time(
    place: Place,
) -> None:
    [number] = place.fetch(mail(1))
    assert place.fetch(mail(1, flags=[SEEN]), mail(2), mail(1, flags=[FLAGGED]))[0] == (
        number
    )
    assert _shown(place, number).flags == {FLAGGED}
    assert_counts(place)


def test_a_message_told_twice_at_once_is_one(place: Place) -> None:
    first, second = place.fetch(mail(1), mail(1, flags=[SEEN]))
    assert first == second
    assert _shown(place, first).flags == {SEEN}


def test_all_that_an_envelope_says_comes_back(place: Place) -> None:
    told = mail(
        1,
        "Grüße, 你好",
        from_=(person("", "a@b.example"), person("Group", "")),
        sender=(person("S", "s@b.example"),),
        reply_to=(person("R", "r@b.example"),),
        cc=(person("C", "c@b.example"),),
        bcc=(person("B", "b@b.example"),),
        in_reply_to="p@b.example",
        references=("r@b.example", "p@b.example"),
        list_id=displayable("list.b.example"),
        has_attachment=True,
    )
    [number] = place.fetch(told)
    assert load_envelope(place.database, number) == told.envelope
    bare = replace(told, uid=Uid(2), envelope=type(told.envelope)(), internal_date=None)
    [number] = place.fetch(bare)
    assert load_envelope(place.database, number) == bare.envelope
    assert _shown(place, number).date == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_date_of_the_future_or_before_mail_is_not_believed(place: Place) -> None:
    future, old = (datetime(year, 1, 1, tzinfo=UTC) for year in (2039, 1960))
    for number in place.fetch(
        mail(1, date=future, internal_date=START),
        mail(2, date=old, internal_date=START),
        mail(3, date=None, internal_date=START),
    ):
        assert _shown(place, number).date == START


def test_rows_come_in_the_order_asked_for_with_gaps_for_what_is_gone(
    place: Place,
) -> None:
    one, two, three = place.fill(3)
    _vanish(place, "2")
    rows = load_summaries(place.database, [three, two, one])
    assert [row and row.number for row in rows] == [three, None, one]
    with pytest.raises(NotFound):
        load_summary(place.database, two)
    with pytest.raises(NotFound):
        load_location(place.database, two)
    with pytest.raises(NotFound):
        load_envelope(place.database, two)


def test_flags_of_unknown_uids_are_none_and_the_last_word_holds(place: Place) -> None:
    [number] = place.fetch(mail(1))
    place.events.clear()
    _flags(
        place,
        FlagsOf(Uid(9), frozenset({SEEN})),
        FlagsOf(Uid(1), frozenset({FLAGGED})),
        FlagsOf(Uid(1), frozenset({SEEN, "work", "\\Recent"})),
    )
    assert _shown(place, number).flags == {SEEN, "work"}
    assert MessagesChanged(place.box(), frozenset({number})) in place.events
    assert_counts(place)


def test_flags_that_are_known_already_change_and_tell_nothing(place: Place) -> None:
    place.fetch(mail(1, flags=[SEEN]))
    place.events.clear()
    _flags(place, FlagsOf(Uid(1), frozenset({"\\seen"})))
    assert place.events == []


def test_a_modseq_never_falls(place: Place) -> None:
    place.fetch(mail(1, modseq=ModSeq(9)))
    _flags(place, FlagsOf(Uid(1), frozenset({SEEN}), ModSeq(5)))
    assert place.rows("SELECT modseq FROM message") == [(9,)]


def test_what_vanished_goes_and_unknown_uids_are_none(place: Place) -> None:
    place.fill(5)
    place.events.clear()
    assert _vanish(place, "2:3,77:4000000000") == 2
    assert known_uids(place.database, place.box()) == UidSet.parse("1,4:5")
    assert place.events == [MailboxChanged(place.box())]
    assert_counts(place)


def test_a_message_that_vanished_where_the_server_has_it_goes_where_it_is_shown(
    place: Place,
) -> None:
    numbers = place.fill(2)
    _perform(place, Move((numbers[0],), place.box("Archive")))
    place.events.clear()
    assert _vanish(place, "1") == 1
    assert MailboxChanged(place.box("Archive")) in place.events
    assert place.rows("SELECT * FROM operation") == []
    assert_counts(place)


def test_a_mailbox_that_was_made_anew_finds_its_messages_again(place: Place) -> None:
    numbers = place.fill(3)
    _perform(place, SetFlags((numbers[0],), frozenset({FLAGGED})))
    assert _detach(place) == 3
    assert _shown(place, numbers[0]).uid is None
    again = [replace(mail(uid), uid=Uid(uid + 100)) for uid in (3, 1)]
    assert place.fetch(*again, validity=8) == [numbers[2], numbers[0]]
    assert _shown(place, numbers[0]).uid == 101
    assert _shown(place, numbers[0]).flags == {FLAGGED}
    assert _drop(place) == 1
    assert place.rows("SELECT count(*) FROM content, message") == [(6,)]
    assert_counts(place)


def test_two_that_are_alike_are_found_again_one_each(place: Place) -> None:
    twice = [mail(1), replace(mail(1), uid=Uid(2))]
    numbers = place.fetch(*twice)
    _detach(place)
    assert place.fetch(*twice, validity=8) == numbers


def test_what_was_not_found_again_goes_unless_a_wish_is_under_way(place: Place) -> None:
    one, two = place.fill(2)
    for number in (one, two):
        _perform(place, Move((number,), place.box("Archive")))
    with place.database.transaction() as tx:
        mark_operation_sent(tx, OperationId(1), uid_next_before=Uid(1))
    _detach(place)
    assert _drop(place) == 1
    assert _shown(place, one).waiting
    assert place.rows("SELECT id, state FROM operation") == [(1, "sent")]


def test_the_same_mail_in_another_mailbox_shares_its_content(place: Place) -> None:
    [here] = place.fetch(mail(1))
    [there] = place.fetch(replace(mail(1), uid=Uid(40)), name="Archive")
    assert _shown(place, here).content == _shown(place, there).content
    assert _shown(place, here).thread == _shown(place, there).thread


@pytest.mark.parametrize(
    "other",
    [
        replace(mail(1), size=5),
        replace(mail(1), internal_date=START),
        mail(1, "Another subject"),
        mail(1, from_=(person("Bob", "mallory@example.org"),)),
    ],
)
def test_a_mail_with_only_the_message_id_in_common_is_another(
    place: Place, other: object
) -> None:
    [here] = place.fetch(mail(1))
    [there] = place.fetch(other, name="Archive")  # type: ignore[arg-type]
    assert _shown(place, here).content != _shown(place, there).content


def test_within_one_mailbox_nothing_is_shown_in_the_place_of_another(
    place: Place,
) -> None:
    one, two = place.fetch(mail(1), replace(mail(1), uid=Uid(2)))
    assert _shown(place, one).content != _shown(place, two).content


def test_the_servers_own_identity_is_believed(place: Place) -> None:
    [here] = place.fetch(mail(1, email_id="M1"))
    [there] = place.fetch(mail(2, email_id="M1"), name="Archive")
    assert _shown(place, here).content == _shown(place, there).content


def test_a_message_moved_by_another_client_finds_its_content_again(
    place: Place,
) -> None:
    [here] = place.fetch(mail(1))
    content = _shown(place, here).content
    _vanish(place, "1")
    [there] = place.fetch(replace(mail(1), uid=Uid(9)), name="Archive")
    assert _shown(place, there).content == content
    assert there > here


def test_contents_of_nothing_are_swept_in_portions(place: Place) -> None:
    place.fill(5)
    _vanish(place, "2:5")
    with place.database.transaction() as tx:
        assert [sweep_unused(tx, 3), sweep_unused(tx, 3), sweep_unused(tx, 3)] == [
            3,
            1,
            0,
        ]
    assert place.rows("SELECT count(*) FROM content") == [(1,)]


def test_a_content_that_a_message_has_again_is_not_swept(place: Place) -> None:
    place.fill(1)
    _vanish(place, "1")
    place.fetch(replace(mail(1), uid=Uid(9)), name="Archive")
    with place.database.transaction() as tx:
        assert [sweep_unused(tx), sweep_unused(tx)] == [1, 0]
    assert place.rows("SELECT count(*) FROM content") == [(1,)]
    _vanish(place, "9", name="Archive")
    with place.database.transaction() as tx:
        assert sweep_unused(tx) == 1
    assert place.rows("SELECT count(*) FROM content") == [(0,)]


def test_numbers_are_never_used_again(place: Place) -> None:
    before = place.fill(3)
    _vanish(place, "1:3")
    place.reopen()
    assert min(place.fill(3)) > max(before)


def test_threads_of_another_mailbox_that_become_one_are_told_of(place: Place) -> None:
    place.fetch(mail(1), mail(2), name="Archive")
    place.events.clear()
    both = ("1@example.org", "2@example.org")
    place.fetch(mail(3, references=both, in_reply_to=both[1]))
    assert MailboxChanged(place.box("Archive")) in place.events
    assert MailboxesChanged() in place.events


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["fetch", "flags", "vanish", "seen", "unseen", "move", "copy"]),
        st.integers(1, 6),
        st.sampled_from(["INBOX", "Archive"]),
    ),
    max_size=25,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_STEPS)
def test_counts_are_always_those_of_a_recount(
    place: Place, steps: list[tuple[str, int, str]]
) -> None:
    for what, uid, name in steps:
        seen = frozenset({SEEN})
        chosen = tuple(
            MessageNumber(int(str(number)))
            for (number,) in place.rows("SELECT number FROM message ORDER BY number")
        )[uid : uid + 2]
        if what == "fetch":
            place.fetch(mail(uid, flags=[SEEN] if uid % 2 else []), name=name)
        elif what == "flags":
            _flags(place, FlagsOf(Uid(uid), seen), name=name)
        elif what == "vanish":
            _vanish(place, str(uid), name)
        elif what in ("seen", "unseen"):
            add = seen if what == "seen" else frozenset()
            _perform(place, SetFlags(chosen, add, seen - add))
        elif what == "move":
            _perform(place, Move(chosen, place.box(name)))
        else:
            _perform(place, Copy(chosen, place.box(name)))
        assert_counts(place)


def test_a_location_says_where_it_is_shown_and_where_the_server_has_it(
    place: Place,
) -> None:
    [number] = place.fill(1)
    _perform(place, Move((number,), place.box("Archive")))
    location = load_location(place.database, number)
    assert location.mailbox == place.box("Archive")
    assert (location.server_mailbox, location.uid) == (place.box(), 1)
    assert isinstance(location.mailbox, int)
    assert MailboxId(location.mailbox) != location.server_mailbox


def test_a_message_is_found_by_its_message_id_wherever_it_lies(place: Place) -> None:
    numbers = place.fill(3)
    _perform(place, Copy((numbers[0],), place.box("Archive")))
    found = find_by_message_id(place.database, "1@example.org")
    assert found[0] == numbers[0]
    assert len(found) == 2
    assert find_by_message_id(place.database, "1@example.orG") == []
    assert find_by_message_id(place.database, "") == []
