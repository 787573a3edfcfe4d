"""Mail of other programs, put into an account by a command."""

import mailbox
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path

import pytest

from tests.cli.filing import Objects, has_some, letter, mbox
from tests.mime.test_mbox import FROM, MOMENT
from tests.servers.dovecot import Dovecot
from tests.sync.engines import write_settings
from tests.sync.mailing import Desk, letters
from tui_mail.__main__ import main
from tui_mail.config.places import Places
from tui_mail.mime.maildir import make_maildir
from tui_mail.mime.mbox import write_mbox_message

pytestmark = pytest.mark.usefixtures("shelf")


@pytest.fixture
def desk(dovecot: Dovecot) -> Iterator[Desk]:
    """Have an account at a server with two letters, of which the headers are here."""
    desk = Desk(dovecot, dovecot.fresh_user(), Places.find())
    desk.fill(letters(1, 2))
    write_settings(desk)
    yield desk
    desk.close()


def bring(path: Path, name: str = "Old") -> int:
    return main(["import", str(path), "--account", "Shelf", "--mailbox", name])


def test_an_mbox_comes_with_octets_flags_dates_and_text(
    tmp_path: Path,
    objects: Objects,
    raw: Callable[[object], bytes],
    said: Callable[[], str],
) -> None:
    first = letter(1, b"From here\n\0\xff\r\nend", fields=b"Status: RO\nX-Status: F\n")
    path = mbox(tmp_path / "x.mbox", first, letter(2))
    assert bring(path) == 0
    assert said() == "shelf/Old: added 2, had 0\n"
    found = {str(one["subject"]): one for one in objects("search", "*")}
    assert found["letter 1"]["flags"] == ["\\Flagged", "\\Seen"]
    assert found["letter 2"]["flags"] == []
    assert {one["mailbox"] for one in found.values()} == {"Old"}
    assert {one["uid"] for one in found.values()} == {None}
    assert raw(found["letter 1"]["id"]) == first + b"\n"
    assert raw(found["letter 2"]["id"]) == letter(2)
    assert [one["subject"] for one in objects("search", "harbour")] == ["letter 2"]
    assert "harbour" in str(found["letter 2"]["snippet"])
    [box] = [one for one in objects("mailboxes") if one["mailbox"] == "Old"]
    assert (box["total"], box["unread"]) == (2, 1)


def test_what_is_there_already_is_not_brought_again(
    tmp_path: Path, objects: Objects, said: Callable[[], str]
) -> None:
    without_id = b"Subject: no id\n\nHello\n"
    other = letter(1, b"another body\n")
    path = mbox(tmp_path / "x", letter(1), without_id, letter(2), letter(2))
    assert bring(path) == 0
    assert said() == "shelf/Old: added 3, had 1\n"
    crlf = mbox(
        tmp_path / "y", *[one.replace(b"\n", b"\r\n") for one in (letter(1), other)]
    )
    assert bring(crlf) == 0
    assert said() == "shelf/Old: added 1, had 1\n"
    assert bring(path) == 0
    assert said() == "shelf/Old: added 0, had 4\n"
    assert bring(path, "Elsewhere") == 0
    assert said() == "shelf/Elsewhere: added 3, had 1\n"
    assert len(objects("search", "in:Old")) == 4


def test_a_maildir_comes_with_its_flags_and_folders(
    tmp_path: Path, objects: Objects, said: Callable[[], str]
) -> None:
    folder = tmp_path / "Mail"
    box = mailbox.Maildir(folder)
    for n, flags in ((1, "FS"), (2, ""), (3, "PRST")):
        one = mailbox.MaildirMessage(letter(n))
        one.set_flags(flags)
        one.set_date(MOMENT.timestamp())
        box.add(one)
    (folder / "cur" / "empty").touch()
    box.add_folder("Sent.2024").add(letter(4))
    before = sorted(folder.rglob("*"))
    assert bring(folder, "INBOX") == 0
    assert said() == "shelf/INBOX: added 4, had 0; marked as deleted there: 1\n"
    found = {str(one["subject"]): one for one in objects("search", "*")}
    assert found["letter 1"]["flags"] == ["\\Flagged", "\\Seen"]
    assert found["letter 3"]["flags"] == ["$Forwarded", "\\Answered", "\\Seen"]
    assert found["letter 4"]["mailbox"] == "Sent/2024"
    assert bring(folder) == 0
    assert {one["mailbox"] for one in objects("search", 'subject:"letter 4"')} == {
        "Sent/2024",
        "Old/Sent/2024",
    }
    assert sorted(folder.rglob("*")) == before


