"""Which names match what is typed, the likeliest first."""

import unicodedata
from collections.abc import Sequence

_PREFIX, _INSIDE, _SCATTERED = range(3)
"""A word begins with it; it stands somewhere; its letters stand there in order."""

_REMARK = 10_000
"""Where a match in a text's remark begins, wherever it is: no remark is the likelier."""

Rank = tuple[int, int, int]
"""The kind, where it begins, and how long the name is that it stands in."""


def fold(text: str) -> str:
    """Take case, accents and compatibility forms out of a text.

    What it makes of a text is what it makes of its characters one after the other.
    """
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in plain if not unicodedata.combining(each)).casefold()


class Matcher:
    r"""Texts that are narrowed by what is typed, letter by letter.

    All words of what is typed must match; as scattered letters only in a text's first
    line, so that a name's remark (after ``\n``) is found by what one reads in it.
    What matched before is all that can match a longer text, so typing on looks at
    less and less.
    """

    def __init__(self, texts: Sequence[str], *, scattered: bool = True) -> None:
        self._texts, self._scattered = texts, scattered
        self._folded: list[str] = []
        self._typed: str | None = None
        self._found: list[int] = []

    def find(self, typed: str) -> list[int]:
        """Give the places of the texts that match, all in their order for nothing."""
        wanted = fold(typed)
        words = wanted.split()
        if not words:
            self._typed = None
            return list(range(len(self._texts)))
        if not self._folded:
            self._folded = [fold(text) for text in self._texts]
        longer = self._typed is not None and wanted.startswith(self._typed)
        among = self._found if longer else range(len(self._folded))
        ranked: list[tuple[Rank, int]] = []
        for place in among:
            rank = _rank(self._folded[place], words)
            if rank and (self._scattered or rank[0] < _SCATTERED):
                ranked.append((rank, place))
        self._typed, self._found = wanted, sorted(place for _, place in ranked)
        return [place for _, place in sorted(ranked)]


def _rank(text: str, words: Sequence[str]) -> Rank | None:
    """Rank a folded text by its worst word, None if one does not match."""
    kind = start = 0
    for word in words:
        ranked = _rank_word(text, word)
        if ranked is None:
            return None
        kind = max(kind, ranked[0])
        start += ranked[1]
    return kind, start, 0 if start >= _REMARK else len(text.partition("\n")[0])


def _rank_word(text: str, word: str) -> tuple[int, int] | None:
    name = text.partition("\n")[0]
    first = text.find(word)
    if first < 0:
        spread = _scattered(name, word)
        return None if not spread else (_SCATTERED, spread[-1] - spread[0])
    begins = _word_start(text, word, first)
    kind, place = (_INSIDE, first) if begins is None else (_PREFIX, begins)
    return kind, place if place < len(name) else _REMARK


def _word_start(text: str, word: str, place: int) -> int | None:
    while place > 0 and text[place - 1].isalnum():
        place = text.find(word, place + 1)
    return place if place >= 0 else None


def _scattered(text: str, word: str) -> list[int]:
    places: list[int] = []
    place = -1
    for letter in word:
        place = text.find(letter, place + 1)
        if place < 0:
            return []
        places.append(place)
    return places


def matched(text: str, typed: str) -> frozenset[int]:
    """Give the places of the characters of a text that what is typed matched."""
    folded = [fold(each) for each in text]
    origin = [place for place, each in enumerate(folded) for _ in each]
    whole = "".join(folded)
    found: set[int] = set()
    for word in fold(typed).split():
        first = whole.find(word)
        if first < 0:
            found.update(origin[place] for place in _scattered(whole, word))
            continue
        begins = _word_start(whole, word, first)
        start = first if begins is None else begins
        found.update(origin[start : start + len(word)])
    return frozenset(found)
