"""Synchronizing, going offline and online."""

import asyncio
from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.model.error import MailError

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


def synchronize(app: "MailApp") -> None:
    """Have all accounts brought in step."""
    if app.offline:
        app.say(own(f"Offline; {app.key_of('app.online')} goes online."))
        return
    accounts = [
        name
        for name in app.accounts.in_order()
        if app.accounts.account(name).kind != "local"
    ]
    here = app.listing.shown.account if app.listing.shown is not None else ""
    local = here if here and here not in accounts else ""
    only_here = f"{local} has no server: its mail is only here" if local else ""
    if accounts:
        app.say(own("Synchronizing…" if app.opened is None else "Looking at it…"))
        app.start(_synchronize(app, accounts, only_here))
    else:
        app.say(own(f"{only_here or 'No account here has a server'}."))


async def _synchronize(app: "MailApp", accounts: list[str], only_here: str) -> None:
    unasked = {name: why for name in accounts if (why := app.servers.why_unasked(name))}
    accounts = [name for name in accounts if name not in unasked]
    done = await asyncio.gather(
        *(app.servers.synchronize(name) for name in accounts), return_exceptions=True
    )
    said: list[str] = []
    failed = False
    for name, receipt in zip(accounts, done, strict=True):
        if isinstance(receipt, MailError):
            failed = True
            line = receipt.line
            said.append(line if line.startswith(f"{name}:") else f"{name}: {line}")
        elif isinstance(receipt, BaseException):
            raise receipt
        else:
            said.append(f"{name}: {receipt or 'in step'}")
    said += [f"{name}: {why}" for name, why in unasked.items()]
    said += [only_here] if only_here else []
    line = own(" · ".join(said))
    if failed:
        app.warn(line)
    else:
        # The next receipt may take its place: it is no more than one itself.
        app.unsay()
        app.mention(line)


def online(app: "MailApp") -> None:
    """Go offline, or online again."""
    if app.opened is not None:
        app.say(own("A file is read here: there is no server."))
        return
    app.go_offline(offline=not app.offline)
    # For a while only: the line has to say how the servers are, and of what age this is.
    app.unsay()
    app.mention(
        own("Offline: no connection is opened." if app.offline else "Going online.")
    )
