"""Replay a deletion for ever: only of what this user deleted, only by UID EXPUNGE."""

from tui_mail.model.uids import UidSet
from tui_mail.store.replaying import DueOperation, settle_operation
from tui_mail.sync.operations import sending
from tui_mail.sync.operations.finding import uids_of
from tui_mail.sync.session import Session


def replay(session: Session, operation: DueOperation) -> None:
    """Delete the messages and settle; doing it twice does no harm."""
    uids = UidSet.of(uids_of(operation))
    session.use(operation.source, uids)
    sending.mark(session, operation, None)
    sending.remove(session, operation.source, uids)
    with session.pace.transaction() as tx:
        settle_operation(tx, operation.id, validity=None, uids={})
    session.receipt.deleted += len(uids)
