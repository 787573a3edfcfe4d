"""Small pieces of lines that several widgets draw."""

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_mail.model.displayable import Displayable, own
from tui_mail.ui.cells import cut, take, width_of
from tui_mail.ui.signs import UNICODE, Signs


def progress_bar(
    done: int, total: int, width: int = 14, signs: Signs = UNICODE
) -> Displayable:
    """Draw how much of something is done."""
    full = width * min(done, total) // total if total > 0 else 0
    return own(signs.bar_full * full + signs.bar_empty * (width - full))


def centred(text: str, width: int, style: Style) -> Strip:
    """Draw a text in the middle of a line."""
    if not text:
        return Strip([Segment(" " * width, style)], width)
    shown = cut(text, width)
    left = (width - width_of(shown)) // 2
    right = width - left - width_of(shown)
    return Strip([Segment(f"{' ' * left}{shown}{' ' * right}", style)], width)


def line_of(pieces: Iterable[tuple[str, Style]], width: int, blank: Style) -> Strip:
    """Put pieces side by side and make the line exactly ``width`` cells wide."""
    segments: list[Segment] = []
    left = width
    for piece, style in pieces:
        text = piece if width_of(piece) <= left else take(piece, left)
        if text:
            segments.append(Segment(text, style))
            left -= width_of(text)
    if left > 0:
        segments.append(Segment(" " * left, blank))
    return Strip(segments, width)


def two_ends(
    left: list[tuple[str, Style]],
    right: list[tuple[str, Style]],
    width: int,
    blank: Style,
    signs: Signs = UNICODE,
) -> Strip:
    """Put pieces at both ends of a line; the right end stays whole, the left is cut."""
    tail = sum(width_of(text) for text, _ in right)
    if tail >= width:
        return line_of(right, width, blank)
    room = width - tail
    pieces: list[tuple[str, Style]] = []
    for text, style in left:
        shown = cut(text, room, signs.ellipsis)
        pieces.append((shown, style))
        room -= width_of(shown)
        if shown != text or room <= 0:
            break
    pieces.append((" " * max(0, room), blank))
    return line_of([*pieces, *right], width, blank)
