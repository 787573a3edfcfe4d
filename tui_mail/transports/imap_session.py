"""An IMAP session: from the connection to the login, and one way for all commands."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import Self

from tui_mail import __version__
from tui_mail.config.secret import Secret
from tui_mail.config.settings import Security, Server
from tui_mail.model.changes import Changes
from tui_mail.model.error import (
    LinkLost,
    MailError,
    NoEncryption,
    ProtocolError,
    ServerRefused,
)
from tui_mail.transports.imap_arguments import Flow, Literal, Piece
from tui_mail.transports.imap_client import Take, Wire, greeted
from tui_mail.transports.imap_login import log_in
from tui_mail.transports.imap_news import News
from tui_mail.transports.imap_responses import Status, Untagged, parse_software
from tui_mail.transports.imap_tokens import Unreadable
from tui_mail.transports.stream import Stream
from tui_mail.transports.tls import client_context

_LOG = logging.getLogger(__name__)
_GOOD_BYE = 5.0
"""Seconds that LOGOUT may take."""
_IN_REV2 = frozenset(
    {
        *("IDLE", "ESEARCH", "UIDPLUS", "MOVE", "ENABLE", "NAMESPACE"),
        *("LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE"),
    }
)
"""What IMAP4rev2 has without saying so (RFC 9051, appendix E)."""

_AT_ONCE = 50
"""Commands that are sent before the first answer is read."""

GONE = frozenset({"EXPUNGEISSUED", "NONEXISTENT"})
"""Codes of a refusal that only says that some of the messages are gone."""


def _together(
    commands: Sequence[tuple[Piece, ...]],
) -> Iterator[list[tuple[Piece, ...]]]:
    """Part commands into those that can go out at once."""
    waiting: list[tuple[Piece, ...]] = []
    for command in commands:
        if any(isinstance(piece, Literal) for piece in command):
            # The answers to what went before would come while it waits.
            if waiting:
                yield waiting
                waiting = []
            yield [command]
            continue
        waiting.append(command)
        if len(waiting) == _AT_ONCE:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


class Session:
    """Owned by one thread; ``close`` alone may be called from any other."""

    def __init__(self, stream: Stream, server: Server) -> None:
        self._stream = stream
        self._server = server
        self._news = News(server.host)
        self._wire: Wire
        self.capabilities: frozenset[str] = frozenset()
        """Upper case, as they are after the login."""
        self.qresync = False
        """Whether QRESYNC was enabled (RFC 7162)."""
        self.condstore = False
        """Whether there are modification sequences (RFC 7162)."""
        self._has_modseqs = False
        """Whether the selected mailbox has them too (NOMODSEQ, RFC 7162, 3.1.2.2)."""

    @classmethod
    def connect(cls, server: Server, secret: Secret, *, deadline: float) -> Self:
        """Connect, encrypt, log in; ``deadline`` in seconds is each command's.

        Raises LinkLost, CertificateRefused, LoginRefused, ProtocolError, ServerRefused.
        """
        tls = server.security is Security.TLS
        port = server.port or (993 if tls else 143)
        stream = Stream.dial(server.host, port, deadline=deadline)
        connection = cls(stream, server)
        with connection._watched(refusal_too=True):
            connection._open(secret)
        return connection

    @property
    def deadline(self) -> float:
        """Seconds that a command may take to begin with, and a pause in its answer.

        What arrives adds to the former, a second for each thousand octets.
        """
        return self._stream.deadline

    @deadline.setter
    def deadline(self, seconds: float) -> None:
        self._stream.deadline = seconds

    @property
    def idles(self) -> bool:
        """Whether the server can be waited for (IDLE, RFC 2177)."""
        return self._can("IDLE")

    @property
    def has_move(self) -> bool:
        """Whether messages are moved by one command (MOVE, RFC 6851)."""
        return self._can("MOVE")

    def _can(self, name: str) -> bool:
        return name in self.capabilities or (
            name in _IN_REV2 and "IMAP4REV2" in self.capabilities
        )

    def _open(self, secret: Secret) -> None:
        server = self._server
        if server.security is Security.TLS:
            self._stream.encrypt(client_context(server))
        self._wire = greeted(self._stream, self._news.note).wire
        let_in = self._wire.state == "AUTH"
        if server.security is Security.STARTTLS:
            if let_in:
                # Encryption cannot begin any more: somebody wants us to go on without.
                raise ProtocolError(f"{server.host} lets us in without a password")
            self._start_tls()
        if not self._stream.private and not server.insecure:
            raise ProtocolError(f"{server.host}: no password goes there unencrypted")
        if not let_in:
            self._news.capabilities = b""
            status = log_in(self._wire, server, secret)
            self._wire.state = "AUTH"
            self._heed(status)
        self._learn_capabilities()
        self._introduce()
        self._news.listening = True

    def _start_tls(self) -> None:
        wire = self._wire
        if "STARTTLS" not in wire.capabilities:
            raise NoEncryption(f"{wire.host} offers no encryption (STARTTLS)")
        status = wire.finish(wire.ask((b"STARTTLS",)))
        if status.kind != b"OK":
            raise NoEncryption(f"{wire.host} refuses encryption: {status.text}")
        self._stream.encrypt(client_context(self._server))
        wire.sock = self._stream.link
        # What was said in the clear may have been said by anybody.
        self._news.take()
        self._news.capabilities = b""
        self._ask_capabilities()
        wire.capabilities = tuple(self.capabilities)

    def _heed(self, status: Status) -> None:
        """Take note of what an answer says besides, as if it had come unasked."""
        if status.code in (b"ALERT", b"CAPABILITY"):
            self._news.heed(status)

    def _learn_capabilities(self) -> None:
        if self._news.capabilities:
            self._note_capabilities()
        else:
            self._ask_capabilities()
        self._wire.capabilities = tuple(self.capabilities)

    def _ask_capabilities(self) -> None:
        self._run(b"CAPABILITY")
        self._note_capabilities()

    def _note_capabilities(self) -> None:
        words = self._news.capabilities.decode("ascii", "replace").upper().split()
        self.capabilities = frozenset(words)

    def _introduce(self) -> None:
        """Say who we are and enable what is there, in one round trip."""
        enabled: list[bytes] = []

        def take(said: Untagged) -> bool:
            if said.name == b"ENABLED":
                enabled.extend(said.text.upper().split())
            elif said.name == b"ID":
                self._note_software(said)
            return said.name in (b"ENABLED", b"ID")

        commands: list[tuple[Piece, ...]] = []
        if self._can("ID"):
            version = __version__.encode("ascii")
            words = b'("name" "tui-mail" "version" "%b")' % version
            commands.append((b"ID", words))
        wanted = "QRESYNC" if self._can("QRESYNC") else "CONDSTORE"
        if self._can("ENABLE") and self._can(wanted):
            commands.append((b"ENABLE", wanted.encode("ascii")))
        if "COMPRESS=DEFLATE" in self.capabilities:
            # The last one: nothing may follow before its answer (RFC 4978, 3).
            commands.append((b"COMPRESS", b"DEFLATE"))
        statuses = self._run_together(commands, take)
        if commands and commands[-1][0] == b"COMPRESS" and statuses[-1].kind == b"OK":
            self._stream.compress()
        self.qresync = b"QRESYNC" in enabled
        self.condstore = self.qresync or self._can("CONDSTORE")

    def _note_software(self, said: Untagged) -> None:
        """Keep in the log what the server says it is (RFC 2971)."""
        with contextlib.suppress(Unreadable):
            words = parse_software(said.fragments)
            _LOG.info("%s is %s", self._server.host, words or "nameless")

    def logout(self) -> None:
        """Say good-bye and close; whatever goes wrong with that does not matter."""
        self.deadline = min(self.deadline, _GOOD_BYE)
        with contextlib.suppress(MailError):
            self._run(b"LOGOUT")
        self.close()

    def close(self) -> None:
        """End the connection, from any thread; a command under way raises LinkLost."""
        self._stream.close()

    @contextlib.contextmanager
    def _watched(self, *, refusal_too: bool = False) -> Iterator[None]:
        """Close the connection where its two ends may no longer mean the same."""
        try:
            yield
        except ServerRefused:
            if refusal_too:
                self.close()
            raise
        except (MemoryError, RecursionError):
            self.close()
            raise ProtocolError(f"{self._server.host} sends too much") from None
        except BaseException:
            self.close()
            raise

    def _run(self, *pieces: Piece | Flow, take: Take | None = None) -> Status:
        """Run a command; raises ServerRefused for NO and BAD."""
        with self._watched():
            status = self._wire.finish(self._wire.ask(pieces), take)
            if status.kind != b"OK":
                raise self._refused(status)
            self._heed(status)
        return status

    def _run_together(
        self, commands: Sequence[tuple[Piece, ...]], take: Take
    ) -> list[Status]:
        """Run commands that do not depend on each other; the answer to each.

        They go out together, unless one has to wait for leave to say a literal.
        """
        statuses: list[Status] = []
        with self._watched():
            for some in _together(commands):
                tags = [self._wire.ask(pieces) for pieces in some]
                statuses += [self._wire.finish(tag, take) for tag in tags]
        return statuses

    def _end(self, tag: bytes) -> None:
        """Take the answer to a command whose responses were read elsewhere."""
        status = self._wire.answer(tag)
        code = status.code.decode("ascii")
        if status.kind != b"OK" and not (status.kind == b"NO" and code in GONE):
            raise self._refused(status)
        self._heed(status)

    def _refused(self, status: Status) -> MailError:
        """Make the error for NO or BAD, with what some servers mean by it."""
        said = status.text.lower()
        error = self._wire.refused(status)
        if "authenticated but not connected" in said:
            return LinkLost(error.line)
        if not error.code and "throttled" in said:
            return ServerRefused(error.line, "LIMIT")
        return error

    def take_changes(self) -> Changes:
        """Take what came unasked and is not in a command's answer yet."""
        return self._news.take()

    def noop(self) -> Changes:
        """Ask for nothing but what is new."""
        self._run(b"NOOP")
        return self._news.take()
