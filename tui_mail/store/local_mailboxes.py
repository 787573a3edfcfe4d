"""What the mailboxes of an account are for where no server says it."""

from collections.abc import Mapping, Sequence

from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox import ListedMailbox, Mailbox, SpecialUse
from tui_mail.model.mailbox_names import folded_name
from tui_mail.model.special_use import with_special_uses
from tui_mail.store.database import Database
from tui_mail.store.mailboxes import (
    create_local_mailbox,
    load_mailboxes,
    set_role,
    take_role,
)


def settle_local_mailboxes(
    database: Database, roles: Mapping[SpecialUse, str]
) -> list[Mailbox]:
    """Give the mailboxes: an inbox, and roles as settings, else usual names tell.

    They may have been made under their names only, as when mail is imported, and the
    settings may be new. Nothing is written where all is so already: who writes meanwhile
    is waited for only once.
    """
    boxes = load_mailboxes(database)
    if _has_inbox(boxes) and not _passed_by(boxes, roles) and not _untold(boxes, roles):
        return boxes
    with database.transaction() as tx:
        if not _has_inbox(load_mailboxes(tx)):
            create_local_mailbox(tx, "INBOX", SpecialUse.INBOX)
        for use in _passed_by(load_mailboxes(tx), roles):
            take_role(tx, use)
        for box, use in _untold(load_mailboxes(tx), roles).items():
            set_role(tx, box, use)
    return load_mailboxes(database)


def _has_inbox(boxes: Sequence[Mailbox]) -> bool:
    return any(box.special_use is SpecialUse.INBOX for box in boxes)


def _passed_by(
    boxes: Sequence[Mailbox], roles: Mapping[SpecialUse, str]
) -> list[SpecialUse]:
    """Find roles of mailboxes that the settings call otherwise.

    The one that they name may not be there: it is made when it is needed.
    """
    held = {use: box for box in boxes if (use := box.special_use) in roles}
    return [
        use
        for use, box in held.items()
        if use is not None and folded_name(box.name) != folded_name(roles[use])
    ]


def _untold(
    boxes: Sequence[Mailbox], roles: Mapping[SpecialUse, str]
) -> dict[MailboxId, SpecialUse]:
    """Find mailboxes without a role that one is meant for."""
    free = {folded_name(box.name): box for box in boxes if box.special_use is None}
    taken = {box.special_use for box in boxes}
    found = {
        free[folded_name(name)].id: use
        for use, name in roles.items()
        if folded_name(name) in free and use not in taken
    }
    for one in with_special_uses([_listed(box) for box in boxes]):
        use, box = one.special_use, free.get(folded_name(one.name))
        if use is not None and box is not None and use not in taken | roles.keys():
            found.setdefault(box.id, use)
    return found


def _listed(box: Mailbox) -> ListedMailbox:
    return ListedMailbox(box.wire_name, str(box.name), "/", frozenset(), None, False)
