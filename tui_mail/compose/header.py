"""Header fields as octets: clean, folded, encoded where they are not ASCII.

Whatever is put into a field, its value stays in it: line ends and other control
characters become spaces before anything else. Lines have at most 76 octets wherever
there is a place to fold (RFC 5322, 2.1.1; RFC 2047, 2).
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator

from tui_mail.compose.fields import FieldError, Recipient, clean_line, format_phrase
from tui_mail.mime.headers import MAX_REFERENCES

LONGEST_LINE = 998
"""Octets, without its end (RFC 5322, 2.1.1)."""

_WIDTH = 76
_LONGEST_PIECE = 900
"""Octets of one word that is not folded; RFC 5322 has 998 for the line."""
_LONGEST_QUOTED = 60
_PIECE = re.compile(" *[^ ]+")
_ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?: +[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_Q_SAFE = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/"
)
"""What an encoded word may hold anywhere, in a phrase too (RFC 2047, 5)."""
_Q = {code: chr(code) if code in _Q_SAFE else f"={code:02X}" for code in range(256)}
_Q[0x20] = "_"
_WORD_ENDS = len("=?utf-8?q??=")
_ID = re.compile(r"[!-;=?-~]{1,900}")


class _Field:
    """One field while it is written; a piece brings the space before it along."""

    def __init__(self, name: str) -> None:
        self._written = [f"{name}:"]
        self._column = len(name) + 1
        self._empty = True

    def put(self, piece: str) -> None:
        """Add a piece that is not broken; it begins with a space."""
        width = len(piece.encode())
        # Right after the name one folds only if one must: some take it for empty then.
        most = LONGEST_LINE if self._empty else _WIDTH
        if self._column + width > most:
            self._written.append("\r\n")
            self._column = 0
        self._written.append(piece)
        self._column += width
        self._empty = False

    def encode(self, text: str) -> None:
        """Add text as encoded words."""
        room = _WIDTH - self._column - 1
        if room < _WORD_ENDS + 12 and not self._empty:
            room = _WIDTH - 1
        for word in encoded_words(text, first=room):
            self.put(f" {word}")

    def end(self) -> bytes:
        """Give the whole field with its line end."""
        return "".join((*self._written, "\r\n")).encode()


def encoded_words(text: str, first: int = _WIDTH - 1) -> Iterator[str]:
    """Write text as encoded words of at most 75 octets (RFC 2047).

    Each has whole characters, so that it can be decoded alone. ``first`` is the room
    for the first one.
    """
    octets = text.encode("utf-8", "replace")
    as_q = sum(len(_Q[code]) for code in octets) <= len(octets) * 4 / 3
    room, word, used = max(first, _WORD_ENDS + 12), b"", 0
    for character in text:
        more = character.encode("utf-8", "replace")
        size = sum(len(_Q[code]) for code in more) if as_q else len(more)
        most = room - _WORD_ENDS
        if word and used + size > (most if as_q else most // 4 * 3):
            yield _word(word, as_q=as_q)
            room, word, used = _WIDTH - 1, b"", 0
        word += more
        used += size
    if word:
        yield _word(word, as_q=as_q)


def _word(octets: bytes, *, as_q: bool) -> str:
    if as_q:
        return f"=?utf-8?q?{''.join(_Q[code] for code in octets)}?="
    return f"=?utf-8?b?{b64encode(octets).decode('ascii')}?="


def _is_plain(piece: str) -> bool:
    """Tell whether a word can stand as it is: nothing in it would be decoded."""
    return piece.isascii() and "=?" not in piece and len(piece) <= _LONGEST_PIECE


def text_field(name: str, text: str) -> bytes:
    """Write an unstructured field; what is not plain ASCII comes as encoded words."""
    field = _Field(name)
    pieces = _PIECE.findall(clean_line(text))
    coded = [at for at, piece in enumerate(pieces) if not _is_plain(piece)]
    first, after = (coded[0], coded[-1] + 1) if coded else (len(pieces), len(pieces))
    for at, piece in enumerate(pieces[:first]):
        field.put(piece if at else f" {piece}")
    if coded:
        field.encode("".join(pieces[first:after]).removeprefix(" " if first else ""))
    for piece in pieces[after:]:
        field.put(piece)
    return field.end()


def address_field(name: str, recipients: Iterable[Recipient]) -> bytes:
    """Write a field of addresses; they are checked ones."""
    field = _Field(name)
    listed = tuple(recipients)
    for at, one in enumerate(listed, start=1):
        comma = "," if at < len(listed) else ""
        shown = clean_line(one.name)
        if shown:
            _put_phrase(field, shown)
        field.put(f" <{one.address}>{comma}" if shown else f" {one.address}{comma}")
    return field.end()


def _put_phrase(field: _Field, name: str) -> None:
    if _is_plain(name) and (_ATOMS.fullmatch(name) or len(name) <= _LONGEST_QUOTED):
        written = name if _ATOMS.fullmatch(name) else format_phrase(name)
        for at, piece in enumerate(_PIECE.findall(written)):
            field.put(piece if at else f" {piece}")
    else:
        field.encode(name)


def typed_field(name: str, text: str) -> bytes:
    """Write what was typed into an address field and is no list of addresses.

    Nothing but encoded words, if it cannot stand as it is: so it is read as text again
    (``fields.typed_text``), never as the addresses that a part of it may look like.
    """
    shown = clean_line(text)
    if all(map(_is_plain, _PIECE.findall(shown))):
        return text_field(name, shown)
    field = _Field(name)
    field.encode(shown)
    return field.end()


def clean_ids(ids: Iterable[str]) -> list[str]:
    """Keep the Message-IDs that are well-formed, each once, the first and the last 99."""
    found = list(dict.fromkeys(one for one in ids if _ID.fullmatch(one)))
    if len(found) > MAX_REFERENCES:
        found = [found[0], *found[1 - MAX_REFERENCES :]]
    return found


def ids_field(name: str, ids: Iterable[str]) -> bytes:
    """Write a field of Message-IDs, which come without brackets; empty without any."""
    field = _Field(name)
    listed = clean_ids(ids)
    for one in listed:
        field.put(f" <{one}>")
    return field.end() if listed else b""


def folded_field(name: str, text: str) -> bytes:
    """Fold a value at its spaces, and leave it as it is; raises FieldError."""
    field = _Field(name)
    for at, piece in enumerate(_PIECE.findall(clean_line(text))):
        if len(piece) > LONGEST_LINE:
            raise FieldError(f"a word is longer than {LONGEST_LINE} octets", name)
        field.put(piece if at else f" {piece}")
    return field.end()


def plain_field(name: str, *pieces: str) -> bytes:
    """Write a structured field of our own words, folded between the pieces only."""
    field = _Field(name)
    for piece in pieces:
        field.put(f" {piece}")
    return field.end()
