import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tui_mail import __version__
from tui_mail.__main__ import main
from tui_mail.cli.commands import COMMANDS, WITH_SCREEN, split

ROOT = Path(__file__).parents[2]


def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tui_mail", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
    )


@pytest.mark.parametrize(
    "arguments", [["--version"], ["sync", "--version"], ["--version", "nonsense"]]
)
def test_the_version_is_told_anywhere(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"tui-mail {__version__}\n"


def test_help_names_every_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name in (*COMMANDS, *WITH_SCREEN):
        assert f"\n  {name} " in text


def test_help_works_behind_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help"]) == 0
    assert main(["help", "queries"]) == 0
    assert main(["help", "settings"]) == 0
    text = capsys.readouterr().out
    assert "password_command" in text
    assert "older:2w" in text
    assert "``" not in text
    assert '""' not in text


def test_help_tells_of_every_command_that_it_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["--help"])
    listed = capsys.readouterr().out.partition("commands\n")[2].splitlines()
    names = [line.split()[0] for line in listed if line.startswith("  ")]
    assert {"account", "demo", "sync", "help"} <= set(names)
    for name in names:
        assert main(["help", name]) == 0
        assert f"tui-mail {name}" in capsys.readouterr().out


def test_a_misspelt_command_names_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["serach", "x"]) == 2
    assert 'did you mean "search"' in capsys.readouterr().err


def test_what_was_typed_is_shown_without_its_controls(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["show\x1b]0;x\x07"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_an_unknown_option_is_wrong_usage_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["help", "--colour"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "--colour" in said


def test_a_mistake_among_the_keys_is_status_2_in_a_command_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[keys]\n"message.archive" = ["d"]\n')
    assert main(["mailboxes", "--config", str(path)]) == 2
    said = capsys.readouterr().err
    assert f"{path}, line 2: keys.message.archive: 'd' is claimed by both" in said


def test_a_mistake_in_the_settings_is_status_2(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "my.toml"
    path.write_text("[ui]\nthme = 1\n")
    assert main(["--config", str(path), "doctor"]) == 2
    assert f"{path}, line 2: ui.thme" in capsys.readouterr().err


def test_the_reader_without_a_terminal_says_what_to_use_instead() -> None:
    done = run()
    assert done.returncode == 2
    assert b"needs a terminal" in done.stderr
    assert done.stdout == b""


def test_a_command_is_found_behind_the_common_options() -> None:
    assert split(["--config", "sync", "-v", "search", "-x"]) == (
        "search",
        ["--config", "sync", "-v", "-x"],
    )
    assert split(["--offline"]) == (None, ["--offline"])


def test_an_error_nobody_foresaw_is_one_line_and_its_place_is_logged(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tui_mail.cli import commands

    def fail(*_: object) -> int:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr(commands, "run", fail)
    assert main(["help"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(
        "tui-mail: this is a mistake in tui-mail (ZeroDivisionError)"
    )
    assert said.count("\n") == 1
    log = (home / "STATE_HOME" / "tui-mail" / "tui-mail.log").read_text()
    assert "test_cli_commands.py" in log
    assert "canary" not in log
    import logging

    for handler in logging.getLogger("tui_mail").handlers[:]:
        handler.close()
        logging.getLogger("tui_mail").removeHandler(handler)


def test_an_interrupt_is_130_without_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tui_mail.cli import commands

    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "run", interrupt)
    assert main(["help"]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_of_the_output_that_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m tui_mail help settings | true"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True)
    assert done.stderr == b""


def in_shell(words: str) -> subprocess.CompletedProcess[bytes]:
    command = f"{sys.executable} -m tui_mail {words}"
    return subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-"])
@pytest.mark.parametrize("words", ["--version", "--help", "sync --help", "show -"])
def test_a_closed_stream_is_no_failure(words: str, closed: str) -> None:
    done = in_shell(f"{words} {closed}")
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_stderr_changes_no_status() -> None:
    assert in_shell("nonsense 2>&-").returncode == 2
    assert in_shell("help 2>&-").stdout.startswith(b"tui-mail:")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("words", ["--version", "--help", "help", "sync --help"])
def test_an_output_that_takes_nothing_is_said_in_one_line(words: str) -> None:
    done = in_shell(f"{words} >/dev/full")
    assert (done.returncode, done.stderr) == (1, b"tui-mail: No space left on device\n")


@pytest.mark.parametrize("words", [["--help"], ["move", "--help"], ["help", "move"]])
def test_help_is_printed_whatever_the_locale(words: list[str]) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "tui_mail", *words],
        cwd=ROOT,
        env=os.environ | plain,
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "…" in done.stdout.decode()


def test_a_command_that_is_ended_takes_its_children_along(home: Path) -> None:
    path, mark = home / "config.toml", home / "pid"
    path.write_text(
        f"""[accounts.work]
address = "ann@example.org"
password_command = "sh -c 'echo $$ > {mark}; exec sleep 600'"
[accounts.work.imap]
host = "127.0.0.1"
"""
    )
    command = [sys.executable, "-m", "tui_mail", "--config", str(path), "sync"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as program:
        while not mark.exists() or not mark.read_text():
            assert program.poll() is None
            time.sleep(0.01)
        # The command runs before the one who started it has it in hand.
        time.sleep(0.2)
        program.terminate()
        assert program.communicate(timeout=20)[1] == b""
        assert program.returncode == 128 + signal.SIGTERM
    assert not psutil.pid_exists(int(mark.read_text()))
