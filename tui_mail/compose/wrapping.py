"""Lines of paragraphs broken anew: softly for sending, and where a person asks for it."""

import re

from tui_mail.compose.quoting import softly_wrapped
from tui_mail.mime.quoting import signature_start

_QUOTE = re.compile(r"(?:>[> ]*)?")
_ITEM = re.compile(r"\s*(?:[-*•+]|\d{1,3}[.)]) |\s{2,}")
"""What a line begins with that is not to be joined to the one before."""


def wrapped(text: str) -> str:
    """Break long lines of prose; the signature, code and tables stay as they are."""
    lines = text.split("\n")
    start = signature_start(lines)
    end = len(lines) if start is None else start
    broken = [piece for line in lines[:end] for piece in softly_wrapped(line)]
    return "\n".join([*broken, *lines[end:]])


def rewrapped(paragraph: str) -> str:
    """Join the lines of a paragraph that are quoted alike; what is quoted is broken again.

    One's own words become one line, which is broken where it is shown and sent.
    """
    made: list[str] = []
    before: str | None = None
    for line in paragraph.split("\n"):
        found = _QUOTE.match(line)
        mark = found[0].rstrip() if found else ""
        content = line[len(found[0]) if found else 0 :]
        if mark == before and content.strip() and not _ITEM.match(content):
            made[-1] = f"{made[-1].rstrip()} {content.strip()}"
        else:
            made.append(line)
        before = mark if content.strip() else None
    return "\n".join(piece for line in made for piece in _again(line))


def _again(line: str) -> list[str]:
    return softly_wrapped(line) if line.startswith(">") else [line]
