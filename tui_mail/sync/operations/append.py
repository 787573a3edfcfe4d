"""Replay an append: a message after the other, and what was sent last is looked for first.

Between two messages the store knows how far it is; so an answer that was lost leaves
doubt about one message only.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tui_mail.model.error import NotFound, ServerRefused
from tui_mail.model.ids import WHOLE, MessageNumber, Uid, UidValidity
from tui_mail.model.mailbox import Mailbox
from tui_mail.store.appending import (
    DueAppend,
    drop_deleted,
    keep_apart,
    mark_append_sent,
    next_append,
    settle_append,
)
from tui_mail.store.content import load_pieces
from tui_mail.store.mailboxes import load_mailbox, load_state
from tui_mail.store.messages import number_of
from tui_mail.store.replaying import DueOperation, requeue_operation
from tui_mail.sync.operations import sending
from tui_mail.sync.operations.finding import (
    Likeness,
    arrivals_since,
    likeness_here,
)
from tui_mail.sync.refusals import Verdict, judge
from tui_mail.sync.session import Session
from tui_mail.transports.imap_arguments import Flow
from tui_mail.transports.imap_values import AppendedUid

_LOG = logging.getLogger(__name__)


def replay(session: Session, operation: DueOperation) -> None:
    """Append all messages that are left of an operation; one refused alone stays in it."""
    if operation.target is None:
        raise ServerRefused("the mailbox to go to is not there any more")
    target = load_mailbox(session.database, operation.target)
    if target.local:
        sending.create(session, target)
    before: AppendedUid | None = None
    while (due := next_append(session.database, operation.id)) is not None:
        if due.since is not None and (found := _find(session, target, due)):
            before = _settle(session, operation, due, found)
            continue
        with session.pace.transaction() as tx:
            if drop_deleted(tx, due.message):
                continue
        if before is None:
            before = _place_of_next(session, target)
        try:
            before = _append(session, operation, target, due, before)
        except ServerRefused as refusal:
            said = judge(refusal, attempts=operation.attempts, now=datetime.now(UTC))
            with session.pace.transaction() as tx:
                # There is no doubt: the server does not have it.
                requeue_operation(tx, operation.id)
                if drop_deleted(tx, due.message):
                    continue
                if said.verdict is Verdict.NEVER:
                    keep_apart(tx, operation.id, due.message)
            raise


def _place_of_next(session: Session, target: Mailbox) -> AppendedUid:
    """Ask where the next message will come to lie, at the lowest."""
    counts = sending.status_of(session, target)
    return AppendedUid(counts.uid_validity, counts.uid_next)


def _append(
    session: Session,
    operation: DueOperation,
    target: Mailbox,
    due: DueAppend,
    before: AppendedUid,
) -> AppendedUid | None:
    """Append one message; where the next will come to lie, if that was told."""
    with session.pace.transaction() as tx:
        try:
            mark_append_sent(
                tx,
                operation.id,
                due.message,
                since=before.uid,
                validity=before.validity,
            )
        except NotFound:
            raise sending.Withdrawn from None
    size = due.size or -1
    told = session.connection.append(
        target.wire_name,
        Flow(size, lambda: load_pieces(session.database, due.message, WHOLE)),
        frozenset(filter(target.state.keeps, due.flags)),
        due.arrived,
    )
    session.harvest()
    due = replace(due, since=before.uid, validity=before.validity)
    found = told or _find(session, target, due)
    return _settle(session, operation, due, found)


def _settle(
    session: Session,
    operation: DueOperation,
    due: DueAppend,
    found: AppendedUid | None,
) -> AppendedUid | None:
    with session.pace.transaction() as tx:
        settle_append(
            tx,
            operation.id,
            due,
            validity=found.validity if found else due.validity or UidValidity(0),
            uid=found.uid if found else None,
        )
    session.receipt.appended += 1
    return AppendedUid(found.validity, Uid(found.uid + 1)) if found else None


def _find(session: Session, target: Mailbox, due: DueAppend) -> AppendedUid | None:
    """Find a message among those that came into the target since it was sent."""
    since = due.since or Uid(1)
    if sending.status_of(session, target).uid_validity != due.validity:
        # The numbers of before mean nothing any more.
        since = Uid(1)
    validity, theirs = arrivals_since(session, target, since)
    free = theirs
    if validity == load_state(session.database, target.id).uid_validity:
        free = [one for one in theirs if _may_be(session, target, due.message, one[0])]
    uid = pick(likeness_here(session, due.message), free)
    _LOG.info("append of message %d: %s", due.message, "found" if uid else "not found")
    return AppendedUid(validity, uid) if uid else None


def pick(ours: Likeness, theirs: Sequence[tuple[Uid, Likeness]]) -> Uid | None:
    """Pick the message that is ours, the first of several.

    Some servers add to a message, so its size need not be the one that was sent.
    """
    same = [uid for uid, alike in theirs if alike == ours]
    if not same and ours[0]:
        same = [uid for uid, alike in theirs if alike[:-1] == ours[:-1]]
    return min(same, default=None)


def _may_be(session: Session, target: Mailbox, ours: MessageNumber, uid: Uid) -> bool:
    """Tell whether a message of the target is none that was known before ours."""
    known = number_of(session.database, target.id, uid)
    return known is None or known >= ours
