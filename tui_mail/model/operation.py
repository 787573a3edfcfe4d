"""The user's wishes: what a person did, as values.

A wish names local numbers, never UIDs. The store performs it at once and the engine
replays it on the server when it can. Wishes about flags are deltas (see
:mod:`tui_mail.model.flags`), those about mailboxes stand in a table of their own;
everything else is one of the operations here.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import (
    ActionId,
    MailboxId,
    MessageNumber,
    OperationId,
    SubmissionId,
    WritingId,
)
from tui_mail.model.mailbox import SpecialUse


@dataclass(frozen=True, slots=True)
class SetFlags:
    """Add and remove flags or keywords of messages."""

    messages: tuple[MessageNumber, ...]
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Move:
    """Move messages into another mailbox of the same account."""

    messages: tuple[MessageNumber, ...]
    target: MailboxId


@dataclass(frozen=True, slots=True)
class MoveApart:
    """Move messages into several mailboxes of the same account: one action."""

    moves: tuple[Move, ...]

    @property
    def messages(self) -> tuple[MessageNumber, ...]:
        """All of them."""
        return tuple(number for one in self.moves for number in one.messages)


@dataclass(frozen=True, slots=True)
class Copy:
    """Copy messages into another mailbox of the same account."""

    messages: tuple[MessageNumber, ...]
    target: MailboxId


@dataclass(frozen=True, slots=True)
class Expunge:
    """Delete messages for ever; there is no reversal."""

    messages: tuple[MessageNumber, ...]


@dataclass(frozen=True, slots=True)
class Transfer:
    """Move messages into a mailbox of another account, or copy them there."""

    messages: tuple[MessageNumber, ...]
    account: str
    wire_name: bytes
    name: Displayable
    """Of the mailbox."""
    copying: bool = False


@dataclass(frozen=True, slots=True)
class Pin:
    """Keep messages for offline reading, whole and whatever else has to go; or no more."""

    messages: tuple[MessageNumber, ...]
    pinned: bool


@dataclass(frozen=True, slots=True)
class PinMailbox:
    """Keep all that lies in a mailbox for offline reading, or no more."""

    mailbox: MailboxId
    pinned: bool


@dataclass(frozen=True, slots=True)
class CreateMailbox:
    """Make a mailbox."""

    name: str
    """As a person types it, with ``/`` between a mailbox and those below it."""
    use: SpecialUse | None = None


@dataclass(frozen=True, slots=True)
class RenameMailbox:
    """Give a mailbox another name; those below it follow."""

    mailbox: MailboxId
    name: str
    """The whole new name, as a person types it."""


@dataclass(frozen=True, slots=True)
class DeleteMailbox:
    """Delete a mailbox with all its messages, and those below it."""

    mailbox: MailboxId


@dataclass(frozen=True, slots=True)
class SubscribeMailbox:
    """Subscribe to a mailbox, or end that."""

    mailbox: MailboxId
    subscribed: bool


MailboxWish = CreateMailbox | RenameMailbox | DeleteMailbox | SubscribeMailbox
Wish = (
    SetFlags
    | Move
    | MoveApart
    | Copy
    | Expunge
    | Transfer
    | Pin
    | PinMailbox
    | MailboxWish
)


class OperationState(StrEnum):
    """How far an operation has come."""

    QUEUED = "queued"
    SENT = "sent"
    """It was sent and the answer is not here yet, or was lost."""
    SENDING = "sending"
    """A mail is on its way just now."""
    FAILED = "failed"
    """The server refused it; its local effect was taken back, a person decides."""
    UNKNOWN = "unknown"
    """A mail may have gone, or not: a person decides whether it goes again."""

    @property
    def asks(self) -> bool:
        """Whether a person has to decide what becomes of it."""
        return self in (OperationState.FAILED, OperationState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class PendingOperation:
    """One line of what waits for a server."""

    id: str
    """``op-12``, ``mailbox-…`` for a wish about a mailbox, ``flag-…`` for the deltas of
    one flag in one mailbox, ``fetch-…`` for what is to be fetched of one message, or
    ``send-…`` for a mail."""
    kind: str
    """``flag``, ``move``, ``copy``, ``expunge``, ``fetch``, ``send``, …"""
    what: Displayable
    """A sentence: ``move 12 messages to Archive``."""
    state: OperationState
    attempts: int
    not_before: datetime | None
    error: Displayable
    operation: OperationId | None = None
    kept: bool = False
    """It is a mail that stays until the next start."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One key press in the journal, with what it takes to undo it."""

    id: ActionId
    said: Displayable
    """What was done, in words: ``archived "Budget"``."""
    at: datetime
    session: str
    """Which start of the reader did it."""
    undone: bool
    messages: tuple[MessageNumber, ...]
    """At most the first hundred."""
    mailbox: MailboxId | None
    """The mailbox in which it was done."""
    submission: SubmissionId | None = None
    """The mail that it sent."""
    writing: WritingId | None = None
    """What that mail was written in; once it is undone, what one goes on writing."""
