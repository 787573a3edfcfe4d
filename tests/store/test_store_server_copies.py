"""What is said of a POP3 server's copies before they lose the ones here."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tui_mail.config.settings import PopServer
from tui_mail.mime.headers import parse_envelope
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.mailbox import SpecialUse
from tui_mail.store.agreeing import agree_policy
from tui_mail.store.appending import append_message
from tui_mail.store.database import AccountIdentity, Database
from tui_mail.store.mailboxes import create_local_mailbox
from tui_mail.store.pulling import (
    begin_pull,
    finish_pull,
    load_pulled,
    note_left,
    save_piece,
)
from tui_mail.store.server_copies import count_on_server, fate_in_words
from tui_mail.store.wishes import copy_messages

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    identity = AccountIdentity("pop3", "pop.example", "ann")
    with closing(Database.open(tmp_path / "old.db", "old", identity=identity)) as one:
        yield one


def inbox_of(database: Database) -> MailboxId:
    with database.transaction() as tx:
        return create_local_mailbox(tx, "INBOX", SpecialUse.INBOX)


def pulled(database: Database, name: str, *, left: bool = False) -> MessageNumber:
    octets = f"Subject: {name}\r\n\r\n{name}\r\n".encode()
    inbox = inbox_of(database)
    with database.transaction() as tx:
        begun = begin_pull(tx, name.encode(), parse_envelope(octets), arrived=NOW)
        save_piece(tx, begun, 0, octets)
        digest = sha256(octets).digest()
        number = finish_pull(tx, begun, inbox, digest=digest, at=NOW)
        if left:
            note_left(tx, [load_pulled(tx)[name.encode()]])
    return number


def test_only_what_came_from_the_server_and_has_no_copy_here_is_counted(
    database: Database,
) -> None:
    there, gone = pulled(database, "one"), pulled(database, "two", left=True)
    copied = pulled(database, "three")
    inbox = inbox_of(database)
    with database.transaction() as tx:
        archive = create_local_mailbox(tx, "Archive", SpecialUse.ARCHIVE)
        [copy] = copy_messages(tx, [copied], archive)
        own = append_message(tx, inbox, b"Subject: mine\r\n\r\n", arrived=NOW)
    assert count_on_server(database, [there, gone, copied, own]) == (2, 1)
    assert count_on_server(database, [copied, copy.copy]) == (1, 1)
    assert count_on_server(database, [own]) == (0, 0)
    assert fate_in_words(database, PopServer(host="h"), [own]) == ""


@pytest.mark.parametrize(
    ("delete_after", "there", "gone", "said"),
    [
        ("never", 1, 0, "It stays on the server and does not come again."),
        ("never", 2, 0, "They stay on the server and do not come again."),
        ("never", 2, 1, "The 2 that the server has stay there and do not come again."),
        ("never", 0, 1, "The server does not have it any more."),
        ("never", 0, 2, "The server does not have them any more."),
        ("removed", 1, 0, "It goes from the server too."),
        ("download", 2, 0, "They go from the server too."),
        ("removed", 1, 1, "The 1 that the server has goes from there too."),
        ("7 days", 1, 0, "It goes from the server too 7 days after the download."),
    ],
)
def test_the_sentence_says_how_many_and_when(
    database: Database, delete_after: str, there: int, gone: int, said: str
) -> None:
    numbers = [pulled(database, f"there {n}") for n in range(there)]
    numbers += [pulled(database, f"gone {n}", left=True) for n in range(gone)]
    with database.transaction() as tx:
        agree_policy(tx, delete_after)
    server = PopServer(host="h", delete_after=delete_after)
    assert fate_in_words(database, server, numbers) == said


def test_a_policy_that_waits_for_a_yes_is_said_to_wait(database: Database) -> None:
    number = pulled(database, "one")
    server = PopServer(host="h", delete_after="removed")
    assert "once you agree" in fate_in_words(database, server, [number])
