"""Mailboxes with a role where no server has any: made when they are first needed."""

from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox import USUAL_NAMES, SpecialUse
from tui_mail.store.database import Transaction
from tui_mail.store.mailbox_wishes import create_mailbox
from tui_mail.store.mailboxes import find_mailbox, find_role, set_role


def find_or_make_role(tx: Transaction, use: SpecialUse, name: str = "") -> MailboxId:
    """Give the mailbox of a role; without one, that of this name gets it, or is made.

    Raises MailError where it cannot be called so.
    """
    known = find_role(tx, use)
    return known.id if known else make_role(tx, use, name or USUAL_NAMES[use])


def make_role(tx: Transaction, use: SpecialUse, name: str) -> MailboxId:
    """Give the mailbox of this name the role, if it has none; made where it is missing.

    Raises MailError where it cannot be called so.
    """
    found = find_mailbox(tx, name)
    made = found.id if found is not None else create_mailbox(tx, name).mailbox
    if found is None or found.special_use is None:
        set_role(tx, made, use)
    return made
