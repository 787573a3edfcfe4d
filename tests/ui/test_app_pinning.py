"""Messages and mailboxes kept for offline reading, and attachments on their way."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.ui.app_samples import Home, Reader, Sample, reading
from tests.ui.test_app_engines import PlayedEngine
from tui_mail.link.messages import (
    Cancel,
    Done,
    FetchPart,
    OpenMailbox,
    PartProgress,
    Status,
    Wake,
)
from tui_mail.model.displayable import own
from tui_mail.model.ids import WHOLE, PartId
from tui_mail.store.content import complete_part, discard_part, load_part, save_chunk
from tui_mail.store.mailboxes import find_mailbox
from tui_mail.store.operations import load_pending
from tui_mail.store.wanting import WantedPart, load_wanted, want_part
from tui_mail.ui.engines import EngineJoined

PLAN = Sample("The plan", attachments=(("plan.pdf", b"%PDF the plan"),))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.fill([Sample("First"), Sample("Second", here=False), Sample("Third"), PLAN])
    return home


@pytest.fixture
def engine(home: Home) -> Iterator[PlayedEngine]:
    engine = PlayedEngine(home)
    yield engine
    engine.server.close()


def _forget_the_plan(home: Home) -> None:
    """Have the plan be on the server only."""
    database = home.open()
    with database.transaction() as tx:
        for (number,) in tx.connection.execute(
            "SELECT m.number FROM message m JOIN content c ON c.id = m.content"
            " WHERE c.subject = 'The plan'"
        ).fetchall():
            discard_part(tx, number, WHOLE)
    database.close()


def _wanted(reader: Reader) -> list[WantedPart]:
    database = reader.app.accounts.database("work")
    return load_wanted(database, datetime.now(UTC))


async def _connected(reader: Reader, engine: PlayedEngine) -> None:
    await reader.until(lambda: engine.has_heard(OpenMailbox))
    engine.say(Status("connected", own("")))
    await reader.shows("work connected")


async def test_p_pins_what_is_here_and_lets_go_of_it_and_u_takes_either_back(
    home: Home,
) -> None:
    async with reading(home, offline=True) as reader:
        await reader.go_to("First")
        await reader.press("p")
        await reader.shows('Pinned "First"')
        await reader.until(lambda: reader.row.pinned)
        assert "◆" in reader.text
        assert _wanted(reader) == []
        await reader.shows("pinned: all of it is here, and stays")
        await reader.press("p")
        await reader.shows('Unpinned "First"')
        await reader.until(lambda: not reader.row.pinned)
        await reader.press("u")
        await reader.until(lambda: reader.row.pinned)
        await reader.press("u")
        await reader.until(lambda: not reader.row.pinned)


async def test_what_is_pinned_offline_comes_with_the_next_connection(
    home: Home,
) -> None:
    async with reading(home, offline=True) as reader:
        await reader.go_to("Second")
        await reader.press("p")
        await reader.shows("comes with the next connection")
        assert _wanted(reader) == [WantedPart(reader.row.number, WHOLE)]
        assert "◆ ↓" in reader.text
        await reader.press("escape")
        await reader.shows("1 to fetch")
        await reader.press("P")
        await reader.shows('fetch all of "Second"', "when online", '"Second"')
        await reader.press("x")
        await reader.shows_not("when online")
        await reader.press("escape")
        await reader.until(lambda: not reader.row.pinned)
        assert _wanted(reader) == []


async def test_marks_are_pinned_together_and_found_by_is_pinned(home: Home) -> None:
    async with reading(home, offline=True) as reader:
        for subject in ("First", "Third"):
            await reader.go_to(subject)
            await reader.press("x")
        await reader.press("p")
        await reader.shows("Pinned 2 messages")
        await reader.press("/")
        await reader.type("is:pinned")
        await reader.press("enter")
        await reader.until(lambda: reader.subjects() == ["First", "Third"])


async def test_p_among_the_mailboxes_pins_one_and_says_so_by_a_sign(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await _connected(reader, engine)
        engine.heard.clear()
        await reader.press("1", "p")
        await reader.shows("Pinned the mailbox Inbox")
        await reader.until(lambda: "Inbox" in reader.text and "◆" in reader.text)
        await reader.until(lambda: engine.has_heard(Wake))
        box = find_mailbox(reader.app.accounts.database("work"), "INBOX")
        assert box is not None
        assert box.pinned
        await reader.press("u")
        await reader.until(lambda: "◆" not in reader.text)


async def test_an_attachment_says_how_far_it_is_and_is_given_up_by_ctrl_c(
    home: Home, engine: PlayedEngine
) -> None:
    _forget_the_plan(home)
    async with reading(home, start_engines=True) as reader:
        await _connected(reader, engine)
        await reader.go_to("The plan")
        await reader.press("w", "enter")
        await reader.until(lambda: engine.has_heard(FetchPart))
        asked = engine.last(FetchPart)
        assert asked.part == PartId("2")
        engine.say(PartProgress(asked.request, 1_200_000, 5_000_000))
        await reader.shows("fetching plan.pdf: 1.2 MB of 5.0 MB (Ctrl+C ends it)")
        await reader.press("ctrl+c")
        await reader.shows("Cancelled; what has come is kept")
        await reader.until(lambda: engine.has_heard(Cancel))
        assert engine.last(Cancel).request == asked.request
        # What the engine still says of it means nothing any more.
        engine.say(PartProgress(asked.request, 1_300_000, 5_000_000))
        engine.say(Done(asked.request, ok=False, line=own("not wanted any more")))
        await reader.press("j")
        await reader.shows_not("fetching plan.pdf")
        assert not list(home.folder.glob("downloads/*"))


async def test_an_attachment_that_came_is_saved(
    home: Home, engine: PlayedEngine
) -> None:
    _forget_the_plan(home)
    async with reading(home, start_engines=True) as reader:
        await _connected(reader, engine)
        await reader.go_to("The plan")
        await reader.press("w", "enter")
        await reader.until(lambda: engine.has_heard(FetchPart))
        asked = engine.last(FetchPart)
        database = home.open()
        with database.transaction() as tx:
            save_chunk(tx, asked.message, asked.part, 0, b"%PDF the plan")
            complete_part(tx, asked.message, asked.part)
        assert load_part(database, asked.message, asked.part) is not None
        database.close()
        engine.say(Done(asked.request, ok=True))
        await reader.shows("Saved")
        [path] = home.folder.glob("downloads/*")
        assert path.read_bytes() == b"%PDF the plan"


async def test_an_attachment_that_is_saved_offline_is_asked_for(home: Home) -> None:
    _forget_the_plan(home)
    async with reading(home, offline=True) as reader:
        await reader.go_to("The plan")
        number = reader.row.number
        await reader.press("w", "enter")
        await reader.shows("it comes with the next connection")
        await reader.until(lambda: _wanted(reader) == [WantedPart(number, PartId("2"))])


async def test_what_was_asked_for_says_so_also_when_it_is_shown_again(
    home: Home,
) -> None:
    async with reading(home, offline=True) as reader:
        await reader.go_to("Second")
        await reader.shows("Not here yet. Enter asks for it.")
        database = reader.app.accounts.database("work")
        number = reader.row.number
        with database.transaction() as tx:
            want_part(tx, number, None)
        await reader.go_to("First")
        await reader.shows("this is the text")
        await reader.go_to("Second")
        await reader.shows("Not here yet; it comes with the next connection.")


async def test_what_cannot_be_fetched_without_a_connection_is_asked_for_and_comes(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        engine.say(Status("offline", own("no route to the server")))
        await reader.shows("no route to the server")
        await reader.go_to("Second")
        await reader.until(lambda: engine.has_heard(FetchPart))
        asked = engine.last(FetchPart)
        engine.say(Done(asked.request, ok=False, line=own("no route")))
        await reader.shows("no route Enter asks for it")
        await reader.press("enter")
        await reader.until(lambda: engine.last(FetchPart).request > asked.request)
        again = engine.last(FetchPart)
        engine.say(Done(again.request, ok=False, line=own("no route")))
        await reader.shows("Not here yet; it comes with the next connection.")
        await reader.until(lambda: len(_wanted(reader)) == 1)
        engine.heard.clear()
        engine.say(Status("connected", own("")))
        # It is looked for at once, not only when the mail is opened again.
        await reader.until(lambda: engine.has_heard(FetchPart))


async def test_when_the_engine_goes_what_it_was_asked_for_is_not_waited_for(
    home: Home, engine: PlayedEngine
) -> None:
    async with reading(home, start_engines=True) as reader:
        await _connected(reader, engine)
        await reader.go_to("Second")
        await reader.press("enter")
        await reader.until(lambda: engine.has_heard(FetchPart))
        gone = EngineJoined("work", joined=False, line="its engine ended")
        reader.app.post_message(gone)
        await reader.shows("Not here yet; it comes with the next connection.")
        assert load_pending(reader.app.accounts.database("work"))


async def test_what_is_read_is_noted_when_the_reader_is_left(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("First")
        await reader.press("enter")
        number = reader.row.number
        await reader.press("escape")
    database = home.open()
    [used] = database.connection.execute(
        "SELECT max(used_at) FROM part WHERE content ="
        " (SELECT content FROM message WHERE number = ?)",
        (number,),
    ).fetchone()
    database.close()
    assert used > 0
