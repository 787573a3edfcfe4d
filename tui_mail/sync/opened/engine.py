"""The process that reads what was opened, for the one reader that started it.

Run as ``python -P -m tui_mail.sync.opened.engine FOLDER``; one thread does all the work,
a step at a time, and what somebody waits for goes before everything else.
"""

import logging
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from tui_mail.config.logs import set_up_log
from tui_mail.config.places import Places
from tui_mail.link.lock import AccountLock
from tui_mail.link.messages import (
    Cancel,
    FetchPart,
    Hello,
    Message,
    Search,
    Synchronize,
    Wake,
)
from tui_mail.link.server import EngineServer, LinkedClient
from tui_mail.mime.render import Renderer
from tui_mail.model.error import EngineBusy, MailError
from tui_mail.model.event import Event
from tui_mail.store.database import Database
from tui_mail.sync.agenda import FetchJob, Request
from tui_mail.sync.board import Board
from tui_mail.sync.opened.filling import Filling
from tui_mail.sync.opened.place import account_of, is_left, places_of, remove_if_left
from tui_mail.sync.opened.recognizing import open_source
from tui_mail.sync.opened.serving import Serving
from tui_mail.sync.opened.sources import Source, why_not
from tui_mail.sync.opened.texts import text_steps
from tui_mail.sync.storing import open_database
from tui_mail.sync.wake import Wake as Bell

_LOG = logging.getLogger(__name__)
_LOOK = 2.0
"""Seconds between two looks at the file."""
_LOOK_FOR_READER = 0.5
"""Seconds between two looks whether the reader, which has not joined yet, is there."""
_TELL_EVERY = 1.0
"""Seconds between two words of new rows: each has all rows loaded again."""
_RELOADED = 50_000
"""Rows for which it is a second more."""
_NICE = 15
_PATIENCE = 10.0
_READ_ONLY = "is only read; flags and tags stay here until you leave"


