"""Choosing a mailbox by a part of its name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_mail.model.displayable import Displayable, own
from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox import Mailbox, SpecialUse
from tui_mail.model.namespace import NamespaceKind
from tui_mail.model.rights import Right
from tui_mail.ui.screens.picker import Item, New, Picker

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


async def choose_mailbox(
    app: "MailApp",
    title: str,
    accounts: Sequence[str],
    *,
    home: str = "",
    but: MailboxId | None = None,
) -> tuple[str, Mailbox] | None:
    """Let a mailbox be chosen; those that were chosen lately come first.

    With a ``home`` account, mailboxes of others are called ``ACCOUNT/MAILBOX``, and only
    those are offered that mail may be put into; ``but`` is one of its own that is not.
    """
    found = [
        (account, box)
        for account in accounts
        for box in app.accounts.mailboxes(account)
        if box.selectable
        and (account, box.id) != (home, but)
        and (not home or box.may(Right.INSERT))
    ]
    recent = app.recent_mailboxes
    found.sort(key=lambda pair: _place(recent, (pair[0], pair[1].id)))
    items = [
        Item(
            own(f"{account}/{_label(box)}")
            if home not in ("", account)
            else _label(box),
            _detail(account, box, several=len(accounts) > 1 and not home),
            (account, box),
        )
        for account, box in found
    ]
    chosen = await app.ask(Picker(title, items))
    for account, box in found:
        if chosen == (account, box):
            key = (account, box.id)
            app.recent_mailboxes = [key, *(each for each in recent if each != key)][:8]
            return account, box
    return None


async def choose_or_name(
    app: "MailApp", title: str, account: str, *, suggested: str
) -> Mailbox | str | None:
    """Let a mailbox be chosen, or a new one be named; raises MailError."""
    boxes = [
        box
        for box in app.accounts.mailboxes(account)
        if box.selectable and box.namespace is NamespaceKind.PERSONAL
    ]
    items = [
        Item(own(suggested), own("a new mailbox"), New(own(suggested))),
        *(
            Item(_label(box), _detail(account, box, several=False), box)
            for box in boxes
            if box.special_use is not SpecialUse.INBOX
        ),
    ]
    chosen = await app.ask(Picker(title, items, hint="use it", allow_new=True))
    if isinstance(chosen, New):
        return str(chosen.text)
    return chosen if isinstance(chosen, Mailbox) else None


def _place(recent: Sequence[tuple[str, MailboxId]], key: tuple[str, MailboxId]) -> int:
    return recent.index(key) if key in recent else len(recent)


def _label(box: Mailbox) -> Displayable:
    return own("Inbox") if box.special_use is SpecialUse.INBOX else box.name


def _detail(account: str, box: Mailbox, *, several: bool) -> Displayable:
    unread = f"{box.unread:,} unread" if box.unread else ""
    return own(
        " · ".join(each for each in (account if several else "", unread) if each)
    )
