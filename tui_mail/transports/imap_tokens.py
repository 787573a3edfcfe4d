"""Octets of a response to tokens (RFC 9051, 9), whatever a server makes of the grammar.

A response comes as fragments: text, literal, text, literal, …, text.
"""

import re
from collections.abc import Sequence


class Unreadable(ValueError):
    """A response, or a part of one, that follows no grammar."""


class String(bytes):
    """What was quoted or came as a literal: never NIL, a number or a bracket."""

    __slots__ = ()


OPEN = b"("
CLOSE = b")"
NIL = b"NIL"

Token = bytes
"""A bracket, a String, or an atom as plain bytes."""

Tree = Token | list["Tree"]

_TOKEN = re.compile(
    rb"[ \t\r\n]*+(?:([()])"
    rb'|"((?:[^"\\]|\\.)*+)"'
    rb"|((?:BODY|BINARY|BODY\.PEEK|BINARY\.SIZE)\[[^\]]*+\](?:<\d{1,20}>)?"
    rb'|[^\s()"]++)|\Z)',
    re.DOTALL | re.IGNORECASE,
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
MAX_TOKENS = 2_000_000


def tokens(fragments: Sequence[bytes]) -> list[Token]:
    """Cut a response into tokens; raises Unreadable."""
    found: list[Token] = []
    for index, fragment in enumerate(fragments):
        if index % 2:
            found.append(String(fragment))
        else:
            _cut(fragment, found)
    return found


def _cut(text: bytes, found: list[Token]) -> None:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or len(found) > MAX_TOKENS:
            raise Unreadable("tokens")
        position = match.end()
        kind = match.lastindex
        if kind == 1:
            found.append(OPEN if match[1] == OPEN else CLOSE)
        elif kind == 2:
            inner = match[2]
            found.append(
                String(_ESCAPED.sub(rb"\1", inner) if b"\\" in inner else inner)
            )
        elif kind == 3:
            found.append(match[3])


def is_nil(token: Tree) -> bool:
    """Whether it is NIL and not a text that says so."""
    return type(token) is bytes and token.upper() == NIL


def pairs(found: Sequence[Token], start: int = 0) -> dict[bytes, list[Token]]:
    """Read ``(name value name value …)``; a value in brackets keeps them.

    Names are upper case, ``BODY[HEADER.FIELDS]`` without its fields. Raises Unreadable.
    """
    if start >= len(found) or found[start] is not OPEN:
        raise Unreadable("no list")
    out: dict[bytes, list[Token]] = {}
    position = start + 1
    while position < len(found):
        name = found[position]
        if name is CLOSE:
            return out
        end = balanced(found, position + 1)
        out[_named(name)] = list(found[position + 1 : end])
        position = end
    raise Unreadable("a list without an end")


def _named(name: Token) -> bytes:
    upper = name.upper()
    return b"BODY[HEADER.FIELDS]" if upper.startswith(b"BODY[HEADER.F") else upper


def balanced(found: Sequence[Token], start: int) -> int:
    """Find where the value that begins here ends; raises Unreadable."""
    depth = 0
    for position in range(start, len(found)):
        token = found[position]
        if token is OPEN:
            depth += 1
        elif token is CLOSE:
            depth -= 1
        if depth <= 0:
            if depth < 0:
                break
            return position + 1
    raise Unreadable("brackets")


def tree(found: Sequence[Token], *, depth: int) -> Tree:
    """Nest the tokens of one value; raises Unreadable where it is nested deeper."""
    root: list[Tree] = []
    stack = [root]
    for token in found:
        if token is OPEN:
            inner: list[Tree] = []
            stack[-1].append(inner)
            stack.append(inner)
            if len(stack) > depth:
                raise Unreadable("nested too deep")
        elif token is CLOSE:
            stack.pop()
            if not stack:
                raise Unreadable("brackets")
        else:
            stack[-1].append(token)
    if len(stack) != 1 or len(root) != 1:
        raise Unreadable("brackets")
    return root[0]
