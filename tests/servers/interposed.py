"""A real server with another's words in its mouth: some commands it never hears.

A function sees each command of a client, without its tag, and gives what is answered
in place of the server: lines without their ends, the last of them what follows the tag;
None passes the command on, and an empty answer ends the connection::

    def instead(command: bytes) -> Answer:
        return [b"NO not for you"] if command.startswith(b"SELECT Bad") else None
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.servers.ports import HOST

Answer = Sequence[bytes] | None


@dataclass(slots=True)
class Interposed:
    """Who stands between; all that was said to it, in order."""

    port: int
    commands: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def interposed(target: int, instead: Callable[[bytes], Answer]) -> Iterator[Interposed]:
    """Stand before a port in threads of its own."""
    links: list[socket.socket] = []
    with socket.create_server((HOST, 0)) as listener:
        found = Interposed(listener.getsockname()[1])

        def serve(near: socket.socket) -> None:
            far = socket.create_connection((HOST, target))
            links.extend((near, far))
            threading.Thread(target=_pass_on, args=(far, near), daemon=True).start()
            with contextlib.suppress(OSError), near.makefile("rb") as lines:
                for line in lines:
                    tag, _, command = line.rstrip(b"\r\n").partition(b" ")
                    found.commands.append(command)
                    answer = instead(command)
                    if answer is None:
                        far.sendall(line)
                        continue
                    if not answer:
                        break
                    *before, last = answer
                    said = [*before, tag + b" " + last, b""]
                    near.sendall(b"\r\n".join(said))
            _end(near, far)

        def accept() -> None:
            while True:
                try:
                    near, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(near,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield found
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            _end(*links)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while octets := source.recv(65_536):
            target.sendall(octets)
    _end(source, target)


def _end(*links: socket.socket) -> None:
    for link in links:
        with contextlib.suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)
        link.close()
