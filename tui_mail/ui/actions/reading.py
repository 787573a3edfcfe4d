"""Opening messages, and reading one after the other."""

from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.ui.actions.parts import show_part
from tui_mail.ui.views import Shown

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


async def read(app: "MailApp") -> None:
    """Read the cursor's message; among the mailboxes and the parts, show the row."""
    panes = app.panes
    if panes.pane == "mailboxes":
        await _show_mailbox(app)
    elif panes.pane == "list":
        await read_here(app)
    elif panes.lists_parts and panes.parts.chosen is not None:
        await show_part(app, panes.parts.chosen)


async def _show_mailbox(app: "MailApp") -> None:
    selected = app.panes.mailboxes.selected
    if selected is not None and selected[1].selectable:
        await app.listing.show(Shown(selected[0], selected[1].id))
        app.panes.enter("list")
    else:
        app.panes.mailboxes.open_selected()


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
    elif app.panes.list.cursor_number is not None:
        app.say(own("This is the last message."))


async def read_previous(app: "MailApp") -> None:
    """Read the message before."""
    if app.panes.list.move(-1):
        await read_here(app)
    elif app.panes.list.cursor_number is not None:
        app.say(own("This is the first message."))
