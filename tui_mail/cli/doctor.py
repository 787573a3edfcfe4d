"""Check the settings, the store, the terminal, and each server step by step."""

import argparse
import locale
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tui_mail.cli import output
from tui_mail.cli.finding import Finding
from tui_mail.cli.session import Session
from tui_mail.cli.values import counted
from tui_mail.config.secret import Secret
from tui_mail.config.settings import Account, PopServer, Security, Server
from tui_mail.model.displayable import displayable
from tui_mail.model.error import (
    CertificateRefused,
    HandshakeLost,
    LoginRefused,
    MailError,
    NoEncryption,
    SecretMissing,
    ServerRefused,
)
from tui_mail.model.mailbox_names import decode_name
from tui_mail.model.namespace import Namespace
from tui_mail.store.mailboxes import load_mailboxes

if TYPE_CHECKING:
    from tui_mail.store.database import Database
    from tui_mail.transports.imap import ImapConnection

_DEADLINE = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("accounts", nargs="*", metavar="ACCOUNT")
    parser.add_argument("--json", action="store_true", help="one object per line")


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Print what was found, each line as it comes; 1 if anything is not well."""
    status = 0
    for finding in _findings(session, arguments.accounts):
        status = max(status, int(not finding.well))
        if arguments.json:
            output.json_object(
                {
                    "account": finding.account,
                    "check": finding.check,
                    "ok": finding.well,
                    "detail": finding.detail,
                    "remedy": finding.remedy or None,
                }
            )
            continue
        place = f"{finding.account}: " if finding.account else ""
        remedy = f" - {finding.remedy}" if finding.remedy else ""
        sign = "ok  " if finding.well else "FAIL"
        output.line(f"{sign}  {place}{finding.check}: {finding.detail}{remedy}")
    return status


def _findings(session: Session, names: list[str]) -> Iterator[Finding]:
    yield from _terminal()
    settings = session.settings
    accounts = session.accounts(names) if settings.accounts or names else []
    number = counted(len(settings.accounts), "account")
    yield Finding(None, "settings", well=True, detail=f"{settings.path}, {number}")
    for account in accounts:
        yield from _store(session, account)
        for kind, server in (
            ("imap", account.imap),
            ("pop3", account.pop3),
            ("smtp", account.smtp),
        ):
            if server is not None:
                yield from _server(account, kind, server)
        if account.pop3 and session.places.database(account.name).exists():
            from tui_mail.cli.doctor_pop3 import agreement

            yield from agreement(account.name, account.pop3, session.database(account))


def _terminal() -> Iterator[Finding]:
    size = shutil.get_terminal_size()
    name = os.environ.get("TERM", "")
    detail = f"{name or 'no TERM'}, {size.columns}x{size.lines}"
    if not sys.stdout.isatty():
        yield Finding(
            None, "terminal", well=True, detail=f"{detail}, not a terminal here"
        )
        return
    if size.columns < 80 or size.lines < 24:
        yield Finding(None, "terminal", False, detail, "make it at least 80x24")
    elif name in ("", "dumb"):
        yield Finding(None, "terminal", False, detail, "set TERM to your terminal")
    else:
        yield Finding(None, "terminal", well=True, detail=detail)
    encoding = locale.getpreferredencoding(do_setlocale=False)
    if encoding.lower().replace("-", "") != "utf8":
        yield Finding(None, "locale", False, encoding, "set LANG to a UTF-8 locale")


def _store(session: Session, account: Account) -> Iterator[Finding]:
    if not session.places.database(account.name).exists():
        yield Finding(account.name, "store", True, "no mail here yet")
        return
    try:
        mistakes = session.database(account).check()
    except MailError as error:
        yield Finding(account.name, "store", False, error.line)
        return
    for mistake in mistakes:
        yield Finding(account.name, "store", False, displayable(mistake))
    if not mistakes:
        yield Finding(account.name, "store", True, "sound")
    yield from _roles(account, session.database(account))


def _roles(account: Account, database: "Database") -> Iterator[Finding]:
    """Name what the settings say of mailboxes that are not there."""
    boxes = load_mailboxes(database)
    roles = {box.special_use: str(box.name) for box in boxes}
    for use, name in account.mailboxes.items():
        found = roles.get(use, "")
        if boxes and found != name and not found.endswith(f"/{name}"):
            detail = f'the settings call "{name}" the {use.value}, and it is not there'
            remedy = 'write it as "tui-mail mailboxes" does, without the account'
            yield Finding(account.name, "mailboxes", False, detail, remedy)


def _server(account: Account, kind: str, server: Server) -> Iterator[Finding]:
    """Go step by step; the first step that fails is the last."""
    where = f"{server.host}:{server.port}"
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        yield _failed(account, f"{kind} name lookup", f"{server.host}: {said}", "host")
        return
    detail = ", ".join(dict.fromkeys(str(one[4][0]) for one in found))
    yield Finding(account.name, f"{kind} name lookup", True, detail)
    try:
        address = (server.host, server.port)
        socket.create_connection(address, timeout=_DEADLINE).close()
    except OSError as error:
        said = error.strerror or str(error) or "no answer"
        yield _failed(account, f"{kind} TCP", f"{where}: {said}", "host and port")
        return
    yield Finding(account.name, f"{kind} TCP", True, where)
    if kind in ("imap", "pop3"):
        yield from _login(account, kind, server)


def _failed(account: Account, check: str, detail: str, keys: str) -> Finding:
    return Finding(
        account.name,
        check,
        False,
        detail,
        f"check {keys} in the settings, and the network",
    )


def _login(account: Account, kind: str, server: Server) -> Iterator[Finding]:
    """Go on from the connection to the login, and to what is behind it."""
    from tui_mail.cli.synchronizing import ask_person
    from tui_mail.config.secret import find_secret

    name = account.name
    unused = ", so it is not used" if server.security is Security.NONE else ""
    said = f"security = {server.security.value}{unused}"
    tls = Finding(name, f"{kind} TLS", True, said)
    proper = "an IMAP server" if kind == "imap" else "a POP3 server"
    greeting = Finding(name, f"{kind} greeting", True, proper)
    try:
        secret = find_secret(account, server, ask=ask_person)
        inside = _inside(account, server, secret)
    except SecretMissing as error:
        yield Finding(
            name, f"{kind} password", False, error.line, "set password_command"
        )
    except CertificateRefused as error:
        remedy = "name a file with the certificates to trust as ca_file"
        yield Finding(name, f"{kind} TLS", False, error.line, remedy)
    except (HandshakeLost, NoEncryption) as error:
        remedy = "check port and security in the settings"
        yield Finding(name, f"{kind} TLS", False, error.line, remedy)
    except LoginRefused as error:
        yield tls
        yield greeting
        remedy = "check username and password"
        yield Finding(name, f"{kind} login", False, error.line, remedy)
    except MailError as error:
        if kind == "pop3" and isinstance(error, ServerRefused):
            yield tls
            yield greeting
            remedy = "try again later: another program may have the mailbox open"
            yield Finding(name, "pop3 mailbox", False, error.line, remedy)
            return
        if server.security is Security.TLS:
            yield tls
        remedy = "check port and security in the settings"
        yield Finding(name, f"{kind} greeting", False, error.line, remedy)
    else:
        yield tls
        yield greeting
        yield Finding(name, f"{kind} login", True, server.username)
        yield from inside


def _inside(account: Account, server: Server, secret: Secret) -> Iterator[Finding]:
    """Log in, and give what is found then; raises MailError."""
    if isinstance(server, PopServer):
        from tui_mail.cli.doctor_pop3 import look_around
        from tui_mail.transports.pop3 import PopConnection

        connected = PopConnection.connect(server, secret, deadline=30.0)
        return look_around(account.name, server, connected)
    from tui_mail.transports.imap import ImapConnection

    return _surroundings(
        account.name, ImapConnection.connect(server, secret, deadline=30.0)
    )


def _surroundings(account: str, connection: "ImapConnection") -> Iterator[Finding]:
    """Say what the server can do and how much room there is."""
    from tui_mail.transports.imap_extensions import EXTENSIONS

    can = connection.capabilities
    yield Finding(account, "imap capabilities", True, " ".join(sorted(can)))
    missing = [one.name for one in EXTENSIONS if not one.is_in(can)]
    detail = f"{len(EXTENSIONS) - len(missing)} of {len(EXTENSIONS)} in use"
    if missing:
        detail = f"{detail}; not offered: {', '.join(missing)}"
    yield Finding(account, "imap extensions", True, detail)
    try:
        namespaces = connection.namespaces()
        quotas = connection.quotas() or ()
    except MailError as error:
        remedy = "the link broke; try again"
        yield Finding(account, "imap namespaces", False, error.line, remedy)
        connection.logout()
        return
    if namespaces:
        yield Finding(account, "imap namespaces", True, _in_words(namespaces))
    for quota in quotas:
        remedy = "delete for ever what is not needed" if quota.is_near else ""
        well = quota.percent < 100
        yield Finding(account, "imap quota", well, quota.in_words, remedy)
    connection.logout()


def _in_words(namespaces: Sequence[Namespace]) -> str:
    return ", ".join(
        f"{one.kind.value} {displayable(decode_name(one.prefix)) or 'at the top'}"
        for one in namespaces
    )
