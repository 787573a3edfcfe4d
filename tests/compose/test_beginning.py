from tests.compose.originals import ANN, SIGNATURE
from tui_mail.compose.beginning import new_message
from tui_mail.compose.signature import signed_anew, with_signature


def test_a_new_message_has_room_above_the_signature() -> None:
    draft = new_message(ANN)
    assert draft.account == "work"
    assert draft.sender == "Ann Example <ann@example.org>"
    assert draft.body == "\n" + SIGNATURE
    assert (draft.to, draft.parent, draft.message) == ("", None, None)


def test_a_new_message_may_begin_with_words() -> None:
    assert new_message(ANN, to="b@x", body="Hi").body == "Hi\n" + SIGNATURE
    assert new_message(ANN, body="Hi\n").body == "Hi\n" + SIGNATURE


def test_a_signature_has_its_mark_once() -> None:
    for signature in ("Ann", "\nAnn\n\n", "-- \nAnn\n", "--\nAnn"):
        assert with_signature("a\n", signature) == "a\n\n-- \nAnn\n"
    for nothing in ("", "\n", "  \n"):
        assert with_signature("a\n", nothing) == "a\n"


def test_a_signature_takes_the_place_of_another() -> None:
    assert signed_anew("a\n\n-- \nAnn\n", "Ann", "Ann, home") == "a\n\n-- \nAnn, home\n"
    assert signed_anew("a\n\n-- \nAnn\n", "Ann", "") == "a\n"
    assert signed_anew("a", "", "Ann") == "a\n\n-- \nAnn\n"
    assert signed_anew("\n-- \nAnn\n", "Ann", "Bo") == "\n\n-- \nBo\n"
    changed = "a\n\n-- \nAnn, away\n"
    assert signed_anew(changed, "Ann", "Bo") == changed
