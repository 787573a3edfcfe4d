"""The threads of an account's engine.

Several have connections to an IMAP server; one comes and goes to a POP3 server.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tui_mail.config.settings import Account
from tui_mail.mime.render import Renderer
from tui_mail.store.database import Database
from tui_mail.sync.agenda import Agenda, Duty
from tui_mail.sync.board import Board
from tui_mail.sync.connecting import Connector, PopConnector
from tui_mail.sync.crew import Crew
from tui_mail.sync.neighbours import Neighbours
from tui_mail.sync.pop_worker import PopWorker
from tui_mail.sync.worker import Worker


class Hand(Protocol):
    """A thread, as the engine sees it."""

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

    crew: Crew[Connector] | Crew[PopConnector]
    hands: tuple[Hand, ...]


def agenda_of(account: Account) -> Agenda:
    """Make an account's agenda: a POP3 mailbox cannot be looked at and left alone."""
    return Agenda(account.check_minutes * 60.0, looks=account.pop3 is None)


def staff_of(
    account: Account,
    database: Database,
    neighbours: Neighbours,
    agenda: Agenda,
    board: Board,
    stop: Callable[[], None],
) -> Staff:
    """Make an account's threads; raises MailError where it has no server."""
    if account.pop3 is not None:
        pop = Crew(
            account=account,
            database=database,
            connector=PopConnector(account, account.pop3, None),
            renderer=Renderer(),
            neighbours=neighbours,
            agenda=agenda,
            board=board,
            stop=stop,
        )
        return Staff(pop, (PopWorker(pop),))
    crew = Crew(
        account=account,
        database=database,
        connector=Connector(account, None),
        renderer=Renderer(),
        neighbours=neighbours,
        agenda=agenda,
        board=board,
        stop=stop,
    )
    return Staff(
        crew,
        (
            Worker(crew, "background", {Duty.ROUND}, leads=True),
            Worker(crew, "interactive", {Duty.FETCH, Duty.REPLAY}),
            Worker(crew, "listening", {Duty.LISTEN}),
            Worker(crew, "searching", {Duty.SEARCH}, on_demand=True),
        ),
    )
