import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.flags import SEEN, canonical, is_keyword, shown

FLAGS = st.frozensets(st.sampled_from(["\\Seen", "\\Flagged", "$Junk", "work"]))


@given(FLAGS)
def test_without_wishes_the_servers_flags_are_shown(server: frozenset[str]) -> None:
    assert shown(server, (), ()) == server


@given(FLAGS, FLAGS, FLAGS)
def test_what_is_taken_off_is_never_shown(
    server: frozenset[str], added: frozenset[str], removed: frozenset[str]
) -> None:
    seen = shown(server, added, removed)
    assert not seen & removed
    assert added - removed <= seen


@given(FLAGS, FLAGS, FLAGS)
def test_laying_the_same_wishes_over_twice_changes_nothing(
    server: frozenset[str], added: frozenset[str], removed: frozenset[str]
) -> None:
    once = shown(server, added, removed)
    assert shown(once, added, removed) == once


@given(FLAGS, FLAGS, FLAGS)
def test_a_settled_wish_shows_what_it_showed_before(
    server: frozenset[str], added: frozenset[str], removed: frozenset[str]
) -> None:
    before = shown(server, added, removed)
    taken = (server | added) - removed
    assert shown(taken, (), ()) == before


@given(FLAGS)
def test_edits_of_two_people_to_different_flags_both_survive(
    server: frozenset[str],
) -> None:
    theirs = server | {"theirs"}
    assert {"theirs", "mine"} <= shown(theirs, ("mine",), ())


def test_flags_are_compared_without_case() -> None:
    assert canonical("\\sEEN") == SEEN
    assert canonical("$JUNK") == "$Junk"
    assert canonical("Work") == "Work"


@pytest.mark.parametrize("word", ["work", "$Forwarded", "a-b_c.d", "!"])
def test_an_atom_may_be_a_keyword(word: str) -> None:
    assert is_keyword(word)


@pytest.mark.parametrize(
    "word", ["", "a b", "\\Seen", "a]", 'a"', "a(", "a\r\nX", "ü", "a*", "a%", "a{"]
)
def test_no_other_word_may_be_a_keyword(word: str) -> None:
    assert not is_keyword(word)
