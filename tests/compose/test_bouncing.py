from datetime import UTC, datetime

import pytest

from tui_mail.compose.bouncing import bounce
from tui_mail.compose.fields import FieldError
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
    fields = all_fields(sent.octets.removesuffix(MESSAGE))
    assert [name for name, _ in fields] == [
        *("Resent-Date", "Resent-From", "Resent-To", "Resent-Message-ID"),
    ]
    assert dict(fields)["Resent-From"] == ANN
    assert dict(fields)["Resent-To"] == "Carl <carl@there.example>, d@x.example"
    assert dict(fields)["Resent-Message-ID"] == f"<{sent.message_id}>"
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
        b"From ann Thu Nov 19\nReturn-Path: <a@b>\nBcc: eve@there.example,\n"
        b"\tfay@there.example\nbcc : x@y\nResent-Bcc: z@y\nSubject: x\n\nBcc: text\n"
    )
    sent = bounce(message, "carl@there.example", ANN, now=NOW)
    assert sent.octets.endswith(b"\r\nSubject: x\r\n\r\nBcc: text\r\n")
    assert b"eve" not in sent.octets and b"fay" not in sent.octets
    assert b"Return-Path" not in sent.octets and b"From ann" not in sent.octets


def test_line_ends_become_those_of_mail() -> None:
    sent = bounce(b"Subject: x\n\na\rb\n.\r\nc", "c@x.example", ANN, now=NOW)
    assert sent.octets.endswith(b"\r\n\r\na\r\nb\r\n.\r\nc")


def test_what_cannot_be_sent_is_said() -> None:
    with pytest.raises(FieldError, match="To: nobody"):
        bounce(MESSAGE, " , ", ANN, now=NOW)
    with pytest.raises(FieldError, match="To: .*no @"):
        bounce(MESSAGE, "carl", ANN, now=NOW)
    for body in (b"a\0b", b"a" * 999):
        with pytest.raises(MailError, match="forward it attached"):
            bounce(MESSAGE + body, "c@x.example", ANN, now=NOW)
