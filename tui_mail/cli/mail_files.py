"""Mail in files of other programs: one message, an mbox, or a Maildir."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from tui_mail.mime.mail_files import MailFile, recognize
from tui_mail.mime.maildir import (
    MaildirEntry,
    find_moved,
    scan_maildir,
)
from tui_mail.mime.mbox import read_mbox_pieces, scan_mbox
from tui_mail.model.error import MailError
from tui_mail.model.flags import Flags

_PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class FileMail:
    """A message as it lies in a file."""

    name: str
    """Of the file."""
    size: int
    pieces: Callable[[], Iterator[bytes]]
    """Reads it, as often as it is called; raises MailError, OSError."""
    arrived: datetime | None
    written: datetime
    """When the file was changed: not before the message came."""
    flags: Flags | None = None
    """None where its header fields say them."""
    folder: tuple[str, ...] = ()
    """The names of the folder that it lies in, below what was opened."""


@dataclass(frozen=True, slots=True)
class MailFiles:
    """What was opened."""

    mails: Iterator[FileMail]
    total: int
    """Octets in all; 0 where that is not known before."""


@contextmanager
def open_mail_files(path: Path) -> Iterator[MailFiles]:
    """Open whatever it is; raises NotFound, MailError where it holds no mail."""
    what = recognize(path)
    if what is MailFile.MAILDIR:
        yield MailFiles(_of_maildir(path), 0)
        return
    with path.open("rb") as file:
        size = path.stat().st_size
        if what is MailFile.MESSAGE:
            yield MailFiles(iter([_of_file(path)]), size)
        else:
            yield MailFiles(_of_mbox(path, file), size)


def _of_maildir(folder: Path) -> Iterator[FileMail]:
    for entry in scan_maildir(folder):
        yield FileMail(
            name=str(entry.path),
            size=entry.size,
            pieces=partial(_read_entry, entry),
            arrived=entry.arrived,
            written=entry.arrived,
            flags=entry.flags,
            folder=entry.folder,
        )


def _of_mbox(path: Path, file: BinaryIO) -> Iterator[FileMail]:
    written = _written(path)
    try:
        for number, span in enumerate(scan_mbox(file), 1):
            yield FileMail(
                name=f"{path}, message {number}",
                size=span.end - span.start,
                pieces=partial(read_mbox_pieces, file, span),
                arrived=span.arrived,
                written=written,
            )
    except OSError as error:
        raise MailError(f"{path}: {error.strerror}") from error


def _of_file(path: Path) -> FileMail:
    return FileMail(
        name=str(path),
        size=path.stat().st_size,
        pieces=partial(_read_file, path),
        arrived=None,
        written=_written(path),
        flags=frozenset(),
    )


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)


def _read_entry(entry: MaildirEntry) -> Iterator[bytes]:
    path: Path | None = entry.path
    if not entry.path.exists():
        path = find_moved(entry.path)
    if path is None:
        raise MailError(f"{entry.path}: it is not there any more")
    yield from _read_file(path)


def _read_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
