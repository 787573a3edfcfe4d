"""What becomes on a POP3 server of what is deleted here for ever, said before it is done."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_mail.config.settings import PopServer
from tui_mail.model.ids import MessageNumber

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


async def fate_on_server(
    app: "MailApp", account: str, numbers: Sequence[MessageNumber]
) -> str:
    """Say, after a space, what the server does with these; of no POP3 account nothing."""
    from tui_mail.store.agreeing import needs_yes
    from tui_mail.store.server_copies import count_on_server

    server = app.accounts.account(account).pop3
    if server is None or not numbers:
        return ""
    database = app.accounts.database(account)
    came, there = await asyncio.to_thread(count_on_server, database, numbers)
    if not came:
        return ""
    asks = await asyncio.to_thread(needs_yes, database, server.delete_after)
    return f" {in_words(server, there, came, asks=asks)}"


def in_words(server: PopServer, there: int, count: int, *, asks: bool) -> str:
    """Say what becomes of those that the server has, of so many that came from it."""
    if not there:
        return f"The server does not have {'it' if count == 1 else 'them'} any more."
    many, some = there > 1, there < count
    subject = "They" if many else "It"
    if some:
        subject = f"The {there:,} that the server has"
    if server.delete_after == "never":
        place = "there" if some else "on the server"
        stays = "stay" if many else "stays"
        comes = "do not come" if many else "does not come"
        return f"{subject} {stays} {place} and {comes} again."
    days = server.delete_after_days
    late = f" {days} days after the download" if days else ""
    if asks:
        late += ", once you agree to the new delete_after"
    place = "there" if some else "the server"
    return f"{subject} {'go' if many else 'goes'} from {place} too{late}."
