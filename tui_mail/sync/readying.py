"""Mail made ready for the store while more is fetched, and saved several at a time.

A fetch waits for the server, a text for the render child, a commit for the disk: beside
each other they take as long as the slowest, one after the other as long as all three.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Generic, TypeVar

from tui_mail.model.error import NotFound
from tui_mail.store.database import Transaction
from tui_mail.sync.pacing import OCTETS, Pace

Save = Callable[[Transaction], None]
"""Puts a message that is ready into the store; raises NotFound where it has gone."""

T = TypeVar("T")
Ready = TypeVar("Ready")


class Readying(Generic[Ready]):
    """What was fetched by one connection: made ready in a thread, saved by its owner.

    :meth:`turn` saves what was added before the turn before it, so that the child reads
    the newest meanwhile. What was not saved at the end is fetched another time.
    """

    def __init__(
        self,
        pace: Pace,
        save: Callable[[Transaction, Sequence[Ready]], int],
        *,
        most: int = OCTETS,
    ) -> None:
        """``save`` saves what is ready, and says of how many messages it is.

        ``most``: octets that are saved in one transaction.
        """
        self._pace = pace
        self._save = save
        self.most = most
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="readying")
        self._newest: list[tuple[int, Future[Sequence[Ready]]]] = []
        self._before: list[tuple[int, Future[Sequence[Ready]]]] = []
        self.saved = 0
        """How many messages were saved so far."""

    def add(self, octets: int, make: Callable[[], Sequence[Ready]]) -> None:
        """Have messages of about so many octets made ready."""
        self._newest.append((octets, self._beside.submit(make)))

    def turn(self) -> None:
        """Save what was there at the last turn."""
        ready, self._before, self._newest = self._before, self._newest, []
        for some in grouped(ready, lambda one: one[0], self.most):
            made = [one for _, future in some for one in future.result()]
            self._pace.apply(made, self._count)

    def finish(self) -> int:
        """Save all that is left; how many it were in all."""
        self.turn()
        self.turn()
        return self.saved

    def _count(self, tx: Transaction, ready: Sequence[Ready]) -> None:
        self.saved += self._save(tx, ready)

    def __enter__(self) -> "Readying[Ready]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._beside.shutdown(cancel_futures=True)


def save_each(tx: Transaction, saves: Sequence[Save]) -> int:
    """Save messages that are here already in part; how many are here still."""
    saved = 0
    for save in saves:
        # It may have been deleted here while it was fetched.
        with suppress(NotFound):
            save(tx)
            saved += 1
    return saved


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
