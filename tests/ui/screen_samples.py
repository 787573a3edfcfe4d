"""Apps that ask something, for the tests of the overlay screens."""

from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.screen import Screen

from tests.ui.widget_samples import PanesApp
from tui_mail.ui.filter import add_filters


class AskingApp(PanesApp):
    """The panes, and one screen that was pushed over them."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self, make: Callable[[], Screen[Any]], theme: str = "tui-mail", layout: str = ""
    ) -> None:
        super().__init__(theme, layout)
        add_filters(self)
        self._make = make
        self.answers: list[Any] = []

    def on_mount(self) -> None:
        super().on_mount()
        self.push_screen(self._make(), self.answers.append)


def screen_lines(app: App[Any]) -> list[str]:
    """Read what the terminal shows, row by row."""
    return [
        "".join(segment.text for segment in strip)
        for strip in app.screen._compositor.render_strips()
    ]


def screen_text(app: App[Any]) -> str:
    return "\n".join(screen_lines(app))


HOSTILE = "[@click=app.quit]x[/] \x1b[31mred \u202eflip\x07"
SIZES = [(80, 24), (120, 40), (40, 10), (12, 3), (2, 1)]


def is_harmless(shown: str) -> bool:
    """Tell whether nothing of what the screen shows is an instruction."""
    return not any(sign in shown for sign in "\x1b\x07\u202e")
