"""The parsers of responses: what is right is read, what is wrong loses only itself."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.changes import Changes
from tui_mail.model.error import LinkLost
from tui_mail.model.flags import SEEN
from tui_mail.model.ids import Uid
from tui_mail.model.message import FlagsOf
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.transports.imap_listing import Listing
from tui_mail.transports.imap_news import News
from tui_mail.transports.imap_responses import (
    Untagged,
    modseq_of,
    octets_of,
    parse_copied,
    parse_counts,
    parse_esearch,
    parse_flags,
    parse_internal_date,
    parse_items,
    parse_listed,
    parse_set,
    parse_status,
    parse_untagged,
    parse_vanished,
    uid_of,
)
from tui_mail.transports.imap_selecting import Selecting
from tui_mail.transports.imap_tokens import String, Unreadable, tokens


def test_tokens_are_atoms_strings_and_brackets() -> None:
    found = tokens(
        [b'(a "b \\"c\\\\" NIL "NIL" ', b"raw ) (", b" BODY[HEADER.FIELDS (A B)]<0>)"]
    )
    assert found == [
        b"(", b"a", b'b "c\\', b"NIL", b"NIL", b"raw ) (",
        b"BODY[HEADER.FIELDS (A B)]<0>", b")",
    ]  # fmt: skip
    assert [isinstance(one, String) for one in found].count(True) == 3
    with pytest.raises(Unreadable):
        tokens([b'a "without an end'])


@pytest.mark.parametrize(
    ("text", "code", "argument", "words"),
    [
        (b"done", b"", b"", "done"),
        (b"[TRYCREATE] no", b"TRYCREATE", b"", "no"),
        (b"[uidnext 5]", b"UIDNEXT", b"5", ""),
        (b"[PERMANENTFLAGS (a] \\*)] kept", b"PERMANENTFLAGS", b"(a] \\*)", "kept"),
        (b"[unfinished", b"", b"", "[unfinished"),
        (b"[ALERT] \x1b[2J evil", b"ALERT", b"", "␛[2J evil"),
        (b"", b"", b"", ""),
    ],
)
def test_status_has_a_code_and_words(
    text: bytes, code: bytes, argument: bytes, words: str
) -> None:
    status = parse_status(b"NO", text)
    assert (status.code, status.argument, status.text) == (code, argument, words)


def test_flags_are_spelled_as_the_rfc_does() -> None:
    assert parse_flags(b"\\seen \\Recent $work NotJunk \xff") == {
        SEEN, "$work", "NotJunk",
    }  # fmt: skip
    assert parse_flags(b"") == frozenset()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (b" 1-Feb-2026 12:30:00 +0200", datetime(2026, 2, 1, 10, 30, tzinfo=UTC)),
        (b"01-FEB-2026 12:30:60 -0330", datetime(2026, 2, 1, 16, 0, 59, tzinfo=UTC)),
        (b"01-Foo-2026 12:30:00 +0200", None),
        (b"31-Feb-2026 12:30:00 +0200", None),
        (b"01-Jan-0000 12:30:00 +0200", None),
        (b"01-Jan-0001 00:00:00 +0200", None),
        (b"01-Jan-2026 12:30:00 +9900", None),
        (b"", None),
    ],
)
def test_an_internal_date_is_read_or_none(text: bytes, moment: datetime | None) -> None:
    assert parse_internal_date(text) == moment


def test_items_are_read_in_any_order() -> None:
    items = parse_items(
        [
            b'(MODSEQ (12) BODY[HEADER.FIELDS (DATE "From")]<0> ',
            b"Date: x",
            b' FLAGS () RFC822.SIZE 3 uid 7 BODY[1] "quoted" BODY[2] NIL)',
        ]
    )
    assert uid_of(items) == 7
    assert modseq_of(items) == 12
    assert octets_of(items, b"BODY[HEADER.FIELDS]") == b"Date: x"
    assert octets_of(items, b"BODY[1]") == b"quoted"
    assert octets_of(items, b"BODY[2]") is None
    assert uid_of(parse_items([b"(UID 4294967296)"])) is None
    assert uid_of(parse_items([b"(UID (1))"])) is None
    assert modseq_of(parse_items([b"(MODSEQ (99999999999999999999))"])) == 0
    for text in (b"", b"(", b"(UID", b"(UID (", b"UID 1", b"(UID 1))" * 0 + b")"):
        with pytest.raises(Unreadable):
            parse_items([text])


def test_sets_are_read_in_their_order() -> None:
    assert parse_set(b"5:3,9") == UidSet(((3, 5), (9, 9)))
    validity, pairs = parse_copied(b"7 5,1:2 10:12", 3)
    assert validity == 7
    assert pairs == {5: 10, 1: 11, 2: 12}
    for argument in (b"", b"7 1 1:2", b"7 1:9 1:9", b"x 1 1", b"7 * 1", b"7 1,,2 3"):
        with pytest.raises(Unreadable):
            parse_copied(argument, 3)
    with pytest.raises(Unreadable):
        parse_copied(b"7 1:4294967295 1:4294967295", 1_000)
    assert parse_vanished(b"(EARLIER) 1:3,7") == UidSet(((1, 3), (7, 7)))
    assert parse_esearch([b'(TAG "A1") UID ALL 2,10:11']) == UidSet(((2, 2), (10, 11)))
    assert parse_esearch([b'(TAG "A1") UID']) == UidSet()
    for text in (b"", b"1:", b"1:99999999999", b"a"):
        with pytest.raises(Unreadable):
            parse_vanished(text)


def test_a_listed_mailbox_has_attributes_delimiter_and_name() -> None:
    one = parse_listed([b'(\\HasNoChildren \\SENT) "\\\\" "a \\"b\\""'])
    assert one.attributes == {"\\hasnochildren", "\\sent"}
    assert (one.delimiter, one.name) == ("\\", b'a "b"')
    assert parse_listed([b"() nil ", b"li\xffteral", b""]).name == b"li\xffteral"
    assert parse_listed([b'() "/" Sent Items']).name == b"Sent Items"
    assert parse_listed([b'() "/" a ("CHILDINFO" ("SUBSCRIBED"))']).name == b"a"
    one = parse_listed([b'() "\\" "a b"'])
    assert (one.delimiter, one.name) == ("\\", b"a b")
    for text in (b"", b"()", b'() "/"', b'() "/" ""', b'"/" x', b"() / ("):
        with pytest.raises(Unreadable):
            parse_listed([text])


def test_counts_are_read_whatever_is_missing() -> None:
    name, counts = parse_counts([b'"a b" (MESSAGES 3 unseen 1 HIGHESTMODSEQ 9)'])
    assert name == b"a b"
    assert (counts.messages, counts.unseen, counts.uid_next) == (3, 1, 0)
    assert counts.highest_modseq == 9
    for text in (b"", b"x", b"x ()", b"x (MESSAGES -1)", b"x (MESSAGES (1))"):
        try:
            parse_counts([text])
        except Unreadable:
            continue


def test_one_bad_name_loses_only_itself() -> None:
    listing = Listing(extended=True)
    names = [
        b'(\\Subscribed) "/" INBOX',
        b'() "/" "&///-x"',
        b'() "/" "unfinished',
        b'() "/" "&AAoAZQ-"',
        b'() "/" "a&AAA-b"',
        b'() "/" "../../../etc/cron.d/x"',
        b'() "/" \x1b[2J',
        b'() "/" NIL',
        b"nonsense",
        b'() "/" "&2D0-"',
        b'() "/" "\xe9t\xe9"',
    ]
    for text in names:
        assert listing.take(Untagged(b"LIST", None, (text,)))
    assert listing.take(Untagged(b"STATUS", None, (b"Inbox (MESSAGES 4)",)))
    assert listing.take(Untagged(b"STATUS", None, (b"&///-x (MESSAGES",)))
    found = listing.mailboxes(subscribed_only=False)
    assert [one.name for one in found] == [
        "INBOX", "&///-x", "\ne", "a\0b", "../../../etc/cron.d/x", "\x1b[2J", "NIL",
        "&2D0-", "été",
    ]  # fmt: skip
    assert found[0].counts is not None
    assert found[0].counts.messages == 4
    assert found[1].wire_name == b"&///-x"


def _news(*lines: bytes) -> Changes:
    news = News("host")
    news.listening = True
    for line in lines:
        news.note(parse_untagged([b"* " + line]))
    return news.take()


def test_what_comes_unasked_is_kept_in_its_order() -> None:
    changes = _news(
        b"5 EXISTS",
        b"2 EXPUNGE",
        b"VANISHED 7:9",
        b"3 FETCH (UID 4 FLAGS (\\Seen) MODSEQ (12))",
        b"1 FETCH (FLAGS (\\Seen))",
        b"1 FETCH (UID 5 MODSEQ (1))",
        b"OK [ALERT] disk\x07 full",
        b"OK Still here",
        b"FETCH nonsense",
        b"VANISHED nonsense",
        b"3 FETCH (UID 4 FLAGS ())",
    )
    assert changes.exists == 1
    assert changes.expunged == 1
    assert changes.unnamed == 1
    assert changes.vanished == UidSet.between(7, 9)
    assert [one.uid for one in changes.flags] == [4, 4]
    assert changes.flags[0] == FlagsOf(
        Uid(4), frozenset({SEEN}), changes.flags[0].modseq
    )
    assert changes.alerts == ("disk␇ full",)
    assert not _news(b"OK [CLOSED] other", b"OK Still here", b"1 RECENT")
    assert not _news(b"3 EXISTS", b"OK [CLOSED] other")


def test_before_the_login_only_capabilities_count() -> None:
    news = News("host")
    for line in (b"5 EXISTS", b"1 FETCH (UID 1 FLAGS ())", b"VANISHED 1"):
        news.note(parse_untagged([b"* " + line]))
    assert not news.take()
    with pytest.raises(LinkLost, match="overloaded"):
        news.note(parse_untagged([b"* BYE overloaded"]))


_octets = st.binary(max_size=200) | st.lists(
    st.sampled_from(
        [
            b"(", b")", b" ", b'"', b"\\", b"[", b"]", b"NIL", b"UID", b"FLAGS", b"1",
            b"BODY[", b"HEADER.FIELDS", b"4294967296", b"MODSEQ", b"ALL", b":", b",",
            b"*", b"EXISTS", b"FETCH", b"VANISHED", b"(EARLIER)", b"LIST", b"STATUS",
            b"OK", b"{3}", b"\r\n", b"\xff", b"\0", b"TAG",
        ]
    ),
    max_size=30,
).map(b"".join)  # fmt: skip


@given(st.lists(_octets, min_size=1, max_size=5))
def test_no_response_breaks_a_parser(fragments: list[bytes]) -> None:
    news = News("host")
    news.listening = True
    listing = Listing(extended=False)
    selecting = Selecting(read_only=False)
    for name in (b"FETCH", b"LIST", b"LSUB", b"STATUS", b"VANISHED", b"EXISTS", b"OK"):
        said = Untagged(name, 1, tuple(fragments))
        news.note(said)
        listing.take(said)
        if not fragments[0].upper().startswith(b"[UIDNEXT"):
            selecting.take(said)
    listing.mailboxes(subscribed_only=False)
    for parse in (
        parse_items,
        parse_esearch,
        parse_listed,
        parse_counts,
        parse_untagged,
    ):
        try:
            parse(fragments)
        except Unreadable:
            continue
    assert len(news.take().vanished) <= LARGEST
