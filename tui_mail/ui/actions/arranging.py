"""How the list is arranged: threads, folds, order."""

from dataclasses import replace
from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_ORDERS = (
    ("date", "Newest first"),
    ("oldest", "Oldest first"),
    ("from", "By sender"),
    ("subject", "By subject"),
    ("size", "Largest first"),
    ("arrival", "By arrival"),
)


async def threads(app: "MailApp") -> None:
    """Show threads, or single messages."""
    order = app.listing.order
    await app.listing.reorder(replace(order, threads=not order.threads))
    app.say(own("Threads" if app.listing.order.threads else "Single messages"))


async def sort(app: "MailApp") -> None:
    """Choose the order from a menu."""
    now = app.listing.order.sort
    first = [(name, said) for name, said in _ORDERS if name == now]
    others = [(name, said) for name, said in _ORDERS if name != now]
    items = [
        Item(own(said), own("now" if name == now else ""), name)
        for name, said in (*first, *others)
    ]
    chosen = await app.ask(Picker("Sort", items))
    if isinstance(chosen, str) and chosen != now:
        await app.listing.reorder(replace(app.listing.order, sort=chosen))


def fold(app: "MailApp") -> None:
    """Fold the thread, or the mailbox."""
    if app.panes.pane == "mailboxes":
        app.panes.mailboxes.fold()
    elif app.panes.pane == "list":
        app.panes.list.fold()


def unfold(app: "MailApp") -> None:
    """Unfold the thread, or the mailbox."""
    if app.panes.pane == "mailboxes":
        app.panes.mailboxes.unfold()
    elif app.panes.pane == "list":
        app.panes.list.unfold()
