"""Undo and redo, from the journal."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from tui_mail.link.messages import Wake
from tui_mail.model.displayable import own
from tui_mail.model.error import NotFound, NoWayBack
from tui_mail.model.ids import WritingId
from tui_mail.model.operation import JournalEntry
from tui_mail.ui import composing
from tui_mail.ui.actions.acting import sentence
from tui_mail.ui.dates import list_date
from tui_mail.ui.screens.confirm import Confirm

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_FRESH = timedelta(minutes=10)


async def undo(app: "MailApp") -> None:
    """Undo the last action; what may surprise is asked first."""
    from tui_mail.store import journal

    app.wishes.refuse_if_read_only(only_flags=True)
    await app.wishes.look_for_undoable()
    if app.wishes.brings_back:
        await composing.bring_back(app)
        return
    final = _final(app, await app.wishes.last_done())
    if app.wishes.undoable is None:
        said = f"{final} cannot be undone." if final else "nothing is left to undo."
        app.say(sentence(said))
        return
    account, entry = app.wishes.undoable
    why = f"{final} cannot be" if final else _surprise(app, account, entry)
    if why and not await _agreed(app, f"Undo: {entry.said} ({why})?"):
        return
    try:
        done = await app.wishes.write(
            account, lambda tx: journal.undo(tx, entry.id, session=app.session)
        )
    except (NotFound, NoWayBack):
        # Else every further undo would be stopped by this one.
        await app.wishes.write(account, lambda tx: journal.give_up(tx, entry.id))
        await app.wishes.look_for_undoable()
        raise
    await _after(app, account)
    if done.submission is not None:
        await write_on(app, account, done.writing)
        return
    app.say(own(f"Undone: {done.said}"))


async def write_on(app: "MailApp", account: str, writing: WritingId | None) -> None:
    """Open the composer with a mail that was taken out of the outbox."""
    from tui_mail.compose.kept import from_json
    from tui_mail.store.writing import load_writing

    await app.outbox.look()
    if writing is None:
        app.say(own("Taken back: it is not sent, and lies in Drafts."))
        return
    database = app.accounts.database(account)
    draft = from_json(await asyncio.to_thread(load_writing, database, writing))
    note = own("Taken back: it is not sent.")
    await composing.write(app, draft, writing=writing, note=note, warning=False)


async def redo(app: "MailApp") -> None:
    """Do again what was undone last."""
    from tui_mail.store import journal

    app.wishes.refuse_if_read_only(only_flags=True)
    accounts = list(app.accounts)
    found = await asyncio.to_thread(_last_undone, app, accounts)
    if found is None:
        app.say(own("Nothing is left to do again."))
        return
    account, entry = found
    done = await app.wishes.write(
        account, lambda tx: journal.redo(tx, entry.id, session=app.session)
    )
    await _after(app, account)
    app.say(own(f"Done again: {done.said}"))


def _final(app: "MailApp", latest: tuple[str, JournalEntry] | None) -> str:
    """Name what was done last of all where there is no way back from it."""
    if latest is None or latest == app.wishes.undoable:
        return ""
    entry = latest[1]
    return entry.said if entry.session == app.session else ""


def _last_undone(
    app: "MailApp", accounts: list[str]
) -> tuple[str, JournalEntry] | None:
    """Find what a redo does, in all accounts together: what was undone last.

    That is what was done first of it, and nothing was done in any account since.
    """
    from tui_mail.store.journal import last_done, last_undone

    databases = [(account, app.accounts.database(account)) for account in accounts]
    done = [(name, entry.at) for name, one in databases if (entry := last_done(one))]
    found = [
        (account, entry)
        for account, one in databases
        if (entry := last_undone(one))
        and all(at < entry.at for name, at in done if name != account)
    ]
    return min(found, key=lambda pair: pair[1].at, default=None)


def _surprise(app: "MailApp", account: str, entry: JournalEntry) -> str:
    """Say why an undo may surprise; nothing if it does not."""
    shown = app.listing.shown
    now = app.real_time()
    if entry.session != app.session:
        return f"of an earlier start, {list_date(entry.at, now)}"
    if now - entry.at > _FRESH:
        return f"done at {list_date(entry.at, now)}"
    if entry.mailbox is None and not entry.messages:
        # It is about mailboxes, which are in sight everywhere.
        return ""
    if shown is None or shown.account != account or shown.mailbox != entry.mailbox:
        box = app.accounts.mailbox(account, entry.mailbox)
        return f"done in {box.name}" if box else "not done in this list"
    return ""


async def _agreed(app: "MailApp", question: str) -> bool:
    return await app.ask(Confirm(question, [("y Enter", "undo")])) is not None


async def _after(app: "MailApp", account: str) -> None:
    app.engines.send(account, Wake())
    await app.wishes.carry_on(account)
    await app.wishes.look_for_undoable()
