"""Whole messages to their tree of parts (RFC 2046), in one walk over their lines."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tui_mail.mime.charset import decode_base64, decode_words, parse_parameters
from tui_mail.mime.headers import wanted_fields
from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import displayable
from tui_mail.model.ids import WHOLE, PartId

MAX_DEPTH = 50
MAX_PARTS = 1_000
MAX_PART_HEADER = 100_000

_DASHES = re.compile(rb"^--([^\r\n]{1,1000})", re.MULTILINE)
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,90}")
_TOKEN = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}")
_FIELDS = frozenset(
    {
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "content-id",
    }
)
_OPENED = ("message/rfc822", "message/global")
_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary"})


@dataclass(frozen=True, slots=True)
class Span:
    """Where a part lies: its header, its body, the end of its body."""

    header: int
    body: int
    end: int


@dataclass(slots=True)
class _Delimiter:
    start: int
    """Where the line break before it begins, which belongs to it."""
    after: int
    boundary: bytes
    closing: bool


class _Walk:
    """One pass over a message; each line that begins with ``--`` is looked at once."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.spans: dict[PartId, Span] = {}
        self._open: dict[bytes, int] = {}
        self._lines: Iterator[re.Match[bytes]] | None = None
        """Those that begin with ``--``; nobody looks for them in a message of one part."""
        self._next: re.Match[bytes] | None = None
        self._count = 0
        self._empty: tuple[int, int] | None = (-1, -1)

    def peek(self, position: int, until: int | None = None) -> _Delimiter | None:
        """Find the next delimiter of any open multipart, from a position on.

        Lines before it are done with: call this only when all that could be open is.
        """
        if not self._open or self._lines is None:
            return None
        while (line := self._next) is not None:
            if until is not None and line.start() >= until:
                return None
            if line.start() >= position:
                content = line[1].rstrip(b" \t")
                closing = content not in self._open
                boundary = content[:-2] if closing else content
                if boundary in self._open and (not closing or content.endswith(b"--")):
                    return self._delimiter(line, boundary, closing=closing)
            self._next = next(self._lines, None)
        return None

    def _delimiter(
        self, line: re.Match[bytes], boundary: bytes, *, closing: bool
    ) -> _Delimiter:
        start = line.start()
        if start and self.octets[start - 1] == 0x0A:
            start -= 2 if self.octets[start - 2 : start - 1] == b"\r" else 1
        after = self.octets.find(b"\n", line.end()) + 1 or len(self.octets)
        return _Delimiter(start, after, boundary, closing)

    def entity(
        self, start: int, part_id: PartId, default: str, depth: int, *, inner: bool
    ) -> tuple[BodyPart, int]:
        """Read one part, header and all; also tells where it ends.

        ``part_id`` is the number that a multipart here would have; ``inner`` tells that
        anything else would be the first part of it.
        """
        self._count += 1
        body = self._body_start(start)
        part, boundary = _described(self.octets[start:body], default)
        deep = depth >= MAX_DEPTH
        if part.is_multipart:
            if boundary and not deep and self._has(boundary, body):
                return self._multipart(part, boundary, (start, body), part_id, depth)
            part = replace(part, type="text/plain", boundary_broken=True)
        if inner:
            part_id = _below(part_id, 1)
        if part.type in _OPENED and part.encoding in _AS_IT_IS and not deep:
            nested = PartId(f"{part_id}.TEXT")
            child, limit = self.entity(
                body, nested, "text/plain", depth + 1, inner=True
            )
            part = replace(part, children=(child,))
        else:
            delimiter = self.peek(body)
            limit = max(body, delimiter.start) if delimiter else len(self.octets)
        self.spans[part_id] = Span(start, body, limit)
        return replace(part, part_id=part_id, size=limit - body), limit

    def _has(self, boundary: bytes, position: int) -> bool:
        """Tell whether a multipart has any part, before an outer one goes on."""
        self._enter(boundary)
        found = self.peek(position)
        self._leave(boundary)
        return found is not None and found.boundary == boundary

    def _enter(self, boundary: bytes) -> None:
        if self._lines is None:
            self._lines = _DASHES.finditer(self.octets)
            self._next = next(self._lines, None)
        self._open[boundary] = self._open.get(boundary, 0) + 1

    def _leave(self, boundary: bytes) -> None:
        self._open[boundary] -= 1
        if not self._open[boundary]:
            del self._open[boundary]

    def _multipart(
        self,
        part: BodyPart,
        boundary: bytes,
        where: tuple[int, int],
        part_id: PartId,
        depth: int,
    ) -> tuple[BodyPart, int]:
        position = where[1]
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        children: list[BodyPart] = []
        whole = False
        self._enter(boundary)
        while found := self.peek(position):
            if found.boundary != boundary:
                break
            position = found.after
            if found.closing:
                whole = True
                break
            if self._count >= MAX_PARTS:
                break
            number = _below(part_id, len(children) + 1)
            child, position = self.entity(
                position, number, default, depth + 1, inner=False
            )
            children.append(child)
        self._leave(boundary)
        rest = self.peek(position)
        end = max(position, rest.start) if rest else len(self.octets)
        self.spans[part_id] = Span(*where, end)
        return (
            replace(
                part,
                part_id=part_id,
                size=end - where[1],
                boundary_broken=not whole,
                children=tuple(children),
            ),
            end,
        )

    def _body_start(self, start: int) -> int:
        """Find where a header ends: after an empty line, or before a delimiter."""
        for line_end in (b"\n", b"\r\n"):
            if self.octets.startswith(line_end, start):
                return start + len(line_end)
        if self._empty is not None and self._empty[0] < start:
            found = _EMPTY_LINE.search(self.octets, start)
            self._empty = found.span() if found else None
        body = self._empty[1] if self._empty else len(self.octets)
        delimiter = self.peek(start, body)
        return max(start, delimiter.start) if delimiter else body


