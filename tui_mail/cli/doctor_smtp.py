"""The login at a submission server, what it can do, and what follows where it cannot."""

from collections.abc import Iterator, Mapping

from tui_mail.cli.finding import Finding, login_refused, password_missing
from tui_mail.cli.synchronizing import ask_person
from tui_mail.config.secret import find_secret
from tui_mail.config.settings import Account, Security, SmtpServer
from tui_mail.model.error import LoginRefused, MailError, SecretMissing
from tui_mail.transports.smtp import SmtpConnection

_WITHOUT: Mapping[str, str] = {
    "PIPELINING": "recipients are told one by one, which is slow far away",
    "SIZE": "that a message is too large is known only once it has gone out",
    "8BITMIME": "messages go in 7 bits",
    "SMTPUTF8": "addresses have to be ASCII",
}
"""What we use, and what follows where it is not announced."""


def look_around(
    account: Account, server: SmtpServer, connection: SmtpConnection
) -> Iterator[Finding]:
    """Log in and say what the server can do; the connection is closed at the end."""
    try:
        entered = _entered(account, server, connection)
        yield entered
        if entered.well:
            yield from _abilities(account.name, connection)
    finally:
        connection.quit()


def _entered(
    account: Account, server: SmtpServer, connection: SmtpConnection
) -> Finding:
    """Log in, where the server has a login."""
    name, check = account.name, "smtp login"
    offered = connection.extensions.ways
    try:
        if connection.may_do_without_login:
            return Finding(name, check, True, "none: the server does not offer any")
        connection.log_in(find_secret(account, server, ask=ask_person))
    except SecretMissing as error:
        if server.security is Security.NONE:
            said = f"none: there is no password; it offers {', '.join(sorted(offered))}"
            return Finding(name, check, True, said)
        return password_missing(name, "smtp", error)
    except LoginRefused as error:
        return login_refused(name, "smtp", error)
    except MailError as error:
        return Finding(name, check, False, error.line, "try again later")
    return Finding(name, check, True, server.username)


def _abilities(account: str, connection: SmtpConnection) -> Iterator[Finding]:
    can = connection.extensions
    said = " ".join(sorted(can.names)) or "none: the server does not know EHLO"
    yield Finding(account, "smtp capabilities", True, said)
    missing = [
        f"{name} ({_WITHOUT[name]})" for name in _WITHOUT if name not in can.names
    ]
    detail = f"{len(_WITHOUT) - len(missing)} of {len(_WITHOUT)} announced"
    if missing:
        detail = f"{detail}; missing: {'; '.join(missing)}"
    yield Finding(account, "smtp extensions", True, detail)
    if can.size is not None:
        detail = f"messages of up to {can.size:,} octets"
        yield Finding(account, "smtp size", True, detail)
