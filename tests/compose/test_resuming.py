from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.compose.originals import ANN, original_of
from tui_mail.compose.draft import Attachment, Draft, FileSource, PartSource
from tui_mail.compose.replying import reply
from tui_mail.compose.resuming import edit_as_new, resume
from tui_mail.compose.serialise import draft_octets
from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import MessageNumber, PartId

NOW = datetime(2026, 11, 19, 11, 2, tzinfo=UTC)
HEAD = (
    "From: Ann <ann.other@example.net>\nTo: Bob <bob@there.example>\n"
    "Cc: c@x.example\nBcc: d@x.example\nReply-To: e@x.example\nSubject: Plan\n"
    "Message-ID: <3@x>\nIn-Reply-To: <2@x>\nReferences: <1@x> <2@x>\n"
)


def kept_and_resumed(draft: Draft) -> Draft:
    octets = draft_octets(draft, lambda one: b"x" * one.size, now=NOW)
    resumed = resume(original_of(octets, number=9), ANN)
    assert resumed.warnings == ()
    return resumed.draft


def test_a_draft_that_was_kept_comes_back_as_it_was_typed() -> None:
    parent = "From: Bob <bob@there.example>\nMessage-ID: <2@x>\n\n" + "long words " * 30
    answer = replace(
        reply(original_of(parent), ANN),
        cc='"Doe, J." <j@x.example>, Jürgen <j@ü.example>',
        bcc="unfinished, but",
        reply_to="me@x.example",
        subject="Grüße",
        body="\n\nFrom me: hello \n\n> quoted\n\ttab   and spaces  \n\n-- \nAnn\n\n",
        warn_private=True,
    )
    resumed = kept_and_resumed(answer)
    expected = replace(
        answer,
        cc='"Doe, J." <j@x.example>, Jürgen <j@xn--tda.example>',
        parent=None,
        message=MessageNumber(9),
    )
    assert resumed == expected


def test_an_empty_draft_comes_back_empty() -> None:
    empty = Draft(account="work", sender=ANN.sender, body="\n")
    assert kept_and_resumed(empty) == replace(empty, message=MessageNumber(9))


def test_attachments_of_a_draft_are_parts_of_it() -> None:
    attached = tuple(
        Attachment(Displayable(name), kind, size, FileSource(Path("/nowhere")))
        for name, kind, size in (
            ("é.pdf", "application/pdf", 300),
            ("a.txt", "text/plain", 20),
        )
    )
    draft = Draft(account="work", sender=ANN.sender, body="a\n", attachments=attached)
    resumed = kept_and_resumed(draft)
    assert resumed.body.rstrip("\n") == "a"
    assert [(one.name, one.type, one.source) for one in resumed.attachments] == [
        ("é.pdf", "application/pdf", PartSource(MessageNumber(9), PartId("2"))),
        ("a.txt", "text/plain", PartSource(MessageNumber(9), PartId("3"))),
    ]


def test_a_draft_says_to_whom_what_in_which_conversation() -> None:
    draft = resume(original_of(HEAD + "\nHello\n"), ANN).draft
    assert draft.sender == "Ann <ann.other@example.net>"
    assert (draft.to, draft.cc) == ("Bob <bob@there.example>", "c@x.example")
    assert (draft.bcc, draft.reply_to) == ("d@x.example", "e@x.example")
    assert (draft.subject, draft.body) == ("Plan", "Hello\n")
    assert (draft.in_reply_to, draft.references) == ("2@x", ("1@x", "2@x"))
    assert draft.parent_flag == "\\Answered"
    assert draft.message == 7


@pytest.mark.parametrize(
    ("client", "body", "formatted"),
    [
        (
            "X-Mozilla-Draft-Info: internal/draft; vcard=0\nUser-Agent: Thunderbird\n"
            "Content-Type: text/plain; charset=UTF-8; format=flowed\n",
            "Hello \nBob,\n\n sincerely\n",
            False,
        ),
        (
            "X-Gm-Message-State: x\n"
            'Content-Type: multipart/alternative; boundary="g"\n',
            "--g\nContent-Type: text/plain\n\nHello Bob,\n\nsincerely\n--g\n"
            "Content-Type: text/html\n\n<div>Hello Bob,</div>\n--g--\n",
            True,
        ),
        (
            "X-Uniform-Type-Identifier: com.apple.mail-draft\n"
            "Content-Type: text/plain; charset=us-ascii\n"
            "Content-Transfer-Encoding: quoted-printable\n",
            "Hello =\nBob,\n\nsincerely\n",
            False,
        ),
        (
            "X-Mutt-PGP: S\nContent-Type: text/plain\n",
            "Hello Bob,\n\nsincerely\n",
            False,
        ),
        (
            "X-Unsent: 1\nContent-Type: text/html; charset=utf-8\n",
            "<html><body><p>Hello Bob,</p><p>sincerely</p></body></html>\n",
            True,
        ),
    ],
)
def test_drafts_of_other_clients_are_resumed(
    client: str, body: str, formatted: bool
) -> None:
    resumed = resume(original_of(f"{HEAD}{client}\n{body}"), ANN)
    text = resumed.draft.body.replace("Hello \nBob", "Hello Bob").rstrip("\n")
    assert text == "Hello Bob,\n\nsincerely"
    assert resumed.draft.bcc == "d@x.example"
    assert any("formatting" in line for line in resumed.warnings) is formatted


def test_flowed_paragraphs_are_broken_so_that_they_flow_again() -> None:
    text = "words and words \n" * 20 + "end\n"
    flowed = "Content-Type: text/plain; format=flowed\n\n" + text
    lines = resume(original_of(HEAD + flowed), ANN).draft.body.splitlines()
    assert len(lines) == 5
    assert all(line.endswith(" ") and len(line) <= 73 for line in lines[:-1])
    assert " ".join(lines).split() == text.split()


def test_what_is_not_known_of_a_draft_is_said() -> None:
    original = replace(original_of(HEAD + "\nHello\n"), structure=None, plain=None)
    resumed = resume(original, ANN)
    assert resumed.draft.body == "Hello\n"
    assert "attachments" in resumed.warnings[0]
    assert resume(replace(original, text=None), ANN).draft.body == ""


def test_a_new_message_has_all_of_another_and_nothing_of_its_conversation() -> None:
    draft = edit_as_new(original_of(HEAD + "\nHello\n"), ANN).draft
    assert draft == Draft(
        account="work",
        sender="Ann Example <Ann.Other@example.net>",
        to="Bob <bob@there.example>",
        cc="c@x.example",
        bcc="d@x.example",
        reply_to="e@x.example",
        subject="Plan",
        body="Hello\n",
    )


def test_somebody_else_s_message_edited_as_new_comes_from_oneself() -> None:
    foreign = (
        "From: bob@there.example\nReply-To: b@x.example\nBcc: e@x.example\n"
        "To: shop@ann.example\n"
        "Content-Type: multipart/mixed; boundary=m\n\n--m\n\nText\n--m\n"
        "Content-Type: image/png; name=a.png\n\nx\n--m--\n"
    )
    draft = edit_as_new(original_of(foreign), ANN).draft
    assert draft.sender == "Ann Example <shop@ann.example>"
    assert draft.to == "shop@ann.example"
    assert (draft.bcc, draft.reply_to) == ("", "")
    assert [one.name for one in draft.attachments] == ["a.png"]
