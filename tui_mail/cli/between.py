"""What is between accounts, brought further by a command."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from tui_mail.cli.engines import wake
from tui_mail.cli.session import Session
from tui_mail.config.settings import Account
from tui_mail.model.error import MailError
from tui_mail.store import between
from tui_mail.store.database import Database
from tui_mail.store.replaying import has_due
from tui_mail.store.transfers import is_between


def carry_on(session: Session, accounts: Iterable[Account]) -> None:
    """Bring what is on its way from or to accounts as far as it can go now.

    Engines that have something to do are told. An account whose mail cannot be read is
    left for the next time.
    """
    names: set[str] = set()
    for account in accounts:
        try:
            if is_between(session.database(account)):
                names.add(account.name)
        except MailError:
            continue
    if not names:
        return

    @contextmanager
    def open_(name: str) -> Iterator[Database]:
        yield session.database(session.account(name))

    for name in between.carry_on(frozenset(names), open_):
        wake(session, session.account(name))


def have_more_to_do(session: Session, accounts: Sequence[Account]) -> list[Account]:
    """Name the accounts whose servers have to hear of what came from others since."""
    now = datetime.now(UTC)
    return [
        account
        for account in accounts
        if account.kind == "imap"
        and is_between(session.database(account))
        and has_due(session.database(account), now)
    ]
