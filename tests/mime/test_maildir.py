"""Maildirs as many programs leave them, and writing into them."""

import mailbox
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui_mail.mime.maildir import (
    find_moved,
    is_maildir,
    maildir_folders,
    make_maildir,
    scan_maildir,
    write_maildir,
)
from tui_mail.model.error import NotFound

MOMENT = datetime(2024, 1, 1, 10, 20, 30, tzinfo=UTC)
OCTETS = b"Subject: x\r\n\r\n\0From me\r\n"


def put(folder: Path, name: str, octets: bytes = OCTETS) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(octets)
    os.utime(path, (MOMENT.timestamp(), MOMENT.timestamp()))
    return path


def flags(folder: Path) -> dict[str, set[str]]:
    return {one.path.name: set(one.flags) for one in scan_maildir(folder)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1.a.h:2,", set()),
        ("1.a.h:2,S", {"\\Seen"}),
        ("1.a.h:2,DFPRST", {"\\Draft", "\\Flagged", "$Forwarded", "\\Answered"}),
        ("1.a.h,S=12,W=13:2,FS", {"\\Flagged", "\\Seen"}),
        ("1.a.h;2,S", {"\\Seen"}),
        ("1.a.h!2,R", {"\\Answered"}),
        ("1.a.h:1,S", set()),
        ("1.a.h", set()),
        ("a message", set()),
        ("1.a.h:2,XYZ?S", set()),
        ("1.a.h:2,Sab", {"\\Seen", "work", "$Junk"}),
    ],
)
def test_flags_are_read_from_names(
    tmp_path: Path, name: str, expected: set[str]
) -> None:
    put(tmp_path, f"cur/{name}")
    (tmp_path / "dovecot-keywords").write_text("0 work\n1 $Junk\n2 \n99 far\nx y\n")
    trashed = {"\\Deleted"} if "T" in name else set()
    seen = {"\\Seen"} if "T" in name else set()
    assert flags(tmp_path) == {name: expected | trashed | seen}


def test_new_and_cur_are_read_and_either_may_be_missing(tmp_path: Path) -> None:
    put(tmp_path / "a", "new/1.a.h")
    put(tmp_path / "b", "cur/2.a.h:2,S")
    put(tmp_path / "b", "tmp/3.a.h")
    assert flags(tmp_path / "a") == {"1.a.h": set()}
    assert flags(tmp_path / "b") == {"2.a.h:2,S": {"\\Seen"}}


def test_a_folder_that_is_no_maildir_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    assert not is_maildir(tmp_path)
    with pytest.raises(NotFound, match="no folder cur or new"):
        list(scan_maildir(tmp_path))


def test_only_files_that_are_there_are_read(tmp_path: Path) -> None:
    outside = put(tmp_path, "outside")
    put(tmp_path, "box/cur/.hidden")
    cur = tmp_path / "box" / "cur"
    (cur / "folder").mkdir()
    (cur / "link").symlink_to(outside)
    (cur / "broken").symlink_to(tmp_path / "nothing")
    (cur / "loop").symlink_to(cur / "loop")
    os.mkfifo(cur / "pipe")
    name = os.fsdecode(b"1.\xff\xfe\n.h:2,S")
    put(cur, name)
    assert flags(tmp_path / "box") == {"link": set(), name: {"\\Seen"}}


def test_folders_within_are_named(tmp_path: Path) -> None:
    names = (".Sent", ".Lists.python", ".Entw&APw-rfe", ".a..b", "Old/2020", ".", "...")
    for name in names:
        (tmp_path / name / "cur").mkdir(parents=True, exist_ok=True)
    (tmp_path / ".notmuch" / "xapian").mkdir(parents=True)
    (tmp_path / "loop").symlink_to(tmp_path)
    found = {names for names, _ in maildir_folders(tmp_path)}
    assert found == {
        (),
        ("Sent",),
        ("Lists", "python"),
        ("Entwürfe",),
        ("a", "b"),
        ("Old", "2020"),
    }


def test_messages_of_folders_within_come_unless_they_are_not_wanted(
    tmp_path: Path,
) -> None:
    put(tmp_path, "cur/1.a.h:2,")
    put(tmp_path, ".Sent/cur/2.a.h:2,S")
    assert [one.folder for one in scan_maildir(tmp_path)] == [(), ("Sent",)]
    assert [one.folder for one in scan_maildir(tmp_path, within=False)] == [()]


def test_messages_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("cur/3.a", "new/1.a", "cur/2.a"):
        put(tmp_path, name)
    assert list(flags(tmp_path)) == ["1.a", "2.a", "3.a"]
    latest = next(scan_maildir(tmp_path, newest_first=True))
    assert latest.path.name == "3.a"


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("1704104430.a.h", 1704104430),
        ("1004104430.a.h", 1004104430),
        ("1904104430.a.h", 1704104430),
        ("12.a.h", 1704104430),
    ],
)
def test_a_message_came_when_its_name_or_its_file_says(
    tmp_path: Path, name: str, seconds: int
) -> None:
    put(tmp_path, f"cur/{name}")
    [one] = scan_maildir(tmp_path)
    assert one.arrived == datetime.fromtimestamp(seconds, UTC)


def test_what_is_written_is_read_with_flags_keywords_and_time(tmp_path: Path) -> None:
    make_maildir(tmp_path / "box")
    wanted = frozenset({"\\Seen", "\\Flagged", "$Forwarded", "work", "$Junk"})
    for some in (wanted, frozenset({"home", "work"}), frozenset[str]()):
        path = write_maildir(
            tmp_path / "box", [OCTETS, OCTETS], flags=some, arrived=MOMENT
        )
        assert path.read_bytes() == OCTETS * 2
        assert path.stat().st_mode & 0o777 == 0o600
        [one] = [e for e in scan_maildir(tmp_path / "box") if e.path == path]
        assert (one.flags, one.arrived) == (some, MOMENT)
    assert list((tmp_path / "box" / "tmp").iterdir()) == []
    words = (tmp_path / "box" / "dovecot-keywords").read_text()
    assert words == "0 $Junk\n1 work\n2 home\n"
    assert len(list(mailbox.Maildir(tmp_path / "box"))) == 3


def test_more_keywords_than_letters_are_left_out_and_the_message_is_kept(
    tmp_path: Path,
) -> None:
    make_maildir(tmp_path)
    words = frozenset(f"word{n}" for n in range(40))
    write_maildir(tmp_path, [OCTETS], flags=words, arrived=MOMENT)
    [one] = scan_maildir(tmp_path)
    assert len(one.flags) == 26
    assert one.flags < words


def test_writing_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield OCTETS
        raise OSError("the disk is full")

    make_maildir(tmp_path)
    with pytest.raises(OSError, match="full"):
        write_maildir(tmp_path, pieces(), arrived=MOMENT)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_making_one_that_is_there_changes_nothing(tmp_path: Path) -> None:
    kept = put(tmp_path, "cur/1.a.h:2,S")
    make_maildir(tmp_path)
    assert kept.read_bytes() == OCTETS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cur", "new", "tmp"]


def test_a_message_whose_flags_changed_is_found_again(tmp_path: Path) -> None:
    path = put(tmp_path, "new/1.a.h")
    put(tmp_path, "cur/1.a.hh:2,S")
    moved = put(tmp_path, "cur/1.a.h:2,RS")
    path.unlink()
    assert find_moved(path) == moved
    moved.unlink()
    assert find_moved(path) is None
