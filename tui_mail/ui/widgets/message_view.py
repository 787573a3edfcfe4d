"""The message pane: header, warnings, attachments and text in one pager, drawn by lines."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import ClassVar

from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_mail.model.displayable import Displayable
from tui_mail.ui.cells import isolate
from tui_mail.ui.content import NO_BREAK, MessageContent, content_lines
from tui_mail.ui.document import MEASURE, Document, Look, Row
from tui_mail.ui.reflow import reflowed
from tui_mail.ui.signs import UNICODE, Signs
from tui_mail.ui.widgets.drawing import centred, line_of, two_ends

_LINK = re.compile(r"\[\d{1,4}\]|https?://[^\s<>\"]+")
_ADDRESS = re.compile(r"<[^<>\s]*@[^<>\s]*>")
_LOOKS = {
    Look.SIGNATURE: "view--dim",
    Look.STRONG: "view--strong",
    Look.DIM: "view--dim",
    Look.WARNING: "view--warning",
    Look.PASSED: "view--dim",
    Look.PEOPLE: "view--strong",
    Look.ADDED: "view--added",
    Look.REMOVED: "view--removed",
    Look.PLACE: "view--link",
}


class MessageView(ScrollView, can_focus=True, inherit_bindings=False):
    """A message to read."""

    DEFAULT_CSS = """
    MessageView {
        height: 1fr;
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > .view--dim { color: $foreground-muted; }
        & > .view--strong { text-style: bold; }
        & > .view--warning { color: $warning; text-style: bold; }
        & > .view--link { color: $accent; }
        & > .view--added { color: $success; }
        & > .view--removed { color: $error; }
        & > .view--quote1 { color: $secondary; }
        & > .view--quote2 { color: $foreground-muted; }
        & > .view--quote3 { color: $secondary; }
        & > .view--hit { background: $warning; color: $background; }
        & > .view--current { background: $accent; color: $background; text-style: bold; }
        &:ansi > .view--dim { text-style: dim; }
        &:ansi > .view--hit { color: ansi_black; }
        &:ansi > .view--current { color: ansi_black; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "view--dim",
        "view--strong",
        "view--warning",
        "view--link",
        "view--added",
        "view--removed",
        "view--quote1",
        "view--quote2",
        "view--quote3",
        "view--hit",
        "view--current",
    }
    BINDINGS: ClassVar[list[BindingType]] = []

    class Searched(Message):
        """A search within the message stands on a hit; both are 0 if there is none."""

        def __init__(self, hit: int, hits: int) -> None:
            self.hit, self.hits = hit, hits
            super().__init__()

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] | None = None,
        signs: Signs = UNICODE,
        own_addresses: frozenset[str] = frozenset(),
        isolate_direction: bool = False,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._clock = clock or (lambda: datetime.now(UTC).astimezone())
        self._signs = signs
        self._isolate = isolate_direction
        self.own_addresses = own_addresses
        self._content: MessageContent | None = None
        self._document = Document((), 1)
        self._empty: tuple[Displayable, ...] = ()
        self._wanted = ""

    # State down.

    @property
    def content(self) -> MessageContent | None:
        """The message that is shown."""
        return self._content

    def show(self, content: MessageContent | None) -> None:
        """Show a message, or nothing; the same one again keeps its place."""
        if content == self._content and content is not None:
            return
        same = (
            content is not None
            and self._content is not None
            and (content.account, content.number)
            == (self._content.account, self._content.number)
            and (content.raw is None) == (self._content.raw is None)
        )
        self._content = content
        if not same:
            self._wanted = ""
        self._build(top=round(self.scroll_y) if same else 0)

    def say_when_empty(self, *lines: Displayable) -> None:
        """Set what the pane says when no message is shown."""
        if lines != self._empty:
            self._empty = lines
            if self._content is None:
                self.refresh()

    def set_status(self, status: Displayable) -> None:
        """Say what is going on with this message."""
        if self._content is not None:
            self.show(replace(self._content, status=status))

    # What a person does.

    @property
    def page_rows(self) -> int:
        """How many rows are seen at once."""
        return max(1, self.scrollable_content_region.height)

    @property
    def at_end(self) -> bool:
        """Whether the last row is in sight."""
        return round(self.scroll_y) + self.page_rows >= len(self._document)

    def page_down(self) -> bool:
        """Turn a page, one row kept in sight; False at the end."""
        return self._scroll_by(max(1, self.page_rows - 1))

    def page_up(self) -> bool:
        """Turn a page back; False at the beginning."""
        return self._scroll_by(-max(1, self.page_rows - 1))

    def scroll_lines(self, rows: int) -> bool:
        """Scroll by rows; False where there is nothing more."""
        return self._scroll_by(rows)

    def go_home(self) -> None:
        """Go to the beginning."""
        self._scroll_by(-len(self._document))

    def go_end(self) -> None:
        """Go to the end."""
        self._scroll_by(len(self._document))

    def search(self, text: str) -> int:
        """Highlight a text and go to its first hit from here; give the number of hits."""
        self._wanted = text
        count = self._document.search(text)
        if count:
            self._step(1)
        else:
            self.post_message(self.Searched(0, 0))
        self.refresh()
        return count

    def next_hit(self) -> bool:
        """Go to the next hit, round the end; False if there is none."""
        return self._step(1)

    def previous_hit(self) -> bool:
        """Go to the hit before; False if there is none."""
        return self._step(-1)

    def clear_search(self) -> bool:
        """Take the highlights away; False if there were none."""
        if not self._wanted:
            return False
        self._wanted = ""
        self._document.search("")
        self.refresh()
        return True

    # How it is drawn.

    @property
    def _text_width(self) -> int:
        """The left margin is a cell; the scroll bar's place is the right one."""
        return max(4, self.scrollable_content_region.width - 1)

    def _build(self, top: int) -> None:
        width = self._text_width
        lines = (
            content_lines(
                self._content,
                now=self._clock(),
                signs=self._signs,
                own_addresses=self.own_addresses,
            )
            if self._content is not None
            else []
        )
        self._document = Document(reflowed(lines, min(width, MEASURE)), width)
        if self._wanted:
            self._document.search(self._wanted)
        self.virtual_size = Size(self.size.width, len(self._document))
        self._show_top(top)
        self.refresh()

    def _step(self, step: int) -> bool:
        row = self._document.go_to_hit(step, round(self.scroll_y))
        if row is None:
            return False
        if not round(self.scroll_y) <= row < round(self.scroll_y) + self.page_rows:
            self._show_top(row - self.page_rows // 3)
        self.refresh()
        self.post_message(self.Searched(*self._document.hit))
        return True

    def _scroll_by(self, rows: int) -> bool:
        before = round(self.scroll_y)
        self._show_top(before + rows)
        return round(self.scroll_y) != before

    def _show_top(self, top: int) -> None:
        top = max(0, min(top, len(self._document) - self.page_rows))
        if top != round(self.scroll_y):
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def on_focus(self) -> None:
        """Put the terminal's cursor where reading begins: screen readers follow it."""
        self.app.cursor_position = self.content_region.offset

    def on_resize(self) -> None:
        """Wrap again if the width is another."""
        if self._document.width != self._text_width:
            self._build(top=round(self.scroll_y))

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width = self.scrollable_content_region.width
        number = y + round(self.scroll_y)
        if number < len(self._document):
            return self._draw(self._document.row(number), width)
        lines = self._empty if self._content is None else ()
        first = max(0, self.size.height // 3 - len(lines) // 2)
        if not 0 <= y - first < len(lines):
            return Strip.blank(width, self.rich_style)
        style = self.get_component_rich_style("view--dim")
        return centred(
            lines[y - first], width, self.rich_style if y == first else style
        )

    def _draw(self, row: Row, width: int) -> Strip:
        base = self.rich_style
        pieces: list[tuple[str, Style]] = [(" " + " " * row.indent, base)]
        pieces += self._bars(row)
        pieces += self._text(row, self._style(row))
        if not row.right:
            return line_of(self._isolated(pieces), width, base)
        dim = self.get_component_rich_style("view--dim")
        return two_ends(pieces, [(f"  {row.right}", dim)], width, base, self._signs)

    def _bars(self, row: Row) -> list[tuple[str, Style]]:
        return [
            (
                f"{self._signs.quote} ",
                self.get_component_rich_style(f"view--quote{min(depth, 2) + 1}"),
            )
            for depth in range(row.depth)
        ]

    def _style(self, row: Row) -> Style:
        if row.depth:
            return self.get_component_rich_style(f"view--quote{min(row.depth, 3)}")
        name = _LOOKS.get(row.look)
        return self.get_component_rich_style(name) if name else self.rich_style

    def _text(self, row: Row, style: Style) -> list[tuple[str, Style]]:
        spans: list[tuple[int, int, Style]] = []
        if row.look in (Look.TEXT, Look.SIGNATURE):
            link = self.get_component_rich_style("view--link")
            spans = [(*match.span(), link) for match in _LINK.finditer(row.text)]
        elif row.look is Look.PEOPLE:
            spans = [
                (*match.span(), self.rich_style)
                for match in _ADDRESS.finditer(row.text)
            ]
        elif row.look is Look.FIELD and not row.indent and ":" in row.text:
            dim = self.get_component_rich_style("view--dim")
            spans = [(0, row.text.index(":") + 1, dim)]
        elif row.look is Look.ATTACHMENTS:
            row = replace(row, text=row.text.replace(NO_BREAK, " "))
        hit = self.get_component_rich_style("view--hit")
        spans += [(low, high, hit) for low, high in row.hits]
        if row.current:
            current = self.get_component_rich_style("view--current")
            spans.append((*row.current, current))
        return overlaid(row.text, style, spans)

    def _isolated(self, pieces: list[tuple[str, Style]]) -> list[tuple[str, Style]]:
        if not self._isolate:
            return pieces
        return [(isolate(text), style) for text, style in pieces]


def overlaid(
    text: str, style: Style, spans: list[tuple[int, int, Style]]
) -> list[tuple[str, Style]]:
    """Cut a text into pieces, later spans over earlier ones."""
    if not spans:
        return [(text, style)] if text else []
    edges = sorted({0, len(text), *(edge for span in spans for edge in span[:2])})
    pieces: list[tuple[str, Style]] = []
    for low, high in pairwise(edges):
        look = style
        for start, end, over in spans:
            if start <= low and high <= end:
                look = over
        pieces.append((text[low:high], look))
    return pieces
