"""Whole messages from a POP3 server into the store, the newest first.

Small ones are saved several to a commit, with their texts; large ones as they come, in
bounded memory. A message is known by its UIDL, and again by its octets.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from functools import partial

from tui_mail.model.error import LinkLost, ProtocolError
from tui_mail.model.ids import MailboxId
from tui_mail.sync.pacing import OCTETS
from tui_mail.sync.pop_arriving import Arrived, Came, Coming, Intake
from tui_mail.sync.pop_mirror import Mirror
from tui_mail.sync.pop_plan import PopPlan
from tui_mail.sync.pop_session import PopSession
from tui_mail.sync.readying import Readying
from tui_mail.transports.pop3 import PopListed, PopPiece

_MOST_UNWATCHED = 1_000_000
"""Octets of one transaction where no reader waits for its turn."""
_MOST_TOGETHER = 500
"""Messages that are read in one go."""
_MOMENT = 0.5
"""Seconds after which what came is saved although it is little."""


class Puller:
    """Fetches what a plan wants over one connection."""

    def __init__(
        self, session: PopSession, inbox: MailboxId, plan: PopPlan, mirror: Mirror
    ) -> None:
        self._session = session
        self._plan = plan
        self._mirror = mirror
        self.intake = Intake(session, inbox, plan.named, mirrors=mirror.wanted)
        self._gathered: list[Came] = []
        """What came whole and waits to be read with what comes next."""
        self._octets = 0

    def steps(self) -> Iterator[None]:
        """Fetch all; raises what the connection raises, having saved what came whole."""
        session = self._session
        wanted = session.losses.ordered(self._plan.wanted)
        if endless := session.losses.are_endless(self._plan.wanted):
            said = "a message" if endless == 1 else f"{endless:,} messages"
            session.receipt.complain(f"{said} had no end and stayed on the server")
        if not wanted:
            return
        queue = deque(wanted)
        most = OCTETS if session.pace.watched else _MOST_UNWATCHED
        pieces = session.connection.retrieve([one.number for one in wanted])
        with (
            closing(pieces),
            Readying(session.pace, self.intake.save, most=most) as readying,
        ):
            try:
                yield from self._take(pieces, queue, readying)
            except (LinkLost, ProtocolError) as error:
                session.losses.note(queue[0], error, came=len(wanted) - len(queue))
                self._finish(readying)
                raise
            except GeneratorExit:
                self._finish(readying)
                raise
            self._finish(readying)
        yield from self._mirror.steps()

    def _take(
        self,
        pieces: Iterator[PopPiece],
        queue: deque[PopListed],
        readying: Readying[Arrived],
    ) -> Iterator[None]:
        total, coming = len(queue), Coming(self.intake, queue[0])
        turned = time.monotonic()
        for piece in pieces:
            if piece.refused:
                host = self._session.connection.host
                self._session.receipt.complain(
                    f"{host} does not give message {piece.number}: {piece.refused}"
                )
            else:
                coming.add(piece.octets)
            if piece.last:
                if not piece.refused and (came := coming.end()) is not None:
                    self._gathered.append(came)
                    self._octets += max(1, len(came.octets))
                queue.popleft()
                self._tell(total - len(queue), total)
                if queue:
                    coming = Coming(self.intake, queue[0])
            now = time.monotonic()
            if self._is_enough(readying.most, now - turned):
                self._hand_over(readying)
                turned = now
                yield from self._mirror.steps()
            yield

    def _is_enough(self, most: int, seconds: float) -> bool:
        """Tell whether what was gathered for so long is to be read and saved."""
        count = len(self._gathered)
        return (
            self._octets >= most
            or count >= _MOST_TOGETHER
            or (count > 0 and seconds > _MOMENT)
        )

    def _hand_over(self, readying: Readying[Arrived]) -> None:
        """Have what came read, and save what was read meanwhile."""
        readying.add(self._octets, partial(self.intake.read, self._gathered))
        self._gathered, self._octets = [], 0
        readying.turn()

    def _finish(self, readying: Readying[Arrived]) -> None:
        if self._gathered:
            self._hand_over(readying)
        readying.finish()

    def _tell(self, done: int, total: int) -> None:
        self._session.tell("fetching mail", done, total, self.intake.inbox)
