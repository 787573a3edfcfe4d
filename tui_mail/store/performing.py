"""The user's wishes, performed: local effect, journal and what waits, all at once."""

import time
from collections.abc import Sequence

from tui_mail.model.displayable import displayable
from tui_mail.model.error import NotFound
from tui_mail.model.event import OperationsChanged
from tui_mail.model.ids import ActionId, MailboxId
from tui_mail.model.operation import (
    Copy,
    Expunge,
    Move,
    Pin,
    PinMailbox,
    SetFlags,
    Wish,
)
from tui_mail.store.database import Transaction
from tui_mail.store.mailboxes import NOWHERE, load_mailbox
from tui_mail.store.pinning import pin_mailbox, pin_messages
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
    elif isinstance(wish, Pin):
        changed = pin_messages(tx, wish.messages, pinned=wish.pinned)
        _note_pins(tx, action, [(number, NOWHERE) for number in changed], wish.pinned)
    elif isinstance(wish, PinMailbox):
        _require(tx, wish.mailbox)
        if pin_mailbox(tx, wish.mailbox, pinned=wish.pinned):
            _note_pins(tx, action, [(0, wish.mailbox)], wish.pinned)
    else:
        expunge_messages(tx, wish.messages)


def _note_pins(
    tx: Transaction,
    action: ActionId,
    changed: Sequence[tuple[int, int]],
    pinned: bool,  # noqa: FBT001 - a value, not a way of working
) -> None:
    """Note messages, or a mailbox, that were pinned or let go of."""
    tx.connection.executemany(
        "INSERT OR REPLACE INTO action_pin (action, message, mailbox, pinned)"
        " VALUES (?, ?, ?, ?)",
        [(action, message, mailbox, pinned) for message, mailbox in changed],
    )


def _require(tx: Transaction, mailbox: MailboxId) -> None:
    if not load_mailbox(tx, mailbox).selectable:
        raise NotFound("that mailbox cannot hold messages")
