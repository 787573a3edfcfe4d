"""Telling what a path is: a message, an mbox, a Maildir, or nothing of the kind."""

import os
from enum import Enum, auto
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO

from tui_mail.mime.headers import begins_message
from tui_mail.mime.maildir import is_maildir, maildir_folders
from tui_mail.mime.mbox import is_mbox
from tui_mail.model.error import MailError, NotFound

_LOOKED_AT = 4_096


class MailFile(Enum):
    """What mail lies in."""

    MESSAGE = auto()
    MBOX = auto()
    MAILDIR = auto()
    EMPTY = auto()
    """A file without anything in it: an mbox without messages."""


def recognize(path: Path) -> MailFile:
    """Tell what a path is; raises NotFound, MailError where it holds no mail."""
    try:
        return _recognized(path)
    except FileNotFoundError:
        raise NotFound(f"{path}: there is no such file or folder") from None
    except OSError as error:
        raise MailError(f"{path}: {error.strerror or error}") from None


def _recognized(path: Path) -> MailFile:
    mode = path.stat().st_mode
    if S_ISDIR(mode):
        # Where there is one near at hand, the others are not looked for.
        if not is_maildir(path) and not any(map(is_maildir, path.iterdir())):
            maildir_folders(path)
        return MailFile.MAILDIR
    if not S_ISREG(mode):
        raise MailError(f"{path}: this is neither a file nor a folder")
    with open_unseen(path) as file:
        if is_mbox(file):
            return MailFile.MBOX
        file.seek(0)
        octets = file.read(_LOOKED_AT)
    if not octets.strip():
        return MailFile.EMPTY
    if not begins_message(octets):
        raise MailError(f"{path}: this is no message, no mbox and no Maildir")
    return MailFile.MESSAGE


def open_unseen(path: Path) -> BinaryIO:
    """Open a file so that not even the time of its last reading changes.

    That can be had only of one's own files; others' are read all the same. A pipe that
    nobody writes to is not waited for.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
    unseen = getattr(os, "O_NOATIME", 0)
    try:
        descriptor = os.open(path, flags | unseen)
    except PermissionError:
        descriptor = os.open(path, flags)
    return os.fdopen(descriptor, "rb")
