"""What keys do to messages: marks, threads, undo, and what is asked first."""

from pathlib import Path

import pytest

from tests.ui.app_samples import INBOX, Home, Reader, Sample, reading, with_ui
from tui_mail.model.event import OperationsChanged
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.store.database import Transaction
from tui_mail.store.mailboxes import find_mailbox
from tui_mail.store.views import load_view


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.fill()
    return home


def count(reader: Reader, mailbox: str, account: str = "work") -> int:
    database = reader.app.accounts.database(account)
    box = find_mailbox(database, mailbox)
    assert box is not None
    return len(load_view(database, box.id, "date", threads=False).numbers)


async def holds(reader: Reader, mailbox: str, number: int) -> None:
    await reader.until(lambda: count(reader, mailbox) == number)


async def test_e_archives_and_u_takes_it_back(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Budget")
        await reader.press("e")
        await holds(reader, "Archive", 1)
        assert "Budget" not in reader.subjects()
        await reader.shows('Archived "Budget"', 'u undoes: archived "Budget"')
        assert reader.row.subject == "Lunch on Thursday?"
        await reader.press("u")
        await holds(reader, "Archive", 0)
        await reader.shows('Undone: archived "Budget"')
        await reader.until(lambda: "Budget" in reader.subjects())
        await reader.press("ctrl+y")
        await holds(reader, "Archive", 1)
        await reader.shows('Done again: archived "Budget"')


async def test_keys_that_come_fast_act_one_after_the_other(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Report 1")
        for key in "eee":
            await reader.pilot.press(key)
        await holds(reader, "Archive", 3)
        assert reader.row.subject == "Report 4"


@pytest.mark.parametrize(
    ("key", "mailbox"), [("d", "Trash"), ("#", "Trash"), ("!", "Junk")]
)
async def test_trash_and_junk(home: Home, key: str, mailbox: str) -> None:
    async with reading(home) as reader:
        await reader.press(key)
        await holds(reader, mailbox, 1)


async def test_d_in_the_trash_only_says_what_deletes_for_ever(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("d", "g", "t")
        await reader.shows("Trash")
        await reader.press("d")
        await reader.shows("D deletes for ever")
        await holds(reader, "Trash", 1)


async def test_capital_d_asks_and_y_does_it(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("D")
        await reader.shows('Delete "Newest of all" for ever?')
        await reader.press("escape")
        await holds(reader, "INBOX", len(INBOX))
        await reader.press("D", "y")
        await holds(reader, "INBOX", len(INBOX) - 1)
        await reader.shows('Deleted "Newest of all" for ever')


async def test_s_moves_to_a_mailbox_by_name(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("s")
        await reader.type("rust")
        await reader.press("enter")
        await holds(reader, "Lists/rust", 1)
        await reader.shows("to Lists/rust")


async def test_capital_c_copies(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("C")
        await reader.type("rust")
        await reader.press("enter")
        await holds(reader, "Lists/rust", 1)
        await holds(reader, "INBOX", len(INBOX))


async def test_flags_and_tags_go_on_and_off(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Budget")
        await reader.press("F")
        await reader.until(lambda: FLAGGED in reader.row.flags)
        await reader.press("*")
        await reader.until(lambda: FLAGGED not in reader.row.flags)
        await reader.press("U")
        await reader.until(lambda: SEEN not in reader.row.flags)
        await reader.press("t")
        await reader.type("work")
        await reader.press("enter")
        await reader.until(lambda: "work" in reader.row.flags)
        await reader.press("t")
        await reader.type("work")
        await reader.press("enter")
        await reader.until(lambda: "work" not in reader.row.flags)


async def test_a_word_that_is_no_keyword_is_refused(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("t")
        await reader.type("two words")
        await reader.press("enter")
        await reader.shows("A keyword has neither spaces")


async def test_marks_are_acted_on_and_gone_after_it(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("x", "j", "x")
        await reader.shows("2 marked")
        await reader.press("e")
        await holds(reader, "Archive", 2)
        await reader.shows("Archived 2 messages")
        assert not reader.app.panes.list.marked


async def test_a_cursor_beside_the_marks_asks_first(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("x", "j", "j", "e")
        await reader.shows("1 message is marked", "only this one")
        await reader.press("escape")
        await holds(reader, "Archive", 0)
        assert len(reader.app.panes.list.marked) == 1
        await reader.press("e", "full_stop")
        await holds(reader, "Archive", 1)
        assert "Newest of all" in reader.subjects()


async def test_enter_takes_all_that_are_marked(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("x", "j", "x", "j", "F", "enter")
        await reader.until(lambda: not reader.app.panes.list.marked)
        await reader.press("home")
        await reader.until(lambda: FLAGGED in reader.row.flags)


async def test_marks_out_of_sight_ask_first(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("x", "end", "x", "e")
        await reader.shows("2 messages are marked")
        await reader.press("enter")
        await holds(reader, "Archive", 2)


async def test_a_range_and_a_query_mark(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("x", "j", "j", "V")
        await reader.shows("3 marked")
        await reader.press("escape")
        await reader.shows_not("3 marked")
        await reader.press("X")
        await reader.type("subject:Report")
        await reader.press("enter")
        await reader.shows("40 marked")


async def test_a_folded_thread_is_acted_on_as_a_whole(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Lunch on Thursday?")
        await reader.press("left", "e")
        await holds(reader, "Archive", 3)
        await reader.shows("Archived 3 messages")


async def test_capital_e_archives_the_whole_thread(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Lunch on Thursday?")
        await reader.press("j", "E")
        await holds(reader, "Archive", 3)


async def test_capital_e_takes_the_thread_also_where_threads_are_not_shown(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.press("T")
        await reader.go_to("Re: Lunch on Thursday?")
        await reader.press("E")
        await reader.shows("Archived 3 messages")


async def test_capital_e_acts_on_the_threads_of_the_marks(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Lunch on Thursday?")
        await reader.press("x", "k", "x", "E")
        await reader.shows("Archived 4 messages")


async def test_marks_that_a_filter_hides_stay_and_ask_first(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Budget")
        await reader.press("x", "l")
        await reader.type("subject:plan")
        await reader.press("enter")
        await reader.shows("1 of", "1 marked")
        await reader.press("e")
        await reader.shows("1 message is marked")
        await reader.press("escape", "escape")
        await reader.shows("Budget", "1 marked")
        await reader.press("l")
        await reader.type("subject:plan")
        await reader.press("enter", "e", "enter")
        await reader.shows('Archived "Budget"')
        await holds(reader, "Archive", 1)


async def test_marks_are_acted_on_where_a_filter_shows_nothing(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("x", "l")
        await reader.type("nowhere")
        await reader.press("enter", "F")
        await reader.shows("Enter the marked one")
        await reader.shows_not("only this one")
        await reader.press("enter")
        await reader.shows('u undoes: flagged "Newest of all"')


async def test_a_hidden_mark_goes_with_its_message(home: Home) -> None:
    from tui_mail.store.messages import remove_numbers

    async with reading(home) as reader:
        await reader.go_to("Budget")
        await reader.press("x", "l")
        [gone] = reader.app.panes.list.marked
        await reader.type("subject:plan")
        await reader.press("enter")
        await reader.app.wishes.write("work", lambda tx: remove_numbers(tx, [gone]))
        reader.app.listing.reload()
        await reader.until(lambda: not reader.app.panes.list.marked)


async def test_a_search_that_is_given_up_leaves_the_marks(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("x", "/")
        await reader.type("report")
        await reader.shows("40 found")
        await reader.press("escape")
        await reader.shows("1 marked", "Budget")


async def test_where_no_message_is_a_key_says_so(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("g", "s")
        for key in "eEsCF":
            await reader.press("escape", key)
            await reader.shows("There is no message here.")


async def test_in_gmails_profile_i_and_u_mark_read_and_unread(tmp_path: Path) -> None:
    home = with_ui(Home(tmp_path), keys='"gmail"')
    home.fill()
    async with reading(home) as reader:
        await reader.press("I")
        await reader.shows('z undoes: marked "Newest of all" read')
        await reader.press("I")
        await reader.shows('"Newest of all": read already.')
        assert SEEN in reader.row.flags
        await reader.press("U", "U")
        await reader.shows("unread already.")
        assert SEEN not in reader.row.flags


async def test_a_key_of_what_is_still_to_come_says_so(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("z")
        await reader.shows("Put off until later: not in this version yet.")
        await reader.press("1", "z")
        await reader.shows_not("Put off")


async def test_leaving_the_mailbox_clears_marks(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("x", "g", "s", "g", "i")
        await reader.shows("Newest of all")
        assert not reader.app.panes.list.marked


@pytest.mark.parametrize(
    ("after", "subject"),
    [("next", "Report 3"), ("previous", "Report 1"), ("stay", "Report 3")],
)
async def test_the_cursor_goes_where_the_settings_say(
    tmp_path: Path, after: str, subject: str
) -> None:
    home = with_ui(Home(tmp_path), after_action=f'"{after}"')
    home.fill()
    async with reading(home) as reader:
        await reader.go_to("Report 2")
        await reader.press("e")
        await holds(reader, "Archive", 1)
        assert reader.row.subject == subject


async def test_while_reading_the_next_is_shown_after_an_action(home: Home) -> None:
    async with reading(home, size=(80, 24)) as reader:
        await reader.go_to("Report 2")
        await reader.press("enter", "e")
        await reader.shows("Report 3")
        assert reader.app.panes.pane == "message"


async def test_an_undo_of_an_earlier_start_asks_first(home: Home) -> None:
    async with reading(home) as reader:
        await reader.go_to("Budget")
        await reader.press("e")
        await holds(reader, "Archive", 1)
    async with reading(home) as reader:
        await reader.shows('u undoes: archived "Budget" (')
        await reader.press("u")
        await reader.shows("of an earlier start")
        await reader.press("escape")
        await holds(reader, "Archive", 1)
        await reader.press("u", "y")
        await holds(reader, "Archive", 0)


async def test_an_undo_of_what_is_not_in_this_list_asks_first(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("e", "g", "s")
        await reader.shows("Nothing in Sent.")
        await reader.press("u")
        await reader.shows("done in INBOX")
        await reader.press("enter")
        await holds(reader, "Archive", 0)


async def test_after_what_is_for_ever_an_undo_of_what_came_before_asks(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.press("D", "y", "u")
        await reader.shows('Deleted "Newest of all" for ever cannot be undone.')
        await reader.press("F", "j", "D", "y", "u")
        await reader.shows("Undo: flagged", "for ever cannot be")
        await reader.press("y")
        await reader.shows("Undone: flagged")


async def test_an_undo_that_cannot_be_stands_in_no_others_way(home: Home) -> None:
    from tui_mail.store.messages import remove_numbers

    async with reading(home) as reader:
        await reader.press("F", "j", "F")
        gone = reader.app.panes.list.cursor_number
        assert gone is not None
        await reader.app.wishes.write("work", lambda tx: remove_numbers(tx, [gone]))
        await reader.press("u")
        await reader.shows("its messages are not there any more")
        await reader.press("u", "y")
        await reader.shows('Undone: flagged "Newest of all"')


async def test_an_undo_of_a_mailbox_that_is_another_by_now_stands_in_no_others_way(
    home: Home,
) -> None:
    async with reading(home) as reader:
        await reader.press("F", "1", "n", *"New", "enter")
        await reader.shows('Made the mailbox "New"')

        def put_into(tx: Transaction) -> None:
            made = find_mailbox(tx, "New")
            assert made is not None
            tx.connection.execute(
                "UPDATE message SET mailbox = ? WHERE number ="
                " (SELECT min(number) FROM message)",
                (made.id,),
            )

        await reader.app.wishes.write("work", put_into)
        await reader.press("2", "u")
        await reader.shows('"New" is not empty any more')
        await reader.press("u")
        await reader.press("y")
        await reader.shows("Undone: flagged")


async def test_without_an_archive_it_asks_once_and_remembers(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.fill(roles=("INBOX", "Lists/rust"))
    async with reading(home) as reader:
        await reader.press("e")
        await reader.shows("Which mailbox is for archive?")
        await reader.press("escape")
        await holds(reader, "INBOX", len(INBOX))
        await reader.press("e")
        await reader.type("rust")
        await reader.press("enter")
        await holds(reader, "Lists/rust", 1)
        await reader.press("e")
        await holds(reader, "Lists/rust", 2)
    async with reading(home) as reader:
        await reader.press("e")
        await holds(reader, "Lists/rust", 3)


async def test_without_a_trash_one_may_be_made(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.fill(roles=("INBOX", "Lists/rust"))
    async with reading(home) as reader:
        await reader.press("d")
        await reader.shows("Trash", "a new mailbox")
        await reader.press("enter")
        await holds(reader, "Trash", 1)
        await reader.press("d")
        await holds(reader, "Trash", 2)


async def test_read_only_changes_nothing(home: Home) -> None:
    async with reading(home, read_only=True) as reader:
        for key in ("e", "d", "F", "D", "u", "E"):
            await reader.press(key)
            await reader.shows("--read-only")
            await reader.press("escape")
        await reader.press("enter")
        await reader.shows("this is the text.")
        assert SEEN not in reader.row.flags
        await holds(reader, "INBOX", len(INBOX))


async def test_what_cannot_be_written_is_taken_back_and_said(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui_mail.model.error import StoreFailed

    async with reading(home) as reader:

        async def fails(*_: object) -> None:
            raise StoreFailed("the disk is full")

        monkeypatch.setattr(reader.app.wishes, "write", fails)
        await reader.go_to("Budget")
        await reader.press("e")
        await reader.shows("! the disk is full")
        await reader.until(lambda: "Budget" in reader.subjects())
        assert len(reader.subjects()) == len(INBOX)


async def test_what_waits_is_said_at_the_next_start(home: Home) -> None:
    async with reading(home) as reader:
        await reader.press("F")
        await reader.shows("1 change waits")
    async with reading(home) as reader:
        await reader.shows("Still here from before: 1 change waits")
        await reader.app.wishes.write("work", _forget_what_waits)
        await reader.shows_not("Still here")


def _forget_what_waits(tx: Transaction) -> None:
    from tui_mail.store.operations import cancel, load_pending

    for pending in load_pending(tx):
        cancel(tx, pending.id)


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_leaving_offline_says_what_waits(home: Home, key: str) -> None:
    async with reading(home, offline=True) as reader:
        await reader.press("F")
        await reader.pilot.press("q")
        await reader.shows("1 change waits for the server")
        await reader.pilot.press("ctrl+c")
        await reader.until(lambda: not reader.app.asks)
        await reader.pilot.press("q")
        await reader.shows("1 change waits for the server")
        await reader.pilot.press(key)
        await reader.until(lambda: reader.app._exit)


async def test_what_was_refused_is_no_reason_to_stay(home: Home) -> None:
    def refuse(tx: Transaction) -> None:
        tx.connection.execute("UPDATE delta SET state = 'failed'")
        tx.publish(OperationsChanged())

    async with reading(home) as reader:
        await reader.press("F")
        await reader.shows("1 change waits")
        await reader.app.wishes.write("work", refuse)
        await reader.shows("1 refused (P shows it)")
        await reader.pilot.press("q")
        await reader.until(lambda: reader.app._exit)


async def test_each_account_has_its_own_archive(tmp_path: Path) -> None:
    home = Home(tmp_path, names=("work", "home"))
    home.fill([Sample("At work")])
    home.fill([Sample("At home")], name="home")
    async with reading(home) as reader:
        await reader.shows("At work", "home")
        await reader.press("g", "i")
        await reader.shows("At home")
        await reader.press("e")
        await reader.until(lambda: count(reader, "Archive", "home") == 1)
        assert count(reader, "Archive", "work") == 0
