"""What is piped to a command: the message as it was sent, or the part that is chosen."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.ui.app_samples import PDF, Home, reading


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.fill()
    return home


@pytest.fixture(autouse=True)
def enter_is_pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda: "")
    monkeypatch.setattr("tui_mail.ui.app.MailApp.suspend", lambda _: nullcontext())


async def test_a_message_goes_to_a_command_as_it_was_sent(
    home: Home, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    async with reading(home) as reader:
        await reader.go_to("Budget")
        await reader.press("|", *f"cat>{out}", "enter")
        await reader.shows("The message went to cat>")
    assert b"Subject: Budget\r\n" in out.read_bytes()


async def test_a_chosen_part_goes_alone_and_a_failure_is_said(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The status line has no room for the path of a long temporary folder.
    monkeypatch.chdir(tmp_path)
    async with reading(home) as reader:
        await reader.go_to("The plan")
        await reader.press("v", "j", "|", *"cat>out;exit 3", "enter")
        await reader.shows("The part 2 went to", "it ended with 3")
    assert (tmp_path / "out").read_bytes().strip() == PDF.strip()
