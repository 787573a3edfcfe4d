"""The demo's own time: the sample mail is dated, so "today" has to stand still."""

from datetime import datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=1), "CET")
NOW = datetime(2026, 11, 19, 15, 30, tzinfo=ZONE)
"""A Thursday afternoon."""


def clock() -> datetime:
    """Tell the demo's time, aware."""
    return NOW
