"""Queries to the keys of SEARCH (RFC 9051, 6.4.4): values in, values out, no I/O.

What SEARCH cannot say exactly is asked wider: it finds all that the query finds, and the
store sorts out what else it found. A server compares letters with accents in its own way.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tui_mail.model.flags import is_keyword
from tui_mail.model.query import (
    ME,
    After,
    And,
    Before,
    Between,
    Everything,
    Field,
    Is,
    Larger,
    Newer,
    Not,
    Older,
    On,
    Or,
    Query,
    Smaller,
    Words,
)
from tui_mail.model.uids import LARGEST
from tui_mail.transports.imap_arguments import Literal, Piece, day, flag_word, text

_ZONES = 2
"""How many days apart the days of two zones are at most."""
_LONGEST = 4_000
"""Octets of keys that are sent; instead of more than that all is asked for."""
_WORD = re.compile(r"\w+")
_ASCII_RUN = re.compile(r"[0-9A-Za-z]{2,}")
_STATES = {
    "unread": b"UNSEEN",
    "read": b"SEEN",
    "flagged": b"FLAGGED",
    "answered": b"ANSWERED",
    "draft": b"DRAFT",
}
_HEADERS = {"from": b"FROM", "to": b"TO", "cc": b"CC", "subject": b"SUBJECT"}


@dataclass(frozen=True, slots=True)
class Single:
    """One key with what it is given."""

    name: bytes
    """An atom, or two: ``HEADER LIST-ID``."""
    argument: str | int | date | None = None


@dataclass(frozen=True, slots=True)
class Negated:
    """What a key does not find."""

    key: "Key"


@dataclass(frozen=True, slots=True)
class Both:
    """What all of two or more keys find."""

    keys: "tuple[Key, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """What any of two or more keys finds."""

    keys: "tuple[Key, ...]"


Key = bool | Single | Negated | Both | Either
"""True finds everything, False nothing; neither stands within another."""


@dataclass(frozen=True, slots=True)
class Here:
    """What is certain of every message of the mailbox that is searched."""

    account: str
    is_named: Callable[[str], bool]
    """Whether ``in:`` means it."""
    me: frozenset[str]
    """One's own addresses; ``*@domain`` is all of a domain."""
    today: date


def wider(query: Query, here: Here) -> Key:
    """Translate a query; the key finds at least what the query finds."""
    if isinstance(query, And):
        return both(wider(term, here) for term in query.terms)
    if isinstance(query, Or):
        return either(wider(term, here) for term in query.terms)
    if isinstance(query, Not):
        return negated(_narrower(query.term, here))
    if isinstance(query, Words):
        return containing(query.text, b"TEXT")
    if isinstance(query, Field):
        return _field(query, here)
    exact = _exact(query)
    return _around(_days(query, here.today)) if exact is None else exact


def _narrower(query: Query, here: Here) -> Key:
    """Translate a query; the key finds nothing that the query does not find."""
    if isinstance(query, And):
        return both(_narrower(term, here) for term in query.terms)
    if isinstance(query, Or):
        return either(_narrower(term, here) for term in query.terms)
    if isinstance(query, Not):
        return negated(wider(query.term, here))
    if isinstance(query, Words):
        return False
    if isinstance(query, Field):
        return _certain(query, here) or False
    return _exact(query) or False


def _certain(field: Field, here: Here) -> Key | None:
    """Translate what can be said exactly; None where it cannot."""
    if field.name == "in":
        return here.is_named(field.value)
    if field.name == "account":
        return field.value.lower() == here.account.lower()
    if field.name == "tag" and is_keyword(field.value):
        return Single(b"KEYWORD", field.value)
    return None


def _field(field: Field, here: Here) -> Key:
    certain = _certain(field, here)
    if certain is not None:
        return certain
    name, value = field.name, field.value
    if name == "body":
        return containing(value, b"BODY")
    if name in _HEADERS:
        header = _HEADERS[name]
        if value.lower() == ME and name != "subject":
            return either(Single(header, one.removeprefix("*")) for one in here.me)
        return containing(value, header)
    if name == "id":
        return Single(b"HEADER MESSAGE-ID", value.strip("<>"))
    if name == "list" and value.isascii():
        return Single(b"HEADER LIST-ID", value)
    return True


def containing(value: str, name: bytes) -> Key:
    """Look for all of the words of a text, in whatever order and endings."""
    words = _WORD.findall(value)
    return both(Single(name, word) for word in words) if words else True


