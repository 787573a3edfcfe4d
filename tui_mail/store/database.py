"""One account's database: opened, read by any thread, written by one at a time."""

import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tui_mail.model.error import (
    AccountChanged,
    StoreDamaged,
    StoreFailed,
    StoreTooNew,
)
from tui_mail.model.event import Event, merged
from tui_mail.store import salvage
from tui_mail.store.connections import (
    CACHE,
    Reader,
    Trouble,
    connect,
    connect_reader,
    damage_mark,
    failure,
    is_busy,
    is_damage,
    prepare_file,
)
from tui_mail.store.schema import MIGRATIONS, TABLES, VERSION

Listener = Callable[[list[Event]], None]

_PATIENCE = 30.0
"""Seconds to wait for another process's transaction."""
_SMALL_CACHE = 2_000
_FIRST_TRIES = 0.2
"""Seconds in which it is tried again at once: the engine's pauses are short."""


@dataclass(frozen=True, slots=True)
class AccountIdentity:
    """What an account's database was filled from."""

    kind: str
    """``imap``, ``pop3`` or ``local``; ``file`` for what is only read."""
    host: str
    user: str

    def __str__(self) -> str:
        return f"{self.user} at {self.host} ({self.kind})" if self.host else self.kind

    @property
    def passes(self) -> bool:
        """Whether it is kept only as long as a reader runs: what is read of a file."""
        return self.kind == "file"

    @property
    def cache(self) -> int:
        """Kilobytes of the database that each connection keeps in memory."""
        return _SMALL_CACHE if self.passes else CACHE


class Transaction:
    """Changes that become true together, and the events that tell of them after."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.events: list[Event] = []

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection that writes."""
        return self._connection

    def publish(self, event: Event) -> None:
        """Have an event go out after the commit."""
        self.events.append(event)


class Database:
    """The mail of one account.

    Every thread reads through a connection of its own that cannot write; the one
    that writes is lent to one :meth:`transaction` at a time.
    """

    def __init__(
        self,
        path: Path,
        account: str,
        writer: sqlite3.Connection,
        *,
        salvaged: str = "",
        cache: int = CACHE,
    ) -> None:
        self.path = path
        self.account = account
        self.salvaged = salvaged
        """What people have to know where the file was damaged and salvaged just now."""
        self._cache = cache
        self._writer = writer
        self._writing = threading.RLock()
        self._local = threading.local()
        self._readers: list[Reader] = []
        self._readers_lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._closed = False

    @classmethod
    def open(cls, path: Path, account: str, *, identity: AccountIdentity) -> "Database":
        """Open an account's database, made where there is none.

        One that is damaged is salvaged first; a copy of it is kept beside it.

        Raises:
            StoreTooNew: a newer version wrote it.
            AccountChanged: it was filled from another server or user.
            StoreDamaged: not even a salvage could open it.
            StoreFailed: the file cannot be opened or written.
        """
        salvaged = ""
        if damage_mark(path).exists() and not _is_in_use(path):
            salvaged = _salvage(path, account)
        try:
            writer = _opened(path, account, identity)
        except Trouble as error:
            if not is_damage(error):
                raise failure(path, error) from error
            if _is_in_use(path):
                raise StoreDamaged(
                    f"{path} is damaged; end all that use it, then start again: "
                    "what can be read is saved then, a copy is kept"
                ) from error
            salvaged = _salvage(path, account)
            try:
                writer = _opened(path, account, identity)
            except Trouble as second:
                raise failure(path, second) from second
        except OSError as error:
            raise StoreFailed(f"{path}: {error.strerror or error}") from error
        _open_here[path] += 1
        return cls(path, account, writer, salvaged=salvaged, cache=identity.cache)

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection; it only reads."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._new_reader()
            self._local.connection = connection
        return connection

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Make changes that are committed at the end, or taken back on an exception.

        Events go out after the commit. Raises StoreFailed where the file cannot be
        written, StoreDamaged where it is damaged.
        """
        with self._writing:
            transaction = Transaction(self._writer)
            try:
                self._patiently("BEGIN IMMEDIATE")
                try:
                    yield transaction
                    self._patiently("COMMIT")
                except BaseException:
                    with suppress(sqlite3.Error):
                        self._writer.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise failure(self.path, error) from error
        if transaction.events:
            events = merged(transaction.events)
            for listener in tuple(self._listeners):
                listener(events)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have a function called after each commit, on the thread that committed.

        What is returned ends it.
        """
        self._listeners.append(listener)

        def stop() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return stop

    def data_version(self) -> int:
        """Give a number that differs when another connection has committed."""
        [version] = self.connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def check(self) -> list[str]:
        """Look the whole file over; each line is something that is wrong.

        If anything is, the next start salvages it.
        """
        try:
            rows = self.connection.execute("PRAGMA integrity_check(20)").fetchall()
            lines = [str(line) for (line,) in rows if line != "ok"]
            strays = self.connection.execute("PRAGMA foreign_key_check").fetchall()
        except (StoreDamaged, StoreFailed) as error:
            return [str(error)]
        lines += [f"a row of {row[0]} belongs to nothing" for row in strays[:20]]
        if lines:
            with suppress(OSError):
                damage_mark(self.path).touch(mode=0o600)
        return lines

    def begin_use(self) -> bool:
        """Note that an engine works on it; True if the last one ended cleanly."""
        with self.transaction() as tx:
            [in_use] = tx.connection.execute("SELECT in_use FROM account").fetchone()
            tx.connection.execute("UPDATE account SET in_use = 1")
        return not in_use

    def end_use(self) -> None:
        """Note that the engine ended cleanly."""
        with self.transaction() as tx:
            tx.connection.execute("UPDATE account SET in_use = 0")

    def checkpoint(self) -> None:
        """Bring the file itself up to date, as far as readers let that happen.

        The log beside it is made small; most is done before anybody has to wait for it.
        """
        with self._writing, suppress(sqlite3.OperationalError):
            for how in ("PASSIVE", "TRUNCATE"):
                self._writer.execute(f"PRAGMA wal_checkpoint({how})").fetchall()

    def close(self) -> None:
        """Close all connections, whatever thread they belong to."""
        with self._writing, self._readers_lock:
            if self._closed:
                return
            self._closed = True
            _open_here[self.path] -= 1
            for connection in (*self._readers, self._writer):
                connection.close()
            self._readers.clear()

    def _new_reader(self) -> Reader:
        with self._readers_lock:
            if self._closed:
                raise StoreFailed(f"{self.path} is closed")
            connection = connect_reader(self.path, cache=self._cache)
            self._readers.append(connection)
            return connection

    def _patiently(self, statement: str) -> None:
        """Take the right to write, or commit where readers can be in the way of that.

        SQLite's own waiting grows to tenths of a second; the engine's pauses between
        its transactions are of milliseconds, and a key has to get into one.
        """
        start = time.monotonic()
        while True:
            try:
                self._writer.execute(statement)
            except sqlite3.OperationalError as error:
                waited = time.monotonic() - start
                if not is_busy(error) or waited > _PATIENCE:
                    raise
                time.sleep(0.0005 if waited < _FIRST_TRIES else 0.005)
            else:
                return


