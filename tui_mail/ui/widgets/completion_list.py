"""People who may be meant by what is typed, over what stands below the field."""

from collections.abc import Sequence

from textual.strip import Strip

from tui_mail.model.displayable import own
from tui_mail.ui.completing import Person
from tui_mail.ui.screens.choice_list import Choice, ChoiceList
from tui_mail.ui.signs import Signs


class CompletionList(ChoiceList):
    """A few people; the field that is typed in keeps the focus."""

    DEFAULT_CSS = """
    CompletionList {
        position: absolute;
        layer: above;
        display: none;
        background: $panel;
        &:ansi { background: ansi_default; }
    }
    """

    def __init__(self, signs: Signs) -> None:
        super().__init__((), signs)
        self._people: Sequence[Person] = ()
        self._undecided = False

    def offer(self, people: Sequence[Person], typed: str, *, first: bool) -> None:
        """Offer people; ``first``: the first of them is meant unless another is chosen."""
        self._people, self._undecided = people, not first
        choices = [
            Choice(each.name or each.address, each.address if each.name else own(""))
            for each in people
        ]
        self.choose_among(choices, typed)
        self.styles.height = len(people)
        self.display = bool(people)

    @property
    def person(self) -> Person | None:
        """Who is chosen; None where nobody is."""
        if not self.display or self._undecided or self.chosen is None:
            return None
        return self._people[self.chosen]

    def step(self, rows: int) -> None:
        """Choose the next or the one before, round the end."""
        if self._undecided:
            self._undecided = False
            self.go(0 if rows > 0 else -1)
            self.refresh()
        elif not self.move(rows):
            self.go(0 if rows > 0 else -1)

    def draw_row(self, row: int, width: int, *, selected: bool) -> Strip:
        """Draw somebody."""
        chosen = selected and not self._undecided
        return super().draw_row(row, width, selected=chosen)
