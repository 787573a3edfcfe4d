"""What the settings say, as values; the docstrings of the fields are the manual."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from tui_mail.model.mailbox import SpecialUse


class Security(StrEnum):
    """How a connection is kept from others' eyes."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One server of an account; for IMAP as it stands."""

    host: str
    """The server's name. Needed."""
    port: int = 0
    """Its port; by default that of the protocol and the security."""
    security: Security = Security.TLS
    """``tls``, ``starttls`` or ``none``; ``none`` only on this machine (loopback)."""
    username: str = ""
    """The name to log in with; by default the account's address."""
    auth: str = "password"
    """``password`` (the best mechanism offered) or ``oauth2`` (then
    ``password_command`` prints an access token)."""
    password_command: str = ""
    """A command whose first line of output is the secret; by default the account's."""
    password: str = field(default="", repr=False)
    """The secret itself; only while the file is not readable by others."""
    ca_file: str = ""
    """A PEM file with certificates to trust besides the system's."""
    insecure: bool = False
    """Allow ``security = "none"`` to another machine: everybody on the way can read."""
    subscribed_only: bool = True
    """Synchronize only the mailboxes that are subscribed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer(Server):
    """The server that takes mail to be sent."""

    save_sent: str = "auto"
    """``auto`` (unless the server files a copy itself), ``always`` or ``never``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PopServer(Server):
    """A POP3 server."""

    delete_after: str = "never"
    """When mail goes from the server: ``never``, ``download``, ``30 days`` (after the
    download) or ``removed`` (when it was deleted here for ever)."""
    mirror: str = ""
    """A Maildir that gets each new message too, before it is deleted on the server."""

    @property
    def delete_after_days(self) -> int | None:
        """The number of ``"30 days"``; None where it is no number of days."""
        number, _, _ = self.delete_after.partition(" ")
        return int(number) if number.isdecimal() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account of ``[accounts.NAME]``."""

    name: str
    """The name you gave it: letters, digits, ``-`` and ``_``."""
    address: str
    """Your address there. Needed."""
    full_name: str = ""
    """Your name as others see it."""
    aliases: tuple[str, ...] = ()
    """Other addresses of yours; ``*@ann.example`` for all of a domain."""
    password_command: str = ""
    """A command whose first line of output is the password; without it the system's
    keyring is asked, then you."""
    password: str = field(default="", repr=False)
    """The password itself; only while the file is not readable by others."""
    download: str = "text"
    """IMAP: what is kept for offline reading: ``headers``, ``text`` or ``all``."""
    keep_days: int = 90
    """IMAP: how many days back that goes; 0 is everything."""
    cache_limit: int = 2_000_000_000
    """IMAP: octets of mail to keep, written as ``"2G"``; above it, what is not pinned
    goes, what was read the longest time ago first. Header fields stay, and do not count;
    0, or nothing between the quotes, is no limit."""
    check_minutes: int = 5
    """How often to look for mail where the server does not tell by itself."""
    archive: str = "flat"
    """``flat``, or ``year`` or ``month`` for a mailbox for each below the archive, by the
    messages' own dates: ``Archive/2026``, ``Archive/2026-11``."""
    trash_days: int = 0
    """How many days after it came to the trash mail is deleted for ever; 0 is never.
    What is pinned stays."""
    signature: str = ""
    """The text below what you write; ``signature_file`` names a file with it."""
    signature_file: str = ""
    """A file with the signature; it must exist."""
    mailboxes: Mapping[SpecialUse, str] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """The mailboxes' names where the server does not tell what they are for:
    ``archive``, ``sent``, ``drafts``, ``trash``, ``junk``."""
    imap: Server | None = None
    """``[accounts.NAME.imap]``: the server; this, or ``pop3``, or neither (local)."""
    pop3: PopServer | None = None
    """``[accounts.NAME.pop3]``."""
    smtp: SmtpServer | None = None
    """``[accounts.NAME.smtp]``: without it the account can only be read."""

    @property
    def kind(self) -> str:
        """Say ``imap``, ``pop3`` or ``local``."""
        if self.imap is not None:
            return "imap"
        return "local" if self.pop3 is None else "pop3"

    @property
    def has_local_mailboxes(self) -> bool:
        """Whether its mailboxes lie only here: in POP3 and local accounts."""
        return self.kind in ("pop3", "local")

    @property
    def incoming(self) -> Server | None:
        """The server that mail comes from; None in a local account."""
        return self.imap or self.pop3

    @property
    def identity(self) -> tuple[str, str, str]:
        """Kind, host and user: what the account's database was filled from."""
        server = self.incoming
        if server is None:
            return (self.kind, "", "")
        return (self.kind, server.host.lower(), server.username)

    @property
    def own_hosts(self) -> tuple[str, ...]:
        """The hosts that speak for this account: its servers' and its address's domain."""
        hosts = [self.incoming.host.lower()] if self.incoming else []
        return (*hosts, self.address.rpartition("@")[2].lower())

    @property
    def own_addresses(self) -> frozenset[str]:
        """All addresses and ``*@domain`` patterns that are oneself, lower case."""
        return frozenset(text.lower() for text in (self.address, *self.aliases) if text)


@dataclass(frozen=True, slots=True, kw_only=True)
class UiSettings:
    """``[ui]``: the reader."""

    theme: str = "tui-mail"
    """A name from the themes; your own lie in ``themes/*.toml`` beside the settings."""
    keys: str = "default"
    """Which keys to begin with: ``default``, ``mutt`` or ``gmail``."""
    threads: bool = True
    """Show conversations as trees."""
    sort: str = "date"
    """The order of lists: ``date``, ``oldest``, ``from``, ``subject``, ``size`` or
    ``arrival``."""
    columns: tuple[str, ...] = ()
    """The columns of lists; empty: by the width."""
    mark_seen: str | float = "open"
    """When a message counts as read: ``open``, seconds in the preview, or ``never``."""
    after_action: str = "next"
    """Where the cursor goes after archiving and the like: ``next``, ``previous`` or
    ``stay``."""
    date_format: str = "relative"
    """``relative``, or a format as strftime knows it."""
    undo_seconds: int = 10
    """How long a sent mail is held back."""
    confirm_send: bool = True
    """Show who gets a mail before it goes."""
    editor: str = ""
    """A command to write with, ``$EDITOR`` allowed; empty: the built-in editor."""
    download_dir: str = ""
    """Where attachments are saved; empty: your download folder."""
    images: str = "auto"
    """``auto`` or ``off``."""
    mouse: bool = True
    """Heed the mouse."""
    low_bandwidth: bool | str = "auto"
    """``auto``: in an SSH session no animation and a later preview; true: preview only
    on Enter, no images; false: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that the settings file says."""

    path: Path
    """The file, whether it exists or not."""
    accounts: Mapping[str, Account] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """By name, in the order of the file."""
    ui: UiSettings = field(default_factory=UiSettings)
    """The reader's."""
    theme_place: str = "ui.theme"
    """Where the theme is named, for complaints: the file, the line, the key."""
    keys: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """``[keys]``: the command's id and its keys."""
    key_places: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Where each of them stands, for complaints: the file, the line, the key."""
    addressbook_command: str = ""
    """``[addressbook] command``: prints a tab-separated address and name a line for
    ``%s``."""
