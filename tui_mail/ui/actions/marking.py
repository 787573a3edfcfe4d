"""Marks: one, a range, all that match."""

from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.model.ids import MessageNumber
from tui_mail.ui.actions.asking import ask_query

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


def mark(app: "MailApp") -> None:
    """Mark the cursor's message or folded thread, or take the mark off."""
    app.panes.list.toggle_mark()


def mark_range(app: "MailApp") -> None:
    """Mark from the last mark to the cursor."""
    app.panes.list.mark_range()


async def mark_query(app: "MailApp") -> None:
    """Mark what a query finds in this list."""

    async def apply(query: str) -> None:
        await app.listing.whole()
        found = await app.listing.matching(query)
        listed = {MessageNumber(each) for each in app.panes.list.view.numbers}
        app.panes.list.mark(found & listed)
        app.say(
            own(f"{len(found & listed):,} match, {len(app.panes.list.marked):,} marked")
        )

    if app.listing.shown is not None:
        await ask_query(app, "Mark:", apply)
