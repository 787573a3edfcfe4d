"""The one place where what a person wrote becomes a message (RFC 5322, RFC 2045)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from email.utils import format_datetime

from tui_mail.compose import draft_marks
from tui_mail.compose.draft import Attachment, Draft
from tui_mail.compose.fields import (
    FieldError,
    Recipient,
    clean_line,
    parse_recipients,
)
from tui_mail.compose.header import (
    address_field,
    clean_ids,
    ids_field,
    plain_field,
    text_field,
    typed_field,
)
from tui_mail.compose.message_ids import new_message_id
from tui_mail.compose.parts import Entity, attached_part, multipart, text_part
from tui_mail.model.displayable import displayable
from tui_mail.model.outgoing import Outgoing

Load = Callable[[Attachment], bytes]
"""Reads an attachment's octets; raises MailError where they are gone."""

NO_TO = b"To: undisclosed-recipients:;\r\n"
"""For a message whose recipients are all blind; without any To some refuse it."""
_NOBODY = "localhost"


def outgoing_of(draft: Draft, load: Load, *, now: datetime) -> Outgoing:
    """Make the message that goes out, and its envelope.

    Raises FieldError for a mistake in a field or where nobody would get it, MailError
    for an attachment that is gone.
    """
    sender = parse_sender(draft.sender)
    reply_to = _parsed("Reply-To", draft.reply_to)
    to, cc, bcc = (
        _parsed(name, typed)
        for name, typed in (("To", draft.to), ("Cc", draft.cc), ("Bcc", draft.bcc))
    )
    everybody = envelope((*to, *cc, *bcc))
    if not everybody:
        raise FieldError("nobody is named who is to get it", "To")
    message_id = new_message_id(sender.address)
    fields = [
        _date(now),
        address_field("From", (sender,)),
        address_field("Reply-To", reply_to) if reply_to else b"",
        address_field("To", to) if to else b"" if cc else NO_TO,
        address_field("Cc", cc) if cc else b"",
        *_common(draft, message_id),
    ]
    answered = clean_ids((draft.in_reply_to,))
    return Outgoing(
        message_id=message_id,
        sender=sender.address,
        recipients=everybody,
        octets=_message(fields, _content(draft, load, may_flow=True)),
        blind=address_field("Bcc", bcc) if bcc else b"",
        subject=displayable(draft.subject),
        in_reply_to=answered[0] if answered else "",
        needs_utf8=any(one.needs_utf8 for one in (sender, *reply_to, *to, *cc, *bcc)),
    )


def draft_octets(draft: Draft, load: Load, *, now: datetime) -> bytes:
    """Make the message that is kept in Drafts; nothing in its fields is refused.

    Bcc stays in it, the text is as it was typed, attachments are inside. What is no
    list of addresses stands in its field as it was typed (``fields.typed_text``).
    Raises MailError for an attachment that is gone.
    """
    try:
        domain = parse_sender(draft.sender).address
    except FieldError:
        domain = _NOBODY
    fields = [
        _date(now),
        _kept("From", draft.sender),
        _kept("Reply-To", draft.reply_to),
        _kept("To", draft.to),
        _kept("Cc", draft.cc),
        _kept("Bcc", draft.bcc),
        *_common(draft, new_message_id(domain)),
        draft_marks.field_of(draft),
    ]
    return _message(fields, _content(draft, load, may_flow=False))


def parse_sender(typed: str) -> Recipient:
    """Read the From field, which has one address here; raises FieldError."""
    found = _parsed("From", typed)
    if len(found) != 1:
        how = "more than one address" if found else "no address"
        raise FieldError(f"there is {how} in it", "From")
    return found[0]


def envelope(recipients: Iterable[Recipient]) -> tuple[str, ...]:
    """List the addresses that get a message, each once."""
    found: dict[str, str] = {}
    for one in recipients:
        found.setdefault(one.address.casefold(), one.address)
    return tuple(found.values())


def _parsed(name: str, typed: str) -> tuple[Recipient, ...]:
    try:
        return parse_recipients(typed)
    except FieldError as error:
        raise error.in_field(name) from None


def _kept(name: str, typed: str) -> bytes:
    try:
        recipients = parse_recipients(typed)
    except FieldError:
        return typed_field(name, typed)
    return address_field(name, recipients) if recipients else b""


def _date(now: datetime) -> bytes:
    return plain_field("Date", format_datetime(now.astimezone()))


def _common(draft: Draft, message_id: str) -> tuple[bytes, ...]:
    return (
        text_field("Subject", draft.subject) if clean_line(draft.subject) else b"",
        ids_field("Message-ID", (message_id,)),
        ids_field("In-Reply-To", (draft.in_reply_to,)),
        ids_field("References", draft.references),
        plain_field("MIME-Version", "1.0"),
    )


def _content(draft: Draft, load: Load, *, may_flow: bool) -> Entity:
    text = text_part(draft.body, may_flow=may_flow)
    if not draft.attachments:
        return text
    attached = (
        attached_part(one.name, one.type, load(one)) for one in draft.attachments
    )
    return multipart((text, *attached))


def _message(fields: list[bytes], content: Entity) -> bytes:
    return b"".join((*fields, *content.octets))
