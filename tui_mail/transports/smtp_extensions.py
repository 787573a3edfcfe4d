"""What a submission server announces (EHLO, RFC 5321, 4.1.1.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Extensions:
    """What it can; nothing where it knows no EHLO."""

    names: frozenset[str] = frozenset()
    """Upper case."""
    size: int | None = None
    """Octets of the largest message it takes (RFC 1870); None where it does not say."""
    ways: frozenset[str] = frozenset()
    """The mechanisms of AUTH (RFC 4954), upper case."""

    @classmethod
    def read(cls, lines: Sequence[bytes]) -> Self:
        """Read the lines of the answer to EHLO; the first is a greeting."""
        names: set[str] = set()
        ways: set[str] = set()
        size: int | None = None
        for line in lines[1:]:
            # "AUTH=" is how it was written before there was an RFC.
            words = line.decode("ascii", "replace").upper().replace("=", " ").split()
            if not words:
                continue
            names.add(words[0])
            if words[0] == "AUTH":
                ways.update(words[1:])
            if words[0] == "SIZE":
                size = _size(words[1:])
        return cls(frozenset(names), size, frozenset(ways))

    @property
    def eight_bit(self) -> bool:
        """RFC 6152."""
        return "8BITMIME" in self.names

    @property
    def utf8(self) -> bool:
        """RFC 6531."""
        return "SMTPUTF8" in self.names

    @property
    def dsn(self) -> bool:
        """RFC 3461."""
        return "DSN" in self.names

    @property
    def pipelining(self) -> bool:
        """RFC 2920."""
        return "PIPELINING" in self.names


def _size(words: Sequence[str]) -> int | None:
    word = words[0] if words else ""
    if not word.isdecimal() or not word.isascii() or len(word) > 18:
        return None
    # Zero: there is no fixed limit.
    return int(word) or None
