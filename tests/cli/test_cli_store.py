import io
import json
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tui_mail.__main__ import main
from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import ModSeq, Uid, UidValidity
from tui_mail.model.mailbox import ListedMailbox, MailboxState, SpecialUse
from tui_mail.model.message import Address, Envelope, FetchedMessage
from tui_mail.model.readable import ReadableText
from tui_mail.store.content import save_headers, save_text
from tui_mail.store.database import AccountIdentity, Database
from tui_mail.store.journal import load_journal
from tui_mail.store.mailboxes import apply_listing, load_mailboxes, save_state
from tui_mail.store.messages import apply_fetched
from tui_mail.store.replaying import (
    due_operations,
    mark_operation_sent,
    postpone_operation,
    requeue_operation,
)

SETTINGS = """
[accounts.work]
address = "ann@example.org"
[accounts.work.imap]
host = "127.0.0.1"
port = 9
security = "none"
"""
VALIDITY = UidValidity(7)
HEADERS = b"From: Bob <bob@example.org>\r\nSubject: Budget 1\r\n\r\n"


def _listed(name: str, use: SpecialUse | None) -> ListedMailbox:
    return ListedMailbox(name.encode(), name, "/", frozenset(), use, subscribed=True)


def _message(uid: int) -> FetchedMessage:
    bob = Address(Displayable("Bob"), Displayable("bob@example.org"))
    return FetchedMessage(
        Uid(uid),
        frozenset({"\\Seen"} if uid % 2 else ()),
        ModSeq(1),
        datetime(2026, 11, uid, 9, tzinfo=UTC),
        1000 * uid,
        Envelope(
            subject=Displayable(f"Budget {uid}"),
            from_=(bob,),
            date=datetime(2026, 11, uid, 9, tzinfo=UTC),
            message_id=f"{uid}@example.org",
        ),
    )


@pytest.fixture(autouse=True)
def account(home: Path) -> list[str]:
    """Fill an account with 25 messages; the ids of its messages, oldest first."""
    config = home / "CONFIG_HOME" / "tui-mail"
    config.mkdir()
    (config / "config.toml").write_text(SETTINGS)
    data = home / "DATA_HOME" / "tui-mail"
    data.mkdir(mode=0o700)
    database = Database.open(
        data / "work.db",
        "work",
        identity=AccountIdentity("imap", "127.0.0.1", "ann@example.org"),
    )
    try:
        names = [
            _listed("INBOX", SpecialUse.INBOX),
            _listed("Archive", SpecialUse.ARCHIVE),
            _listed("Trash", SpecialUse.TRASH),
        ]
        with database.transaction() as tx:
            apply_listing(tx, names, {})
        inbox = load_mailboxes(database)[0].id
        with database.transaction() as tx:
            state = MailboxState(
                uid_validity=VALIDITY, uid_next=Uid(26), low_uid=Uid(1)
            )
            save_state(tx, inbox, state, synced=True)
            numbers = apply_fetched(
                tx, inbox, VALIDITY, [_message(n) for n in range(1, 26)]
            )
            save_headers(tx, numbers[0], HEADERS)
            text = Displayable("The zebra paragraph.\n")
            save_text(tx, numbers[0], ReadableText(text, "plain", renderer=1))
    finally:
        database.close()
    return [f"work/{number}" for number in numbers]


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_the_mailboxes_are_told_with_all_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["mailboxes", "--json"]) == 0
    inbox, *others = map(json.loads, printed(capsys))
    assert list(inbox) == ["account", "mailbox", "role", "total", "unread", "synced_at"]
    assert (inbox["mailbox"], inbox["role"]) == ("INBOX", "inbox")
    assert (inbox["total"], inbox["unread"]) == (25, 12)
    assert datetime.fromisoformat(inbox["synced_at"]).tzinfo is not None
    assert {other["role"] for other in others} == {"archive", "trash"}
    assert all(other["synced_at"] is None for other in others)


def test_a_search_prints_objects_newest_first(
    account: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "--json", "from:bob"]) == 0
    found = list(map(json.loads, printed(capsys)))
    assert [one["id"] for one in found] == account[::-1]
    assert list(found[0]) == [
        *("id", "account", "mailbox", "uid", "message_id", "thread", "date", "from"),
        *("to", "cc", "subject", "flags", "size", "attachments", "snippet"),
    ]
    assert found[-1]["flags"] == ["\\Seen"]
    assert found[0]["date"] == "2026-11-25T09:00:00Z"
    assert found[0]["uid"] == 25


