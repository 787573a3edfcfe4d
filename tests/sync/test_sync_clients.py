"""Several clients at once, and the life of connections, against a real server."""

import signal
import time

import pytest

from tests.servers.interposed import Answer, interposed
from tests.servers.proxy import Proxy
from tests.sync.engines import Reader, running
from tests.sync.mailing import Desk, letter, letters
from tests.sync.test_sync_watch import in_step, in_this_process
from tui_mail.link.messages import Cancel, OpenMailbox, Status, Synchronize, Wake
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import WHOLE, MessageNumber
from tui_mail.model.operation import Move, RenameMailbox, SetFlags
from tui_mail.store.content import complete_parts, load_part
from tui_mail.store.operations import load_pending
from tui_mail.store.operations import retry as try_again
from tui_mail.sync import agenda, listening, stumbles
from tui_mail.transports import imap_idle

pytestmark = pytest.mark.dovecot


def test_changes_elsewhere_are_seen_by_a_look_long_before_the_next_round(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agenda, "LOOK_SECONDS", 0.5)
    desk.fill(letters(1, 3))
    desk.fill(letters(10, 12), "Work")
    with in_this_process(desk) as reader:
        in_step(reader)
        desk.fill([letter(13)], "Work")
        reader.while_told(lambda: "letter 13" in desk.here("Work"), seconds=5)
        with desk.oracle() as client:
            client.select_folder("Work")
            client.add_flags([1], [b"\\Flagged"])
            client.add_flags([2], [b"\\Deleted"])
            client.uid_expunge([2])
            client.create_folder("New")
        desk.fill([letter(20)], "New")
        reader.while_told(lambda: desk.all_here() == desk.all_there(), seconds=5)


def test_a_look_where_nothing_changed_selects_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agenda, "LOOK_SECONDS", 0.3)
    desk.fill(letters(1, 3))
    desk.fill(letters(10, 12), "Work")
    with interposed(desk.server.port, lambda _: None) as between:
        desk.through(between.port)
        with in_this_process(desk) as reader:
            in_step(reader)
            time.sleep(1.0)
            before = len(between.commands)
            reader.while_told(lambda: len(between.commands) >= before + 3, seconds=20)
            said = between.commands[before:]
    assert all(one == b"NOOP" or one.startswith(b"LIST ") for one in said), said


