"""A message sent on as it is, to somebody who should have got it (RFC 5322, 3.6.6)."""

from datetime import datetime
from email.utils import format_datetime

from tui_mail.compose.fields import FieldError, parse_recipients
from tui_mail.compose.header import (
    LONGEST_LINE,
    address_field,
    folded_field,
    ids_field,
    plain_field,
    text_field,
)
from tui_mail.compose.message_ids import new_message_id
from tui_mail.compose.raw_header import LEFT_OUT, RawField, cut_message
from tui_mail.compose.raw_lines import (
    refuse_long_lines,
    with_line_ends,
    with_short_lines,
)
from tui_mail.compose.serialise import envelope, parse_sender
from tui_mail.mime.charset import decode_words
from tui_mail.mime.headers import parse_envelope
from tui_mail.model.outgoing import Outgoing


def bounce(octets: bytes, to: str, sender: str, *, now: datetime) -> Outgoing:
    """Send a message on, its octets as they are below the new Resent- fields.

    ``to`` and ``sender`` are fields as typed. Only line ends become those of mail, and
    fields that are nobody's business are left out. Raises FieldError for what is wrong
    in a field, MailError for octets that no server takes, and that
    may not be changed.
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
    fields, body = cut_message(with_short_lines(with_line_ends(octets)))
    refuse_long_lines(body)
    header = b"".join(map(_written, fields))
    end = b"" if not body or body.endswith(b"\n") else b"\r\n"
    return b"".join((header, b"\r\n", body, end))


def _written(field: RawField) -> bytes:
    if field.key in LEFT_OUT:
        return b""
    if all(len(line) <= LONGEST_LINE for line in field.octets.split(b"\r\n")):
        return field.octets
    if field.octets.isascii():
        return folded_field(field.name, field.text)
    return text_field(field.name, decode_words(field.text))
