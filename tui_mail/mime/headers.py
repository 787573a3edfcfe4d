"""Header blocks to envelopes."""

from tui_mail.model.displayable import Displayable
from tui_mail.model.message import Envelope

LIST_FIELDS: tuple[str, ...] = (
    *("Date", "From", "Sender", "Reply-To", "To", "Cc", "Subject", "Message-ID"),
    *("In-Reply-To", "References", "List-Id", "Content-Type"),
)
"""The header fields that an envelope is made of."""


def parse_envelope(octets: bytes) -> Envelope:
    """Read a raw header block; never raises."""
    raise NotImplementedError


def all_fields(octets: bytes) -> list[tuple[Displayable, Displayable]]:
    """List every header field, decoded and safe to show."""
    raise NotImplementedError
