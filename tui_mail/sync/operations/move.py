"""Replay a move: MOVE, or copy, mark and remove, each step looked at before the next."""

from tui_mail.model.operation import OperationState
from tui_mail.model.uids import UidSet
from tui_mail.store.replaying import DueOperation, settle_items, settle_operation
from tui_mail.sync.operations import sending
from tui_mail.sync.operations.finding import (
    Arrived,
    find_in_target,
    still_there,
    uids_of,
)
from tui_mail.sync.session import Session


def replay(session: Session, operation: DueOperation) -> None:
    """Move the messages, or what is left of it, and settle."""
    uids = uids_of(operation)
    done = Arrived()
    to_send = dict(uids)
    if operation.state is OperationState.SENT:
        done = find_in_target(session, operation, operation.uid_next_before)
        there = still_there(session, operation.source, uids)
        in_both = {uid for uid in there if uids[uid] in done.uids}
        if in_both:
            sending.remove(session, operation.source, UidSet.of(in_both))
        to_send = {uid: uids[uid] for uid in there - in_both}
    if to_send:
        target, before = sending.prepare(session, operation)
        moved = sending.move(session, operation.source, to_send, target)
        if not moved.uids:
            moved = find_in_target(session, operation, before)
        done = done | moved
    _settle(session, operation, done)


def _settle(session: Session, operation: DueOperation, done: Arrived) -> None:
    """What is in the target is there; what is nowhere was removed by somebody else."""
    void = [item.message for item in operation.items if item.message not in done.uids]
    with session.pace.transaction() as tx:
        if void:
            settle_items(tx, operation.id, void)
        settle_operation(tx, operation.id, validity=done.validity, uids=done.uids)
    session.receipt.moved += len(done.uids)
