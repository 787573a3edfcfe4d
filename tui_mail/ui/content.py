"""What the message pane shows of a message, and the lines it makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.model.ids import MessageNumber, PartId
from tui_mail.model.message import Address, Envelope, MessageSummary
from tui_mail.model.readable import ReadableText
from tui_mail.model.sizes import size_text
from tui_mail.ui.cells import take, width_of
from tui_mail.ui.dates import full_date
from tui_mail.ui.document import Line, Look, text_lines
from tui_mail.ui.signs import Signs

NO_BREAK = "\xa0"
"""Keeps an attachment's words on one row; it is shown as a space."""
_NAMED_AT_MOST = 12
"""Recipients named in the short header; all of them stand in all headers."""
_ATTACHMENTS_NAMED = 12
_NAME = 44
"""Cells of an attachment's name."""
_ENDING = 12


@dataclass(frozen=True, slots=True)
class MessageContent:
    """One message as far as it is here."""

    account: str
    number: MessageNumber
    summary: MessageSummary
    envelope: Envelope
    fields: Sequence[tuple[Displayable, Displayable]] | None = None
    """All header fields, when they are to be shown."""
    text: ReadableText | None = None
    structure: BodyPart | None = None
    status: Displayable = Displayable("")
    """What is going on while the text is not here: "Fetching…"."""
    auth: Displayable = Displayable("")
    """What is known of who sent it, in words: "signed by corp.example"."""
    auth_failed: bool = False
    """Whether those words are a warning."""
    raw: Displayable | None = None
    """The source, its lines kept, when that is to be shown."""
    downloaded: frozenset[PartId] = frozenset()
    """The parts that are complete here."""
    local_keywords: frozenset[str] = frozenset()
    """The keywords that the server does not keep: they are only here."""


def content_lines(
    content: MessageContent,
    *,
    now: datetime,
    signs: Signs,
    own_addresses: frozenset[str],
) -> list[Line]:
    """Put together everything the pane shows, top to bottom."""
    if content.raw is not None:
        return [Line(line, Look.CODE) for line in content.raw.expandtabs(8).split("\n")]
    lines = _head(content, now, signs, own_addresses)
    lines += _trust(content, signs)
    lines += _attachments(content, signs)
    lines.append(Line(""))
    return lines + _body(content)


def _head(
    content: MessageContent,
    now: datetime,
    signs: Signs,
    own_addresses: frozenset[str],
) -> list[Line]:
    if content.fields is not None:
        return [
            Line(f"{name}: {value}", Look.FIELD, indent=2)
            for name, value in content.fields
        ]
    envelope = content.envelope
    when = full_date(envelope.date or content.summary.date, now)
    senders = ", ".join(with_address(each) for each in envelope.from_) or "(no sender)"
    lines = [Line(senders, Look.PEOPLE, indent=2, right=when)]
    people = [
        f"{word} {_names(addresses, own_addresses)}"
        for word, addresses in (
            ("to", envelope.to),
            ("cc", envelope.cc),
            ("bcc", envelope.bcc),
        )
        if addresses
    ]
    replies = {each.address for each in envelope.reply_to}
    if replies and replies != {each.address for each in envelope.from_}:
        people.append(
            "replies go to " + ", ".join(map(with_address, envelope.reply_to))
        )
    if people:
        lines.append(Line(f" {signs.separator} ".join(people), Look.DIM, indent=2))
    lines.append(Line(envelope.subject or "(no subject)", Look.STRONG))
    if keywords := shown_keywords(content):
        tags = f" {signs.separator} ".join(keywords)
        lines.append(Line(f"tagged {tags}", Look.DIM, indent=2))
    if content.summary.pinned:
        lines.append(Line(f"{signs.pinned} {_pinned(content)}", Look.DIM, indent=2))
    if content.summary.on_server:
        said = f"{signs.on_server} still on the server"
        lines.append(Line(said, Look.DIM, indent=2))
    elif content.summary.on_server is not None:
        lines.append(Line("not on the server any more", Look.DIM, indent=2))
    return lines


