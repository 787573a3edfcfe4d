import pytest

from tui_mail.compose.ancestry import MAX_IDS, threading_of
from tui_mail.mime.headers import parse_envelope
from tui_mail.model.message import Envelope


def test_an_answer_follows_the_references_of_its_parent() -> None:
    envelope = Envelope(message_id="3@x", references=("1@x", "2@x"), in_reply_to="2@x")
    assert threading_of(envelope) == ("3@x", ("1@x", "2@x", "3@x"))


def test_without_references_what_the_parent_answered_stands_there() -> None:
    assert threading_of(Envelope(message_id="3@x", in_reply_to="2@x")) == (
        "3@x",
        ("2@x", "3@x"),
    )
    assert threading_of(Envelope(message_id="3@x")) == ("3@x", ("3@x",))
    assert threading_of(Envelope()) == ("", ())


def test_of_many_references_the_first_and_the_last_stay() -> None:
    many = tuple(f"{number}@x" for number in range(99))
    parent, ids = threading_of(Envelope(message_id="own@x", references=many))
    assert len(ids) == MAX_IDS
    assert (ids[0], ids[-2], ids[-1]) == ("0@x", "98@x", "own@x")
    assert parent == "own@x"


def test_the_parent_stands_last_and_once() -> None:
    envelope = Envelope(message_id="1@x", references=("1@x", "2@x", "2@x"))
    assert threading_of(envelope)[1] == ("2@x", "1@x")


@pytest.mark.parametrize(
    "hostile",
    [
        "no-at-sign",
        "a@b@c",
        "a@b\r\nBcc:eve@evil",
        'a"b@c',
        "a,b@c",
        "a@b;c",
        "ü@x",
        f"{'a' * 300}@x",
        "@x",
        "x@",
        "a\x00@x",
    ],
)
def test_an_id_that_no_field_may_hold_is_left_out(hostile: str) -> None:
    envelope = Envelope(message_id=hostile, references=(hostile, "1@x"))
    assert threading_of(envelope) == ("", ("1@x",))
    raw = f"Message-ID: <{hostile}>\nReferences: <{hostile}> <1@x>\n\n".encode()
    assert threading_of(parse_envelope(raw))[1][:1] != (hostile,)
