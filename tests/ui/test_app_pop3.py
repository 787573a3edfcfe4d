"""POP3 and local accounts in the reader: what is on the server, and what is only here."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.ui.app_samples import UNREAD, Home, Reader, Sample, reading
from tests.ui.pop_samples import home_of, pull, shelve
from tests.ui.test_app_engines import PlayedEngine
from tui_mail.link.messages import (
    Done,
    NeedPassword,
    OpenMailbox,
    Password,
    Receipt,
    Status,
    Synchronize,
)
from tui_mail.mime.parse import parse_message
from tui_mail.mime.readable import RENDERER
from tui_mail.model.displayable import displayable, own
from tui_mail.model.ids import MessageNumber
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.readable import ReadableText
from tui_mail.store.agreeing import agree_policy, agreed_policy
from tui_mail.store.content import save_structure, save_text
from tui_mail.store.database import Database
from tui_mail.store.mailboxes import find_mailbox, load_mailboxes, note_in_step
from tui_mail.store.operations import load_pending
from tui_mail.store.pulling import Fate, load_pulled, note_left, octets_of
from tui_mail.ui.signs import UNICODE

MAIL = (
    Sample("Newest", flags=UNREAD),
    Sample("Budget", "Bob Stone <bob@corp.example>"),
    Sample("Lunch", id="lunch"),
    Sample("Re: Lunch", "Mei Chen <mei@corp.example>", reply_to="lunch", id="lunch-2"),
    Sample("Oldest"),
)


@pytest.fixture
def old(tmp_path: Path) -> Home:
    """A POP3 account; two of its messages have left the server."""
    home = home_of(tmp_path, "pop3")
    pull(home, MAIL, gone=("Budget", "Oldest"))
    return home


@pytest.fixture
def shelf(tmp_path: Path) -> Home:
    home = home_of(tmp_path, "local")
    shelve(home, MAIL)
    return home


def row_of(reader: Reader, subject: str) -> str:
    """Give the line of the list with this subject."""
    lines = [line.rpartition("▕")[2] for line in reader.text.splitlines()]
    return next(line for line in lines if subject in line and "undoes" not in line)


def names(reader: Reader, account: str) -> dict[str, SpecialUse | None]:
    boxes = load_mailboxes(reader.app.accounts.database(account))
    return {str(box.name): box.special_use for box in boxes}


def subjects_in(reader: Reader, account: str, name: str) -> int:
    box = find_mailbox(reader.app.accounts.database(account), name)
    assert box is not None
    return box.total


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (40, 12)])
async def test_a_row_carries_a_sign_as_long_as_the_server_has_the_message(
    old: Home, size: tuple[int, int]
) -> None:
    async with reading(old, size=size) as reader:
        await reader.shows("Newest", "Budget")
        assert UNICODE.on_server in row_of(reader, "Newest")
        assert UNICODE.on_server not in row_of(reader, "Budget")


async def test_the_message_says_in_words_whether_the_server_has_it(old: Home) -> None:
    async with reading(old, size=(120, 40)) as reader:
        await reader.press("enter")
        await reader.shows("still on the server", "this is the text")
        await reader.press("J")
        await reader.shows("not on the server any more")


async def test_a_local_message_has_no_word_of_a_server(shelf: Home) -> None:
    async with reading(shelf, size=(120, 40)) as reader:
        await reader.press("enter")
        await reader.shows("this is the text")
        assert "on the server" not in reader.text
        assert UNICODE.on_server not in reader.text


async def test_a_message_that_leaves_the_server_loses_its_sign_at_once(
    old: Home,
) -> None:
    from tui_mail.store.pulling import note_left

    async with reading(old, size=(120, 40)) as reader:
        await reader.press("enter")
        await reader.shows("still on the server")
        database = reader.app.accounts.database("old")
        with database.transaction() as tx:
            note_left(tx, [load_pulled(tx)[b"Newest"]])
        await reader.shows("not on the server any more")
        assert UNICODE.on_server not in row_of(reader, "Newest")


async def test_accounts_say_of_what_kind_they_are(tmp_path: Path) -> None:
    home = home_of(tmp_path, "imap", "pop3", "local")
    home.fill()
    pull(home, MAIL)
    shelve(home, MAIL)
    async with reading(home, size=(120, 40)) as reader:
        await reader.shows(" old (POP3)", " shelf (local)")


@pytest.mark.parametrize(("kind", "account"), [("pop3", "old"), ("local", "shelf")])
async def test_mail_is_filed_in_mailboxes_that_are_made_without_a_question(
    tmp_path: Path, kind: str, account: str
) -> None:
    home = home_of(tmp_path, kind)
    if kind == "pop3":
        pull(home, MAIL)
    else:
        shelve(home, MAIL)
    async with reading(home, size=(120, 40)) as reader:
        await reader.shows("Newest")
        for key, name, use in (
            ("e", "Archive", SpecialUse.ARCHIVE),
            ("d", "Trash", SpecialUse.TRASH),
            ("!", "Junk", SpecialUse.JUNK),
        ):
            before = len(reader.subjects())
            await reader.press("home", key)
            while len(reader.subjects()) == before:
                await reader.pilot.pause(0.01)
            assert names(reader, account)[name] is use
        await reader.press("u", "u", "u")
        await reader.until(lambda: len(reader.subjects()) == len(MAIL))
        assert load_pending(reader.app.accounts.database(account)) == []
        for key, name in (("s", "Sent"), ("d", "Drafts"), ("a", "Archive")):
            await reader.press("g", key)
            await reader.shows(f"Nothing in {name}.")


async def test_the_archive_is_called_as_the_settings_say(tmp_path: Path) -> None:
    more = '[accounts.shelf.mailboxes]\narchive = "Kept"\n'
    home = home_of(tmp_path, "local", more=more)
    shelve(home, MAIL)
    async with reading(home, size=(120, 40)) as reader:
        await reader.press("e")
        await reader.until(lambda: "Kept" in names(reader, "shelf"))
        assert "Archive" not in names(reader, "shelf")


@pytest.mark.parametrize(
    ("delete_after", "said"),
    [
        ("never", "It stays on the server and does not come again."),
        ("removed", "It goes from the server too."),
        ("30 days", "It goes from the server too 30 days after the download."),
    ],
)
async def test_deleting_for_ever_says_before_what_becomes_of_it_on_the_server(
    tmp_path: Path, delete_after: str, said: str
) -> None:
    home = home_of(tmp_path, "pop3", delete_after=delete_after)
    pull(home, MAIL, gone=("Budget",))
    with closing(home.open("old")) as database, database.transaction() as tx:
        agree_policy(tx, delete_after)
    async with reading(home, size=(120, 40)) as reader:
        await reader.press("D")
        await reader.shows('Delete "Newest" for ever?', said)
        await reader.press("escape", "j", "D")
        await reader.shows("The server does not have it any more.")
        await reader.press("y")
        await reader.until(lambda: "Budget" not in reader.subjects())
        pulled = load_pulled(reader.app.accounts.database("old"))
        assert pulled[b"Budget"].fate is Fate.REMOVED
        assert pulled[b"Newest"].fate is Fate.HERE


async def test_a_setting_that_nobody_agreed_to_yet_deletes_nothing_and_says_so(
    changed: tuple[Home, PlayedEngine],
) -> None:
    home, _ = changed
    async with reading(home, size=(120, 40)) as reader:
        await reader.press("D")
        await reader.shows(
            "from the server too, once you agree to the new delete_after"
        )


async def test_of_a_copy_nothing_is_said_since_the_message_stays(old: Home) -> None:
    async with reading(old, size=(120, 40)) as reader:
        await reader.press("g", "a", "g", "i", "home", "C")
        await reader.type("Archive")
        await reader.press("enter")
        await reader.shows("Copied")
        await reader.press("D")
        await reader.shows('Delete "Newest" for ever?')
        assert "server" not in row_of(reader, 'Delete "Newest"')


async def test_local_mail_is_deleted_without_a_word_of_a_server(shelf: Home) -> None:
    async with reading(shelf, size=(120, 40)) as reader:
        await reader.press("D")
        await reader.shows('Delete "Newest" for ever?')
        assert "server" not in row_of(reader, 'Delete "Newest"')


async def test_mailboxes_are_made_renamed_and_deleted_at_once(old: Home) -> None:
    async with reading(old, size=(120, 40)) as reader:
        await reader.press("1", "n")
        await reader.type("Lists")
        await reader.press("enter")
        await reader.until(lambda: "Lists" in names(reader, "old"))
        await reader.press("1", "R", *["backspace"] * 5)
        await reader.type("Rust")
        await reader.press("enter")
        await reader.until(lambda: "Rust" in names(reader, "old"))
        await reader.press("2", "home", "s")
        await reader.type("Rust")
        await reader.press("enter")
        await reader.until(lambda: subjects_in(reader, "old", "Rust") == 1)
        assert load_pending(reader.app.accounts.database("old")) == []
        await reader.press("1", "end", "S")
        await reader.shows("The mailboxes of old are only here")
        await reader.press("D")
        await reader.shows("1 message for ever?", "stays on the server")
        await reader.press("y")
        await reader.until(lambda: "Rust" not in names(reader, "old"))


async def test_the_trash_says_what_the_server_does_when_it_is_emptied(
    old: Home,
) -> None:
    async with reading(old, size=(120, 40)) as reader:
        await reader.press("home", "d", "d")
        await reader.press("g", "t", "1", "E")
        await reader.shows(
            "Empty Trash: delete 2 messages for ever?",
            "The 1 that the server has stays there and does not come again.",
        )
        await reader.press("y")
        await reader.until(lambda: subjects_in(reader, "old", "Trash") == 0)


async def test_keys_that_need_a_server_say_why_they_do_nothing(
    old: Home, tmp_path: Path
) -> None:
    async with reading(old, size=(120, 40)) as reader:
        await reader.press("p")
        await reader.shows("All mail of old is here anyway, and stays.")
        await reader.press("S")
        await reader.shows("All mail of old is here to be searched; POP3 cannot search")
        await reader.press("/")
        await reader.type("budget")
        await reader.press("enter")
        await reader.shows("1 found")
        assert "on the server too" not in reader.text
        await reader.press("S")
        await reader.shows("POP3 cannot search")


async def test_a_local_account_has_no_server_to_synchronize_with(shelf: Home) -> None:
    async with reading(shelf, size=(120, 40)) as reader:
        await reader.press("f5")
        await reader.shows("shelf has no server: its mail is only here.")
        await reader.press("p")
        await reader.shows("All mail of shelf is here anyway")


async def test_threads_flags_filters_and_searches_work_as_anywhere(old: Home) -> None:
    async with reading(old, size=(120, 40)) as reader:
        assert UNICODE.last_branch in row_of(reader, "Re: Lunch")
        await reader.press("l")
        await reader.type("is:unread")
        await reader.press("enter")
        await reader.until(lambda: reader.subjects() == ["Newest"])
        await reader.press("escape", "F")
        await reader.until(lambda: UNICODE.flagged in row_of(reader, "Newest"))
        await reader.press("t")
        await reader.type("later")
        await reader.press("enter", "/")
        await reader.type("tag:later is:flagged in:inbox")
        await reader.press("enter")
        await reader.until(lambda: reader.subjects() == ["Newest"])
        assert load_pending(reader.app.accounts.database("old")) == []


async def test_nothing_is_marked_as_not_downloaded_where_all_is_here(
    old: Home,
) -> None:
    async with reading(old, size=(120, 40), offline=True) as reader:
        await reader.shows("Newest", "offline")
        assert UNICODE.remote not in row_of(reader, "Newest")


async def test_an_account_that_was_never_pulled_says_how_its_mail_comes(
    tmp_path: Path,
) -> None:
    home = home_of(tmp_path, "pop3")
    async with reading(home, size=(120, 40)) as reader:
        await reader.shows("Inbox is not here yet.", "F5 asks the server.")
        database = reader.app.accounts.database("old")
        box = find_mailbox(database, "INBOX")
        assert box is not None
        with database.transaction() as tx:
            note_in_step(tx, [box.id])
        await reader.shows("Nothing in Inbox.")


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[tuple[Home, PlayedEngine]]:
    """An account with mail whose ``delete_after`` was "never" until now."""
    home = home_of(tmp_path, "pop3", delete_after="download")
    pull(home, MAIL, gone=("Budget",))
    with closing(home.open("old")) as database, database.transaction() as tx:
        agree_policy(tx, "never")
    engine = PlayedEngine(home, "old")
    yield home, engine
    engine.server.close()


async def test_a_changed_delete_after_is_asked_about_and_a_yes_has_it_done(
    changed: tuple[Home, PlayedEngine],
) -> None:
    home, engine = changed
    async with reading(home, start_engines=True) as reader:
        await reader.shows(
            'old: delete_after was "never" and is "download" now.',
            "Delete what is here (4 messages) on 127.0.0.1?",
        )
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        engine.say(Receipt(own("nothing is deleted until you say yes"), urgent=True))
        await reader.until(lambda: bool(reader.app._untold))
        await reader.press("y")
        await reader.until(lambda: engine.has_heard(Synchronize))
        request = engine.last(Synchronize).request
        engine.say(Done(request, ok=True, line=own("4 deleted there")))
        await reader.shows("old: 4 deleted there")
        assert "until you say yes" not in reader.text
        assert agreed_policy(reader.app.accounts.database("old")) == "download"


async def test_without_a_yes_nothing_is_agreed_and_it_is_not_asked_twice(
    changed: tuple[Home, PlayedEngine],
) -> None:
    home, _ = changed
    async with reading(home, start_engines=True) as reader:
        await reader.shows('delete_after was "never"')
        await reader.press("escape")
        await reader.shows("nothing is deleted on 127.0.0.1")
        await reader.press("g", "o", "g", "o", "j")
        assert "delete_after" not in reader.text
        assert agreed_policy(reader.app.accounts.database("old")) == "never"


async def test_a_reader_that_changes_nothing_on_servers_starts_no_engine_that_would(
    changed: tuple[Home, PlayedEngine],
) -> None:
    home, engine = changed
    async with reading(home, start_engines=True, read_only=True) as reader:
        why = "old: not asked, since delete_after changes its server"
        await reader.shows(why)
        await reader.press("f5")
        await reader.shows(f"{why} (--read-only)")
        assert not reader.app.engines.started
        assert "yes" not in reader.text
    assert engine.heard == []


async def test_a_reader_that_changes_nothing_pulls_where_nothing_is_deleted(
    old: Home,
) -> None:
    engine = PlayedEngine(old, "old")
    async with reading(old, start_engines=True, read_only=True) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
    engine.server.close()


async def test_the_engine_of_a_pop3_account_is_joined_and_says_when_it_pulled(
    old: Home,
) -> None:
    engine = PlayedEngine(old, "old")
    async with reading(old, start_engines=True, size=(120, 40)) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        database = reader.app.accounts.database("old")
        box = find_mailbox(database, "INBOX")
        assert box is not None
        with database.transaction() as tx:
            note_in_step(tx, [box.id])
        engine.say(Status("connected", own("in step")))
        await reader.shows(" old pulled ")
        await reader.press("f5")
        await reader.until(lambda: engine.has_heard(Synchronize))
        engine.say(Done(engine.last(Synchronize).request, ok=True, line=own("3 new")))
        await reader.shows("old: 3 new")
    engine.server.close()


async def test_the_password_of_a_pop3_account_is_asked_for_by_its_server_and_user(
    old: Home,
) -> None:
    engine = PlayedEngine(old, "old")
    async with reading(old, start_engines=True, size=(120, 40)) as reader:
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        engine.say(NeedPassword(own("127.0.0.1 refused the login of ann")))
        await reader.shows("Password of ann at 127.0.0.1:")
        await reader.type("sesame")
        await reader.press("enter")
        await reader.until(lambda: engine.has_heard(Password))
        assert engine.last(Password).secret == "sesame"
    engine.server.close()


async def test_the_reader_opens_on_what_is_here_while_somebody_writes(
    old: Home,
) -> None:
    with closing(old.open("old")) as database, database.transaction() as tx:
        tx.connection.execute("UPDATE account SET in_use = in_use")
        async with reading(old) as reader:
            await reader.shows("Newest", "this is the text")


async def test_the_reader_opens_on_what_is_here_while_the_server_is_away(
    old: Home,
) -> None:
    engine = PlayedEngine(old, "old")
    async with reading(old, start_engines=True, size=(120, 40)) as reader:
        assert reader.subjects()[0] == "Newest"
        await reader.until(lambda: engine.has_heard(OpenMailbox))
        engine.say(Status("offline", own("127.0.0.1:9: Connection refused")))
        await reader.shows("old offline: 127.0.0.1:9: Connection refused")
        await reader.press("enter")
        await reader.shows("this is the text")
    engine.server.close()


async def test_what_is_damaged_here_is_noted_when_it_is_looked_at(old: Home) -> None:
    with closing(old.open("old")) as database:
        newest = load_pulled(database)[b"Newest"]
        whole = b"".join(octets_of(database, newest))
        text = ReadableText(displayable("Its text."), "plain", renderer=RENDERER)
        with database.transaction() as tx:
            number = MessageNumber(len(MAIL))
            save_structure(tx, number, parse_message(whole))
            save_text(tx, number, text)
            tx.connection.execute("UPDATE chunk SET octets = zeroblob(length(octets))")
        async with reading(old) as reader:
            await reader.press("home", "enter")
            await reader.shows("Its text.")
            await reader.press("i")
            await reader.until(lambda: len(damaged(database)) == 1)


def damaged(database: Database) -> list[object]:
    return database.connection.execute(
        "SELECT content FROM part WHERE part_id = '' AND NOT complete"
    ).fetchall()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_mailbox_says_how_many_of_its_messages_the_server_has(
    old: Home, size: tuple[int, int]
) -> None:
    there = UNICODE.on_server
    async with reading(old, size=size) as reader:
        await reader.press("1")
        await reader.shows(f"{there} 3")
        database = reader.app.accounts.database("old")
        with database.transaction() as tx:
            note_left(tx, [load_pulled(tx)[b"Newest"]])
        await reader.shows(f"{there} 2")
        await reader.press("2", "home", "j", "j", "e", "1")
        await reader.until(lambda: reader.text.count(f"{there} 1") == 2)
