"""Themes: TOML files that name colours; what one leaves out is filled in."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from textual.color import Color, ColorParseError
from textual.theme import Theme

from tui_mail.model.error import SettingsError

DEFAULT = "tui-mail"
"""The theme that is shown unless the settings name another."""
SIXTEEN_COLOURS = "ansi"
"""The theme for terminals with sixteen colours."""

_COLOURS = (
    *("primary", "secondary", "accent", "warning", "error", "success"),
    *("foreground", "background", "surface", "panel", "boost"),
)
_SWITCHES = ("dark", "ansi")
_OWN_COLOURS = {
    "muted": "foreground-muted",
    "cursor": "block-cursor-background",
    "cursor_text": "block-cursor-foreground",
    "cursor_unfocused": "block-cursor-blurred-background",
    "line": "border-blurred",
}
"""Our words in a theme file, and the names that Textual knows them by."""
_READABLE = 4.6
"""The contrast that derived colours keep; WCAG asks 4.5 of text."""
_KEYS = ("name", *_COLOURS, *_SWITCHES, *_OWN_COLOURS, "variables")


def packaged() -> Path:
    """Find the themes that came with the program: in the wheel, or in a checkout."""
    inside = Path(__file__).parents[1] / "_themes"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "themes"


def load_themes(user: Path | None = None) -> dict[str, Theme]:
    """Load the packaged themes and those of the user, who may replace ours by name.

    Raises SettingsError with one line for the first mistake.
    """
    themes: dict[str, Theme] = {}
    for folder in (packaged(), user):
        if folder is None or not folder.is_dir():
            continue
        for path in sorted(folder.glob("*.toml")):
            theme = load_theme(path)
            themes[theme.name] = theme
    return themes


def load_theme(path: Path) -> Theme:
    """Read one theme file; raises SettingsError naming the file and the mistake."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as mistake:
        raise SettingsError(f"{path}: not TOML: {mistake}") from mistake
    except (OSError, UnicodeDecodeError) as trouble:
        raise SettingsError(f"{path}: cannot be read: {trouble}") from trouble
    return make_theme(table, path)


def make_theme(table: Mapping[str, object], path: Path) -> Theme:
    """Make a theme of a table; raises SettingsError naming the key and the remedy."""
    for key in table:
        if key not in _KEYS:
            raise SettingsError(f"{path}: {key}: unknown key; {_nearest(key)}")
    colours = {key: _colour(table, key, path) for key in _COLOURS if key in table}
    ansi = _switch(table, "ansi", path, default=False)
    dark = _switch(table, "dark", path, default=True)
    name = table.get("name", path.stem)
    if not isinstance(name, str) or not name:
        raise SettingsError(f"{path}: name: must be a text")
    filled = {**_defaults(dark=dark, ansi=ansi), **colours}
    return Theme(
        name,
        primary=filled["primary"],
        secondary=filled["secondary"],
        warning=filled["warning"],
        error=filled["error"],
        success=filled["success"],
        accent=filled["accent"],
        foreground=filled["foreground"],
        background=filled["background"],
        surface=filled["surface"],
        panel=filled["panel"],
        boost=filled["boost"],
        dark=dark,
        ansi=ansi,
        variables=_variables(table, path, filled),
    )


def _defaults(*, dark: bool, ansi: bool) -> dict[str, str]:
    if ansi:
        return {
            **dict.fromkeys(("foreground", "background", "surface"), "ansi_default"),
            **dict.fromkeys(("panel", "boost"), "ansi_default"),
            **dict.fromkeys(("primary", "accent"), "ansi_blue"),
            "secondary": "ansi_cyan",
            "warning": "ansi_yellow",
            "error": "ansi_red",
            "success": "ansi_green",
        }
    return dict(_DARK if dark else _LIGHT)


_DARK = {
    "primary": "#7fb4e8",
    "secondary": "#a9b8a0",
    "accent": "#7fb4e8",
    "warning": "#e3b768",
    "error": "#f08a84",
    "success": "#9cc58f",
    "foreground": "#d3d7de",
    "background": "#15181d",
    "surface": "#1a1e24",
    "panel": "#20252d",
    "boost": "#262c35",
}
_LIGHT = {
    "primary": "#1f5fa8",
    "secondary": "#4f6247",
    "accent": "#1f5fa8",
    "warning": "#8a5300",
    "error": "#b3261e",
    "success": "#2c6b33",
    "foreground": "#22262b",
    "background": "#fbfaf7",
    "surface": "#f4f2ed",
    "panel": "#e9e6df",
    "boost": "#e2dfd7",
}


