import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.store.folding import folded, words_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GRÜSSE", "grüße"),
        ("Ünïcödé", "unicode"),
        ("ΟΔΟΣ", "οδος"),
        ("ПРИВЕТ", "привет"),
        ("İSTANBUL", "istanbul"),
        ("ISTANBUL", "ıstanbul"),
        ("ＦＵＬＬ width", "full WIDTH"),
        ("ｶﾞ", "ガ"),
        ("ĐỖ Øre Łódź", "do ore lodz"),
        ("ﬁne", "FINE"),
        ("Ⴀ", "ⴀ"),
        ("ԱԲԳ", "աբգ"),
        ("e\u0301", "é"),
    ],
)
def test_words_are_the_same_whatever_their_case_accents_and_forms(
    one: str, other: str
) -> None:
    assert words_of(one) == words_of(other)


def test_signs_part_words() -> None:
    assert words_of("Re: [list] a_b, don't x@y.org!") == [
        *("re", "list", "a", "b", "don", "t", "x", "y", "org")
    ]


def test_characters_that_are_written_without_spaces_are_words_each() -> None:
    assert words_of("東京tokyo 한국") == ["東", "京", "tokyo", "한", "국"]
    assert words_of("がか") == ["が", "か"]


def test_a_text_without_words_is_folded_to_nothing() -> None:
    assert folded("... !") == ""
    assert folded("Hello, World") == " hello world "


@given(st.text())
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text())
def test_the_case_makes_no_difference(text: str) -> None:
    for other in (text.lower(), text.casefold()):
        assert folded(other) == folded(text)


@given(st.text())
def test_only_letters_and_digits_are_left(text: str) -> None:
    for word in words_of(text):
        assert word
        assert not any(one.isspace() for one in word)
