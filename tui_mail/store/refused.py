"""What an action wished and a server refused: undone, it is forgotten.

Its effect here was taken back when it was refused; only the wish is left, with why.
"""

from tui_mail.model.ids import ActionId
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
