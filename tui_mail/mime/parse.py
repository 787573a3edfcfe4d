"""Whole messages to their tree of parts (RFC 2046)."""

from tui_mail.model.body import BodyPart
from tui_mail.model.ids import PartId


def parse_message(octets: bytes) -> BodyPart:
    """Read the tree of parts, numbered as IMAP numbers them; never raises."""
    raise NotImplementedError


def cut_part(octets: bytes, part_id: PartId) -> bytes | None:
    """Cut a part's octets, still encoded, out of a message; None where it has none."""
    raise NotImplementedError


def decode_part(part: BodyPart, octets: bytes) -> bytes:
    """Undo the Content-Transfer-Encoding of a part (RFC 2045, 6); never raises."""
    raise NotImplementedError
