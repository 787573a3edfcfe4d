"""From keys to commands: single keys and sequences, by the place that has the focus."""

from collections.abc import Mapping
from dataclasses import dataclass

from tui_mail.ui.commands import BY_ID, Command, Place
from tui_mail.ui.keymap import Keys

PREFIX_SECONDS = 3.0
"""How long a begun sequence waits for its next key."""

PANE_PLACES: Mapping[str, frozenset[Place]] = {
    "mailboxes": frozenset({Place.ANYWHERE, Place.LINES, Place.MAILBOXES}),
    "list": frozenset({Place.ANYWHERE, Place.LINES, Place.MAIL, Place.LIST}),
    "message": frozenset({Place.ANYWHERE, Place.LINES, Place.MAIL, Place.MESSAGE}),
}
"""Where one is, and so which commands' keys work."""


def works_in(command: Command, pane: str) -> bool:
    """Tell whether a command's keys work in a pane."""
    return command.place in PANE_PLACES[pane]


@dataclass(frozen=True, slots=True)
class Found:
    """A command was asked for by these keys."""

    command: Command
    keys: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A sequence was begun; what may follow, each key with its command."""

    keys: str
    following: tuple[tuple[str, Command], ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """These keys mean nothing here."""

    keys: str


class Dispatcher:
    """Collects keys until they mean a command."""

    def __init__(self, keymap: Mapping[str, Keys]) -> None:
        self._begun = ""
        self._commands: dict[str, list[Command]] = {}
        for name, keys in keymap.items():
            for key in keys:
                self._commands.setdefault(key, []).append(BY_ID[name])

    @property
    def begun(self) -> str:
        """The keys of a sequence so far; empty if none was begun."""
        return self._begun

    def knows(self, key: str) -> bool:
        """Tell whether a key begins or is what some command has."""
        return any(keys.split()[0] == key for keys in self._commands)

    def feed(self, key: str, pane: str) -> Found | Begun | Unknown:
        """Take a key; ``pane`` has the focus."""
        keys = f"{self._begun} {key}".strip()
        if self._begun and key == "Esc":
            return self._end(Unknown(keys))
        for command in self._commands.get(keys, ()):
            if works_in(command, pane):
                return self._end(Found(command, keys))
        following = self._following(keys, pane)
        if not following:
            return self._end(Unknown(keys))
        self._begun = keys
        return Begun(keys, following)

    def forget(self) -> bool:
        """Give a begun sequence up; False if there was none."""
        begun, self._begun = bool(self._begun), ""
        return begun

    def _following(self, keys: str, pane: str) -> tuple[tuple[str, Command], ...]:
        return tuple(
            (longer.removeprefix(keys).strip(), command)
            for longer, commands in self._commands.items()
            if longer.startswith(f"{keys} ")
            for command in commands
            if works_in(command, pane)
        )

    def _end(self, outcome: Found | Unknown) -> Found | Unknown:
        self._begun = ""
        return outcome
