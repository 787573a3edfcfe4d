"""The list of a message's parts: one a line with its number, type, name and size."""

from typing import ClassVar

from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import Displayable, own
from tui_mail.model.ids import PartId
from tui_mail.ui.cells import fit
from tui_mail.ui.content import decoded_size
from tui_mail.ui.signs import UNICODE, Signs
from tui_mail.ui.widgets.drawing import two_ends
from tui_mail.ui.widgets.line_list import LineList


class PartList(LineList):
    """The parts of one message in document order."""

    class Chosen(Message):
        """A part was chosen: show it."""

        def __init__(self, part: BodyPart) -> None:
            self.part = part
            super().__init__()

    COMPONENT_CLASSES: ClassVar[set[str]] = set()

    def __init__(
        self,
        *,
        signs: Signs = UNICODE,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._signs = signs
        self._parts: tuple[tuple[int, BodyPart], ...] = ()
        self._downloaded: frozenset[PartId] = frozenset()
        self.say_when_empty(own("The parts of this message are not known yet."))

    def show(
        self,
        structure: BodyPart | None,
        downloaded: frozenset[PartId] = frozenset(),
        *,
        chosen: PartId | None = None,
    ) -> None:
        """Show a message's parts, those that are not here with a sign."""
        self._parts = tuple(with_depth(structure)) if structure else ()
        self._downloaded = downloaded
        rows = [part.part_id for _, part in self._parts]
        self.rows_changed(rows.index(chosen) if chosen in rows else self._first_leaf())
        self.refresh()

    @property
    def chosen(self) -> BodyPart | None:
        """The part under the cursor."""
        return self._parts[self.cursor][1] if self._parts else None

    def row_count(self) -> int:
        """Count the parts."""
        return len(self._parts)

    def row_chosen(self) -> None:
        """Ask for the part to be shown."""
        if (part := self.chosen) is not None:
            self.post_message(self.Chosen(part))

    def draw_row(self, row: int, width: int, *, selected: bool) -> Strip:
        """Draw one part."""
        depth, part = self._parts[row]
        over = self.cursor_style if selected else Style()
        plain = self.rich_style + over
        dim = self.get_component_rich_style("list--dim") + over
        accent = self.get_component_rich_style("list--accent") + over
        here = part.is_multipart or self._is_here(part)
        said = " " * 8 if part.is_multipart else fit(decoded_size(part), 8, right=True)
        right = f"  {said} {' ' if here else self._signs.remote} "
        kind = max(18, min(32, width // 3))
        left = [
            (f"{self._signs.cursor if selected else ' '} ", accent),
            (fit(part.part_id or own("0"), 7), dim),
            (fit("  " * min(depth, 4) + part.type, kind) + " ", dim),
            (name_of(part), plain),
        ]
        return two_ends(left, [(right, dim)], width, plain, self._signs)

    def _is_here(self, part: BodyPart) -> bool:
        return bool(self._downloaded & {part.part_id, PartId("")})

    def _first_leaf(self) -> int:
        for row, (_, part) in enumerate(self._parts):
            if not part.is_multipart:
                return row
        return 0


def name_of(part: BodyPart) -> Displayable:
    """Name a part: its file name, else what it is."""
    if part.filename:
        return part.filename
    if part.is_multipart or part.is_attachment:
        return own("")
    return own("text to read" if part.type.startswith("text/") else "")


def with_depth(part: BodyPart, depth: int = 0) -> list[tuple[int, BodyPart]]:
    """List a part and all below it in document order, each with how deep it lies."""
    found: list[tuple[int, BodyPart]] = []
    stack = [(depth, part)]
    while stack:
        level, each = stack.pop()
        found.append((level, each))
        stack.extend((level + 1, child) for child in reversed(each.children))
    return found
