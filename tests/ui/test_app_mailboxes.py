"""What keys do in the mailbox pane: new, rename, delete, subscribe, empty."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui.app_samples import ROLES, Home, Reader, Sample, put, reading
from tui_mail.model.mailbox import ListedMailbox
from tui_mail.store.mailboxes import (
    apply_listing,
    find_mailbox,
    load_mailbox,
    load_mailboxes,
)
from tui_mail.store.operations import load_pending

BELOW = "Lists/rust/old"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.fill()
    return home


def _waiting(reader: Reader, account: str = "work") -> list[str]:
    pending = load_pending(reader.app.accounts.database(account))
    return [str(one.what) for one in pending]


def _names(reader: Reader, account: str = "work") -> set[str]:
    boxes = load_mailboxes(reader.app.accounts.database(account))
    return {str(box.name) for box in boxes}


async def _point_at(reader: Reader, name: str, account: str = "work") -> None:
    box = find_mailbox(reader.app.accounts.database(account), name)
    assert box is not None
    await reader.press("1")
    reader.app.panes.mailboxes.point_at(account, box.id)
    await reader.until(lambda: _selected(reader) == name)


def _selected(reader: Reader) -> str:
    chosen = reader.app.panes.mailboxes.selected
    return str(chosen[1].name) if chosen else ""


async def _clear(reader: Reader) -> None:
    await reader.press("end", *["backspace"] * 40)


async def test_n_makes_a_mailbox_and_puts_the_cursor_on_it(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("1", "n")
        await reader.shows("New mailbox:")
        await reader.type("Taxes/2026")
        await reader.press("enter")
        await reader.shows('Made the mailbox "Taxes/2026"', "u undoes")
        assert _selected(reader) == "Taxes/2026"
        assert _waiting(reader) == ['make the mailbox "Taxes/2026"']
        await reader.press("u")
        await reader.shows('Undone: made the mailbox "Taxes/2026"')
        await reader.until(lambda: "Taxes/2026" not in _names(reader))
        await reader.press("ctrl+y")
        await reader.until(lambda: "Taxes/2026" in _names(reader))


async def test_a_name_that_cannot_be_is_asked_for_again_with_the_reason(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.press("1", "n")
        await reader.type("Lists/rust")
        await reader.press("enter")
        await reader.shows('"Lists/rust" is there already', "New mailbox:")
        await reader.type("y")
        await reader.press("enter")
        await reader.shows('Made the mailbox "Lists/rusty"')
        await reader.press("n", "escape")
        await reader.shows_not("New mailbox:")
        assert _waiting(reader) == ['make the mailbox "Lists/rusty"']


async def test_r_renames_with_the_old_name_to_begin_with(home: Home) -> None:
    async with reading(home) as reader:
        await _point_at(reader, "Lists/rust")
        await reader.press("R")
        await reader.shows("Rename Lists/rust to: Lists/rust")
        await _clear(reader)
        await reader.type("Lists/crab")
        await reader.press("enter")
        await reader.shows('Renamed "Lists/rust" to "Lists/crab"')
        assert _selected(reader) == "Lists/crab"
        await reader.press("u")
        await reader.until(lambda: "Lists/rust" in _names(reader))
        assert _waiting(reader) == []


async def test_the_inbox_stays_what_it_is(home: Home) -> None:
    async with reading(home) as reader:
        await _point_at(reader, "INBOX")
        await reader.press("R")
        await reader.shows("The inbox keeps its name.")
        await reader.press("D")
        await reader.shows("The inbox cannot be deleted.")
        await reader.press("E")
        await reader.shows("Only the trash and the junk mail can be emptied.")
        assert _waiting(reader) == []


async def test_d_asks_with_the_numbers_and_u_brings_it_back(home: Home) -> None:
    database = home.open()
    with database.transaction() as tx:
        apply_listing(
            tx, [_listed(name) for name in (*ROLES, BELOW)], {}, subscribed_only=True
        )
    put(database, "Lists/rust", [Sample("One"), Sample("Two")])
    put(database, BELOW, [Sample("Three")])
    database.close()
    async with reading(home) as reader:
        await _point_at(reader, "Lists/rust")
        await reader.press("enter")
        await reader.shows("One")
        await _point_at(reader, "Lists/rust")
        await reader.press("D")
        await reader.shows(
            "Delete Lists/rust with 1 mailbox below it and 3 messages for ever?"
        )
        await reader.press("escape")
        assert _waiting(reader) == []
        await reader.press("D", "y")
        await reader.shows('Deleted the mailbox "Lists/rust"')
        await reader.until(lambda: "Newest of all" in reader.subjects())
        assert not {"Lists/rust", BELOW} & _names(reader)
        await reader.press("u")
        await reader.until(lambda: {"Lists/rust", BELOW} <= _names(reader))
        assert _waiting(reader) == []


def _listed(name: str) -> ListedMailbox:
    return ListedMailbox(
        name.encode(), name, "/", frozenset(), ROLES.get(name), subscribed=True
    )


async def test_the_question_names_the_role(home: Home) -> None:
    async with reading(home) as reader:
        await _point_at(reader, "Archive")
        await reader.press("D")
        await reader.shows(
            "Delete Archive, which is for archive, with no messages for ever?"
        )


async def test_s_subscribes_and_a_shows_what_is_not_subscribed_to(home: Home) -> None:
    async with reading(home) as reader:
        await _point_at(reader, "Lists/rust")
        await reader.press("S")
        await reader.shows('Unsubscribed from "Lists/rust"; it leaves the list')
        assert _waiting(reader) == ['unsubscribe from the mailbox "Lists/rust"']
        await reader.press("S")
        await reader.shows('Subscribed to "Lists/rust"')
        assert _waiting(reader) == []
        database = reader.app.accounts.database("work")
        hidden = replace(_listed("Hidden"), subscribed=False)
        with database.transaction() as tx:
            boxes = [*(_listed(name) for name in ROLES), hidden]
            apply_listing(tx, boxes, {}, subscribed_only=True)
        await reader.press("A")
        await reader.shows("1 mailbox is not subscribed to; S subscribes.")
        await reader.shows("Hidden", " hidden ")
        [box] = [
            one
            for one in load_mailboxes(database, unfollowed=True)
            if one.name == "Hidden"
        ]
        reader.app.panes.mailboxes.point_at("work", box.id)
        await reader.press("S", "A")
        await reader.shows("Only what is subscribed to is shown.")
        assert "Hidden" in _names(reader)
        assert load_mailbox(database, box.id).followed


async def test_e_empties_the_trash_after_a_question_with_the_number(
    home: Home,
) -> None:
    database = home.open()
    put(database, "Trash", [Sample("One"), Sample("Two")])
    database.close()
    async with reading(home) as reader:
        await _point_at(reader, "Trash")
        await reader.press("E")
        await reader.shows("Empty Trash: delete 2 messages for ever?")
        await reader.press("escape")
        assert _waiting(reader) == []
        await reader.press("E", "y")
        await reader.shows("Emptied Trash: deleted 2 messages for ever")
        assert _waiting(reader) == ["delete 2 messages for ever from Trash"]
        await reader.press("E")
        await reader.shows("Trash is empty.")


async def test_nothing_is_changed_read_only(home: Home) -> None:
    async with reading(home, read_only=True) as reader:
        await _point_at(reader, "Lists/rust")
        for key in "nRDSE":
            await reader.press(key)
            await reader.shows("--read-only")
            await reader.press("j", "k")
        assert _waiting(reader) == []
