"""Files that go with a message."""

import asyncio
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING

from tui_mail.compose.draft import Attachment, Draft, FileSource, PartSource
from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError
from tui_mail.ui.screens.file_picker import FilePicker

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_UNKNOWN = "application/octet-stream"


async def ask_for_file(app: "MailApp") -> Attachment | None:
    """Ask for a path; None where no file is wanted. Raises MailError."""
    path = await app.ask(FilePicker("Attach:"))
    return None if path is None else await asyncio.to_thread(attachment_of, path)


def attachment_of(path: Path) -> Attachment:
    """Describe a file; raises MailError where it cannot be read."""
    try:
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise MailError(f"{path}: {why}") from None
    kind, encoding = mimetypes.guess_type(path.name)
    return Attachment(
        name=displayable(path.name),
        type=kind if kind and not encoding else _UNKNOWN,
        size=size,
        source=FileSource(path.absolute()),
    )


def has_parts(draft: Draft) -> bool:
    """Tell whether parts of other messages go with it: they lie in one account's store."""
    return any(isinstance(each.source, PartSource) for each in draft.attachments)
