"""The reader on a raw pty: keys byte by byte, and what reaches the terminal."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.pty_harness import Terminal
from tests.ui.app_samples import Home, Sample

_ALLOWED = re.compile(
    rb"\x1b\[[0-9;:?<>=$ ]*[A-Za-z~]"  # CSI: styles, moves, modes
    rb"|\x1b\[\?[0-9;]*\$[py]"  # questions about modes
    rb"|\x1b\]22;[a-z-]*\x07"  # the shape of the mouse's pointer
    rb"|\x1b[78=>]"
)
"""What Textual itself writes."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.fill(
        [
            *(Sample(f"Row {number}") for number in range(1, 30)),
            Sample("Evil \x1b]52;c;aGk=\x07 \x9b31m end", "M \x1b]0;title\x07 <m@evil.example>",
                   body="\x1b]52;c;aGk=\x07 and \u202e turned \x9b2J"),
        ]
    )  # fmt: skip
    return home


@pytest.fixture
def terminal(home: Home, tmp_path: Path) -> Iterator[Terminal]:
    environment = {"HOME": str(tmp_path), "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": ""}
    places = home.places
    folders = [
        str(each) for each in (places.config, places.data, places.state, places.runtime)
    ]
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tui_mail.config.load import load_settings\n"
        "from tui_mail.config.places import Places\n"
        "from tui_mail.ui.app import run_reader\n"
        f"places = Places(*map(Path, {folders!r}))\n"
        "sys.exit(run_reader(load_settings(None, places), places, offline=True))\n"
    )
    with Terminal([sys.executable, "-c", code], environment=environment) as terminal:
        terminal.wait_for(lambda screen: "Row 1" in screen)
        terminal.settle(0.5)
        yield terminal


def shows(terminal: Terminal, text: str) -> None:
    if text not in terminal.text():
        terminal.wait_for(lambda screen: text in screen, timeout=10)


def cursor_row(terminal: Terminal) -> str:
    for line in terminal.text().splitlines():
        if "▕▌" in line:
            return line
    return ""


def typed(terminal: Terminal, *pieces: bytes, pause: float = 0.2) -> None:
    """Type pieces with a pause between them, as a slow line brings them."""
    for piece in pieces:
        terminal.write(piece)
        terminal.settle(pause, 1.0)


def test_an_arrow_that_a_slow_line_split_moves_and_types_nothing(
    terminal: Terminal,
) -> None:
    typed(terminal, b"\x1b", b"[", b"B")
    assert "Row 2 " in cursor_row(terminal)
    typed(terminal, b"\x1b", b"OB")
    assert "Row 3 " in cursor_row(terminal)
    typed(terminal, b"\x1b[", b"B")
    assert "Row 4 " in cursor_row(terminal)
    assert "Row 1 " in terminal.text()


def test_alt_and_a_key_is_esc_and_the_key(terminal: Terminal) -> None:
    typed(terminal, b"x")
    shows(terminal, "1 marked")
    typed(terminal, b"\x1bj")
    assert "1 marked" not in terminal.text()
    assert "Row 2 " in cursor_row(terminal)


def test_keys_typed_ahead_go_into_the_question_they_follow(terminal: Terminal) -> None:
    typed(terminal, b"/Row 17\r")
    shows(terminal, 'search "Row 17"')
    typed(terminal, b"qlRow 5\rjx")
    shows(terminal, '"Row 5"')


def test_a_begun_sequence_says_what_may_follow_and_is_forgotten(
    terminal: Terminal,
) -> None:
    typed(terminal, b"g")
    shows(terminal, "i inbox")
    terminal.wait_for(lambda screen: "i inbox" not in screen, timeout=6)
    typed(terminal, b"s")
    shows(terminal, "Move")
    typed(terminal, b"\x1b")


def test_pasted_text_is_not_taken_for_keys(terminal: Terminal) -> None:
    typed(terminal, b"\x1b[200~eeedddQ\x1b[201~")
    typed(terminal, b"\x1b", b"[200~ddd", b"\x1b[201~", pause=0.3)
    terminal.settle(0.6, 2.0)
    assert "Row 1 " in cursor_row(terminal)
    assert "30" in terminal.text().splitlines()[0]


def test_nothing_foreign_reaches_the_terminal(terminal: Terminal) -> None:
    out = bytearray()
    for key in (b"G", b"\r", b"H", b"i", b"i", b"v", b"\x1b", b"\x1b", b"/Evil\r"):
        out += terminal.key(key, silence=0.4).octets
    text = bytes(out).decode("utf-8", "replace")
    assert "␛]52" in text
    rest = _ALLOWED.sub(b"", bytes(out))
    strange = rest[rest.find(b"\x1b") :][:40] if b"\x1b" in rest else b""
    assert strange == b""
    assert not {b"\x07", b"\x00"} & {rest[i : i + 1] for i in range(len(rest))}
    assert not re.search("[\u0080-\u009f\u202a-\u202e\u2066-\u2069]", text)


def test_what_is_copied_goes_out_as_base64_only(terminal: Terminal) -> None:
    typed(terminal, b"y")
    shows(terminal, "the text")
    answer = terminal.key(b"\r", silence=0.4)
    assert re.search(rb"\x1b\]52;c;[A-Za-z0-9+/=]+\x07", answer.octets)


def test_it_is_silent_at_rest_and_leaves_with_q(terminal: Terminal) -> None:
    terminal.settle(1.0)
    assert terminal.octets_within(3.0) == 0
    terminal.write(b"q")
    while terminal.read(5):
        pass
    pid, status = os.waitpid(terminal.pid, 0)
    assert (pid, os.waitstatus_to_exitcode(status)) == (terminal.pid, 0)


def test_the_screen_is_there_also_where_errors_go_to_a_file(
    home: Home, tmp_path: Path
) -> None:
    settings = home.places.config / "config.toml"
    errors = tmp_path / "errors"
    command = (
        f"exec {sys.executable} -m tui_mail --offline --config {settings} 2>{errors}"
    )
    environment = {"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    with Terminal(["/bin/sh", "-c", command], environment=environment) as terminal:
        terminal.wait_for(lambda screen: "work" in screen or "ann" in screen)
    assert errors.read_bytes() == b""
