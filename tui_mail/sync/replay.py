"""The user's wishes told to the server, and what becomes of each."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from tui_mail.model.error import LinkLost, NotFound, ProtocolError, ServerRefused
from tui_mail.model.ids import OperationId
from tui_mail.model.operation import OperationState
from tui_mail.model.uids import UidSet
from tui_mail.store.mailboxes import load_mailbox
from tui_mail.store.replaying import (
    DueOperation,
    FlagBatch,
    due_flags,
    due_operations,
    mark_flags_sent,
    note_flag_trouble,
    note_trouble,
    postpone_flags,
    postpone_operation,
    requeue_operation,
    revert_flags,
    revert_operation,
    settle_flags,
)
from tui_mail.sync.listing import were_renamed
from tui_mail.sync.operations import append, copy, expunge, mailboxes, move, sending
from tui_mail.sync.reconcile import without
from tui_mail.sync.refusals import Verdict, judge
from tui_mail.sync.seldom import ask_again
from tui_mail.sync.session import Outdated, Session

_LOG = logging.getLogger(__name__)
_MOST_PASSES = 5
"""Wishes that follow on others come in a later pass; there is an end to it."""

_KINDS: dict[str, Callable[[Session, DueOperation], None]] = {
    "move": move.replay,
    "copy": copy.replay,
    "expunge": expunge.replay,
    "append": append.replay,
}


def replay(session: Session) -> None:
    """Replay all that is due, copies of sent mail too; one connection does it at a time.

    What the server refuses is judged; a lost link is raised, and what was sent then is
    looked for the next time. What only a synchronization can go on with is noted in
    ``session.outdated``. Wishes over which a connection was lost are left out: see
    :func:`replay_doubtful`.
    """
    with session.replaying:
        session.file_sent(session)
        mailboxes.replay_creations(session)
        for _ in range(_MOST_PASSES):
            flags = _replay_flags(session)
            if not _replay_operations(session) and not flags:
                break
        mailboxes.replay_changes(session)


def carry_on(session: Session) -> None:
    """Bring what is between accounts further, and replay what follows from that."""
    if session.carry_on():
        replay(session)


def replay_doubtful(session: Session) -> None:
    """Replay what connections were lost over, once all else is done; what follows on it."""
    if session.stumbles.seconds_to_doubtful == 0.0:
        begun = time.monotonic()
        with session.replaying:
            flags = _replay_flags(session, last=True)
            ended = _replay_operations(session, last=True)
        session.stumbles.had_their_turn(begun)
        if flags or ended:
            replay(session)


def _replay_flags(session: Session, *, last: bool = False) -> bool:
    """Replay wishes about flags; True if any was settled."""
    settled = False
    tried: set[int] = set()
    while batch := _mark_next(session, tried, last=last):
        tried.update(batch.deltas)
        try:
            _send_flags(session, batch)
        except ServerRefused as refusal:
            _judge_flags(session, batch, refusal)
        except Outdated:
            # The next synchronization of the mailbox makes out what it is now.
            session.outdated = True
            continue
        except NotFound:
            continue
        else:
            settled = True
    return settled


def _mark_next(session: Session, tried: set[int], *, last: bool) -> FlagBatch | None:
    """Take the next wishes, and note in the same transaction that they go out.

    From then on a person who thinks better of one makes another wish.
    """
    with session.pace.transaction() as tx:
        for batch in due_flags(tx, datetime.now(UTC)):
            if tried.isdisjoint(batch.deltas) and _has_turn(
                session, _name(batch), batch.error, last=last
            ):
                mark_flags_sent(tx, batch)
                return batch
    return None


def _name(batch: FlagBatch) -> str:
    return f"flag-{batch.deltas[0]}"


def _has_turn(session: Session, wish: str, error: str, *, last: bool) -> bool:
    if not error:
        session.stumbles.forgive(wish)
    return session.stumbles.has_turn(wish, last=last)


def _send_flags(session: Session, batch: FlagBatch) -> None:
    try:
        with session.stumbles.trying(_name(batch), session.since):
            try:
                _store(session, batch)
            except ServerRefused as refusal:
                if not were_renamed(session, (batch.mailbox,), refusal):
                    raise
                _store(session, batch)
    except (LinkLost, ProtocolError) as error:
        with session.pace.transaction() as tx:
            note_flag_trouble(tx, batch, error.line)
        raise


def _store(session: Session, batch: FlagBatch) -> None:
    session.use(batch.mailbox, batch.uids)
    session.harvest()
    changes = session.connection.store_flags(batch.uids, batch.flag, add=batch.add)
    session.apply(changes)
    session.harvest()
    there = changes.named & batch.uids if not changes.expunged else UidSet()
    if rest := without(batch.uids, there):
        # OK says nothing of them: those that are gone were passed over.
        found = session.connection.existing_uids(rest)
        session.harvest()
        there |= found
        if gone := without(rest, found):
            session.remove(gone)
    with session.pace.transaction() as tx:
        session.receipt.flags += settle_flags(tx, batch, there)


def _judge_flags(session: Session, batch: FlagBatch, refusal: ServerRefused) -> None:
    said = judge(refusal, attempts=batch.attempts, now=datetime.now(UTC))
    with session.pace.transaction() as tx:
        ask_again(tx, refusal.code)
        if said.verdict is Verdict.LATER:
            postpone_flags(tx, batch, said.until, said.why)
            session.receipt.put_off(said)
        else:
            revert_flags(tx, batch, said.why)
            session.receipt.refused += len(batch.messages)
            session.receipt.complain(said.why)


def _replay_operations(session: Session, *, last: bool = False) -> bool:
    """Replay operations, the oldest first; True if any came to its end."""
    ended = False
    tried: set[OperationId] = set()
    while operation := _next(session, tried, last=last):
        tried.add(operation.id)
        if not operation.ready:
            continue
        try:
            _replay_one(session, operation)
        except ServerRefused as refusal:
            _judge_operation(session, operation, refusal)
        except Outdated:
            session.outdated = True
            continue
        except (NotFound, sending.Withdrawn):
            continue
        ended = True
    return ended


def _next(
    session: Session, tried: set[OperationId], *, last: bool
) -> DueOperation | None:
    """Load the next operation anew: an earlier one may have given it its UIDs."""
    due = due_operations(session.database, datetime.now(UTC))
    for one in due:
        name = f"op-{one.id}"
        if one.id not in tried and _has_turn(session, name, one.error, last=last):
            return one
    return None


def _replay_one(session: Session, operation: DueOperation) -> None:
    try:
        with session.stumbles.trying(f"op-{operation.id}", session.since):
            _tell(session, operation)
    except (LinkLost, ProtocolError) as error:
        with session.pace.transaction() as tx:
            note_trouble(tx, operation.id, error.line)
        raise


def _tell(session: Session, operation: DueOperation) -> None:
    kind = _KINDS[operation.kind]
    try:
        kind(session, operation)
    except ServerRefused as refusal:
        if were_renamed(session, (operation.source, operation.target), refusal):
            kind(session, operation)
            return
        if refusal.code != "TRYCREATE" or operation.target is None:
            raise
        target = load_mailbox(session.database, operation.target)
        sending.create(session, target)
        kind(session, operation)


def _judge_operation(
    session: Session, operation: DueOperation, refusal: ServerRefused
) -> None:
    said = judge(refusal, attempts=operation.attempts, now=datetime.now(UTC))
    _LOG.info("operation %s refused: %s", operation.id, refusal.code or "no code")
    with session.pace.transaction() as tx:
        ask_again(tx, refusal.code)
        if said.verdict is Verdict.LATER:
            if operation.state is OperationState.QUEUED and refusal.nothing_done:
                requeue_operation(tx, operation.id)
            postpone_operation(tx, operation.id, said.until, said.why)
            session.receipt.put_off(said)
        else:
            session.receipt.refused += revert_operation(tx, operation.id, said.why)
            session.receipt.complain(said.why)
