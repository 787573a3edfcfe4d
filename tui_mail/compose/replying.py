"""Answers: to who wrote a message, to everybody, to the list it came by."""

from datetime import tzinfo

from tui_mail.compose.ancestry import threading_of
from tui_mail.compose.draft import Draft
from tui_mail.compose.fields import format_recipients
from tui_mail.compose.identity import Identity, address_used
from tui_mail.compose.lists import Answering, answering_of
from tui_mail.compose.original import Original
from tui_mail.compose.quoting import attribution, quoted
from tui_mail.compose.recipients import Answered, to_all, to_author, to_list
from tui_mail.compose.signature import with_signature
from tui_mail.compose.subjects import reply_subject
from tui_mail.mime.headers import parse_envelope
from tui_mail.model.error import MailError
from tui_mail.model.message import Envelope


def reply(
    original: Original, identity: Identity, *, zone: tzinfo | None = None
) -> Draft:
    """Answer who wrote a message; of what one sent oneself, who got it.

    ``zone`` is that of the time in the attribution; None is the one of here.
    """
    envelope = parse_envelope(original.headers)
    answering = answering_of(original.headers, envelope)
    answered = Answered(to_author(envelope, answering, identity))
    private = _leaves_list_out(answering, answered)
    return _answer(original, envelope, identity, answered, zone=zone, private=private)


def reply_to_all(
    original: Original, identity: Identity, *, zone: tzinfo | None = None
) -> Draft:
    """Answer everybody who wrote or got a message, but oneself."""
    envelope = parse_envelope(original.headers)
    answering = answering_of(original.headers, envelope)
    answered = to_all(envelope, answering, identity)
    return _answer(original, envelope, identity, answered, zone=zone)


def reply_to_list(
    original: Original, identity: Identity, *, zone: tzinfo | None = None
) -> Draft:
    """Answer the mailing list that a message came by.

    Raises:
        MailError: it came by none, or by one that nobody may write to.
    """
    envelope = parse_envelope(original.headers)
    answering = answering_of(original.headers, envelope)
    answered = to_list(answering, identity)
    if answered is None:
        raise MailError(
            "nobody may write to this list; r answers who wrote"
            if answering.closed
            else "this message came by no mailing list; r answers who wrote"
        )
    return _answer(original, envelope, identity, answered, zone=zone)


def _leaves_list_out(answering: Answering, answered: Answered) -> bool:
    post = answering.post.lower()
    return bool(post) and post not in (one.address.lower() for one in answered.to)


def _answer(
    original: Original,
    envelope: Envelope,
    identity: Identity,
    answered: Answered,
    *,
    zone: tzinfo | None,
    private: bool = False,
) -> Draft:
    in_reply_to, references = threading_of(envelope)
    return Draft(
        account=identity.account,
        sender=identity.sender_at(address_used(original.headers, identity)),
        to=format_recipients(answered.to),
        cc=format_recipients(answered.cc),
        subject=reply_subject(envelope.subject),
        body=_answering_body(original, envelope, identity, zone),
        in_reply_to=in_reply_to,
        references=references,
        parent=original.message,
        parent_flag="\\Answered",
        warn_private=private,
    )


def _answering_body(
    original: Original, envelope: Envelope, identity: Identity, zone: tzinfo | None
) -> str:
    """Begin with room for the answer; the cursor stands in the first line."""
    quote = quoted(original.text) if original.text else ""
    above = f"\n\n{attribution(envelope, zone)}\n{quote}" if quote else "\n"
    return with_signature(above, identity.signature)
