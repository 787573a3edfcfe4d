"""A POP3 connection (RFC 1939): what there is, what it says, and what may go."""

import logging
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from tui_mail.config.secret import Secret
from tui_mail.config.settings import PopServer, Security
from tui_mail.model.displayable import Displayable
from tui_mail.model.error import (
    LinkLost,
    NoEncryption,
    ProtocolError,
    ServerRefused,
)
from tui_mail.transports.pop3_login import log_in
from tui_mail.transports.pop3_wire import Wire
from tui_mail.transports.stream import Stream
from tui_mail.transports.tls import client_context

_LOG = logging.getLogger(__name__)
_AT_ONCE = 64
"""Messages, and commands, that are asked for before the first answer is read."""
_LONGEST_UIDL = 1_000
"""Octets; RFC 1939 has 70."""


@dataclass(frozen=True, slots=True)
class PopListed:
    """A message in the server's mailbox, for this session."""

    number: int
    size: int
    """Octets as the server counts them: many count wrong."""
    uidl: bytes | None
    """What identifies it in all sessions; None where the server does not tell."""


@dataclass(frozen=True, slots=True)
class PopListing:
    """All that the server's mailbox has."""

    messages: tuple[PopListed, ...]
    """By their numbers."""
    trouble: str = ""
    """Why some have no UIDL although the server knows the command."""


@dataclass(frozen=True, slots=True)
class PopPiece:
    """Octets of a message as they came; of a refused one its only piece."""

    number: int
    octets: bytes
    last: bool
    refused: Displayable = Displayable("")
    """Why the server does not give it."""


