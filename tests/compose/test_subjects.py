import pytest

from tui_mail.compose.subjects import MAX_SUBJECT, forward_subject, reply_subject
from tui_mail.model.displayable import Displayable, displayable


@pytest.mark.parametrize(
    "subject",
    [
        *("Budget", "Re: Budget", "RE: Budget", "re:Budget", "Re : Budget"),
        *("Re: RE: re: Budget", "RE[2]: Budget", "Re(3): Budget", "Re^2: Budget"),
        *("Aw: Budget", "AW: Re: Budget", "Antw: Budget", "Antwort: Budget"),
        *("Sv: Budget", "SV: SV: Budget", "VS: Budget", "Odp: Budget", "R: Budget"),
        *("RES: Budget", "Rép: Budget", "回复：Budget", "Re：Budget"),
    ],
)
def test_an_answer_has_one_re_whatever_stood_there(subject: str) -> None:
    assert reply_subject(Displayable(subject)) == "Re: Budget"


def test_what_only_looks_like_a_prefix_stays() -> None:
    for subject in ("Resist: now", "Area: 51", "Re", "Reply: x", "9:30", "Regarding"):
        assert reply_subject(Displayable(subject)) == f"Re: {subject}"
    assert reply_subject(Displayable("")) == "Re:"


def test_a_forwarded_message_is_answered_as_such() -> None:
    assert reply_subject(Displayable("Re: Fwd: Re: x")) == "Re: Fwd: Re: x"
    assert reply_subject(Displayable("Fwd: x")) == "Re: Fwd: x"


def test_the_name_of_a_list_stays_before_the_subject() -> None:
    assert reply_subject(Displayable("[words] Re: AW: x")) == "Re: [words] x"
    assert reply_subject(Displayable("Re: [words] Re: x")) == "Re: [words] x"
    assert reply_subject(Displayable("[PATCH 1/2] x")) == "Re: [PATCH 1/2] x"


def test_a_forwarded_subject_has_one_fwd() -> None:
    for subject in ("x", "Fwd: x", "FW: x", "WG: Fwd: x", "TR : x", "转发：x"):
        assert forward_subject(Displayable(subject)) == "Fwd: x"
    assert forward_subject(Displayable("Re: x")) == "Fwd: Re: x"


def test_a_hostile_subject_is_one_line_that_one_can_see() -> None:
    hostile = displayable("Re: a\r\nBcc: eve@evil.example\x1b]0;x\x07\u202e\x00b")
    subject = reply_subject(hostile)
    assert subject.isprintable()
    assert subject.startswith("Re: a Bcc: eve@evil.example␛]0;x␇␀b")
    assert len(reply_subject(Displayable("x" * 50_000))) == MAX_SUBJECT
    assert reply_subject(Displayable("Re:" * 30_000 + "x")) == "Re: x"
