"""What was done, key press by key press, and the way back."""

import time
from collections.abc import Sequence

from tui_mail.model.displayable import Displayable
from tui_mail.model.error import MailError, NotFound, NoWayBack
from tui_mail.model.event import OperationsChanged
from tui_mail.model.ids import (
    ActionId,
    MailboxId,
    MessageNumber,
    SubmissionId,
    WritingId,
)
from tui_mail.model.operation import (
    Copy,
    CreateMailbox,
    DeleteMailbox,
    JournalEntry,
    MailboxWish,
    Move,
    Pin,
    PinMailbox,
    RenameMailbox,
    SetFlags,
    SubscribeMailbox,
    Wish,
)
from tui_mail.store import outbox, transfers
from tui_mail.store.contents import moment_of
from tui_mail.store.database import Transaction
from tui_mail.store.mailbox_due import CREATE, DELETE, RENAME
from tui_mail.store.mailbox_wishes import MailboxChange, undo_mailbox_change
from tui_mail.store.mailboxes import find_mailbox
from tui_mail.store.performing import carry_out
from tui_mail.store.pinning import pin_mailbox, pin_messages
from tui_mail.store.refused import forget_refused
from tui_mail.store.source import Source
from tui_mail.store.wishes import expunge_messages, move_messages, set_flags

_NAMED = 100
_NOTED = ("action_flag", "action_move", "action_copy", "action_pin", "action_mailbox")
_NONE: frozenset[str] = frozenset()
_COLUMNS = "id, said, at, session, mailbox, undone"


def load_journal(source: Source, limit: int = 200) -> list[JournalEntry]:
    """Load the last actions, newest first."""
    rows = source.connection.execute(
        f"SELECT {_COLUMNS} FROM action ORDER BY id DESC LIMIT ?", (limit,)
    ).fetchall()
    return [_entry(source, row) for row in rows]


def load_action(source: Source, action: ActionId) -> JournalEntry:
    """Load one action; raises NotFound."""
    entry = _first(source, "WHERE id = ?", action)
    if entry is None:
        raise NotFound("that is not in the journal any more")
    return entry


def load_sending(source: Source, submission: SubmissionId) -> JournalEntry | None:
    """Load the action that put a mail into the outbox; None where it is forgotten."""
    return _first(
        source,
        "WHERE id = (SELECT action FROM action_submission WHERE submission = ?)",
        submission,
    )


def last_undoable(source: Source) -> JournalEntry | None:
    """Find the last action that can be taken back."""
    return _first(source, "WHERE undone = 0 AND reversible = 1 ORDER BY id DESC")


def last_done(source: Source) -> JournalEntry | None:
    """Find the last action that holds, whether there is a way back from it or not."""
    return _first(source, "WHERE undone = 0 ORDER BY id DESC")


def give_up(tx: Transaction, action: ActionId) -> None:
    """Note that there is no way back from an action any more."""
    tx.connection.execute("UPDATE action SET reversible = 0 WHERE id = ?", (action,))
    tx.publish(OperationsChanged())


def last_undone(source: Source) -> JournalEntry | None:
    """Find the action that a redo would do: the last undone, if nothing came after.

    What something came after is undone for good (2).
    """
    return _first(
        source,
        "WHERE undone = 1 AND id > (SELECT coalesce(max(id), 0) FROM action"
        " WHERE undone = 0) ORDER BY id",
    )


def undo(tx: Transaction, action: ActionId, *, session: str) -> JournalEntry:
    """Put back the values from before an action, also after the server had it.

    A mail is taken out of the outbox: ``writing`` of what is given back says where one
    goes on writing it; where that is None its text is a message in Drafts.

    Raises MailError if it cannot be undone: it was, or it deleted for ever; NoWayBack
    where a mail may be on its way; and NotFound if its messages are gone.
    """
    entry = load_action(tx, action)
    if entry.undone:
        raise MailError(f"{entry.said}: that is undone already")
    [reversible] = tx.connection.execute(
        "SELECT reversible FROM action WHERE id = ?", (action,)
    ).fetchone()
    if not reversible:
        raise MailError(f"{entry.said}: there is no way back from that")
    if not _take_back(tx, action) and entry.messages:
        raise NotFound(f"{entry.said}: {_why_not(tx, action)}")
    _mark(tx, action, undone=True, session=session)
    return load_action(tx, action)


