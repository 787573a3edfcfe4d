"""Files of this machine that go with a message."""

import mimetypes
import stat
from pathlib import Path

from tui_mail.compose.draft import Attachment, FileSource
from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError

_UNKNOWN = "application/octet-stream"


def attachment_of(path: Path) -> Attachment:
    """Describe a file; raises MailError where it cannot be read."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise MailError(f"{path}: only a file can be attached")
        with path.open("rb"):
            pass
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise MailError(f"{path}: {why}") from None
    kind, encoding = mimetypes.guess_type(path.name)
    return Attachment(
        name=displayable(path.name),
        type=kind if kind and not encoding else _UNKNOWN,
        size=found.st_size,
        source=FileSource(path.absolute()),
    )
