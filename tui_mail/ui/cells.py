"""Text measured in terminal cells: cut, padded, wrapped."""

import re

from rich.cells import cell_len

from tui_mail.model.displayable import Displayable, own

FIRST_STRONG_ISOLATE = "\u2068"
POP_ISOLATE = "\u2069"

_WORDS_FROM = 20
"""Columns from this width on are cut at a word."""

_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def width_of(text: str) -> int:
    """Count the cells that a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def take(text: str, width: int) -> str:
    """Take as many whole characters from the start as fit into ``width`` cells."""
    if width <= 0:
        return ""
    if text.isascii():
        return text[:width]
    text = text[: width * 8]
    if cell_len(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if cell_len(text[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low]


def cut(text: str, width: int, ellipsis: str = "…") -> str:
    """Cut a text that is too wide, and say so with a sign.

    It is cut at a word if one ends near; a narrow column has no room to waste on that.
    """
    text = text[: width * 8 + 8]
    if width_of(text) <= width:
        return text
    if width <= 1:
        return ellipsis[:width]
    kept = take(text, width - 1)
    space = kept.rfind(" ")
    at_word = text[len(kept) : len(kept) + 1] == " "
    if not at_word and width >= _WORDS_FROM and space >= len(kept) * 2 // 3:
        kept = kept[:space]
    return kept.rstrip() + ellipsis


def fit(text: str, width: int, *, ellipsis: str = "…", right: bool = False) -> str:
    """Make a text exactly ``width`` cells wide."""
    shown = cut(text, width, ellipsis)
    blank = " " * (width - width_of(shown))
    return blank + shown if right else shown + blank


def isolate(text: str) -> str:
    """Keep right-to-left text from reordering its neighbours (UAX 9, isolates)."""
    if text.isascii() or not _RIGHT_TO_LEFT.search(text):
        return text
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"


def wrap_points(line: str, width: int) -> list[tuple[int, int]]:
    """Cut a line into rows of at most ``width`` cells: (start, end) in characters.

    Rows end at spaces where there are any; the space itself is left out.
    """
    width = max(2, width)
    if len(line) <= width and width_of(line) <= width:
        return [(0, len(line))]
    rows: list[tuple[int, int]] = []
    plain = line.isascii()
    start, end = 0, len(line)
    while start < end:
        window = line[start : start + width]
        fits = len(window) if plain else max(1, len(take(window, width)))
        stop = start + fits
        if not plain:
            stop = _with_joined(line, stop, width)
        if stop >= end:
            rows.append((start, end))
            break
        if line[stop] != " ":
            space = line.rfind(" ", start + 1, stop)
            if space > start:
                stop = space
        rows.append((start, stop))
        start = stop + 1 if line[stop] == " " else stop
    return rows or [(0, 0)]


def wrapped(text: Displayable, width: int) -> list[Displayable]:
    """Cut a text into lines of at most ``width`` cells."""
    return [own(text[start:end]) for start, end in wrap_points(text, width)]


def _with_joined(line: str, stop: int, limit: int) -> int:
    """Keep marks without a width of their own with the character they belong to."""
    last = min(len(line), stop + limit)
    while stop < last and cell_len(line[stop]) == 0:
        stop += 1
    return stop
