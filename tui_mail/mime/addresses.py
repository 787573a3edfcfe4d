"""Addresses from raw header fields (RFC 5322, 3.4).

Only a display name is decoded. The addr-spec stays as the header has it, so that an
encoded word in it cannot hide the domain that the mail is from.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from tui_mail.mime.charset import decode_text, decode_words
from tui_mail.model.displayable import Displayable, displayable
from tui_mail.model.message import Address

MAX_FIELD = 100_000
"""Characters read of one field; the rest is left."""

MAX_ADDRESSES = 2_000

_COMMON = re.compile(
    r"""\s*+(?:(?:"([^"\\=]*+)"|([\w .'-]*+))\s*+<([\w.!#$%&'*+/?^`{|}~=-]++@[\w.-]++)>
    |([\w.!#$%&'*+/?^`{|}~-]++@[\w.-]++))\s*+""",
    re.VERBOSE | re.ASCII,
)
_TOKEN = re.compile(
    r"""(?P<space>\s++)
    |(?P<quoted>"(?:[^"\\]|\\.)*+")
    |(?P<angle><(?:"(?:[^"\\<>]|\\.)*+"|[^>"<])*+>)
    |(?P<mark>[,;:])
    |(?P<literal>\[[^\][<>,;\s]*+\])
    |(?P<atom>[^\s,;:<>()"\[]++)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_TOKEN_WITHOUT_QUOTES = re.compile(
    r"""(?P<space>\s++)
    |(?P<angle><[^><]*+>)
    |(?P<mark>[,;:])
    |(?P<atom>[^\s,;:<>()"]++)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
"""For what follows a quote that never ends: looking for its end again takes too long."""
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_COMMENT_EDGE = re.compile(r"\\.|[()]", re.DOTALL)


def parse_addresses(raw: bytes | str) -> tuple[Address, ...]:
    """Read the addresses of a raw header value; never raises.

    ``raw`` is unfolded; a str is decoded from octets, its encoded words are not. A
    group gives an address of its name alone, then its members.
    """
    return _parsed(raw if isinstance(raw, str) else decode_text(raw))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> tuple[Address, ...]:
    match = _COMMON.fullmatch(text)
    if match:
        name = match[1] or match[2] or ""
        return (Address(displayable(name), Displayable(match[3] or match[4])),)
    return tuple(_scan(text[:MAX_FIELD]))[:MAX_ADDRESSES]


def format_address(address: Address) -> Displayable:
    """Write an address for a person, with its name where it has one."""
    if not address.address:
        return Displayable(f"{address.name}:") if address.name else Displayable("")
    if not address.name:
        return address.address
    return Displayable(f"{address.name} <{address.address}>")


class _Mailbox:
    """What was read of one mailbox: words of the phrase, the angle-addr, a comment."""

    __slots__ = ("angle", "comment", "glued", "words")

    def __init__(self) -> None:
        self.words: list[list[tuple[str, bool]]] = []
        self.angle: str | None = None
        self.comment = ""
        self.glued = False

    def add(self, text: str, *, quoted: bool) -> None:
        """Add a piece to the word it touches, or begin one."""
        if self.glued and self.words:
            self.words[-1].append((text, quoted))
        else:
            self.words.append([(text, quoted)])
        self.glued = True

    def take_angle(self, content: str) -> None:
        """Take the addr-spec; one taken before was only shown as part of the name."""
        if self.angle is not None:
            self.words.append([(self.angle, False)])
        self.angle = content
        self.glued = False

    def finish(self) -> Address | None:
        """Make the address, or None where nothing was read."""
        if self.angle is not None:
            return _address(_phrase(self.words) or self.comment, self.angle)
        for index in range(len(self.words) - 1, -1, -1):
            word = self.words[index]
            if any("@" in piece and not quoted for piece, quoted in word):
                rest = self.words[:index] + self.words[index + 1 :]
                spelled = "".join(piece for piece, _ in word)
                return _address(_phrase(rest) or self.comment, spelled)
        if len(self.words) == 1 and not any(quoted for _, quoted in self.words[0]):
            spelled = "".join(piece for piece, _ in self.words[0])
            if "=?" not in spelled:
                return _address(self.comment, spelled)
        name = _phrase(self.words) or self.comment
        return (
            Address(displayable(decode_words(name)), Displayable("")) if name else None
        )


def _phrase(words: list[list[tuple[str, bool]]]) -> str:
    return " ".join(
        "".join(
            _ESCAPED.sub(r"\1", piece[1:-1]) if quoted else piece
            for piece, quoted in word
        )
        for word in words
    )


def _address(name: str, spelled: str) -> Address | None:
    spec = spelled.strip(" \t<>")
    if spec.startswith("@") and ":" in spec:
        # An obsolete source route (RFC 5322, 4.4) is not where the mail is from.
        spec = spec.rpartition(":")[2]
    if len(spec) > 998:
        spec = "…" + spec[-900:]
    shown = displayable(spec)
    if not shown and not name.strip():
        return None
    return Address(displayable(decode_words(name)), shown)


def _comment(text: str, start: int) -> tuple[str, int] | None:
    """Read a comment, nested ones in it, from its bracket on; None if it never ends."""
    depth = 0
    for match in _COMMENT_EDGE.finditer(text, start):
        if match[0] == "(":
            depth += 1
        elif match[0] == ")":
            depth -= 1
            if not depth:
                return text[start + 1 : match.start()], match.end()
    return None


def _scan(text: str) -> Iterator[Address]:
    mailbox = _Mailbox()
    position = 0
    comments_end = True
    in_group = False
    tokens = _TOKEN
    while match := tokens.match(text, position):
        position = match.end()
        kind = match.lastgroup
        token = match[0]
        if kind == "mark":
            if token == ":" and mailbox.angle is None and not in_group:
                in_group = True
                yield Address(
                    displayable(decode_words(_phrase(mailbox.words))), Displayable("")
                )
            elif token == ":":
                mailbox.add(token, quoted=False)
                continue
            elif found := mailbox.finish():
                yield found
            in_group = in_group and token != ";"
            mailbox = _Mailbox()
        elif (
            token == "(" and comments_end and (comment := _comment(text, match.start()))
        ):
            mailbox.comment = mailbox.comment or comment[0]
            position = comment[1]
        elif kind == "space":
            mailbox.glued = False
        elif kind == "angle":
            mailbox.take_angle(token[1:-1])
        else:
            comments_end = comments_end and token != "("
            tokens = _TOKEN_WITHOUT_QUOTES if token == '"' else tokens
            mailbox.add(token, quoted=kind == "quoted")
    if found := mailbox.finish():
        yield found
