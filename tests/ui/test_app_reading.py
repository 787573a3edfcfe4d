"""Opening, moving, reading: what a person does first."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.ui.app_samples import INBOX, Home, Reader, Sample, reading, with_ui
from tui_mail.model.flags import SEEN


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.fill()
    return home


async def test_it_opens_in_the_inbox_newest_first(home: Home) -> None:
    async with reading(home) as reader:
        await reader.shows("Newest of all", "Grace Hopper", "newest first", "Inbox")
        assert reader.row.subject == "Newest of all"
        assert reader.app.panes.pane == "list"


async def test_the_preview_follows_the_cursor_and_marks_nothing_read(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.shows("this is the text.")
        assert SEEN not in reader.row.flags


async def test_enter_reads_and_marks_read(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("enter")
        await reader.shows("this is the text.")
        assert reader.app.panes.pane == "message"
        await reader.until(lambda: SEEN in reader.row.flags)
        await reader.press("escape")
        assert reader.app.panes.pane == "list"
        await reader.press("u")
        await reader.shows("Nothing is left to undo.")


async def test_mark_seen_may_be_never(tmp_path: Path) -> None:
    home = with_ui(Home(tmp_path), mark_seen='"never"')
    home.fill()
    async with reading(home) as reader:
        await reader.press("enter")
        await reader.shows("this is the text.")
        assert SEEN not in reader.row.flags


async def test_mark_seen_may_be_seconds_in_the_preview(tmp_path: Path) -> None:
    home = with_ui(Home(tmp_path), mark_seen="0.1")
    home.fill()
    async with reading(home) as reader:
        await reader.until(lambda: SEEN in reader.row.flags)


async def test_capital_j_and_k_read_the_next_and_the_one_before(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("enter", "J")
        assert reader.row.subject == "Budget"
        await reader.shows("Bob Stone <bob@corp.example>")
        await reader.press("K")
        assert reader.row.subject == "Newest of all"
        assert reader.app.panes.pane == "message"
        await reader.press("K")
        await reader.shows("This is the first message.")


async def test_space_pages_through_the_message_and_then_reads_the_next_unread(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.go_to("Report 1")
        await reader.press("enter")
        await reader.shows("line 0 of report")
        for _ in range(10):
            await reader.press("space")
            if reader.row.subject != "Report 1":
                break
        assert reader.row.subject == "Newest of all"
        await reader.until(lambda: SEEN in reader.row.flags)


async def test_the_next_unread_is_looked_for_in_other_mailboxes_too(
    tmp_path: Path,
) -> None:
    from tests.ui.app_samples import put

    home = Home(tmp_path)
    home.fill([Sample("Read")])
    database = home.open()
    put(database, "Lists/rust", [Sample("Crate", flags=frozenset())])
    database.close()
    async with reading(home) as reader:
        await reader.press(".")
        await reader.shows("Lists/rust")
        assert reader.row.subject == "Crate"
        await reader.press("enter")
        await reader.until(lambda: SEEN in reader.row.flags)
        await reader.press("escape", ".")
        await reader.shows("Nothing is unread.")


async def test_first_and_last_and_pages(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("end")
        assert reader.row.subject == "Report 40"
        await reader.press("g", "g")
        assert reader.app.panes.list.cursor == 0
        await reader.press("space")
        assert reader.app.panes.list.cursor > 5
        await reader.press("home", "G")
        assert reader.row.subject == "Report 40"


async def test_message_keys_do_nothing_among_the_mailboxes(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("1", "e", "d", "D", "F", "x", "J", "v", "h")
        assert not reader.app.asks
        assert len(reader.app.panes.list.view.numbers) == len(INBOX)
        assert not reader.app.panes.list.marked
        await reader.press("2")
        assert reader.row.subject == "Newest of all"


async def test_the_mailbox_pane_shows_what_is_chosen_in_it(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("1", "j", "j", "j", "enter")
        await reader.shows("Nothing in Archive.")
        assert reader.app.panes.pane == "list"


@pytest.mark.parametrize(
    ("keys", "title"),
    [("gs", "Sent"), ("gd", "Drafts"), ("ga", "Archive"), ("gt", "Trash")],
)
async def test_g_and_a_letter_go_to_a_role(home: Home, keys: str, title: str) -> None:
    async with reading(home) as reader:
        await reader.press("g")
        await reader.shows("g …", "inbox")
        await reader.press(keys[1])
        await reader.shows(f"Nothing in {title}.")
        await reader.press("g", "i")
        await reader.shows("Newest of all")


async def test_a_mailbox_is_found_by_a_part_of_its_name(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("g", "f")
        await reader.type("rust")
        await reader.press("enter")
        await reader.shows("Nothing in Lists/rust.")


async def test_all_headers_the_source_and_back(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Budget")
        await reader.press("enter", "H")
        await reader.shows("Message-ID:", "MIME-Version:")
        await reader.press("H")
        await reader.shows_not("MIME-Version:")
        await reader.press("i")
        await reader.shows("MIME-Version: 1.0", "this is the text.")
        await reader.press("escape")
        await reader.shows_not("MIME-Version:")
        assert reader.app.panes.pane == "message"


async def test_offline_what_is_missing_is_asked_for_by_enter_only(home: Home) -> None:
    async with reading(home, offline=True) as reader:
        await reader.go_to("Not here yet")
        await reader.shows("Not here yet. Enter asks for it.")
        await reader.press("enter")
        await reader.shows("it comes with the next connection")
        from tui_mail.store.wanting import load_wanted

        [one] = load_wanted(reader.app.accounts.database("work"), datetime.now(UTC))
        assert (one.message, one.part) == (reader.row.number, None)


async def test_a_found_text_in_the_message_is_gone_to(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Report 2")
        await reader.press("enter", "/")
        await reader.type("line 70")
        await reader.press("enter")
        await reader.shows("hit 1 of 1", "line 70 of report")
        await reader.press("escape")
        assert reader.app.panes.pane == "message"


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_it_fits_every_size(home: Home, size: tuple[int, int]) -> None:
    async with reading(home, size=size) as reader:
        await reader.shows("Newest of all")
        await reader.press("enter")
        await reader.shows("this is the text.")
        assert ("Budget" in reader.text) == (size[0] >= 100)
        await reader.press("1")
        await reader.shows("Lists")
        assert ("this is the text." in reader.text) == (size[0] >= 100)
        await reader.press("q")
        await reader.shows("Newest of all")


async def test_the_layout_follows_the_width(home: Home) -> None:
    async with reading(home, size=(120, 40)) as reader:
        await reader.pilot.resize_terminal(80, 24)
        await reader.shows_not("Lists")
        await reader.shows("work · Inbox")
        await reader.pilot.resize_terminal(200, 50)
        await reader.shows("Lists", "this is the text.")
        await reader.shows_not("work · Inbox")


async def test_q_closes_step_by_step_and_leaves_at_the_end(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("enter", "q")
        assert reader.app.panes.pane == "list"
        await reader.pilot.press("q")
        await reader.until(lambda: reader.app._exit)
        assert reader.app.return_value == 0


async def test_esc_never_leaves(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("escape", "escape", "ctrl+c", "ctrl+g")
        assert not reader.app._exit


async def test_the_keys_and_the_palette_can_be_asked_for(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("question_mark")
        await reader.shows("Keys in the list")
        await reader.press("escape", "ctrl+p")
        await reader.type("sort order")
        await reader.press("enter")
        await reader.shows("Newest first", "By sender")
        await reader.press("escape")
        assert not reader.app.asks


async def test_the_operations_screen_opens_and_closes(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("F", "P")
        await reader.shows("Waiting for a server", 'flagged "Newest of all"')
        await reader.press("escape")
        await reader.shows("Inbox")


async def test_nothing_foreign_reaches_the_screen_as_an_instruction(
    home: Home,
) -> None:
    async with reading(home) as reader:
        reader_text = await _all_text(reader)
        assert "␛]52" in reader_text
        assert not {"\x1b", "\x07", "\x9b"} & set(reader_text)


async def _all_text(reader: Reader) -> str:
    await reader.go_to("Evil ␛]52;c;aGk=␇ subject")
    await reader.press("enter", "H")
    await reader.shows("Message-ID")
    return reader.text
