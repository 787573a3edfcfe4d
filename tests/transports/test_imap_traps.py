"""What servers get wrong, or do on purpose: each trap is a dialogue."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers.ports import HOST
from tests.servers.scripted import Peer, Play, scripted
from tui_mail.config.secret import Secret
from tui_mail.config.settings import Security, Server
from tui_mail.model.error import LinkLost, MailError, ProtocolError, ServerRefused
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import ModSeq, PartId, Uid, UidValidity
from tui_mail.model.message import FetchedMessage
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.transports.imap import ImapConnection, KnownState
from tui_mail.transports.imap_arguments import Flow

ALL = UidSet.between(1, LARGEST)
Reach = Callable[[int], ImapConnection]

_FIELDS = b"BODY[HEADER.FIELDS (DATE FROM)]"


def _message(
    uid: int, header: bytes = b"Subject: x\r\n\r\n", *, number: int = 1
) -> bytes:
    return b"%d FETCH (UID %d FLAGS () RFC822.SIZE 9 %b {%d}\r\n%b)" % (
        number, uid, _FIELDS, len(header), header,
    )  # fmt: skip


@contextmanager
def _selected(
    reach: Reach,
    play: Play,
    *,
    capabilities: str = "IMAP4rev1",
    exists: int = 3,
    deadline: float = 10,
) -> Iterator[ImapConnection]:
    """Play to a client that has selected a mailbox."""

    def whole(peer: Peer) -> None:
        peer.greet(capabilities)
        if "ENABLE" in capabilities:
            peer.enable("QRESYNC")
        peer.select(exists=exists)
        play(peer)

    with scripted(whole) as server:
        connection = reach(server.port)
        connection.deadline = deadline
        connection.select(b"INBOX")
        yield connection
        connection.close()


def _all(connection: ImapConnection, uids: UidSet = ALL) -> list[FetchedMessage]:
    return [one for some in connection.fetch_messages(uids) for one in some]


def test_what_is_about_others_is_kept_and_not_taken_for_an_answer(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.answer(
            b"UID FETCH 5:6 ",
            b"9 FETCH (UID 77 FLAGS (\\Flagged))",
            _message(5),
            _message(3, number=2),
            b"4 EXISTS",
            b"2 FETCH (FLAGS (\\Seen))",
            b"5 FETCH (FLAGS (\\Seen) UID 6)",
            b"1 EXPUNGE",
            b"SEARCH 1 2 3",
            b"X-OTHER thing",
        )

    with _selected(reach, play) as connection:
        assert [one.uid for one in _all(connection, UidSet.between(5, 6))] == [5]
        changes = connection.take_changes()
        told = {one.uid: one.flags for one in changes.flags}
        assert told == {77: {FLAGGED}, 3: frozenset(), 6: {SEEN}}
        assert (changes.exists, changes.expunged, changes.unnamed) == (3, 1, 1)


def test_the_last_message_that_n_to_star_gives_is_left_out(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.answer(b"UID FETCH 10:4294967295 ", _message(9))

    with _selected(reach, play) as connection:
        assert _all(connection, UidSet.between(10, LARGEST)) == []


def test_messages_are_read_whatever_the_order_and_the_quoting(reach: Reach) -> None:
    header = b"Subject: x\r\n\r\n"

    def play(peer: Peer) -> None:
        peer.answer(
            b"UID FETCH",
            b"1 FETCH (X-GM-MSGID 12 %b<0> {%d}\r\n%b UID 1 FLAGS (\\Seen))"
            % (_FIELDS, len(header), header),
            b'2 fetch (flags (\\seen) body[header.fields ("date")] "Subject: x" uid 2)',
            b"3 FETCH (UID 3 FLAGS (a] b) %b NIL)" % _FIELDS,
            b'4 FETCH (UID 4 ENVELOPE ("a (b" {4}\r\n) ( ) FLAGS () %b ~{%d}\r\n%b)'
            % (_FIELDS, len(header), header),
            _message(5).replace(b"FLAGS ()", b'INTERNALDATE "nonsense" MODSEQ (1)'),
        )

    with _selected(reach, play, capabilities="IMAP4rev1 X-GM-EXT-1") as connection:
        found = _all(connection)
    assert [one.uid for one in found] == [1, 2, 3, 4, 5]
    assert [one.envelope.subject for one in found] == ["x", "x", "", "x", "x"]
    assert found[0].email_id == "12"
    assert found[1].flags == {SEEN}
    assert found[2].flags == {"a]", "b"}


def test_a_response_that_follows_no_grammar_loses_only_itself(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.answer(
            b"UID FETCH",
            _message(1),
            b'2 FETCH (UID 2 FLAGS (() X "unfinished',
            b"3 FETCH (UID 3 FLAGS ( RFC822.SIZE 9 %b {7}\r\nDate: x)" % _FIELDS,
            b"4 FETCH (UID 99999999999 FLAGS () %b {7}\r\nDate: x)" % _FIELDS,
            b"FETCH",
            b"",
            b"?",
            _message(5),
        )

    with _selected(reach, play) as connection:
        assert [one.uid for one in _all(connection)] == [1, 3, 5]


def test_one_bad_structure_loses_only_itself(reach: Reach) -> None:
    good = b'("text" "plain" NIL NIL NIL "7bit" 3 1)'
    bad = [b"NIL", b"()", b'("text")', b"(" * 50_000 + b")" * 50_000]

    def play(peer: Peer) -> None:
        lines = [
            b"%d FETCH (UID %d BODYSTRUCTURE %b BODY[HEADER] {2}\r\n\r\n)" % (n, n, one)
            for n, one in enumerate([good, *bad, good], start=1)
        ]
        peer.answer(b"UID FETCH", *lines)
        peer.answer(b"UID FETCH", b"1 FETCH (UID 1 BODYSTRUCTURE NIL)")

    with _selected(reach, play) as connection:
        found = connection.fetch_structures(UidSet.between(1, 9))
        assert sorted(found) == [1, 2, 3, 4, 5, 6]
        assert [uid for uid, (_, one) in found.items() if one is None] == [2, 3, 4, 5]
        assert connection.fetch_structure(Uid(1)) is None


def test_a_server_that_ignores_partials_is_cut_to_size(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        for _ in range(2):
            peer.answer(b"UID FETCH", b"1 FETCH (UID 1 BODY[1] {10}\r\n0123456789)")
        peer.answer(b"UID FETCH", b"1 FETCH (UID 1 BODY[1]<4> {9}\r\nabcdefghi)")
        peer.answer(b"UID FETCH", b"1 FETCH (UID 1 BODY[1]<2> {3}\r\nabc)")
        peer.answer(b"UID FETCH", b"1 FETCH (UID 1 BODY[9] NIL)")

    one = PartId("1")
    with _selected(reach, play) as connection:
        assert connection.fetch_part(Uid(1), one, size=4) == b"0123"
        assert connection.fetch_part(Uid(1), one, offset=4, size=4) == b"4567"
        assert connection.fetch_part(Uid(1), one, offset=4, size=4) == b"abcd"
        assert connection.fetch_part(Uid(1), one, offset=4, size=4) is None
        assert connection.fetch_part(Uid(1), PartId("9")) == b""


def test_flags_that_come_with_a_part_are_kept(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.answer(
            b"UID FETCH",
            b"1 FETCH (UID 1 FLAGS (\\Flagged))",
            b"1 FETCH (UID 1 FLAGS (\\Seen) BODY[1] {1}\r\nx)",
        )

    with _selected(reach, play) as connection:
        assert connection.fetch_part(Uid(1), PartId("1")) == b"x"
        told = [one.flags for one in connection.take_changes().flags]
        assert told == [{FLAGGED}, {SEEN}]


def test_a_listing_of_two_hundred_thousand_uids_is_one_line(reach: Reach) -> None:
    odd = range(1, 400_001, 2)

    def play(peer: Peer) -> None:
        peer.answer(
            b"UID SEARCH RETURN (ALL) UID 1:4294967295",
            b'ESEARCH (TAG "x") UID ALL ' + ",".join(map(str, odd)).encode(),
        )

    with _selected(reach, play, capabilities="IMAP4rev1 ESEARCH") as connection:
        assert len(connection.existing_uids(ALL)) == 200_000


def test_without_esearch_a_listing_is_no_line_at_all(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        lines = (b"%d FETCH (UID %d)" % (n, n) for n in range(1, 150_001))
        peer.answer(b"UID FETCH 1:4294967295 (UID)", *lines)

    with _selected(reach, play, deadline=60) as connection:
        assert connection.existing_uids(ALL) == UidSet.between(1, 150_000)


@pytest.mark.parametrize(
    "answer", [b"ESEARCH (TAG x) UID ALL *:x", b"SEARCH 1 2", b"ESEARCH (", b"OK none"]
)
def test_a_listing_that_cannot_be_read_is_never_an_empty_one(
    reach: Reach, answer: bytes
) -> None:
    def play(peer: Peer) -> None:
        peer.answer(b"UID SEARCH", answer)
        peer.answer(b"UID FETCH 1:4294967295 (UID)", b"1 FETCH (UID 8)")

    with _selected(reach, play, capabilities="IMAP4rev1 ESEARCH") as connection:
        assert connection.existing_uids(ALL) == UidSet.of([8])


def test_long_sets_go_in_commands_of_bearable_length(reach: Reach) -> None:
    uids = UidSet.of(range(1_000_000, 1_010_000, 2))
    lengths = []

    def play(peer: Peer) -> None:
        asked = 0
        while asked < len(uids):
            command = peer.command()
            lengths.append(len(command))
            asked += command.split()[2].count(b",") + 1
            peer.ok()
        peer.answer(b"UID FETCH 7 ", _message(7))

    with _selected(reach, play) as connection:
        connection.store_flags(uids, SEEN, add=True)
        assert [one.uid for one in _all(connection, UidSet.of([7]))] == [7]
    assert max(lengths) < 8_192


NAMES = (b"x\r\nX1 DELETE victim", b"x\nX1 NOOP", b"x\0y", b"\r\n")
FLAGS = (
    "x\r\nX1 DELETE victim",
    "a b",
    "(x",
    "x)",
    "{5+}",
    "\\Foo",
    "",
    "x\0",
    'x"',
    "ä",
)
PARTS = ("1]\r\nX1 NOOP", "1] BODY[2", "HEADER.FIELDS (X)", "0", "1..2", "x", "1.\0")


def test_nothing_that_ends_a_line_is_told_to_a_server(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.serve()

    some = UidSet.of([1])
    with _selected(reach, play, capabilities="IMAP4rev1 MOVE UIDPLUS") as connection:
        calls: list[Callable[[], object]] = []
        for name in NAMES:
            by_name = (
                *(connection.select, connection.status),
                *(connection.create, connection.subscribe),
            )
            calls += [partial(call, name) for call in by_name]
            calls += [partial(connection.move, some, name)]
            calls += [partial(connection.copy, some, name)]
            calls += [partial(connection.append, name, b"x")]
        for flag in FLAGS:
            calls += [partial(connection.store_flags, some, flag, add=True)]
            calls += [partial(connection.append, b"x", b"x", frozenset({flag}))]
        for part in map(PartId, PARTS):
            calls += [partial(connection.fetch_part, Uid(1), part)]
            calls += [partial(next, connection.fetch_parts([(Uid(1), part)]))]
        calls += [
            partial(connection.append, b"x", b"a\0b"),
            partial(connection.fetch_part, Uid(1), PartId("1"), offset=-1, size=5),
            partial(connection.fetch_part, Uid(1), PartId("1"), size=0),
            partial(connection.fetch_headers, Uid(0)),
            partial(connection.fetch_headers, Uid(LARGEST + 1)),
            partial(connection.store_flags, UidSet(((-1, 5),)), SEEN, add=True),
        ]
        for call in calls:
            with pytest.raises(ServerRefused) as refused:
                call()
            assert refused.value.code == "CANNOT"
        assert not connection.noop()


def test_names_arrive_as_they_are(reach: Reach) -> None:
    names = [b'q"\\', b"{5+}", b"(x) *%]", b"\xe9t\xe9", b"", b"NIL", b"a" * 3_000]

    def play(peer: Peer) -> None:
        peer.serve()

    with scripted(_greeting(play)) as server:
        connection = reach(server.port)
        for name in names:
            connection.create(name)
        connection.logout()
    said = [line.partition(b" CREATE ")[2][:-2] for line in server.commands[1:-1]]
    assert said == [
        b'"q\\"\\\\"', b'"{5+}"', b'"(x) *%]"', b"{3}\r\n\xe9t\xe9", b'""', b'"NIL"',
        b"{3000}\r\n" + b"a" * 3_000,
    ]  # fmt: skip


def _greeting(play: Play, capabilities: str = "IMAP4rev1") -> Play:
    def whole(peer: Peer) -> None:
        peer.greet(capabilities)
        play(peer)

    return whole


def test_a_refusal_has_a_code_and_leaves_the_connection_usable(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        for answer in (
            b"NO [TRYCREATE] no such mailbox",
            b"NO [OVERQUOTA] full",
            b"NO no",
            b"BAD [CLIENTBUG] what?",
            b"no [nonexistent (x y)]",
        ):
            peer.expect(b"UID COPY")
            peer.done(answer)
        peer.expect(b"APPEND")
        peer.done(b"NO [TRYCREATE] no")
        peer.answer(b"NOOP")

    with _selected(reach, play, capabilities="IMAP4rev1 LITERAL+") as connection:
        codes = []
        for _ in range(5):
            with pytest.raises(ServerRefused) as refused:
                connection.copy(UidSet.of([1]), b"x")
            codes.append(refused.value.code)
        assert codes == ["TRYCREATE", "OVERQUOTA", "", "CLIENTBUG", "NONEXISTENT"]
        with pytest.raises(ServerRefused, match="no"):
            connection.append(b"x", b"Subject: x\r\n\r\n" + b"x" * 100_000)
        connection.noop()


def test_a_literal_that_is_refused_is_not_sent(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.greet()
        while True:
            line = peer.line()
            peer.tag = line.split()[0]
            if b"APPEND" in line:
                peer.done(b"NO [OVERQUOTA] too large")
            else:
                assert b"NOOP" in line
                peer.ok()

    with scripted(play) as server:
        connection = reach(server.port)
        for _ in range(2):
            with pytest.raises(ServerRefused) as refused:
                connection.append(b"x", b"x" * 1_000_000)
            assert refused.value.code == "OVERQUOTA"
        connection.noop()
        connection.close()


@pytest.mark.parametrize(
    ("said", "uids"),
    [
        (b"[COPYUID 5 1:2 8:9]", {1: 8, 2: 9}),
        (b"[COPYUID 5 2,1 8:9]", {2: 8, 1: 9}),
        (b"[COPYUID 5 1:2 8]", {}),
        (b"[COPYUID 5 1:4294967295 1:4294967295]", {}),
        (b"[COPYUID x y z]", {}),
        (b"[COPYUID 5 7 8]", {}),
        (b"moved", {}),
    ],
)
def test_where_copies_lie_is_believed_only_where_it_can_be(
    reach: Reach, said: bytes, uids: dict[int, int]
) -> None:
    def play(peer: Peer) -> None:
        peer.answer(b"UID MOVE", b"OK " + said, b"1 EXPUNGE", b"1 EXPUNGE")
        peer.expect(b"UID COPY")
        peer.ok(said)

    with _selected(reach, play, capabilities="IMAP4rev1 MOVE") as connection:
        assert connection.move(UidSet.between(1, 2), b"x").uids == uids
        assert connection.take_changes().expunged == 2
        assert connection.copy(UidSet.between(1, 2), b"x").uids == uids


def test_a_message_flows_to_the_server_in_pieces(reach: Reach) -> None:
    received = []

    def play(peer: Peer) -> None:
        for _ in range(2):
            received.append(peer.expect(b"APPEND"))
            peer.ok()

    small, large = [b"Subject: x\r\n", b"\r\n\xff"], [b"x" * 50_000] * 3
    with _selected(reach, play, capabilities="IMAP4rev1 LITERAL+") as connection:
        for pieces in (small, large):
            size = sum(map(len, pieces))
            connection.append(b"x", Flow(size, lambda pieces=pieces: pieces))  # type: ignore[misc]
    # What is large waits for the server's leave.
    assert received[0] == b'APPEND "x" {15+}\r\n' + b"".join(small)
    assert received[1] == b'APPEND "x" {150000}\r\n' + b"".join(large)


def test_a_message_that_is_shorter_than_it_says_is_not_begun(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.answer(b"NOOP")

    with _selected(reach, play) as connection:
        for octets in (b"Subject: x", b"Subject: x\0"):
            with pytest.raises(ServerRefused) as refused:
                connection.append(b"x", Flow(11, lambda octets=octets: [octets]))  # type: ignore[misc]
            assert refused.value.code == "CANNOT"
        connection.noop()


def test_a_message_larger_than_the_server_takes_is_not_sent(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b"APPEND")
        peer.ok()

    with _selected(
        reach, play, capabilities="IMAP4rev1 APPENDLIMIT APPENDLIMIT=20"
    ) as connection:
        with pytest.raises(ServerRefused) as refused:
            connection.append(b"x", b"x" * 21)
        assert refused.value.code == "TOOBIG"
        connection.append(b"x", b"x" * 20)


def test_an_appended_uid_is_believed_only_where_it_can_be(reach: Reach) -> None:
    answers = [b"[APPENDUID 5 9]", b"[APPENDUID x 9]", b"[APPENDUID 5 9,10]", b"done"]

    def play(peer: Peer) -> None:
        for answer in answers:
            peer.expect(b"APPEND")
            peer.ok(answer)

    with _selected(reach, play) as connection:
        found = [connection.append(b"x", b"x") for _ in answers]
    assert found[0] is not None
    assert (found[0].validity, found[0].uid) == (5, 9)
    assert found[1:] == [None, None, None]


def test_bye_says_why(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b"NOOP")
        peer.say(b"* BYE \x1b[31mtoo many connections\r\n")
        peer.close()

    with _selected(reach, play) as connection:
        with pytest.raises(LinkLost, match="too many connections"):
            connection.noop()
        with pytest.raises(LinkLost):
            connection.noop()

    def refuse(peer: Peer) -> None:
        peer.say(b"* BYE overloaded\r\n")

    with scripted(refuse) as server, pytest.raises(LinkLost, match="overloaded"):
        reach(server.port)


@pytest.mark.parametrize(
    "octets",
    [
        b"220 smtp.example.com ESMTP\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"+OK POP3\r\n",
        b"* NO way\r\n",
        b"* 5 EXISTS\r\n",
        b"\0\0\0\0\r\n",
        b"SSH-2.0\r\n",
        b"\r\n",
        b"a001 OK done\r\n",
        b"* OK [CAPABILITY X] no IMAP version\r\n",
        b"* OK {99999999999999}\r\n* OK \r\n",
    ],
)
def test_what_is_no_greeting_is_no_imap(reach: Reach, octets: bytes) -> None:
    def play(peer: Peer) -> None:
        peer.say(octets)
        peer.close()

    with scripted(play) as server, pytest.raises((ProtocolError, LinkLost)):
        reach(server.port)


@pytest.mark.parametrize(
    "octets",
    [
        b"* 1 FETCH (UID 1 BODY[1] {1000000000000000}\r\n",
        b"* 1 FETCH (UID 1 BODY[1] {99999999999999999999999}\r\n",
        b"* 1 FETCH (UID 1 BODY[1] {4294967295}\r\n",
        b"* 1 FETCH (" + b"UID {0}\r\n" * 30_000 + b")\r\n",
        b"X999 OK done\r\n",
        b"hello\r\n",
        b"+ what?\r\n",
    ],
    ids=range(7),
)
def test_what_no_server_may_say_ends_the_link(reach: Reach, octets: bytes) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b"UID FETCH")
        peer.say(octets)
        peer.hang()

    with _selected(reach, play, deadline=1) as connection:
        with pytest.raises(MailError):
            connection.fetch_part(Uid(1), PartId("1"))
        with pytest.raises(LinkLost):
            connection.noop()


def test_a_line_without_an_end_is_not_kept_for_ever(
    reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.transports.stream.MAX_LINE", 1_000_000)

    def play(peer: Peer) -> None:
        peer.expect(b"NOOP")
        while True:
            peer.say(b"* OK " + b"x" * 100_000)

    with (
        _selected(reach, play) as connection,
        pytest.raises(ProtocolError, match="end"),
    ):
        connection.noop()


@pytest.mark.parametrize(
    "said",
    [b"* 5 EXISTS\r\n" * 1_000, b"\r\n" * 1_000, b"* 1 FETCH (X {9}\r\n123456789)\r\n"],
    ids=["news", "nothing", "literals"],
)
def test_a_server_that_talks_on_and_answers_nothing_is_left(
    reach: Reach, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    limit = "MOST_OCTETS" if b"FETCH" in said else "MOST_LINES"
    monkeypatch.setattr(f"tui_mail.transports.stream.{limit}", 50_000)

    def play(peer: Peer) -> None:
        peer.expect(b"NOOP")
        with contextlib.suppress(OSError):
            for _ in range(10_000):
                peer.say(said)

    with (
        _selected(reach, play) as connection,
        pytest.raises(ProtocolError, match="answers nothing"),
    ):
        connection.noop()


def test_a_header_of_fifty_megabytes_is_cut(reach: Reach) -> None:
    size = 50_000_000

    def play(peer: Peer) -> None:
        command = peer.expect(b"UID FETCH")
        assert b"<0.65536>" in command
        peer.say(
            b"* 1 FETCH (UID 1 FLAGS () %b<0> {%d}\r\nSubject: " % (_FIELDS, size + 9)
        )
        for _ in range(50):
            peer.say(b"x" * (size // 50))
        peer.say(b")\r\n* " + _message(2) + b"\r\n")
        peer.ok()

    with _selected(reach, play, deadline=60) as connection:
        found = _all(connection)
    assert [one.uid for one in found] == [1, 2]
    assert len(found[0].envelope.subject) < 100_000


@pytest.mark.parametrize("pause", [0.02, None])
def test_a_command_has_a_deadline_even_where_the_server_dribbles(
    reach: Reach, pause: float | None
) -> None:
    def play(peer: Peer) -> None:
        peer.command()
        if pause is None:
            peer.hang()
        peer.dribble(b"* OK " + b"." * 10_000, pause or 0)

    with _selected(reach, play, deadline=0.5) as connection:
        before = time.monotonic()
        with pytest.raises(LinkLost, match="within"):
            connection.noop()
        assert time.monotonic() - before < 3
    with (
        _selected(reach, play, deadline=0.5) as connection,
        pytest.raises(LinkLost, match="within"),
    ):
        _all(connection)


def test_a_slow_answer_that_goes_on_is_waited_for(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b"UID FETCH")
        for uid in range(1, 13):
            peer.say(b"* " + _message(uid, b"Subject: " + b"x" * 500) + b"\r\n")
            time.sleep(0.06)
        peer.ok()

    with _selected(reach, play, deadline=0.5) as connection:
        assert len(_all(connection)) == 12


def test_another_thread_ends_a_wait_at_once(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.command()
        peer.hang()

    with _selected(reach, play) as connection:
        ending = threading.Timer(0.1, connection.close)
        ending.start()
        before = time.monotonic()
        with pytest.raises(LinkLost):
            connection.noop()
        assert time.monotonic() - before < 5
        ending.join()


def test_who_does_not_read_is_left_in_time(reach: Reach) -> None:
    stop = threading.Event()

    def play(peer: Peer) -> None:
        peer.line()
        peer.say(b"+ go on\r\n")
        stop.wait(20)

    with _selected(reach, play, capabilities="IMAP4rev1 LITERAL+") as connection:
        connection.deadline = 0.4
        with pytest.raises(LinkLost):
            connection.append(b"x", b"x" * 30_000_000)
        stop.set()


@pytest.fixture
def wake() -> Iterator[int]:
    reading, writing = os.pipe()
    yield reading
    os.close(reading)
    os.close(writing)


def _idling(play: Play) -> Play:
    def whole(peer: Peer) -> None:
        peer.expect(b"IDLE")
        play(peer)
        assert peer.line() == b"DONE\r\n"
        peer.ok()

    return whole


@pytest.mark.parametrize(
    "octets",
    [
        b"+ idling\r\n* 4 EXISTS\r\n",
        b"* 4 EXISTS\r\n+ idling\r\n",
        b"+\r\n* OK Still here\r\n* 4 EXISTS\r\n",
    ],
)
def test_idle_sees_what_comes_with_the_leave_to_wait(
    reach: Reach, wake: int, octets: bytes
) -> None:
    play = _idling(lambda peer: peer.say(octets))
    with _selected(reach, play, capabilities="IMAP4rev1 IDLE") as connection:
        before = time.monotonic()
        assert connection.idle(timeout=20, wake=wake)
        assert time.monotonic() - before < 5
        assert connection.idle(timeout=20, wake=wake)
        assert connection.take_changes().exists == 4


def test_idle_waits_for_the_rest_of_a_line(reach: Reach, wake: int) -> None:
    def play(peer: Peer) -> None:
        peer.say(b"+ idling\r\n* OK Still")
        time.sleep(0.1)
        peer.say(b" here\r\n* 4 EXI")
        time.sleep(0.1)
        peer.say(b"STS\r\n")

    with _selected(
        reach, _idling(play), capabilities="IMAP4rev1 IDLE", deadline=5
    ) as connection:
        assert connection.idle(timeout=20, wake=wake)


def test_idle_notices_a_dead_peer(
    reach: Reach, wake: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.transports.imap_idle.LEAVE", 0.3)

    def silent(peer: Peer) -> None:
        peer.expect(b"IDLE")
        peer.say(b"+ idling\r\n")
        peer.hang()

    def gone(peer: Peer) -> None:
        peer.expect(b"IDLE")
        peer.say(b"+ idling\r\n* 4 EX")
        peer.close()

    def bye(peer: Peer) -> None:
        peer.expect(b"IDLE")
        peer.say(b"+ idling\r\n* BYE timeout\r\n")
        peer.hang()

    for play in (silent, gone, bye):
        with (
            _selected(reach, play, capabilities="IMAP4rev1 IDLE") as connection,
            pytest.raises(LinkLost),
        ):
            connection.idle(timeout=0.3, wake=wake)


@pytest.mark.parametrize("answer", [b"OK done", b"NO bored", b"BAD too long"])
def test_a_server_may_end_idle_by_itself(
    reach: Reach, wake: int, answer: bytes
) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b"IDLE")
        peer.say(b"+ idling\r\n")
        peer.done(answer)
        peer.answer(b"NOOP")

    with _selected(reach, play, capabilities="IMAP4rev1 IDLE") as connection:
        refused = pytest.raises(ServerRefused)
        with contextlib.nullcontext() if answer.startswith(b"OK") else refused:
            assert not connection.idle(timeout=5, wake=wake)
        connection.noop()


@pytest.mark.parametrize("answer", [b"OK never", b"NO not now", b"BAD what?"])
def test_idle_may_be_refused(reach: Reach, wake: int, answer: bytes) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b"IDLE")
        peer.done(answer)
        peer.answer(b"NOOP")

    with _selected(reach, play, capabilities="IMAP4rev1 IDLE") as connection:
        with pytest.raises(ServerRefused):
            connection.idle(timeout=5, wake=wake)
        connection.noop()
    with _selected(reach, play) as connection, pytest.raises(ServerRefused) as refused:
        connection.idle(timeout=5, wake=wake)
    assert refused.value.code == "CANNOT"


def test_a_mailbox_is_selected_from_whatever_is_said(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 ENABLE QRESYNC")
        peer.enable("QRESYNC")
        peer.expect(b'SELECT "INBOX" (QRESYNC (7 5 1:9))')
        peer.say(
            b"* 99 EXISTS\r\n* 3 FETCH (UID 77 FLAGS ())\r\n* OK [CLOSED] old one\r\n"
            b"* 3 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7]\r\n"
            b"* OK [HIGHESTMODSEQ 9223372036854775807] big\r\n"
            b"* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS (\\Seen $Forwarded Work)]"
            b" fixed\r\n"
            b"* VANISHED (EARLIER) 4:5\r\n* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (6))\r\n"
            b"* OK [ALERT] read this\r\n"
        )
        peer.ok(b"[READ-ONLY] done")
        peer.answer(b"FETCH * (UID)", b"3 FETCH (UID 41)")

    known = KnownState(UidValidity(7), ModSeq(5), UidSet.between(1, 9))
    with scripted(play) as server:
        connection = reach(server.port)
        selected = connection.select(b"INBOX", known=known)
        connection.close()
    assert (selected.exists, selected.uid_next) == (3, 42)
    assert selected.highest_modseq == 2**63 - 1
    assert selected.read_only
    assert not selected.keywords_kept
    assert selected.keywords_named == {"$forwarded", "work"}
    assert selected.resynced
    assert selected.changes.vanished == UidSet.between(4, 5)
    assert [one.uid for one in selected.changes.flags] == [1]
    assert selected.changes.alerts == ("read this",)


@pytest.mark.parametrize("lines", [(), (b"OK [UIDVALIDITY x]",)])
def test_a_mailbox_without_an_identity_is_not_trusted_but_others_are(
    reach: Reach, lines: tuple[bytes, ...]
) -> None:
    def play(peer: Peer) -> None:
        peer.greet()
        peer.answer(b"SELECT", b"0 EXISTS", *lines)
        peer.select()

    with scripted(play) as server:
        connection = reach(server.port)
        with pytest.raises(ServerRefused):
            connection.select(b"INBOX")
        assert connection.select(b"INBOX").uid_validity
        connection.close()


def test_a_uidnext_that_none_can_be_is_looked_for(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.greet()
        nonsense = b"OK [UIDNEXT 99999999999]"
        peer.answer(b"SELECT", b"1 EXISTS", b"OK [UIDVALIDITY 1]", nonsense)
        peer.answer(b"FETCH * (UID)", b"1 FETCH (UID 41)")

    with scripted(play) as server:
        connection = reach(server.port)
        assert connection.select(b"INBOX").uid_next == 42
        connection.close()


def test_qresync_that_is_not_enabled_is_not_used(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 ENABLE QRESYNC CONDSTORE")
        peer.expect(b"ENABLE QRESYNC")
        peer.ok()
        peer.expect(b'SELECT "INBOX" (CONDSTORE)')
        peer.say(b"* 1 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 2]\r\n")
        peer.ok()

    known = KnownState(UidValidity(1), ModSeq(5), UidSet())
    with scripted(play) as server:
        connection = reach(server.port)
        assert not connection.qresync
        assert connection.condstore
        assert not connection.select(b"INBOX", known=known).resynced
        connection.close()


def test_a_listing_in_two_steps_joins_what_is_subscribed(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.answer(
            b'LIST "" "*"',
            b'LIST (\\HasNoChildren) "." inbox',
            b'LIST () "." {8}\r\nlite ral',
            b'LIST () "." Sent',
            b'LIST () "." Other',
            b'LIST (\\Noselect) "." Folder',
            b"LIST nonsense",
        )
        peer.answer(b'LSUB "" "*"', b'LSUB () "." INBOX', b'LSUB () "." "lite ral"')
        peer.answer(b"LIST")
        peer.expect(b"LSUB")
        peer.done(b"BAD no")

    with scripted(_greeting(play)) as server:
        connection = reach(server.port)
        listed = connection.list_mailboxes(subscribed_only=True)
        assert [one.name for one in listed] == ["inbox", "lite ral", "Sent"]
        assert connection.list_mailboxes(subscribed_only=False) == []
        connection.close()


def test_a_name_that_cannot_be_told_again_is_of_nothing_that_can_be_opened(
    reach: Reach,
) -> None:
    def play(peer: Peer) -> None:
        peer.answer(
            b'LIST "" "*"',
            b'LIST () "/" {5}\r\nli\nne',
            b'LIST () "/" {3}\r\n\x1b \xff',
        )
        peer.answer(b"LSUB")

    with scripted(_greeting(play)) as server:
        connection = reach(server.port)
        listed = connection.list_mailboxes(subscribed_only=False)
        assert [(one.wire_name, one.selectable) for one in listed] == [
            (b"li\nne", False),
            (b"\x1b \xff", True),
        ]
        connection.close()


def test_a_server_that_does_not_tell_what_is_subscribed_hides_nothing(
    reach: Reach,
) -> None:
    def play(peer: Peer) -> None:
        peer.answer(b'LIST "" "*"', b'LIST () "/" INBOX', b'LIST () "/" Other')
        peer.expect(b"LSUB")
        peer.done(b"NO not now")

    with scripted(_greeting(play)) as server:
        connection = reach(server.port)
        listed = connection.list_mailboxes(subscribed_only=True)
        assert [one.name for one in listed] == ["INBOX", "Other"]
        connection.close()


def test_the_inbox_is_one_mailbox_however_it_is_spelled(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        for spelled in (b"inbox", b'"InBox"'):
            peer.answer(b'LIST "" "*"', b'LIST () "/" ' + spelled)
            peer.answer(b"LSUB")

    with scripted(_greeting(play)) as server:
        connection = reach(server.port)
        for _ in range(2):
            [inbox] = connection.list_mailboxes(subscribed_only=True)
            assert inbox.wire_name == b"INBOX"
        connection.close()


def test_an_alert_is_told_wherever_it_stands(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b"NOOP")
        peer.ok(b"[ALERT] the disk is nearly full")
        peer.expect(b"UID FETCH")
        peer.ok(b"[ALERT] the server restarts at noon")

    with _selected(reach, play) as connection:
        assert connection.noop().alerts == ("the disk is nearly full",)
        assert _all(connection) == []
        assert connection.take_changes().alerts == ("the server restarts at noon",)


def test_an_empty_line_too_many_is_passed_over(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b"UID FETCH")
        peer.say(b"* " + _message(1) + b"\r\n\r\n* " + _message(2) + b"\r\n\r\n")
        peer.ok()

    with _selected(reach, play) as connection:
        assert [one.uid for one in _all(connection)] == [1, 2]


def test_a_mailbox_without_modseqs_is_not_asked_for_them(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 CONDSTORE")
        peer.select(b"OK [NOMODSEQ] none here")
        peer.expect(b"UID FETCH 1:4294967295 (UID FLAGS)")
        peer.ok()
        assert b"MODSEQ" not in peer.answer(b"UID FETCH", _message(1))
        peer.select(b"OK [HIGHESTMODSEQ 5] some")
        peer.expect(b"UID FETCH 1:4294967295 (UID FLAGS MODSEQ) (CHANGEDSINCE 3)")
        peer.ok()

    with scripted(play) as server:
        connection = reach(server.port)
        assert connection.select(b"INBOX").highest_modseq == 0
        assert not connection.fetch_flags(ALL, changed_since=ModSeq(3))
        assert len(_all(connection)) == 1
        assert connection.select(b"INBOX").highest_modseq == 5
        connection.fetch_flags(ALL, changed_since=ModSeq(3))
        connection.close()


def test_a_server_that_wants_to_be_left_alone_is(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b"NOOP")
        peer.done(b"BAD Request is throttled. Suggested Backoff Time: 9 milliseconds")
        peer.expect(b"NOOP")
        peer.done(b"BAD User is authenticated but not connected.")
        peer.hang()

    with _selected(reach, play) as connection:
        with pytest.raises(ServerRefused) as refused:
            connection.noop()
        assert refused.value.code == "LIMIT"
        with pytest.raises(LinkLost, match="not connected"):
            connection.noop()
        with pytest.raises(LinkLost, match="closed"):
            connection.noop()


def test_an_extension_that_is_only_announced_is_done_without(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b'LIST "" "*" RETURN (SUBSCRIBED STATUS (')
        peer.done(b"BAD what?")
        peer.answer(b'LIST "" "*"', b'LIST () "/" INBOX')
        peer.answer(b'LSUB "" "*"', b'LSUB () "/" INBOX')

    announced = "IMAP4rev1 LIST-EXTENDED LIST-STATUS"
    with scripted(_greeting(play, announced)) as server:
        connection = reach(server.port)
        (inbox,) = connection.list_mailboxes(subscribed_only=True)
        assert inbox.subscribed
        connection.close()


def test_a_user_name_cannot_end_the_line() -> None:
    for offer in ("IMAP4rev1", "IMAP4rev1 AUTH=PLAIN SASL-IR"):
        with scripted(_greeting(Peer.serve, offer)) as server:
            for name in ("x\r\nX1 DELETE victim", "a\0b", "\ud800"):
                described = Server(
                    host=HOST, port=server.port, security=Security.NONE, username=name
                )
                with contextlib.suppress(MailError):
                    ImapConnection.connect(described, Secret("x"), deadline=5).logout()
        said = {line.upper().split()[1] for line in server.commands}
        assert said <= {b"AUTHENTICATE", b"LOGIN", b"LOGOUT", b"CAPABILITY"}


_pieces = st.lists(
    st.binary(max_size=20)
    | st.sampled_from(
        [
            b"* ", b"1 FETCH (UID 1 ", b"FLAGS (\\Seen) ", b"BODY[1] ", b"{3}\r\nabc",
            b"{9}\r\n", b")\r\n", b"\r\n", b"* OK [", b"COPYUID 1 2 3]", b"+ ", b'"',
            b"(", b")", b"* VANISHED 1:5\r\n", b"* ESEARCH UID ALL 1\r\n", b"* BYE\r\n",
            b"BODY[HEADER.FIELDS (X)] {4}\r\n\r\n\r\n", b"TAG OK done\r\n", b"TAG NO\r\n",
            b"BODYSTRUCTURE ((", b"* LIST () NIL x\r\n", b"* STATUS x (", b"{0}\r\n",
        ]
    ),
    max_size=25,
).map(b"".join)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(_pieces, min_size=8, max_size=8))
def test_no_octets_bring_out_any_other_error(answers: list[bytes]) -> None:
    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 ESEARCH MOVE UIDPLUS LIST-EXTENDED")
        for answer in answers:
            peer.command()
            peer.say(answer.replace(b"TAG", peer.tag))
            peer.ok()
        peer.close()

    with scripted(play) as server:
        described = Server(
            host=HOST, port=server.port, security=Security.NONE, username="ann"
        )
        connection = ImapConnection.connect(described, Secret("x"), deadline=0.5)
        one = UidSet.of([1])
        for call in (
            partial(connection.select, b"INBOX"),
            partial(connection.list_mailboxes, subscribed_only=False),
            partial(_all, connection),
            partial(connection.fetch_flags, ALL),
            partial(connection.existing_uids, one),
            partial(connection.fetch_structures, one),
            partial(connection.fetch_part, Uid(1), PartId("1")),
            partial(connection.move, one, b"x"),
        ):
            try:
                call()
            except (LinkLost, ProtocolError):
                break
            except ServerRefused:
                continue
        connection.close()