def test_a_look_without_counts_in_the_list_asks_for_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server without LIST-STATUS, CONDSTORE and QRESYNC."""
    monkeypatch.setattr(agenda, "LOOK_SECONDS", 0.5)

    def instead(command: bytes) -> Answer:
        if command == b"CAPABILITY":
            return [b"* CAPABILITY IMAP4rev1 SASL-IR UIDPLUS IDLE", b"OK done"]
        return None

    desk.fill(letters(1, 3))
    desk.fill(letters(10, 12), "Work")
    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        with in_this_process(desk) as reader:
            in_step(reader)
            with desk.oracle() as client:
                client.select_folder("Work")
                client.add_flags([3], [b"\\Seen"])
            desk.fill([letter(13)], "Work")
            reader.while_told(lambda: desk.here("Work") == desk.there("Work"))
            time.sleep(1.5)
            before = len(between.commands)
            time.sleep(1.5)
            said = between.commands[before:]
    assert not any(one.startswith((b"SELECT", b"UID")) for one in said), said


def test_a_wish_over_which_the_link_is_lost_stops_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stumbles, "_FIRST_WAIT", 3.0)
    lost = [True]

    def instead(command: bytes) -> Answer:
        return [] if lost[0] and command.startswith(b"UID MOVE 1 ") else None

    desk.fill(letters(1, 4))
    desk.sync()
    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        desk.perform(Move((desk.number("letter 1"),), desk.box("Archive").id))
        desk.perform(Move((desk.number("letter 2"),), desk.box("Archive").id))
        desk.perform(SetFlags((desk.number("letter 3"),), add=frozenset({FLAGGED})))
        with in_this_process(desk) as reader:
            reader.while_told(lambda: "letter 2" in desk.there("Archive"))
            reader.while_told(lambda: FLAGGED in desk.there()["letter 3"])
            [left] = load_pending(desk.database)
            reader.while_told(lambda: load_pending(desk.database)[0].attempts >= 2)
            tries = load_pending(desk.database)[0].attempts
            assert load_pending(desk.database)[0].error
            assert left.what == "move 1 message to Archive"
            time.sleep(1.5)
            assert load_pending(desk.database)[0].attempts <= tries + 1
            desk.fill([letter(9)])
            reader.while_told(lambda: "letter 9" in desk.here())
            lost[0] = False
            with desk.database.transaction() as tx:
                try_again(tx, left.id)
            reader.send(Wake())
            reader.while_told(lambda: "letter 1" in desk.there("Archive"), seconds=3)
            reader.while_told(lambda: not load_pending(desk.database))
            reader.while_told(lambda: desk.all_here() == desk.all_there())


def test_what_is_to_be_tried_later_is_tried_as_soon_as_the_server_says(
    desk: Desk,
) -> None:
    """Not at the next synchronization, minutes later."""
    refusals = [3]

    def instead(command: bytes) -> Answer:
        if command.startswith(b"UID STORE") and refusals[0]:
            refusals[0] -= 1
            said = b"NO [UNAVAILABLE] Suggested Backoff Time: 1000 milliseconds"
            return [said]
        return None

    desk.fill(letters(1, 3))
    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        with in_this_process(desk) as reader:
            in_step(reader)
            desk.perform(SetFlags((desk.number("letter 3"),), add=frozenset({SEEN})))
            reader.send(Wake())
            reader.while_told(lambda: bool(load_pending(desk.database)[0].error))
            [waits] = load_pending(desk.database)
            assert waits.not_before is not None
            reader.while_told(lambda: SEEN in desk.there()["letter 3"], seconds=10)
            reader.while_told(lambda: not load_pending(desk.database))


def test_what_may_be_tried_again_while_the_rest_is_still_done_is_tried(
    desk: Desk,
) -> None:
    refusals = [1]

    def instead(command: bytes) -> Answer:
        if command.startswith(b"UID STORE") and refusals[0]:
            refusals[0] -= 1
            return [b"NO [LIMIT] Suggested Backoff Time: 100 milliseconds"]
        if command.startswith(b"RENAME"):
            time.sleep(1.5)
            return [b"NO [NOPERM] not you"]
        return None

    desk.fill(letters(1, 3))
    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        with in_this_process(desk) as reader:
            in_step(reader)
            desk.perform(SetFlags((desk.number("letter 3"),), add=frozenset({SEEN})))
            desk.perform(RenameMailbox(desk.box("Archive").id, "Attic"))
            reader.send(Wake())
            reader.while_told(lambda: SEEN in desk.there()["letter 3"], seconds=10)


def test_a_synchronization_that_hangs_can_be_cancelled(desk: Desk) -> None:
    slow = [False]

    def instead(command: bytes) -> Answer:
        if slow[0] and command.startswith(b"LIST"):
            time.sleep(5.0)
        return None

    desk.fill(letters(1, 3))
    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        with in_this_process(desk) as reader:
            in_step(reader)
            slow[0] = True
            reader.send(Synchronize(None, 5))
            time.sleep(0.5)
            begun = time.monotonic()
            reader.send(Cancel(5))
            answer = reader.done(5)
            assert (answer.ok, answer.line) == (False, "cancelled")
            assert time.monotonic() - begun < 2
            slow[0] = False
            reader.send(Synchronize(None, 6))
            assert reader.done(6).ok


def test_a_synchronization_that_nobody_waits_for_any_more_ends(
    desk: Desk, proxy: Proxy
) -> None:
    """Whole messages of years, asked for by mistake, do not go on coming."""

    def is_whole(number: MessageNumber) -> bool:
        return WHOLE in complete_parts(desk.database, number)

    desk.set(download="headers", keep_days=0)
    desk.fill([letter(number, text="x" * 400_000) for number in range(1, 31)])
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        proxy.rate = 2_000_000
        reader.send(Synchronize(None, 7, whole=True))
        reader.while_told(lambda: any(map(is_whole, desk.numbers())))
        reader.send(Cancel(7))
        assert not reader.done(7).ok
        # The next one comes after it.
        reader.send(Synchronize(None, 8))
        assert reader.done(8).ok
        assert sum(map(is_whole, desk.numbers())) < 20


def test_an_engine_whose_terminal_closes_sends_what_waits_and_ends(
    desk: Desk, proxy: Proxy
) -> None:
    desk.fill(letters(1, 3))
    with running(desk, for_reader=False) as engine, engine.reader() as reader:
        in_step(reader)
        proxy.latency = 0.2
        desk.perform(SetFlags((desk.number("letter 2"),), add=frozenset({FLAGGED})))
        desk.perform(Move((desk.number("letter 1"),), desk.box("Archive").id))
        engine.process.send_signal(signal.SIGHUP)
        assert engine.end() == 0
    proxy.latency = 0.0
    assert FLAGGED in desk.there()["letter 2"]
    assert "letter 1" in desk.there("Archive")


def test_an_engine_whose_terminal_closes_does_not_wait_for_a_dead_server(
    desk: Desk, proxy: Proxy
) -> None:
    desk.fill(letters(1, 3))
    with running(desk, for_reader=False) as engine, engine.reader() as reader:
        in_step(reader)
        proxy.refuse = True
        proxy.cut()
        reader.status("offline")
        desk.perform(SetFlags((desk.number("letter 2"),), add=frozenset({FLAGGED})))
        begun = time.monotonic()
        engine.process.send_signal(signal.SIGHUP)
        assert engine.end() == 0
        assert time.monotonic() - begun < 12
    assert load_pending(desk.database)


def test_a_process_that_was_stopped_begins_anew(
    desk: Desk, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both of its clocks jump, as a virtual machine's do."""
    skew = [0.0]
    wall, steady = time.time, time.monotonic
    monkeypatch.setattr(time, "time", lambda: wall() + skew[0])
    monkeypatch.setattr(time, "monotonic", lambda: steady() + skew[0])
    with in_this_process(desk) as reader:
        in_step(reader)
        reader.while_told(lambda: proxy.connections == 3)
        skew[0] = 100.0
        reader.while_told(lambda: proxy.connections == 6, seconds=115)


