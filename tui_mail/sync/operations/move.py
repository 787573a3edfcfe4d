"""Replay a move: MOVE, or copy, mark and remove, each step looked at before the next."""

import logging
from dataclasses import replace

from tui_mail.model.operation import OperationState
from tui_mail.model.uids import UidSet
from tui_mail.store.database import Transaction
from tui_mail.store.left_behind import leave_behind
from tui_mail.store.mailboxes import load_state
from tui_mail.store.messages import number_of
from tui_mail.store.replaying import (
    DueOperation,
    OperationItem,
    settle_items,
    settle_operation,
)
from tui_mail.sync.operations import sending
from tui_mail.sync.operations.finding import (
    Arrived,
    find_in_target,
    owed_to_others,
    still_there,
    uids_of,
)
from tui_mail.sync.session import Session

_LOG = logging.getLogger(__name__)


def replay(session: Session, operation: DueOperation) -> None:
    """Move the messages, or what is left of it, and settle."""
    uids = uids_of(operation)
    done = Arrived()
    to_send = dict(uids)
    if operation.state is OperationState.SENT:
        done = find_in_target(session, operation, operation.uid_next_before)
        there = still_there(session, operation.source, uids)
        in_both = {uid for uid in there if uids[uid] in done.uids}
        if in_both and (owed := owed_to_others(session, operation)):
            since = operation.uid_next_before
            done = find_in_target(session, operation, since, still=there, owed=owed)
            in_both = {uid for uid in there if uids[uid] in done.uids}
        if session.connection.has_move:
            # It never leaves a message in both: that in the target is another's copy.
            in_both.clear()
        if in_both:
            left = sending.remove(session, operation.source, UidSet.of(in_both))
            done = replace(done, left=left)
        to_send = {uid: uids[uid] for uid in there - in_both}
    if to_send:
        target, before = sending.prepare(session, operation)
        moved = sending.move(session, operation.source, to_send, target)
        if not moved.uids:
            found = find_in_target(session, operation, before)
            moved = replace(found, left=moved.left)
        done = done | moved
    _settle(session, operation, done)


def _settle(session: Session, operation: DueOperation, done: Arrived) -> None:
    """What is in the target is there; what is nowhere was removed by somebody else."""
    with session.pace.transaction() as tx:
        void = [
            item.message
            for item in operation.items
            if item.message not in done.uids or _has_gone_on(tx, operation, done, item)
        ]
        _LOG.debug("move %d: arrived %s, void %s", operation.id, done.uids, void)
        if void:
            settle_items(tx, operation.id, void)
            session.receipt.lost += len(set(void) - set(done.uids))
        settle_operation(tx, operation.id, validity=done.validity, uids=done.uids)
        uids = uids_of(operation)
        left = {uid: uids[uid] for uid in done.left if uids[uid] in done.uids}
        if leave_behind(tx, operation.source, left):
            session.tell_left_behind()
    session.receipt.moved += len(done.uids)


def _has_gone_on(
    tx: Transaction, operation: DueOperation, done: Arrived, item: OperationItem
) -> bool:
    """Tell whether the target was synchronized since, and the message was gone again."""
    if operation.target is None:
        return False
    state = load_state(tx, operation.target)
    uid = done.uids[item.message]
    return (
        state.uid_validity == done.validity
        and state.low_uid <= uid < state.uid_next
        and number_of(tx, operation.target, uid) is None
    )
