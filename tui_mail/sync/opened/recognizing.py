"""Opening a path as what it is: a message, an mbox, or a Maildir."""

from pathlib import Path

from tui_mail.mime.mail_files import MailFile, recognize
from tui_mail.model.error import MailError
from tui_mail.sync.opened.letter import LetterSource
from tui_mail.sync.opened.maildir import MaildirSource
from tui_mail.sync.opened.mbox import MboxSource
from tui_mail.sync.opened.sources import Source


def open_source(path: Path) -> Source:
    """Open a file or a folder of mail; raises MailError where it is none."""
    what = recognize(path)
    try:
        if what is MailFile.MAILDIR:
            return MaildirSource(path)
        if what is MailFile.MBOX:
            return MboxSource(path)
        if what is MailFile.MESSAGE:
            return LetterSource(path)
    except OSError as error:
        raise MailError(f"{path}: {error.strerror or error}") from None
    raise MailError(f"{path}: it is empty; there is no message in it")
