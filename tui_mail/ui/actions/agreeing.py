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
    before = agreed_policy(database) or "never"
    return (
        f'{account}: delete_after was "{before}" and is "{policy}" now.'
        f" Delete {_what(server, due)} on {server.host}?"
    )


def _what(server: "PopServer", due: int) -> str:
    """Say what is to go by the new setting, and how much of it at once."""
    many = f"{due:,} {'message' if due == 1 else 'messages'}" if due else "nothing yet"
    days = server.delete_after_days
    if server.delete_after == "removed":
        return f"what was deleted here for ever ({many})"
    if days:
        return f"what came {days} days ago, or before, and is here ({many})"
    return f"what is here ({many})"


async def _ask(
    app: "MailApp", account: str, server: "PopServer", question: str
) -> None:
    from tui_mail.store.agreeing import agree_policy

    agreed = await app.ask(Confirm(question, [("y", "delete there")])) == "y"
    # The engine has complained meanwhile that it has no answer.
    app.untell(account)
    if not agreed:
        app.say(own(f"{account}: nothing is deleted on {server.host}."))
        return

    def agree(tx: "Transaction") -> None:
        agree_policy(tx, server.delete_after)

    await app.wishes.write(account, agree)
    app.say(own(f"{account}: mail goes from {server.host} from now on."))
    if app.engines.engine(account) is not None and not app.offline:
        receipt = await app.servers.synchronize(account)
        app.say(own(f"{account}: {receipt or 'in step'}"))
