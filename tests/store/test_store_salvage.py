import random
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.store.acting import NOW
from tests.store.filling import IDENTITY, NAMES, Place, assert_counts, mail
from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError, StoreDamaged
from tui_mail.model.flags import SEEN
from tui_mail.model.ids import (
    WHOLE,
    MessageNumber,
    PartId,
    SubmissionId,
    Uid,
    WritingId,
)
from tui_mail.model.operation import (
    Copy,
    CreateMailbox,
    Move,
    RenameMailbox,
    SetFlags,
)
from tui_mail.model.outgoing import Outgoing, SubmissionState
from tui_mail.model.readable import ReadableText
from tui_mail.model.uids import UidSet
from tui_mail.store.connections import damage_mark
from tui_mail.store.content import (
    complete_part,
    load_part,
    save_chunk,
    save_headers,
    save_text,
)
from tui_mail.store.database import AccountIdentity, Database
from tui_mail.store.journal import last_undoable, undo
from tui_mail.store.mailboxes import load_mailboxes
from tui_mail.store.outbox import (
    SubmissionDamaged,
    cancel,
    load_octets,
    load_submissions,
    submit,
)
from tui_mail.store.performing import perform
from tui_mail.store.replaying import due_operations
from tui_mail.store.vanishing import apply_vanished
from tui_mail.store.wanting import want_part
from tui_mail.store.writing import begin_writing, load_writing

PAGE = 4096
TABLES = (
    *("account", "mailbox", "content", "message", "link", "part", "chunk", "wanted"),
    *("readable", "delta", "operation", "operation_item"),
    *("action", "action_flag", "action_move", "action_copy", "action_pin"),
    *("trashed", "mailbox_wish", "action_mailbox", "sqlite_sequence"),
    *("submission", "submission_chunk", "action_submission"),
    *("writing", "writing_source"),
)
COUNT = 400
MAIL = Outgoing(
    message_id="1@ann.example",
    sender="ann@example.org",
    recipients=("bob@there.example",),
    octets=b"Subject: Budget\r\n\r\n" + b"Figures.\r\n" * 60_000,
)


def _fill(place: Place) -> None:
    """Put some of everything in."""
    numbers = place.fill(COUNT)
    with place.database.transaction() as tx:
        for number in numbers[:300]:
            text = displayable(f"Words of {number}. " * 20)
            save_text(tx, number, ReadableText(text, "plain", renderer=1))
            save_headers(tx, number, b"Subject: x\r\n\r\n" * 20)
        for number in numbers[:40]:
            save_chunk(tx, number, WHOLE, 0, b"%d " % number * 3000)
            complete_part(tx, number, WHOLE)
        want_part(tx, numbers[5], PartId("2"))
        writing = begin_writing(tx, '{"body": "Yes."}', NOW, sources=numbers[5:7])
        submit(tx, MAIL, said="sent", session="one", not_before=NOW, writing=writing)
        archive = place.box("Archive")
        seen = frozenset({SEEN})
        for wish in (
            SetFlags(tuple(numbers[:50]), seen),
            Move(tuple(numbers[20:30]), archive),
            Copy(tuple(numbers[30:35]), archive),
            RenameMailbox(place.box("Work"), "Play"),
            CreateMailbox("New"),
        ):
            perform(tx, wish, said="did", session="one")
        apply_vanished(tx, place.box(), UidSet.parse("390:400"))


@pytest.fixture
def full(place: Place) -> Place:
    _fill(place)
    place.database.close()
    # Everything into the file itself.
    connection = sqlite3.connect(place.path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return place


def _dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(path)
    try:
        return {
            table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr)
            for table in TABLES
        }
    finally:
        connection.close()


def _open(place: Place) -> None:
    damage_mark(place.path).touch()
    place.open()


def _kept(place: Place) -> list[Path]:
    found = place.path.parent.glob("work.db.damaged-*")
    return [path for path in found if not path.name.endswith(".txt")]


def _report(place: Place) -> str:
    [path] = place.path.parent.glob("work.db.damaged-*.txt")
    return path.read_text()


def _pages_of(path: Path, table: str) -> list[int]:
    """List the pages of a table that hold rows, without its first."""
    connection = sqlite3.connect(path)
    try:
        return [
            page
            for (page,) in connection.execute(
                "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'"
                " ORDER BY path",
                (table,),
            )
        ]
    except sqlite3.OperationalError:
        pytest.skip("this SQLite cannot tell its pages")
    finally:
        connection.close()


def _overwrite(path: Path, page: int, octets: bytes) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(octets)


