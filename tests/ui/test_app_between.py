"""Keys that move messages to another account, and what is seen of it."""

from pathlib import Path

import pytest

from tests.ui.app_samples import INBOX, Home, Reader, Sample, reading
from tui_mail.store.mailboxes import find_mailbox
from tui_mail.store.operations import load_pending
from tui_mail.store.views import load_view
from tui_mail.ui.views import Shown


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path, names=("work", "private"))
    home.fill()
    home.fill([Sample("Private letter")], name="private")
    return home


def count(reader: Reader, account: str, mailbox: str) -> int:
    database = reader.app.accounts.database(account)
    box = find_mailbox(database, mailbox)
    assert box is not None
    return len(load_view(database, box.id, "date", threads=False).numbers)


async def holds(reader: Reader, account: str, mailbox: str, number: int) -> None:
    await reader.until(lambda: count(reader, account, mailbox) == number)


async def test_s_moves_to_a_mailbox_of_another_account_and_u_brings_it_back(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.go_to("Budget")
        await reader.press("s")
        await reader.shows("private/Archive", "Lists/rust")
        await reader.type("private arch")
        await reader.press("enter")
        await holds(reader, "private", "Archive", 1)
        await holds(reader, "work", "INBOX", len(INBOX) - 1)
        await reader.shows('Moved "Budget" to private/Archive', "u undoes: moved")
        assert "Budget" not in reader.subjects()
        await reader.press("P")
        await reader.shows("put 1 message from work into Archive")
        await reader.press("escape", "u")
        await holds(reader, "private", "Archive", 0)
        await holds(reader, "work", "INBOX", len(INBOX))
        await reader.until(lambda: "Budget" in reader.subjects())
        await reader.press("ctrl+y")
        await holds(reader, "private", "Archive", 1)
        await holds(reader, "work", "INBOX", len(INBOX) - 1)


async def test_redo_goes_by_what_was_undone_last_whatever_its_account(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.go_to("Budget")
        await reader.press("F", "u")
        await reader.until(lambda: "Flagged" not in reader.row.flags)
        private = reader.app.accounts.inbox("private")
        await reader.app.listing.show(Shown("private", private.id))
        await reader.go_to("Private letter")
        await reader.press("F")
        await reader.shows("u undoes: flagged")
        await reader.press("ctrl+y")
        await reader.shows("Nothing is left to do again.")


async def test_what_is_not_here_whole_waits_in_sight_and_can_be_cancelled(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.go_to("Not here yet")
        await reader.press("s")
        await reader.type("private/inbox")
        await reader.press("enter")
        await reader.shows("to private/INBOX as soon as all of it is here")
        assert reader.row.subject == "Not here yet"
        await reader.until(lambda: reader.row.waiting)
        await reader.press("P")
        await reader.shows("move 1 message to private/INBOX")
        await reader.press("x")
        await reader.shows("cancelled: move 1 message to private/INBOX")
        database = reader.app.accounts.database("work")
        await reader.until(lambda: not load_pending(database))
        await reader.press("escape")
        await reader.until(lambda: not reader.row.waiting)


async def test_cancelled_among_what_waits_it_is_back_at_once(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Budget")
        await reader.press("s")
        await reader.type("private/arch")
        await reader.press("enter")
        await holds(reader, "private", "Archive", 1)
        await reader.press("P", "x")
        await reader.shows("cancelled: put 1 message from work into Archive")
        await holds(reader, "private", "Archive", 0)
        await holds(reader, "work", "INBOX", len(INBOX))


async def test_capital_c_copies_to_another_account(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Budget")
        await reader.press("C")
        await reader.type("private/rust")
        await reader.press("enter")
        await holds(reader, "private", "Lists/rust", 1)
        await holds(reader, "work", "INBOX", len(INBOX))
        await reader.shows('Copied "Budget" to private/Lists/rust')


async def test_marked_messages_go_together(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Report 1")
        await reader.press("x", "j", "x", "j", "x", "s")
        await reader.type("private/arch")
        await reader.press("enter")
        await holds(reader, "private", "Archive", 3)
        await reader.shows("Moved 3 messages to private/Archive")
        assert not reader.app.panes.list.marked
        assert len(load_pending(reader.app.accounts.database("private"))) == 1


async def test_what_was_found_goes_out_of_what_is_found(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("/")
        await reader.type("subject:budget")
        await reader.press("enter")
        await reader.until(lambda: reader.subjects() == ["Budget"])
        await reader.press("s")
        await reader.type("private/arch")
        await reader.press("enter")
        await holds(reader, "private", "Archive", 1)
        await reader.until(lambda: not reader.subjects())


async def test_the_mailbox_of_the_same_number_in_another_account_is_offered(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.press("s")
        await reader.type("inbox")
        await reader.shows("private/Inbox")


async def test_the_next_start_goes_on_with_what_was_on_its_way(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Budget")
        reader.app.wishes.carry_on = _nothing  # type: ignore[method-assign]
        await reader.press("s")
        await reader.type("private/arch")
        await reader.press("enter")
        await holds(reader, "work", "INBOX", len(INBOX))
    async with reading(home) as reader:
        await holds(reader, "private", "Archive", 1)
        await holds(reader, "work", "INBOX", len(INBOX) - 1)


async def _nothing(*_: str) -> bool:
    return False
