"""What is done to mailboxes: made, renamed, deleted, subscribed to, emptied."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.model.error import MailError
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.mailbox import Mailbox, SpecialUse
from tui_mail.model.operation import (
    CreateMailbox,
    DeleteMailbox,
    Expunge,
    RenameMailbox,
    SubscribeMailbox,
    Wish,
)
from tui_mail.model.rights import Right
from tui_mail.ui.actions.acting import sentence
from tui_mail.ui.actions.fate import fate_on_server
from tui_mail.ui.screens.confirm import Confirm
from tui_mail.ui.screens.prompt import Prompt
from tui_mail.ui.views import Shown

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_EMPTIED = (SpecialUse.TRASH, SpecialUse.JUNK)


async def new(app: "MailApp") -> None:
    """Make a mailbox in the account of the cursor."""
    app.wishes.refuse_if_read_only()
    chosen = app.panes.mailboxes.selected
    account = chosen[0] if chosen is not None else app.listing.account
    several = len(app.accounts.in_order()) > 1
    question = f"New mailbox in {account}:" if several else "New mailbox:"

    def wish(name: str) -> tuple[Wish, str]:
        return CreateMailbox(name), f'made the mailbox "{name}"'

    await _name(app, account, question, "", wish)


async def rename(app: "MailApp") -> None:
    """Give the mailbox another name; those below it follow."""
    app.wishes.refuse_if_read_only()
    chosen = _chosen(app)
    if chosen is None:
        return
    account, box = chosen
    if box.special_use is SpecialUse.INBOX:
        app.warn(own("The inbox keeps its name."))
        return
    _refuse_forbidden(box)

    def wish(name: str) -> tuple[Wish, str]:
        return RenameMailbox(box.id, name), f'renamed "{box.name}" to "{name}"'

    await _name(app, account, f"Rename {box.name} to:", box.name, wish)


async def delete(app: "MailApp") -> None:
    """Delete the mailbox with all that is in it and below it, after a question."""
    from tui_mail.store.mailbox_wishes import count_below, numbers_below

    app.wishes.refuse_if_read_only()
    chosen = _chosen(app)
    if chosen is None:
        return
    account, box = chosen
    if box.special_use is SpecialUse.INBOX:
        app.warn(own("The inbox cannot be deleted."))
        return
    _refuse_forbidden(box)
    database = app.accounts.database(account)
    below, messages = await asyncio.to_thread(count_below, database, box.id)
    inside = await asyncio.to_thread(numbers_below, database, box.id)
    fate = await fate_on_server(app, account, inside)
    question = _question(box, below, messages) + fate
    if await app.ask(Confirm(question, [("y", "delete")])) != "y":
        return
    shown = app.listing.mailbox
    if app.listing.account == account and shown is not None and _holds(box, shown):
        inbox = app.accounts.inbox(account)
        await app.listing.show(Shown(account, inbox.id))
    said = f'deleted the mailbox "{box.name}"'
    await app.wishes.perform(account, DeleteMailbox(box.id), said)
    await app.load_mailboxes(account)
    app.say(sentence(said))


def _holds(box: Mailbox, other: Mailbox) -> bool:
    """Tell whether a mailbox is another, or lies above it."""
    return other.id == box.id or other.parts[: len(box.parts)] == box.parts


def _question(box: Mailbox, below: int, messages: int) -> str:
    role = f", which is for {box.special_use.value}," if box.special_use else ""
    inside = [
        *([_counted(below, "mailbox below it", "mailboxes below it")] if below else []),
        _counted(messages, "message", "messages") if messages else "no messages",
    ]
    return f"Delete {box.name}{role} with {' and '.join(inside)} for ever?"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _refuse_forbidden(box: Mailbox) -> None:
    if why := box.why_not(Right.DELETE_MAILBOX):
        raise MailError(why)


async def subscribe(app: "MailApp") -> None:
    """Subscribe to the mailbox, or end that."""
    app.wishes.refuse_if_read_only()
    chosen = _chosen(app)
    if chosen is None:
        return
    account, box = chosen
    if app.accounts.account(account).has_local_mailboxes:
        app.say(
            own(f"The mailboxes of {account} are only here: none is subscribed to.")
        )
        return
    subscribed = not box.subscribed
    what = "subscribed to" if subscribed else "unsubscribed from"
    said = f'{what} "{box.name}"'
    await app.wishes.perform(account, SubscribeMailbox(box.id, subscribed), said)
    server = app.accounts.account(account).imap
    leaves = not subscribed and server is not None and server.subscribed_only
    after = "; it leaves the list once the server knows" if leaves else ""
    await app.load_mailboxes(account)
    app.say(sentence(said + after + "."))


async def show_all(app: "MailApp") -> None:
    """Show the mailboxes too that are not subscribed to, or no more."""
    app.accounts.shows_all = not app.accounts.shows_all
    found = 0
    for account in app.accounts.in_order():
        await app.load_mailboxes(account)
        found += sum(not box.followed for box in app.accounts.mailboxes(account))
    if not app.accounts.shows_all:
        app.say(own("Only what is subscribed to is shown."))
    elif found:
        key = app.key_of("mailbox.subscribe")
        many = _counted(found, "mailbox is", "mailboxes are")
        app.say(own(f"{many} not subscribed to; {key} subscribes."))
    else:
        app.say(own("All mailboxes are subscribed to."))


async def empty(app: "MailApp") -> None:
    """Delete all that is in the trash for ever, after a question."""
    from tui_mail.store.mailbox_wishes import numbers_in

    app.wishes.refuse_if_read_only()
    chosen = _chosen(app)
    if chosen is None:
        return
    account, box = chosen
    if box.special_use not in _EMPTIED:
        app.warn(own("Only the trash and the junk mail can be emptied."))
        return
    database = app.accounts.database(account)
    numbers: list[MessageNumber] = await asyncio.to_thread(numbers_in, database, box.id)
    if not numbers:
        app.say(own(f"{box.name} is empty."))
        return
    many = _counted(len(numbers), "message", "messages")
    fate = await fate_on_server(app, account, numbers)
    question = f"Empty {box.name}: delete {many} for ever?{fate}"
    if await app.ask(Confirm(question, [("y", "delete")])) != "y":
        return
    said = f"emptied {box.name}: deleted {many} for ever"
    await app.wishes.perform(account, Expunge(tuple(numbers)), said)
    app.say(sentence(said))


def _chosen(app: "MailApp") -> tuple[str, Mailbox] | None:
    """Give the mailbox under the cursor; say so if there is none."""
    chosen = app.panes.mailboxes.selected
    if chosen is None:
        app.say(own("There is no mailbox here."))
    return chosen


async def _name(
    app: "MailApp",
    account: str,
    question: str,
    value: str,
    wish: Callable[[str], tuple[Wish, str]],
) -> None:
    """Ask for a name until it can be had, or is not wanted any more."""
    mistake = ""
    while True:
        prompt = Prompt(question, value=value)
        prompt.set_error(mistake)
        typed = await app.ask(prompt)
        if typed is None or (typed in ("", value) and not mistake):
            return
        wanted, said = wish(typed)
        try:
            await app.wishes.perform(account, wanted, said)
        except MailError as error:
            mistake, value = error.line, typed
            continue
        await app.load_mailboxes(account)
        _point_at(app, account, wanted, typed)
        app.say(sentence(said))
        return


def _point_at(app: "MailApp", account: str, wish: Wish, name: str) -> None:
    """Put the cursor on the mailbox that was named."""
    wanted: MailboxId | None = wish.mailbox if isinstance(wish, RenameMailbox) else None
    for box in app.accounts.mailboxes(account):
        if wanted is None and (box.name == name or str(box.name).endswith(f"/{name}")):
            wanted = box.id
    if wanted is not None:
        app.panes.mailboxes.point_at(account, wanted)