_open_here: Counter[Path] = Counter()
"""How often each file is open in this process."""


def _is_in_use(path: Path) -> bool:
    return _open_here[path] > 0 or salvage.is_open_elsewhere(path)


def _salvage(path: Path, account: str) -> str:
    report = salvage.salvage(path, account)
    damage_mark(path).unlink(missing_ok=True)
    lost = f"{len(report) - 1} losses are named" if report[1:] else "nothing was lost"
    return f"{path.name} was damaged and {report[0]}: {lost} in the .txt beside it"


def _opened(path: Path, account: str, identity: AccountIdentity) -> sqlite3.Connection:
    """Open the file for writing, with its tables of today; raises sqlite3's errors."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    connection = connect(path, cache=identity.cache)
    try:
        _prepare(connection, path, account, identity)
        connection.execute("PRAGMA busy_timeout = 0")
        if identity.passes:
            # Nobody wants it back after a power cut.
            connection.execute("PRAGMA synchronous = OFF")
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(
    connection: sqlite3.Connection,
    path: Path,
    account: str,
    identity: AccountIdentity,
) -> None:
    version = _version(connection)
    if version > VERSION:
        raise StoreTooNew(
            f"{path} was written by a newer tui-mail (version {version} of its tables, "
            f"this one knows {VERSION}); it is left as it is"
        )
    if version < VERSION:
        _upgrade(connection, path)
    _identify(connection, path, account, identity)


def _version(connection: sqlite3.Connection) -> int:
    [version] = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables, or bring older ones up to date, one process at a time."""
    if _version(connection) == 0:
        prepare_file(connection, path)
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version == 0:
            _run(connection, TABLES)
        while 0 < version < VERSION:
            _run(connection, MIGRATIONS[version])
            version += 1
        connection.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _run(connection: sqlite3.Connection, script: str) -> None:
    """Run statements within the transaction; ``executescript`` would commit it."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _identify(
    connection: sqlite3.Connection,
    path: Path,
    account: str,
    identity: AccountIdentity,
) -> None:
    asked = "SELECT kind, host, user FROM account"
    row = connection.execute(asked).fetchone()
    if row is None:
        connection.execute(
            "INSERT OR IGNORE INTO account (id, kind, host, user) VALUES (1, ?, ?, ?)",
            (identity.kind, identity.host, identity.user),
        )
        row = connection.execute(asked).fetchone()
    before = AccountIdentity(*row)
    if before != identity:
        raise AccountChanged(
            f"{account}: its mail here came from {before}, the settings name {identity}; "
            f"nothing is touched: give the account another name, or move {path} away"
        )
