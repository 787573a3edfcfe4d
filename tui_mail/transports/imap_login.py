"""Logging in: the best mechanism that both sides know, the secret never in clear."""

from functools import partial

from tui_mail.config.secret import Secret
from tui_mail.config.settings import Server
from tui_mail.model.error import LoginRefused, MailError, ProtocolError, ServerRefused
from tui_mail.transports.imap_arguments import text
from tui_mail.transports.imap_client import Wire
from tui_mail.transports.imap_responses import Status, Untagged
from tui_mail.transports.login import log_in_by, only_proves, refusal
from tui_mail.transports.sasl import (
    WITH_PASSWORD,
    WITH_TOKEN,
    CramMd5,
    Login,
    Mechanism,
    from_base64,
    octets,
    to_base64,
)

_MOST_CHALLENGES = 10
_NOT_ABOUT_US = frozenset(
    {b"UNAVAILABLE", b"LIMIT", b"INUSE", b"SERVERBUG", b"CONTACTADMIN", b"THROTTLED"}
)
"""Codes of a NO that says nothing about name and password (RFC 5530)."""


def log_in(wire: Wire, server: Server, secret: Secret) -> Status:
    """Log in; raises LoginRefused, ServerRefused (come later), ProtocolError."""
    ways = _ways(wire, server)
    if not ways:
        raise LoginRefused(f"{server.host} offers no way to log in that we know")
    return log_in_by(
        [
            (
                way is not None and only_proves(way),
                partial(_tried, wire, server, secret, way),
            )
            for way in ways
        ]
    )


def _ways(wire: Wire, server: Server) -> list[type[Mechanism] | None]:
    """List the mechanisms that can be used, the best first; None is LOGIN."""
    can = frozenset(wire.capabilities)
    known = WITH_TOKEN if server.auth == "oauth2" else WITH_PASSWORD
    ways: list[type[Mechanism] | None] = [
        one for one in known if f"AUTH={one.name}" in can
    ]
    if server.auth != "oauth2" and "LOGINDISABLED" not in can:
        stronger = [one for one in ways if one not in (Login, CramMd5)]
        ways[len(stronger) :] = [None, *ways[len(stronger) :]]
    return ways


def _tried(
    wire: Wire, server: Server, secret: Secret, way: type[Mechanism] | None
) -> Status:
    try:
        if way is None:
            status = _login(wire, server, secret)
        else:
            mechanism = way(server.username, secret)
            status = _authenticate(wire, mechanism)
            if status.kind == b"OK":
                mechanism.finish()
    except ServerRefused as error:
        raise LoginRefused(error.line) from None
    if status.kind == b"OK":
        return status
    raise _refused(server, secret, status)


def _refused(server: Server, secret: Secret, status: Status) -> MailError:
    line = refusal(server, secret, str(status.text))
    code = status.code.decode("ascii")
    if status.kind == b"BAD" or status.code in _NOT_ABOUT_US:
        return ServerRefused(line, code)
    return LoginRefused(line)


def _login(wire: Wire, server: Server, secret: Secret) -> Status:
    name = text(server.username.encode("utf-8", "replace"), "such a user name")
    word = text(octets(secret.reveal()), "such a password")
    return wire.finish(wire.ask((b"LOGIN", name, word)))


def _authenticate(wire: Wire, mechanism: Mechanism) -> Status:
    waiting = mechanism.first()
    pieces = [b"AUTHENTICATE", mechanism.name.encode("ascii")]
    if waiting is not None and "SASL-IR" in wire.capabilities:
        pieces.append(to_base64(waiting) or b"=")
        waiting = None
    tag = wire.ask(pieces)
    challenges = 0
    while tag not in wire.answers:
        said = wire.next_response()
        if isinstance(said, Untagged):
            wire.unasked(said)
        elif isinstance(said, bytes):
            challenges += 1
            if challenges > _MOST_CHALLENGES:
                raise ProtocolError(f"{wire.host} asks and asks, and lets nobody in")
            answer = waiting
            waiting = None
            if answer is None:
                answer = mechanism.respond(from_base64(said))
            wire.stream.send(to_base64(answer) + b"\r\n")
    return wire.answer(tag)
