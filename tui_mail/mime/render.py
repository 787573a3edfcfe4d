"""The client of the one render child.

What a message makes of its parser stays in another process: it has limits, a deadline,
and is replaced when it dies, hangs or grows. A spare waits, so that a killed one costs
no more than its deadline.
"""

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from tui_mail.mime.choose import text_parts
from tui_mail.mime.frames import (
    LENGTH,
    MAX_FRAME,
    Json,
    pack,
    pack_parts,
    structure_from_json,
    text_from_json,
    unpack,
)
from tui_mail.mime.parse import parse_spans
from tui_mail.mime.readable import plain_fallback
from tui_mail.model.body import BodyPart
from tui_mail.model.ids import WHOLE, PartId
from tui_mail.model.readable import ReadableText

DEADLINE = 2.0
"""Seconds for one message."""
START_DEADLINE = 20.0
"""Seconds for a child to be ready; importing takes a while on a busy machine."""
MAX_JOBS = 1_000
MAX_CPU = 40.0
MAX_MEMORY = 200_000_000
_CHUNK = 1 << 20


class _ChildLost(Exception):
    """The child died, hung, or said what it may not say."""


class _Child:
    """One process and its pipes; used by one thread at a time."""

    def __init__(self) -> None:
        root = str(Path(__file__).resolve().parents[2])
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tui_mail.mime.render_child"],
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
            raise _ChildLost
        self._stdin = self._process.stdin
        self._stdout = self._process.stdout
        os.set_blocking(self._stdin.fileno(), False)
        os.set_blocking(self._stdout.fileno(), False)
        self._jobs = 0
        self._ready = False
        self.worn = False

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def ask(self, frame: bytes, deadline: float) -> tuple[Json, bytes]:
        """Send a job and wait for its answer; seconds. Raises _ChildLost."""
        if not self._ready:
            self._receive(time.monotonic() + START_DEADLINE)
            self._ready = True
        end = time.monotonic() + deadline
        self._send(frame, end)
        head, octets = self._receive(end)
        self._jobs += 1
        self.worn = (
            self._jobs >= MAX_JOBS
            or "error" in head
            or head.get("cpu", 0) > MAX_CPU
            or head.get("memory", 0) > MAX_MEMORY
        )
        return head, octets

    def _send(self, frame: bytes, end: float) -> None:
        view = memoryview(frame)
        while view:
            self._wait(self._stdin.fileno(), select.POLLOUT, end)
            try:
                view = view[os.write(self._stdin.fileno(), view[:65536]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise _ChildLost from error

    def _receive(self, end: float) -> tuple[Json, bytes]:
        (size,) = LENGTH.unpack(self._read(LENGTH.size, end))
        if size > MAX_FRAME:
            raise _ChildLost
        try:
            return unpack(self._read(size, end))
        except ValueError as error:
            raise _ChildLost from error

    def _read(self, size: int, end: float) -> bytes:
        got = bytearray()
        while len(got) < size:
            self._wait(self._stdout.fileno(), select.POLLIN, end)
            try:
                piece = os.read(self._stdout.fileno(), min(_CHUNK, size - len(got)))
            except BlockingIOError:
                continue
            if not piece:
                raise _ChildLost
            got += piece
        return bytes(got)

    def _wait(self, descriptor: int, event: int, end: float) -> None:
        left = end - time.monotonic()
        poll = select.poll()
        poll.register(descriptor, event)
        if left <= 0 or not poll.poll(left * 1000):
            raise _ChildLost

    def end(self) -> None:
        """Kill the process and close its pipes."""
        self._process.kill()
        self._stdin.close()
        self._stdout.close()
        self._process.wait()


class Renderer:
    """Renders messages in a child process that is killed at the deadline.

    Several threads may use one; their messages are rendered one after the other.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._children: list[_Child] = []
        self._closed = False

    def render(
        self,
        headers: bytes,
        structure: BodyPart,
        parts: Mapping[PartId, bytes],
        *,
        prefer: str = "plain",
        deadline: float = DEADLINE,
    ) -> ReadableText:
        """Make the readable text of a message; seconds; never raises."""
        head = self._ask(pack_parts(headers, structure, parts, prefer), deadline)
        if head is None:
            return plain_fallback(headers, structure, parts, prefer=prefer)
        return text_from_json(head["text"])

    def render_octets(
        self, message: bytes, *, prefer: str = "plain", deadline: float = DEADLINE
    ) -> tuple[BodyPart, ReadableText]:
        """Parse a whole message and make its readable text; seconds; never raises."""
        head = self._ask(pack({"prefer": prefer}, message), deadline)
        if head is not None:
            return structure_from_json(head["structure"]), text_from_json(head["text"])
        structure, spans = parse_spans(message)
        top = spans.get(WHOLE) or spans[PartId("1")]
        parts = {
            part.part_id: message[spans[part.part_id].body : spans[part.part_id].end]
            for part in text_parts(structure, prefer=prefer)
        }
        headers = message[top.header : top.body]
        return structure, plain_fallback(headers, structure, parts, prefer=prefer)

    def _ask(self, frame: bytes, deadline: float) -> Json | None:
        """Have a child do a job; None where the fallback has to."""
        if len(frame) > MAX_FRAME:
            return None
        with self._lock:
            if self._closed:
                return None
            while len(self._children) < 2:
                self._children.append(_Child())
            child = self._children[0]
            try:
                head, _ = child.ask(frame, deadline)
            except _ChildLost:
                self._replace(child)
                return None
            if child.worn:
                self._replace(child)
            return None if "error" in head else head

    def _replace(self, child: _Child) -> None:
        child.end()
        self._children.remove(child)
        self._children.append(_Child())

    def close(self) -> None:
        """End the children; what is asked after it gets the fallback."""
        with self._lock:
            self._closed = True
            for child in self._children:
                child.end()
            self._children.clear()

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
