"""A message as the DATA command has it: lines that end with CRLF, dots doubled."""

import re
from collections.abc import Iterable, Iterator

from tui_mail.model.error import CannotBeSaid

_UNCLEAN = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")


def stuffed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Double the dots that begin lines (RFC 5321, 4.5.2), and end the last line.

    Raises CannotBeSaid where a CR or LF stands alone, or for a NUL: what servers make of
    these is each another thing, the message's end among them.
    """
    # As if a line had ended before the first.
    before = b"\r\n"
    waiting = b""
    empty = True
    for given in pieces:
        piece = waiting + given
        # A CR is looked at together with what comes after it.
        waiting = b"\r" if piece.endswith(b"\r") else b""
        piece = piece.removesuffix(b"\r")
        if not piece:
            continue
        if _UNCLEAN.search(piece):
            raise CannotBeSaid("the message has line ends that no server may be given")
        empty = False
        doubled = piece.replace(b"\r\n.", b"\r\n..")
        yield b"." + doubled if before == b"\r\n" and piece[:1] == b"." else doubled
        before = piece[-2:]
    if waiting:
        raise CannotBeSaid("the message has line ends that no server may be given")
    if not empty and before != b"\r\n":
        yield b"\r\n"