def test_of_a_sound_file_nothing_is_lost(full: Place) -> None:
    before = _dump(full.path)
    octets = full.path.read_bytes()
    _open(full)
    full.database.close()
    after = _dump(full.path)
    for table in TABLES:
        if table != "mailbox":
            assert after[table] == before[table], table
    assert _kept(full)[0].read_bytes() == octets
    assert _report(full).splitlines() == [f"salvaged from {_kept(full)[0].name}"]
    connection = sqlite3.connect(full.path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    connection.close()
    assert stat.S_IMODE(full.path.stat().st_mode) == 0o600


def test_what_a_crash_left_in_the_log_is_saved_too(place: Place) -> None:
    _fill(place)
    copy = place.path.with_name("copy.db")
    for suffix in ("", "-wal"):
        source = Path(f"{place.path}{suffix}")
        Path(f"{copy}{suffix}").write_bytes(source.read_bytes())
    damage_mark(copy).touch()
    saved = Database.open(copy, "work", identity=IDENTITY)
    [count] = saved.connection.execute("SELECT count(*) FROM message").fetchone()
    saved.close()
    assert [(count,)] == place.rows("SELECT count(*) FROM message")


def test_numbers_that_were_given_are_not_given_again(full: Place) -> None:
    [(last,)] = [
        row[1:] for row in _dump(full.path)["sqlite_sequence"] if row[0] == "message"
    ]
    _open(full)
    assert full.fetch(mail(900))[0] > int(str(last))


def test_what_lies_behind_each_damaged_page_is_saved(full: Place) -> None:
    pages = _pages_of(full.path, "chunk")
    before = _dump(full.path)["chunk"]
    for page in (pages[2], pages[len(pages) // 2], pages[-3]):
        _overwrite(full.path, page, b"\x00" * PAGE)
    _open(full)
    saved = full.rows("SELECT * FROM chunk")
    assert set(saved) <= set(before)
    assert len(before) - 3 * 40 <= len(saved) < len(before)
    assert "chunk: not all could be read" in _report(full)
    assert full.database.check() == []
    first = MessageNumber(1)
    assert load_part(full.database, first, WHOLE) == b"1 " * 3000


def test_a_lost_first_page_loses_nothing_else(full: Place) -> None:
    before = _dump(full.path)
    _overwrite(full.path, 1, b"\x00" * PAGE)
    full.open()
    full.database.close()
    after = _dump(full.path)
    for table in TABLES:
        if table != "mailbox":
            assert after[table] == before[table], table


def test_wishes_and_the_way_back_survive(full: Place) -> None:
    for page in _pages_of(full.path, "content")[-4:-1]:
        _overwrite(full.path, page, b"\xff" * PAGE)
    _open(full)
    assert [one.kind for one in due_operations(full.database, NOW)] == ["move", "copy"]
    entry = last_undoable(full.database)
    assert entry is not None
    with full.database.transaction() as tx:
        undo(tx, entry.id, session="two")


def test_what_the_server_has_to_tell_again_is_asked_for(full: Place) -> None:
    _open(full)
    for box in load_mailboxes(full.database):
        assert (box.state.highest_modseq, box.state.low_uid) == (0, Uid(0))


@pytest.mark.parametrize(
    "octets", [b"", b"hello", bytes(50_000)], ids=["noise", "short", "zeros"]
)
def test_where_nothing_can_be_read_it_says_so_and_keeps_a_copy(
    full: Place, octets: bytes
) -> None:
    if not octets:
        octets = random.Random(1).randbytes(50_000)
    full.path.write_bytes(octets)
    with pytest.raises(StoreDamaged, match="a copy is in"):
        full.open()
    assert full.path.read_bytes() == octets
    assert [path.read_bytes() for path in _kept(full)] == [octets]
    with pytest.raises(StoreDamaged):
        full.open()
    assert len(_kept(full)) == 1, "each start has made a copy"
    assert not list(full.path.parent.glob("*.salvaged*"))


@pytest.mark.parametrize("damage", ["cut", "noise"])
def test_a_small_file_whose_list_of_tables_is_hurt_is_salvaged(
    place: Place, damage: str
) -> None:
    place.fill(5)
    place.database.close()
    octets = place.path.read_bytes()
    half = len(octets) // 2
    hurt = octets[:half]
    if damage == "noise":
        hurt += random.Random(1).randbytes(40_000) + octets[half + 40_000 :]
    place.path.write_bytes(hurt)
    assert not place.database.salvaged
    _open(place)
    assert "damaged and salvaged from work.db.damaged-" in place.database.salvaged
    names = {name for (name,) in place.rows("SELECT name FROM mailbox WHERE id > 0")}
    assert names == set(NAMES)
    assert_counts(place)
    place.fill(5)


@pytest.mark.parametrize("kind", ["flip", "zero", "truncate", "swap"])
@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_damaged_it_opens_or_says_so_and_is_sound_after(
    full: Place, kind: str, seed: int
) -> None:
    chance = random.Random(seed)
    before = _dump(full.path)
    octets = bytearray(full.path.read_bytes())
    pages = len(octets) // PAGE
    if kind == "flip":
        for _ in range(30):
            octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
    elif kind == "truncate":
        del octets[chance.randrange(PAGE, len(octets)) :]
    else:
        for _ in range(4):
            page, other = chance.randrange(pages), chance.randrange(pages)
            fresh = bytes(PAGE) if kind == "zero" else octets[other * PAGE :][:PAGE]
            octets[page * PAGE : (page + 1) * PAGE] = fresh
    full.path.write_bytes(octets)
    try:
        _open(full)
    except MailError as error:
        assert isinstance(error, StoreDamaged)  # noqa: PT017
        return
    assert full.database.check() == []
    assert _kept(full)[0].read_bytes() == octets
    assert_counts(full)
    # Octets are right, or known to be wrong.
    for number in range(1, 41):
        with suppress(MailError):
            saved = load_part(full.database, MessageNumber(number), WHOLE)
            assert saved in (None, b"%d " % number * 3000)
    assert len(full.rows("SELECT 1 FROM message")) <= len(before["message"])
    full.fetch(mail(5000))


def _as_pop3(place: Place) -> None:
    connection = sqlite3.connect(place.path)
    connection.execute("UPDATE account SET kind = 'pop3'")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("table", ["message", "mailbox", "content"])
def test_of_an_account_without_a_server_copy_everything_that_is_whole_is_shown(
    full: Place, table: str
) -> None:
    _as_pop3(full)
    connection = sqlite3.connect(full.path)
    connection.execute(f"DELETE FROM {table} WHERE rowid > 0")
    connection.commit()
    connection.close()
    damage_mark(full.path).touch()
    identity = AccountIdentity("pop3", IDENTITY.host, IDENTITY.user)
    full.database = Database.open(full.path, "work", identity=identity)
    wholes = full.rows(
        "SELECT count(DISTINCT p.content) FROM part p JOIN message m"
        " ON m.content = p.content JOIN mailbox b ON b.id = m.mailbox"
        " WHERE p.part_id = '' AND p.complete AND b.id > 0"
    )
    assert wholes == [(40,)]
    assert full.database.check() == []
    assert_counts(full)


def test_a_table_of_tables_that_is_no_text_is_damage_like_any_other(
    full: Place,
) -> None:
    before = _dump(full.path)["message"]
    with closing(sqlite3.connect(full.path)) as connection:
        connection.execute("PRAGMA writable_schema = 1")
        connection.execute(
            "UPDATE sqlite_schema SET sql = CAST(x'637265617465a0a0' AS TEXT)"
            " WHERE name = 'content'"
        )
        connection.commit()
    full.open()
    full.database.close()
    assert full.database.salvaged
    assert _dump(full.path)["message"] == before


def _only_mail(place: Place) -> SubmissionId:
    [mail] = load_submissions(place.database)
    return mail.id


def test_the_outbox_survives_damage_to_all_else(full: Place) -> None:
    for table in ("content", "message", "chunk"):
        for page in _pages_of(full.path, table):
            _overwrite(full.path, page, b"\xff" * PAGE)
    _open(full)
    [due] = load_submissions(full.database)
    assert due.addresses == MAIL.recipients
    assert b"".join(load_octets(full.database, due.id)) == MAIL.octets
    assert load_writing(full.database, WritingId(1)) == '{"body": "Yes."}'


def test_a_mail_that_lost_octets_is_known_to_be_damaged(full: Place) -> None:
    with closing(sqlite3.connect(full.path)) as connection:
        connection.execute("DELETE FROM submission_chunk WHERE start > 0")
        connection.commit()
    _open(full)
    with pytest.raises(SubmissionDamaged):
        list(load_octets(full.database, _only_mail(full)))


@pytest.mark.parametrize(
    "recipients", ["[[", "[[1, 2, 3]]", '["bob"]', '[["eve@b.example", "waiting", ""]]']
)
def test_a_mail_goes_to_nobody_whose_address_was_damaged(
    full: Place, recipients: str
) -> None:
    with closing(sqlite3.connect(full.path)) as connection:
        connection.execute("UPDATE submission SET recipients = ?", (recipients,))
        connection.commit()
    _open(full)
    number = _only_mail(full)
    with pytest.raises(SubmissionDamaged):
        list(load_octets(full.database, number))
    with full.database.transaction() as tx:
        cancel(tx, number)
    assert full.rows("SELECT 1 FROM mailbox WHERE special_use = 'drafts' AND total = 1")


def test_a_mail_in_a_state_that_nobody_knows_is_in_doubt(full: Place) -> None:
    with closing(sqlite3.connect(full.path)) as connection:
        connection.execute("UPDATE submission SET state = 'qqqqqq'")
        connection.commit()
    _open(full)
    [mail] = load_submissions(full.database)
    assert (mail.state, mail.doubted) == (SubmissionState.UNKNOWN, True)
