"""Messages and mailboxes kept for offline reading, or not any more."""

import asyncio
from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.model.operation import Pin, PinMailbox
from tui_mail.ui.actions.acting import (
    Targets,
    find_targets,
    sentence,
    summaries,
    tidy_after,
)
from tui_mail.ui.widgets.mailbox_rows import title_of

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


async def pin(app: "MailApp") -> None:
    """Keep messages for offline reading; let go of them where all are kept."""
    targets = await find_targets(app)
    if targets is None or _is_kept_anyway(app, targets.account):
        return
    rows = await summaries(app, targets)
    if not rows:
        return
    pinned = not all(row.pinned for row in rows)
    said = f"{'pinned' if pinned else 'unpinned'} {targets.words}"
    tidy_after(app, gone=False)
    await app.wishes.perform(targets.account, Pin(targets.numbers, pinned), said)
    late = pinned and await asyncio.to_thread(_is_missing, app, targets)
    app.say(sentence(said + (_when(app, targets.account) if late else "")))


def _is_missing(app: "MailApp", targets: Targets) -> bool:
    """Tell whether any of them is not here whole; on any thread."""
    from tui_mail.store.content import are_whole

    return not are_whole(app.accounts.database(targets.account), targets.numbers)


async def pin_mailbox(app: "MailApp") -> None:
    """Keep all of a mailbox for offline reading, what comes later too; or let go of it."""
    app.wishes.refuse_if_read_only()
    selected = app.panes.mailboxes.selected
    if selected is None:
        app.say(own("There is no mailbox here."))
        return
    account, box = selected
    if _is_kept_anyway(app, account):
        return
    if not box.selectable:
        app.say(own(f"{box.name} only holds other mailboxes."))
        return
    pinned = not box.pinned
    said = f"{'pinned' if pinned else 'unpinned'} the mailbox {title_of(box)}"
    await app.wishes.perform(account, PinMailbox(box.id, pinned), said)
    app.say(sentence(said + (_when(app, account) if pinned else "")))


def _is_kept_anyway(app: "MailApp", account: str) -> bool:
    if app.accounts.account(account).kind == "imap":
        return False
    app.say(own(f"All mail of {account} is here anyway, and stays."))
    return True


def _when(app: "MailApp", account: str) -> str:
    """Say when it will be here whole, where that is not soon."""
    if app.servers.is_connected(account):
        return ""
    return "; what is not here comes with the next connection"
