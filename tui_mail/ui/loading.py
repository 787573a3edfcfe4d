"""A message as far as it is in the store, loaded off the loop for the message pane."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import Displayable, displayable_lines, own
from tui_mail.model.ids import WHOLE, MessageNumber, PartId
from tui_mail.model.readable import ReadableText
from tui_mail.ui.content import MessageContent, decoded_size

if TYPE_CHECKING:
    from tui_mail.mime.render import Renderer
    from tui_mail.store.database import Database

HEADER = PartId("HEADER")
_SOURCE_SHOWN = 2_000_000
"""Octets of a message's source, or of a part, that are shown."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a message is to be shown."""

    headers: bool = False
    raw: bool = False
    html: bool = False
    part: PartId | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A message, and what of it has to be fetched to show it whole."""

    content: MessageContent
    missing: tuple[PartId | None, ...] = ()
    """None is the readable text."""
    is_asked_for: bool = False
    """What is missing comes with the next connection."""


def load(
    database: "Database",
    number: MessageNumber,
    shape: Shape,
    renderer: "Renderer",
    own_hosts: tuple[str, ...] = (),
) -> Loaded:
    """Load a message; raises NotFound if it is gone.

    ``own_hosts`` are those whose word about the sender is believed.
    """
    from tui_mail.store.content import complete_parts
    from tui_mail.store.messages import (
        load_envelope,
        load_local_keywords,
        load_summary,
    )

    content = MessageContent(
        account=database.account,
        number=number,
        summary=load_summary(database, number),
        envelope=load_envelope(database, number),
        structure=load_tree(database, number),
        downloaded=complete_parts(database, number),
        local_keywords=load_local_keywords(database, number),
    )
    if shape.raw:
        return _with_wish(database, _with_source(database, content))
    content = _with_authentication(database, content, own_hosts)
    if shape.part is not None:
        loaded = _with_part(database, content, shape.part, renderer)
    elif shape.html:
        loaded = _with_html(database, content, renderer)
    else:
        loaded = _with_text(database, content, renderer)
    if shape.headers:
        loaded = _with_headers(database, loaded)
    return _with_wish(database, loaded)


def _with_wish(database: "Database", loaded: Loaded) -> Loaded:
    """Note whether somebody asked for what is missing already."""
    from tui_mail.store.wanting import is_wanted

    if not loaded.missing:
        return loaded
    asked = is_wanted(database, loaded.content.number, loaded.missing)
    return replace(loaded, is_asked_for=asked)


def load_tree(database: "Database", number: MessageNumber) -> BodyPart | None:
    """Load the tree of parts, made anew of the whole message where it is missing."""
    from tui_mail.mime.parse import parse_message
    from tui_mail.store.content import load_part, load_structure

    structure = load_structure(database, number)
    if structure is None:
        whole = load_part(database, number, WHOLE)
        structure = None if whole is None else parse_message(whole)
    return structure


def load_octets(
    database: "Database", number: MessageNumber, part: PartId
) -> bytes | None:
    """Load a part as it was sent, cut out of the whole where that is here."""
    from tui_mail.mime.parse import cut_part
    from tui_mail.store.content import load_headers, load_part

    if part == HEADER:
        return load_headers(database, number)
    octets = load_part(database, number, part)
    if octets is not None or part == WHOLE:
        return octets
    whole = load_part(database, number, WHOLE)
    if whole is None:
        return None
    return cut_part(whole, part)


def find_part(structure: BodyPart | None, part: PartId) -> BodyPart | None:
    """Find a part by its number."""
    for each in structure.walk() if structure else ():
        if each.part_id == part:
            return each
    return None


def _with_source(database: "Database", content: MessageContent) -> Loaded:
    whole = load_octets(database, content.number, WHOLE)
    if whole is None:
        return Loaded(content, (WHOLE,))
    source = displayable_lines(whole[:_SOURCE_SHOWN].decode("utf-8", "replace"))
    if len(whole) > _SOURCE_SHOWN:
        source = own(f"{source}\n… it goes on; w in the part list saves it.")
    return Loaded(replace(content, raw=source))


def _with_authentication(
    database: "Database", content: MessageContent, own_hosts: tuple[str, ...]
) -> MessageContent:
    from tui_mail.mime.authentication import authentication

    octets = load_octets(database, content.number, HEADER)
    found = None if octets is None else authentication(octets, own_hosts)
    if found is None:
        return content
    return replace(content, auth=found.words, auth_failed=found.failed)


def _with_headers(database: "Database", loaded: Loaded) -> Loaded:
    from tui_mail.mime.headers import all_fields

    octets = load_octets(database, loaded.content.number, HEADER)
    if octets is None:
        return replace(loaded, missing=(*loaded.missing, HEADER))
    return replace(loaded, content=replace(loaded.content, fields=all_fields(octets)))


def _with_text(
    database: "Database", content: MessageContent, renderer: "Renderer"
) -> Loaded:
    from tui_mail.store.content import load_text

    text = load_text(database, content.number)
    if text is None:
        text = _rendered(database, content, renderer, prefer="plain")
    if text is None:
        return Loaded(content, (None,))
    return Loaded(replace(content, text=text))


def _with_html(
    database: "Database", content: MessageContent, renderer: "Renderer"
) -> Loaded:
    from tui_mail.mime.choose import text_parts

    text = _rendered(database, content, renderer, prefer="html")
    if text is not None:
        return Loaded(replace(content, text=text))
    if content.structure is None:
        return Loaded(content, (None,))
    wanted = [part.part_id for part in text_parts(content.structure, prefer="html")]
    missing = [
        part for part in wanted if load_octets(database, content.number, part) is None
    ]
    if load_octets(database, content.number, HEADER) is None:
        missing.append(HEADER)
    return Loaded(content, tuple(missing))


def _rendered(
    database: "Database", content: MessageContent, renderer: "Renderer", *, prefer: str
) -> ReadableText | None:
    """Render a message of which everything needed is here; None otherwise."""
    from tui_mail.mime.choose import text_parts

    number = content.number
    whole = load_octets(database, number, WHOLE)
    if whole is not None:
        return renderer.render_octets(whole, prefer=prefer)[1]
    headers = load_octets(database, number, HEADER)
    if content.structure is None or headers is None:
        return None
    parts: dict[PartId, bytes] = {}
    for part in text_parts(content.structure, prefer=prefer):
        octets = load_octets(database, number, part.part_id)
        if octets is None:
            return None
        parts[part.part_id] = octets
    return renderer.render(headers, content.structure, parts, prefer=prefer)


def _with_part(
    database: "Database", content: MessageContent, wanted: PartId, renderer: "Renderer"
) -> Loaded:
    part = find_part(content.structure, wanted)
    if part is None:
        return Loaded(content, (None,))
    said = own(f"Part {part.part_id or 'whole'}: {part.type}, {decoded_size(part)}")
    content = replace(content, status=said)
    if part.is_multipart or not part.type.startswith(("text/", "message/")):
        name = f" {part.filename}" if part.filename else ""
        text = own(f"This part{name} is {part.type}; w saves it to a file.")
        return Loaded(replace(content, text=ReadableText(text, "plain")))
    octets = load_octets(database, content.number, wanted)
    if octets is None:
        return Loaded(content, (wanted,))
    text = _part_text(part, octets, renderer)
    return Loaded(replace(content, text=ReadableText(text, "plain")))


def _part_text(part: BodyPart, octets: bytes, renderer: "Renderer") -> Displayable:
    from tui_mail.mime.charset import decode_text
    from tui_mail.mime.parse import decode_part

    decoded = decode_part(part, octets)
    if part.type == "message/rfc822":
        return renderer.render_octets(decoded)[1].text
    if part.type == "text/html":
        head = f"Content-Type: text/html; charset={part.charset or 'utf-8'}\r\n\r\n"
        return renderer.render_octets(head.encode("ascii", "replace") + decoded)[1].text
    return displayable_lines(decode_text(decoded[:_SOURCE_SHOWN], part.charset))
