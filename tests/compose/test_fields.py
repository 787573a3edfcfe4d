from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_mail.compose.fields import (
    FieldError,
    Recipient,
    clean_line,
    format_one,
    format_recipients,
    parse_recipients,
    typed_text,
)
from tui_mail.mime.addresses import parse_addresses
from tui_mail.model.displayable import own
from tui_mail.model.message import Address


def pairs(text: str) -> list[tuple[str, str]]:
    return [(one.name, one.address) for one in parse_recipients(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" , ;", []),
        ("ann@x.example", [("", "ann@x.example")]),
        ("Ann <ann@x.example>,", [("Ann", "ann@x.example")]),
        ("Ann<ann@x.example>", [("Ann", "ann@x.example")]),
        ('"Doe, Jane" <j@x>; b@y', [("Doe, Jane", "j@x"), ("", "b@y")]),
        (r'"A \"B\" C" <j@x>', [('A "B" C', "j@x")]),
        ("j@x (Jane (the first) Doe)", [("Jane (the first) Doe", "j@x")]),
        ("Jane (work) <j@x>", [("Jane", "j@x")]),
        ("team: a@x, B <b@y>;, c@z", [("", "a@x"), ("B", "b@y"), ("", "c@z")]),
        ("undisclosed-recipients:;", []),
        ('"john doe"@x', [("", '"john doe"@x')]),
        ('"john"@x', [("", "john@x")]),
        ("a@x.example <a@x.example>", [("a@x.example", "a@x.example")]),
        ("[List] O'Neil-Smith, Jr. <a@x>", None),
        ("John Q. O'Neil <a@x>", [("John Q. O'Neil", "a@x")]),
        ("<@relay.example:a@x>", [("", "a@x")]),
        ("a@[192.0.2.1]", [("", "a@[192.0.2.1]")]),
        ("a@[ipv6:2001:DB8::1]", [("", "a@[IPv6:2001:db8::1]")]),
        ("a@x\u200b,\xa0b@y", [("", "a@x"), ("", "b@y")]),
        ("r+" + "A" * 99 + "@x.example", [("", "r+" + "A" * 99 + "@x.example")]),
    ],
)  # fmt: skip
def test_addresses_are_read_as_they_are_typed(
    text: str, expected: list[tuple[str, str]] | None
) -> None:
    if expected is None:
        with pytest.raises(FieldError):
            parse_recipients(text)
    else:
        assert pairs(text) == expected


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("bob", '"bob" is no address: there is no @ in it'),
        ("a@x b@y", 'between "a@x" and "b@y" a comma is missing'),
        ("Bob b@y", 'after the name "Bob" the address stands in < >'),
        ("a@x Bob", 'between "a@x" and "Bob" a comma is missing'),
        ("A <a@x> B <b@y>", 'between "<a@x>" and "B <b@y>" a comma is missing'),
        ("ok@x, Bob <b@y", '"Bob <b@y": after < the > is missing'),
        ("b@y>", '"b@y>": there is a > without a <'),
        ("Bob <>", '"Bob <>": there is no address between < and >'),
        ('"Bob <b@y>', '""Bob <b@y>": the quote " is not closed'),
        ("(Bob b@y", '"(Bob b@y": the bracket ( is not closed'),
        ("team: a@x, b@y", 'the group "team" does not end with ;'),
        ("a@", '"a@" is no address: nothing stands after the @'),
        ("@x", '"@x" is no address: nothing stands before the @'),
        ("a@b@c", '"a@b@c" is no address: there is more than one @ in it'),
        ("a..b@x", '"a..b@x" is no address: a dot before the @ is too many'),
        ("a@x..y", '"a@x..y" is no address: a dot after the @ is too many'),
        ("a@x_!y", '"a@x_!y" is no address: ! cannot be in a domain'),
        ("a@-x", "hyphen"),
        ("a@" + "x" * 64, "too long"),
        ("a@\u2764.example", "cannot be in a domain"),
        ("a@[300.1.1.1]", "is no address of a machine"),
        ("Smith, John <j@x>", '"Smith" is no address: there is no @ in it'),
        ("a\\b@x", "\\ before the @ would need quotes"),
    ],
)
def test_a_mistake_gets_a_word_that_names_the_entry(text: str, word: str) -> None:
    with pytest.raises(FieldError) as raised:
        parse_recipients(text)
    assert word in raised.value.line
    assert raised.value.in_field("Cc").line == f"Cc: {raised.value.line}"