def redo(tx: Transaction, action: ActionId, *, session: str) -> JournalEntry:
    """Do an undone action again; raises MailError if it is not undone."""
    entry = load_action(tx, action)
    if not entry.undone:
        raise MailError(f"{entry.said}: that is not undone")
    if entry.submission is not None:
        raise MailError(f"{entry.said}: that has to be sent anew")
    wishes: list[Wish] = [
        *(
            SetFlags(messages, *((words, _NONE) if added else (_NONE, words)))
            for words, added, messages in _flag_groups(tx, action)
        ),
        *(Move(those, to) for to, those in _groups(tx, "action_move", action)),
        *(Copy(those, to) for to, those in _groups(tx, "action_copy", action)),
        *_pins(tx, action),
        *_mailbox_wishes(tx, action),
        *transfers.wishes_of(tx, action),
    ]
    # What changes this time is noted anew.
    for table in _NOTED:
        tx.connection.execute(f"DELETE FROM {table} WHERE action = ?", (action,))
    for wish in wishes:
        carry_out(tx, action, wish)
    _mark(tx, action, undone=False, session=session)
    return load_action(tx, action)


def _take_back(tx: Transaction, action: ActionId) -> int:
    """Undo what can be; how many messages it touched."""
    touched = forget_refused(tx, action)
    for words, added, messages in _flag_groups(tx, action):
        add, remove = (_NONE, words) if added else (words, _NONE)
        set_flags(tx, messages, add, remove)
        touched += _present(tx, messages)
    rows = tx.connection.execute(
        "SELECT a.message, a.source FROM action_move a JOIN message m"
        " ON m.number = a.message AND m.mailbox = a.target"
        " JOIN mailbox b ON b.id = a.source WHERE a.action = ?",
        (action,),
    ).fetchall()
    for source in {source for _, source in rows}:
        back = [MessageNumber(number) for number, place in rows if place == source]
        touched += len(move_messages(tx, back, MailboxId(source)))
    copies = [
        MessageNumber(copy)
        for (copy,) in tx.connection.execute(
            "SELECT copy FROM action_copy JOIN message ON number = copy"
            " WHERE action = ?",
            (action,),
        )
    ]
    expunge_messages(tx, copies)
    changes = _mailbox_changes(tx, action)
    for change in changes:
        undo_mailbox_change(tx, change)
    touched += len(copies) + _take_back_pins(tx, action) + len(changes)
    return touched + transfers.take_back(tx, action) + _take_back_send(tx, action)


def _take_back_send(tx: Transaction, action: ActionId) -> int:
    """Take a mail out of the outbox, and note what it is written on in."""
    submission, _ = _sent(tx, action)
    if submission is None:
        return 0
    try:
        writing = outbox.take_back(tx, submission)
    except NoWayBack as error:
        raise NoWayBack(f"{load_action(tx, action).said}: {error.line}") from None
    tx.connection.execute(
        "UPDATE action_submission SET writing = ? WHERE action = ?",
        (writing or 0, action),
    )
    return 1


def _sent(
    source: Source, action: ActionId
) -> tuple[SubmissionId | None, WritingId | None]:
    row = source.connection.execute(
        "SELECT submission, writing FROM action_submission WHERE action = ?", (action,)
    ).fetchone()
    if row is None:
        return None, None
    return SubmissionId(row[0]), WritingId(row[1]) if row[1] else None


def _why_not(tx: Transaction, action: ActionId) -> str:
    row = tx.connection.execute(
        "SELECT 1 FROM action_move a JOIN message m ON m.number = a.message"
        " AND m.mailbox = a.target WHERE a.action = ?",
        (action,),
    ).fetchone()
    if row is not None:
        return "the mailbox that it came from is gone"
    return "its messages are not there any more"


def _mailbox_changes(tx: Transaction, action: ActionId) -> list[MailboxChange]:
    """List what an action changed about mailboxes, what holds others first."""
    return [
        MailboxChange(MailboxId(mailbox), kind, before, after)
        for mailbox, kind, before, after in tx.connection.execute(
            "SELECT mailbox, kind, before, after FROM action_mailbox WHERE action = ?"
            " ORDER BY length(before), mailbox",
            (action,),
        )
    ]


