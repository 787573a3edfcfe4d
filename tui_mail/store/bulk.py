"""Many rows in few statements.

SQLite works without the interpreter's lock, but with ``executemany`` it is given back
and taken again for each row; beside a thread that parses mail that costs more than the
work itself.
"""

import sqlite3
from collections.abc import Sequence
from itertools import chain

from tui_mail.store.source import Source

_ROWS = 64


def insert_rows(
    connection: sqlite3.Connection, into: str, rows: Sequence[Sequence[object]]
) -> None:
    """Insert rows of equal length; ``into`` is a table with its columns in brackets."""
    if not rows:
        return
    marks = f"({', '.join('?' * len(rows[0]))})"
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        connection.execute(
            f"INSERT INTO {into} VALUES {', '.join([marks] * len(some))}",
            list(chain.from_iterable(some)),
        )


def last_id(source: Source, table: str) -> int:
    """Give the last number that a table gave to a row; 0 where it gave none."""
    row = source.connection.execute(
        "SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)
    ).fetchone()
    return int(row[0]) if row else 0
