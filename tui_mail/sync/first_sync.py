"""A mailbox seen for the first time: the newest messages, then all below them."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

from tui_mail.model.error import ServerRefused
from tui_mail.model.ids import MailboxId, Uid
from tui_mail.model.mailbox import Mailbox, MailboxCounts, MailboxState
from tui_mail.model.message import FetchedMessage
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.store.arriving import Arriving
from tui_mail.store.database import Transaction
from tui_mail.store.mailboxes import (
    apply_counts,
    load_mailbox,
    load_state,
    save_state,
)
from tui_mail.store.messages import (
    apply_arriving,
    apply_fetched,
    detach_all,
)
from tui_mail.store.vanishing import drop_detached, note_filled
from tui_mail.sync.piecewise import complain, fetch_messages, in_pieces
from tui_mail.sync.preparing import Preparer, prepare
from tui_mail.sync.reconcile import newest_slices, without
from tui_mail.sync.refusals import is_about_messages
from tui_mail.sync.session import Session
from tui_mail.transports.imap_values import Selected

WINDOW = 100
"""How many messages fill the first screen of any size."""
SLICE = 4_000
"""How many messages are asked for at a time at most; between slices others have their
turn, and an engine that was killed goes on at the last one."""
_UNWATCHED_SLICE = 64_000
"""How many where nobody waits for a turn: between slices the preparer has nothing."""
_SLICE_SECONDS = 1.0
"""How long a slice may take: after a longer one the next is smaller, and only one that
took less than half as long is followed by a larger one."""
BATCH = 500
"""How many are read and written at a time."""
_MANY = 2_000
"""From how many messages on a child helps to read them."""


def begin_anew(session: Session, box: Mailbox) -> None:
    """Forget which UIDs messages had; they are recognized when they are seen again."""
    with session.pace.transaction() as tx:
        session.rescans[box.id] = detach_all(tx, box.id)
        save_state(tx, box.id, MailboxState(), synced=False)


def fetch_window(session: Session, box: Mailbox, selected: Selected) -> None:
    """Fetch the newest messages of a mailbox that was just selected, and its cursors.

    What SELECT said holds for all messages that are fetched after it, also for those
    further down that are fetched later.
    """
    state = MailboxState(
        uid_validity=selected.uid_validity,
        uid_next=selected.uid_next,
        highest_modseq=selected.highest_modseq,
        low_uid=selected.uid_next,
        exists=selected.exists,
        keywords_kept=selected.keywords_kept,
        keywords_named=selected.keywords_named,
        read_only=selected.read_only,
    )
    messages = fetch_newest(session, box) if selected.exists else []
    if not state.uid_next:
        after = max((message.uid for message in messages), default=0) + 1
        state = replace(state, uid_next=Uid(after), low_uid=Uid(after))
    if selected.exists <= len(messages):
        finish_at: int = 1
    else:
        finish_at = min((message.uid for message in messages), default=state.low_uid)
    with session.pace.transaction() as tx:
        save_state(tx, box.id, state, synced=False)
    apply_downward(session, box.id, messages)
    session.harvest()
    lower(session, box.id, finish_at)
    if finish_at == 1:
        finish(session, box.id, selected)


def fetch_newest(session: Session, box: Mailbox) -> list[FetchedMessage]:
    """Fetch the newest messages of the mailbox that is selected."""
    messages: list[FetchedMessage] = []
    try:
        for some in session.connection.fetch_newest(WINDOW):
            messages += some
    except ServerRefused as refusal:
        if not is_about_messages(refusal):
            raise
        there = session.connection.existing_uids(UidSet.between(1, LARGEST))
        newest = next(newest_slices(there, WINDOW), UidSet())
        messages = fetch_messages(session, newest, str(box.name))
    return messages


def apply_downward(
    session: Session, mailbox: MailboxId, messages: Sequence[FetchedMessage]
) -> None:
    """Apply messages, the newest first, with the cursor of each transaction."""

    def change(tx: Transaction, some: Sequence[FetchedMessage]) -> None:
        with session.arrivals(tx) as arrived:
            arrived += apply_fetched(tx, mailbox, session.validity, some)
        _lower(tx, mailbox, some[-1].uid)

    ordered = sorted(messages, key=lambda message: message.uid, reverse=True)
    session.pace.apply(ordered, change)


def lower(session: Session, mailbox: MailboxId, low_uid: int) -> None:
    """Note down to which UID all messages are here."""
    with session.transaction() as tx:
        _lower(tx, mailbox, low_uid)


def _lower(tx: Transaction, mailbox: MailboxId, low_uid: int) -> None:
    state = load_state(tx, mailbox)
    if low_uid < state.low_uid:
        save_state(tx, mailbox, replace(state, low_uid=Uid(low_uid)), synced=False)


def fetch_downward(session: Session, mailbox: MailboxId) -> Iterator[None]:
    """Fetch what lies below the cursor, the newest first; it goes on where it ended.

    Between two steps the connection may be used for something else.
    """
    session.use(mailbox)
    box = load_mailbox(session.database, mailbox)
    low_uid = box.state.low_uid
    with ExitStack() as ends:
        # Beside a reader it would take the processor that the next key needs.
        helped = session.exists > _MANY and not session.pace.watched
        preparer = ends.enter_context(Preparer()) if helped else None
        below = session.connection.existing_uids(UidSet.between(1, low_uid - 1))
        session.harvest()
        total, done = len(below), 0
        size, most = (
            (BATCH, SLICE) if session.pace.watched else (SLICE, _UNWATCHED_SLICE)
        )
        while below:
            some = next(newest_slices(below, size))
            yield
            session.use(mailbox)
            begun = time.monotonic()
            _fetch_slice(session, box, some, preparer)
            took = time.monotonic() - begun
            size = _next_size(size, took, most)
            below = without(below, some)
            done += len(some)
            session.tell(f"fetching {box.name}", done, total, mailbox)
    session.use(mailbox)
    lower(session, mailbox, 1)


def _next_size(size: int, took: float, most: int) -> int:
    """Say how many to ask for next, when so many took so long."""
    if took >= _SLICE_SECONDS:
        return max(BATCH, size // 4)
    return min(2 * size, most) if took < _SLICE_SECONDS / 2 else size


def _fetch_slice(
    session: Session, box: Mailbox, uids: UidSet, preparer: Preparer | None
) -> None:
    """Fetch some messages; what does not come is asked for once more, then it is gone.

    While a batch is written the next one is read by the preparer, and the server goes
    on sending.
    """
    came = _fetch(session, box, uids, preparer)
    missing = without(uids, came)
    if missing:
        _fetch(session, box, missing, preparer)
    session.harvest()
    lower(session, box.id, uids.ranges[0][0])


def _fetch(
    session: Session, box: Mailbox, uids: UidSet, preparer: Preparer | None
) -> UidSet:
    """Fetch messages into the store; which came, or cannot be had."""
    came: list[int] = []

    def ask(some: UidSet) -> None:
        for batch in session.connection.fetch_raw(some, chunk=BATCH):
            came.extend(message.uid for message in batch)
            ready = prepare(batch) if preparer is None else preparer.exchange(batch)
            _apply(session, box.id, ready)

    refused = in_pieces(session, uids, ask)
    if preparer is not None:
        _apply(session, box.id, preparer.rest())
    complain(session, str(box.name), refused.values())
    return UidSet.of([*came, *refused])


def _apply(session: Session, mailbox: MailboxId, messages: Sequence[Arriving]) -> None:
    def change(tx: Transaction, some: Sequence[Arriving]) -> None:
        with session.arrivals(tx) as arrived:
            arrived += apply_arriving(tx, mailbox, session.validity, some)

    session.pace.apply(messages, change)


def finish(session: Session, mailbox: MailboxId, selected: Selected) -> None:
    """Note that all is here as it was when the mailbox was selected."""
    with session.transaction() as tx:
        gone = drop_detached(tx, mailbox)
        note_filled(tx, mailbox)
        save_state(tx, mailbox, load_state(tx, mailbox), synced=True)
        apply_counts(tx, mailbox, counts_of(selected))
    session.receipt.gone += gone
    if rescanned := session.rescans.pop(mailbox, 0):
        session.receipt.rescanned += rescanned
        session.receipt.matched += max(0, rescanned - gone)


def counts_of(selected: Selected, unseen: int = 0) -> MailboxCounts:
    """Say what STATUS would have said when the mailbox was selected."""
    return MailboxCounts(
        messages=selected.exists,
        unseen=unseen,
        uid_next=selected.uid_next,
        uid_validity=selected.uid_validity,
        highest_modseq=selected.highest_modseq,
    )
