"""The lines ``From SENDER DATE`` that part the messages of an mbox, and sentences like them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import BinaryIO

from tui_mail.mime.from_lines import QUOTES

_BLOCK = 1 << 20
LINE = 1_000
"""Octets of a ``From `` line at most."""
AHEAD = LINE + 200
_BEHIND = QUOTES + 8

_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DATED = re.compile(
    rb"(?i)\b(?:mon|tue|wed|thu|fri|sat|sun),?\s+(jan|feb|mar|apr|may|jun|jul|aug|sep"
    rb"|oct|nov|dec)\s+(\d{1,2})\s+(\d{1,2}):(\d\d)(?::(\d\d))?"
    rb"(?:\s+([+-]\d{4})|\s+[a-z][a-z0-9]{0,7}(?:\s[a-z]{1,5})?)?"
    rb"\s+(\d{4})(?:\s+([+-]\d{4}))?(?:\s|\Z)"
)
_LOOSELY_DATED = re.compile(rb"\d{1,2}:\d\d.*\d{4}|\d{4}.*\d{1,2}:\d\d")
_FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]*:|>From ")
_SENDER = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class FromLine:
    """A line that begins with ``From ``, or with that quoted."""

    position: int
    quoted: bool
    after_empty: bool
    line: bytes
    """Without its end; empty where it is too long."""
    size: int
    then: bytes
    """How the next line begins."""


def find_from_lines(file: BinaryIO, start: int) -> Iterator[FromLine]:
    """Find the lines that begin with ``From ``, quoted or not."""
    octets, base, done, ended = b"\n\n", start - 2, 2, False
    while not ended:
        file.seek(base + len(octets))
        block = file.read(_BLOCK)
        ended = not block
        octets += block
        safe = len(octets) if ended else max(done, len(octets) - AHEAD)
        while 0 <= (at := octets.find(b"From ", done, safe + 4)) < safe:
            done = at + 5
            if octets[at - 1] not in b"\n>":
                continue
            line = octets.rfind(b"\n", max(0, at - _BEHIND), at) + 1
            if line and not octets[line:at].strip(b">"):
                yield from_line_at(octets, line, at, base)
        done = max(done, safe)
        kept = max(0, done - _BEHIND)
        octets, base, done = octets[kept:], base + kept, done - kept


def from_line_at(octets: bytes, line: int, at: int, base: int) -> FromLine:
    """Describe the line that begins at ``line``, its ``From `` at ``at``.

    ``base`` is where in the file the octets begin.
    """
    end = octets.find(b"\n", at, at + LINE)
    text = octets[line:end] if end >= 0 else octets[line : at + LINE]
    whole = end >= 0 or at + LINE >= len(octets)
    size = len(text) + (end >= 0)
    return FromLine(
        position=base + line,
        quoted=line < at,
        after_empty=octets[max(0, line - 3) : line].endswith((b"\n\n", b"\n\r\n")),
        line=text.rstrip(b"\r") if whole else b"",
        size=size,
        then=octets[line + size : line + size + 200],
    )


def separates(found: FromLine) -> bool:
    """Tell whether a line begins a message, and is no sentence.

    The surer its form, the less has to stand around it: not all programs write the
    empty line before it, nor a date that others can read.
    """
    rest = found.line[5:].strip()
    if not rest:
        return False
    begins = _FIELD.match(found.then) is not None
    if _DATED.search(found.line):
        return found.after_empty or begins
    if not (found.after_empty and begins):
        return False
    return b" " not in rest or _LOOSELY_DATED.search(rest) is not None


def moment_of(line: bytes) -> datetime | None:
    """Read the date of a ``From `` line; None where it has none that is understood."""
    found = _DATED.search(line)
    if found is None:
        return None
    month, day, hour, minute, second, before, year, after = found.groups()
    zone = before or after or b"+0000"
    minutes = int(zone[1:3]) * 60 + int(zone[3:])
    east = timedelta(minutes=-minutes if zone.startswith(b"-") else minutes)
    try:
        moment = datetime(
            *(int(year), _MONTHS.index(month.decode().capitalize()) + 1, int(day)),
            *(int(hour), int(minute), int(second or 0)),
            tzinfo=timezone(east) if east else UTC,
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def write_from_line(arrived: datetime, sender: str) -> bytes:
    """Write such a line, in UTC; another name stands for a sender that is no address."""
    known = sender if _SENDER.fullmatch(sender) else "MAILER-DAEMON"
    at = arrived.astimezone(UTC)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    date = f"{day} {month} {at.day:2} {at:%H:%M:%S} {at.year:04}"
    return f"From {known} {date}\n".encode("ascii")
