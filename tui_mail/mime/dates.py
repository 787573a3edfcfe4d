"""The Date field, as it should be and as it is (RFC 5322, 3.3)."""

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_ZONES = {
    "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360,
    "PST": -480, "PDT": -420, "CET": 60, "CEST": 120, "MEZ": 60, "MESZ": 120,
    "BST": 60, "JST": 540, "EET": 120, "EEST": 180,
}  # fmt: skip
_USUAL = re.compile(
    r"\s*(?:[A-Za-z]{2,9},?\s*)?(\d{1,2})[\s-]+([A-Za-z]{3})[a-z]{0,6}\.?[\s-]+(\d{2,4}),?"
    r"\s+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:[.,]\d{1,9})?\s*([+-]\d{4}|[A-Za-z]{1,5})?"
)
_ASCTIME = re.compile(
    r"\s*[A-Za-z]{2,9},?\s+([A-Za-z]{3})[a-z]{0,6}\.?\s+(\d{1,2}),?\s+"
    r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s+(?:([+-]\d{4}|[A-Z]{1,5})\s+)?(\d{4})"
)
_ISO = re.compile(
    r"\s*(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?(?:\.\d{1,9})?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)
_FIRST_YEAR, _LAST_YEAR = 1970, 2099
_OFFSETS: dict[str, timezone] = {}


def parse_date(text: str) -> datetime | None:
    """Read a Date field; aware, in its own zone; None where it cannot be a date.

    A zone that is missing or cannot be is taken as UTC.
    """
    text = text[:200]
    if match := _USUAL.match(text):
        day, month, year, hour, minute, second, zone = match.groups()
    elif match := _ASCTIME.match(text):
        month, day, hour, minute, second, zone, year = match.groups()
    elif match := _ISO.match(text):
        year, number, day, hour, minute, second, zone = match.groups()
        return _made(int(year), int(number), day, (hour, minute, second), zone)
    else:
        return None
    count = int(year)
    if len(year) < 4:
        count += 2000 if len(year) == 2 and count < 50 else 1900
    return _made(
        count, _MONTHS.get(month.lower(), 0), day, (hour, minute, second), zone
    )


def _made(
    year: int,
    month: int,
    day: str,
    time: tuple[str, str, str | None],
    zone: str | None,
) -> datetime | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    hour, minute, second = time
    try:
        return datetime(
            year,
            month,
            int(day),
            int(hour),
            int(minute),
            min(int(second or 0), 59),
            tzinfo=_OFFSETS.get(zone or "") or _zone(zone or ""),
        )
    except ValueError:
        return None


def _zone(text: str) -> timezone:
    minutes = _ZONES.get(text.upper(), 0)
    if text[:1] in ("+", "-"):
        digits = text[1:].replace(":", "")
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        if minutes > 14 * 60 or int(digits[2:]) > 59:
            minutes = 0
        if text[0] == "-":
            minutes = -minutes
    zone = timezone(timedelta(minutes=minutes)) if minutes else UTC
    if len(_OFFSETS) < 1000:
        _OFFSETS[text] = zone
    return zone
