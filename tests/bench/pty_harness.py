"""A program on a raw pty: when it painted, what a key costs in bytes and time."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyte

_ASKS_SYNCHRONIZED_OUTPUT = b"\x1b[?2026$p"
_SYNCHRONIZED_OUTPUT_IS_OFF = b"\x1b[?2026;2$y"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back after a key."""

    octets: bytes
    first: float | None
    """Seconds until the first octet; None if none came."""
    last: float | None
    """Seconds until the last octet before the silence."""


class Terminal:
    """A program in a session of its own on a pty, and the screen it paints."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 40,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.started = time.perf_counter()
        self.total = 0
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._answered = False
        self._seen = bytearray()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            _become(argv, columns, rows, environment or {})
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, size)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def read(self, timeout: float) -> bytes | None:
        """Take what comes within the time: empty for silence, None at the end."""
        ready, _, _ = select.select([self._fd], [], [], timeout)
        if not ready:
            return b""
        try:
            octets = os.read(self._fd, 1 << 16)
        except OSError:
            return None
        if not octets:
            return None
        self.total += len(octets)
        self._answer_question(octets)
        return octets

    def _answer_question(self, octets: bytes) -> None:
        if self._answered:
            return
        self._seen += octets
        if _ASKS_SYNCHRONIZED_OUTPUT in self._seen:
            self.write(_SYNCHRONIZED_OUTPUT_IS_OFF)
            self._answered = True
            self._seen.clear()

    def write(self, octets: bytes) -> None:
        """Type these octets."""
        os.write(self._fd, octets)

    def text(self) -> str:
        """Say what the screen shows now."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait_for(self, shown: Callable[[str], bool], timeout: float = 30.0) -> float:
        """Wait until the screen shows it; seconds since the start.

        The time is that of the read that brought it, without the emulator's own work.
        Raises TimeoutError with the screen.
        """
        end = time.perf_counter() + timeout
        while time.perf_counter() < end:
            octets = self.read(0.05)
            arrived = time.perf_counter()
            if octets is None:
                raise TimeoutError(f"the program ended; the screen:\n{self.text()}")
            if octets:
                self._stream.feed(octets)
                if shown(self.text()):
                    return arrived - self.started
        raise TimeoutError(f"not shown within {timeout} s; the screen:\n{self.text()}")

    def wait_for_octets(self, marker: bytes, timeout: float = 30.0) -> float:
        """Wait until these octets went by; seconds since the start, nothing emulated."""
        end = time.perf_counter() + timeout
        window = bytearray()
        while time.perf_counter() < end:
            octets = self.read(0.05)
            if octets is None:
                raise TimeoutError("the program ended first")
            if octets:
                arrived = time.perf_counter()
                window += octets
                self._stream.feed(octets)
                if marker in window:
                    return arrived - self.started
                del window[: -len(marker)]
        raise TimeoutError(f"{marker!r} did not come within {timeout} s")

    def settle(self, silence: float = 0.3, timeout: float = 15.0) -> None:
        """Read until nothing came for a while."""
        end = time.perf_counter() + timeout
        while time.perf_counter() < end:
            octets = self.read(silence)
            if not octets:
                return
            self._stream.feed(octets)

    def key(
        self, octets: bytes, *, silence: float = 0.12, timeout: float = 5.0
    ) -> Answer:
        """Type a key and read its answer until the silence after it."""
        start = time.perf_counter()
        self.write(octets)
        out = bytearray()
        first = last = None
        while True:
            came = self.read(silence if first is not None else timeout)
            if not came:
                break
            last = time.perf_counter() - start
            first = first if first is not None else last
            out += came
            self._stream.feed(came)
            if last > timeout:
                break
        return Answer(bytes(out), first, last)

    def octets_within(self, seconds: float) -> int:
        """Count what comes without any key."""
        end = time.perf_counter() + seconds
        count = 0
        while (left := end - time.perf_counter()) > 0:
            octets = self.read(left)
            if octets is None:
                break
            count += len(octets)
            self._stream.feed(octets)
        return count

    def resident(self) -> int:
        """Tell the program's resident memory in octets, its children not counted."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    def close(self) -> None:
        """End the program: politely, then not."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._ended(number):
                break
        os.close(self._fd)

    def _ended(self, number: int) -> bool:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return True
        end = time.perf_counter() + 5
        while time.perf_counter() < end:
            pid, _ = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return True
            self.read(0.02)
        return False


def _become(
    argv: Sequence[str], columns: int, rows: int, environment: Mapping[str, str]
) -> None:
    dropped = ("NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "TMUX")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    kept |= {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "COLUMNS": str(columns),
        "LINES": str(rows),
        **environment,
    }
    try:
        os.execvpe(argv[0], list(argv), kept)
    finally:
        os._exit(127)