def in_ascii(value: str, name: bytes) -> Key:
    """Look for what of a text a server can be told that only knows ASCII."""
    return both(Single(name, run) for run in _ASCII_RUN.findall(value))


def _exact(query: Query) -> Key | None:
    """Translate what can be said exactly; None for everything else."""
    match query:
        case Everything():
            return True
        case Is(state) if state in _STATES:
            return Single(_STATES[state])
        case Larger(octets) if octets < LARGEST:
            return Single(b"LARGER", octets)
        case Smaller(octets) if octets <= LARGEST:
            return Single(b"SMALLER", octets)
        case _:
            return None


_Days = tuple[date | None, date | None]
"""From the first day on, and before the second; None is an open end."""


def _days(query: Query, today: date) -> _Days:
    match query:
        case Before(when):
            return None, when
        case After(when):
            return when, None
        case On(when):
            return when, _shifted(when, 1)
        case Between(start, end):
            return start, _shifted(end, 1) if end else None
        case Older(days):
            return None, _shifted(today, -days)
        case Newer(days):
            return _shifted(today, -days), None
        case _:
            return None, None


def _shifted(when: date, days: int) -> date | None:
    """Move a day; None where the calendar ends."""
    try:
        return when + timedelta(days=days)
    except OverflowError:
        return None


def _around(days: _Days) -> Key:
    """Look for local days: a server knows the sender's day and its own of the arrival.

    The store goes by one of both.
    """
    start, end = days
    since = _shifted(start, -_ZONES) if start else None
    before = _shifted(end, _ZONES) if end else None
    keys: list[Key] = []
    if since is not None:
        keys.append(Either((Single(b"SENTSINCE", since), Single(b"SINCE", since))))
    if before is not None:
        keys.append(Either((Single(b"SENTBEFORE", before), Single(b"BEFORE", before))))
    return both(keys)


# Putting keys together.


def both(keys: Iterable[Key]) -> Key:
    """Ask for what all find."""
    told = [key for key in keys if key is not True]
    if False in told:
        return False
    return told[0] if len(told) == 1 else Both(tuple(told)) if told else True


def either(keys: Iterable[Key]) -> Key:
    """Ask for what any finds."""
    told = [key for key in keys if key is not False]
    if True in told:
        return True
    return told[0] if len(told) == 1 else Either(tuple(told)) if told else False


def negated(key: Key) -> Key:
    """Ask for what it does not find."""
    return not key if isinstance(key, bool) else Negated(key)


def pieces(key: Key) -> list[Piece]:
    """Write a key; raises ServerRefused for what cannot be told to a server."""
    written = _written(key)
    octets = sum(len(p.octets if isinstance(p, Literal) else p) + 1 for p in written)
    return written if octets <= _LONGEST else [b"ALL"]


def is_ascii(written: Iterable[Piece]) -> bool:
    """Tell whether no charset has to be named."""
    return all(isinstance(one, bytes) or one.octets.isascii() for one in written)


def _written(key: Key) -> list[Piece]:
    match key:
        case Single():
            return _test(key)
        case Negated(inner):
            return [b"NOT", *_group(inner)]
        case Both(keys):
            return [piece for one in keys for piece in _group(one)]
        case Either(keys):
            written = _group(keys[-1])
            for one in reversed(keys[:-1]):
                written = [b"OR", *_group(one), *written]
            return written
        case _:
            return [b"ALL"] if key else [b"NOT", b"ALL"]


def _group(key: Key) -> list[Piece]:
    """Write a key as one: several are put in brackets."""
    written = _written(key)
    if not isinstance(key, Both):
        return written
    first, *rest, last = written
    if isinstance(last, Literal):
        # A bracket would have to follow the octets at once; a further key need not.
        rest, last = [*rest, last], b"ALL"
    return [b"(%b" % _atom(first), *rest, b"%b)" % last]


def _atom(piece: Piece) -> bytes:
    """Give the name that every key begins with."""
    return b"" if isinstance(piece, Literal) else piece


def _test(test: Single) -> list[Piece]:
    argument = test.argument
    if argument is None:
        return [test.name]
    if isinstance(argument, int):
        return [test.name, b"%d" % argument]
    if isinstance(argument, date):
        return [test.name, day(argument)]
    if test.name == b"KEYWORD":
        return [test.name, flag_word(argument)]
    return [test.name, text(argument.encode("utf-8"), "a text with control characters")]
