"""Messages made ready for the store by a child, while this process writes and fetches.

Half of the work of a first synchronization is to read a hundred thousand headers. In a
thread it would only wait for the interpreter's lock.
"""

import marshal
import time
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


def prepare(messages: Sequence[Message]) -> list[Arriving]:
    """Make messages ready here and now."""
    return [
        arriving(read(one) if isinstance(one, RawMessage) else one) for one in messages
    ]


class Preparer:
    """One child, with one batch under way; while it starts, or is lost, all is done here."""

    def __init__(self) -> None:
        self.child: PipedChild | None = PipedChild(
            "tui_mail.sync.preparing_child", largest=LARGEST
        )
        """None once it is lost."""
        self._batch: list[RawMessage] = []

    def exchange(self, batch: list[Message]) -> list[Arriving]:
        """Hand a batch over; get the one before it, ready, and what is not for a child."""
        ready = self.rest()
        self._batch = [one for one in batch if isinstance(one, RawMessage)]
        if not self._hand_over():
            ready += self._here()
        return ready + prepare(
            [one for one in batch if not isinstance(one, RawMessage)]
        )

    def _hand_over(self) -> bool:
        """Send what there is, if the child is there and does not start yet."""
        if self.child is None or not self._batch:
            return False
        frame = marshal.dumps([tuple(one) for one in self._batch])
        try:
            if not self.child.is_ready():
                return False
            self.child.send(
                LENGTH.pack(len(frame)) + frame, time.monotonic() + _DEADLINE
            )
        except ChildLost:
            self.close()
            return False
        return True

    def _here(self) -> list[Arriving]:
        """Make ready here what no child has."""
        batch, self._batch = self._batch, []
        return prepare(batch)

    def rest(self) -> list[Arriving]:
        """Get what was handed over last, ready."""
        if self.child is None or not self._batch:
            return self._here()
        try:
            frame = self.child.receive(time.monotonic() + _DEADLINE)
            ready = [Arriving(*values) for values in marshal.loads(frame)]
        except (ChildLost, ValueError, EOFError, TypeError):
            self.close()
            return self._here()
        self._batch = []
        return ready

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