class PopConnection:
    """Owned by one thread; ``close`` alone may be called from any other."""

    def __init__(self, stream: Stream, server: PopServer) -> None:
        self._stream = stream
        self._server = server
        self._wire = Wire(stream)
        self._said: dict[str, frozenset[str]] = {}

    @classmethod
    def connect(cls, server: PopServer, secret: Secret, *, deadline: float) -> Self:
        """Connect, encrypt, log in; ``deadline`` in seconds is each command's.

        Raises LinkLost, CertificateRefused, LoginRefused, ProtocolError, and
        ServerRefused where it is to be tried later: with ``IN-USE`` another session has
        the mailbox.
        """
        tls = server.security is Security.TLS
        port = server.port or (995 if tls else 110)
        stream = Stream.dial(server.host, port, deadline=deadline)
        connection = cls(stream, server)
        try:
            connection._open(secret)
        except BaseException:
            stream.close()
            raise
        return connection

    @property
    def host(self) -> str:
        """The server's name."""
        return self._server.host

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server announces (CAPA, RFC 2449), upper case, after the login."""
        return frozenset(self._said)

    @property
    def login_delay(self) -> int:
        """Seconds that are to lie between two logins (LOGIN-DELAY, RFC 2449, 6.5)."""
        words = self._said.get("LOGIN-DELAY", frozenset())
        seconds = (int(word) for word in words if word.isdecimal() and len(word) < 6)
        return max(seconds, default=0)

    def _open(self, secret: Secret) -> None:
        server = self._server
        if server.security is Security.TLS:
            self._stream.encrypt(client_context(server))
        greeting = self._wire.greeting()
        self._said = self._ask_capabilities()
        if server.security is Security.STARTTLS:
            if not self._wire.told(b"STLS").ok:
                raise NoEncryption(
                    f"{server.host} does not encrypt: it refuses STLS; if it takes TLS"
                    ' at once, security = "tls" (port 995) is the setting'
                )
            self._stream.encrypt(client_context(server))
            # What was said in the clear counts for nothing (RFC 2595, 4).
            self._said = self._ask_capabilities()
        log_in(self._wire, server, secret, self._said, greeting)
        self._said = self._ask_capabilities()

    def _ask_capabilities(self) -> dict[str, frozenset[str]]:
        """Ask what the server knows; nothing where it does not know the question."""
        if not self._wire.told(b"CAPA").ok:
            return {}
        words = [
            line.decode("ascii", "replace").upper().split()
            for line in self._wire.lines()
        ]
        return {line[0]: frozenset(line[1:]) for line in words if line}

    def list_messages(self) -> PopListing:
        """List the messages with their sizes and identities.

        Of two with one UIDL, and of one with none, the UIDL is not believed. Raises
        ServerRefused, LinkLost, ProtocolError.
        """
        sizes = {
            number: _number(rest.split(b" ")[0], self.host)
            for number, rest in self._numbered(b"LIST")
        }
        try:
            identities = dict(self._numbered(b"UIDL"))
        except ServerRefused:
            return PopListing(tuple(PopListed(*one, None) for one in sizes.items()))
        usable, trouble = _usable(identities, sizes, self.host)
        messages = (
            PopListed(number, size, usable.get(number))
            for number, size in sizes.items()
        )
        return PopListing(tuple(messages), trouble)

    def _numbered(self, command: bytes) -> Iterator[tuple[int, bytes]]:
        """Read a list whose lines begin with a message's number."""
        status = self._wire.told(command)
        if not status.ok:
            raise ServerRefused(f"{self.host}: {status.text}", status.code)
        for line in self._wire.lines():
            number, _, rest = line.strip().partition(b" ")
            yield _number(number, self.host), rest.strip()

    def retrieve(self, numbers: Sequence[int]) -> Generator[PopPiece, None, None]:
        """Fetch messages in this order, in pieces as they come.

        Several are asked for at a time where the server announces PIPELINING. One that
        it refuses does not end it. A caller that stops before the end ends the
        connection. Raises LinkLost, ProtocolError.
        """
        at_once = _AT_ONCE if "PIPELINING" in self._said else 1
        coming = deque(numbers)
        asked: deque[int] = deque()
        try:
            while coming or asked:
                if coming and len(asked) <= at_once // 2:
                    room = min(len(coming), at_once - len(asked))
                    more = [coming.popleft() for _ in range(room)]
                    asked.extend(more)
                    self._wire.ask_of_each(b"RETR", more)
                yield from self._one(asked[0])
                asked.popleft()
        finally:
            if asked:
                # What comes next would be taken for another answer.
                self.close()

    def _one(self, number: int) -> Iterator[PopPiece]:
        status = self._wire.answer()
        if not status.ok:
            why = status.text or Displayable("refused")
            yield PopPiece(number, b"", last=True, refused=why)
            return
        for piece in self._wire.text():
            yield PopPiece(number, piece, last=False)
        yield PopPiece(number, b"", last=True)

    def delete(self, numbers: Sequence[int]) -> dict[int, Displayable]:
        """Mark messages to go with QUIT; those that the server refuses, and why.

        Raises LinkLost, ProtocolError.
        """
        at_once = _AT_ONCE if "PIPELINING" in self._said else 1
        refused: dict[int, Displayable] = {}
        for start in range(0, len(numbers), at_once):
            some = numbers[start : start + at_once]
            self._wire.ask_of_each(b"DELE", some)
            for number in some:
                status = self._wire.answer()
                if not status.ok:
                    refused[number] = status.text or Displayable("refused")
        return refused

    def quit(self) -> bool:
        """Leave; True if the server said that what was to go has gone (RFC 1939, 6)."""
        try:
            return self._wire.told(b"QUIT").ok
        except (LinkLost, ProtocolError) as error:
            _LOG.info("%s: no answer to QUIT: %s", self.host, error.line)
            return False
        finally:
            self.close()

    def close(self) -> None:
        """End the connection, from any thread; what was to go stays on the server."""
        self._stream.close()


def _number(word: bytes, host: str) -> int:
    if not word.isdigit() or len(word) > 18:
        raise ProtocolError(f"{host} lists what has no number")
    return int(word)


def _usable(
    identities: dict[int, bytes], sizes: dict[int, int], host: str
) -> tuple[dict[int, bytes], str]:
    """Leave out UIDLs that identify nothing; say so, if there are any."""
    often = Counter(identities.values())
    usable = {
        number: uidl
        for number, uidl in identities.items()
        if number in sizes and 0 < len(uidl) <= _LONGEST_UIDL and often[uidl] == 1
    }
    if len(usable) == len(sizes):
        return usable, ""
    missing = len(sizes) - len(usable)
    said = "a message" if missing == 1 else f"{missing:,} messages"
    return usable, f"{host} gives {said} no UIDL, or one that others have too"
