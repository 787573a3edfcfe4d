"""Responses to values: octets in, values out, no I/O (RFC 9051, 7).

Whatever cannot be read raises Unreadable, for the one record that it is about.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from tui_mail.model.displayable import Displayable, displayable
from tui_mail.model.flags import Flags, canonical
from tui_mail.model.ids import ModSeq, Uid, UidValidity
from tui_mail.model.mailbox import MailboxCounts
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.transports.imap_tokens import (
    CLOSE,
    OPEN,
    Token,
    Unreadable,
    balanced,
    is_nil,
    pairs,
    tokens,
)

LARGEST_MODSEQ = 2**63 - 1
_LARGEST_SIZE = 2**53
_LONGEST_FLAGS = 50_000

_STATUS = re.compile(
    rb"(?:\[([A-Za-z0-9.-]{1,60})(?: (\(.*?\)|[^\]]*))?\] ?)?(.*)", re.DOTALL
)
_UNTAGGED = re.compile(rb"\* (?:(\d{1,10}) )?([A-Za-z][A-Za-z0-9.-]{0,40})(?: |\Z)")
_FLAG = re.compile(rb"\\?[!-~]{1,200}")
_NUMBER = re.compile(rb"\d{1,20}")
_DATE = re.compile(
    rb"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        b"jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1
    )
}
_SET = re.compile(rb"[0-9]{1,10}(?::[0-9]{1,10})?(?:,[0-9]{1,10}(?::[0-9]{1,10})?)*+")


@dataclass(frozen=True, slots=True)
class Untagged:
    """One untagged response: ``* 3 FETCH (…)`` is ``FETCH``, 3 and its fragments."""

    name: bytes
    """Upper case."""
    number: int | None
    fragments: tuple[bytes, ...]
    """What follows the name: text and literals in turn."""

    @property
    def text(self) -> bytes:
        """The first fragment: all of it, where there is no literal."""
        return self.fragments[0]


@dataclass(frozen=True, slots=True)
class Status:
    """OK, NO, BAD, BYE or PREAUTH with its code and words."""

    kind: bytes
    code: bytes
    """Upper case, without brackets; empty where there is none."""
    argument: bytes
    """What follows the code within the brackets."""
    text: Displayable


def parse_untagged(fragments: Sequence[bytes]) -> Untagged:
    """Read the head of an untagged response; raises Unreadable."""
    match = _UNTAGGED.match(fragments[0])
    if match is None:
        raise Unreadable("untagged")
    number = int(match[1]) if match[1] else None
    rest = (fragments[0][match.end() :], *fragments[1:])
    return Untagged(match[2].upper(), number, rest)


def parse_status(kind: bytes, text: bytes) -> Status:
    """Read a response code and what a person may read (RFC 9051, 7.1)."""
    match = _STATUS.match(text)
    if match is None:
        return Status(kind, b"", b"", Displayable(""))
    words = match[3][:2_000].decode("utf-8", "replace")
    return Status(kind, (match[1] or b"").upper(), match[2] or b"", displayable(words))


def parse_number(token: Token, most: int) -> int:
    """Read a number; raises Unreadable where it is none or larger."""
    if not _NUMBER.fullmatch(token) or (number := int(token)) > most:
        raise Unreadable("number")
    return number


def parse_uid(token: Token) -> Uid:
    """Read a UID; raises Unreadable."""
    return Uid(parse_number(token, LARGEST))


def parse_modseq(token: Token) -> ModSeq:
    """Read a modification sequence; one that is too large is none."""
    number = int(token) if _NUMBER.fullmatch(token) else 0
    return ModSeq(number if number <= LARGEST_MODSEQ else 0)


def parse_size(token: Token) -> int:
    """Read RFC822.SIZE; nonsense is 0."""
    number = int(token) if _NUMBER.fullmatch(token) else 0
    return min(number, _LARGEST_SIZE)


_FLAG_SETS: dict[bytes, Flags] = {}


def parse_flags(text: bytes) -> Flags:
    r"""Read flags between their brackets; ``\Recent`` is nobody's, and left out."""
    known = _FLAG_SETS.get(text)
    if known is not None:
        return known
    flags = frozenset(
        canonical(word.decode("ascii"))
        for word in text[:_LONGEST_FLAGS].split()
        if _FLAG.fullmatch(word) and word.lower() != b"\\recent"
    )
    if len(_FLAG_SETS) < 2_000 and len(text) < 500:
        _FLAG_SETS[text] = flags
    return flags


