"""Files that go with a message."""

import asyncio
from typing import TYPE_CHECKING

from tui_mail.compose.draft import Attachment, Draft, PartSource
from tui_mail.compose.files import attachment_of
from tui_mail.model.error import MailError
from tui_mail.model.sizes import size_text
from tui_mail.ui.screens.file_picker import FilePicker

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_LARGEST = 500_000_000
"""Octets above which nothing is attached: all of it has to be in memory."""


async def ask_for_file(app: "MailApp") -> Attachment | None:
    """Ask for a path; None where no file is wanted. Raises MailError."""
    path = await app.ask(FilePicker("Attach:"))
    if path is None:
        return None
    attachment = await asyncio.to_thread(attachment_of, path)
    if attachment.size > _LARGEST:
        size = size_text(attachment.size)
        raise MailError(f"{attachment.name} has {size}: no server takes so much")
    return attachment


def has_parts(draft: Draft) -> bool:
    """Tell whether parts of other messages go with it: they lie in one account's store."""
    return any(isinstance(each.source, PartSource) for each in draft.attachments)