def test_a_comma_in_a_name_without_quotes_is_explained() -> None:
    with pytest.raises(FieldError, match="stands in quotes"):
        parse_recipients("Smith, John <j@x>")


def test_domains_go_out_in_ascii_and_sharp_s_is_no_double_s() -> None:
    assert pairs("a@Müller.example, b@straße.example, c@日本。example") == [
        ("", "a@xn--mller-kva.example"),
        ("", "b@xn--strae-oqa.example"),
        ("", "c@xn--wgv71a.example"),
    ]


def test_a_local_part_that_is_not_ascii_needs_smtputf8() -> None:
    (one,) = parse_recipients("jürgen@müller.example")
    assert one.address == "jürgen@xn--mller-kva.example"
    assert one.needs_utf8


def test_a_line_end_in_a_field_begins_no_other_field() -> None:
    assert pairs("a@x\r\n <b@y>") == [("a@x", "b@y")]
    with pytest.raises(FieldError):
        parse_recipients("a@x\r\nBcc: e@v")
    assert pairs('"a\x00b"@x\x1b') == [("", '"a b"@x')]


def test_an_old_address_that_needs_quotes_can_be_answered() -> None:
    written = format_one(Address(own("Taro"), own("a..b.@docomo.example")))
    assert written == 'Taro <"a..b."@docomo.example>'
    assert pairs(written) == [("Taro", '"a..b."@docomo.example')]


def test_a_group_alone_is_no_address() -> None:
    assert format_one(Address(own("team"), own(""))) == ""


def test_five_hundred_addresses_are_read_and_not_more_than_two_thousand() -> None:
    many = ", ".join(f"N{n} <n{n}@x.example>" for n in range(500))
    assert len(parse_recipients(many)) == 500
    with pytest.raises(FieldError, match="2000"):
        parse_recipients(", ".join(["a@x"] * 2_001))


@pytest.mark.parametrize(
    "text",
    ["(", '"', "<", "\\", ":;", "a ", "[", "@", '"a@x', "a@x <", "(a) ", '" '],
)
def test_reading_hostile_fields_takes_no_time(text: str) -> None:
    with pytest.raises(FieldError):
        parse_recipients(text * 20_000 + "x")


ADDRESSES = st.builds(
    "{}@{}".format,
    st.from_regex(r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,20}", fullmatch=True),
    st.sampled_from(["x.example", "müller.example", "[192.0.2.1]"]),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.text(max_size=30), ADDRESSES), max_size=5))
def test_what_is_written_is_read_again(given_pairs: list[tuple[str, str]]) -> None:
    recipients = [
        Recipient(name, parse_recipients(address)[0].address)
        for name, address in given_pairs
    ]
    text = format_recipients(recipients)
    # A reader of mail takes the same from it, as far as its own display goes.
    assert [one.address for one in parse_addresses(text)] == [
        one.address for one in recipients
    ]
    assert format_recipients(parse_recipients(text)) == text


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60), st.sampled_from(["", "a@x", '"', "<a@x>, ", ": "]))
def test_no_text_makes_anything_but_addresses_or_a_word(text: str, more: str) -> None:
    for typed in (text + more, more + text):
        found: tuple[Recipient, ...] = ()
        with suppress(FieldError):
            found = parse_recipients(typed)
        for one in found:
            assert not set(one.address) & set("\r\n\0 ") or one.address[0] == '"'
            assert "@" in one.address


def test_what_a_draft_kept_comes_back_as_it_was_typed() -> None:
    assert typed_text("=?utf-8?q?M=C3=BCller=2C_ann=40x?=") == "Müller, ann@x"
    assert typed_text("=?utf-8?q?J=C3=BC?= <j@x>, b@y") == "Jü <j@x>, b@y"
    assert typed_text("bob@, ann@x") == "bob@, ann@x"


def test_a_line_is_one_line() -> None:
    assert clean_line(" a\r\nb\x00\x1b\u2028c\ud800 ") == "a b   c"
