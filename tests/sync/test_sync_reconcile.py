"""Decisions about mailboxes, without a server."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.ids import ModSeq, Uid, UidValidity
from tui_mail.model.mailbox import MailboxCounts, MailboxState
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.sync.reconcile import (
    FlagsBy,
    Told,
    common,
    is_in_step,
    is_mass_loss,
    needs_listing,
    newest_slices,
    plan,
    sweep,
    without,
)

STATE = MailboxState(
    uid_validity=UidValidity(7),
    uid_next=Uid(100),
    highest_modseq=ModSeq(50),
    low_uid=Uid(1),
    exists=80,
)
TOLD = Told(UidValidity(7), Uid(100), ModSeq(50), exists=80)
COUNTS = MailboxCounts(80, 3, Uid(100), UidValidity(7), ModSeq(50))

uids = st.frozensets(st.integers(1, 60))


def test_where_nothing_changed_nothing_is_asked() -> None:
    decided = plan(STATE, TOLD)
    assert not decided.anew
    assert not decided.first
    assert decided.flags is FlagsBy.NOTHING
    assert not decided.arrivals
    assert not needs_listing(STATE, held=80, exists=80)


def test_what_was_never_seen_begins_with_its_newest_messages() -> None:
    decided = plan(MailboxState(), TOLD)
    assert decided.first
    assert not decided.anew


def test_a_first_window_that_was_cut_off_begins_again() -> None:
    assert plan(replace(STATE, low_uid=Uid(0)), TOLD).first


def test_another_uidvalidity_begins_anew() -> None:
    decided = plan(STATE, replace(TOLD, uid_validity=UidValidity(8)))
    assert decided.anew
    assert decided.first
    assert not decided.held


def test_a_uidnext_that_goes_back_begins_anew() -> None:
    assert plan(STATE, replace(TOLD, uid_next=Uid(99))).anew
    assert not plan(STATE, replace(TOLD, uid_next=Uid(0))).anew


def test_new_messages_are_asked_for_up_to_the_largest_uid() -> None:
    arrivals = UidSet.between(100, LARGEST)
    assert plan(STATE, replace(TOLD, uid_next=Uid(103))).arrivals == arrivals
    assert plan(STATE, replace(TOLD, uid_next=Uid(0))).arrivals == arrivals


def test_changed_flags_are_asked_for_by_the_best_way_there_is() -> None:
    told = replace(TOLD, highest_modseq=ModSeq(60))
    assert plan(STATE, told).flags is FlagsBy.CHANGED_SINCE
    assert plan(STATE, replace(told, resynchronized=True)).flags is FlagsBy.SELECT
    without_modseq = replace(told, highest_modseq=ModSeq(0))
    assert plan(STATE, without_modseq).flags is FlagsBy.LOOKING
    went_back = replace(told, highest_modseq=ModSeq(STATE.highest_modseq - 1))
    assert plan(STATE, went_back).flags is FlagsBy.LOOKING
    never_had_one = replace(STATE, highest_modseq=ModSeq(0))
    assert plan(never_had_one, told).flags is FlagsBy.LOOKING


@given(
    st.builds(
        MailboxState,
        uid_validity=st.sampled_from([None, UidValidity(7), UidValidity(8)]),
        uid_next=st.integers(1, 9).map(Uid),
        highest_modseq=st.integers(0, 3).map(ModSeq),
        low_uid=st.integers(0, 9).map(Uid),
    ),
    st.builds(
        Told,
        uid_validity=st.sampled_from([UidValidity(7), UidValidity(8)]),
        uid_next=st.integers(0, 9).map(Uid),
        highest_modseq=st.integers(0, 3).map(ModSeq),
        exists=st.integers(0, 9),
        resynchronized=st.booleans(),
    ),
)
def test_every_uid_is_held_or_arrives_or_lies_below(
    state: MailboxState, told: Told
) -> None:
    decided = plan(state, told)
    if decided.first:
        assert not decided.held
        assert not decided.arrivals
        return
    assert state.uid_validity == told.uid_validity
    covered = decided.held | decided.arrivals
    top = max(told.uid_next, state.uid_next)
    for uid in range(state.low_uid, top):
        assert uid in covered
    assert not common(decided.held, decided.arrivals)


def test_status_alone_shows_that_nothing_changed() -> None:
    assert is_in_step(STATE, COUNTS, COUNTS, held=80)
    assert is_in_step(STATE, COUNTS, replace(COUNTS, unseen=9), held=80), (
        "modseq says it all"
    )


def test_status_alone_is_not_believed_where_anything_differs() -> None:
    for now in (
        None,
        replace(COUNTS, messages=81),
        replace(COUNTS, uid_next=Uid(101)),
        replace(COUNTS, uid_validity=UidValidity(8)),
        replace(COUNTS, highest_modseq=ModSeq(51)),
        replace(COUNTS, highest_modseq=ModSeq(0)),
    ):
        assert not is_in_step(STATE, COUNTS, now, held=80)
    assert not is_in_step(STATE, None, COUNTS, held=80)
    assert not is_in_step(replace(STATE, low_uid=Uid(2)), COUNTS, COUNTS, held=80)
    assert not is_in_step(replace(STATE, uid_next=Uid(99)), COUNTS, COUNTS, held=80)
    unknown = replace(COUNTS, highest_modseq=ModSeq(0))
    assert not is_in_step(STATE, unknown, unknown, held=80)
    assert not is_in_step(STATE, COUNTS, COUNTS, held=79), "one is missing here"


def test_a_listing_is_needed_where_the_counts_differ() -> None:
    assert needs_listing(STATE, held=81, exists=80)
    assert needs_listing(STATE, held=79, exists=80)
    assert needs_listing(replace(STATE, low_uid=Uid(50)), held=80, exists=80)


def test_only_the_loss_of_most_of_a_mailbox_is_suspicious() -> None:
    assert is_mass_loss(21, 41)
    assert not is_mass_loss(21, 42)
    assert not is_mass_loss(20, 20)
    assert not is_mass_loss(0, 0)


@given(uids, uids)
def test_sets_are_subtracted_and_intersected(
    one: frozenset[int], other: frozenset[int]
) -> None:
    left, right = UidSet.of(one), UidSet.of(other)
    assert set(without(left, right)) == one - other
    assert set(common(left, right)) == one & other
    assert without(left, right) == UidSet.of(one - other), "its ranges are whole"


@given(uids, st.integers(1, 20))
def test_slices_come_newest_first_and_hold_everything(
    some: frozenset[int], size: int
) -> None:
    slices = [list(one) for one in newest_slices(UidSet.of(some), size)]
    assert all(0 < len(one) <= size for one in slices)
    assert all(len(one) == size for one in slices[:-1])
    assert [uid for one in slices for uid in reversed(one)] == sorted(
        some, reverse=True
    )


def test_a_slice_of_all_uids_there_can_be_is_cut_at_once() -> None:
    first = next(newest_slices(UidSet.between(1, LARGEST), 500))
    assert first == UidSet.between(LARGEST - 499, LARGEST)


@given(st.sets(st.integers(1, 2_000), max_size=300), st.integers(5, 60))
def test_a_sweep_looks_at_everything_a_slice_at_a_time_and_at_the_newest_always(
    uids: set[int], slice_: int
) -> None:
    here, swept, seen = UidSet.of(uids), Uid(0), set[int]()
    newest = set(sorted(uids)[-3:])
    for _ in range(len(uids) // (slice_ - 3) + 1):
        chosen, swept = sweep(here, swept, slice_=slice_, newest=3)
        assert len(chosen) <= slice_
        assert newest <= set(chosen) <= uids
        seen |= set(chosen)
        if swept == 0:
            break
    assert seen == uids
    assert swept == 0
