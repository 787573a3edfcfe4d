"""How the reader looks on this terminal: theme, progress, how soon a preview comes."""

import os
from typing import TYPE_CHECKING, Any

from tui_mail.config.places import Places
from tui_mail.config.settings import Settings, UiSettings
from tui_mail.model.displayable import Displayable, own
from tui_mail.model.error import SettingsError
from tui_mail.ui.signs import choose_signs
from tui_mail.ui.themes import DEFAULT, SIXTEEN_COLOURS, load_themes
from tui_mail.ui.widgets.drawing import progress_bar

if TYPE_CHECKING:
    from textual.app import App

REST = 0.12
"""Seconds for which the cursor rests before the preview follows it."""
REST_OVER_SSH = 0.4


def dress(app: "App[Any]", settings: Settings, places: Places) -> None:
    """Give an app our themes; raises SettingsError for one that there is none of."""
    themes = load_themes(places.themes())
    wanted = settings.ui.theme
    if wanted not in themes:
        known = ", ".join(sorted(themes))
        said = f'there is no theme "{wanted}"; there are: {known}'
        raise SettingsError(f"{settings.theme_place}: {said}")
    for name in {wanted, SIXTEEN_COLOURS} & set(themes):
        app.register_theme(themes[name])
    app.theme = SIXTEEN_COLOURS if app.no_color else wanted


def suit_terminal(app: "App[Any]") -> None:
    """Take the theme of sixteen colours where the terminal has no more."""
    few = app.console.color_system == "standard"
    if few and app.theme == DEFAULT and SIXTEEN_COLOURS in app.available_themes:
        app.theme = SIXTEEN_COLOURS


def preview_rest(ui: UiSettings) -> float | None:
    """Give the seconds after which the preview follows; None if it never does."""
    if ui.low_bandwidth is True:
        return None
    over_ssh = "SSH_CONNECTION" in os.environ and ui.low_bandwidth == "auto"
    return REST_OVER_SSH if over_ssh else REST


def progress(done: int, total: int) -> Displayable:
    """Say how much of something is done, with a bar."""
    bar = progress_bar(done, total, signs=choose_signs())
    return own(f"{done:,} of {total:,} {bar}")


def install_key_parser() -> None:
    """Have the terminal's keys read by our parser.

    Textual has no public way for this; a test says when the private one goes.
    """
    from textual.drivers import linux_driver

    from tui_mail.ui.split_keys import KeyParser

    vars(linux_driver)["XTermParser"] = KeyParser
