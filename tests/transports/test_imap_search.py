"""Queries to keys of SEARCH: they find all that the query finds, and can be written."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.error import ServerRefused
from tui_mail.model.query import (
    After,
    And,
    Before,
    Between,
    Everything,
    Field,
    HasAttachment,
    Is,
    Larger,
    Newer,
    Not,
    Older,
    On,
    Or,
    Query,
    Smaller,
    Words,
)
from tui_mail.model.query_parser import parse_query
from tui_mail.transports.imap_arguments import Literal, Piece
from tui_mail.transports.imap_search import (
    Both,
    Either,
    Here,
    Key,
    Negated,
    Single,
    in_ascii,
    is_ascii,
    pieces,
    wider,
)

TODAY = date(2026, 11, 20)
HERE = Here("work", lambda name: name == "inbox", frozenset({"ann@example.org"}), TODAY)


def _said(key: Key) -> bytes:
    """Write a key as it goes over the wire."""
    out = b""
    for piece in pieces(key):
        if isinstance(piece, Literal):
            out += b" {%d}\r\n%b" % (len(piece.octets), piece.octets)
        else:
            out += b" " + piece
    return out[1:]


def _of(query: str) -> bytes:
    return _said(wider(parse_query(query), HERE))


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("budget", b'TEXT "budget"'),
        ("budg*", b'TEXT "budg"'),
        ('"two words"', b'TEXT "two" TEXT "words"'),
        ("body:plan", b'BODY "plan"'),
        ("from:ann subject:plan", b'FROM "ann" SUBJECT "plan"'),
        ("to:me", b'TO "ann@example.org"'),
        ("is:unread larger:20k", b"UNSEEN LARGER 20000"),
        ("smaller:1M tag:todo", b"SMALLER 1000000 KEYWORD todo"),
        ("-is:flagged", b"NOT FLAGGED"),
        ("-plan", b"ALL"),
        ("a OR b", b'OR TEXT "a" TEXT "b"'),
        ("a OR b OR is:read", b'OR TEXT "a" OR TEXT "b" SEEN'),
        (
            "(a is:read) OR (b is:draft)",
            b'OR (TEXT "a" SEEN) (TEXT "b" DRAFT)',
        ),
        ("-(is:read is:flagged)", b"NOT (SEEN FLAGGED)"),
        ("in:inbox plan", b'TEXT "plan"'),
        ("account:work is:read", b"SEEN"),
        ("id:<1@example.org>", b'HEADER MESSAGE-ID "1@example.org"'),
        ("list:dev", b'HEADER LIST-ID "dev"'),
        ("has:attachment", b"ALL"),
        ("filename:plan", b"ALL"),
        ("thread:7", b"ALL"),
        ("is:pinned", b"ALL"),
        (
            "after:2026-03-01",
            b"OR SENTSINCE 27-Feb-2026 SINCE 27-Feb-2026",
        ),
        (
            "before:2026-03-01 is:read",
            b"OR SENTBEFORE 3-Mar-2026 BEFORE 3-Mar-2026 SEEN",
        ),
        (
            "on:2026-03-05",
            b"OR SENTSINCE 3-Mar-2026 SINCE 3-Mar-2026"
            b" OR SENTBEFORE 8-Mar-2026 BEFORE 8-Mar-2026",
        ),
        ("Zürich is:read", "TEXT {7}\r\nZürich SEEN".encode()),
        ("Zürich OR x", 'OR TEXT {7}\r\nZürich TEXT "x"'.encode()),
        (
            '"in Zürich" OR x',
            'OR (TEXT "in" TEXT {7}\r\nZürich ALL) TEXT "x"'.encode(),
        ),
    ],
)
def test_a_query_is_written_as_keys(query: str, keys: bytes) -> None:
    assert _of(query) == keys


@pytest.mark.parametrize("query", ["in:archive", "account:home plan", "in:x OR in:y"])
def test_where_nothing_can_be_found_nothing_is_asked(query: str) -> None:
    assert wider(parse_query(query), HERE) is False


def test_what_ends_a_line_is_refused() -> None:
    for text in ("a\r\nb", "a\nb", "a\0b"):
        with pytest.raises(ServerRefused):
            pieces(Single(b"BODY", text))
    with pytest.raises(ServerRefused):
        pieces(Single(b"KEYWORD", "a b"))
    assert pieces(Single(b"BODY", 'say "a\\b"')) == [b"BODY", b'"say \\"a\\\\b\\""']


def test_of_letters_a_server_does_not_know_the_others_are_asked() -> None:
    assert _said(in_ascii("Zürich Straße", b"BODY")) == b'BODY "rich" BODY "Stra"'
    assert in_ascii("日本", b"BODY") is True
    assert is_ascii(pieces(Single(b"BODY", "plan")))
    assert not is_ascii(pieces(Single(b"BODY", "Plän")))


def test_more_than_fits_into_a_line_is_not_asked() -> None:
    terms = tuple(Words(f"word{number}") for number in range(400))
    assert pieces(wider(Or(terms), HERE)) == [b"ALL"]


def test_days_at_the_ends_of_the_calendar_are_asked_wider() -> None:
    for query in (After(date.min), Before(date.max), Older(10**6), Newer(10**6)):
        assert _said(wider(query, HERE)) == b"ALL"


# The promise: whatever the query finds, the key finds.


@dataclass(frozen=True)
class Mail:
    subject: str
    sender: str
    body: str
    flags: frozenset[str]
    size: int
    sent: date
    """The day on the sender's calendar."""
    arrived: date
    shown: date
    """The local day, up to two days from one of them."""
    mailbox: str


