from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.error import QueryError
from tui_mail.model.query import (
    STATES,
    TEXT_FIELDS,
    After,
    And,
    Before,
    Between,
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
from tui_mail.model.query_parser import parse_query


def test_words_are_anded_and_know_their_columns() -> None:
    assert parse_query("budget  2027") == And(
        (Words("budget", column=1), Words("2027", column=9))
    )


def test_or_binds_less_than_and() -> None:
    a, b, c = (Words(text, column=at) for text, at in (("a", 1), ("b", 6), ("c", 8)))
    assert parse_query("a OR b c") == Or((a, And((b, c))))


def test_brackets_group() -> None:
    a, b, c = (Words(text, column=at) for text, at in (("a", 2), ("b", 7), ("c", 10)))
    assert parse_query("(a OR b) c") == And((Or((a, b)), c))


@pytest.mark.parametrize("query", ["-is:unread", "NOT is:unread", "-(is:unread)"])
def test_a_minus_and_not_negate(query: str) -> None:
    assert parse_query(query) == Not(Is("unread"))


def test_a_minus_within_a_word_is_a_hyphen() -> None:
    assert parse_query("e-mail") == Words("e-mail")


def test_operators_are_upper_case_words() -> None:
    assert parse_query("or not") == And((Words("or"), Words("not", column=4)))


@pytest.mark.parametrize(
    "text",
    ["Re:budget", "10:30", "https://example.org/x?a=b", "a.b:c", "Über:x", "x1:2"],
)
def test_a_colon_after_anything_but_lower_case_letters_is_text(text: str) -> None:
    assert parse_query(text) == Words(text)


def test_a_colon_before_a_space_is_text() -> None:
    assert parse_query("note: hello") == And((Words("note:"), Words("hello", column=7)))


@pytest.mark.parametrize("name", TEXT_FIELDS)
def test_every_text_field_takes_a_quoted_value(name: str) -> None:
    assert parse_query(f'x {name}:"two words"') == And(
        (Words("x"), Field(name, "two words", 3))
    )


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("*", Everything()),
        ('"a b"', Words("a b", phrase=True)),
        ("label:work", Field("tag", "work")),
        ("folder:Lists/a", Field("in", "Lists/a")),
        ("attachment:x.pdf", Field("filename", "x.pdf")),
        ("is:starred", Is("flagged")),
        ("is:replied", Is("answered")),
        ("has:attachment", HasAttachment()),
        ("before:2026-01-31", Before(date(2026, 1, 31))),
        ("after:2026-1-2", After(date(2026, 1, 2))),
        ("on:2024-02-29", On(date(2024, 2, 29))),
        (
            "date:2026-01-01..2026-01-31",
            Between(date(2026, 1, 1), date(2026, 1, 31)),
        ),
        ("date:2026-01-01..", Between(date(2026, 1, 1), None)),
        ("date:..2026-01-31", Between(None, date(2026, 1, 31))),
        ("date:2026-01-31", On(date(2026, 1, 31))),
        ("older:2w", Older(14)),
        ("older_than:1y", Older(365)),
        ("newer:3d", Newer(3)),
        ("newer_than:2m", Newer(60)),
        ("larger:1M", Larger(1_000_000)),
        ("larger:1.5G", Larger(1_500_000_000)),
        ("smaller:20k", Smaller(20_000)),
        ("smaller:77", Smaller(77)),
        ("larger:999999999999G", Larger(10**18)),
        ("f(x)", Words("f(x)")),
    ],
)
def test_a_term_is_read_as(text: str, query: Query) -> None:
    assert parse_query(text) == query


@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_asked_for(state: str) -> None:
    assert parse_query(f"is:{state}") == Is(state)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("   ", 1),
        ('a "b', 3),
        ('from:"b', 6),
        ("a (b", 3),
        ("a) b", 2),
        ("a f(b c", 4),
        ("x ()", 3),
        ("x frmo:ann", 3),
        ("x is:blue", 6),
        ("has:wings", 5),
        ("a OR", 3),
        ("OR a", 1),
        ("(a OR) b", 4),
        ("a OR OR b", 3),
        ("a AND", 3),
        ("NOT", 1),
        ("from:", 1),
        ('""', 1),
        ("before:31.1.2026", 8),
        ("on:2026-02-30", 4),
        ("date:..", 6),
        ("date:2026-01-01..x", 18),
        ("date:2026-02-01..2026-01-01", 6),
        ("older:2", 7),
        ("larger:big", 8),
        ("from:(a b)", 6),
        ("ööö foo:bar", 5),
    ],
)
def test_a_mistake_points_at_its_column(text: str, column: int) -> None:
    with pytest.raises(QueryError, match=f"^column {column}:") as caught:
        parse_query(text)
    assert caught.value.column == column


def test_a_misspelt_field_names_the_nearest() -> None:
    with pytest.raises(QueryError, match='did you mean "subject:"'):
        parse_query("subjct:x")


def test_deep_nesting_is_a_mistake_and_not_a_crash() -> None:
    for text in ("(" * 100_000, "-" * 100_000 + "a", "NOT " * 100_000 + "a"):
        with pytest.raises(QueryError, match="nested too deep"):
            parse_query(text)


_PIECES = st.sampled_from(
    [
        "a",
        "OR",
        "AND",
        "NOT",
        "-",
        "(",
        ")",
        '"',
        " ",
        ":",
        "from:",
        "is:read",
        "..",
        "*",
    ]
)


@given(st.one_of(st.text(), st.lists(_PIECES).map("".join)))
def test_any_text_is_a_query_or_a_mistake_within_it(text: str) -> None:
    column = 1
    try:
        parse_query(text)
    except QueryError as mistake:
        column = mistake.column
    assert 1 <= column <= len(text) + 1


_WORD = st.text(st.characters(categories=["Ll", "Nd"]), min_size=1)


def _written(query: Query) -> str:
    match query:
        case Words(text=text):
            return f'"{text}"'
        case Not(term=term):
            return f"-({_written(term)})"
        case And(terms=terms):
            return "(" + " ".join(map(_written, terms)) + ")"
        case Or(terms=terms):
            return "(" + " OR ".join(map(_written, terms)) + ")"
    raise AssertionError(query)


def _shape(query: Query) -> object:
    match query:
        case Words(text=text):
            return text
        case Not(term=term):
            return ("not", _shape(term))
        case And(terms=terms) | Or(terms=terms):
            return (type(query).__name__, *map(_shape, terms))
    raise AssertionError(query)


_QUERIES: st.SearchStrategy[Query] = st.recursive(
    _WORD.map(lambda text: Words(text, phrase=True)),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=4).map(lambda found: And(tuple(found))),
        st.lists(inner, min_size=2, max_size=4).map(lambda found: Or(tuple(found))),
    ),
    max_leaves=20,
)


@given(_QUERIES)
def test_a_query_written_with_brackets_is_read_back_the_same(query: Query) -> None:
    assert _shape(parse_query(_written(query))) == _shape(query)
