"""Readers and an engine over a real socket."""

import contextlib
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import pytest

from tui_mail.link import server as server_module
from tui_mail.link.client import EngineClient
from tui_mail.link.codec import MAX_LINE, encode
from tui_mail.link.messages import (
    Changed,
    Done,
    FetchPart,
    Hello,
    Message,
    Receipt,
    Synchronize,
    Wake,
)
from tui_mail.link.server import EngineServer, LinkedClient
from tui_mail.model.displayable import own
from tui_mail.model.error import LinkLost, MailError
from tui_mail.model.event import MailboxChanged, MessagesChanged
from tui_mail.model.ids import MailboxId, MessageNumber


class Engine:
    """An engine's server that notes what happens."""

    def __init__(self, path: Path) -> None:
        self.heard: Queue[tuple[LinkedClient, Message]] = Queue()
        self.joined: Queue[LinkedClient] = Queue()
        self.left: Queue[LinkedClient] = Queue()
        self.server = EngineServer(
            path,
            lambda client, message: self.heard.put((client, message)),
            self.joined.put,
            self.left.put,
        )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "work.socket"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = Engine(path)
    yield engine
    engine.server.close()


@pytest.fixture
def client(engine: Engine, path: Path) -> Iterator[EngineClient]:
    with EngineClient(path) as client:
        yield client


def answering(engine: Engine, answer: Callable[[Message], list[Message]]) -> None:
    """Answer the next message, in a thread as an engine does."""

    def work() -> None:
        who, said = engine.heard.get(timeout=5)
        for message in answer(said):
            engine.server.send(who, message)

    threading.Thread(target=work).start()


def test_what_one_says_the_other_hears(engine: Engine, client: EngineClient) -> None:
    client.send(Hello("reader"))
    who, said = engine.heard.get(timeout=5)
    assert said == Hello("reader")
    engine.server.send(who, Receipt(own("12 new")))
    assert client.receive(5) == Receipt(own("12 new"))


def test_a_broadcast_reaches_all(engine: Engine, path: Path) -> None:
    with EngineClient(path) as one, EngineClient(path) as other:
        engine.joined.get(timeout=5)
        engine.joined.get(timeout=5)
        said = Changed((MailboxChanged(MailboxId(1)),))
        engine.server.broadcast(said)
        assert one.receive(5) == other.receive(5) == said


