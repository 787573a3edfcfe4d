"""A message as the DATA command has it: lines that end with CRLF, dots doubled."""

from collections.abc import Iterable, Iterator

from tui_mail.model.error import CannotBeSaid


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
        if not _is_clean(piece):
            raise _unclean()
        empty = False
        doubled = piece.replace(b"\r\n.", b"\r\n..")
        yield b"." + doubled if before == b"\r\n" and piece[:1] == b"." else doubled
        before = piece[-2:]
    if waiting:
        raise _unclean()
    if not empty and before != b"\r\n":
        yield b"\r\n"


def _is_clean(piece: bytes) -> bool:
    """Whether each CR has its LF and each LF its CR; counted, as that is fast."""
    ends = piece.count(b"\r\n")
    return piece.count(b"\r") == piece.count(b"\n") == ends and b"\0" not in piece


def _unclean() -> CannotBeSaid:
    return CannotBeSaid("the message has a CR or LF that stands alone, or a NUL")
