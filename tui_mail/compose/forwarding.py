"""Messages sent on: within the text, or whole as attachments."""

import textwrap
from collections.abc import Iterator, Sequence

from tui_mail.compose.ancestry import is_message_id
from tui_mail.compose.direction import without_directions
from tui_mail.compose.draft import Attachment, Draft, PartSource
from tui_mail.compose.identity import Identity, address_used
from tui_mail.compose.original import Original
from tui_mail.compose.quoting import spoken_day
from tui_mail.compose.signature import with_signature
from tui_mail.compose.subjects import forward_subject
from tui_mail.compose.text import WIDTH
from tui_mail.mime.addresses import format_address
from tui_mail.mime.choose import attachments
from tui_mail.mime.headers import parse_envelope
from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import WHOLE
from tui_mail.model.message import Address, Envelope

MARK = "---------- Forwarded message ----------"
"""Begins what somebody else wrote."""
FORWARDED = "$Forwarded"

_NAMED_AT_MOST = 100
_SMALLEST_PICTURE = 4_000
"""Octets; smaller pictures within HTML are icons and lines, not what it is about."""


def forward_inline(original: Original, identity: Identity) -> Draft:
    """Send a message's text on, with its attachments."""
    envelope = parse_envelope(original.headers)
    text = original.text.text.strip("\n") if original.text else ""
    above = without_directions(f"\n\n{MARK}\n{_head(envelope)}\n{text}\n")
    return Draft(
        account=identity.account,
        sender=identity.sender_at(address_used(original.headers, identity)),
        subject=forward_subject(envelope.subject),
        body=with_signature(above, identity.signature),
        attachments=carried(original),
        parent=original.message,
        parent_flag=FORWARDED,
        forwarded_id=_id_of(envelope),
    )


def forward_attached(originals: Sequence[Original], identity: Identity) -> Draft:
    """Send messages on whole, each as an attachment.

    Of several, none gets a flag for it.
    """
    envelope = parse_envelope(originals[0].headers)
    alone = originals[0] if len(originals) == 1 else None
    return Draft(
        account=identity.account,
        sender=identity.sender_at(address_used(originals[0].headers, identity)),
        subject=forward_subject(
            envelope.subject if alone else Displayable(f"{len(originals)} messages")
        ),
        body=with_signature("\n", identity.signature),
        attachments=tuple(
            Attachment(
                name=Displayable(""),
                type="message/rfc822",
                size=one.size,
                source=PartSource(one.message, WHOLE),
            )
            for one in originals
        ),
        parent=alone.message if alone else None,
        parent_flag=FORWARDED if alone else "",
        forwarded_id=_id_of(envelope) if alone else "",
    )


def _id_of(envelope: Envelope) -> str:
    return envelope.message_id if is_message_id(envelope.message_id) else ""


def carried(original: Original) -> tuple[Attachment, ...]:
    """List the attachments of a message, and the pictures that its HTML shows."""
    if original.structure is None:
        return ()
    wanted = {part.part_id for part in attachments(original.structure)}
    return tuple(
        Attachment(
            name=_without_folder(part.filename),
            type=part.type,
            size=part.decoded_size,
            source=PartSource(original.message, part.part_id),
        )
        for part in _outer_parts(original.structure)
        if part.part_id in wanted or _is_shown_picture(part)
    )


def _without_folder(name: Displayable) -> Displayable:
    """Leave out where a file once lay: that is for nobody who gets it now."""
    return Displayable(name.replace("\\", "/").rstrip("/").rpartition("/")[2])


def _outer_parts(structure: BodyPart) -> Iterator[BodyPart]:
    """Yield the parts in document order, but those of attached messages."""
    stack = [structure]
    while stack:
        part = stack.pop()
        yield part
        if part.is_multipart:
            stack.extend(reversed(part.children))


def _is_shown_picture(part: BodyPart) -> bool:
    is_picture = part.type.startswith("image/") and bool(part.content_id)
    return is_picture and part.decoded_size >= _SMALLEST_PICTURE


def _head(envelope: Envelope) -> str:
    r"""Write who wrote it when to whom, a field a line; it ends with ``\n``."""
    date = envelope.date
    fields = (
        ("From", _people(envelope.from_)),
        ("Date", f"{spoken_day(date)} {date:%H:%M:%S %z}" if date else ""),
        ("Subject", envelope.subject),
        ("To", _people(envelope.to)),
        ("Cc", _people(envelope.cc)),
    )
    return "".join(_field(name, value) for name, value in fields if value)


def _people(addresses: Sequence[Address]) -> str:
    named = ", ".join(map(format_address, addresses[:_NAMED_AT_MOST]))
    more = len(addresses) - _NAMED_AT_MOST
    return f"{named} and {more} more" if more > 0 else named


def _field(name: str, value: str) -> str:
    lines = textwrap.wrap(
        f"{name}: {value}",
        WIDTH,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines) + "\n"
