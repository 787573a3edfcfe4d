"""What loads read from: the database, or a transaction that is under way."""

import sqlite3
from typing import Protocol


class Source(Protocol):
    """Anything with a connection; a thread's own, or that of its transaction."""

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection to read through."""
