import time
from datetime import UTC

import pytest

from tests.compose.originals import ANN, SIGNATURE, original_of
from tui_mail.compose.replying import reply, reply_to_all, reply_to_list
from tui_mail.model.error import MailError

FROM_BOB = "From: Bob Baker <bob@there.example>\n"
LIST = (
    FROM_BOB + "To: Words <words@lists.example>\nCc: carl@there.example\n"
    "List-Id: Words <words.lists.example>\n"
)
POST = "List-Post: <mailto:words@lists.example>\n"


def answered(headers: str) -> str:
    return reply(original_of(f"{headers}\nHello\n"), ANN).to


def all_answered(headers: str) -> tuple[str, str]:
    draft = reply_to_all(original_of(f"{headers}\nHello\n"), ANN)
    return draft.to, draft.cc


def test_a_reply_goes_to_the_author() -> None:
    assert answered(FROM_BOB + "To: ann@example.org\n") == (
        "Bob Baker <bob@there.example>"
    )


def test_a_reply_goes_to_reply_to() -> None:
    headers = FROM_BOB + 'Reply-To: "Baker, B" <b@other.example>, bob@there.example\n'
    assert answered(headers) == '"Baker, B" <b@other.example>, bob@there.example'


def test_a_reply_to_a_group_or_to_nobody_goes_to_the_author() -> None:
    assert "bob@" in answered(FROM_BOB + "Reply-To: undisclosed-recipients:;\n")
    assert "bob@" in answered(FROM_BOB + "Reply-To: =?utf-8?q?nobody?=\n")


def test_a_reply_goes_where_the_author_alone_is_reached() -> None:
    headers = FROM_BOB + "Reply-To: words@lists.example\nMail-Reply-To: b@x.example\n"
    assert answered(headers) == "b@x.example"


def test_an_encoded_address_never_becomes_another_domain() -> None:
    headers = 'From: "=?b?a@b.example?=" <=?b?a@b.example?==?Q?=00=0A?=@evil.example>\n'
    assert answered(headers).rstrip(">").endswith("@evil.example")


def test_a_reply_without_any_sender_has_an_empty_to() -> None:
    assert answered("Subject: x\n") == ""


def test_a_reply_to_all_of_nobody_in_particular_goes_to_the_others() -> None:
    headers = "From: MAILER DAEMON <>\nTo: ann@example.org, carl@there.example\n"
    assert all_answered(headers) == ("carl@there.example", "")


def test_an_author_that_cannot_be_written_to_is_shown_as_it_is() -> None:
    assert answered("From: root\nReply-To: <>\n") == "root"


def test_a_reply_to_what_one_sent_goes_to_who_got_it() -> None:
    own = "From: Ann <ann@example.org>\nTo: bob@there.example\nCc: carl@there.example\n"
    assert answered(own) == "bob@there.example"
    assert all_answered(own) == ("bob@there.example", "carl@there.example")
    by_alias = "From: shop@ann.example\nTo: ann@example.org\nCc: carl@there.example\n"
    assert answered(by_alias) == "carl@there.example"


def test_a_form_that_writes_as_oneself_is_answered_to_who_filled_it_in() -> None:
    form = (
        "From: ann@example.org\nTo: ann@example.org\nReply-To: eve@customer.example\n"
    )
    assert answered(form) == "eve@customer.example"


def test_a_note_to_oneself_is_answered_to_oneself() -> None:
    note = "From: ann@example.org\nTo: ann@example.org\n"
    assert answered(note) == "ann@example.org"
    assert all_answered(note) == ("ann@example.org", "")


def test_a_reply_to_all_leaves_oneself_out_and_names_each_once() -> None:
    headers = FROM_BOB + (
        "To: ann@example.org, Bob <BOB@there.example>, Dora <dora@there.example>\n"
        "Cc: ANN.other@EXAMPLE.net, any@ann.example, dora@there.example,\n"
        " Ann <ann@home.example>, team: carl@there.example, ann@example.org;\n"
    )
    assert all_answered(headers) == (
        "Bob Baker <bob@there.example>",
        "Dora <dora@there.example>, carl@there.example",
    )


def test_a_reply_to_all_of_a_list_that_put_itself_in_reply_to_reaches_the_author() -> (
    None
):
    headers = LIST + POST + "Reply-To: words@lists.example\n"
    assert answered(headers) == "words@lists.example"
    assert all_answered(headers) == (
        "Bob Baker <bob@there.example>, words@lists.example",
        "carl@there.example",
    )


