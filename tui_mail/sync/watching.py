"""The engine as a process: it heeds its readers, its server and the clock."""

import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from tui_mail.config.places import Places
from tui_mail.config.settings import Account, Settings
from tui_mail.link.lock import AccountLock
from tui_mail.link.messages import (
    Cancel,
    FetchPart,
    GoOffline,
    Hello,
    Message,
    OpenMailbox,
    Password,
    Search,
    Synchronize,
    Wake,
    Which,
)
from tui_mail.link.server import EngineServer, LinkedClient
from tui_mail.model.error import QueryError
from tui_mail.model.ids import MailboxId
from tui_mail.model.query_parser import parse_query
from tui_mail.store.database import Database
from tui_mail.store.replaying import has_due
from tui_mail.store.transfers import is_leaving
from tui_mail.sync import lifetime
from tui_mail.sync.agenda import FetchJob, Request, SearchJob
from tui_mail.sync.board import Board
from tui_mail.sync.neighbours import Neighbours
from tui_mail.sync.staff import agenda_of, staff_of
from tui_mail.sync.storing import open_database
from tui_mail.sync.wake import Wake as Bell

_LOG = logging.getLogger(__name__)
_TICK = 1.0
_PATIENCE = 10.0
"""Seconds in which an engine that is ending lets go of the lock."""
_ENDINGS = (signal.SIGTERM, signal.SIGINT)


