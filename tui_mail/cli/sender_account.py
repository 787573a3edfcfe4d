"""The account that sends a message: the one whose address is its From."""

from collections.abc import Sequence

from tui_mail.cli.session import Session
from tui_mail.compose.identity import identity_of
from tui_mail.config.settings import Account
from tui_mail.mime.addresses import parse_addresses
from tui_mail.mime.headers import wanted_fields
from tui_mail.model.error import MailError

_FIELDS = ("resent-from", "from")
"""Who sends a message, whoever sent it again before the others."""


def named_account(session: Session, name: str) -> Account:
    """Find an account that is to send; raises NotFound, MailError where it cannot."""
    account = session.account(name)
    if account.smtp is None:
        raise MailError(_cannot(account))
    return account


def account_of(
    session: Session, octets: bytes, sender: str | None, *, first: bool
) -> Account:
    """Find the account that sends a message, by its From, else by its envelope's sender.

    Where no From has a domain, and nobody sends as that, it is the only one that can
    send; ``first`` takes the first of several. Raises MailError with those that there are.
    """
    accounts = session.accounts()
    able = [account for account in accounts if account.smtp is not None]
    authors = _authors(octets)
    for address in (*authors, *_addresses(sender or "")):
        if (found := _owner(able, address)) is not None:
            return found
    for address in authors:
        if (found := _owner(accounts, address)) is not None:
            raise MailError(_cannot(found))
    if not able:
        names = ", ".join(account.name for account in accounts)
        raise MailError(f"no account can send: {names} have no [smtp] in the settings")
    if authors:
        raise MailError(
            f"no account sends as {authors[0]}; there are: {_listed(able)};"
            " --account NAME takes one whatever the From"
        )
    if len(able) > 1 and not first:
        raise MailError(
            f"there is no From, and several accounts can send: {_listed(able)};"
            " --account NAME takes one"
        )
    return able[0]


def _authors(octets: bytes) -> list[str]:
    fields = wanted_fields(octets, frozenset(_FIELDS))
    return [one for name in _FIELDS for one in _addresses(fields.get(name, ""))]


def _addresses(text: str) -> list[str]:
    return [one.address for one in parse_addresses(text) if "@" in one.address]


def _owner(accounts: Sequence[Account], address: str) -> Account | None:
    """Find whose address it is; one that is named goes before one that fits a pattern."""
    identities = [(account, identity_of(account)) for account in accounts]
    exact = [account for account, one in identities if one.exactly(address)]
    fitting = [account for account, one in identities if one.is_ours(address)]
    return next(iter([*exact, *fitting]), None)


def _cannot(account: Account) -> str:
    return (
        f"{account.name} cannot send: [accounts.{account.name}.smtp] is missing in the"
        " settings"
    )


def _listed(accounts: Sequence[Account]) -> str:
    return ", ".join(
        f"{account.name} ({', '.join((account.address, *account.aliases))})"
        for account in accounts
    )
