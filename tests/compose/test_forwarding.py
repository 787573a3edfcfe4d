import pytest

from tests.compose.originals import ANN, SIGNATURE, original_of
from tui_mail.compose.draft import PartSource
from tui_mail.compose.forwarding import forward_attached, forward_inline
from tui_mail.model.ids import MessageNumber, PartId

HEAD = (
    "From: Bob Baker <bob@there.example>\nTo: shop@ann.example\nCc: c@x.example\n"
    "Date: Thu, 19 Nov 2026 11:02:00 +0100\nSubject: Budget\nMessage-ID: <1@x>\n"
)
MIXED = (
    HEAD
    + """Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/related; boundary=r

--r
Content-Type: text/html

<p>See the picture</p>
--r
Content-Type: image/png; name=shot.png
Content-ID: <shot@x>
Content-Disposition: inline

{picture}
--r
Content-Type: image/gif; name=dot.gif
Content-ID: <dot@x>

tiny
--r--
--m
Content-Type: application/pdf; name="=?utf-8?q?caf=C3=A9.pdf?="
Content-Disposition: attachment
Content-Transfer-Encoding: base64

AAAA
--m
Content-Type: message/rfc822

Subject: inner
Content-Type: multipart/mixed; boundary=i

--i
Content-Type: application/zip; name=inner.zip

zip
--i--
--m--
"""
).replace("{picture}", "x" * 5_000)


def test_a_forwarded_message_stands_below_its_head() -> None:
    draft = forward_inline(original_of(HEAD + "\nAll of it.\n\n-- \nBob\n"), ANN)
    assert draft.subject == "Fwd: Budget"
    assert draft.to == ""
    assert draft.sender == "Ann Example <shop@ann.example>"
    assert draft.body == (
        "\n\n---------- Forwarded message ----------\n"
        "From: Bob Baker <bob@there.example>\n"
        "Date: Thu, 19 Nov 2026 11:02:00 +0100\n"
        "Subject: Budget\nTo: shop@ann.example\nCc: c@x.example\n\n"
        "All of it.\n\n-- \nBob\n" + SIGNATURE
    )
    assert (draft.parent, draft.parent_flag) == (7, "$Forwarded")
    assert (draft.in_reply_to, draft.references) == ("", ())


def test_attachments_and_pictures_go_along() -> None:
    draft = forward_inline(original_of(MIXED), ANN)
    assert [(one.name, one.type) for one in draft.attachments] == [
        ("shot.png", "image/png"),
        ("café.pdf", "application/pdf"),
        ("", "message/rfc822"),
    ]
    assert [one.source for one in draft.attachments] == [
        PartSource(MessageNumber(7), PartId(part)) for part in ("1.2", "2", "3")
    ]
    assert draft.attachments[1].size == 3
    assert "See the picture" in draft.body


@pytest.mark.parametrize("name", ["/home/bob/plan.ps", r"C:\\Bob\\plan.ps"])
def test_a_file_goes_along_without_the_folder_where_it_lay(name: str) -> None:
    content = f'Content-Type: application/postscript; name="{name}"\n'
    draft = forward_inline(original_of(f"{content}\n%!\n"), ANN)
    assert [one.name for one in draft.attachments] == ["plan.ps"]


def test_long_lists_of_recipients_are_folded_and_cut() -> None:
    many = ", ".join(f"member{n}@there.example" for n in range(500))
    body = forward_inline(original_of(f"From: a@b\nTo: {many}\n\nx\n"), ANN).body
    assert "and 400 more" in body
    assert max(map(len, body.splitlines())) <= 72


def test_messages_are_forwarded_whole() -> None:
    one = original_of(HEAD + "\nx\n", number=7)
    draft = forward_attached([one], ANN)
    assert draft.subject == "Fwd: Budget"
    assert draft.body == "\n" + SIGNATURE
    assert (draft.parent, draft.parent_flag) == (7, "$Forwarded")
    [attached] = draft.attachments
    assert (attached.name, attached.type) == ("", "message/rfc822")
    assert attached.size == len(HEAD) + 3
    assert attached.source == PartSource(MessageNumber(7), PartId(""))

    draft = forward_attached([one, original_of(HEAD + "\ny\n", number=9)], ANN)
    assert draft.subject == "Fwd: 2 messages"
    assert [one.source for one in draft.attachments] == [
        PartSource(MessageNumber(number), PartId("")) for number in (7, 9)
    ]
    assert (draft.parent, draft.parent_flag) == (None, "")


@pytest.mark.parametrize("message", ["", "\n", "Subject: x\n", "\nonly text\n"])
def test_a_message_of_almost_nothing_can_be_forwarded(message: str) -> None:
    assert "Forwarded message" in forward_inline(original_of(message), ANN).body
