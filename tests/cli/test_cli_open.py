"""``tui-mail open`` as a whole: its complaints, and that nothing is left of it."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.pty_harness import Terminal

LETTER = (
    b"From: Grace <grace@example.org>\nSubject: The only one\n"
    b"Date: Mon, 23 Nov 2026 09:00:00 +0000\nMessage-ID: <1@example.org>\n\nIts text.\n"
)
TUI_MAIL = [sys.executable, "-P", "-m", "tui_mail", "open"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    names = ("CONFIG_HOME", "DATA_HOME", "STATE_HOME", "CACHE_HOME", "RUNTIME_DIR")
    found = {f"XDG_{name}": str(tmp_path / name.lower()) for name in names}
    found |= {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "t")}
    for folder in found.values():
        Path(folder).mkdir(mode=0o700)
    return found


def ends(terminal: Terminal) -> tuple[int, str]:
    """Wait for its end; its status, and the last line that it said."""
    seen = b""
    while (octets := terminal.read(20)) is not None:
        assert octets, "it does not end"
        seen += octets
    _, status = os.waitpid(terminal.pid, 0)
    lines = seen.decode().strip().splitlines()
    return os.waitstatus_to_exitcode(status), lines[-1] if lines else ""


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ([], 2, "the following arguments are required: PATH"),
        ([""], 2, "the PATH is empty"),
        (["nothing"], 1, "nothing: there is no such file or folder"),
        (["/dev/zero"], 1, "/dev/zero: this is neither a file nor a folder"),
        (["."], 1, ".: there is no Maildir: no folder cur or new"),
    ],
)
def test_a_mistake_is_one_line(
    words: list[str],
    status: int,
    said: str,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(environment["HOME"])
    with Terminal([*TUI_MAIL, *words], environment=environment) as terminal:
        code, line = ends(terminal)
    assert code == status
    assert line.startswith(f"tui-mail: {said}")
    assert not [*Path(environment["TMPDIR"]).iterdir()]


def test_a_message_is_read_and_q_leaves_nothing(
    environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(LETTER)
    with Terminal([*TUI_MAIL, str(path)], environment=environment) as terminal:
        terminal.wait_for(lambda text: "Its text." in text)
        terminal.settle()
        terminal.write(b"q")
        terminal.wait_for(lambda text: "one.eml · only read" in text)
        terminal.settle()
        terminal.write(b"q")
        assert ends(terminal)[0] == 0
    until(lambda: not [*Path(environment["TMPDIR"]).iterdir()])
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "HOME"):
        assert not [*Path(environment[name]).iterdir()]
    assert path.read_bytes() == LETTER


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_of_one_that_is_killed(
    number: int, environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(LETTER)
    with Terminal([*TUI_MAIL, str(path)], environment=environment) as terminal:
        terminal.wait_for(lambda text: "Its text." in text)
        os.kill(terminal.pid, number)
        ends(terminal)
    until(lambda: not [*Path(environment["TMPDIR"]).iterdir()])
