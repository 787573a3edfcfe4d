"""Messages written on: drafts of any client, and what was sent before."""

from dataclasses import dataclass

from tui_mail.compose import draft_marks
from tui_mail.compose.ancestry import is_message_id
from tui_mail.compose.direction import without_directions
from tui_mail.compose.draft import Draft
from tui_mail.compose.fields import format_recipients, typed_text
from tui_mail.compose.forwarding import carried
from tui_mail.compose.identity import Identity, address_used
from tui_mail.compose.lists import usable
from tui_mail.compose.original import Original
from tui_mail.compose.quoting import softly_wrapped
from tui_mail.mime.charset import decode_text
from tui_mail.mime.choose import text_parts
from tui_mail.mime.flowed import unflow
from tui_mail.mime.headers import parse_envelope, wanted_fields
from tui_mail.mime.parse import decode_part
from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import Displayable, displayable, displayable_lines

_TYPED = frozenset({"from", "to", "cc", "bcc", "reply-to"})
_MARKS = draft_marks.NAME.lower()


@dataclass(frozen=True, slots=True)
class Resumed:
    """What one writes on, and what did not come along."""

    draft: Draft
    warnings: tuple[Displayable, ...] = ()


def exact_part(structure: BodyPart) -> BodyPart | None:
    """Name the part whose text is all that was written; None where that is no such part.

    Its octets, as ``Original.plain``, have the text as it was typed: the readable text
    has lost the empty lines at its ends.
    """
    written = [part for part in text_parts(structure) if not part.filename]
    if len(written) == 1 and written[0].type == "text/plain":
        return written[0]
    return None


def resume(original: Original, identity: Identity) -> Resumed:
    """Take up a message of Drafts, ours or another client's."""
    envelope = parse_envelope(original.headers)
    fields = wanted_fields(original.headers, _TYPED | {_MARKS})
    marks = draft_marks.read_marks(fields.pop(_MARKS, ""))
    typed = {name: displayable(typed_text(value)) for name, value in fields.items()}
    answers = envelope.in_reply_to if is_message_id(envelope.in_reply_to) else ""
    draft = Draft(
        account=identity.account,
        sender=typed.get("from") or identity.sender,
        to=typed.get("to", ""),
        cc=typed.get("cc", ""),
        bcc=typed.get("bcc", ""),
        reply_to=typed.get("reply-to", ""),
        subject=without_directions(envelope.subject),
        body=_body(original),
        attachments=carried(original),
        in_reply_to=answers,
        references=tuple(filter(is_message_id, envelope.references)),
        parent_flag=marks.parent_flag or ("\\Answered" if answers else ""),
        forwarded_id=marks.forwarded_id,
        warn_private=marks.warn_private,
        message=original.message,
    )
    return Resumed(draft, _warnings(original))


def edit_as_new(original: Original, identity: Identity) -> Resumed:
    """Begin a message with all that another has, in no conversation.

    Of what somebody else wrote, Bcc and Reply-To are not taken over: who gets the new
    message, and its answers, is not theirs to say unseen.
    """
    envelope = parse_envelope(original.headers)
    is_own = any(identity.is_ours(one.address) for one in envelope.from_)
    draft = Draft(
        account=identity.account,
        sender=identity.sender_at(address_used(original.headers, identity)),
        to=format_recipients(usable(envelope.to)),
        cc=format_recipients(usable(envelope.cc)),
        bcc=format_recipients(usable(envelope.bcc)) if is_own else "",
        reply_to=format_recipients(usable(envelope.reply_to)) if is_own else "",
        subject=without_directions(envelope.subject),
        body=_body(original),
        attachments=carried(original),
    )
    return Resumed(draft, _warnings(original))


def _body(original: Original) -> str:
    text = _exact_text(original)
    if text is None:
        text = original.text.text if original.text else ""
    text = without_directions(text)
    return f"{text}\n" if text and not text.endswith("\n") else text


def _exact_text(original: Original) -> str | None:
    part = exact_part(original.structure) if original.structure else None
    if part is None or original.plain is None:
        return None
    text = decode_text(decode_part(part, original.plain), part.charset)
    lines = displayable_lines(text)
    if not part.format_flowed:
        return lines
    paragraphs = unflow(lines, delsp=part.delsp).split("\n")
    return "\n".join(piece for line in paragraphs for piece in softly_wrapped(line))


def _warnings(original: Original) -> tuple[Displayable, ...]:
    found = []
    parts = original.structure.walk() if original.structure else ()
    if any(part.type == "text/html" and not part.is_attachment for part in parts):
        found.append("It was written with formatting; only its text goes on.")
    if original.structure is None:
        found.append("Its attachments are not known here, and stay behind.")
    if original.text is not None and original.text.cut:
        found.append("Its text is very long; only the beginning of it is here.")
    return tuple(map(Displayable, found))