def test_one_message_comes_from_a_file(
    tmp_path: Path, objects: Objects, raw: Callable[[object], bytes]
) -> None:
    octets = letter(1).replace(b"\n", b"\r\n") + b"no end"
    (tmp_path / "x.eml").write_bytes(octets)
    assert bring(tmp_path / "x.eml", "inbox") == 0
    [one] = objects("search", "in:inbox")
    assert raw(one["id"]) == octets


@pytest.mark.parametrize(
    ("name", "octets", "line"),
    [
        (
            "photo.jpg",
            b"\xff\xd8\xff\xe0",
            "this is no message, no mbox and no Maildir",
        ),
        ("nothing", None, "there is no such file or folder"),
    ],
)
def test_what_holds_no_mail_is_refused_and_changes_nothing(
    tmp_path: Path,
    name: str,
    octets: bytes | None,
    line: str,
    said: Callable[[], str],
    objects: Objects,
) -> None:
    if octets is not None:
        (tmp_path / name).write_bytes(octets)
    assert bring(tmp_path / name) == 1
    assert line in said()
    (tmp_path / "folder").mkdir()
    assert bring(tmp_path / "folder") == 1
    assert "no Maildir" in said()
    assert [one["mailbox"] for one in objects("mailboxes")] == ["INBOX"]


def test_an_empty_file_brings_nothing(tmp_path: Path, said: Callable[[], str]) -> None:
    (tmp_path / "x").touch()
    assert bring(tmp_path / "x") == 0
    assert said() == "shelf/Old: added 0, had 0\n"


def test_a_file_that_cannot_be_read_is_named_and_the_others_come(
    tmp_path: Path, said: Callable[[], str]
) -> None:
    (tmp_path / "cur").mkdir()
    for n in (1, 2):
        (tmp_path / "cur" / f"{n}.a.h").write_bytes(letter(n))
    # Even who may read everything cannot read this.
    (tmp_path / "cur" / "3.a.h").symlink_to("/proc/self/mem")
    assert bring(tmp_path) in (0, 1)
    assert "added 2, had 0" in said()


def test_names_and_accounts_that_cannot_be_are_refused(
    tmp_path: Path, said: Callable[[], str]
) -> None:
    path = mbox(tmp_path / "x", letter(1))
    assert bring(path, "a*b") == 1
    assert '"*" cannot be in a name' in said()
    assert main(["import", str(path), "--account", "no", "--mailbox", "x"]) == 1
    assert 'no account "no"' in said()
    assert main(["import", str(path), "--account", "shelf"]) == 2
    assert "--mailbox" in said()


def test_a_large_message_comes_whole_and_can_be_searched(
    tmp_path: Path, objects: Objects, raw: Callable[[object], bytes]
) -> None:
    body = b"A lighthouse.\n" + (b"x" * 99_000 + b"\n>From me\n") * 60
    path = tmp_path / "x.mbox"
    path.write_bytes(
        b"".join(write_mbox_message([letter(1, body)], arrived=MOMENT))
        + FROM
        + letter(2)
    )
    assert bring(path) == 0
    [one] = objects("search", "lighthouse")
    assert raw(one["id"]) == letter(1, body)


def test_an_import_that_was_killed_is_gone_on_with_without_doubles(
    tmp_path: Path, home: Path, objects: Objects, said: Callable[[], str]
) -> None:
    path = mbox(tmp_path / "x.mbox", *[letter(n) for n in range(600)])
    words = ["import", str(path), "--account", "shelf", "--mailbox", "Old"]
    killed = subprocess.Popen([sys.executable, "-P", "-m", "tui_mail", *words])
    store = home / "DATA_HOME" / "tui-mail" / "shelf.db"
    end = time.monotonic() + 60
    while not has_some(store) and killed.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert bring(path) == 0
    line = said()
    added, had = (int(word) for word in line.replace(",", "").split() if word.isdigit())
    assert added + had == 600
    assert had > 0
    assert len({one["subject"] for one in objects("search", "*")}) == 600
    assert len(objects("search", "*")) == 600


