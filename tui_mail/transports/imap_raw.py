"""A message as its usual FETCH response has it, cut but not read.

It is plain values only, so that another process can read it.
"""

from typing import NamedTuple

from tui_mail.mime.headers import parse_envelope
from tui_mail.model.ids import ModSeq, Uid
from tui_mail.model.message import FetchedMessage
from tui_mail.transports.imap_responses import parse_flags, parse_internal_date

HEADER_CAP = 65_536
"""Octets of a message's list fields that are read."""


class RawMessage(NamedTuple):
    """What one response said."""

    uid: int
    flags: bytes
    """Between their brackets."""
    date: bytes
    """INTERNALDATE; empty where it was not said."""
    size: int
    modseq: int
    email_id: str
    header: bytes


def read(raw: RawMessage) -> FetchedMessage:
    """Read it; never raises."""
    return FetchedMessage(
        Uid(raw.uid),
        parse_flags(raw.flags),
        ModSeq(raw.modseq),
        parse_internal_date(raw.date) if raw.date else None,
        raw.size,
        parse_envelope(raw.header),
        raw.email_id,
    )
