"""Whatever a message holds: what is written about it has our fields, and no others."""

from base64 import b64encode
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compose.answering import (
    OURS,
    check_all_about,
    check_sent,
    drafts_about,
)
from tests.compose.originals import original_of

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
SAMPLE = 25
"""Of so many messages of the corpus, one is answered; all of them take minutes."""

EVIL = "a\r\nBcc: eve@evil.example\r\nX-Evil: yes\r\n\r\nevil"
PAYLOADS = {
    "line ends in quoted-printable": "=?utf-8?q?" + "".join(
        f"={code:02X}" for code in EVIL.encode()
    ) + "?=",
    "line ends in base64": f"=?utf-8?b?{b64encode(EVIL.encode()).decode()}?=",
    "a folded field": "a\r\n Bcc: eve@evil.example",
    "a bare return": "a\rBcc: eve@evil.example\rX-Evil: yes",
    "a vertical tab and others": "a\x0bBcc: eve\x0c\x1c\x85X-Evil: yes\u2028x",
    "octets of no charset": "\udcff\udcfe a\x00b\x1b]0;x\x07",
    "directions": "invoice\u202efdp.exe\u2066",
    "quotes and brackets": '"\\"<a@b>,(c;:[d]',
    "many quotes": '"' * 2_000,
    "a long word": "x" * 50_000,
    "many words": "Re: " * 10_000 + "x",
    "half an encoded word": "=?utf-8?q?=0D=0ABcc: eve@evil.example",
    "UTF-7": "=?utf-7?q?+AA0ACg-Bcc: eve@evil.example?=",
}  # fmt: skip
TEMPLATE = (
    "From: {0} <bob@there.example>\r\n"
    "Reply-To: {0} <b@there.example>, {0}\r\n"
    "To: {0} <ann@example.org>, {0}@there.example, <{0}>\r\n"
    "Cc: {0} <carl@there.example>\r\n"
    "Subject: Re: {0}\r\n"
    "Message-ID: <{0}>\r\n"
    "In-Reply-To: <{0}@x>\r\n"
    "References: <1@x> <{0}> <{0}@x> <2@x>\r\n"
    "List-Post: <mailto:{0}>\r\n"
    "List-Id: {0} <words.lists.example>\r\n"
    "Mail-Followup-To: {0} <bob@there.example>\r\n"
    "Delivered-To: {0}@ann.example\r\n"
    "Date: {0}\r\n"
    'Content-Type: multipart/mixed; boundary="m"\r\n\r\n'
    "--m\r\nContent-Type: text/plain; charset={0}\r\n\r\n{0}\r\n.\r\n"
    '--m\r\nContent-Type: application/pdf; name="{0}"\r\n\r\nx\r\n'
    "--m\r\nContent-Type: {0}\r\nContent-Disposition: attachment; filename={0}\r\n\r\nx\r\n"
    "--m\r\nContent-Type: image/png; name*=utf-8''a%0D%0ABcc%3A%20eve\r\n\r\nx\r\n--m--\r\n"
)


def hostile(payload: str) -> bytes:
    return TEMPLATE.format(payload).encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_no_field_comes_out_of_what_others_wrote(payload: str) -> None:
    message = hostile(payload)
    check_all_about(message)
    for draft in drafts_about(original_of(message)):
        if draft.message is not None:
            continue
        sent = check_sent(draft)
        # Another parser than ours has to see the same.
        parsed = message_from_bytes(sent.octets, policy=policy.compat32)
        assert not {"bcc", "x-evil"} & {name.lower() for name in parsed}
        assert parsed.defects == []
        for part in parsed.get_payload() if parsed.is_multipart() else ():
            assert {name.lower() for name in part} <= OURS | {"content-disposition"}


@given(st.binary(max_size=300))
def test_any_octets_can_be_answered(octets: bytes) -> None:
    check_all_about(octets)


FIELDS = ("From", "Reply-To", "To", "Cc", "Subject", "Message-ID", "References")
VALUES = st.text(
    st.sampled_from('ab@.,;:<>()[]"\\ \t\r\n=?-%ü\x00\x1b\u202e') | st.characters(),
    max_size=40,
)


@given(st.lists(st.tuples(st.sampled_from(FIELDS), VALUES), max_size=8))
def test_any_fields_can_be_answered(fields: list[tuple[str, str]]) -> None:
    header = "".join(f"{name}: {value}\r\n" for name, value in fields)
    check_all_about(f"{header}\r\ntext\r\n".encode("utf-8", "replace"))


def test_the_messages_of_the_tests_can_be_answered() -> None:
    found = [*(ROOT / "tests" / "mime" / "messages").glob("*.eml")]
    assert found
    for path in found:
        check_all_about(path.read_bytes())


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_the_messages_of_the_corpus_can_be_answered() -> None:
    found = [
        path
        for path in sorted(CORPUS.rglob("*"))
        if path.is_file() and path.suffix not in (".json", ".md")
    ]
    for path in found[::SAMPLE]:
        check_all_about(path.read_bytes())
