"""Commands on POP3 and local accounts: what is made when it is needed, what cannot be had."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tui_mail.__main__ import main
from tui_mail.mime.headers import parse_envelope
from tui_mail.model.mailbox import SpecialUse
from tui_mail.store.agreeing import agree_policy
from tui_mail.store.appending import append_message
from tui_mail.store.database import AccountIdentity, Database
from tui_mail.store.mailboxes import create_local_mailbox
from tui_mail.store.pulling import begin_pull, finish_pull, save_piece

SETTINGS = """
[accounts.old]
address = "ann@old.example"
[accounts.old.pop3]
host = "127.0.0.1"
port = 9
security = "none"
delete_after = "download"
[accounts.shelf]
address = "ann@shelf.example"
"""
OCTETS = b"From: bob@example.org\r\nSubject: Budget\r\n\r\nThe zebra.\r\n"
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def ids(home: Path) -> tuple[str, str]:
    """Put a message into each account: POP3 and local."""
    config, data = (home / name / "tui-mail" for name in ("CONFIG_HOME", "DATA_HOME"))
    config.mkdir()
    (config / "config.toml").write_text(SETTINGS)
    data.mkdir(mode=0o700)
    old = AccountIdentity("pop3", "127.0.0.1", "ann@old.example")
    with (
        closing(Database.open(data / "old.db", "old", identity=old)) as database,
        database.transaction() as tx,
    ):
        inbox = create_local_mailbox(tx, "INBOX", SpecialUse.INBOX)
        begun = begin_pull(tx, b"one", parse_envelope(OCTETS), arrived=NOW)
        save_piece(tx, begun, 0, OCTETS)
        digest = sha256(OCTETS).digest()
        pulled = finish_pull(tx, begun, inbox, digest=digest, at=NOW)
        agree_policy(tx, "never")
    shelf = AccountIdentity("local", "", "")
    with (
        closing(Database.open(data / "shelf.db", "shelf", identity=shelf)) as database,
        database.transaction() as tx,
    ):
        inbox = create_local_mailbox(tx, "INBOX", SpecialUse.INBOX)
        put = append_message(tx, inbox, OCTETS, arrived=NOW)
    return f"old/{pulled}", f"shelf/{put}"


def roles(capsys: pytest.CaptureFixture[str]) -> dict[str, str | None]:
    capsys.readouterr()
    assert main(["mailboxes", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {f"{one['account']}/{one['mailbox']}": one["role"] for one in found}


def test_mailboxes_with_a_role_are_made_when_mail_goes_there(
    ids: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    old, shelf = ids
    assert main(["move", old, "archive"]) == 0
    assert main(["move", shelf, "Junk"]) == 0
    assert roles(capsys) == {
        "old/INBOX": "inbox",
        "old/Archive": "archive",
        "shelf/INBOX": "inbox",
        "shelf/Junk": "junk",
    }
    assert main(["delete", old, shelf]) == 0
    assert roles(capsys)["shelf/Trash"] == "trash"
    assert main(["outbox"]) == 0
    assert capsys.readouterr().out == ""


def test_what_is_archived_goes_below_the_archive_where_the_settings_say_so(
    home: Path, ids: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "CONFIG_HOME" / "tui-mail" / "config.toml"
    address = 'address = "ann@shelf.example"\n'
    path.write_text(SETTINGS.replace(address, f'{address}archive = "month"\n'))
    _, shelf = ids
    for _ in range(2):
        assert main(["move", shelf, "archive"]) == 0
        assert roles(capsys) == {
            "old/INBOX": "inbox",
            "shelf/INBOX": "inbox",
            "shelf/Archive": "archive",
            "shelf/Archive/2026-11": None,
        }
        assert where(capsys, "account:shelf") == ["Archive/2026-11"]
    # By its own name it is a mailbox like any other.
    assert main(["move", shelf, "Archive"]) == 0
    assert where(capsys, "account:shelf") == ["Archive"]


def where(capsys: pytest.CaptureFixture[str], query: str) -> list[str]:
    capsys.readouterr()
    assert main(["search", "--json", query]) == 0
    found = capsys.readouterr().out.splitlines()
    return [json.loads(line)["mailbox"] for line in found]


def test_a_mailbox_that_has_no_role_is_not_made_by_a_move(
    ids: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["move", ids[1], "Lists"]) == 1
    assert 'no mailbox "Lists"' in capsys.readouterr().err


def test_a_message_goes_from_account_to_account(
    ids: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["move", ids[0], "shelf/archive"]) == 0
    assert roles(capsys)["shelf/Archive"] == "archive"
    assert main(["search", "--json", "in:archive"]) == 0
    [found] = map(json.loads, capsys.readouterr().out.splitlines())
    assert (found["account"], found["uid"]) == ("shelf", None)


def test_deleting_for_ever_says_what_becomes_of_it_on_the_server(
    ids: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["delete", "--forever", *ids]) == 0
    said = capsys.readouterr().err
    assert "old: It goes from the server too, once you agree to the new" in said
    assert "shelf" not in said


def test_a_search_on_the_server_says_why_there_is_none(
    ids: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "--ids", "--server", "budget"]) == 0
    said = capsys.readouterr()
    assert set(said.out.splitlines()) == set(ids)
    assert "old: all its mail is here to be searched; POP3 cannot search" in said.err
    assert "shelf: all its mail is here to be searched; it has no server" in said.err


def test_all_of_it_can_be_shown_without_a_connection(
    ids: tuple[str, str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for one in ids:
        assert main(["show", one, "--raw"]) == 0
        assert capfdbinary.readouterr().out == OCTETS
        assert main(["show", one]) == 0
        assert b"The zebra." in capfdbinary.readouterr().out


def test_the_doctor_says_what_waits_for_a_yes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor", "old"]) == 1
    said = capsys.readouterr().out
    assert 'was "never": nothing is deleted there until you say yes' in said
    assert "tui-mail sync --yes old" in said


@pytest.mark.parametrize("key", ["download", "keep_days", "cache_limit"])
@pytest.mark.parametrize("account", ["old", "shelf"])
def test_what_would_make_room_is_refused_where_mail_may_be_nowhere_else(
    home: Path, capsys: pytest.CaptureFixture[str], key: str, account: str
) -> None:
    path = home / "CONFIG_HOME" / "tui-mail" / "config.toml"
    value = '"text"' if key == "download" else '"2G"' if key == "cache_limit" else "9"
    head = f"[accounts.{account}]\n"
    path.write_text(SETTINGS.replace(head, f"{head}{key} = {value}\n"))
    assert main(["mailboxes"]) == 2
    said = capsys.readouterr().err
    assert "nothing there is ever evicted" in said
    assert f"accounts.{account}.{key}" in said


@pytest.mark.parametrize("command", ["show", "export"])
def test_what_is_damaged_here_is_said_and_comes_again_where_a_server_has_it(
    home: Path,
    ids: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    data = home / "DATA_HOME" / "tui-mail"
    for name in ("old", "shelf"):
        with closing(sqlite3.connect(data / f"{name}.db")) as connection:
            connection.execute("UPDATE chunk SET octets = zeroblob(length(octets))")
            connection.commit()
    whole = "SELECT complete FROM part WHERE part_id = ''"
    for id_, said, complete in (
        (ids[0], "comes again with the next synchronization", 0),
        (ids[1], "is damaged", 1),
    ):
        if command == "show":
            assert main(["show", "--raw", id_]) == 1
            assert said in capsys.readouterr().err
        else:
            query = f"account:{id_.split('/')[0]}"
            assert main(["export", query, "--to", str(home / "x.mbox")]) == 1
            assert "is damaged" in capsys.readouterr().err
        with closing(sqlite3.connect(data / f"{id_.split('/')[0]}.db")) as connection:
            assert connection.execute(whole).fetchall() == [(complete,)]