def _mailbox_wishes(tx: Transaction, action: ActionId) -> list[MailboxWish]:
    """Say what was wished about mailboxes; of those that were deleted, by the name."""
    wishes: list[MailboxWish] = []
    for change in _mailbox_changes(tx, action):
        if change.kind == CREATE:
            wishes.append(CreateMailbox(change.after))
        elif change.kind == RENAME:
            wishes.append(RenameMailbox(change.mailbox, change.after))
        elif change.kind == DELETE:
            found = find_mailbox(tx, change.before)
            if found is not None and not wishes:
                wishes.append(DeleteMailbox(found.id))
        else:
            wishes.append(SubscribeMailbox(change.mailbox, change.after == "True"))
    return wishes


def _take_back_pins(tx: Transaction, action: ActionId) -> int:
    """Let go of what was pinned, and the other way round; how many are still there."""
    touched = 0
    for wish in _pins(tx, action):
        if isinstance(wish, Pin):
            pin_messages(tx, wish.messages, pinned=not wish.pinned)
            touched += _present(tx, wish.messages)
        else:
            touched += pin_mailbox(tx, wish.mailbox, pinned=not wish.pinned)
    return touched


def _pins(tx: Transaction, action: ActionId) -> list[Pin | PinMailbox]:
    rows = tx.connection.execute(
        "SELECT message, mailbox, pinned FROM action_pin WHERE action = ?", (action,)
    ).fetchall()
    found: list[Pin | PinMailbox] = [
        PinMailbox(MailboxId(mailbox), bool(pinned))
        for _, mailbox, pinned in rows
        if mailbox
    ]
    for way in (True, False):
        those = [
            MessageNumber(n) for n, box, pinned in rows if not box and pinned == way
        ]
        if those:
            found.append(Pin(tuple(those), way))
    return found


def _flag_groups(
    tx: Transaction, action: ActionId
) -> list[tuple[frozenset[str], bool, tuple[MessageNumber, ...]]]:
    found: dict[tuple[str, bool], list[MessageNumber]] = {}
    for message, flag, added in tx.connection.execute(
        "SELECT message, flag, added FROM action_flag WHERE action = ?", (action,)
    ):
        found.setdefault((flag, bool(added)), []).append(MessageNumber(message))
    return [
        (frozenset({flag}), added, tuple(those))
        for (flag, added), those in found.items()
    ]


def _groups(
    tx: Transaction, table: str, action: ActionId
) -> list[tuple[MailboxId, tuple[MessageNumber, ...]]]:
    found: dict[MailboxId, list[MessageNumber]] = {}
    for message, target in tx.connection.execute(
        f"SELECT message, target FROM {table} WHERE action = ?", (action,)
    ):
        found.setdefault(MailboxId(target), []).append(MessageNumber(message))
    return [(target, tuple(those)) for target, those in found.items()]


def _present(tx: Transaction, messages: Sequence[MessageNumber]) -> int:
    return sum(
        1
        for number in messages
        if tx.connection.execute(
            "SELECT 1 FROM message WHERE number = ?", (number,)
        ).fetchone()
    )


def _mark(tx: Transaction, action: ActionId, *, undone: bool, session: str) -> None:
    tx.connection.execute(
        "UPDATE action SET undone = CASE WHEN ? THEN max(undone, 1) ELSE 0 END,"
        " session = ?, at = CASE WHEN ? THEN at ELSE ? END"
        " WHERE id = ?",
        (undone, session, undone, int(time.time()), action),
    )
    tx.publish(OperationsChanged())


def _first(source: Source, condition: str, *values: object) -> JournalEntry | None:
    row = source.connection.execute(
        f"SELECT {_COLUMNS} FROM action {condition} LIMIT 1", values
    ).fetchone()
    return _entry(source, row) if row else None


def _entry(source: Source, row: Sequence[object]) -> JournalEntry:
    action, said, at, session, mailbox, undone = row
    messages = source.connection.execute(
        "SELECT message FROM action_flag WHERE action = :id UNION"
        " SELECT message FROM action_move WHERE action = :id UNION"
        " SELECT message FROM action_copy WHERE action = :id UNION"
        " SELECT message FROM action_transfer WHERE action = :id UNION"
        " SELECT message FROM action_pin WHERE action = :id AND message > 0 LIMIT :most",
        {"id": action, "most": _NAMED},
    )
    submission, writing = _sent(source, ActionId(_number(action)))
    return JournalEntry(
        id=ActionId(_number(action)),
        said=Displayable(str(said)),
        at=moment_of(_number(at)),
        session=str(session),
        undone=bool(undone),
        messages=tuple(MessageNumber(number) for (number,) in messages),
        mailbox=MailboxId(_number(mailbox)) if mailbox else None,
        submission=submission,
        writing=writing,
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
