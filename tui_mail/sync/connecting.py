"""Connections to an account's server, and the secret that opens them."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from tui_mail.config.secret import Secret, find_secret
from tui_mail.config.settings import Account, PopServer, Security, Server, SmtpServer
from tui_mail.model.error import LoginRefused, MailError, SecretMissing
from tui_mail.transports.imap import ImapConnection
from tui_mail.transports.pop3 import PopConnection
from tui_mail.transports.smtp import SmtpConnection

DEADLINE = 30.0
"""Seconds that connecting, and any command, may take."""

Ask = Callable[[str], str]
C = TypeVar("C")
S = TypeVar("S", bound=Server)


class AnyConnector(ABC, Generic[S, C]):
    """Connects; it remembers the secret that the server took last."""

    def __init__(self, account: Account, server: S, ask: Ask | None) -> None:
        self.account = account
        self.server = server
        self._ask = ask
        self._secret: Secret | None = None
        self._refused: Secret | None = None
        self._used: Secret | None = None
        self._taken = False
        self._lock = threading.Lock()
        self._beside: AnyConnector[Any, Any] | None = None

    def share_with(self, other: "AnyConnector[Any, Any]") -> None:
        """Let each take the secret that the other's server took, before it asks.

        An account has one password unless the settings tell otherwise.
        """
        self._beside, other._beside = other, self

    def connect(self) -> C:
        """Make a connection that is logged in.

        A secret that was good before and is not now is looked for once more: tokens
        run out. Raises SecretMissing, LoginRefused, LinkLost and its like.
        """
        secret, taken_before = self._present()
        try:
            connection = self._login(secret)
        except LoginRefused:
            self.forget(secret)
            if not taken_before:
                raise
            secret, _ = self._present()
            connection = self._login(secret)
        with self._lock:
            self._used = secret
            if self._secret is secret:
                self._taken = True
        return connection

    def give(self, secret: str) -> None:
        """Take a secret that a person typed."""
        with self._lock:
            self._secret = Secret(secret)
            self._taken = False

    def turned_away(self) -> None:
        """Note that the server does not take what it seemed to take: look elsewhere."""
        if self._used is not None:
            self.forget(self._used)

    def forget(self, secret: Secret) -> None:
        """Do not use a secret again that was refused."""
        with self._lock:
            self._refused = secret
            if self._secret is secret:
                self._secret = None
                self._taken = False

    def _present(self) -> tuple[Secret, bool]:
        with self._lock:
            if self._secret is None:
                self._secret = self._find()
                self._taken = False
            return self._secret, self._taken

    def _find(self) -> Secret:
        try:
            return find_secret(self.account, self.server, ask=None)
        except SecretMissing:
            if (shared := self._shared()) is not None:
                return shared
            if self._ask is None or self.server.password_command:
                raise
        return find_secret(self.account, self.server, ask=self._ask)

    def _shared(self) -> Secret | None:
        """Give what the other server took, if it is to be tried here."""
        beside = self._beside
        if beside is None or not beside._taken:
            return None
        if beside.server.username != self.server.username:
            return None
        if "oauth2" in (beside.server.auth, self.server.auth):
            return None
        return beside._secret if beside._secret is not self._refused else None

    @abstractmethod
    def _login(self, secret: Secret) -> C:
        """Make a connection that is logged in with a secret."""


class Connector(AnyConnector[Server, ImapConnection]):
    """Connects to the account's IMAP server."""

    def __init__(self, account: Account, ask: Ask | None) -> None:
        super().__init__(account, imap_server(account), ask)

    def _login(self, secret: Secret) -> ImapConnection:
        return ImapConnection.connect(self.server, secret, deadline=DEADLINE)


class PopConnector(AnyConnector[PopServer, PopConnection]):
    """Connects to the account's POP3 server; one connection at a time."""

    def __init__(self, account: Account, server: PopServer, ask: Ask | None) -> None:
        super().__init__(account, server, ask)

    def _login(self, secret: Secret) -> PopConnection:
        return PopConnection.connect(self.server, secret, deadline=DEADLINE)


class SmtpConnector(AnyConnector[SmtpServer, SmtpConnection]):
    """Connects to the submission server; one connection at a time."""

    def _find(self) -> Secret:
        try:
            return super()._find()
        except SecretMissing:
            if (
                self.server.security is not Security.NONE
                or self.server.password_command
            ):
                raise
            # One on this machine often takes mail from whoever works on it.
            return Secret("")

    def _login(self, secret: Secret) -> SmtpConnection:
        """Make a connection, without a login where there is no secret."""
        known = secret if secret.reveal() else None
        return SmtpConnection.connect(self.server, known, deadline=DEADLINE)


def smtp_connector(
    account: Account, ask: Ask | None, *, beside: AnyConnector[Any, Any] | None
) -> SmtpConnector | None:
    """Make what connects to the server that takes mail; None where there is none.

    ``beside`` connects to the server that mail comes from.
    """
    if account.smtp is None:
        return None
    connector = SmtpConnector(account, account.smtp, ask)
    if beside is not None:
        connector.share_with(beside)
    return connector


def imap_server(account: Account) -> Server:
    """Give the account's IMAP server; raises MailError where it has another kind."""
    if account.imap is not None:
        return account.imap
    if account.kind == "pop3":
        raise MailError(f"{account.name}: a POP3 server only hands over whole messages")
    raise MailError(f"{account.name}: a local account has no server")