def test_a_reply_to_all_follows_mail_followup_to() -> None:
    headers = LIST + POST + "Mail-Followup-To: words@lists.example, ann@example.org\n"
    assert all_answered(headers) == ("words@lists.example", "")
    assert answered(headers) == "Bob Baker <bob@there.example>"


@pytest.mark.parametrize(
    "followup",
    [
        "eve@evil.example",
        "ann@example.org",
        "",
        "undisclosed:;",
        ", ".join(f"m{n}@lists.example" for n in range(31)) + ", words@lists.example",
    ],
)
def test_a_mail_followup_to_that_leads_elsewhere_is_not_followed(followup: str) -> None:
    to, cc = all_answered(LIST + POST + f"Mail-Followup-To: {followup}\n")
    assert to == "Bob Baker <bob@there.example>"
    assert cc == "Words <words@lists.example>, carl@there.example"


@pytest.mark.parametrize(
    "post",
    [
        POST,
        "List-Post: <https://lists.example/new>, <mailto:words@lists.example?subject=x>\n",
        "List-Post: <mailto:words%40lists.example> (moderated)\n",
        "",
        "X-BeenThere: words@lists.example\n",
    ],
)
def test_a_reply_to_the_list_goes_to_the_list_alone(post: str) -> None:
    draft = reply_to_list(original_of(LIST + post + "\nHello\n"), ANN)
    assert (draft.to, draft.cc) == ("words@lists.example", "")
    assert not draft.warn_private


def test_a_reply_to_the_list_asks_for_a_list() -> None:
    with pytest.raises(MailError, match="no mailing list"):
        reply_to_list(original_of(FROM_BOB + "To: ann@example.org\n\nHello\n"), ANN)
    with pytest.raises(MailError, match="nobody may write"):
        reply_to_list(original_of(LIST + "List-Post: NO\n\nHello\n"), ANN)
    with pytest.raises(MailError, match="no mailing list"):
        reply_to_list(
            original_of(FROM_BOB + "List-Post: <mailto:a@b,c@d>\n\nHello\n"), ANN
        )


def test_links_without_an_end_take_no_time() -> None:
    begun = time.process_time()
    all_answered(FROM_BOB + "List-Post: " + "<mailto:aaa" * 9_000 + "\n")
    assert time.process_time() - begun < 5


def test_a_reply_to_the_author_alone_of_what_came_by_a_list_is_remarked() -> None:
    def private(headers: str) -> bool:
        return reply(original_of(f"{headers}\nHello\n"), ANN).warn_private

    assert private(LIST + POST)
    assert private(LIST)
    assert not private(LIST + POST + "Reply-To: words@lists.example\n")
    assert not private(FROM_BOB + "List-Id: <news.shop.example>\n")
    assert not private(LIST + "List-Post: NO\n")
    assert not private("From: ann@example.org\nTo: words@lists.example\n" + POST)
    assert not reply_to_all(original_of(LIST + POST + "\nHello\n"), ANN).warn_private


def test_an_answer_names_its_parent_and_what_that_gets() -> None:
    draft = reply(
        original_of(FROM_BOB + "Message-ID: <2@x>\nReferences: <1@x>\n\nHi\n"), ANN
    )
    assert draft.account == "work"
    assert draft.sender == "Ann Example <ann@example.org>"
    assert draft.in_reply_to == "2@x"
    assert draft.references == ("1@x", "2@x")
    assert (draft.parent, draft.parent_flag) == (7, "\\Answered")


def test_an_answer_has_room_above_the_quote_and_the_signature_below() -> None:
    message = (
        FROM_BOB
        + "Subject: Lunch\nDate: Thu, 19 Nov 2026 11:02:00 +0000\n\nAt noon?\n\n-- \nB\n"
    )
    draft = reply(original_of(message), ANN, zone=UTC)
    assert draft.subject == "Re: Lunch"
    assert draft.body == (
        "\n\nOn Thu, 19 Nov 2026 at 11:02, Bob Baker wrote:\n> At noon?\n" + SIGNATURE
    )


def test_an_answer_to_a_message_without_text_quotes_nothing() -> None:
    assert reply(original_of(FROM_BOB + "\n"), ANN).body == "\n" + SIGNATURE


def test_marks_of_direction_are_not_answered_by_their_names() -> None:
    message = (
        "From: \u200f\u05d0\u05d1 <a@x.example>\nSubject: \u202b\u05d2\u202c\n\n"
        "\u200f\u05d3!\n"
    )
    draft = reply(original_of(message), ANN)
    assert draft.to == "\u05d0\u05d1 <a@x.example>"
    assert draft.subject == "Re: \u05d2"
    assert draft.body.startswith("\n\n\u05d0\u05d1 wrote:\n> \u05d3!\n")