class Engine:
    """Reads one source for its reader."""

    def __init__(
        self,
        database: Database,
        source: Source,
        renderer: Renderer,
        is_alone: Callable[[], bool],
    ) -> None:
        self._database = database
        self._source = source
        self._filling = Filling(database, source)
        self._serving = Serving(database, source, self._filling, renderer)
        self._bell = Bell()
        self._board = Board(_LOG.debug)
        self._jobs: deque[FetchJob] = deque()
        self._job: FetchJob | None = None
        """The one that is being done."""
        self._waiting: deque[Request] = deque()
        """Who asked for a look at the file."""
        self._clients: set[LinkedClient] = set()
        self._left_at: float | None = None
        self._is_alone = is_alone
        self._looked_at = time.monotonic()
        self._stopped = False
        self._trouble = ""
        self._listing = False
        self._untold: list[Event] = []
        self._told_at = 0.0

    def run(self, socket: Path) -> None:
        """Serve until the reader has gone, or a signal comes."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stop())
        with ExitStack() as ends:
            ends.callback(self._bell.close)
            ends.callback(self._database.listen(self._changed))
            server = EngineServer(socket, self._heed, self._join, self._leave)
            ends.callback(server.close)
            self._board.status("connected", _READ_ONLY)
            self._board.open(server)
            ends.callback(self._board.close)
            self._filling.lay_out()
            self._work()

    def _work(self) -> None:
        """Do the next thing, and the next, until nobody is there any more."""
        looked = time.monotonic()
        ahead = self._all_steps()
        while not self._stopped and not self._is_over():
            self._bell.drain()
            if self._jobs:
                self._serve(self._jobs.popleft())
                continue
            now = time.monotonic()
            if self._waiting or now - looked > _LOOK:
                looked = now
                if self._has_grown():
                    ahead = self._all_steps()
            try:
                next(ahead)
            except StopIteration:
                self._bell.wait(_LOOK if self._clients else _LOOK_FOR_READER)
            except (OSError, MailError) as error:
                self._complain(why_not(error))
                ahead = iter(())

    def _is_over(self) -> bool:
        """Tell whether its reader has gone, also one that was never heard of."""
        if self._clients:
            return False
        if (
            self._left_at is None
            and time.monotonic() - self._looked_at > _LOOK_FOR_READER
        ):
            self._looked_at = time.monotonic()
            return self._is_alone()
        return self._left_at is not None

    def _changed(self, events: list[Event]) -> None:
        """Tell of changes, while rows come by the thousand only now and then."""
        self._untold += events
        now = time.monotonic()
        pause = _TELL_EVERY + self._filling.rows / _RELOADED
        if not self._listing or now - self._told_at > pause:
            self._told_at, untold = now, self._untold
            self._untold = []
            self._board.changed(untold)

    # What is done while nobody waits.

    def _all_steps(self) -> Iterator[None]:
        """List the messages that are not listed, then make texts that can be searched."""
        yield from self._list()
        total = self._filling.rows
        made_all = True
        made = 0
        for made, bounded in text_steps(self._database, self._serving):
            made_all = not bounded
            if made % 100 == 0:
                self._board.status("connected", f"{_READ_ONLY}{_searched(made, total)}")
            yield
        said = _READ_ONLY if made_all else f"{_READ_ONLY}{_searched(made, total)}"
        self._board.status("connected", said)

    def _list(self) -> Iterator[None]:
        self._listing = True
        try:
            for _ in self._filling.steps(self._tell_far):
                if total := self._source.count():
                    said = "listing the messages"
                    self._board.status("synchronizing", said, self._filling.rows, total)
                yield
        finally:
            self._listing = False
            self._changed([])
        for line in self._source.troubles():
            self._board.receipt(line, urgent=True)

    def _tell_far(self, done: int, total: int) -> None:
        if total:
            self._board.status(
                "synchronizing",
                "reading it (MB)",
                done // 1_000_000,
                total // 1_000_000,
            )

    def _has_grown(self) -> bool:
        """Look at the file, and answer who asked for it."""
        grown, ok = False, True
        try:
            grown = self._source.look()
            line = "new mail is there" if grown else "nothing new"
            self._trouble = ""
        except (OSError, MailError) as error:
            line, ok = why_not(error), False
            self._complain(line)
        while self._waiting:
            self._board.answer(self._waiting.popleft(), ok=ok, line=line)
        return grown

    def _complain(self, line: str) -> None:
        """Say what is wrong with the file, once as long as it is wrong."""
        if line != self._trouble:
            self._trouble = line
            self._board.receipt(line, urgent=True)
            self._board.status("connected", f"{_READ_ONLY} · {line}")

    # What somebody waits for.

    def _serve(self, job: FetchJob) -> None:
        line, self._job = "", job
        try:
            for done, total in self._serving.steps(job.message, job.part):
                if job.cancelled:
                    break
                self._board.progress(job.request, done, total)
        except (OSError, MailError) as error:
            line = why_not(error)
        if job.cancelled:
            line = "cancelled"
        self._job = None
        self._board.answer(job.request, ok=not line, line=line)

    # What readers say, in the link's thread.

    def _join(self, client: LinkedClient) -> None:
        self._clients.add(client)

    def _leave(self, client: LinkedClient) -> None:
        self._clients.discard(client)
        self._left_at = time.monotonic()
        self._cancel(client, None)
        self._bell.ring()

    def _heed(self, client: LinkedClient, message: Message) -> None:
        match message:
            case Hello(role=role):
                self._board.greet(client, reader=role == "reader")
            case Wake(events=events):
                self._board.changed(list(events))
            case FetchPart(message=number, part=part, request=request):
                self._jobs.append(FetchJob(Request(client, request), number, part))
            case Synchronize(request=request):
                self._waiting.append(Request(client, request))
            case Search(request=request):
                self._board.answer(
                    Request(client, request), ok=False, line="a file has no server"
                )
            case Cancel(request=request):
                self._cancel(client, request)
        self._bell.ring()

    def _cancel(self, client: LinkedClient, number: int | None) -> None:
        for job in filter(None, (*self._jobs, self._job)):
            if job.request.client is client and number in (None, job.request.number):
                job.cancelled = True

    def _stop(self) -> None:
        self._stopped = True
        self._bell.ring()


def _searched(made: int, total: int) -> str:
    return f" · texts of {made:,} of {total:,} messages can be searched"


def main() -> int:
    """Be the engine of what the folder names; the exit status."""
    folder = Path(sys.argv[1])
    os.nice(_NICE)
    try:
        account, places = account_of(folder), places_of(folder, Places.find())
        with suppress(OSError):
            set_up_log(places, verbose=False)
        with AccountLock.acquire(places.lock(account.name), patience=_PATIENCE):
            source = open_source(account.path)
            database = open_database(account, places)
            try:
                with Renderer(spare=False) as renderer:
                    engine = Engine(
                        database, source, renderer, partial(is_left, folder)
                    )
                    engine.run(places.socket(account.name))
            finally:
                database.close()
    except EngineBusy:
        return 0
    except (MailError, OSError) as error:
        _LOG.error("%s: %s", folder, type(error).__name__)
        return 1
    finally:
        remove_if_left(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