_WORD = st.sampled_from(["art", "party", "plan", "a", "e-mail", "Plan"])
_TEXT = st.lists(_WORD, max_size=3).map(" ".join)
_DAY = st.dates(date(2026, 1, 1), date(2026, 1, 12))


@st.composite
def _mails(draw: st.DrawFn) -> Mail:
    sent, arrived = draw(_DAY), draw(_DAY)
    shown = draw(st.sampled_from([sent, arrived]))
    return Mail(
        subject=draw(_TEXT),
        sender=draw(_TEXT),
        body=draw(_TEXT),
        flags=draw(st.frozensets(st.sampled_from(["\\Seen", "\\Flagged", "todo"]))),
        size=draw(st.integers(0, 5)),
        sent=sent,
        arrived=arrived,
        shown=shown + timedelta(days=draw(st.integers(-2, 2))),
        mailbox=draw(st.sampled_from(["inbox", "other"])),
    )


_LEAF: st.SearchStrategy[Query] = st.one_of(
    st.just(Everything()),
    st.builds(Words, _TEXT.filter(bool)),
    st.builds(Field, st.sampled_from(["from", "subject", "body"]), _TEXT.filter(bool)),
    st.builds(Field, st.just("in"), st.sampled_from(["inbox", "other"])),
    st.builds(Field, st.just("account"), st.sampled_from(["work", "home"])),
    st.builds(Field, st.just("tag"), st.sampled_from(["todo", "a b"])),
    st.builds(Is, st.sampled_from(["read", "unread", "flagged", "pinned"])),
    st.just(HasAttachment()),
    st.builds(Larger, st.integers(0, 5)),
    st.builds(Smaller, st.integers(0, 5)),
    st.builds(Before, _DAY),
    st.builds(After, _DAY),
    st.builds(On, _DAY),
    st.builds(Between, st.none() | _DAY, st.none() | _DAY),
)


def _combined(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, inner)


_QUERIES: st.SearchStrategy[Query] = st.recursive(_LEAF, _combined, max_leaves=8)


def _words(text: str) -> str:
    return f" {' '.join(re.findall('[a-z]+', text.lower()))} "


def _has(text: str, wanted: str) -> bool:
    return _words(wanted) in _words(text)


