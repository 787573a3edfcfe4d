"""The addresses that a person can write from."""

from collections.abc import Iterable, Sequence

from tui_mail.compose.identity import identity_of
from tui_mail.config.settings import Account
from tui_mail.ui.screens.composer import Sender


def senders_of(accounts: Iterable[Account]) -> list[Sender]:
    """Give the addresses of all accounts that can send; patterns are none of them."""
    return [
        Sender(account.name, identity_of(account).sender_at(address))
        for account in accounts
        if account.smtp is not None
        for address in (account.address, *account.aliases)
        if address and "*" not in address
    ]


def with_own(senders: Sequence[Sender], account: str, sender: str) -> list[Sender]:
    """Give the addresses with the one that a draft has already, which may be another."""
    mine = Sender(account, sender)
    return list(senders) if mine in senders else [mine, *senders]
