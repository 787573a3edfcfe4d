import email
import email.header
import email.policy
import re
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compose.octets import assert_sound
from tui_mail.compose.draft import Attachment, Draft, FileSource
from tui_mail.compose.draft_marks import NAME, Marks, read_marks
from tui_mail.compose.fields import FieldError, clean_line, typed_text
from tui_mail.compose.serialise import draft_octets, outgoing_of
from tui_mail.mime.charset import decode_words
from tui_mail.mime.headers import header_lines, parse_envelope
from tui_mail.mime.parse import cut_part, decode_part, parse_message
from tui_mail.model.displayable import displayable, own
from tui_mail.model.error import MailError
from tui_mail.model.outgoing import Outgoing

NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
DRAFT = Draft("work", "Ann Example <ann@example.org>", to="bob@there.example")
CHARACTERS = st.text(st.characters(codec="utf-8"), max_size=120)
HOSTILE_WORDS = (
    *("a", "Grüße", "日本語", "=?utf-8?q?x?=", "x" * 70, "é" * 40, "\r\nBcc: e@v", ","),
    *('"', "\\", "😀", "\t", "  ", "\x00", "\x1b[2J", ".", "From ", "(", "<>", "@"),
)
WORDS = st.lists(st.sampled_from(HOSTILE_WORDS), max_size=12).map(" ".join)
HOSTILE_LINES = (
    *("", ".", "..", "From me", ">From", "-- ", "=", "=20", "x" * 1200, "a" * 75 + "="),
    *("Grüße ", "日本語" * 30, "\t", " ", "\x00\x1b", "\u2028", "--=_x", "é=" * 60),
)
LINES = st.lists(st.sampled_from(HOSTILE_LINES) | CHARACTERS, max_size=8).map("\n".join)


def attachment(name: str, kind: str = "application/pdf") -> Attachment:
    return Attachment(displayable(name), kind, 3, FileSource(Path("there")))


def gone(one: Attachment) -> bytes:
    raise MailError(f"{one.name} is gone")


def sent(draft: Draft, content: bytes = b"abc") -> Outgoing:
    outgoing = outgoing_of(draft, lambda _: content, now=NOW)
    assert_sound(outgoing.octets)
    return outgoing


def changed(**values: object) -> Draft:
    fields = {name: getattr(DRAFT, name) for name in DRAFT.__slots__}
    return Draft(**{**fields, **values})


def read(octets: bytes) -> EmailMessage:
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(octets: bytes) -> str:
    """Read the text of a message as the reader does."""
    root = parse_message(octets)
    part = next(one for one in root.walk() if not one.is_multipart)
    content = cut_part(octets, part.part_id)
    assert content is not None
    return decode_part(part, content).decode().replace("\r\n", "\n")


def names(octets: bytes) -> list[str]:
    head = octets.partition(b"\r\n\r\n")[0]
    return [line.partition(":")[0] for line in header_lines(head + b"\r\n\r\n")]


def test_a_message_has_the_fields_that_it_needs_and_no_other() -> None:
    outgoing = sent(
        changed(
            to="Bob <bob@there.example>",
            cc="c@x",
            bcc="d@x",
            subject="Hi",
            body="Hello\n",
            in_reply_to="p@x",
            references=("o@x", "p@x"),
        )
    )
    head, _, body = outgoing.octets.partition(b"\r\n\r\n")
    assert re.sub(rb"[0-9a-f]{32}", b"ID", head).split(b"\r\n")[1:] == [
        b"From: Ann Example <ann@example.org>",
        b"To: Bob <bob@there.example>",
        b"Cc: c@x",
        b"Subject: Hi",
        b"Message-ID: <ID@example.org>",
        b"In-Reply-To: <p@x>",
        b"References: <o@x> <p@x>",
        b"MIME-Version: 1.0",
        b"Content-Type: text/plain; charset=us-ascii",
    ]
    assert body == b"Hello\r\n"
    assert outgoing.sender == "ann@example.org"
    assert outgoing.recipients == ("bob@there.example", "c@x", "d@x")
    assert outgoing.blind == b"Bcc: d@x\r\n"
    assert outgoing.in_reply_to == "p@x"
    assert f"<{outgoing.message_id}>".encode() in head


