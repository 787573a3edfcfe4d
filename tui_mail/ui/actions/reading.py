"""Opening messages, and reading one after the other."""

from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.model.flags import DRAFT
from tui_mail.model.mailbox import SpecialUse
from tui_mail.ui.actions.parts import show_part
from tui_mail.ui.views import Shown

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


async def read(app: "MailApp") -> None:
    """Read the cursor's message, or write it on; among mailboxes and parts, show the row."""
    panes = app.panes
    if panes.pane == "mailboxes":
        await _show_mailbox(app)
    elif panes.lists_parts and panes.parts.chosen is not None:
        await show_part(app, panes.parts.chosen)
    elif panes.pane == "list":
        await open_here(app)
    else:
        await _resumed(app)


async def open_here(app: "MailApp") -> None:
    """Read the list's message, or write it on if it is a draft."""
    if not await _resumed(app):
        await read_here(app)


async def _resumed(app: "MailApp") -> bool:
    """Go on writing the cursor's message if it is a draft; False if it is none."""
    summary = app.panes.list.cursor_summary
    if summary is None or app.read_only or app.opened is not None:
        return False
    account = app.listing.account
    box = app.accounts.mailbox(account, summary.mailbox)
    use = box.special_use if box is not None else None
    is_draft = DRAFT in summary.flags or use is SpecialUse.DRAFTS
    if not is_draft or use is SpecialUse.TRASH:
        return False
    from tui_mail.ui.actions.writing import resume

    await resume(app, account, summary.number)
    return True


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
