"""Drafts as messages: each time one is kept anew it takes the place of the one before.

The server has the new one before the old one goes there: a deletion waits as long as
what replaces the message does. So another client finds one or, for the moment between,
two, and never none.
"""

from datetime import datetime

from tui_mail.model.flags import DRAFT, SEEN
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.mailbox import SpecialUse
from tui_mail.store.appending import append_message
from tui_mail.store.database import Transaction
from tui_mail.store.roles import find_or_make_role
from tui_mail.store.source import Source
from tui_mail.store.wishes import expunge_messages


def save_draft(
    tx: Transaction,
    octets: bytes,
    *,
    replacing: MessageNumber | None,
    mailbox: MailboxId,
    at: datetime,
) -> MessageNumber:
    """Put a draft into a mailbox, and take the one before out of sight.

    Whatever became of the one before: it may be gone, or another client may have put a
    third in its place. Raises NotFound without the mailbox.
    """
    number = append_message(
        tx, mailbox, octets, flags=frozenset({DRAFT, SEEN}), arrived=at
    )
    if replacing is not None:
        _replace(tx, replacing, number)
    return number


def _replace(tx: Transaction, old: MessageNumber, new: MessageNumber) -> None:
    tx.connection.execute(
        "UPDATE replaced SET successor = ? WHERE successor = ?", (new, old)
    )
    tx.connection.execute(
        "INSERT OR REPLACE INTO replaced (message, successor)"
        " SELECT number, ? FROM message WHERE number = ?",
        (new, old),
    )
    expunge_messages(tx, [old])


def drafts_mailbox(tx: Transaction, name: str = "") -> MailboxId:
    """Give the mailbox for drafts, made where there is none; raises MailError.

    ``name``: what the settings call it. On a server it is made by a wish that waits.
    """
    return find_or_make_role(tx, SpecialUse.DRAFTS, name)


def sent_mailbox(tx: Transaction, name: str = "") -> MailboxId:
    """Give the mailbox for sent mail, as :func:`drafts_mailbox` does."""
    return find_or_make_role(tx, SpecialUse.SENT, name)


def is_in_outbox(source: Source, number: MessageNumber) -> bool:
    """Tell whether a draft waits to be sent: it is not to be written on meanwhile."""
    row = source.connection.execute(
        "SELECT 1 FROM submission WHERE draft = ?", (number,)
    ).fetchone()
    return row is not None
