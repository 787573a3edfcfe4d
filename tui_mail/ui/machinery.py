"""The parts of the reader that its first paint does without: they are imported after it."""

import asyncio
import importlib
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tui_mail.config.opened import OpenedAccount
from tui_mail.ui import look
from tui_mail.ui.bridge import Bridge
from tui_mail.ui.commands import COMMANDS
from tui_mail.ui.dispatch import Dispatcher
from tui_mail.ui.engines import Engines
from tui_mail.ui.fetching import Fetching
from tui_mail.ui.keys import Keys
from tui_mail.ui.outbox import Outbox
from tui_mail.ui.reading import Reading
from tui_mail.ui.refreshing import Refreshing
from tui_mail.ui.servers import Servers
from tui_mail.ui.uses import Uses
from tui_mail.ui.wishes import Wishes

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_THREADS = 3
"""Threads that load from stores; each has a connection with its cache to each of them."""

_SWITCH = 0.001
"""Seconds for which a thread that loads may keep a key waiting."""


def warm_up() -> None:
    """Import what the first keys need, on another thread than theirs."""
    for module in {command.does.partition(".")[0] for command in COMMANDS}:
        importlib.import_module(f"tui_mail.ui.actions.{module}")
    for module in ("mime.render", "store.performing", "store.journal"):
        importlib.import_module(f"tui_mail.{module}")


def build(app: "MailApp") -> None:
    """Give the reader its keys, its reading, its writing, and the way to its engines."""
    sys.setswitchinterval(_SWITCH)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, "loading"))
    app.keys = Keys(app, Dispatcher(app.keymap_of_commands))
    app.reading = Reading(app, rest=look.preview_rest(app.settings.ui))
    app.wishes = Wishes(app)
    app.engines = Engines(
        app.places,
        lambda name: _engine_of(app, name),
        app.post_message,
        read_only=app.read_only,
    )
    app.servers = Servers(app)
    app.fetching = Fetching(app)
    app.outbox = Outbox(app)
    app.uses = Uses(app)
    app.refreshing = Refreshing(app.start)
    app.bridge = Bridge(app.post_message)


def _engine_of(app: "MailApp", name: str) -> Sequence[str]:
    """Say how the engine of an account is started."""
    account = app.accounts.account(name)
    if isinstance(account, OpenedAccount):
        return account.engine
    command = [sys.executable, "-m", "tui_mail", "--config", str(app.settings.path)]
    return [*command, "sync", "--watch", name, "--for-reader"]