def test_an_account_whose_server_takes_no_mail_keeps_it_here(
    home: Path, tmp_path: Path, objects: Objects, said: Callable[[], str]
) -> None:
    with (home / "CONFIG_HOME" / "tui-mail" / "config.toml").open("a") as file:
        file.write(
            '[accounts.pop]\naddress = "a@example.org"\n[accounts.pop.pop3]\n'
            'host = "pop.example.org"\n'
        )
    path = mbox(tmp_path / "x.mbox", letter(1))
    words = ["import", str(path), "--account", "pop", "--mailbox"]
    assert main([*words, "INBOX"]) == 0
    assert main([*words, "Old"]) == 0
    assert said() == "pop/INBOX: added 1, had 0\npop/Old: added 1, had 0\n"
    boxes = [one["mailbox"] for one in objects("search", "account:pop")]
    assert sorted(map(str, boxes)) == ["INBOX", "Old"]
    assert objects("outbox") == []


@pytest.mark.dovecot
def test_a_server_gets_what_it_has_not_with_flags_and_dates(
    desk: Desk, dovecot: Dovecot, tmp_path: Path, said: Callable[[], str]
) -> None:
    there = [one.octets.replace(b"\r\n", b"\n") for one in letters(1, 2)]
    new = letter(7, fields=b"Status: RO\nX-Status: A\n")
    path = mbox(tmp_path / "x.mbox", *there, new)
    words = ["import", str(path), "--account", "work", "--mailbox"]
    assert main([*words, "Old/Plans"]) == 1
    assert "tui-mail sync work" in said()
    assert main(["sync"]) == 0
    said()
    assert main([*words, "INBOX"]) == 0
    assert said() == "work/INBOX: added 1, had 2\n"
    assert desk.there().keys() == {"letter 1", "letter 2"}
    assert main([*words, "Old/Plans"]) == 0
    assert said() == "work/Old/Plans: added 3, had 0\n"
    assert main(["sync"]) == 0
    assert desk.there()["letter 7"] == {"\\Seen", "\\Answered"}
    assert desk.there("Old/Plans").keys() == {"letter 1", "letter 2", "letter 7"}
    with desk.oracle() as client:
        client.select_folder("INBOX")
        got = client.fetch([3], [b"BODY.PEEK[]", b"INTERNALDATE"])[3]
    assert got[b"BODY[]"] == new.replace(b"\n", b"\r\n")
    assert got[b"INTERNALDATE"].astimezone(UTC) == MOMENT
    said()
    assert main([*words, "INBOX"]) == 0
    assert said() == "work/INBOX: added 0, had 3\n"


def test_folders_of_a_maildir_are_for_what_their_names_say(
    tmp_path: Path, objects: Objects
) -> None:
    box = mailbox.Maildir(tmp_path / "md")
    box.add_folder("Trash").add(letter(1))
    box.add_folder("Gesendet").add(letter(2))
    assert bring(tmp_path / "md", "INBOX") == 0
    roles = {one["mailbox"]: one["role"] for one in objects("mailboxes")}
    assert roles == {"INBOX": "inbox", "Trash": "trash", "Gesendet": "sent"}
    assert [one["subject"] for one in objects("search", "*")] == ["letter 2"]


def test_a_mailbox_gets_a_name_that_can_be_shown(
    tmp_path: Path, objects: Objects, said: Callable[[], str]
) -> None:
    path = mbox(tmp_path / "x", letter(1))
    assert bring(path, "two\nlines") == 0
    assert "added 1, had 0" in said()
    assert len(objects("search", "*")) == 1


@pytest.mark.parametrize("name", ["Old/", "Old  mail", " Old ", "O\u0308ld"])
def test_a_mailbox_is_found_again_by_the_name_it_was_made_by(
    tmp_path: Path, name: str, objects: Objects, said: Callable[[], str]
) -> None:
    make_maildir(tmp_path / "box" / "below")
    (tmp_path / "box" / "cur").mkdir()
    (tmp_path / "box" / "cur" / "1.a.h:2,").write_bytes(letter(1))
    (tmp_path / "box" / "below" / "cur" / "1.b.h:2,").write_bytes(letter(2))
    for count in ("added 2, had 0", "added 0, had 2"):
        assert bring(tmp_path / "box", name) == 0
        assert count in said()
    assert len(objects("mailboxes")) == 3


def test_an_mbox_that_knows_no_times_of_arrival_leaves_dates_as_they_were_sent(
    tmp_path: Path, objects: Objects
) -> None:
    octets = b"From - Thu Jan  1 00:00:00 1970\n" + letter(1)
    (tmp_path / "x.mbox").write_bytes(octets)
    assert bring(tmp_path / "x.mbox") == 0
    [one] = objects("search", "*")
    assert str(one["date"]).startswith("2024-")
