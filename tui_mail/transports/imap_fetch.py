"""FETCH responses as they stream in, the usual ones in one step each.

A first synchronization reads a hundred thousand of them. The usual response, items in
any order and the header block last, is matched where it lies in the read buffer; for
whatever else a server says there is the careful way.
"""

import re
from collections.abc import Callable, Iterator

from tui_mail.mime.headers import LIST_FIELDS, parse_envelope
from tui_mail.model.ids import ModSeq, Uid
from tui_mail.model.message import FetchedMessage, FlagsOf
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.transports.imap_client import Wire
from tui_mail.transports.imap_raw import HEADER_CAP, RawMessage
from tui_mail.transports.imap_responses import (
    LARGEST_MODSEQ,
    Untagged,
    flag_words,
    modseq_of,
    octets_of,
    parse_flags,
    parse_internal_date,
    parse_items,
    parse_size,
    uid_of,
)
from tui_mail.transports.imap_tokens import Unreadable

_FIELDS = " ".join(LIST_FIELDS).upper().encode("ascii")
_NUMBER = rb"(\d{1,15})"
_ITEM = (
    rb"(?:UID " + _NUMBER + rb"|FLAGS \(([^()\r\n]*+)\)"
    rb'|INTERNALDATE "([^"\r\n]*+)"|RFC822\.SIZE ' + _NUMBER + rb"|MODSEQ \("
    rb"(\d{1,19})\)|X-GM-MSGID (\d{1,20})|EMAILID \(([!-'*-~]{1,255})\))"
)
_USUAL = re.compile(
    rb"\* \d{1,10} FETCH \((?:" + _ITEM + rb" )*+"
    rb"BODY\[HEADER\.FIELDS \([^()\r\n]*+\)\](?:<0>)? \{(\d{1,6})\}\r\n"
)
_ONLY_FLAGS = re.compile(
    rb"\* \d{1,10} FETCH \((?:(?:UID " + _NUMBER + rb"|FLAGS \(([^()\r\n]*+)\)"
    rb"|MODSEQ \((\d{1,19})\))(?: |(?=\))))++\)\r\n"
)
_ANY_UID = re.compile(rb"[( ]UID (\d{1,10})[ )]")
_UNENDED = 100_000
"""Octets of a line without an end after which the careful way takes over."""


def message_items(*, modseq: bool, identity: str) -> bytes:
    """Write what is asked of each message; ``identity``: ``EMAILID`` or the like."""
    return (
        b"(UID FLAGS INTERNALDATE RFC822.SIZE%b%b BODY.PEEK[HEADER.FIELDS (%b)]<0.%d>)"
        % (
            b" MODSEQ" if modseq else b"",
            f" {identity}".encode("ascii") if identity else b"",
            _FIELDS,
            HEADER_CAP,
        )
    )


Message = RawMessage | FetchedMessage
"""A usual one is only cut; what needed care was read for it."""


def messages(
    wire: Wire,
    tag: bytes,
    asked: UidSet,
    note: Callable[[Untagged], None],
    chunk: int,
) -> Iterator[list[Message]]:
    """Take messages until the command's answer, in lists of at most ``chunk``.

    What is about messages that were not asked for, or is no message, is news.
    """
    found: list[Message] = []
    before, wire.literal_cap = wire.literal_cap, HEADER_CAP
    try:
        while tag not in wire.answers:
            message = _next_message(wire, asked, note)
            if message is not None:
                found.append(message)
                if len(found) >= chunk:
                    yield found
                    found = []
    finally:
        wire.literal_cap = before
    if found:
        yield found


