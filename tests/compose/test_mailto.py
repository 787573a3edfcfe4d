import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_mail.compose.mailto import draft_fields_of, is_mailto
from tui_mail.model.displayable import displayable, displayable_lines
from tui_mail.model.error import UsageError


def test_a_link_fills_the_fields_that_are_harmless() -> None:
    found = draft_fields_of(
        "mailto:a@x.example,b%2Bc@x.example?CC=d@x&subject=Hi%20there+you"
        "&body=One%0D%0ATwo&to=e@x&In-Reply-To=%3C1@x%3E"
    )
    assert found.to == "a@x.example, b+c@x.example, e@x"
    assert found.cc == "d@x"
    assert found.subject == "Hi there+you"
    assert found.body == "One\nTwo"
    assert found.in_reply_to == "1@x"
    assert found.ignored == ()


def test_files_blind_copies_and_other_fields_are_named_and_left_out() -> None:
    found = draft_fields_of(
        "mailto:x@y?attach=/etc/passwd&Attach=~/.ssh/id_rsa&bcc=e@v&%62cc=f@v"
        "&attachment=/x&From=z@z&body=%0D%0ABcc:%20e@v"
    )
    assert found.to == "x@y"
    assert found.ignored == ("attach", "bcc", "attachment", "from")
    assert found.body == "\nBcc: e@v"


def test_a_line_end_in_a_field_makes_no_other_field() -> None:
    found = draft_fields_of("mailto:x@y%0ABcc:e@v?subject=a%0D%0ABcc:e@v%00%1b[2J")
    assert found.to == "x@y Bcc:e@v"
    assert found.subject == "a Bcc:e@v␀␛[2J"


def test_links_that_a_page_escaped_twice_are_read() -> None:
    found = draft_fields_of("MAILTO:x@y?subject=a&amp;body=b")
    assert (found.subject, found.body) == ("a", "b")


def test_other_characters_and_encoded_words_are_decoded() -> None:
    found = draft_fields_of(
        "mailto:?to=j%C3%BC@x&subject=%3D%3Futf-8%3FQ%3Fcaf%3DC3%3DA9%3F%3D&body=%FF"
    )
    assert found.to == "jü@x"
    assert found.subject == "café"
    assert found.body == "\ufffd"


@pytest.mark.parametrize(
    "url", ["", "http://x", "x@y", "mailto", "mailto:" + "a" * 300_000]
)
def test_what_is_no_link_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        draft_fields_of(url)


def test_links_are_known_by_their_scheme() -> None:
    assert is_mailto("MailTo:x@y")
    assert not is_mailto("x@y")


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=100))
def test_whatever_a_link_says_can_be_shown(rest: str) -> None:
    found = draft_fields_of(f"mailto:{rest}&subject={rest}&body={rest}")
    for value in (found.to, found.cc, found.subject, *found.ignored):
        assert displayable(value) == value
    assert displayable_lines(found.body) == found.body
