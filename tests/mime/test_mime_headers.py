from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.addresses import parse_addresses
from tui_mail.mime.charset import decode_text, decode_words, parse_parameters
from tui_mail.mime.dates import parse_date
from tui_mail.mime.headers import all_fields, parse_envelope


def pairs(raw: str) -> list[tuple[str, str]]:
    return [(one.name, one.address) for one in parse_addresses(raw)]


def test_a_folded_header_is_unfolded_before_it_is_decoded() -> None:
    envelope = parse_envelope(
        b"Subject: =?utf-8?q?J=C3?=\r\n =?utf-8?q?=BC?= x\r\n\r\n"
    )
    assert envelope.subject == "Jü x"


def test_an_envelope_holds_what_the_header_says() -> None:
    envelope = parse_envelope(
        b"From: A <a@x.example>\nTo: b@x.example\nTo: c@x.example\n"
        b"Message-ID: <1@x>\nReferences: <0@x> <1@x>\n <0@x>\nIn-Reply-To: x <0@x>\n"
        b"List-Id: Words <l.x.example>\nContent-Type: multipart/mixed; boundary=a\n\n"
        b"Subject: not this\n"
    )
    assert envelope.subject == ""
    assert [one.address for one in envelope.to] == ["b@x.example", "c@x.example"]
    assert envelope.message_id == "1@x"
    assert envelope.references == ("0@x", "1@x")
    assert envelope.in_reply_to == "0@x"
    assert envelope.list_id == "l.x.example"
    assert envelope.has_attachment


def test_of_many_references_the_first_and_the_last_stay() -> None:
    value = b" ".join(b"<%d@x>" % number for number in range(500))
    references = parse_envelope(b"References: " + value).references
    assert len(references) == 100
    assert references[0] == "0@x"
    assert references[-1] == "499@x"


@pytest.mark.parametrize(
    "raw",
    [
        '"=?b?a@b.example?=" <=?b?a@b.example?==?Q?=00=0A?=@evil.example>',
        "=?utf-8?b?cG90dXNAd2g=?= <=?utf-8?Q?=00?=x@evil.example>",
        '"service@bank.example" <x9@evil.example>',
        "service@bank.example <x9@evil.example>",
        "<service@bank.example> <x9@evil.example>",
        '"service@bank.example" <"service@bank.example>"@evil.example>',
        "service@bank.example(comment) <x@evil.example>",
        "<@bank.example,@b.example:x@evil.example>",
        "\u202e <x@evil.example>",
    ],
)
def test_an_address_keeps_its_true_domain(raw: str) -> None:
    assert pairs(raw)[-1][1].endswith("@evil.example")


def test_groups_comments_and_bare_names_are_read() -> None:
    assert pairs('T: a@b, "D, \\"E\\"" <e@f>;, g@h (Gus)') == [
        ("T", ""),
        ("", "a@b"),
        ('D, "E"', "e@f"),
        ("Gus", "g@h"),
    ]
    assert pairs("undisclosed-recipients:;") == [("undisclosed-recipients", "")]
    assert pairs("root") == [("", "root")]
    assert pairs('"Open <a@b>, c@d') == [('"Open', "a@b"), ("", "c@d")]
    assert pairs("John Doe john@x.example") == [("John Doe", "john@x.example")]


@pytest.mark.parametrize(
    "flood", [";", "(", '"', "<", '<"', '"\\', "(\\", ",", ":", "=?"]
)
def test_a_flood_of_marks_is_read_to_its_end(flood: str) -> None:
    parse_addresses(flood * 100_000)
    decode_words(flood * 100_000)
    parse_envelope(b"From: " + flood.encode() * 10_000_000)


@given(st.binary(max_size=400))
def test_no_octets_make_the_header_parsers_raise(octets: bytes) -> None:
    parse_envelope(b"From: " + octets + b"\nDate:" + octets + b"\nSubject:" + octets)
    all_fields(octets)
    parse_addresses(octets)
    decode_words(octets)


@given(st.text("=?utf-8bqBQ*_ AZ\n?=", max_size=80))
def test_no_encoded_words_make_the_decoder_raise(text: str) -> None:
    decode_words(text)
    decode_words(f"=?utf-8?q?{text}?= =?x?b?{text}?=")


@given(st.binary(max_size=100), st.text(max_size=20))
def test_no_label_makes_the_charset_decoder_raise(octets: bytes, label: str) -> None:
    decode_text(octets, label)


@pytest.mark.parametrize(
    "label", ["idna", "undefined", "punycode", "hex", "zlib", "rot13"]
)
def test_a_codec_that_is_no_charset_is_not_used(label: str) -> None:
    assert decode_text("a—ü".encode(), label) == "a—ü"


def test_raw_octets_are_utf_8_or_else_windows_1252() -> None:
    assert decode_words("Käse".encode()) == "Käse"
    assert decode_words("Käse €".encode("cp1252")) == "Käse €"
    assert decode_text("Käse".encode(), "iso-8859-1") == "Käse"


def test_a_character_split_between_two_words_is_whole() -> None:
    assert decode_words("=?UTF-8?B?5pel5g==?= =?utf-8?B?nKw=?=") == "日本"


def test_continued_parameters_are_put_together() -> None:
    kind, found = parse_parameters(
        'Text/Plain; name*1=".pdf"; name*0*=utf-8\'\'%E2%82%AC; x="a;\\"b"'
    )
    assert kind == "text/plain"
    assert found == {"name": "€.pdf", "x": 'a;"b'}


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Thu, 19 Nov 2026 07:44:00 +0100", "2026-11-19T07:44:00+01:00"),
        ("19 Nov 26 07:44 EST", "2026-11-19T07:44:00-05:00"),
        ("Thu Nov 19 07:44:09 2026", "2026-11-19T07:44:09+00:00"),
        ("2026-11-19T07:44:09Z", "2026-11-19T07:44:09+00:00"),
        ("Thu, 19 Nov 2026 07:44:60 +9999", "2026-11-19T07:44:59+00:00"),
    ],
)
def test_dates_are_read_as_they_come(text: str, iso: str) -> None:
    date = parse_date(text)
    assert date is not None
    assert date.isoformat() == iso


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "Thu, 99999999999999999999 Nov 2026 07:44",
        "31 Feb 2026 01:01",
        "1 Jan 3026 1:01",
    ],
)
def test_what_cannot_be_a_date_is_none(text: str) -> None:
    assert parse_date(text) is None


@given(st.text("0123456789 :+-NovThu,T.Z", max_size=40))
def test_no_text_makes_the_date_parser_raise(text: str) -> None:
    date = parse_date(text)
    assert date is None or date.utcoffset() is not None
    assert date is None or abs(date.utcoffset() or timedelta()) <= timedelta(hours=14)


def test_the_fields_decode_no_address() -> None:
    fields = all_fields(b"From: =?utf-8?q?J=C3=BC?= <=?utf-8?q?a=40b?=@evil.example>\n")
    assert fields == [("From", "Jü <=?utf-8?q?a=40b?=@evil.example>")]
