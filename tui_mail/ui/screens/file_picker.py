"""A file, by its path: typed, completed, or walked to through the folders."""

import asyncio
import os
import stat
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.model.error import MailError
from tui_mail.model.sizes import size_text
from tui_mail.ui.actions.saving import path_of
from tui_mail.ui.screens.choice_list import Choice
from tui_mail.ui.screens.line_edit import one_line
from tui_mail.ui.screens.matching import Matcher
from tui_mail.ui.screens.picker import Narrowing
from tui_mail.ui.widgets.hint_line import HintLine

_MOST = 20_000
"""Names of a folder that are looked at."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a folder."""

    name: str
    is_folder: bool
    size: int


class FilePicker(Narrowing[Path]):
    """The folder's names over the path; it gives the path of a file that can be read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+j", "attach", priority=True),
        Binding("tab", "complete", priority=True),
    ]

    def __init__(self, title: str, *, start: str = "") -> None:
        super().__init__(title, (), (), "attach")
        self._edit.value = one_line(start)
        self._edit.cursor_position = len(self._edit.value)
        self._folder = ""
        self._entries: list[Entry] = []
        self._trouble = own("")
        self._offered: list[Entry] = []
        self._loaded: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def on_unmount(self) -> None:
        """Wait for no folder any more."""
        for task in self._tasks:
            task.cancel()

    def on_mount(self) -> None:
        """Show the folder that the path begins with."""
        self._fit()
        self._edit.focus()
        self._narrow(self._edit.value)

    def _fit(self) -> None:
        self._list.styles.height = max(1, min(12, self.app.size.height // 2))

    # What is asked of it as of others that narrow.

    def _narrow(self, typed: str) -> None:
        self._typed = typed
        self._folder = _folder_of(typed)
        if self._folder != self._loaded:
            self._begin(self._load())
        else:
            self._offer()

    async def _load(self) -> None:
        folder = self._folder
        try:
            entries = await asyncio.to_thread(entries_of, folder)
        except MailError as error:
            self._entries = []
            self._trouble = error.line
        else:
            self._entries, self._trouble = entries, own("")
        if folder == self._folder:
            self._loaded = folder
            self._offer()

    def _offer(self) -> None:
        name = self._typed.removeprefix(self._folder)
        shown = [
            each
            for each in self._entries
            if name.startswith(".") or not each.name.startswith(".")
        ]
        places = Matcher([each.name for each in shown], scattered=False).find(name)
        self._offered = [shown[place] for place in places]
        why = "Nothing here is called so." if shown else "There is no file here."
        hidden = " A dot shows the hidden ones." if self._entries and not shown else ""
        self._list.say_when_empty(self._trouble or own(f"{why}{hidden}"))
        self._list.choose_among([_choice(each) for each in self._offered], name)
        self.say(own(f"{len(self._offered):,}" if self._offered else ""))
        hints = [("Enter", "attach"), ("Tab", "complete"), ("Up Down", "choose")]
        self.query_one(HintLine).show([*hints, ("Esc", "back")])

    # What a person does.

    def action_take(self) -> None:
        """Take the row that was clicked."""
        self._begin(self.action_attach())

    async def action_attach(self) -> None:
        """Take the path if it is a file's, else what is chosen; open a folder."""
        typed = self._edit.value
        if await self._take(typed):
            return
        chosen = self._chosen()
        if chosen is not None and await self._take(self._path_to(chosen)):
            return
        if typed.strip() and chosen is None:
            self._refuse(own("There is no such file."))

    async def _take(self, typed: str) -> bool:
        """Take a path; False where there is nothing at it."""
        if not typed.strip():
            return False
        kind, why = await asyncio.to_thread(_kind, typed)
        if kind == "file":
            self.dismiss(path_of(typed))
        elif kind == "folder":
            self._go_to(typed if typed.endswith("/") else f"{typed}/")
        elif why:
            self._refuse(why)
        return bool(kind or why)

    async def action_complete(self) -> None:
        """Complete the name as far as it is clear; else take the one that is chosen."""
        if self._edit.value == "~":
            self._go_to("~/")
        if self._folder != self._loaded:
            await self._load()
        name = self._edit.value.removeprefix(self._folder)
        begun = [each for each in self._offered if each.name.startswith(name)]
        common = _common([each.name for each in begun])
        if len(begun) > 1 and len(common) > len(name):
            self._go_to(f"{self._folder}{common}")
        elif chosen := (begun[0] if len(begun) == 1 else self._chosen()):
            self._go_to(self._path_to(chosen))

    def _chosen(self) -> Entry | None:
        place = self._list.chosen
        return None if place is None else self._offered[place]

    def _path_to(self, entry: Entry) -> str:
        return f"{self._folder}{entry.name}{'/' if entry.is_folder else ''}"

    def _go_to(self, typed: str) -> None:
        self._edit.set_text(typed)
        self._narrow(self._edit.value)

    def _refuse(self, why: Displayable) -> None:
        self.say(own(f"{self.signs.warning} {why}"))


def _folder_of(typed: str) -> str:
    """Leave out the name: what is up to the last slash."""
    return typed[: typed.rfind("/") + 1]


def _common(names: Sequence[str]) -> str:
    """Give the beginning that all names have."""
    first, last = min(names, default=""), max(names, default="")
    same = next((n for n, each in enumerate(first) if last[n : n + 1] != each), None)
    return first[:same]


def _choice(entry: Entry) -> Choice:
    name = displayable(entry.name)
    if entry.is_folder:
        return Choice(own(f"{name}/"), own(""))
    return Choice(name, own(""), size_text(entry.size))


def entries_of(folder: str) -> list[Entry]:
    """List a folder, folders first; raises MailError. It may take its time."""
    try:
        with os.scandir(path_of(folder) if folder else ".") as found:
            entries = [
                _entry(each) for each, _ in zip(found, range(_MOST), strict=False)
            ]
    except (OSError, ValueError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise MailError(f"{folder}: {why}") from None
    return _sorted(each for each in entries if _can_be_typed(each.name))


def _can_be_typed(name: str) -> bool:
    return one_line(name) == name


def _sorted(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda each: (not each.is_folder, each.name.lower()))


def _entry(found: os.DirEntry[str]) -> Entry:
    try:
        status = found.stat()
    except OSError:
        return Entry(found.name, is_folder=False, size=0)
    return Entry(found.name, stat.S_ISDIR(status.st_mode), status.st_size)


def _kind(typed: str) -> tuple[str, Displayable]:
    """Say whether it is a folder or a file that can be read, or what else is so."""
    try:
        path = path_of(typed)
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return "folder", own("")
        if not stat.S_ISREG(mode):
            return "", own("That is no file that could be sent.")
        with path.open("rb"):
            return "file", own("")
    except (FileNotFoundError, NotADirectoryError):
        return "", own("")
    except (OSError, ValueError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        return "", displayable(f"{why}.")
