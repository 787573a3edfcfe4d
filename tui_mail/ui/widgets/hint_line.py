"""The hint line: the keys that matter here, as many as fit."""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.ui.cells import width_of
from tui_mail.ui.widgets.drawing import line_of


class HintLine(Widget):
    """One row of keys and the words for what they do; the most useful come first."""

    DEFAULT_CSS = """
    HintLine {
        height: 1;
        background: $background;
        color: $foreground-muted;
        & > .hint--key { color: $foreground; text-style: bold; }
        &:ansi { text-style: dim; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"hint--key"}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._hints: tuple[tuple[str, str], ...] = ()

    def show(self, hints: Sequence[tuple[str, str]]) -> None:
        """Name keys and words; the last is always kept, the others as they fit."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002
        """Draw the row; a hint is whole or not there."""
        width, base = self.size.width, self.rich_style
        key = self.get_component_rich_style("hint--key")
        pieces: list[tuple[str, Style]] = [(" ", base)]
        for name, word in fitting(self._hints, width - 1):
            pieces += [(name, key), (f" {word}  ", base)]
        return line_of(pieces, width, base)


def fitting(hints: Sequence[tuple[str, str]], width: int) -> list[tuple[str, str]]:
    """Choose the hints that fit; the last one (``? keys``) goes only when alone too wide."""
    if not hints:
        return []
    *first, last = hints
    room = width - _cells(last)
    chosen: list[tuple[str, str]] = []
    for hint in first:
        if _cells(hint) > room:
            break
        chosen.append(hint)
        room -= _cells(hint)
    return [*chosen, last] if _cells(last) <= width else chosen


def _cells(hint: tuple[str, str]) -> int:
    return width_of(hint[0]) + width_of(hint[1]) + 3
