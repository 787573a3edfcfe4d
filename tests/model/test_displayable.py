import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.displayable import displayable, displayable_lines

CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("code", CONTROLS)
def test_no_control_character_passes(code: int) -> None:
    flat = displayable(f"a{chr(code)}[2Jb")
    assert flat.startswith("a")
    assert flat.endswith("[2Jb")
    assert chr(code) not in flat
    lines = displayable_lines(f"a{chr(code)}b")
    assert not set(lines) & {chr(c) for c in CONTROLS} - {"\n", "\t"}


def test_an_escape_is_seen_as_its_picture() -> None:
    assert displayable("a\x1b]0;title\x07b") == "a␛]0;title␇b"


@pytest.mark.parametrize("character", BIDI)
def test_a_direction_control_is_seen_by_its_name(character: str) -> None:
    flat = displayable(f"gpj{character}exe")
    assert flat.startswith("gpj‹")
    assert flat.endswith("›exe")


def test_a_line_end_in_one_line_is_a_space() -> None:
    assert displayable("a\r\n b\u2028c\x85d") == "a b c d"


def test_what_is_dropped_leaves_no_two_spaces() -> None:
    assert displayable("a \u00ad b") == "a b"


def test_line_ends_of_every_kind_are_one_kind() -> None:
    assert displayable_lines("a\r\nb\rc\x85d\u2029e") == "a\nb\nc\nd\ne"


def test_a_lone_surrogate_can_be_written_out_afterwards() -> None:
    assert displayable("a\ud800b").encode() == "a\ufffdb".encode()


def test_the_scripts_of_mail_stay_as_they_are() -> None:
    text = "Grüße 日本語 שלום مرحبا 👩‍💻 é"
    assert displayable(text) == text


@given(st.text())
def test_what_is_displayable_stays_as_it_is(text: str) -> None:
    once = displayable(text)
    assert displayable(once) == once
    lines = displayable_lines(text)
    assert displayable_lines(lines) == lines


@given(st.text(st.characters()))
def test_nothing_but_visible_text_comes_out(text: str) -> None:
    for character in displayable_lines(text):
        assert character in "\n\t" or unicodedata.category(character) != "Cc"
        assert character not in BIDI
        assert not 0xD800 <= ord(character) <= 0xDFFF
