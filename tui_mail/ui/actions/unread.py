"""The next unread message, in this mailbox or another."""

import asyncio
from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.model.flags import SEEN
from tui_mail.model.ids import MessageNumber
from tui_mail.model.mailbox import Mailbox, SpecialUse
from tui_mail.model.rights import Right
from tui_mail.ui.views import Shown, following

if TYPE_CHECKING:
    from tui_mail.store.database import Database
    from tui_mail.ui.app import MailApp

_CHUNK = 500
_NOT_AWAITED = frozenset(
    {
        SpecialUse.TRASH,
        SpecialUse.JUNK,
        SpecialUse.SENT,
        SpecialUse.DRAFTS,
        SpecialUse.ALL,
    }
)
"""Mailboxes whose unread messages nobody looks for, as where none can become read."""


async def next_unread(app: "MailApp") -> None:
    """Go to the next unread message; read it where one was being read."""
    from tui_mail.ui.actions.reading import read_here

    if app.listing.shown is None:
        return
    await app.listing.whole()
    number = await _in_list(app) or await _elsewhere(app)
    if number is None:
        app.say(own("Nothing is unread."))
        return
    app.panes.list.go_to_number(number)
    if app.panes.pane == "message":
        await read_here(app)
    else:
        app.panes.enter("list")


async def _in_list(app: "MailApp") -> MessageNumber | None:
    messages = app.panes.list
    numbers = messages.view.numbers
    here = messages.cursor_number
    start = numbers.index(here) + 1 if here is not None else 0
    database = app.accounts.database(app.listing.account)
    box = app.listing.mailbox
    if box is not None and not box.unread:
        return None
    # Where nothing becomes read it has to come to an end all the same.
    ends = box is not None and not box.may(Right.KEEP_SEEN)
    listed = numbers[start:] if ends else following(numbers, start)
    ordered = [MessageNumber(each) for each in listed]
    return await asyncio.to_thread(_first_unread, database, ordered, here)


def _first_unread(
    database: "Database", numbers: list[MessageNumber], but: MessageNumber | None
) -> MessageNumber | None:
    from tui_mail.store.messages import load_summaries

    for start in range(0, len(numbers), _CHUNK):
        for row in load_summaries(database, numbers[start : start + _CHUNK]):
            if row is not None and SEEN not in row.flags and row.number != but:
                return row.number
    return None


async def _elsewhere(app: "MailApp") -> MessageNumber | None:
    """Go to the next mailbox that has unread messages."""
    found = _next_mailbox(app)
    if found is None:
        return None
    account, box = found
    await app.listing.show(Shown(account, box.id))
    await app.listing.whole()
    database = app.accounts.database(account)
    numbers = [MessageNumber(each) for each in app.panes.list.view.numbers]
    return await asyncio.to_thread(_first_unread, database, numbers, None)


def _next_mailbox(app: "MailApp") -> tuple[str, Mailbox] | None:
    boxes = [(name, box) for name, listed in app.accounts.tree() for box in listed]
    shown = app.listing.shown
    here = 0
    for place, (name, box) in enumerate(boxes):
        if shown is not None and (name, box.id) == (shown.account, shown.mailbox):
            here = place + 1
    for name, box in (*boxes[here:], *boxes[:here]):
        awaited = box.special_use not in _NOT_AWAITED and box.may(Right.KEEP_SEEN)
        is_here = shown is not None and (name, box.id) == (shown.account, shown.mailbox)
        if awaited and box.selectable and box.unread and not is_here:
            return name, box
    return None