class Watch:
    """One account's engine while it runs."""

    def __init__(
        self,
        account: Account,
        places: Places,
        database: Database,
        neighbours: Neighbours,
        *,
        for_reader: bool,
    ) -> None:
        self._places = places
        self._for_reader = for_reader
        self._name = account.name
        self._database = database
        self._bell = Bell()
        self._stopped = self._asked_to_leave = False
        self._leaves_since: float | None = None
        """Since when it ends as soon as what is due is done."""
        self._broken = False
        self._complained = ""
        self._clients: dict[LinkedClient, bool] = {}
        """Who has joined, and whether it is a reader."""
        self._left_at: float | None = None
        self._opened: dict[LinkedClient, MailboxId | None] = {}
        """What each looks at, who said so last at the end."""
        self._agenda = agenda_of(account)
        self._board = Board(self._say)
        staff = staff_of(
            account, database, neighbours, self._agenda, self._board, self.stop
        )
        self._crew, self._workers = staff.crew, staff.hands
        self._sender = staff.sender
        self._crew.sends = not for_reader

    def stop(self) -> None:
        """End the engine; from any thread, and from a signal's handler."""
        self._stopped = True
        self._bell.ring()

    def leave(self) -> None:
        """End once what is due is done, or cannot be done soon; from a signal's handler."""
        self._asked_to_leave = True
        self._bell.ring()

    def run(self) -> int:
        """Run until nobody needs it, or a signal ends it; the exit status."""
        with ExitStack() as ends:
            ends.callback(self._bell.close)
            ends.callback(self._crew.renderer.close)
            ends.enter_context(self._heeding_signals())
            ends.enter_context(self._noting_mistakes())
            ends.callback(self._database.listen(self._board.changed))
            server = EngineServer(
                self._places.socket(self._name), self._heed, self._join, self._leave
            )
            ends.callback(server.close)
            self._board.open(server)
            ends.callback(self._board.close)
            ends.callback(self._part)
            for worker in self._workers:
                worker.start()
            self._live()
        if self._crew.failure is not None:
            raise self._crew.failure
        return int(self._broken)

    def _live(self) -> None:
        started = time.monotonic()
        wall, steady = time.time(), started
        while not self._stopped:
            self._bell.wait(_TICK)
            self._bell.drain()
            self._agenda.strike()
            now_wall, now = time.time(), time.monotonic()
            if lifetime.has_slept(now_wall - wall, now - steady):
                self._reconnect()
            wall, steady = now_wall, now
            if self._asked_to_leave and self._leaves_since is None:
                self._leaves_since = now
                self._agenda.replay()
            if self._is_over(started, now):
                return

    def _is_over(self, started: float, now: float) -> bool:
        clients, left_at = len(self._clients), self._left_at
        if self._leaves_since is not None:
            clients, left_at = 0, self._leaves_since
        elif not self._for_reader:
            return False
        sends = not clients and self._sender is not None and self._sender.has_due
        due = not clients and (
            sends
            or has_due(self._database, datetime.now(UTC))
            or is_leaving(self._database)
        )
        online = self._crew.online or sends
        return lifetime.is_over(
            lifetime.Moment(now, started, clients, left_at, due, online)
        )

    def _reconnect(self) -> None:
        """Begin anew: after a sleep no connection is what it seems."""
        for worker in self._workers:
            worker.close_connection()
        self._agenda.schedule_round_now()
        self._agenda.hurry()
        self._agenda.flush()

    def _part(self) -> None:
        """End the threads: politely, then not."""
        self._agenda.stopping = True
        self._agenda.ring()
        begun = time.monotonic()
        for worker in self._workers:
            worker.join(max(0.0, begun + worker.parting - time.monotonic()))
        for worker in self._workers:
            worker.close_connection()
        for worker in self._workers:
            worker.join(1.0)
            if not worker.is_alive():
                worker.close()
        self._crew.give_up_waiting("the engine ends")

    # What readers say, in the link's thread.

    def _join(self, client: LinkedClient) -> None:
        self._clients[client] = False

    def _leave(self, client: LinkedClient) -> None:
        self._clients.pop(client, None)
        self._left_at = time.monotonic()
        self._cancel(client, None)
        if client in self._opened:
            self._opened.pop(client)
            self._agenda.open(next(reversed(self._opened.values()), None))
        if self._agenda.offline and not any(self._clients.values()):
            self._forget_offline()
        elif not self._clients:
            self._agenda.replay()
        self._bell.ring()

    def _forget_offline(self) -> None:
        """To be offline was the wish of a reader, and no reader is left."""
        if self._for_reader and not self._clients:
            self.stop()
        else:
            self._go(offline=False)

    def _heed(self, client: LinkedClient, message: Message) -> None:
        match message:
            case Hello(role=role, offline=offline, read_only=read_only):
                self._crew.sends |= not read_only
                alone = not any(self._clients.values())
                self._clients[client] = role == "reader"
                if self._clients[client] and alone and offline != self._agenda.offline:
                    self._go(offline=offline)
                # Who comes now wants to know how the server is now.
                self._agenda.hurry()
                self._board.greet(client, reader=role == "reader")
            case Wake(events=events):
                self._board.changed(list(events))
                self._agenda.replay()
            case FetchPart(message=message_, part=part, request=number):
                job = FetchJob(Request(client, number), message_, part)
                if self._can_ask(job.request):
                    self._agenda.fetch(job)
            case Synchronize(mailbox=mailbox, request=number, whole=whole):
                self._synchronize(mailbox, Request(client, number, whole=whole))
            case Search(query=query, request=number):
                self._search(query, Request(client, number))
            case OpenMailbox(mailbox=mailbox):
                self._opened.pop(client, None)
                self._opened[client] = mailbox
                self._agenda.open(mailbox)
            case Cancel(request=number):
                self._cancel(client, number)
            case Password(secret=secret, server=server):
                self._take_password(secret, server)
            case GoOffline(offline=offline):
                self._go(offline=offline)

    def _can_ask(self, request: Request) -> bool:
        """Tell whether it makes sense to wait for the server; else say why not."""
        if self._agenda.offline:
            self._board.answer(request, ok=False, line="offline")
        elif self._crew.blocked:
            said = "the server lets nobody in without the password"
            self._board.answer(request, ok=False, line=said)
        else:
            return True
        return False

    def _cancel(self, client: LinkedClient, number: int | None) -> None:
        self._board.unshare(client, number)
        for gone in self._agenda.cancel(client, number):
            self._board.answer(gone, ok=False, line="cancelled")
        for worker in self._workers:
            worker.end_cancelled()

    def _search(self, text: str, request: Request) -> None:
        try:
            query = parse_query(text)
        except QueryError as mistake:
            self._board.answer(request, ok=False, line=mistake.line)
            return
        if self._can_ask(request):
            self._agenda.search(SearchJob(request, query))

    def _synchronize(self, mailbox: MailboxId | None, request: Request) -> None:
        if not self._agenda.offline:
            # Who asks for it wants it tried, also after a refused login.
            self._crew.unblock()
        if not self._can_ask(request):
            return
        if mailbox is None and self._sender is not None:
            self._board.share(request)
            self._agenda.flush(request)
        self._agenda.synchronize(mailbox, request)

    def _take_password(self, secret: str, server: Which) -> None:
        self._board.forget_question(server)
        if not secret:
            return
        if server == "smtp" and self._sender is not None:
            self._sender.take_password(secret)
        elif self._crew.connector is not None:
            self._crew.connector.give(secret)
            self._crew.unblock()

    def _go(self, *, offline: bool) -> None:
        self._agenda.offline = offline
        self._agenda.hurry()
        if offline:
            self._board.status("offline", "offline")
            self._crew.give_up_waiting("offline")
            return
        self._agenda.schedule_round_now()
        self._agenda.flush()
        if self._crew.online:
            # It was so short that the connection is still there.
            self._board.status("connected", "connected")

    # The process.

    def _say(self, line: str) -> None:
        """Tell whoever started it by hand of trouble, once as long as it lasts."""
        _LOG.info("%s: %s", self._name, line)
        if self._board.state == "connected":
            self._complained = ""
        elif self._board.state in ("failed", "offline") and line != self._complained:
            self._complained = line
            if not self._for_reader:
                with suppress(OSError):
                    # Its terminal may be gone.
                    sys.stderr.write(f"{self._name}: {line}\n")
                    sys.stderr.flush()

    @contextmanager
    def _heeding_signals(self) -> Iterator[None]:
        """Let signals end it, SIGHUP once what is due is done; only a main thread can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
            self.stop()

        def leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
            self.leave()

        before = {number: signal.signal(number, end) for number in _ENDINGS}
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, leave)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def _noting_mistakes(self) -> Iterator[None]:
        """Log where a thread of ours failed, without values, and end the engine."""

        def note(failed: threading.ExceptHookArgs) -> None:
            frames = traceback.extract_tb(failed.exc_traceback)
            where = " < ".join(
                f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
                for frame in reversed(frames)
            )
            _LOG.error("%s at %s", failed.exc_type.__name__, where)
            self._broken = True
            said = f"this is a mistake in tui-mail ({failed.exc_type.__name__})"
            self._board.status("failed", said)
            self.stop()

        before = threading.excepthook
        threading.excepthook = note
        try:
            yield
        finally:
            threading.excepthook = before


_NICE = 15
"""How much an engine stands back for its reader; mail still comes at full speed where
the processor has nothing else to do."""


def watch(
    account: Account, settings: Settings, places: Places, *, for_reader: bool
) -> int:
    """Be the account's engine until it is not needed any more; the exit status."""
    if for_reader:
        # The screen that waits for a key goes before the mail that comes.
        os.nice(_NICE)
    patience = _PATIENCE if for_reader else 1.0
    with AccountLock.acquire(places.lock(account.name), patience=patience):
        database = open_database(account, places)
        checker = threading.Thread(target=_check, args=(database,), name="check")
        try:
            if not database.begin_use():
                checker.start()
            neighbours = Neighbours(database, settings, places)
            engine = Watch(account, places, database, neighbours, for_reader=for_reader)
            status = engine.run()
            if not checker.is_alive():
                database.end_use()
        finally:
            # What is still being looked over is broken off, for the next start.
            database.close()
            if checker.ident is not None:
                checker.join()
    return status


def _check(database: Database) -> None:
    """Look the store over: the engine before this one did not end cleanly."""
    for mistake in database.check():
        _LOG.error("%s: %s", database.path, mistake)
