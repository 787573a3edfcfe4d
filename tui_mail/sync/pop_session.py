"""One connection to a POP3 server, and the store that it fills."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tui_mail.config.settings import PopServer
from tui_mail.model.error import MailError, ProtocolError
from tui_mail.store.database import Database
from tui_mail.sync.pacing import Pace
from tui_mail.sync.reading import Reader
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.session import Tell
from tui_mail.transports.pop3 import PopConnection, PopListed

MOST_LOSSES = 8
"""After so many it is not about single messages."""


class TooLong(ProtocolError):
    """A message goes on and on; it is left alone."""


@dataclass(slots=True)
class Losses:
    """Over which messages connections were lost: they must not keep the others back."""

    _times: Counter[object] = field(default_factory=Counter)
    _endless: set[object] = field(default_factory=set)
    _new: bool = False
    _count: int = 0

    def begin(self) -> None:
        """Begin a synchronization."""
        self._count = 0

    def note(self, message: PopListed, error: MailError, *, came: int) -> None:
        """Note that the connection was lost while a message came, after so many."""
        self._count += 1
        self._times[_name(message)] += 1
        self._new = came > 0 or self._times[_name(message)] == 1
        if isinstance(error, TooLong):
            self._endless.add(_name(message))

    def ordered(self, messages: Iterable[PopListed]) -> list[PopListed]:
        """Put those last over which a connection was lost; the endless are left out."""
        left = [one for one in messages if _name(one) not in self._endless]
        return sorted(left, key=lambda one: self._times[_name(one)])

    def are_endless(self, messages: Iterable[PopListed]) -> int:
        """Count those that are left alone."""
        return sum(_name(one) in self._endless for one in messages)

    def worth_another_try(self) -> bool:
        """Tell whether the others may be had over a new connection."""
        new, self._new = self._new, False
        return new and self._count <= MOST_LOSSES


def _name(message: PopListed) -> object:
    return message.uidl or message.number


@dataclass(slots=True)
class PopSession:
    """A connection that is logged in, used by one thread."""

    connection: PopConnection
    database: Database
    server: PopServer
    renderer: Reader
    tell: Tell
    pace: Pace
    receipt: Receipt
    losses: Losses
