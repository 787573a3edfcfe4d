"""Lines that begin with ``From ``: their quoting in an mbox, and mail without it.

What an mbox is written with may quote such lines in one way or another, and ends lines
as its system does; none of that makes another message.
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256

QUOTES = 1_000
"""Signs ``>`` before ``From `` that are looked at."""

_LONGEST = QUOTES + 8
_EMPTY = 1 << 16
_FROM = re.compile(rb"\n(>{0,%d}From )" % QUOTES)
_QUOTED = re.compile(rb"\n>(>{0,%d}From )" % (QUOTES - 1))
_HOWEVER_QUOTED = re.compile(rb"\n>{1,%d}From " % QUOTES)


def quoted(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Quote each line that begins with ``From ``, quoted or not (mboxrd)."""
    return _replaced(pieces, _FROM, rb"\n>\1")


def unquoted(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Undo what :func:`quoted` does."""
    return _replaced(pieces, _QUOTED, rb"\n\1")


def mail_digest(pieces: Iterable[bytes]) -> bytes:
    """Give the SHA-256 of a message as it would be on any system and in any mbox.

    Line ends, quoting before ``From ``, and empty lines at the end make no difference.
    """
    digest = sha256()
    ends = 0
    for piece in _replaced(_line_feeds(pieces), _HOWEVER_QUOTED, b"\nFrom "):
        text = piece.rstrip(b"\n")
        if text:
            for start in range(0, ends, _EMPTY):
                digest.update(b"\n" * min(_EMPTY, ends - start))
            digest.update(text)
            ends = 0
        ends += len(piece) - len(text)
    return digest.digest()


def _line_feeds(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """End each line by a line feed alone."""
    held = b""
    for piece in pieces:
        whole = held + piece
        held = b"\r" if whole.endswith(b"\r") else b""
        text = whole[: len(whole) - len(held)].replace(b"\r\n", b"\n")
        yield text.replace(b"\r", b"\n")
    yield held.replace(b"\r", b"\n")


def _replaced(
    pieces: Iterable[bytes], pattern: re.Pattern[bytes], by: bytes
) -> Iterator[bytes]:
    """Replace what begins lines; the first line is one as the others are."""
    held, first = b"\n", 1
    for piece in pieces:
        held += piece
        # What may be the beginning of such a line stays until the rest is there.
        cut = held.rfind(b"\n", max(0, len(held) - _LONGEST))
        cut = len(held) if cut < 0 else cut
        if cut > first:
            yield pattern.sub(by, held[:cut])[first:]
            held, first = held[cut:], 0
    if len(held) > first:
        yield pattern.sub(by, held)[first:]
