"""The connection against a real server, with all it has and with less and less."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.servers.dovecot import Dovecot, Letter, Options, without
from tests.servers.proxy import proxied
from tui_mail.config.settings import Security
from tui_mail.model.error import LinkLost, ServerRefused
from tui_mail.model.flags import ANSWERED, DELETED, FLAGGED, SEEN
from tui_mail.model.ids import ModSeq, PartId, Uid
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.mailbox_names import encode_name
from tui_mail.model.message import FetchedMessage
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.transports.imap import ImapConnection, KnownState

pytestmark = pytest.mark.dovecot

Connect = Callable[..., ImapConnection]

ALL = UidSet.between(1, LARGEST)
MASKS = {
    "everything": "",
    "no QRESYNC": without("QRESYNC"),
    "no CONDSTORE": without("QRESYNC", "CONDSTORE"),
    "the least": "IMAP4rev1",
}


@pytest.fixture(params=MASKS)
def server(
    request: pytest.FixtureRequest, dovecots: Callable[[Options], Dovecot]
) -> Dovecot:
    return dovecots(Options(capabilities=MASKS[request.param]))


def _letters(count: int, first: int = 1) -> list[Letter]:
    return [
        Letter(
            b"Date: Thu, 01 Jan 2026 10:00:00 +0100\r\n"
            b"From: Ann <ann@example.com>\r\nSubject: number %d\r\n"
            b"Message-ID: <%d@example.com>\r\n\r\nBody %d\r\n" % (n, n, n),
            "\\Seen" if n % 2 else "",
            "01-Feb-2026 12:30:00 +0200",
        )
        for n in range(first, first + count)
    ]


def _all(connection: ImapConnection, uids: UidSet = ALL) -> list[FetchedMessage]:
    return [one for some in connection.fetch_messages(uids) for one in some]


def test_messages_are_fetched_as_they_are(server: Dovecot, connect: Connect) -> None:
    user = server.fresh_user()
    server.fill(user, _letters(25))
    connection = connect(server.imap(user))
    selected = connection.select(b"INBOX")
    assert (selected.exists, selected.uid_next) == (25, 26)
    assert selected.keywords_kept
    assert not selected.read_only
    assert not selected.resynced
    assert (selected.highest_modseq > 0) == connection.condstore
    chunks = list(connection.fetch_messages(ALL, chunk=10))
    assert [len(chunk) for chunk in chunks] == [10, 10, 5]
    found = chunks[0][0]
    assert found.uid == 1
    assert found.flags == {SEEN}
    assert found.size == len(_letters(1)[0].octets)
    assert found.internal_date == datetime(2026, 2, 1, 10, 30, tzinfo=UTC)
    assert found.envelope.subject == "number 1"
    assert found.envelope.message_id == "1@example.com"
    assert (found.modseq > 0) == connection.condstore
    newest = [one for some in connection.fetch_newest(3) for one in some]
    assert [one.uid for one in newest] == [23, 24, 25]
    assert newest == chunks[2][2:]
    everything = [one for some in connection.fetch_newest(100) for one in some]
    assert len(everything) == 25
    some = UidSet.of([3, 4, 9, 700])
    assert [one.uid for one in _all(connection, some)] == [3, 4, 9]
    assert _all(connection, UidSet.between(26, LARGEST)) == []
    assert connection.existing_uids(some) == UidSet.of([3, 4, 9])
    assert connection.existing_uids(UidSet.between(26, LARGEST)) == UidSet()


def test_an_empty_mailbox_has_nothing(server: Dovecot, connect: Connect) -> None:
    connection = connect(server.imap(server.fresh_user()))
    selected = connection.select(b"INBOX")
    assert (selected.exists, selected.uid_next) == (0, 1)
    assert list(connection.fetch_newest(50)) == []
    assert _all(connection) == []
    assert connection.fetch_flags(ALL).flags == ()
    assert connection.existing_uids(ALL) == UidSet()


def test_flags_are_stored_and_told(server: Dovecot, connect: Connect) -> None:
    user = server.fresh_user()
    server.fill(user, _letters(3))
    connection = connect(server.imap(user))
    selected = connection.select(b"INBOX")
    connection.store_flags(UidSet.of([1, 3]), FLAGGED, add=True)
    connection.store_flags(UidSet.of([1]), SEEN, add=False)
    connection.store_flags(UidSet.of([2]), "$Work", add=True)
    connection.store_flags(UidSet.of([77]), SEEN, add=True)
    connection.take_changes()
    told = connection.fetch_flags(ALL).flags
    flags: dict[int, frozenset[str]] = {one.uid: one.flags for one in told}
    assert flags == {
        1: {FLAGGED},
        2: {"$Work"},
        3: {SEEN, FLAGGED},
    }
    if connection.condstore:
        since = max(one.modseq for one in told)
        assert since > selected.highest_modseq
        server.raw(user, "SELECT INBOX", "UID STORE 3 -FLAGS (\\Flagged)")
        changes = connection.fetch_flags(ALL, changed_since=ModSeq(since))
        assert {one.uid: one.flags for one in changes.flags} == {3: {SEEN}}


def test_what_others_do_is_told(server: Dovecot, connect: Connect) -> None:
    user = server.fresh_user()
    server.fill(user, _letters(5))
    connection = connect(server.imap(user))
    connection.select(b"INBOX")
    server.raw(user, "SELECT INBOX", "UID STORE 2 +FLAGS (\\Answered \\Deleted)")
    server.fill(user, _letters(1, first=6))
    changes = connection.noop()
    assert changes.exists == 6
    if connection.qresync:
        assert [one.uid for one in changes.flags] == [2]
        assert {ANSWERED, DELETED} <= changes.flags[0].flags
    else:
        assert changes.unnamed or changes.flags
    server.raw(user, "SELECT INBOX", "EXPUNGE")
    changes = connection.noop()
    assert (
        changes.vanished == UidSet.of([2]) if connection.qresync else changes.expunged
    )
    assert not connection.take_changes()
    assert [one.uid for some in connection.fetch_newest(2) for one in some] == [5, 6]


def test_a_known_state_is_brought_up_to_date_by_select(
    dovecot: Dovecot, connect: Connect
) -> None:
    user = dovecot.fresh_user()
    dovecot.fill(user, _letters(6))
    connection = connect(dovecot.imap(user))
    before = connection.select(b"INBOX")
    known = KnownState(before.uid_validity, before.highest_modseq, UidSet.between(1, 6))
    dovecot.raw(
        user,
        "SELECT INBOX",
        "UID STORE 2 +FLAGS (\\Flagged)",
        "UID STORE 4:5 +FLAGS (\\Deleted)",
        "EXPUNGE",
    )
    connection.select(b"Sent")
    after = connection.select(b"INBOX", known=known)
    assert after.resynced
    assert after.changes.vanished == UidSet.of([4, 5])
    assert {one.uid: one.flags for one in after.changes.flags} == {2: {FLAGGED}}
    assert after.highest_modseq > before.highest_modseq
    assert after.exists == 4
    other = KnownState(before.uid_validity, ModSeq(1), UidSet())
    again = connection.select(b"INBOX", known=other)
    assert again.resynced
    wrong = KnownState(type(before.uid_validity)(5), ModSeq(1), UidSet())
    assert not connection.select(b"INBOX", known=wrong).resynced


def test_messages_are_moved_copied_and_expunged(
    server: Dovecot, connect: Connect
) -> None:
    user = server.fresh_user()
    server.fill(user, _letters(8))
    connection = connect(server.imap(user))
    connection.select(b"INBOX")
    some = UidSet.of([2, 3, 7])
    copied = connection.copy(some, b"Archive")
    assert copied.uids == {2: 1, 3: 2, 7: 3}
    assert copied.validity == connection.status(b"Archive").uid_validity
    if "MOVE" in connection.capabilities:
        moved = connection.move(UidSet.of([1, 99]), b"Archive")
        assert moved.uids == {1: 4}
        assert connection.existing_uids(UidSet.of([1])) == UidSet()
    else:
        with pytest.raises(ServerRefused) as refused:
            connection.move(UidSet.of([1]), b"Archive")
        assert refused.value.code == "CANNOT"
    server.raw(user, "SELECT INBOX", "UID STORE 8 +FLAGS (\\Deleted)")
    connection.store_flags(UidSet.of([5, 6]), DELETED, add=True)
    connection.take_changes()
    if "UIDPLUS" in connection.capabilities:
        changes = connection.expunge(UidSet.of([5]))
        assert changes.vanished == UidSet.of([5]) or changes.expunged == 1
        assert connection.existing_uids(UidSet.of([5, 6, 8])) == UidSet.of([6, 8])
    else:
        with pytest.raises(ServerRefused):
            connection.expunge(UidSet.of([5]))
    with pytest.raises(ServerRefused) as refused:
        connection.copy(some, b"Nowhere")
    assert refused.value.code == "TRYCREATE"
    assert connection.noop() is not None


def test_a_message_is_appended_whatever_its_flags_and_date(
    server: Dovecot, connect: Connect
) -> None:
    user = server.fresh_user()
    connection = connect(server.imap(user))
    octets = b"Subject: appended\r\n\r\n" + b"\xff8-bit line\r\n" * 5_000
    date = datetime(2026, 5, 4, 3, 2, 1, tzinfo=timezone(-timedelta(hours=3)))
    told = connection.append(b"Sent", octets, frozenset({SEEN, "$Odd"}), date)
    selected = connection.select(b"Sent")
    assert told is not None
    assert (told.validity, told.uid) == (selected.uid_validity, 1)
    found = _all(connection)[0]
    assert found.flags == {SEEN, "$Odd"}
    assert found.internal_date == date
    assert connection.fetch_part(Uid(1), PartId("")) == octets
    with pytest.raises(ServerRefused) as refused:
        connection.append(b"Missing", octets)
    assert refused.value.code == "TRYCREATE"
    connection.append(b"Sent", b"Subject: plain\r\n\r\n")
    assert connection.noop().exists == 2


def test_content_is_fetched_whole_and_in_pieces(
    server: Dovecot, connect: Connect
) -> None:
    user = server.fresh_user()
    body = bytes(range(32, 127)) * 3_000
    server.fill(user, [b"Subject: big\r\n\r\n" + body, *_letters(2)])
    connection = connect(server.imap(user))
    connection.select(b"INBOX")
    big, one = Uid(1), PartId("1")
    assert connection.fetch_headers(big) == b"Subject: big\r\n\r\n"
    assert connection.fetch_headers(Uid(9)) == b""
    assert connection.fetch_part(big, one) == body
    pieces: list[bytes] = []
    while piece := connection.fetch_part(
        big, one, offset=len(b"".join(pieces)), size=70_000
    ):
        pieces.append(piece)
    assert b"".join(pieces) == body
    assert connection.fetch_part(Uid(9), one) is None
    assert connection.fetch_part(Uid(9), one, offset=5, size=5) is None
    wanted = [(Uid(2), one), (Uid(3), one), (Uid(3), PartId("HEADER")), (Uid(8), one)]
    found = {
        (uid, part): octets for uid, part, octets in connection.fetch_parts(wanted)
    }
    assert found[Uid(2), one] == b"Body 1\r\n"
    assert found[Uid(3), one] == b"Body 2\r\n"
    assert found[Uid(3), PartId("HEADER")].endswith(b"<2@example.com>\r\n\r\n")
    assert len(found) == 3
    assert [one.flags for one in connection.fetch_flags(ALL).flags][1:] == [
        {SEEN},
        set(),
    ]


def test_mailboxes_are_listed_with_uses_and_counts(
    server: Dovecot, connect: Connect
) -> None:
    user = server.fresh_user()
    server.fill(user, _letters(3))
    connection = connect(server.imap(user))
    for name in ("Résumés & Çö", "日本語/深い", 'a b (c) {3} \\ "q"'):
        connection.create(encode_name(name))
        connection.subscribe(encode_name(name))
    connection.create(b"Not Subscribed")
    with pytest.raises(ServerRefused) as refused:
        connection.create(b"Not Subscribed")
    assert refused.value.code in ("ALREADYEXISTS", "")
    listed = {one.name: one for one in connection.list_mailboxes(subscribed_only=False)}
    assert {"Résumés & Çö", "日本語/深い", "Not Subscribed"} <= set(listed)
    assert 'a b (c) {3} \\ "q"' in listed
    assert listed["INBOX"].special_use is SpecialUse.INBOX
    assert listed["Trash"].special_use is SpecialUse.TRASH
    assert listed["Sent"].special_use is SpecialUse.SENT
    assert listed["日本語/深い"].subscribed
    assert not listed["Not Subscribed"].subscribed
    assert listed["日本語/深い"].delimiter == "/"
    counts = listed["INBOX"].counts
    if "LIST-STATUS" in connection.capabilities:
        assert counts is not None
        assert counts == connection.status(b"INBOX")
    else:
        assert counts is None
        counts = connection.status(b"INBOX")
    assert (counts.messages, counts.unseen, counts.uid_next) == (3, 1, 4)
    fewer = {one.name for one in connection.list_mailboxes(subscribed_only=True)}
    assert set(listed) - fewer == {"Not Subscribed", "日本語"} & set(listed)
    assert connection.select(encode_name("日本語/深い")).exists == 0


def test_a_mailbox_that_is_not_there_is_refused(
    dovecot: Dovecot, connect: Connect
) -> None:
    connection = connect(dovecot.imap(dovecot.fresh_user()))
    for name in (b"Missing", b"&///-x", b"\xff\xfe", b""):
        with pytest.raises(ServerRefused):
            connection.select(name)
    assert connection.select(b"INBOX", read_only=True).read_only


@pytest.mark.parametrize("security", Security)
def test_idle_ends_by_news_by_waking_and_in_time(
    dovecot: Dovecot, connect: Connect, security: Security
) -> None:
    user = dovecot.fresh_user()
    connection = connect(dovecot.imap(user, security=security))
    connection.select(b"INBOX")
    wake, poke = os.pipe()
    try:
        before = time.monotonic()
        assert not connection.idle(timeout=0.2, wake=wake)
        assert 0.19 < time.monotonic() - before < 5
        dovecot.fill(user, _letters(1))
        assert connection.idle(timeout=20, wake=wake)
        assert connection.take_changes().exists == 1
        os.write(poke, b"x")
        assert not connection.idle(timeout=20, wake=wake)
        assert os.read(wake, 10) == b"x"
        assert connection.noop().exists is None
    finally:
        os.close(wake)
        os.close(poke)


def test_the_mailbox_of_another_kind_is_read_alike(
    dovecot: Dovecot, connect: Connect
) -> None:
    dovecot.fill("d2", _letters(12))
    connection = connect(dovecot.imap("d2"))
    connection.select(b"INBOX")
    assert [one.uid for one in _all(connection)] == list(range(1, 13))


def test_an_iterator_left_early_closes_the_connection(
    dovecot: Dovecot, connect: Connect
) -> None:
    user = dovecot.fresh_user()
    dovecot.fill(user, _letters(20))
    connection = connect(dovecot.imap(user))
    connection.select(b"INBOX")
    some = connection.fetch_messages(ALL, chunk=5)
    assert len(next(iter(some))) == 5
    del some
    with pytest.raises(LinkLost):
        connection.noop()


def test_headers_come_in_few_round_trips(dovecot: Dovecot, connect: Connect) -> None:
    user = dovecot.fresh_user()
    dovecot.fill(user, _letters(50))
    with proxied(dovecot.port) as proxy:
        proxy.latency = 0.05
        connection = connect(dovecot.imap(user, port=proxy.port))
        connection.select(b"INBOX")
        assert len(next(iter(connection.fetch_newest(50)))) == 50
    # LOGIN, ID with ENABLE (two writes, one wait), SELECT, FETCH.
    assert len(proxy.sent_up) <= 5


def test_a_server_tells_what_a_mailbox_is_for_whose_name_does_not(
    dovecots: Callable[[Options], Dovecot], connect: Connect
) -> None:
    odd = """namespace inbox {
      mailbox "Odd corner" {
        auto = subscribe
        special_use = \\Flagged
      }
    }
    """
    server = dovecots(Options(extra=odd))
    connection = connect(server.imap(server.fresh_user()))
    assert "SPECIAL-USE" in connection.capabilities
    listed = {one.name: one for one in connection.list_mailboxes(subscribed_only=False)}
    assert listed["Odd corner"].special_use is SpecialUse.FLAGGED
