"""The engine's one thread for a POP3 account: it connects, does all, and leaves again."""

import logging
import random
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from tui_mail.config.settings import PopServer
from tui_mail.model.error import (
    LinkLost,
    LoginRefused,
    MailError,
    ProtocolError,
    SecretMissing,
    ServerRefused,
    StoreDamaged,
    StoreFailed,
)
from tui_mail.model.ids import MailboxId
from tui_mail.store.agreeing import REMOVED, needs_yes
from tui_mail.store.pulling import due_for_deletion
from tui_mail.store.receipts import note_receipt
from tui_mail.sync.agenda import Agenda, Duty, FetchJob, Job, RoundJob, SearchJob
from tui_mail.sync.backoff import delay
from tui_mail.sync.connecting import PopConnector
from tui_mail.sync.crew import Crew
from tui_mail.sync.errands import give_part, refuse_search
from tui_mail.sync.jobs import Interrupted
from tui_mail.sync.lifetime import PARTING
from tui_mail.sync.pacing import Pace
from tui_mail.sync.pop_patience import is_later
from tui_mail.sync.pop_round import PopRound
from tui_mail.sync.pop_session import Losses, PopSession
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.upkeep import give_wanted, keep_up, make_texts
from tui_mail.sync.wake import Wake
from tui_mail.transports.pop3 import PopConnection

_LOG = logging.getLogger(__name__)
APART = 60.0
"""Seconds between two sessions that nobody asked for."""
_LONG = 60.0
_HERE = frozenset({Duty.FETCH, Duty.SEARCH, Duty.REPLAY})
"""What needs no server."""


