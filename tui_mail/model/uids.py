"""Sets of unique identifiers, as IMAP writes them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tui_mail.model.ids import Uid

LARGEST = Uid(4_294_967_295)
"""The largest UID there can be; said instead of ``*``, which some servers misread."""


@dataclass(frozen=True, slots=True)
class UidSet:
    """Unique identifiers as sorted, disjoint, inclusive ranges (RFC 9051, sequence-set)."""

    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, uids: Iterable[int]) -> "UidSet":
        """Gather single identifiers, in any order."""
        ranges: list[tuple[int, int]] = []
        for uid in sorted(uids):
            if ranges and uid <= ranges[-1][1] + 1:
                ranges[-1] = (ranges[-1][0], uid)
            else:
                ranges.append((uid, uid))
        return cls(tuple(ranges))

    @classmethod
    def between(cls, low: int, high: int) -> "UidSet":
        """Take all identifiers from low to high; empty if low is above high."""
        return cls(((low, high),)) if low <= high else cls()

    @classmethod
    def parse(cls, text: str) -> "UidSet":
        """Read ``"1:4,9"``; ``*`` is the largest. Raises ValueError on anything else."""
        pairs: list[tuple[int, int]] = []
        for item in text.split(","):
            first, _, last = item.partition(":")
            low, high = (
                int(LARGEST) if end == "*" else int(end)
                for end in (first, last or first)
            )
            pairs.append((min(low, high), max(low, high)))
        return cls._merged(pairs)

    @classmethod
    def _merged(cls, pairs: Iterable[tuple[int, int]]) -> "UidSet":
        ranges: list[tuple[int, int]] = []
        for low, high in sorted(pairs):
            if ranges and low <= ranges[-1][1] + 1:
                ranges[-1] = (ranges[-1][0], max(high, ranges[-1][1]))
            else:
                ranges.append((low, high))
        return cls(tuple(ranges))

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __len__(self) -> int:
        return sum(high - low + 1 for low, high in self.ranges)

    def __iter__(self) -> Iterator[Uid]:
        for low, high in self.ranges:
            yield from (Uid(uid) for uid in range(low, high + 1))

    def __contains__(self, uid: int) -> bool:
        at = bisect_right(self.ranges, (uid, LARGEST)) - 1
        return at >= 0 and self.ranges[at][1] >= uid

    def __or__(self, other: "UidSet") -> "UidSet":
        return UidSet._merged((*self.ranges, *other.ranges))

    def __and__(self, other: "UidSet") -> "UidSet":
        ranges: list[tuple[int, int]] = []
        mine, theirs = list(self.ranges[::-1]), list(other.ranges[::-1])
        while mine and theirs:
            low = max(mine[-1][0], theirs[-1][0])
            high = min(mine[-1][1], theirs[-1][1])
            if low <= high:
                ranges.append((low, high))
            shorter = mine if mine[-1][1] <= theirs[-1][1] else theirs
            shorter.pop()
        return UidSet(tuple(ranges))

    def __str__(self) -> str:
        return ",".join(
            str(low) if low == high else f"{low}:{high}" for low, high in self.ranges
        )

    def chunks(self, size: int) -> Iterator["UidSet"]:
        """Cut into sets of at most ``size`` identifiers, lowest first."""
        chunk: list[tuple[int, int]] = []
        room = size
        for low, high in self.ranges:
            start = low
            while start <= high:
                end = min(high, start + room - 1)
                chunk.append((start, end))
                room -= end - start + 1
                start = end + 1
                if room == 0:
                    yield UidSet(tuple(chunk))
                    chunk, room = [], size
        if chunk:
            yield UidSet(tuple(chunk))