def test_a_search_can_print_ids_or_their_number(
    account: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "--ids", "--limit", "2", "*"]) == 0
    assert printed(capsys) == account[:-3:-1]
    assert main(["search", "--count", "-is:unread"]) == 0
    assert printed(capsys) == ["13"]


def test_figures_of_any_size_are_searched_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["search", "--count", "--limit", "9" * 30, "*"]) == 0
    assert main(["search", "--count", "larger:999999999999G"]) == 0
    assert main(["search", "--count", "smaller:999999999999G"]) == 0
    assert printed(capsys) == ["25", "0", "25"]


def test_a_search_without_hits_is_no_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["search", "--json", "nowhere"]) == 0
    assert printed(capsys) == []


def test_a_mistake_in_a_query_points_at_its_column(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["search", 'budget "open']) == 2
    assert "column 8" in capsys.readouterr().err


def test_flags_change_at_once_and_wait_for_the_server(
    account: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["flag", account[0], "--add", "flagged", "--remove", "seen"]) == 0
    assert main(["search", "--ids", "is:flagged", "is:unread"]) == 0
    assert printed(capsys) == [account[0]]
    assert main(["outbox", "--json"]) == 0
    waiting = list(map(json.loads, printed(capsys)))
    assert {one["kind"] for one in waiting} == {"flag"}
    assert list(waiting[0]) == [
        *("id", "account", "kind", "what", "state", "attempts", "not_before", "error"),
    ]


def test_the_journal_says_in_words_which_flags_a_command_changed(
    account: list[str], home: Path
) -> None:
    flags = ["--add", "flagged", "--add", "ToDo", "--remove", "seen"]
    assert main(["flag", account[0], *flags]) == 0
    path = home / "DATA_HOME" / "tui-mail" / "work.db"
    identity = AccountIdentity("imap", "127.0.0.1", "ann@example.org")
    with closing(Database.open(path, "work", identity=identity)) as database:
        [entry] = load_journal(database)
    assert entry.said == "changed the flags of 1 message: +ToDo +flagged -seen"


def test_what_waits_can_be_cancelled(
    account: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["flag", account[0], "--add", "flagged"]) == 0
    assert main(["outbox", "--json"]) == 0
    (waiting,) = map(json.loads, printed(capsys))
    assert main(["outbox", "--cancel", waiting["id"]]) == 0
    assert main(["outbox", "--json"]) == 0
    assert main(["search", "--count", "is:flagged"]) == 0
    assert printed(capsys) == ["0"]


def test_what_waits_says_how_often_it_was_tried_when_it_will_be_and_why(
    account: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["move", account[0], "Trash"]) == 0
    capsys.readouterr()
    later = datetime.now(UTC) + timedelta(hours=1)
    path = home / "DATA_HOME" / "tui-mail" / "work.db"
    identity = AccountIdentity("imap", "127.0.0.1", "ann@example.org")
    with (
        closing(Database.open(path, "work", identity=identity)) as database,
        database.transaction() as tx,
    ):
        [moving] = due_operations(tx, later)
        mark_operation_sent(tx, moving.id, uid_next_before=None)
        requeue_operation(tx, moving.id)
        postpone_operation(tx, moving.id, later, "there is no room left")
    assert main(["outbox"]) == 0
    [line] = printed(capsys)
    when = f"{later.astimezone():%Y-%m-%d %H:%M}"
    assert line.endswith(f"tried 1 time, again {when}; there is no room left")


def test_what_could_not_be_fetched_waits_and_can_be_cancelled(
    account: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", account[5]]) == 1
    capsys.readouterr()
    assert main(["outbox", "--json"]) == 0
    (waiting,) = map(json.loads, printed(capsys))
    assert (waiting["kind"], waiting["state"]) == ("fetch", "queued")
    assert waiting["what"] == 'fetch the text of "Budget 6"'
    assert main(["outbox", "--retry", waiting["id"]]) == 0
    assert main(["outbox", "--cancel", waiting["id"]]) == 0
    assert main(["outbox", "--json"]) == 0
    assert printed(capsys) == []
    assert main(["search", "--count", "is:pinned"]) == 0
    assert printed(capsys) == ["0"]


@pytest.mark.parametrize("flag", ["a b", "", "x)", "a\r\nb"])
def test_what_is_no_flag_is_refused(account: list[str], flag: str) -> None:
    assert main(["flag", account[0], "--add", flag]) == 2


def test_ids_come_from_stdin_and_move_to_a_role(
    account: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(account[:3])))
    assert main(["move", "-", "archive"]) == 0
    assert main(["search", "--ids", "in:archive"]) == 0
    assert printed(capsys) == account[2::-1]


