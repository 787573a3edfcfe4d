"""Who writes: which of one's own addresses a message was sent to, and is answered from."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tui_mail.compose.fields import format_one
from tui_mail.config.settings import Account
from tui_mail.mime.addresses import parse_addresses
from tui_mail.mime.headers import wanted_fields
from tui_mail.mime.hosts import ascii_host
from tui_mail.model.displayable import displayable
from tui_mail.model.message import Address

_PLAIN = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", re.ASCII)
_SENT_TO = (
    ("from",),
    ("to", "cc", "resent-to", "resent-cc", "bcc"),
    ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to"),
)
"""Fields that name oneself, the ones that a person wrote before those of servers.

From is among them for one's own mail that is answered or edited. A server's field often
names the account whichever of its addresses was meant, so what To says goes before.
"""
_ALL_FIELDS = frozenset(name for group in _SENT_TO for name in group)


@dataclass(frozen=True, slots=True)
class Identity:
    """An account as the one who writes."""

    account: str
    name: str
    """One's own, as others see it."""
    address: str
    aliases: tuple[str, ...] = ()
    """Other addresses of the account; ``*@ann.example`` for all of a domain."""
    signature: str = ""
    others: frozenset[str] = frozenset()
    """The addresses and patterns of one's other accounts, lower case."""

    @property
    def sender(self) -> str:
        """The From field of what is written anew."""
        return self.sender_at(self.address)

    def sender_at(self, address: str) -> str:
        """Write the From field with another of one's addresses."""
        return format_one(Address(displayable(self.name), displayable(address)))

    def is_own(self, address: str) -> bool:
        """Tell whether an address is oneself, in this account or another."""
        return self.is_ours(address) or _is_among(address, self.others)

    def is_ours(self, address: str) -> bool:
        """Tell whether an address is one of this account."""
        return _is_among(address, self._spelled())

    def _spelled(self) -> tuple[str, ...]:
        return (self.address, *self.aliases)

    def exactly(self, address: str) -> str:
        """Give an address of this account as the settings spell it; empty if it is none."""
        wanted = _key(address)
        return next((one for one in self._spelled() if _key(one) == wanted), "")


def identity_of(account: Account, accounts: Iterable[Account] = ()) -> Identity:
    """Make the identity of an account; ``accounts`` are all that one has."""
    others = (one.own_addresses for one in accounts if one.name != account.name)
    return Identity(
        account=account.name,
        name=account.full_name,
        address=account.address,
        aliases=account.aliases,
        signature=account.signature,
        others=frozenset().union(*others),
    )


def _is_among(address: str, own: Iterable[str]) -> bool:
    local, _, domain = _key(address).rpartition("@")
    if not local:
        return False
    return any(_key(one) in (f"{local}@{domain}", f"*@{domain}") for one in own)


def _key(address: str) -> str:
    """Write an address as others are compared with it: case aside, its domain in ASCII."""
    local, at, domain = address.lower().rpartition("@")
    return f"{local}{at}{domain if domain.isascii() else ascii_host(domain)}"


def address_used(headers: bytes, identity: Identity) -> str:
    """Find the own address that a message was sent to, or from; else the account's.

    An address that the settings name goes before one that only a pattern fits, within
    what people wrote and within what servers noted.
    """
    fields = wanted_fields(headers, _ALL_FIELDS)
    for group in _SENT_TO:
        found = list(_named_in(fields, group))
        for address in found:
            if spelled := identity.exactly(address):
                return spelled
        for address in found:
            if _PLAIN.fullmatch(address) and identity.is_ours(address):
                return address
    return identity.address


def _named_in(fields: dict[str, str], group: tuple[str, ...]) -> Iterator[str]:
    for name in group:
        for one in parse_addresses(fields.get(name, "")):
            yield one.address
