"""A message that a program wrote, as it goes out: ``send`` and ``sendmail``.

Its octets stay as they are wherever they may. What has to change is the ends of lines,
the fields that are missing, Bcc, and what no server would take.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple

from tui_mail.compose.fields import FieldError, Recipient
from tui_mail.compose.header import (
    address_field,
    clean_ids,
    ids_field,
    plain_field,
)
from tui_mail.compose.message_ids import new_message_id
from tui_mail.compose.raw_header import (
    LEFT_OUT,
    RawField,
    cut_message,
    first_text,
    mended,
    read_addresses,
    with_parameters,
)
from tui_mail.compose.raw_lines import (
    refuse_long_lines,
    with_line_ends,
    with_short_lines,
)
from tui_mail.compose.serialise import envelope
from tui_mail.mime.charset import decode_words, parse_parameters
from tui_mail.mime.headers import message_ids
from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError
from tui_mail.model.outgoing import Outgoing

_NEEDED = frozenset({"date", "from", "sender", "mime-version", "content-type"})
_ASCII = frozenset({"us-ascii", "ascii", ""})
_END = b"\r\n"
_STAYS = frozenset({"8bit", "base64", "quoted-printable"})
"""Encodings that may stand over a body that is not ASCII; ``binary`` goes by no DATA."""


def outgoing_from(
    octets: bytes,
    *,
    own: Recipient,
    now: datetime,
    recipients: Sequence[str] | None = None,
    sender: str | None = None,
    extra_from_headers: bool = False,
    local: str | None = None,
) -> Outgoing:
    """Make what goes out of a message (RFC 5322) and its envelope.

    Without ``recipients`` they are those of To, Cc and Bcc, or of the topmost block of
    Resent- fields where there is one (RFC 5322, 3.6.6); ``extra_from_headers`` adds
    these to the named ones. Without ``sender`` it is that of Sender or From, else
    ``own``; ``"<>"`` is nobody. ``local`` is the address that a name without a domain
    stands for, as programs of this machine write it; None makes one a mistake. Raises
    FieldError that names the field, MailError for what cannot be mail.
    """
    if not octets.strip():
        raise MailError("the message is empty")
    octets = with_line_ends(octets.removeprefix(BOM_UTF8))
    fields, body = cut_message(with_short_lines(octets))
    if body and not body.endswith(_END):
        body += _END
    refuse_long_lines(body)
    block = _resent_block(fields)
    about = _About(block or fields, "Resent-" if block else "", local)
    going = _recipients(about, recipients, from_headers=extra_from_headers)
    author = about.read("From")
    writer = _writer(about, author, own, sender)
    fields = [field for field in fields if not _is_left_out(field)]
    message_id = _own_id(about, writer or own.address)
    added = [*_missing(about, author, own, now), message_id.written]
    if not block:
        fields, more = _as_mime(fields, body)
        added += more
    header = [mended(field, local=local) for field in fields]
    header = [*added, *header] if block else [*header, *added]
    whole = b"".join(header)
    parents = message_ids(first_text(fields, "in-reply-to"))
    return Outgoing(
        message_id=message_id.text,
        sender=writer,
        recipients=going,
        octets=b"".join((whole, _END, body)),
        blind=_blind(about),
        subject=displayable(decode_words(first_text(fields, "subject"))),
        in_reply_to=parents[0] if parents else "",
        needs_utf8=not (
            whole.isascii() and writer.isascii() and "".join(going).isascii()
        ),
    )


@dataclass(frozen=True, slots=True)
class _About:
    """The fields that say who it is from and to, all with the same prefix."""

    fields: list[RawField]
    prefix: str
    local: str | None

    def named(self, name: str) -> list[RawField]:
        """List the fields of that name that are not empty."""
        key = (self.prefix + name).lower()
        return [field for field in self.fields if field.key == key and field.text]

    def read(self, name: str) -> tuple[Recipient, ...]:
        """Read all addresses of the fields of that name; raises FieldError."""
        return tuple(
            one
            for field in self.named(name)
            for one in read_addresses(field.name, field.text, local=self.local)
        )


def _resent_block(fields: list[RawField]) -> list[RawField]:
    """Take the topmost block of Resent- fields; empty where it names nobody."""
    block: list[RawField] = []
    for field in fields:
        again = any(field.key == other.key for other in block)
        if block and (again or not field.key.startswith("resent-")):
            break
        if field.key.startswith("resent-"):
            block.append(field)
    names = {field.key for field in block if field.text}
    return block if names & {"resent-to", "resent-cc", "resent-bcc"} else []


def _recipients(
    about: _About, named: Sequence[str] | None, *, from_headers: bool
) -> tuple[str, ...]:
    found: list[Recipient] = []
    if named is None or from_headers:
        found += [one for name in ("To", "Cc", "Bcc") for one in about.read(name)]
    for text in named or ():
        found += read_addresses("recipient", text, local=about.local)
    if not found:
        raise FieldError("nobody is named who is to get it", f"{about.prefix}To")
    return envelope(found)


def _writer(
    about: _About, author: tuple[Recipient, ...], own: Recipient, named: str | None
) -> str:
    """Find the envelope's sender, who gets to know when it cannot be delivered."""
    if len(about.named("From")) > 1:
        raise FieldError("the field is there twice", f"{about.prefix}From")
    if about.named("From") and not author:
        raise FieldError("there is no address in it", f"{about.prefix}From")
    if named is not None:
        given = (
            read_addresses("sender", named, local=about.local)
            if named.strip("<> ")
            else ()
        )
        return given[0].address if given else ""
    responsible = (*about.read("Sender"), *author, own)
    return responsible[0].address


