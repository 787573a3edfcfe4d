"""Others' mailboxes on the screen: whose they are, what may be done, how much room."""

from pathlib import Path

import pytest

from tests.ui.app_samples import ROLES, UNREAD, Home, Sample, put, reading
from tui_mail.model.displayable import Displayable
from tui_mail.model.flags import SEEN
from tui_mail.model.mailbox import ListedMailbox
from tui_mail.model.namespace import Namespace, NamespaceKind
from tui_mail.model.quota import Quota
from tui_mail.model.rights import Rights
from tui_mail.store.mailboxes import apply_listing
from tui_mail.store.operations import load_pending
from tui_mail.store.surroundings import (
    apply_namespaces,
    apply_quotas,
    apply_rights,
    place_mailboxes,
)

PERSONAL, OTHERS, SHARED = NamespaceKind
MINUTES, TEAM = "users/bob/Minutes", "public/Team"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Make a home whose server has mailboxes of others too."""
    home = Home(tmp_path)
    home.fill()
    database = home.open()
    names = [*ROLES, "users", "users/bob", MINUTES, TEAM]
    boxes = [
        ListedMailbox(
            name.encode(),
            name,
            "/",
            frozenset(
                {"\\noselect"} if name.startswith("users") and name != MINUTES else ()
            ),
            ROLES.get(name),
            subscribed=True,
        )
        for name in names
    ]
    try:
        with database.transaction() as tx:
            told = [
                Namespace(PERSONAL, b"", "/"),
                Namespace(OTHERS, b"users/", "/"),
                Namespace(SHARED, b"public/", "/"),
            ]
            apply_namespaces(tx, told)
            apply_listing(tx, boxes, {})
            place_mailboxes(tx)
            apply_rights(
                tx,
                [MINUTES.encode(), TEAM.encode()],
                {MINUTES.encode(): Rights("lr"), TEAM.encode(): Rights("ilrsw")},
            )
        put(database, MINUTES, [Sample("Minutes 1", flags=UNREAD)])
        put(database, TEAM, [Sample("Welcome", flags=UNREAD)])
    finally:
        database.close()
    return home


async def test_others_mailboxes_stand_below_headings_of_their_own(home: Home) -> None:
    async with reading(home, size=(160, 40)) as reader:
        tree = reader.app.panes.mailboxes
        lines = [line[:24].strip(" ▏│▎") for line in reader.text.splitlines()]
        start = next(at for at, line in enumerate(lines) if "Other users" in line)
        assert [line.split()[-1] for line in lines[start + 1 : start + 5]] == [
            *("bob", "1", "Shared", "1")
        ]
        assert "Minutes" in lines[start + 2]
        assert "Team" in lines[start + 4]
        assert tree.row_count() == 1 + len(ROLES) + 5
        names = []
        for _ in range(tree.row_count()):
            await reader.press("1", "j")
            assert tree.selected is not None
            names.append(tree.selected[1].name)
        assert names[-1] == TEAM


@pytest.mark.parametrize(
    "keys",
    [("e",), ("d",), ("!",), ("s",), ("D",), ("F",), ("U",), ("t",), ("E",)],
    ids=lambda keys: keys[0],
)
async def test_what_the_server_would_refuse_is_refused_before_anything_is_asked(
    home: Home, keys: tuple[str, ...]
) -> None:
    async with reading(home) as reader:
        await reader.press("g", "f")
        await reader.type("minutes")
        await reader.press("enter")
        await reader.shows("Minutes · read only", "Minutes 1")
        await reader.press(*keys)
        await reader.shows("ou may not", f'"{MINUTES}": it is read only')
        assert reader.subjects() == ["Minutes 1"]
        assert load_pending(reader.app.accounts.database("work")) == []


async def test_a_mailbox_of_others_is_neither_renamed_nor_deleted_without_the_right(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.press("1", "end")
        for key in ("D", "R"):
            await reader.press(key)
            await reader.shows(f'ou may not rename or delete "{TEAM}"')
            await reader.press("escape", "1", "end")


async def test_keys_that_would_be_refused_are_not_named(home: Home) -> None:
    async with reading(home) as reader:
        await reader.shows("e archive", "F flag")
        await reader.press("g", "f")
        await reader.type("minutes")
        await reader.press("enter")
        await reader.shows_not("e archive")
        assert "F flag" not in reader.text
        await reader.press("g", "i")
        await reader.shows("e archive")
        await reader.press("1")
        await reader.shows("n new")
        assert "R rename" not in reader.text, "the inbox keeps its name"
        await reader.press("j")
        await reader.shows("R rename", "D delete")
        await reader.press("end")
        await reader.shows_not("R rename")


async def test_reading_what_is_only_to_be_read_leaves_it_unread_without_a_word(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.press("g", "f")
        await reader.type("minutes")
        await reader.press("enter", "enter")
        await reader.shows("this is the text")
        assert "may not" not in reader.text
        assert SEEN not in reader.row.flags
        await reader.press("q", "/")
        await reader.type("in:users/bob/Minutes")
        await reader.press("enter", "enter")
        await reader.shows("this is the text")
        assert load_pending(reader.app.accounts.database("work")) == []
        assert "may not" not in reader.text


async def test_the_next_unread_is_looked_for_where_it_can_become_read(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.press("g", "f")
        await reader.type("minutes")
        await reader.press("enter", ".")
        await reader.shows_not("Minutes · read only")
        unread = sum(
            box.unread
            for box in reader.app.accounts.mailboxes("work")
            if box.name != MINUTES
        )
        for _ in range(unread):
            await reader.press("enter", "q", ".")
        await reader.shows("Nothing is unread.")


async def test_mail_may_be_copied_where_it_may_be_put_and_is_read_where_that_is_kept(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.press("C")
        await reader.type("minutes")
        await reader.shows_not(MINUTES)
        await reader.press("ctrl+g")
        await reader.press("C")
        await reader.type("team")
        await reader.shows(TEAM)
        await reader.press("enter")
        await reader.shows(f"to {TEAM}")
        await reader.press("g", "f")
        await reader.type("team")
        await reader.press("enter")
        await reader.shows("Team · no taking mail out")
        await reader.go_to("Welcome")
        await reader.press("enter")
        await reader.until(lambda: SEEN in reader.row.flags)


async def test_little_room_on_the_server_is_said_and_enough_is_not(home: Home) -> None:
    async with reading(home) as reader:
        assert "used (" not in reader.text
        database = reader.app.accounts.database("work")
        name, unit = Displayable("User quota"), Displayable("STORAGE")
        with database.transaction() as tx:
            apply_quotas(tx, [Quota(name, unit, 4_700_000, 5_000_000)])
        await reader.shows("work: 4.8 of 5.1 GB used (94 %)")
        with database.transaction() as tx:
            apply_quotas(tx, [Quota(name, unit, 4_000_000, 5_000_000)])
        await reader.shows_not("used (")
