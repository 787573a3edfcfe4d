from binascii import a2b_qp
from datetime import UTC, datetime

import pytest

from tui_mail.compose.bouncing import bounce
from tui_mail.compose.fields import FieldError
from tui_mail.compose.raw_header import cut_message
from tui_mail.mime.headers import all_fields
from tui_mail.model.error import MailError

NOW = datetime(2026, 11, 19, 11, 2, tzinfo=UTC)
ANN = "Änn Example <ann@example.org>"
MESSAGE = (
    b"Received: from x\r\n\tby y\r\nFrom: Bob <bob@there.example>\r\n"
    b"To: ann@example.org\r\nSubject: =?utf-8?q?B=C3=BCdget?=\r\nMessage-ID: <1@x>\r\n"
    b"DKIM-Signature: v=1; a=b\r\n\r\n.\r\nHello\r\n"
)


def test_a_bounced_message_is_as_it_was_below_the_resent_fields() -> None:
    sent = bounce(MESSAGE, "Carl <carl@there.example>, d@x.example", ANN, now=NOW)
    assert sent.octets.endswith(MESSAGE)
    assert all_fields(sent.octets.removesuffix(MESSAGE))[1:] == [
        ("Resent-From", ANN),
        ("Resent-To", "Carl <carl@there.example>, d@x.example"),
        ("Resent-Message-ID", f"<{sent.message_id}>"),
    ]
    assert sent.octets.startswith(b"Resent-Date: Thu, 19 Nov 2026 ")
    assert sent.message_id.endswith("@example.org")
    assert sent.sender == "ann@example.org"
    assert sent.recipients == ("carl@there.example", "d@x.example")
    assert sent.subject == "Büdget"
    assert (sent.in_reply_to, sent.blind, sent.needs_utf8) == ("", b"", False)


def test_a_message_bounced_again_keeps_the_fields_of_the_first_time() -> None:
    once = bounce(MESSAGE, "carl@there.example", ANN, now=NOW)
    twice = bounce(once.octets, "dora@there.example", ANN, now=NOW)
    assert twice.octets.endswith(once.octets)
    assert twice.message_id != once.message_id


def test_who_got_it_blindly_does_not_go_along() -> None:
    message = (
        b"From ann Thu Nov 19\nReturn-Path: <a@b>\nX-Tui-Mail-Draft: private\n"
        b"Bcc: eve@there.example,\n"
        b"\tfay@there.example\nbcc : x@y\nResent-Bcc: z@y\nSubject: x\n\nBcc: text\n"
    )
    sent = bounce(message, "carl@there.example", ANN, now=NOW)
    assert sent.octets.endswith(b"\r\nSubject: x\r\n\r\nBcc: text\r\n")
    for left_out in (b"eve", b"fay", b"Return-Path", b"X-Tui", b"From ann"):
        assert left_out not in sent.octets


def test_line_ends_become_those_of_mail() -> None:
    sent = bounce(b"Subject: x\n\na\rb\n.\r\nc", "c@x.example", ANN, now=NOW)
    assert sent.octets.endswith(b"\r\n\r\na\r\nb\r\n.\r\nc\r\n")


def test_what_cannot_be_sent_is_said() -> None:
    with pytest.raises(FieldError, match="To: nobody"):
        bounce(MESSAGE, " , ", ANN, now=NOW)
    with pytest.raises(FieldError, match=r"^To: .+ no @"):
        bounce(MESSAGE, "carl", ANN, now=NOW)
    with pytest.raises(MailError, match="NUL"):
        bounce(MESSAGE + b"a\0b", "c@x.example", ANN, now=NOW)


def test_lines_that_no_server_takes_are_written_anew() -> None:
    message = b"Subject: x\r\nX-Long: " + b"a b " * 400 + b"\r\n\r\n" + b"c " * 800
    sent = bounce(message, "c@x.example", ANN, now=NOW)
    assert max(map(len, sent.octets.split(b"\r\n"))) <= 998
    _, body = cut_message(sent.octets)
    assert a2b_qp(body).rstrip(b"\r\n") == b"c " * 800
    assert ("X-Long", ("a b " * 400).strip()) in all_fields(sent.octets)
    signed = (
        b"Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\n"
        + b"c" * 1_200
        + b"\r\n--s\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--s--\r\n"
    )
    with pytest.raises(MailError, match="signed"):
        bounce(signed, "c@x.example", ANN, now=NOW)
