"""What the overlay screens look like, at the sizes that people have."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from tests.ui.screen_samples import AskingApp
from tests.ui.widget_samples import NOW
from tui_mail.config.places import Places
from tui_mail.config.settings import Settings
from tui_mail.model.displayable import displayable
from tui_mail.model.ids import ActionId
from tui_mail.model.operation import JournalEntry, OperationState, PendingOperation
from tui_mail.model.receipt import SyncReceipt
from tui_mail.ui.commands import Command, Place
from tui_mail.ui.screens import operations
from tui_mail.ui.screens.confirm import Confirm
from tui_mail.ui.screens.help import Help
from tui_mail.ui.screens.operation_list import Done, Synced, Waiting
from tui_mail.ui.screens.operations import Operations
from tui_mail.ui.screens.palette import Palette, PaletteRow
from tui_mail.ui.screens.picker import Item, Picker
from tui_mail.ui.screens.prompt import Prompt
from tui_mail.ui.screens.setup import SetUp
from tui_mail.ui.signs import ASCII
from tui_mail.ui.themes import SIXTEEN_COLOURS

NARROW, WIDE = (80, 24), (120, 40)
NOWHERE = Path("nowhere")

BOXES = [
    Item(displayable(name), displayable(account), name)
    for name, account in [
        ("Inbox", "work"), ("Drafts", "work"), ("Sent", "work"), ("Archive", "work"),
        ("Archive/2025", "work"), ("Lists/rust", "work"), ("Lists/sqlite", "work"),
        ("会議の記録", "work"), ("Projekt Übersicht", "work"), ("Inbox", "old (POP3)"),
        ("Archive", "old (POP3)"),
    ]
]  # fmt: skip

COMMANDS = [
    PaletteRow(
        Command(name, tuple(keys.split("  ")) if keys else (), place, "", sentence),
        tuple(keys.split("  ")) if keys else (),
        place is not Place.MESSAGE,
    )
    for name, keys, place, sentence in [
        ("list.next", "j  Down", Place.LINES, "Go down a row."),
        ("list.open", "Enter", Place.LINES, "Read the message."),
        ("list.page-down", "Space  PageDown", Place.LINES, "Page down."),
        ("list.mark", "x", Place.LIST, "Mark, or unmark."),
        ("list.mark-query", "X", Place.LIST, "Mark by a query."),
        ("message.archive", "e", Place.MAIL, "Move to the archive."),
        ("message.trash", "d  #", Place.MAIL, "Move to the trash."),
        ("message.move", "s", Place.MAIL, "Move to a mailbox."),
        ("message.toggle-seen", "U", Place.MAIL, "Mark read, or unread."),
        ("part.next", "]  >", Place.MESSAGE, "Show the next part."),
        ("go.inbox", "g i", Place.ANYWHERE, "Go to the inbox."),
        ("app.redraw", "", Place.ANYWHERE, "Draw the screen anew."),
        ("app.quit", "Q  Ctrl+Q", Place.ANYWHERE, "Leave tui-mail."),
    ]
]


def prompt() -> Prompt:
    return Prompt("Search", value="from:grace is:unread", history=["has:attachment"])


def mistaken() -> Prompt:
    made = Prompt("Search", value="subject:plan (is:unread from:grace")
    made.set_error("this bracket is not closed", 14)
    return made


def confirm() -> Confirm:
    return Confirm("Delete 3 messages for ever?", [("y", "delete")])


def long_confirm() -> Confirm:
    question = "Two of the five messages that are marked cannot be seen in this list."
    return Confirm(question, [("Enter", "the 5 marked"), (".", "only this one")])


def picker() -> Picker:
    return Picker("Move to", BOXES, hint="move")


def new_picker() -> Picker:
    return Picker("Move to", BOXES, allow_new=True)


def palette() -> Palette:
    return Palette(COMMANDS)


def help_screen() -> Help:
    return Help(COMMANDS, title="Keys that work in the list")


def set_up() -> SetUp:
    return SetUp(Places(*[NOWHERE] * 4), Settings(path=NOWHERE / "config.toml"))


def waiting(
    number: int, what: str, state: OperationState, error: str = "", minutes: int = 0
) -> Waiting:
    return Waiting(
        "work" if number % 2 else "old (POP3)",
        PendingOperation(
            id=f"op-{number}",
            kind="move",
            what=displayable(what),
            state=state,
            attempts=2,
            not_before=NOW + timedelta(minutes=minutes) if minutes else None,
            error=displayable(error),
        ),
    )


def done(number: int, said: str, *, undone: bool = False) -> Done:
    at = NOW - timedelta(minutes=7 * number * number)
    entry = JournalEntry(ActionId(number), displayable(said), at, "", undone, (), None)
    return Done("old (POP3)" if number == 3 else "work", entry)


WAITING = [
    waiting(1, "move 12 messages to Archive", OperationState.QUEUED),
    waiting(2, "copy 1 message to Lists/rust", OperationState.QUEUED, "451 busy", 15),
    waiting(3, "move 1 message to Lists/sqlite", OperationState.FAILED, "over quota"),
    waiting(5, "mark 3 messages read in INBOX", OperationState.SENT),
]
DONE = [
    done(1, 'trashed "Your parcel is waiting"'),
    done(2, "flagged 3 messages", undone=True),
    done(3, 'archived "Compiler release plan for Q3" and 11 more'),
    done(30, 'moved "来週の予定について" to 会議の記録'),
]

SYNCED = [
    Synced("work", SyncReceipt(NOW - timedelta(minutes=9 * ago), counts))
    for ago, counts in enumerate(
        (
            {"moved": 12, "flagged": 3},
            {"new": 1_204},
            {"rescanned": 812, "matched again": 812},
            {"new": 3, "gone": 1},
            {"deleted": 2},
        )
    )
]


@pytest.fixture(autouse=True)
def _what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "load", lambda _: (WAITING, DONE, SYNCED))


async def never(account: str, function: object, /) -> Any:
    raise AssertionError("nothing is to be changed")


def operations_screen() -> Operations:
    return Operations(
        {"work": None, "old (POP3)": None},  # type: ignore[dict-item]
        clock=lambda: NOW,
        change=never,
    )


GUESSED = (*"ann@corp.example", "tab", *"Ann Example", "tab", *"secret", "tab")
KNOWN = (*"ann@gmail.com", "tab", *"Ann")
WRONG = (*GUESSED, "tab", *"999999", "tab", "tab", "ctrl+s")


async def settle(pilot: Any) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


SCREENS: dict[str, tuple[Callable[[], Screen[Any]], tuple[int, int], Sequence[str]]] = {
    "prompt": (prompt, NARROW, ()),
    "prompt-mistaken": (mistaken, NARROW, ()),
    "prompt-wide": (mistaken, WIDE, ()),
    "confirm": (confirm, NARROW, ()),
    "confirm-long": (long_confirm, NARROW, ()),
    "confirm-wide": (long_confirm, WIDE, ()),
    "picker": (picker, NARROW, ("a", "r")),
    "picker-wide": (picker, WIDE, ("down",)),
    "picker-new": (new_picker, NARROW, ("n", "e", "w")),
    "palette": (palette, NARROW, ("m", "a")),
    "palette-wide": (palette, WIDE, ()),
    "help": (help_screen, NARROW, ()),
    "help-narrowed": (help_screen, NARROW, ("slash", "m", "a")),
    "help-wide": (help_screen, WIDE, ()),
    "operations": (operations_screen, NARROW, ()),
    "operations-wide": (operations_screen, WIDE, ("j", "j")),
    "setup-known": (set_up, NARROW, KNOWN),
    "setup-wrong": (set_up, NARROW, WRONG),
    "setup-wide": (set_up, WIDE, GUESSED),
}


def shown(name: str, theme: str = "tui-mail") -> tuple[AskingApp, dict[str, Any]]:
    make, size, press = SCREENS[name]
    app = AskingApp(make, theme, "narrow" if size == NARROW else "")

    async def use(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press(*press)
        await settle(pilot)

    return app, {"terminal_size": size, "run_before": use}


@pytest.mark.parametrize("name", SCREENS)
def test_the_screens_look_as_they_did(snap_compare: Any, name: str) -> None:
    app, how = shown(name)
    assert snap_compare(app, **how)


@pytest.mark.parametrize("theme", ["ansi", "tui-mail-light"])
@pytest.mark.parametrize(
    "name",
    ["prompt-mistaken", "confirm", "palette", "help", "operations", "setup-wrong"],
)
def test_other_themes_look_as_they_did(
    snap_compare: Any, theme: str, name: str
) -> None:
    app, how = shown(name, theme)
    assert snap_compare(app, **how)


@pytest.mark.parametrize("name", ["picker", "operations", "setup-wrong"])
def test_without_colour_they_look_as_they_did(
    snap_compare: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app, how = shown(name, SIXTEEN_COLOURS)
    assert snap_compare(app, **how)


def test_where_only_ascii_is_shown_they_look_as_they_did(
    snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.ui.screens.asking.choose_signs", lambda: ASCII)
    app = AskingApp(picker, layout="narrow")
    assert snap_compare(app, terminal_size=NARROW, press=("a", "r"))
