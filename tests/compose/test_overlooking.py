from dataclasses import replace

import pytest

from tests.compose.originals import ANN, SIGNATURE, original_of
from tui_mail.compose.draft import Attachment, Draft, PartSource
from tui_mail.compose.forwarding import forward_attached, forward_inline
from tui_mail.compose.replying import reply
from tui_mail.compose.warnings import MANY, overlooked, own_words
from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import MessageNumber, PartId

FINE = Draft(
    account="work",
    sender=ANN.sender,
    to="bob@there.example",
    subject="Plan",
    body="Hello Bob\n" + SIGNATURE,
)
BOB = "From: Bob <bob@there.example>\nSubject: x\nMessage-ID: <1@x>\n\n"


def said(draft: Draft) -> str:
    return "\n".join(overlooked(draft, ANN))


def test_a_message_that_lacks_nothing_is_not_remarked() -> None:
    assert said(FINE) == ""
    assert said(replace(FINE, sender="Ann <any@ann.example>")) == ""


@pytest.mark.parametrize(
    "words",
    [
        *(
            "I attached the plan",
            "see the attachment.",
            "Attached: plan",
            "enclosed is",
        ),
        *(
            "anbei der Plan",
            "Im Anhang der Plan",
            "siehe Anhang: im Anhang",
            "angehängt",
        ),
        *("beigefügte Datei", "zie bijlage", "bijgevoegd het plan"),
        *(
            "ci-joint le plan",
            "la pièce jointe",
            "en pièce jointe",
            "deux pièces jointes",
        ),
        *("adjunto el plan", "los archivos adjuntos", "in allegato il piano", "Allego"),
        *("segue anexo", "em anexo o plano", "bifogad fil", "se bilagan", "vedhæftet"),
        *("w załączniku plan", "załączam", "v příloze", "liitteenä", "прилагаю"),
        *("ekte bulabilirsiniz", "I'll attach it", "siehe Anhang.", "во вложении план"),
        *("见附件", "添付します", "파일을 첨부합니다"),
    ],
)
def test_a_promised_attachment_that_is_not_there_is_remarked(words: str) -> None:
    draft = replace(FINE, body=f"Hello,\n{words}\n{SIGNATURE}")
    assert "nothing is attached" in said(draft)
    attached = Attachment(
        Displayable("a"), "text/plain", 1, PartSource(MessageNumber(1), PartId("1"))
    )
    assert said(replace(draft, attachments=(attached,))) == ""


@pytest.mark.parametrize(
    "words",
    [
        "a heart attack",
        "detached",
        "reattaching nothing",
        "kibijlagex",
        "joint",
        "ekte vare",
    ],
)
def test_words_that_promise_nothing_are_not_remarked(words: str) -> None:
    assert said(replace(FINE, body=f"{words}\n")) == ""


def test_a_promise_counts_in_one_s_own_words_only() -> None:
    quoted = "Fine.\n\nOn Monday, Bob attached wrote:\n> see attachment\n"
    assert said(replace(FINE, body=quoted + "\n-- \nattached to Ann\n")) == ""
    assert said(reply(original_of(BOB + "It is attached.\n"), ANN)) == (
        "There is no text of yours in it."
    )
    assert said(forward_inline(original_of(BOB + "It is attached.\n"), ANN)) == ""
    assert "nothing is attached" in said(replace(FINE, subject="The attached plan"))
    assert said(replace(FINE, subject="Re: attached")) == ""
    assert said(replace(FINE, subject="Fwd: attached")) == ""


def test_what_is_empty_is_remarked() -> None:
    assert said(replace(FINE, subject=" ")) == "It has no subject."
    empty = "There is no text of yours in it."
    assert said(replace(FINE, body="\n" + SIGNATURE)) == empty
    assert said(replace(FINE, body="")) == empty
    assert said(forward_attached([original_of(BOB)], ANN)) == ""


def test_a_private_answer_to_a_list_is_remarked() -> None:
    assert "mailing list" in said(replace(FINE, warn_private=True))


def test_many_addresses_that_all_can_see_are_remarked() -> None:
    many = ", ".join(f"m{n}@there.example" for n in range(MANY))
    assert f"{MANY} recipients" in said(replace(FINE, to=many))
    assert f"{MANY + 1} recipients" in said(replace(FINE, cc=many))
    assert said(replace(FINE, bcc=many)) == ""


def test_a_sender_that_is_not_the_account_s_is_remarked() -> None:
    strange = replace(FINE, sender="ann@home.example")
    assert said(strange) == "ann@home.example is none of this account's addresses."


def test_own_words_are_between_the_quotes_and_above_the_signature() -> None:
    assert own_words("a\n> b\nc\n-- \nd\n") == "a\nc"