def test_where_one_connection_breaks_the_others_are_tried(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop in another network: the old connections are dead, and nobody says so."""
    breaks = [False]

    def instead(command: bytes) -> Answer:
        return [] if breaks[0] and command.startswith(b"LIST") else None

    monkeypatch.setattr(agenda, "LOOK_SECONDS", 1.0)
    desk.fill(letters(1, 3))
    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        with in_this_process(desk) as reader:
            in_step(reader)
            reader.while_told(lambda: b"IDLE" in between.commands)
            time.sleep(0.5)
            before = len(between.commands)
            breaks[0] = True
            reader.status("offline")
            breaks[0] = False
            # IDLE is ended, and all are asked whether they are there.
            reader.while_told(lambda: between.commands[before:].count(b"NOOP") >= 2)


def test_where_one_connection_finds_the_server_dead_all_are_tried_at_once(
    desk: Desk, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing comes through, and nobody says so: who reads is told soon."""
    monkeypatch.setattr(imap_idle, "LEAVE", 1.0)
    monkeypatch.setattr(listening, "PROBE", 1.0)
    desk.fill(letters(1, 3))
    with in_this_process(desk) as reader:
        in_step(reader)
        reader.while_told(lambda: any(b"IDLE" in one for one in proxy.sent_up))
        proxy.swallow = True
        # It ends IDLE: the listening connection hears nothing then.
        reader.send(OpenMailbox(desk.box("Sent").id))
        told = reader.while_told(lambda: "offline" in states(reader))
        assert told < 15
        proxy.swallow = False


def test_a_server_that_drops_every_link_after_the_login_is_not_stormed(
    desk: Desk,
) -> None:
    def instead(command: bytes) -> Answer:
        return [] if command.startswith(b"LIST") else None

    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        with in_this_process(desk) as reader:
            reader.status("offline")
            time.sleep(4.0)
            logins = sum(one.startswith(b"AUTHENTICATE") for one in between.commands)
    assert logins <= 15


def test_a_mailbox_stays_watched_while_one_reader_looks_at_it(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    desk.fill([letter(10)], "Work")
    desk.fill([letter(20)], "Other")
    with running(desk) as engine, engine.reader() as one:
        in_step(one)
        one.send(OpenMailbox(desk.box("Work").id))
        with engine.reader() as other:
            other.send(OpenMailbox(desk.box("Other").id))
            other.send(Synchronize(None, 1))
            other.done(1)
        time.sleep(0.5)
        desk.fill([letter(11)], "Work")
        assert one.while_told(lambda: "letter 11" in desk.here("Work")) < 3
        assert states(one) <= {"connected", "connecting", "synchronizing"}


def states(reader: Reader) -> set[str]:
    return {one.state for one in reader.told if isinstance(one, Status)}


@pytest.mark.parametrize("target", ["Aaa", "Zzz"])
def test_what_others_move_keeps_its_content(
    desk: Desk, proxy: Proxy, target: str
) -> None:
    """Whichever of the two mailboxes is synchronized first."""
    desk.set(keep_days=0)
    desk.fill([letter(1, text="x" * 100_000), letter(2)])
    desk.fill([letter(3)], target)
    assert desk.sync(bodies=True).texts == 3
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.move([1], target)
    before = proxy.octets_down
    receipt = desk.sync(bodies=True)
    assert (receipt.gone, receipt.texts) == (1, 0)
    assert proxy.octets_down - before < 20_000
    number = desk.number("letter 1", target)
    octets = load_part(desk.database, number, WHOLE)
    assert octets is not None
    assert len(octets) > 100_000
