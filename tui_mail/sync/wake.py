"""A pipe by which one thread ends another's wait, also where that waits for a server."""

import os
import select
from contextlib import suppress


class Wake:
    """Readable from when it was rung until it is drained."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    @property
    def descriptor(self) -> int:
        """What becomes readable."""
        return self._read

    def ring(self) -> None:
        """End a wait; from any thread, and from a signal handler."""
        with suppress(BlockingIOError, OSError):
            os.write(self._write, b"\0")

    def drain(self) -> None:
        """Take note of all that rang; before looking for what there is to do."""
        with suppress(BlockingIOError):
            while os.read(self._read, 4096):
                pass

    def wait(self, seconds: float) -> bool:
        """Wait until it rings, at most so long; True if it did."""
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        return bool(poll.poll(max(0.0, seconds) * 1000))

    def close(self) -> None:
        """Close both ends."""
        os.close(self._read)
        os.close(self._write)
