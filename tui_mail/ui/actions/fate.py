"""What becomes on a POP3 server of what is deleted here for ever, said before it is done."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_mail.model.ids import MessageNumber

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


async def fate_on_server(
    app: "MailApp", account: str, numbers: Sequence[MessageNumber]
) -> str:
    """Say, after a space, what the server does with these; of no POP3 account nothing."""
    from tui_mail.store.server_copies import fate_in_words

    server = app.accounts.account(account).pop3
    if server is None:
        return ""
    database = app.accounts.database(account)
    said = await asyncio.to_thread(fate_in_words, database, server, numbers)
    return f" {said}" if said else ""
