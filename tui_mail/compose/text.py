"""Long lines of mail, broken so that they flow (RFC 3676), and how wide text is."""

import re
import unicodedata
from collections.abc import Iterator

WIDTH = 72
"""Columns of a line that is wrapped."""

_CODE = re.compile(r"[\s>|#]|[-=_*~+]{2,}|(?:diff|@@) ")
"""What would make another thing of a line that begins so: a quote, a table, a rule."""
_LIST = re.compile(r"(?:[-*+•]|\(?(?:\d{1,3}|[A-Za-z])[.)]) +")
_PIECE = re.compile(" *[^ ]+")
_NOT_FIRST = frozenset(
    "、。，．・：；！？」』）］｝〕〉》】ー々…ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
_NOT_LAST = frozenset("「『（［｛〔〈《【")


def filled(line: str, width: int = WIDTH) -> list[str]:
    """Break one line where it gets too long; each but the last ends with its space.

    An entry of a list hangs below its first word, its lines do not flow. Scripts that
    are written without spaces are broken between two signs.
    """
    mark = _LIST.match(line)
    if not mark:
        return list(_lines(line, width))
    hang = columns(mark[0])
    rest = _lines(line[mark.end() :], max(width - hang, 20))
    first, *others = (one.rstrip(" ") for one in rest)
    return [mark[0] + first, *(" " * hang + one for one in others)]


def columns(text: str) -> int:
    """Count the columns that a terminal shows a text in."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _is_tight(character: str) -> bool:
    """Tell whether a script writes no spaces beside a character: Han and kana do not."""
    if not character or character.isascii() or _columns(character) < 2:
        return False
    return not unicodedata.name(character, "").startswith("HANGUL")


def _pieces(line: str) -> Iterator[str]:
    """Cut a line where it may be broken; a piece brings the spaces before it along."""
    piece = ""
    for word in _PIECE.findall(line):
        bare = word.lstrip(" ")
        if piece and not _CODE.match(f"{bare} ") and not _LIST.match(f"{bare} "):
            yield piece
            piece = ""
        # What would begin a line as a quote or a list stays behind its neighbour.
        seen = max(len(piece) - 1, 0)
        piece += word
        for at in range(len(piece) - 1, seen, -1):
            if _may_break(piece[at - 1], piece[at]):
                yield from _cut(piece)
                piece = ""
                break
    if piece:
        yield piece


def _cut(word: str) -> Iterator[str]:
    start = 0
    for at in range(1, len(word)):
        if _may_break(word[at - 1], word[at]):
            yield word[start:at]
            start = at
    yield word[start:]


def _may_break(before: str, after: str) -> bool:
    if before == " " or after in _NOT_FIRST or before in _NOT_LAST:
        return False
    return _is_tight(before) or _is_tight(after)


def _lines(line: str, width: int) -> Iterator[str]:
    current = ""
    used = 0
    for piece in _pieces(line):
        size = columns(piece)
        if current and used + size > width:
            bare = piece.lstrip(" ")
            yield current + (" " if len(bare) < len(piece) else "")
            current, used = bare, columns(bare)
        else:
            current += piece
            used += size
    trailing = line[len(line.rstrip(" ")) :] if current else ""
    yield current + trailing
