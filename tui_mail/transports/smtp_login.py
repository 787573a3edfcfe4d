"""Logging in to a submission server (RFC 4954): the best way that both sides know."""

from tui_mail.config.secret import Secret
from tui_mail.config.settings import SmtpServer
from tui_mail.model.error import CannotBeSaid, LinkLost, LoginRefused, MailError
from tui_mail.transports.authenticating import authenticate
from tui_mail.transports.sasl import (
    WITH_PASSWORD,
    WITH_TOKEN,
    CramMd5,
    Mechanism,
    Scram,
)
from tui_mail.transports.smtp_wire import Refused, Wire

_LONGEST = 512
"""Octets of an AUTH command with its first response (RFC 4954, 4)."""
_PROVING = (Scram, CramMd5)
"""What does not tell the password itself."""


def log_in(
    wire: Wire, server: SmtpServer, secret: Secret, offered: frozenset[str]
) -> None:
    """Log in; raises LoginRefused, Refused (come later), LinkLost, ProtocolError.

    Where SCRAM is refused PLAIN is tried once: a server may keep a
    password in a form that does not serve for it.
    """
    ways = _ways(wire, server, secret, offered)
    refusal = _error(wire, server, secret, ways[0])
    if refusal is None:
        return
    second = next((way for way in ways[1:] if not isinstance(way, Scram)), None)
    if second and isinstance(ways[0], Scram) and isinstance(refusal, LoginRefused):
        try:
            again = _error(wire, server, secret, second)
        except LinkLost:
            # It hangs up after a refusal: that was its word.
            raise refusal from None
        if again is None:
            return
        refusal = again
    raise refusal


def _ways(
    wire: Wire, server: SmtpServer, secret: Secret, offered: frozenset[str]
) -> list[Mechanism]:
    """List what can be done, the best first; raises LoginRefused where nothing can."""
    kinds = WITH_TOKEN if server.auth == "oauth2" else WITH_PASSWORD
    known = [kind for kind in kinds if kind.name in offered]
    if not known:
        raise LoginRefused(_without_a_way(server, offered))
    if not wire.stream.private:
        known = [kind for kind in known if issubclass(kind, _PROVING)]
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


def _error(
    wire: Wire, server: SmtpServer, secret: Secret, way: Mechanism
) -> MailError | None:
    """Try a way; what speaks against it, None where it led in."""
    try:
        answer = authenticate(wire, way, longest=_LONGEST)
    except CannotBeSaid as error:
        # Name or password cannot be said at all.
        return LoginRefused(error.line)
    if answer.positive:
        way.finish()
        return None
    word = secret.reveal()
    said = str(answer).replace(word, "…") if word else str(answer)
    line = f"{server.host} refused the login of {server.username}: {said}"
    # Only that a password has to be made anew (432) is for the person to heed.
    if answer.temporary and answer.code != 432:
        return Refused(line, answer)
    return LoginRefused(line)
