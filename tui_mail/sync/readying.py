"""Mail made ready for the store while more is fetched, and saved several at a time.

A fetch waits for the server, a text for the render child, a commit for the disk: beside
each other they take as long as the slowest, one after the other as long as all three.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import TypeVar

from tui_mail.model.error import NotFound
from tui_mail.store.database import Transaction
from tui_mail.sync.pacing import OCTETS, Pace

Save = Callable[[Transaction], None]
"""Puts a message that is ready into the store; raises NotFound where it has gone."""

T = TypeVar("T")


class Readying:
    """What was fetched by one connection: made ready in a thread, saved by its owner.

    :meth:`turn` saves what was added before the turn before it, so that the child reads
    the newest meanwhile. What was not saved at the end is fetched another time.
    """

    def __init__(self, pace: Pace, *, most: int = OCTETS) -> None:
        """``most``: octets that are saved in one transaction."""
        self._pace = pace
        self.most = most
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="readying")
        self._newest: list[tuple[int, Future[Save]]] = []
        self._before: list[tuple[int, Future[Save]]] = []
        self.saved = 0
        """How many messages were saved so far."""

    def add(self, octets: int, make: Callable[[], Save]) -> None:
        """Have a message of about so many octets made ready."""
        self._newest.append((octets, self._beside.submit(make)))

    def turn(self) -> None:
        """Save what was there at the last turn."""
        ready, self._before, self._newest = self._before, self._newest, []
        for some in grouped(ready, lambda one: one[0], self.most):
            saves = [future.result() for _, future in some]
            self._pace.apply(saves, self._save)

    def finish(self) -> int:
        """Save all that is left; how many it were in all."""
        self.turn()
        self.turn()
        return self.saved

    def _save(self, tx: Transaction, saves: Sequence[Save]) -> None:
        for save in saves:
            # It may have been deleted here while it was fetched.
            with suppress(NotFound):
                save(tx)
                self.saved += 1

    def __enter__(self) -> "Readying":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._beside.shutdown(cancel_futures=True)


def grouped(
    items: Sequence[T], size: Callable[[T], int], most: int
) -> Iterator[list[T]]:
    """Group items so that each group is of a bounded size, or has one item only."""
    group: list[T] = []
    total = 0
    for item in items:
        if group and total + size(item) > most:
            yield group
            group, total = [], 0
        group.append(item)
        total += size(item)
    if group:
        yield group
