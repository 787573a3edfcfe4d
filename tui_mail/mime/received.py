"""When a message came to its server."""

from datetime import UTC, datetime

from tui_mail.mime.dates import parse_date
from tui_mail.mime.headers import wanted_fields

_RECEIVED = frozenset({"received"})


def arrival(octets: bytes, now: datetime) -> datetime:
    """Say when a message came, as the topmost Received field has it; now at the latest."""
    said = wanted_fields(octets, _RECEIVED).get("received", "")
    came = parse_date(said.rpartition(";")[2]) if ";" in said else None
    return min(came.astimezone(UTC), now) if came is not None else now
