"""Messages to answer, made of their octets as the store and the renderer have them."""

from tui_mail.compose.identity import Identity
from tui_mail.compose.original import Original
from tui_mail.compose.resuming import exact_part
from tui_mail.mime.choose import text_parts
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.parse import parse_spans
from tui_mail.mime.readable import make_readable
from tui_mail.model.ids import WHOLE, MessageNumber, PartId

ANN = Identity(
    account="work",
    name="Ann Example",
    address="ann@example.org",
    aliases=("Ann.Other@example.net", "*@ann.example"),
    signature="Ann\nhttps://ann.example",
    others=frozenset({"ann@home.example"}),
)
SIGNATURE = "\n-- \nAnn\nhttps://ann.example\n"


def original_of(message: bytes | str, number: int = 7) -> Original:
    """Make the original of a whole message, its line ends as they are."""
    octets = message.encode() if isinstance(message, str) else message
    structure, spans = parse_spans(octets)
    top = spans.get(WHOLE) or spans[PartId("1")]
    headers = octets[top.header : top.body]
    parts = {
        part.part_id: octets[spans[part.part_id].body : spans[part.part_id].end]
        for wish in ("plain", "html")
        for part in text_parts(structure, prefer=wish)
    }
    exact = exact_part(structure)
    return Original(
        message=MessageNumber(number),
        headers=headers,
        text=make_readable(parse_envelope(headers), structure, parts),
        structure=structure,
        size=len(octets),
        plain=parts[exact.part_id] if exact else None,
    )