def _pinned(content: MessageContent) -> str:
    if PartId("") in content.downloaded:
        return "pinned: all of it is here, and stays"
    return "pinned: not all of it is here yet"


def shown_keywords(content: MessageContent) -> list[Displayable]:
    """Name the keywords that a person gave; those that are only here say so."""
    return [
        own(f"{displayable(flag)} (only here)")
        if flag in content.local_keywords
        else displayable(flag)
        for flag in sorted(content.summary.flags)
        if flag[:1] not in ("\\", "$")
    ]


def with_address(person: Address) -> str:
    """Name a person with the address always in sight."""
    if not person.address:
        return person.name
    return f"{person.name} <{person.address}>" if person.name else person.address


def _names(people: Sequence[Address], own_addresses: frozenset[str]) -> str:
    names = [
        "you" if person.address.lower() in own_addresses else person.short
        for person in people[:_NAMED_AT_MOST]
    ]
    more = len(people) - _NAMED_AT_MOST
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


def _trust(content: MessageContent, signs: Signs) -> list[Line]:
    lines: list[Line] = []
    if content.auth:
        look = Look.WARNING if content.auth_failed else Look.PASSED
        sign = signs.warning if content.auth_failed else signs.passed
        lines.append(Line(f"{sign} {content.auth}", look, indent=2))
    warnings = content.text.warnings if content.text else ()
    return lines + [_warning(each, signs) for each in warnings]


def _warning(sentence: Displayable, signs: Signs) -> Line:
    from tui_mail.mime.warnings import is_alarming

    if is_alarming(sentence):
        return Line(f"{signs.warning} {sentence}", Look.WARNING, indent=2)
    return Line(sentence, Look.DIM, indent=2)


def _attachments(content: MessageContent, signs: Signs) -> list[Line]:
    if content.structure is None:
        return []
    parts = [part for part in content.structure.walk() if part.is_attachment]
    said = [
        _attachment(part, content.downloaded, signs).replace(" ", NO_BREAK)
        for part in parts[:_ATTACHMENTS_NAMED]
    ]
    if more := len(parts) - len(said):
        said.append(f"and {more:,} more; v lists them".replace(" ", NO_BREAK))
    gap = f"{NO_BREAK * 2} "
    return [Line(gap.join(said), Look.ATTACHMENTS, indent=2)] if said else []


def _attachment(part: BodyPart, downloaded: frozenset[PartId], signs: Signs) -> str:
    whole = PartId("") in downloaded
    missing = "" if whole or part.part_id in downloaded else f" {signs.remote}"
    name = _shortened(part.filename or own(part.type), signs)
    return f"{signs.attachment} {name} {decoded_size(part)}{missing}"


def _shortened(name: Displayable, signs: Signs) -> str:
    """Leave out the middle of a long name: what it ends in says what it is."""
    if width_of(name) <= _NAME:
        return name
    end = name[-_ENDING:]
    return take(name, _NAME - width_of(end) - 1) + signs.ellipsis + end


def decoded_size(part: BodyPart) -> Displayable:
    """Say how large a part is once it is decoded."""
    return size_text(part.decoded_size)


def _body(content: MessageContent) -> list[Line]:
    text = content.text
    if text is None:
        return [Line(content.status or "The text is not here yet.", Look.DIM)]
    if text.kind == "none" or not text.text.strip():
        return [
            Line("This message has no text.", Look.DIM),
            Line("v shows its parts, i its source.", Look.DIM),
        ]
    lines = text_lines(text.text)
    if text.cut:
        lines += [
            Line(""),
            Line("It is longer than what is shown here; i shows its source.", Look.DIM),
        ]
    if content.status:
        lines += [Line(""), Line(content.status, Look.DIM)]
    return lines
