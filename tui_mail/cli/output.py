"""Everything the commands print: nothing that a terminal could take for an order."""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from tui_mail.cli.columns import cut, padded, width
from tui_mail.model.displayable import displayable, displayable_lines

_NARROWEST = 8
"""Cells that a column keeps on a terminal, however little room there is."""
_FARTHEST = 300
"""Cells up to which a column is filled, though a name in it may be longer."""

LARGEST = 20_000_000
"""No command prints more octets than this for one message."""

_NEVER_RAW = re.compile(
    "[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def line(text: str) -> None:
    """Print one line."""
    _write(displayable(text) + "\n")


def lines(text: str) -> None:
    """Print a text of several lines, at most 20 MB of it."""
    shown = displayable_lines(text)
    if len(shown) > LARGEST // 4:
        shown = displayable_lines(_clipped(shown))
    _write(shown if shown.endswith("\n") or not shown else shown + "\n")


def json_object(value: Mapping[str, object]) -> None:
    """Print one object on one line, in UTF-8."""
    text = json.dumps(value, ensure_ascii=False)
    _write(_NEVER_RAW.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def octets(value: bytes) -> None:
    """Print octets as they are; a terminal is given them as a text that is safe for it.

    For ``--raw`` and ``--part``: into a pipe or a file goes exactly what was sent.
    """
    if on_terminal():
        lines(value.decode("utf-8", "replace"))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(value)
    sys.stdout.buffer.flush()


def table(
    rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()
) -> None:
    """Print rows in columns; on a terminal the widest are cut so that all fit."""
    shown: list[list[str]] = [[displayable(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*shown, strict=True)]
    room = screen_width()
    if room:
        widths = _fitting(widths, room - 2 * (len(widths) - 1))
        shown = [
            [cut(cell, wide) for cell, wide in zip(row, widths, strict=True)]
            for row in shown
        ]
    for row in shown:
        cells = [
            padded(cell, min(wide, _FARTHEST), right=index in right)
            for index, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ]
        text = "  ".join(cells).rstrip()
        _write((cut(text, room) if room else text) + "\n")


def _fitting(widths: Sequence[int], room: int) -> list[int]:
    """Make the widest columns narrower until all fit, or are narrow."""
    fitting = [min(wide, max(room, _NARROWEST)) for wide in widths]
    while sum(fitting) > room and max(fitting) > _NARROWEST:
        fitting[fitting.index(max(fitting))] -= 1
    return fitting


def complain(text: str) -> None:
    """Say one line on stderr."""
    note(f"tui-mail: {text}")


def note(text: str) -> None:
    """Say one line on stderr that is no complaint."""
    # What the locale's encoding does not have is escaped there by Python itself.
    sys.stderr.write(displayable(text) + "\n")
    sys.stderr.flush()


def on_terminal() -> bool:
    """Tell whether a person reads what is printed."""
    return sys.stdout.isatty()


def screen_width() -> int:
    """Say how many cells a line has; 0 where it is no terminal."""
    return width_of(sys.stdout) if on_terminal() else 0


def width_of(terminal: TextIO) -> int:
    """Say how many cells a line of a terminal has."""
    try:
        return os.get_terminal_size(terminal.fileno()).columns or 80
    except OSError:
        return 80


def _write(text: str) -> None:
    """Write as UTF-8, whatever the locale says: half a name is worse than a wrong sign."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _clipped(text: str) -> str:
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= LARGEST:
        return text
    return encoded[: LARGEST - 100].decode("utf-8", "ignore") + "\n[cut here]\n"
