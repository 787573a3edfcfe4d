"""Messages written into files of other programs by a command."""

import email
import mailbox
import re
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import IO, cast

import pytest

from tests.cli.filing import Objects, letter, mbox
from tests.mime.test_mbox import FROM, MOMENT
from tests.servers.dovecot import Dovecot
from tests.servers.interposed import Answer, interposed
from tests.servers.proxy import Proxy, proxied
from tests.sync.engines import running, write_settings
from tests.sync.mailing import Desk, letters
from tests.sync.test_sync_evicting import large
from tui_mail.__main__ import main
from tui_mail.cli import mail_targets
from tui_mail.cli.mail_targets import MailTarget, OutgoingMail, open_target
from tui_mail.config.places import Places
from tui_mail.mime.maildir import scan_maildir
from tui_mail.mime.mbox import read_mbox_message, scan_mbox
from tui_mail.model.error import MailError
from tui_mail.model.uids import UidSet

LETTERS = [
    letter(1, b"From me\n>From you\n", fields=b"Status: RO\nX-Status: F\n"),
    letter(2).replace(b"\n", b"\r\n"),
    letter(3, b"\0no end"),
]

IMPORT_NOTHING = ["import", "", "--account", "shelf", "--mailbox", "Old"]


@pytest.fixture
def filled(shelf: Path, tmp_path: Path, said: Callable[[], str]) -> Path:
    """Have three letters in an account without a server."""
    for n, octets in enumerate(LETTERS):
        mbox(tmp_path / "in", octets)
        if n == 2:
            (tmp_path / "in").write_bytes(octets)
        words = ["--account", "shelf", "--mailbox", "Old"]
        assert main(["import", str(tmp_path / "in"), *words]) == 0
    said()
    return tmp_path


