"""A message sent on as it is, to somebody who should have got it (RFC 5322, 3.6.6)."""

import re
from datetime import datetime
from email.utils import format_datetime

from tui_mail.compose.fields import FieldError, parse_recipients
from tui_mail.compose.header import address_field, ids_field, plain_field
from tui_mail.compose.message_ids import new_message_id
from tui_mail.compose.parts import LONGEST_LINE
from tui_mail.compose.serialise import envelope, parse_sender
from tui_mail.mime.headers import parse_envelope
from tui_mail.model.error import MailError
from tui_mail.model.outgoing import Outgoing

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEFT_OUT = (b"bcc", b"resent-bcc", b"return-path")
"""Who got it blindly is for nobody else to read; Return-Path is the last server's to say."""
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")


def bounce(octets: bytes, to: str, sender: str, *, now: datetime) -> Outgoing:
    """Send a message on, its octets as they are below the new Resent- fields.

    ``to`` and ``sender`` are fields as typed. Only line ends become those of mail, and
    fields that are nobody's business are left out. Raises FieldError for what is wrong
    in a field, MailError for octets that no server takes.
    """
    author = parse_sender(sender)
    try:
        recipients = parse_recipients(to)
    except FieldError as error:
        raise error.in_field("To") from None
    if not recipients:
        raise FieldError("nobody is named who is to get it", "To")
    message_id = new_message_id(author.address)
    resent = (
        plain_field("Resent-Date", format_datetime(now.astimezone())),
        address_field("Resent-From", (author,)),
        address_field("Resent-To", recipients),
        ids_field("Resent-Message-ID", (message_id,)),
    )
    message = _as_mail(octets)
    return Outgoing(
        message_id=message_id,
        sender=author.address,
        recipients=envelope(recipients),
        octets=b"".join(resent) + message,
        subject=parse_envelope(message).subject,
        needs_utf8=any(one.needs_utf8 for one in (author, *recipients)),
    )


def _as_mail(octets: bytes) -> bytes:
    lines = _LINE_END.sub(b"\n", octets).split(b"\n")
    if b"\0" in octets or any(len(line) > LONGEST_LINE for line in lines):
        raise MailError(
            "mail servers do not take this message as it is; forward it attached"
        )
    return b"\r\n".join(_without_fields(lines))


def _without_fields(lines: list[bytes]) -> list[bytes]:
    """Leave out fields, and a line of an mbox file above them."""
    kept: list[bytes] = []
    skipped = False
    for number, line in enumerate(lines):
        if not line:
            return [*kept, *lines[number:]]
        if not line.startswith((b" ", b"\t")):
            field = _FIELD.match(line)
            name = field[1].lower() if field else b""
            skipped = name in _LEFT_OUT or (number == 0 and line.startswith(b"From "))
        if not skipped:
            kept.append(line)
    return kept
