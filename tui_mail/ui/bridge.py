"""The one place where changes of the stores reach the loop: merged, and not too often."""

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

from tui_mail.model.event import Event, merged

if TYPE_CHECKING:
    from tui_mail.store.database import Database

PAUSE = 0.05
"""Seconds between two tellings at least."""


class StoreChanged(Message):
    """Something changed in an account's store."""

    def __init__(self, account: str, events: list[Event], *, anything: bool) -> None:
        self.account, self.events = account, events
        self.anything = anything
        """Another process changed something, and only that is known."""
        super().__init__()


class Bridge:
    """Gathers events from any thread and posts them to the loop."""

    def __init__(self, post: Callable[[Message], object]) -> None:
        self._post = post
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._waiting: dict[str, list[Event]] = {}
        self._due = False
        self._told_at = 0.0
        self._databases: dict[str, Database] = {}
        self._versions: dict[str, int] = {}
        self._ends: list[Callable[[], None]] = []
        self._closed = False

    def attach(self, account: str, database: "Database") -> None:
        """Hear of an account's changes."""
        self._databases[account] = database
        self._versions[account] = database.data_version()
        self._ends.append(database.listen(lambda events: self.push(account, events)))

    def push(self, account: str, events: list[Event]) -> None:
        """Take events, from any thread."""
        with self._lock:
            if self._closed:
                return
            self._waiting.setdefault(account, []).extend(events)
            if not self._due:
                self._due = True
                self._loop.call_soon_threadsafe(self._schedule)

    def poll(self, *, heard: Callable[[str], bool]) -> None:
        """Look whether another process changed something; ``heard`` accounts tell it."""
        for account, database in self._databases.items():
            version = database.data_version()
            changed = version != self._versions[account]
            self._versions[account] = version
            if changed and not heard(account):
                self._post(StoreChanged(account, [], anything=True))

    def _schedule(self) -> None:
        wait = self._told_at + PAUSE - self._loop.time()
        self._loop.call_later(max(0.0, wait), self._tell)

    def _tell(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            self._due = False
        self._told_at = self._loop.time()
        for account, events in waiting.items():
            self._post(StoreChanged(account, merged(events), anything=False))

    def close(self) -> None:
        """Hear nothing more."""
        with self._lock:
            self._closed = True
        for end in self._ends:
            end()
        self._databases.clear()