def _finds(query: Query, mail: Mail) -> bool:
    """What the store finds of a message whose text is here."""
    match query:
        case And(terms):
            return all(_finds(term, mail) for term in terms)
        case Or(terms):
            return any(_finds(term, mail) for term in terms)
        case Not(term):
            return not _finds(term, mail)
        case Words(text):
            return any(_has(t, text) for t in (mail.subject, mail.sender, mail.body))
        case Field(name, value):
            return _field_finds(name, value, mail)
        case Is(state):
            return _is(state, mail)
        case HasAttachment():
            return mail.size % 2 == 0
        case Larger(octets):
            return mail.size > octets
        case Smaller(octets):
            return mail.size < octets
        case _:
            return _is_of_days(query, mail.shown)


def _is(state: str, mail: Mail) -> bool:
    flagged = {"read": "\\Seen", "flagged": "\\Flagged"}
    if state in flagged:
        return flagged[state] in mail.flags
    return "\\Seen" not in mail.flags if state == "unread" else mail.size > 2


def _is_of_days(query: Query, shown: date) -> bool:
    match query:
        case Before(day):
            return shown < day
        case After(day):
            return shown >= day
        case On(day):
            return shown == day
        case Between(start, end):
            return (start or shown) <= shown <= (end or shown)
        case _:
            return True


def _field_finds(name: str, value: str, mail: Mail) -> bool:
    texts = {"from": mail.sender, "subject": mail.subject, "body": mail.body}
    if name in texts:
        return _has(texts[name], value)
    if name == "in":
        return mail.mailbox == value
    return value == "work" if name == "account" else value in mail.flags


def _answers(key: Key, mail: Mail) -> bool:
    """What a server finds: parts of words, the days of its two calendars."""
    match key:
        case Negated(inner):
            return not _answers(inner, mail)
        case Both(keys):
            return all(_answers(one, mail) for one in keys)
        case Either(keys):
            return any(_answers(one, mail) for one in keys)
        case Single(name, str(text)):
            texts = {
                b"FROM": mail.sender,
                b"SUBJECT": mail.subject,
                b"BODY": mail.body,
                b"TEXT": f"{mail.subject}\n{mail.sender}\n{mail.body}",
            }
            if name == b"KEYWORD":
                return text in mail.flags
            return text.lower() in texts[name].lower()
        case Single(name, int(number)):
            return mail.size > number if name == b"LARGER" else mail.size < number
        case Single(name, date() as day):
            on = mail.sent if name.startswith(b"SENT") else mail.arrived
            return on >= day if name.endswith(b"SINCE") else on < day
        case Single(name):
            asked = {
                b"SEEN": "\\Seen" in mail.flags,
                b"UNSEEN": "\\Seen" not in mail.flags,
                b"FLAGGED": "\\Flagged" in mail.flags,
            }
            return asked[name]
        case _:
            return key is True


@given(query=_QUERIES, mail=_mails())
def test_a_key_finds_all_that_the_query_finds(query: Query, mail: Mail) -> None:
    here = replace(HERE, is_named=lambda name: name == mail.mailbox)
    if _finds(query, mail):
        assert _answers(wider(query, here), mail)


@given(query=_QUERIES)
def test_every_key_can_be_written_and_is_balanced(query: Query) -> None:
    written = _written(pieces(wider(query, HERE)))
    depth = 0
    for octet in re.sub(rb'"[^"]*"', b"", written):
        depth += (octet == ord("(")) - (octet == ord(")"))
        assert depth >= 0
    assert depth == 0


def _written(keys: list[Piece]) -> bytes:
    return b" ".join(key for key in keys if isinstance(key, bytes))


@given(
    text=st.text(), name=st.sampled_from(["from", "body", "tag", "list", "id", "to"])
)
def test_hostile_text_is_refused_or_cannot_leave_its_place(
    text: str, name: str
) -> None:
    text = text.encode("utf-8", "replace").decode()
    for query in (Words(text), Field(name, text)):
        try:
            keys = pieces(wider(query, HERE))
        except ServerRefused:
            continue
        for key in keys:
            if isinstance(key, bytes):
                assert re.fullmatch(rb'[ -~]*|"(?:[^"\\\r\n\0]|\\.)*"', key)
            else:
                assert not re.search(rb"[\r\n\0]", key.octets)
