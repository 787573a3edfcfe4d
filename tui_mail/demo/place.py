"""Where a demo runs: a temporary folder, two servers, settings; all gone at the end."""

import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tui_mail.config.places import Places
from tui_mail.demo.child import HOST, SECRET_FILE, USER
from tui_mail.demo.clock import clock
from tui_mail.model.error import MailError

ACCOUNT = "work"

_SETTINGS = """\
[accounts.{account}]
address = "ann@corp.example"
name = "Ann Example"
aliases = ["team@corp.example", "everybody@corp.example"]
password_command = {command}
download = "text"
keep_days = 0

[accounts.{account}.imap]
host = "{host}"
port = {imap}
security = "none"
username = "{user}"
subscribed_only = false

[accounts.{account}.smtp]
host = "{host}"
port = {smtp}
security = "none"
username = "{user}"

[ui]
download_dir = {downloads}
"""


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """A demo that runs: its settings, its places and its time."""

    settings_path: Path
    places: Places
    clock: Callable[[], datetime]


@contextmanager
def running() -> Iterator[DemoPlace]:
    """Start the demo's servers, hand out where they are, and leave nothing behind.

    The environment's ``XDG_*`` and ``TZ`` name the demo's places and time meanwhile,
    so that the engines it starts find them. Raises MailError if the extra is missing.
    """
    _require_extra()
    with ExitStack() as stack:
        stack.enter_context(_ends_on_signals())
        folder = Path(tempfile.mkdtemp(prefix="tui-mail-demo-"))
        stack.callback(_remove, folder)
        stack.enter_context(_environment(folder))
        (folder / SECRET_FILE).write_text(secrets.token_urlsafe(16))
        imap, smtp = stack.enter_context(_servers(folder))
        places = Places.find()
        settings = _write_settings(folder, places, imap=imap, smtp=smtp)
        yield DemoPlace(settings, places, clock)


def _require_extra() -> None:
    missing = [name for name in ("pymap", "aiosmtpd") if find_spec(name) is None]
    if missing:
        raise MailError(
            f"The demo needs {' and '.join(missing)}: pip install 'tui-mail[demo]'"
        )


@contextmanager
def _ends_on_signals() -> Iterator[None]:
    """Turn a polite end (SIGTERM, SIGHUP) into an exception, so that all is tidied."""

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, leave)
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is signal.SIG_DFL
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _environment(folder: Path) -> Iterator[None]:
    changes = {
        "XDG_CONFIG_HOME": folder / "config",
        "XDG_DATA_HOME": folder / "data",
        "XDG_STATE_HOME": folder / "state",
        "XDG_CACHE_HOME": folder / "cache",
        "XDG_RUNTIME_DIR": folder / "run",
    }
    if sys.platform == "darwin":
        changes["HOME"] = folder / "home"
    before = {name: os.environ.get(name) for name in (*changes, "TZ")}
    for name, path in changes.items():
        path.mkdir(mode=0o700)
        os.environ[name] = str(path)
    os.environ["TZ"] = "CET-1"
    time.tzset()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        time.tzset()


@contextmanager
def _servers(folder: Path) -> Iterator[tuple[int, int]]:
    """Run both servers; the second starts while the first does."""
    with ExitStack() as stack:
        children = [
            stack.enter_context(_child(f"tui_mail.demo.{module}", folder))
            for module in ("server", "sink")
        ]
        imap, smtp = (_port(child) for child in children)
        yield imap, smtp


@contextmanager
def _child(module: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    with (folder / "servers.log").open("a") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", module, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        _end(child)


def _end(child: subprocess.Popen[str]) -> None:
    """End a child by closing its input; kill it if it does not heed that."""
    try:
        child.communicate(timeout=2)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()


def _port(child: subprocess.Popen[str]) -> int:
    assert child.stdout is not None, "the child was started with a pipe"
    line = child.stdout.readline()
    if not line.strip().isdecimal():
        raise MailError("The demo's servers did not start.")
    return int(line)


def _write_settings(folder: Path, places: Places, *, imap: int, smtp: int) -> Path:
    path = places.settings_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    downloads = folder / "downloads"
    downloads.mkdir()
    command = f"cat {shlex.quote(str(folder / SECRET_FILE))}"
    path.touch(mode=0o600)
    path.write_text(
        _SETTINGS.format(
            account=ACCOUNT,
            command=_toml(command),
            host=HOST,
            imap=imap,
            smtp=smtp,
            user=USER,
            downloads=_toml(str(downloads)),
        )
    )
    return path


def _toml(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _remove(folder: Path) -> None:
    """Remove the folder, also while an engine that is ending still writes into it."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)
