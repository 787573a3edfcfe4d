"""The layers hold: as they are written, and as they are imported."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SERVERS = {"imapclient", "imaplib", "poplib", "smtplib"}
HEAVY = {"html2text", "selectolax", "keyring"}
SCREEN = {"textual", "rich"}


def imported_by(statement: str) -> set[str]:
    """Name the modules that a new interpreter has after a statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_imports_as_they_are_written_keep_to_the_layers() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as c; c()",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("model.query_parser", SERVERS | HEAVY | SCREEN | {"sqlite3", "socket", "ssl"}),
        ("config.load", SERVERS | HEAVY | SCREEN | {"sqlite3", "ssl"}),
        ("mime.parse", SERVERS | HEAVY | SCREEN | {"sqlite3", "ssl"}),
        ("mime.render", SERVERS | HEAVY | SCREEN | {"sqlite3", "ssl"}),
        ("store.database", SERVERS | HEAVY | SCREEN | {"ssl"}),
        ("link.client", SERVERS | HEAVY | SCREEN | {"sqlite3", "ssl"}),
        ("transports.imap", HEAVY | SCREEN | {"sqlite3"}),
        ("sync.engine", HEAVY | SCREEN),
        ("cli.commands", SERVERS | HEAVY | SCREEN | {"sqlite3", "ssl"}),
        ("cli.search", SERVERS | HEAVY | SCREEN | {"ssl"}),
        ("ui.app", SERVERS | HEAVY | {"tui_mail.transports", "tui_mail.sync"}),
    ],
)
def test_a_layer_does_not_bring_along(module: str, forbidden: set[str]) -> None:
    assert not imported_by(f"import tui_mail.{module}") & forbidden


def test_the_entry_point_brings_almost_nothing_along() -> None:
    modules = imported_by("import tui_mail.__main__")
    assert not {name for name in modules if name.startswith("tui_mail.")} - {
        "tui_mail.__main__"
    }


def test_the_reader_starts_without_the_engine() -> None:
    code = (
        "import sys, tui_mail.__main__ as m, tui_mail.ui.app as app\n"
        "m._take_terminal = lambda: None\n"
        "app.run_reader = lambda *a, **k: 0\n"
        "assert m.main(['--offline', '--config', '/nowhere/config.toml']) == 0\n"
    )
    forbidden = SERVERS | HEAVY | {"tui_mail.sync", "tui_mail.transports"}
    assert not imported_by(code) & forbidden


def test_every_package_says_what_it_is_for() -> None:
    for package in (ROOT / "tui_mail").rglob("__init__.py"):
        text = package.read_text()
        assert text.startswith('"""'), package
        assert "laceholder" not in text, package
