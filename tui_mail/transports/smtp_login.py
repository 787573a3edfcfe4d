"""Logging in to a submission server (RFC 4954): the best way that both sides know."""

from functools import partial

from tui_mail.config.secret import Secret
from tui_mail.config.settings import SmtpServer
from tui_mail.model.error import CannotBeSaid, LoginRefused
from tui_mail.transports.authenticating import authenticate
from tui_mail.transports.login import log_in_by, only_proves, refusal
from tui_mail.transports.sasl import WITH_PASSWORD, WITH_TOKEN, Mechanism
from tui_mail.transports.smtp_wire import Refused, Wire

_LONGEST = 512
"""Octets of an AUTH command with its first response (RFC 4954, 4)."""


def log_in(
    wire: Wire, server: SmtpServer, secret: Secret, offered: frozenset[str]
) -> None:
    """Log in; raises LoginRefused, Refused (come later), LinkLost, ProtocolError."""
    ways = _ways(wire, server, secret, offered)
    log_in_by(
        [
            (only_proves(type(way)), partial(_tried, wire, server, secret, way))
            for way in ways
        ]
    )


def _ways(
    wire: Wire, server: SmtpServer, secret: Secret, offered: frozenset[str]
) -> list[Mechanism]:
    """List what can be done, the best first; raises LoginRefused where nothing can."""
    kinds = WITH_TOKEN if server.auth == "oauth2" else WITH_PASSWORD
    known = [kind for kind in kinds if kind.name in offered]
    if not known:
        raise LoginRefused(_without_a_way(server, offered))
    if not wire.stream.private:
        known = [kind for kind in known if only_proves(kind)]
        if not known:
            raise LoginRefused(
                f"{server.host} does not encrypt, and would have the password in the "
                'clear; security = "tls" or "starttls" is the setting'
            )
    return [kind(server.username, secret) for kind in known]


def _without_a_way(server: SmtpServer, offered: frozenset[str]) -> str:
    if not offered:
        return f"{server.host} offers no way to log in"
    ways = ", ".join(sorted(offered))
    other = "password" if server.auth == "oauth2" else "oauth2"
    kinds = WITH_PASSWORD if server.auth == "oauth2" else WITH_TOKEN
    if any(kind.name in offered for kind in kinds):
        return f'{server.host} offers only {ways}: auth = "{other}" is the setting'
    return f"{server.host} offers no way to log in that we know: {ways}"


def _tried(wire: Wire, server: SmtpServer, secret: Secret, way: Mechanism) -> None:
    """Try a way; raises what speaks against it."""
    try:
        answer = authenticate(wire, way, longest=_LONGEST)
    except CannotBeSaid as error:
        # Name or password cannot be said at all.
        raise LoginRefused(error.line) from None
    if answer.positive:
        way.finish()
        return
    line = refusal(server, secret, str(answer))
    # Only that a password has to be made anew (432) is for the person to heed.
    if answer.temporary and answer.code != 432:
        raise Refused(line, answer)
    raise LoginRefused(line)
