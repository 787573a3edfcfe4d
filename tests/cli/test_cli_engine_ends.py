"""What commands do where the engine that they ask ends at that moment."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.servers.dovecot import Dovecot
from tests.sync.engines import write_settings
from tests.sync.mailing import Desk, letter, letters
from tui_mail.__main__ import main
from tui_mail.cli import engines
from tui_mail.config.places import Places, make_private
from tui_mail.link.address import address_of
from tui_mail.link.lock import AccountLock

pytestmark = pytest.mark.dovecot

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def desk(dovecot: Dovecot) -> Iterator[Desk]:
    desk = Desk(dovecot, dovecot.fresh_user(), Places.find())
    desk.fill(letters(1, 3))
    write_settings(desk)
    assert main(["sync"]) == 0
    desk.fill([letter(4)])
    yield desk
    desk.close()


@contextmanager
def _ending(
    places: Places, then: Callable[[], object] = lambda: None
) -> Iterator[list[str]]:
    """Be an engine that ends as soon as it is asked for something; what it was asked."""
    path, asked = places.socket("work"), list[str]()
    make_private(path.parent)
    lock = AccountLock.acquire(places.lock("work"))
    listening = socket.socket(socket.AF_UNIX)
    with address_of(path) as address:
        listening.bind(address)
    listening.listen()

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as lines:
            lines.readline()
            asked.append(json.loads(lines.readline())["kind"])
            listening.close()
            path.unlink()
        then()
        lock.release()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield asked
    finally:
        thread.join(30)
        lock.release()


def test_a_synchronization_is_done_here_where_the_engine_ends_over_it(
    desk: Desk, capsys: Printed
) -> None:
    """Also where it takes its time to let go of the account."""
    capsys.readouterr()
    with _ending(desk.places, lambda: time.sleep(1.5)) as asked:
        assert main(["sync"]) == 0
    assert asked == ["synchronize"]
    printed = capsys.readouterr()
    assert "1 new" in printed.err + printed.out
    assert "gone" not in printed.err + printed.out
    assert "letter 4" in desk.here()


def test_a_message_is_fetched_here_where_the_engine_ends_over_it(
    desk: Desk, capsys: Printed
) -> None:
    capsys.readouterr()
    with _ending(desk.places) as asked:
        assert main(["show", f"work/{desk.number('letter 2')}"]) == 0
    assert len(asked) == 1
    assert "Hello 2" in capsys.readouterr().out


def test_who_stays_at_work_on_the_account_is_named(
    desk: Desk, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_ENDS_IN", 0.2)
    ended = threading.Event()
    with _ending(desk.places, lambda: ended.wait(30)):
        assert main(["sync"]) == 1
        ended.set()
    assert "another tui-mail is at work on it" in capsys.readouterr().err
