import pytest

from tui_mail.model.query import And, Everything, Field, Not, Words
from tui_mail.model.query_parser import parse_query
from tui_mail.model.query_terms import may_be_in, relaxed, text_of, text_terms


def _terms(query: str) -> list[str]:
    return [text_of(term) for term in text_terms(parse_query(query))]


def test_the_terms_of_a_text_are_listed_once() -> None:
    query = 'plan from:ann (body:plan OR -budg*) "two  words" filename:plan is:read'
    assert _terms(query) == ["plan", "budg", "two words", "plan"]
    assert _terms("from:ann subject:plan is:read") == []


def test_what_is_not_known_is_taken_as_it_suits() -> None:
    query = parse_query("plan from:ann")
    [term] = text_terms(query)
    assert relaxed(query, [term]) == And((Everything(), Field("from", "ann", 6)))
    assert relaxed(parse_query("-plan"), [term]) == Not(Not(Everything()))
    assert relaxed(parse_query("body:plan"), [term]) == Everything()
    files = parse_query("filename:plan")
    assert relaxed(files, [term]) == files
    assert relaxed(parse_query("other"), [term]) == Words("other")
    either = parse_query("plan OR from:ann")
    assert relaxed(either, []) == either


@pytest.mark.parametrize(
    ("query", "home"),
    [
        ("plan", True),
        ("account:work plan", False),
        ("account:HOME plan", True),
        ("-account:work plan", True),
        ("-account:home", False),
        ("account:work OR plan", True),
        ("-(account:home plan)", True),
    ],
)
def test_a_query_may_rule_an_account_out(query: str, home: bool) -> None:
    assert may_be_in(parse_query(query), "home") is home
