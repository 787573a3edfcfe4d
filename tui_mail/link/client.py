"""A reader's, or a command's, end of the link to an engine."""

import contextlib
import select
import socket
import threading
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

from tui_mail.link.address import address_of, belongs_to_us
from tui_mail.link.codec import Lines, encode
from tui_mail.link.messages import (
    Done,
    FetchPart,
    Hello,
    Message,
    Search,
    Synchronize,
)
from tui_mail.model.error import LinkLost, MailError

_SEND_DEADLINE = 5.0
_PIECE = 65_536


class EngineClient:
    """A link to an engine; one thread receives, any may send."""

    def __init__(self, path: Path) -> None:
        """Join the engine that listens there; raises LinkLost if none does."""
        if not belongs_to_us(path.parent):
            raise LinkLost(f"{path.parent}: no engine of yours is here")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._sending = threading.Lock()
        self._lines = Lines()
        self._received: deque[Message] = deque()
        self._socket.settimeout(_SEND_DEADLINE)
        try:
            with address_of(path) as address:
                self._socket.connect(address)
        except OSError as error:
            self._socket.close()
            raise LinkLost(f"no engine is there: {error.strerror or error}") from None
        except LinkLost:
            self._socket.close()
            raise

    @classmethod
    def join(cls, path: Path, hello: Hello) -> Self:
        """Join the engine that listens there, and say who joins; raises LinkLost."""
        client = cls(path)
        try:
            client.send(hello)
        except LinkLost:
            client.close()
            raise
        return client

    def send(self, message: Message) -> None:
        """Say something; raises LinkLost."""
        try:
            with self._sending:
                self._socket.sendall(encode(message))
        except OSError:
            raise LinkLost("the engine has gone") from None

    def request(
        self,
        message: Synchronize | FetchPart | Search,
        *,
        timeout: float | None = None,
    ) -> str:
        """Ask, wait for the end of it, and hand out its receipt; seconds.

        What else comes meanwhile is kept for ``receive``. Raises MailError with what
        went wrong, LinkLost where the engine went or the time is over.
        """
        self.send(message)
        end = None if timeout is None else time.monotonic() + timeout
        others: deque[Message] = deque()
        try:
            while True:
                left = None if end is None else max(0.0, end - time.monotonic())
                answer = self.receive(left)
                if answer is None:
                    raise LinkLost("the engine gave no answer in time")
                if isinstance(answer, Done) and answer.request == message.request:
                    break
                others.append(answer)
        finally:
            self._received.extendleft(reversed(others))
        if not answer.ok:
            raise MailError(answer.line)
        return answer.line

    def receive(self, timeout: float | None = None) -> Message | None:
        """Wait for the next message; seconds, None is for ever; None if none came.

        With 0 it never waits: call it until it has nothing when :meth:`fileno` is
        readable. Raises LinkLost.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while not self._received:
            left = None if end is None else max(0.0, end - time.monotonic())
            if not self._readable(left):
                return None
            self._read()
        return self._received.popleft()

    def _readable(self, timeout: float | None) -> bool:
        poll = select.poll()
        try:
            poll.register(self._socket, select.POLLIN)
        except ValueError:
            raise LinkLost("the link was closed") from None
        return bool(poll.poll(None if timeout is None else timeout * 1000))

    def _read(self) -> None:
        try:
            octets = self._socket.recv(_PIECE)
            if octets:
                self._received.extend(self._lines.feed(octets))
                return
        except OSError:
            pass
        except ValueError:
            self.close()
            raise LinkLost("the engine says what it may not say") from None
        raise LinkLost("the engine has gone")

    def fileno(self) -> int:
        """Name the descriptor that is readable when something came."""
        return self._socket.fileno()

    def close(self) -> None:
        """Leave; a thread that waits in ``receive`` gets LinkLost."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def __enter__(self) -> "EngineClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
