"""A child process that reads what others wrote, behind pipes and deadlines.

What a message makes of its parser stays in there: the child gets nothing of our
environment, has a session of its own, and is killed when it hangs.
"""

import fcntl
import os
import select
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

LENGTH = struct.Struct(">I")
"""How long the frame after it is."""
PIPE = 1 << 20
"""Octets that a pipe holds where the system lets it: a frame goes in one step then."""
START_DEADLINE = 20.0
"""Seconds for a child to be ready; importing takes a while on a busy machine."""
_CHUNK = 1 << 20


class ChildLost(Exception):
    """The child died, hung, or said what it may not say."""


class PipedChild:
    """One process and its pipes; used by one thread at a time.

    Its first frame says that it is ready.
    """

    def __init__(self, module: str, *, largest: int) -> None:
        root = str(Path(__file__).resolve().parents[2])
        self._largest = largest
        self._ready = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            # Nothing of the reader's environment: it may hold secrets.
            env={
                "PYTHONPATH": root,
                "LC_ALL": "C.UTF-8",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            start_new_session=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise ChildLost
        self._stdin = self._process.stdin
        self._stdout = self._process.stdout
        self.ahead = min(_enlarged(self._stdin), _enlarged(self._stdout))
        """Octets that can be sent while what the child says is not received."""
        os.set_blocking(self._stdin.fileno(), False)
        os.set_blocking(self._stdout.fileno(), False)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Wait for its first frame; raises ChildLost."""
        if not self._ready:
            self.receive(time.monotonic() + START_DEADLINE)
            self._ready = True

    def is_ready(self) -> bool:
        """Tell without waiting whether it is ready; raises ChildLost."""
        if not self._ready:
            poll = select.poll()
            poll.register(self._stdout.fileno(), select.POLLIN)
            if poll.poll(0):
                self.wait_until_ready()
        return self._ready

    def send(self, frame: bytes, end: float) -> None:
        """Send a frame, its length before it, until that moment; raises ChildLost."""
        view = memoryview(frame)
        while view:
            self._wait(self._stdin.fileno(), select.POLLOUT, end)
            try:
                view = view[os.write(self._stdin.fileno(), view[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise ChildLost from error

    def receive(self, end: float) -> bytes:
        """Receive a frame, without its length, until that moment; raises ChildLost."""
        (size,) = LENGTH.unpack(self._read(LENGTH.size, end))
        if size > self._largest:
            raise ChildLost
        return self._read(size, end)

    def _read(self, size: int, end: float) -> bytes:
        got = bytearray()
        while len(got) < size:
            self._wait(self._stdout.fileno(), select.POLLIN, end)
            try:
                piece = os.read(self._stdout.fileno(), min(_CHUNK, size - len(got)))
            except BlockingIOError:
                continue
            if not piece:
                raise ChildLost
            got += piece
        return bytes(got)

    def _wait(self, descriptor: int, event: int, end: float) -> None:
        left = end - time.monotonic()
        poll = select.poll()
        poll.register(descriptor, event)
        if left <= 0 or not poll.poll(left * 1000):
            raise ChildLost

    def close(self) -> None:
        """Kill the process and close its pipes."""
        self._process.kill()
        self._stdin.close()
        self._stdout.close()
        self._process.wait()


def _enlarged(pipe: IO[bytes]) -> int:
    """Give a pipe room for whole frames, if that can be; how many octets it holds."""
    if sys.platform != "linux":
        return 0
    try:
        return fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE)
    except OSError:
        return 0
