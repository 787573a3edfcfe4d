"""A submission server (aiosmtpd) that keeps what it is given, with TLS and AUTH.

It knows PLAIN and LOGIN alone; other mechanisms are for :mod:`tests.servers.smtp_script`.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.ports import HOST
from tui_mail.config.settings import Security, SmtpServer

USER, PASSWORD = "ann@example.org", "open-sesame"


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that was accepted."""

    sender: str
    recipients: tuple[str, ...]
    octets: bytes
    """With the doubled dots undone."""
    options: tuple[str, ...]
    """What MAIL had besides the sender."""
    client: str
    """What the client called itself."""
    user: str
    """Who had logged in; empty: nobody."""
    encrypted: bool


@dataclass(slots=True)
class Submission:
    """A running server."""

    port: int
    security: Security
    ca_file: str = ""
    wants_login: bool = True
    taken: list[Taken] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """Recipients that it does not take, with what it says of them."""
    answers: list[str] = field(default_factory=list)
    """What it says to the next messages instead of taking them."""
    mechanisms: list[str] = field(default_factory=list)
    """With what clients have logged in."""
    file: Callable[[bytes], None] | None = None
    """Puts what was taken somewhere before the client is told."""

    def server(self, *, username: str = USER, auth: str = "password") -> SmtpServer:
        """Describe it as an account's settings would."""
        return SmtpServer(
            host=HOST,
            port=self.port,
            security=self.security,
            username=username,
            auth=auth,
            ca_file=self.ca_file,
        )

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Note a recipient."""
        if self.wants_login and not session.authenticated:
            return "530 5.7.0 log in first"
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a message."""
        if self.answers:
            return self.answers.pop(0)
        login: object = session.auth_data
        self.taken.append(
            Taken(
                envelope.mail_from or "",
                tuple(envelope.rcpt_tos),
                bytes(envelope.original_content or b""),
                tuple(envelope.mail_options),
                session.host_name or "",
                login.login.decode() if isinstance(login, LoginPassword) else "",
                session.ssl is not None or self.security is Security.TLS,
            )
        )
        if self.file is not None:
            self.file(self.taken[-1].octets)
        return "250 2.0.0 taken"


class _Controller(Controller):
    """One on a socket that listens already: no port is taken by another meanwhile."""

    def __init__(
        self, handler: object, *, listener: socket.socket, **rest: Any
    ) -> None:
        super().__init__(handler, **rest)
        self._listener = listener

    def _create_server(self) -> Coroutine[Any, Any, asyncio.AbstractServer]:
        return self.loop.create_server(
            self._factory_invoker, sock=self._listener, ssl=self.ssl_context
        )


@contextlib.contextmanager
def submission(
    context: ssl.SSLContext | None = None,
    *,
    security: Security = Security.NONE,
    ca_file: str = "",
    users: Mapping[str, str] | None = MappingProxyType({USER: PASSWORD}),
    size: int = 10_000_000,
) -> Iterator[Submission]:
    """Run a server; ``users`` None: it has no AUTH."""
    wants_login = users is not None
    listener = socket.create_server((HOST, 0))
    port = int(listener.getsockname()[1])
    submission = Submission(port, security, ca_file, wants_login)

    def authenticate(
        server: SMTP,
        session: Session,
        envelope: Envelope,
        mechanism: str,
        login: LoginPassword,
    ) -> AuthResult:
        submission.mechanisms.append(mechanism)
        known = (users or {}).get(login.login.decode())
        well = known is not None and login.password == known.encode()
        return AuthResult(success=well, handled=False, auth_data=login)

    starttls = security is Security.STARTTLS
    controller = _Controller(
        submission,
        listener=listener,
        hostname=HOST,
        port=port,
        ssl_context=context if security is Security.TLS else None,
        tls_context=context if starttls else None,
        require_starttls=starttls,
        auth_require_tls=starttls or not wants_login,
        authenticator=authenticate,
        enable_SMTPUTF8=True,
        data_size_limit=size,
        ident="ready",
    )
    controller.start()
    try:
        yield submission
    finally:
        controller.stop()
