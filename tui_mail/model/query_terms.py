"""The terms of a query that only a message's text can answer, and the query without them."""

from collections.abc import Collection, Iterator

from tui_mail.model.query import And, Everything, Field, Not, Or, Query, Words

Term = Words | Field
"""Words anywhere, ``body:`` or ``filename:``."""

_NOTHING = Not(Everything())


def text_terms(query: Query) -> list[Term]:
    """List each of them once, in their order; those of the same text are one."""
    found: dict[tuple[bool, str], Term] = {}
    for term in _terms(query):
        found.setdefault((_is_file(term), text_of(term)), term)
    return list(found.values())


def value_of(term: Term) -> str:
    """Give what was typed; ``*`` at its end stands for other endings."""
    return term.text if isinstance(term, Words) else term.value


def text_of(term: Term) -> str:
    """Give what is looked for: spaces alike, without the sign for other endings."""
    return " ".join(value_of(term).removesuffix("*").split())


def relaxed(query: Query, unknown: Collection[Term], *, wanted: bool = True) -> Query:
    """Let terms be answered as it suits: what is left finds all that may be found.

    ``wanted``: False for a query that is to find no more than is certain.
    """
    if isinstance(query, Words | Field):
        if not any(_same(query, term) for term in unknown):
            return query
        return Everything() if wanted else _NOTHING
    if isinstance(query, Not):
        return Not(relaxed(query.term, unknown, wanted=not wanted))
    if isinstance(query, And):
        return And(tuple(relaxed(one, unknown, wanted=wanted) for one in query.terms))
    if isinstance(query, Or):
        return Or(tuple(relaxed(one, unknown, wanted=wanted) for one in query.terms))
    return query


def _terms(query: Query) -> Iterator[Term]:
    if isinstance(query, Words):
        yield query
    elif isinstance(query, Field):
        if query.name in ("body", "filename"):
            yield query
    elif isinstance(query, And | Or):
        for one in query.terms:
            yield from _terms(one)
    elif isinstance(query, Not):
        yield from _terms(query.term)


def _is_file(term: Term) -> bool:
    return isinstance(term, Field) and term.name == "filename"


def _same(one: Term, other: Term) -> bool:
    if isinstance(one, Field) and one.name not in ("body", "filename"):
        return False
    return text_of(one) == text_of(other) and _is_file(one) == _is_file(other)


def may_be_in(query: Query, account: str, *, wanted: bool = True) -> bool:
    """Tell whether a query can find anything in an account, by what it says of that."""
    if isinstance(query, Field) and query.name == "account":
        return query.value.lower() == account.lower()
    if isinstance(query, And):
        return all(may_be_in(one, account, wanted=wanted) for one in query.terms)
    if isinstance(query, Or):
        return any(may_be_in(one, account, wanted=wanted) for one in query.terms)
    if isinstance(query, Not):
        return not may_be_in(query.term, account, wanted=not wanted)
    return wanted
