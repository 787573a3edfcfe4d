"""Text in columns of a terminal's cells."""

import unicodedata


def width(text: str) -> int:
    """Say how many cells a text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def cut(text: str, cells: int) -> str:
    """Cut a text to at most so many cells, with an ellipsis where it was cut."""
    if width(text) <= cells:
        return text
    kept: list[str] = []
    room = cells - 1
    for character in text:
        room -= _cells(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + "…"


def padded(text: str, cells: int, *, right: bool = False) -> str:
    """Fill a text up to so many cells."""
    gap = " " * max(0, cells - width(text))
    return gap + text if right else text + gap


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
