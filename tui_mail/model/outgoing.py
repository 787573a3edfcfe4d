"""A message on its way to a submission server (RFC 6409), as values."""

from dataclasses import dataclass
from enum import StrEnum

from tui_mail.model.displayable import Displayable


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message whose octets are fixed, with the envelope that it goes in."""

    message_id: str
    """Without angle brackets."""
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
