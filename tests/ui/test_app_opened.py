"""``tui-mail open``: a file in the place of an account, read and never changed."""

import hashlib
import mailbox
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui.app_samples import NOW, PDF, Home, Reader, Sample
from tui_mail.model.error import MailError
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import WHOLE
from tui_mail.model.message import MessageSummary
from tui_mail.sync.opened.place import opened
from tui_mail.ui.app import MailApp

SAMPLES = (
    Sample(
        "First of all", "Petra Quist <petra@quist.example>", body="An early word.\n"
    ),
    Sample("The plan", attachments=(("plan.pdf", PDF),)),
    Sample("Quoting", body="He wrote:\n\nFrom now on\n>From then on\n"),
    Sample("Last of all", body="A word with zweihundert letters.\n"),
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have what is left behind seen."""
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def line_ends(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n")


def octets_of(place: int) -> bytes:
    date = NOW.replace(hour=1 + place)
    return line_ends(SAMPLES[place].octets(date))


def add(path: Path, octets: bytes) -> None:
    quoted = b"".join(
        b">" + line if line.lstrip(b">").startswith(b"From ") else line
        for line in octets.splitlines(keepends=True)
    )
    with path.open("ab") as file:
        file.write(
            b"From grace@corp.example Mon Nov 23 09:00:00 2026\n" + quoted + b"\n"
        )


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    path = tmp_path / "letters.mbox"
    for place in range(len(SAMPLES)):
        add(path, octets_of(place))
    return path


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    path = tmp_path / "Mail"
    box = mailbox.Maildir(path)
    for place in range(len(SAMPLES)):
        message = mailbox.MaildirMessage(octets_of(place))
        message.set_date(NOW.timestamp() + place)
        if place == 1:
            message.set_subdir("cur")
            message.set_flags("FS")
        box.add(message)
    below = box.add_folder("Lists.rust")
    below.add(mailbox.MaildirMessage(octets_of(0).replace(b"First", b"Crate")))
    box.close()
    return path


def state(path: Path) -> dict[str, tuple[object, ...]]:
    """Tell all of a file or folder: names, octets, times, and when it was read."""
    found: dict[str, tuple[object, ...]] = {}
    for each in sorted([path, *path.rglob("*")]):
        told = each.stat()
        times = told.st_mtime_ns, told.st_ctime_ns, told.st_ino, told.st_mode
        if each.is_file():
            digest = hashlib.sha256(each.read_bytes()).hexdigest()
            found[str(each)] = (*times, digest)
        else:
            found[str(each)] = times
    return found


@asynccontextmanager
async def opening(
    path: Path, home: Home, *, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Reader]:
    """Run the reader on a path, and the process that reads it."""
    with opened(path, home.settings, home.places) as (settings, places):
        app = MailApp(settings, places, clock=lambda: NOW)
        async with app.run_test(size=size) as pilot:
            reader = Reader(app, pilot)
            await reader.until(lambda: app.ready and app.keys.idle)
            yield reader
            ending = [each._process for each in app.engines._engines.values()]
    # Each ends as soon as its reader has left it.
    for process in ending:
        if process is not None:
            process.wait(20)


async def has_rows(reader: Reader, *subjects: str) -> None:
    await reader.until(lambda: set(reader.subjects()) == set(subjects))


SUBJECTS = tuple(sample.subject for sample in SAMPLES)


async def test_an_mbox_is_read_newest_first(home: Home, mbox: Path) -> None:
    async with opening(mbox, home) as reader:
        await has_rows(reader, *SUBJECTS)
        assert reader.row.subject == "Last of all"
        await reader.press("enter")
        await reader.shows(
            "A word with zweihundert letters.", "letters.mbox · only read"
        )


async def test_what_an_mbox_quotes_is_read_without_that(home: Home, mbox: Path) -> None:
    async with opening(mbox, home) as reader:
        await reader.go_to("Quoting")
        await reader.press("enter")
        await reader.shows("▕ From now on", "│ From then on")
        assert ">>From" not in reader.text


async def test_one_message_is_shown_at_once(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(octets_of(1))
    async with opening(path, home) as reader:
        await reader.shows("this is the text.", "plan.pdf")
        assert reader.app.panes.pane == "message"


async def test_folders_of_a_maildir_are_mailboxes(home: Home, maildir: Path) -> None:
    async with opening(maildir, home) as reader:
        await has_rows(reader, *SUBJECTS)
        await reader.shows("Inbox", "Lists/rust")
        await reader.go_to("The plan")
        assert reader.row.flags == {SEEN, FLAGGED}
        await reader.press("1", "j", "enter")
        await has_rows(reader, "Crate of all")


@pytest.mark.parametrize("kind", ["mbox", "maildir", "eml"])
async def test_no_key_changes_anything(
    kind: str, home: Home, mbox: Path, maildir: Path, tmp_path: Path
) -> None:
    one = tmp_path / "one.eml"
    one.write_bytes(octets_of(0))
    path = {"mbox": mbox, "maildir": maildir, "eml": one}[kind]
    before = state(path)
    async with opening(path, home) as reader:
        await reader.until(lambda: bool(reader.subjects()))
        await reader.press("enter", "h", "H", "H", "i", "escape", "escape", "q")
        for key in "dD!eEsCpm":
            await reader.press(key)
            await reader.press("escape")
        await reader.press("F", "U", "x", "V", "F", "u", "f5")
        await reader.press("t", *"work", "enter")
        await reader.press("1", "n", "R", "D", "2")
    assert state(path) == before


@pytest.mark.parametrize("key", ["d", "D", "e", "s", "C", "!", "p"])
async def test_a_key_that_would_change_the_file_says_why_not(
    key: str, home: Home, mbox: Path
) -> None:
    async with opening(mbox, home, size=(80, 24)) as reader:
        await reader.press(key)
        await reader.shows("only read: nothing is moved, copied or deleted; flags")
        assert len(reader.subjects()) == len(SAMPLES)


async def test_flags_last_until_one_leaves(home: Home, mbox: Path) -> None:
    async with opening(mbox, home) as reader:
        await reader.press("F", "U")
        await reader.until(lambda: reader.row.flags == {SEEN, FLAGGED})
        await reader.press("u")
        await reader.until(lambda: reader.row.flags == {FLAGGED})
        await reader.press("t", *"work", "enter")
        await reader.until(lambda: "work" in reader.row.flags)
        # The process that lists what is not there yet leaves it so.
        await reader.shows("is only read; flags and tags stay here until you leave")
        assert reader.row.flags == {FLAGGED, "work"}
    async with opening(mbox, home) as reader:
        assert reader.row.flags == frozenset()


async def test_an_attachment_is_saved_as_it_was_sent(home: Home, mbox: Path) -> None:
    async with opening(mbox, home) as reader:
        await reader.go_to("The plan")
        await reader.press("enter")
        await reader.shows("plan.pdf")
        await reader.press("w", "enter")
        saved = home.downloads / "plan.pdf"
        await reader.until(saved.exists)
        assert saved.read_bytes().strip() == PDF


async def test_the_source_is_every_octet(home: Home, mbox: Path) -> None:
    async with opening(mbox, home) as reader:
        await reader.go_to("Quoting")
        await reader.press("enter", "i")
        await reader.shows("Message-ID: <Quoting@corp.example>", ">From then on")
        octets = await reader.app.reading.octets(WHOLE)
        assert octets.rstrip(b"\n") == octets_of(2).rstrip(b"\n")


async def test_a_search_finds_what_was_never_opened(home: Home, mbox: Path) -> None:
    async with opening(mbox, home) as reader:
        await reader.until(lambda: all(row.downloaded for row in rows(reader)))
        await reader.press("/", *"zweihundert", "enter")
        await has_rows(reader, "Last of all")


def rows(reader: Reader) -> list[MessageSummary]:
    shown = reader.app.panes.list
    loaded = shown._loader([int(number) for number in shown.view.numbers])
    return [row for row in loaded if row is not None]


async def test_mail_that_comes_is_listed(home: Home, mbox: Path) -> None:
    async with opening(mbox, home) as reader:
        await reader.shows("is only read")
        add(mbox, octets_of(0).replace(b"First of all", b"Came later"))
        await reader.press("f5")
        await has_rows(reader, *SUBJECTS, "Came later")


async def test_mail_that_comes_into_a_maildir_is_listed(
    home: Home, maildir: Path
) -> None:
    async with opening(maildir, home) as reader:
        await reader.shows("is only read")
        (maildir / "new" / "1900000000.M1.host").write_bytes(
            octets_of(0).replace(b"First of all", b"Came later")
        )
        await has_rows(reader, *SUBJECTS, "Came later")


async def test_a_message_is_found_under_its_new_name(home: Home, maildir: Path) -> None:
    async with opening(maildir, home) as reader:
        await has_rows(reader, *SUBJECTS)
        for path in (maildir / "new").iterdir():
            path.rename(maildir / "cur" / f"{path.name}:2,S")
        await reader.go_to("First of all")
        await reader.press("enter")
        await reader.shows("An early word.")


async def test_another_file_of_that_name_is_not_taken_for_it(
    home: Home, mbox: Path
) -> None:
    async with opening(mbox, home) as reader:
        await reader.shows("is only read")
        octets = mbox.read_bytes()
        mbox.write_bytes(
            octets.replace(b"First", b"Other").replace(b"The plan", b"Plan")
        )
        await reader.shows("another program has changed it; open it again")
        await reader.press("enter")
        with pytest.raises(MailError, match="open it again"):
            await reader.app.reading.octets(WHOLE)


async def test_a_file_that_goes_is_told_and_what_was_read_stays(
    home: Home, mbox: Path
) -> None:
    async with opening(mbox, home) as reader:
        await reader.press("enter")
        await reader.shows("zweihundert")
        mbox.unlink()
        await reader.shows("letters.mbox: it is not there any more")
        assert "zweihundert" in reader.text


async def test_an_engine_that_is_killed_goes_on_where_it_was(
    home: Home, mbox: Path
) -> None:
    async with opening(mbox, home) as reader:
        await reader.shows("is only read")
        await reader.press("F")
        await reader.until(lambda: FLAGGED in reader.row.flags)
        engine = reader.app.engines.engine("letters.mbox")
        assert engine is not None
        assert engine._process is not None
        engine._process.kill()
        await reader.until(lambda: reader.app.engines.engine("letters.mbox") is None)
        await reader.until(
            lambda: reader.app.engines.engine("letters.mbox") is not None
        )
        await reader.press("f5")
        await reader.shows("nothing new")
        assert len(reader.subjects()) == len(SAMPLES)
        assert FLAGGED in reader.row.flags


async def test_the_settings_of_the_screen_hold(home: Home, mbox: Path) -> None:
    other = replace(
        home, ui='mark_seen = "never"\n[keys]\n"message.toggle-flagged" = "B"'
    )
    async with opening(mbox, other) as reader:
        await reader.press("enter")
        await reader.shows("zweihundert")
        await reader.press("q", "B")
        await reader.until(lambda: reader.row.flags == {FLAGGED})


async def test_nothing_is_left_behind(home: Home, mbox: Path, temporary: Path) -> None:
    async with opening(mbox, home) as reader:
        await reader.shows("is only read")
        assert any(temporary.iterdir())
    assert not [*temporary.iterdir()]
    assert not [*home.folder.glob("data/*"), *home.folder.glob("run/*")]
