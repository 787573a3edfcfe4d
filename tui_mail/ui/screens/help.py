"""The keys, those that work here first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Static

from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.ui.cells import cut, fit, width_of
from tui_mail.ui.screens.line_edit import LineEdit
from tui_mail.ui.screens.matching import Matcher
from tui_mail.ui.screens.palette import WORKS, PaletteRow
from tui_mail.ui.signs import Signs, choose_signs
from tui_mail.ui.widgets.drawing import line_of, two_ends
from tui_mail.ui.widgets.hint_line import HintLine
from tui_mail.ui.widgets.line_list import LineList
from tui_mail.ui.widgets.title_line import TitleLine

_TOPICS = {
    "list": "The list",
    "message": "Messages",
    "part": "Parts and attachments",
    "search": "Searching",
    "go": "Going to a mailbox",
    "pane": "Panes",
    "mailbox": "Mailboxes",
    "compose": "Writing",
    "app": "The program",
}
"""The first word of a command's id, and what stands over such commands, in order."""
_ELSEWHERE = "Elsewhere"
_KEYS_WIDEST = 22
_WITH_IDS = 90
"""Cells from which on the ids have room."""


@dataclass(frozen=True, slots=True)
class HelpLine:
    """A heading, an empty line, or a command."""

    heading: Displayable = Displayable("")
    row: PaletteRow | None = None


