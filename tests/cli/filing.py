"""Mail in files, and an account without a server to which it comes."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.mime.test_mbox import FROM
from tui_mail.__main__ import main
from tui_mail.mime.from_lines import quoted

Objects = Callable[..., list[dict[str, object]]]


@pytest.fixture
def shelf(home: Path) -> Path:
    """An account without a server."""
    path = home / "CONFIG_HOME" / "tui-mail" / "config.toml"
    path.parent.mkdir()
    path.touch(mode=0o600)
    path.write_text('[accounts.shelf]\naddress = "ann@example.org"\n')
    return home


@pytest.fixture
def objects(capsysbinary: pytest.CaptureFixture[bytes]) -> Objects:
    def run(*words: str) -> list[dict[str, object]]:
        capsysbinary.readouterr()
        assert main([*words, "--json"]) == 0
        return [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]

    return run


@pytest.fixture
def said(capsysbinary: pytest.CaptureFixture[bytes]) -> Callable[[], str]:
    return lambda: capsysbinary.readouterr().err.decode()


@pytest.fixture
def raw(capsysbinary: pytest.CaptureFixture[bytes]) -> Callable[[object], bytes]:
    def octets(name: object) -> bytes:
        capsysbinary.readouterr()
        assert main(["show", str(name), "--raw"]) == 0
        return capsysbinary.readouterr().out

    return octets


def letter(n: int, body: bytes = b"", *, fields: bytes = b"") -> bytes:
    return (
        b"From: Bob <bob@example.org>\nTo: ann@example.org\n"
        b"Message-ID: <%d@example.org>\nDate: Mon, 1 Jan 2024 10:00:%02d +0000\n"
        % (n, n % 60)
        + fields
        + b"Subject: letter %d\n\n" % n
        + (body or b"Hello %d, the harbour is open.\n" % n)
    )


def mbox(path: Path, *letters: bytes) -> Path:
    path.write_bytes(
        b"".join(FROM + b"".join(quoted([one])) + b"\n" for one in letters)
    )
    return path


def has_some(store: Path) -> bool:
    """Tell whether a message lies in a store that another process fills."""
    if not store.exists():
        return False
    with closing(sqlite3.connect(store)) as connection:
        try:
            [count] = connection.execute("SELECT count(*) FROM message").fetchone()
        except sqlite3.Error:
            return False
    return bool(count)
