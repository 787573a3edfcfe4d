"""Messages made ready for the store by a child, while this process writes and fetches.

Half of the work of a first synchronization is to read a hundred thousand headers. In a
thread it would only wait for the interpreter's lock.
"""

import marshal
import time
from collections import deque
from collections.abc import Sequence
from types import TracebackType

from tui_mail.mime.piped import LENGTH, ChildLost, PipedChild
from tui_mail.store.arriving import Arriving, arriving
from tui_mail.transports.imap_fetch import Message
from tui_mail.transports.imap_raw import RawMessage, read

LARGEST = 256_000_000
"""Octets of a batch, there and back."""
_DEADLINE = 30.0
"""Seconds for one batch; a usual one takes a fiftieth of one."""
_UNDER_WAY = 2
"""Batches that the child has at a time: one that it reads, and the next one."""


def prepare(messages: Sequence[Message]) -> list[Arriving]:
    """Make messages ready here and now."""
    return [
        arriving(read(one) if isinstance(one, RawMessage) else one) for one in messages
    ]


class Preparer:
    """One child, with few batches under way; while it starts, or is lost, all is done here."""

    def __init__(self) -> None:
        self.child: PipedChild | None = PipedChild(
            "tui_mail.sync.preparing_child", largest=LARGEST
        )
        """None once it is lost."""
        self._under_way: deque[list[RawMessage]] = deque()

    def exchange(self, batch: list[Message]) -> list[Arriving]:
        """Hand a batch over; get an earlier one, ready, and what is not for a child."""
        usual = [one for one in batch if isinstance(one, RawMessage)]
        ready = self._hand_over(usual)
        return ready + prepare(
            [one for one in batch if not isinstance(one, RawMessage)]
        )

    def _hand_over(self, batch: list[RawMessage]) -> list[Arriving]:
        """Send a batch, if the child is there and does not start yet; get what is ready."""
        if not (batch and self._is_ready()):
            return prepare(batch)
        frame = marshal.dumps([tuple(one) for one in batch])
        ready = self._make_room(len(frame))
        if self.child is not None:
            try:
                self.child.send(
                    LENGTH.pack(len(frame)) + frame, time.monotonic() + _DEADLINE
                )
            except ChildLost:
                self.close()
        # If it was lost just now this is done here, in its turn.
        self._under_way.append(batch)
        return ready

    def _is_ready(self) -> bool:
        try:
            return self.child is not None and self.child.is_ready()
        except ChildLost:
            self.close()
            return False

    def _make_room(self, octets: int) -> list[Arriving]:
        """Receive so much that the child neither waits for us nor we for it."""
        if self.child is None or octets * _UNDER_WAY > self.child.ahead:
            return self.rest()
        return self._oldest() if len(self._under_way) == _UNDER_WAY else []

    def rest(self) -> list[Arriving]:
        """Get all that is under way, ready."""
        ready: list[Arriving] = []
        while self._under_way:
            ready += self._oldest()
        return ready

    def _oldest(self) -> list[Arriving]:
        """Get the batch that was handed over first; what the child lost is done here."""
        batch = self._under_way.popleft()
        if self.child is not None:
            try:
                frame = self.child.receive(time.monotonic() + _DEADLINE)
                return [Arriving(*values) for values in marshal.loads(frame)]
            except (ChildLost, ValueError, EOFError, TypeError):
                self.close()
        return prepare(batch)

    def close(self) -> None:
        """End the child; what is under way is done here."""
        if self.child is not None:
            self.child.close()
            self.child = None

    def __enter__(self) -> "Preparer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
