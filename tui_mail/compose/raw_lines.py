"""The content of a message that somebody else wrote, made fit for SMTP (RFC 5321, 4.5.3.1.6).

What can go as it is stays octet for octet, so that a signature over it still holds.
"""

import re
from collections.abc import Iterator

from tui_mail.compose.header import LONGEST_LINE
from tui_mail.compose.parts import base64_lines, quoted_printable
from tui_mail.mime.parse import Span, decode_part, parse_spans
from tui_mail.model.body import BodyPart
from tui_mail.model.error import MailError

_LINE_END = re.compile(rb"\r\n|\r|\n")
_HEADER_END = re.compile(rb"(?:\A|\n)\r*\n")
_RETURNS = re.compile(rb"\r+(\n?)")
_LONG = re.compile(rb"^[^\n]{%d}" % (LONGEST_LINE + 2), re.MULTILINE)
_ENCODING = re.compile(
    rb"^content-transfer-encoding[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*",
    re.IGNORECASE | re.MULTILINE,
)
_SEALED = frozenset({"multipart/signed", "multipart/encrypted"})


def with_line_ends(octets: bytes) -> bytes:
    """End each line by CRLF; a CR or LF alone is a line end. Raises MailError for NUL.

    In a header a CR alone is a space, where LF are there: nobody else takes it for the
    end of a field, so what follows it must not become one.
    """
    if (at := octets.find(b"\0")) >= 0:
        line = octets.count(b"\n", 0, at) + 1
        raise MailError(f"line {line}: there is a NUL in it, which no mail can have")
    feeds, returns = octets.count(b"\n"), octets.count(b"\r")
    if not returns:
        return octets.replace(b"\n", b"\r\n")
    if feeds == returns == octets.count(b"\r\n"):
        return octets
    if feeds:
        found = _HEADER_END.search(octets)
        end = found.end() if found else len(octets)
        header = _RETURNS.sub(lambda ends: ends[1] or b" ", octets[:end])
        octets = header + octets[end:]
    return _LINE_END.sub(b"\r\n", octets)


def with_short_lines(octets: bytes) -> bytes:
    """Encode anew the parts with lines that are too long; raises MailError.

    What is signed may not be touched, so it is refused.
    """
    if not _LONG.search(octets):
        return octets
    root, spans = parse_spans(octets)
    edits = []
    for part, sealed in _leaves(root):
        span = spans[part.part_id]
        if not _LONG.search(octets, span.body, span.end):
            continue
        if sealed:
            raise MailError(
                f"a signed part has a line longer than {LONGEST_LINE} octets, and may "
                "not be changed"
            )
        edits.append((span.header, span.end, _encoded(part, octets, span)))
    return _edited(octets, edits)


def as_seven_bit(octets: bytes) -> bytes | None:
    """Encode anew what is not ASCII, for a server without 8BITMIME (RFC 6152, 3).

    None where that cannot be: it is signed, or no part of a body.
    """
    root, spans = parse_spans(octets)
    edits = []
    for part, sealed in _parts(root):
        span = spans[part.part_id]
        if sealed:
            continue
        if part.is_multipart or part.children:
            header = _ENCODING.sub(b"", octets[span.header : span.body])
            edits.append((span.header, span.body, header))
        elif not octets[span.body : span.end].isascii():
            edits.append((span.header, span.end, _encoded(part, octets, span)))
    written = _edited(octets, edits)
    return written if written.isascii() else None


def _edited(octets: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    pieces, position = [], 0
    for start, end, written in sorted(edits):
        pieces += [octets[position:start], written]
        position = end
    return b"".join((*pieces, octets[position:]))


def refuse_long_lines(body: bytes) -> None:
    """Raise MailError where a line is too long still."""
    if found := _LONG.search(body):
        line = body.count(b"\n", 0, found.start()) + 1
        raise MailError(
            f"line {line} of the body is longer than {LONGEST_LINE} octets, "
            "and it is in no part that could be encoded"
        )


def _parts(part: BodyPart, *, sealed: bool = False) -> Iterator[tuple[BodyPart, bool]]:
    """Yield all parts, and whether a signature covers them."""
    yield part, sealed
    for child in part.children:
        yield from _parts(child, sealed=sealed or part.type in _SEALED)


def _leaves(root: BodyPart) -> Iterator[tuple[BodyPart, bool]]:
    for part, sealed in _parts(root):
        if not part.children and not part.is_multipart:
            yield part, sealed


def _encoded(part: BodyPart, octets: bytes, span: Span) -> bytes:
    content = decode_part(part, octets[span.body : span.end])
    as_text = part.encoding != "base64" and part.type.startswith("text/")
    if as_text or part.encoding == "quoted-printable":
        name = b"quoted-printable"
        written = quoted_printable(content.split(b"\r\n"))
    else:
        name, written = b"base64", b"".join(base64_lines(content))
    header = _ENCODING.sub(b"", octets[span.header : span.body])
    header = header.removesuffix(b"\r\n")
    return b"%sContent-Transfer-Encoding: %s\r\n\r\n%s" % (header, name, written)
