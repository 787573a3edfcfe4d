"""Files of other programs that mail is written into; nothing there is ever changed.

What was begun and not finished, as when the program was killed, is gone on with or done
anew at the next time: a message is there whole, once, or not at all.
"""

import fcntl
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from tui_mail.cli.beside import alone, beside_of, finish, give_name, locked
from tui_mail.mime.from_lines import mail_digest
from tui_mail.mime.maildir import (
    is_maildir,
    keep_maildir,
    make_maildir,
    scan_maildir,
    unlettered,
    write_maildir,
)
from tui_mail.mime.mbox import (
    is_mbox,
    read_mbox_pieces,
    scan_mbox,
    write_mbox_message,
)
from tui_mail.model.error import MailError, UsageError
from tui_mail.model.flags import Flags

_PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A message to be written."""

    pieces: Iterable[bytes]
    flags: Flags
    arrived: datetime
    sender: str
    """The address; empty where there is none."""


class MailTarget(ABC):
    """Something that messages are written into."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.digests: set[bytes] = set()
        """Of the messages that are there (see :func:`mail_digest`)."""
        self.left_out: set[str] = set()
        """Keywords that found no place there."""

    @abstractmethod
    def write(self, mail: OutgoingMail) -> None:
        """Write a message; raises OSError, MailError."""


@contextmanager
def open_target(name: str, count: int) -> Iterator[MailTarget]:
    """Open what a name means for so many messages; what was written is kept at the end.

    Raises UsageError where it means nothing, MailError where it is something else.
    """
    if not name:
        raise UsageError("--to: name a file or a folder")
    try:
        with _opened(name, count) as target:
            yield target
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        hidden = str(beside_of(Path(name)))
        where = name if error.filename in (None, hidden) else error.filename
        raise MailError(f"{where}: {error.strerror}") from error


@contextmanager
def _opened(name: str, count: int) -> Iterator[MailTarget]:
    path = Path(name)
    if path.is_dir() or name.endswith("/"):
        _make_maildir(path)
        with alone(path):
            maildir = _Maildir(path)
            try:
                yield maildir
            finally:
                keep_maildir(path)
    elif path.suffix.lower() == ".mbox":
        with _open_mbox(path) as mbox:
            yield mbox
    elif path.suffix.lower() == ".eml":
        if count != 1:
            raise UsageError(
                f"{name}: a file .eml holds one message, and there are {count:,}: "
                "write NAME/ for a Maildir, or NAME.mbox"
            )
        yield _File(path)
    else:
        raise UsageError(
            f"{name}: write NAME/ for a Maildir, NAME.mbox, or NAME.eml for one message"
        )


def _make_maildir(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise MailError(f"{path}: this is no folder")
    if path.is_dir() and not is_maildir(path) and any(path.iterdir()):
        raise MailError(
            f"{path}: this folder holds something else; name one that is not there"
        )
    make_maildir(path)


class _Maildir(MailTarget):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        for entry in scan_maildir(path, within=False):
            # One that goes meanwhile is not there.
            with suppress(FileNotFoundError), entry.path.open("rb") as file:
                self.digests.add(mail_digest(_pieces(file)))

    def write(self, mail: OutgoingMail) -> None:
        write_maildir(
            self.path,
            mail.pieces,
            flags=mail.flags,
            arrived=mail.arrived,
            lasting=False,
        )
        self.left_out |= unlettered(self.path, mail.flags)


class _File(MailTarget):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        if path.exists():
            with path.open("rb") as file:
                self.digests.add(mail_digest(_pieces(file)))

    def write(self, mail: OutgoingMail) -> None:
        if self.path.exists():
            raise MailError(f"{self.path}: there is another message already")
        beside = beside_of(self.path)
        with locked(beside) as file:
            file.writelines(mail.pieces)
            finish(file)
            give_name(beside, self.path)


class _Mbox(MailTarget):
    """New messages are written beside it first, and added when all are there."""

    def __init__(self, path: Path, beside: BinaryIO) -> None:
        super().__init__(path)
        self._beside = beside
        if path.exists():
            # That it cannot be written is said before anything is begun.
            with path.open("r+b") as file:
                self._look(file)

    def _look(self, file: BinaryIO) -> None:
        size = file.seek(0, 2)
        if size and not is_mbox(file):
            raise MailError(f"{self.path}: this is no mbox")
        for span in scan_mbox(file):
            self.digests.add(mail_digest(read_mbox_pieces(file, span)))
        file.seek(max(0, size - 3))
        end = file.read()
        if size and not end.endswith((b"\n\n", b"\n\r\n")):
            self._beside.write(b"\n" if end.endswith(b"\n") else b"\n\n")

    def write(self, mail: OutgoingMail) -> None:
        self._beside.writelines(
            write_mbox_message(mail.pieces, arrived=mail.arrived, sender=mail.sender)
        )


@contextmanager
def _open_mbox(path: Path) -> Iterator[MailTarget]:
    _go_on(path)
    beside = beside_of(path)
    with locked(beside) as file:
        mbox = _Mbox(path, file)
        begun = file.tell()
        size = path.stat().st_size if path.exists() else 0
        yield mbox
        if file.tell() == begun:
            return
        finish(file)
        if not path.exists():
            give_name(beside, path)
        else:
            # From here on it is known where it belongs.
            beside.rename(_added_at(path, size))
            if not _go_on(path):
                raise MailError(
                    f"{path}: another program wrote into it meanwhile; nothing was added"
                )


def _go_on(path: Path) -> bool:
    """Add to an mbox what was to be added; False if it is not what it was."""
    done = True
    for added in _waiting(path):
        start = int(added.name.rpartition("-")[2])
        with added.open("rb") as source, path.open("r+b", buffering=0) as target:
            fcntl.lockf(target, fcntl.LOCK_EX)
            target.seek(start)
            same = target.seek(0, 2) >= start and _begins_with(source, target, start)
            if same:
                try:
                    _append(target, source)
                except OSError:
                    # As where there is no room. Others read it too: it is as it was.
                    target.truncate(start)
                    added.unlink()
                    raise
            done = done and same
        added.unlink()
    return done


def _append(target: FileIO, source: BinaryIO) -> None:
    for piece in _pieces(source):
        rest = memoryview(piece)
        while rest:
            rest = rest[target.write(rest) :]
    os.fsync(target.fileno())


def _begins_with(source: BinaryIO, target: FileIO, start: int) -> bool:
    """Tell whether a file goes on from there as another begins; both stand behind that."""
    target.seek(start)
    while there := target.read(_PIECE):
        if source.read(len(there)) != there:
            return False
    return True


def _waiting(path: Path) -> list[Path]:
    fits = re.compile(re.escape(_added_at(path, 0).name[:-1]) + r"\d+")
    if not path.exists():
        return []
    return [one for one in path.parent.iterdir() if fits.fullmatch(one.name)]


def _added_at(path: Path, size: int) -> Path:
    """Name the file of what is to be added to an mbox behind so many octets."""
    return path.with_name(f".{path.name}.tui-mail-at-{size}")


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
