import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tui_mail.__main__ import main

ROOT = Path(__file__).parents[2]

MESSAGE = (
    b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\n"
    b"To: Ann <ann@example.org>\r\n"
    b"Subject: An \x1b]0;owned\x07 offer\r\n"
    b"Date: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n'
    b"\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello \xc3\xa9\x1b[2J\r\n"
    b"--b\r\nContent-Type: application/pdf\r\n"
    b'Content-Disposition: attachment; filename="a.pdf"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\nAAEC/w==\r\n--b--\r\n"
)


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "message.eml"
    file.write_bytes(MESSAGE)
    return str(file)


def test_a_file_is_shown_without_account_and_settings(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", path]) == 0
    text = capsys.readouterr().out
    assert "Jürgen <j@example.org>" in text
    assert "Hello é" in text
    assert "a.pdf" in text
    assert "\x1b" not in text


def test_the_object_has_all_its_keys(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "--json", path]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == [
        *("id", "account", "mailbox", "headers", "subject", "from", "to", "cc"),
        *("date", "text", "parts", "links", "warnings"),
    ]
    assert found["id"] is None
    assert found["from"] == [{"name": "Jürgen", "address": "j@example.org"}]
    assert found["date"] == "2026-11-24T10:00:00+01:00"
    assert "Hello é" in found["text"]
    assert [field for field, _ in found["headers"]][:3] == ["From", "To", "Subject"]
    parts = {part["part_id"]: part for part in found["parts"]}
    assert parts["2"] == {
        "part_id": "2",
        "type": "application/pdf",
        "filename": "a.pdf",
        "size": parts["2"]["size"],
        "charset": None,
        "disposition": "attachment",
        "downloaded": True,
    }


def test_raw_is_the_exact_octets(
    path: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["show", "--raw", path]) == 0
    assert capfdbinary.readouterr().out == MESSAGE


def test_a_part_comes_decoded(
    path: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["show", "--part", "2", path]) == 0
    assert capfdbinary.readouterr().out == b"\x00\x01\x02\xff"


def test_a_part_that_is_not_there_names_those_that_are(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "--part", "3", path]) == 1
    assert "there are: 1, 2" in capsys.readouterr().err


def test_headers_are_all_fields(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--headers", path]) == 0
    printed = capsys.readouterr().out
    assert "MIME-Version: 1.0\n" in printed
    assert "\x1b" not in printed


def test_no_such_file_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "nowhere.eml"]) == 1
    assert "nowhere.eml" in capsys.readouterr().err


def test_stdin_is_shown() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui_mail", "show", "-"],
        cwd=ROOT,
        input=MESSAGE,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Hello é".encode() in done.stdout
    assert done.stderr == b""


@pytest.mark.parametrize("octets", [b"", b"\x00\xff", b"From: x", b"\r\n\r\n"])
def test_octets_that_are_hardly_a_message_are_shown_too(
    octets: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))
    assert main(["show", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["parts"]
