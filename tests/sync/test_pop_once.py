"""POP3 accounts brought in step, at a real server."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot, Options
from tests.sync.mailing import letter, letters
from tests.sync.popping import PopDesk
from tui_mail.config.places import Places
from tui_mail.config.settings import Account, Settings
from tui_mail.model.error import LinkLost, NotFound, ServerRefused
from tui_mail.model.ids import WHOLE, PartId
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.operation import Copy, Expunge, Move
from tui_mail.store.content import load_part, load_text
from tui_mail.store.mailboxes import load_mailboxes
from tui_mail.store.pulling import PullState, load_pulled
from tui_mail.store.receipts import load_receipts
from tui_mail.store.salvage import salvage
from tui_mail.sync import pop_arriving, pop_patience
from tui_mail.sync.asked import fetch_once
from tui_mail.sync.engine import run_once

pytestmark = pytest.mark.dovecot


@pytest.fixture
def desk(dovecot: Dovecot, places: Places) -> Iterator[PopDesk]:
    desk = PopDesk(dovecot, dovecot.fresh_user(), places)
    yield desk
    desk.close()


def days_pass(desk: PopDesk, days: int) -> None:
    """Have all that came have come so many days before."""
    back = (days * 86_400,)
    with desk.database.transaction() as tx:
        tx.connection.execute("UPDATE pop_message SET stored_at = stored_at - ?", back)
        tx.connection.execute("UPDATE trashed SET since = since - ?", back)


def delete(desk: PopDesk, *subjects: str) -> None:
    desk.perform(Expunge(tuple(desk.number(subject) for subject in subjects)))


def mails(folder: Path) -> list[bytes]:
    assert not list((folder / "tmp").iterdir())
    return [
        path.read_bytes()
        for name in ("cur", "new")
        for path in folder.glob(f"{name}/*")
    ]


def test_new_mail_comes_whole_with_its_text_and_stays_on_the_server(
    desk: PopDesk,
) -> None:
    desk.fill(letters(1, 5))
    assert str(desk.sync()) == "5 new"
    assert set(desk.octets_here()) == set(desk.octets_there())
    assert load_part(desk.database, desk.number("letter 3"), WHOLE) == letter(3).octets
    for row in desk.rows():
        text = load_text(desk.database, row.number)
        assert text is not None
        assert text.text.startswith("Hello")
        assert row.on_server is True
    assert str(desk.sync()) == "in step"
    desk.fill([letter(6)])
    assert str(desk.sync()) == "1 new"
    assert len(desk.octets_there()) == 6
    [receipt] = load_receipts(desk.database, 5)
    assert receipt.counts == {"new": 6}


def test_the_newest_comes_first(desk: PopDesk) -> None:
    desk.fill(letters(1, 9))
    desk.sync()
    by_number = sorted(desk.rows(), key=lambda row: row.number)
    assert [row.subject for row in by_number] == [
        f"letter {n}" for n in range(9, 0, -1)
    ]


def test_a_message_arrived_when_its_last_server_got_it(desk: PopDesk) -> None:
    received = b"Received: from a by b; Fri, 2 Jan 2026 03:04:05 +0100\r\n"
    desk.fill([received + letter(1).octets, letter(2)])
    desk.sync()
    arrived = dict(
        desk.database.connection.execute(
            "SELECT c.subject, m.arrival FROM message m JOIN content c ON c.id = m.content"
        )
    )
    assert arrived["letter 1"] == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC).timestamp()
    now = datetime.now(UTC).timestamp()
    assert now - 60 < arrived["letter 2"] <= now


def test_what_is_deleted_after_the_download_is_here_first(desk: PopDesk) -> None:
    desk.pop(delete_after="download")
    desk.fill(letters(1, 40))
    assert str(desk.sync()) == "40 new, 40 deleted on the server"
    assert desk.octets_there() == []
    assert len(desk.octets_here()) == 40
    assert {row.on_server for row in desk.rows()} == {False}
    assert str(desk.sync()) == "in step"


def test_what_is_deleted_after_days_stays_until_then(desk: PopDesk) -> None:
    desk.pop(delete_after="30 days")
    desk.fill(letters(1, 2))
    desk.sync()
    days_pass(desk, 29)
    desk.fill([letter(3)])
    assert str(desk.sync()) == "1 new"
    days_pass(desk, 1)
    assert str(desk.sync()) == "2 deleted on the server"
    assert desk.octets_there() == [letter(3).octets]
    assert len(desk.octets_here()) == 3


def test_what_is_deleted_here_for_ever_goes_and_never_comes_again(
    desk: PopDesk,
) -> None:
    desk.fill(letters(1, 4))
    desk.sync()
    desk.make("Trash", SpecialUse.TRASH)
    desk.perform(Move((desk.number("letter 4"),), desk.box("Trash").id))
    delete(desk, "letter 1", "letter 2")
    assert str(desk.sync()) == "in step"
    assert len(desk.octets_there()) == 4
    desk.pop(delete_after="removed")
    assert str(desk.sync(yes=True)) == "2 deleted on the server"
    assert desk.octets_there() == [letter(3).octets, letter(4).octets]
    assert str(desk.sync()) == "in step"


def test_again_brings_back_what_was_deleted_for_ever(desk: PopDesk) -> None:
    desk.fill(letters(1, 3))
    desk.sync()
    delete(desk, "letter 1", "letter 2")
    assert str(desk.sync(dry_run=True, again=True)) == "would be: 2 new"
    assert str(desk.sync()) == "in step"
    assert str(desk.sync(again=True)) == "2 new"
    assert len(desk.octets_here()) == 3


def test_what_is_done_here_changes_nothing_on_the_server(desk: PopDesk) -> None:
    desk.pop(delete_after="removed")
    desk.fill(letters(1, 3))
    desk.sync()
    desk.make("Archive", SpecialUse.ARCHIVE)
    archive = desk.box("Archive").id
    desk.perform(Move((desk.number("letter 1"),), archive))
    desk.perform(Copy((desk.number("letter 2"),), archive))
    delete(desk, "letter 2")
    assert str(desk.sync()) == "in step"
    assert len(desk.octets_there()) == 3
    assert {str(row.subject) for row in desk.rows("Archive")} == {
        "letter 1",
        "letter 2",
    }


@pytest.mark.parametrize("policy", ["download", "2 days", "removed"])
def test_a_changed_setting_deletes_nothing_before_somebody_says_yes(
    desk: PopDesk, policy: str
) -> None:
    desk.fill(letters(1, 3))
    desk.sync()
    days_pass(desk, 3)
    delete(desk, "letter 1")
    desk.pop(delete_after=policy)
    desk.fill([letter(4)])
    looked = desk.sync(dry_run=True)
    assert "sync --yes" in str(looked)
    assert looked.deleted_there == 0
    assert desk.sync(dry_run=True, yes=True).deleted_there > 0
    for _ in range(2):
        receipt = desk.sync()
        assert not receipt.whole
        assert f'delete_after was "never" and is "{policy}" now' in str(receipt)
        assert len(desk.octets_there()) == 4
    assert len(desk.octets_here()) == 3, "it is downloaded all the same"
    receipt = desk.sync(yes=True)
    assert receipt.whole
    assert receipt.deleted_there == {"download": 4, "2 days": 3, "removed": 1}[policy]
    assert desk.sync().whole


@pytest.mark.parametrize(
    ("before", "after"),
    [("download", "removed"), ("2 days", "3 days"), ("removed", "download")],
)
def test_whatever_the_setting_was_a_change_of_it_needs_a_yes(
    desk: PopDesk, before: str, after: str
) -> None:
    desk.pop(delete_after=before)
    desk.fill(letters(1, 3))
    desk.sync()
    desk.pop(delete_after=after)
    assert not desk.sync().whole
    assert desk.sync(yes=True).whole
    assert desk.sync().whole
    desk.pop(delete_after="never")
    assert desk.sync().whole


def test_after_never_each_change_needs_a_yes_again(desk: PopDesk) -> None:
    desk.fill(letters(1, 2))
    for policy in ("removed", "never"):
        desk.pop(delete_after=policy)
        assert desk.sync().whole
    desk.pop(delete_after="removed")
    assert not desk.sync().whole


def test_a_dry_run_says_what_would_be_and_does_nothing(desk: PopDesk) -> None:
    desk.pop(delete_after="download")
    desk.fill(letters(1, 3))
    assert str(desk.sync(dry_run=True)) == ("would be: 3 new, 3 deleted on the server")
    assert not desk.places.database("work").exists()
    assert len(desk.octets_there()) == 3
    desk.pop(delete_after="never")
    desk.sync()
    assert str(desk.sync(dry_run=True)) == "in step, nothing would be done"
    delete(desk, "letter 1")
    desk.fill([letter(4)])
    desk.pop(delete_after="removed")
    assert str(desk.sync(dry_run=True, yes=True)) == (
        "would be: 1 new, 1 deleted on the server"
    )
    assert len(desk.octets_there()) == 4


def test_identical_messages_are_here_once(desk: PopDesk) -> None:
    desk.fill([letter(1), letter(1), letter(2), letter(1)])
    assert str(desk.sync()) == "2 new"
    assert sorted(desk.octets_here()) == sorted([letter(1).octets, letter(2).octets])
    assert str(desk.sync()) == "in step"
    desk.fill([letter(1)])
    assert str(desk.sync()) == "in step"
    desk.pop(delete_after="download")
    assert str(desk.sync(yes=True)) == "5 deleted on the server"
    assert len(desk.octets_here()) == 2


def test_each_new_message_is_in_the_mirror_before_it_goes(
    desk: PopDesk, tmp_path: Path
) -> None:
    mirror = tmp_path / "of all" / "mirror"
    desk.fill([letter(1)])
    desk.sync()
    desk.pop(mirror=str(mirror), delete_after="download")
    desk.fill(letters(2, 6))
    assert str(desk.sync(yes=True)) == "5 new, 6 deleted on the server"
    assert sorted(mails(mirror)) == [one.octets for one in letters(2, 6)]
    for path in mirror.glob("new/*"):
        assert path.stat().st_mode & 0o777 == 0o600
        path.rename(mirror / "cur" / f"{path.name}:2,S")
    with desk.database.transaction() as tx:
        # As after a kill before it was noted.
        tx.connection.execute("UPDATE pop_message SET to_mirror = 1 WHERE id > 1")
    desk.sync()
    assert len(mails(mirror)) == 5


def test_nothing_goes_while_the_mirror_cannot_be_written(
    desk: PopDesk, tmp_path: Path
) -> None:
    mirror = tmp_path / "mirror"
    mirror.write_text("in the way")
    desk.pop(mirror=str(mirror), delete_after="download")
    desk.fill(letters(1, 3))
    receipt = desk.sync()
    assert receipt.new == 3
    assert "the mirror cannot be written" in str(receipt)
    assert len(desk.octets_there()) == 3
    mirror.unlink()
    assert str(desk.sync()) == "3 deleted on the server"
    assert len(mails(mirror)) == 3


def test_what_is_damaged_here_stays_on_the_server(desk: PopDesk) -> None:
    desk.pop(delete_after="2 days")
    desk.fill(letters(1, 3))
    desk.sync()
    days_pass(desk, 3)
    with desk.database.transaction() as tx:
        tx.connection.execute(
            "UPDATE chunk SET octets = x'00' WHERE content = (SELECT m.content FROM"
            " message m WHERE m.number = ?)",
            (desk.number("letter 2"),),
        )
    receipt = desk.sync()
    assert receipt.deleted_there == 2
    assert "a message here is damaged and stays on the server" in str(receipt)
    assert desk.octets_there() == [letter(2).octets]
    receipt = desk.sync()
    assert str(receipt) == (
        "1 deleted on the server; what was damaged here came again whole"
    )
    assert sorted(desk.octets_here()) == sorted(one.octets for one in letters(1, 3))


@pytest.mark.parametrize("large", [10**6, 100])
def test_what_a_salvage_brought_back_with_a_gap_comes_again_where_it_was(
    desk: PopDesk, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pop_arriving, "LARGE", large)
    desk.fill(letters(1, 3))
    desk.sync()
    desk.make("Archive", SpecialUse.ARCHIVE)
    number = desk.number("letter 2")
    desk.perform(Move((number,), desk.box("Archive").id))
    with desk.database.transaction() as tx:
        tx.connection.execute(
            "DELETE FROM chunk WHERE content = (SELECT m.content FROM message m"
            " WHERE m.number = ?)",
            (number,),
        )
    desk.close()
    salvage(desk.places.database("work"), "work")
    assert "came again whole" in str(desk.sync())
    assert desk.numbers("Archive") == [number]
    assert desk.octets_here("Archive") == [letter(2).octets]
    assert len(desk.octets_here()) == 2
    assert str(desk.sync()) == "in step"
    assert len(load_pulled(desk.database)) == 3


def test_what_a_salvage_lost_comes_again_and_does_not_go(desk: PopDesk) -> None:
    desk.pop(delete_after="2 days")
    desk.fill(letters(1, 3))
    desk.sync()
    days_pass(desk, 3)
    with desk.database.transaction() as tx:
        # The trigger takes no notice where the content is not there any more.
        tx.connection.execute("PRAGMA defer_foreign_keys = 1")
        number = desk.number("letter 2")
        [content] = tx.connection.execute(
            "SELECT content FROM message WHERE number = ?", (number,)
        ).fetchone()
        tx.connection.execute("DELETE FROM content WHERE id = ?", (content,))
        tx.connection.execute("DELETE FROM message WHERE number = ?", (number,))
        tx.connection.execute("DELETE FROM unused WHERE content = ?", (content,))
    assert str(desk.sync()) == "1 new, 2 deleted on the server"
    assert len(desk.octets_here()) == 3


def test_the_trash_empties_itself_and_what_nobody_has_is_forgotten(
    desk: PopDesk,
) -> None:
    desk.pop(delete_after="removed")
    desk.set(trash_days=30)
    desk.fill(letters(1, 3))
    desk.sync()
    desk.make("Trash", SpecialUse.TRASH)
    desk.perform(Move((desk.number("letter 1"),), desk.box("Trash").id))
    assert str(desk.sync()) == "in step"
    days_pass(desk, 31)
    assert desk.sync(dry_run=True).deleted == 1
    assert str(desk.sync()) == "1 deleted, 1 deleted on the server"
    assert desk.rows("Trash") == []
    assert len(desk.octets_there()) == 2
    [left] = desk.database.connection.execute("SELECT count(*) FROM content").fetchone()
    assert left == 2


def test_a_local_account_is_looked_after_too(desk: PopDesk) -> None:
    account = Account(name="home", address="bob@example.org", trash_days=30)
    desk.account = account
    desk.places.data.mkdir(parents=True)
    desk.make("Trash", SpecialUse.TRASH)
    from tui_mail.store.appending import append_message

    with desk.database.transaction() as tx:
        append_message(
            tx, desk.box("Trash").id, letter(1).octets, arrived=datetime.now(UTC)
        )
    settings = Settings(path=desk.places.settings_file())
    assert str(run_once(account, settings, desk.places)) == "in step"
    days_pass(desk, 31)
    assert str(run_once(account, settings, desk.places)) == "1 deleted"
    assert desk.rows("Trash") == []


def test_a_missing_text_is_made_and_a_part_is_not_asked_for(desk: PopDesk) -> None:
    desk.fill(letters(1, 2))
    desk.sync()
    number = desk.number("letter 1")
    with desk.database.transaction() as tx:
        tx.connection.execute("DELETE FROM readable")
    fetch_once(desk.account, desk.places, number, None)
    assert load_text(desk.database, number) is not None
    fetch_once(desk.account, desk.places, number, PartId("1"))
    with desk.database.transaction() as tx:
        tx.connection.execute("DELETE FROM part")
    with pytest.raises(NotFound, match="no server has it"):
        fetch_once(desk.account, desk.places, number, None)


def test_texts_that_an_engine_left_are_made_the_next_time(desk: PopDesk) -> None:
    desk.fill(letters(1, 2))
    desk.sync()
    with desk.database.transaction() as tx:
        tx.connection.execute("DELETE FROM readable")
    desk.sync()
    assert all(load_text(desk.database, row.number) for row in desk.rows())


def test_a_large_message_comes_as_it_is_with_its_text_and_its_parts(
    desk: PopDesk,
) -> None:
    lines = b"QUJD" * 19 + b"\r\n"
    large = (
        b"From: ann@example.org\r\nSubject: large\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nSee the files.\r\n"
        b"--b\r\nContent-Type: application/x-one; name=one\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + lines * 30_000 + b"--b\r\n"
        b"Content-Type: application/x-two; name=two\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + lines * 40_000 + b"--b--\r\n"
    )
    desk.fill([letter(1), large, letter(2), large])
    assert str(desk.sync()) == "3 new"
    number = desk.number("large")
    assert load_part(desk.database, number, WHOLE) == large
    text = load_text(desk.database, number)
    assert text is not None
    assert text.text.strip() == "See the files."
    from tui_mail.mime.parse import parse_message
    from tui_mail.store.content import load_structure

    found = load_structure(desk.database, number)
    assert found == parse_message(large)
    assert str(desk.sync()) == "in step"


def test_a_server_that_is_down_is_said_and_nothing_else(desk: PopDesk) -> None:
    desk.pop(port=1)
    with pytest.raises(LinkLost):
        desk.sync()


def test_what_was_said_to_leave_and_not_confirmed_is_settled_by_the_next_list(
    desk: PopDesk,
) -> None:
    desk.fill(letters(1, 2))
    desk.sync()
    with desk.database.transaction() as tx:
        tx.connection.execute("UPDATE pop_message SET state = 'leaving'")
    with desk.client() as client:
        client.dele(1)
    desk.sync()
    states = {one.state for one in load_pulled(desk.database).values()}
    assert states == {PullState.STORED, PullState.LEFT}


def test_what_a_salvage_brought_back_does_not_go_as_deleted(desk: PopDesk) -> None:
    desk.pop(delete_after="removed")
    desk.fill(letters(1, 2))
    desk.sync()
    delete(desk, "letter 1")
    desk.close()
    salvage(desk.places.database("work"), "work")
    assert len(desk.octets_here("INBOX", *_recovered(desk))) == 2
    assert desk.sync().deleted_there == 0
    assert len(desk.octets_there()) == 2


def _recovered(desk: PopDesk) -> list[str]:
    boxes = load_mailboxes(desk.database)
    return [str(box.name) for box in boxes if box.name != "INBOX"]


def test_a_mailbox_that_another_program_has_open_is_waited_for(
    dovecots: Callable[[Options], Dovecot],
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = dovecots(Options(extra="protocol pop3 {\n  pop3_lock_session = yes\n}\n"))
    desk = PopDesk(server, server.fresh_user(), places)
    desk.fill([letter(1)])
    # Dovecot waits for ten seconds before it says no.
    monkeypatch.setattr(pop_patience, "PATIENCE", 1.0)
    with desk.client() as client:
        client.stat()
        with pytest.raises(ServerRefused, match="synchronize again later"):
            desk.sync()
    monkeypatch.undo()
    assert str(desk.sync()) == "1 new"
    desk.close()
