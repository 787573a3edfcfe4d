"""What loads read from: the database, or a transaction that is under way."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from tui_mail.model.error import MailError


class Source(Protocol):
    """Anything with a connection; a thread's own, or that of its transaction."""

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection to read through."""


@contextmanager
def snapshot(source: Source) -> Iterator[None]:
    """Let several reads see one state of the file, whatever is committed meanwhile."""
    connection = source.connection
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        with suppress(MailError):
            connection.execute("COMMIT")
