"""What is being written, kept at every pause of typing until it is sent or given up.

Each row names the process that writes; where that lives no more, it was left behind.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from tui_mail.model.error import NotFound
from tui_mail.model.ids import MessageNumber, WritingId
from tui_mail.store.contents import moment_of, seconds_of
from tui_mail.store.database import Transaction
from tui_mail.store.source import Source

_GONE = "what was written there is kept no more"
_STARTED = 18
"""Where the start stands behind the state in ``/proc/PID/stat``."""
_ENDED = "ZX"


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What somebody wrote when the program ended."""

    id: WritingId
    fields: str
    """As they were given to :func:`save_writing`."""
    at: datetime
    """When they were kept last."""


def begin_writing(
    tx: Transaction,
    fields: str,
    at: datetime,
    *,
    sources: Iterable[MessageNumber] = (),
) -> WritingId:
    """Begin to keep what this process writes.

    ``sources``: the messages that parts are attached of; they stay here meanwhile.
    """
    made = tx.connection.execute(
        "INSERT INTO writing (fields, at, process, born) VALUES (?, ?, ?, ?)",
        (fields, seconds_of(at), *_own()),
    )
    writing = WritingId(made.lastrowid or 0)
    _note_sources(tx, writing, sources)
    return writing


def save_writing(
    tx: Transaction,
    writing: WritingId,
    fields: str,
    at: datetime,
    *,
    sources: Iterable[MessageNumber] = (),
) -> None:
    """Keep what is written now; it is this process that writes from then on.

    Raises NotFound if it was ended: what was sent or given up does not come back.
    """
    changed = tx.connection.execute(
        "UPDATE writing SET fields = ?, at = ?, process = ?, born = ? WHERE id = ?",
        (fields, seconds_of(at), *_own(), writing),
    ).rowcount
    if not changed:
        raise NotFound(_GONE)
    tx.connection.execute("DELETE FROM writing_source WHERE writing = ?", (writing,))
    _note_sources(tx, writing, sources)


def load_writing(source: Source, writing: WritingId) -> str:
    """Load the fields of what is written; raises NotFound."""
    row = source.connection.execute(
        "SELECT fields FROM writing WHERE id = ?", (writing,)
    ).fetchone()
    if row is None:
        raise NotFound(_GONE)
    return str(row[0])


def load_left_behind(source: Source) -> list[LeftBehind]:
    """Load what processes left that live no more, the oldest first.

    What is in the outbox is not left behind.
    """
    rows = source.connection.execute(
        "SELECT id, fields, at, process, born FROM writing WHERE id NOT IN"
        " (SELECT writing FROM submission) ORDER BY id"
    ).fetchall()
    return [
        LeftBehind(WritingId(number), fields, moment_of(at))
        for number, fields, at, process, born in rows
        if not _lives(process, born)
    ]


def adopt_writing(tx: Transaction, writing: WritingId) -> bool:
    """Have this process write on what another one left; False if it is gone.

    Also where another one that lives writes it on: two cannot.
    """
    row = tx.connection.execute(
        "SELECT process, born FROM writing WHERE id = ?", (writing,)
    ).fetchone()
    if row is None:
        return False
    in_outbox = tx.connection.execute(
        "SELECT 1 FROM submission WHERE writing = ?", (writing,)
    ).fetchone()
    if in_outbox is None and tuple(row) != _own() and _lives(*row):
        return False
    tx.connection.execute(
        "UPDATE writing SET process = ?, born = ? WHERE id = ?", (*_own(), writing)
    )
    return True


def end_writing(tx: Transaction, writing: WritingId) -> None:
    """Forget what was written: it is sent, is a draft, or is not wanted."""
    tx.connection.execute("DELETE FROM writing WHERE id = ?", (writing,))


def _note_sources(
    tx: Transaction, writing: WritingId, sources: Iterable[MessageNumber]
) -> None:
    tx.connection.executemany(
        "INSERT OR IGNORE INTO writing_source (writing, message) VALUES (?, ?)",
        [(writing, number) for number in sources],
    )


def _own() -> tuple[int, str]:
    return os.getpid(), _born_of_own(os.getpid())


@cache
def _born_of_own(process: int) -> str:
    return _born(process)


def _lives(process: int, born: str) -> bool:
    """Tell whether the process of that number is still the one that was born then."""
    if process <= 0:
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return not born or _born(process) in ("", born)


def _born(process: int) -> str:
    """Say when a process was born, and after which start of the machine.

    Numbers of processes are used again. Empty where no such thing can be read; one that
    ended and was not buried yet was never born.
    """
    try:
        started = Path(f"/proc/{process}/stat").read_text("ascii", "replace")
        machine = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
    state, *others = started.rpartition(")")[2].split()
    return "ended" if state in _ENDED else f"{machine} {others[_STARTED]}"
