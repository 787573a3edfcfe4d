"""Messages that are answered, sent on or written on: loaded, and fetched if need be."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from tui_mail.compose.draft import Attachment, PartSource
from tui_mail.compose.from_envelope import headers_of
from tui_mail.compose.original import Original
from tui_mail.compose.resuming import exact_part
from tui_mail.model.displayable import own
from tui_mail.model.error import LinkLost, MailError
from tui_mail.model.ids import WHOLE, MessageNumber, PartId
from tui_mail.ui.loading import HEADER, Shape, load, load_octets
from tui_mail.ui.servers import COMES_LATER

if TYPE_CHECKING:
    from tui_mail.mime.render import Renderer
    from tui_mail.store.database import Database
    from tui_mail.ui.app import MailApp

_PATIENCE = 10.0
"""Seconds in which what is quoted has to come; without it one can write too."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message as far as it is here."""

    original: Original
    missing: tuple[PartId | None, ...] = ()
    """None is the readable text."""

    @property
    def note(self) -> str:
        """Say what of it does not come along."""
        if None in self.missing:
            return "Its text is not here, so it is not quoted."
        if HEADER in self.missing:
            return "Not all of its header is here: look who gets it."
        return ""


async def find(
    app: "MailApp", account: str, number: MessageNumber, *, exact: bool = False
) -> Found:
    """Load a message, what is missing of it fetched where a server can be asked.

    ``exact``: also its text as it was typed. Raises NotFound, where it is gone.
    """
    found = await _load(app, account, number, exact=exact)
    if not found.missing:
        return found
    await _ask_for(app, account, number, found.missing)
    found = await _load(app, account, number, exact=exact)
    if found.missing == () or not exact:
        return found
    # The text has come, and only now it is known which part was typed.
    await fetch_parts(app, account, number, found.missing)
    return await _load(app, account, number, exact=exact)


async def _ask_for(
    app: "MailApp",
    account: str,
    number: MessageNumber,
    parts: tuple[PartId | None, ...],
) -> None:
    """Have parts fetched if that does not take long; else they come when they can."""
    app.say(own("Fetching the message…"))
    try:
        if app.servers.is_cut_off(account):
            raise LinkLost(COMES_LATER)
        async with asyncio.timeout(_PATIENCE):
            for part in parts:
                await app.servers.fetch(account, number, part, own("the message"))
    except (MailError, TimeoutError):
        await app.reading.want(account, number, parts)
    finally:
        app.unsay()


async def find_whole(app: "MailApp", account: str, number: MessageNumber) -> bytes:
    """Give all octets of a message, fetched if need be; raises MailError."""
    database = app.accounts.database(account)
    read = partial(load_octets, database, number, WHOLE)
    octets = await app.reading.read_from(account, read)
    if octets is None:
        await fetch_parts(app, account, number, (WHOLE,))
        octets = await asyncio.to_thread(read)
    if octets is None:
        raise MailError("the server did not give the message")
    return octets


async def fetch_parts(
    app: "MailApp",
    account: str,
    number: MessageNumber,
    parts: tuple[PartId | None, ...],
) -> None:
    """Have parts fetched, however long that takes; Ctrl+C ends it.

    What cannot be had now comes with the next connection: raises MailError.
    """
    try:
        for part in parts:
            await app.servers.fetch(account, number, part, own("the message"))
    except LinkLost:
        await app.reading.want(account, number, parts)
        raise


async def want_attached(
    app: "MailApp", account: str, attachments: tuple[Attachment, ...]
) -> str:
    """Have what goes along come while one writes; say so where it cannot come now."""
    missing = await asyncio.to_thread(
        _missing, app.accounts.database(account), attachments
    )
    if not missing:
        return ""
    if app.engines.engine(account) and not app.servers.is_cut_off(account):
        app.start(_fetch_all(app, account, missing))
        return ""
    for one in missing:
        await app.reading.want(account, one.message, (one.part,))
    return "What goes with it is not all here yet; it has to come before it is sent."


async def _fetch_all(
    app: "MailApp", account: str, missing: tuple[PartSource, ...]
) -> None:
    # What does not come now is asked for again when it is sent.
    with suppress(MailError):
        for one in missing:
            await fetch_parts(app, account, one.message, (one.part,))


def _missing(
    database: "Database", attachments: tuple[Attachment, ...]
) -> tuple[PartSource, ...]:
    return tuple(
        one.source
        for one in attachments
        if isinstance(one.source, PartSource)
        and load_octets(database, one.source.message, one.source.part) is None
    )


async def _load(
    app: "MailApp", account: str, number: MessageNumber, *, exact: bool
) -> Found:
    database = app.accounts.database(account)
    child = app.reading.render_child()
    read = partial(_read, database, number, child, exact=exact)
    return await app.reading.read_from(account, read)


def _read(
    database: "Database", number: MessageNumber, renderer: "Renderer", *, exact: bool
) -> Found:
    loaded = load(database, number, Shape(), renderer)
    content = loaded.content
    headers = load_octets(database, number, HEADER)
    missing = list(loaded.missing)
    if headers is None:
        missing.append(HEADER)
    if content.structure is None and None not in missing:
        missing.append(None)
    original = Original(
        message=number,
        headers=headers if headers is not None else headers_of(content.envelope),
        text=content.text,
        structure=content.structure,
        size=content.summary.size,
    )
    written = exact_part(content.structure) if content.structure else None
    if exact and written is not None:
        plain = load_octets(database, number, written.part_id)
        original = replace(original, plain=plain)
        if plain is None:
            missing.append(written.part_id)
    return Found(original, tuple(missing))
