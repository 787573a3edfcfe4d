"""What all questions share: they stand at the bottom, the mail stays in sight above."""

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from tui_mail.ui.signs import choose_signs

Answer = TypeVar("Answer")

GIVE_UP = ("escape", "ctrl+c", "ctrl+g")
"""The keys that end any question."""


class Asking(ModalScreen[Answer | None], inherit_bindings=False):
    """A question; ``Esc`` gives None, and so do ``Ctrl+C`` and ``Ctrl+G``."""

    DEFAULT_CSS = """
    Asking {
        align-vertical: bottom;
        overflow: hidden;
        & > * { width: 100%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(GIVE_UP), "give_up", priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.signs = choose_signs()
        self.styles.background = "transparent"

    def action_give_up(self) -> None:
        """Answer nothing."""
        self.dismiss(None)
