import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui_mail.cli import output, synchronizing
from tui_mail.cli.columns import cut, padded, width
from tui_mail.cli.search import sender_width

ROOT = Path(__file__).parents[2]
HOSTILE = "a\x1b]0;t\x07\u202eb\u2028c\x9b2J"


@pytest.mark.parametrize("say", [output.line, output.lines])
def test_no_control_and_no_direction_character_is_printed(
    say: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(say)
    say(HOSTILE)
    printed = capsys.readouterr().out
    assert not set(printed) & set("\x1b\x07\x9b\u202e\u2028")


def test_json_escapes_what_a_terminal_would_obey_and_keeps_the_value(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.json_object({"subject": HOSTILE, "name": "日本 é"})
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert not set(printed) & set("\x1b\x07\x9b\u202e\u2028")
    assert "日本 é" in printed
    assert json.loads(printed) == {"subject": HOSTILE, "name": "日本 é"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text())
def test_json_of_any_text_is_one_readable_line(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output.json_object({"text": text})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"text": text}


def test_a_complaint_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.complain("two\nlines\x1b")
    assert capsys.readouterr().err == "tui-mail: two lines␛\n"


def test_octets_go_out_as_they_are(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    output.octets(b"\x00\xff\r\n")
    assert capfdbinary.readouterr().out == b"\x00\xff\r\n"


def test_octets_are_safe_text_for_a_terminal() -> None:
    message = b"Subject: x\r\n\r\na\x1b]0;t\x07\xe2\x80\xae\xff b\r\n"
    code = "import sys; from tui_mail.__main__ import main; sys.exit(main())"
    ours, theirs = pty.openpty()
    try:
        command = [sys.executable, "-c", code, "show", "--raw", "-"]
        done = subprocess.run(command, input=message, stdout=theirs, cwd=ROOT)
        printed = os.read(ours, 1000)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 0
    assert printed.decode() == "Subject: x\r\n\r\na␛]0;t␇‹RLO›\ufffd b\r\n"


def test_a_huge_text_is_cut_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    output.lines("é" * 11_000_000)
    printed = capsys.readouterr().out
    assert len(printed.encode()) <= output.LARGEST
    assert printed.endswith("[cut here]\n")


def test_columns_line_up_by_cells(capsys: pytest.CaptureFixture[str]) -> None:
    output.table([["日本", "1"], ["abc", "22"]], right=frozenset({1}))
    assert capsys.readouterr().out == "日本   1\nabc   22\n"


def test_a_name_that_is_too_long_hides_no_other_column_of_a_table(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["n" * 2_000, "5"], ["日本", "12"]]
    output.table(rows, right=frozenset({1}))
    long, short = capfd.readouterr().out.splitlines()
    assert long == "n" * 2_000 + "   5"
    assert len(short) < 400
    monkeypatch.setattr(output, "screen_width", lambda: 20)
    output.table(rows, right=frozenset({1}))
    assert capfd.readouterr().out.splitlines() == [
        "n" * 15 + "…   5",
        "日本" + " " * 14 + "12",
    ]


@given(st.text(), st.integers(1, 20))
def test_a_cut_text_never_takes_more_cells(text: str, cells: int) -> None:
    assert width(cut(text, cells)) <= max(cells, 1)


def test_a_short_text_is_filled_up() -> None:
    assert padded("ab", 4) == "ab  "
    assert padded("日", 4, right=True) == "  日"


@pytest.mark.parametrize(("screen", "cells"), [(0, 30), (200, 30), (80, 15), (20, 8)])
def test_a_sender_leaves_most_of_the_line_to_the_subject(
    screen: int, cells: int
) -> None:
    assert sender_width(screen) == cells


def test_progress_never_wraps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "width_of", lambda terminal: 40)
    synchronizing.show_progress("fetching " + "long " * 20, 1_000, 20_000)
    printed = capsys.readouterr().err.removeprefix("\r\x1b[K")
    assert width(printed) < 40
    assert printed.endswith("… 1,000 of 20,000")
