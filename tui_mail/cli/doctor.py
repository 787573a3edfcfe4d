"""Check the settings, the store, the terminal, and each server step by step."""

import argparse
import locale
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui_mail.cli import output
from tui_mail.cli.finding import Finding, login_refused, password_missing
from tui_mail.cli.session import Session
from tui_mail.cli.values import counted
from tui_mail.config.settings import (
    Account,
    PopServer,
    Security,
    Server,
    SmtpServer,
)
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
from tui_mail.store.mailboxes import load_mailboxes

if TYPE_CHECKING:
    from tui_mail.store.database import Database

_DEADLINE = 10.0
_DEADLINE_OF_COMMANDS = 30.0
_PROPER = {
    "imap": "an IMAP server",
    "pop3": "a POP3 server",
    "smtp": "an SMTP server",
}
_NAME_CA_FILE = "name a file with the certificates to trust as ca_file"
_OTHER_TIME = "check the date here; whoever runs the server has to renew it"
_OTHER_NAME = "check host in the settings: the certificate is for another name"
_OF_CERTIFICATES = {
    **{9: _OTHER_TIME, 10: _OTHER_TIME},
    **{62: _OTHER_NAME, 64: _OTHER_NAME},
}
"""What helps where one is not valid yet, or any more, or not for that host."""


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
    name = account.name
    unused = ", so it is not used" if server.security is Security.NONE else ""
    said = f"security = {server.security.value}{unused}"
    tls = Finding(name, f"{kind} TLS", True, said)
    greeting = Finding(name, f"{kind} greeting", True, _PROPER[kind])
    try:
        inside = _inside(account, server)
    except SecretMissing as error:
        yield password_missing(name, kind, error)
    except CertificateRefused as error:
        remedy = _OF_CERTIFICATES.get(error.code, _NAME_CA_FILE)
        yield Finding(name, f"{kind} TLS", False, error.line, remedy)
    except (HandshakeLost, NoEncryption) as error:
        remedy = "check port and security in the settings"
        yield Finding(name, f"{kind} TLS", False, error.line, remedy)
    except LoginRefused as error:
        yield tls
        yield greeting
        yield login_refused(name, kind, error)
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
        if isinstance(error, ServerRefused):
            remedy = "try again later, or ask whoever runs the server"
        yield Finding(name, f"{kind} greeting", False, error.line, remedy)
    else:
        yield tls
        yield greeting
        yield from inside


def _inside(account: Account, server: Server) -> Iterator[Finding]:
    """Connect, and give what is found from the login on; raises MailError."""
    from tui_mail.cli.synchronizing import ask_person
    from tui_mail.config.secret import find_secret

    if isinstance(server, SmtpServer):
        from tui_mail.cli import doctor_smtp
        from tui_mail.transports.smtp import SmtpConnection

        # It may have no login: a password is looked for where it has one.
        greeted = SmtpConnection.connect(server, None, deadline=_DEADLINE_OF_COMMANDS)
        return doctor_smtp.look_around(account, server, greeted)
    secret = find_secret(account, server, ask=ask_person)
    if isinstance(server, PopServer):
        from tui_mail.cli import doctor_pop3
        from tui_mail.transports.pop3 import PopConnection

        connected = PopConnection.connect(
            server, secret, deadline=_DEADLINE_OF_COMMANDS
        )
        return doctor_pop3.look_around(account.name, server, connected)
    from tui_mail.cli import doctor_imap
    from tui_mail.transports.imap import ImapConnection

    entered = ImapConnection.connect(server, secret, deadline=_DEADLINE_OF_COMMANDS)
    return doctor_imap.look_around(account.name, server, entered)
