"""A question for addresses, which are completed while one types."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from tui_mail.ui.cells import cut
from tui_mail.ui.completing import People, entry_at, taken
from tui_mail.ui.screens.prompt import Prompt
from tui_mail.ui.widgets.hint_line import HintLine

_OFFERED = 3
_CELLS = 40
"""Cells of a person who is offered."""


class AddressPrompt(Prompt):
    """One line of addresses; ``Tab`` takes the person who is offered first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", priority=True),
    ]

    def __init__(self, question: str, people: People, *, value: str = "") -> None:
        super().__init__(question, value=value, on_change=self._typed)
        self._people = people

    def _typed(self, text: str) -> None:
        place = entry_at(text, len(text))
        found = self._people.find(text[place[0] :])[:_OFFERED] if place else []
        offered = [
            ("·" if at else "Tab", cut(one.entry, _CELLS))
            for at, one in enumerate(found)
        ]
        self.query_one(HintLine).show([*offered, ("Enter", "take"), ("Esc", "back")])

    def action_complete(self) -> None:
        """Take who is offered first."""
        text = self._edit.value
        place = entry_at(text, len(text))
        found = self._people.find(text[place[0] :]) if place else []
        if place is not None and found:
            self._edit.set_text(taken(text, place, found[0].entry)[0])