def test_doctor_names_what_the_settings_call_a_mailbox_that_is_not_there(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "CONFIG_HOME" / "tui-mail" / "config.toml"
    roles = '[accounts.work.mailboxes]\ntrash = "Trash"\narchive = "Old mail"\n'
    path.write_text(SETTINGS + roles)
    assert main(["doctor"]) == 1
    [line] = [line for line in printed(capsys) if "mailboxes:" in line]
    assert line.startswith(
        'FAIL work: mailboxes: the settings call "Old mail" the archive,'
        " and it is not there - write it as"
    )


def test_delete_means_the_trash(
    account: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["delete", account[4]]) == 0
    assert main(["search", "--ids", "in:trash"]) == 0
    assert printed(capsys) == [account[4]]
    assert main(["search", "--count", "*"]) == 0
    assert printed(capsys) == ["24"]


def test_more_than_twenty_by_a_query_need_a_yes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["delete", "--query", "from:bob"]) == 2
    assert "25 messages" in capsys.readouterr().err
    assert main(["delete", "--query", "from:bob", "--yes"]) == 0
    assert main(["search", "--count", "*"]) == 0
    assert printed(capsys) == ["0"]


def test_an_unknown_message_is_status_1_and_nothing_is_done(
    account: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["delete", account[0], "work/999999"]) == 1
    assert main(["delete", "nobody/1"]) == 1
    assert main(["delete", "what"]) == 2
    assert main(["search", "--count", "*"]) == 0
    assert printed(capsys) == ["25"]


@pytest.mark.parametrize("number", ["0", "9" * 30])
def test_an_id_that_was_never_given_is_unknown_and_not_misspelt(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", f"work/{number}"]) == 1
    assert main(["flag", f"work/{number}", "--add", "seen"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said == [f"tui-mail: there is no message work/{number}"] * 2


def test_what_was_deleted_for_ever_has_no_id_any_more(account: list[str]) -> None:
    assert main(["delete", account[0], "--forever"]) == 0
    assert main(["show", "--offline", account[0]]) == 1
    assert main(["flag", account[0], "--add", "seen"]) == 1


def test_options_may_stand_between_ids(
    account: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["flag", account[0], "--add", "flagged", account[1]]) == 0
    assert main(["move", account[0], "--yes", "archive"]) == 0
    assert main(["search", "in:archive", "--count", "is:flagged"]) == 0
    assert printed(capsys) == ["1"]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["-zebra"], "24"),
        (["-zebra", "from:bob"], "24"),
        (["from:bob", "-zebra", "-is:read"], "12"),
        (["--", "-zebra"], "24"),
        (["--", "--zebra"], "1"),
    ],
)
def test_a_term_may_begin_with_a_minus(
    words: list[str], count: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "--count", *words]) == 0
    assert printed(capsys) == [count]


def test_a_message_has_no_uid_where_the_server_has_not_put_it_yet(
    account: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["move", account[0], "Archive"]) == 0
    assert main(["search", "--json", "in:Archive"]) == 0
    (found,) = map(json.loads, printed(capsys))
    assert (found["mailbox"], found["uid"]) == ("Archive", None)


def test_a_stored_message_is_shown_without_a_connection(
    account: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "--offline", "--headers", account[0]]) == 0
    assert "Subject: Budget 1" in capsys.readouterr().out


def test_offline_says_what_is_missing(
    account: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "--offline", "--raw", account[1]]) == 1
    assert account[1] in capsys.readouterr().err


def test_a_server_that_is_down_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sync"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("tui-mail: work: ")
    assert said.count("\n") == 1


def test_an_account_whose_mail_cannot_be_read_keeps_no_other_away(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "two.toml"
    other = SETTINGS.replace("work", "other")
    path.write_text(other + SETTINGS)
    config = ["--config", str(path)]
    assert main([*config, "mailboxes"]) == 0
    path.write_text(other.replace("127.0.0.1", "localhost") + SETTINGS)
    capsys.readouterr()
    for words, count in (
        (["search", "--count", "*"], 1),
        (["search", "--json", "--limit", "3", "*"], 3),
        (["mailboxes", "--json"], 3),
        (["outbox"], 0),
    ):
        assert main([*config, *words]) == 1
        said = capsys.readouterr()
        assert len(said.out.splitlines()) == count
        assert said.err.startswith("tui-mail: other: ")
        assert said.err.count("\n") == 1


def test_without_an_account_that_can_be_read_nothing_is_printed(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "moved.toml"
    path.write_text(SETTINGS.replace("127.0.0.1", "localhost"))
    assert main(["--config", str(path), "search", "--count", "*"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
