"""What the server says against what is here: decisions, made before anything is done."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from tui_mail.model.ids import ModSeq, Uid, UidValidity
from tui_mail.model.mailbox import MailboxCounts, MailboxState
from tui_mail.model.uids import LARGEST, UidSet

Counts = dict[bytes, MailboxCounts | None]
"""What STATUS said of each mailbox, by its wire name."""


class FlagsBy(Enum):
    """How the flags of the messages that are here are brought up to date."""

    NOTHING = auto()
    """They are."""
    SELECT = auto()
    """What changed came with the answer to SELECT (QRESYNC, RFC 7162)."""
    CHANGED_SINCE = auto()
    """Ask for what changed since the cursor (CONDSTORE, RFC 7162)."""
    LOOKING = auto()
    """Look at each message's flags: the server cannot tell what changed."""


@dataclass(frozen=True, slots=True)
class Told:
    """What SELECT said of a mailbox."""

    uid_validity: UidValidity
    uid_next: Uid
    """0 where the server did not say."""
    highest_modseq: ModSeq
    exists: int
    resynchronized: bool = False
    """The answer held what changed since the cursors (QRESYNC)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be done to bring a mailbox in step."""

    anew: bool
    """The UIDs that are here mean nothing any more."""
    first: bool
    """Nothing is here yet: the newest window comes first."""
    flags: FlagsBy
    held: UidSet
    """The range of UIDs in which the store knows every message."""
    arrivals: UidSet
    """UIDs that the store has not seen."""


def plan(state: MailboxState, told: Told) -> Plan:
    """Decide what a mailbox that was selected needs.

    UIDNEXT must never go back (RFC 9051, 2.3.1.1); where it does the UIDs are as
    worthless as after a change of UIDVALIDITY.
    """
    anew = state.uid_validity is not None and (
        told.uid_validity != state.uid_validity
        or bool(told.uid_next and told.uid_next < state.uid_next)
    )
    if anew or state.uid_validity is None or state.low_uid == 0:
        nothing = UidSet()
        return Plan(anew, True, FlagsBy.NOTHING, nothing, nothing)
    fresh = told.uid_next == 0 or told.uid_next > state.uid_next
    return Plan(
        anew=False,
        first=False,
        flags=_flags_by(state, told),
        held=UidSet.between(state.low_uid, state.uid_next - 1),
        arrivals=UidSet.between(state.uid_next, LARGEST) if fresh else UidSet(),
    )


def _flags_by(state: MailboxState, told: Told) -> FlagsBy:
    if told.resynchronized:
        return FlagsBy.SELECT
    if not 0 < state.highest_modseq <= told.highest_modseq:
        # There are none, or they went back: a server that was restored from a copy.
        return FlagsBy.LOOKING
    if told.highest_modseq == state.highest_modseq:
        return FlagsBy.NOTHING
    return FlagsBy.CHANGED_SINCE


def is_in_step(
    state: MailboxState,
    then: MailboxCounts | None,
    now: MailboxCounts | None,
    *,
    held: int,
) -> bool:
    """Tell whether STATUS alone shows that nothing changed since the last time.

    Without HIGHESTMODSEQ it never does: flags may have changed. As many messages have
    to be held as there are: what went wrong once is put right by that.
    """
    if then is None or now is None or state.low_uid != 1 or held != now.messages:
        return False
    return (
        now.highest_modseq != 0
        and state.uid_validity == now.uid_validity == then.uid_validity
        and state.uid_next >= now.uid_next
        and now.uid_next == then.uid_next
        and now.messages == then.messages
        and now.highest_modseq == then.highest_modseq
    )


def looks_alike(
    state: MailboxState,
    before: MailboxCounts | None,
    now: MailboxCounts | None,
    *,
    held: int,
) -> bool:
    """Tell whether STATUS says what it said at the last look, after which all was here.

    Without HIGHESTMODSEQ flags may have changed all the same, but not how many are unseen.
    """
    return (
        now is not None
        and before == now
        and state.low_uid == 1
        and held == now.messages
        and state.uid_validity == now.uid_validity
        and state.uid_next >= now.uid_next
    )


def needs_listing(state: MailboxState, *, held: int, exists: int) -> bool:
    """Tell whether only a listing shows which messages are gone.

    It takes the place of sequence numbers: where the counts are equal, and all
    arrivals are here, nothing is gone.
    """
    return state.low_uid != 1 or held != exists


def is_mass_loss(going: int, held: int) -> bool:
    """Tell whether so much would go that it is verified before it is believed."""
    return going > 20 and going * 2 > held


def without(uids: UidSet, others: UidSet) -> UidSet:
    """Take some identifiers out of a set."""
    left: list[tuple[int, int]] = []
    taken = iter(others.ranges)
    hole = next(taken, None)
    for low, high in uids.ranges:
        start = low
        while hole is not None and hole[1] < start:
            hole = next(taken, None)
        while hole is not None and hole[0] <= high:
            if hole[0] > start:
                left.append((start, hole[0] - 1))
            start = hole[1] + 1
            if hole[1] > high:
                break
            hole = next(taken, None)
        if start <= high:
            left.append((start, high))
    return UidSet(tuple(left))


def common(uids: UidSet, others: UidSet) -> UidSet:
    """Keep the identifiers that both sets have."""
    return without(uids, without(uids, others))


def sweep(here: UidSet, swept: Uid, *, slice_: int, newest: int) -> tuple[UidSet, Uid]:
    """Choose whose flags to look at: the newest, and a slice further down each time.

    ``swept`` is the lowest of the slice before, 0 for none. Also the lowest of this one;
    0 where it reaches the bottom, so that the next begins at the top again.
    """
    if len(here) <= slice_:
        return here, Uid(0)
    top = next(newest_slices(here, newest))
    below = common(without(here, top), UidSet.between(1, (swept or LARGEST) - 1))
    further = next(newest_slices(below, slice_ - newest), UidSet())
    low = further.ranges[0][0] if further else 0
    bottom = here.ranges[0][0]
    return further | top, Uid(low if low > bottom else 0)


def newest_slices(uids: UidSet, size: int) -> Iterator[UidSet]:
    """Cut into sets of at most so many identifiers, the highest first."""
    slice_: list[tuple[int, int]] = []
    room = size
    for low, high in reversed(uids.ranges):
        end = high
        while end >= low:
            start = max(low, end - room + 1)
            slice_.append((start, end))
            room -= end - start + 1
            end = start - 1
            if room == 0:
                yield UidSet(tuple(reversed(slice_)))
                slice_, room = [], size
    if slice_:
        yield UidSet(tuple(reversed(slice_)))
