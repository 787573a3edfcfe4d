"""Rows read from a damaged file: whatever lies before, between and after the damage."""

import sqlite3
from collections.abc import Iterator
from heapq import heappop, heappush

_KEYS = {
    "part": "content",
    "wanted": "message",
    "operation_item": "operation",
    "action_flag": "action",
    "action_move": "action",
    "action_copy": "action",
    "action_transfer": "action",
    "action_mailbox": "action",
    "action_pin": "action",
    "writing_source": "writing",
}
"""The first column of the key of tables that have no rowid."""
_NUMBERED = (
    "mailbox",
    "content",
    "message",
    "delta",
    "operation",
    "action",
    "mailbox_wish",
    "submission",
    "writing",
)
_LOWEST, _HIGHEST = -(1 << 63), (1 << 63) - 1
_MOST_SPLITS = 1_000
"""Halvings of a table, besides one for each row that was read."""
_SKIPPED = 1_000_000
"""Numbers left out where it cannot be read which were given before."""


def copy_table(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str
) -> tuple[int, bool]:
    """Copy what can be read of a table; how many rows, and whether some were missed.

    Of one that an older version had, what it had.
    """
    there = {row[1] for row in source.execute(f"PRAGMA table_info({table})")}
    every = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    columns = [name for name in every if name in there]
    if not columns:
        return 0, False
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"
    saved, missed = 0, False
    for row in _read(source, table, names):
        if row is None:
            missed = True
            continue
        try:
            saved += target.execute(insert, row).rowcount
        except sqlite3.Error:
            missed = True
    return saved, missed


def _read(
    source: sqlite3.Connection, table: str, names: str
) -> Iterator[tuple[object, ...] | None]:
    """Read a table; None for each place that cannot be read.

    Where reading breaks, the rest of the range is halved, and each half is tried: what
    lies behind one damaged page is found so, the widest ranges first.
    """
    key = _KEYS.get(table, "rowid")
    statement = (
        f"SELECT {key}, {names} FROM {table} WHERE {key} BETWEEN ? AND ? ORDER BY {key}"
    )
    step = 1 if key == "rowid" else 0
    ranges = [(0, _LOWEST, _HIGHEST)]
    splits = _MOST_SPLITS
    while ranges:
        _, low, high = heappop(ranges)
        try:
            for number, *row in source.execute(statement, (low, high)):
                splits += 1
                yield tuple(row)
                low = number + step
        except sqlite3.Error:
            if low >= high or not splits:
                yield None
                continue
            splits -= 1
            middle = (low + high) // 2
            heappush(ranges, (low - middle, low, middle))
            heappush(ranges, (middle + 1 - high, middle + 1, high))


def copy_sequence(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Keep which numbers were given: none is given twice, its message gone or not."""
    try:
        given = dict(source.execute("SELECT name, seq FROM sqlite_sequence"))
    except sqlite3.Error:
        given = {}
    for table in _NUMBERED:
        [largest] = target.execute(f"SELECT coalesce(max(rowid), 0) FROM {table}")
        last = given.get(table)
        if not isinstance(last, int) or last < largest[0]:
            last = largest[0] + (0 if _was_never_used(given, largest[0]) else _SKIPPED)
        target.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        target.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last)
        )


def _was_never_used(given: dict[str, int], largest: int) -> bool:
    """Tell whether a table without an entry had no row ever."""
    return bool(given) and not largest
