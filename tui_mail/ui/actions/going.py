"""Going to a mailbox by its role or its name."""

from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.model.mailbox import SpecialUse
from tui_mail.ui.actions.choosing import choose_mailbox
from tui_mail.ui.actions.filing import make_local_role
from tui_mail.ui.views import Shown

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


async def inbox(app: "MailApp") -> None:
    """Go to the inbox; from an inbox to that of the next account."""
    account = _account(app)
    names = app.accounts.in_order()
    if not account:
        return
    box = app.accounts.inbox(account)
    if app.listing.shown == Shown(account, box.id) and len(names) > 1:
        account = names[(names.index(account) + 1) % len(names)]
        box = app.accounts.inbox(account)
    await _go(app, Shown(account, box.id))


async def sent(app: "MailApp") -> None:
    """Go to the sent mail."""
    await _go_to_role(app, SpecialUse.SENT)


async def drafts(app: "MailApp") -> None:
    """Go to the drafts."""
    await _go_to_role(app, SpecialUse.DRAFTS)


async def archive(app: "MailApp") -> None:
    """Go to the archive."""
    await _go_to_role(app, SpecialUse.ARCHIVE)


async def trash(app: "MailApp") -> None:
    """Go to the trash."""
    await _go_to_role(app, SpecialUse.TRASH)


async def by_name(app: "MailApp") -> None:
    """Go to a mailbox by a part of its name."""
    names = app.accounts.in_order()
    chosen = await choose_mailbox(app, "Go to", names)
    if chosen is not None:
        account, box = chosen
        await _go(app, Shown(account, box.id))


def _account(app: "MailApp") -> str:
    """Name the account of the mailbox pane's cursor, or of what is shown."""
    selected = app.panes.mailboxes.selected
    if app.panes.pane == "mailboxes" and selected is not None:
        return selected[0]
    if app.listing.shown is not None:
        return app.listing.shown.account
    return app.accounts.first() or ""


async def _go_to_role(app: "MailApp", use: SpecialUse) -> None:
    account = _account(app)
    box = app.accounts.role(account, use) if account else None
    if box is None and account and _may_be_made(app, account):
        box = await make_local_role(app, account, use)
    if box is None:
        key = app.key_of("go.mailbox")
        said = f"{account}: no mailbox is known for {use.value}; {key} finds one"
        app.warn(own(said))
        return
    await _go(app, Shown(account, box.id))


def _may_be_made(app: "MailApp", account: str) -> bool:
    local = app.accounts.account(account).has_local_mailboxes
    return local and not app.read_only


async def _go(app: "MailApp", shown: Shown) -> None:
    if app.listing.shown != shown:
        await app.listing.show(shown)
    app.panes.enter("list")
