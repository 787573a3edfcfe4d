"""Mailbox names on the wire: modified UTF-7 (RFC 3501, 5.1.3), and what is none."""

import binascii
import re
import unicodedata

_SHIFTED = re.compile(rb"&([A-Za-z0-9+,]*)-")


def decode_name(wire_name: bytes) -> str:
    """Decode a mailbox name; never raises, what cannot be decoded stays as it is.

    Names with octets above ASCII, which some servers send, are taken as UTF-8.
    """
    out: list[str] = []
    position = 0
    for match in _SHIFTED.finditer(wire_name):
        out.append(_plain(wire_name[position : match.start()]))
        out.append(_unshifted(match[1]) if match[1] else "&")
        position = match.end()
    out.append(_plain(wire_name[position:]))
    return "".join(out)


def _plain(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _unshifted(letters: bytes) -> str:
    padded = letters.replace(b",", b"/") + b"=" * (-len(letters) % 4)
    try:
        return binascii.a2b_base64(padded).decode("utf-16-be")
    except ValueError:
        return f"&{letters.decode('ascii')}-"


def encode_name(name: str) -> bytes:
    """Encode a name for the wire; raises ValueError where a surrogate stands alone."""
    out: list[bytes] = []
    waiting: list[str] = []
    for character in name:
        if " " <= character <= "~":
            out.append(_shifted(waiting))
            out.append(b"&-" if character == "&" else character.encode("ascii"))
        else:
            waiting.append(character)
    out.append(_shifted(waiting))
    return b"".join(out)


def _shifted(waiting: list[str]) -> bytes:
    if not waiting:
        return b""
    octets = "".join(waiting).encode("utf-16-be")
    waiting.clear()
    letters = binascii.b2a_base64(octets, newline=False).rstrip(b"=")
    return b"&" + letters.replace(b"/", b",") + b"-"


def same_name(one: bytes, other: bytes) -> bool:
    """Whether two names are of one mailbox: INBOX is so in any case (RFC 9051, 5.1)."""
    return one == other or (one.upper() == b"INBOX" and other.upper() == b"INBOX")


def composed(name: str) -> str:
    """Write accents the one way: servers keep the way of who made the mailbox (NFC, NFD)."""
    return unicodedata.normalize("NFC", name)


def folded_name(name: str) -> str:
    """Fold what does not matter where a person types a name: case, and how accents are."""
    return composed(composed(name).casefold())
