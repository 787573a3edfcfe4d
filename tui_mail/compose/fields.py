"""What a person types into To, Cc and Bcc: mailboxes and groups (RFC 5322, 3.4).

Reading mail takes what it gets; here a mistake gets a word, since a guess would send
the message to somebody else.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tui_mail.compose.addr_spec import BadAddress, checked_address, needs_utf8
from tui_mail.mime.charset import decode_words
from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError
from tui_mail.model.message import Address

MAX_RECIPIENTS = 2_000
MAX_TEXT = 400_000
"""Characters of one field."""

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
"""What comes along when an address is copied out of a page; it is part of no address."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\xa0\u2028\u2029\ud800-\udfff]")
_TOKEN = re.compile(
    r"""(?P<space>\ +)
    |(?P<quoted>"(?:[^"\\]|\\.)*+")
    |(?P<literal>\[[^\][<>,;\s]*+\])
    |(?P<mark>[,;:<>("])
    |(?P<word>[^\ ,;:<>()"\[]++|\[|\))""",
    re.VERBOSE,
)
_COMMENT_EDGE = re.compile(r"\\.|[()]")
_ESCAPED = re.compile(r"\\(.)")
_LOOSE = re.compile(r" *([@.]) *")
_TO_ESCAPE = re.compile(r'(["\\])')
_PLAIN_PHRASE = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*", re.UNICODE
)


