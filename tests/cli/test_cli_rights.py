"""What the rights in a mailbox forbid is shown, and refused in one line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.dovecot import NEIGHBOURS, PASSWORD, Dovecot, Options
from tests.servers.ports import HOST
from tests.sync.mailing import letters
from tui_mail.__main__ import main

pytestmark = pytest.mark.dovecot


@pytest.fixture
def shared(home: Path, dovecots: Callable[[Options], Dovecot]) -> str:
    """Synchronize an account that another lets read a mailbox; its name there."""
    server = dovecots(NEIGHBOURS)
    owner, user = server.fresh_user(), server.fresh_user()
    server.raw(owner, "CREATE Minutes", f"SETACL Minutes {user} lr")
    server.fill(owner, letters(1, 2), "Minutes")
    server.fill(user, letters(3, 3), "Mine")
    config = home / "CONFIG_HOME" / "tui-mail"
    config.mkdir()
    (config / "config.toml").write_text(
        f'[accounts.work]\naddress = "{user}@example.org"\n'
        f'password_command = "echo {PASSWORD}"\n[accounts.work.imap]\nhost = "{HOST}"\n'
        f'port = {server.port}\nsecurity = "none"\nusername = "{user}"\n'
        "subscribed_only = false\n"
    )
    assert main(["sync"]) == 0
    return f"shared/{owner}/Minutes"


def test_a_mailbox_that_is_only_to_be_read_says_so_and_keeps_its_mail(
    shared: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["mailboxes"]) == 0
    [line] = [one for one in capsys.readouterr().out.splitlines() if shared in one]
    assert line.endswith("read only")
    assert main(["search", "--ids", f'in:"{shared}"']) == 0
    first, _ = capsys.readouterr().out.split()
    for words in (
        ["flag", first, "--add", "flagged"],
        ["flag", first, "--add", "seen"],
        ["move", first, "INBOX"],
        ["delete", first],
        ["delete", first, "--forever"],
    ):
        assert main(words) == 1, words
        said = capsys.readouterr()
        assert said.err.startswith("tui-mail: ")
        assert f'"{shared}": it is read only' in said.err
    assert main(["search", "--ids", "--limit", "1", "in:Mine"]) == 0
    mine = capsys.readouterr().out.strip()
    assert main(["move", mine, shared]) == 1
    assert f'may not put mail into "{shared}"' in capsys.readouterr().err
    assert main(["outbox"]) == 0
    assert capsys.readouterr().out == ""
