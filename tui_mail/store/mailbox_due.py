"""Wishes about mailboxes that wait for the server, and which of them may go now.

What is made is told first, then what happens to messages, then other names; a mailbox is
deleted only when nothing waits any more that has to do with it.
"""

from dataclasses import dataclass
from datetime import datetime

from tui_mail.model.ids import MailboxId, UidValidity
from tui_mail.model.operation import OperationState
from tui_mail.store.contents import seconds_of
from tui_mail.store.source import Source

CREATE, RENAME, DELETE = "create", "rename", "delete"
SUBSCRIBE, UNSUBSCRIBE = "subscribe", "unsubscribe"

_DUE = """
    SELECT w.id, w.kind, w.mailbox, w.name, w.messages, w.validity, w.state, w.attempts
    FROM mailbox_wish w JOIN mailbox b ON b.id = w.mailbox
    WHERE w.state <> 'failed' AND w.not_before <= :now
    AND NOT EXISTS (SELECT 1 FROM mailbox_wish v WHERE v.mailbox = w.mailbox
        AND v.id < w.id AND v.state <> 'failed')
    AND (w.kind <> 'delete' OR NOT EXISTS (SELECT 1 FROM operation o
        WHERE o.state <> 'failed' AND w.mailbox IN (o.source, o.target)
        UNION ALL SELECT 1 FROM outgoing g JOIN message m ON m.number = g.message
        WHERE g.state <> 'failed' AND m.server_mailbox = w.mailbox
        UNION ALL SELECT 1 FROM mailbox_wish v JOIN mailbox below ON below.id = v.mailbox
        WHERE v.kind = 'delete' AND v.state <> 'failed' AND v.id < w.id
        AND below.wire_name > b.wire_name
        AND substr(below.wire_name, 1, length(b.wire_name)) = b.wire_name))
    ORDER BY w.kind = 'create' DESC, w.kind = 'delete', w.id
"""


@dataclass(frozen=True, slots=True)
class DueMailboxWish:
    """A wish about a mailbox to replay."""

    id: int
    kind: str
    mailbox: MailboxId
    name: str
    """The whole new name, where it is another one."""
    messages: int
    """How many messages the person agreed to lose at most."""
    validity: UidValidity | None
    """The UIDVALIDITY that the mailbox had then, as far as it was known."""
    state: OperationState
    attempts: int


def due_mailbox_wishes(source: Source, now: datetime) -> list[DueMailboxWish]:
    """List the wishes about mailboxes that may go now, in the order they go."""
    return [
        DueMailboxWish(
            number,
            kind,
            MailboxId(mailbox),
            name,
            messages,
            UidValidity(validity) if validity else None,
            OperationState(state),
            attempts,
        )
        for number, kind, mailbox, name, messages, validity, state, attempts in (
            source.connection.execute(_DUE, {"now": seconds_of(now)})
        )
    ]
