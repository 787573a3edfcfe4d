"""A message on its way to a submission server (RFC 6409), as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import MessageNumber, SubmissionId, WritingId

_NAMED = 40
"""Characters of a subject that are named."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message whose octets are fixed, with the envelope that it goes in."""

    message_id: str
    """Without angle brackets; of a message that is resent its Resent-Message-ID."""
    sender: str
    """The envelope's (RFC 5321, 4.1.1.2), an addr-spec."""
    recipients: tuple[str, ...]
    """The envelope's, addr-specs, each once, in the order of To, Cc, Bcc."""
    octets: bytes
    """CRLF only, no bare CR or LF, lines of at most 998 octets, no Bcc; not dot-stuffed."""
    blind: bytes = b""
    """The Bcc field with its line end, for the copy in Sent; empty where there is none."""
    subject: Displayable = Displayable("")
    in_reply_to: str = ""
    """The Message-ID that it answers, without angle brackets; empty where none."""
    needs_utf8: bool = False
    """An address is not ASCII: the server has to know SMTPUTF8 (RFC 6531)."""

    @property
    def is_eight_bit(self) -> bool:
        """Whether the server has to know 8BITMIME (RFC 6152)."""
        return not self.octets.isascii()

    @property
    def said(self) -> str:
        """What is done by sending it, as the journal has it."""
        subject = self.subject
        if len(subject) > _NAMED:
            subject = Displayable(f"{subject[: _NAMED - 1].rstrip()}…")
        others = len(self.recipients) - 1
        more = f" and {others:,} more" if others else ""
        return f'sent "{subject or "(no subject)"}" to {self.recipients[0]}{more}'


class SubmissionState(StrEnum):
    """How far a message in the outbox has come."""

    QUEUED = "queued"
    """It goes when its time has come and there is a connection."""
    KEPT = "kept"
    """It stays until the reader or the engine starts anew, or a person sends it."""
    SENDING = "sending"
    """The end of its data goes out, and the answer is not here: after a crash, doubt."""
    UNKNOWN = "unknown"
    """The answer was lost: a person decides whether it goes again."""
    REFUSED = "failed"
    """The server refused it, or some of its recipients; a person decides."""
    ACCEPTED = "accepted"
    """The server has it; the copy in Sent and the like are still to do."""


class RecipientState(StrEnum):
    """What became of one recipient so far."""

    WAITING = "waiting"
    REFUSED = "refused"
    """The server does not take it, and nobody got the message: a person decides."""
    DROPPED = "dropped"
    """It was refused, and a person had the message go to the others."""


@dataclass(frozen=True, slots=True)
class SubmissionRecipient:
    """One recipient of a message in the outbox."""

    address: str
    """An addr-spec."""
    state: RecipientState = RecipientState.WAITING
    answer: Displayable = Displayable("")
    """What the server said where it was refused."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A message in the outbox, without its octets."""

    id: SubmissionId
    message_id: str
    """Without angle brackets; of a message that is resent its Resent-Message-ID."""
    sender: str
    """The envelope's."""
    recipients: tuple[SubmissionRecipient, ...]
    subject: Displayable
    in_reply_to: str
    """Without angle brackets; empty where none."""
    blind: bytes
    """The Bcc field with its line end, for the copy in Sent; empty where there is none."""
    needs_utf8: bool
    is_eight_bit: bool
    size: int
    """Octets, as they are stored: not dot-stuffed."""
    created: datetime
    state: SubmissionState
    doubted: bool
    """An answer was lost once: the server may have it, whatever became of it since."""
    attempts: int
    not_before: datetime | None
    """When it may go; None is at once."""
    error: Displayable
    """Why it did not go, or is not filed."""
    writing: WritingId | None
    """What it was written in, as long as it can be taken back."""
    draft: MessageNumber | None
    """The message in Drafts that goes when it is filed."""
    parent: MessageNumber | None
    """The message that gets ``parent_flag`` when it is filed."""
    parent_flag: str
    copy: MessageNumber | None
    """The message that becomes its copy in Sent, while octets of it are missing."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The envelope's recipients, those left out that a retry dropped."""
        return tuple(
            one.address
            for one in self.recipients
            if one.state is not RecipientState.DROPPED
        )

    @property
    def is_put_off(self) -> bool:
        """Whether it waits because something went wrong, and not because it is to."""
        waits = (SubmissionState.QUEUED, SubmissionState.ACCEPTED)
        return bool(self.error) and self.state in waits

    @property
    def asks(self) -> bool:
        """Whether a person has to decide what becomes of it."""
        return self.state in (SubmissionState.UNKNOWN, SubmissionState.REFUSED)
