"""Whose mailboxes are whose (RFC 2342): one's own, other users', those of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class NamespaceKind(StrEnum):
    """Whom the mailboxes of a namespace belong to."""

    PERSONAL = "personal"
    OTHERS = "others"
    """Another user, who lets us in."""
    SHARED = "shared"
    """Nobody, or all."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """One namespace of a server."""

    kind: NamespaceKind
    prefix: bytes
    """What all its mailboxes' wire names begin with, the delimiter at its end too."""
    delimiter: str
    """Empty where its names are flat."""

    def holds(self, wire_name: bytes) -> bool:
        """Whether a mailbox lies in it, or is the one that holds all of it."""
        return self._prefix_in(wire_name) or self._prefix_in(
            wire_name + self.delimiter.encode("latin-1")
        )

    def _prefix_in(self, name: bytes) -> bool:
        """Compare, with INBOX in any case (RFC 9051, 5.1)."""
        length = len(self.prefix)
        if self.prefix[:5].upper() == b"INBOX":
            return (
                name[:5].upper() == b"INBOX" and name[5:length] == self.prefix[5:length]
            )
        return name.startswith(self.prefix)

    @property
    def parts(self) -> int:
        """How many parts of a mailbox's name are the prefix."""
        if not self.prefix or not self.delimiter:
            return 0
        delimiter = self.delimiter.encode("latin-1")
        return self.prefix.removesuffix(delimiter).count(delimiter) + 1


def namespace_of(wire_name: bytes, namespaces: Sequence[Namespace]) -> Namespace | None:
    """Find where a mailbox lies: the longest prefix; None where nothing was said of it.

    INBOX is one's own whatever is said.
    """
    if wire_name.upper() == b"INBOX":
        return None
    fitting = [one for one in namespaces if one.holds(wire_name)]
    return max(fitting, key=lambda one: len(one.prefix), default=None)
