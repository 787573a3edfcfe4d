r"""A server that plays a dialogue: for what real servers never say, or seldom.

A play is a function that is given the peer::

    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 IDLE")
        peer.expect(b"SELECT")
        peer.say(b"* 1 EXISTS\r\n")
        peer.ok()
"""

import contextlib
import re
import selectors
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.servers.ports import HOST

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n\Z")


class HungUp(Exception):
    """The client ended the connection."""


class Peer:
    """One client's connection, as the play sees it."""

    def __init__(self, link: socket.socket, record: list[bytes]) -> None:
        self._link = link
        self._record = record
        self._waiting = b""
        self.tag = b"*"
        """The tag of the command that was read last."""
        self.encrypted = False
        self._deflate: zlib._Compress | None = None
        self._inflate: zlib._Decompress | None = None
        self.room: int | None = None
        """Octets after which the connection is cut; None: never."""
        self.said = 0
        """Octets that were sent."""

    def say(self, octets: bytes) -> None:
        """Send octets as they are, or compressed if that was agreed."""
        if self._deflate is not None:
            octets = self._deflate.compress(octets)
            octets += self._deflate.flush(zlib.Z_SYNC_FLUSH)
        self.say_raw(octets)

    def say_raw(self, octets: bytes) -> None:
        """Send octets as they are, whatever was agreed."""
        whole = len(octets)
        if self.room is not None:
            octets = octets[: self.room - self.said]
        try:
            self._link.sendall(octets)
        except OSError:
            raise HungUp from None
        self.said += len(octets)
        if len(octets) < whole:
            raise HungUp

    def dribble(self, octets: bytes, pause: float) -> None:
        """Send an octet at a time."""
        for at in range(len(octets)):
            self.say(octets[at : at + 1])
            time.sleep(pause)

    def line(self) -> bytes:
        r"""Read one line with its ``\r\n``."""
        while b"\n" not in self._waiting:
            self._waiting += self._received()
        line, _, self._waiting = self._waiting.partition(b"\n")
        return line + b"\n"

    def octets(self, size: int) -> bytes:
        """Read so many octets."""
        while len(self._waiting) < size:
            self._waiting += self._received()
        taken, self._waiting = self._waiting[:size], self._waiting[size:]
        return taken

    def _received(self) -> bytes:
        try:
            octets = self._link.recv(65536)
        except OSError:
            raise HungUp from None
        if not octets:
            raise HungUp
        return octets if self._inflate is None else self._inflate.decompress(octets)

    def command(self) -> bytes:
        """Read one command with its literals, without tag and line end."""
        line = latest = self.line()
        while match := _LITERAL.search(latest):
            if not match[2]:
                self.say(b"+ go on\r\n")
            octets, latest = self.octets(int(match[1])), self.line()
            line += octets + latest
        self._record.append(line)
        self.tag, _, rest = line.partition(b" ")
        return rest.removesuffix(b"\r\n")

    def expect(self, start: bytes) -> bytes:
        """Read a command that has to begin like this; return all of it."""
        found = self.command()
        assert found.upper().startswith(start.upper()), f"{found!r}, not {start!r}"
        return found

    def done(self, line: bytes) -> None:
        """Answer the last command: ``OK …``, ``NO …``, ``BAD …``."""
        self.say(self.tag + b" " + line + b"\r\n")

    def ok(self, text: bytes = b"done") -> None:
        """Answer the last command with OK."""
        self.done(b"OK " + text)

    def answer(self, start: bytes, *lines: bytes) -> bytes:
        """Expect a command, say untagged lines, then OK; return the command."""
        found = self.expect(start)
        self.say(b"".join(b"* " + line + b"\r\n" for line in lines))
        self.ok()
        return found

    def greet(self, capabilities: str = "IMAP4rev1") -> None:
        """Greet and let in whoever comes."""
        announced = capabilities.encode()
        self.say(b"* OK [CAPABILITY " + announced + b"] ready\r\n")
        while True:
            command = self.command().upper()
            if command.startswith(b"CAPABILITY"):
                self.say(b"* CAPABILITY " + announced + b"\r\n")
                self.ok()
            elif command.startswith((b"LOGIN ", b"AUTHENTICATE PLAIN ")):
                self.ok(b"[CAPABILITY " + announced + b"] in")
                return
            elif command == b"AUTHENTICATE PLAIN":
                self.say(b"+ \r\n")
                self.line()
                self.ok(b"[CAPABILITY " + announced + b"] in")
                return
            else:
                raise AssertionError(f"not a way to log in: {command!r}")

    def enable(self, *extensions: str) -> None:
        """Answer ENABLE as one that has these."""
        self.answer(b"ENABLE", f"ENABLED {' '.join(extensions)}".encode())

    def select(self, *lines: bytes, exists: int = 1) -> bytes:
        """Answer SELECT or EXAMINE, with the usual lines and these."""
        found = self.command()
        assert found.upper().startswith((b"SELECT", b"EXAMINE")), found
        self.say(
            b"* FLAGS (\\Seen \\Deleted)\r\n"
            b"* OK [PERMANENTFLAGS (\\Seen \\Deleted \\*)] kept\r\n"
            b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 100] next\r\n"
            % exists
        )
        self.say(b"".join(b"* " + line + b"\r\n" for line in lines))
        self.ok(b"[READ-WRITE] selected")
        return found

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Go on encrypted."""
        try:
            self._link = context.wrap_socket(self._link, server_side=True)
        except OSError:
            raise HungUp from None
        self.encrypted = True

    def compress(self, then: bytes = b"") -> None:
        """Agree to COMPRESS, and say something compressed in the same breath."""
        self.expect(b"COMPRESS DEFLATE")
        self._deflate = zlib.compressobj(wbits=-15)
        self._inflate = zlib.decompressobj(wbits=-15)
        packed = self._deflate.compress(then) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        self.say_raw(self.tag + b" OK compressed from now on\r\n" + packed)

    def is_quiet(self, seconds: float) -> bool:
        """Tell whether the client says nothing more in that time."""
        if self._waiting:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self._link, selectors.EVENT_READ)
            return not selector.select(seconds)

    def hang(self) -> None:
        """Say nothing more, until the client goes."""
        while True:
            self._received()

    def serve(self) -> None:
        """Say OK to everything, until the client goes."""
        while True:
            if self.command().upper() == b"LOGOUT":
                self.say(b"* BYE\r\n")
                self.ok()
                return
            self.ok()

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._link.shutdown(socket.SHUT_RDWR)
        self._link.close()


@dataclass(slots=True)
class Scripted:
    """A running scripted server."""

    port: int
    commands: list[bytes] = field(default_factory=list)
    """Every line that clients said as commands, literals and all."""
    mistakes: list[Exception] = field(default_factory=list)


Play = Callable[[Peer], None]


@contextlib.contextmanager
def scripted(play: Play, *, tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Play to every client that comes; a play that fails fails the test."""
    with socket.create_server((HOST, 0)) as listener:
        server = Scripted(listener.getsockname()[1])
        peers: list[Peer] = []
        threads: list[threading.Thread] = []
        over = threading.Event()

        def serve(link: socket.socket) -> None:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer(link, server.commands)
            peers.append(peer)
            try:
                if tls is not None:
                    peer.start_tls(tls)
                play(peer)
            except HungUp:
                pass
            except (AssertionError, OSError, ValueError) as mistake:
                server.mistakes.append(mistake)
            finally:
                peer.close()

        def accept() -> None:
            while True:
                try:
                    link, _ = listener.accept()
                except OSError:
                    return
                if over.is_set():
                    link.close()
                    return
                thread = threading.Thread(target=serve, args=(link,), name="scripted")
                threads.append(thread)
                thread.start()

        accepting = threading.Thread(target=accept, name="scripted-accept")
        accepting.start()
        try:
            yield server
        finally:
            over.set()
            socket.create_connection((HOST, server.port)).close()
            accepting.join()
            for peer in list(peers):
                peer.close()
            for thread in threads:
                thread.join()
    if server.mistakes:
        raise server.mistakes[0]
