"""BODYSTRUCTURE to the tree of parts (RFC 9051, 7.5.2), numbered as they are fetched.

What a part is follows from its header, so a header is put together again from what the
server says, and read by the same code that reads whole messages.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tui_mail.mime.parse import MAX_DEPTH, MAX_PARTS, parse_message
from tui_mail.model.body import BodyPart
from tui_mail.model.ids import WHOLE, PartId
from tui_mail.transports.imap_tokens import Token, Tree, Unreadable, is_nil, tree

_LINE_END = re.compile(rb"[\r\n\0]+")
_QUOTED = re.compile(rb'(["\\])')
_NAME = re.compile(rb"[!-~]{1,200}")
_OPENED = ("message/rfc822", "message/global")
_AS_IT_IS = ("", "7bit", "8bit", "binary")
_LARGEST_PART = 2**53


def parse_structure(value: Sequence[Token]) -> BodyPart | None:
    """Read the value of BODYSTRUCTURE; None where it cannot be read."""
    try:
        body = tree(value, depth=4 * MAX_DEPTH)
        part = _Numbering().part(body, WHOLE, 0)
    except (Unreadable, RecursionError):
        return None
    return part


class _Numbering:
    """One walk over a structure, with the count of what it met."""

    def __init__(self) -> None:
        self._count = 0

    def part(self, body: Tree, part_id: PartId, depth: int) -> BodyPart:
        """Read one part; ``part_id`` is what a multipart here is called."""
        self._count += 1
        if not isinstance(body, list) or not body:
            raise Unreadable("no part")
        if depth > MAX_DEPTH or self._count > MAX_PARTS:
            raise Unreadable("too much")
        if isinstance(body[0], list):
            return self._multipart(body, part_id, depth)
        return self._single(body, _numbered(part_id, 1), depth)

    def _multipart(self, body: list[Tree], part_id: PartId, depth: int) -> BodyPart:
        children = []
        for index, one in enumerate(body):
            if not isinstance(one, list):
                break
            children.append(self._child(one, _numbered(part_id, index + 1), depth))
        rest = body[len(children) :]
        if not rest:
            raise Unreadable("a multipart of no kind")
        subtype = _text(rest[0]) or b"mixed"
        header = _header(
            b"application", subtype, _at(rest, 1), disposition=_at(rest, 2)
        )
        part = parse_message(header)
        return replace(
            part,
            part_id=part_id,
            type="multipart/" + part.type.partition("/")[2],
            size=0,
            children=tuple(children),
        )

    def _child(self, body: list[Tree], part_id: PartId, depth: int) -> BodyPart:
        """Read a part of a multipart, whose number is its own whatever it is."""
        if body and isinstance(body[0], list):
            return self.part(body, part_id, depth + 1)
        self._count += 1
        if self._count > MAX_PARTS:
            raise Unreadable("too much")
        return self._single(body, part_id, depth + 1)

    def _single(self, body: list[Tree], part_id: PartId, depth: int) -> BodyPart:
        if len(body) < 7:
            raise Unreadable("a part that lacks something")
        main, subtype = _text(body[0]), _text(body[1])
        message = main.lower() == b"message" and isinstance(_at(body, 8), list)
        # Lines, or envelope, body and lines, come before what is an extension.
        first = 10 if message else 8 if main.lower() == b"text" else 7
        header = _header(
            main,
            subtype,
            body[2],
            identifier=body[3],
            encoding=body[5],
            disposition=_at(body, first + 1),
        )
        part = parse_message(header)
        children: tuple[BodyPart, ...] = ()
        if message and part.type in _OPENED and part.encoding in _AS_IT_IS:
            inner = self.part(_at(body, 8), PartId(f"{part_id}.TEXT"), depth + 1)
            children = (inner,)
        return replace(part, part_id=part_id, size=_size(body[6]), children=children)


def _numbered(part_id: PartId, number: int) -> PartId:
    prefix = part_id.removesuffix("TEXT").removesuffix(".")
    return PartId(f"{prefix}.{number}" if prefix else str(number))


def _at(body: Sequence[Tree], index: int) -> Tree:
    return body[index] if index < len(body) else b"NIL"


def _text(value: Tree) -> bytes:
    if isinstance(value, list) or is_nil(value):
        return b""
    return _LINE_END.sub(b" ", value)


def _size(value: Tree) -> int:
    if isinstance(value, list) or not value.isdigit() or len(value) > 20:
        return 0
    return min(int(value), _LARGEST_PART)


def _header(
    main: bytes,
    subtype: bytes,
    parameters: Tree,
    *,
    identifier: Tree = b"NIL",
    encoding: Tree = b"NIL",
    disposition: Tree = b"NIL",
) -> bytes:
    """Put the header of a part together from what the server made of it."""
    lines = [b"Content-Type: " + main + b"/" + subtype + _parameters(parameters)]
    if value := _text(encoding):
        lines.append(b"Content-Transfer-Encoding: " + value)
    if value := _text(identifier):
        lines.append(b"Content-ID: " + value)
    if isinstance(disposition, list) and disposition:
        kind = _text(disposition[0])
        lines.append(b"Content-Disposition: " + kind + _parameters(_at(disposition, 1)))
    elif value := _text(disposition):
        lines.append(b"Content-Disposition: " + value)
    return b"\r\n".join((*lines, b"", b""))


def _parameters(value: Tree) -> bytes:
    return b"".join(
        b"; " + name + b'="' + _QUOTED.sub(rb"\\\1", content) + b'"'
        for name, content in _named(value)
    )


def _named(value: Tree) -> Iterator[tuple[bytes, bytes]]:
    if isinstance(value, list):
        for name, content in zip(value[::2], value[1::2], strict=False):
            word = _text(name)
            if _NAME.fullmatch(word) and b";" not in word and b"=" not in word:
                yield word, _text(content)
