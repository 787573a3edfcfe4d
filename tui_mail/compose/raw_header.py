"""The header of a message that somebody else wrote, field by field, octet for octet."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from tui_mail.compose.draft_marks import NAME
from tui_mail.compose.fields import (
    FieldError,
    Recipient,
    format_recipients,
    parse_recipients,
)
from tui_mail.compose.header import (
    LONGEST_LINE,
    address_field,
    folded_field,
    ids_field,
    plain_field,
    text_field,
)
from tui_mail.compose.parameters import ended, parameter
from tui_mail.mime.addresses import parse_addresses
from tui_mail.mime.charset import decode_words, parse_parameters
from tui_mail.mime.headers import field_text, message_ids
from tui_mail.model.error import MailError

ADDRESSES = frozenset(
    {"from", "sender", "reply-to", "to", "cc", "bcc"}
    | {"resent-from", "resent-sender", "resent-to", "resent-cc", "resent-bcc"}
)
_OWN_IDS = frozenset({"message-id", "resent-message-id"})
_IDS = _OWN_IDS | {"in-reply-to", "references"}
_PARAMETERS = frozenset({"content-type", "content-disposition"})

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_FOLD = re.compile(r"\r\n(?=[ \t])")
_FROM_LINE = re.compile(rb">?From (?![ \t]*:)")
_HIDDEN = re.compile(
    rb"^((?:resent-)?(?:from|to|cc|bcc))[ \t]*:", re.IGNORECASE | re.MULTILINE
)
_LOCAL = re.compile(r"[A-Za-z0-9._+-]{1,64}")
LEFT_OUT = frozenset({"bcc", "resent-bcc", "return-path", NAME.lower()})
"""Who got it blindly, and what a draft is marked with, is for nobody else to read;
Return-Path is the last server's to say."""


@dataclass(frozen=True, slots=True)
class RawField:
    """One field as it stands, with its line ends."""

    name: str
    octets: bytes

    @property
    def key(self) -> str:
        """The name in lower case."""
        return self.name.lower()

    @property
    def text(self) -> str:
        """The value, unfolded and decoded from octets; encoded words stay."""
        value = self.octets.partition(b":")[2].decode("latin-1")
        return field_text(_FOLD.sub("", value))

    @property
    def is_sound(self) -> bool:
        """Whether it can go as it is: ASCII, and no line too long."""
        return self.octets.isascii() and all(
            len(line) <= LONGEST_LINE for line in self.octets.split(b"\r\n")
        )


def cut_message(octets: bytes) -> tuple[list[RawField], bytes]:
    """Cut a message, its lines ended by CRLF, into its fields and its body.

    The header ends at an empty line, or before a line that cannot be in one; then no
    address may follow in what looks like fields still, since Bcc would be seen there.
    A line ``From `` of an mbox is left out, so is white space that no grammar has.
    Raises MailError.
    """
    found: list[tuple[str, list[bytes]]] = []
    position = 0
    while position < len(octets):
        end = octets.find(b"\r\n", position)
        after = end + 2 if end >= 0 else len(octets)
        line = octets[position:after].removesuffix(b"\r\n")
        if not line:
            position = after
            break
        if line[:1] in {b" ", b"\t"} and found:
            found[-1][1].extend((line, b"\r\n") if line.strip(b" \t") else ())
        elif match := _FIELD.match(line):
            name = match[1]
            value = line[match.end() :]
            found.append((name.decode("ascii"), [name, b":", value, b"\r\n"]))
        elif found or not _FROM_LINE.match(line):
            _refuse_hidden_fields(octets, position)
            break
        position = after
    fields = [RawField(name, b"".join(pieces)) for name, pieces in found]
    return fields, octets[position:]


def _refuse_hidden_fields(octets: bytes, position: int) -> None:
    end = octets.find(b"\r\n\r\n", position)
    hidden = _HIDDEN.search(octets, position, end if end >= 0 else len(octets))
    if hidden:
        line = octets.count(b"\n", 0, position) + 1
        raise MailError(
            f"line {line} is no header field, and {hidden[1].decode('ascii')} comes "
            "after it"
        )


def first_text(fields: list[RawField], key: str) -> str:
    """Take the value of the first field of that name; empty where there is none."""
    return next((field.text for field in fields if field.key == key), "")


def read_addresses(
    field: str, text: str, *, local: str | None
) -> tuple[Recipient, ...]:
    """Read the addresses of a raw value, names decoded; raises FieldError.

    ``local`` is who a name without a domain stands for; None makes it a mistake.
    """
    try:
        found = parse_recipients(text)
    except FieldError as error:
        found = _qualified(text, local) if local else ()
        if not found:
            raise error.in_field(field) from None
    return tuple(Recipient(decode_words(one.name), one.address) for one in found)


def _qualified(text: str, local: str) -> tuple[Recipient, ...]:
    """Read addresses of which some are names of this machine; empty where none is."""
    found = [one for one in parse_addresses(text) if one.address]
    bare = [one for one in found if _LOCAL.fullmatch(one.address)]
    if not bare:
        return ()
    written = (Recipient(one.name, local) if one in bare else one for one in found)
    with suppress(FieldError):
        return parse_recipients(format_recipients(written))
    return ()


def mended(field: RawField, *, local: str | None) -> bytes:
    """Write a field so that it can go; as it is, wherever it can. Raises FieldError."""
    if field.key in ADDRESSES:
        return _mended_addresses(field, local=local)
    if field.key in _OWN_IDS and "<" not in field.text:
        return ids_field(field.name, message_ids(field.text))
    if field.is_sound:
        return field.octets
    if field.key in _IDS:
        return ids_field(field.name, message_ids(field.text))
    if field.octets.isascii():
        return folded_field(field.name, field.text)
    if field.key in _PARAMETERS:
        return with_parameters(field, {})
    return text_field(field.name, decode_words(field.text))


def _mended_addresses(field: RawField, *, local: str | None) -> bytes:
    if field.is_sound and not (local and "@" not in field.text):
        return field.octets
    try:
        found = read_addresses(field.name, field.text, local=local)
    except FieldError:
        if field.is_sound:
            return field.octets
        raise
    if not found:
        # A group of nobody says that there are others: undisclosed-recipients:;
        return field.octets if field.is_sound and field.text else b""
    return address_field(field.name, found)


def with_parameters(field: RawField, changed: dict[str, str]) -> bytes:
    """Write a field with its parameters anew, some of them changed."""
    kind, parameters = parse_parameters(field.text)
    written = (parameter(*one) for one in {**parameters, **changed}.items())
    pieces: Iterator[str] = (piece for some in written for piece in some)
    return plain_field(field.name, *ended(kind, *pieces))
