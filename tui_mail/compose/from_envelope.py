"""Header fields written anew from what a list knows of a message."""

from email.utils import format_datetime

from tui_mail.compose.fields import Recipient
from tui_mail.compose.header import address_field, ids_field, plain_field, text_field
from tui_mail.compose.lists import usable
from tui_mail.model.message import Address, Envelope


def headers_of(envelope: Envelope) -> bytes:
    """Write the fields that an answer needs, where the message's own are not here.

    What only they say is missing: the list's address, and which alias got it.
    """
    people = (
        ("From", envelope.from_),
        ("Reply-To", envelope.reply_to),
        ("To", envelope.to),
        ("Cc", envelope.cc),
        ("Bcc", envelope.bcc),
    )
    ids = (
        ("Message-ID", (envelope.message_id,)),
        ("In-Reply-To", (envelope.in_reply_to,)),
        ("References", envelope.references),
    )
    date = format_datetime(envelope.date) if envelope.date else ""
    return b"".join(
        (
            *(_people(name, addresses) for name, addresses in people),
            text_field("Subject", envelope.subject),
            plain_field("Date", date) if date else b"",
            *(ids_field(name, found) for name, found in ids if any(found)),
            b"\r\n",
        )
    )


def _people(name: str, addresses: tuple[Address, ...]) -> bytes:
    found = [Recipient(one.name, one.address) for one in usable(addresses)]
    return address_field(name, found) if found else b""
