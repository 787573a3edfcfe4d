import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tui_mail.sync import reading
from tui_mail.sync.reading import Reader, Ready, pack_ready, unpack_ready
from tui_mail.sync.reading_child import answer

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PLAIN = (
    b"From: Ann <ann@corp.example>\r\nTo: bob@corp.example\r\nMessage-ID: <1@x>\r\n"
    b"Received: from x; Thu, 19 Nov 2026 14:00:00 +0000\r\nReferences: <0@x>\r\n"
    b"Subject: =?utf-8?q?caf=C3=A9?=\r\n\r\nSee https://corp.example/plan\r\n"
)
HTML = (
    b"From: Ann <ann@corp.example>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<p>Gr\xc3\xbc\xc3\x9fe <b>bold</b><p>\xe4\xbd\xa0\xe5\xa5\xbd\r\n"
)
WITH_FILE = (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhere\r\n--b\r\n"
    b"Content-Type: application/pdf; name=Plan.pdf\r\n\r\nx\r\n--b--\r\n"
)
ODD = (
    b"",
    b"\r\n",
    b"\x00\xff" * 50,
    b"Subject: \x1b[31m\xed\xa0\x80\r\n\r\n\x1b]0;x\x07",
)
ALL = [PLAIN, HTML, WITH_FILE, *ODD]


@pytest.fixture
def reader() -> Iterator[Reader]:
    with Reader(spare=False) as one:
        yield one


def one_by_one(reader: Reader) -> list[Ready]:
    return [reader._read_one(octets, NOW) for octets in ALL]


def test_many_are_read_as_each_by_itself_is(reader: Reader) -> None:
    assert reader.read(ALL, NOW) == one_by_one(reader)
    assert reader.read([], NOW) == []


def test_rows_tell_what_lists_and_searches_show(reader: Reader) -> None:
    plain, page, with_file, *_ = reader.read(ALL, NOW)
    assert "caf\xe9" in plain.message.content
    assert plain.message.arrival == datetime(2026, 11, 19, 14, tzinfo=UTC).timestamp()
    assert page.message.arrival == NOW.timestamp()
    assert " 你 好 " in str(page.read.readable[-1])
    assert with_file.read.has_attachment
    assert with_file.read.file_words == " plan pdf "


def test_a_child_that_dies_takes_no_message_with_it(reader: Reader) -> None:
    before = reader.read(ALL, NOW)
    os.kill(reader._children[0].pid, signal.SIGKILL)
    assert reader.read(ALL, NOW) == before


def test_over_one_that_hangs_the_others_are_read_as_ever(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = reader.read(ALL, NOW)
    monkeypatch.setattr(reading, "DEADLINE", 0.2)
    os.kill(reader._children[0].pid, signal.SIGSTOP)
    assert reader.read(ALL, NOW) == before


def test_one_that_cannot_be_borne_is_read_the_plain_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unbearable(*_: object) -> Ready:
        raise RecursionError

    frame = {"sizes": [len(PLAIN)], "now": NOW.timestamp()}
    monkeypatch.setattr("tui_mail.sync.reading_child.made_ready", unbearable)
    assert unpack_ready(*answer(frame, PLAIN)) == [None]


def test_what_goes_through_the_pipe_comes_out_of_it(reader: Reader) -> None:
    made = [None, *one_by_one(reader), None]
    head, octets = pack_ready(made)
    head["ready"] = [one and [list(part) for part in one] for one in head["ready"]]
    assert unpack_ready(head, octets) == made


def test_the_child_never_imports_a_network() -> None:
    code = (
        "import sys; import tui_mail.sync.reading_child; "
        "sys.exit(any(n in sys.modules for n in ('socket', 'ssl', 'http.client')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
