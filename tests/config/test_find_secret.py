import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tui_mail.config import secret as secret_module
from tui_mail.config.secret import Secret, find_secret
from tui_mail.config.settings import Account, Server
from tui_mail.model.error import SecretMissing

ACCOUNT = Account(name="work", address="ann@example.org")


def server(command: str = "", password: str = "") -> Server:
    return Server(host="h", username="ann", password_command=command, password=password)


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_module, "_from_keyring", lambda server: None)


def python(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


def test_the_first_line_of_the_command_is_the_secret() -> None:
    found = find_secret(ACCOUNT, server(python("print('a b\\nnote')")), ask=None)
    assert found.reveal() == "a b"


def test_a_secret_does_not_show_itself() -> None:
    found = Secret("canary")
    assert "canary" not in f"{found} {found!r} {[found]}"


def test_the_command_has_no_terminal_and_a_session_of_its_own() -> None:
    code = "import os, sys; print(os.getsid(0), sys.stdin.read() == '')"
    session, empty = (
        find_secret(ACCOUNT, server(python(code)), ask=None).reveal().split()
    )
    assert int(session) != os.getsid(0)
    assert empty == "True"


def test_a_command_that_fails_says_what_it_said_in_one_line() -> None:
    code = "import sys; sys.exit('no\\x1b[2J key')"
    with pytest.raises(SecretMissing) as caught:
        find_secret(ACCOUNT, server(python(code)), ask=None)
    assert "no␛[2J key" in caught.value.line


@pytest.mark.parametrize("command", ["/no/such/command", "'open", "true"])
def test_a_command_without_an_answer_is_no_crash(command: str) -> None:
    with pytest.raises(SecretMissing, match="password_command"):
        find_secret(ACCOUNT, server(command), ask=None)


def test_a_hanging_command_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    command = f"sh -c 'sleep 600 & echo $! > {mark}; wait'"
    with pytest.raises(SecretMissing, match="no answer within"):
        find_secret(ACCOUNT, server(command), ask=None, deadline=0.5)
    pid = int(mark.read_text())
    while Path(f"/proc/{pid}").exists() and "Z" not in _state(pid):
        time.sleep(0.01)


def test_a_command_does_not_outlive_the_program(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    command = f"sh -c 'echo $$ > {mark}; exec sleep 600'"
    code = (
        "import sys, threading, time, pathlib\n"
        "from tui_mail.config.secret import run_password_command as run\n"
        "import signal; signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n"
        f"ask = lambda: run({command!r}, deadline=60)\n"
        "threading.Thread(target=ask, daemon=True).start()\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as program:
        while not mark.exists() or not mark.read_text():
            assert program.poll() is None
            time.sleep(0.01)
        program.terminate()
        assert program.wait(20) == 3
    pid = int(mark.read_text())
    while Path(f"/proc/{pid}").exists() and "Z" not in _state(pid):
        time.sleep(0.01)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"


def test_the_person_is_asked_when_nothing_else_knows() -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "typed"

    assert find_secret(ACCOUNT, server(), ask=ask).reveal() == "typed"
    assert asked == ["Password of ann at h: "]


def test_the_settings_come_before_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_module, "_from_keyring", lambda server: "kept")
    assert find_secret(ACCOUNT, server(password="p"), ask=None).reveal() == "p"
    assert find_secret(ACCOUNT, server(), ask=None).reveal() == "kept"


@pytest.mark.parametrize("answer", [None, ""])
def test_no_secret_at_all_names_the_remedy(answer: str | None) -> None:
    ask = None if answer is None else lambda question: ""
    with pytest.raises(SecretMissing, match=r"work.*password_command"):
        find_secret(ACCOUNT, server(), ask=ask)
