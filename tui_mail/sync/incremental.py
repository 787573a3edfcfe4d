"""A mailbox that is known, brought in step with as little as the server allows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tui_mail.model.ids import MailboxId, MessageNumber, ModSeq, Uid
from tui_mail.model.mailbox import Mailbox, MailboxState
from tui_mail.model.message import FetchedMessage
from tui_mail.model.uids import UidSet
from tui_mail.store.database import Transaction
from tui_mail.store.mailboxes import (
    apply_counts,
    load_mailbox,
    load_state,
    save_state,
)
from tui_mail.store.messages import (
    apply_fetched,
    count_known,
    known_uids,
    last_number,
    load_detached,
)
from tui_mail.store.sweeping import load_swept, save_swept
from tui_mail.store.vanishing import drop_detached, note_confirmed
from tui_mail.sync.first_sync import (
    BATCH,
    begin_anew,
    counts_of,
    fetch_downward,
    fetch_newest,
    fetch_window,
    finish,
)
from tui_mail.sync.piecewise import fetch_messages
from tui_mail.sync.reconcile import (
    FlagsBy,
    Plan,
    Told,
    common,
    needs_listing,
    newest_slices,
    plan,
    sweep,
    without,
)
from tui_mail.sync.session import Session
from tui_mail.transports.imap_values import KnownState, Selected

_LOOKED_AT = 5_000
"""Of how many messages the flags are asked for at a time."""
_NEWEST = 400
"""Of how many of the newest they are each time; a short look is at no others."""


def bring_in_step(session: Session, mailbox: MailboxId) -> Iterator[None]:
    """Bring one mailbox in step, in steps between which other work may be done.

    Raises Outdated where another pass began it anew meanwhile, and what the
    connection raises.
    """
    selected = catch_up(session, mailbox)
    if load_state(session.database, mailbox).low_uid > 1:
        yield
        yield from fetch_downward(session, mailbox)
        finish(session, mailbox, selected)


def catch_up(
    session: Session, mailbox: MailboxId, *, thorough: bool = True
) -> Selected:
    """Select a mailbox and apply what changed in what is here, and what is new.

    Of one that was never seen the newest messages are fetched. Where the server cannot
    tell which flags changed, all are looked at in slices, one each thorough look.
    """
    box = load_mailbox(session.database, mailbox)
    detached = load_detached(session.database, mailbox)
    last = last_number(session.database)
    known = _known_state(session, box.state)
    selected = session.select(box, known=known)
    session.news = False
    told = Told(
        uid_validity=selected.uid_validity,
        uid_next=selected.uid_next or Uid(0),
        highest_modseq=selected.highest_modseq or ModSeq(0),
        exists=selected.exists,
        resynchronized=selected.resynced,
    )
    decided = plan(box.state, told)
    if decided.anew:
        session.tell(f"{box.name} was made anew on the server", 0, 0, mailbox)
        begin_anew(session, box)
    if decided.first:
        fetch_window(session, box, selected)
        return selected
    session.apply(replace(selected.changes, exists=None, expunged=0, alerts=()))
    _update_flags(session, box, decided, thorough=thorough)
    if decided.arrivals:
        fetch_arrivals(session, box, decided, selected)
    _remove_what_is_gone(session, box, selected)
    _give_up(session, mailbox, detached)
    _note(session, box, selected, last)
    return selected


def _known_state(session: Session, state: MailboxState) -> KnownState | None:
    """Say what is here, for a server that can tell what changed since."""
    usable = (
        session.connection.qresync
        and state.uid_validity is not None
        and state.highest_modseq > 0
        and 0 < state.low_uid < state.uid_next
    )
    if not usable or state.uid_validity is None:
        return None
    held = UidSet.between(state.low_uid, state.uid_next - 1)
    return KnownState(state.uid_validity, state.highest_modseq, held)


def _update_flags(
    session: Session, box: Mailbox, decided: Plan, *, thorough: bool
) -> None:
    """Apply the flags that others changed."""
    if decided.flags is FlagsBy.CHANGED_SINCE:
        changes = session.connection.fetch_flags(
            decided.held, changed_since=box.state.highest_modseq
        )
        session.apply(changes)
    elif decided.flags is FlagsBy.LOOKING:
        here = common(known_uids(session.database, box.id), decided.held)
        swept = load_swept(session.database, box.id)
        some, down_to = sweep(here, swept, slice_=_LOOKED_AT, newest=_NEWEST)
        if not thorough:
            some, down_to = next(newest_slices(here, _NEWEST), UidSet()), swept
        if some:
            session.apply(session.connection.fetch_flags(some))
        if down_to != swept:
            with session.transaction() as tx:
                save_swept(tx, box.id, down_to)
    session.harvest()


def fetch_arrivals(
    session: Session, box: Mailbox, decided: Plan, selected: Selected
) -> None:
    """Fetch what is new; of much that is new the newest is shown first."""
    expected = session.exists - count_known(session.database, box.id)
    if expected > BATCH and box.state.low_uid == 1:
        _fetch_many(session, box, decided.arrivals)
    else:
        _fetch_new(session, box, decided.arrivals)
    if selected.uid_next:
        with session.transaction() as tx:
            _advance(tx, box.id, selected.uid_next)
    session.harvest()


def _fetch_new(session: Session, box: Mailbox, uids: UidSet) -> int:
    """Fetch messages and advance the cursor over them."""
    messages = fetch_messages(session, uids, str(box.name))
    _apply_new(session, box.id, messages, advancing=True)
    return len(messages)


def _fetch_many(session: Session, box: Mailbox, uids: UidSet) -> None:
    newest = fetch_newest(session, box)
    _apply_new(session, box.id, [one for one in newest if one.uid in uids])
    there = session.connection.existing_uids(uids)
    done = 0
    for slice_ in there.chunks(BATCH):
        done += _fetch_new(session, box, slice_)
        session.tell(f"fetching {box.name}", done, len(there), box.id)


def _apply_new(
    session: Session,
    mailbox: MailboxId,
    messages: Sequence[FetchedMessage],
    *,
    advancing: bool = False,
) -> None:
    """Apply new messages in the order of their UIDs, with the cursor."""

    def change(tx: Transaction, some: Sequence[FetchedMessage]) -> None:
        with session.arrivals(tx) as arrived:
            arrived += apply_fetched(tx, mailbox, session.validity, some)
        if advancing:
            _advance(tx, mailbox, some[-1].uid + 1)

    session.pace.apply(sorted(messages, key=lambda message: message.uid), change)


def _advance(tx: Transaction, mailbox: MailboxId, uid_next: int) -> None:
    state = load_state(tx, mailbox)
    if uid_next > state.uid_next:
        save_state(tx, mailbox, replace(state, uid_next=Uid(uid_next)), synced=False)


def _remove_what_is_gone(session: Session, box: Mailbox, selected: Selected) -> None:
    """Where the counts differ, list what is there: some is gone, or was missed.

    What another connection moves into the mailbox meanwhile is not gone because it
    was not there when it was listed.
    """
    state = load_state(session.database, box.id)
    if not needs_listing(
        state, held=count_known(session.database, box.id), exists=session.exists
    ):
        return
    top = max(selected.uid_next, box.state.uid_next)
    listed = UidSet.between(box.state.low_uid, top - 1)
    here = common(known_uids(session.database, box.id), listed)
    there = session.connection.existing_uids(listed)
    session.harvest()
    gone = without(here, there)
    if gone:
        session.remove(gone)
    for some in newest_slices(without(there, here), BATCH):
        _apply_new(session, box.id, fetch_messages(session, some, str(box.name)))
    session.harvest()


def _give_up(
    session: Session, mailbox: MailboxId, detached: frozenset[MessageNumber]
) -> None:
    """Remove what came here by a move without its UID and was gone when we looked."""
    if detached and load_state(session.database, mailbox).low_uid == 1:
        with session.transaction() as tx:
            session.receipt.gone += drop_detached(tx, mailbox, detached)


def _note(
    session: Session, box: Mailbox, selected: Selected, last: MessageNumber
) -> None:
    """Save the cursors that SELECT gave, now that all they cover is applied.

    ``last``: the last message that was here before it.

    Another connection may have been further already; but a modification sequence that
    was ahead of the server before it was asked is worth nothing.
    """
    told = selected.highest_modseq or ModSeq(0)
    with session.transaction() as tx:
        state = load_state(tx, box.id)
        ahead = told >= box.state.highest_modseq and told > 0
        state = replace(
            state,
            highest_modseq=max(state.highest_modseq, told) if ahead else told,
            exists=selected.exists,
            keywords_kept=selected.keywords_kept,
            keywords_named=selected.keywords_named,
            read_only=selected.read_only,
        )
        complete = state.low_uid == 1
        save_state(tx, box.id, state, synced=complete)
        note_confirmed(tx, box.id, last)
        if complete:
            apply_counts(tx, box.id, counts_of(selected))