def test_the_date_is_the_moment_in_the_local_zone() -> None:
    now = datetime(2026, 7, 1, 1, 2, 3, tzinfo=timezone(timedelta(hours=-7)))
    outgoing = outgoing_of(DRAFT, gone, now=now)
    date = parse_envelope(outgoing.octets).date
    assert date == now
    assert date is not None
    assert date.utcoffset() == now.astimezone().utcoffset()


def test_each_message_has_an_id_of_its_own_in_the_domain_of_its_sender() -> None:
    one, other = (sent(changed(sender="a@müller.example")).message_id for _ in range(2))
    assert one != other
    assert one.endswith("@xn--mller-kva.example")


def test_an_address_gets_a_message_once_however_often_it_is_named() -> None:
    outgoing = sent(changed(to="b@x, B <B@X>", cc="c@x, b@x", bcc="c@x"))
    assert outgoing.recipients == ("b@x", "c@x")


def test_recipients_that_are_all_blind_are_not_named() -> None:
    outgoing = sent(changed(to="", bcc="b@x"))
    assert b"To: undisclosed-recipients:;\r\n" in outgoing.octets
    assert b"b@x" not in outgoing.octets
    assert outgoing.recipients == ("b@x",)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"to": ""}, "To: nobody is named"),
        ({"to": "undisclosed-recipients:;"}, "To: nobody is named"),
        ({"cc": "a@x b@y"}, 'Cc: between "a@x" and "b@y" a comma is missing'),
        ({"bcc": "bob"}, 'Bcc: "bob" is no address'),
        ({"reply_to": "bob"}, 'Reply-To: "bob" is no address'),
        ({"sender": ""}, "From: there is no address in it"),
        ({"sender": "a@x, b@x"}, "From: there is more than one address in it"),
    ],
)
def test_a_mistake_in_a_field_names_the_field(
    values: dict[str, object], word: str
) -> None:
    with pytest.raises(FieldError) as raised:
        sent(changed(**values))
    assert raised.value.line.startswith(word)
    assert raised.value.field == word.partition(":")[0]


def test_an_attachment_that_is_gone_stops_the_sending() -> None:
    with pytest.raises(MailError, match=r"a\.pdf is gone"):
        outgoing_of(changed(attachments=(attachment("a.pdf"),)), gone, now=NOW)


def test_an_address_that_is_not_ascii_needs_smtputf8() -> None:
    outgoing = sent(changed(to="Jü <jürgen@x.example>"))
    assert outgoing.needs_utf8
    assert outgoing.recipients == ("jürgen@x.example",)
    assert "<jürgen@x.example>".encode() in outgoing.octets
    assert not sent(changed(to="Jü <j@müller.example>")).needs_utf8


def test_five_hundred_recipients_are_folded() -> None:
    many = ", ".join(f"Nämé {n} <n{n}@x.example>" for n in range(500))
    outgoing = sent(changed(to=many))
    assert len(outgoing.recipients) == 500
    assert len(read(outgoing.octets)["To"].addresses) == 500


@settings(deadline=None, max_examples=60)
@given(CHARACTERS | WORDS)
def test_whatever_the_subject_is_it_comes_back_and_makes_no_field(text: str) -> None:
    octets = sent(changed(subject=text)).octets
    wanted = clean_line(text)
    assert names(octets).count("Subject") == bool(wanted)
    assert set(names(octets)) <= {
        "Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type"
    }  # fmt: skip
    assert parse_envelope(octets).subject == displayable(wanted)
    raw = email.message_from_bytes(octets)["Subject"] or ""
    assert joined(raw) == wanted


def joined(raw: str) -> str:
    """Decode a value as another reader would: each encoded word alone."""
    raw = re.sub(r"\r?\n(?=[ \t])", "", raw)
    raw = re.sub(r"(\?=) +(?==\?utf-8\?)", r"\1", raw)

    def decoded(match: re.Match[str]) -> str:
        assert len(match[0]) <= 75
        ((octets, charset),) = email.header.decode_header(match[0])
        assert charset == "utf-8"
        assert isinstance(octets, bytes)
        return octets.decode("utf-8")

    return re.sub(r"=\?utf-8\?[bq]\?[^?]*\?=", decoded, raw)


