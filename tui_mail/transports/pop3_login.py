"""Logging in to a POP3 server: the best way that both sides know."""

import hashlib
import re
from collections.abc import Callable
from functools import partial

from tui_mail.config.secret import Secret
from tui_mail.config.settings import Server
from tui_mail.model.error import LoginRefused, ServerRefused
from tui_mail.transports.authenticating import authenticate
from tui_mail.transports.login import log_in_by, only_proves, refusal
from tui_mail.transports.pop3_wire import Status, Wire
from tui_mail.transports.sasl import (
    WITH_PASSWORD,
    WITH_TOKEN,
    CramMd5,
    Mechanism,
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
    """Log in; raises LoginRefused, ServerRefused (come later), ProtocolError."""
    ways = _ways(wire, server, secret, capabilities, greeting)
    if not ways:
        raise LoginRefused(f"{server.host} offers no way to log in that we know")
    log_in_by([(proves, partial(_tried, server, secret, way)) for proves, way in ways])


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
            (only_proves(kind), _sasl(wire, kind(server.username, secret)))
            for kind in kinds
            if kind.name in offered
        ]

    if server.auth == "oauth2":
        return by_sasl(WITH_TOKEN)
    ways = by_sasl(tuple(kind for kind in WITH_PASSWORD if kind is not CramMd5))
    if stamp := _STAMP.search(greeting):
        apop = (True, _apop(wire, server, secret, stamp[0]))
        # What others may read on the way is not told there while it can be proved.
        place = (
            sum(proves for proves, _ in ways) if not wire.stream.private else len(ways)
        )
        ways.insert(place, apop)
    if not capabilities or "USER" in capabilities or not ways:
        ways.append((False, _user(wire, server, secret)))
    return ways + by_sasl((CramMd5,))


def _tried(server: Server, secret: Secret, way: Way) -> None:
    """Try a way; raises what speaks against it."""
    try:
        status = way()
    except ServerRefused as error:
        # Name or password cannot be said at all.
        raise LoginRefused(error.line) from None
    if status.ok:
        return
    line = refusal(server, secret, str(status.text))
    if status.code in _LATER:
        raise ServerRefused(line, status.code)
    if not status.code and _LATER_WORDS.search(str(status.text)):
        raise ServerRefused(line, "IN-USE")
    raise LoginRefused(line)


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
