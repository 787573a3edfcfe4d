"""The README says what is true: its settings parse, its keys and pictures exist."""

import re
import subprocess
from argparse import ArgumentParser
from configparser import ConfigParser
from pathlib import Path

from tests.write_readme import README, with_key_table
from tui_mail.cli import sync
from tui_mail.config.load import load_settings
from tui_mail.config.places import Places
from tui_mail.demo.messages import letters
from tui_mail.sync import lifetime
from tui_mail.transports.imap_extensions import EXTENSIONS

ROOT = README.parent
TEXT = README.read_text()


def test_the_key_tables_are_those_of_the_commands() -> None:
    assert with_key_table(TEXT) == TEXT, "run: python -m tests.write_readme"


def test_the_settings_example_is_valid(tmp_path: Path) -> None:
    example = re.search(r"<!-- settings: begin.*?```toml\n(.*?)```", TEXT, re.S)
    assert example is not None
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    path.write_text(example.group(1))
    places = Places(tmp_path, tmp_path, tmp_path, tmp_path)
    settings = load_settings(path, places)
    kinds = {name: one.kind for name, one in settings.accounts.items()}
    assert kinds == {"work": "imap", "old": "pop3", "shelf": "local"}
    assert settings.accounts["work"].keep_days == 90


def test_the_unit_file_runs_a_command_that_there_is() -> None:
    unit = re.search(r"<!-- unit: begin.*?```ini\n(.*?)```", TEXT, re.S)
    assert unit is not None
    parser = ConfigParser(interpolation=None)
    parser.read_string(unit[1])
    program, command, *arguments = parser["Service"]["ExecStart"].split()
    assert program.endswith("/tui-mail")
    assert command == "sync"
    taken = ArgumentParser()
    sync.add_arguments(taken)
    chosen = taken.parse_args([one.replace("%i", "work") for one in arguments])
    assert chosen.watch
    assert chosen.accounts == ["work"]
    assert parser["Service"]["KillSignal"] == "SIGHUP"
    assert int(parser["Service"]["TimeoutStopSec"]) > lifetime.SENDING


def test_every_picture_and_link_of_the_readme_is_there() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert targets
    for target in targets:
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_the_table_of_extensions_names_all_that_are_used_and_no_other() -> None:
    table = re.search(r"<!-- extensions: begin.*?-->\n(.*?)<!--", TEXT, re.S)
    assert table is not None
    rows = [line.split("|")[1] for line in table[1].splitlines()[2:]]
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert named == {name for one in EXTENSIONS for name in one.name.split()}


def test_the_first_screen_names_both_commands() -> None:
    first_screen = "\n".join(TEXT.splitlines()[:25])
    assert ".venv/bin/tui-mail demo" in first_screen
    assert "tests/run" in first_screen
    assert "screenshots/" in first_screen


def test_the_test_command_is_the_one_that_ci_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert script.rstrip().endswith("exec tests/run")
    assert subprocess.run(["test", "-x", "tests/run"], cwd=ROOT).returncode == 0


def test_the_number_of_sample_messages_is_right() -> None:
    assert f"with {len(letters())} sample messages" in TEXT
