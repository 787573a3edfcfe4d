"""The jobs of the agenda, done over one connection."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from tui_mail.model.error import (
    LinkLost,
    MailError,
    NotFound,
    QueryError,
    ServerHangs,
    ServerRefused,
)
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.store.content import note_use, part_progress
from tui_mail.store.pinning import missing_pinned
from tui_mail.store.replaying import has_due, next_attempt
from tui_mail.sync.agenda import (
    AheadJob,
    Duty,
    FetchJob,
    Job,
    LookJob,
    ReplayJob,
    RoundJob,
    SearchJob,
)
from tui_mail.sync.ahead import fetch_ahead, fetch_wanted
from tui_mail.sync.connecting import Connector
from tui_mail.sync.crew import Crew
from tui_mail.sync.evicting import is_above_limit
from tui_mail.sync.incremental import bring_in_step
from tui_mail.sync.parts import Cancelled, part_steps
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.replay import carry_on, replay, replay_doubtful
from tui_mail.sync.rounds import Round
from tui_mail.sync.searching import Outcome, ServerSearch
from tui_mail.sync.session import SMALLEST_WINDOW, Outdated, Session
from tui_mail.sync.texts import fetch_text

_ROUNDS = frozenset({Duty.ROUND})
_SEARCHES = frozenset({Duty.ROUND, Duty.SEARCH})


class Interrupted(Exception):
    """The engine ends, or goes offline: what is not done stays for the next time."""


class Jobs:
    """Does jobs; between the steps of a long one the more urgent ones."""

    def __init__(
        self,
        crew: Crew[Connector],
        session: Session,
        duties: Callable[[], frozenset[Duty]],
    ) -> None:
        self._crew = crew
        self._session = session
        self._duties = duties

    def do(self, job: Job) -> None:
        """Do a job and answer who waits for it; raises what the connection raises."""
        if isinstance(job, FetchJob):
            self._fetch(job)
        elif isinstance(job, ReplayJob):
            self._replay()
        elif isinstance(job, SearchJob):
            self._search(job)
        elif isinstance(job, AheadJob):
            self._ahead()
        elif isinstance(job, LookJob):
            self._look()
        else:
            self._round(job)
        for alert in self._session.alerts:
            self._crew.board.receipt(alert, urgent=True)
        self._session.alerts.clear()

    def _between(self, *, less_urgent: frozenset[Duty] = _ROUNDS) -> None:
        """Let what is more urgent come first."""
        agenda = self._crew.agenda
        if agenda.stopping or agenda.offline:
            raise Interrupted
        while job := agenda.take(self._duties() - less_urgent):
            self.do(job)

    def _fetch(self, job: FetchJob) -> None:
        crew, session = self._crew, self._session

        def progress(done: int, total: int) -> None:
            if job.cancelled:
                raise Cancelled("not wanted any more")
            crew.board.progress(job.request, done, total)

        try:
            if job.again:
                # So that something is here before this link is lost too.
                session.window = SMALLEST_WINDOW
            if job.part is None:
                fetch_text(session, job.message, crew.renderer)
            else:
                for done, total in part_steps(session, job.message, job.part):
                    progress(done, total)
                    while text := crew.agenda.take_text():
                        self._fetch(text)
            self._note_use(job.message)
        except Outdated:
            crew.agenda.schedule_round_now()
            said = "the mailbox was made anew on the server; it is read again"
            crew.board.answer(job.request, ok=False, line=said)
        except (NotFound, ServerRefused, Cancelled) as error:
            crew.board.answer(job.request, ok=False, line=error.line)
        except MailError as error:
            if isinstance(error, LinkLost) and self._goes_on(job):
                crew.agenda.put_back(job)
            else:
                crew.board.answer(job.request, ok=False, line=error.line)
            raise
        else:
            crew.board.answer(job.request, ok=True, line="")
        finally:
            crew.agenda.done(job)

    def _goes_on(self, job: FetchJob) -> bool:
        """Tell whether it is worth another connection: at first, and where more came."""
        before, first = job.far, not job.again
        if job.part is not None:
            with suppress(NotFound):
                job.far = part_progress(self._session.database, job.message, job.part)
        return first or job.far > before

    def _search(self, job: SearchJob) -> None:
        crew = self._crew
        try:
            outcome = self._searched(job)
        except Interrupted:
            crew.board.answer(job.request, ok=False, line="offline")
            raise
        except (Cancelled, ServerRefused, QueryError) as error:
            crew.board.answer(job.request, ok=False, line=error.line)
        except MailError as error:
            self._search_again(job, error)
            raise
        else:
            crew.board.answer(job.request, ok=outcome.whole, line=outcome.line)
        finally:
            crew.agenda.done(job)

    def _searched(self, job: SearchJob) -> Outcome:
        crew = self._crew

        def progress(done: int, total: int) -> None:
            crew.board.progress(job.request, done, total)

        search = ServerSearch(
            self._session,
            crew.account,
            job.query,
            crew.renderer,
            progress,
            before=job.before,
        )
        job.before = search.before
        for _ in search.steps():
            if job.cancelled:
                raise Cancelled("cancelled")
            self._between(less_urgent=_SEARCHES)
        if search.outdated:
            crew.agenda.schedule_round_now()
        return search.outcome()

    def _search_again(self, job: SearchJob, error: MailError) -> None:
        """Leave it to the next connection, once, unless the server only takes too long."""
        crew, lost = self._crew, isinstance(error, LinkLost)
        if job.cancelled:
            crew.board.answer(job.request, ok=False, line="cancelled")
        elif job.again or not lost or isinstance(error, ServerHangs):
            crew.board.answer(job.request, ok=False, line=error.line)
        else:
            crew.agenda.put_back(job)

    def _note_use(self, number: MessageNumber) -> None:
        """Note that somebody wanted it, and have the rest go that is too much now."""
        with self._session.pace.transaction() as tx:
            note_use(tx, [number], datetime.now(UTC))
        if is_above_limit(self._session.database, self._crew.account):
            self._crew.agenda.fetch_ahead()

    def _replay(self) -> None:
        session, begun = self._session, datetime.now(UTC)
        session.receipt, session.outdated = Receipt(), False
        try:
            replay(session)
            if session.outdated:
                # A mailbox was made only now: what waits for it is not to wait long.
                self._crew.agenda.schedule_round_now()
            for _ in fetch_wanted(session, self._crew.renderer):
                self._between()
            carry_on(session)
            replay_doubtful(session)
        except LinkLost:
            self._crew.agenda.replay_again()
            raise
        finally:
            session.note_receipt()
        self._note_next_attempt(begun)
        if missing_pinned(session.database, 1) or is_above_limit(
            session.database, self._crew.account
        ):
            self._crew.agenda.fetch_ahead()
        if session.receipt.problems or session.receipt.sent:
            self._tell_receipt()

    def _note_next_attempt(self, begun: datetime) -> None:
        """Have what was put off since then tried again as soon as it may be.

        That may have come while the rest was done.
        """
        session, now = self._session, datetime.now(UTC)
        moment = next_attempt(session.database, begun)
        seconds = [] if moment is None else [(moment - now).total_seconds()]
        filing = self._crew.filing
        for other in (
            session.stumbles.seconds_to_doubtful,
            filing.seconds_left(session.database) if filing is not None else None,
        ):
            seconds += [] if other is None else [other]
        self._crew.agenda.replay_in(min(seconds, default=None))

    def _look(self) -> None:
        crew, session = self._crew, self._session
        session.receipt, begun = Receipt(), time.monotonic()
        try:
            for _ in self._all().look():
                self._between()
        finally:
            crew.agenda.schedule_next_look(time.monotonic() - begun)
            session.note_receipt()
        if session.receipt.new:
            crew.agenda.fetch_ahead()
        self._replay_what_came_due()
        self._tell_receipt()

    def _ahead(self) -> None:
        account, renderer = self._crew.account, self._crew.renderer
        for _ in fetch_ahead(self._session, account, renderer, whole=False):
            self._between()
        self._crew.board.status("connected", "connected")

    def _round(self, job: RoundJob) -> None:
        crew, session, begun = self._crew, self._session, datetime.now(UTC)
        session.receipt, given_up = Receipt(), False
        try:
            for _ in self._steps(job):
                self._between()
                if given_up := crew.agenda.is_given_up(job):
                    break
        except LinkLost as error:
            self._try_again(job, error)
            raise
        except MailError as error:
            self._answer(job, ok=False, line=error.line)
            raise
        except Interrupted:
            self._answer(job, ok=False, line="offline")
            raise
        finally:
            session.note_receipt()
        if job.mailboxes is None and not given_up:
            crew.agenda.schedule_next_round()
        crew.board.status("connected", "connected")
        self._answer(job, ok=session.receipt.whole, line=str(session.receipt))
        if not job.requests:
            self._tell_receipt()
        self._note_next_attempt(begun)
        replay_doubtful(session)
        self._note_next_attempt(begun)

    def _tell_receipt(self) -> None:
        receipt = self._session.receipt
        if receipt.worth_telling:
            self._crew.board.receipt(str(receipt), urgent=receipt.refused > 0)

    def _steps(self, job: RoundJob) -> Iterator[None]:
        if job.mailboxes is None:
            whole = any(request.whole for request in job.requests)
            yield from self._all(whole=whole).steps()
            return
        replay(self._session)
        for mailbox in job.mailboxes:
            yield from self._one(mailbox)
        self._replay_what_came_due()

    def _replay_what_came_due(self) -> None:
        """Have replayed what waited for a message that went elsewhere, and was found."""
        if has_due(self._session.database, datetime.now(UTC)):
            self._crew.agenda.replay_again()

    def _all(self, *, whole: bool = False) -> Round:
        crew = self._crew
        server = crew.connector.server
        return Round(
            self._session,
            crew.account,
            server,
            crew.renderer,
            whole=whole,
            seen=crew.seen,
        )

    def _one(self, mailbox: MailboxId) -> Iterator[None]:
        session = self._session
        try:
            with session.stumbles.watched(session.database, mailbox):
                yield from bring_in_step(session, mailbox)
        except (ServerRefused, NotFound) as error:
            session.receipt.complain(error.line)
        except Outdated:
            self._crew.agenda.schedule_round_now()

    def _try_again(self, job: RoundJob, error: LinkLost) -> None:
        """Leave it to the next connection; what lost one before gets its answer."""
        before = tuple(one for one in job.requests if one.again)
        self._answer(replace(job, requests=before), ok=False, line=error.line)
        first = tuple(one for one in job.requests if not one.again)
        if first := self._crew.agenda.take_waiting(first):
            self._crew.agenda.put_back(replace(job, requests=first))

    def _answer(self, job: RoundJob, *, ok: bool, line: str) -> None:
        for request in self._crew.agenda.take_waiting(job.requests):
            self._crew.board.answer(request, ok=ok, line=line)
