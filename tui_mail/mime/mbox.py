"""Mailboxes in one file (RFC 4155): where their messages lie, and writing them.

Each message stands after a line ``From SENDER DATE``. Programs do not agree on what
becomes of such lines in a message: mboxo and mboxrd quote them with ``>``, mboxcl2
says in Content-Length how much comes. All of them are read; mboxrd is written.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from tui_mail.mime.from_lines import quoted, unquoted
from tui_mail.mime.mbox_separators import (
    AHEAD,
    LINE,
    find_from_lines,
    from_line_at,
    moment_of,
    separates,
    write_from_line,
)
from tui_mail.model.error import MailError

_PIECE = 1 << 18
_HEADER = 1 << 18
"""Octets of a header block that are looked at."""
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d{1,15})[ \t]*\r?$")


@dataclass(frozen=True, slots=True)
class MboxSpan:
    """Where a message lies in a file: after its ``From `` line.

    The empty line that parts it from the next one is not in it.
    """

    start: int
    end: int
    arrived: datetime | None
    """What the ``From `` line says; in UTC where it names no zone."""
    quoted: bool = False
    """Lines of it are quoted by ``>``; reading it undoes that."""


@dataclass(slots=True)
class _Open:
    """The message that is being passed over."""

    start: int
    body: int
    arrived: datetime | None
    length_end: int = -1
    """Where it ends by its Content-Length; negative where that is not to be believed."""
    next: int = 0
    """Where the next ``From `` line stands then, whatever it looks like."""
    quoted: bool = False
    bare: bool = False
    """It has an unquoted ``From `` line: who wrote it does not quote."""


def is_mbox(file: BinaryIO) -> bool:
    """Tell whether a file begins as an mbox does."""
    file.seek(0)
    return file.read(LINE).lstrip(b"\r\n").startswith(b"From ")


def scan_mbox(file: BinaryIO, start: int = 0) -> Iterator[MboxSpan]:
    """Find the messages of a file in one pass, a block of it in memory at a time.

    From a position on where a message's ``From `` line, or nothing, begins. What comes
    before the first of these lines counts as a message too, unless it is empty.
    """
    message = _Open(start, start, None, next=start)
    for found in find_from_lines(file, start):
        if found.position < message.next:
            continue
        if found.quoted:
            message.quoted = True
        elif found.position == message.next or separates(found):
            if span := _closed(file, message, found.position):
                yield span
            begin = found.position + found.size
            message = _opened(file, begin, moment_of(found.line))
        else:
            message.bare = True
    if span := _closed(file, message, file.seek(0, 2)):
        yield span


def read_mbox_message(file: BinaryIO, span: MboxSpan) -> bytes:
    """Read a message with its quoting undone; raises MailError if the file changed."""
    return b"".join(read_mbox_pieces(file, span))


def read_mbox_pieces(file: BinaryIO, span: MboxSpan) -> Iterator[bytes]:
    """Read a message as :func:`read_mbox_message` does, a piece in memory at a time."""
    pieces = _pieces(file, span)
    return unquoted(pieces) if span.quoted else pieces


def write_mbox_message(
    pieces: Iterable[bytes], *, arrived: datetime, sender: str = ""
) -> Iterator[bytes]:
    """Write a message as mboxrd has it, with its ``From `` line and the empty line."""
    yield write_from_line(arrived, sender)
    last = b"\n"
    for piece in quoted(pieces):
        yield piece
        last = piece[-1:] or last
    yield b"\n" if last == b"\n" else b"\n\n"


def _opened(file: BinaryIO, start: int, arrived: datetime | None) -> _Open:
    """Begin a message; its header may say how long it is."""
    header = _header(file, start)
    message = _Open(start, start + len(header), arrived)
    found = _LENGTH.search(header)
    if found is not None:
        end = message.body + int(found[1])
        after = _next_after(file, end)
        if after is not None:
            message.length_end, message.next = end, after
    return message


def _header(file: BinaryIO, start: int) -> bytes:
    """Read a header block with its empty line; all that is looked at if it has none."""
    octets = b""
    size = 8_192
    while True:
        file.seek(start + len(octets))
        block = file.read(size - len(octets))
        octets += block
        if octets.startswith((b"\n", b"\r\n")):
            return octets[: octets.index(b"\n") + 1]
        ends = [
            at + len(mark)
            for mark in (b"\n\n", b"\n\r\n")
            if (at := octets.find(mark)) >= 0
        ]
        if ends:
            return octets[: min(ends)]
        if not block or size >= _HEADER:
            return octets
        size *= 4


def _next_after(file: BinaryIO, end: int) -> int | None:
    """Say where a message's successor begins if it ends here; None if it cannot."""
    size = file.seek(0, 2)
    if end > size:
        return None
    file.seek(end)
    octets = file.read(AHEAD + 4)
    text = octets.lstrip(b"\r\n")
    skipped = len(octets) - len(text)
    if skipped > 4:
        return None
    if not text:
        return size
    if not text.startswith(b"From "):
        return None
    found = from_line_at(b"\n\n" + text, 2, 2, end + skipped - 2)
    return found.position if separates(found) else None


def _closed(file: BinaryIO, message: _Open, end: int) -> MboxSpan | None:
    """End a message before the next one; None where there is nothing."""
    if message.length_end >= 0:
        return MboxSpan(message.start, message.length_end, message.arrived)
    begin = max(message.start, end - 3)
    file.seek(begin)
    last = file.read(end - begin)
    if last.endswith(b"\n\r\n"):
        stripped = end - 2
    elif last.endswith(b"\n\n"):
        stripped = end - 1
    else:
        stripped = end
    # An empty line that ends the header parts nothing.
    end = max(stripped, min(message.body, end))
    if not _has_text(file, message.start, end):
        return None
    return MboxSpan(
        message.start, end, message.arrived, message.quoted and not message.bare
    )


def _has_text(file: BinaryIO, start: int, end: int) -> bool:
    if end - start > LINE:
        return True
    file.seek(start)
    return bool(file.read(end - start).strip())


def _pieces(file: BinaryIO, span: MboxSpan) -> Iterator[bytes]:
    position = span.start
    while position < span.end:
        file.seek(position)
        piece = file.read(min(_PIECE, span.end - position))
        if not piece:
            raise MailError("the mbox became shorter while it was read")
        position += len(piece)
        yield piece