def read_mbox(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        return [read_mbox_message(file, span) for span in scan_mbox(file)]


def test_a_maildir_gets_octets_flags_and_dates_and_only_what_is_new(
    filled: Path, said: Callable[[], str], objects: Objects
) -> None:
    to = f"{filled}/out/"
    ids = [str(one["id"]) for one in objects("search", 'subject:"letter 2"')]
    assert main(["flag", *ids, "--add", "seen", "--add", "work"]) == 0
    assert main(["export", "subject:letter", "--to", to]) == 0
    assert said() == f"{to}: added 3, had 0\n"
    entries = list(scan_maildir(Path(to)))
    assert sorted(one.path.read_bytes() for one in entries) == sorted(LETTERS)
    flags = {one.path.read_bytes(): one.flags for one in entries}
    assert flags[LETTERS[0]] == {"\\Seen", "\\Flagged"}
    assert flags[LETTERS[1]] == {"\\Seen", "work"}
    assert {one.arrived for one in entries if one.path.read_bytes() != LETTERS[2]} == {
        MOMENT
    }
    kept = entries[0].path.rename(entries[0].path.with_name("1.other.h:2,T"))
    (Path(to) / "cur" / "2.mine.h:2,").write_bytes(b"Subject: mine\n\n")
    before = sorted(path for path in Path(to).rglob("*"))
    assert main(["export", "*", "--to", str(Path(to))]) == 0
    assert said().endswith("added 0, had 3\n")
    assert sorted(path for path in Path(to).rglob("*")) == before
    assert kept.exists()


def test_keywords_for_which_a_maildir_has_no_letter_are_named(
    filled: Path, said: Callable[[], str], objects: Objects
) -> None:
    to = f"{filled}/out/"
    [one, *_] = [str(one["id"]) for one in objects("search", "*")]
    words = [word for n in range(28) for word in ("--add", f"word{n:02}")]
    assert main(["flag", one, *words]) == 0
    assert main(["export", "*", "--to", to]) == 0
    added, left_out = said().splitlines()
    assert added == f"{to}: added 3, had 0"
    assert left_out.endswith("without 2 more: word26, word27")
    [full] = [e for e in scan_maildir(Path(to)) if len(e.flags) > 20]
    assert len(full.flags - {"\\Seen", "\\Flagged"}) == 26


def test_an_mbox_gets_what_is_new_behind_what_is_there(
    filled: Path, said: Callable[[], str]
) -> None:
    to = filled / "out.mbox"
    there = FROM + b"Subject: mine\n\nmine, without an end"
    to.write_bytes(there)
    assert main(["export", 'subject:"letter 1"', "--to", str(to)]) == 0
    assert said().endswith("added 1, had 0\n")
    assert main(["export", "*", "--to", str(to)]) == 0
    assert said().endswith("added 2, had 1\n")
    octets = to.read_bytes()
    assert octets.startswith(there)
    assert read_mbox(to)[1:] == [LETTERS[0], *_ended(LETTERS[1:])]
    assert b"From bob@example.org Mon Jan  1 10:20:30 2024\n" in octets
    assert main(["export", "*", "--to", str(to)]) == 0
    assert said().endswith("added 0, had 3\n")
    assert to.read_bytes() == octets
    other = mailbox.mbox(to)
    subjects = [one["Subject"] for one in other]
    other.close()
    assert subjects == ["mine", "letter 1", "letter 2", "letter 3"]
    assert [path.name for path in filled.iterdir() if "tui-mail" in path.name] == []


def _ended(some: list[bytes]) -> list[bytes]:
    return [one if one.endswith(b"\n") else one + b"\n" for one in some]


def test_one_message_gets_a_file_and_no_other_is_written_over(
    filled: Path, said: Callable[[], str]
) -> None:
    to = str(filled / "out.eml")
    assert main(["export", "*", "--to", to]) == 2
    assert "holds one message, and there are 3" in said()
    assert main(["export", 'subject:"letter 2"', "--to", to]) == 0
    assert said() == f"{to}: added 1, had 0\n"
    assert Path(to).read_bytes() == LETTERS[1]
    assert main(["export", 'subject:"letter 2"', "--to", to]) == 0
    assert said() == f"{to}: added 0, had 1\n"
    assert main(["export", 'subject:"letter 1"', "--to", to]) == 1
    assert "there is another message already" in said()
    assert Path(to).read_bytes() == LETTERS[1]


def test_nothing_found_makes_nothing(filled: Path, said: Callable[[], str]) -> None:
    assert main(["export", "-subject:letter", "--to", f"{filled}/none/"]) == 0
    assert said() == f"{filled}/none/: added 0, had 0\n"
    assert not (filled / "none").exists()


@pytest.mark.parametrize(
    ("name", "status", "line"),
    [
        ("out", 2, "write NAME/ for a Maildir"),
        ("full", 1, "this folder holds something else"),
        ("text.mbox", 1, "this is no mbox"),
        ("text.mbox/", 1, "this is no folder"),
        ("no/out.mbox", 1, "No such file"),
    ],
)
def test_what_is_something_else_is_not_touched(
    filled: Path, name: str, status: int, line: str, said: Callable[[], str]
) -> None:
    (filled / "full").mkdir()
    (filled / "full" / "photo.jpg").touch()
    (filled / "text.mbox").write_bytes(b"Dear all\n")
    before = sorted(filled.rglob("*"))
    assert main(["export", "*", "--to", f"{filled}/{name}"]) == status
    assert line in said()
    after = [path for path in filled.rglob("*") if "STATE" not in str(path)]
    assert sorted(after) == [one for one in before if "STATE" not in str(one)]
    assert (filled / "text.mbox").read_bytes() == b"Dear all\n"


def test_what_is_damaged_here_is_named_and_not_written(
    filled: Path, said: Callable[[], str]
) -> None:
    store = filled / "DATA_HOME" / "tui-mail" / "shelf.db"
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute(
            "UPDATE chunk SET octets = CAST(replace(octets, 'Hello 2', 'Hullo 2')"
            " AS BLOB)"
        )
    assert main(["export", "*", "--to", f"{filled}/out/"]) == 1
    line, last = said().splitlines()
    assert "damaged" in line
    assert last.endswith("added 2, had 0; not here: 1")
    assert len(list(scan_maildir(filled / "out"))) == 2


def outgoing(octets: bytes) -> OutgoingMail:
    return OutgoingMail([octets], frozenset(), MOMENT, "")


def _open(path: Path) -> AbstractContextManager[MailTarget]:
    return open_target(str(path), 3)


def _write(path: Path, last: Callable[[], object]) -> None:
    with _open(path) as target:
        target.write(outgoing(letter(2)))
        target.write(outgoing(letter(3)))
        last()


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


class Killed(BaseException):
    pass


def test_an_mbox_that_was_being_written_when_all_ended_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.mbox"
    path.write_bytes(FROM + letter(1) + b"\n")
    there = path.read_bytes()

    def half(file: object) -> Iterator[bytes]:
        yield b"".join(pieces(file))[:40]  # type: ignore[arg-type]
        raise Killed

    pieces = mail_targets._pieces
    with monkeypatch.context() as patch, pytest.raises(Killed):
        _write(path, lambda: patch.setattr(mail_targets, "_pieces", half))
    assert len(path.read_bytes()) == len(there) + 40
    with _open(path) as target:
        assert len(target.digests) == 3
    assert path.read_bytes().startswith(there)
    assert read_mbox(path) == [letter(1), letter(2), letter(3)]
    assert _files(tmp_path) == ["x.mbox"]


def test_what_another_program_adds_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.mbox"
    there = FROM + letter(1) + b"\n"
    path.write_bytes(there)
    nine = there + FROM + letter(9) + b"\n"
    with pytest.raises(MailError, match="another program"):
        _write(path, lambda: path.write_bytes(nine))
    assert read_mbox(path) == [letter(1), letter(9)]
    assert _files(tmp_path) == ["x.mbox"]


def test_an_mbox_for_which_there_is_no_room_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.mbox"
    path.write_bytes(FROM + letter(1, b"x" * 50_000) + b"\n\n")
    there = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(there) + 5_000, hard))
    try:
        with (
            pytest.raises(MailError, match=r"/x\.mbox: File too large"),
            open_target(str(path), 1) as target,
        ):
            target.write(outgoing(letter(2, b"y" * 10_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == there
    assert _files(tmp_path) == ["x.mbox"]


def test_what_cannot_be_written_is_named_and_nothing_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mbox(tmp_path / "x.mbox", letter(1))

    def refuse(self: Path, mode: str = "r", buffering: int = -1) -> IO[bytes]:
        if "+" in mode:
            raise PermissionError(13, "Permission denied", str(self))
        return cast(IO[bytes], opened(self, mode, buffering))

    opened = Path.open
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(MailError, match=r"/x\.mbox: Permission denied"):
        _write(path, lambda: None)
    assert _files(tmp_path) == ["x.mbox"]
    missing = tmp_path / "none" / "x.mbox"
    with pytest.raises(MailError, match=r"/none/x\.mbox: No such file"):
        _write(missing, lambda: None)


@pytest.mark.parametrize("words", [["export", "*", "--to", ""], IMPORT_NOTHING])
def test_no_name_is_not_the_folder_that_one_is_in(
    filled: Path, said: Callable[[], str], words: list[str]
) -> None:
    assert main(words) == 2
    assert "name a file or a folder" in said()


def test_what_an_export_that_was_killed_left_beside_is_written_anew(
    tmp_path: Path,
) -> None:
    (tmp_path / ".x.mbox.tui-mail").write_bytes(FROM + b"Subject: half")
    with open_target(str(tmp_path / "x.mbox"), 1) as target:
        target.write(outgoing(letter(1)))
    assert read_mbox(tmp_path / "x.mbox") == [letter(1)]
    assert _files(tmp_path) == ["x.mbox"]


def test_two_exports_to_one_place_do_not_mix(tmp_path: Path) -> None:
    name = str(tmp_path / "x.mbox")
    with open_target(name, 1) as target:
        target.write(outgoing(letter(1)))
        with pytest.raises(MailError, match="another export"), open_target(name, 1):
            pass
    assert read_mbox(tmp_path / "x.mbox") == [letter(1)]
    name = f"{tmp_path}/md/"
    with (
        open_target(name, 1),
        pytest.raises(MailError, match="another export"),
        open_target(name, 1),
    ):
        pass
    with open_target(name, 1):
        pass


@pytest.fixture
def proxy(dovecot: Dovecot) -> Iterator[Proxy]:
    with proxied(dovecot.port) as proxy:
        yield proxy


@pytest.fixture
def desk(dovecot: Dovecot, proxy: Proxy) -> Iterator[Desk]:
    """Have letters at a server in two mailboxes, of which only the headers are here."""
    desk = Desk(dovecot, dovecot.fresh_user(), Places.find())
    desk.fill([large(1, 200_000), *letters(2, 4)])
    desk.fill(letters(5, 6), "Plans")
    desk.through(proxy.port)
    write_settings(desk)
    assert main(["sync"]) == 0
    yield desk
    desk.close()


@pytest.mark.dovecot
def test_what_only_the_server_has_is_fetched_over_connections_that_are_cut(
    desk: Desk, proxy: Proxy, tmp_path: Path, said: Callable[[], str]
) -> None:
    proxy.cut_down = 150_000
    before = proxy.connections
    said()
    assert main(["export", "*", "--to", f"{tmp_path}/out/"]) == 0
    assert said().endswith("added 6, had 0\n")
    assert proxy.connections - before < 6
    found = [one.path.read_bytes() for one in scan_maildir(tmp_path / "out")]
    subjects = sorted(str(email.message_from_bytes(one)["Subject"]) for one in found)
    assert subjects == [f"letter {n}" for n in range(1, 7)]
    assert all(b"\n" not in one.replace(b"\r\n", b"") for one in found)


@pytest.mark.dovecot
def test_offline_nothing_is_fetched_and_what_is_missing_is_counted(
    desk: Desk, proxy: Proxy, tmp_path: Path, said: Callable[[], str]
) -> None:
    one = f"work/{desk.number('letter 2')}"
    assert main(["show", one, "--raw"]) == 0
    before = proxy.connections
    said()
    assert main(["export", "*", "--offline", "--to", f"{tmp_path}/x.mbox"]) == 1
    assert said().endswith("added 1, had 0; not here: 5\n")
    assert proxy.connections == before
    proxy.refuse = True
    assert main(["export", "*", "--to", f"{tmp_path}/x.mbox"]) == 1
    line, last = said().splitlines()[-2:]
    assert line.startswith("tui-mail: work: ")
    assert last.endswith("added 0, had 1; not here: 5")


@pytest.mark.dovecot
def test_an_engine_that_is_at_work_fetches_what_is_missing(
    desk: Desk, tmp_path: Path, said: Callable[[], str]
) -> None:
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        said()
        assert main(["export", "in:Plans", "--to", f"{tmp_path}/x.mbox"]) == 0
        assert said().endswith("added 2, had 0\n")
    assert len(read_mbox(tmp_path / "x.mbox")) == 2


@pytest.mark.dovecot
def test_what_the_server_does_not_have_any_more_keeps_nothing_else_back(
    desk: Desk, dovecot: Dovecot, tmp_path: Path, said: Callable[[], str]
) -> None:
    dovecot.raw(desk.user, "SELECT INBOX", r"STORE 4 +FLAGS (\Deleted)", "EXPUNGE")
    said()
    assert main(["export", "*", "--to", f"{tmp_path}/x.mbox"]) == 1
    assert said().endswith("added 5, had 0; not here: 1\n")


@pytest.mark.dovecot
def test_a_message_over_which_connections_are_lost_keeps_no_other_back(
    desk: Desk, dovecot: Dovecot, tmp_path: Path, said: Callable[[], str]
) -> None:
    def instead(command: bytes) -> Answer:
        found = re.match(rb"UID FETCH ([0-9:,]+) .*BODY", command)
        return [] if found and 2 in UidSet.parse(found[1].decode()) else None

    with interposed(dovecot.port, instead) as between:
        desk.through(between.port)
        write_settings(desk)
        said()
        assert main(["export", "*", "--to", f"{tmp_path}/x.mbox"]) == 1
        assert said().endswith("added 4, had 0; not here: 2\n")
