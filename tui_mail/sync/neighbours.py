"""The stores of other accounts, for what goes between them and this one's."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tui_mail.config.load import load_settings
from tui_mail.config.places import Places
from tui_mail.config.settings import Settings
from tui_mail.link.client import EngineClient
from tui_mail.link.messages import Hello, Wake
from tui_mail.model.error import MailError, NotFound, SettingsError
from tui_mail.model.event import Event, merged
from tui_mail.store import between
from tui_mail.store.database import Database
from tui_mail.store.transfers import is_between
from tui_mail.sync.storing import open_database

_LOG = logging.getLogger(__name__)


class Neighbours:
    """The other accounts of one engine's user; any of its threads may ask."""

    def __init__(self, database: Database, settings: Settings, places: Places) -> None:
        self._database = database
        self._settings = settings
        self._places = places

    def settings_now(self) -> Settings:
        """Read the settings anew; those of the start where that is not possible now."""
        try:
            return load_settings(self._settings.path, self._places)
        except SettingsError as error:
            _LOG.info("%s", error)
            return self._settings

    def carry_on(self) -> bool:
        """Bring what is between accounts as far as it can go now.

        Engines of the others are told. True if this one has something to tell its server.
        """
        if not is_between(self._database):
            return False
        own, events = self._database.account, dict[str, list[Event]]()

        @contextmanager
        def open_(name: str) -> Iterator[Database]:
            if name == own:
                yield self._database
                return
            with self._other(name) as database:
                events.setdefault(name, [])
                stop = database.listen(events[name].extend)
                try:
                    yield database
                finally:
                    stop()

        changed = between.carry_on(frozenset({own}), open_)
        _LOG.debug("between accounts: %s", ", ".join(sorted(changed)) or "nothing")
        for name in changed | {name for name, those in events.items() if those}:
            if name != own:
                self._wake(name, events.get(name, []))
        return own in changed

    @contextmanager
    def _other(self, name: str) -> Iterator[Database]:
        account = self._settings.accounts.get(name)
        if account is None:
            raise NotFound(f'there is no account "{name}" any more')
        database = open_database(account, self._places)
        try:
            yield database
        finally:
            database.close()

    def _wake(self, name: str, events: list[Event]) -> None:
        """Tell an engine that is there what was changed, and that something waits."""
        with (
            suppress(MailError, OSError),
            EngineClient(self._places.socket(name)) as client,
        ):
            # Nobody wishes that mail goes out because of it.
            client.send(Hello("command", read_only=True))
            client.send(Wake(tuple(merged(events))))
