"""What a thread does while there is nothing to do: it listens to the server."""

import time
from datetime import UTC, datetime

from tui_mail.model.error import NotFound, ServerRefused
from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox import SpecialUse
from tui_mail.store.mailboxes import load_mailboxes
from tui_mail.store.replaying import has_due
from tui_mail.sync.agenda import Duty
from tui_mail.sync.connecting import Connector
from tui_mail.sync.crew import Crew
from tui_mail.sync.incremental import catch_up
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.session import Outdated, Session
from tui_mail.sync.wake import Wake

IDLE = 9 * 60.0
"""Seconds after which IDLE is begun anew: routers forget connections that are silent."""
KEEP_ALIVE = 4 * 60.0
POLL = 55.0
"""Seconds between two looks where the server cannot be listened to."""
PROBE = 10.0
"""Seconds in which a server has to say that a connection in doubt still holds."""
_SOON = 0.5
"""Seconds to wait for the inbox to be there."""
_AT_ONCE = 1.0
"""A server that ends IDLE sooner by itself does not wait for anything."""
_GATHERING = 0.1
"""Seconds to let what comes together come."""


class Listener:
    """Keeps one mailbox in step as the server tells of its news."""

    def __init__(self, crew: Crew[Connector], session: Session, bell: Wake) -> None:
        self._crew = crew
        self._session = session
        self._bell = bell
        self._idles = session.connection.idles
        self._losses = crew.losses
        self._deaf: dict[MailboxId, float] = {}
        """Mailboxes that could not be selected, and until when that is not tried."""

    def rest(self, duties: frozenset[Duty]) -> None:
        """Wait for news, or until there is something on the agenda, and apply the news."""
        if self._losses != self._crew.losses:
            # The way to the server may be another now: ours is tried, not trusted.
            self._losses = self._crew.losses
            self._try_it()
        limit = KEEP_ALIVE
        if Duty.ROUND in duties:
            limit = min(limit, self._crew.agenda.seconds_left())
        watched = self._watched(duties)
        if watched is None and self._inbox() is None:
            self._bell.wait(_SOON)
        elif watched is None and limit < KEEP_ALIVE:
            # What is due then asks the server by itself.
            self._bell.wait(limit)
        elif watched is None:
            self._sit(KEEP_ALIVE)
        elif self._session.mailbox != watched or self._session.news:
            self._catch_up(watched)
        elif self._idles:
            self._idle(min(IDLE, limit) if Duty.ROUND in duties else IDLE)
        else:
            self._sit(min(limit, POLL))

    def _try_it(self) -> None:
        """Hear whether the server is there; raises LinkLost where it is not, and soon."""
        connection = self._session.connection
        patience, connection.deadline = connection.deadline, PROBE
        try:
            self._session.apply(connection.noop())
        finally:
            connection.deadline = patience

    def _watched(self, duties: frozenset[Duty]) -> MailboxId | None:
        """Choose: the mailbox that is looked at; for a second listener the inbox."""
        inbox = self._inbox()
        opened = self._crew.agenda.opened
        looked_at = inbox if opened is None or self._is_deaf(opened) else opened
        if Duty.LISTEN in duties:
            chosen = looked_at
        elif Duty.FETCH in duties:
            chosen = inbox if looked_at != inbox else None
        else:
            chosen = None
        return None if chosen is None or self._is_deaf(chosen) else chosen

    def _is_deaf(self, mailbox: MailboxId) -> bool:
        if self._session.stumbles.given_up(mailbox):
            return True
        return self._deaf.get(mailbox, 0.0) > time.monotonic()

    def _inbox(self) -> MailboxId | None:
        """Find the inbox, once its first messages are here."""
        for box in load_mailboxes(self._crew.database):
            if box.special_use is SpecialUse.INBOX and box.state.low_uid:
                return box.id
        return None

    def _catch_up(self, mailbox: MailboxId) -> None:
        session = self._session
        session.receipt = Receipt()
        try:
            catch_up(session, mailbox, thorough=False)
        except (ServerRefused, NotFound, Outdated):
            self._deaf[mailbox] = time.monotonic() + POLL
            self._crew.agenda.ring()
        session.note_receipt()
        if session.receipt.new:
            self._crew.agenda.fetch_ahead()
        if has_due(session.database, datetime.now(UTC)):
            # What waited for a message that went elsewhere, and is here now.
            self._crew.agenda.replay_again()

    def _idle(self, limit: float) -> None:
        session = self._session
        begun = time.monotonic()
        try:
            if session.connection.idle(timeout=limit, wake=self._bell.descriptor):
                time.sleep(_GATHERING)
                session.apply(session.connection.noop())
            elif not self._bell.wait(0) and time.monotonic() - begun < _AT_ONCE:
                self._idles = False
        except ServerRefused:
            # It announces IDLE, and does not know it.
            self._idles = False
        session.harvest()

    def _sit(self, limit: float) -> None:
        if not self._bell.wait(limit):
            self._session.apply(self._session.connection.noop())
