"""Asking whether a POP3 server may delete by a ``delete_after`` that was changed."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.ui.screens.confirm import Confirm

if TYPE_CHECKING:
    from tui_mail.config.settings import PopServer
    from tui_mail.store.database import Transaction
    from tui_mail.ui.app import MailApp


async def ask_about_deletions(app: "MailApp") -> None:
    """Ask of each account whose setting waits for a yes, once while the reader runs."""
    for account in app.accounts.in_order():
        server = app.accounts.account(account).pop3
        if server is None or account in app.servers.asked_about_deletions:
            continue
        question = await asyncio.to_thread(_question, app, account, server)
        if question:
            app.servers.asked_about_deletions.add(account)
            await _ask(app, account, server, question)


def _question(app: "MailApp", account: str, server: "PopServer") -> str:
    """Say what would go; empty where nothing has to be asked. On any thread."""
    from tui_mail.store.agreeing import agreed_policy, needs_yes
    from tui_mail.store.pulling import due_for_deletion

    database, policy = app.accounts.database(account), server.delete_after
    if not needs_yes(database, policy):
        return ""
    due = len(due_for_deletion(database, policy, datetime.now(UTC)))
    what = f"{due:,} {'message' if due == 1 else 'messages'}" if due else "nothing yet"
    before = agreed_policy(database) or "never"
    return (
        f'{account}: delete_after was "{before}" and is "{policy}" now.'
        f" Delete by that on {server.host} ({what}; all of it is kept here)?"
    )


async def _ask(
    app: "MailApp", account: str, server: "PopServer", question: str
) -> None:
    from tui_mail.store.agreeing import agree_policy

    if await app.ask(Confirm(question, [("y", "delete there")])) != "y":
        app.say(own(f"{account}: nothing is deleted on {server.host}."))
        return

    def agree(tx: "Transaction") -> None:
        agree_policy(tx, server.delete_after)

    await app.wishes.write(account, agree)
    app.say(own(f"{account}: mail goes from {server.host} from now on."))
    if app.engines.engine(account) is not None and not app.offline:
        app.say(await app.servers.synchronize(account))
