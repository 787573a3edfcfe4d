"""Values as the commands print them."""

from collections.abc import Sequence
from datetime import datetime

from tui_mail.model.message import Address


def rfc3339(moment: datetime) -> str:
    """Write a moment with its zone (RFC 3339)."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def addresses(found: Sequence[Address]) -> list[dict[str, str]]:
    """Write addresses as objects."""
    return [{"name": one.name, "address": one.address} for one in found]


def address_line(found: Sequence[Address]) -> str:
    """Write addresses for a person."""
    return ", ".join(
        f"{one.name} <{one.address}>" if one.name and one.address else one.short
        for one in found
    )


def counted(number: int, noun: str = "message") -> str:
    """Say ``1 message`` or ``2 messages``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
