"""Writing and sending on a raw pty, with a real engine and a submission server."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bench.pty_harness import Terminal
from tests.servers.submission import PASSWORD, USER, Submission, submission

_SETTINGS = """
[accounts.notes]
address = "ann@example.org"
[accounts.notes.smtp]
host = "127.0.0.1"
port = {port}
security = "none"
username = "{user}"
password_command = "echo {password}"
[ui]
undo_seconds = 2
"""
TAB, CTRL_S, ENTER = b"\t", b"\x13", b"\r"


@pytest.fixture
def server() -> Iterator[Submission]:
    with submission() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, server: Submission) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(_SETTINGS.format(port=server.port, user=USER, password=PASSWORD))
    path.chmod(0o600)
    return path


@contextmanager
def reader(settings: Path) -> Iterator[Terminal]:
    folder = settings.parent
    places = ("CONFIG_HOME", "DATA_HOME", "STATE_HOME", "CACHE_HOME", "RUNTIME_DIR")
    environment = {f"XDG_{place}": str(folder / place) for place in places}
    for each in environment.values():
        Path(each).mkdir(mode=0o700, exist_ok=True)
    argv = [sys.executable, "-m", "tui_mail", "--config", str(settings)]
    environment |= {"HOME": str(folder), "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": ""}
    with Terminal(argv, columns=80, rows=24, environment=environment) as terminal:
        shows(terminal, "Nothing in Inbox.")
        yield terminal


def shows(terminal: Terminal, text: str) -> None:
    if text not in terminal.text():
        terminal.wait_for(lambda screen: text in screen)


def test_a_message_is_written_taken_back_and_sent_by_keys(
    settings: Path, server: Submission
) -> None:
    with reader(settings) as terminal:
        written = (b"bob@there.example", TAB, TAB, TAB, b"Budget", TAB, b"Hello Bob.")
        terminal.write(b"c" + b"".join(written) + CTRL_S)
        shows(terminal, "Send this to 1 person?")
        terminal.write(ENTER)
        shows(terminal, 'sends "Budget" in')
        terminal.write(b"u")
        shows(terminal, "Taken back")
        assert server.taken == []
        terminal.write(b"Well: " + CTRL_S + ENTER)
        shows(terminal, 'Sent "Budget" to bob@there.example')
        [taken] = server.taken
        assert taken.recipients == ("bob@there.example",)
        assert b"Well: Hello Bob." in taken.octets
        terminal.write(b"gs")
        shows(terminal, "bob@there.example")


def test_what_was_typed_when_it_was_killed_is_in_drafts(settings: Path) -> None:
    with reader(settings) as terminal:
        terminal.write(b"c" + TAB * 3 + b"Precious" + TAB + b"not to be lost")
        shows(terminal, "not to be lost")
        terminal.settle(1.2)
        os.kill(terminal.pid, signal.SIGKILL)
    with reader(settings) as terminal:
        shows(terminal, '"Precious" is in Drafts')
        terminal.write(b"gd")
        shows(terminal, "write on")
        terminal.write(ENTER)
        shows(terminal, "not to be lost")
