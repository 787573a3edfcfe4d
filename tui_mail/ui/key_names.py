"""Keys as a person writes them: ``j``, ``Ctrl+P``, ``Shift+Tab``, ``g i``."""

from typing import Protocol

_NAMES = {
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "tab": "Tab",
    "backspace": "Backspace",
    "delete": "Delete",
    "insert": "Insert",
    "home": "Home",
    "end": "End",
    "pageup": "PageUp",
    "pagedown": "PageDown",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    **{f"f{number}": f"F{number}" for number in range(1, 25)},
}
"""Textual's names for keys that write nothing, and ours."""
_MODIFIERS = {"ctrl": "Ctrl", "shift": "Shift", "alt": "Alt", "super": "Super"}
_OTHER_WORDS = {"esc": "escape", "return": "enter", "del": "delete", "pgup": "pageup"}
_OTHER_WORDS |= {"pgdn": "pagedown", "pgdown": "pagedown", "control": "ctrl"}


class Pressed(Protocol):
    """What a key event tells of its key."""

    @property
    def key(self) -> str:
        """Textual's name, ``ctrl+p``."""

    @property
    def character(self) -> str | None:
        """What it writes, if anything."""


def name_of(pressed: Pressed) -> str:
    """Write a pressed key as a person does; what it writes counts, not which keys did."""
    character = pressed.character
    written = character is not None and character.isprintable() and character != " "
    if written and not pressed.key.startswith("alt+"):
        return str(character)
    return _written(pressed.key) or (f"Alt+{character}" if written else pressed.key)


def canonical(written: str) -> str | None:
    """Write a key, or a sequence with spaces, as :func:`name_of` does; None for no key."""
    keys = [_one(key) for key in written.split()]
    return " ".join(key for key in keys if key) if keys and all(keys) else None


def _one(written: str) -> str | None:
    if len(written) == 1:
        return written if written.isprintable() else None
    return _written(written.lower())


def _written(key: str) -> str | None:
    """Put ``ctrl+shift+up`` into our words; None where a word is unknown."""
    *modifiers, last = (_OTHER_WORDS.get(word, word) for word in key.split("+"))
    if any(modifier not in _MODIFIERS for modifier in modifiers):
        return None
    name = _NAMES.get(last)
    if name is None and len(last) == 1 and modifiers:
        name = last.upper()
    if name is None:
        return None
    return "+".join([*(_MODIFIERS[word] for word in sorted(modifiers)), name])
