"""Whole messages from a POP3 server into the store, the newest first.

Small ones are saved several to a commit, with their texts; large ones as they come, in
bounded memory. A message is known by its UIDL, and again by its octets.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing

from tui_mail.model.error import LinkLost, ProtocolError
from tui_mail.model.ids import MailboxId
from tui_mail.sync.pacing import OCTETS
from tui_mail.sync.pop_arriving import Coming, Intake
from tui_mail.sync.pop_mirror import Mirror
from tui_mail.sync.pop_plan import PopPlan
from tui_mail.sync.pop_session import PopSession
from tui_mail.sync.readying import Readying
from tui_mail.transports.pop3 import PopListed, PopPiece

_MOST_UNWATCHED = 1_000_000
"""Octets of one transaction where no reader waits for its turn."""
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
        with closing(pieces), Readying(session.pace, most=most) as readying:
            try:
                yield from self._take(pieces, queue, readying)
            except (LinkLost, ProtocolError) as error:
                session.losses.note(queue[0], error, came=len(wanted) - len(queue))
                readying.finish()
                raise
            except GeneratorExit:
                readying.finish()
                raise
            readying.finish()
        yield from self._mirror.steps()

    def _take(
        self,
        pieces: Iterator[PopPiece],
        queue: deque[PopListed],
        readying: Readying,
    ) -> Iterator[None]:
        total, coming = len(queue), Coming(self.intake, queue[0])
        waiting, turned = 0, time.monotonic()
        for piece in pieces:
            if piece.refused:
                host = self._session.connection.host
                self._session.receipt.complain(
                    f"{host} does not give message {piece.number}: {piece.refused}"
                )
            else:
                coming.add(piece.octets)
            if piece.last:
                if not piece.refused:
                    waiting += coming.end(readying)
                queue.popleft()
                self._tell(total - len(queue), total)
                if queue:
                    coming = Coming(self.intake, queue[0])
            now = time.monotonic()
            if waiting >= readying.most or (waiting and now - turned > _MOMENT):
                readying.turn()
                waiting, turned = 0, now
                yield from self._mirror.steps()
            yield

    def _tell(self, done: int, total: int) -> None:
        self._session.tell("fetching mail", done, total, self.intake.inbox)
