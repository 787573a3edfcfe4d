"""People offered below the field where one types."""

from collections.abc import Iterable

from textual.geometry import Offset, Size

from tui_mail.ui import completing
from tui_mail.ui.completing import People, Person
from tui_mail.ui.widgets.completion_list import CompletionList
from tui_mail.ui.widgets.header_field import LABEL_CELLS, HeaderField

_WIDEST = 76


class Offering:
    """The people, and the list of those who may be meant."""

    def __init__(self, shown: CompletionList) -> None:
        self.list = shown
        self._people = People()
        self._field: HeaderField | None = None

    def add(self, people: Iterable[Person]) -> None:
        """Take people who may be meant."""
        self._people.add(people)

    @property
    def is_open(self) -> bool:
        """Whether somebody is offered."""
        return bool(self.list.display)

    def look(self, field: HeaderField | None, screen: Size) -> str:
        """Offer who may be meant in a field; give what is typed there, if anything is."""
        place = None if field is None else _entry(field)
        if field is None or place is None:
            self.close()
            return ""
        self._field = field
        typed = field.edit.value[slice(*place)]
        found = self._people.find(typed)
        people = [each for each in found if typed not in (each.entry, each.address)]
        self.list.offer(people, typed, first=not completing.is_whole(typed))
        self.place(screen)
        return typed

    def place(self, screen: Size) -> None:
        """Put the list below its field, as far as there is room."""
        if self._field is None or not self.is_open:
            return
        below = self._field.region.bottom
        self.list.styles.max_height = max(1, screen.height - below - 1)
        self.list.styles.offset = Offset(LABEL_CELLS, below)
        self.list.styles.width = max(8, min(_WIDEST, screen.width - LABEL_CELLS))

    def close(self) -> None:
        """Offer nobody."""
        self.list.display = False

    def take(self, field: HeaderField) -> bool:
        """Put who is chosen in the place of what was typed; False where nobody is."""
        place, person = _entry(field), self.list.person
        if place is None or person is None:
            return False
        text, cursor = completing.taken(field.edit.value, place, person.entry)
        field.edit.value = text
        field.edit.cursor_position = cursor
        self.close()
        return True


def _entry(field: HeaderField) -> tuple[int, int] | None:
    return completing.entry_at(field.edit.value, field.edit.cursor_position)
