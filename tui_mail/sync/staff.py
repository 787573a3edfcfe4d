"""The threads of an account's engine.

Several have connections to an IMAP server; one comes and goes to a POP3 server, and a
local account's needs none. Where there is a server that takes mail, one more sends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tui_mail.config.settings import Account
from tui_mail.store.database import Database
from tui_mail.sync.agenda import Agenda, Duty
from tui_mail.sync.board import Board
from tui_mail.sync.connecting import Connector, PopConnector, smtp_connector
from tui_mail.sync.crew import AnyCrew, Crew, K
from tui_mail.sync.filing_there import Filing
from tui_mail.sync.local_worker import LocalWorker
from tui_mail.sync.neighbours import Neighbours
from tui_mail.sync.pop_worker import PopWorker
from tui_mail.sync.reading import Reader
from tui_mail.sync.sending import Sender
from tui_mail.sync.worker import Worker


class Hand(Protocol):
    """A thread, as the engine sees it."""

    @property
    def parting(self) -> float:
        """Seconds that it takes to end politely, at most."""

    def start(self) -> None:
        """Begin."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""

    def is_alive(self) -> bool:
        """Whether it has not ended."""

    def close_connection(self) -> None:
        """Cut its connection; it makes another."""

    def end_cancelled(self) -> None:
        """Cut its connection where nobody waits for what is done over it."""

    def close(self) -> None:
        """Give up what it had, after it has ended."""


@dataclass(frozen=True, slots=True)
class Staff:
    """What the threads share, and they themselves."""

    crew: AnyCrew
    hands: tuple[Hand, ...]
    sender: Sender | None = None
    """That of the hands which sends."""


def agenda_of(account: Account) -> Agenda:
    """Make an account's agenda: only an IMAP mailbox can be looked at and left alone."""
    return Agenda(account.check_minutes * 60.0, looks=account.imap is not None)


def staff_of(
    account: Account,
    database: Database,
    neighbours: Neighbours,
    agenda: Agenda,
    board: Board,
    stop: Callable[[], None],
) -> Staff:
    """Make an account's threads."""

    def crew_with(connector: K) -> Crew[K]:
        return Crew(
            account=account,
            database=database,
            connector=connector,
            renderer=Reader(spare=account.imap is not None),
            neighbours=neighbours,
            agenda=agenda,
            board=board,
            stop=stop,
        )

    if account.pop3 is not None:
        pop = crew_with(PopConnector(account, account.pop3, None))
        return _with_sender(pop, PopWorker(pop))
    if account.imap is None:
        local = crew_with(None)
        return _with_sender(local, LocalWorker(local))
    crew = crew_with(Connector(account, None))
    crew.filing = Filing(account)
    return _with_sender(
        crew,
        Worker(crew, "background", {Duty.ROUND}, leads=True),
        Worker(crew, "interactive", {Duty.FETCH, Duty.REPLAY}),
        Worker(crew, "listening", {Duty.LISTEN}),
        Worker(crew, "searching", {Duty.SEARCH}, on_demand=True),
    )


def _with_sender(crew: AnyCrew, *hands: Hand) -> Staff:
    connector = smtp_connector(crew.account, None, beside=crew.connector)
    if connector is None:
        return Staff(crew, hands)
    sender = Sender(crew, connector)
    return Staff(crew, (*hands, sender), sender)
