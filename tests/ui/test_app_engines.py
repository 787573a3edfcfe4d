"""The reader with an engine: here one that a test plays, on the real socket."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.ui.app_samples import Home, Sample, put, reading
from tests.ui.composer_samples import Composing, sending
from tui_mail.config.places import make_private
from tui_mail.link.client import EngineClient
from tui_mail.link.messages import (
    Cancel,
    Changed,
    Done,
    FetchPart,
    GoOffline,
    Hello,
    Message,
    NeedPassword,
    OpenMailbox,
    PartProgress,
    Password,
    Receipt,
    Search,
    State,
    Status,
    Synchronize,
    Wake,
)
from tui_mail.link.server import EngineServer
from tui_mail.model.displayable import own
from tui_mail.model.error import LinkLost
from tui_mail.model.event import ContentArrived, MailboxChanged, OperationsChanged
from tui_mail.model.outgoing import SubmissionState
from tui_mail.model.readable import ReadableText
from tui_mail.model.uids import UidSet
from tui_mail.store.content import save_text
from tui_mail.store.database import Transaction
from tui_mail.store.mailboxes import find_mailbox
from tui_mail.store.operations import load_pending
from tui_mail.store.outbox import load_submissions
from tui_mail.store.told import save_told


class PlayedEngine:
    """Keeps what it hears, and says what the test has it say."""

    def __init__(self, home: Home, account: str = "work") -> None:
        self.heard: list[Message] = []
        self.client: Any = None
        make_private(home.places.runtime)
        self.server = EngineServer(
            home.places.socket(account), self._message, lambda _: None, lambda _: None
        )

    def _message(self, client: Any, message: Message) -> None:
        self.client = client
        self.heard.append(message)

    def say(self, message: Any) -> None:
        self.server.broadcast(message)

    def has_heard(self, kind: type[Message]) -> bool:
        return any(isinstance(each, kind) for each in self.heard)

    def last(self, kind: Any) -> Any:
        return [each for each in self.heard if isinstance(each, kind)][-1]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.fill([Sample("First"), Sample("Second", here=False)])
    return home


@pytest.fixture
def engine(home: Home) -> Iterator[PlayedEngine]:
    engine = PlayedEngine(home)
    yield engine
    engine.server.close()


async def test_an_engine_that_is_there_is_joined_and_told_what_is_looked_at(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        assert engine.heard[0] == Hello(role="reader", offline=False)
        engine.say(Status("connected", own("")))
        await reader.shows("work connected")
        engine.say(Status("synchronizing", own("fetching INBOX"), 400, 1200))
        await reader.shows("work: fetching INBOX 400 of 1,200")
        engine.say(Status("failed", own("the name cannot be found")))
        await reader.shows("work: the name cannot be found", "failed")


async def test_an_engine_that_is_there_long_hears_of_what_was_kept_until_the_next_start(
    tmp_path: Path,
) -> None:
    home = sending(tmp_path)
    async with reading(home) as begun:
        it = Composing(begun.app, begun.pilot)
        await it.press("r")
        await it.until(lambda: it.is_open)
        await it.type("Yes.")
        await it.press("ctrl+s", "enter")
        await it.until(lambda: not it.is_open)
        await it.press("Q", "k")
        await it.until(lambda: it.outbox()[0].state is SubmissionState.KEPT)
    engine = PlayedEngine(home)
    try:
        async with reading(home, start_engines=True) as reader:
            database = reader.app.accounts.database("work")
            await reader.until(lambda: engine.has_heard(Wake))
            await reader.until(
                lambda: load_submissions(database)[0].state is SubmissionState.QUEUED
            )
    finally:
        engine.server.close()


async def test_a_wish_wakes_the_engine(home: Home, engine: PlayedEngine) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await reader.until(lambda: engine.has_heard(Wake))
        engine.heard.clear()
        await reader.press("F")
        await reader.until(lambda: engine.has_heard(Wake))


async def test_a_missing_text_is_fetched_and_shown_when_it_comes(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await reader.go_to("Second")
        await reader.shows("Fetching…")
        asked = engine.last(FetchPart)
        assert (asked.message, asked.part) == (reader.row.number, None)
        database = home.open()
        with database.transaction() as tx:
            save_text(
                tx, asked.message, ReadableText(own("It came."), "plain", renderer=99)
            )
        database.close()
        engine.say(Changed((ContentArrived(asked.message),)))
        engine.say(Done(asked.request, ok=True))
        await reader.shows("It came.")


async def test_what_cannot_be_fetched_is_said_in_the_message(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await reader.go_to("Second")
        await reader.until(lambda: engine.has_heard(FetchPart))
        asked = engine.last(FetchPart)
        engine.say(
            Done(asked.request, ok=False, line=own("it is gone from the server"))
        )
        await reader.shows("it is gone from the server")
        assert not load_pending(reader.app.accounts.database("work"))


async def test_f5_synchronizes_and_says_the_receipt(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await reader.press("f5", "j")
        await reader.until(lambda: engine.has_heard(Synchronize))
        request = engine.last(Synchronize).request
        engine.say(Done(request, ok=True, line=own("2 new")))
        await reader.shows("work: 2 new")
        engine.say(Receipt(own("1 new")))
        await reader.shows("work: 1 new")


async def test_a_synchronization_is_cancelled_by_a_key(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await reader.press("f5")
        await reader.until(lambda: engine.has_heard(Synchronize))
        await reader.press("ctrl+c")
        await reader.until(lambda: engine.has_heard(Cancel))
        request = engine.last(Synchronize).request
        assert engine.last(Cancel).request == request
        engine.say(Done(request, ok=False, line=own("cancelled")))
        await reader.shows("work: cancelled")
        await reader.press("ctrl+c")
        await reader.shows("Nothing runs")


async def test_a_password_is_asked_for_and_not_shown(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        engine.say(NeedPassword(own("password of ann at 127.0.0.1")))
        await reader.shows("password of ann")
        await reader.type("hunter2")
        assert "hunter2" not in reader.text
        await reader.press("enter")
        await reader.until(lambda: engine.has_heard(Password))
        assert engine.last(Password).secret == "hunter2"


async def test_a_password_is_not_asked_for_where_one_types_something_else(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await reader.press("c")
        await reader.shows("Subject")
        engine.say(NeedPassword(own("refused")))
        engine.say(Receipt(own("heard after it"), urgent=True))
        await reader.until(lambda: bool(reader.app.servers._asking_password))
        await reader.type("bob@there.example")
        await reader.press("escape")
        await reader.shows("It is not sent")
        assert "refused" not in reader.text
        await reader.press("d")
        await reader.shows("work: refused")
        await reader.press("enter")
        await reader.until(lambda: engine.has_heard(Password))


async def test_the_password_to_send_with_goes_to_the_one_who_sends(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    home.fill([Sample("First")])
    path = home.places.settings_file()
    smtp = '[accounts.work.smtp]\nhost = "smtp.example.org"\nusername = "eve"\n'
    path.write_text(path.read_text() + smtp)
    engine = PlayedEngine(home)
    try:
        async with reading(home, start_engines=True) as reader:
            await reader.until(lambda: engine.has_heard(OpenMailbox))
            assert not engine.last(Hello).read_only
            engine.say(NeedPassword(own("refused"), "smtp"))
            await reader.shows("Password of eve at smtp.example.org")
            await reader.type("hunter2")
            await reader.press("enter")
            await reader.until(lambda: engine.has_heard(Password))
            assert engine.last(Password) == Password("hunter2", "smtp")
    finally:
        engine.server.close()


async def test_a_password_command_may_be_run_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    home.fill([Sample("First")])
    path = home.places.settings_file()
    line = 'username = "ann"\npassword_command = "echo from-the-command"'
    path.write_text(path.read_text().replace('username = "ann"', line))
    engine = PlayedEngine(home)
    try:
        async with reading(home, start_engines=True) as reader:
            await reader.until(lambda: engine.has_heard(OpenMailbox))
            monkeypatch.setattr(reader.app, "suspend", nullcontext)
            engine.say(NeedPassword(own("password_command failed (1)")))
            await reader.shows("Run its password_command here")
            await reader.press("enter")
            await reader.until(lambda: engine.has_heard(Password))
            assert engine.last(Password).secret == "from-the-command"
    finally:
        engine.server.close()


async def test_g_o_goes_offline_and_online(home: Home, engine: PlayedEngine) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await reader.press("g", "o")
        await reader.until(lambda: engine.has_heard(GoOffline))
        assert engine.last(GoOffline).offline
        await reader.press("j")
        await reader.shows("offline")
        await reader.press("g", "o")
        await reader.until(lambda: not engine.last(GoOffline).offline)


async def test_after_g_o_the_line_says_how_the_servers_are(
    home: Home, engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.ui.speaking.MENTIONED", 0.3)
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await reader.press("g", "o")
        await reader.shows("Offline: no connection is opened.")
        await reader.shows("offline · as of")
        await reader.press("g", "o")
        engine.say(Status("connecting", own("connecting to example.org")))
        await reader.shows("work: connecting to example.org")
        await reader.press("g", "o", "g", "o")
        engine.say(Receipt(own("3 new")))
        await reader.shows("work: 3 new")


async def test_offline_no_engine_is_started_or_joined(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True, offline=True) as reader:
        await reader.press("F", "j", "enter")
        assert not engine.heard


async def test_leaving_waits_for_what_is_due_and_esc_leaves_it(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await reader.press("F")
        await reader.pilot.press("q")
        await reader.shows("1 change waits for the server", "leave for later")
        await reader.pilot.press("escape")
        await reader.until(lambda: reader.app._exit)


@pytest.mark.parametrize("state", ["offline", "connected"])
async def test_leaving_does_not_wait_long_for_a_server_that_is_away_or_wants_it_later(
    home: Home, engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    monkeypatch.setattr("tui_mail.ui.actions.leaving._PATIENCE", 600.0)
    monkeypatch.setattr("tui_mail.ui.actions.leaving._NO_HOPE", 0.1)

    def put_off(tx: Transaction) -> None:
        tx.connection.execute("UPDATE delta SET not_before = 9999999999")
        tx.publish(OperationsChanged())

    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        engine.say(Status(state, own(state)))
        await reader.shows(f"work {state}")
        await reader.press("F")
        if state == "connected":
            await reader.app.wishes.write("work", put_off)
        await reader.pilot.press("q")
        await reader.until(lambda: reader.app._exit)


async def test_mail_that_the_engine_brought_comes_into_the_list(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        database = home.open()
        put(database, "INBOX", [Sample("Fresh")])
        database.close()
        mailbox = reader.app.listing.mailbox_id
        assert mailbox is not None
        engine.say(Changed((MailboxChanged(mailbox),)))
        await reader.until(lambda: "Fresh" in reader.subjects())


async def test_the_loss_of_an_engine_is_said_and_it_is_joined_again(
    home: Home, engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.ui.engines._FIRST_WAIT", 0.1)
    monkeypatch.setattr("sys.executable", "/bin/false")
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        engine.server.close()
        await reader.shows("work: its engine ended (1); again in")
        engine.heard.clear()
        again = PlayedEngine(home)
        try:
            await reader.until(lambda: again.has_heard(Hello))
        finally:
            again.server.close()


async def test_an_engine_that_leaves_before_it_is_greeted_leaves_no_link_open(
    home: Home, engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined: list[EngineClient] = []

    def leave(client: EngineClient, _: Message) -> None:
        joined.append(client)
        raise LinkLost("the engine has gone")

    monkeypatch.setattr("tui_mail.ui.engines.EngineClient.send", leave)
    monkeypatch.setattr("sys.executable", "/bin/false")
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: len(joined) > 1)
        assert joined[0].fileno() < 0


async def test_a_receipt_waits_until_an_answer_was_read(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(Hello))
        reader.app.say(own("Saved /tmp/plan.pdf"))
        engine.say(Receipt(own("3 new")))
        engine.say(NeedPassword(own("refused")))
        await reader.shows("work: refused")
        await reader.press("escape")
        await reader.shows("Saved /tmp/plan.pdf")
        reader.app.unsay()
        engine.say(Receipt(own("4 new")))
        await reader.shows("work: 4 new")
        engine.say(Receipt(own("5 new")))
        await reader.shows("work: 5 new")


async def test_a_receipt_gives_way_to_how_the_servers_are(
    home: Home, engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.ui.speaking.MENTIONED", 0.3)
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(Hello))
        engine.say(Status("connected", own("connected")))
        engine.say(Receipt(own("3 new")))
        await reader.shows("work: 3 new")
        await reader.shows("work connected")
        await reader.shows_not("3 new")


async def test_what_has_to_be_read_is_said_after_an_answer_and_until_it_could_be(
    home: Home, engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.ui.speaking.READ", 0.4)
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(Hello))
        reader.app.say(own("Archived it"))
        engine.say(Receipt(own("1 refused; not there"), urgent=True))
        engine.say(Receipt(own("the server closes at noon"), urgent=True))
        await reader.shows("work: 1 refused; not there")
        await reader.press("j")
        await reader.shows_not("1 refused")
        await reader.shows("work: 1 refused; not there")
        with monkeypatch.context() as patch:
            patch.setattr("tui_mail.ui.speaking.READ", 0.001)
            await reader.press("j")
        await reader.shows("work: the server closes at noon")
        await reader.shows_not("1 refused")


async def test_the_password_of_the_set_up_is_given_to_the_engine_once(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(Hello))
        reader.app.servers.keep_password("work", "typed in the set-up")
        engine.say(NeedPassword(own("password")))
        await reader.until(lambda: engine.has_heard(Password))
        assert engine.last(Password) == Password("typed in the set-up")
        engine.say(NeedPassword(own("refused")))
        await reader.shows("work: refused")


async def test_one_more_account_is_set_up_where_there_are_some(home: Home) -> None:
    async with reading(home, add_account=True) as reader:
        await reader.until(lambda: reader.app.asks)
        await reader.shows("A new account")


async def _search(reader: Any, query: str, key: str) -> None:
    await reader.press("/")
    await reader.type(query)
    await reader.press(key)


async def test_what_was_searched_for_is_searched_on_the_server_too(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await _search(reader, "zebra", "enter")
        await reader.shows("Nothing was found.", "S searches on the server.")
        await reader.press("S")
        await reader.until(lambda: engine.has_heard(Search))
        asked = engine.last(Search)
        assert asked.query == "zebra"
        await reader.shows("Asking the server…")
        await reader.press("S")
        await reader.shows("The server is being asked.")
        engine.say(PartProgress(asked.request, 3, 12))
        await reader.press("j")
        await reader.shows("searching on the server, 3 of 12 mailboxes (Ctrl+C ends")
        database = home.open()
        box = find_mailbox(database, "INBOX")
        assert box is not None
        with database.transaction() as tx:
            save_told(tx, "zebra", box.id, UidSet.of([1]))
        database.close()
        engine.say(Changed((MailboxChanged(box.id),)))
        await reader.shows('search "zebra"', "1 found", "Second")
        engine.say(Done(asked.request, ok=True, line=own("server: 1 more")))
        await reader.shows("server: 1 more")
        assert not reader.app.servers.end_search()


async def test_ctrl_s_in_the_prompt_asks_the_server_and_esc_ends_it(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await reader.press("/")
        await reader.shows("Ctrl+S", "on the server too")
        await reader.type("first")
        await reader.press("ctrl+s")
        await reader.until(lambda: engine.has_heard(Search))
        request = engine.last(Search).request
        await reader.shows("1 found", "First")
        await reader.press("escape")
        await reader.until(lambda: engine.has_heard(Cancel))
        assert engine.last(Cancel).request == request
        engine.say(Done(request, ok=False, line=own("cancelled")))
        await reader.shows("Inbox")
        await reader.shows_not("cancelled")


async def test_ctrl_c_ends_a_search_on_the_server(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await _search(reader, "zebra", "ctrl+s")
        await reader.until(lambda: engine.has_heard(Search))
        await reader.press("ctrl+c")
        await reader.until(lambda: engine.has_heard(Cancel))
        await reader.shows("The server is not asked any more.", 'search "zebra"')
        await reader.press("S")
        await reader.until(
            lambda: len([one for one in engine.heard if isinstance(one, Search)]) == 2
        )
        request = engine.last(Search).request
        engine.say(Done(request, ok=False, line=own("server: nothing more; Work: no")))
        await reader.shows("server: nothing more; Work: no")


async def test_ctrl_c_ends_the_search_that_is_said_and_not_the_text_of_a_preview(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await _search(reader, "second", "ctrl+s")
        await reader.until(lambda: engine.has_heard(Search))
        await reader.until(lambda: engine.has_heard(FetchPart))
        await reader.press("ctrl+c")
        await reader.until(lambda: engine.has_heard(Cancel))
        assert engine.last(Cancel).request == engine.last(Search).request
        await reader.shows("The server is not asked any more.", "Fetching…")


async def test_another_search_takes_the_place_of_the_one_before(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        await _search(reader, "zebra", "ctrl+s")
        await reader.until(lambda: engine.has_heard(Search))
        await reader.press("S", "o", "escape")
        assert not engine.has_heard(Cancel)
        await _search(reader, "s", "ctrl+s")
        await reader.until(lambda: engine.last(Search).query == "zebras")
        assert engine.has_heard(Cancel)


async def test_where_no_server_can_be_asked_it_is_said(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("S")
        await reader.shows("/ searches; S does so on the server then.")
        await _search(reader, "first", "ctrl+s")
        await reader.shows("work: its engine is not there yet", "1 found")
    async with reading(home, offline=True) as reader:
        await _search(reader, "first", "ctrl+s")
        await reader.shows("Offline: only what is here was searched; g o goes online.")
