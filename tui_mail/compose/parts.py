"""The parts of a message that is written: its text, its attachments, their multipart."""

import re
import secrets
from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tui_mail.compose.fields import clean_line
from tui_mail.compose.flowed import flowed
from tui_mail.compose.header import LONGEST_LINE, encoded_words, plain_field
from tui_mail.compose.parameters import ended, is_plain_value, parameter
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.names import safe_filename

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,90}")
_MESSAGES = frozenset({"message/rfc822", "message/global"})
_NOT_ENCODED = ("multipart/", "message/")
"""Types whose parts may not be base64 (RFC 2045, 6.4)."""
_FOREIGN = re.compile(rb"[^\t\n\r -~]")
_TO_QUOTE = re.compile(rb"[^\t -<>-~]|[ \t]\Z|(?<!\S)F(?=rom )")
_MOST_QUOTED = 76
_LINES = 57 * 4096
"""Octets that are encoded at a time, whole lines of base64."""
_WIDTH_OF_NAME = 66
_LONGEST_SUBJECT = 60


@dataclass(frozen=True, slots=True)
class Entity:
    """A part: its Content- fields with their line ends, and its octets in pieces."""

    fields: bytes
    pieces: tuple[bytes, ...]
    eight_bit: bool = False

    @property
    def octets(self) -> Iterator[bytes]:
        """The fields, the empty line, the content."""
        yield self.fields
        yield b"\r\n"
        yield from self.pieces


def text_part(text: str, *, may_flow: bool) -> Entity:
    r"""Write text, whose lines end with ``\n``, as text/plain in ASCII octets."""
    text = (
        text.replace("\r\n", "\n")
        .replace("\r", "\n")
        .encode("utf-8", "replace")
        .decode()
    )
    if text and not text.endswith("\n"):
        text += "\n"
    flows = flowed(text) if may_flow else None
    octets = (text if flows is None else flows).encode()
    charset = "us-ascii" if octets.isascii() else "utf-8"
    encoding, content = _encoded_text(octets)
    kind = ["text/plain", f"charset={charset}"]
    if flows is not None:
        kind.append("format=flowed")
    return Entity(_content_fields(ended(*kind), encoding), (content,))


def _encoded_text(octets: bytes) -> tuple[str, bytes]:
    lines = octets.split(b"\n")
    if not _FOREIGN.search(octets) and not any(
        len(line) > LONGEST_LINE or line.startswith(b"From ") for line in lines
    ):
        return "7bit", b"\r\n".join(lines)
    if 2 * len(_FOREIGN.findall(octets)) > len(octets):
        return "base64", b"".join(base64_lines(octets.replace(b"\n", b"\r\n")))
    return "quoted-printable", quoted_printable(lines)


def quoted_printable(lines: Sequence[bytes]) -> bytes:
    """Write lines, which come without their ends, as quoted-printable (RFC 2045, 6.7).

    No line of it begins with ``From ``, which some would write another sign before.
    """
    out = []
    for line in lines:
        coded = _TO_QUOTE.sub(lambda match: b"=%02X" % match[0][0], line)
        at = 0
        while len(coded) - at > _MOST_QUOTED:
            cut = at + _MOST_QUOTED - 1
            if b"=" in coded[cut - 2 : cut]:
                cut = coded.rindex(b"=", at, cut)
            out.append(coded[at:cut] + b"=")
            at = cut
        out.append(coded[at:])
    return b"\r\n".join(out)


def base64_lines(octets: bytes) -> Iterator[bytes]:
    """Write octets in base64, lines of 76, in pieces that are not large."""
    for start in range(0, len(octets), _LINES):
        piece = octets[start : start + _LINES]
        yield b"".join(
            b2a_base64(piece[at : at + 57], newline=False) + b"\r\n"
            for at in range(0, len(piece), 57)
        )


def attached_part(name: str, kind: str, octets: bytes) -> Entity:
    """Write a file or a message as an attachment.

    A message stays as it is (RFC 2046, 5.2.1), unless its lines cannot go that way:
    then it is a file.
    """
    kind = kind.lower()
    if kind in _MESSAGES:
        return _attached_message(name, kind, octets)
    if not _TYPE.fullmatch(kind) or kind.startswith(_NOT_ENCODED):
        kind = "application/octet-stream"
    main = [kind]
    if kind.startswith("text/") and (charset := _charset(octets)):
        main.append(f"charset={charset}")
    return Entity(
        _content_fields(_type_with_name(main, name), "base64", name),
        tuple(base64_lines(octets)),
    )


def _charset(octets: bytes) -> str:
    """Find the charset of a text file; empty where it is none that one can be sure of."""
    if octets.isascii():
        return "us-ascii"
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "utf-8"


def _attached_message(name: str, kind: str, octets: bytes) -> Entity:
    name = name or _name_of(octets)
    plain = octets.replace(b"\r\n", b"\n")
    if b"\r" in plain or b"\0" in plain or _has_long_line(plain):
        return attached_part(name, "application/octet-stream", octets)
    if not plain.endswith(b"\n"):
        plain += b"\n"
    encoding = "7bit" if plain.isascii() else "8bit"
    return Entity(
        _content_fields(_type_with_name([kind], name), encoding, name),
        (plain.replace(b"\n", b"\r\n"),),
        eight_bit=not plain.isascii(),
    )


def _name_of(octets: bytes) -> str:
    """Call a message by its subject: some clients show nothing that has no name."""
    subject = parse_envelope(octets).subject[:_LONGEST_SUBJECT].strip()
    subject = subject.replace("/", "-").replace("\\", "-")
    return safe_filename(f"{subject or 'message'}.eml")


def _has_long_line(octets: bytes) -> bool:
    return any(len(line) > LONGEST_LINE for line in octets.split(b"\n"))


def multipart(entities: Sequence[Entity]) -> Entity:
    """Put parts together; what divides them is in none of them."""
    boundary = _boundary(entities)
    eight_bit = any(entity.eight_bit for entity in entities)
    kind = ended("multipart/mixed", f'boundary="{boundary}"')
    pieces: list[bytes] = []
    for entity in entities:
        pieces += (f"--{boundary}\r\n".encode(), *entity.octets, b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    fields = _content_fields(kind, "8bit" if eight_bit else "7bit")
    return Entity(fields, tuple(pieces), eight_bit=eight_bit)


def _boundary(entities: Sequence[Entity]) -> str:
    while True:
        # "=_" is in neither base64 nor quoted-printable.
        boundary = f"=_{secrets.token_hex(16)}"
        mark = boundary.encode()
        if not any(mark in piece for entity in entities for piece in entity.pieces):
            return boundary


def _content_fields(
    kind: Sequence[str], encoding: str, name: str | None = None
) -> bytes:
    """Write the fields of a part; with ``name``, even an empty one, it is attached."""
    fields = [plain_field("Content-Type", *kind)]
    if encoding != "7bit":
        fields.append(plain_field("Content-Transfer-Encoding", encoding))
    if name is not None:
        disposition = ended("attachment", *parameter("filename", clean_line(name)))
        fields.append(plain_field("Content-Disposition", *disposition))
    return b"".join(fields)


def _type_with_name(main: Sequence[str], name: str) -> list[str]:
    """Put the name behind a type too, as encoded words: some clients read no other."""
    name = clean_line(name)
    if not name:
        return ended(*main)
    if is_plain_value(name):
        return ended(*main, f'name="{name}"')
    words = list(encoded_words(name, first=_WIDTH_OF_NAME))
    words[0] = f'name="{words[0]}'
    words[-1] += '"'
    return [*(f"{one};" for one in main), *words]
