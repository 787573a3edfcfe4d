"""What readers are told: the status, answers, questions, and which ids changed."""

import threading
import time
from collections.abc import Callable

from tui_mail.link.messages import (
    Changed,
    Done,
    NeedPassword,
    PartProgress,
    Receipt,
    State,
    Status,
    ToReader,
    Which,
)
from tui_mail.link.server import EngineServer, LinkedClient
from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.model.event import Event, MailboxChanged, MessagesChanged, merged
from tui_mail.model.ids import MailboxId
from tui_mail.sync.agenda import Request
from tui_mail.sync.receipt import IN_STEP

GATHERING = 0.05
"""Seconds in which events are gathered before they go out."""
_PROGRESS = 0.1
"""Seconds between two figures of one progress."""
_MOST_NUMBERS = 5_000
"""Messages of one event that are named singly."""


class Board:
    """Used by all threads; without a server it says nothing, and keeps the status."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """``say`` is told each new status line, for whoever has no reader."""
        self._say = say
        self._server: EngineServer | None = None
        self._lock = threading.Lock()
        self._status = Status("connecting", own("starting"))
        self._told_at = 0.0
        self._questions: dict[Which, NeedPassword] = {}
        self._shared: dict[tuple[LinkedClient, int], Done | None] = {}
        """Requests that two threads answer, with what one of them has said already."""
        self._events: list[Event] = []
        self._something = threading.Event()
        self._closing = False
        self._gatherer = threading.Thread(target=self._gather, name="events")

    def open(self, server: EngineServer) -> None:
        """Begin to tell the clients of a server."""
        self._server = server
        self._gatherer.start()
        # Who joined before this was not greeted.
        self._broadcast(self._status)

    def close(self) -> None:
        """Send out what was gathered, and tell nothing more."""
        self._closing = True
        self._something.set()
        if self._gatherer.is_alive():
            self._gatherer.join()

    def greet(self, client: LinkedClient, *, reader: bool) -> None:
        """Tell one who joins how things are."""
        if self._server is None:
            return
        self._server.send(client, self._status)
        for question in tuple(self._questions.values()) if reader else ():
            self._server.send(client, question)

    def status(
        self,
        state: State,
        line: str,
        done: int = 0,
        total: int = 0,
        mailbox: MailboxId | None = None,
    ) -> None:
        """Say what is going on; figures of one progress only now and then."""
        status = Status(state, displayable(line), done, total, mailbox)
        with self._lock:
            before = self._status
            same = (before.state, before.line) == (status.state, status.line)
            now = time.monotonic()
            if before == status or (same and now - self._told_at < _PROGRESS):
                return
            self._status = status
            self._told_at = now
        self._broadcast(status)
        if not same:
            self._say(f"{status.line}")

    @property
    def state(self) -> State:
        """The state that was told last."""
        return self._status.state

    def receipt(self, line: str, *, urgent: bool = False) -> None:
        """Tell what happened that nobody had asked for."""
        self._broadcast(Receipt(displayable(line), urgent))

    def share(self, request: Request) -> None:
        """Have a request answered once two threads have: the round, and the sending."""
        with self._lock:
            self._shared[request.client, request.number] = None

    def unshare(self, client: LinkedClient, number: int | None) -> None:
        """Have what a client asked for, None for all of it, wait for no second answer."""
        with self._lock:
            gone = {
                asked: said
                for asked, said in self._shared.items()
                if asked[0] is client and number in (None, asked[1])
            }
            for asked in gone:
                self._shared.pop(asked)
        for said in gone.values():
            if said is not None and self._server is not None:
                self._server.send(client, said)

    def answer(self, request: Request, *, ok: bool, line: str) -> None:
        """Tell who waits that it came to its end."""
        done = Done(request.number, ok, displayable(line))
        asked = request.client, request.number
        with self._lock:
            if asked in self._shared:
                before = self._shared.pop(asked)
                if before is None:
                    self._shared[asked] = done
                    return
                done = _both(before, done)
        self._send(request, done)

    def progress(self, request: Request, done: int, total: int) -> None:
        """Tell who waits how far it is."""
        self._send(request, PartProgress(request.number, done, total))

    def ask_password(self, line: Displayable, server: Which = "incoming") -> None:
        """Ask the readers for a password, those too that join later."""
        question = self._questions[server] = NeedPassword(line, server)
        self._broadcast(question)

    def forget_question(self, server: Which = "incoming") -> None:
        """Ask no more."""
        self._questions.pop(server, None)

    def changed(self, events: list[Event]) -> None:
        """Gather what changed in the store."""
        with self._lock:
            self._events += events
        self._something.set()

    def _gather(self) -> None:
        while not self._closing:
            self._something.wait()
            time.sleep(GATHERING)
            self._something.clear()
            with self._lock:
                events, self._events = self._events, []
            if events:
                self._broadcast(Changed(tuple(map(_short, merged(events)))))

    def _send(self, request: Request, message: ToReader) -> None:
        if self._server is not None:
            self._server.send(request.client, message)

    def _broadcast(self, message: ToReader) -> None:
        if self._server is not None:
            self._server.broadcast(message)


def _short(event: Event) -> Event:
    """Tell of a mailbox where more messages changed than fit into a line."""
    if isinstance(event, MessagesChanged) and len(event.messages) > _MOST_NUMBERS:
        return MailboxChanged(event.mailbox)
    return event


def _both(one: Done, other: Done) -> Done:
    """Join two answers to one request; that nothing was done is not said beside more."""
    said = [done.line for done in (one, other) if done.line not in ("", IN_STEP)]
    line = "; ".join(dict.fromkeys(said)) or IN_STEP
    return Done(one.request, one.ok and other.ok, displayable(line))
