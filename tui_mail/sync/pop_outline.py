"""Large messages read without ever being in memory: their parts, and their text.

Of what lies between two lines that may begin or end a part only the start is looked at:
the parts' header fields are there, and as much text as anybody reads.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace

from tui_mail.mime.parse import Span, parse_spans
from tui_mail.mime.render import Renderer
from tui_mail.model.body import BodyPart
from tui_mail.model.ids import PartId
from tui_mail.model.readable import ReadableText

KEPT = 500_000
"""Octets of each part that are looked at."""
MOST = 4_000_000
"""Octets that are looked at in all, besides the start of each part."""
_SHARE = 8
"""One part takes so much of what is left of them at most."""
_START = 4_000
_MOST_STRETCHES = 2_000
_DASHES = b"\n--"


class Outline:
    """A message whose long stretches are left out, and where each octet of it was."""

    def __init__(self) -> None:
        self.octets = bytearray()
        self._held = b""
        """The last octets: what they begin is not known yet."""
        self._room = KEPT
        self._stretches = 0
        self._tail = b""
        """How the stretch ends that is left out now."""
        self._dropped = 0
        self._places: list[int] = []
        """Where in ``octets`` something was left out, in order."""
        self._before: list[int] = []
        """How many octets were left out up to there."""

    @classmethod
    def of(cls, pieces: Iterable[bytes]) -> "Outline":
        """Outline a message that is given in pieces."""
        outline = cls()
        for piece in pieces:
            outline.feed(piece)
        outline.end()
        return outline

    def place(self, at: int) -> int:
        """Say where in the message an octet of the outline was, or where it ends."""
        index = bisect_right(self._places, at)
        return at + (self._before[index - 1] if index else 0)

    def feed(self, octets: bytes) -> None:
        """Take the next octets."""
        data, start = self._held + octets, 0
        while (found := data.find(_DASHES, start)) >= 0:
            self._add(data[start : found + 1])
            self._end_stretch()
            start = found + 1
        cut = max(start, len(data) - len(_DASHES) + 1)
        self._add(data[start:cut])
        self._held = data[cut:]

    def end(self) -> None:
        """Know that all came."""
        self._add(self._held)
        self._held = b""
        self._end_stretch()

    def _add(self, octets: bytes) -> None:
        kept = octets[: self._room]
        left_out = octets[self._room :]
        self.octets += kept
        self._room -= len(kept)
        if left_out:
            self._dropped += len(left_out)
            self._tail = (self._tail + left_out[-2:])[-2:]

    def _end_stretch(self) -> None:
        """Note what was left out; the line before the next part has to end, though."""
        if self._tail:
            line_end = b"\r\n" if self._tail == b"\r\n" else self._tail[-1:]
            line_end = line_end if line_end.endswith(b"\n") else b""
            self._dropped -= len(line_end)
            self._places.append(len(self.octets))
            self._before.append(self._dropped)
            self.octets += line_end
        self._tail = b""
        self._stretches += 1
        left = (MOST - len(self.octets)) // _SHARE
        start = _START if self._stretches < _MOST_STRETCHES else 0
        self._room = max(start, min(KEPT, left))


def read_large(
    pieces: Iterable[bytes], renderer: Renderer
) -> tuple[BodyPart, ReadableText]:
    """Make the tree of parts and the readable text of a message given in pieces."""
    return read_outline(Outline.of(pieces), renderer)


def read_outline(outline: Outline, renderer: Renderer) -> tuple[BodyPart, ReadableText]:
    """Make them of a message that was outlined up to its end."""
    octets = bytes(outline.octets)
    structure, spans = parse_spans(octets)
    _, text = renderer.render_octets(octets)
    whole = _sized(structure, spans, outline)
    cut = any(
        one.type.startswith("text/") and not one.children and one.size > KEPT
        for one in whole.walk()
    )
    return whole, replace(text, cut=text.cut or cut)


def _sized(part: BodyPart, spans: dict[PartId, Span], outline: Outline) -> BodyPart:
    span = spans.get(part.part_id)
    size = part.size
    if span is not None:
        size = outline.place(span.end) - outline.place(span.body)
    return replace(
        part,
        size=size,
        children=tuple(_sized(one, spans, outline) for one in part.children),
    )
