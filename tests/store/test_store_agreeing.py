"""A changed ``delete_after`` waits for a yes, wherever that is said."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tui_mail.mime.headers import parse_envelope
from tui_mail.model.mailbox import SpecialUse
from tui_mail.store.agreeing import agree_policy, agreed_policy, needs_yes
from tui_mail.store.database import AccountIdentity, Database
from tui_mail.store.mailboxes import create_local_mailbox
from tui_mail.store.pulling import (
    Pulled,
    PullState,
    begin_pull,
    finish_pull,
    load_pulled,
    load_unmirrored,
    made_uidl,
    name_pull,
    note_left,
    note_mirrored,
    note_stored,
    octets_of,
    save_piece,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LETTER = b"From: bob@example.org\r\nSubject: hello\r\n\r\nhi\r\n"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    identity = AccountIdentity("pop3", "pop.example.org", "ann")
    database = Database.open(tmp_path / "old.db", "old", identity=identity)
    yield database
    database.close()


def pull(
    database: Database, uidl: bytes, octets: bytes = LETTER, *, to_mirror: bool = False
) -> Pulled:
    """Have a message come as a large one does: named at its end."""
    digest = sha256(octets).digest()
    with database.transaction() as tx:
        inbox = create_local_mailbox(tx, "INBOX", SpecialUse.INBOX)
        pulling = begin_pull(tx, b"\0coming", parse_envelope(octets), arrived=NOW)
        save_piece(tx, pulling, 0, octets)
        name_pull(tx, pulling, uidl)
        finish_pull(tx, pulling, inbox, digest=digest, at=NOW, to_mirror=to_mirror)
    return load_pulled(database)[uidl]


def test_the_first_setting_needs_no_yes_and_the_second_does(database: Database) -> None:
    assert agreed_policy(database) == ""
    assert not needs_yes(database, "download")
    with database.transaction() as tx:
        agree_policy(tx, "never")
    pull(database, b"a")
    assert needs_yes(database, "download")
    assert not needs_yes(database, "never")
    with database.transaction() as tx:
        agree_policy(tx, "download")
    assert not needs_yes(database, "download")


def test_where_nobody_ever_agreed_mail_is_not_deleted_without_a_yes(
    database: Database,
) -> None:
    pull(database, b"a")
    assert needs_yes(database, "removed")
    assert not needs_yes(database, "never")


def test_a_name_is_that_of_the_message_that_got_it_last(database: Database) -> None:
    first = pull(database, b"a")
    second = pull(database, b"a", LETTER + b"more")
    assert first.id != second.id
    found = load_pulled(database)
    assert found[b"a"] == second
    assert {one.id for one in found.values()} == {first.id, second.id}
    assert found[made_uidl(first.digest)].state is PullState.LEFT
    assert b"".join(octets_of(database, second)) == LETTER + b"more"


def test_what_the_mirror_waits_for_is_listed_until_it_has_it(
    database: Database,
) -> None:
    pull(database, b"a")
    one = pull(database, b"b", LETTER + b"b", to_mirror=True)
    assert load_unmirrored(database) == [one]
    with database.transaction() as tx:
        note_mirrored(tx, [one])
    assert load_unmirrored(database) == []


def test_what_left_can_be_seen_to_be_there(database: Database) -> None:
    one = pull(database, b"a")
    with database.transaction() as tx:
        note_left(tx, [one])
        note_stored(tx, [one])
    assert load_pulled(database)[b"a"].state is PullState.STORED