@settings(deadline=None, max_examples=60)
@given(CHARACTERS | WORDS)
def test_whatever_a_name_is_the_address_stays_the_address(text: str) -> None:
    quoted = clean_line(text).replace("\\", "\\\\").replace('"', '\\"')
    outgoing = sent(changed(to=f'"{quoted}" <b@x.example>, c@x.example'))
    assert outgoing.recipients == ("b@x.example", "c@x.example")
    assert "Bcc" not in names(outgoing.octets)
    first, second = parse_envelope(outgoing.octets).to
    assert (first.address, second.address) == ("b@x.example", "c@x.example")
    parsed = read(outgoing.octets)["To"].addresses
    assert [one.addr_spec for one in parsed] == ["b@x.example", "c@x.example"]


@settings(deadline=None, max_examples=60)
@given(LINES)
def test_whatever_the_text_is_it_comes_back(body: str) -> None:
    body = body.replace("\r", "\n")
    draft = changed(body=body)
    wanted = body if not body or body.endswith("\n") else body + "\n"
    octets = draft_octets(draft, gone, now=NOW)
    assert_sound(octets)
    assert octets.isascii()
    assert text_of(octets) == wanted
    assert text_of(draft_octets(
        changed(body=body, attachments=(attachment("a"),)), lambda _: b"", now=NOW
    )) == wanted  # fmt: skip
    message = read(octets)
    if "\0" not in wanted and not re.search("[\v\f\x1c-\x1e\x85\u2028\u2029]", wanted):
        assert message.get_content().replace("\r\n", "\n") == wanted
    assert not re.search(rb"^From ", octets, re.MULTILINE)
    outgoing = sent(draft)
    assert outgoing.octets.isascii()
    if b"format=flowed" not in outgoing.octets:
        assert text_of(outgoing.octets) == wanted


@settings(deadline=None, max_examples=60)
@given(CHARACTERS | WORDS, st.binary(max_size=300))
def test_whatever_a_file_is_called_it_comes_back(name: str, content: bytes) -> None:
    one = Attachment(own(name), "application/pdf", 3, FileSource(Path("there")))
    octets = sent(changed(attachments=(one,), body="Hi\n"), content).octets
    part = parse_message(octets).children[1]
    # The reader decodes encoded words in any file name, also where nobody meant one.
    assert part.filename == displayable(decode_words(clean_line(name)))
    coded = cut_part(octets, part.part_id)
    assert coded is not None
    assert decode_part(part, coded) == content
    (attached,) = read(octets).iter_attachments()
    assert attached.get_content() == content
    # The standard library takes quotes and brackets off a name's ends.
    if clean_line(name) and not clean_line(name).startswith(('"', "<")):
        assert attached.get_filename() == clean_line(name)


def test_a_name_that_is_not_ascii_stands_in_both_fields_that_clients_read() -> None:
    draft = changed(attachments=(attachment("Übersicht 日本語 " * 5 + ".pdf"),))
    octets = sent(draft).octets
    assert b"filename*0*=utf-8''%C3%9Cbersicht" in octets
    raw = email.message_from_bytes(octets).get_payload(1)
    assert joined(raw.get_param("name")) == draft.attachments[0].name  # type: ignore[union-attr, arg-type]


def test_text_mostly_in_another_script_is_base64_and_some_umlauts_are_not() -> None:
    cyrillic = sent(changed(body="Привет, как дела?\n" * 20)).octets
    german = sent(changed(body="Viele Grüße aus Köln\n" * 20)).octets
    assert b"Content-Transfer-Encoding: base64" in cyrillic
    assert b"Content-Transfer-Encoding: quoted-printable" in german
    assert b"Viele Gr=C3=BC=C3=9Fe aus K=C3=B6ln\r\n" in german


def test_soft_breaks_flow_and_are_kept_in_a_draft() -> None:
    body = "word " * 14 + "\nand the end.\n\n> quoted\n-- \nAnn\n"
    octets = sent(changed(body=body)).octets
    assert b"charset=us-ascii; format=flowed" in octets
    assert parse_message(octets).format_flowed
    kept = draft_octets(changed(body=body), gone, now=NOW)
    assert b"flowed" not in kept
    assert text_of(kept) == body


