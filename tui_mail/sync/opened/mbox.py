"""An mbox in the place of a server: a message is known by where it begins."""

import os
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from tui_mail.mime.mail_files import open_unseen
from tui_mail.mime.mbox import (
    MboxSpan,
    read_mbox_pieces,
    scan_mbox,
)
from tui_mail.mime.mbox_flags import mbox_flags
from tui_mail.model.displayable import displayable
from tui_mail.model.error import NotFound
from tui_mail.model.ids import Uid
from tui_mail.store.contents import moment_of, seconds_of
from tui_mail.sync.opened.sources import (
    CHANGED,
    Found,
    Gone,
    Tell,
    read_headers,
)

_TAIL = 1 << 18
"""Octets at the end of the file in which the first rows are looked for."""
_BLOCK = 1 << 20
_LONGEST_TAIL = 1 << 27
_FROM_LINE = 1_002
_MARK = 4_096
_NO_DATE = -(1 << 62)
_TELL = 64
"""Messages between two words on how far it is."""


class MboxSource:
    """One mbox. Where its messages lie is kept in 24 octets for each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._name = str(displayable(path.name))
        self._starts, self._ends = array("Q"), array("Q")
        self._arrivals = array("q")
        self._size = 0
        self._marks: tuple[bytes, bytes] = (b"", b"")
        """What the file began and ended with when it was looked through."""
        self._inode = 0
        self._longer = -1
        """Where a message begins that is longer than when it was listed."""
        self._few = 0
        """How many it has, where the end of the file is all of it."""

    def mailboxes(self) -> tuple[str, ...]:
        """Name the one that it is."""
        return (self._name,)

    def newest(self, most: int) -> list[Found]:
        """Find the last messages: an mbox grows at its end."""
        with open_unseen(self.path) as file:
            spans, all_of_it = _last_spans(file, most)
            if all_of_it:
                self._few = len(spans)
                if not spans:
                    raise NotFound(f"{self.path}: there is no message in it")
            return [self._found(file, span) for span in reversed(spans[-most:])]

    def found(
        self, is_known: Callable[[str, Uid], bool], tell: Tell
    ) -> Iterator[Found | None]:
        """Look the file through, then read the headers from its end on."""
        with open_unseen(self.path) as file:
            for place in self._look_through(file, tell):
                if place % _TELL == 0:
                    yield None
            for place in range(len(self._starts) - 1, -1, -1):
                start, end = self._starts[place], self._ends[place]
                known = is_known(self._name, Uid(start + 1))
                if known and start != self._longer:
                    if place % _TELL == 0:
                        yield None
                    continue
                seconds = self._arrivals[place]
                arrived = None if seconds == _NO_DATE else moment_of(seconds)
                yield self._found(file, MboxSpan(start, end, arrived))

    def _look_through(self, file: BinaryIO, tell: Tell) -> Iterator[int]:
        """Find where the messages lie that were not there before."""
        told, self._longer = os.fstat(file.fileno()), -1
        begin = _from_line(file, self._starts[-1]) if self._starts else 0
        again = self._starts[-1] if self._starts else -1
        for place, span in enumerate(scan_mbox(file, begin)):
            if span.start == again:
                if self._ends[-1] != span.end:
                    # It was still being written.
                    self._ends[-1], self._longer = span.end, span.start
            else:
                self._starts.append(span.start)
                self._ends.append(span.end)
                self._arrivals.append(
                    seconds_of(span.arrived) if span.arrived else _NO_DATE
                )
            if place % _TELL == 0:
                tell(span.end, told.st_size)
            yield place
        self._size, self._inode = told.st_size, told.st_ino
        self._marks = _marks(file, self._size)

    def has(self, mailbox: str, uid: Uid) -> bool:  # noqa: ARG002 - it is but one
        """Tell whether a message begins there."""
        place = bisect_left(self._starts, uid - 1)
        return self._starts[place : place + 1] == array("Q", [uid - 1])

    def count(self) -> int:
        """Count what was found."""
        return len(self._starts) if self._size else self._few

    def _found(self, file: BinaryIO, span: MboxSpan) -> Found:
        headers = read_headers(file, span.start, span.end)
        return Found(
            mailbox=self._name,
            uid=Uid(span.start + 1),
            size=span.end - span.start,
            arrived=span.arrived,
            flags=mbox_flags(headers),
            headers=headers,
        )

    def troubles(self) -> tuple[str, ...]:
        """Say nothing: it is read or not."""
        return ()

    def size_of(self, mailbox: str, uid: Uid) -> int:  # noqa: ARG002 - it is but one
        """Find how long a message is."""
        with open_unseen(self.path) as file:
            span = self._span(file, uid)
            return span.end - span.start

    def pieces(self, mailbox: str, uid: Uid) -> Iterator[bytes]:  # noqa: ARG002
        """Read a message where it begins, as far as it goes now."""
        with open_unseen(self.path) as file:
            yield from read_mbox_pieces(file, self._span(file, uid))

    def _span(self, file: BinaryIO, uid: Uid) -> MboxSpan:
        start = uid - 1
        span = next(scan_mbox(file, _from_line(file, start)), None)
        if span is None or span.start != start:
            raise Gone(CHANGED)
        return span

    def look(self) -> bool:
        """See whether mail was put at the end; anything else makes it another file."""
        with open_unseen(self.path) as file:
            told = os.fstat(file.fileno())
            if not self._marks[0]:
                # It is being looked through for the first time.
                return False
            if (told.st_size, told.st_ino) == (self._size, self._inode):
                return False
            if told.st_size < self._size or _marks(file, self._size) != self._marks:
                raise Gone(CHANGED)
            grown = told.st_size > self._size
            self._inode = told.st_ino
            return grown


def _last_spans(file: BinaryIO, most: int) -> tuple[list[MboxSpan], bool]:
    """Find about so many messages at the end; and whether they are all.

    Block by block from the end on. Where an attachment is larger than all that is worth
    looking at now there may be none.
    """
    size = begin = file.seek(0, 2)
    spans: list[MboxSpan] = []
    while begin and len(spans) < most and size - begin < _LONGEST_TAIL:
        end, begin = begin, max(0, begin - (_BLOCK if begin < size else _TAIL))
        file.seek(begin)
        if begin and b"\nFrom " not in file.read(end - begin + len("From ")):
            continue
        before = spans[0].start if spans else size
        spans[:0] = _spans_between(file, begin, before)
    return spans, begin == 0


def _spans_between(file: BinaryIO, begin: int, end: int) -> Iterator[MboxSpan]:
    """Find messages that start there; what a block begins amid of is none yet."""
    for place, span in enumerate(scan_mbox(file, begin)):
        if span.start >= end:
            return
        if place or not begin:
            yield span


def _from_line(file: BinaryIO, start: int) -> int:
    """Find where the ``From `` line begins after which a message starts."""
    if start == 0:
        return 0
    begin = max(0, start - _FROM_LINE)
    file.seek(begin)
    return begin + file.read(start - begin)[:-1].rfind(b"\n") + 1


def _marks(file: BinaryIO, size: int) -> tuple[bytes, bytes]:
    """Tell a file by what it begins with, and by what comes before a position."""
    marks = []
    for start in (0, max(0, size - _MARK)):
        file.seek(start)
        octets = file.read(min(_MARK, size - start))
        marks.append(blake2b(octets, digest_size=16).digest())
    return marks[0], marks[1]