def test_only_the_user_reaches_the_socket(engine: Engine, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_without_an_engine_joining_says_so(path: Path) -> None:
    path.parent.mkdir()
    with pytest.raises(LinkLost, match="no engine"):
        EngineClient(path)


def test_without_a_folder_joining_says_so(path: Path) -> None:
    with pytest.raises(LinkLost):
        EngineClient(path)


def test_a_socket_left_behind_is_replaced(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(path))
    with pytest.raises(LinkLost):
        EngineClient(path)
    engine = Engine(path)
    with EngineClient(path) as client:
        client.send(Wake())
        assert engine.heard.get(timeout=5)[1] == Wake()
    engine.server.close()
    assert not path.exists()


def test_an_engine_that_ends_leaves_its_successors_socket(path: Path) -> None:
    first = Engine(path)
    second = Engine(path)
    first.server.close()
    with EngineClient(path):
        second.joined.get(timeout=5)
    second.server.close()


def test_a_path_too_long_for_a_socket_address_works(tmp_path: Path) -> None:
    path = tmp_path / ("long" * 30) / ("longer" * 20) / "work.socket"
    assert len(str(path)) > 200
    engine = Engine(path)
    with EngineClient(path) as client:
        client.send(Wake())
        assert engine.heard.get(timeout=5)[1] == Wake()
    engine.server.close()


def test_a_name_too_long_for_a_socket_address_is_said(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 150)
    with pytest.raises(LinkLost, match="XDG_RUNTIME_DIR"):
        Engine(path)
    with pytest.raises(LinkLost, match="XDG_RUNTIME_DIR"):
        EngineClient(path)


def test_garbage_is_passed_over(engine: Engine, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        raw.sendall(b'\xff\x00garbage\n{"kind":\n\n' + encode(Wake()))
        assert engine.heard.get(timeout=5)[1] == Wake()


def test_a_line_too_long_ends_that_link_only(
    engine: Engine, client: EngineClient, path: Path
) -> None:
    engine.joined.get(timeout=5)
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        liar = engine.joined.get(timeout=5)
        with contextlib.suppress(BrokenPipeError):
            raw.sendall(b"x" * (MAX_LINE + 100_000))
        assert engine.left.get(timeout=5) is liar
    client.send(Wake())
    assert engine.heard.get(timeout=5)[1] == Wake()


def test_an_engine_that_says_too_long_a_line_is_left(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with EngineClient(path) as client:
            peer, _ = listener.accept()
            with peer:
                threading.Thread(
                    target=_send_all, args=(peer, b"x" * (MAX_LINE + 1))
                ).start()
                with pytest.raises(LinkLost, match="may not say"):
                    client.receive(5)


def _send_all(peer: socket.socket, octets: bytes) -> None:
    with contextlib.suppress(OSError):
        peer.sendall(octets)


def test_a_reader_that_reads_nothing_is_dropped_and_blocks_nobody(
    engine: Engine, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "MAX_WAITING", 300_000)
    numbers = frozenset(map(MessageNumber, range(10**9, 10**9 + 5_000)))
    news = Changed((MessagesChanged(MailboxId(1), numbers),))
    with EngineClient(path) as slow, EngineClient(path) as quick:
        first = engine.joined.get(timeout=5)
        engine.joined.get(timeout=5)
        taken = 0
        while engine.left.empty():
            begun = time.monotonic()
            engine.server.broadcast(news)
            assert time.monotonic() - begun < 1
            assert quick.receive(5) == news
            taken += 1
            assert taken < 500
        assert engine.left.get(timeout=5) is first
        engine.server.broadcast(news)
        assert quick.receive(5) == news
        with pytest.raises(LinkLost):
            _receive_all(slow)


def _receive_all(client: EngineClient) -> None:
    while client.receive(5):
        pass


def test_a_client_that_dies_has_left(engine: Engine, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        client = engine.joined.get(timeout=5)
    assert engine.left.get(timeout=5) is client
    engine.server.send(client, Wake())
    engine.server.broadcast(Wake())


@pytest.mark.parametrize("busy", [False, True])
def test_what_a_client_said_is_heard_though_it_went_without_reading_what_it_was_told(
    engine: Engine, path: Path, busy: bool
) -> None:
    with EngineClient(path) as client:
        who = engine.joined.get(timeout=5)
        engine.server.send(who, Receipt(own("welcome")))
        time.sleep(0.1)
        if busy:
            _keep_busy(engine)
        client.send(Hello("command"))
        client.send(Wake())
    if busy:
        # Before it reads, it has something to say to one who is not there any more.
        engine.server.send(who, Receipt(own("too late")))
    assert engine.heard.get(timeout=5)[1] == Hello("command")
    assert engine.heard.get(timeout=5)[1] == Wake()
    assert engine.left.get(timeout=5) is who


def _keep_busy(engine: Engine) -> None:
    """Let the server's thread come to its next work only a while later."""
    drain = engine.server._drain_wakes

    def slow() -> None:
        engine.server._drain_wakes = drain  # type: ignore[method-assign]
        time.sleep(0.3)
        drain()

    engine.server._drain_wakes = slow  # type: ignore[method-assign]
    engine.server._wake()
    time.sleep(0.05)


def test_an_engine_that_ends_is_noticed(path: Path) -> None:
    engine = Engine(path)
    with EngineClient(path) as client:
        engine.joined.get(timeout=5)
        threading.Timer(0.05, engine.server.close).start()
        with pytest.raises(LinkLost, match="gone"):
            client.receive(5)
        with pytest.raises(LinkLost, match="gone"):
            client.send(Wake())


def test_what_was_said_before_the_end_still_arrives(path: Path) -> None:
    engine = Engine(path)
    with EngineClient(path) as client:
        engine.joined.get(timeout=5)
        engine.server.broadcast(Receipt(own("in step")))
        engine.server.close()
        assert client.receive(5) == Receipt(own("in step"))
        with pytest.raises(LinkLost):
            client.receive(5)


def test_waiting_in_vain_gives_nothing(client: EngineClient) -> None:
    assert client.receive(0) is None
    assert client.receive(0.02) is None


def test_a_request_waits_for_its_own_end_and_keeps_the_rest(
    engine: Engine, client: EngineClient
) -> None:
    other = Done(8, ok=False, line=own("another's"))
    news = Receipt(own("12 new"))
    answering(engine, lambda said: [news, other, Done(7, ok=True, line=own("3 new"))])
    assert client.request(Synchronize(None, 7)) == "3 new"
    assert client.receive(0) == news
    assert client.receive(0) == other


def test_a_request_that_failed_says_why(engine: Engine, client: EngineClient) -> None:
    answering(engine, lambda said: [Done(7, ok=False, line=own("work: no network"))])
    with pytest.raises(MailError, match="work: no network"):
        client.request(FetchPart(MessageNumber(1), None, 7))


def test_a_request_has_a_deadline(client: EngineClient) -> None:
    with pytest.raises(LinkLost, match="in time"):
        client.request(Synchronize(None, 7), timeout=0.02)


def test_leaving_ends_the_wait_of_another_thread(client: EngineClient) -> None:
    threading.Timer(0.05, client.close).start()
    with pytest.raises(LinkLost):
        client.receive(5)


def test_a_folder_of_somebody_else_is_not_joined(
    engine: Engine, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getuid", lambda: 1_000_000)
    with pytest.raises(LinkLost, match="yours"):
        EngineClient(path)
