"""Replay a copy: looked for first where its answer was lost."""

from tui_mail.model.operation import OperationState
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
    """Copy the messages that are not there yet, and settle."""
    uids = uids_of(operation)
    done = Arrived()
    if operation.state is OperationState.SENT:
        done = find_in_target(session, operation, operation.uid_next_before)
    to_send = {uid: number for uid, number in uids.items() if number not in done.uids}
    gone = []
    if to_send:
        target, before = sending.prepare(session, operation)
        copied = sending.copy(session, operation.source, to_send, target)
        if not copied.uids:
            copied = find_in_target(session, operation, before)
        there = still_there(session, operation.source, to_send)
        gone = [
            number
            for uid, number in to_send.items()
            if uid not in there and number not in copied.uids
        ]
        done = done | copied
    copies = {
        item.copy: done.uids[item.message]
        for item in operation.items
        if item.copy is not None and item.message in done.uids
    }
    with session.pace.transaction() as tx:
        if gone:
            settle_items(tx, operation.id, gone)
        settle_operation(tx, operation.id, validity=done.validity, uids=copies)
    session.receipt.copied += len(copies)