def _next_message(
    wire: Wire, asked: UidSet, note: Callable[[Untagged], None]
) -> Message | None:
    """Read one response, or some more octets of one."""
    stream = wire.stream
    usual = _USUAL.match(stream.buffer, stream.position)
    if usual is not None:
        start = usual.end()
        end = start + int(usual[8])
        if len(stream.buffer) < end + 3:
            stream.fill()
            return None
        if stream.buffer.startswith(b")\r\n", end):
            raw = _usual_message(usual, stream.buffer[start:end])
            if raw is not None and raw.uid in asked:
                stream.position = end + 3
                return raw
    elif _goes_on(wire):
        stream.fill()
        return None
    said = wire.next_response()
    if isinstance(said, bytes):
        raise wire.nonsense(said)
    if not isinstance(said, Untagged):
        return None
    message = _careful_message(said, asked)
    if message is None:
        note(said)
    return message


def _goes_on(wire: Wire) -> bool:
    """Whether the line that was read last is not all here, and not too long."""
    stream = wire.stream
    return (
        len(stream.buffer) - stream.position < _UNENDED
        and stream.buffer.find(b"\n", stream.position) < 0
    )


def _usual_message(usual: re.Match[bytes], header: bytes) -> RawMessage | None:
    uid, flags, date, size, modseq, google, email_id, _ = usual.groups()
    if uid is None or flags is None or (number := int(uid)) > LARGEST:
        return None
    return RawMessage(
        number,
        flags,
        date or b"",
        int(size or 0),
        _modseq(modseq),
        (email_id or google or b"").decode("ascii"),
        header[:HEADER_CAP],
    )


def _modseq(digits: bytes | None) -> ModSeq:
    number = int(digits) if digits else 0
    return ModSeq(number if number <= LARGEST_MODSEQ else 0)


def _careful_message(said: Untagged, asked: UidSet) -> FetchedMessage | None:
    if said.name != b"FETCH":
        return None
    try:
        items = parse_items(said.fragments)
        flags = parse_flags(flag_words(items.get(b"FLAGS", [b"(", b")"])))
    except Unreadable:
        return _rescued(said, asked)
    uid = uid_of(items)
    if uid is None or uid not in asked or b"BODY[HEADER.FIELDS]" not in items:
        return None
    header = octets_of(items, b"BODY[HEADER.FIELDS]") or b""
    identity = octets_of(items, b"X-GM-MSGID") or b""
    if len(items.get(b"EMAILID", ())) == 3:
        identity = items[b"EMAILID"][1]
    return FetchedMessage(
        uid,
        flags,
        modseq_of(items),
        parse_internal_date(octets_of(items, b"INTERNALDATE") or b""),
        parse_size(octets_of(items, b"RFC822.SIZE") or b"0"),
        parse_envelope(header[:HEADER_CAP]),
        identity[:255].decode("ascii", "replace"),
    )


def _rescued(said: Untagged, asked: UidSet) -> FetchedMessage | None:
    """Make what can be made of a message whose response follows no grammar."""
    match = _ANY_UID.search(said.text)
    if match is None or int(match[1]) not in asked or len(said.fragments) < 2:
        return None
    return FetchedMessage(
        Uid(int(match[1])),
        frozenset(),
        ModSeq(0),
        None,
        0,
        parse_envelope(said.fragments[1][:HEADER_CAP]),
    )


def flags(
    wire: Wire,
    tag: bytes,
    tell: Callable[[FlagsOf], None],
    note: Callable[[Untagged], None],
) -> None:
    """Read flags until the command's answer; every message's are news."""
    stream = wire.stream
    while tag not in wire.answers:
        usual = _ONLY_FLAGS.match(stream.buffer, stream.position)
        if usual is not None:
            stream.position = usual.end()
            uid, words, modseq = usual.groups()
            if uid is not None and words is not None and int(uid) <= LARGEST:
                tell(FlagsOf(Uid(int(uid)), parse_flags(words), _modseq(modseq)))
            continue
        if _goes_on(wire):
            stream.fill()
            continue
        said = wire.next_response()
        if isinstance(said, Untagged):
            note(said)
        elif isinstance(said, bytes):
            raise wire.nonsense(said)
