"""Logging in to a POP3 server: the best way that both sides know."""

import hashlib
import re
from collections.abc import Callable

from tui_mail.config.secret import Secret
from tui_mail.config.settings import Server
from tui_mail.model.error import LoginRefused, MailError, ServerRefused
from tui_mail.transports.authenticating import authenticate
from tui_mail.transports.pop3_wire import Status, Wire
from tui_mail.transports.sasl import (
    WITH_PASSWORD,
    WITH_TOKEN,
    CramMd5,
    Login,
    Mechanism,
    Scram,
    octets,
)

_LONGEST = 255
"""Octets of an AUTH command with its first response (RFC 5034, 4)."""
_STAMP = re.compile(rb"<[^<>\s]+@[^<>\s]+>")
_LATER = frozenset({"IN-USE", "LOGIN-DELAY", "SYS/TEMP", "SYS/PERM"})
"""Codes of a refusal that says nothing about name and password (RFC 2449, RFC 3206)."""
_LATER_WORDS = re.compile(
    r"\block(ed)?\b|in use|\bbusy\b|temporar|try (again )?later|too many", re.I
)
"""How servers without codes say so."""

Way = Callable[[], Status]


def log_in(
    wire: Wire,
    server: Server,
    secret: Secret,
    capabilities: dict[str, frozenset[str]],
    greeting: bytes,
) -> None:
    """Log in; raises LoginRefused, ServerRefused (come later), ProtocolError.

    Where one way is refused PLAIN or USER is tried once besides SCRAM and APOP: a server
    may keep a password in a form that does not serve for those.
    """
    ways = _ways(wire, server, secret, capabilities, greeting)
    if not ways:
        raise LoginRefused(f"{server.host} offers no way to log in that we know")
    proves, way = ways[0]
    error = _error(server, secret, way)
    if isinstance(error, LoginRefused) and proves:
        second = next((way for proves, way in ways if not proves), None)
        error = error if second is None else _error(server, secret, second)
    if error is not None:
        raise error


def _ways(
    wire: Wire,
    server: Server,
    secret: Secret,
    capabilities: dict[str, frozenset[str]],
    greeting: bytes,
) -> list[tuple[bool, Way]]:
    """List what can be done, the best first; whether it only proves the password."""
    offered = capabilities.get("SASL", frozenset())

    def by_sasl(kinds: tuple[type[Mechanism], ...]) -> list[tuple[bool, Way]]:
        return [
            (issubclass(kind, Scram), _sasl(wire, kind(server.username, secret)))
            for kind in kinds
            if kind.name in offered
        ]

    if server.auth == "oauth2":
        return by_sasl(WITH_TOKEN)
    last = (Login, CramMd5)
    ways = by_sasl(tuple(kind for kind in WITH_PASSWORD if kind not in last))
    if stamp := _STAMP.search(greeting):
        apop = (True, _apop(wire, server, secret, stamp[0]))
        # What others may read on the way is not told there while it can be proved.
        place = (
            sum(proves for proves, _ in ways) if not wire.stream.private else len(ways)
        )
        ways.insert(place, apop)
    if not capabilities or "USER" in capabilities or not ways:
        ways.append((False, _user(wire, server, secret)))
    return ways + by_sasl(last)


def _error(server: Server, secret: Secret, way: Way) -> MailError | None:
    """Try a way; what speaks against it, None where it led in."""
    try:
        status = way()
    except ServerRefused as error:
        # Name or password cannot be said at all.
        return LoginRefused(error.line)
    if status.ok:
        return None
    word = secret.reveal()
    said = str(status.text).replace(word, "…") if word else str(status.text)
    line = f"{server.host} refused the login of {server.username}"
    line = f"{line}: {said}" if said else line
    if status.code in _LATER:
        return ServerRefused(line, status.code)
    if not status.code and _LATER_WORDS.search(said):
        return ServerRefused(line, "IN-USE")
    return LoginRefused(line)


def _user(wire: Wire, server: Server, secret: Secret) -> Way:
    def way() -> Status:
        status = wire.told(b"USER", server.username.encode("utf-8", "replace"))
        return wire.told(b"PASS", octets(secret.reveal())) if status.ok else status

    return way


def _apop(wire: Wire, server: Server, secret: Secret, stamp: bytes) -> Way:
    def way() -> Status:
        name = server.username.encode("utf-8", "replace")
        digest = hashlib.md5(stamp + octets(secret.reveal())).hexdigest()
        return wire.told(b"APOP", name, digest.encode("ascii"))

    return way


def _sasl(wire: Wire, mechanism: Mechanism) -> Way:
    def way() -> Status:
        status = authenticate(wire, mechanism, longest=_LONGEST)
        if status.ok:
            mechanism.finish()
        return status

    return way
