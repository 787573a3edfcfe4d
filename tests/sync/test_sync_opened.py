"""What ``tui-mail open`` reads: found, listed, read again, and never taken for another."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tui_mail.config.opened import OpenedAccount
from tui_mail.config.places import Places
from tui_mail.config.settings import Settings
from tui_mail.link.lock import AccountLock
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.mbox import scan_mbox
from tui_mail.mime.render import Renderer
from tui_mail.model.error import MailError
from tui_mail.model.ids import WHOLE, MessageNumber, ModSeq, PartId, Uid, UidValidity
from tui_mail.model.message import FetchedMessage
from tui_mail.store.content import complete_parts, load_part, load_text
from tui_mail.store.database import AccountIdentity, Database
from tui_mail.store.mailboxes import load_mailboxes
from tui_mail.store.messages import apply_fetched, load_summary
from tui_mail.store.views import load_view
from tui_mail.sync.opened import serving, texts
from tui_mail.sync.opened.filling import Filling
from tui_mail.sync.opened.maildir import uid_of
from tui_mail.sync.opened.mbox import MboxSource
from tui_mail.sync.opened.place import opened
from tui_mail.sync.opened.recognizing import open_source
from tui_mail.sync.opened.sources import Found, Gone, Source
from tui_mail.sync.opened.texts import text_steps

DATE = b"Mon Nov 23 09:00:00 2026"


def letter(number: int, body: str = "", *, extra: str = "") -> bytes:
    return (
        f"From: Sender {number} <s{number}@example.org>\n"
        f"Subject: Letter {number}\n{extra}"
        f"Date: Mon, 23 Nov 2026 09:{number % 60:02}:00 +0000\n"
        f"Message-ID: <{number}@example.org>\n\n{body or f'Text of {number}.'}\n"
    ).encode()


def mbox_of(*letters: bytes) -> bytes:
    return b"".join(
        b"From a@example.org " + DATE + b"\n" + one + b"\n" for one in letters
    )


def everything(source: Source) -> list[Found]:
    found = source.found(lambda _name, _uid: False, lambda _done, _total: None)
    return [one for one in found if one is not None]


def read(source: Source, found: Found) -> bytes:
    return b"".join(source.pieces(found.mailbox, found.uid))


@dataclass
class Filled:
    database: Database
    source: Source
    filling: Filling

    def list_all(self) -> None:
        for _ in self.filling.steps(lambda _done, _total: None):
            pass

    def numbers(self) -> list[MessageNumber]:
        view = load_view(
            self.database, load_mailboxes(self.database)[0].id, "date", threads=False
        )
        return [MessageNumber(number) for number in view.numbers]

    def subjects(self) -> list[str]:
        return [str(load_summary(self.database, one).subject) for one in self.numbers()]


@contextmanager
def filled(path: Path, folder: Path) -> Iterator[Filled]:
    identity = AccountIdentity("file", "", str(path))
    file = folder / "open.db"
    with closing(Database.open(file, "open", identity=identity)) as database:
        source = open_source(path)
        filling = Filling(database, source)
        filling.lay_out()
        yield Filled(database, source, filling)


# Telling what it is.


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "it is empty; there is no message in it"),
        (b"\n \n", "it is empty; there is no message in it"),
        (b"\x7fELF\0\0\0", "this is no message, no mbox and no Maildir"),
        (b"\0Only: a field", "this is no message, no mbox and no Maildir"),
        (b"A text like any other.\n", "this is no message, no mbox and no Maildir"),
    ],
)
def test_a_file_that_holds_no_mail_is_refused_in_a_line(
    octets: bytes, why: str, tmp_path: Path
) -> None:
    path = tmp_path / "it"
    path.write_bytes(octets)
    with pytest.raises(MailError) as refused:
        open_source(path)
    assert refused.value.line == f"{path}: {why}"


def test_a_message_with_nul_octets_is_one(tmp_path: Path) -> None:
    path = tmp_path / "it.eml"
    path.write_bytes(b"Subject: a\0b\n\n\0\0\n")
    source = open_source(path)
    [found] = source.newest(10)
    assert read(source, found) == path.read_bytes()


def test_a_maildir_is_found_however_deep_it_lies(tmp_path: Path) -> None:
    (tmp_path / "years" / "2026" / "cur").mkdir(parents=True)
    (tmp_path / "years" / "2026" / "cur" / "1.a.h:2,").write_bytes(b"Subject: a\n\n")
    [found] = open_source(tmp_path).newest(10)
    assert found.headers.startswith(b"Subject: a")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(MailError, match="neither a file nor a folder"):
            open_source(path)


def test_what_is_not_there_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("nothing", "link"):
        with pytest.raises(MailError, match="there is no such file or folder"):
            open_source(tmp_path / name)
    with pytest.raises(MailError, match="there is no Maildir: no folder cur or new"):
        open_source(tmp_path)


# mbox.


def test_an_mbox_is_found_from_its_end_on(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(mbox_of(*(letter(n) for n in range(300))))
    source = open_source(path)
    found = everything(source)
    assert [one.uid for one in found] == sorted(
        (one.uid for one in found), reverse=True
    )
    assert len(found) == 300
    assert source.newest(60) == found[:60]
    assert read(source, found[0]) == letter(299)
    assert read(source, found[-1]) == letter(0)


def test_only_the_end_of_a_large_mbox_is_looked_at_first(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(mbox_of(*(letter(n, "x" * 70 + "\n" * 2_000) for n in range(300))))
    source = open_source(path)
    newest = source.newest(10)
    assert [b"Subject: Letter %d\n" % n in one.headers for n, one in
            zip(range(299, 289, -1), newest, strict=True)] == [True] * 10  # fmt: skip
    assert source.count() == 0
    everything(source)
    assert source.count() == 300


def test_what_only_looks_like_a_message_at_the_end_is_taken_away(
    tmp_path: Path,
) -> None:
    within = mbox_of(letter(7), letter(8))
    body = within.decode() + "x\n" * 200_000 + within.decode()
    held = letter(1, body, extra=f"Content-Length: {len(body) + 1}\n")
    path = tmp_path / "box"
    path.write_bytes(mbox_of(letter(0), held))
    with filled(path, tmp_path) as here:
        here.filling.first()
        assert here.subjects() != ["Letter 1", "Letter 0"]
        here.list_all()
        assert here.subjects() == ["Letter 1", "Letter 0"]
        assert here.filling.rows == 2


def test_status_fields_of_an_mbox_are_flags(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(mbox_of(letter(0, extra="Status: RO\nX-Status: FA\n")))
    [found] = everything(open_source(path))
    assert found.flags == {"\\Seen", "\\Flagged", "\\Answered"}


def test_what_comes_before_the_first_message_is_one_too(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(b"\n" + mbox_of(letter(0), letter(1)))
    source = open_source(path)
    assert [read(source, one) for one in everything(source)] == [letter(1), letter(0)]


def test_mail_that_is_put_at_the_end_is_found_and_nothing_else_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "box"
    path.write_bytes(mbox_of(letter(0), letter(1)))
    with filled(path, tmp_path) as here:
        here.list_all()
        assert not here.source.look()
        with path.open("ab") as file:
            file.write(mbox_of(letter(2)))
        assert here.source.look()
        here.list_all()
        assert here.subjects() == ["Letter 2", "Letter 1", "Letter 0"]
        assert not here.source.look()


def test_an_mbox_that_was_written_anew_is_another(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(mbox_of(letter(0), letter(1), letter(2)))
    source = open_source(path)
    found = everything(source)
    path.write_bytes(mbox_of(letter(0), letter(2)))
    with pytest.raises(Gone, match="open it again"):
        source.look()
    with pytest.raises(Gone, match="open it again"):
        read(source, found[0])
    path.unlink()
    with pytest.raises(FileNotFoundError):
        source.look()


def test_where_messages_lie_is_found_as_in_one_pass(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(
        mbox_of(letter(0), letter(1, "From here on\n>From there"), letter(2, "\n\n"))
    )
    source = MboxSource(path)
    with path.open("rb") as file:
        starts = [span.start + 1 for span in scan_mbox(file)]
    assert [one.uid for one in everything(source)] == starts[::-1]


# Maildir.


def test_the_number_of_a_message_outlives_its_flags() -> None:
    assert uid_of("1.M2.host") == uid_of("1.M2.host:2,S") == uid_of("1.M2.host;2,FS")
    assert uid_of("1.M2.host") != uid_of("1.M3.host")


# What is kept.


def test_a_text_is_made_of_what_is_in_the_file_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(mbox_of(letter(0), letter(1)))
    with filled(path, tmp_path) as here, Renderer(spare=False) as renderer:
        here.list_all()
        work = serving.Serving(here.database, here.source, here.filling, renderer)
        number = here.numbers()[0]
        assert list(work.steps(number, None)) == []
        text = load_text(here.database, number)
        assert text is not None
        assert text.text.strip() == "Text of 1."
        assert WHOLE not in complete_parts(here.database, number)
        list(work.steps(number, WHOLE))
        assert load_part(here.database, number, WHOLE) == letter(1)


def test_another_message_in_its_place_is_not_given_for_it(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(mbox_of(letter(0), letter(1)))
    with filled(path, tmp_path) as here, Renderer(spare=False) as renderer:
        here.list_all()
        work = serving.Serving(here.database, here.source, here.filling, renderer)
        path.write_bytes(mbox_of(letter(0), letter(2)))
        with pytest.raises(Gone, match="another program has changed it"):
            list(work.steps(here.numbers()[0], WHOLE))


def test_parts_go_again_before_they_become_a_copy_of_the_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_MOST_KEPT", 500)
    path = tmp_path / "box"
    path.write_bytes(mbox_of(*(letter(n) for n in range(5))))
    with filled(path, tmp_path) as here, Renderer(spare=False) as renderer:
        here.list_all()
        work = serving.Serving(here.database, here.source, here.filling, renderer)
        for number in here.numbers():
            list(work.steps(number, WHOLE))
            assert WHOLE in complete_parts(here.database, number)
        held = [n for n in here.numbers() if WHOLE in complete_parts(here.database, n)]
        assert 1 <= len(held) <= 3
        list(work.steps(here.numbers()[0], PartId("1")))
        assert (
            load_part(here.database, here.numbers()[0], PartId("1")) == b"Text of 4.\n"
        )


def test_texts_are_made_ahead_up_to_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "box"
    path.write_bytes(mbox_of(*(letter(n) for n in range(50))))
    with filled(path, tmp_path) as here, Renderer(spare=False) as renderer:
        here.list_all()
        work = serving.Serving(here.database, here.source, here.filling, renderer)
        monkeypatch.setattr(texts, "MOST", 300)
        *_, (made, bounded) = text_steps(here.database, work)
        assert (made, bounded) == (20, True)
        assert load_text(here.database, here.numbers()[0]) is not None
        assert load_text(here.database, here.numbers()[-1]) is None
        monkeypatch.setattr(texts, "MOST", 1 << 40)
        *_, (made, bounded) = text_steps(here.database, work)
        assert (made, bounded) == (30, False)


# The place.


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def places(folder: Path) -> Places:
    return Places(*(folder / part for part in ("config", "data", "state", "run")))


def test_what_is_opened_is_the_only_account_and_the_place_is_private(
    tmp_path: Path, temporary: Path
) -> None:
    path = tmp_path / "bö x.mbox"
    path.write_bytes(mbox_of(letter(0), letter(1)))
    settings = Settings(path=tmp_path / "config.toml")
    with opened(path, settings, places(tmp_path)) as (own, inside):
        [account] = own.accounts.values()
        assert isinstance(account, OpenedAccount)
        assert (account.name, account.kind, account.only) == ("bö_x.mbox", "file", None)
        [folder] = temporary.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert inside.data.is_relative_to(folder)
        assert inside.runtime.is_relative_to(folder)
        assert inside.config == tmp_path / "config"
    assert not [*temporary.iterdir()]


def test_what_a_killed_reader_left_is_removed_by_the_next(
    tmp_path: Path, temporary: Path
) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(letter(0))
    old, lively = temporary / "tui-mail-open-old", temporary / "tui-mail-open-lively"
    for folder in (old, lively):
        folder.mkdir()
        (folder / "reader.lock").touch()
        an_hour_ago = time.time() - 3_600
        os.utime(folder, (an_hour_ago, an_hour_ago))
    with AccountLock.acquire(lively / "reader.lock"):
        settings = Settings(path=tmp_path / "config.toml")
        with opened(path, settings, places(tmp_path)) as (own, _):
            [account] = own.accounts.values()
            assert isinstance(account, OpenedAccount)
            assert account.only is not None
            assert not old.exists()
    assert [*temporary.iterdir()] == [lively]


def test_uids_reach_beyond_four_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(mbox_of(letter(0)))
    with filled(path, tmp_path) as here:
        far = FetchedMessage(
            Uid(5_000_000_000),
            frozenset(),
            ModSeq(0),
            None,
            1,
            parse_envelope(letter(1)),
        )
        box = load_mailboxes(here.database)[0].id
        with here.database.transaction() as tx:
            apply_fetched(tx, box, UidValidity(1), [far])
        assert here.filling._known("box") == {5_000_000_000}


def test_a_large_message_at_the_end_keeps_no_other_from_being_shown_at_once(
    tmp_path: Path,
) -> None:
    path = tmp_path / "box"
    large = letter(100, "QUJDREVGR0hJSktM\n" * 300_000)
    path.write_bytes(mbox_of(*(letter(n) for n in range(100)), large))
    found = open_source(path).newest(60)
    subjects = [int(one.headers.partition(b"Letter ")[2].split()[0]) for one in found]
    assert subjects == list(range(100, 40, -1))
    assert found[0].size == len(large)


def test_a_message_that_was_still_being_written_is_read_whole_later(
    tmp_path: Path,
) -> None:
    path = tmp_path / "box"
    octets = mbox_of(letter(0), letter(1, "The beginning\nthe middle\nthe end"))
    path.write_bytes(octets[:-20])
    with filled(path, tmp_path) as here, Renderer(spare=False) as renderer:
        here.list_all()
        work = serving.Serving(here.database, here.source, here.filling, renderer)
        list(work.steps(here.numbers()[0], None))
        path.write_bytes(octets)
        assert here.source.look()
        here.list_all()
        assert here.subjects() == ["Letter 1", "Letter 0"]
        assert here.filling.rows == 2
        list(work.steps(here.numbers()[0], None))
        text = load_text(here.database, here.numbers()[0])
        assert text is not None
        assert text.text.endswith("the end")
