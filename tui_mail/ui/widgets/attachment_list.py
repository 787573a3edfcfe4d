"""What goes with a message, a line each, to look over and to take off again."""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tui_mail.compose.draft import Attachment
from tui_mail.model.displayable import Displayable, own
from tui_mail.model.sizes import size_text
from tui_mail.ui.cells import cut, width_of
from tui_mail.ui.signs import Signs
from tui_mail.ui.widgets.drawing import two_ends
from tui_mail.ui.widgets.line_list import LineList

ROWS = 4
"""So many are in sight at once."""
_TYPE_FROM = 60
"""Cells from which on the type has room."""


def in_words(attachments: Sequence[Attachment]) -> Displayable:
    """Say how many there are, and their size together."""
    size = size_text(sum(each.size for each in attachments))
    count = len(attachments)
    return own(f"{count:,} attachment{'s' if count > 1 else ''}, {size}")


class AttachmentList(LineList):
    """The attachments; it has the focus like a field, and takes no room while empty."""

    DEFAULT_CSS = """
    AttachmentList {
        height: auto;
        max-width: 100;
        background: $background;
        & > .list--cursor { background: $background; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", priority=True),
        Binding("down,j", "move(1)", priority=True),
        Binding("delete,backspace,d,x", "remove", priority=True),
    ]

    class Removed(Message):
        """One is not to go with it."""

        def __init__(self, attachment: Attachment) -> None:
            self.attachment = attachment
            super().__init__()

    def __init__(self, signs: Signs, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._signs = signs
        self._attachments: tuple[Attachment, ...] = ()

    def show(self, attachments: tuple[Attachment, ...]) -> None:
        """Show these."""
        self._attachments = attachments
        self.styles.height = min(len(attachments), ROWS)
        self.display = bool(attachments)
        self.rows_changed(min(self.cursor, max(0, len(attachments) - 1)))

    def row_count(self) -> int:
        """Count them."""
        return len(self._attachments)

    def draw_row(self, row: int, width: int, *, selected: bool) -> Strip:
        """Draw one, its size at the right."""
        one, marked = self._attachments[row], selected and self.has_focus
        over = self.cursor_style if marked else Style()
        plain = self.rich_style + over
        dim = self.get_component_rich_style("list--dim") + over
        accent = self.get_component_rich_style("list--accent") + over
        size = size_text(one.size)
        kind = one.type if width >= _TYPE_FROM else ""
        room = width - 6 - width_of(size) - width_of(kind)
        name = cut(one.name or own("(a message)"), max(4, room), self._signs.ellipsis)
        lead = self._signs.cursor if marked else " "
        left = [(lead, accent), (f"{self._signs.attachment} ", accent), (name, plain)]
        return two_ends(left, [(f"  {kind}  {size} ", dim)], width, plain, self._signs)

    def action_move(self, rows: int) -> None:
        """Go to another."""
        self.move(rows)

    def action_remove(self) -> None:
        """Take the one under the cursor off."""
        if self._attachments:
            self.post_message(self.Removed(self._attachments[self.cursor]))
