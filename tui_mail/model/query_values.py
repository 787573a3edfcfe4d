"""The typed values of a query: days, spans of time, sizes."""

import re
from datetime import date

from tui_mail.model.error import QueryError
from tui_mail.model.query import Between, On

_DAY = re.compile(r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})", re.ASCII)
_SPAN = re.compile(r"([0-9]{1,6})([dwmy])", re.ASCII)
_SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,3})?)([kKmMgG]?)[bB]?", re.ASCII)

_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_OCTETS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3}
_MOST_OCTETS = 10**18
"""More than any message has, and as much as a table can compare with."""


def read_day(text: str, column: int) -> date:
    """Read ``2026-01-31``; raises QueryError."""
    match = _DAY.fullmatch(text)
    if match is None:
        raise QueryError(f'"{text}" is no day: write it as 2026-01-31', column)
    year, month, day = (int(match[group]) for group in (1, 3, 4))
    try:
        return date(year, month, day)
    except ValueError:
        raise QueryError(f'there is no day "{text}"', column) from None


def read_days(text: str, column: int) -> On | Between:
    """Read ``A..B`` with an open end on either side, or one day; raises QueryError."""
    first, dots, last = text.partition("..")
    if not dots:
        return On(read_day(text, column))
    if not first and not last:
        raise QueryError("a range of days needs an end: 2026-01-01..2026-01-31", column)
    start = read_day(first, column) if first else None
    end = read_day(last, column + len(first) + 2) if last else None
    if start is not None and end is not None and end < start:
        raise QueryError("this range of days ends before it begins", column)
    return Between(start, end)


def read_span(text: str, column: int) -> int:
    """Read ``2w`` as days: d, w, m (30 days) and y (365 days); raises QueryError."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise QueryError(
            f'"{text}" is no span of time: a number and d, w, m or y, as in 2w', column
        )
    return int(match[1]) * _DAYS[match[2]]


def read_octets(text: str, column: int) -> int:
    """Read ``1M`` as octets; k, M and G count in thousands; raises QueryError."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise QueryError(
            f'"{text}" is no size: a number and k, M or G, as in 20k', column
        )
    return min(int(float(match[1]) * _OCTETS[match[2].lower()]), _MOST_OCTETS)
