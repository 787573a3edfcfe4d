"""The servers of well-known providers, and a guess for all others."""

from dataclasses import dataclass

from tui_mail.config.accounts import PORTS
from tui_mail.config.settings import Security
from tui_mail.model.displayable import Displayable, own


@dataclass(frozen=True, slots=True)
class ServerFound:
    """Where a server is said to be."""

    host: str
    port: int
    security: Security


@dataclass(frozen=True, slots=True)
class Found:
    """The servers for an address."""

    imap: ServerFound
    pop3: ServerFound | None
    """None where there is none."""
    smtp: ServerFound
    known: bool
    """They are known, not guessed."""
    note: Displayable = Displayable("")
    """What a person has to know before the login can work."""


_APP_PASSWORD = "It wants a password made for this program, not your usual one."
_SWITCH_ON = "IMAP or POP3 is to be switched on first, in the settings of its web mail."
_TOKEN = (
    'It takes no passwords; write auth = "oauth2" and a password_command into the '
    "settings."
)
_BRIDGE = "Proton Mail Bridge has to run here; it shows the password to take."

_KNOWN: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "gmail.com googlemail.com",
        "imap.gmail.com",
        "pop.gmail.com",
        "smtp.gmail.com",
        _APP_PASSWORD,
    ),
    (
        "outlook.com hotmail.com live.com msn.com outlook.de hotmail.de",
        "outlook.office365.com",
        "outlook.office365.com",
        "smtp-mail.outlook.com:587",
        _TOKEN,
    ),
    (
        "yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es ymail.com",
        "imap.mail.yahoo.com",
        "pop.mail.yahoo.com",
        "smtp.mail.yahoo.com",
        _APP_PASSWORD,
    ),
    ("aol.com", "imap.aol.com", "pop.aol.com", "smtp.aol.com", _APP_PASSWORD),
    (
        "icloud.com me.com mac.com",
        "imap.mail.me.com",
        "",
        "smtp.mail.me.com:587",
        _APP_PASSWORD,
    ),
    (
        "fastmail.com fastmail.fm",
        "imap.fastmail.com",
        "pop.fastmail.com",
        "smtp.fastmail.com",
        _APP_PASSWORD,
    ),
    (
        "gmx.de gmx.net gmx.at gmx.ch",
        "imap.gmx.net",
        "pop.gmx.net",
        "mail.gmx.net",
        _SWITCH_ON,
    ),
    ("gmx.com", "imap.gmx.com", "pop.gmx.com", "mail.gmx.com", _SWITCH_ON),
    ("web.de", "imap.web.de", "pop3.web.de", "smtp.web.de:587", _SWITCH_ON),
    ("posteo.de posteo.net", "posteo.de", "posteo.de", "posteo.de", ""),
    ("mailbox.org", "imap.mailbox.org", "pop3.mailbox.org", "smtp.mailbox.org", ""),
    (
        "t-online.de",
        "secureimap.t-online.de",
        "securepop.t-online.de",
        "securesmtp.t-online.de",
        "",
    ),
    ("freenet.de", "mx.freenet.de", "mx.freenet.de", "mx.freenet.de:587", ""),
    ("orange.fr wanadoo.fr", "imap.orange.fr", "pop.orange.fr", "smtp.orange.fr", ""),
    ("free.fr", "imap.free.fr", "pop.free.fr", "smtp.free.fr", ""),
    ("laposte.net", "imap.laposte.net", "pop.laposte.net", "smtp.laposte.net", ""),
    ("bluewin.ch", "imaps.bluewin.ch", "pop3s.bluewin.ch", "smtpauths.bluewin.ch", ""),
    ("libero.it", "imapmail.libero.it", "popmail.libero.it", "smtp.libero.it", ""),
    ("seznam.cz email.cz", "imap.seznam.cz", "pop3.seznam.cz", "smtp.seznam.cz", ""),
    ("wp.pl", "imap.wp.pl", "pop3.wp.pl", "smtp.wp.pl", ""),
    (
        "yandex.ru yandex.com",
        "imap.yandex.com",
        "pop.yandex.com",
        "smtp.yandex.com",
        _APP_PASSWORD,
    ),
    (
        "mail.ru bk.ru inbox.ru list.ru",
        "imap.mail.ru",
        "pop.mail.ru",
        "smtp.mail.ru",
        _APP_PASSWORD,
    ),
    ("zoho.com zohomail.com", "imap.zoho.com", "pop.zoho.com", "smtp.zoho.com", ""),
    ("qq.com foxmail.com", "imap.qq.com", "pop.qq.com", "smtp.qq.com", _APP_PASSWORD),
    (
        "comcast.net",
        "imap.comcast.net",
        "mail.comcast.net",
        "smtp.comcast.net",
        "",
    ),
    (
        "att.net",
        "imap.mail.att.net",
        "inbound.att.net",
        "smtp.mail.att.net",
        _APP_PASSWORD,
    ),
    (
        "btinternet.com",
        "mail.btinternet.com",
        "mail.btinternet.com",
        "mail.btinternet.com",
        "",
    ),
    ("riseup.net", "mail.riseup.net", "mail.riseup.net", "mail.riseup.net", ""),
    ("disroot.org", "disroot.org", "disroot.org", "disroot.org", ""),
    ("runbox.com", "mail.runbox.com", "mail.runbox.com", "mail.runbox.com", ""),
    (
        "proton.me protonmail.com pm.me",
        "127.0.0.1:1143",
        "",
        "127.0.0.1:1025",
        _BRIDGE,
    ),
)
"""Domains, the IMAP, the POP3 (if any) and the SMTP server, a note.

With a port it is STARTTLS there."""


def find_servers(address: str) -> Found | None:
    """Find the servers for an address; None while it has no domain."""
    name, _, domain = address.strip().rpartition("@")
    domain = domain.lower().rstrip(".")
    if not name or not domain:
        return None
    for domains, imap, pop3, smtp, note in _KNOWN:
        if domain in domains.split():
            return Found(
                _server("imap", imap),
                _server("pop3", pop3) if pop3 else None,
                _server("smtp", smtp),
                known=True,
                note=own(note),
            )
    return Found(
        _server("imap", f"imap.{domain}"),
        _server("pop3", f"pop.{domain}"),
        _server("smtp", f"smtp.{domain}"),
        known=False,
    )


def _server(kind: str, written: str) -> ServerFound:
    host, _, port = written.partition(":")
    security = Security.STARTTLS if port else Security.TLS
    return ServerFound(host, int(port or PORTS[kind, security]), security)
