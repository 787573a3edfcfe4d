"""Messages that arrive where a move or copy takes them, and rows that tell of them twice.

If the target was synchronized before the answer came, the message has a second row
there: its twin. The first row stays, with the number that the person knows, and takes
over all that the twin has been told since.
"""

from tui_mail.model.ids import MailboxId, MessageNumber, Uid
from tui_mail.store.database import Transaction
from tui_mail.store.messages import remove_rows
from tui_mail.store.routes import take_out
from tui_mail.store.source import Source

_BY_UID = """
    SELECT number, mailbox FROM message
    WHERE server_mailbox = :target AND uid = :uid AND uid > 0 AND number <> :number
"""
_BY_IDENTITY = """
    SELECT t.number, t.mailbox FROM message m
    JOIN content c ON c.id = m.content
    JOIN content d ON d.identity = c.identity
    JOIN message t ON t.content = d.id
    WHERE m.number = :number AND t.number > :number
    AND +t.server_mailbox = :target AND +t.uid >= max(:since, 1)
    AND t.uid NOT IN (SELECT uid FROM placed WHERE mailbox = :target)
    ORDER BY t.uid LIMIT 1
"""
_REFERENCES = (
    "UPDATE delta SET message = :number WHERE message = :twin",
    "UPDATE OR IGNORE operation_item SET message = :number WHERE message = :twin",
    "UPDATE operation_item SET copy = :number WHERE copy = :twin",
    "UPDATE OR IGNORE wanted SET message = :number WHERE message = :twin",
    "UPDATE OR IGNORE action_flag SET message = :number WHERE message = :twin",
    "UPDATE OR IGNORE action_move SET message = :number WHERE message = :twin",
    "UPDATE OR IGNORE action_copy SET message = :number WHERE message = :twin",
    "UPDATE action_copy SET copy = :number WHERE copy = :twin",
    "UPDATE outgoing SET message = :number WHERE message = :twin",
    "UPDATE OR IGNORE action_transfer SET message = :number WHERE message = :twin",
    "UPDATE OR IGNORE action_pin SET message = :number WHERE message = :twin",
    "UPDATE OR IGNORE replaced SET message = :number WHERE message = :twin",
    "UPDATE replaced SET successor = :number WHERE successor = :twin",
    "UPDATE submission SET draft = :number WHERE draft = :twin",
    "UPDATE submission SET parent = :number WHERE parent = :twin",
    "UPDATE OR IGNORE writing_source SET message = :number WHERE message = :twin",
)
_FORGET_PLACED = """
    DELETE FROM placed
    WHERE mailbox NOT IN (SELECT target FROM operation WHERE state = 'sent')
"""
_NOTE_PLACED = """
    INSERT OR IGNORE INTO placed SELECT server_mailbox, uid FROM message
    WHERE number = :number AND server_mailbox = :target AND uid > 0
    AND EXISTS (SELECT 1 FROM operation WHERE target = :target AND state = 'sent')
"""
_WAITS_TO_LEAVE = """
    SELECT o.id, i.message FROM operation_item i JOIN operation o ON o.id = i.operation
    WHERE i.message = ? AND o.kind <> 'copy' AND o.state <> 'sent'
"""


def arrive(
    tx: Transaction, number: MessageNumber, target: MailboxId, uid: Uid, since: int
) -> None:
    """Let a message lie in the target on the server.

    Where its ``uid`` was not told (0) a twin has at least the target's UIDNEXT of before.
    """
    asked = {"number": number, "target": target, "uid": uid, "since": since}
    statement = _BY_UID if uid else _BY_IDENTITY
    twin = tx.connection.execute(statement, asked).fetchone()
    if twin is not None:
        _take_over(tx, number, target, *twin)
    else:
        tx.connection.execute(
            "UPDATE message SET server_mailbox = ?, uid = ?, modseq = 0 WHERE number = ?",
            (target, uid, number),
        )
    tx.connection.execute(_FORGET_PLACED)
    tx.connection.execute(_NOTE_PLACED, asked)


def load_placed(source: Source, target: MailboxId) -> frozenset[Uid]:
    """Name the UIDs in a mailbox that operations of ours were told of.

    So they are of no other operation whose answer was lost. They are kept as long as
    there is one into that mailbox.
    """
    rows = source.connection.execute(
        "SELECT uid FROM placed WHERE mailbox = ?", (target,)
    )
    return frozenset(Uid(uid) for (uid,) in rows)


def _take_over(
    tx: Transaction, number: MessageNumber, target: MailboxId, twin: int, shown_in: int
) -> None:
    facts = tx.connection.execute(
        "SELECT server_mailbox, uid, server_flags, server_keywords, modseq FROM message"
        " WHERE number = ?",
        (twin,),
    ).fetchone()
    moved = tx.connection.execute(
        "SELECT 1 FROM message WHERE number = ? AND mailbox <> ?", (number, target)
    ).fetchone()
    if moved:
        # Both were moved on: the wish about the row that the person knew before holds.
        take_out(tx, tx.connection.execute(_WAITS_TO_LEAVE, (twin,)).fetchall())
    else:
        tx.connection.execute(
            "UPDATE message SET mailbox = ? WHERE number = ?", (shown_in, number)
        )
    for statement in _REFERENCES:
        tx.connection.execute(statement, {"number": number, "twin": twin})
    remove_rows(tx, [(twin, shown_in)])
    tx.connection.execute(
        "UPDATE message SET server_mailbox = ?, uid = ?, server_flags = ?,"
        " server_keywords = ?, modseq = ? WHERE number = ?",
        (*facts, number),
    )
