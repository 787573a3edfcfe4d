"""Writes the README's key table from the table of commands.

``python -m tests.write_readme``; a test tells when it has to be run again.
"""

import re
import sys
from pathlib import Path

from tui_mail.ui.commands import key_table

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- keys: begin (written by python -m tests.write_readme) -->"
END = "<!-- keys: end -->"


def with_key_table(text: str) -> str:
    """Put the present key table between its marks."""
    between = re.compile(f"{re.escape(BEGIN)}\n.*?{re.escape(END)}", re.S)
    fresh = f"{BEGIN}\n{written_table()}{END}"
    assert between.search(text), "the README has lost its marks"
    return between.sub(lambda _: fresh, text)


def written_table() -> str:
    """Write the key table in Markdown."""
    rows = "".join(
        f"| {_keys(row.keys)} | `{row.id}` | {row.sentence} |\n" for row in key_table()
    )
    return f"| keys | command | does |\n|---|---|---|\n{rows}"


def _keys(keys: tuple[str, ...]) -> str:
    return " ".join(f"`{key}`".replace("|", "\\|") for key in keys)


def main() -> int:
    """Write the README anew."""
    README.write_text(with_key_table(README.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
