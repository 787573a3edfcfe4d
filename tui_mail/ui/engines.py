"""The engines of this reader's accounts: started, joined, heard, started again."""

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from textual.message import Message

from tui_mail.config.places import Places
from tui_mail.link.client import EngineClient
from tui_mail.link.messages import FetchPart, GoOffline, Hello, ToEngine, ToReader
from tui_mail.model.error import LinkLost
from tui_mail.model.ids import MessageNumber, PartId

_TRY_EVERY = 0.05
"""Seconds between two attempts to join an engine that is starting."""
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0
_STEADY = 30.0
"""An engine that lived for so many seconds did not fail at its start."""


class EngineSaid(Message):
    """An engine said something."""

    def __init__(self, account: str, said: ToReader) -> None:
        self.account, self.said = account, said
        super().__init__()


class EngineJoined(Message):
    """The link to an engine is there, or is lost (then with a line why)."""

    def __init__(self, account: str, *, joined: bool, line: str = "") -> None:
        self.account, self.joined, self.line = account, joined, line
        super().__init__()


class Engine:
    """One account's engine, in a thread of its own that waits for what it says."""

    def __init__(
        self,
        account: str,
        socket: Path,
        command: Sequence[str],
        post: Callable[[Message], object],
        *,
        read_only: bool,
    ) -> None:
        self._read_only = read_only
        self._account = account
        self._socket = socket
        self._command = command
        self._post = post
        self._offline = False
        self._closed = threading.Event()
        self._client: EngineClient | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._wait = _FIRST_WAIT
        self._requests = 0
        self._thread = threading.Thread(
            target=self._run, name=f"engine-{account}", daemon=True
        )
        self._thread.start()

    @property
    def joined(self) -> bool:
        """Whether the engine hears us."""
        return self._client is not None

    def send(self, message: ToEngine) -> bool:
        """Say something; False if nobody hears it."""
        client = self._client
        if client is None:
            return False
        try:
            client.send(message)
        except LinkLost:
            return False
        return True

    def fetch(self, number: MessageNumber, part: PartId | None) -> int | None:
        """Ask for a part, or the readable text; the request, None if nobody hears it."""
        self._requests += 1
        request = FetchPart(message=number, part=part, request=self._requests)
        return self._requests if self.send(request) else None

    def next_request(self) -> int:
        """Give a number for a request."""
        self._requests += 1
        return self._requests

    def go_offline(self, *, offline: bool) -> None:
        """Have the engine close its connections, or open them again."""
        self._offline = offline
        self.send(GoOffline(offline))

    def close(self) -> None:
        """Leave the engine; it ends by itself when what is due is done."""
        self._closed.set()
        client = self._client
        if client is not None:
            client.close()
        self._thread.join(timeout=2)
        if self._process is not None:
            self._process.poll()

    def _run(self) -> None:
        while not self._closed.is_set():
            client = self._join()
            if client is None:
                return
            self._client = client
            self._post(EngineJoined(self._account, joined=True))
            since = time.monotonic()
            self._listen(client)
            self._client = None
            client.close()
            if time.monotonic() - since > _STEADY:
                self._wait = _FIRST_WAIT
            if not self._closed.is_set():
                self._post(EngineJoined(self._account, joined=False))

    def _listen(self, client: EngineClient) -> None:
        try:
            while not self._closed.is_set():
                said = client.receive()
                if said is not None and not isinstance(said, ToEngine):
                    self._post(EngineSaid(self._account, said))
        except LinkLost:
            return

    def _join(self) -> EngineClient | None:
        """Join the engine, started where none is; None if the reader ends first."""
        while not self._closed.is_set():
            hello = Hello("reader", offline=self._offline, read_only=self._read_only)
            try:
                return EngineClient.join(self._socket, hello)
            except LinkLost:
                if self._is_starting() or self._start():
                    self._closed.wait(_TRY_EVERY)
        return None

    def _is_starting(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _start(self) -> bool:
        """Start an engine, after a while if one has just ended; False if it cannot be."""
        if self._process is not None:
            wait, self._wait = self._wait, min(_LONGEST_WAIT, self._wait * 2)
            why = (
                f"its engine ended ({self._process.returncode}); again in {wait:.0f} s"
            )
            self._post(EngineJoined(self._account, joined=False, line=why))
            if self._closed.wait(wait):
                return False
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            why = f"its engine cannot be started: {error.strerror}"
            self._post(EngineJoined(self._account, joined=False, line=why))
            self._closed.wait(_LONGEST_WAIT)
            return False
        return True


class Engines:
    """The engines of all accounts that have a server."""

    def __init__(
        self,
        places: Places,
        command: Callable[[str], Sequence[str]],
        post: Callable[[Message], object],
        *,
        read_only: bool = False,
    ) -> None:
        """``command`` says how the engine of an account is started."""
        self._read_only = read_only
        self._places, self._command, self._post = places, command, post
        self._engines: dict[str, Engine] = {}

    def start(self, account: str) -> None:
        """Start and join the engine of an account."""
        if account not in self._engines:
            self._engines[account] = Engine(
                account,
                self._places.socket(account),
                self._command(account),
                self._post,
                read_only=self._read_only,
            )

    def engine(self, account: str) -> Engine | None:
        """Give the engine of an account, if it has one that hears us."""
        engine = self._engines.get(account)
        return engine if engine is not None and engine.joined else None

    def all(self) -> dict[str, Engine]:
        """Give the engines that hear us."""
        return {name: each for name, each in self._engines.items() if each.joined}

    @property
    def started(self) -> bool:
        """Whether any engine was started."""
        return bool(self._engines)

    def send(self, account: str, message: ToEngine) -> bool:
        """Say something to an account's engine; False if nobody hears it."""
        engine = self.engine(account)
        return engine is not None and engine.send(message)

    def go_offline(self, *, offline: bool) -> None:
        """Have all engines go offline, or online."""
        for engine in self._engines.values():
            engine.go_offline(offline=offline)

    def close(self) -> None:
        """Leave all engines."""
        for engine in self._engines.values():
            engine.close()
        self._engines.clear()
