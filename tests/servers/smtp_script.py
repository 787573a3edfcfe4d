r"""An SMTP server that says at each step what a test wants, over :mod:`scripted`.

The steps: ``GREETING EHLO HELO STARTTLS AUTH MAIL RCPT DATA END RSET QUIT``; what is not
said otherwise is what a good server says::

    mta = Mta()
    mta.say("RCPT", "250 ok", "550 5.1.1 nobody")
    mta.say("END", GONE)
    with scripted(mta.play) as server:
        ...
    assert mta.taken
"""

import ssl
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field

from tests.servers.scripted import HungUp, Peer

GONE = "gone"
"""It hangs up without a word; at ``END`` it has taken the message."""
SILENT = "silent"
"""It says nothing more; at ``END`` it has taken the message."""

USUAL = (
    *("PIPELINING", "SIZE 10000000", "8BITMIME", "SMTPUTF8", "DSN"),
    *("ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN"),
)
_WELL = {
    **{"GREETING": "220 ready", "HELO": "250 hello", "STARTTLS": "220 go on"},
    **{"AUTH": "235 2.7.0 in", "MAIL": "250 2.1.0 ok", "RCPT": "250 2.1.5 ok"},
    **{"DATA": "354 go on", "END": "250 2.0.0 taken", "RSET": "250 2.0.0 ok"},
    **{"QUIT": "221 2.0.0 bye", "NOOP": "250 2.0.0 ok"},
}


@dataclass(slots=True)
class Mta:
    """The server, and all that it has heard."""

    names: tuple[str, ...] = USUAL
    """What it announces."""
    context: ssl.SSLContext | None = None
    """With what it goes on after STARTTLS."""
    taken: list[bytes] = field(default_factory=list)
    """Messages that it has accepted, with the doubled dots undone."""
    envelopes: list[tuple[bytes, tuple[bytes, ...]]] = field(default_factory=list)
    """Of each of them sender and recipients, as MAIL and RCPT had them."""
    commands: list[bytes] = field(default_factory=list)
    """What clients said, but the messages."""
    _said: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, step: str, *answers: str) -> "Mta":
        """Have this said at the next times that a step comes."""
        self._said[step].extend(answers)
        return self

    def words(self) -> list[bytes]:
        """Give the commands' first words, in upper case."""
        return [command.split(b" ")[0].upper() for command in self.commands]

    def play(self, peer: Peer) -> None:
        """Serve one client."""
        self._tell(peer, "GREETING")
        sender = b""
        recipients: list[bytes] = []
        while True:
            command = peer.line().removesuffix(b"\r\n")
            self.commands.append(command)
            step = command.split(b" ")[0].decode("ascii", "replace").upper()
            said = self._tell(peer, step)
            if step == "QUIT":
                return
            if step == "STARTTLS" and said.startswith("2") and self.context:
                peer.start_tls(self.context)
            if step == "MAIL":
                sender, recipients = command, []
            if step == "RCPT" and said.startswith("2"):
                recipients.append(command)
            if step == "DATA" and said.startswith("3"):
                self._take(peer, (sender, tuple(recipients)))

    def _take(self, peer: Peer, envelope: tuple[bytes, tuple[bytes, ...]]) -> None:
        lines: list[bytes] = []
        while (line := peer.line()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        said = self._next("END")
        if said.startswith("2") or said in (GONE, SILENT):
            self.envelopes.append(envelope)
            self.taken.append(b"".join(lines))
        self._give(peer, said)

    def _next(self, step: str) -> str:
        with self._lock:
            if self._said[step]:
                return self._said[step].popleft()
        if step == "EHLO":
            return "\r\n250-".join(("250-here", *self.names)) + "\r\n250 HELP"
        return _WELL.get(step, "500 5.5.1 unknown")

    def _tell(self, peer: Peer, step: str) -> str:
        return self._give(peer, self._next(step))

    def _give(self, peer: Peer, said: str) -> str:
        if said == GONE:
            raise HungUp
        if said == SILENT:
            peer.hang()
        peer.say(said.encode("utf-8", "surrogateescape") + b"\r\n")
        if said.startswith("421"):
            raise HungUp
        return said
