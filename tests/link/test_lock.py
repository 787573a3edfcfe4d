"""One process at a time works on an account."""

import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tui_mail.link.lock import AccountLock
from tui_mail.model.error import EngineBusy


def test_a_second_engine_is_told(tmp_path: Path) -> None:
    path = tmp_path / "data" / "work.lock"
    with (
        AccountLock.acquire(path),
        pytest.raises(EngineBusy, match="work: another tui-mail"),
    ):
        AccountLock.acquire(path)
    AccountLock.acquire(path).release()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_who_is_patient_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "work.lock"
    held = AccountLock.acquire(path)
    threading.Timer(0.1, held.release).start()
    AccountLock.acquire(path, patience=5).release()


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "work.lock"
    code = (
        "import sys, pathlib\n"
        "from tui_mail.link.lock import AccountLock\n"
        "lock = AccountLock.acquire(pathlib.Path(sys.argv[1]))\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(EngineBusy):
            AccountLock.acquire(path)
        child.kill()
        child.wait()
        AccountLock.acquire(path).release()