class HelpList(LineList):
    """Keys and what they do, below headings; it scrolls and has no cursor."""

    DEFAULT_CSS = """
    HelpList > .list--key { color: $accent; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"list--key"}

    def __init__(self, rows: Sequence[PaletteRow], signs: Signs) -> None:
        super().__init__()
        self._signs = signs
        self._lines = help_lines(rows)
        widths = (width_of(said_keys(row)) for row in rows)
        self._keys_width = min(_KEYS_WIDEST, max(widths, default=0))
        self.say_when_empty(own("No key does anything like that."))

    def show(self, rows: Sequence[PaletteRow]) -> None:
        """Show these commands."""
        self._lines = help_lines(rows)
        self.rows_changed(0, 0)

    @property
    def lines(self) -> Sequence[HelpLine]:
        """What is shown."""
        return self._lines

    def row_count(self) -> int:
        """Count headings and commands."""
        return len(self._lines)

    def draw_row(self, row: int, width: int, *, selected: bool) -> Strip:  # noqa: ARG002
        """Draw a heading or a command."""
        line, plain = self._lines[row], self.rich_style
        if line.row is None:
            heading = self.get_component_rich_style("list--heading")
            return line_of([(f" {line.heading}", heading)], width, plain)
        dim = self.get_component_rich_style("list--dim")
        key = self.get_component_rich_style("list--key")
        keys = cut(said_keys(line.row), self._keys_width, self._signs.ellipsis)
        here = line.row.works_here
        left: list[tuple[str, Style]] = [
            (f"   {fit(keys, self._keys_width)}  ", key if here else dim),
            (line.row.command.sentence, plain if here else dim),
        ]
        return two_ends(left, self._right(line.row, width, dim), width, plain)

    def _right(
        self, row: PaletteRow, width: int, dim: Style
    ) -> list[tuple[str, Style]]:
        words = "" if row.works_here else WORKS[row.command.place]
        said = row.command.id if width >= _WITH_IDS else words
        return [(f"  {said} ", dim)] if said else []


def said_keys(row: PaletteRow) -> str:
    """Name all keys of a command."""
    return "  ".join(row.keys)


def help_lines(rows: Sequence[PaletteRow]) -> list[HelpLine]:
    """Lay out what has a key: by topic what works here, then what works elsewhere."""
    groups: dict[str, list[PaletteRow]] = {name: [] for name in _TOPICS.values()}
    elsewhere: list[PaletteRow] = []
    for row in rows:
        if not row.keys:
            continue
        first = row.command.id.partition(".")[0]
        topic = _TOPICS.get(first, first.capitalize())
        (groups.setdefault(topic, []) if row.works_here else elsewhere).append(row)
    groups[_ELSEWHERE] = elsewhere
    lines: list[HelpLine] = []
    for heading, members in groups.items():
        if members:
            lines += [HelpLine(), HelpLine(own(heading))]
            lines += [HelpLine(row=row) for row in members]
    return lines


class Help(ModalScreen[None], inherit_bindings=False):
    """All keys; ``/`` narrows, ``Esc``, ``q`` and ``?`` close."""

    DEFAULT_CSS = """
    Help {
        overflow: hidden;
        background: $background;
        & > #ask { height: 1; background: $panel; display: none; }
        & > #ask.-open { display: block; }
        & > #ask > #question {
            width: auto;
            padding: 0 1;
            text-style: bold;
            color: $accent;
        }
        &:ansi { background: ansi_default; }
        &:ansi > #ask { background: ansi_default; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c,ctrl+g", "back", priority=True),
        Binding("enter", "done", priority=True),
        Binding("q,question_mark,f1", "close"),
        Binding("slash", "narrow"),
        Binding("j,down", "scroll_lines(1)"),
        Binding("k,up", "scroll_lines(-1)"),
        Binding("space,pagedown", "scroll_pages(1)"),
        Binding("minus,pageup", "scroll_pages(-1)"),
        Binding("home,g", "edge(0)"),
        Binding("end,G", "edge(1)"),
    ]

    def __init__(self, rows: Sequence[PaletteRow], *, title: str) -> None:
        super().__init__()
        self._rows = [row for row in rows if row.keys]
        self._title = displayable(title)
        self._list = HelpList(self._rows, choose_signs())
        self._edit = LineEdit()
        self._matcher = Matcher([_words(row) for row in self._rows], scattered=False)

    def compose(self) -> ComposeResult:
        """Put the title above the keys."""
        yield TitleLine()
        yield self._list
        with Horizontal(id="ask"):
            yield Static(Content("Narrow"), id="question")
            yield self._edit
        yield HintLine()

    def on_mount(self) -> None:
        """Show all keys."""
        self._list.focus()
        self._say_how_many(len(self._rows))

    def _say_how_many(self, found: int) -> None:
        few = found < len(self._rows)
        count = f"{found} of {len(self._rows)}" if few else ""
        self.query_one(TitleLine).show(self._title, own(count))
        hints = [("Enter", "done"), ("Esc", "all keys")]
        if self.focused is self._list:
            back = "all keys" if few else "back"
            hints = [("/", "narrow"), ("Space", "page down"), ("Esc", back)]
        self.query_one(HintLine).show(hints)

    # What a person does.

    def on_input_changed(self, event: LineEdit.Changed) -> None:
        """Narrow."""
        event.stop()
        places = sorted(self._matcher.find(event.value))
        self._list.show([self._rows[place] for place in places])
        self._say_how_many(len(places))

    def action_done(self) -> None:
        """Go back to the keys that are left."""
        if self._edit.has_focus:
            self._leave_edit(keep=bool(self._edit.value))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:  # noqa: ARG002
        """Name the keys of what has the focus."""
        shown = sum(line.row is not None for line in self._list.lines)
        self._say_how_many(shown)

    def action_narrow(self) -> None:
        """Type what is looked for."""
        self.query_one("#ask").add_class("-open")
        self._edit.focus()

    def action_back(self) -> None:
        """Show all keys again; close where all are shown."""
        if self.query_one("#ask").has_class("-open"):
            self._leave_edit(keep=False)
        else:
            self.dismiss(None)

    def _leave_edit(self, *, keep: bool) -> None:
        if not keep:
            self._edit.set_text("")
            self.query_one("#ask").remove_class("-open")
        self._list.focus()

    def action_close(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_scroll_lines(self, rows: int) -> None:
        """Scroll by lines."""
        self._list.scroll_to(y=self._list.scroll_y + rows, animate=False)

    def action_scroll_pages(self, pages: int) -> None:
        """Scroll by pages."""
        self.action_scroll_lines(pages * self._list.page_rows)

    def action_edge(self, last: int) -> None:
        """Scroll to the first or the last line."""
        self._list.scroll_to(y=last * self._list.row_count(), animate=False)


def _words(row: PaletteRow) -> str:
    command = row.command
    words = (said_keys(row), command.id, *command.synonyms)
    return f"{command.sentence}\n{' '.join(words)}"
