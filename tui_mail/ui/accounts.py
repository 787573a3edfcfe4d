"""The accounts of this reader: their databases, and their mailboxes as last loaded."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui_mail.config.places import Places, make_private
from tui_mail.config.settings import Account, Settings
from tui_mail.model.displayable import Displayable, own
from tui_mail.model.error import NotFound
from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox import Mailbox, SpecialUse

if TYPE_CHECKING:
    from tui_mail.store.database import Database


class Accounts:
    """What the reader knows of its accounts; used on the loop's thread only."""

    def __init__(self, settings: Settings, places: Places) -> None:
        self.settings = settings
        self._places = places
        self._databases: dict[str, Database] = {}
        self._mailboxes: dict[str, list[Mailbox]] = {}
        self.on_server: dict[str, dict[MailboxId, int]] = {}
        """How many messages of a mailbox a POP3 server has still, as last counted."""
        self._chosen: dict[tuple[str, SpecialUse], MailboxId] = {}
        self.shows_all = False
        """Whether mailboxes are seen too that are not subscribed to."""
        self.troubles: dict[str, Displayable] = {}
        """Why an account's mail cannot be shown."""

    def __iter__(self) -> Iterator[str]:
        return iter(self._databases)

    def __contains__(self, name: str) -> bool:
        return name in self._databases

    def load(self, name: str) -> "tuple[Database, list[Mailbox]]":
        """Open an account's database, on any thread; raises MailError."""
        from tui_mail.store.database import AccountIdentity, Database
        from tui_mail.store.mailboxes import load_mailboxes

        account = self.settings.accounts[name]
        identity = AccountIdentity(*account.identity)
        make_private(self._places.data)
        database = Database.open(self._places.database(name), name, identity=identity)
        if account.has_local_mailboxes:
            from tui_mail.store.local_mailboxes import settle_local_mailboxes

            return database, settle_local_mailboxes(database, account.mailboxes)
        return database, load_mailboxes(database)

    def add(self, name: str, loaded: "tuple[Database, list[Mailbox]]") -> None:
        """Take an account that was opened."""
        self._databases[name], self._mailboxes[name] = loaded

    def database(self, name: str) -> "Database":
        """Give an open account's database."""
        return self._databases[name]

    def account(self, name: str) -> Account:
        """Give an account's settings."""
        return self.settings.accounts[name]

    def salvaged(self) -> list[Displayable]:
        """Say which accounts' files were damaged, and salvaged when they were opened."""
        return [
            own(f"{name}: {database.salvaged}")
            for name, database in self._databases.items()
            if database.salvaged
        ]

    def first(self) -> str | None:
        """Name the first account that could be opened."""
        return next(iter(self._databases), None)

    def in_order(self) -> list[str]:
        """Name the open accounts in the order of the settings."""
        return [name for name in self.settings.accounts if name in self._databases]

    # Mailboxes.

    def tree(self) -> list[tuple[str, list[Mailbox]]]:
        """Give all open accounts' mailboxes, in the order of the settings."""
        return [(name, self._mailboxes.get(name, [])) for name in self.in_order()]

    def take(self, name: str, mailboxes: list[Mailbox]) -> None:
        """Take what was loaded of an account's mailboxes."""
        self._mailboxes[name] = mailboxes

    def mailboxes(self, name: str) -> list[Mailbox]:
        """Give the mailboxes of an account."""
        return self._mailboxes.get(name, [])

    def mailbox(self, name: str, mailbox: MailboxId | None) -> Mailbox | None:
        """Find a mailbox by its number."""
        for each in self.mailboxes(name):
            if each.id == mailbox:
                return each
        return None

    def role(self, name: str, use: SpecialUse) -> Mailbox | None:
        """Find the mailbox of a role: a chosen one, else the one that is known for it."""
        chosen = self.mailbox(name, self._chosen.get((name, use)))
        if chosen is not None:
            return chosen
        for each in self.mailboxes(name):
            if each.special_use is use and each.selectable:
                return each
        return None

    def choose_role(self, name: str, use: SpecialUse, mailbox: MailboxId) -> None:
        """Remember, while the reader runs, which mailbox has a role."""
        self._chosen[name, use] = mailbox

    def own_addresses(self) -> frozenset[str]:
        """Give the addresses of all accounts, which are "you"."""
        accounts = self.settings.accounts.values()
        return frozenset().union(*(account.own_addresses for account in accounts))

    def inbox(self, name: str) -> Mailbox:
        """Find the inbox, or what a file begins with; raises NotFound before it is known."""
        inbox = self.role(name, SpecialUse.INBOX)
        if inbox is None and self.account(name).kind == "file":
            inbox = next(iter(self.mailboxes(name)), None)
        if inbox is None:
            raise NotFound(f"{name}: its mailboxes are not known yet")
        return inbox

    def close(self) -> None:
        """Close all databases."""
        for database in self._databases.values():
            database.close()
        self._databases.clear()
