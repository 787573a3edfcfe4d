"""Dates as a person says them; the clock is given, so that a test can stop it."""

from datetime import datetime, tzinfo

from tui_mail.model.displayable import Displayable, displayable, own

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


def local(moment: datetime, zone: tzinfo | None = None) -> datetime:
    """Put a moment into the reader's zone; one at the edge of the calendar stays."""
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError, OSError):
        return moment


def list_date(
    moment: datetime, now: datetime, *, form: str = "relative", wide: bool = False
) -> Displayable:
    """Say a date for a column: 09:41, Sat, 19 Nov, 2024-11 (with the day if ``wide``).

    ``now`` is aware and its zone is the reader's. ``form`` is ``relative``, ``iso``
    or a strftime pattern.
    """
    there = local(moment, now.tzinfo)
    if form == "iso":
        return own(there.strftime("%Y-%m-%d %H:%M"))
    if "%" in form:
        return displayable(there.strftime(form))
    days = (now.date() - there.date()).days
    if days == 0:
        return own(f"{there:%H:%M}")
    if 0 < days < 7:
        return own(_DAYS[there.weekday()])
    if there.year == now.year or 0 < days < 180:
        return own(f"{there.day} {_MONTHS[there.month - 1]}")
    return own(
        f"{there.year:04}-{there.month:02}" + (f"-{there.day:02}" if wide else "")
    )


def date_width(form: str, *, wide: bool) -> int:
    """Give the cells that a column of such dates needs."""
    if form == "iso":
        return 16
    if "%" in form:
        longest = datetime(2026, 9, 30, 22, 59, 59).astimezone()
        return min(24, len(displayable(longest.strftime(form))))
    return 10 if wide else 7


def due_date(moment: datetime, now: datetime) -> Displayable:
    """Say when something is to come: at 14:20, on Tue 1 Dec at 09:00."""
    there = local(moment, now.tzinfo)
    time = f"at {there:%H:%M}"
    if there.date() == now.date():
        return own(time)
    year = "" if there.year == now.year else f" {there.year}"
    day, month = _DAYS[there.weekday()], _MONTHS[there.month - 1]
    return own(f"on {day} {there.day} {month}{year} {time}")


def full_date(moment: datetime, now: datetime) -> Displayable:
    """Say a whole date in the reader's zone: Thu 19 Nov 2026, 11:02."""
    there = local(moment, now.tzinfo)
    day, month = _DAYS[there.weekday()], _MONTHS[there.month - 1]
    return own(f"{day} {there.day} {month} {there.year}, {there:%H:%M}")
