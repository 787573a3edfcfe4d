"""Searching, narrowing, arranging; parts and files; what goes to the clipboard."""

import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.ui.app_samples import INBOX, PDF, UNREAD, Home, Sample, put, reading
from tui_mail.model.flags import SEEN
from tui_mail.ui.actions import saving
from tui_mail.ui.actions.saving import free_name, write_private


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.fill()
    return home


async def test_a_search_is_shown_as_a_list_and_esc_goes_back(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("/")
        await reader.type("subject:plan")
        await reader.press("enter")
        await reader.shows('search "subject:plan"', "1 found")
        assert reader.subjects() == ["The plan"]
        await reader.press("enter")
        await reader.shows("plan.pdf")
        await reader.press("escape", "escape")
        await reader.shows("Inbox")
        assert len(reader.subjects()) == len(INBOX)


async def test_results_come_while_one_types_and_go_with_esc(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("/")
        await reader.type("invoice")
        await reader.shows("1 found")
        await reader.type(" (")
        await reader.shows("1 found")
        await reader.press("escape")
        await reader.shows("Inbox")
        assert reader.row.subject == "Newest of all"


async def test_a_mistake_in_a_query_points_at_its_column(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("/")
        await reader.type("is:strange")
        await reader.press("enter")
        await reader.shows("column 4", "^", "is:strange")
        for _ in range(7):
            await reader.press("backspace")
        await reader.type("flagged")
        await reader.press("enter")
        await reader.shows("1 found", "Invoice 2026-118")


async def test_l_narrows_and_esc_shows_all_again(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("l")
        await reader.type("is:unread")
        await reader.press("enter")
        await reader.shows('"is:unread"')
        assert len(reader.subjects()) == 3
        await reader.press("x", "escape")
        await reader.until(lambda: len(reader.subjects()) == len(INBOX))
        assert len(reader.app.panes.list.marked) == 1
        await reader.press("escape")
        assert not reader.app.panes.list.marked


@pytest.mark.parametrize("key", ["l", "/"])
async def test_what_is_read_stays_in_a_list_of_what_is_unread(
    home: Home, key: str
) -> None:
    async with reading(home, size=(80, 24)) as reader:
        await reader.press(key)
        await reader.type("is:unread")
        await reader.press("enter")
        await reader.until(lambda: len(reader.subjects()) == 3)
        await reader.press("enter")
        await reader.until(lambda: SEEN in reader.row.flags)
        put(
            reader.app.accounts.database("work"),
            "INBOX",
            [Sample("Fresh", flags=UNREAD)],
        )
        await reader.until(lambda: len(reader.subjects()) == 4)
        assert reader.row.subject == "Newest of all"
        await reader.shows("Newest of all")
        await reader.press("escape", "j")
        reader.app.listing.reload()
        await reader.until(lambda: len(reader.subjects()) == 3)


async def test_what_is_trashed_goes_out_of_what_was_found(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("/")
        await reader.type("subject:budget")
        await reader.press("enter", "e")
        await reader.shows('Archived "Budget"', "1 found")
        await reader.press("d")
        await reader.shows('Trashed "Budget"', "0 found")
        await reader.press("u", "y")
        await reader.shows("1 found")


async def test_a_message_that_goes_while_it_is_read_is_said(home: Home) -> None:
    from tui_mail.store.messages import remove_numbers

    async with reading(home, size=(80, 24)) as reader:
        await reader.press("enter")
        gone = reader.row.number
        await reader.app.wishes.write("work", lambda tx: remove_numbers(tx, [gone]))
        await reader.shows("The message that was open is not here any more.", "Budget")


async def test_new_mail_comes_into_the_list_by_itself(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Budget")
        database = home.open()
        put(database, "INBOX", [Sample("Fresh", flags=frozenset())])
        database.close()
        await reader.until(lambda: "Fresh" in reader.subjects())
        assert reader.row.subject == "Budget"


async def test_o_opens_a_menu_of_orders(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("o")
        await reader.shows("Newest first", "Largest first")
        await reader.type("oldest")
        await reader.press("enter")
        await reader.shows("oldest first")
        await reader.press("home")
        assert reader.row.subject == "Report 40"


async def test_threads_are_switched(home: Home) -> None:
    async with reading(home) as reader:
        await reader.shows("▾")
        await reader.press("T")
        await reader.shows_not("▾")
        await reader.press("T")
        await reader.shows("▾")


async def test_v_lists_the_parts_and_esc_returns(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("The plan")
        await reader.press("v")
        await reader.shows("application/pdf", "plan.pdf", "17 B")
        await reader.press("escape")
        await reader.shows("this is the text.")
        assert reader.app.panes.pane == "list"


async def test_a_part_is_shown_and_brackets_step_through_them(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("The plan")
        await reader.press("enter", "]")
        await reader.shows("Part 1 of 2: text/plain")
        await reader.press("]")
        await reader.shows("application/pdf", "w saves it")
        await reader.press("]")
        await reader.shows("The whole message")
        await reader.press("v", "j", "enter")
        await reader.shows("w saves it")


async def test_w_saves_the_only_attachment_privately_and_never_over_a_file(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.go_to("The plan")
        for name in ("plan.pdf", "plan (2).pdf"):
            await reader.press("w")
            await reader.shows("Save to:", name)
            await reader.press("enter")
            saved = home.downloads / name
            await reader.until(saved.exists)
            await reader.shows("Saved")
            assert saved.read_bytes().strip() == PDF
            assert stat.S_IMODE(saved.stat().st_mode) == 0o600


async def test_that_a_large_part_is_being_saved_is_said(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    true = saving.write_private

    def slowly(path: Path, octets: bytes) -> None:
        assert go_on.wait(10)
        true(path, octets)

    monkeypatch.setattr(saving, "_LARGE", 1)
    monkeypatch.setattr(saving, "write_private", slowly)
    async with reading(home) as reader:
        await reader.go_to("The plan")
        await reader.press("w")
        await reader.shows("Save to:")
        await reader.press("enter")
        await reader.shows("Saving plan.pdf (")
        go_on.set()
        await reader.shows("Saved ")


async def test_with_several_attachments_one_is_chosen_first(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Two papers")
        await reader.press("w")
        await reader.shows("several attachments", "one.pdf", "two.pdf")
        await reader.press("end", "w", "enter")
        await reader.until((home.downloads / "two.pdf").exists)


async def test_capital_w_saves_all(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Two papers")
        await reader.press("W", "enter")
        await reader.until((home.downloads / "two.pdf").exists)
        await reader.shows("Saved 2 attachments")
        assert (home.downloads / "one.pdf").read_bytes().strip() == b"%PDF one"


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    from tui_mail.model.error import MailError

    place = tmp_path / "a.txt"
    write_private(place, b"first")
    with pytest.raises(MailError, match="is there already"):
        write_private(place, b"second")
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(MailError):
        write_private(tmp_path / "link", b"third")
    assert free_name(place) == tmp_path / "a (2).txt"
    assert place.read_bytes() == b"first"


async def test_y_copies_the_text_by_way_of_a_menu(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    async with reading(home) as reader:
        monkeypatch.setattr(reader.app, "copy_to_clipboard", copied.append)
        await reader.press("y")
        await reader.shows("the text", "the subject")
        await reader.press("enter")
        await reader.shows("Copied")
        assert copied[0].startswith("Hi Ann,")


async def test_links_are_chosen_and_handed_over_without_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    home.fill([Sample("Link", body="see https://a.example/x;rm$(-rf) please")])
    started: list[list[str]] = []

    class Child:
        returncode = 0

        def __init__(self, command: list[str], **_: Any) -> None:
            started.append(command)

        def wait(self, timeout: float) -> int:
            return 0

    monkeypatch.setattr("tui_mail.ui.actions.outside.subprocess.Popen", Child)
    async with reading(home) as reader:
        await reader.press("O")
        await reader.shows("https://a.example/x")
        await reader.press("enter")
        await reader.shows("Opening https://a.example/x")
        [[program, url]] = started
        assert program in ("xdg-open", "open")
        assert url.startswith("https://a.example/x")


async def test_offline_is_said_and_f5_says_why_nothing_happens(home: Home) -> None:
    async with reading(home, offline=True) as reader:
        await reader.shows("offline · as of")
        await reader.press("f5")
        await reader.shows("g o goes online")


async def test_without_an_account_the_set_up_screen_opens(tmp_path: Path) -> None:
    home = Home(tmp_path, names=())
    async with reading(home) as reader:
        await reader.until(lambda: reader.app.asks)
        await reader.shows("A new account")
        await reader.pilot.press("escape")
        await reader.until(lambda: reader.app._exit)


async def test_a_store_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.fill()
    settings = home.places.settings_file()
    settings.write_text(settings.read_text().replace('"ann"', '"somebody"'))
    async with reading(home) as reader:
        await reader.shows("nothing is touched")


async def test_a_local_account_has_an_inbox_from_the_start(tmp_path: Path) -> None:
    home = Home(tmp_path, names=())
    home.places.settings_file().write_text(
        '[accounts.here]\naddress = "ann@example.org"\n'
    )
    async with reading(home) as reader:
        await reader.shows("Nothing in Inbox.")
