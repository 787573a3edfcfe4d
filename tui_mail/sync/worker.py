"""One of the engine's threads: a connection, and the duties that it is there for."""

import logging
import random
import threading
import time
from collections.abc import Iterable
from contextlib import closing

from tui_mail.model.error import (
    LoginRefused,
    MailError,
    ProtocolError,
    SecretMissing,
    StoreDamaged,
    StoreFailed,
)
from tui_mail.model.ids import MailboxId
from tui_mail.sync.agenda import Agenda, Duty, Job, SearchJob
from tui_mail.sync.backoff import HEALTHY, delay
from tui_mail.sync.connecting import Connector
from tui_mail.sync.crew import RETRY_HELPERS, Crew
from tui_mail.sync.jobs import Interrupted, Jobs
from tui_mail.sync.lifetime import PARTING
from tui_mail.sync.listening import Listener
from tui_mail.sync.session import Session
from tui_mail.sync.wake import Wake
from tui_mail.transports.imap import ImapConnection

_LOG = logging.getLogger(__name__)
_LONG = 60.0
_LINGER = 30.0
"""Seconds for which a connection that was made for a search waits for the next one."""


class Worker(threading.Thread):
    """Connects, works off the agenda, and connects anew, until the engine ends."""

    def __init__(
        self,
        crew: Crew[Connector],
        name: str,
        duties: Iterable[Duty],
        *,
        leads: bool = False,
        on_demand: bool = False,
    ) -> None:
        """``on_demand``: it connects only where there is a search to do."""
        super().__init__(name=name, daemon=True)
        self._crew = crew
        self._own = frozenset(duties)
        self._leads = leads
        self._on_demand = on_demand
        self._job: Job | None = None
        self._bell = Wake()
        self._connection: ImapConnection | None = None
        self._cut = self._useful = False
        """It was ended from outside; something was done over it from end to end."""
        self._got_through = False
        crew.agenda.add_bell(self._bell)

    @property
    def _agenda(self) -> Agenda:
        return self._crew.agenda

    @property
    def duties(self) -> frozenset[Duty]:
        """What it does now: its own, and what others could not get a connection for."""
        return self._own | self._crew.taken_over if self._leads else self._own

    @property
    def parting(self) -> float:
        """Seconds that it takes to end politely, at most."""
        return PARTING

    def close_connection(self) -> None:
        """Cut the connection, from any thread; the worker makes another."""
        self._cut = True
        connection = self._connection
        if connection is not None:
            connection.close()
        self._bell.ring()

    def end_cancelled(self) -> None:
        """Cut the connection, from any thread, where nobody waits for its search."""
        job = self._job
        if isinstance(job, SearchJob) and job.cancelled:
            self.close_connection()

    def close(self) -> None:
        """Give up what the thread had, after it has ended."""
        self._bell.close()

    def run(self) -> None:
        """Live until the engine ends."""
        try:
            failures = 0
            while True:
                # Before anything is looked at: what rings after that is waited for.
                self._bell.drain()
                if self._agenda.stopping:
                    return
                if self._may_connect():
                    failures = self._live_once(failures)
                else:
                    self._bell.wait(_LONG)
        except MailError as error:
            self._crew.fail(error)

    def _may_connect(self) -> bool:
        if self._agenda.offline or self._crew.blocked:
            return False
        if self._on_demand and not self._agenda.has_searches:
            return False
        return self._leads or self._crew.online

    def _live_once(self, failures: int) -> int:
        """Live as long as one connection lasts; the number of failures in a row."""
        hurries = self._agenda.hurries
        self._cut = self._got_through = self._useful = False
        begun = time.monotonic()
        try:
            self._be_connected()
        except (StoreFailed, StoreDamaged):
            raise
        except (LoginRefused, SecretMissing) as error:
            if self._leads:
                self._crew.need_password(error.line)
                return 0
            return self._stand_back(error)
        except MailError as error:
            if self._agenda.offline or self._agenda.stopping or self._cut:
                return 0
            _LOG.info("%s: %s", self.name, error.line)
            lasted = time.monotonic() - begun
            # One that only talks nonsense for long is not well.
            nonsense = isinstance(error, ProtocolError)
            well = self._useful or (lasted > HEALTHY and not nonsense)
            failures = 1 if well else failures + 1
            if self._got_through:
                self._crew.note_loss()
            if self._leads:
                self._crew.trouble(error, broke=self._got_through)
            elif failures > 1:
                return self._stand_back(error)
            self._pause(delay(failures, random.random()), hurries)
        else:
            failures = 0
        return failures

    def _stand_back(self, error: MailError) -> int:
        """Leave the duties to the leading thread for a while."""
        if self._crew.online:
            _LOG.info("%s stands back: %s", self.name, error.line)
            self._crew.take_over(self._own)
            self._pause(RETRY_HELPERS, None)
        return 0

    def _pause(self, seconds: float, hurries: int | None) -> None:
        """Wait before the next attempt; a reason to hurry since then ends it."""
        until = time.monotonic() + seconds
        agenda = self._agenda
        while (left := until - time.monotonic()) > 0:
            if agenda.stopping or agenda.offline:
                return
            if hurries is not None and agenda.hurries != hurries:
                return
            if not self._leads and not self._crew.online:
                return
            self._bell.wait(left)
            self._bell.drain()

    def _be_connected(self) -> None:
        crew = self._crew
        if self._leads:
            host = crew.connector.server.host
            crew.board.status("connecting", f"connecting to {host}")
        with closing(crew.connector.connect()) as connection:
            self._connection = connection
            self._got_through = True
            session = Session(
                connection,
                crew.database,
                crew.connector.connect,
                tell=self._tell,
                replaying=crew.replaying,
                stumbles=crew.stumbles,
                carry_on=crew.neighbours.carry_on,
                file_sent=crew.file_sent,
            )
            try:
                if self._leads:
                    crew.come_online()
                else:
                    crew.hand_back(self._own)
                self._serve(session)
            finally:
                self._connection = None
                if self._leads:
                    crew.go_offline()

    def _serve(self, session: Session) -> None:
        """Work off the agenda, and listen where there is nothing on it."""
        jobs = Jobs(self._crew, session, lambda: self.duties)
        listener = Listener(self._crew, session, self._bell)
        until = time.monotonic() + _LINGER
        while True:
            self._bell.drain()
            if self._agenda.stopping or self._agenda.offline or self._cut:
                break
            job = self._job = self._agenda.take(self.duties)
            if job is None and self._on_demand:
                if (left := until - time.monotonic()) <= 0:
                    break
                self._bell.wait(left)
                continue
            if job is None:
                listener.rest(self.duties)
                continue
            try:
                jobs.do(job)
            except Interrupted:
                break
            else:
                self._useful = True
            finally:
                self._job, until = None, time.monotonic() + _LINGER
        session.connection.logout()

    def _tell(
        self, text: str, done: int, total: int, mailbox: MailboxId | None
    ) -> None:
        if self._leads:
            self._crew.board.status("synchronizing", text, done, total, mailbox)
