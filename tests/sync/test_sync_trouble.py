"""Servers that are away, refuse, hang or lie; links that are cut anywhere."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers.certificates import server_context
from tests.servers.dovecot import Dovecot, Options, without
from tests.servers.ports import HOST, free_ports
from tests.servers.proxy import Proxy, proxied
from tests.servers.scripted import Peer, scripted
from tests.sync.engines import start
from tests.sync.mailing import Desk, letter, letters
from tui_mail.config.settings import Security
from tui_mail.link.lock import AccountLock
from tui_mail.model.error import (
    CertificateRefused,
    EngineBusy,
    LinkLost,
    LoginRefused,
    MailError,
)
from tui_mail.model.flags import ANSWERED, FLAGGED, SEEN
from tui_mail.model.ids import Uid
from tui_mail.model.mailbox import MailboxCounts
from tui_mail.model.operation import Copy, Expunge, Move, SetFlags
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.store.receipts import load_receipts
from tui_mail.sync import connecting
from tui_mail.sync.connecting import Connector
from tui_mail.sync.replay import replay, replay_doubtful
from tui_mail.sync.session import Session
from tui_mail.transports.imap import ImapConnection, KnownState, Selected

pytestmark = pytest.mark.dovecot

NO_MOVE = Options(capabilities=without("MOVE"))
NO_UIDPLUS = Options(capabilities=without("MOVE", "UIDPLUS"))
BARE = Options(
    capabilities="IMAP4rev1 SASL-IR LITERAL+ ID IDLE NAMESPACE CHILDREN UIDPLUS"
)


def one_line(error: MailError) -> str:
    assert "\n" not in error.line
    assert error.line
    return str(error.line)


def test_a_wrong_password_is_said_in_one_line(desk: Desk) -> None:
    server = desk.server.imap(desk.user)
    desk.set(imap=replace(server, password="wrong"))
    with pytest.raises(LoginRefused) as refused:
        desk.sync()
    assert "refused the login" in one_line(refused.value)
    assert "wrong" not in one_line(refused.value)


def test_a_closed_port_is_said_in_one_line(desk: Desk) -> None:
    [port] = free_ports(1)
    desk.through(port)
    with pytest.raises(LinkLost) as lost:
        desk.sync()
    assert HOST in one_line(lost.value)


def test_a_server_that_hangs_is_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "DEADLINE", 0.3)
    with scripted(Peer.hang) as server:
        desk.through(server.port)
        begun = time.monotonic()
        with pytest.raises(LinkLost):
            desk.sync()
        assert time.monotonic() - begun < 5


def test_a_certificate_that_proves_nothing_is_refused(
    desk: Desk, dovecot: Dovecot
) -> None:
    server = dovecot.imap(desk.user, security=Security.TLS)
    desk.set(imap=replace(server, ca_file=""))
    with pytest.raises(CertificateRefused) as refused:
        desk.sync()
    one_line(refused.value)


def test_an_expired_certificate_is_refused(
    desk: Desk, dovecot: Dovecot, tmp_path: Path
) -> None:
    context = server_context(tmp_path, HOST, expired=True)
    with scripted(Peer.hang, tls=context) as server:
        account = dovecot.imap(desk.user, security=Security.TLS, port=server.port)
        desk.set(imap=replace(account, ca_file=str(tmp_path / "ca.pem")))
        with pytest.raises(CertificateRefused, match="expired"):
            desk.sync()


def test_an_account_at_work_is_left_to_who_works_on_it(desk: Desk) -> None:
    with (
        AccountLock.acquire(desk.places.lock("work")),
        pytest.raises(EngineBusy, match="another tui-mail"),
    ):
        desk.sync()


def test_a_store_that_was_salvaged_is_told_of_and_in_step_after(desk: Desk) -> None:
    desk.fill(letters(1, 30))
    desk.sync()
    path = desk.places.database("work")
    octets = path.read_bytes()
    path.write_bytes(octets[: len(octets) // 2])
    receipt = desk.sync()
    assert receipt.whole
    [said] = receipt.alerts
    assert said.startswith("work.db was damaged and salvaged from work.db.damaged-")
    assert desk.here() == desk.there()


def test_the_command_says_trouble_in_one_line_and_one_status(desk: Desk) -> None:
    [port] = free_ports(1)
    desk.through(port)
    with start(desk, "sync") as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.startswith(b"tui-mail: work: ")
    assert said.count(b"\n") == 1


def test_a_mailbox_that_was_made_anew_keeps_numbers_and_wishes(desk: Desk) -> None:
    desk.fill(letters(1, 6), "Work")
    desk.sync()
    numbers = {str(row.subject): row.number for row in desk.rows("Work")}
    desk.perform(SetFlags((numbers["letter 3"],), add=frozenset({FLAGGED})))
    desk.perform(Move((numbers["letter 4"],), desk.box("Archive").id))
    with desk.oracle() as client:
        client.delete_folder("Work")
    desk.fill(letters(2, 8), "Work")
    receipt = desk.sync()
    assert receipt.gone == 1
    desk.sync()
    assert desk.all_here() == desk.all_there()
    assert FLAGGED in desk.there("Work")["letter 3"]
    assert "letter 4" in desk.there("Archive")
    after = {str(row.subject): row.number for row in desk.rows("Work")}
    for subject in ("letter 2", "letter 3", "letter 5", "letter 6"):
        assert after[subject] == numbers[subject]
    assert desk.number("letter 4", "Archive") == numbers["letter 4"]


def test_messages_that_were_put_into_it_again_keep_their_numbers(desk: Desk) -> None:
    desk.fill(letters(1, 6), "Work")
    desk.sync()
    numbers = {str(row.subject): row.number for row in desk.rows("Work")}
    with desk.oracle() as client:
        client.delete_folder("Work")
    again = [replace(one, arrived="") for one in letters(2, 6)]
    desk.fill([*again, replace(letter(7), arrived="")], "Work")
    desk.sync()
    assert desk.all_here() == desk.all_there()
    after = {str(row.subject): row.number for row in desk.rows("Work")}
    assert all(after[f"letter {n}"] == numbers[f"letter {n}"] for n in range(2, 7))
    assert after["letter 7"] not in numbers.values()


def test_of_two_that_are_alike_neither_is_taken_for_the_other(desk: Desk) -> None:
    twice = [replace(letter(1), arrived=""), letter(1)]
    desk.fill(twice, "Work")
    desk.sync()
    before = set(desk.numbers("Work"))
    with desk.oracle() as client:
        client.delete_folder("Work")
    desk.fill([replace(letter(1), arrived="02-Feb-2026 10:00:00 +0000")], "Work")
    desk.sync()
    [number] = desk.numbers("Work")
    assert number not in before


def test_nothing_is_deleted_on_a_server_because_something_is_missing_here(
    desk: Desk,
) -> None:
    desk.fill(letters(1, 30))
    desk.sync()
    before = desk.there()
    desk.close()
    for path in desk.places.data.iterdir():
        path.unlink()
    assert desk.sync().new == 30
    assert desk.there() == before


def test_a_listing_that_lost_most_of_a_mailbox_is_verified(
    dovecots: Callable[[Options], Dovecot],
    desk_of: Callable[[Dovecot], Desk],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = desk_of(dovecots(BARE))
    desk.fill(letters(1, 60))
    desk.sync()
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.add_flags([9], [b"\\Deleted"])
        client.uid_expunge([9])
    true = ImapConnection.existing_uids
    lies = iter([UidSet.of([1, 2])])
    monkeypatch.setattr(
        ImapConnection,
        "existing_uids",
        lambda self, uids: next(lies, None) or true(self, uids),
    )
    assert desk.sync().gone == 1
    assert next(lies, None) is None, "it was asked twice"
    assert desk.here() == desk.there()


def test_a_vanished_that_names_all_is_verified(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.fill(letters(1, 60))
    desk.sync()
    desk.fill([letter(61)])
    true = ImapConnection.select

    def select(
        self: ImapConnection,
        wire_name: bytes,
        *,
        known: KnownState | None = None,
        read_only: bool = False,
    ) -> Selected:
        said = true(self, wire_name, known=known, read_only=read_only)
        if known is None:
            return said
        lie = replace(said.changes, vanished=UidSet.between(1, LARGEST))
        return replace(said, changes=lie)

    monkeypatch.setattr(ImapConnection, "select", select)
    receipt = desk.sync()
    assert receipt.gone == 0
    assert receipt.new == 1
    assert str(receipt) == "1 new, 60 of 60 matched again"
    [kept, *_] = load_receipts(desk.database, 1)
    assert kept.line.endswith("60 of 60 matched again, 0 lost")
    assert desk.here() == desk.there()


def test_a_mailbox_that_was_really_emptied_is_empty_here(desk: Desk) -> None:
    desk.fill(letters(1, 60))
    desk.sync()
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.delete_messages(client.search("ALL"))
        client.expunge()
    assert desk.sync().gone == 60
    assert desk.here() == {}


@pytest.mark.parametrize(
    "options", [Options(), NO_MOVE, BARE], ids=["move", "no move", "bare"]
)
@pytest.mark.parametrize("direction", ["down", "up"])
def test_wherever_the_link_is_cut_both_sides_agree_afterwards(
    dovecots: Callable[[Options], Dovecot],
    desk_of: Callable[[Dovecot], Desk],
    options: Options,
    direction: str,
) -> None:
    server = dovecots(options)
    desk = desk_of(server)
    desk.fill(letters(1, 12))
    desk.sync()
    with proxied(server.port) as proxy:
        desk.through(proxy.port)
        whole = work_and_cut(desk, proxy, 0, None, direction)
        for number in range(1, 11):
            at = whole * number // 10
            work_and_cut(desk, proxy, number, at, direction)


def work_and_cut(
    desk: Desk, proxy: Proxy, number: int, at: int | None, direction: str
) -> int:
    """Do this and that here and there, be cut off, go on; octets of the whole."""
    inbox, archive = desk.box(), desk.box("Archive")
    here = desk.numbers()
    desk.perform(Move(tuple(here[:2]), archive.id))
    back = desk.numbers("Archive")[3:4]
    desk.perform(Move(tuple(back), inbox.id))
    desk.perform(SetFlags(tuple(here[2:5]), add=frozenset({SEEN, f"k{number}"})))
    desk.perform(Copy((here[3],), desk.box("Trash").id))
    desk.perform(Expunge((here[5],)))
    desk.fill([letter(100 + 2 * number), letter(101 + 2 * number)])
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.add_flags(client.search("ALL")[-1:], [b"\\Answered"])
    expected = {name: set(found) for name, found in desk.all_here().items()}
    expected["INBOX"] |= {f"letter {100 + 2 * number}", f"letter {101 + 2 * number}"}
    begun = (proxy.octets_down, proxy.octets_up)
    if direction == "down":
        proxy.cut_down = at
    else:
        proxy.cut_up = at
    try:
        desk.sync()
    except LinkLost:
        assert at is not None
    proxy.cut_down = proxy.cut_up = None
    desk.sync()
    desk.sync()
    there = desk.all_there()
    assert {name: set(found) for name, found in there.items()} == expected
    assert desk.all_here() == there
    assert str(desk.sync()) == "in step"
    # What was copied is deleted, so that the next round can copy again.
    desk.perform(Expunge(tuple(desk.numbers("Trash"))))
    desk.sync()
    ended = (proxy.octets_down, proxy.octets_up)
    return (ended[0] - begun[0] if direction == "down" else ended[1] - begun[1]) // 4


def test_without_changes_nothing_is_said_that_changes_anything(
    desk: Desk, proxy: Proxy
) -> None:
    desk.fill(letters(1, 10))
    desk.sync()
    proxy.sent_up.clear()
    desk.sync()
    said = b"".join(proxy.sent_up)
    assert b"LIST" in said
    for word in (b"SELECT", b"STORE", b"MOVE", b"COPY", b"EXPUNGE", b"FETCH"):
        assert word not in said


def test_a_uidnext_that_went_back_stops_wishes_until_it_is_understood(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.fill(letters(1, 6))
    desk.sync()
    number = desk.number("letter 2")
    desk.perform(Expunge((number,)))
    true = ImapConnection.select

    def select(
        self: ImapConnection,
        wire_name: bytes,
        *,
        known: KnownState | None = None,
        read_only: bool = False,
    ) -> Selected:
        said = true(self, wire_name, known=known, read_only=read_only)
        return replace(said, uid_next=Uid(3)) if wire_name == b"INBOX" else said

    with monkeypatch.context() as patch:
        patch.setattr(ImapConnection, "select", select)
        desk.sync()
        assert "letter 2" in desk.there()
    desk.sync()
    desk.sync()
    assert "letter 2" not in desk.there()
    assert desk.all_here() == desk.all_there()


def test_a_foreign_deleted_mark_survives_our_deletion(desk: Desk) -> None:
    desk.fill(letters(1, 6))
    desk.sync()
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.add_flags([2, 3], [b"\\Deleted"])
    desk.sync()
    desk.perform(Expunge((desk.number("letter 1"),)))
    desk.perform(Move((desk.number("letter 4"),), desk.box("Archive").id))
    desk.sync()
    assert set(desk.there()) == {"letter 2", "letter 3", "letter 5", "letter 6"}


def test_without_uidplus_nothing_is_expunged(
    dovecots: Callable[[Options], Dovecot], desk_of: Callable[[Dovecot], Desk]
) -> None:
    desk = desk_of(dovecots(NO_UIDPLUS))
    desk.fill(letters(1, 4))
    desk.sync()
    desk.perform(Move((desk.number("letter 2"),), desk.box("Archive").id))
    desk.sync()
    assert set(desk.there("Archive")) == {"letter 2"}
    assert desk.there()["letter 2"] == {"\\Deleted"}


def test_without_uidplus_what_only_is_marked_as_deleted_is_hidden_here(
    dovecots: Callable[[Options], Dovecot], desk_of: Callable[[Dovecot], Desk]
) -> None:
    desk = desk_of(dovecots(NO_UIDPLUS))
    desk.fill(letters(1, 5))
    desk.sync()
    desk.perform(Move((desk.number("letter 2"),), desk.box("Archive").id))
    desk.perform(Expunge((desk.number("letter 3"),)))
    assert "only marks" in str(desk.sync())
    shown = {"letter 1", "letter 4", "letter 5"}
    for _ in range(2):
        assert set(desk.here()) == shown
        assert desk.box().total == desk.box().unread == 3
        assert set(desk.here("Archive")) == {"letter 2"}
        assert str(desk.sync()) == "in step"
    desk.perform(Move((desk.number("letter 4"),), desk.box("Archive").id))
    assert "only marks" not in str(desk.sync())
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.remove_flags([2, 3], [b"\\Deleted"])
    desk.sync()
    assert set(desk.here()) == {"letter 1", "letter 2", "letter 3", "letter 5"}
    assert desk.box().total == 4
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.expunge()
    desk.sync()
    assert desk.all_here() == desk.all_there()


def test_a_mailbox_that_was_made_anew_says_how_many_were_matched_again(
    desk: Desk, proxy: Proxy
) -> None:
    desk.set(keep_days=0)
    desk.fill(letters(1, 40))
    assert desk.sync(bodies=True).texts == 40
    with desk.database.transaction() as tx:
        tx.connection.execute(
            "UPDATE mailbox SET uid_validity = 7 WHERE name = 'INBOX'"
        )
    before, octets = desk.there(), proxy.octets_down
    receipt = desk.sync(bodies=True)
    assert (receipt.new, receipt.gone, receipt.texts) == (0, 0, 0)
    assert str(receipt) == "40 of 40 matched again"
    assert desk.there() == before
    said = b"".join(proxy.sent_up)
    assert b"UID STORE" not in said
    assert b"EXPUNGE" not in said
    assert proxy.octets_down > octets
    [kept, *_] = load_receipts(desk.database, 1)
    assert "40 of 40 matched again, 0 lost" in kept.line


def test_what_is_hidden_stays_so_in_a_mailbox_that_was_made_anew(
    dovecots: Callable[[Options], Dovecot], desk_of: Callable[[Dovecot], Desk]
) -> None:
    desk = desk_of(dovecots(NO_UIDPLUS))
    desk.fill(letters(1, 4))
    desk.sync()
    desk.perform(Move((desk.number("letter 2"),), desk.box("Archive").id))
    desk.sync()
    with desk.database.transaction() as tx:
        tx.connection.execute(
            "UPDATE mailbox SET uid_validity = 7 WHERE name = 'INBOX'"
        )
    desk.sync()
    assert set(desk.here()) == {"letter 1", "letter 3", "letter 4"}
    assert desk.box().total == 3


def test_a_wish_for_what_is_gone_is_void(desk: Desk) -> None:
    desk.fill(letters(1, 4))
    desk.sync()
    numbers = (desk.number("letter 1"), desk.number("letter 2"))
    desk.perform(Move(numbers, desk.box("Archive").id))
    desk.perform(SetFlags(numbers, add=frozenset({ANSWERED})))
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.add_flags([1], [b"\\Deleted"])
        client.uid_expunge([1])
    desk.sync()
    assert desk.here("Archive") == {"letter 2": frozenset({ANSWERED})}
    assert desk.all_here() == desk.all_there()


def test_a_move_into_a_mailbox_that_is_gone_makes_it(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    desk.fill([letter(9)], "Work")
    desk.sync()
    desk.perform(Move((desk.number("letter 1"),), desk.box("Work").id))
    with desk.oracle() as client:
        client.delete_folder("Work")
    desk.sync()
    desk.sync()
    assert desk.all_here() == desk.all_there()
    assert set(desk.there("Work")) == {"letter 1"}
    assert set(desk.there()) == {"letter 2", "letter 3"}


def test_a_wish_taken_back_while_it_is_prepared_is_not_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.fill(letters(1, 3))
    desk.sync()
    number, inbox = desk.number("letter 1"), desk.box().id
    desk.perform(Move((number,), desk.box("Archive").id))
    true = ImapConnection.status

    def status(self: ImapConnection, wire_name: bytes) -> MailboxCounts:
        desk.perform(Move((number,), inbox))
        return true(self, wire_name)

    monkeypatch.setattr(ImapConnection, "status", status)
    assert desk.sync().moved == 0
    assert set(desk.there()) == {"letter 1", "letter 2", "letter 3"}
    assert desk.all_here() == desk.all_there()


def test_a_message_that_came_after_select_is_acted_on(desk: Desk) -> None:
    """A wish about it comes while the connection does not see it yet."""
    desk.fill(letters(1, 2))
    desk.sync()
    connection = Connector(desk.account, None).connect()
    with closing(connection):
        session = Session(
            connection, desk.database, lambda: connection, tell=lambda *_: None
        )
        session.use(desk.box().id)
        desk.fill([letter(3)])
        desk.sync()
        number = desk.number("letter 3")
        desk.perform(SetFlags((number,), add=frozenset({FLAGGED})))
        desk.perform(Move((number,), desk.box("Archive").id))
        replay(session)
    assert desk.there("Archive") == {"letter 3": frozenset({FLAGGED})}


def test_a_doubtful_wish_that_is_cancelled_leaves_the_engine_at_rest(
    desk: Desk,
) -> None:
    desk.fill([letter(1)])
    desk.sync()
    connection = Connector(desk.account, None).connect()
    with closing(connection):
        session = Session(
            connection, desk.database, lambda: connection, tell=lambda *_: None
        )
        with pytest.raises(LinkLost), session.stumbles.trying("op-1", session.since):
            raise LinkLost("gone")
        replay_doubtful(session)
        assert session.stumbles.seconds_to_doubtful is None
