"""Replay wishes about mailboxes: made first, called otherwise later, deleted at last.

An answer that was lost makes no difference: what the server says of the second attempt,
and whether it has the mailbox, tells what became of the first.
"""

import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime

from tui_mail.model.error import MailError, NotFound, ServerRefused
from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox import Mailbox, SpecialUse
from tui_mail.store.mailbox_due import (
    CREATE,
    DELETE,
    RENAME,
    SUBSCRIBE,
    UNSUBSCRIBE,
    DueMailboxWish,
    due_mailbox_wishes,
)
from tui_mail.store.mailbox_laying import family
from tui_mail.store.mailbox_names import named
from tui_mail.store.mailbox_settling import (
    could_not_leave,
    mark_mailbox_wish_sent,
    postpone_mailbox_wish,
    remove_deleted,
    revert_mailbox_wish,
    settle_mailbox_wish,
)
from tui_mail.store.mailboxes import find_role, load_mailbox
from tui_mail.sync.listing import were_renamed
from tui_mail.sync.refusals import Verdict, judge
from tui_mail.sync.session import Outdated, Session

_LOG = logging.getLogger(__name__)
_SOME = 200
"""So many messages of a mailbox that was deleted go in one transaction."""


def replay_creations(session: Session) -> None:
    """Make the mailboxes that are to be made."""
    _replay(session, {CREATE})


def replay_changes(session: Session) -> None:
    """Rename, subscribe and delete, once the messages are where they are to be."""
    _replay(session, {RENAME, SUBSCRIBE, UNSUBSCRIBE, DELETE})


def _replay(session: Session, kinds: Collection[str]) -> None:
    tried: set[int] = set()
    while wish := _next(session, kinds, tried):
        tried.add(wish.id)
        try:
            with session.pace.transaction() as tx:
                mark_mailbox_wish_sent(tx, wish, datetime.now(UTC))
            try:
                _KINDS[wish.kind](session, wish)
            except ServerRefused as refusal:
                if not were_renamed(session, (wish.mailbox,), refusal):
                    raise
                _KINDS[wish.kind](session, wish)
        except ServerRefused as refusal:
            _judge(session, wish, refusal)
        except NotFound:
            continue
        else:
            session.receipt.mailboxes += 1
            # What it is now, the next listing tells.
            session.outdated = True


def _next(
    session: Session, kinds: Collection[str], tried: set[int]
) -> DueMailboxWish | None:
    due = due_mailbox_wishes(session.database, datetime.now(UTC))
    return next((one for one in due if one.kind in kinds and one.id not in tried), None)


def _judge(session: Session, wish: DueMailboxWish, refusal: ServerRefused) -> None:
    said = judge(refusal, attempts=wish.attempts, now=datetime.now(UTC))
    _LOG.info("mailbox wish %d refused: %s", wish.id, refusal.code or "no code")
    with session.pace.transaction() as tx:
        if said.verdict is Verdict.LATER:
            postpone_mailbox_wish(tx, wish, said.until, said.why)
            session.receipt.put_off(said)
        else:
            revert_mailbox_wish(tx, wish, said.why)
            session.receipt.refused += 1
            session.receipt.complain(said.why)


def _create(session: Session, wish: DueMailboxWish) -> None:
    """Make it, and subscribe to it; one that is there already will do."""
    wire_name = _wire_name(session, load_mailbox(session.database, wish.mailbox).name)
    try:
        session.connection.create(wire_name)
    except ServerRefused as refusal:
        if refusal.code != "ALREADYEXISTS" and not session.connection.has(wire_name):
            raise
    with suppress(ServerRefused):
        session.connection.subscribe(wire_name)
    _settle(session, wish, wire_name)


def _rename(session: Session, wish: DueMailboxWish) -> None:
    """Call it otherwise; subscriptions are to names, so they are made anew."""
    connection = session.connection
    box = load_mailbox(session.database, wish.mailbox)
    members = [
        load_mailbox(session.database, one)
        for one in family(session.database, wish.mailbox)
    ]
    wire_name = _wire_name(session, wish.name)
    _leave(session, {one.id for one in members})
    if wire_name != box.wire_name:
        try:
            connection.rename(box.wire_name, wire_name)
        except ServerRefused:
            if connection.has(box.wire_name) or not connection.has(wire_name):
                raise
        for one in members:
            if one.subscribed:
                rest = one.wire_name[len(box.wire_name) :]
                with suppress(ServerRefused):
                    connection.subscribe(wire_name + rest)
                with suppress(ServerRefused):
                    connection.unsubscribe(one.wire_name)
    _settle(session, wish, wire_name)


def _subscribe(session: Session, wish: DueMailboxWish) -> None:
    box = load_mailbox(session.database, wish.mailbox)
    if wish.kind == SUBSCRIBE:
        session.connection.subscribe(box.wire_name)
    else:
        session.connection.unsubscribe(box.wire_name)
    _settle(session, wish)


def _delete(session: Session, wish: DueMailboxWish) -> None:
    """Delete it, if it has no more in it than the person knew of."""
    connection = session.connection
    box = load_mailbox(session.database, wish.mailbox)
    if left := could_not_leave(session.database, box.id):
        raise ServerRefused(
            f'"{box.name}" is not deleted: {left:,} in it could not be moved out'
        )
    _leave(session, {box.id})
    _refuse_if_more_came(session, wish, box)
    try:
        connection.delete(box.wire_name)
    except ServerRefused:
        if connection.has(box.wire_name):
            raise
    if box.subscribed:
        with suppress(ServerRefused):
            connection.unsubscribe(box.wire_name)
    removed = 1
    while removed:
        with session.pace.transaction() as tx:
            removed = remove_deleted(tx, box.id, _SOME)
    _settle(session, wish)


def _refuse_if_more_came(session: Session, wish: DueMailboxWish, box: Mailbox) -> None:
    """Ask what it holds now; of what held none before somebody may have made one."""
    try:
        counts = session.connection.status(box.wire_name)
    except ServerRefused:
        # What the deletion itself is answered, says more.
        return
    if wish.validity not in (None, counts.uid_validity):
        raise ServerRefused(
            f'"{box.name}" is not deleted: it was made anew since you said so'
        )
    if counts.messages > wish.messages:
        more = counts.messages - wish.messages
        raise ServerRefused(
            f'"{box.name}" is not deleted: {more:,} came into it since you said so'
        )


def _wire_name(session: Session, name: str) -> bytes:
    """Say what the server is to call it, by what is known of its names by now."""
    try:
        return named(session.database, name).wire_name
    except MailError as error:
        raise ServerRefused(error.line) from None


def _leave(session: Session, mailboxes: Collection[MailboxId]) -> None:
    """Select another mailbox: some servers refuse to touch the one that is selected."""
    if session.mailbox not in mailboxes:
        return
    with suppress(Outdated):
        session.harvest()
    inbox = find_role(session.database, SpecialUse.INBOX)
    if inbox is not None:
        session.select(inbox, read_only=True)
    session.mailbox = None


def _settle(session: Session, wish: DueMailboxWish, wire_name: bytes = b"") -> None:
    with session.pace.transaction() as tx:
        settle_mailbox_wish(tx, wish, wire_name=wire_name)


_KINDS: dict[str, Callable[[Session, DueMailboxWish], None]] = {
    CREATE: _create,
    RENAME: _rename,
    SUBSCRIBE: _subscribe,
    UNSUBSCRIBE: _subscribe,
    DELETE: _delete,
}
