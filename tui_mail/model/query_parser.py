"""Queries as a person types them, read into the values of :mod:`tui_mail.model.query`.

    query  = both *("OR" both)
    both   = term *(["AND"] term)
    term   = ("-" | "NOT") term | "(" query ")" | "*" | word | phrase | field

Whether a colon makes a field is decided in :mod:`tui_mail.model.query_lexer`.
"""

import difflib
import re
from collections.abc import Callable

from tui_mail.model.error import QueryError
from tui_mail.model.query import (
    STATES,
    TEXT_FIELDS,
    After,
    And,
    Before,
    Everything,
    Field,
    HasAttachment,
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
from tui_mail.model.query_lexer import Kind, Token, tokens
from tui_mail.model.query_values import read_day, read_days, read_octets, read_span

ALIASES = {
    "label": "tag",
    "folder": "in",
    "older_than": "older",
    "newer_than": "newer",
    "attachment": "filename",
}
_STATE_ALIASES = {"starred": "flagged", "replied": "answered"}
_DEEPEST = 100
_SURROGATE = re.compile("[\ud800-\udfff]")


def _is(value: str, column: int) -> Is:
    state = _STATE_ALIASES.get(value, value)
    if state not in STATES:
        known = ", ".join(STATES)
        raise QueryError(f"there is no is:{value}; there are {known}", column)
    return Is(state, column)


def _has(value: str, column: int) -> HasAttachment:
    if value not in ("attachment", "attachments"):
        raise QueryError(f"there is no has:{value}; there is has:attachment", column)
    return HasAttachment()


_TYPED: dict[str, Callable[[str, int], Query]] = {
    "is": _is,
    "has": _has,
    "before": lambda value, column: Before(read_day(value, column)),
    "after": lambda value, column: After(read_day(value, column)),
    "on": lambda value, column: On(read_day(value, column)),
    "date": read_days,
    "older": lambda value, column: Older(read_span(value, column)),
    "newer": lambda value, column: Newer(read_span(value, column)),
    "larger": lambda value, column: Larger(read_octets(value, column)),
    "smaller": lambda value, column: Smaller(read_octets(value, column)),
}

FIELDS = (*TEXT_FIELDS, *_TYPED)
"""The names that a field may have, without the aliases."""


def parse_query(text: str) -> Query:
    """Read a query; raises QueryError with the column, counted from 1, of a mistake."""
    # Octets of a command line that are no UTF-8 are characters of no text.
    text = _SURROGATE.sub("\ufffd", text)
    reader = _Reader(list(tokens(text)), len(text) + 1)
    if not reader.more():
        raise QueryError("nothing to search for; * is everything", 1)
    query = reader.query(0)
    if reader.more():
        raise QueryError("this bracket closes nothing", reader.next().column)
    return query


class _Reader:
    """The tokens not yet read."""

    def __init__(self, waiting: list[Token], end: int) -> None:
        self._waiting = waiting[::-1]
        self._end = end

    def more(self) -> bool:
        return bool(self._waiting)

    def next(self) -> Token:
        return self._waiting.pop()

    def _at(self, *kinds: Kind) -> bool:
        return self.more() and self._waiting[-1].kind in kinds

    def query(self, depth: int) -> Query:
        terms = [self._both(depth)]
        while self._at(Kind.OR):
            self._operator()
            terms.append(self._both(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _both(self, depth: int) -> Query:
        terms = [self._term(depth)]
        while self.more() and not self._at(Kind.OR, Kind.CLOSE):
            if self._at(Kind.AND):
                self._operator()
            terms.append(self._term(depth))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _operator(self) -> Token:
        """Take an operator that needs a term after it."""
        token = self.next()
        if not self.more() or self._at(Kind.OR, Kind.AND, Kind.CLOSE):
            name = token.kind.value
            raise QueryError(f"{name} needs a term after it", token.column)
        return token

    def _term(self, depth: int) -> Query:
        token = self._waiting[-1] if self.more() else None
        if token is None:
            raise QueryError("a term is missing here", self._end)
        if depth > _DEEPEST:
            raise QueryError("nested too deep", token.column)
        if token.kind in (Kind.OR, Kind.AND):
            raise QueryError(f"{token.value} needs a term before it", token.column)
        if token.kind in (Kind.NOT, Kind.MINUS):
            self._operator()
            return Not(self._term(depth + 1))
        self.next()
        if token.kind is Kind.OPEN:
            return self._group(token, depth)
        return _leaf(token)

    def _group(self, opened: Token, depth: int) -> Query:
        if not self.more():
            raise QueryError("this bracket is not closed", opened.column)
        if self._at(Kind.CLOSE):
            raise QueryError("there is nothing in these brackets", opened.column)
        query = self.query(depth + 1)
        if not self.more():
            raise QueryError("this bracket is not closed", opened.column)
        self.next()
        return query


def _leaf(token: Token) -> Query:
    if token.kind is Kind.FIELD:
        return _field(token)
    if token.kind is Kind.CLOSE:
        raise QueryError("this bracket closes nothing", token.column)
    if token.kind is Kind.WORD and token.value == "*":
        return Everything()
    if not token.value.strip():
        raise QueryError("there is nothing in these quotes", token.column)
    return Words(token.value, token.kind is Kind.PHRASE, token.column)


def _field(token: Token) -> Query:
    name = ALIASES.get(token.name, token.name)
    if name not in FIELDS:
        raise QueryError(_unknown(token.name), token.column)
    if not token.value.strip():
        raise QueryError(f"{token.name}: needs a value", token.column)
    if token.value.startswith("(") and not token.quoted:
        raise QueryError("put a value with brackets in quotes", token.value_column)
    if name in _TYPED:
        return _TYPED[name](token.value, token.value_column)
    return Field(name, token.value, token.column)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, (*FIELDS, *ALIASES), 1)
    remedy = f'did you mean "{near[0]}:"?' if near else "as text, put it in quotes"
    return f'there is no field "{name}:"; {remedy}'
