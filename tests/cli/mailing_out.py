"""Messages that commands send, and an account that sends them."""

import io
import json
import subprocess
import sys

import pytest

from tests.sync.engines import ROOT, write_settings
from tests.sync.sending import LocalDesk, smtp_at
from tui_mail.__main__ import main
from tui_mail.config.places import Places

TO = "carl@there.example"


def mail(
    *to: str,
    fields: str = "",
    sender: str = "Bob <bob@example.org>",
    text: str = "Hello",
) -> bytes:
    """Write a message as a program does: bare LF, and little in its header."""
    author = f"From: {sender}\n" if sender else ""
    listed = f"To: {', '.join(to)}\n" if to else ""
    return f"{author}{listed}{fields}Subject: Budget\n\n{text}\n".encode()


class Sending:
    """The command line of an account, in this process."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.said = ""
        """What the last command said on stderr."""

    def __call__(self, *words: str, stdin: bytes = b"") -> int:
        """Run a command; its exit status."""
        self._capsys.readouterr()
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = main([*words])
        said = self._capsys.readouterr()
        self.said = said.err
        self.printed = said.out
        return status

    def outbox(self) -> list[dict[str, object]]:
        """List what waits."""
        assert self("outbox", "--json") == 0
        return [json.loads(line) for line in self.printed.splitlines()]

    def count(self, query: str) -> int:
        """Count what a query finds."""
        assert self("search", "--count", query) == 0
        return int(self.printed)


def local_desk(port: int) -> LocalDesk:
    """Set up a local account that sends through a server."""
    desk = LocalDesk(Places.find(), port)
    desk.set(smtp=smtp_at(port, password=""))
    write_settings(desk)
    return desk


def begun(*words: str, stdin: bytes = b"") -> subprocess.Popen[bytes]:
    """Begin a command in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tui_mail", *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(stdin)
    process.stdin.close()
    process.stdin = None
    return process
