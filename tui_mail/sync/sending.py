"""The engine's thread that sends mail: woken by the clock and by whoever has some.

It has a connection of its own to a server of its own: whether mail can be fetched is
nothing to it, and where none can be sent, all else goes on.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from tui_mail.model.displayable import Displayable
from tui_mail.model.error import LoginRefused, MailError, SecretMissing
from tui_mail.model.ids import SubmissionId
from tui_mail.model.outgoing import Submission, SubmissionState
from tui_mail.store.outbox import (
    doubt_at_start,
    hurry,
    load_submissions,
    load_to_file,
)
from tui_mail.store.receipts import note_receipt
from tui_mail.sync.agenda import Agenda, Request
from tui_mail.sync.backoff import SUBMISSIONS
from tui_mail.sync.connecting import SmtpConnector
from tui_mail.sync.crew import AnyCrew
from tui_mail.sync.filing import file_here
from tui_mail.sync.lifetime import PARTING
from tui_mail.sync.pacing import Pace
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.submitting import Outlet
from tui_mail.sync.wake import Wake

_LOG = logging.getLogger(__name__)
_LONG = 60.0
_TICK = 1.0
"""Seconds after which the clocks are looked at again while something is to come soon."""
_SELDOM = 15.0
"""The same for what is to come later than in a minute."""
_PARTING_IN_DOUBT = 60.0
"""Seconds to hear whether the server has taken a message, where the engine ends."""
_ASKING = 5.0
"""Seconds in which the other server of an account may be reached first."""
_LONGEST = SUBMISSIONS[-1] * 1.5
_SOON = 30.0
"""Seconds for which an engine stays that nobody else needs, where mail becomes due."""


class Clock:
    """When a moment has come: by the wall's clock, also where somebody sets that back."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._steady = wall, steady
        self._ends: dict[float, float] = {}
        """Moments that were near when they were seen first, by the steady clock."""

    def seconds_to(self, moment: float) -> float:
        """Say how long it is until then; 0 where it has come."""
        left = moment - self._wall()
        if left <= 0.0:
            self._ends.pop(moment, None)
            return 0.0
        if left <= _LONG:
            self._ends.setdefault(moment, self._steady() + left)
        end = self._ends.get(moment)
        return left if end is None else min(left, max(0.0, end - self._steady()))


