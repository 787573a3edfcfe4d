import multiprocessing
import os
import sqlite3
import stat
import threading
import time
from pathlib import Path

import pytest

from tests.store.filling import IDENTITY, Place, mail
from tui_mail.model.error import (
    AccountChanged,
    MailError,
    StoreDamaged,
    StoreFailed,
    StoreTooNew,
)
from tui_mail.model.event import (
    Event,
    MailboxChanged,
    MailboxesChanged,
    MessagesChanged,
)
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.store.connections import damage_mark
from tui_mail.store.database import AccountIdentity, Database, Transaction
from tui_mail.store.source import snapshot
from tui_mail.store.views import load_view


def _add_mailbox(tx: Transaction, name: str) -> None:
    tx.connection.execute(
        "INSERT INTO mailbox (wire_name, name) VALUES (?, ?)", (name.encode(), name)
    )


def _names(place: Place) -> set[object]:
    return {name for (name,) in place.rows("SELECT name FROM mailbox")}


def test_an_exception_takes_the_whole_transaction_back(place: Place) -> None:
    def fail() -> None:
        with place.database.transaction() as tx:
            _add_mailbox(tx, "Lost")
            tx.publish(MailboxesChanged())
            raise KeyError

    place.events.clear()
    with pytest.raises(KeyError):
        fail()
    assert "Lost" not in _names(place)
    assert place.events == []
    with place.database.transaction() as tx:
        _add_mailbox(tx, "Kept")
    assert "Kept" in _names(place)


def test_a_mistake_in_sql_is_a_store_failure_and_takes_everything_back(
    place: Place,
) -> None:
    def fail() -> None:
        with place.database.transaction() as tx:
            _add_mailbox(tx, "Twice")
            _add_mailbox(tx, "Twice")

    with pytest.raises(StoreFailed):
        fail()
    assert "Twice" not in _names(place)


def test_events_go_out_merged_and_only_after_the_commit(place: Place) -> None:
    seen: list[tuple[list[Event], bool]] = []
    box = MailboxId(1)

    def listen(events: list[Event]) -> None:
        seen.append((events, "New" in _names(place)))

    stop = place.database.listen(listen)
    with place.database.transaction() as tx:
        _add_mailbox(tx, "New")
        for number in (1, 2):
            tx.publish(MessagesChanged(box, frozenset({MessageNumber(number)})))
            tx.publish(MailboxChanged(box))
        assert seen == []
    both = frozenset({MessageNumber(1), MessageNumber(2)})
    assert seen == [([MessagesChanged(box, both), MailboxChanged(box)], True)]
    stop()
    stop()
    with place.database.transaction() as tx:
        tx.publish(MailboxesChanged())
    assert len(seen) == 1


def test_a_reader_cannot_write(place: Place) -> None:
    with pytest.raises(StoreFailed, match="readonly"):
        place.database.connection.execute("DELETE FROM mailbox")


def test_every_thread_reads_through_a_connection_of_its_own(place: Place) -> None:
    found: list[sqlite3.Connection] = []
    thread = threading.Thread(target=lambda: found.append(place.database.connection))
    thread.start()
    thread.join()
    assert found[0] is not place.database.connection
    assert place.database.connection is place.database.connection


def test_one_transaction_within_another_is_refused_and_the_outer_goes_on(
    place: Place,
) -> None:
    with place.database.transaction() as tx:
        _add_mailbox(tx, "Outer")
        with pytest.raises(StoreFailed), place.database.transaction():
            pass
    assert "Outer" in _names(place)


