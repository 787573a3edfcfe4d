"""Many messages fetched whole for somebody who waits: one must not keep the others back."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from tui_mail.model.error import NotFound, ServerRefused
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.store.content import are_whole
from tui_mail.store.database import Database
from tui_mail.store.eviction import octets_kept
from tui_mail.store.messages import load_location
from tui_mail.sync.parts import fetch_small, whole_steps
from tui_mail.sync.reading import Reader
from tui_mail.sync.readying import Readying, save_each
from tui_mail.sync.session import Session

_BATCH = 50
_MOST_DOUBTFUL = 3
"""Where connections are lost over so many, it is not about the messages."""


class Wholes:
    """Messages to be fetched whole, over as many connections as it takes.

    What the server does not have or refuses is passed over, and so is a message over
    which two connections were lost.
    """

    def __init__(self, database: Database, numbers: Sequence[MessageNumber]) -> None:
        self._database = database
        self._numbers = numbers
        self._together = True
        """Several at a time; not while it is found out over which one connections are lost."""
        self._trying: MessageNumber | None = None
        self._doubtful: set[MessageNumber] = set()
        self._kept = octets_kept(database)

    def how_far(self) -> int:
        """Say how far it is where a connection was lost; what it was lost over is noted."""
        kept = octets_kept(self._database)
        if kept > self._kept:
            self._kept = kept
        elif self._together:
            self._together = False
        elif self._trying is not None and len(self._doubtful) < _MOST_DOUBTFUL:
            self._doubtful.add(self._trying)
            self._together = True
        return kept + 2 * len(self._doubtful) + (not self._together)

    def steps(
        self, session: Session, renderer: Reader
    ) -> Iterator[tuple[str, int, int]]:
        """Fetch over one connection what is missing, those of a mailbox together."""
        self._trying = None
        missing = [
            number
            for number in self._numbers
            if number not in self._doubtful and not are_whole(self._database, [number])
        ]
        done = 0
        for some in self._by_place(missing):
            for start in range(0, len(some), _BATCH):
                yield "fetching messages", done + start, len(missing)
                batch = some[start : start + _BATCH]
                came = self._small(session, batch, renderer)
                for number in batch:
                    if number not in came:
                        yield from self._one(session, number, renderer)
            done += len(some)

    def _small(
        self, session: Session, batch: Sequence[MessageNumber], renderer: Reader
    ) -> set[MessageNumber]:
        if not self._together:
            return set()
        with Readying(session.pace, save_each) as readying:
            came = fetch_small(session, batch, renderer, readying)
            readying.finish()
        return came

    def _one(
        self, session: Session, number: MessageNumber, renderer: Reader
    ) -> Iterator[tuple[str, int, int]]:
        self._trying = number
        # It is not here then, which who asked sees.
        with suppress(NotFound, ServerRefused):
            for octets, total in whole_steps(session, number, renderer):
                yield "fetching (kB)", octets // 1000, total // 1000

    def _by_place(self, numbers: Sequence[MessageNumber]) -> list[list[MessageNumber]]:
        """Group messages by the mailbox in which the server has them."""
        places: dict[MailboxId, list[MessageNumber]] = {}
        for number in numbers:
            with suppress(NotFound):
                place = load_location(self._database, number).server_mailbox
                if place is not None:
                    places.setdefault(place, []).append(number)
        return list(places.values())
