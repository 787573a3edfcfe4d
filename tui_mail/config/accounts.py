"""``[accounts.NAME]`` read from the settings."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tui_mail.config.section import Section
from tui_mail.config.settings import Account, PopServer, Security, Server, SmtpServer
from tui_mail.model.mailbox import SpecialUse

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")
_DELETE_AFTER = re.compile(r"never|download|removed|[1-9][0-9]{0,4} days?")
_LOOPBACK = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|::1|\[::1\]", re.IGNORECASE)
_IMAP_ONLY = ("download", "keep_days", "cache_limit")
_ROLES = ("archive", "sent", "drafts", "trash", "junk")

PORTS = {
    ("imap", Security.TLS): 993,
    ("pop3", Security.TLS): 995,
    ("smtp", Security.TLS): 465,
    ("imap", Security.STARTTLS): 143,
    ("pop3", Security.STARTTLS): 110,
    ("smtp", Security.STARTTLS): 587,
    ("imap", Security.NONE): 143,
    ("pop3", Security.NONE): 110,
    ("smtp", Security.NONE): 587,
}
"""The default ports."""


def is_account_name(name: str) -> bool:
    """Tell whether an account may have this name: letters, digits, - and _."""
    return _NAME.fullmatch(name) is not None


def read_accounts(section: Section | None) -> Mapping[str, Account]:
    """Read all accounts; raises SettingsError."""
    accounts: dict[str, Account] = {}
    for name in section.values if section else ():
        assert section is not None, "names come from the section"
        if not is_account_name(name):
            section.mistake(name, "a name has only letters, digits, - and _")
        for other in accounts:
            if other.lower() == name.lower():
                section.mistake(name, f'the account "{other}" has that name already')
        table = section.section(name)
        assert table is not None, "the name comes from the section"
        accounts[name] = _account(name, table)
    return MappingProxyType(accounts)


def _account(name: str, table: Section) -> Account:
    table.needs("address")
    address = table.text("address")
    if address and not _ADDRESS.fullmatch(address):
        table.mistake("address", f'"{address}" is no address such as ann@example.org')
    command = table.text("password_command")
    password = _password(table)
    inherited = {"username": address, "password_command": command, "password": password}
    imap, pop3, smtp = (table.section(kind) for kind in ("imap", "pop3", "smtp"))
    if imap and pop3:
        table.mistake("pop3", "an account has either imap or pop3, not both")
    account = Account(
        name=name,
        address=address,
        full_name=table.text("name"),
        aliases=table.texts("aliases"),
        password_command=command,
        password=password,
        check_minutes=table.integer("check_minutes", 5, 1, 10_080),
        archive=table.choice("archive", "flat", ("flat", "year", "month")),
        trash_days=table.integer("trash_days", 0, 0, 36_500),
        mailboxes=_mailboxes(table.section("mailboxes")),
        imap=Server(**_server("imap", imap, inherited)) if imap else None,
        pop3=_pop3(pop3, inherited) if pop3 else None,
        smtp=_smtp(smtp, inherited) if smtp else None,
        **_signature(table),
        **_keeping(table, remote=imap is not None),
    )
    table.finish()
    for server in (imap, pop3, smtp):
        if server:
            server.finish()
    return account


def _keeping(table: Section, *, remote: bool) -> dict[str, Any]:
    """Read what is kept here of an IMAP account."""
    if not remote:
        kind = "a POP3" if table.has("pop3") else "a local"
        for key in _IMAP_ONLY:
            if table.has(key):
                table.mistake(
                    key,
                    f"has no meaning in {kind} account: nothing there is ever evicted, "
                    "since its mail may be nowhere else; remove this line",
                )
    return {
        "download": table.choice("download", "text", ("headers", "text", "all")),
        "keep_days": table.integer("keep_days", 90, 0, 36_500),
        "cache_limit": table.octets("cache_limit", 2_000_000_000),
    }


def _signature(table: Section) -> dict[str, Any]:
    if table.has("signature") and table.has("signature_file"):
        table.mistake("signature_file", "signature stands there too; keep one of them")
    path = table.file("signature_file")
    text = table.text("signature", lines=True)
    if path:
        try:
            text = Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            table.mistake("signature_file", f"{path}: {error.strerror}")
    return {"signature": text, "signature_file": path}


def _mailboxes(table: Section | None) -> Mapping[SpecialUse, str]:
    if table is None:
        return MappingProxyType({})
    named: dict[SpecialUse, str] = {}
    for role in _ROLES:
        name = table.text(role)
        if name.upper() == "INBOX":
            table.mistake(role, "the inbox is the inbox, and nothing else besides")
        for other, taken in named.items():
            if name == taken:
                table.mistake(role, f'"{name}" is for {other.value} already')
        if name:
            named[SpecialUse(role)] = name
    table.finish()
    return MappingProxyType(named)


def _password(table: Section) -> str:
    password = table.text("password")
    if password and not table.source.private:
        table.mistake(
            "password",
            "others can read this file: chmod 600 it, or use password_command",
        )
    return password


def _server(kind: str, table: Section, inherited: Mapping[str, str]) -> dict[str, Any]:
    """Read the keys that all servers have, as arguments for their class."""
    table.needs("host")
    host = table.text("host")
    if any(letter.isspace() for letter in host):
        table.mistake("host", f'"{host}" is no name of a host')
    words = tuple(word.value for word in Security)
    security = Security(table.choice("security", "tls", words))
    insecure = table.boolean("insecure", default=False)
    exposed = security is Security.NONE and not _LOOPBACK.fullmatch(host or "::1")
    if exposed and not insecure:
        table.mistake(
            "security",
            f'"none" would send password and mail readable to everybody on the way to '
            f'{host}; use "tls", or insecure = true if you really mean it',
        )
    command = table.text("password_command") or inherited["password_command"]
    auth = table.choice("auth", "password", ("password", "oauth2"))
    if auth == "oauth2" and not command:
        table.mistake("auth", '"oauth2" needs a password_command that prints the token')
    return {
        "host": host,
        "port": table.integer("port", PORTS[kind, security], 1, 65_535),
        "security": security,
        "username": table.text("username") or inherited["username"],
        "auth": auth,
        "password_command": command,
        "password": _password(table) or inherited["password"],
        "ca_file": table.file("ca_file"),
        "insecure": insecure,
        "subscribed_only": table.boolean("subscribed_only", default=True),
    }


def _smtp(table: Section, inherited: Mapping[str, str]) -> SmtpServer:
    save_sent = table.choice("save_sent", "auto", ("auto", "always", "never"))
    return SmtpServer(save_sent=save_sent, **_server("smtp", table, inherited))


def _pop3(table: Section, inherited: Mapping[str, str]) -> PopServer:
    delete_after = table.text("delete_after", "never")
    if not _DELETE_AFTER.fullmatch(delete_after):
        table.mistake(
            "delete_after",
            f'"{delete_after}" is none of "never", "download", "30 days", "removed"',
        )
    return PopServer(
        delete_after=delete_after,
        mirror=table.path("mirror"),
        **_server("pop3", table, inherited),
    )
