"""Messages moved from one account to another by a command."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.sync.mailing import letters
from tui_mail.__main__ import main

pytestmark = pytest.mark.dovecot

_ACCOUNT = """
[accounts.{name}]
address = "{name}@example.org"
download = "headers"
[accounts.{name}.imap]
host = "127.0.0.1"
port = {port}
security = "none"
username = "{user}"
password = "open-sesame"
subscribed_only = false
"""
_SHELF = """
[accounts.Shelf]
address = "ann@example.org"
"""

Objects = Callable[..., list[dict[str, object]]]


@pytest.fixture(autouse=True)
def users(home: Path, dovecot: Dovecot) -> dict[str, str]:
    """Two accounts at a server and one that lies only here, synchronized."""
    users = {name: dovecot.fresh_user() for name in ("home", "work")}
    dovecot.fill(users["work"], letters(1, 2))
    dovecot.fill(users["home"], letters(7, 7), "Archive")
    path = home / "CONFIG_HOME" / "tui-mail" / "config.toml"
    path.parent.mkdir()
    path.touch(mode=0o600)
    written = [
        _ACCOUNT.format(name=name, port=dovecot.port, user=user)
        for name, user in users.items()
    ]
    path.write_text("".join([*written, _SHELF]))
    assert main(["sync"]) == 0
    return users


@pytest.fixture
def objects(capsys: pytest.CaptureFixture[str]) -> Iterator[Objects]:
    capsys.readouterr()

    def run(*words: str) -> list[dict[str, object]]:
        assert main([*words, "--json"]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run  # type: ignore[return-value]


def places(objects: Objects, subject: str = "letter 1") -> list[str]:
    found = objects("search", f'subject:"{subject}"', "in:anywhere")
    return sorted(f"{one['account']}/{one['mailbox']}" for one in found)


def id_of(objects: Objects, subject: str = "letter 1") -> str:
    [one] = objects("search", f'subject:"{subject}"', "in:anywhere")
    return str(one["id"])


def test_one_sync_brings_a_message_to_the_other_account_whatever_their_order(
    objects: Objects, dovecot: Dovecot, users: dict[str, str]
) -> None:
    assert main(["move", id_of(objects), "HOME/archive"]) == 0
    assert places(objects) == ["work/INBOX"], "its content is not here yet"
    whats = [one["what"] for one in objects("outbox")]
    assert "move 1 message to home/Archive" in whats
    assert main(["sync"]) == 0
    assert places(objects) == ["home/Archive"]
    assert objects("outbox") == []
    told = dovecot.raw(users["home"], "SELECT Archive", "SEARCH ALL")
    assert b"* SEARCH 1 2" in told[1]
    told = dovecot.raw(users["work"], "SELECT INBOX", "SEARCH ALL")
    assert b"* SEARCH 1\r\n" in told[1]


def test_with_sync_it_is_there_when_the_command_ends(objects: Objects) -> None:
    assert main(["move", id_of(objects), "home/Archive", "--sync"]) == 0
    assert places(objects) == ["home/Archive"]
    assert objects("outbox") == []


def test_it_goes_to_an_account_without_a_server_and_to_a_server_again(
    objects: Objects, dovecot: Dovecot, users: dict[str, str]
) -> None:
    assert main(["move", id_of(objects), "shelf/inbox", "--sync"]) == 0
    assert places(objects) == ["Shelf/INBOX"]
    name = id_of(objects)
    assert name.startswith("Shelf/")
    [one] = objects("search", "account:shelf", "body:hello")
    assert one["snippet"] == "Hello 1"
    # What is here whole goes at once.
    assert main(["move", name, "work/INBOX"]) == 0
    assert places(objects) == ["work/INBOX"]
    [waiting] = objects("outbox")
    assert waiting["kind"] == "append"
    assert waiting["what"] == "put 1 message from Shelf into INBOX"
    assert main(["sync"]) == 0
    assert objects("outbox") == []
    told = dovecot.raw(users["work"], "SELECT INBOX", "SEARCH ALL")
    assert b"* SEARCH 1 2\r\n" in told[1]


def test_what_was_cancelled_stays(objects: Objects) -> None:
    assert main(["move", id_of(objects), "home/Archive"]) == 0
    [name] = [str(one["id"]) for one in objects("outbox") if one["kind"] == "move"]
    assert main(["outbox", "--cancel", name]) == 0
    assert objects("outbox") == []
    assert main(["sync"]) == 0
    assert places(objects) == ["work/INBOX"]


def test_a_mailbox_that_the_other_account_has_not_is_named(
    objects: Objects, capsys: pytest.CaptureFixture[str]
) -> None:
    name = id_of(objects)
    assert main(["move", name, "home/Nowhere"]) == 1
    assert capsys.readouterr().err == 'tui-mail: home: there is no mailbox "Nowhere"\n'
    for target in ("elsewhere/INBOX", "home", "home/"):
        assert main(["move", name, target]) == 1
        said = capsys.readouterr().err
        assert said == f'tui-mail: work: there is no mailbox "{target}"\n'


def test_its_own_account_may_be_named(objects: Objects) -> None:
    assert main(["move", id_of(objects), "shelf/INBOX", "--sync"]) == 0
    assert main(["move", id_of(objects), "Shelf/INBOX"]) == 0
    assert places(objects) == ["Shelf/INBOX"]