class Sender(threading.Thread):
    """Sends what is due, waits for what is to come, until the engine ends."""

    def __init__(self, crew: AnyCrew, connector: SmtpConnector) -> None:
        super().__init__(name="sending", daemon=True)
        self._crew = crew
        self._connector = connector
        self._bell = Wake()
        self._clock = Clock()
        self._pace = Pace(crew.database)
        self._outlet = Outlet(
            crew.account,
            crew.database,
            connector.connect,
            self._pace,
            crew.renderer,
            is_over=lambda: self._agenda.stopping or self._agenda.offline,
        )
        self._begun = self._blocked = False
        self._question: Displayable | None = None
        """What a person is to be asked, once it is clear that nothing else helps."""
        self._ask_at = 0.0
        self._given = 0
        """How many passwords were typed: one may come while another is refused."""
        self._comings = 0
        self._complained = ""
        crew.agenda.add_bell(self._bell)

    @property
    def _agenda(self) -> Agenda:
        return self._crew.agenda

    @property
    def parting(self) -> float:
        """Seconds that it takes to end politely, at most."""
        return _PARTING_IN_DOUBT if self._outlet.in_doubt else PARTING

    @property
    def has_due(self) -> bool:
        """Whether it is at work, or will be soon."""
        if not self._crew.sends or self._agenda.offline:
            return False
        return self._outlet.in_doubt or any(
            self._seconds_to(one) <= _SOON for one in self._queued()
        )

    def close_connection(self) -> None:
        """Cut the connection, from any thread; what was being sent goes another time."""
        self._outlet.close()
        self._bell.ring()

    def end_cancelled(self) -> None:
        """Do nothing: what goes is taken back in the store."""

    def close(self) -> None:
        """Give up what the thread had, after it has ended."""
        self._bell.close()

    def take_password(self, secret: str) -> None:
        """Try it with a password that a person typed, from any thread."""
        self._connector.give(secret)
        self._given += 1
        self._unblock()
        self._bell.ring()

    def run(self) -> None:
        """Live until the engine ends."""
        try:
            while not self._agenda.stopping:
                # Before anything is looked at: what rings after that is waited for.
                self._bell.drain()
                self._bell.wait(self._take_turn())
        except MailError as error:
            self._crew.fail(error)
        finally:
            self._answer(self._agenda.take_flush() or (), Receipt())

    def _take_turn(self) -> float:
        """Send what can be sent now; the seconds until there may be more."""
        waiting = self._agenda.take_flush()
        receipt = Receipt()
        if not self._crew.sends or self._agenda.offline:
            self._answer(waiting or (), receipt)
            return _LONG
        self._begin()
        if waiting is not None:
            self._unblock()
            self._hurry(self._put_off())
        elif self._comings != self._crew.comings:
            # The network may be there again, and a password that serves here too.
            self._unblock()
            cut_off = self._outlet.cut_off
            self._hurry([one for one in self._put_off() if one in cut_off])
        self._comings = self._crew.comings
        self._file_what_is_left()
        self._send(receipt)
        self._ask()
        self._tell(waiting or (), receipt)
        return self._seconds_left()

    def _unblock(self) -> None:
        self._blocked, self._question = False, None

    def _ask(self) -> None:
        """Ask for a password, unless that of the other server may serve here too."""
        crew, line = self._crew, self._question
        if crew.blocked:
            # A person is asked for the other's: that takes its time.
            self._ask_at = time.monotonic() + _ASKING
        if line is None or crew.blocked or self._comings != crew.comings:
            return
        comes = crew.connector is not None and not crew.online
        if comes and time.monotonic() < self._ask_at:
            return
        self._question = None
        crew.board.ask_password(line, "smtp")

    def _begin(self) -> None:
        """Take note, once, of what the engine before this one left."""
        if not self._begun:
            self._begun = True
            with self._pace.transaction() as tx:
                doubt_at_start(tx)
            self._hurry(self._put_off())
            self._crew.agenda.replay_again()

    def _put_off(self) -> list[SubmissionId]:
        return [
            one.id for one in load_submissions(self._crew.database) if one.is_put_off
        ]

    def _hurry(self, some: Sequence[SubmissionId]) -> None:
        if some:
            with self._pace.transaction() as tx:
                hurry(tx, some)

    def _queued(self) -> list[Submission]:
        return [
            one
            for one in load_submissions(self._crew.database)
            if one.state is SubmissionState.QUEUED
            # What was refused a login waits for a person, what is new is tried once.
            and not (self._blocked and one.error)
        ]

    def _seconds_to(self, one: Submission) -> float:
        if one.not_before is None:
            return 0.0
        left = self._clock.seconds_to(one.not_before.timestamp())
        # No attempt is so far away, unless the clock was set back.
        return 0.0 if one.error and left > _LONGEST else left

    def _seconds_left(self) -> float:
        if self._question is not None:
            return _TICK
        left = min(map(self._seconds_to, self._queued()), default=None)
        if left is None:
            return _LONG
        return min(left, _TICK if left <= _LONG else _SELDOM)

    def _file_what_is_left(self) -> None:
        """File what was accepted and not filed: the engine ended, or it was not possible."""
        crew = self._crew
        if crew.account.has_local_mailboxes:
            for one in load_to_file(crew.database, datetime.now(UTC)):
                file_here(crew.database, self._pace, crew.renderer, crew.account, one)

    def _send(self, receipt: Receipt) -> None:
        crew = self._crew
        due = [one for one in self._queued() if self._seconds_to(one) <= 0.0]
        if not due:
            return
        given = self._given
        try:
            self._outlet.submit(due, receipt)
        except (LoginRefused, SecretMissing) as error:
            _LOG.info("sending: %s", error.line)
            self._connector.turned_away()
            if given == self._given:
                self._blocked, self._question = True, error.line
                self._ask_at = time.monotonic() + _ASKING
        else:
            if receipt.sent:
                crew.board.forget_question("smtp")
        if receipt.kept:
            with self._pace.transaction() as tx:
                note_receipt(tx, receipt.kept, datetime.now(UTC))
        # The copies in Sent, flags and drafts; what may have been sent is looked for.
        crew.agenda.replay_again()

    def _tell(self, waiting: Sequence[Request], receipt: Receipt) -> None:
        said = receipt.troubles
        if not waiting and (receipt.sent or (said and said != self._complained)):
            self._crew.board.receipt(str(receipt), urgent=bool(said))
        if receipt.sent or said:
            self._complained = said
        self._answer(waiting, receipt)

    def _answer(self, waiting: Sequence[Request], receipt: Receipt) -> None:
        for request in waiting:
            self._crew.board.answer(request, ok=receipt.whole, line=str(receipt))
