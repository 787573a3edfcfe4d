"""Telling what a path is: a message, an mbox, a Maildir, or nothing of the kind."""

from pathlib import Path
from stat import S_ISDIR, S_ISREG

from tui_mail.mime.headers import begins_message
from tui_mail.mime.maildir import is_maildir
from tui_mail.mime.mbox import is_mbox
from tui_mail.model.error import MailError, NotFound
from tui_mail.sync.opened.letter import LetterSource
from tui_mail.sync.opened.maildir import MaildirSource
from tui_mail.sync.opened.mbox import MboxSource
from tui_mail.sync.opened.sources import Source, open_unseen

_LOOKED_AT = 4_096


def open_source(path: Path) -> Source:
    """Open a file or a folder of mail; raises MailError where it is none."""
    try:
        return _recognized(path)
    except FileNotFoundError:
        raise NotFound(f"{path}: there is no such file or folder") from None
    except OSError as error:
        raise MailError(f"{path}: {error.strerror or error}") from None


def _recognized(path: Path) -> Source:
    mode = path.stat().st_mode
    if S_ISDIR(mode):
        if not _has_maildir(path):
            raise NotFound(f"{path}: there is no Maildir: no folder cur or new")
        return MaildirSource(path)
    if not S_ISREG(mode):
        raise MailError(f"{path}: this is neither a file nor a folder")
    with open_unseen(path) as file:
        if is_mbox(file):
            return MboxSource(path)
        file.seek(0)
        octets = file.read(_LOOKED_AT)
    if not octets.strip():
        raise MailError(f"{path}: it is empty; there is no message in it")
    if not begins_message(octets):
        raise MailError(f"{path}: this is no message, no mbox and no Maildir")
    return LetterSource(path)


def _has_maildir(folder: Path) -> bool:
    """Tell whether it is a Maildir or holds some, without going through all of it."""
    return is_maildir(folder) or any(
        is_maildir(each) for each in folder.iterdir() if each.is_dir()
    )
