"""The mailboxes of an account that no server tells anything about."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tui_mail.model.mailbox import SpecialUse
from tui_mail.store.database import AccountIdentity, Database
from tui_mail.store.local_mailboxes import settle_local_mailboxes
from tui_mail.store.mailboxes import create_local_mailbox, load_mailboxes
from tui_mail.store.roles import find_or_make_role


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    identity = AccountIdentity("local", "", "ann@shelf.example")
    opened = Database.open(tmp_path / "shelf.db", "shelf", identity=identity)
    yield opened
    opened.close()


def uses(database: Database) -> dict[str, str]:
    boxes = load_mailboxes(database)
    return {str(box.name): box.special_use.value for box in boxes if box.special_use}


def make(database: Database, *names: str) -> None:
    with database.transaction() as tx:
        for name in names:
            create_local_mailbox(tx, name, None)


def test_an_inbox_is_made_once(database: Database) -> None:
    for _ in range(2):
        settle_local_mailboxes(database, {})
        assert uses(database) == {"INBOX": "inbox"}


def test_mailboxes_with_usual_names_are_what_they_are_called(
    database: Database,
) -> None:
    make(database, "Gesendet", "Papierkorb", "INBOX/Drafts", "Work/Archive", "Notes")
    settle_local_mailboxes(database, {})
    assert uses(database) == {
        "INBOX": "inbox",
        "Gesendet": "sent",
        "Papierkorb": "trash",
        "INBOX/Drafts": "drafts",
    }


def test_the_settings_come_before_a_name_and_before_what_was(
    database: Database,
) -> None:
    with database.transaction() as tx:
        create_local_mailbox(tx, "Trash", SpecialUse.TRASH)
    make(database, "Archive", "Bin-2")
    settle_local_mailboxes(
        database, {SpecialUse.TRASH: "Bin-2", SpecialUse.ARCHIVE: "Not made yet"}
    )
    assert uses(database) == {"INBOX": "inbox", "Bin-2": "trash"}


def test_settings_that_name_another_are_heard_before_that_one_is_made(
    database: Database,
) -> None:
    with database.transaction() as tx:
        create_local_mailbox(tx, "Archive", SpecialUse.ARCHIVE)
        create_local_mailbox(tx, "Ablage", SpecialUse.TRASH)
    make(database, "Gelöscht")
    roles = {SpecialUse.ARCHIVE: "Filed", SpecialUse.TRASH: "ABLAGE"}
    for _ in range(2):
        settle_local_mailboxes(database, roles)
        assert uses(database) == {"INBOX": "inbox", "Ablage": "trash"}
    with database.transaction() as tx:
        find_or_make_role(tx, SpecialUse.ARCHIVE, roles[SpecialUse.ARCHIVE])
    assert uses(database)["Filed"] == "archive"


def test_an_inbox_that_lost_its_role_is_one_again(database: Database) -> None:
    make(database, "INBOX")
    settle_local_mailboxes(database, {})
    assert uses(database) == {"INBOX": "inbox"}


def test_no_second_mailbox_gets_a_role(database: Database) -> None:
    with database.transaction() as tx:
        create_local_mailbox(tx, "Filed", SpecialUse.ARCHIVE)
    make(database, "Archive")
    settle_local_mailboxes(database, {})
    assert uses(database) == {"INBOX": "inbox", "Filed": "archive"}
