"""Keys in the order they came: to whatever asks, else to commands, one after the other."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from textual import events
from textual.message import Message

from tui_mail.model.displayable import own
from tui_mail.ui.dispatch import PREFIX_SECONDS, Begun, Dispatcher, Found
from tui_mail.ui.key_names import name_of
from tui_mail.ui.split_keys import JOINED_WITHIN, SplitKeys, unfolded

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_CANCEL = ("ctrl+c", "ctrl+g")
_HANDLED_WITHIN = 0.5
"""Seconds that a question has for a key before the next one is looked at."""


class _Tick(Message):
    """A time is over."""


class Keys:
    """Every key and paste waits here until those before it were carried out.

    So a question that a command asks gets the keys typed after it, however fast they
    come, and none of them is taken for a command.
    """

    def __init__(self, app: "MailApp", dispatcher: Dispatcher) -> None:
        self._app = app
        self._dispatcher = dispatcher
        self._split = SplitKeys()
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        self._running: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._busy = False
        self._split_until = self._prefix_until = 0.0

    @property
    def idle(self) -> bool:
        """Whether all keys were carried out, or wait for an answer."""
        return not self._busy and self._queue.empty() and not self._works

    @property
    def _works(self) -> bool:
        """Whether a command is at work, and asks nothing.

        A screen that a command opened may begin others, which ask over it.
        """
        return len(self._running) > self._app.asking

    def put(self, event: Message) -> None:
        """Take a key or a paste; what cancels does not wait for what it cancels."""
        cancels = (
            isinstance(event, events.Key) and event.key.removeprefix("alt+") in _CANCEL
        )
        if cancels and self._running and not self._app.asks:
            self.cancel()
            self._app.say(own("Cancelled."))
        elif cancels and self._works and self._app.fetching.cancel():
            # A screen that a command opened waits for that, and says that it is over.
            return
        else:
            self._queue.put_nowait(event)

    def asked(self) -> None:
        """Take note that a question is ready for keys, or was answered."""
        self._changed.set()

    async def run(self) -> None:
        """Carry keys out; runs as long as the reader."""
        loop = asyncio.get_running_loop()
        while True:
            self._busy = False
            event = await self._queue.get()
            self._busy = True
            await self._quiet()
            now = loop.time()
            if isinstance(event, _Tick):
                await self._time_over(now)
                continue
            knows = self._dispatcher.knows
            for whole in unfolded(event, typing=self._app.asks, bound=knows):
                for joined in self._split.feed(whole, now):
                    await self._deliver(joined)
            if self._split.waits:
                self._split_until = now + JOINED_WITHIN
                loop.call_later(JOINED_WITHIN + 0.01, self.put, _Tick())

    async def _time_over(self, now: float) -> None:
        if self._split.waits and now >= self._split_until:
            for event in self._split.expire():
                await self._deliver(event)
        if self._dispatcher.begun and now >= self._prefix_until:
            self._dispatcher.forget()
            self._app.say_hints()

    async def _deliver(self, event: Message) -> None:
        await self._quiet()
        if self._app.asks:
            await self._pass_on(event)
        elif isinstance(event, events.Key):
            self._command(name_of(event))
        elif not isinstance(event, events.Paste):
            await self._app.pass_on(event)

    def _command(self, key: str) -> None:
        outcome = self._dispatcher.feed(key, self._app.panes.pane)
        if isinstance(outcome, Begun):
            loop = asyncio.get_running_loop()
            self._prefix_until = loop.time() + PREFIX_SECONDS
            loop.call_later(PREFIX_SECONDS + 0.01, self.put, _Tick())
            self._app.say_following(outcome)
            return
        if " " in outcome.keys:
            self._app.say_hints()
        if isinstance(outcome, Found):
            self._app.unsay()
            self._app.pressed = outcome.keys
            self._app.do(outcome.command)

    # Commands that take their time.

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a command; keys after it wait until it is done or asks something."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._changed.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._app.fail(error)

    async def _quiet(self) -> None:
        """Wait until no command runs, or one of them asks something."""
        while self._works:
            self._changed.clear()
            await self._changed.wait()

    def cancel(self) -> None:
        """Cancel what runs."""
        for task in self._running:
            task.cancel()

    async def end(self) -> None:
        """Cancel what runs, and wait until it has put things in order."""
        self.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _pass_on(self, event: Message) -> None:
        """Hand a key to what asks, and wait until it has been dealt with."""
        screen = self._app.screen
        target = screen.focused or screen
        await self._app.pass_on(event)
        handled = asyncio.Event()

        def screen_is_next() -> None:
            if not screen.call_later(handled.set):
                handled.set()

        if target.call_later(screen_is_next):
            try:
                await asyncio.wait_for(handled.wait(), _HANDLED_WITHIN)
            except TimeoutError:
                return
