"""What an earlier start left: text that was being written, and mails that were kept."""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from tui_mail.compose.draft import Attachment, Draft
from tui_mail.compose.kept import from_json
from tui_mail.link.messages import Wake
from tui_mail.model.displayable import displayable, own
from tui_mail.model.error import MailError
from tui_mail.ui.safekeeping import Safekeeping, load_attachment

if TYPE_CHECKING:
    from tui_mail.store.writing import LeftBehind
    from tui_mail.ui.app import MailApp

_SUBJECT = 40
"""Characters of a subject."""


async def take_up(app: "MailApp") -> None:
    """Put what was being written into Drafts, and let mails go that were kept until now.

    What comes of it is said. Raises MailError.
    """
    from tui_mail.store.outbox import release_kept
    from tui_mail.store.writing import load_left_behind

    if app.read_only or app.opened is not None:
        return
    found: list[str] = []
    lost: list[str] = []
    for name in app.accounts.in_order():
        # An engine that runs already has started long ago.
        await app.wishes.write(name, release_kept)
        app.engines.send(name, Wake())
        database = app.accounts.database(name)
        for left in await asyncio.to_thread(load_left_behind, database):
            try:
                draft = await _put_into_drafts(app, name, left, lost)
            except MailError as error:
                # It stays where it is, for the next start.
                app.tell(own(f"{name}: what was being written: {error.line}"))
            else:
                found += [_title(draft)] if draft is not None else []
                # Drafts may have been made for it just now.
                await app.load_mailboxes(name)
    if found:
        app.tell(own(_in_words(found, lost)))


async def _put_into_drafts(
    app: "MailApp", account: str, left: "LeftBehind", lost: list[str]
) -> Draft | None:
    """Make a message in Drafts of it; None where another process has it by now."""
    from tui_mail.store.writing import adopt_writing

    adopted = await app.wishes.write(account, lambda tx: adopt_writing(tx, left.id))
    if not adopted:
        return None
    draft = replace(from_json(left.fields), account=account)
    gone = await asyncio.to_thread(_gone, app, draft)
    kept = tuple(one for one in draft.attachments if one not in gone)
    lost += [one.name or "a message" for one in gone]
    draft = replace(draft, attachments=kept)
    await Safekeeping(app, draft, left.id).keep(draft, over=True)
    return draft


def _gone(app: "MailApp", draft: Draft) -> list[Attachment]:
    """Find what was attached and cannot be read any more."""
    database = app.accounts.database(draft.account)
    gone: list[Attachment] = []
    for one in draft.attachments:
        try:
            load_attachment(database, one)
        except MailError:
            gone.append(one)
    return gone


def _title(draft: Draft) -> str:
    subject = displayable(draft.subject)
    if len(subject) > _SUBJECT:
        subject = own(f"{subject[: _SUBJECT - 1].rstrip()}…")
    return f'"{subject}"' if subject else "a mail without a subject"


def _in_words(found: list[str], lost: list[str]) -> str:
    what = f"{found[0]} is" if len(found) == 1 else f"{len(found):,} mails are"
    said = f"{what} in Drafts, not finished when tui-mail ended; Enter goes on there."
    return f"{said} Not attached any more: {', '.join(lost)}." if lost else said
