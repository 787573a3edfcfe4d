"""A mailbox seen for the first time: the newest messages, then all below them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from tui_mail.model.ids import MailboxId, Uid
from tui_mail.model.mailbox import Mailbox, MailboxCounts, MailboxState
from tui_mail.model.message import FetchedMessage
from tui_mail.model.uids import UidSet
from tui_mail.store.database import Transaction
from tui_mail.store.mailboxes import (
    apply_counts,
    load_mailbox,
    load_state,
    save_state,
)
from tui_mail.store.messages import apply_fetched, detach_all, drop_detached
from tui_mail.sync.behind import Behind
from tui_mail.sync.reconcile import newest_slices, without
from tui_mail.sync.session import Session, require
from tui_mail.transports.imap_values import Selected

WINDOW = 100
"""How many messages fill the first screen of any size."""
SLICE = 1_000
"""How many messages are asked for at a time."""


def begin_anew(session: Session, box: Mailbox) -> None:
    """Forget which UIDs messages had; they are recognized when they are seen again."""
    with session.pace.transaction() as tx:
        detach_all(tx, box.id)
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
        read_only=selected.read_only,
    )
    messages: list[FetchedMessage] = []
    if selected.exists:
        for some in session.connection.fetch_newest(WINDOW):
            messages += some
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


def apply_downward(
    session: Session, mailbox: MailboxId, messages: Sequence[FetchedMessage]
) -> None:
    """Apply messages, the newest first, with the cursor of each transaction.

    It may run on another thread than the session's, which goes on meanwhile.
    """
    validity = session.validity

    def change(tx: Transaction, some: Sequence[FetchedMessage]) -> None:
        require(tx, mailbox, validity)
        apply_fetched(tx, mailbox, validity, some)
        _lower(tx, mailbox, some[-1].uid)

    ordered = sorted(messages, key=lambda message: message.uid, reverse=True)
    session.pace.apply(ordered, change)
    session.receipt.new += len(ordered)


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
    below = session.connection.existing_uids(UidSet.between(1, low_uid - 1))
    session.harvest()
    total, done = len(below), 0
    with Behind() as behind:
        for some in newest_slices(below, SLICE):
            yield
            session.use(mailbox)
            messages = fetch_slice(session, some)
            changes = session.connection.take_changes()
            if changes:
                # What they are about may still be on its way into the store.
                behind.wait()
                session.apply(changes)
            behind.do(partial(apply_downward, session, mailbox, messages))
            done += len(some)
            session.tell(f"fetching {box.name}", done, total, mailbox)
    session.use(mailbox)
    lower(session, mailbox, 1)


def fetch_slice(session: Session, uids: UidSet) -> list[FetchedMessage]:
    """Fetch some messages; what does not come is asked for once more, then it is gone."""
    messages = _fetch(session, uids)
    missing = without(uids, UidSet.of(message.uid for message in messages))
    return messages + _fetch(session, missing) if missing else messages


def _fetch(session: Session, uids: UidSet) -> list[FetchedMessage]:
    fetched = session.connection.fetch_messages(uids)
    return [message for some in fetched for message in some if message.uid in uids]


def finish(session: Session, mailbox: MailboxId, selected: Selected) -> None:
    """Note that all is here as it was when the mailbox was selected."""
    with session.transaction() as tx:
        session.receipt.gone += drop_detached(tx, mailbox)
        save_state(tx, mailbox, load_state(tx, mailbox), synced=True)
        apply_counts(tx, mailbox, counts_of(selected))


def counts_of(selected: Selected, unseen: int = 0) -> MailboxCounts:
    """Say what STATUS would have said when the mailbox was selected."""
    return MailboxCounts(
        messages=selected.exists,
        unseen=unseen,
        uid_next=selected.uid_next,
        uid_validity=selected.uid_validity,
        highest_modseq=selected.highest_modseq,
    )
