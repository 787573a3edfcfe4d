"""Connections to an account's file, and what their failures mean.

A thread that reads may be under way when the program ends and everything is closed:
SQLite's library would crash there. So a reader has a lock, held while it works.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ParamSpec, TypeVar

from tui_mail.model.error import MailError, StoreDamaged, StoreFailed
from tui_mail.store.file_system import is_remote

_P = ParamSpec("_P")
_T = TypeVar("_T")
CACHE = 16_000
"""Kilobytes of the file that each connection keeps in memory."""
_ROWS = 500
"""Rows fetched at a time."""

Trouble = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises: where a damaged table of tables is quoted, its octets are no text."""
_NO_TEXT = "Could not decode to UTF-8"
"""How Python's module begins where a text in a row is none; it gives no code."""


class Reader(sqlite3.Connection):
    """One thread's connection: it cannot write, and what fails is a MailError."""

    path = Path()

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._working = threading.Lock()

    def execute(self, sql: str, parameters: object = (), /) -> sqlite3.Cursor:
        """Begin to read; raises StoreFailed and StoreDamaged, as the cursor does."""
        return _Cursor(self).execute(sql, parameters)

    def guarded(
        self, call: Callable[_P, _T], /, *values: _P.args, **named: _P.kwargs
    ) -> _T:
        """Call into SQLite; nobody closes the connection meanwhile."""
        try:
            with self._working:
                return call(*values, **named)
        except Trouble as error:
            raise failure(self.path, error) from error

    def close(self) -> None:
        """Close it from any thread; what it is reading is broken off."""
        with suppress(sqlite3.ProgrammingError):
            self.interrupt()
        with self._working:
            super().close()


class _Cursor(sqlite3.Cursor):
    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self._reader = reader

    def execute(self, sql: str, parameters: object = (), /) -> "_Cursor":
        self._reader.guarded(super().execute, sql, parameters)  # type: ignore[arg-type]
        return self

    def fetchone(self) -> object:
        return self._reader.guarded(super().fetchone)

    def fetchall(self) -> list[object]:
        return self._reader.guarded(super().fetchall)

    def __iter__(self) -> Iterator[Sequence[object]]:  # type: ignore[override]
        while rows := self._reader.guarded(self.fetchmany, _ROWS):
            yield from rows


def connect(
    path: Path,
    factory: type[sqlite3.Connection] = sqlite3.Connection,
    *,
    cache: int = CACHE,
) -> sqlite3.Connection:
    """Open the file as every connection has it; raises sqlite3's errors."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, factory=factory
    )
    try:
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("PRAGMA foreign_keys = 1")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{cache}")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
    except BaseException:
        connection.close()
        raise
    return connection


def prepare_file(connection: sqlite3.Connection, path: Path) -> None:
    """Set what a new file has for good, before its first table."""
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    mode = "DELETE" if is_remote(path) else "WAL"
    connection.execute(f"PRAGMA journal_mode = {mode}")


def connect_reader(path: Path, *, cache: int = CACHE) -> Reader:
    """Open the file for one thread to read; raises StoreFailed and StoreDamaged."""
    try:
        reader = connect(path, Reader, cache=cache)
    except Trouble as error:
        raise failure(path, error) from error
    assert isinstance(reader, Reader)
    reader.path = path
    reader.execute("PRAGMA query_only = 1")
    return reader


def failure(path: Path, error: sqlite3.Error | UnicodeDecodeError) -> MailError:
    """Translate an error; damage is noted, so that the next start salvages the file."""
    if not is_damage(error):
        return StoreFailed(f"{path}: {error}")
    with suppress(OSError):
        damage_mark(path).touch(mode=0o600)
    said = error if _code(error) else "its tables are damaged"
    return StoreDamaged(
        f"{path}: {said}; it is salvaged at the next start, a copy is kept"
    )


def damage_mark(path: Path) -> Path:
    """Name the file that says that damage was met."""
    return path.with_name(f"{path.name}.unsound")


def is_damage(error: sqlite3.Error | UnicodeDecodeError) -> bool:
    """Tell whether an error says that the file itself is damaged."""
    if isinstance(error, UnicodeDecodeError) or str(error).startswith(_NO_TEXT):
        return True
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether an error says that somebody else is writing."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _code(error: Exception) -> int:
    """Give SQLite's code; errors of Python's module, of a closed connection, have none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
