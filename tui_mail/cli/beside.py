"""Files that are written beside others until all of them is there."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tui_mail.model.error import MailError


def beside_of(path: Path) -> Path:
    """Name the file that is written in place of another at first."""
    return path.with_name(f".{path.name}.tui-mail")


@contextmanager
def locked(path: Path) -> Iterator[BinaryIO]:
    """Open a file of ours that is written anew; it is gone at the end, if not renamed.

    Raises MailError where another process writes it.
    """
    with open(path, "r+b", opener=_private) as file:
        _lock(file.fileno(), path)
        file.truncate()
        try:
            yield file
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other exports out of a folder; raises MailError where one is at work there."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise MailError(f"{path}: another export writes there now") from None


def _private(path: str, how: int) -> int:
    return os.open(path, how | os.O_CREAT, 0o600)


def finish(file: BinaryIO) -> None:
    """Have all of a file on the disk; raises OSError."""
    file.flush()
    os.fsync(file.fileno())


def give_name(path: Path, name: Path) -> None:
    """Give a file its name, where nothing has that name."""
    try:
        os.link(path, name)
    except FileExistsError:
        raise MailError(f"{name}: it was made by another program meanwhile") from None
    except OSError:
        # Not every file system has links.
        path.rename(name)
