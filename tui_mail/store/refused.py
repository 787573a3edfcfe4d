"""Actions of which a server refused, or never heard of, what was wished.

What is refused has its effect here taken back; only the wish is left, with why, and is
forgotten with the action. An action whose wish is cancelled counts as undone.
"""

from collections.abc import Sequence

from tui_mail.model.ids import ActionId, OperationId
from tui_mail.store.database import Transaction
from tui_mail.store.routes import take_out

_MOVES = """
    SELECT i.operation, i.message FROM action_move a
    JOIN operation_item i ON i.message = a.message
    JOIN operation o ON o.id = i.operation AND o.target = a.target
    WHERE a.action = ? AND o.kind = 'move' AND o.state = 'failed'
"""
_COPIES = """
    SELECT i.operation, i.message FROM action_copy a
    JOIN operation_item i ON i.message = a.message AND i.copy = a.copy
    JOIN operation o ON o.id = i.operation
    WHERE a.action = ? AND o.kind = 'copy' AND o.state = 'failed'
"""
_FLAGS = """
    DELETE FROM delta WHERE state = 'failed' AND (message, flag, adding) IN
        (SELECT message, flag, added FROM action_flag WHERE action = ?)
"""
_ACTIONS = """
    SELECT a.action FROM operation o JOIN operation_item i ON i.operation = o.id
        JOIN action_move a ON a.message = i.message AND a.target = o.target
        WHERE o.id = :id AND o.kind = 'move'
    UNION SELECT a.action FROM operation o JOIN operation_item i ON i.operation = o.id
        JOIN action_copy a ON a.message = i.message AND a.copy = i.copy
        WHERE o.id = :id AND o.kind = 'copy'
"""
_CANCELLED = """
    UPDATE action SET undone = 1 WHERE undone = 0 AND id = ?
    AND NOT EXISTS (SELECT 1 FROM action_move a JOIN message m
        ON m.number = a.message AND m.mailbox = a.target WHERE a.action = action.id)
    AND NOT EXISTS (SELECT 1 FROM action_copy a JOIN message m ON m.number = a.copy
        WHERE a.action = action.id)
"""
_CANCELLED_MAILBOX = """
    UPDATE action SET undone = 1 WHERE undone = 0 AND id IN (
        SELECT a.action FROM mailbox_wish w JOIN action_mailbox a ON a.mailbox = w.mailbox
            AND (a.kind = w.kind AND (w.name = '' OR w.name = a.after)
                OR a.kind = 'subscribe' AND w.kind =
                    CASE a.after WHEN 'True' THEN 'subscribe' ELSE 'unsubscribe' END)
            WHERE w.id = :id)
    AND (SELECT count(*) FROM action_mailbox a WHERE a.action = action.id) = 1
"""


def forget_refused(tx: Transaction, action: ActionId) -> int:
    """Forget what was refused of an action's wishes about messages; of how many."""
    tx.connection.execute(_FLAGS, (action,))
    items = [
        item
        for statement in (_MOVES, _COPIES)
        for item in tx.connection.execute(statement, (action,)).fetchall()
    ]
    take_out(tx, items)
    return len(items)


def actions_of(tx: Transaction, operation: OperationId) -> list[ActionId]:
    """Name the actions that wished what an operation does."""
    found = tx.connection.execute(_ACTIONS, {"id": operation})
    return [ActionId(action) for (action,) in found]


def note_cancelled(tx: Transaction, actions: Sequence[ActionId]) -> None:
    """Count those actions as undone of which nothing holds any more."""
    tx.connection.executemany(_CANCELLED, [(action,) for action in actions])


def note_cancelled_mailbox_wish(tx: Transaction, wish: int) -> None:
    """Count the action as undone that wished this about a mailbox, and nothing else."""
    tx.connection.execute(_CANCELLED_MAILBOX, {"id": wish})
