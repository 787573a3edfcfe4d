"""The user's wishes, performed: local effect, journal and what waits, all at once."""

import time

from tui_mail.model.displayable import displayable
from tui_mail.model.error import NotFound
from tui_mail.model.event import OperationsChanged
from tui_mail.model.ids import ActionId, MailboxId
from tui_mail.model.operation import Copy, Expunge, Move, SetFlags, Wish
from tui_mail.store.database import Transaction
from tui_mail.store.mailboxes import NOWHERE, load_mailbox
from tui_mail.store.wishes import (
    copy_messages,
    expunge_messages,
    move_messages,
    set_flags,
)

KEPT = 2_000
"""Actions kept in the journal."""


def perform(
    tx: Transaction,
    wish: Wish,
    *,
    said: str,
    session: str,
    mailbox: MailboxId | None = None,
) -> ActionId:
    """Perform a wish; its entry in the journal.

    Args:
        tx: the transaction in which all of it becomes true.
        wish: what is wanted.
        said: what is done, in words: ``archived "Budget"``.
        session: which start of the reader, or which command, does it.
        mailbox: the mailbox that the person looks at.

    Raises:
        NotFound: the mailbox that it goes to is not here.
    """
    action = ActionId(
        tx.connection.execute(
            "INSERT INTO action (said, at, session, mailbox, reversible)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                displayable(said),
                int(time.time()),
                session,
                mailbox or NOWHERE,
                not isinstance(wish, Expunge),
            ),
        ).lastrowid
        or 0
    )
    carry_out(tx, action, wish)
    tx.connection.execute("DELETE FROM action WHERE id <= ?", (action - KEPT,))
    tx.publish(OperationsChanged())
    return action


def carry_out(tx: Transaction, action: ActionId, wish: Wish) -> None:
    """Take effect here, and note under the action what really changed."""
    if isinstance(wish, SetFlags):
        changes = set_flags(tx, wish.messages, wish.add, wish.remove)
        tx.connection.executemany(
            "INSERT OR REPLACE INTO action_flag (action, message, flag, added)"
            " VALUES (?, ?, ?, ?)",
            [(action, one.message, one.flag, one.added) for one in changes],
        )
    elif isinstance(wish, Move):
        _require(tx, wish.target)
        tx.connection.executemany(
            "INSERT OR REPLACE INTO action_move (action, message, source, target)"
            " VALUES (?, ?, ?, ?)",
            [
                (action, one.message, one.source, one.target)
                for one in move_messages(tx, wish.messages, wish.target)
            ],
        )
    elif isinstance(wish, Copy):
        _require(tx, wish.target)
        tx.connection.executemany(
            "INSERT OR REPLACE INTO action_copy (action, message, copy, target)"
            " VALUES (?, ?, ?, ?)",
            [
                (action, one.message, one.copy, one.target)
                for one in copy_messages(tx, wish.messages, wish.target)
            ],
        )
    else:
        expunge_messages(tx, wish.messages)


def _require(tx: Transaction, mailbox: MailboxId) -> None:
    if not load_mailbox(tx, mailbox).selectable:
        raise NotFound("that mailbox cannot hold messages")