def _variables(
    table: Mapping[str, object], path: Path, colours: Mapping[str, str]
) -> dict[str, str]:
    given = table.get("variables", {})
    if not isinstance(given, Mapping):
        raise SettingsError(f"{path}: variables: must be a table")
    variables = _filled_variables(colours)
    for word, name in _OWN_COLOURS.items():
        if word in table:
            variables[name] = _colour(table, word, path)
    for name, value in given.items():
        if not isinstance(value, str):
            raise SettingsError(f"{path}: variables.{name}: must be a text")
        variables[name] = value
    return variables


def _filled_variables(colours: Mapping[str, str]) -> dict[str, str]:
    """Derive what we need from the named colours, quiet where Textual is loud."""
    if colours["background"].startswith("ansi"):
        return {
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "foreground-muted": "ansi_default",
            "block-cursor-background": "ansi_blue",
            "block-cursor-foreground": "ansi_bright_white",
            "block-cursor-text-style": "bold",
            "block-cursor-blurred-background": "ansi_default",
            "border-blurred": "ansi_bright_black",
            "scrollbar": "ansi_bright_black",
            "scrollbar-background": "ansi_default",
            "footer-key-foreground": "ansi_default",
            "input-cursor-background": "ansi_black",
            "input-cursor-foreground": "ansi_bright_white",
            "input-cursor-text-style": "none",
            "input-selection-background": "ansi_bright_blue",
            "input-selection-foreground": "ansi_black",
            "screen-selection-background": "ansi_bright_blue",
            "screen-selection-foreground": "ansi_black",
        }
    background = Color.parse(colours["background"])
    foreground = Color.parse(colours["foreground"])
    accent = Color.parse(colours["accent"])
    line = background.blend(foreground, 0.22).hex
    signs = [Color.parse(colours[name]) for name in ("foreground", "accent", "warning")]
    cursor = _cursor(background, accent, signs)
    unfocused = background.blend(foreground, 0.09)
    panel = Color.parse(colours["panel"])
    muted = _muted(foreground, background, (cursor, unfocused, panel)).hex
    return {
        "foreground-muted": muted,
        "text-muted": muted,
        "block-cursor-background": cursor.hex,
        "block-cursor-foreground": foreground.hex,
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": unfocused.hex,
        "block-cursor-blurred-foreground": foreground.hex,
        "block-hover-background": background.blend(foreground, 0.06).hex,
        "border": accent.hex,
        "border-blurred": line,
        "scrollbar": line,
        "scrollbar-hover": background.blend(foreground, 0.35).hex,
        "scrollbar-active": accent.hex,
        "scrollbar-background": background.hex,
        "scrollbar-background-hover": background.hex,
        "scrollbar-background-active": background.hex,
        "scrollbar-corner-color": background.hex,
        "footer-key-foreground": foreground.hex,
        "input-selection-background": background.blend(accent, 0.4).hex,
    }


def _cursor(background: Color, accent: Color, signs: list[Color]) -> Color:
    """Tint the cursor's row as much as its text and signs stay easy to read on."""
    for percent in range(24, 6, -1):
        tinted = background.blend(accent, percent / 100)
        if all(contrast(sign, tinted) >= _READABLE for sign in signs):
            return tinted
    return background.blend(accent, 0.06)


def _muted(foreground: Color, background: Color, on: tuple[Color, ...]) -> Color:
    """Dim the foreground as far as it can be read wherever it may stand."""
    for percent in range(66, 100):
        dimmed = background.blend(foreground, percent / 100)
        if all(contrast(dimmed, each) >= _READABLE for each in on):
            return dimmed
    return foreground


def contrast(first: Color, second: Color) -> float:
    """Compute the contrast ratio of two colours (WCAG 2.1, 1.4.3)."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _colour(table: Mapping[str, object], key: str, path: Path) -> str:
    value = table[key]
    if not isinstance(value, str):
        raise SettingsError(f'{path}: {key}: must be a colour such as "#7fb4e8"')
    try:
        Color.parse(value)
    except ColorParseError:
        raise SettingsError(
            f'{path}: {key}: "{value}" is no colour; write it such as "#7fb4e8"'
        ) from None
    return value


def _switch(
    table: Mapping[str, object], key: str, path: Path, *, default: bool
) -> bool:
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise SettingsError(f"{path}: {key}: must be true or false")
    return value


def _nearest(key: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key, _KEYS, 1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(_KEYS)}"