def _below(part_id: PartId, number: int) -> PartId:
    prefix = part_id.removesuffix("TEXT").removesuffix(".")
    return PartId(f"{prefix}.{number}" if prefix else str(number))


def _described(header: bytes, default: str) -> tuple[BodyPart, bytes]:
    fields = wanted_fields(header[:MAX_PART_HEADER], _FIELDS)
    kind, parameters = parse_parameters(fields.get("content-type", ""))
    if not _TYPE.fullmatch(kind):
        kind = _unclear(kind, default)
    disposition, named = parse_parameters(fields.get("content-disposition", ""))
    if disposition and disposition != "inline":
        disposition = "attachment"
    encoding = fields.get("content-transfer-encoding", "").strip(" \t;\"'").lower()
    filename = named.get("filename") or parameters.get("name") or ""
    part = BodyPart(
        part_id=WHOLE,
        type=kind,
        charset=str(displayable(parameters.get("charset", "")[:60].strip().lower())),
        encoding=encoding if _TOKEN.fullmatch(encoding) else "7bit",
        filename=displayable(decode_words(filename)[:1_000]),
        disposition=disposition,
        content_id=str(displayable(fields.get("content-id", "").strip("<> \t")[:998])),
        format_flowed=parameters.get("format", "").lower() == "flowed",
        delsp=parameters.get("delsp", "").lower() == "yes",
    )
    boundary = parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
    return part, boundary


def _unclear(kind: str, default: str) -> str:
    if not kind:
        return default
    return "text/plain" if kind.startswith("text") else "application/octet-stream"


def parse_spans(octets: bytes) -> tuple[BodyPart, dict[PartId, Span]]:
    """Read the tree of parts and where each part lies."""
    walk = _Walk(octets)
    root, _ = walk.entity(0, WHOLE, "text/plain", 0, inner=True)
    return root, walk.spans


def parse_message(octets: bytes) -> BodyPart:
    """Read the tree of parts, numbered as IMAP numbers them; never raises.

    At most 1,000 parts, 50 levels deep; what lies beyond is part of what holds it.
    """
    return parse_spans(octets)[0]


def cut_part(octets: bytes, part_id: PartId) -> bytes | None:
    """Cut a part's octets, still encoded, out of a message; None where it has none.

    Understands ``HEADER``, ``TEXT`` and ``MIME`` after a number (RFC 9051, 6.4.5).
    """
    if part_id == WHOLE:
        return octets
    _, spans = parse_spans(octets)
    number, _, section = part_id.rpartition(".")
    if part_id.isdigit() or section.isdigit():
        span = spans.get(part_id)
        return octets[span.body : span.end] if span else None
    if section == "MIME":
        span = spans.get(PartId(number))
        return octets[span.header : span.body] if span else None
    if number:
        span = spans.get(PartId(f"{number}.TEXT")) or spans.get(PartId(f"{number}.1"))
        outer = spans.get(PartId(number))
        if outer is None or span is None or span.header != outer.body:
            return None
    else:
        span = spans.get(WHOLE) or spans[PartId("1")]
    if section == "HEADER":
        return octets[span.header : span.body]
    return octets[span.body : span.end] if section == "TEXT" else None


def decode_part(part: BodyPart, octets: bytes) -> bytes:
    """Undo the Content-Transfer-Encoding of a part (RFC 2045, 6); never raises."""
    if part.encoding == "base64":
        return decode_base64(octets)
    if part.encoding == "quoted-printable":
        return binascii.a2b_qp(octets)
    if part.encoding in {"x-uuencode", "uuencode", "x-uue", "uue"}:
        return _uudecoded(octets)
    return octets


def _uudecoded(octets: bytes) -> bytes:
    _, begun, rest = octets.partition(b"begin ")
    out = []
    for line in rest.split(b"\n")[1:] if begun else []:
        if line.rstrip() in (b"end", b"`", b""):
            continue
        try:
            out.append(binascii.a2b_uu(line.rstrip(b"\r")))
        except binascii.Error:
            # Some encoders pad a line with too much; its first octet says what counts.
            count = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:count]))
            except binascii.Error:
                continue
    return b"".join(out) if begun else octets
