"""Where what was opened is read: a temporary folder, gone at the end however that comes."""

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from tui_mail.config.opened import OpenedAccount
from tui_mail.config.places import Places
from tui_mail.config.settings import Settings
from tui_mail.link.lock import AccountLock
from tui_mail.model.displayable import displayable
from tui_mail.model.error import EngineBusy, MailError
from tui_mail.sync.opened.filling import Filling, first_message
from tui_mail.sync.opened.recognizing import open_source
from tui_mail.sync.storing import open_database

_PREFIX = "tui-mail-open-"
_ALIVE = "reader.lock"
_PATH = "path"
_OLD = 60.0
"""Seconds after which a folder whose reader is gone was left behind."""
_NOT_IN_NAMES = re.compile(r"[^\w.-]")
_LONGEST_NAME = 30


@contextmanager
def opened(
    path: Path, settings: Settings, places: Places
) -> Iterator[tuple[Settings, Places]]:
    """Open a path in a folder of its own: settings with it as the only account, places.

    Its newest rows are in the store then. The person's own settings hold otherwise, and
    their themes. Raises MailError where there is no mail in it.
    """
    source = open_source(path)
    _sweep()
    with ExitStack() as ends:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        ends.callback(remove, folder)
        ends.enter_context(AccountLock.acquire(folder / _ALIVE))
        (folder / _PATH).write_bytes(os.fsencode(path.absolute()))
        account = account_of(folder)
        inside = places_of(folder, places)
        database = open_database(account, inside)
        try:
            filling = Filling(database, source)
            filling.lay_out()
            try:
                filling.first()
            except OSError as error:
                raise MailError(f"{path}: {error.strerror or error}") from None
            only = first_message(database) if source.count() == 1 else None
        finally:
            database.close()
        account = replace(
            account,
            aliases=tuple(_own_addresses(settings)),
            only=only,
        )
        accounts = MappingProxyType({account.name: account})
        yield replace(settings, accounts=accounts), inside


def account_of(folder: Path) -> OpenedAccount:
    """Name what is read in such a folder as an account."""
    path = Path(os.fsdecode((folder / _PATH).read_bytes()))
    name = _NOT_IN_NAMES.sub("_", displayable(path.name))[:_LONGEST_NAME]
    return OpenedAccount(
        name=name.lstrip(".") or "mail",
        address="",
        path=path,
        engine=(sys.executable, "-P", "-m", "tui_mail.sync.opened.engine", str(folder)),
    )


def places_of(folder: Path, places: Places) -> Places:
    """Give such a folder's places; settings, themes and the log stay the person's."""
    return replace(places, data=folder / "data", runtime=folder / "run")


def is_left(folder: Path) -> bool:
    """Tell whether a folder's reader is gone."""
    try:
        AccountLock.acquire(folder / _ALIVE).release()
    except (EngineBusy, OSError):
        return False
    return True


def remove_if_left(folder: Path) -> None:
    """Remove a folder whose reader is gone."""
    with suppress(EngineBusy, OSError), AccountLock.acquire(folder / _ALIVE):
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder, also while a process that is ending still writes into it."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)


def _sweep() -> None:
    """Remove what readers left behind that were killed together with their engines."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            told = folder.lstat()
            old = time.time() - told.st_mtime > _OLD
            if told.st_uid == os.getuid() and old and (folder / _ALIVE).exists():
                remove_if_left(folder)


def _own_addresses(settings: Settings) -> frozenset[str]:
    accounts = settings.accounts.values()
    return frozenset().union(*(account.own_addresses for account in accounts))
