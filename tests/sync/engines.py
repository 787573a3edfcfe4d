"""Engines as processes, and readers that join them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.sync.mailing import Desk
from tui_mail.config.settings import Account, PopServer, Server, SmtpServer
from tui_mail.link.client import EngineClient
from tui_mail.link.messages import Done, Hello, Message, Status
from tui_mail.model.error import LinkLost

PATIENCE = 15.0
ROOT = Path(__file__).parents[2]


@dataclass
class Reader:
    """A reader that has joined, and what it was told."""

    client: EngineClient
    told: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> None:
        self.client.send(message)

    def until(
        self, fits: Callable[[Message], bool], *, seconds: float = PATIENCE
    ) -> Message:
        """Wait for a message that fits."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = self.client.receive(left)
            if message is None:
                break
            self.told.append(message)
            if fits(message):
                return message
        raise AssertionError(f"in vain; told was {self.told[-20:]}")

    def status(self, state: str) -> Status:
        found = self.until(lambda one: isinstance(one, Status) and one.state == state)
        assert isinstance(found, Status)
        return found

    def done(self, request: int) -> Done:
        found = self.until(lambda one: isinstance(one, Done) and one.request == request)
        assert isinstance(found, Done)
        return found

    def while_told(
        self, holds: Callable[[], bool], *, seconds: float = PATIENCE
    ) -> float:
        """Receive until something holds; how many seconds it took."""
        begun = time.monotonic()
        while not holds():
            assert time.monotonic() - begun < seconds, self.told[-20:]
            message = self.client.receive(0.05)
            if message is not None:
                self.told.append(message)
        return time.monotonic() - begun


@dataclass
class Engine:
    """An engine that runs."""

    desk: Desk
    process: subprocess.Popen[bytes]

    @contextmanager
    def reader(self, *, role: str = "reader") -> Iterator[Reader]:
        with join(self.desk.places.socket("work"), self.process) as client:
            client.send(Hello("command" if role == "command" else "reader"))
            yield Reader(client)

    def end(self, seconds: float = PATIENCE) -> int:
        return self.process.wait(seconds)


def join(path: Path, process: subprocess.Popen[bytes]) -> EngineClient:
    """Join an engine that is starting."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(LinkLost):
            return EngineClient(path)
        assert process.poll() is None, "the engine has ended"
        time.sleep(0.02)
    raise AssertionError("the engine does not listen")


@contextmanager
def running(desk: Desk, *, for_reader: bool = True) -> Iterator[Engine]:
    """Run the account's engine in a process; killed at the end if it is still there."""
    arguments = ["sync", "--watch", "work", *(["--for-reader"] if for_reader else [])]
    with start(desk, *arguments) as process:
        try:
            yield Engine(desk, process)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()


def start(
    desk: Desk,
    *arguments: str,
    names: tuple[str, ...] = ("work",),
    stdout: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start the program with the desk's settings and places."""
    write_settings(desk, names)
    return subprocess.Popen(
        [sys.executable, "-m", "tui_mail", *arguments],
        cwd=ROOT,
        env=os.environ | environment_of(desk),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def environment_of(desk: Desk) -> dict[str, str]:
    """Name the desk's places to a process."""
    places = desk.places
    places.runtime.parent.mkdir(exist_ok=True)
    return {
        "XDG_CONFIG_HOME": str(places.config.parent),
        "XDG_DATA_HOME": str(places.data.parent),
        "XDG_STATE_HOME": str(places.state.parent),
        "XDG_RUNTIME_DIR": str(places.runtime.parent),
    }


def write_settings(desk: Desk, names: tuple[str, ...] = ("work",)) -> None:
    """Write the settings of the desk's account, under several names if need be."""
    account = desk.account
    path = desk.places.settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    keeping = ""
    if account.imap is not None:
        keeping = (
            f'download = "{account.download}"\nkeep_days = {account.keep_days}\n'
            f"cache_limit = {account.cache_limit}\n"
        )
    path.write_text(
        "".join(
            f'[accounts.{name}]\naddress = "{account.address}"\n{keeping}'
            f"check_minutes = {account.check_minutes}\n{_servers(account, name)}"
            for name in names
        )
    )


def _servers(account: Account, name: str) -> str:
    written = ""
    for kind, server in (
        (account.kind, account.incoming),
        ("smtp", account.smtp),
    ):
        if server is None:
            continue
        secret = f'password = "{server.password}"\n' if server.password else ""
        written += (
            f'[accounts.{name}.{kind}]\nhost = "{server.host}"\n'
            f"port = {server.port}\n"
            f'security = "{server.security}"\nusername = "{server.username}"\n'
            f'ca_file = "{server.ca_file}"\n{_own(server)}{secret}'
        )
    return written


def _own(server: Server) -> str:
    """Write the keys that servers of one kind have alone."""
    if isinstance(server, PopServer):
        return f'delete_after = "{server.delete_after}"\nmirror = "{server.mirror}"\n'
    if isinstance(server, SmtpServer):
        return f'save_sent = "{server.save_sent}"\n'
    return "subscribed_only = false\n"
