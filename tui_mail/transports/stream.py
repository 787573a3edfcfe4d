"""A connection as octets: a read buffer, deadlines, and a way to end it at any time.

``socket`` alone is not enough: its timeout starts anew with each octet, so a server
that dribbles would hold us for ever; and one thread cannot end what another waits for.
"""

import contextlib
import selectors
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator

from tui_mail.model.error import LinkLost, ProtocolError, ServerHangs
from tui_mail.transports.tls import encrypt, is_loopback

RECEIVE = 131_072
SEND = 16_384
SLOWEST = 1_000
"""Octets a second: what a command may take grows by what arrives, at this rate."""
MAX_LINE = 32_000_000
"""Octets of one line: the UIDs of some million messages."""
MAX_LITERAL = 256_000_000
"""Octets of one literal: a larger message cannot be taken in one piece."""
MOST_LINES = 2_000_000
"""Lines that a command may bring: what all else arrives in keeps its time from ending."""
MOST_OCTETS = 1_000_000_000
"""Octets that it may bring."""


class Stream:
    """Owned by one thread; only ``close`` may be called from another."""

    def __init__(self, host: str, link: socket.socket, deadline: float) -> None:
        self.host = host
        self.deadline = deadline
        self.buffer = b""
        self.position = 0
        """Where in the buffer the next octet is that nobody has taken."""
        self.received = 0
        self._socket = link
        self._left = deadline
        self._lines = self._octets = 0
        """What came since the last command began."""
        self._deflate: zlib._Compress | None = None
        self._inflate: zlib._Decompress | None = None
        self._packed = b""
        """Octets that came compressed and had no room yet."""
        self._lock = threading.Lock()
        self._inside = False
        self._closed = threading.Event()

    @classmethod
    def dial(cls, host: str, port: int, *, deadline: float) -> "Stream":
        """Connect to the first address that answers; raises LinkLost."""
        until = time.monotonic() + deadline
        said = "no address"
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", "") or "no such name"
            raise LinkLost(f"{host}: {said}") from None
        for family, kind, protocol, _, address in found:
            left = until - time.monotonic()
            if left <= 0:
                said = "no answer"
                break
            link = socket.socket(family, kind, protocol)
            try:
                link.settimeout(left)
                link.connect(address)
            except OSError as error:
                link.close()
                said = error.strerror or "no answer"
                continue
            with contextlib.suppress(OSError):
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return cls(host, link, deadline)
        raise LinkLost(f"{host}:{port}: {said}")

    @property
    def link(self) -> socket.socket:
        """The socket, for whoever must have one."""
        return self._socket

    @property
    def encrypted(self) -> bool:
        """Whether it goes through TLS."""
        return isinstance(self._socket, ssl.SSLSocket)

    @property
    def private(self) -> bool:
        """Whether nobody on the way can read it: TLS, or it does not leave the machine."""
        return self.encrypted or is_loopback(self._socket)

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Go on through TLS; raises CertificateRefused, HandshakeLost.

        What was said before belongs to nobody: octets that wait raise ProtocolError.
        """
        if self.position < len(self.buffer):
            raise ProtocolError(f"{self.host} spoke before the encryption began")
        until = time.monotonic() + self.deadline
        self._socket = encrypt(self._socket, context, self.host, until=until)

    def compress(self) -> None:
        """Go on compressed in both directions (DEFLATE, RFC 4978)."""
        self._deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        self._inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        self._packed = self.buffer[self.position :]
        self.buffer, self.position = b"", 0

    def begin(self) -> None:
        """Start the time of a new command."""
        self._left = self.deadline
        self._lines = self._octets = 0

    def fill(self) -> None:
        """Wait for more octets; raises LinkLost, ProtocolError for a flood of them."""
        octets = self._inflated(self._packed) if self._packed else b""
        while not octets:
            octets = self._inflated(self._received())
        self._octets += len(octets)
        if self._octets > MOST_OCTETS:
            raise self._flood()
        if self.position < len(self.buffer):
            self.buffer = self.buffer[self.position :] + octets
        else:
            self.buffer = octets
        self.position = 0

    def _received(self) -> bytes:
        timeout = min(self.deadline, self._left)
        if timeout <= 0:
            raise self._hung()
        before = time.monotonic()
        with self._busy(timeout) as link:
            octets = link.recv(RECEIVE)
        if not octets:
            raise self._hung_up()
        self._left += len(octets) / SLOWEST - (time.monotonic() - before)
        self.received += len(octets)
        return octets

    def _inflated(self, octets: bytes) -> bytes:
        """Undo the compression, so much at a time as there is room for."""
        if self._inflate is None:
            return octets
        try:
            found = self._inflate.decompress(octets, RECEIVE)
            self._packed = self._inflate.unconsumed_tail
            if len(found) == RECEIVE and not self._packed:
                # The end of it may be in there although all was taken in.
                found += self._inflate.decompress(b"", RECEIVE)
        except zlib.error:
            raise ProtocolError(f"{self.host} sends what is not compressed") from None
        if self._inflate.eof:
            raise ProtocolError(f"{self.host} ended the compression")
        return found

    def has_octets(self) -> bool:
        """Whether the other side has said something that nobody has taken.

        Nothing is waited for. Raises LinkLost, also where it has hung up.
        """
        if self.position < len(self.buffer) or self._packed:
            return True
        with self._busy(0.0) as link:
            try:
                octets = link.recv(RECEIVE)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
        if not octets:
            raise self._hung_up()
        self.received += len(octets)
        self.buffer, self.position = self._inflated(octets), 0
        return bool(self.buffer)

    def has_line(self) -> bool:
        """Whether a whole line is here already."""
        return self.buffer.find(b"\n", self.position) >= 0

    def line(self, *, longest: int = MAX_LINE) -> bytes:
        """Take one line without its end; raises LinkLost, ProtocolError."""
        start = self.position
        pieces: list[bytes] = []
        length = 0
        self._lines += 1
        if self._lines > MOST_LINES:
            raise self._flood()
        while (end := self.buffer.find(b"\n", start)) < 0:
            piece = self.buffer[self.position :]
            pieces.append(piece)
            length += len(piece)
            if length > longest:
                raise ProtocolError(f"{self.host} sends a line without an end")
            self.position = len(self.buffer)
            self.fill()
            start = 0
        pieces.append(self.buffer[self.position : end])
        self.position = end + 1
        line = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return line[:-1] if line.endswith(b"\r") else line

    def octets(self, size: int, *, keep: int | None = None) -> bytes:
        """Take so many octets; what is more than ``keep`` is let go as it comes."""
        wanted = size if keep is None else min(size, keep)
        pieces: list[bytes] = []
        kept = taken = 0
        while True:
            piece = self.buffer[self.position : self.position + size - taken]
            self.position += len(piece)
            taken += len(piece)
            if kept < wanted:
                pieces.append(piece[: wanted - kept])
                kept += len(pieces[-1])
            if taken == size:
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)
            self.fill()

    def send(self, octets: bytes) -> None:
        """Send all; raises LinkLost."""
        if self._deflate is not None:
            packed = self._deflate.compress(octets)
            octets = packed + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        view = memoryview(octets)
        for start in range(0, len(view), SEND):
            with self._busy(self.deadline) as link:
                link.sendall(view[start : start + SEND])

    def wait(self, timeout: float, wake: int) -> tuple[bool, bool]:
        """Wait for octets or for a descriptor: tell which of them is ready.

        An end of the connection is ready octets: ``fill`` then raises.
        """
        with self._busy(None) as link, selectors.DefaultSelector() as selector:
            # What TLS has decrypted already, no selector sees, nor what is packed yet.
            decrypted = bool(self._packed) or (
                isinstance(link, ssl.SSLSocket) and link.pending() > 0
            )
            selector.register(link, selectors.EVENT_READ, "link")
            selector.register(wake, selectors.EVENT_READ, "wake")
            chosen = selector.select(0.0 if decrypted else max(0.0, timeout))
            ready = {key.data for key, _ in chosen}
        return decrypted or "link" in ready, "wake" in ready

    @contextlib.contextmanager
    def _busy(self, timeout: float | None) -> Iterator[socket.socket]:
        with self._lock:
            if self._closed.is_set():
                raise LinkLost(f"the connection to {self.host} is closed")
            self._inside = True
        try:
            self._socket.settimeout(timeout)
            yield self._socket
        except TimeoutError:
            raise self._hung() from None
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", "") or getattr(error, "reason", "")
            raise LinkLost(f"{self.host}: {said or 'the connection broke'}") from None
        finally:
            with self._lock:
                self._inside = False
                if self._closed.is_set():
                    self._socket.close()

    def _flood(self) -> ProtocolError:
        return ProtocolError(f"{self.host} talks on and on and answers nothing")

    def _hung_up(self) -> LinkLost:
        return LinkLost(f"{self.host} closed the connection")

    def _hung(self) -> ServerHangs:
        return ServerHangs(f"{self.host} did not answer within {self.deadline:g} s")

    def close(self) -> None:
        """End it, from any thread; whoever waits for it gets LinkLost."""
        with self._lock:
            if self._closed.is_set():
                return
            self._closed.set()
            # Not SSLSocket.shutdown: the waiting thread would read ciphertext.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            if not self._inside:
                self._socket.close()
