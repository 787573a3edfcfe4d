"""What mailboxes the server has, and which of ours others have given another name."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

from tui_mail.model.error import ServerRefused
from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox import ListedMailbox, MailboxCounts
from tui_mail.store.mailboxes import follow_renames, load_mailbox, load_mailboxes
from tui_mail.sync.seldom import ask_namespaces
from tui_mail.sync.session import Session

_MISSING = frozenset({"NONEXISTENT", "TRYCREATE", ""})
"""Codes of a refusal that may mean that a mailbox is not there (RFC 5530)."""


def list_mailboxes(session: Session) -> list[ListedMailbox]:
    """List them all; where one is gone, with what makes out which of the new it may be."""
    listed = session.connection.list_mailboxes(
        subscribed_only=False, namespaces=ask_namespaces(session)
    )
    names = {box.wire_name for box in listed}
    known = load_mailboxes(session.database, leaving=True, unfollowed=True)
    gone = [box for box in known if not box.local and box.wire_name not in names]
    if not gone:
        return listed
    here = {box.wire_name for box in known}
    return [
        replace(box, counts=counts_of(session, box.wire_name))
        if box.selectable and box.counts is None and box.wire_name not in here
        else box
        for box in listed
    ]


def counts_of(session: Session, wire_name: bytes) -> MailboxCounts | None:
    """Ask a server that does not give the counts along with the list."""
    try:
        return session.connection.status(wire_name)
    except ServerRefused:
        return None


def were_renamed(
    session: Session, mailboxes: Collection[MailboxId | None], refusal: ServerRefused
) -> bool:
    """Tell whether others gave one of these another name, which may be why it was refused.

    From then on it is called so here too.
    """
    if refusal.code not in _MISSING:
        return False
    before = {one: load_mailbox(session.database, one) for one in mailboxes if one}
    names = {one: box.wire_name for one, box in before.items() if not box.local}
    with suppress(ServerRefused):
        if all(session.connection.has(name) for name in names.values()):
            return False
        listed = list_mailboxes(session)
        with session.pace.transaction() as tx:
            follow_renames(tx, listed)
    return any(
        load_mailbox(session.database, one).wire_name != name
        for one, name in names.items()
    )