class _OwnId(NamedTuple):
    text: str
    written: bytes
    """The field to add; empty where it is there."""


def _own_id(about: _About, address: str) -> _OwnId:
    """Take the Message-ID of this sending, or make one."""
    for field in about.named("Message-ID"):
        if ids := clean_ids(message_ids(field.text)):
            return _OwnId(ids[0], b"")
    made = new_message_id(address)
    return _OwnId(made, ids_field(f"{about.prefix}Message-ID", (made,)))


def _is_left_out(field: RawField) -> bool:
    """Tell whether a field goes: it is for nobody else, or it is there and says nothing."""
    if field.key in LEFT_OUT:
        return True
    if field.key in {"message-id", "resent-message-id"}:
        return not clean_ids(message_ids(field.text))
    return field.key in _NEEDED and not field.text


def _missing(
    about: _About, author: tuple[Recipient, ...], own: Recipient, now: datetime
) -> Iterator[bytes]:
    if not about.named("Date"):
        yield plain_field(f"{about.prefix}Date", format_datetime(now.astimezone()))
    if not author:
        yield address_field(f"{about.prefix}From", (own,))
    elif len(author) > 1 and not about.named("Sender"):
        # RFC 5322, 3.6.2: of several authors, one has sent it.
        yield address_field(f"{about.prefix}Sender", (own,))


def _as_mime(fields: list[RawField], body: bytes) -> tuple[list[RawField], list[bytes]]:
    """Say what the body is, where it is not said or cannot be true (RFC 2045)."""
    added = []
    if not first_text(fields, "mime-version"):
        added.append(plain_field("MIME-Version", "1.0"))
    if not first_text(fields, "content-type"):
        added.append(
            plain_field("Content-Type", "text/plain;", f"charset={_charset(body)}")
        )
    if body.isascii():
        return fields, added
    fields = [_relabelled(field, body) for field in fields]
    encoding = first_text(fields, "content-transfer-encoding").strip().lower()
    if encoding not in _STAYS:
        fields = [field for field in fields if field.key != "content-transfer-encoding"]
        added.append(plain_field("Content-Transfer-Encoding", "8bit"))
    return fields, added


def _relabelled(field: RawField, body: bytes) -> RawField:
    """Correct the type of a text that is said to be ASCII, and is UTF-8."""
    if field.key != "content-type" or _charset(body) != "utf-8":
        return field
    kind, parameters = parse_parameters(field.text)
    if (
        not kind.startswith("text/")
        or parameters.get("charset", "us-ascii").lower() not in _ASCII
    ):
        return field
    return replace(field, octets=with_parameters(field, {"charset": "utf-8"}))


def _charset(body: bytes) -> str:
    if body.isascii():
        return "us-ascii"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "unknown-8bit"
    return "utf-8"


def _blind(about: _About) -> bytes:
    """Write the Bcc field for the copy in Sent, if it can be read."""
    try:
        found = about.read("Bcc")
    except FieldError:
        return b""
    return address_field(f"{about.prefix}Bcc", found) if found else b""
