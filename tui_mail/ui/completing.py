"""Addresses while they are typed: which entry of a field it is, and who may be meant."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tui_mail.model.displayable import Displayable
from tui_mail.ui.screens.matching import fold

MOST = 8
"""So many people are offered at once."""
_BETWEEN = re.compile(r"[\W_]+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?')


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to write to."""

    name: Displayable
    address: Displayable
    entry: str
    """What stands in a field for them."""


class People:
    """Those who may be meant, the likeliest first."""

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self._people: list[Person] = []
        self._words: list[str] = []
        self._known: set[str] = set()
        self.add(people)

    def add(self, people: Iterable[Person]) -> bool:
        """Take those who are not known yet; False if all are."""
        before = len(self._people)
        for person in people:
            address = person.address.lower()
            if address not in self._known:
                self._known.add(address)
                self._people.append(person)
                self._words.append(_words(f"{person.name} {person.address}"))
        return len(self._people) > before

    def find(self, typed: str, most: int = MOST) -> list[Person]:
        """Give those whose name or address has words that begin as what is typed does."""
        wanted = _words(typed).split()
        if not wanted:
            return []
        found: list[Person] = []
        begun = [f" {word}" for word in wanted]
        for person, words in zip(self._people, self._words, strict=True):
            if all(word in words for word in begun):
                found.append(person)
                if len(found) == most:
                    return found
        if len(wanted) > 1 or len(wanted[0]) < 3:
            return found
        for person, words in zip(self._people, self._words, strict=True):
            if wanted[0] in words and begun[0] not in words:
                found.append(person)
                if len(found) == most:
                    break
        return found


def _words(text: str) -> str:
    return f" {_BETWEEN.sub(' ', fold(text)).strip()}"


def entries(text: str) -> list[tuple[int, int]]:
    """Tell where the entries of a field begin and end, spaces round them left out."""
    masked = _QUOTED.sub(lambda found: "x" * len(found.group()), text)
    bounds = [-1, *(m.start() for m in re.finditer("[,;]", masked)), len(text)]
    found: list[tuple[int, int]] = []
    for before, end in pairwise(bounds):
        piece = text[before + 1 : end]
        start = before + 1 + len(piece) - len(piece.lstrip())
        found.append((start, max(start, before + 1 + len(piece.rstrip()))))
    return found


def entry_at(text: str, cursor: int) -> tuple[int, int] | None:
    """Tell which entry ends at the cursor, and so is being typed; None if none does."""
    for start, end in entries(text):
        if start < end == cursor:
            return start, end
    return None


def count_entries(text: str) -> int:
    """Count the entries of a field."""
    return sum(start < end for start, end in entries(text))


def taken(text: str, place: tuple[int, int], entry: str) -> tuple[str, int]:
    """Put somebody in the place of what was typed; give the text and the cursor."""
    start, end = place
    rest = text[end:].lstrip(" ,;")
    put = f"{text[:start]}{entry}, "
    return put + rest, len(put)


def is_whole(typed: str) -> bool:
    """Tell whether what was typed may be an address already, and no beginning of one."""
    local, at, domain = typed.rpartition("@")
    return bool(local and at and domain.strip("<> "))


def ranked(people: Sequence[Person], found: Sequence[Person]) -> list[Person]:
    """Give people and then those found elsewhere, each once."""
    known = {person.address.lower() for person in people}
    more = [person for person in found if person.address.lower() not in known]
    return [*people, *more][:MOST]
