"""The user's wishes, performed: local effect, journal and what waits, all at once."""

import time
from collections.abc import Sequence

from tui_mail.model.displayable import displayable
from tui_mail.model.error import NotFound
from tui_mail.model.event import OperationsChanged
from tui_mail.model.ids import ActionId, MailboxId
from tui_mail.model.operation import (
    Copy,
    CreateMailbox,
    DeleteMailbox,
    Expunge,
    MailboxWish,
    Move,
    MoveApart,
    Pin,
    PinMailbox,
    RenameMailbox,
    SetFlags,
    Transfer,
    Wish,
)
from tui_mail.store.allowed import refuse_forbidden
from tui_mail.store.appending import has_server
from tui_mail.store.database import Transaction
from tui_mail.store.mailbox_wishes import (
    MailboxChange,
    create_mailbox,
    delete_mailbox,
    rename_mailbox,
    subscribe_mailbox,
)
from tui_mail.store.mailboxes import NOWHERE, load_mailbox
from tui_mail.store.pinning import pin_mailbox, pin_messages
from tui_mail.store.transfers import transfer_messages
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
        MailError: a mailbox cannot be called so, or must stay, or the server would not
            let us do it.
    """
    refuse_forbidden(tx, wish)
    action = begin_action(
        tx, said, session=session, mailbox=mailbox, reversible=_has_way_back(tx, wish)
    )
    carry_out(tx, action, wish)
    return action


def begin_action(
    tx: Transaction,
    said: str,
    *,
    session: str,
    mailbox: MailboxId | None,
    reversible: bool,
) -> ActionId:
    """Make an entry in the journal, with nothing under it yet; the oldest ones go."""
    # Nothing that was undone before this is done again after it.
    tx.connection.execute("UPDATE action SET undone = 2 WHERE undone = 1")
    action = ActionId(
        tx.connection.execute(
            "INSERT INTO action (said, at, session, mailbox, reversible)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                displayable(said),
                int(time.time()),
                session,
                mailbox or NOWHERE,
                reversible,
            ),
        ).lastrowid
        or 0
    )
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
    elif isinstance(wish, MoveApart):
        for one in wish.moves:
            carry_out(tx, action, one)
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
    elif isinstance(wish, Transfer):
        transfer_messages(tx, action, wish)
    elif isinstance(wish, Pin):
        changed = pin_messages(tx, wish.messages, pinned=wish.pinned)
        _note_pins(tx, action, [(number, NOWHERE) for number in changed], wish.pinned)
    elif isinstance(wish, PinMailbox):
        _require(tx, wish.mailbox)
        if pin_mailbox(tx, wish.mailbox, pinned=wish.pinned):
            _note_pins(tx, action, [(0, wish.mailbox)], wish.pinned)
    elif isinstance(wish, Expunge):
        expunge_messages(tx, wish.messages)
    else:
        tx.connection.executemany(
            "INSERT OR REPLACE INTO action_mailbox (action, mailbox, kind, before, after)"
            " VALUES (?, ?, ?, ?, ?)",
            [
                (action, one.mailbox, one.kind, one.before, one.after)
                for one in _change_mailboxes(tx, wish)
            ],
        )


def _change_mailboxes(tx: Transaction, wish: MailboxWish) -> list[MailboxChange]:
    if isinstance(wish, CreateMailbox):
        return [create_mailbox(tx, wish.name, wish.use)]
    if isinstance(wish, RenameMailbox):
        return [rename_mailbox(tx, wish.mailbox, wish.name)]
    if isinstance(wish, DeleteMailbox):
        return delete_mailbox(tx, wish.mailbox)
    return [subscribe_mailbox(tx, wish.mailbox, subscribed=wish.subscribed)]


def _has_way_back(tx: Transaction, wish: Wish) -> bool:
    """Tell whether a wish can be undone: not where something goes for ever at once."""
    if isinstance(wish, DeleteMailbox):
        return has_server(tx)
    return not isinstance(wish, Expunge)


def _note_pins(
    tx: Transaction,
    action: ActionId,
    changed: Sequence[tuple[int, int]],
    pinned: bool,
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
