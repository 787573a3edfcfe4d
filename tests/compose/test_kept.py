from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_mail.compose.draft import Attachment, Draft, FileSource, PartSource
from tui_mail.compose.kept import from_json, to_json
from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError
from tui_mail.model.ids import MessageNumber, PartId

ATTACHMENTS = (
    Attachment(displayable("a.pdf"), "application/pdf", 3, FileSource(Path("/x/\udcffa"))),
    Attachment(
        displayable(""),
        "message/rfc822",
        4,
        PartSource(MessageNumber(7), PartId("2.1")),
    ),
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.text(), st.booleans(), st.none() | st.integers(0, 9).map(MessageNumber))
def test_a_draft_comes_back_as_it_was(
    text: str, yes: bool, number: MessageNumber | None
) -> None:
    draft = Draft(
        "work",
        text,
        to=text,
        cc=text,
        bcc=text,
        reply_to=text,
        subject=text,
        body=text,
        attachments=ATTACHMENTS,
        in_reply_to="a@b",
        references=("a@b", "c@d"),
        parent=number,
        parent_flag="\\Answered",
        warn_private=yes,
        message=number,
    )
    written = to_json(draft)
    assert written.isascii()
    assert from_json(written) == draft


def test_what_another_version_wrote_is_read_as_far_as_it_goes() -> None:
    assert from_json('{"account":"a","sender":"b","new":1}') == Draft("a", "b")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"account":"a","sender":"b","attachments":[{}]}'],
)
def test_what_is_no_draft_is_said_to_be_none(text: str) -> None:
    with pytest.raises(MailError):
        from_json(text)
