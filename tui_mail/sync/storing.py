"""The account's store, opened by its engine."""

from tui_mail.config.places import Places, make_private
from tui_mail.config.settings import Account
from tui_mail.store.database import AccountIdentity, Database


def open_database(account: Account, places: Places) -> Database:
    """Open the account's database, made where there is none; raises MailError."""
    make_private(places.data)
    identity = AccountIdentity(*account.identity)
    return Database.open(places.database(account.name), account.name, identity=identity)
