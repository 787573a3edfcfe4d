"""Messages that go from one account to another, with real servers and engines."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.servers.dovecot import Dovecot, Options, without
from tests.servers.proxy import proxied
from tests.sync.engines import join
from tests.sync.mailing import Desk, Found, letter, letters
from tui_mail.config.places import Places
from tui_mail.config.settings import Account, Settings
from tui_mail.link.client import EngineClient
from tui_mail.link.messages import Changed, Hello, Wake
from tui_mail.model.error import MailError
from tui_mail.model.event import MailboxChanged
from tui_mail.model.flags import DELETED, FLAGGED, SEEN
from tui_mail.model.ids import WHOLE, MessageNumber
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.operation import OperationState, Transfer
from tui_mail.store.content import load_part
from tui_mail.store.database import Database
from tui_mail.store.journal import last_undoable, undo
from tui_mail.store.mailboxes import create_local_mailbox, find_mailbox
from tui_mail.store.operations import load_pending
from tui_mail.store.performing import perform
from tui_mail.store.views import load_view
from tui_mail.sync.engine import run_once
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.storing import open_database

pytestmark = pytest.mark.dovecot

NO_UIDPLUS = Options(capabilities=without("MOVE", "UIDPLUS"))


class Pair:
    """Two accounts of one user at one server, and one that lies only here."""

    def __init__(self, server: Dovecot, places: Places) -> None:
        self.places = places
        self.work = Desk(server, server.fresh_user(), places)
        self.home = Desk(server, server.fresh_user(), places)
        self.home.set(name="home")
        self.shelf = Account(name="shelf", address="bob@example.org")
        self._shelf: Database | None = None

    @property
    def settings(self) -> Settings:
        accounts = (self.work.account, self.home.account, self.shelf)
        named = {account.name: account for account in accounts}
        return Settings(path=self.places.settings_file(), accounts=named)

    def sync(self, desk: Desk) -> Receipt:
        return run_once(desk.account, self.settings, self.places)

    def sync_all(self, times: int = 2) -> None:
        for _ in range(times):
            self.sync(self.work)
            self.sync(self.home)
        self.sync(self.work)

    @property
    def shelf_database(self) -> Database:
        if self._shelf is None:
            self._shelf = open_database(self.shelf, self.places)
            with self._shelf.transaction() as tx:
                create_local_mailbox(tx, "INBOX", SpecialUse.INBOX)
        return self._shelf

    def send(
        self,
        *numbers: MessageNumber,
        to: str = "home",
        name: str = "Archive",
        copying: bool = False,
    ) -> None:
        database = self.home.database if to == "home" else self.shelf_database
        box = find_mailbox(database, name)
        assert box is not None
        wish = Transfer(numbers, to, box.wire_name, box.name, copying)
        with self.work.database.transaction() as tx:
            perform(tx, wish, said="moved it", session="test")

    def undo(self) -> None:
        entry = last_undoable(self.work.database)
        assert entry is not None
        with self.work.database.transaction() as tx:
            undo(tx, entry.id, session="test")

    def there(self) -> dict[str, Found]:
        return {
            "work": self.work.there("INBOX"),
            "home": self.home.there("Archive"),
        }

    def close(self) -> None:
        self.work.close()
        self.home.close()
        if self._shelf is not None:
            self._shelf.close()


@pytest.fixture
def pair_of(places: Places) -> Iterator[Callable[[Dovecot], Pair]]:
    pairs: list[Pair] = []

    def make(server: Dovecot) -> Pair:
        pair = Pair(server, places)
        pairs.append(pair)
        pair.work.fill([letter(1, flags="\\Seen \\Flagged work"), letter(2)])
        pair.home.fill(letters(7, 8), "Archive")
        pair.sync_all(1)
        return pair

    yield make
    for pair in pairs:
        pair.close()


@pytest.fixture
def pair(dovecot: Dovecot, pair_of: Callable[[Dovecot], Pair]) -> Pair:
    return pair_of(dovecot)


def not_deleted(found: Found) -> set[str]:
    """Without UIDPLUS what goes is only marked."""
    return {subject for subject, flags in found.items() if DELETED not in flags}


@pytest.mark.parametrize("options", [Options(), NO_UIDPLUS])
def test_a_message_goes_to_the_other_server_and_leaves_its_own(
    options: Options,
    dovecots: Callable[[Options], Dovecot],
    pair_of: Callable[[Dovecot], Pair],
) -> None:
    pair = pair_of(dovecots(options))
    pair.send(pair.work.number("letter 1"))
    pair.sync(pair.work)
    assert pair.work.here().keys() == {"letter 2"}
    assert pair.home.here("Archive").keys() == {"letter 1", "letter 7", "letter 8"}
    assert pair.there()["work"].keys() == {"letter 1", "letter 2"}, "not there yet"
    pair.sync(pair.home)
    assert pair.there()["home"]["letter 1"] == {SEEN, FLAGGED, "work"}
    assert str(pair.sync(pair.work)).startswith("1 moved")
    assert not_deleted(pair.there()["work"]) == {"letter 2"}
    pair.sync_all()
    assert pair.home.here("Archive") == pair.there()["home"]
    assert pair.work.here().keys() == {"letter 2"}
    assert (
        pair.work.database.connection.execute("SELECT * FROM outgoing").fetchall() == []
    )
    assert load_pending(pair.work.database) == load_pending(pair.home.database) == []


def test_a_copy_stays_in_both(pair: Pair) -> None:
    pair.send(pair.work.number("letter 2"), copying=True)
    pair.sync_all()
    assert pair.there()["work"].keys() == {"letter 1", "letter 2"}
    assert pair.there()["home"].keys() == {"letter 2", "letter 7", "letter 8"}


def test_an_account_without_a_server_takes_a_message_in_one_synchronization(
    pair: Pair,
) -> None:
    number = pair.work.number("letter 1")
    assert pair.shelf_database
    pair.send(number, to="shelf", name="INBOX")
    pair.sync(pair.work)
    assert pair.there()["work"].keys() == {"letter 2"}
    box = find_mailbox(pair.shelf_database, "INBOX")
    assert box is not None
    [one] = load_view(pair.shelf_database, box.id, "date", threads=False).numbers
    assert load_part(pair.shelf_database, MessageNumber(one), WHOLE) == letter(1).octets


def test_undo_after_both_servers_have_it_brings_it_back(pair: Pair) -> None:
    pair.send(pair.work.number("letter 1"))
    pair.sync_all()
    assert pair.there()["work"].keys() == {"letter 2"}
    pair.undo()
    pair.sync_all(3)
    assert pair.there()["work"] == {
        "letter 1": {SEEN, FLAGGED, "work"},
        "letter 2": frozenset(),
    }
    assert pair.there()["home"].keys() == {"letter 7", "letter 8"}


def test_a_server_that_has_no_room_leaves_it_here_and_is_asked_again(
    pair_of: Callable[[Dovecot], Pair], dovecots: Callable[[Options], Dovecot]
) -> None:
    quota = Options(
        extra="mail_plugins = quota\n"
        "plugin {\n  quota = count:User quota\n  quota_rule = *:messages=2\n"
        "  quota_vsizes = yes\n}\n"
    )
    pair = pair_of(dovecots(quota))
    pair.send(pair.work.number("letter 1"))
    pair.sync(pair.work)
    pair.sync(pair.home)
    [waiting] = load_pending(pair.home.database)
    assert (waiting.kind, waiting.state) == ("append", OperationState.QUEUED)
    assert "quota" in waiting.error.lower()
    assert waiting.not_before is not None
    pair.sync(pair.work)
    assert pair.there()["work"].keys() == {"letter 1", "letter 2"}


@pytest.mark.parametrize("way", ["down", "up"])
@pytest.mark.parametrize("options", [Options(), NO_UIDPLUS])
def test_a_link_that_is_lost_over_an_append_never_doubles_it(
    way: str,
    options: Options,
    dovecots: Callable[[Options], Dovecot],
    pair_of: Callable[[Dovecot], Pair],
) -> None:
    pair = pair_of(dovecots(options))
    pair.send(*pair.work.numbers())
    pair.sync(pair.work)
    lost = 0
    with proxied(pair.home.server.port) as proxy:
        pair.home.through(proxy.port)
        for octets in range(60 if way == "up" else 600, 6_000, 61):
            setattr(proxy, f"cut_{way}", octets)
            try:
                pair.sync(pair.home)
            except MailError:
                lost += 1
            else:
                break
    assert lost > 5
    pair.home.set(imap=pair.home.server.imap(pair.home.user))
    pair.sync_all()
    assert pair.there()["home"].keys() == {
        "letter 1",
        "letter 2",
        "letter 7",
        "letter 8",
    }
    assert pair.home.here("Archive") == pair.there()["home"]


def test_two_engines_bring_it_over_by_themselves_and_tell_their_readers(
    pair: Pair,
) -> None:
    archive = pair.home.box("Archive").id
    with engine_of(pair.work, pair) as work, engine_of(pair.home, pair) as home:
        work.send(Hello("reader"))
        home.send(Hello("reader"))
        pair.send(pair.work.number("letter 1"))
        work.send(Wake())
        told: set[object] = set()
        until = time.monotonic() + 20
        while MailboxChanged(archive) not in told or pair.there()["work"].keys() != {
            "letter 2"
        }:
            assert time.monotonic() < until, told
            for client in (work, home):
                while (said := client.receive(0.05)) is not None:
                    if client is home and isinstance(said, Changed):
                        told.update(said.events)
        assert pair.there()["home"].keys() == {"letter 1", "letter 7", "letter 8"}
    assert pair.home.here("Archive").keys() == {"letter 1", "letter 7", "letter 8"}
    assert pair.work.here().keys() == {"letter 2"}


@contextmanager
def engine_of(desk: Desk, pair: Pair) -> Iterator[EngineClient]:
    """Run an account's engine in a process, and join it."""
    places = pair.places
    path = places.settings_file()
    if not path.exists():
        path.parent.mkdir(parents=True)
        path.touch(mode=0o600)
        path.write_text("".join(map(written, (pair.work, pair.home))))
        places.runtime.parent.mkdir(exist_ok=True)
    folders = {
        "XDG_CONFIG_HOME": places.config,
        "XDG_DATA_HOME": places.data,
        "XDG_STATE_HOME": places.state,
        "XDG_RUNTIME_DIR": places.runtime,
    }
    environment = {name: str(folder.parent) for name, folder in folders.items()}
    name = desk.account.name
    process = subprocess.Popen(
        [sys.executable, "-m", "tui_mail", "sync", "--watch", name],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
    )
    try:
        with join(places.socket(name), process) as client:
            yield client
    finally:
        process.terminate()
        process.wait(15)


def written(desk: Desk) -> str:
    """Write an account as the settings have it."""
    account, server = desk.account, desk.account.imap
    assert server is not None
    return (
        f'[accounts.{account.name}]\naddress = "{account.address}"\n'
        f'download = "headers"\n[accounts.{account.name}.imap]\n'
        f'host = "{server.host}"\nport = {server.port}\nsecurity = "none"\n'
        f'username = "{server.username}"\npassword = "{server.password}"\n'
        "subscribed_only = false\n"
    )
