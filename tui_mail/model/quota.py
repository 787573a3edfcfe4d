"""How much room a server gives (RFC 9208)."""

from dataclasses import dataclass

from tui_mail.model.displayable import Displayable, own

NEAR = 90
"""Percent from which a person is told."""
_UNITS = ("kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True, slots=True)
class Quota:
    """What of one resource is used."""

    root: Displayable
    """The server's name for what shares the room."""
    resource: str
    """Upper case: ``STORAGE`` in units of 1,024 octets, ``MESSAGE``, ``MAILBOX``."""
    used: int
    limit: int

    @property
    def percent(self) -> int:
        """How much of it is used; more than 100 is possible."""
        return self.used * 100 // self.limit if self.limit else 0

    @property
    def is_near(self) -> bool:
        """Whether there is so little room left that a person should know."""
        return self.percent >= NEAR

    @property
    def in_words(self) -> Displayable:
        """Say it with its unit: ``4.7 of 5.0 GB used (94 %)``."""
        return own(f"{self._amounts()} used ({self.percent} %)")

    def _amounts(self) -> str:
        if self.resource != "STORAGE":
            noun = {"MESSAGE": "messages", "MAILBOX": "mailboxes"}.get(self.resource)
            said = f"{self.used:,} of {self.limit:,}"
            return f"{said} {noun}" if noun else f"{self.resource.lower()}: {said}"
        used, limit = self.used * 1.024, self.limit * 1.024
        units = iter(_UNITS)
        unit = next(units)
        while max(used, limit) >= 1_000 and unit != _UNITS[-1]:
            used, limit, unit = used / 1_000, limit / 1_000, next(units)
        return f"{used:,.1f} of {limit:,.1f} {unit}"
