"""Engines that send: woken by whoever has mail, and by the clock."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.ports import free_ports
from tests.servers.proxy import Proxy, proxied
from tests.servers.scripted import scripted
from tests.servers.smtp_script import Mta
from tests.servers.submission import PASSWORD, USER, Submission, submission
from tests.sync.engines import Reader, join, running, start
from tests.sync.mailing import Desk
from tests.sync.popping import PopDesk
from tests.sync.sending import LocalDesk, now, outgoing, put, row, smtp_at, states
from tests.sync.test_sync_watch import in_this_process
from tui_mail.config.places import Places
from tui_mail.link.messages import (
    GoOffline,
    Hello,
    Message,
    NeedPassword,
    Password,
    Receipt,
    Synchronize,
    Wake,
)
from tui_mail.model.ids import SubmissionId
from tui_mail.store.outbox import retry
from tui_mail.sync import sending

TO = "ann@there.example"


@pytest.fixture
def server() -> Iterator[Submission]:
    with submission(users=None) as server:
        yield server


@pytest.fixture
def local(server: Submission, places: Places) -> Iterator[LocalDesk]:
    places.data.mkdir(parents=True)
    desk = LocalDesk(places, server.port)
    yield desk
    desk.close()


def sent(message: Message) -> bool:
    return isinstance(message, Receipt) and message.line == "1 sent"


def test_a_local_account_sends_when_it_is_woken(
    local: LocalDesk, server: Submission
) -> None:
    with in_this_process(local) as reader:
        reader.status("connected")
        number = put(local, outgoing("Budget", TO))
        reader.send(Wake())
        reader.until(sent)
        reader.while_told(lambda: row(local, number) is None)
    assert len(server.taken) == 1
    assert list(local.here("Sent")) == ["Budget"]


@pytest.mark.dovecot
def test_an_imap_account_sends_when_it_is_woken(desk: Desk, server: Submission) -> None:
    desk.set(smtp=smtp_at(server.port))
    with in_this_process(desk) as reader:
        reader.status("connected")
        put(desk, outgoing("Budget", TO))
        reader.send(Wake())
        reader.until(sent)
        reader.while_told(lambda: not states(desk))
        reader.while_told(lambda: list(desk.there("Sent")) == ["Budget"])
    assert len(server.taken) == 1


@pytest.mark.dovecot
def test_a_pop3_account_sends_between_its_rounds(
    dovecot: Dovecot, places: Places, server: Submission
) -> None:
    desk = PopDesk(dovecot, dovecot.fresh_user(), places)
    desk.set(smtp=smtp_at(server.port))
    with in_this_process(desk) as reader:
        reader.status("connected")
        number = put(desk, outgoing("Budget", TO))
        reader.send(Wake())
        reader.while_told(lambda: row(desk, number) is None)
    assert list(desk.here("Sent")) == ["Budget"]
    desk.close()


def test_what_is_held_back_goes_at_its_time(
    local: LocalDesk, server: Submission
) -> None:
    with in_this_process(local) as reader:
        reader.status("connected")
        number = put(
            local, outgoing("Budget", TO), not_before=now() + timedelta(seconds=2)
        )
        found = row(local, number)
        assert found is not None
        assert found.not_before is not None
        reader.send(Wake())
        reader.while_told(lambda: bool(server.taken))
        late = (now() - found.not_before).total_seconds()
    assert 0.0 <= late < 0.5


def test_nothing_goes_out_while_it_is_to_be_offline(
    local: LocalDesk, server: Submission
) -> None:
    with in_this_process(local) as reader:
        reader.send(GoOffline(True))
        reader.status("offline")
        put(local, outgoing("Budget", TO))
        reader.send(Wake())
        reader.send(Synchronize(None, request=1))
        assert not reader.done(1).ok
        assert states(local) == ["queued"]
        reader.send(GoOffline(False))
        reader.while_told(lambda: not states(local))
    assert len(server.taken) == 1


def test_a_reader_that_may_change_nothing_has_nothing_sent(
    local: LocalDesk, server: Submission
) -> None:
    put(local, outgoing("Budget", TO))
    with (
        running(local) as engine,
        join(local.places.socket("work"), engine.process) as client,
    ):
        client.send(Hello("reader", read_only=True))
        reader = Reader(client)
        reader.send(Wake())
        reader.send(Synchronize(None, request=1))
        reader.done(1)
        assert states(local) == ["queued"]
        with engine.reader() as other:
            other.while_told(lambda: not states(local))
    assert len(server.taken) == 1


def test_who_asks_for_a_synchronization_hears_what_was_sent(
    local: LocalDesk, server: Submission
) -> None:
    with running(local) as engine, engine.reader() as reader:
        reader.status("connected")
        server.answers.append("451 4.7.1 greylisted")
        put(local, outgoing("Budget", TO))
        reader.send(Wake())
        reader.until(lambda one: isinstance(one, Receipt) and "greylisted" in one.line)
        with start(local, "sync") as command:
            _, said = command.communicate(timeout=30)
        assert (command.returncode, said) == (0, b"work: 1 sent\n")


def test_a_password_is_asked_for_once_and_what_waits_goes_with_it(
    places: Places,
) -> None:
    places.data.mkdir(parents=True)
    with submission(users={USER: PASSWORD}) as server:
        desk = LocalDesk(places, server.port)
        desk.set(smtp=smtp_at(server.port, username=USER, password="wrong"))
        with in_this_process(desk) as reader:
            reader.status("connected")
            number = put(desk, outgoing("Budget", TO))
            reader.send(Wake())
            asked = reader.until(lambda one: isinstance(one, NeedPassword))
            assert isinstance(asked, NeedPassword)
            assert asked.server == "smtp"
            tried = len(server.mechanisms)
            reader.send(Wake())
            reader.send(Wake())
            found = row(desk, number)
            assert found is not None
            assert "refused the login" in found.error
            reader.send(Password(PASSWORD, "smtp"))
            reader.while_told(lambda: not states(desk))
        assert len(server.mechanisms) == tried + 1
        assert len(server.taken) == 1
        desk.close()


@pytest.mark.dovecot
def test_one_password_serves_for_both_servers_of_an_account(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_ASKING", 0.5)
    monkeypatch.setattr(sending, "_TICK", 0.1)
    with submission(users={desk.user: PASSWORD}) as server:
        assert desk.account.imap is not None
        desk.set(
            imap=replace(desk.account.imap, password=""),
            smtp=smtp_at(server.port, username=desk.user, password=""),
        )
        put(desk, outgoing("Budget", TO))
        with in_this_process(desk) as reader:
            reader.until(lambda one: isinstance(one, NeedPassword))
            # People need longer than the engine gives a server that is on its way.
            time.sleep(1.0)
            reader.send(Password(PASSWORD))
            reader.while_told(lambda: not states(desk))
        questions = [one for one in reader.told if isinstance(one, NeedPassword)]
    # One that comes up while a reader joins is told twice: it is the same one.
    assert {one.server for one in questions} == {"incoming"}
    assert len(server.taken) == 1


@pytest.mark.dovecot
def test_fetching_goes_on_where_the_password_to_send_is_wrong(desk: Desk) -> None:
    with submission(users={USER: PASSWORD}) as server:
        desk.set(smtp=smtp_at(server.port, username=USER, password="wrong"))
        put(desk, outgoing("Budget", TO))
        with in_this_process(desk) as reader:
            reader.until(lambda one: isinstance(one, NeedPassword))
            reader.send(Synchronize(None, request=1))
            done = reader.done(1)
        assert not done.ok
        assert "refused the login" in done.line


def test_what_a_person_wants_tried_again_goes_at_once(local: LocalDesk) -> None:
    server = local.account.smtp
    assert server is not None
    local.set(smtp=replace(server, port=free_ports(1)[0]))
    with in_this_process(local) as reader:
        reader.status("connected")
        number = put(local, outgoing("Budget", TO))
        reader.send(Wake())
        reader.while_told(lambda: _attempts(local, number) == 1)
        with local.database.transaction() as tx:
            retry(tx, number)
        reader.send(Wake())
        reader.while_told(lambda: _attempts(local, number) == 2)


def _attempts(desk: Desk, number: SubmissionId) -> int:
    found = row(desk, number)
    return 0 if found is None else found.attempts


@pytest.mark.dovecot
def test_mail_goes_as_soon_as_the_network_is_there_again(
    desk: Desk, proxy: Proxy, server: Submission
) -> None:
    with proxied(server.port) as out:
        desk.set(smtp=smtp_at(out.port))
        with in_this_process(desk) as reader:
            reader.status("connected")
            out.refuse = proxy.refuse = True
            proxy.cut()
            number = put(desk, outgoing("Budget", TO))
            reader.send(Wake())
            reader.while_told(lambda: _attempts(desk, number) == 1)
            out.refuse = proxy.refuse = False
            reader.while_told(lambda: not states(desk), seconds=40.0)
    assert len(server.taken) == 1


def test_an_engine_sends_what_is_due_before_it_ends(
    local: LocalDesk, server: Submission
) -> None:
    with running(local) as engine:
        with engine.reader() as reader:
            reader.status("connected")
            put(local, outgoing("Budget", TO), not_before=now() + timedelta(seconds=3))
            reader.send(Wake())
        assert engine.end() == 0
    assert len(server.taken) == 1
    assert states(local) == []


def test_an_engine_that_is_ended_waits_for_the_answer(places: Places) -> None:
    places.data.mkdir(parents=True)
    mta = SlowMta()
    with scripted(mta.play) as server:
        desk = LocalDesk(places, server.port)
        with running(desk, for_reader=False) as engine, engine.reader() as reader:
            reader.status("connected")
            put(desk, outgoing("Budget", TO))
            reader.send(Wake())
            reader.while_told(lambda: states(desk) == ["sending"])
            engine.process.terminate()
            assert engine.end() == 0
        assert states(desk) == []
        desk.close()


class SlowMta(Mta):
    """It takes its time over a message."""

    def _next(self, step: str) -> str:
        if step == "END":
            time.sleep(4.0)
        return super()._next(step)
