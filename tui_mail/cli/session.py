"""What one run of a command works with: settings, places, open databases."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tui_mail.cli import output
from tui_mail.config.load import load_settings
from tui_mail.config.places import Places, make_private
from tui_mail.config.settings import Account, Settings
from tui_mail.model.error import MailError, NotFound, UsageError

if TYPE_CHECKING:
    from tui_mail.store.database import Database


@dataclass(slots=True)
class Session:
    """One run of a command."""

    places: Places
    config: Path | None
    verbose: bool
    _ends: ExitStack
    _check: Callable[[Settings], object]
    incomplete: bool = False
    """The mail of an account could not be read, and this was said."""
    _settings: Settings | None = None
    _databases: dict[str, "Database"] = field(default_factory=dict)
    _readable: list[Account] | None = None

    @classmethod
    @contextmanager
    def begin(
        cls, config: str | None, check: Callable[[Settings], object], *, verbose: bool
    ) -> Iterator["Session"]:
        """Begin; the databases are closed at the end.

        ``check`` raises SettingsError for what no command looks at.
        """
        with ExitStack() as ends:
            path = Path(config) if config else None
            yield cls(Places.find(), path, verbose, ends, check)

    @property
    def settings(self) -> Settings:
        """The settings, read when they are first needed; raises SettingsError."""
        if self._settings is None:
            if self.config is not None and not self.config.exists():
                raise UsageError(f"{self.config}: there is no such file")
            settings = load_settings(self.config, self.places)
            self._check(settings)
            self._settings = settings
        return self._settings

    def account(self, name: str) -> Account:
        """Find an account by its name, whatever its case; raises NotFound."""
        for account in self.settings.accounts.values():
            if account.name.lower() == name.lower():
                return account
        known = ", ".join(self.settings.accounts) or "none"
        raise NotFound(f'there is no account "{name}"; there are: {known}')

    def accounts(self, names: Sequence[str] = ()) -> list[Account]:
        """Find accounts by their names, all without any; raises NotFound, UsageError."""
        if names:
            found = [self.account(name) for name in names]
            return list({account.name: account for account in found}.values())
        if not self.settings.accounts:
            raise UsageError(f"{self.settings.path}: no account is set up yet")
        return list(self.settings.accounts.values())

    def readable_accounts(self) -> list[Account]:
        """Find all accounts whose mail can be read here.

        Of each other one it is said once what is wrong, and ``incomplete`` is set; raises
        that error where no account is left.
        """
        if self._readable is None:
            found: list[Account] = []
            errors: list[MailError] = []
            for account in self.accounts():
                try:
                    self.database(account)
                except MailError as error:
                    errors.append(error)
                else:
                    found.append(account)
            if not found:
                raise errors[0]
            for one in errors:
                output.complain(one.line)
            self.incomplete = bool(errors)
            self._readable = found
        return self._readable

    def let_go(self, account: Account) -> bool:
        """Close an account's database; False where it could not be opened.

        It is opened anew where it is wanted: what is damaged is salvaged then.
        """
        database = self._databases.pop(account.name, None)
        if database is not None:
            database.close()
        return database is not None

    def database(self, account: Account) -> "Database":
        """Open an account's database, made where there is none; raises MailError."""
        if account.name not in self._databases:
            from tui_mail.store.database import AccountIdentity, Database

            make_private(self.places.data)
            database = Database.open(
                self.places.database(account.name),
                account.name,
                identity=AccountIdentity(*account.identity),
            )
            self._ends.callback(database.close)
            self._databases[account.name] = database
            if account.has_local_mailboxes:
                from tui_mail.store.local_mailboxes import settle_local_mailboxes

                settle_local_mailboxes(database, account.mailboxes)
            if database.salvaged:
                output.note(f"{account.name}: {database.salvaged}")
        return self._databases[account.name]
