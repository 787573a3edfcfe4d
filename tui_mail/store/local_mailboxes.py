"""What the mailboxes of an account are for where no server says it."""

from collections.abc import Mapping

from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox import ListedMailbox, Mailbox, SpecialUse
from tui_mail.model.special_use import with_special_uses
from tui_mail.store.database import Database
from tui_mail.store.mailboxes import (
    create_local_mailbox,
    load_mailboxes,
    set_role,
)


def settle_local_mailboxes(
    database: Database, roles: Mapping[SpecialUse, str]
) -> list[Mailbox]:
    """Give the mailboxes: an inbox, and roles as settings, else usual names tell.

    They may have been made under their names only, as when mail is imported. Nothing is
    written where all is so already: who writes meanwhile is waited for only once.
    """
    boxes = load_mailboxes(database)
    if _has_inbox(boxes) and not _untold(boxes, roles):
        return boxes
    with database.transaction() as tx:
        if not _has_inbox(load_mailboxes(tx)):
            create_local_mailbox(tx, "INBOX", SpecialUse.INBOX)
        for box, use in _untold(load_mailboxes(tx), roles).items():
            set_role(tx, box, use)
    return load_mailboxes(database)


def _has_inbox(boxes: list[Mailbox]) -> bool:
    return any(box.special_use is SpecialUse.INBOX for box in boxes)


def _untold(
    boxes: list[Mailbox], roles: Mapping[SpecialUse, str]
) -> dict[MailboxId, SpecialUse]:
    """Find mailboxes without a role that one is meant for."""
    free = {str(box.name): box for box in boxes if box.special_use is None}
    found = {free[name].id: use for use, name in roles.items() if name in free}
    taken = {box.special_use for box in boxes} | set(roles)
    for one in with_special_uses([_listed(box) for box in boxes]):
        use, box = one.special_use, free.get(one.name)
        if use is not None and box is not None and use not in taken:
            found.setdefault(box.id, use)
    return found


def _listed(box: Mailbox) -> ListedMailbox:
    return ListedMailbox(box.wire_name, str(box.name), "/", frozenset(), None, False)
