"""The one way from values to what a server is told: nothing passes that ends a line.

A piece of a command is an atom, which is bytes, or a Literal. A message that is appended
is a Flow. Whatever holds CR, LF or NUL where it must not is refused before anything is sent.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tui_mail.model.error import CannotBeSaid
from tui_mail.model.flags import SYSTEM_FLAGS, is_keyword
from tui_mail.model.ids import PartId
from tui_mail.model.uids import LARGEST, UidSet

MAX_LINE = 7_000
"""Octets of sets in one command; RFC 7162, 4 has servers take lines of 8,192."""

_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_LINE_BREAKERS = re.compile(rb"[\r\n\0]")
_PLAIN = re.compile(rb"[ -~]*")
_SPECIAL = re.compile(rb'(["\\])')
_PART = re.compile(
    r"(?:[1-9]\d{0,9}(?:\.[1-9]\d{0,9}){0,99}(?:\.(?:MIME|HEADER|TEXT))?|HEADER|TEXT)?"
)


@dataclass(frozen=True, slots=True)
class Literal:
    """Octets that are sent as they are, after their number (RFC 9051, 4.3)."""

    octets: bytes


Piece = bytes | Literal


@dataclass(frozen=True, slots=True)
class Flow:
    """A message's octets, sent as they come: it need not fit into memory."""

    size: int
    pieces: Callable[[], Iterable[bytes]]
    """Gives all of them, as often as it is called."""


def refusal(what: str) -> CannotBeSaid:
    """Make the error for what cannot be told to a server."""
    return CannotBeSaid(f"{what} cannot be told to a server")


def atom(octets: bytes) -> bytes:
    """Let an atom, or atoms, pass; raises CannotBeSaid for what would end the line."""
    if not _PLAIN.fullmatch(octets):
        raise refusal("a word with control characters")
    return octets


def can_be_said(octets: bytes) -> bool:
    """Whether a text can be told to a server at all."""
    return not _LINE_BREAKERS.search(octets)


def text(octets: bytes, what: str = "a name with control characters") -> Piece:
    """Quote a text, or make a literal of it; raises CannotBeSaid."""
    if not can_be_said(octets):
        raise refusal(what)
    if _PLAIN.fullmatch(octets) and len(octets) < 1_000:
        return b'"' + _SPECIAL.sub(rb"\\\1", octets) + b'"'
    return Literal(octets)


def content(message: bytes | Flow) -> Flow:
    """Let a message pass; raises CannotBeSaid for NUL (RFC 9051, 4.3).

    And where a flow is not as long as it says: what follows would be taken for mail.
    """
    flow = message
    if isinstance(flow, bytes):
        octets = flow
        flow = Flow(len(octets), lambda: (octets,))
    size = 0
    for piece in flow.pieces():
        size += len(piece)
        if b"\0" in piece:
            raise CannotBeSaid("the message has NUL octets, which servers do not take")
    if size != flow.size:
        raise refusal("a message that is not here whole")
    return flow


def flag_word(flag: str) -> bytes:
    """Let a flag or keyword pass; raises CannotBeSaid."""
    if flag not in SYSTEM_FLAGS and not is_keyword(flag):
        raise refusal("such a flag")
    return flag.encode("ascii")


def flag_list(flags: Iterable[str]) -> bytes:
    """Write flags in brackets; raises CannotBeSaid."""
    return b"(" + b" ".join(flag_word(flag) for flag in sorted(flags)) + b")"


def section(part: PartId) -> bytes:
    """Let the number of a part pass; raises CannotBeSaid."""
    if not _PART.fullmatch(part):
        raise refusal("such a part")
    return part.encode("ascii")


def day(when: date) -> bytes:
    """Write a day as SEARCH takes it."""
    written = f"{when.day}-{_MONTHS[when.month - 1]}-{when.year:04d}"
    return written.encode("ascii")


def date_time(moment: datetime) -> bytes:
    """Write an INTERNALDATE; without a zone it is UTC."""
    at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not at.utcoffset():
        at = at.astimezone(UTC)
    written = (
        f'"{at.day:02d}-{_MONTHS[at.month - 1]}-{at.year:04d}'
        f' {at.hour:02d}:{at.minute:02d}:{at.second:02d} {at.strftime("%z")[:5]}"'
    )
    return written.encode("ascii")


def set_lines(uids: UidSet) -> Iterator[tuple[bytes, UidSet]]:
    """Cut a set into pieces short enough for a command each."""
    waiting: list[tuple[int, int]] = []
    length = 0
    for low, high in uids.ranges:
        if not 1 <= low <= high <= LARGEST:
            raise refusal("such a set of messages")
        width = len(str(low)) + (0 if low == high else len(str(high)) + 1) + 1
        if waiting and length + width > MAX_LINE:
            piece = UidSet(tuple(waiting))
            yield str(piece).encode("ascii"), piece
            waiting, length = [], 0
        waiting.append((low, high))
        length += width
    if waiting:
        piece = UidSet(tuple(waiting))
        yield str(piece).encode("ascii"), piece


def short_set(uids: UidSet) -> bytes:
    """Write a set that fits into a line, the gaps filled where it would not."""
    written = str(uids).encode("ascii")
    if len(written) <= MAX_LINE:
        return written
    return b"%d:%d" % (uids.ranges[0][0], uids.ranges[-1][1])
