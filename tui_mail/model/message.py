"""Messages as a list shows them and as their headers describe them."""

from dataclasses import dataclass
from datetime import datetime

from tui_mail.model.displayable import Displayable
from tui_mail.model.flags import Flags
from tui_mail.model.ids import (
    ContentId,
    MailboxId,
    MessageNumber,
    ModSeq,
    ThreadId,
    Uid,
)


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a header field (RFC 5322, 3.4)."""

    name: Displayable
    """The display name, decoded; empty where there is none."""
    address: Displayable
    """The addr-spec from the raw header, never decoded; empty for a group's name."""

    @property
    def short(self) -> Displayable:
        """The name, or the address where there is no name."""
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class Envelope:
    """The header fields that a list, a search and a reply need, safe to show."""

    subject: Displayable = Displayable("")
    from_: tuple[Address, ...] = ()
    sender: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    date: datetime | None = None
    """The sender's claim, with its zone; None where missing or unreadable."""
    message_id: str = ""
    """Without angle brackets, printable ASCII; empty where missing or malformed."""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    """Oldest first, the parent last, without angle brackets; at most 100."""
    list_id: Displayable = Displayable("")
    has_attachment: bool = False
    """A guess from Content-Type until the structure is known."""


@dataclass(frozen=True, slots=True)
class FetchedMessage:
    """What one FETCH response said of a message for the list."""

    uid: Uid
    flags: Flags
    modseq: ModSeq
    internal_date: datetime | None
    size: int
    """RFC822.SIZE, octets; some servers guess."""
    envelope: Envelope
    email_id: str = ""
    """EMAILID or X-GM-MSGID where the server has one; empty otherwise."""


@dataclass(frozen=True, slots=True)
class FlagsOf:
    """What a server said of one message's flags."""

    uid: Uid
    flags: Flags
    modseq: ModSeq = ModSeq(0)
    """0 where the server has none, or did not say."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a message is shown, and where the server has it; they differ while it moves."""

    mailbox: MailboxId
    server_mailbox: MailboxId | None
    """None while the server does not have it."""
    uid: Uid | None
    """Its identifier in the server's mailbox; None while it is not known."""


@dataclass(frozen=True, slots=True)
class MessageSummary:
    """One row of the message list."""

    number: MessageNumber
    mailbox: MailboxId
    uid: Uid | None
    """Its identifier in this mailbox; None until the server has put it there."""
    content: ContentId
    thread: ThreadId
    date: datetime
    """The message's date, else the date of arrival; aware, UTC."""
    from_: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: Displayable
    flags: Flags
    """As shown: the server's with the user's wishes over them."""
    size: int
    has_attachment: bool
    message_id: str
    snippet: Displayable
    """The start of the readable text; empty until it is there."""
    waiting: bool
    """A wish about it waits for the server."""
    downloaded: bool
    """Its readable text is here."""
    pinned: bool = False
    """A person keeps it for offline reading."""
    on_server: bool | None = None
    """Whether its POP3 server has it still; None where it came from none."""
