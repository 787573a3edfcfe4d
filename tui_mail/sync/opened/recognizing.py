"""Telling what a path is: a message, an mbox, a Maildir, or nothing of the kind."""

import re
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from tui_mail.mime.mbox import is_mbox
from tui_mail.model.error import MailError, NotFound
from tui_mail.sync.opened.letter import LetterSource
from tui_mail.sync.opened.maildir import MaildirSource
from tui_mail.sync.opened.mbox import MboxSource
from tui_mail.sync.opened.sources import Source, open_unseen

_LOOKED_AT = 4_096
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?[!-9;-~]{1,200}[ \t]*:")


def open_source(path: Path) -> Source:
    """Open a file or a folder of mail; raises MailError, OSError where it is none."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise NotFound(f"{path}: there is no such file or folder") from None
    if S_ISDIR(mode):
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
    if b"\0" in octets or not _BEGINS.match(octets.lstrip(b"\r\n")):
        raise MailError(f"{path}: this is no message, no mbox and no Maildir")
    return LetterSource(path)