class FieldError(MailError):
    """An address field holds a mistake; the line names the entry and says why.

    ``field`` is the field's name (``Cc``), empty while it is not known.
    """

    def __init__(self, line: str, field: str = "") -> None:
        super().__init__(f"{field}: {line}" if field else line)
        self.field = field
        self._bare = line

    def in_field(self, field: str) -> "FieldError":
        """Say the same with the field's name before it."""
        return FieldError(self._bare, field)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address as it goes out."""

    name: str
    """The display name, decoded; empty where there is none."""
    address: str
    """An addr-spec; its domain is in ASCII (RFC 5890), its local part need not be."""

    @property
    def needs_utf8(self) -> bool:
        """Whether a server has to know SMTPUTF8 for it (RFC 6531)."""
        return needs_utf8(self.address)


class _Piece(NamedTuple):
    kind: str
    text: str
    glued: bool
    """It follows the piece before it without a space."""


def parse_recipients(text: str) -> tuple[Recipient, ...]:
    """Read the addresses of a field; the members of a group stand for it.

    They are separated by commas or semicolons; what is empty between two is left out.
    Raises FieldError.
    """
    if len(text) > MAX_TEXT:
        raise FieldError(f"longer than {MAX_TEXT} characters")
    found: list[Recipient] = []
    entries = list(_entries(clean_line(_INVISIBLE.sub("", text))))
    for entry, after in zip(entries, [*entries[1:], []], strict=True):
        _check_comma(entry, after)
        if one := _recipient(entry):
            found.append(one)
        if len(found) > MAX_RECIPIENTS:
            raise FieldError(f"more than {MAX_RECIPIENTS} addresses")
    return tuple(found)


def format_recipients(recipients: Iterable[Recipient | Address]) -> str:
    """Write addresses as a person would type them."""
    return ", ".join(filter(None, map(format_one, recipients)))


def format_one(one: Recipient | Address) -> str:
    """Write one address as a person would type it; empty where it has no addr-spec.

    A local part that needs quotes and has none gets them.
    """
    address = _quoted_where_needed(str(one.address))
    name = clean_line(_INVISIBLE.sub("", one.name))
    return f"{format_phrase(name)} <{address}>" if name and address else address


def format_phrase(name: str) -> str:
    """Write a clean display name, in quotes where it needs them; not encoded."""
    return name if _PLAIN_PHRASE.fullmatch(name) else _in_quotes(name)


def typed_text(raw: str) -> str:
    """Give what was typed into a field, from the unfolded value that a draft has of it.

    Names come decoded; a value that is no list of addresses was kept as plain text.
    """
    try:
        recipients = parse_recipients(raw)
    except FieldError:
        return clean_line(decode_words(raw))
    return format_recipients(
        Recipient(decode_words(one.name), one.address) for one in recipients
    )


def clean_line(text: str) -> str:
    """Put text on one line without control characters; nothing at its ends."""
    return _CONTROL.sub(" ", text.replace("\r\n", "\n")).strip(" ")


def _in_quotes(text: str) -> str:
    return '"' + _TO_ESCAPE.sub(r"\\\1", text) + '"'


def _quoted_where_needed(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if not at:
        return address
    try:
        checked_address(f"{local}@example.org")
    except BadAddress:
        return f"{_in_quotes(local)}@{domain}"
    return address


def _shown(text: str) -> str:
    """Quote a piece of what was typed, not too long."""
    flat = displayable(text[:1_000])
    return f'"{flat if len(flat) <= 60 else flat[:59] + "…"}"'


def _comma_missing(before: str, after: str) -> FieldError:
    return FieldError(
        f"between {_shown(before)} and {_shown(after)} a comma is missing"
    )


def _entries(text: str) -> Iterator[list[_Piece]]:
    """Cut a field into its entries; raises FieldError."""
    entry: list[_Piece] = []
    group: str | None = None
    in_angle = glued = False
    position = 0
    while match := _TOKEN.match(text, position):
        kind, token, start = match.lastgroup or "", match[0], position
        position = match.end()
        if kind == "space":
            glued = False
            continue
        if token == '"':
            raise FieldError(f'{_shown(text[start:])}: the quote " is not closed')
        if token == "(":
            comment, position = _comment(text, start)
            entry.append(_Piece("comment", comment, glued=False))
            glued = False
        elif token in {",", ";"} and not in_angle:
            yield entry
            entry, glued = [], False
            group = None if token == ";" else group
        elif token == ":" and not in_angle:
            name = _spelled(entry)
            if group is not None or not name:
                raise FieldError(
                    f"{_shown(text[max(start - 20, 0) : position])}: there is a : too many"
                )
            entry, group, glued = [], name, False
        else:
            in_angle = token != ">" and (in_angle or token == "<")
            entry.append(_Piece(kind, token, glued))
            glued = True
    yield entry
    if group is not None:
        raise FieldError(f"the group {_shown(group)} does not end with ;")


def _comment(text: str, start: int) -> tuple[str, int]:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        if edge[0] == "(":
            depth += 1
        elif edge[0] == ")":
            depth -= 1
            if not depth:
                return text[start + 1 : edge.start()].strip(), edge.end()
    raise FieldError(f"{_shown(text[start:])}: the bracket ( is not closed")


def _recipient(entry: list[_Piece]) -> Recipient | None:
    """Read one entry; None where it is empty."""
    comment = next((piece.text for piece in entry if piece.kind == "comment"), "")
    pieces = [piece for piece in entry if piece.kind != "comment"]
    angles = [at for at, piece in enumerate(pieces) if piece.text in {"<", ">"}]
    if not pieces:
        return None
    if not angles:
        return _made(comment, _only_word(pieces), pieces)
    shown = _shown(_spelled(pieces))
    if pieces[angles[0]].text != "<":
        raise FieldError(f"{shown}: there is a > without a <")
    if len(angles) == 1 or pieces[angles[1]].text != ">":
        raise FieldError(f"{shown}: after < the > is missing")
    inside = _spelled(pieces[angles[0] + 1 : angles[1]])
    if rest := _spelled(pieces[angles[1] + 1 :]):
        raise _comma_missing(f"<{inside}>", rest)
    if '"' not in inside:
        # White space may stand round these (RFC 5322, 3.2.3).
        inside = _LOOSE.sub(r"\1", inside)
    if not inside:
        raise FieldError(f"{shown}: there is no address between < and >")
    name = _name(pieces[: angles[0]]) or comment
    # An obsolete source route (RFC 5322, 4.4) is left out.
    route, _, spec = inside.rpartition(":")
    return _made(name, spec if route.startswith("@") else inside, pieces)


def _check_comma(entry: list[_Piece], after: list[_Piece]) -> None:
    """Explain the comma of ``Smith, John <j@x>``."""
    words = [piece.text for piece in entry if piece.kind != "comment"]
    others = [piece.text for piece in after]
    if words and not any("@" in word for word in words) and "<" in others[1:]:
        name = f"{_spelled(entry)}, {_spelled(after[: others.index('<')])}"
        raise FieldError(
            f"{_shown(_spelled(entry))} is no address: there is no @ in it; a name with "
            f"a comma stands in quotes: {_shown(name)}"
        )


def _only_word(pieces: list[_Piece]) -> str:
    words = [_spelled(word) for word in _words(pieces)]
    if len(words) == 1:
        return words[0]
    addresses = [word for word in words if "@" in word]
    if not addresses:
        raise FieldError(
            f"{_shown(' '.join(words))} is no address: there is no @ in it"
        )
    if len(addresses) > 1:
        raise _comma_missing(*addresses[:2])
    if words[-1] == addresses[0]:
        name = " ".join(words[:-1])
        raise FieldError(f"after the name {_shown(name)} the address stands in < >")
    after = " ".join(words[words.index(addresses[0]) + 1 :])
    raise _comma_missing(addresses[0], after)


def _words(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    word: list[_Piece] = []
    for piece in pieces:
        if word and not piece.glued:
            yield word
            word = []
        word.append(piece)
    if word:
        yield word


def _spelled(pieces: list[_Piece]) -> str:
    return "".join(
        piece.text if piece.glued or not index else f" {piece.text}"
        for index, piece in enumerate(pieces)
        if piece.kind != "comment"
    )


def _name(pieces: list[_Piece]) -> str:
    return _spelled(
        [
            piece._replace(text=_ESCAPED.sub(r"\1", piece.text[1:-1]))
            if piece.kind == "quoted"
            else piece
            for piece in pieces
        ]
    ).strip()


def _made(name: str, spelled: str, pieces: list[_Piece]) -> Recipient:
    try:
        address = checked_address(spelled)
    except BadAddress as why:
        raise FieldError(f"{_shown(_spelled(pieces))} is no address: {why}") from None
    return Recipient(name, address)
