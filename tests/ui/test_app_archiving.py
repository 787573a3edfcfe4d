"""An archive with a mailbox for each year or month: one key, one way back."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.ui.app_samples import Home, Reader, Sample, reading
from tests.ui.pop_samples import home_of, shelve
from tui_mail.store.mailboxes import find_mailbox, load_mailboxes
from tui_mail.store.operations import load_pending


class Dated(Sample):
    """A message whose own date is its id, and another than that of its arrival."""

    def octets(self, date: datetime) -> bytes:
        said = datetime.fromisoformat(f"{self.id}T12:00:00+00:00")
        return super().octets(said)


MAIL = (
    Dated("Newest", id="2026-11-20"),
    Dated("Spring", id="2026-03-02"),
    Dated("Last year", id="2025-11-20"),
)


def local(folder: Path, archive: str) -> Home:
    home = home_of(folder, "local")
    path = home.places.settings_file()
    line = 'address = "ann@shelf.example"\n'
    path.write_text(path.read_text().replace(line, f'{line}archive = "{archive}"\n'))
    shelve(home, MAIL)
    return home


def totals(reader: Reader, account: str = "shelf") -> dict[str, int]:
    boxes = load_mailboxes(reader.app.accounts.database(account))
    return {str(box.name): box.total for box in boxes if box.total}


@pytest.mark.parametrize(
    ("archive", "filed"),
    [
        ("flat", {"Archive": 3}),
        ("year", {"Archive/2025": 1, "Archive/2026": 2}),
        ("month", {"Archive/2025-11": 1, "Archive/2026-03": 1, "Archive/2026-11": 1}),
    ],
)
async def test_messages_go_below_the_archive_by_their_dates_and_come_back_at_once(
    tmp_path: Path, archive: str, filed: dict[str, int]
) -> None:
    async with reading(local(tmp_path, archive)) as reader:
        await reader.press("home", "x", "j", "x", "j", "x", "e")
        await reader.shows("Archived 3 messages")
        await reader.until(lambda: totals(reader) == filed)
        await reader.press("u")
        await reader.until(lambda: totals(reader) == {"INBOX": 3})
        await reader.press("ctrl+y")
        await reader.until(lambda: totals(reader) == filed)


async def test_what_lies_below_the_archive_already_stays_there(tmp_path: Path) -> None:
    async with reading(local(tmp_path, "year")) as reader:
        await reader.press("home", "e")
        await reader.until(lambda: totals(reader) == {"INBOX": 2, "Archive/2026": 1})
        await reader.press("g", "f")
        await reader.type("2026")
        await reader.press("enter")
        await reader.shows("Newest")
        await reader.press("e")
        await reader.shows("That is below Archive already.")
        assert totals(reader)["Archive/2026"] == 1


async def test_a_server_is_told_to_make_the_mailbox_before_mail_goes_into_it(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    path = home.places.settings_file()
    line = 'address = "ann@example.org"\n'
    path.write_text(path.read_text().replace(line, f'{line}archive = "year"\n', 1))
    home.fill([Sample("Newest"), Sample("Budget")])
    async with reading(home) as reader:
        await reader.press("home", "e")
        await reader.shows('Archived "Newest"')
        database = reader.app.accounts.database("work")
        await reader.until(lambda: len(load_pending(database)) == 2)
        assert {one.kind for one in load_pending(database)} == {"create", "move"}
        made = find_mailbox(database, "Archive/2026")
        assert made is not None
        assert made.total == 1
