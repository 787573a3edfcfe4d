"""People to write to: those of the store, and those of the person's address book."""

import asyncio
from typing import TYPE_CHECKING

from tui_mail.compose.fields import Recipient, format_one
from tui_mail.compose.identity import identity_of
from tui_mail.model.displayable import displayable
from tui_mail.ui import addressbook
from tui_mail.ui.completing import Person

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_REST = 0.25
"""Seconds without a key after which the address book is asked."""
_LEAST = 2
"""Letters below which it is not."""


def known(app: "MailApp", account: str) -> list[Person]:
    """Load those whom an account knows, the likeliest first; on any thread.

    Raises MailError.
    """
    from tui_mail.store.correspondents import load_correspondents

    accounts = app.settings.accounts
    identity = identity_of(accounts[account], accounts.values())
    database = app.accounts.database(account)
    found = load_correspondents(database, own=identity.is_own)
    return [
        Person(
            each.name,
            displayable(each.address),
            format_one(Recipient(str(each.name), str(each.address))),
        )
        for each in found
    ]


async def look_up(command: str, typed: str) -> list[Person]:
    """Ask the address book once the fingers rest; raises MailError."""
    if len(typed.strip()) < _LEAST:
        return []
    await asyncio.sleep(_REST)
    return await addressbook.look_up(command, typed)
