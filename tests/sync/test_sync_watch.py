"""The engine as a process, with readers, against a real server."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.servers.dovecot import PASSWORD, Dovecot, Options
from tests.servers.interposed import Answer, interposed
from tests.servers.proxy import Proxy
from tests.sync.engines import Reader, join, running, start
from tests.sync.mailing import Desk, letter, letters, look, uid_there
from tui_mail.config.settings import Settings
from tui_mail.link.client import EngineClient
from tui_mail.link.messages import (
    Cancel,
    Changed,
    FetchPart,
    GoOffline,
    Hello,
    NeedPassword,
    OpenMailbox,
    Password,
    Status,
    Synchronize,
    Wake,
)
from tui_mail.model.event import ContentArrived
from tui_mail.model.flags import FLAGGED
from tui_mail.model.ids import WHOLE, MessageNumber, PartId
from tui_mail.model.operation import Move, SetFlags
from tui_mail.store.content import load_part, load_text
from tui_mail.store.mailboxes import create_local_mailbox
from tui_mail.store.operations import load_pending
from tui_mail.store.wanting import want_part
from tui_mail.sync import listening, watching
from tui_mail.sync.neighbours import Neighbours
from tui_mail.sync.storing import open_database

pytestmark = pytest.mark.dovecot


def in_step(reader: Reader) -> None:
    reader.until(lambda one: isinstance(one, Status) and one.line == "connected")
    reader.send(Synchronize(None, 1_000))
    assert reader.done(1_000).ok


@contextmanager
def in_this_process(desk: Desk) -> Iterator[Reader]:
    """Run the engine in a thread, for what a test changes in it, and join it."""
    database = open_database(desk.account, desk.places)
    settings = Settings(path=desk.places.settings_file())
    neighbours = Neighbours(database, settings, desk.places)
    watch = watching.Watch(
        desk.account, desk.places, database, neighbours, for_reader=False
    )
    thread = threading.Thread(target=watch.run)
    thread.start()
    with ExitStack() as ends:
        ends.callback(database.close)
        ends.callback(thread.join)
        ends.callback(watch.stop)
        with EngineClient(wait_for(desk.places.socket("work"))) as client:
            client.send(Hello("reader"))
            yield Reader(client)


def test_a_reader_is_told_how_mail_comes(desk: Desk) -> None:
    desk.fill(letters(1, 300))
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        reader.until(lambda one: isinstance(one, Changed))
        reader.while_told(lambda: len(desk.numbers()) == 300)
        reader.while_told(lambda: desk.all_here() == desk.all_there())


def test_new_mail_is_here_at_once(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        desk.fill([letter(4)])
        assert reader.while_told(lambda: "letter 4" in desk.here()) < 3


def test_what_others_flag_and_delete_is_seen_at_once(desk: Desk) -> None:
    desk.fill(letters(1, 5))
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        with desk.oracle() as client:
            client.select_folder("INBOX")
            client.add_flags([1], [b"\\Flagged"])
            client.add_flags([2], [b"\\Deleted"])
            client.uid_expunge([2])
        reader.while_told(lambda: desk.here() == desk.there(), seconds=3)


def test_a_wish_goes_out_at_once(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        desk.perform(SetFlags((desk.number("letter 2"),), add=frozenset({FLAGGED})))
        reader.send(Wake())
        took = reader.while_told(lambda: FLAGGED in desk.there()["letter 2"])
        assert took < 1
        desk.perform(Move((desk.number("letter 1"),), desk.box("Archive").id))
        reader.send(Wake())
        reader.while_told(lambda: "letter 1" in desk.there("Archive"), seconds=2)
        assert "letter 1" not in desk.there()


def test_the_mailbox_that_is_looked_at_is_listened_to_and_the_inbox_too(
    desk: Desk,
) -> None:
    desk.fill(letters(1, 3))
    desk.fill([letter(10)], "Work")
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        reader.send(OpenMailbox(desk.box("Work").id))
        time.sleep(0.3)
        desk.fill([letter(11)], "Work")
        assert reader.while_told(lambda: "letter 11" in desk.here("Work")) < 3
        desk.fill([letter(4)])
        assert reader.while_told(lambda: "letter 4" in desk.here()) < 3


def test_a_part_is_fetched_when_it_is_asked_for(desk: Desk) -> None:
    desk.fill([letter(1, text="x" * 600_000)])
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        number = desk.number("letter 1")
        reader.send(FetchPart(number, None, 7))
        assert reader.done(7).ok
        text = load_text(desk.database, number)
        assert text is not None
        assert text.text.startswith("xxx")
        reader.send(FetchPart(number, WHOLE, 8))
        assert reader.done(8).ok
        octets = load_part(desk.database, number, WHOLE)
        assert octets == letter(1, text="x" * 600_000).octets
        arrived = ContentArrived(number)
        reader.until(lambda one: isinstance(one, Changed) and arrived in one.events)


def test_what_cannot_be_fetched_is_said(desk: Desk) -> None:
    desk.fill([letter(1)])
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        reader.send(FetchPart(MessageNumber(99), None, 7))
        assert "there is no message 99" in reader.done(7).line
        reader.send(FetchPart(desk.number("letter 1"), PartId("5.7"), 8))
        assert "no part 5.7" in reader.done(8).line
        reader.send(Cancel(9))
        in_step_again = Synchronize(desk.box().id, 10)
        reader.send(in_step_again)
        assert reader.done(10).line == "in step"


def test_two_readers_are_both_told(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    with running(desk) as engine, engine.reader() as one, engine.reader() as other:
        in_step(one)
        in_step(other)
        desk.fill([letter(4)])
        for reader in (one, other):
            reader.until(lambda said: isinstance(said, Changed))
        one.while_told(lambda: "letter 4" in desk.here())


def test_the_engine_of_a_reader_ends_after_it(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    with running(desk) as engine:
        with engine.reader() as reader:
            in_step(reader)
            number = desk.number("letter 2")
            desk.perform(SetFlags((number,), add=frozenset({FLAGGED})))
        assert engine.end() == 0
        assert FLAGGED in desk.there()["letter 2"], "what was due was done first"
        assert not desk.places.socket("work").exists()


def test_the_engine_of_nobody_stays(desk: Desk) -> None:
    with running(desk, for_reader=False) as engine:
        with engine.reader() as reader:
            in_step(reader)
        time.sleep(2.5)
        assert engine.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it(desk: Desk, number: signal.Signals) -> None:
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        engine.process.send_signal(number)
        assert engine.end() == 0
        assert engine.process.stderr is not None
        assert engine.process.stderr.read() == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_engines_of_all_accounts(
    desk: Desk, number: signal.Signals
) -> None:
    places = desk.places
    with start(desk, "sync", "--watch", names=("work", "home")) as process:
        clients = [join(places.socket(name), process) for name in ("work", "home")]
        process.send_signal(number)
        _, said = process.communicate(timeout=10)
        for client in clients:
            client.close()
    assert (process.returncode, said) == (0, b"")
    for name in ("work", "home"):
        assert not places.socket(name).exists()


@pytest.mark.parametrize("answer", [b"OK never", b"NO not now", b"BAD what?"])
def test_a_server_that_only_announces_idle_is_asked_from_time_to_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(listening, "POLL", 0.5)

    def instead(command: bytes) -> Answer:
        return [answer] if command == b"IDLE" else None

    desk.fill(letters(1, 3))
    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        with in_this_process(desk) as reader:
            in_step(reader)
            desk.fill([letter(4)])
            reader.while_told(lambda: "letter 4" in desk.here())
            assert between.commands.count(b"IDLE") <= 2
            assert sum(b"AUTHENTICATE" in one for one in between.commands) == 3


def test_a_second_engine_is_refused_in_one_line(desk: Desk) -> None:
    with running(desk, for_reader=False) as engine, engine.reader() as reader:
        in_step(reader)
        with start(desk, "sync", "--watch", "work") as second:
            _, said = second.communicate(timeout=15)
        assert second.returncode == 1
        assert said.count(b"\n") == 1
        assert b"another tui-mail" in said


def test_without_a_password_the_readers_are_asked(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    server = desk.server.imap(desk.user)
    desk.set(imap=replace(server, password=""))
    with running(desk) as engine, engine.reader() as reader:
        assert reader.status("failed").line.startswith("work: no password")
        reader.until(lambda one: isinstance(one, NeedPassword))
        with engine.reader() as late:
            late.until(lambda one: isinstance(one, NeedPassword))
        reader.send(Synchronize(None, 4))
        assert not reader.done(4).ok
        reader.send(Password(PASSWORD))
        reader.while_told(lambda: len(desk.numbers()) == 3)
    log = desk.places.log_file().read_text()
    assert PASSWORD not in log


def test_offline_no_connection_is_open(desk: Desk, proxy: Proxy) -> None:
    desk.fill(letters(1, 3))
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        reader.send(GoOffline(True))
        reader.status("offline")
        reader.send(Synchronize(None, 5))
        assert reader.done(5).line == "offline"
        time.sleep(0.5)
        before = proxy.connections
        desk.fill([letter(4)])
        time.sleep(1)
        assert proxy.connections == before
        assert "letter 4" not in desk.here()
        reader.send(GoOffline(False))
        reader.while_told(lambda: "letter 4" in desk.here())


def test_a_move_into_a_new_mailbox_is_undone_at_once(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        with desk.database.transaction() as tx:
            fresh = create_local_mailbox(tx, "Fresh", None)
        number = desk.number("letter 2")
        desk.perform(Move((number,), fresh))
        reader.send(Wake())
        reader.while_told(lambda: "letter 2" in desk.there("Fresh"))
        reader.while_told(lambda: not load_pending(desk.database))
        desk.perform(Move((number,), desk.box().id))
        reader.send(Wake())
        reader.while_told(lambda: "letter 2" in desk.there(), seconds=5)
        reader.while_told(lambda: not load_pending(desk.database))


def test_an_engine_is_no_longer_offline_than_the_reader_that_wanted_it(
    desk: Desk,
) -> None:
    desk.fill(letters(1, 3))
    with running(desk) as engine, engine.reader(role="command"):
        with engine.reader() as reader:
            in_step(reader)
            reader.send(GoOffline(True))
            reader.status("offline")
        with engine.reader() as reader:
            reader.status("connected")
    with running(desk) as engine:
        with engine.reader() as reader:
            in_step(reader)
            reader.send(GoOffline(True))
            reader.status("offline")
            flagged = frozenset({FLAGGED})
            desk.perform(SetFlags((desk.number("letter 2"),), add=flagged))
        assert engine.process.wait(timeout=3) == 0
        assert FLAGGED not in desk.there()["letter 2"]


def test_a_reader_that_comes_does_not_wait_for_the_next_attempt(
    desk: Desk, proxy: Proxy
) -> None:
    desk.fill(letters(1, 3))
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        proxy.refuse = True
        proxy.cut()
        reader.status("offline")
        time.sleep(4)
        proxy.refuse = False
        begun = time.monotonic()
        with engine.reader() as late:
            late.status("connected")
        assert time.monotonic() - begun < 1


def test_a_link_that_breaks_is_made_anew(desk: Desk, proxy: Proxy) -> None:
    desk.fill(letters(1, 3))
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        proxy.refuse = True
        proxy.cut()
        assert "127.0.0.1" in reader.status("offline").line
        desk.perform(SetFlags((desk.number("letter 2"),), add=frozenset({FLAGGED})))
        reader.send(FetchPart(desk.number("letter 1"), None, 3))
        assert not reader.done(3).ok
        proxy.refuse = False
        desk.fill([letter(4)])
        reader.send(Synchronize(None, 6))
        assert reader.done(6).ok
        assert desk.here() == desk.there()
        assert FLAGGED in desk.there()["letter 2"]


def test_a_part_is_fetched_over_the_next_connection_where_one_was_lost(
    desk: Desk, proxy: Proxy
) -> None:
    desk.fill([letter(1, text="x" * 600_000)])
    proxy.cut_down = 400_000
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        number = desk.number("letter 1")
        before = proxy.connections
        reader.send(FetchPart(number, WHOLE, 3))
        assert reader.done(3).ok
        assert proxy.connections > before
        assert load_part(desk.database, number, WHOLE) is not None


def test_a_killed_engine_goes_on_where_it_was(desk: Desk, proxy: Proxy) -> None:
    desk.fill(letters(1, 3_000))
    proxy.latency = 0.02
    with running(desk) as engine, engine.reader() as reader:
        reader.while_told(lambda: len(desk.numbers()) > 700)
        os.kill(engine.process.pid, signal.SIGKILL)
        engine.end()
    low = desk.box().state.low_uid
    assert 1 < low < 3_000
    before = desk.numbers()
    octets = proxy.octets_down
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        assert len(desk.numbers()) == 3_000
    assert set(before) <= set(desk.numbers()), "nothing was begun anew"
    assert proxy.octets_down - octets < octets * 3_000 / len(before)
    assert desk.here() == desk.there()


@pytest.mark.parametrize("most", [1, 2])
def test_a_server_that_allows_few_connections_is_enough(
    dovecots: Callable[[Options], Dovecot],
    desk_of: Callable[[Dovecot], Desk],
    most: int,
) -> None:
    options = Options(extra=f"mail_max_userip_connections = {most}\n")
    desk = desk_of(dovecots(options))
    desk.fill(letters(1, 3))
    desk.fill([letter(10)], "Work")
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        reader.send(FetchPart(desk.number("letter 1"), None, 7))
        assert reader.done(7).ok
        number = desk.number("letter 2")
        desk.perform(SetFlags((number,), add=frozenset({FLAGGED})))
        reader.send(Wake())
        reader.while_told(lambda: not desk.rows()[1].waiting, seconds=3)
        reader.send(OpenMailbox(desk.box("Work").id))
        reader.send(Synchronize(None, 8))
        assert reader.done(8).ok
    assert desk.all_here() == desk.all_there()


def test_a_wrong_password_is_not_tried_again_and_again(
    desk: Desk, proxy: Proxy
) -> None:
    assert desk.account.imap is not None
    desk.set(imap=replace(desk.account.imap, password="wrong"))
    with running(desk) as engine, engine.reader() as reader:
        assert "refused the login" in reader.status("failed").line
        reader.until(lambda one: isinstance(one, NeedPassword))
        assert proxy.connections == 1
        reader.send(Wake())
        time.sleep(1.5)
        assert proxy.connections == 1
        reader.send(Synchronize(None, 3))
        assert not reader.done(3).ok
        assert proxy.connections == 2


def test_an_idle_engine_sleeps(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        time.sleep(1)
        process = psutil.Process(engine.process.pid)
        before = process.cpu_times()
        time.sleep(3)
        after = process.cpu_times()
        assert after.user + after.system - before.user - before.system < 0.15


def test_new_mail_gets_its_text_by_itself(desk: Desk) -> None:
    desk.set(download="text", keep_days=0)
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        desk.fill([letter(1)])
        reader.while_told(lambda: bool(desk.rows()) and desk.rows()[0].downloaded)


def test_what_was_wanted_offline_comes_with_the_wake(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        number = desk.number("letter 2")
        with desk.database.transaction() as tx:
            want_part(tx, number, None)
        reader.send(Wake())
        reader.while_told(lambda: load_text(desk.database, number) is not None)


def test_a_command_asks_the_engine_that_is_there(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        desk.fill([letter(4)], "Archive")
        with start(desk, "sync") as command:
            _, said = command.communicate(timeout=30)
        assert command.returncode == 0
        assert said == b"work: 1 new\n"


def test_a_command_has_the_engine_fetch_whole_messages(desk: Desk) -> None:
    desk.fill([letter(1)])
    desk.set(keep_days=0)
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        number = desk.number("letter 1")
        assert load_part(desk.database, number, WHOLE) is None
        with start(desk, "sync", "--bodies") as command:
            _, said = command.communicate(timeout=30)
        assert (command.returncode, said) == (0, b"work: 1 text\n")
        assert load_part(desk.database, number, WHOLE) is not None


def test_while_both_sides_work_and_the_link_breaks_nothing_is_lost(
    desk: Desk, proxy: Proxy
) -> None:
    """Each moves letters of its own: two who move one at once make two of it."""
    chance = random.Random(7)
    desk.fill(letters(1, 20))
    desk.fill(letters(21, 30), "Work")
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        places = [desk.box(name).id for name in ("INBOX", "Work", "Archive")]
        for turn in range(40):
            ours = [row.number for row in desk.rows("INBOX") if is_ours(row.subject)]
            ours += [row.number for row in desk.rows("Work") if is_ours(row.subject)]
            if ours:
                one = chance.choice(ours)
                desk.perform(SetFlags((one,), add=frozenset({f"k{turn % 5}"})))
                desk.perform(Move((one,), chance.choice(places)))
                reader.send(Wake())
            with desk.oracle() as client:
                name = chance.choice(["INBOX", "Work"])
                theirs = [s for s in look(client, name) if not is_ours(s)]
                if theirs:
                    one_there = uid_there(client, name, chance.choice(theirs))
                    client.move([one_there], "Archive")
            if turn % 10 == 9:
                proxy.cut()
            reader.while_told(lambda: True)
        reader.while_told(lambda: load_pending(desk.database) == [])
        reader.send(Synchronize(None, 1))
        assert reader.done(1).ok
        assert desk.all_here() == desk.all_there()
    subjects = [name for found in desk.all_there().values() for name in found]
    assert sorted(subjects) == sorted(f"letter {number}" for number in range(1, 31))


def is_ours(subject: str) -> bool:
    return int(subject.split()[1]) % 2 == 0


def test_who_started_it_by_hand_is_told_of_trouble_once(
    desk: Desk, proxy: Proxy
) -> None:
    proxy.refuse = True
    with running(desk, for_reader=False) as engine, engine.reader() as reader:
        for request in range(3):
            reader.send(Synchronize(None, request))
            assert not reader.done(request).ok
        proxy.refuse = False
        # An attempt that was under way before may still fail, and answers for it.
        reader.send(Synchronize(None, 8))
        reader.done(8)
        reader.send(Synchronize(None, 9))
        assert reader.done(9).ok
        engine.process.terminate()
        assert engine.end() == 0
        assert engine.process.stderr is not None
        said = engine.process.stderr.read()
        assert said.count(b"\n") == 1
        assert said.startswith(b"work: 127.0.0.1")


def test_after_a_sleep_all_connections_are_made_anew(
    desk: Desk, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wall clock of an engine in this process jumps."""
    skew = [0.0]
    true = time.time
    monkeypatch.setattr(time, "time", lambda: true() + skew[0])
    with in_this_process(desk) as reader:
        in_step(reader)
        reader.while_told(lambda: proxy.connections == 3)
        skew[0] = 3_600.0
        reader.while_told(lambda: proxy.connections == 6)
        reader.send(Synchronize(None, 2))
        assert reader.done(2).ok
        assert all(
            one.state != "offline" for one in reader.told if isinstance(one, Status)
        )


def wait_for(path: Path) -> Path:
    while not path.exists():
        time.sleep(0.01)
    return path
