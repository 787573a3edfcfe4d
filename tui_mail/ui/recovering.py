"""What an earlier start left: text that was being written, and mails that were kept."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tui_mail.compose.draft import Attachment, Draft, FileSource
from tui_mail.compose.kept import from_json
from tui_mail.link.messages import Wake
from tui_mail.model.displayable import displayable, own
from tui_mail.model.error import MailError
from tui_mail.model.ids import WritingId
from tui_mail.ui.loading import load_octets
from tui_mail.ui.safekeeping import Safekeeping, load_attachment, without

if TYPE_CHECKING:
    from tui_mail.store.database import Database
    from tui_mail.store.writing import LeftBehind
    from tui_mail.ui.app import MailApp

_SUBJECT = 40
"""Characters of a subject."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was put into Drafts."""

    title: str
    lost: tuple[str, ...]
    """The names of what is not attached any more."""
    beside: bool
    """Whether it lies beside what was kept of it before."""


async def take_up(app: "MailApp") -> None:
    """Put what was being written into Drafts, and let mails go that were kept until now.

    What comes of it is said. Raises MailError.
    """
    from tui_mail.store.outbox import release_kept
    from tui_mail.store.writing import load_left_behind

    if app.read_only or app.opened is not None:
        return
    found: list[_Found] = []
    for name in app.accounts.in_order():
        # An engine that runs already has started long ago.
        await app.wishes.write(name, release_kept)
        app.engines.send(name, Wake())
        database = app.accounts.database(name)
        for left in await asyncio.to_thread(load_left_behind, database):
            adopted = await _adopt(app, name, left)
            if adopted is None:
                continue
            if not app.offline and await asyncio.to_thread(_has_to_come, app, adopted):
                app.start(_put_when_it_has_come(app, adopted, left.id))
            else:
                found.append(await _put_into_drafts(app, adopted, left.id))
    if found:
        app.tell(own(_in_words(found)))


async def _adopt(app: "MailApp", account: str, left: "LeftBehind") -> Draft | None:
    """Read what was left; None where another process has it by now."""
    from tui_mail.store.writing import adopt_writing

    if not await app.wishes.write(account, lambda tx: adopt_writing(tx, left.id)):
        return None
    return replace(from_json(left.fields), account=account)


async def _put_when_it_has_come(
    app: "MailApp", draft: Draft, writing: WritingId
) -> None:
    """Make a message in Drafts of it, when what goes with it was asked for."""
    await app.servers.until_known(draft.account)
    found = await _put_into_drafts(app, draft, writing)
    app.tell(own(_in_words([found])))


async def _put_into_drafts(app: "MailApp", draft: Draft, writing: WritingId) -> _Found:
    """Make a message in Drafts of it.

    What cannot be read is left out; then what was kept before stays too, it may have it.
    """
    gone = await asyncio.to_thread(_gone, app, draft)
    rest = without(draft, gone)
    gone += await Safekeeping(app, rest, writing).keep(rest, over=True)
    names = tuple(one.name or "a message" for one in gone)
    return _Found(_title(draft), names, beside=bool(gone) and draft.message is not None)


def _has_to_come(app: "MailApp", draft: Draft) -> bool:
    """Tell whether parts of messages go with it that are not here."""
    database = app.accounts.database(draft.account)
    return any(_is_missing(database, one) for one in draft.attachments)


def _gone(app: "MailApp", draft: Draft) -> list[Attachment]:
    """Find what was attached and cannot be read any more."""
    database = app.accounts.database(draft.account)
    gone: list[Attachment] = []
    for one in draft.attachments:
        try:
            if not _is_missing(database, one):
                load_attachment(database, one)
        except MailError:
            gone.append(one)
    return gone


def _is_missing(database: "Database", one: Attachment) -> bool:
    """Tell whether it is a part of a message that can still come."""
    source = one.source
    if isinstance(source, FileSource):
        return False
    try:
        return load_octets(database, source.message, source.part) is None
    except MailError:
        return False


def _title(draft: Draft) -> str:
    subject = displayable(draft.subject)
    if len(subject) > _SUBJECT:
        subject = own(f"{subject[: _SUBJECT - 1].rstrip()}…")
    return f'"{subject}"' if subject else "a mail without a subject"


def _in_words(found: Sequence[_Found]) -> str:
    what = f"{found[0].title} is" if len(found) == 1 else f"{len(found):,} mails are"
    said = f"{what} in Drafts, not finished when tui-mail ended"
    lost = ", ".join(name for one in found for name in one.lost)
    if not lost:
        return f"{said}; Enter goes on there."
    stays = "; the draft before stays" if any(one.beside for one in found) else ""
    return f"{said}. Not attached any more: {lost}{stays}."
