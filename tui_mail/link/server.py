"""The engine's end of the link: one thread that never waits for any client."""

import os
import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tui_mail.config.places import make_private
from tui_mail.link.address import address_of
from tui_mail.link.codec import Lines, encode
from tui_mail.link.messages import Message
from tui_mail.model.error import LinkLost

MAX_WAITING = 4_000_000
"""Octets that may wait for a client; one that lets more come together is dropped."""
MAX_CLIENTS = 64
_PIECE = 65_536


class LinkedClient:
    """One reader or command that has joined."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.lines = Lines()
        self.waiting = bytearray()
        """What it has not taken yet; under the server's lock."""
        self.dropped = False


class EngineServer:
    """Listens on a socket that only its user can reach.

    The callbacks run in the server's thread and must not wait. ``send`` and
    ``broadcast`` may be called from any thread and never wait.
    """

    def __init__(
        self,
        path: Path,
        on_message: Callable[[LinkedClient, Message], None],
        on_join: Callable[[LinkedClient], None],
        on_leave: Callable[[LinkedClient], None],
    ) -> None:
        """Listen; a socket that was left behind is replaced. Raises LinkLost, OSError."""
        self._on_message = on_message
        self._on_join = on_join
        self._on_leave = on_leave
        self._path = path
        self._lock = threading.Lock()
        self._clients: list[LinkedClient] = []
        self._closing = False
        make_private(path.parent)
        self._listener = _listen(path)
        self._inode = path.lstat().st_ino
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)
        self._thread.start()

    def send(self, client: LinkedClient, message: Message) -> None:
        """Say something to one client; to one that has left it is lost."""
        self._queue([client], encode(message))

    def broadcast(self, message: Message) -> None:
        """Say something to all clients."""
        with self._lock:
            clients = list(self._clients)
        if clients:
            self._queue(clients, encode(message))

    def close(self) -> None:
        """Say what can be said at once, part from all clients, remove the socket."""
        with self._lock:
            self._closing = True
        self._wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _queue(self, clients: list[LinkedClient], octets: bytes) -> None:
        with self._lock:
            for client in clients:
                if client.dropped:
                    continue
                client.waiting += octets
                if len(client.waiting) > MAX_WAITING:
                    client.dropped = True
                    client.waiting.clear()
        self._wake()

    def _wake(self) -> None:
        with suppress(OSError):
            self._wake_in.send(b"\0")

    def _run(self) -> None:
        try:
            while not self._closing:
                for key, events in self._selector.select():
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.fileobj is self._wake_out:
                        self._drain_wakes()
                    elif events & selectors.EVENT_READ:
                        self._read(key.data)
                self._write_all()
        finally:
            self._end()

    def _drain_wakes(self) -> None:
        with suppress(BlockingIOError):
            while self._wake_out.recv(4096):
                pass

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        if len(self._clients) >= MAX_CLIENTS:
            connection.close()
            return
        client = LinkedClient(connection)
        with self._lock:
            self._clients.append(client)
        self._selector.register(connection, selectors.EVENT_READ, client)
        self._on_join(client)

    def _read(self, client: LinkedClient) -> bool:
        """Read what came; False if nothing did."""
        try:
            octets = _received(client.connection)
            messages = client.lines.feed(octets)
        except BlockingIOError:
            return False
        except (OSError, ValueError):
            octets, messages = b"", []
        for message in messages:
            self._on_message(client, message)
        if not octets:
            self._part_from(client)
        return bool(octets)

    def _write_all(self) -> None:
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            if not client.dropped:
                if self._write(client):
                    continue
                while self._read(client):
                    # What it said before it went is heard.
                    pass
            self._part_from(client)

    def _write(self, client: LinkedClient) -> bool:
        """Write what it takes now; False if it is gone."""
        with self._lock:
            try:
                while client.waiting:
                    sent = client.connection.send(client.waiting[:_PIECE])
                    del client.waiting[:sent]
            except BlockingIOError:
                pass
            except OSError:
                return False
            wanted = selectors.EVENT_READ
            if client.waiting:
                wanted |= selectors.EVENT_WRITE
        self._selector.modify(client.connection, wanted, client)
        return True

    def _part_from(self, client: LinkedClient) -> None:
        with self._lock:
            if client not in self._clients:
                return
            self._clients.remove(client)
            client.dropped = True
        self._selector.unregister(client.connection)
        client.connection.close()
        self._on_leave(client)

    def _end(self) -> None:
        self._write_all()
        with self._lock:
            clients, self._clients = self._clients, []
            for client in clients:
                client.dropped = True
        for client in clients:
            client.connection.close()
        with suppress(OSError):
            # A later engine may have put its own socket there.
            if self._path.lstat().st_ino == self._inode:
                self._path.unlink()
        self._selector.close()
        for end in (self._listener, self._wake_in, self._wake_out):
            end.close()


def _received(connection: socket.socket) -> bytes:
    """Read what came; who went without reading what it was told is heard all the same."""
    try:
        return connection.recv(_PIECE)
    except ConnectionResetError:
        return connection.recv(_PIECE)


def _listen(path: Path) -> socket.socket:
    """Listen beside the place and put the socket there in one step."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with address_of(beside) as address:
            listener.bind(address)
        beside.chmod(0o600)
        listener.listen(MAX_CLIENTS)
        listener.setblocking(False)
        beside.rename(path)
    except (OSError, LinkLost):
        listener.close()
        beside.unlink(missing_ok=True)
        raise
    return listener
