"""The demo's servers and its folder: there while it runs, gone however it ends."""

import imaplib
import os
import signal
import smtplib
import stat
import subprocess
import sys
import time
import tomllib
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from tui_mail.config.load import load_settings
from tui_mail.demo import DemoPlace, place, running
from tui_mail.demo.messages import letters
from tui_mail.model.error import MailError

HOLD = """\
import sys
from tui_mail.demo import running
with running() as here:
    print(here.settings_path, flush=True)
    sys.stdin.read()
"""


def folder_of(settings: Path) -> Path:
    return next(each for each in settings.parents if each.name.startswith("tui-mail-"))


def raw_settings(here: DemoPlace) -> dict[str, Any]:
    account: dict[str, Any] = tomllib.loads(here.settings_path.read_text())
    return dict(account["accounts"]["work"])


def secret(account: dict[str, Any]) -> str:
    command = account["password_command"].split()
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def children_of(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in line:
                found.append(int(entry.name))
    return found


def wait_until_gone(folder: Path) -> None:
    end = time.monotonic() + 10
    while folder.exists() or children_of(folder):
        assert time.monotonic() < end, (folder, children_of(folder))
        time.sleep(0.02)


def test_the_imap_server_has_all_the_sample_mail() -> None:
    with running() as here:
        account = raw_settings(here)
        client = imaplib.IMAP4("127.0.0.1", account["imap"]["port"])
        client.login("ann", secret(account))
        total = 0
        for letter_box in {letter.mailbox for letter in letters()}:
            total += int(client.select(letter_box, readonly=True)[1][0] or b"0")
        client.logout()
    assert total == len(letters())


def test_the_imap_server_refuses_a_wrong_password() -> None:
    with running() as here:
        client = imaplib.IMAP4("127.0.0.1", raw_settings(here)["imap"]["port"])
        with pytest.raises(imaplib.IMAP4.error):
            client.login("ann", "not this")
        client.logout()


def test_the_smtp_sink_takes_mail_after_a_login_only() -> None:
    with running() as here:
        account = raw_settings(here)
        with smtplib.SMTP("127.0.0.1", account["smtp"]["port"]) as client:
            with pytest.raises(smtplib.SMTPSenderRefused):
                client.sendmail("ann@corp.example", "bob@gone.example", b"Hi")
            client.login("ann", secret(account))
            assert client.sendmail("ann@corp.example", "bob@gone.example", b"Hi") == {}


def test_the_demos_settings_are_valid_and_private() -> None:
    with running() as here:
        settings = load_settings(here.settings_path, here.places)
        mode = stat.S_IMODE(here.settings_path.stat().st_mode)
    assert list(settings.accounts) == ["work"]
    assert mode == 0o600


def test_nothing_is_left_after_the_demo(tmp_path: Path) -> None:
    before = dict(os.environ)
    with running() as here:
        folder = folder_of(here.settings_path)
        assert os.environ["XDG_DATA_HOME"].startswith(str(folder))
    assert not folder.exists()
    assert children_of(folder) == []
    assert dict(os.environ) == before


def test_nothing_is_left_after_an_exception() -> None:
    folders = []

    def fail() -> None:
        with running() as here:
            folders.append(folder_of(here.settings_path))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    [folder] = folders
    assert not folder.exists()
    assert children_of(folder) == []


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL]
)
def test_nothing_is_left_after_a_signal(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdout is not None
        folder = folder_of(Path(child.stdout.readline().strip()))
        assert folder.exists()
        child.send_signal(number)
        child.communicate(timeout=20)
    wait_until_gone(folder)


def test_a_missing_extra_is_said_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def find(name: str) -> ModuleSpec | None:
        return None if name == "pymap" else ModuleSpec(name, None)

    monkeypatch.setattr(place, "find_spec", find)
    with pytest.raises(MailError, match=r"needs pymap: pip install 'tui-mail\[demo\]'"):
        running().__enter__()
