"""On which line of a TOML text a key stands; :mod:`tomllib` does not tell."""

import tomllib
from collections.abc import Iterator, Mapping

Path = tuple[str, ...]


def key_lines(text: str) -> dict[Path, int]:
    """Map the path of each table and key to its line, counted from 1.

    The text must be valid TOML. It is read statement by statement: a statement ends
    where what was gathered parses, so that strings and arrays over several lines are
    never mistaken for keys.
    """
    found: dict[Path, int] = {}
    table: Path = ()
    for line, statement, values in _statements(text):
        if statement.startswith("["):
            table = next(_paths(values))
            for length in range(1, len(table) + 1):
                found.setdefault(table[:length], line)
        else:
            for path in _paths(values):
                for length in range(1, len(path) + 1):
                    found.setdefault(table + path[:length], line)
    return found


def _statements(text: str) -> Iterator[tuple[int, str, Mapping[str, object]]]:
    gathered, first = "", 0
    # Not splitlines: a string may hold other characters that end a line elsewhere.
    for number, line in enumerate(text.split("\n"), 1):
        if not gathered:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            first = number
        gathered += line + "\n"
        try:
            values = tomllib.loads(gathered)
        except tomllib.TOMLDecodeError:
            continue
        yield first, gathered.lstrip(), values
        gathered = ""


def _paths(values: Mapping[str, object], before: Path = ()) -> Iterator[Path]:
    """Yield the path of each value, the innermost tables' for those without any."""
    for key, value in values.items():
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict) and inner:
            yield from _paths(inner, (*before, key))
        else:
            yield (*before, key)
