"""Writing in transactions so short that a key's commit always gets in between."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from tui_mail.store.database import Database, Transaction

LENGTH = 0.010
"""Seconds that a transaction should take beside a reader."""
UNWATCHED_LENGTH = 0.040
"""Seconds that it may take where no reader was started with the engine."""
PAUSE = 0.002
"""Seconds after each transaction in which others can begin theirs."""
OCTETS = 256_000
"""Octets of content in one transaction."""
_FEWEST = 5
_MOST = 1_000

T = TypeVar("T")


class Pace:
    """One thread's way of writing: it learns how many changes fit into a transaction.

    It pauses when it has written for as long as a transaction should take.
    """

    def __init__(self, database: Database, *, length: float = LENGTH) -> None:
        self._database = database
        self._length = length
        self._size = 50
        self._written = 0.0
        """Seconds since the last pause."""

    @property
    def watched(self) -> bool:
        """Whether a reader may wait for its turn, and for the processor."""
        return self._length <= LENGTH

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Make changes in a transaction."""
        begun = time.monotonic()
        with self._database.transaction() as tx:
            yield tx
        self._pause(time.monotonic() - begun)

    def apply(
        self, items: Sequence[T], change: Callable[[Transaction, Sequence[T]], None]
    ) -> None:
        """Make a change of many items, in order, in as many transactions as it takes."""
        start = 0
        while start < len(items):
            some = items[start : start + self._size]
            with self._database.transaction() as tx:
                begun = time.monotonic()
                change(tx, some)
            took = time.monotonic() - begun
            self._size = fitting(len(some), took, length=self._length)
            start += len(some)
            self._pause(took)

    def _pause(self, took: float) -> None:
        self._written += took
        if self._written >= self._length:
            self._written = 0.0
            time.sleep(PAUSE)


def fitting(done: int, seconds: float, *, length: float = LENGTH) -> int:
    """Say how many to take next, when so many took so long; at most double."""
    ideal = done * length / max(seconds, 1e-6)
    return round(min(max(ideal, done / 4, _FEWEST), done * 2 + 1, _MOST))
