"""The engine of a POP3 account: it comes, does all, and leaves the server again."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psutil
import pytest

from tests.servers.maildrop import Maildrop, serving
from tests.sync.engines import Reader, running, start
from tests.sync.mailing import letter
from tests.sync.popping import PopDesk
from tui_mail.config.places import Places
from tui_mail.config.settings import Settings
from tui_mail.link.client import EngineClient
from tui_mail.link.messages import (
    Cancel,
    FetchPart,
    GoOffline,
    Hello,
    NeedPassword,
    Password,
    Receipt,
    Search,
    Status,
    Synchronize,
    Wake,
)
from tui_mail.model.ids import MessageNumber, PartId
from tui_mail.model.operation import Expunge, OperationState
from tui_mail.store.agreeing import agree_policy, needs_yes
from tui_mail.store.content import load_text
from tui_mail.store.operations import load_pending
from tui_mail.store.wanting import want_part
from tui_mail.sync import pop_worker, watching
from tui_mail.sync.neighbours import Neighbours
from tui_mail.sync.storing import open_database


@pytest.fixture
def drop() -> Iterator[Maildrop]:
    with serving(Maildrop()) as drop:
        yield drop


@pytest.fixture
def desk(drop: Maildrop, places: Places) -> Iterator[PopDesk]:
    desk = PopDesk(None, "ann", places)
    desk.through(drop.port)
    yield desk
    desk.close()


def octets(*numbers: int) -> list[bytes]:
    return [letter(number).octets for number in numbers]


@contextmanager
def in_this_process(desk: PopDesk) -> Iterator[Reader]:
    """Run the engine in a thread, for what a test changes in it, and join it."""
    desk.places.data.mkdir(parents=True, exist_ok=True)
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
        path = desk.places.socket("work")
        while not path.exists():
            time.sleep(0.01)
        with EngineClient(path) as client:
            client.send(Hello("reader"))
            yield Reader(client)


def in_step(reader: Reader) -> None:
    reader.until(lambda one: isinstance(one, Status) and one.line == "in step")


def ask(reader: Reader, request: int) -> str:
    """Synchronize as F5 does; what was answered."""
    reader.send(Synchronize(None, request))
    return str(reader.done(request).line)


def test_it_comes_at_once_and_leaves_and_comes_for_who_asks(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.put(*octets(1, 2))
    with in_this_process(desk) as reader:
        in_step(reader)
        assert len(desk.rows()) == 2
        assert drop.count(b"QUIT") == 1
        drop.put(*octets(3))
        assert ask(reader, 1) == "1 new"
        assert ask(reader, 2) == "in step"
        assert (drop.logins, drop.most_together) == (3, 1)


def test_by_itself_it_comes_again_when_it_is_due_and_not_before_a_minute(
    desk: PopDesk, drop: Maildrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pop_worker, "APART", 1.0)
    desk.set(check_minutes=0)
    with in_this_process(desk) as reader:
        in_step(reader)
        begun = time.monotonic()
        drop.put(*octets(1))
        reader.while_told(lambda: len(desk.numbers()) == 1)
        assert time.monotonic() - begun > 0.9
        reader.until(lambda one: isinstance(one, Receipt) and one.line == "1 new")


def test_what_was_deleted_for_ever_goes_with_the_wake_but_not_at_once(
    desk: PopDesk, drop: Maildrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pop_worker, "APART", 1.0)
    desk.pop(delete_after="removed")
    drop.put(*octets(1, 2))
    with in_this_process(desk) as reader:
        in_step(reader)
        before = drop.logins
        reader.send(Wake())
        desk.perform(Expunge((desk.number("letter 1"),)))
        reader.send(Wake())
        begun = time.monotonic()
        reader.while_told(lambda: drop.octets() == octets(2))
        assert time.monotonic() - begun > 0.5
        assert drop.logins == before + 1


def test_a_server_that_wants_longer_pauses_gets_them(
    desk: PopDesk, drop: Maildrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pop_worker, "APART", 0.0)
    drop.capabilities = ("USER", "UIDL", "LOGIN-DELAY 900 USER")
    desk.pop(delete_after="removed")
    drop.put(*octets(1))
    with in_this_process(desk) as reader:
        in_step(reader)
        desk.perform(Expunge((desk.number("letter 1"),)))
        reader.send(Wake())
        reader.send(Search("nothing", 1))
        reader.done(1)
        assert drop.logins == 1
        assert ask(reader, 2) == "1 deleted on the server"


def test_a_wake_is_no_reason_to_come_where_nothing_is_to_be_told(
    desk: PopDesk, drop: Maildrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pop_worker, "APART", 0.0)
    drop.put(*octets(1, 2))
    with in_this_process(desk) as reader:
        in_step(reader)
        desk.perform(Expunge((desk.number("letter 1"),)))
        reader.send(Wake())
        reader.send(FetchPart(desk.number("letter 2"), None, 7))
        assert reader.done(7).ok
        assert drop.logins == 1


def test_a_locked_mailbox_is_left_alone_for_a_minute_but_not_for_who_asks(
    desk: PopDesk, drop: Maildrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pop_worker, "APART", 1.0)
    drop.put(*octets(1))
    drop.locked = [b"[IN-USE] somebody else"] * 3
    with in_this_process(desk) as reader:
        assert "somebody else" in reader.status("offline").line
        assert not any(isinstance(one, NeedPassword) for one in reader.told)
        assert "somebody else" in ask(reader, 1)
        assert "somebody else" in ask(reader, 2)
        begun = time.monotonic()
        in_step(reader)
        assert time.monotonic() - begun > 0.8
        assert (drop.logins, drop.most_together) == (4, 1)


def test_a_refused_login_asks_for_the_password_and_nothing_more(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.put(*octets(1))
    drop.locked = [b"[AUTH] wrong"]
    with in_this_process(desk) as reader:
        reader.until(lambda one: isinstance(one, NeedPassword))
        reader.send(Wake())
        reader.send(FetchPart(MessageNumber(1), None, 3))
        assert not reader.done(3).ok
        assert drop.logins == 1
        reader.send(Password("better"))
        in_step(reader)
        assert len(desk.rows()) == 1
        assert b"PASS better" in drop.commands


def test_offline_it_does_not_come_and_online_it_does(
    desk: PopDesk, drop: Maildrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pop_worker, "APART", 0.0)
    with in_this_process(desk) as reader:
        in_step(reader)
        reader.send(GoOffline(True))
        reader.status("offline")
        drop.put(*octets(1))
        reader.send(Synchronize(None, 1))
        assert reader.done(1).line == "offline"
        reader.send(GoOffline(False))
        reader.while_told(lambda: len(desk.numbers()) == 1)


def test_who_cancels_ends_the_session_and_what_came_stays(
    desk: PopDesk, drop: Maildrop
) -> None:
    with in_this_process(desk) as reader:
        in_step(reader)
        drop.put(*octets(*range(1, 6)))
        drop.endless = {b"uid-1"}
        reader.send(Synchronize(None, 1))
        reader.while_told(lambda: drop.count(b"RETR") == 5)
        reader.until(
            lambda one: isinstance(one, Status) and "large message" in one.line
        )
        reader.send(Cancel(1))
        assert reader.done(1).line == "cancelled"
        reader.until(lambda one: isinstance(one, Status) and one.line == "cancelled")
        assert len(desk.numbers()) == 4
        logins = drop.logins
        reader.send(Search("nothing", 3))
        reader.done(3)
        assert drop.logins == logins, "it does not begin again by itself"
        drop.endless = set()
        assert ask(reader, 2) == "1 new"


def test_what_cannot_be_asked_of_such_a_server_is_said(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.put(*octets(1))
    with in_this_process(desk) as reader:
        in_step(reader)
        number = desk.number("letter 1")
        reader.send(Search("hello", 1))
        assert "a POP3 server cannot search" in reader.done(1).line
        reader.send(FetchPart(MessageNumber(99), PartId("1"), 2))
        assert "no message 99" in reader.done(2).line
        with desk.database.transaction() as tx:
            tx.connection.execute("DELETE FROM readable")
        reader.send(FetchPart(number, None, 3))
        assert reader.done(3).ok
        assert load_text(desk.database, number) is not None
        reader.send(FetchPart(number, PartId("1"), 4))
        assert reader.done(4).ok
        with desk.database.transaction() as tx:
            tx.connection.execute("DELETE FROM part")
        reader.send(FetchPart(number, PartId("1"), 5))
        assert "no server has it" in reader.done(5).line


def test_what_was_wanted_is_had_with_the_wake_or_refused(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.put(*octets(1, 2))
    with in_this_process(desk) as reader:
        in_step(reader)
        first, second = desk.number("letter 1"), desk.number("letter 2")
        with desk.database.transaction() as tx:
            tx.connection.execute("DELETE FROM readable")
            tx.connection.execute(
                "DELETE FROM part WHERE content ="
                " (SELECT content FROM message WHERE number = ?)",
                (second,),
            )
            want_part(tx, first, None)
            want_part(tx, second, None)
        reader.send(Wake())
        reader.while_told(lambda: load_text(desk.database, first) is not None)
        reader.while_told(
            lambda: (
                [one.state for one in load_pending(desk.database)]
                == [OperationState.FAILED]
            )
        )


def test_a_changed_setting_waits_for_the_yes_of_a_reader(
    desk: PopDesk, drop: Maildrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pop_worker, "APART", 1.0)
    drop.put(*octets(1, 2))
    desk.sync()
    # The reader is there before the first session comes to its end.
    drop.locked = [b"[IN-USE] wait"]
    desk.pop(delete_after="download")
    with in_this_process(desk) as reader:
        told = reader.until(lambda one: isinstance(one, Receipt) and one.urgent)
        assert isinstance(told, Receipt)
        assert 'delete_after was "never"' in told.line
        assert "until you say yes" in ask(reader, 1)
        assert len(drop.mails) == 2
        assert needs_yes(desk.database, "download")
        with desk.database.transaction() as tx:
            agree_policy(tx, "download")
        assert ask(reader, 2) == "2 deleted on the server"


def test_after_a_sleep_it_comes_at_once(
    desk: PopDesk, drop: Maildrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    skew, true = [0.0], time.time
    monkeypatch.setattr(time, "time", lambda: true() + skew[0])
    with in_this_process(desk) as reader:
        in_step(reader)
        drop.put(*octets(1))
        skew[0] = 3_600.0
        reader.while_told(lambda: len(desk.numbers()) == 1)


def test_the_engine_of_a_reader_ends_after_it_and_another_asks_the_one_that_is_there(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.put(*octets(1))
    with running(desk) as engine:
        with engine.reader() as reader:
            in_step(reader)
            desk.perform(Expunge((desk.number("letter 1"),)))
            with start(desk, "sync", "--again") as command:
                _, said = command.communicate(timeout=30)
            assert (command.returncode, said) == (0, b"work: 1 new\n")
        assert engine.end() == 0
    assert drop.most_together == 1


def test_a_command_says_yes_to_the_engine_that_is_there(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.put(*octets(1))
    desk.sync()
    desk.pop(delete_after="download")
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        for words, status in (((), 1), (("--yes",), 0)):
            with start(desk, "sync", *words) as command:
                _, said = command.communicate(timeout=30)
            assert command.returncode == status, said
        assert drop.mails == []


def test_an_engine_heeds_a_setting_that_was_changed_since_it_began(
    desk: PopDesk, drop: Maildrop
) -> None:
    desk.pop(delete_after="download")
    with running(desk) as engine, engine.reader() as reader:
        in_step(reader)
        drop.put(*octets(1))
        desk.pop(delete_after="never")
        with start(desk, "sync") as command:
            _, said = command.communicate(timeout=30)
        assert (command.returncode, said) == (0, b"work: 1 new\n")
        desk.pop(delete_after="download")
        with start(desk, "sync", "--yes") as command:
            _, said = command.communicate(timeout=30)
        assert (command.returncode, said) == (0, b"work: 1 deleted on the server\n")


def test_a_command_without_an_engine_says_what_waits(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.put(*octets(1))
    desk.sync()
    desk.pop(delete_after="download")
    for words, status, line in (
        ((), 1, b"until you say yes"),
        (("--dry-run",), 1, b"until you say yes"),
        (("--dry-run", "--yes"), 0, b"would be: 1 deleted on the server"),
        (("--yes",), 0, b"work: 1 deleted on the server\n"),
    ):
        with start(desk, "sync", *words) as command:
            _, said = command.communicate(timeout=30)
        assert (command.returncode, line in said) == (status, True), said


def test_who_started_it_by_hand_hears_that_the_server_is_down(desk: PopDesk) -> None:
    desk.through(1)
    with running(desk, for_reader=False) as engine:
        with engine.reader() as reader:
            reader.status("offline")
        engine.process.terminate()
        assert engine.end() == 0
        assert engine.process.stderr is not None
        assert engine.process.stderr.read().startswith(b"work: 127.0.0.1:1")


@pytest.mark.parametrize("said", [b"[AUTH] wrong", b"[IN-USE] not now", b""])
def test_an_engine_that_has_nothing_to_do_sleeps(
    desk: PopDesk, drop: Maildrop, said: bytes
) -> None:
    drop.locked = [said] if said else []
    with running(desk) as engine, engine.reader() as reader:
        if said.startswith(b"[AUTH]"):
            reader.until(lambda one: isinstance(one, NeedPassword))
        else:
            reader.status("offline" if said else "connected")
        time.sleep(0.5)
        process = psutil.Process(engine.process.pid)
        before = process.cpu_times()
        time.sleep(2)
        after = process.cpu_times()
        assert after.user + after.system - before.user - before.system < 0.1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_the_middle_of_a_message(
    desk: PopDesk, drop: Maildrop, number: signal.Signals
) -> None:
    drop.put(*octets(1, 2))
    drop.endless = {b"uid-1"}
    with running(desk, for_reader=False) as engine:
        with engine.reader() as reader:
            reader.until(
                lambda one: isinstance(one, Status) and "large message" in one.line
            )
        engine.process.send_signal(number)
        assert engine.end() == 0
        assert engine.process.stderr is not None
        assert engine.process.stderr.read() == b""
    assert len(desk.rows()) == 1
    drop.endless = set()
    assert str(desk.sync()) == "1 new"


def test_ctrl_c_ends_a_command_in_the_middle_of_a_message(
    desk: PopDesk, drop: Maildrop
) -> None:
    drop.put(*octets(1))
    drop.endless = {b"uid-1"}
    with start(desk, "sync") as command:
        end = time.monotonic() + 20
        while not drop.count(b"RETR") and time.monotonic() < end:
            time.sleep(0.01)
        command.send_signal(signal.SIGINT)
        _, said = command.communicate(timeout=20)
    assert command.returncode == 130, said
    drop.endless = set()
    assert str(desk.sync()) == "1 new"
