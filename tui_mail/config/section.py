"""One table of the settings while it is read: types, ranges, and exact complaints."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from tui_mail.model.error import SettingsError

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,3})?) ?([kKMGT]?)B?")
_MOST_OCTETS = 10**18
_OCTETS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}


@dataclass(frozen=True, slots=True)
class Source:
    """The file that is read."""

    path: Path
    lines: Mapping[tuple[str, ...], int]
    private: bool
    """Nobody but its owner can read it."""


@dataclass(slots=True)
class Section:
    """A table at its path; keys that were not asked for are mistakes."""

    source: Source
    where: tuple[str, ...]
    values: Mapping[str, object]
    _asked: set[str] = field(default_factory=set)
    _missing: list[str] = field(default_factory=list)

    def mistake(self, key: str | None, sentence: str) -> NoReturn:
        """Raise a SettingsError with the file, the line, the key and a sentence."""
        raise SettingsError(f"{self.place(key)}: {sentence}")

    def place(self, key: str | None) -> str:
        """Name the file, the line and the key."""
        path = self.where if key is None else (*self.where, key)
        line = 1
        for length in range(len(path), 0, -1):
            if path[:length] in self.source.lines:
                line = self.source.lines[path[:length]]
                break
        name = ".".join(path) or "settings"
        return f"{self.source.path}, line {line}: {name}"

    def finish(self) -> None:
        """Complain about the first key that nobody asked for, then about missing ones.

        In this order, since a missing key is often there misspelt.
        """
        for key in self.values:
            if key not in self._asked:
                self.mistake(key, f"no such key; {self._nearest(key)}")
        for key in self._missing:
            self.mistake(None, f'needs the key "{key}"')

    def _nearest(self, key: str) -> str:
        import difflib

        near = difflib.get_close_matches(key.lower(), sorted(self._asked), 1, 0.0)
        return f'the nearest is "{near[0]}"' if near else "no key is known here"

    def has(self, key: str) -> bool:
        """Tell whether the key stands in the file."""
        self._asked.add(key)
        return key in self.values

    def needs(self, key: str) -> None:
        """Have ``finish`` complain if the key is missing or empty."""
        if not self.has(key) or self.values[key] == "":
            self._missing.append(key)

    def text(self, key: str, default: str = "", *, lines: bool = False) -> str:
        """Read a string, of one line unless ``lines``."""
        if not self.has(key):
            return default
        value = self.values[key]
        if not isinstance(value, str):
            self._wrong(key, "a string in quotes")
        if not lines and _CONTROLS.search(value):
            self.mistake(key, "must not hold line ends or control characters")
        return value

    def choice(self, key: str, default: str, allowed: Sequence[str]) -> str:
        """Read one of the words that are allowed."""
        value = self.text(key, default)
        if value not in allowed:
            words = ", ".join(f'"{word}"' for word in allowed)
            self.mistake(key, f'"{value}" is none of {words}')
        return value

    def integer(self, key: str, default: int, low: int = 0, high: int = 10**9) -> int:
        """Read a whole number within its range."""
        if not self.has(key):
            return default
        value = self.values[key]
        if not isinstance(value, int) or isinstance(value, bool):
            self._wrong(key, "a whole number")
        if not low <= value <= high:
            self.mistake(key, f"{value} is not between {low} and {high}")
        return value

    def boolean(self, key: str, default: bool) -> bool:
        """Read true or false."""
        if not self.has(key):
            return default
        value = self.values[key]
        if not isinstance(value, bool):
            self._wrong(key, "true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of strings; one alone needs no brackets."""
        if not self.has(key):
            return ()
        value = self.values[key]
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str) for item in items):
            self._wrong(key, "a list of strings")
        return tuple(str(item) for item in items)

    def octets(self, key: str, default: int) -> int:
        """Read a size: octets as a number, or ``"2G"`` (k, M, G, T: thousands).

        An empty one is none.
        """
        if not self.has(key):
            return default
        value = self.values[key]
        if isinstance(value, int) and not isinstance(value, bool):
            return self.integer(key, default, high=_MOST_OCTETS)
        if not isinstance(value, str):
            self._wrong(key, 'a size such as "2G"')
        if not value.strip():
            return 0
        match = _SIZE.fullmatch(value.strip())
        if match is None:
            self.mistake(key, f'"{value}" is no size; write it as "2G" or "500M"')
        size = int(float(match[1]) * _OCTETS[match[2].upper()])
        if size > _MOST_OCTETS:
            self.mistake(key, f'"{value}" is more than there can be')
        return size

    def file(self, key: str) -> str:
        """Read the path of a file that exists; ``~`` is the home folder."""
        path = self.path(key)
        if not path:
            return ""
        try:
            found = Path(path).is_file()
        except OSError:
            found = False
        if not found:
            self.mistake(key, f"there is no file {path}")
        return path

    def path(self, key: str) -> str:
        """Read a path, whether anything is there or not; ``~`` is the home folder.

        One that is relative begins beside the settings, wherever a process was started.
        """
        value = self.text(key)
        if not value:
            return ""
        try:
            return str(self.source.path.absolute().parent / Path(value).expanduser())
        except RuntimeError:
            self.mistake(key, f'nobody knows the home folder that "{value}" means')

    def section(self, key: str) -> "Section | None":
        """Take the table under a key, None if there is none."""
        if not self.has(key):
            return None
        value = self.values[key]
        if not isinstance(value, dict):
            name = ".".join((*self.where, key))
            self._wrong(key, f"a table, [{name}]")
        return Section(self.source, (*self.where, key), value)

    def _wrong(self, key: str, wanted: str) -> NoReturn:
        kinds = {
            str: "a string",
            bool: "true or false",
            int: "a number",
            float: "a number with a fraction",
            list: "a list",
            dict: "a table",
        }
        kind = kinds.get(type(self.values[key]), "a date or time")
        self.mistake(key, f"must be {wanted}, not {kind}")
