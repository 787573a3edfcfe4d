"""Loading again what may have changed: never twice at once, and not all the time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

PAUSE = 0.2
"""Seconds between two runs of the same work at least: what is said costs octets."""
LONGEST_PAUSE = 1.0
"""Seconds that it grows to while there is more and more: a key that comes in the middle
of the work has to wait for it."""
SHARE = 4.0
"""A pause lasts so many times as long as the work before it did."""

Work = Callable[[], Coroutine[Any, Any, None]]


class Refreshing:
    """Runs work that is asked for again and again while it still runs: once more after it."""

    def __init__(self, start: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._start = start
        self._wanted: dict[Hashable, Work] = {}
        self._running: set[Hashable] = set()

    def ask(self, name: Hashable, work: Work) -> None:
        """Have work done soon, after what is asked for now has happened."""
        self._wanted[name] = work
        if name not in self._running:
            self._running.add(name)
            self._start(self._run(name))

    async def _run(self, name: Hashable) -> None:
        loop = asyncio.get_running_loop()
        pause = PAUSE
        try:
            while (work := self._wanted.pop(name, None)) is not None:
                begun = loop.time()
                await work()
                await asyncio.sleep(max(pause, SHARE * (loop.time() - begun)))
                pause = min(1.5 * pause, LONGEST_PAUSE)
        finally:
            self._running.discard(name)
