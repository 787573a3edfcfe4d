"""What an account needs that no server looks after: POP3 and local ones."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

from tui_mail.config.places import Places
from tui_mail.config.settings import Account
from tui_mail.link.lock import AccountLock
from tui_mail.mime.render import Renderer
from tui_mail.model.error import NotFound
from tui_mail.model.ids import WHOLE, MessageNumber, PartId
from tui_mail.store.content import (
    complete_parts,
    load_pieces,
    load_text,
    save_structure,
    save_text,
    whole_without_text,
)
from tui_mail.store.contents import sweep_unused
from tui_mail.store.database import Database
from tui_mail.store.wanting import forget_wanted, load_wanted, refuse_wanted
from tui_mail.sync.emptying import empty_trash
from tui_mail.sync.pacing import UNWATCHED_LENGTH, Pace
from tui_mail.sync.pop_outline import read_large
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.storing import open_database

_MOST_TEXTS = 1_000
"""So many are made in one go: the rest has its turn the next time."""


def keep_up(
    database: Database, pace: Pace, account: Account, receipt: Receipt
) -> Iterator[None]:
    """Empty the trash where that is due, and forget what no message has any more."""
    receipt.deleted += empty_trash(database, pace, account)
    swept = 1
    while swept:
        yield
        with pace.transaction() as tx:
            swept = sweep_unused(tx)


def make_texts(database: Database, pace: Pace, renderer: Renderer) -> Iterator[None]:
    """Make the readable texts that are missing: an engine may have ended before."""
    give_wanted(database, pace, renderer)
    for number in whole_without_text(database, _MOST_TEXTS):
        with suppress(NotFound):
            make_text(database, pace, renderer, number)
        yield


def give_wanted(database: Database, pace: Pace, renderer: Renderer) -> None:
    """Have what a person asked for offline; what is not here is refused, and said."""
    for one in load_wanted(database, datetime.now(UTC)):
        try:
            make_ready(database, pace, renderer, one.message, one.part)
        except NotFound as error:
            with pace.transaction() as tx:
                refuse_wanted(tx, one, error.line)
        else:
            with pace.transaction() as tx:
                forget_wanted(tx, one.message, one.part)


def make_text(
    database: Database, pace: Pace, renderer: Renderer, number: MessageNumber
) -> None:
    """Make the readable text of a message that is here whole; raises NotFound."""
    if load_text(database, number) is not None:
        return
    structure, text = read_large(load_pieces(database, number, WHOLE), renderer)
    with pace.transaction() as tx:
        save_structure(tx, number, structure)
        save_text(tx, number, text)


def make_ready(
    database: Database,
    pace: Pace,
    renderer: Renderer,
    number: MessageNumber,
    part: PartId | None,
) -> None:
    """Have a part, or for None the readable text, where no server gives any.

    Parts are in what is here whole. Raises NotFound where that is not here.
    """
    if not {WHOLE, part} & complete_parts(database, number):
        raise NotFound("this is not here, and no server has it to give")
    if part is None:
        make_text(database, pace, renderer, number)


def make_ready_once(
    account: Account, places: Places, number: MessageNumber, part: PartId | None
) -> None:
    """Do that for a command; raises EngineBusy, MailError."""
    with AccountLock.acquire(places.lock(account.name), patience=1.0):
        database = open_database(account, places)
        try:
            with Renderer() as renderer:
                pace = Pace(database, length=UNWATCHED_LENGTH)
                make_ready(database, pace, renderer, number, part)
        finally:
            database.close()
