"""The client of the one render child.

What a message makes of its parser stays in another process: it has limits, a deadline,
and is replaced when it dies, hangs or grows. A spare waits, so that a killed one costs
no more than its deadline.
"""

import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from tui_mail.mime.choose import text_parts
from tui_mail.mime.frames import (
    MAX_FRAME,
    Json,
    pack,
    pack_parts,
    structure_from_json,
    text_from_json,
    unpack,
)
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.parse import parse_spans
from tui_mail.mime.piped import ChildLost, PipedChild
from tui_mail.mime.readable import plain_fallback
from tui_mail.model.body import BodyPart
from tui_mail.model.ids import WHOLE, PartId
from tui_mail.model.readable import ReadableText

DEADLINE = 2.0
"""Seconds for one message."""
MAX_JOBS = 1_000
MAX_CPU = 40.0
MAX_MEMORY = 200_000_000


class _Child:
    """A render child, and how worn it is."""

    def __init__(self, module: str) -> None:
        self._pipes = PipedChild(module, largest=MAX_FRAME)
        self._jobs = 0
        self.worn = False

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._pipes.pid

    def ask(self, frame: bytes, deadline: float) -> tuple[Json, bytes]:
        """Send a job and wait for its answer; seconds. Raises ChildLost."""
        self._pipes.wait_until_ready()
        end = time.monotonic() + deadline
        self._pipes.send(frame, end)
        try:
            head, octets = unpack(self._pipes.receive(end))
        except ValueError as error:
            raise ChildLost from error
        self._jobs += 1
        self.worn = (
            self._jobs >= MAX_JOBS
            or "error" in head
            or head.get("cpu", 0) > MAX_CPU
            or head.get("memory", 0) > MAX_MEMORY
        )
        return head, octets

    def end(self) -> None:
        """Kill the process and close its pipes."""
        self._pipes.close()


class Renderer:
    """Renders messages in a child process that is killed at the deadline.

    Several threads may use one; their messages are rendered one after the other.
    """

    def __init__(
        self, *, spare: bool = True, child: str = "tui_mail.mime.render_child"
    ) -> None:
        """Without a spare it takes less memory, and a killed child costs more time.

        ``child`` is the module that is run; another one can do more.
        """
        self._module = child
        self._wanted = 2 if spare else 1
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
        told = self._ask(pack_parts(headers, structure, parts, prefer), deadline)
        if told is None:
            return plain_fallback(
                parse_envelope(headers), structure, parts, prefer=prefer
            )
        return text_from_json(told[0]["text"])

    def render_octets(
        self, message: bytes, *, prefer: str = "plain", deadline: float = DEADLINE
    ) -> tuple[BodyPart, ReadableText]:
        """Parse a whole message and make its readable text; seconds; never raises."""
        told = self._ask(pack({"prefer": prefer}, message), deadline)
        if told is not None:
            head, _ = told
            return structure_from_json(head["structure"]), text_from_json(head["text"])
        structure, spans = parse_spans(message)
        top = spans.get(WHOLE) or spans[PartId("1")]
        parts = {
            part.part_id: message[spans[part.part_id].body : spans[part.part_id].end]
            for part in text_parts(structure, prefer=prefer)
        }
        envelope = parse_envelope(message[top.header : top.body])
        return structure, plain_fallback(envelope, structure, parts, prefer=prefer)

    def _ask(self, frame: bytes, deadline: float) -> tuple[Json, bytes] | None:
        """Have a child do a job; seconds. None where the fallback has to."""
        if len(frame) > MAX_FRAME:
            return None
        with self._lock:
            if self._closed:
                return None
            while len(self._children) < self._wanted:
                self._children.append(_Child(self._module))
            child = self._children[0]
            try:
                head, octets = child.ask(frame, deadline)
            except ChildLost:
                self._replace(child)
                return None
            if child.worn:
                self._replace(child)
            return None if "error" in head else (head, octets)

    def _replace(self, child: _Child) -> None:
        child.end()
        self._children.remove(child)
        self._children.append(_Child(self._module))

    def close(self) -> None:
        """End the children; what is asked after it gets the fallback."""
        with self._lock:
            self._closed = True
            for child in self._children:
                child.end()
            self._children.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