class PopWorker(threading.Thread):
    """Works off the agenda; there is never more than one session."""

    def __init__(self, crew: Crew[PopConnector]) -> None:
        super().__init__(name="pop3", daemon=True)
        self._crew = crew
        self._bell = Wake()
        self._pace = Pace(crew.database)
        self._losses = Losses()
        self._connection: PopConnection | None = None
        self._job: RoundJob | None = None
        self._cut = False
        self._failures = 0
        self._login_delay = 0
        """What the server wants to lie between two sessions, in seconds."""
        self._not_before = 0.0
        """When the server may be asked again, unless somebody asks for it."""
        self._complained = ""
        self._made_texts = False
        crew.agenda.add_bell(self._bell)

    @property
    def _agenda(self) -> Agenda:
        return self._crew.agenda

    @property
    def parting(self) -> float:
        """Seconds that it takes to end politely, at most."""
        return PARTING

    def close_connection(self) -> None:
        """Cut the session, from any thread; the next may be at once."""
        self._cut = True
        self._not_before = 0.0
        connection = self._connection
        if connection is not None:
            connection.close()
        self._bell.ring()

    def end_cancelled(self) -> None:
        """Cut the session, from any thread, where nobody waits for it any more."""
        job, connection = self._job, self._connection
        if job is not None and connection is not None and self._agenda.is_given_up(job):
            connection.close()

    def close(self) -> None:
        """Give up what the thread had, after it has ended."""
        self._bell.close()

    def run(self) -> None:
        """Live until the engine ends."""
        try:
            while True:
                # Before anything is looked at: what rings after that is waited for.
                self._bell.drain()
                if self._agenda.stopping:
                    return
                job = self._agenda.take(_HERE | self._rounds())
                if job is None:
                    self._bell.wait(self._seconds_left())
                elif isinstance(job, RoundJob):
                    self._synchronize(job)
                else:
                    self._do(job)
        except MailError as error:
            self._crew.fail(error)

    def _rounds(self) -> frozenset[Duty]:
        """Say whether the server may be asked now."""
        agenda = self._agenda
        if agenda.offline or self._crew.blocked:
            return frozenset()
        if agenda.has_asked or time.monotonic() >= self._not_before:
            return frozenset({Duty.ROUND})
        return frozenset()

    def _seconds_left(self) -> float:
        if self._agenda.offline or self._crew.blocked:
            return _LONG
        due = max(self._agenda.next_round, self._not_before)
        return min(_LONG, max(0.0, due - time.monotonic()))

    # What needs no server.

    def _do(self, job: Job) -> None:
        if isinstance(job, FetchJob):
            give_part(self._crew, self._pace, job)
        elif isinstance(job, SearchJob):
            said = "a POP3 server cannot search; all that came from it is searched here"
            refuse_search(self._crew, job, said)
        else:
            self._tell_server()

    def _tell_server(self) -> None:
        """Have a session soon where a person did something that the server is to hear of."""
        crew = self._crew
        give_wanted(crew.database, self._pace, crew.renderer)
        crew.neighbours.carry_on()
        policy = self._server_now().delete_after
        if (
            policy == REMOVED
            and not needs_yes(crew.database, policy)
            and due_for_deletion(crew.database, policy, datetime.now(UTC))
        ):
            self._agenda.schedule_round_now()

    # What needs one.

    def _synchronize(self, job: RoundJob) -> None:
        crew, receipt = self._crew, Receipt()
        self._job, self._cut = job, False
        try:
            self._go_round(job, receipt)
        except (StoreFailed, StoreDamaged):
            raise
        except Interrupted:
            self._leave_off(job)
        except (LoginRefused, SecretMissing) as error:
            self._answer(job, ok=False, line=error.line)
            crew.go_offline()
            crew.need_password(error.line)
        except MailError as error:
            self._fail(job, error)
        else:
            self._succeed(job, receipt)
        finally:
            self._job = None
            if receipt.kept:
                with self._pace.transaction() as tx:
                    note_receipt(tx, receipt.kept, datetime.now(UTC))

    def _go_round(self, job: RoundJob, receipt: Receipt) -> None:
        crew = self._crew
        self._losses.begin()
        crew.neighbours.carry_on()
        for _ in keep_up(crew.database, self._pace, crew.account, receipt):
            self._between(job)
        whole = False
        while not whole:
            host = crew.connector.server.host
            crew.board.status("connecting", f"connecting to {host}")
            with closing(crew.connector.connect()) as connection:
                self._connection = connection
                self._login_delay = connection.login_delay
                crew.note_online()
                crew.board.forget_question()
                try:
                    whole = self._one_session(job, connection, receipt)
                finally:
                    self._connection = None
        crew.neighbours.carry_on()
        if not self._made_texts:
            for _ in make_texts(crew.database, self._pace, crew.renderer):
                self._between(job)
            self._made_texts = True

    def _one_session(
        self, job: RoundJob, connection: PopConnection, receipt: Receipt
    ) -> bool:
        """Synchronize over one connection; False where the rest needs another."""
        crew = self._crew
        session = PopSession(
            connection=connection,
            database=crew.database,
            server=self._server_now(),
            renderer=crew.renderer,
            tell=self._tell,
            pace=self._pace,
            receipt=receipt,
            losses=self._losses,
        )
        try:
            with closing(PopRound(session).steps()) as steps:
                for _ in steps:
                    self._between(job)
        except (LinkLost, ProtocolError):
            self._between(job)
            if self._cut or not self._losses.worth_another_try():
                raise
            return False
        return True

    def _server_now(self) -> PopServer:
        """Say what may be deleted there as the settings have it now.

        Who says "never" means it, however long this engine has been at work.
        """
        server = self._crew.connector.server
        account = self._crew.neighbours.settings_now().accounts.get(
            self._crew.account.name
        )
        if account is None or account.pop3 is None:
            return server
        now = account.pop3
        return replace(server, delete_after=now.delete_after, mirror=now.mirror)

    def _between(self, job: RoundJob) -> None:
        """Let what is more urgent come first; raises Interrupted where it is to end."""
        agenda = self._agenda
        if agenda.stopping or agenda.offline or agenda.is_given_up(job):
            raise Interrupted
        while one := agenda.take(_HERE):
            self._do(one)

    def _succeed(self, job: RoundJob, receipt: Receipt) -> None:
        crew = self._crew
        self._failures = 0
        self._not_before = time.monotonic() + max(APART, self._login_delay)
        self._agenda.schedule_next_round()
        crew.board.status("connected", "in step")
        self._answer(job, ok=receipt.whole, line=str(receipt))
        said = receipt.troubles
        news = receipt.new or (said and said != self._complained)
        if not job.requests and news:
            crew.board.receipt(str(receipt), urgent=said != self._complained)
        self._complained = said

    def _leave_off(self, job: RoundJob) -> None:
        """End where the engine ends, or nobody waits any more: the rest comes when due."""
        if self._agenda.is_given_up(job):
            self._not_before = time.monotonic() + APART
            self._agenda.schedule_next_round()
            self._crew.board.status("connected", "cancelled")
        self._answer(job, ok=False, line="offline")

    def _fail(self, job: RoundJob, error: MailError) -> None:
        """Wait with the next attempt; one that is told to come later is patient."""
        crew, agenda = self._crew, self._agenda
        _LOG.info("pop3: %s", error.line)
        if agenda.is_given_up(job):
            self._leave_off(job)
            return
        self._answer(job, ok=False, line=error.line)
        crew.go_offline()
        if self._cut or agenda.stopping or agenda.offline:
            return
        self._failures += 1
        pause = delay(self._failures, random.random())
        if isinstance(error, ServerRefused):
            pause = max(pause, APART)
        self._not_before = time.monotonic() + pause
        if not (isinstance(error, ServerRefused) and is_later(error)):
            crew.trouble(error, broke=False)
            return
        crew.board.status("offline", error.line)

    def _answer(self, job: RoundJob, *, ok: bool, line: str) -> None:
        for request in self._agenda.take_waiting(job.requests):
            self._crew.board.answer(request, ok=ok, line=line)

    def _tell(
        self, text: str, done: int, total: int, mailbox: MailboxId | None
    ) -> None:
        self._crew.board.status("synchronizing", text, done, total, mailbox)