def flag_words(value: Sequence[Token]) -> bytes:
    """Put the flags of a list together again; raises Unreadable where it is none."""
    if len(value) < 2 or value[0] is not OPEN or value[-1] is not CLOSE:
        raise Unreadable("flags")
    return b" ".join(value[1:-1])


_ZONES: dict[bytes, timezone] = {}


def parse_internal_date(text: bytes) -> datetime | None:
    """Read an INTERNALDATE, aware, UTC; None where it cannot be one."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
    zone = _ZONES.get(text[-5:])
    try:
        if zone is None:
            east = timedelta(hours=int(hours), minutes=int(minutes))
            zone = timezone(-east if sign == b"-" else east)
            if len(_ZONES) < 200:
                _ZONES[text[-5:]] = zone
        local = datetime(
            int(year),
            _MONTHS[month.lower()],
            int(day),
            int(hour),
            int(minute),
            min(int(second), 59),
            tzinfo=zone,
        )
        return local.astimezone(UTC)
    except (ValueError, KeyError, OverflowError):
        return None


def parse_ranges(text: bytes) -> list[tuple[int, int]]:
    """Read ``5:7,2`` in its order; raises Unreadable."""
    if not _SET.fullmatch(text):
        raise Unreadable("set")
    ranges = []
    for item in text.split(b","):
        low, _, high = item.partition(b":")
        first, last = int(low), int(high or low)
        if max(first, last) > LARGEST:
            raise Unreadable("set")
        ranges.append((first, last))
    return ranges


def parse_set(text: bytes) -> UidSet:
    """Read a set of UIDs; raises Unreadable."""
    parse_ranges(text)
    return UidSet.parse(text.decode("ascii"))


def parse_vanished(text: bytes) -> UidSet:
    """Read ``(EARLIER) 1:3,7`` of VANISHED (RFC 7162, 3.2.10); raises Unreadable."""
    words = text.split()
    if not words:
        raise Unreadable("vanished")
    return parse_set(words[-1])


def parse_copied(argument: bytes, most: int) -> tuple[UidValidity, dict[Uid, Uid]]:
    """Read COPYUID (RFC 9051, 7.1); raises Unreadable where it cannot be true."""
    words = argument.split()
    if len(words) != 3:
        raise Unreadable("copyuid")
    sources = list(_counted(parse_ranges(words[1]), most))
    targets = list(_counted(parse_ranges(words[2]), most))
    if len(sources) != len(targets):
        raise Unreadable("copyuid")
    validity = UidValidity(parse_number(words[0], LARGEST))
    return validity, dict(zip(sources, targets, strict=True))


def _counted(ranges: Iterable[tuple[int, int]], most: int) -> Iterable[Uid]:
    count = 0
    for first, last in ranges:
        low, high = min(first, last), max(first, last)
        count += high - low + 1
        if count > most:
            raise Unreadable("a set larger than what was asked for")
        yield from (Uid(uid) for uid in range(low, high + 1))


def parse_esearch(fragments: Sequence[bytes]) -> UidSet:
    """Read ``(TAG "a") UID ALL 1:3`` (RFC 4731); raises Unreadable.

    Only what says nothing at all is an empty set: who is not in it counts as gone.
    """
    found = tokens(fragments)
    said = found[balanced(found, 0) :] if found and found[0] is OPEN else found
    if said and said[0].upper() == b"UID":
        said = said[1:]
    for name, value in zip(said[::2], said[1::2], strict=False):
        if name.upper() == b"ALL":
            return parse_set(value)
    if said:
        raise Unreadable("esearch")
    return UidSet()


@dataclass(frozen=True, slots=True)
class Listed:
    """One LIST or LSUB response."""

    attributes: frozenset[str]
    """Lower case, with the backslash."""
    delimiter: str
    name: bytes


def parse_listed(fragments: Sequence[bytes]) -> Listed:
    r"""Read ``(\Noselect) "/" name``; raises Unreadable.

    Some servers quote neither the backslash that is their delimiter, nor names with
    spaces.
    """
    first = fragments[0].replace(b') "\\" ', b') "\\\\" ', 1)
    found = tokens((first, *fragments[1:]))
    if not found or found[0] is not OPEN or CLOSE not in found:
        raise Unreadable("list")
    end = found.index(CLOSE)
    if len(found) < end + 3:
        raise Unreadable("list")
    attributes = frozenset(
        word.decode("ascii", "replace").lower() for word in found[1:end]
    )
    delimiter = b"" if is_nil(found[end + 1]) else found[end + 1]
    name = found[end + 2]
    if type(name) is bytes and found[end + 3 :] and found[end + 3] is not OPEN:
        name = b" ".join(found[end + 2 :])
    if not name or name is OPEN:
        raise Unreadable("list")
    return Listed(attributes, delimiter[:1].decode("latin-1"), bytes(name))


def parse_counts(fragments: Sequence[bytes]) -> tuple[bytes, MailboxCounts]:
    """Read ``name (MESSAGES 3 …)``, what is missing as 0; raises Unreadable."""
    found = tokens(fragments)
    if len(found) < 3:
        raise Unreadable("status")
    said = pairs(found, 1)

    def count(name: bytes, most: int = LARGEST) -> int:
        value = said.get(name)
        return parse_number(value[0], most) if value else 0

    return bytes(found[0]), MailboxCounts(
        messages=count(b"MESSAGES"),
        unseen=count(b"UNSEEN"),
        uid_next=Uid(count(b"UIDNEXT")),
        uid_validity=UidValidity(count(b"UIDVALIDITY")),
        highest_modseq=parse_modseq(said.get(b"HIGHESTMODSEQ", [b"0"])[0]),
    )


def parse_software(fragments: Sequence[bytes]) -> Displayable:
    """Read what ID says of the server's name and version (RFC 2971); raises Unreadable.

    Empty where it does not say.
    """
    found = tokens(fragments)
    if not found or is_nil(found[0]):
        return Displayable("")
    said = pairs(found)
    words = [
        value[0][:100].decode("utf-8", "replace")
        for name in (b"NAME", b"VERSION")
        if (value := said.get(name)) and not is_nil(value[0])
    ]
    return displayable(" ".join(words))


def parse_items(fragments: Sequence[bytes]) -> dict[bytes, list[Token]]:
    """Read what a FETCH response says of one message; raises Unreadable."""
    return pairs(tokens(fragments))


def uid_of(items: Mapping[bytes, Sequence[Token]]) -> Uid | None:
    """Find the UID of a FETCH response; None where it has none, or none that can be."""
    value = items.get(b"UID")
    if not value or len(value) != 1:
        return None
    try:
        return parse_uid(value[0])
    except Unreadable:
        return None


def octets_of(items: Mapping[bytes, Sequence[Token]], name: bytes) -> bytes | None:
    """Take a text of a FETCH response; NIL is none."""
    value = items.get(name)
    if not value or len(value) != 1 or is_nil(value[0]):
        return None
    return bytes(value[0])


def modseq_of(items: Mapping[bytes, Sequence[Token]]) -> ModSeq:
    """Find the modification sequence of a FETCH response; 0 where it has none."""
    value = items.get(b"MODSEQ")
    if not value:
        return ModSeq(0)
    return parse_modseq(value[1] if len(value) == 3 else value[0])
