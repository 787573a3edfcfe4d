"""What can be saved of a damaged database, row by row, into a new one.

The damaged file is kept beside it, byte for byte. Whatever only this store holds is
precious; what a server can give again is saved too where it can be read, and fetched
again where not.
"""

import fcntl
import filecmp
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from tui_mail.model.error import StoreDamaged, StoreTooNew
from tui_mail.store.connections import Trouble, prepare_file
from tui_mail.store.mending import mended
from tui_mail.store.salvaged_rows import copy_sequence, copy_table
from tui_mail.store.schema import TABLES, VERSION

_IN_ORDER = (
    *("account", "mailbox", "content", "message", "link", "part", "chunk", "wanted"),
    *("readable", "delta", "operation", "operation_item"),
    *("action", "action_flag", "action_move", "action_copy", "action_pin", "trashed"),
    *("outgoing", "incoming", "action_transfer", "mailbox_wish", "action_mailbox"),
    *("pop_message", "astray"),
    *("submission", "submission_chunk", "action_submission"),
    *("writing", "writing_source", "replaced"),
)
_EVER_SINCE = frozenset({"account", "mailbox", "content", "message", "operation"})
"""Tables that a file of any version has."""
_INTERIOR = 5
"""The first octet of a page that lists pages of a table."""
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
"""The octets of the file that SQLite locks as long as it reads."""


def is_open_elsewhere(path: Path) -> bool:
    """Tell whether another process has the database open."""
    alone = fcntl.LOCK_EX | fcntl.LOCK_NB
    try:
        file = path.open("r+b")
    except OSError:
        return False
    with file:
        try:
            fcntl.lockf(file, alone, _SHARED_SIZE, _SHARED_FIRST)
        except OSError:
            return True
    return False


def salvage(path: Path, account: str) -> list[str]:
    """Replace a damaged database by what can be read of it; say what was lost.

    Nobody may have it open. Raises StoreDamaged where nothing of it can be read or the
    disk is full, StoreTooNew where a newer version wrote it.
    """
    kept = _unused(path, f"damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    fresh = path.with_name(f"{path.name}.salvaged")
    try:
        for suffix in ("", "-wal"):
            with suppress(FileNotFoundError):
                shutil.copy2(f"{path}{suffix}", f"{kept}{suffix}")
        _remove(fresh)
        lost = _copy_rows(kept, fresh)
        _remove_traces(kept, path)
        fresh.chmod(0o600)
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        fresh.replace(path)
    except (OSError, *Trouble) as error:
        _remove(fresh)
        _remove_traces(kept, path)
        raise StoreDamaged(
            f"{account}: {path} is damaged and could not be salvaged ({error}); "
            f"a copy is in {_only_one(kept, path)}; move the file away to begin anew"
        ) from error
    report = [f"salvaged from {kept.name}", *lost]
    kept.with_name(f"{kept.name}.txt").write_text("\n".join(report) + "\n")
    return report


def _unused(path: Path, what: str) -> Path:
    kept, count = path.with_name(f"{path.name}.{what}"), 1
    while kept.exists():
        count += 1
        kept = path.with_name(f"{path.name}.{what}-{count}")
    return kept


def _only_one(kept: Path, path: Path) -> Path:
    """Give up a copy that an earlier start has made already; which is left."""
    for other in sorted(path.parent.glob(f"{path.name}.damaged-*")):
        same = other != kept and other.stat().st_size == kept.stat().st_size
        if same and filecmp.cmp(other, kept, shallow=False):
            _remove(kept)
            return other
    return kept


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _remove_traces(kept: Path, path: Path) -> None:
    """Remove what reading the copy left beside it."""
    Path(f"{kept}-shm").unlink(missing_ok=True)
    if not Path(f"{path}-wal").exists():
        Path(f"{kept}-wal").unlink(missing_ok=True)


def _copy_rows(damaged: Path, fresh: Path) -> list[str]:
    grafted = fresh.with_name(f"{fresh.name}-grafted")
    try:
        with closing(sqlite3.connect(fresh, isolation_level=None)) as target:
            prepare_file(target, fresh)
            target.executescript(TABLES)
            target.execute(f"PRAGMA user_version = {VERSION}")
            target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with closing(_opened(damaged, fresh, grafted)) as source:
                lost = _copy_all(source, target)
            target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        _remove(grafted)
    return lost


def _copy_all(source: sqlite3.Connection, target: sqlite3.Connection) -> list[str]:
    target.execute("BEGIN")
    target.execute("DELETE FROM mailbox")
    lost: list[str] = []
    saved = 0
    for table in _IN_ORDER:
        copied, missed = copy_table(source, target, table)
        saved += copied
        if missed:
            lost.append(f"{table}: not all could be read; {copied} rows saved")
    if not saved:
        raise sqlite3.DatabaseError("nothing of it can be read")
    lost += mended(target)
    copy_sequence(source, target)
    target.execute("COMMIT")
    return lost


def _opened(damaged: Path, fresh: Path, grafted: Path) -> sqlite3.Connection:
    """Open the damaged file, with a new one's list of tables where its own is lost.

    It says where each table begins, the same in all files of one version.
    """
    source = _open_read_only(damaged)
    if _has_tables(source):
        _refuse_newer(source, damaged)
        return source
    source.close()
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{damaged}{suffix}", f"{grafted}{suffix}")
    _graft(fresh, grafted)
    return _open_read_only(grafted)


def _graft(sound: Path, damaged: Path) -> None:
    """Write a sound file's list of tables over that of a damaged one.

    No table may begin behind the end, so one that was cut short is made long enough.
    """
    octets = sound.read_bytes()
    size = int.from_bytes(octets[16:18], "big")
    count = max(damaged.stat().st_size, len(octets)) // size
    with damaged.open("r+b") as file:
        file.truncate(count * size)
        for number in _pages_of_schema(octets, size):
            file.seek((number - 1) * size)
            file.write(octets[(number - 1) * size : number * size])
        file.seek(28)
        file.write(count.to_bytes(4, "big"))


def _pages_of_schema(octets: bytes, size: int) -> list[int]:
    """List the pages of the table of tables: the first, and what hangs below it.

    The format of a page: https://www.sqlite.org/fileformat2.html#b_tree_pages
    """
    found, waiting = [], [1]
    while waiting:
        number = waiting.pop()
        found.append(number)
        page = octets[(number - 1) * size : number * size]
        header = 100 if number == 1 else 0
        if page[header] != _INTERIOR:
            continue
        cells = int.from_bytes(page[header + 3 : header + 5], "big")
        waiting.append(int.from_bytes(page[header + 8 : header + 12], "big"))
        for cell in range(cells):
            at = header + 12 + 2 * cell
            child = int.from_bytes(page[at : at + 2], "big")
            waiting.append(int.from_bytes(page[child : child + 4], "big"))
    return found


def _open_read_only(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
    )
    connection.text_factory = lambda octets: octets.decode("utf-8", "replace")
    return connection


def _has_tables(source: sqlite3.Connection) -> bool:
    try:
        names = {name for (name,) in source.execute("SELECT name FROM sqlite_schema")}
    except Trouble:
        return False
    return names >= _EVER_SINCE


def _refuse_newer(source: sqlite3.Connection, path: Path) -> None:
    [version] = source.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        source.close()
        raise StoreTooNew(
            f"{path} was written by a newer tui-mail; it is left as it is"
        )