def test_an_attached_message_goes_as_it_is() -> None:
    original = (
        b"Subject: Hi/ there\nContent-Transfer-Encoding: 8bit\n\nGr\xc3\xbc\xc3\x9fe\n"
    )
    draft = changed(attachments=(attachment("", "message/rfc822"),))
    outgoing = sent(draft, original)
    assert outgoing.is_eight_bit
    assert original.replace(b"\n", b"\r\n") in outgoing.octets
    part = parse_message(outgoing.octets).children[1]
    assert (part.type, part.filename) == ("message/rfc822", "Hi- there.eml")
    assert outgoing.octets.count(b"Content-Transfer-Encoding: 8bit\r\n") == 3
    assert not sent(draft, b"Subject: x\n\nplain\n").is_eight_bit


@pytest.mark.parametrize("bad", [b"x" * 999, b"a\0b", b"a\rb"])
def test_an_attached_message_that_cannot_go_as_it_is_goes_as_a_file(bad: bytes) -> None:
    original = b"Subject: x\n\n" + bad + b"\n"
    draft = changed(attachments=(attachment("", "message/rfc822"),))
    octets = sent(draft, original).octets
    (attached,) = read(octets).iter_attachments()
    assert attached.get_filename() == "x.eml"
    assert attached.get_content() == original


@pytest.mark.parametrize(
    "kind", ["multipart/mixed", "message/partial", "x", "text/plain\r\nX: y", ""]
)
def test_a_type_that_cannot_be_is_any_file(kind: str) -> None:
    octets = sent(changed(attachments=(attachment("a", kind),))).octets
    assert parse_message(octets).children[1].type == "application/octet-stream"


def test_message_ids_that_are_none_are_left_out_and_many_are_cut() -> None:
    draft = changed(
        in_reply_to="a b\r\nBcc: e@v",
        references=("<x>", "a\r\nX: y", *(f"{n}@x" for n in range(300))),
    )
    octets = sent(draft).octets
    assert "In-Reply-To" not in names(octets)
    references = parse_envelope(octets).references
    assert len(references) == 100
    assert (references[0], references[-1]) == ("0@x", "299@x")


@settings(deadline=None, max_examples=60)
@given(WORDS | CHARACTERS, WORDS | CHARACTERS, CHARACTERS | WORDS)
def test_a_draft_comes_back_as_it_was_typed(to: str, bcc: str, sender: str) -> None:
    octets = draft_octets(changed(to=to, bcc=bcc, sender=sender), gone, now=NOW)
    assert_sound(octets)
    head = octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    found = {
        line.partition(":")[0]: line.partition(":")[2].strip()
        for line in header_lines(head)
    }
    for name, typed in (("To", to), ("Bcc", bcc), ("From", sender)):
        kept = found.get(name, "").encode("latin-1").decode()
        assert typed_text(kept) == typed_again(typed)


def typed_again(typed: str) -> str:
    """What may differ: control characters, and how good addresses are written."""
    return typed_text(clean_line(typed)) if "=?" not in typed else clean_line(typed)


def test_an_unfinished_draft_keeps_all() -> None:
    draft = changed(
        sender="Ann <",
        to="Müller, bob@",
        bcc="bob@there.example, x",
        subject="",
        in_reply_to="p@x",
        references=("p@x",),
        parent_flag="$Forwarded",
        forwarded_id="q@x",
        warn_private=True,
        attachments=(attachment("a.pdf"),),
    )
    octets = draft_octets(draft, lambda _: b"abc", now=NOW)
    assert_sound(octets)
    message = email.message_from_bytes(octets)
    assert typed_text(message["From"]) == "Ann <"
    assert typed_text(message["To"]) == "Müller, bob@"
    assert typed_text(message["Bcc"]) == "bob@there.example, x"
    assert message["In-Reply-To"] == "<p@x>"
    assert read_marks(message[NAME]) == Marks("$Forwarded", "q@x", warn_private=True)
    assert read_marks("flag=\\Seen forwards=<a> new") == Marks()


def test_a_large_attachment_takes_little_more_than_itself() -> None:
    size = 3_000_000
    draft = changed(attachments=(attachment("a"), attachment("b")))
    tracemalloc.start()
    try:
        octets = outgoing_of(draft, lambda _: bytes(size), now=NOW).octets
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(octets) > 2 * size * 4 / 3
    assert peak < 2 * size * 3.2
