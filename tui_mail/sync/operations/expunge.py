"""Replay a deletion for ever: only of what this user deleted, only by UID EXPUNGE."""

from tui_mail.model.uids import UidSet
from tui_mail.store.left_behind import keep_hidden
from tui_mail.store.replaying import DueOperation, settle_operation
from tui_mail.store.transfers import count_leaving
from tui_mail.sync.operations import sending
from tui_mail.sync.operations.finding import uids_of
from tui_mail.sync.session import Session


def replay(session: Session, operation: DueOperation) -> None:
    """Delete the messages and settle; doing it twice does no harm."""
    uids = UidSet.of(uids_of(operation))
    session.use(operation.source, uids)
    sending.mark(session, operation, None)
    left = sending.remove(session, operation.source, uids)
    moved = count_leaving(session.database, operation.id)
    with session.pace.transaction() as tx:
        if left and keep_hidden(tx, [item.message for item in operation.items]):
            session.tell_left_behind()
        settle_operation(tx, operation.id, validity=None, uids={})
    session.receipt.moved += moved
    session.receipt.deleted += len(uids) - moved
