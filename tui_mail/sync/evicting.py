"""Room for what is fetched: the settings say how much may be kept here."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from tui_mail.config.settings import Account
from tui_mail.model.message import MessageSummary
from tui_mail.store.contents import seconds_of
from tui_mail.store.database import Transaction
from tui_mail.store.eviction import (
    Evictable,
    Keeping,
    evict,
    give_back,
    load_evictable,
    octets_kept,
)
from tui_mail.store.source import Source
from tui_mail.sync.session import Session

_AHEAD = 0.90
"""The share of the limit up to which mail is fetched ahead of time."""
_LEFT = 0.95
"""The share that is left where more was kept than the limit. It is more than is filled
ahead of time: what went is not fetched again for that alone."""
_TEXT = 20_000
"""Octets that the text of a message takes at most, but for few."""
_MOMENT = 0.008
"""Seconds that a transaction should take."""
_UNUSED = 64
"""Unused pages from which on the file is made smaller."""


def is_above_limit(source: Source, account: Account) -> bool:
    """Tell whether more is kept than the settings allow."""
    return bool(account.cache_limit) and octets_kept(source) > account.cache_limit


class Room:
    """What may be fetched ahead, and what goes for it.

    What is wanted of a newer message takes the place of what is older, or not wanted:
    never the other way round. So there comes an end to it.
    """

    def __init__(
        self,
        session: Session,
        account: Account,
        *,
        download: str,
        since: datetime | None,
    ) -> None:
        self._session = session
        self._limit = account.cache_limit
        self._keeping = Keeping(download, since)
        self._going: dict[bool, deque[Evictable]] = {}
        self.is_full = False
        """There was no room for all that was asked about last."""
        self.left_out = False
        """There was no room for something that is wanted."""

    def fitting(
        self, rows: Iterable[MessageSummary], *, whole: bool
    ) -> list[MessageSummary]:
        """Take as many messages from the start as there is, or can be made, room for.

        One that is larger than all there may be is passed over.
        """
        self.is_full = False
        if not self._limit:
            return list(rows)
        fitting: list[MessageSummary] = []
        octets = 0
        for row in rows:
            needed = row.size if whole else min(row.size, _TEXT)
            if needed > self._limit * _AHEAD:
                self.left_out = True
                continue
            if not self._make(octets + needed, seconds_of(row.date), texts=not whole):
                self.is_full = self.left_out = True
                break
            octets += needed
            fitting.append(row)
        return fitting

    def _make(self, octets: int, date: int, *, texts: bool) -> bool:
        """Make room for something of a message of that second, if what is less allows."""
        most = int(self._limit * _AHEAD) - octets
        above = octets_kept(self._session.database) - most
        if above <= 0:
            return True
        kinds = (False, True) if texts else (False,)
        less = [one for kind in kinds for one in self._queue(texts=kind)]
        if sum(one.octets for one in less if one.is_before(date)) < above:
            return False
        for kind in kinds:
            queue = self._queue(texts=kind)
            while queue and queue[0].is_before(date) and self._is_above(most):
                self._let_go(queue, most)
        return not self._is_above(most)

    def tidy(self) -> Iterator[None]:
        """Let go of what is kept above the limit, and make the file smaller."""
        if self._limit and self._is_above(self._limit):
            self._going.clear()
            for kind in (False, True):
                queue = self._queue(texts=kind)
                while queue and self._is_above(int(self._limit * _LEFT)):
                    self._let_go(queue, int(self._limit * _LEFT))
                    yield
        yield from self._shrink()

    def _shrink(self) -> Iterator[None]:
        database = self._session.database
        [unused] = database.connection.execute("PRAGMA freelist_count").fetchone()
        if unused < _UNUSED:
            return
        more = True
        while more:
            with self._session.pace.transaction() as tx:
                more = give_back(tx)
            yield
        database.checkpoint()

    def _is_above(self, octets: int) -> bool:
        return octets_kept(self._session.database) > octets

    def _queue(self, *, texts: bool) -> deque[Evictable]:
        if texts not in self._going:
            found = load_evictable(self._session.database, self._keeping, texts=texts)
            self._going[texts] = deque(found)
        return self._going[texts]

    def _let_go(self, queue: deque[Evictable], most: int) -> None:
        """Let go of the first, and of more as long as a short transaction may take."""
        with self._session.pace.transaction() as tx:
            _evict_some(tx, queue, most)


def _evict_some(tx: Transaction, queue: deque[Evictable], most: int) -> None:
    begun = time.monotonic()
    while queue and octets_kept(tx) > most and time.monotonic() - begun < _MOMENT:
        if not evict(tx, queue[0]):
            queue.popleft()


def horizons(
    since: datetime | None, moments: Sequence[datetime]
) -> list[datetime | None]:
    """Give the moments back to which mail is fetched, one after the other.

    The recent mail of all mailboxes comes before the old mail of the first.
    """
    return [*(one for one in moments if since is None or one > since), since]
