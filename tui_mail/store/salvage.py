"""What can be saved of a damaged database, row by row, into a new one.

The damaged file is kept beside it. Whatever only this store holds is precious; what a
server can give again is saved too where it can be read, and fetched again where not.
"""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from tui_mail.model.error import StoreDamaged
from tui_mail.store.schema import TABLES, VERSION

_IN_ORDER = (
    *("account", "mailbox", "content", "message", "link", "part", "chunk", "wanted"),
    *("readable", "delta", "operation", "operation_item"),
    *("action", "action_flag", "action_move", "action_copy"),
)


def salvage(path: Path, account: str) -> list[str]:
    """Replace a damaged database by what can be read of it; say what was lost.

    Raises StoreDamaged where nothing of it can be read or the disk is full.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    kept = path.with_name(f"{path.name}.damaged-{stamp}")
    fresh = path.with_name(f"{path.name}.salvaged")
    try:
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                shutil.copy2(f"{path}{suffix}", f"{kept}{suffix}")
        fresh.unlink(missing_ok=True)
        lost = _copy_rows(kept, fresh)
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        fresh.chmod(0o600)
        fresh.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise StoreDamaged(
            f"{account}: {path} is damaged and could not be salvaged ({error}); "
            f"a copy is in {kept}"
        ) from error
    report = [f"salvaged from {kept.name}", *lost]
    kept.with_name(f"{kept.name}.txt").write_text("\n".join(report) + "\n")
    return report


def _copy_rows(damaged: Path, fresh: Path) -> list[str]:
    lost: list[str] = []
    with (
        closing(sqlite3.connect(damaged, isolation_level=None)) as source,
        closing(sqlite3.connect(fresh, isolation_level=None)) as target,
    ):
        target.execute("PRAGMA auto_vacuum = INCREMENTAL")
        target.execute("PRAGMA journal_mode = WAL")
        target.executescript(TABLES)
        target.execute("BEGIN")
        target.execute("DELETE FROM mailbox")
        for table in _IN_ORDER:
            lost += _copy_table(source, target, table)
        lost += _mended(target)
        target.execute(f"PRAGMA user_version = {VERSION}")
        target.execute("COMMIT")
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        target.execute("PRAGMA journal_mode = DELETE")
    return lost


def _copy_table(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str
) -> list[str]:
    columns = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    names = ", ".join(columns)
    marks = ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"
    saved, gaps = 0, 0
    for row in _rows(source, table, names):
        if row is None:
            gaps += 1
            continue
        try:
            target.execute(insert, row)
            saved += 1
        except sqlite3.Error:
            gaps += 1
    return (
        [f"{table}: {gaps} places could not be read, {saved} rows saved"]
        if gaps
        else []
    )


def _rows(
    source: sqlite3.Connection, table: str, names: str
) -> Iterator[tuple[object, ...] | None]:
    """Read a table forwards, then the rest backwards; None for each place that breaks."""
    key = "rowid" if table not in _WITHOUT_ROWID else None
    seen: set[object] = set()
    for direction in ("ASC", "DESC") if key else ("",):
        order = f" ORDER BY {key} {direction}" if key else ""
        wanted = f"{key}, {names}" if key else f"0, {names}"
        try:
            for number, *row in source.execute(f"SELECT {wanted} FROM {table}{order}"):
                if key and number in seen:
                    break
                seen.add(number)
                yield tuple(row)
            else:
                return
        except sqlite3.Error:
            yield None


_WITHOUT_ROWID = frozenset(
    {"part", "wanted", "operation_item", "action_flag", "action_move", "action_copy"}
)


def _mended(target: sqlite3.Connection) -> list[str]:
    """Make what was saved agree with itself; have the rest fetched again."""
    target.execute(
        "INSERT OR IGNORE INTO mailbox (id, wire_name, name, selectable, subscribed,"
        " is_local) VALUES (0, x'00', '', 0, 0, 1)"
    )
    removed: list[str] = []
    for table, column, parent, key in (
        ("message", "content", "content", "id"),
        ("message", "mailbox", "mailbox", "id"),
        ("part", "content", "content", "id"),
        ("chunk", "content", "content", "id"),
        ("readable", "content", "content", "id"),
        ("wanted", "message", "message", "number"),
        ("delta", "message", "message", "number"),
        ("operation_item", "message", "message", "number"),
        ("operation_item", "operation", "operation", "id"),
        ("action_flag", "action", "action", "id"),
        ("action_move", "action", "action", "id"),
        ("action_copy", "action", "action", "id"),
    ):
        gone = target.execute(
            f"DELETE FROM {table} WHERE {column} NOT IN (SELECT {key} FROM {parent})"
        ).rowcount
        if gone:
            removed.append(f"{table}: {gone} rows without their {parent}")
    target.execute(
        "UPDATE mailbox SET highest_modseq = 0, low_uid = 0, status_messages = -1,"
        " total = (SELECT count(*) FROM message WHERE mailbox = mailbox.id),"
        " unread = (SELECT count(*) FROM message"
        "  WHERE mailbox = mailbox.id AND flags & 1 = 0)"
    )
    return removed
