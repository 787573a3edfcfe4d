"""The commands that move, copy and remove messages on the server."""

from dataclasses import replace
from datetime import UTC, datetime

from tui_mail.model.changes import Changes
from tui_mail.model.error import ServerRefused
from tui_mail.model.flags import DELETED
from tui_mail.model.ids import MailboxId, MessageNumber, Uid
from tui_mail.model.mailbox import Mailbox, MailboxCounts
from tui_mail.model.uids import UidSet
from tui_mail.store.mailboxes import load_mailbox
from tui_mail.store.replaying import DueOperation, due_operations, mark_operation_sent
from tui_mail.sync.operations.finding import Arrived
from tui_mail.sync.session import Session
from tui_mail.transports.imap_values import Moved


class Withdrawn(Exception):
    """A person thought better of it before it was sent: what is due is another wish."""


def prepare(session: Session, operation: DueOperation) -> tuple[Mailbox, Uid | None]:
    """Note what the target's UIDNEXT is, before anything is sent into it.

    The target is made where it lies only here.
    """
    if operation.target is None:
        raise ServerRefused("the mailbox to go to is not there any more")
    target = load_mailbox(session.database, operation.target)
    if target.local:
        create(session, target)
    before = operation.uid_next_before
    if before is None:
        before = status_of(session, target).uid_next
    mark(session, operation, before)
    return target, before


def mark(session: Session, operation: DueOperation, before: Uid | None) -> None:
    """Note that an operation goes out now; raises Withdrawn if it was changed."""
    with session.pace.transaction() as tx:
        due = due_operations(tx, datetime.now(UTC))
        now = next((one for one in due if one.id == operation.id), None)
        if now is None or now.items != operation.items:
            raise Withdrawn
        mark_operation_sent(tx, operation.id, uid_next_before=before)


def status_of(session: Session, target: Mailbox) -> MailboxCounts:
    """Ask for a mailbox's counts; raises ServerRefused, ``TRYCREATE`` if it is missing."""
    try:
        return session.connection.status(target.wire_name)
    except ServerRefused as refusal:
        # Dovecot gives no code; making what is there already does no harm.
        if refusal.code in ("NONEXISTENT", ""):
            raise ServerRefused(refusal.line, "TRYCREATE") from None
        raise


def create(session: Session, target: Mailbox) -> None:
    """Make a mailbox on the server, and subscribe to it."""
    try:
        session.connection.create(target.wire_name)
    except ServerRefused as refusal:
        if refusal.code != "ALREADYEXISTS":
            raise
    session.connection.subscribe(target.wire_name)


def move(
    session: Session, source: MailboxId, uids: dict[Uid, MessageNumber], target: Mailbox
) -> Arrived:
    """Move messages; where the server has no MOVE, by a copy and a removal."""
    wanted = UidSet.of(uids)
    session.use(source, wanted)
    try:
        moved = session.connection.move(wanted, target.wire_name)
    except ServerRefused as refusal:
        if refusal.code != "CANNOT":
            raise
    else:
        session.harvest()
        return arrived(moved, uids)
    copied = session.connection.copy(wanted, target.wire_name)
    session.harvest()
    try:
        left = remove(
            session, source, UidSet.of(copied.uids) if copied.uids else wanted
        )
    except ServerRefused as refusal:
        refusal.nothing_done = False
        raise
    return replace(arrived(copied, uids), left=left)


def copy(
    session: Session, source: MailboxId, uids: dict[Uid, MessageNumber], target: Mailbox
) -> Arrived:
    """Copy messages."""
    wanted = UidSet.of(uids)
    session.use(source, wanted)
    copied = session.connection.copy(wanted, target.wire_name)
    session.harvest()
    return arrived(copied, uids)


def remove(session: Session, source: MailboxId, uids: UidSet) -> frozenset[Uid]:
    r"""Delete messages for ever, these and no others; say which are left.

    Without UIDPLUS only an EXPUNGE of everything would do it, which would take what
    others marked too: then they keep their ``\Deleted``, and are hidden here.
    """
    session.use(source, uids)
    connection = session.connection
    _apply_others(session, connection.store_flags(uids, DELETED, add=True), uids)
    try:
        _apply_others(session, connection.expunge(uids), uids)
    except ServerRefused as refusal:
        if refusal.code != "CANNOT":
            raise
        return frozenset(uids)
    return frozenset()


def _apply_others(session: Session, changes: Changes, ours: UidSet) -> None:
    """Apply what was said of other messages; ours are settled, not marked deleted."""
    others = tuple(one for one in changes.flags if one.uid not in ours)
    session.apply(replace(changes, flags=others))
    late = session.connection.take_changes()
    others = tuple(one for one in late.flags if one.uid not in ours)
    session.apply(replace(late, flags=others))


def arrived(moved: Moved, uids: dict[Uid, MessageNumber]) -> Arrived:
    """Say which of our messages have which UID now, if the answer makes sense."""
    if moved.validity is None or not set(moved.uids) <= set(uids):
        return Arrived()
    return Arrived(moved.validity, {uids[old]: new for old, new in moved.uids.items()})
