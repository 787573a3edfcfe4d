"""Writing: new messages, answers, messages sent on, drafts taken up again."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tui_mail.compose import forwarding, replying, resuming
from tui_mail.compose.beginning import linked, new_message, not_taken
from tui_mail.compose.draft import Draft
from tui_mail.compose.identity import Identity, identity_of
from tui_mail.compose.mailto import draft_fields_of
from tui_mail.compose.original import Original
from tui_mail.model.displayable import own
from tui_mail.model.error import MailError
from tui_mail.model.ids import MessageNumber
from tui_mail.ui import composing, originals
from tui_mail.ui.composing import write
from tui_mail.ui.screens.confirm import Confirm

if TYPE_CHECKING:
    from tui_mail.store.database import Database
    from tui_mail.ui.app import MailApp

Answering = Callable[[Original, Identity], Draft]


# New messages.


async def compose(app: "MailApp") -> None:
    """Write a message, from the account that is in sight if that can send."""
    refuse_if_only_read(app)
    account = _writer(app, app.listing.shown.account if app.listing.shown else "")
    draft = new_message(identity(app, account))
    await write(app, draft, focus="to", note=own(_why_unsent(app, account)))


async def follow_link(app: "MailApp", url: str) -> None:
    """Write what a mailto: link asks for."""
    refuse_if_only_read(app)
    link = draft_fields_of(url)
    account = _writer(app, app.listing.account)
    draft = linked(new_message(identity(app, account), body=link.body), link)
    focus = ("body" if draft.subject else "subject") if draft.to else "to"
    note = not_taken([link]) or _why_unsent(app, account)
    await write(app, draft, focus=focus, note=own(note))


# Answers.


async def reply(app: "MailApp") -> None:
    """Answer who wrote the message; of one's own, who got it."""
    await _answer(app, replying.reply)


async def reply_all(app: "MailApp") -> None:
    """Answer everybody."""
    await _answer(app, replying.reply_to_all)


async def reply_list(app: "MailApp") -> None:
    """Answer the mailing list."""
    await _answer(app, replying.reply_to_list)


async def _answer(app: "MailApp", answering: Answering) -> None:
    refuse_if_only_read(app)
    number = await _one_message(app, "answered")
    if number is None:
        return
    account = app.listing.account
    found = await originals.find(app, account, number)
    writer = _writer(app, account)
    draft = answering(found.original, identity(app, writer))
    if writer != account:
        # What it answers lies in a store that nothing is sent from.
        draft = replace(draft, parent=None, parent_flag="")
    focus = "body" if draft.to else "to"
    note = own(found.note or _why_unsent(app, writer))
    await write(app, draft, focus=focus, note=note)


# Sent on.


async def forward(app: "MailApp") -> None:
    """Send the message on within the text; several marked ones as attachments."""
    refuse_if_only_read(app)
    numbers = await _several_messages(app)
    if not numbers:
        return
    account = app.listing.account
    found = [await originals.find(app, account, number) for number in numbers]
    who = identity(app, account)
    if len(found) == 1:
        draft = forwarding.forward_inline(found[0].original, who)
        note = found[0].note
    else:
        draft = forwarding.forward_attached([one.original for one in found], who)
        note = ""
    missing = await originals.want_attached(app, account, draft.attachments)
    app.panes.list.clear_marks()
    said = missing or note or _why_unsent(app, account)
    await write(app, draft, focus="to", note=own(said))


async def edit_as_new(app: "MailApp") -> None:
    """Begin a message with all that this one has."""
    refuse_if_only_read(app)
    number = await _one_message(app, "edited")
    if number is None:
        return
    account = app.listing.account
    found = await originals.find(app, account, number, exact=True)
    resumed = resuming.edit_as_new(found.original, identity(app, account))
    missing = await originals.want_attached(app, account, resumed.draft.attachments)
    note = missing or " ".join(resumed.warnings) or _why_unsent(app, account)
    await write(app, resumed.draft, note=own(note))


# Drafts.


async def resume(app: "MailApp", account: str, number: MessageNumber) -> None:
    """Go on writing a message of Drafts, ours or another client's."""
    from tui_mail.store.drafts import is_in_outbox

    database = app.accounts.database(account)
    if await asyncio.to_thread(is_in_outbox, database, number):
        undo, shows = app.key_of("app.undo"), app.key_of("app.operations")
        raise MailError(
            f"it is in the outbox; {undo} takes it back, or {shows} and there x"
        )
    found = await originals.find(app, account, number, exact=True)
    resumed = resuming.resume(found.original, identity(app, account))
    missing = await originals.want_attached(app, account, resumed.draft.attachments)
    note = missing or " ".join(resumed.warnings) or _why_unsent(app, account)
    draft = await asyncio.to_thread(_with_forwarded, database, resumed.draft)
    await write(app, draft, note=own(note))


def _with_forwarded(database: "Database", draft: Draft) -> Draft:
    """Find what a draft forwards: it says so by its Message-ID alone."""
    from tui_mail.store.threads import find_by_message_id

    if not draft.forwarded_id or draft.parent_flag != forwarding.FORWARDED:
        return draft
    found = find_by_message_id(database, draft.forwarded_id)
    return replace(draft, parent=found[0] if found else None)


async def bring_back(app: "MailApp") -> None:
    """Write on what was discarded last."""
    refuse_if_only_read(app)
    await composing.bring_back(app)


# Who writes, and about what.


def refuse_if_only_read(app: "MailApp") -> None:
    """Raise MailError where nothing can be written."""
    if app.opened is not None:
        raise MailError("a file is only read: nothing is answered or sent on from here")
    app.wishes.refuse_if_read_only()


def identity(app: "MailApp", account: str) -> Identity:
    """Give who writes from an account."""
    accounts = app.settings.accounts
    return identity_of(accounts[account], accounts.values())


def _writer(app: "MailApp", account: str) -> str:
    """Name the account that writes: this one, else the first that can send."""
    names = app.accounts.in_order()
    able = [name for name in names if app.accounts.account(name).smtp is not None]
    if account in able or (account and not able):
        return account
    if not names:
        raise MailError("there is no account to write from")
    return (able or names)[0]


def _why_unsent(app: "MailApp", account: str) -> str:
    if app.accounts.account(account).smtp is not None:
        return ""
    return (
        f"{account} has no [smtp] in the settings: it can be kept as draft, not sent."
    )


async def _one_message(app: "MailApp", done: str) -> MessageNumber | None:
    """Find the one message that a key acts on; of several marked ones ask."""
    messages = app.panes.list
    here, marked = messages.cursor_number, messages.marked
    if here is None:
        app.say(own("There is no message here."))
        return None
    if not marked or marked == {here}:
        return here
    if len(marked) == 1:
        answers = [("Enter", "the marked one"), (".", "only this one")]
        answer = await app.ask(Confirm("1 message is marked", answers))
        [only] = marked
        return only if answer == "Enter" else here if answer else None
    said = f"{len(marked):,} messages are marked, and one is {done} at a time"
    answer = await app.ask(Confirm(said, [("Enter .", "only this one")]))
    return here if answer else None


async def _several_messages(app: "MailApp") -> tuple[MessageNumber, ...]:
    """Find the messages that a key acts on: the marks, else the cursor's."""
    from tui_mail.ui.actions.acting import find_targets

    messages = app.panes.list
    if not messages.marked:
        here = messages.cursor_number
        if here is None:
            app.say(own("There is no message here."))
        return () if here is None else (here,)
    targets = await find_targets(app)
    return targets.numbers if targets is not None else ()
