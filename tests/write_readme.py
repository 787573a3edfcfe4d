"""Writes the README's key tables from the table of commands, and the composer's.

``python -m tests.write_readme``; a test tells when it has to be run again.
"""

import re
import sys
from pathlib import Path

from tui_mail.ui.commands import Command, key_table
from tui_mail.ui.screens.composer_keys import key_rows

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- keys: begin (written by python -m tests.write_readme) -->"
END = "<!-- keys: end -->"
COMPOSER = "<!-- composer keys: begin (written by python -m tests.write_readme) -->"


def with_key_table(text: str) -> str:
    """Put the present key tables between their marks."""
    named = "| keys | command | does |\n|---|---|---|\n"
    text = _with(text, BEGIN, named + "".join(map(_named, key_table())))
    composer = "".join(
        f"| {_keys(row.keys)} | {row.command.sentence} |\n" for row in key_rows()
    )
    return _with(text, COMPOSER, f"| keys | while one writes |\n|---|---|\n{composer}")


def _with(text: str, begin: str, table: str) -> str:
    between = re.compile(f"{re.escape(begin)}\n.*?{re.escape(END)}", re.S)
    assert between.search(text), "the README has lost its marks"
    return between.sub(lambda _: f"{begin}\n{table}{END}", text)


def _named(row: Command) -> str:
    return f"| {_keys(row.keys)} | `{row.id}` | {row.sentence} |\n"


def _keys(keys: tuple[str, ...]) -> str:
    return " ".join(f"`{key}`".replace("|", "\\|") for key in keys)


def main() -> int:
    """Write the README anew."""
    README.write_text(with_key_table(README.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
