"""Opening messages, and reading one after the other."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


async def read(app: "MailApp") -> None:
    """Read the cursor's message; among the mailboxes and the parts, show the row."""
    panes = app.panes
    if panes.pane == "mailboxes":
        panes.mailboxes.open_selected()
    elif panes.pane == "message":
        if panes.lists_parts:
            panes.parts.row_chosen()
    else:
        await read_here(app)


async def read_here(app: "MailApp") -> None:
    """Read the message under the list's cursor."""
    number = app.panes.list.cursor_number
    if number is not None:
        app.panes.enter("message")
        await app.reading.read(number)


async def read_next(app: "MailApp") -> None:
    """Read the next message."""
    if app.panes.list.move(1):
        await read_here(app)


async def read_previous(app: "MailApp") -> None:
    """Read the message before."""
    if app.panes.list.move(-1):
        await read_here(app)
