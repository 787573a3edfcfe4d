from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.choose import attachments, text_parts
from tui_mail.mime.flowed import unflow
from tui_mail.mime.names import safe_filename
from tui_mail.mime.parse import cut_part, decode_part, parse_message
from tui_mail.mime.quoting import quote_depth, signature_start
from tui_mail.model.body import BodyPart
from tui_mail.model.ids import PartId

INVITATION = (Path(__file__).parent / "messages" / "invitation.eml").read_bytes()


@pytest.mark.parametrize("message", [INVITATION, INVITATION.replace(b"\n", b"\r\n")])
def test_parts_have_the_numbers_that_imap_gives_them(message: bytes) -> None:
    found = [(part.part_id, part.type) for part in parse_message(message).walk()]
    assert found == [
        ("", "multipart/mixed"),
        ("1", "multipart/alternative"),
        ("1.1", "text/plain"),
        ("1.2", "text/calendar"),
        ("2", "message/rfc822"),
        ("2.TEXT", "multipart/mixed"),
        ("2.1", "text/plain"),
        ("2.2", "application/pdf"),
        ("3", "message/rfc822"),
        ("3.1", "text/plain"),
    ]
    assert cut_part(message, PartId("2.1")) == b"first"
    assert cut_part(message, PartId("3.1")) == b"text"
    inner = cut_part(message, PartId("2.HEADER"))
    assert inner is not None
    assert inner.startswith(b"Subject: inner")
    assert cut_part(message, PartId("3.TEXT")) == b"text"
    assert cut_part(message, PartId("9")) is None


def test_a_part_is_decoded_through_its_junk() -> None:
    pdf = next(one for one in parse_message(INVITATION).walk() if one.part_id == "2.2")
    assert pdf.filename == "€.pdf"
    assert decode_part(pdf, cut_part(INVITATION, pdf.part_id) or b"") == b"Hello"
    two = BodyPart(PartId("1"), "text/plain", encoding="base64")
    assert decode_part(two, b"QQ==\nQkI=\nQ") == b"ABB"
    old = BodyPart(PartId("1"), "text/plain", encoding="x-uuencode")
    assert decode_part(old, b"x\nbegin 644 a\n#0V%T\n`\nend\n") == b"Cat"


def test_an_attached_message_is_an_attachment_and_what_it_holds_is_not() -> None:
    structure = parse_message(INVITATION)
    assert [part.part_id for part in attachments(structure)] == ["2", "3"]
    assert [part.part_id for part in text_parts(structure)] == ["1.1", "1.2"]


def test_a_broken_multipart_gives_what_it_has() -> None:
    message = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntw"
    structure = parse_message(message)
    assert structure.boundary_broken
    assert cut_part(message, PartId("2")) == b"tw"
    never = parse_message(b"Content-Type: multipart/mixed; boundary=b\n\nwords")
    assert (never.part_id, never.type) == ("1", "text/plain")


def test_an_outer_delimiter_ends_an_inner_multipart() -> None:
    message = (
        b"Content-Type: multipart/mixed; boundary=o\n\n--o\n"
        b"Content-Type: multipart/mixed; boundary=i\n\n--i\n\na\n--o\n\nb\n--o--\n"
    )
    structure = parse_message(message)
    assert [part.part_id for part in structure.walk()] == ["", "1", "1.1", "2"]
    assert cut_part(message, PartId("1.1")) == b"a"
    assert cut_part(message, PartId("2")) == b"b"


def test_parts_and_depth_have_limits() -> None:
    many = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000
    assert len(parse_message(many).children) < 1_001
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (one, one)
        for one in range(10_000)
    )
    assert len(list(parse_message(deep).walk())) < 60
    nested = b"Content-Type: message/rfc822\n\n" * 5_000
    assert len(list(parse_message(nested).walk())) < 60


@given(
    st.lists(
        st.sampled_from(
            (
                *(b"--a\n", b"--a--\n", b"--b\r\n", b"--b--", b"\n", b"x\r\n"),
                *(b"\xff\x00", b"--", b"Content-Type: multipart/mixed; boundary=a\n\n"),
                b"Content-Type: multipart/digest; boundary=b\r\n\r\n",
                *(b"Content-Type: message/rfc822\n\n", b"Content-Type: text/html\n"),
            )
        ),
        max_size=30,
    )
)
def test_no_order_of_delimiters_breaks_the_tree(pieces: list[bytes]) -> None:
    message = b"".join(pieces)
    structure = parse_message(message)
    numbers = [part.part_id for part in structure.walk()]
    assert len(set(numbers)) == len(numbers)
    for part in structure.walk():
        octets = cut_part(message, part.part_id)
        assert octets is not None
        if part.part_id:
            assert octets in message
            assert len(octets) == part.size
    text_parts(structure)
    attachments(structure)


@given(
    st.binary(max_size=300), st.sampled_from(["base64", "quoted-printable", "uuencode"])
)
def test_no_octets_make_a_decoder_raise(octets: bytes, encoding: str) -> None:
    part = BodyPart(PartId("1"), "text/plain", encoding=encoding)
    decode_part(part, octets)
    decode_part(part, b"begin 644 x\n" + octets)


def test_flowed_paragraphs_are_joined_and_keep_their_quotes() -> None:
    assert unflow("a \nb\n>> c \n>> d\n-- \nme") == "a b\n>> c d\n-- \nme"
    assert unflow("a \nb", delsp=True) == "ab"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("/etc/passwd", "passwd"),
        ("..\\..\\x", "x"),
        ("-rf", "rf"),
        ("a\0.txt", "a.txt"),
        ("..", "attachment"),
        ("%2e%2e", "_2e_2e"),
        ("con.txt", "_con.txt"),
        ("Rechnung März.pdf", "Rechnung März.pdf"),
    ],
)
def test_a_hostile_name_becomes_a_plain_one(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


@given(st.text(max_size=400))
def test_a_safe_name_lies_in_its_folder(name: str) -> None:
    safe = safe_filename(name)
    assert safe
    assert "/" not in safe
    assert safe[0] not in ".-~"
    assert len(safe.encode()) <= 200


def test_quotes_and_signatures_are_seen() -> None:
    assert quote_depth(">> > a") == 3
    assert quote_depth("a > b") == 0
    assert signature_start(["a", "-- ", "me"]) == 1