def test_threads_that_write_wait_for_each_other(place: Place) -> None:
    def add(name: str) -> None:
        with place.database.transaction() as tx:
            time.sleep(0.01)
            _add_mailbox(tx, name)

    threads = [threading.Thread(target=add, args=(f"Box {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {f"Box {n}" for n in range(8)} <= _names(place)


def _write_from_a_process(path: Path, name: str) -> None:
    database = Database.open(path, "work", identity=IDENTITY)
    try:
        for count in range(30):
            with database.transaction() as tx:
                _add_mailbox(tx, f"{name} {count}")
                time.sleep(0.001)
    finally:
        database.close()


def test_processes_that_write_at_once_wait_for_each_other(place: Place) -> None:
    context = multiprocessing.get_context("spawn")
    children = [
        context.Process(target=_write_from_a_process, args=(place.path, name))
        for name in ("left", "right")
    ]
    for child in children:
        child.start()
    before = place.database.data_version()
    while any(child.is_alive() for child in children):
        with place.database.transaction() as tx:
            tx.connection.execute("UPDATE mailbox SET subscribed = 1")
        time.sleep(0.002)
    for child in children:
        child.join()
        assert child.exitcode == 0
    assert len(_names(place)) == 6 + 60
    assert place.database.data_version() != before


def test_a_database_is_closed_from_another_thread_while_one_reads(place: Place) -> None:
    place.fill(300)
    errors: list[MailError] = []
    reading = threading.Event()

    def read() -> None:
        try:
            while True:
                load_view(place.database, place.box(), "from", threads=True)
                reading.set()
        except MailError as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert reading.wait(10)
    place.database.close()
    for thread in threads:
        thread.join()
    assert {type(error) for error in errors} == {StoreFailed}
    place.database.close()
    with pytest.raises(StoreFailed), place.database.transaction():
        pass
    with pytest.raises(StoreFailed):
        place.rows("SELECT 1")


def test_several_reads_see_one_state(place: Place) -> None:
    count = "SELECT count(*) FROM mailbox"
    with snapshot(place.database):
        before = place.rows(count)
        with place.database.transaction() as tx:
            _add_mailbox(tx, "Meanwhile")
        assert place.rows(count) == before
    assert place.rows(count) != before


@pytest.mark.parametrize(
    "identity",
    [
        AccountIdentity("imap", "imap.example.net", "ann"),
        AccountIdentity("imap", "imap.example.org", "bob"),
        AccountIdentity("pop3", "imap.example.org", "ann"),
    ],
)
def test_another_server_or_user_is_refused_and_nothing_is_touched(
    place: Place, identity: AccountIdentity
) -> None:
    place.fill(2)
    before = place.rows("SELECT * FROM message")
    with pytest.raises(AccountChanged, match="ann at imap"):
        Database.open(place.path, "work", identity=identity)
    assert place.rows("SELECT * FROM message") == before


def test_a_newer_versions_file_is_left_as_it_is(place: Place) -> None:
    with place.database.transaction() as tx:
        tx.connection.execute("PRAGMA user_version = 99")
    place.database.close()
    octets = place.path.read_bytes()
    with pytest.raises(StoreTooNew):
        Database.open(place.path, "work", identity=IDENTITY)
    damage_mark(place.path).touch()
    with pytest.raises(StoreTooNew):
        Database.open(place.path, "work", identity=IDENTITY)
    assert place.path.read_bytes() == octets


def test_the_files_are_for_their_owner_only(place: Place) -> None:
    place.fill(1)
    for file in place.path.parent.glob("work.db*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_a_new_file_has_what_it_must_have_from_the_first_table(place: Place) -> None:
    with place.database.transaction() as tx:
        told = [
            tx.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "auto_vacuum", "synchronous", "foreign_keys")
        ]
    assert told == ["wal", 2, 2, 1]


def test_all_tables_are_strict(place: Place) -> None:
    loose = place.rows(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND strict = 0 AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'readable_index%'"
    )
    assert loose == []


def test_a_folder_that_is_not_there_is_a_store_failure(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed):
        Database.open(tmp_path / "none" / "x.db", "x", identity=IDENTITY)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_cannot_be_written_is_a_store_failure(place: Place) -> None:
    place.database.close()
    place.path.chmod(0o400)
    with pytest.raises(StoreFailed):
        place.open()


def test_a_full_disk_is_a_store_failure_and_what_was_committed_stays(
    place: Place,
) -> None:
    numbers = place.fill(3)
    with place.database.transaction() as tx:
        [pages] = tx.connection.execute("PRAGMA page_count").fetchone()
        tx.connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreFailed, match="full"):
        place.fetch(*map(mail, range(10, 3000)))
    view = load_view(place.database, place.box(), "oldest", threads=False)
    assert list(view.numbers) == numbers


def test_an_engine_that_did_not_end_is_known_by_the_next(place: Place) -> None:
    assert place.database.begin_use()
    place.reopen()
    assert not place.database.begin_use()
    place.database.end_use()
    assert place.database.begin_use()


def test_a_sound_database_has_nothing_to_tell(place: Place) -> None:
    place.fill(5)
    assert place.database.check() == []
    assert not damage_mark(place.path).exists()


@pytest.fixture
def damaged(place: Place) -> Place:
    """Close the place, and damage the middle of its file."""
    place.fill(2000)
    place.database.close()
    with place.path.open("r+b") as file:
        file.seek(4096 * (place.path.stat().st_size // 8192))
        file.write(b"\x99" * 4096 * 8)
    return place


def _read_all(place: Place) -> None:
    for table in ("content", "message"):
        place.rows(f"SELECT * FROM {table} ORDER BY rowid")


def test_damage_that_is_met_is_an_error_of_the_house_and_salvaged_at_the_next_start(
    damaged: Place,
) -> None:
    damaged.open()
    problems = damaged.database.check()
    with pytest.raises(StoreDamaged):
        _read_all(damaged)
    assert problems
    damaged.reopen()
    assert damaged.database.check() == []
    assert list(damaged.path.parent.glob("work.db.damaged-*.txt"))
    assert not damage_mark(damaged.path).exists()


def test_a_damaged_file_that_is_open_elsewhere_is_not_exchanged(
    damaged: Place,
) -> None:
    damaged.open()
    assert damaged.database.check()
    other = Database.open(damaged.path, "work", identity=IDENTITY)
    other.close()
    assert not list(damaged.path.parent.glob("work.db.damaged-*"))


def test_a_text_that_is_none_any_more_is_damage_too(place: Place) -> None:
    place.fill(5)
    with place.database.transaction() as tx:
        tx.connection.execute("UPDATE content SET subject = CAST(x'41a0ff' AS TEXT)")
    with pytest.raises(StoreDamaged) as caught:
        place.rows("SELECT subject FROM content")
    assert "salvaged at the next start" in str(caught.value)
    place.reopen()
    assert place.database.salvaged
    assert place.rows("SELECT DISTINCT subject FROM content") == [("A\ufffd\ufffd",)]
    assert place.database.check() == []
