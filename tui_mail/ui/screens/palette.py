"""Every command, found by its name, its sentence or another word for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.model.displayable import own
from tui_mail.ui.commands import Command, Place
from tui_mail.ui.screens.choice_list import Choice
from tui_mail.ui.screens.picker import Narrowing

WORKS = {
    Place.ANYWHERE: "anywhere",
    Place.LINES: "in the panes",
    Place.MAILBOXES: "among the mailboxes",
    Place.MAIL: "in the list and the message",
    Place.LIST: "in the list",
    Place.MESSAGE: "in the message",
}
"""Where a command works, in words."""


@dataclass(frozen=True, slots=True)
class PaletteRow:
    """A command with the keys it has now."""

    command: Command
    keys: tuple[str, ...]
    works_here: bool


class Palette(Narrowing[str]):
    """The commands, those first that work here; it gives the command's id."""

    def __init__(self, rows: Sequence[PaletteRow]) -> None:
        self._rows = sorted(rows, key=lambda row: not row.works_here)
        choices = [
            Choice(
                label=own(row.command.sentence),
                detail=own(row.command.id),
                right=own("  ".join(row.keys)),
                quiet=not row.works_here,
            )
            for row in self._rows
        ]
        super().__init__("Command", choices, [_words(row) for row in self._rows], "do")

    def taken(self, place: int) -> None:
        """Give the command's id, or say where it works."""
        row = self._rows[place]
        if row.works_here:
            self.dismiss(row.command.id)
        else:
            self.say(own(f"works {WORKS[row.command.place]}"))


def _words(row: PaletteRow) -> str:
    command = row.command
    return f"{command.sentence}\n{' '.join((command.id, *command.synonyms))}"
