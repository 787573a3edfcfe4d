"""What the engine's threads share."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tui_mail.config.settings import Account
from tui_mail.model.displayable import Displayable
from tui_mail.model.error import CertificateRefused, MailError, ProtocolError
from tui_mail.store.database import Database
from tui_mail.sync.agenda import Agenda, Duty
from tui_mail.sync.board import Board
from tui_mail.sync.connecting import Connector, PopConnector
from tui_mail.sync.filing_there import Filing
from tui_mail.sync.neighbours import Neighbours
from tui_mail.sync.reading import Reader
from tui_mail.sync.reconcile import Counts
from tui_mail.sync.session import Session
from tui_mail.sync.stumbles import Stumbles

RETRY_HELPERS = 600.0
"""Seconds after which a server that allowed no further connection is asked again."""


K = TypeVar("K", Connector, PopConnector, None)


@dataclass(slots=True)
class Crew(Generic[K]):
    """The account that the threads work on, and how they stand."""

    account: Account
    database: Database
    connector: K
    renderer: Reader
    neighbours: Neighbours
    agenda: Agenda
    board: Board
    stop: Callable[[], None]
    """Ends the engine."""
    filing: Filing | None = None
    """What an IMAP server is asked about mail that was sent; None where none is sent."""
    sends: bool = False
    """Somebody is there, or was, who may have mail sent."""
    replaying: threading.Lock = field(default_factory=threading.Lock)
    stumbles: Stumbles = field(default_factory=Stumbles)
    seen: Counts = field(default_factory=dict)
    """What STATUS said of mailboxes at the last look."""
    losses: int = 0
    """How many connections broke: with each the others are in doubt."""
    online: bool = False
    """The thread that leads is connected."""
    comings: int = 0
    """How often that came about: other servers may be within reach again too."""
    blocked: bool = False
    """There is no password that the server takes: a person has to act first."""
    failure: MailError | None = None
    """What the engine could not go on after."""
    _taken_over: dict[Duty, float] = field(default_factory=dict)

    def come_online(self) -> None:
        """Note that there is a connection: the other threads may make theirs."""
        self.note_online()
        self.board.forget_question()
        self.board.status("connected", "connected")
        self.agenda.schedule_round_now()

    def note_online(self) -> None:
        """Note that the server that mail comes from was reached, and let us in."""
        self.comings += not self.online
        self.online = True

    def file_sent(self, session: Session) -> None:
        """Ask the account's server what is to be asked about mail that was sent."""
        if self.filing is not None:
            self.filing.carry_on(session)

    def go_offline(self) -> None:
        """Note that there is none."""
        self.online = False

    def take_over(self, duties: frozenset[Duty]) -> None:
        """Have the leading thread do what one without a connection was there for."""
        for duty in duties:
            self._taken_over[duty] = time.monotonic() + RETRY_HELPERS
        self.agenda.ring()

    def hand_back(self, duties: frozenset[Duty]) -> None:
        """Have a thread that is connected do what it is there for."""
        for duty in duties:
            self._taken_over.pop(duty, None)

    @property
    def taken_over(self) -> frozenset[Duty]:
        """What the leading thread does for others."""
        return frozenset(self._taken_over)

    def need_password(self, line: Displayable) -> None:
        """Stop trying, and ask: a server locks out who tries the wrong one often."""
        self.blocked = True
        self.board.status("failed", line)
        self.board.ask_password(line)
        self.give_up_waiting(line)

    def unblock(self) -> None:
        """Try again: a person gave a password, or asked for it."""
        self.blocked = False
        self.board.forget_question()
        self.agenda.hurry()

    def note_loss(self) -> None:
        """Have the other connections tried: the way to the server may be another now."""
        self.losses += 1
        self.agenda.ring()

    def trouble(self, error: MailError, *, broke: bool) -> None:
        """Tell that there is no connection now; it is tried again.

        Who waits for something is told once a connection cannot be had, not where one
        only broke: the next may do it.
        """
        lasting = isinstance(error, CertificateRefused | ProtocolError)
        self.board.status("failed" if lasting else "offline", error.line)
        if not broke:
            self.give_up_waiting(error.line)

    def give_up_waiting(self, line: str) -> None:
        """Answer all who wait that it cannot be done now."""
        for request in self.agenda.take_requests():
            self.board.answer(request, ok=False, line=line)

    def fail(self, error: MailError) -> None:
        """End the engine: it could do nothing but harm."""
        self.failure = self.failure or error
        self.board.status("failed", error.line)
        self.stop()


AnyCrew = Crew[Connector] | Crew[PopConnector] | Crew[None]
