"""The demo's SMTP server: it takes every mail, after AUTH, and delivers none.

Run by the demo as ``python -m tui_mail.demo.sink FOLDER``.
"""

import asyncio
import hmac

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tui_mail.demo.child import HOST, USER, serve


class _Sink:
    """Takes each message and forgets it."""

    async def handle_DATA(  # noqa: N802  (aiosmtpd calls it by this name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session
        return f"250 taken for {len(envelope.rcpt_tos)}, and delivered to nobody"


async def start(secret: str) -> asyncio.Server:
    """Start the sink on a free loopback port."""

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, how: str, given: object
    ) -> AuthResult:
        del server, session, envelope, how
        right = (
            isinstance(given, LoginPassword)
            and hmac.compare_digest(given.login, USER.encode())
            and hmac.compare_digest(given.password, secret.encode())
        )
        return AuthResult(success=right, handled=right)

    def connection() -> SMTP:
        return SMTP(
            _Sink(),
            hostname="demo.example",
            authenticator=authenticate,
            auth_required=True,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
        )

    return await asyncio.get_running_loop().create_server(connection, HOST, 0)


if __name__ == "__main__":
    serve(start)
