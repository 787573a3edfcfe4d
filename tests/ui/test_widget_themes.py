"""Themes: all of ours can be read, each mistake in a user's is one line."""

from pathlib import Path
from typing import Any

import pytest
from textual.color import Color
from textual.theme import Theme

from tui_mail.config.load import load_settings
from tui_mail.config.places import Places
from tui_mail.model.error import SettingsError
from tui_mail.ui.app import MailApp
from tui_mail.ui.themes import DEFAULT, SIXTEEN_COLOURS, load_themes, packaged

PAIRS = [
    ("foreground", "background"),
    ("foreground-muted", "background"),
    ("foreground-muted", "panel"),
    ("foreground", "panel"),
    ("accent", "background"),
    ("warning", "background"),
    ("warning", "panel"),
    ("error", "background"),
    ("success", "background"),
    ("secondary", "background"),
    ("foreground", "block-cursor-background"),
    ("foreground-muted", "block-cursor-background"),
    ("accent", "block-cursor-background"),
    ("warning", "block-cursor-background"),
    ("foreground-muted", "block-cursor-blurred-background"),
    ("background", "warning"),
    ("background", "accent"),
]


def contrast(first: Color, second: Color) -> float:
    """Compute the contrast of WCAG 2.1."""

    def luminance(color: Color) -> float:
        channels = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in color.normalized
        ]
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ours() -> list[Theme]:
    return [theme for theme in load_themes().values() if not theme.ansi]


def test_there_is_a_dark_a_light_a_high_contrast_and_a_sixteen_colour_theme() -> None:
    themes = load_themes()
    assert themes[DEFAULT].dark
    assert not themes["tui-mail-light"].dark
    assert "high-contrast" in themes
    assert themes[SIXTEEN_COLOURS].ansi


@pytest.mark.parametrize("theme", ours(), ids=lambda theme: theme.name)
@pytest.mark.parametrize("pair", PAIRS, ids="-on-".join)
def test_text_can_be_read_in_every_theme(theme: Any, pair: tuple[str, str]) -> None:
    colours = theme.to_color_system().generate()
    front, back = (Color.parse(colours[name]) for name in pair)
    wanted = 7.0 if theme.name == "high-contrast" and pair[1] == "background" else 4.5
    assert contrast(front, back) >= wanted


def test_the_sixteen_colour_theme_names_no_other_colour() -> None:
    theme = load_themes()[SIXTEEN_COLOURS]
    named = [theme.primary, theme.secondary, theme.accent, theme.foreground]
    named += [value for key, value in theme.variables.items() if "style" not in key]
    assert all(str(value).startswith("ansi_") for value in named)


def test_every_packaged_file_is_named_as_its_theme() -> None:
    assert {path.stem for path in packaged().glob("*.toml")} == set(load_themes())


def test_a_user_theme_needs_only_what_it_changes(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('accent = "#ff8800"\ncursor = "#333333"\n')
    theme = load_themes(tmp_path)["mine"]
    assert theme.accent == "#ff8800"
    assert theme.variables["block-cursor-background"] == "#333333"
    assert theme.foreground


def test_a_user_theme_replaces_ours_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('name = "tui-mail"\nforeground = "#abcdef"\n')
    assert load_themes(tmp_path)["tui-mail"].foreground == "#abcdef"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('acent = "#fff"', "acent: unknown key; did you mean accent?"),
        ('accent = "blueish"', 'accent: "blueish" is no colour'),
        ("accent = 3", "accent: must be a colour"),
        ('dark = "yes"', "dark: must be true or false"),
        ("accent = ", "not TOML"),
        ("[variables]\nborder = 3", "variables.border: must be a text"),
    ],
)
def test_a_mistake_in_a_theme_is_one_line_that_names_the_file(
    tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(SettingsError) as told:
        load_themes(tmp_path)
    assert says in told.value.line
    assert "bad.toml" in told.value.line
    assert "\n" not in told.value.line


def test_a_theme_that_there_is_none_of_is_named_with_file_and_line(
    tmp_path: Path,
) -> None:
    places = Places(tmp_path, tmp_path, tmp_path, tmp_path)
    path = tmp_path / "config.toml"
    path.write_text('[ui]\nmouse = true\ntheme = "nope"\n')
    with pytest.raises(SettingsError) as raised:
        MailApp(load_settings(path, places), places)
    assert raised.value.line.startswith(
        f'{path}, line 3: ui.theme: there is no theme "'
    )
