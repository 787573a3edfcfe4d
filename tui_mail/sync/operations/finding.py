"""What became of messages whose move or copy was sent and not answered."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tui_mail.model.ids import MailboxId, MessageNumber, Uid, UidValidity
from tui_mail.model.mailbox import Mailbox
from tui_mail.model.message import FetchedMessage
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.store.mailboxes import load_mailbox
from tui_mail.store.messages import load_envelope, load_summary
from tui_mail.store.replaying import DueOperation, doubtful_moves
from tui_mail.store.twins import load_placed
from tui_mail.sync.session import Session

Likeness = tuple[object, ...]
"""What two copies of one message have in common."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Messages of ours with the UIDs that they have in the target."""

    validity: UidValidity | None = None
    uids: Mapping[MessageNumber, Uid] = field(default_factory=dict)
    left: frozenset[Uid] = frozenset()
    """What could only be marked as deleted where it comes from: its UIDs there."""

    def __or__(self, other: "Arrived") -> "Arrived":
        uids = {**self.uids, **other.uids}
        left = self.left | other.left
        return Arrived(other.validity or self.validity, uids, left)


def uids_of(operation: DueOperation) -> dict[Uid, MessageNumber]:
    """Name the messages by their UIDs in the mailbox that they come from."""
    return {item.uid: item.message for item in operation.items if item.uid is not None}


def still_there(
    session: Session, source: MailboxId, uids: Iterable[Uid]
) -> frozenset[Uid]:
    """Ask which messages the source still has."""
    wanted = UidSet.of(uids)
    session.use(source, wanted)
    found = session.connection.existing_uids(wanted)
    session.harvest()
    return frozenset(found)


def find_in_target(
    session: Session,
    operation: DueOperation,
    since: Uid | None,
    *,
    still: Collection[Uid] = (),
    owed: Mapping[Likeness, int] | None = None,
) -> Arrived:
    """Find messages among those that came into the target since it was sent.

    Each message of the target is taken for one of ours at most, and none that another
    operation was told of. For those that are in their source still, so many of a
    likeness are left that are owed to others.
    """
    if operation.target is None or since is None:
        return Arrived()
    box = load_mailbox(session.database, operation.target)
    validity, theirs = arrivals_since(session, box, since)
    if box.state.uid_validity not in (None, validity):
        # It was made anew: the numbers of before mean nothing any more.
        validity, theirs = arrivals_since(session, box, Uid(1))
    else:
        placed = load_placed(session.database, box.id)
        theirs = [one for one in theirs if one[0] not in placed]
    left, stayed = dict[MessageNumber, Likeness](), dict[MessageNumber, Likeness]()
    for item in operation.items:
        place = stayed if item.uid in still else left
        place[item.message] = likeness_here(session, item.message)
    found = match(left, theirs, {})
    rest = [one for one in theirs if one[0] not in found.values()]
    return Arrived(validity, found | match(stayed, rest, owed or {}))


def owed_to_others(session: Session, operation: DueOperation) -> Counter[Likeness]:
    """Count what other moves have brought into the target: it has left their sources.

    Of messages that are alike it cannot be told whose came. That one's has left tells
    that it did; one that is in its source still can be sent again.
    """
    owed: Counter[Likeness] = Counter()
    if operation.target is None:
        return owed
    for other in doubtful_moves(session.database, operation.target):
        if other.id == operation.id or not other.ready:
            continue
        uids = uids_of(other)
        gone = uids.keys() - still_there(session, other.source, uids)
        owed.update(likeness_here(session, uids[uid]) for uid in gone)
    return owed


def arrivals_since(
    session: Session, box: Mailbox, since: Uid
) -> tuple[UidValidity, list[tuple[Uid, Likeness]]]:
    """Look at what came into a mailbox, from a UID on."""
    selected = session.select(box, read_only=True)
    # It is only looked at: whoever needs it selected has to select it himself.
    session.mailbox = None
    range_ = UidSet.between(since, LARGEST)
    fetched = session.connection.fetch_messages(range_)
    theirs = [
        (one.uid, likeness(one))
        for some in fetched
        for one in some
        if one.uid in range_
    ]
    session.connection.take_changes()
    return selected.uid_validity, theirs


def match(
    ours: Mapping[MessageNumber, Likeness],
    theirs: Sequence[tuple[Uid, Likeness]],
    owed: Mapping[Likeness, int],
) -> dict[MessageNumber, Uid]:
    """Pair messages that are alike, each at most once, the lowest UID first.

    The highest are left to whom they are owed.
    """
    left: dict[Likeness, list[Uid]] = {}
    for uid, alike in sorted(theirs, key=lambda one: one[0], reverse=True):
        left.setdefault(alike, []).append(uid)
    for alike, count in owed.items():
        del left.get(alike, [])[:count]
    return {
        number: left[alike].pop() for number, alike in ours.items() if left.get(alike)
    }


def likeness(message: FetchedMessage) -> Likeness:
    """Say what makes a message what it is: never a number of the server's."""
    envelope = message.envelope
    return (envelope.message_id, envelope.subject, envelope.date, message.size)


def likeness_here(session: Session, number: MessageNumber) -> Likeness:
    """Say the same of a message that is here."""
    envelope = load_envelope(session.database, number)
    size = load_summary(session.database, number).size
    return (envelope.message_id, envelope.subject, envelope.date, size)
