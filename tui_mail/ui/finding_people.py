"""People to write to: those of the store, and those of the person's address book."""

import asyncio

from tui_mail.ui import addressbook
from tui_mail.ui.completing import Person

_REST = 0.25
"""Seconds without a key after which the address book is asked."""
_LEAST = 2
"""Letters below which it is not."""


async def look_up(command: str, typed: str) -> list[Person]:
    """Ask the address book once the fingers rest; raises MailError."""
    if len(typed.strip()) < _LEAST:
        return []
    await asyncio.sleep(_REST)
    return await addressbook.look_up(command, typed)
