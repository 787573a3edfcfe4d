"""A time as a person types it: when a message is to go."""

import re
from datetime import datetime, timedelta

from tui_mail.model.error import MailError

KNOWN = "18:00, tomorrow 9:00, 2h, monday, or 2026-12-01 08:00"
"""What may be typed, for questions and complaints."""
_UNITS = {"m": 1, "min": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}
_SPAN = re.compile(r"(?:in )?(\d{1,4}) ?(min|m|h|d|w)")
_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?: ?(am|pm))?")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MORNING = (8, 0)
"""When a day begins of which no time was said."""


def later(typed: str, now: datetime) -> datetime:
    """Read a time after ``now``, in its time zone; raises MailError with what is allowed."""
    words = " ".join(typed.lower().replace(",", " ").split())
    words = re.sub(r"(\d)t(\d)", r"\1 \2", words)
    if not words:
        raise MailError(f"write it as {KNOWN}")
    if found := _SPAN.fullmatch(words):
        return now + timedelta(minutes=int(found[1]) * _UNITS[found[2]])
    day, _, clock = words.partition(" ")
    if not (at := _day(day, now)):
        day, clock = "", words
        at = now
    hour, minute = _time(clock) if clock else _MORNING
    try:
        when = at.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError:
        raise MailError(f"there is no {hour}:{minute:02} o'clock") from None
    if not day and when <= now:
        when += timedelta(days=1)
    if when <= now:
        raise MailError("that is over; write a time to come")
    # What clocks showed then, where they are put forward or back until then.
    return when.replace(tzinfo=None).astimezone() if _is_local(now) else when


def _is_local(now: datetime) -> bool:
    return now.utcoffset() == now.replace(tzinfo=None).astimezone().utcoffset()


def _day(word: str, now: datetime) -> datetime | None:
    if word == "today":
        return now
    if word == "tomorrow":
        return now + timedelta(days=1)
    if found := _DATE.fullmatch(word):
        try:
            return now.replace(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            raise MailError(f"there is no day {word}") from None
    if len(word) >= 3:
        for place, day in enumerate(_DAYS):
            if day.startswith(word):
                return now + timedelta(days=(place - now.weekday() - 1) % 7 + 1)
    return None


def _time(words: str) -> tuple[int, int]:
    found = _CLOCK.fullmatch(words.removeprefix("at ").strip())
    if found is None or not (found[2] or found[3] or int(found[1]) < 24):
        raise MailError(f"write it as {KNOWN}")
    hour = int(found[1])
    if found[3]:
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return hour, int(found[2] or 0)
