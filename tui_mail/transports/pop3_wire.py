"""What goes over a POP3 connection: commands, status lines, and texts that end with a dot.

RFC 1939, section 3. A text is given as it comes, in pieces, so that neither a line nor a
message has to fit into memory.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tui_mail.model.displayable import Displayable, displayable
from tui_mail.model.error import ProtocolError, ServerRefused
from tui_mail.transports.stream import Stream

LONGEST_STATUS = 8_192
"""Octets of a status line; RFC 2449, 4 has 512."""
MOST_LINES = 5_000_000
"""Lines of a list: there are no larger mailboxes."""

_CODE = re.compile(rb"\[([A-Za-z][A-Za-z0-9/-]{0,40})\]\s*")
_LINE_BREAKERS = re.compile(rb"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Status:
    """A status line: whether it is ``+OK``, its code (RFC 2449, 8), what it says."""

    ok: bool
    code: str
    """Upper case, without brackets; empty where there is none."""
    text: Displayable


class Wire:
    """One connection as commands and answers; owned by one thread."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._end_of_line = b"\r\n"
        """The line's end that this server uses: some use a bare LF, for all lines."""

    def greeting(self) -> bytes:
        """Read what the server says first; raises ServerRefused, ProtocolError."""
        self.stream.begin()
        self._learn_line_end()
        line = self._line()
        status = self._status(line)
        if not status.ok:
            raise ServerRefused(f"{self.stream.host}: {status.text}", status.code)
        return line

    def ask(self, *words: bytes) -> None:
        """Send a command; nothing passes that would end its line."""
        line = b" ".join(words)
        if _LINE_BREAKERS.search(line):
            raise ServerRefused("that cannot be told to a server", "CANNOT")
        self.stream.send(line + b"\r\n")

    def ask_of_each(self, command: bytes, numbers: Iterable[int]) -> None:
        """Send a command for each of these messages, in one go."""
        self.stream.send(b"".join(b"%s %d\r\n" % (command, one) for one in numbers))

    def answer(self) -> Status:
        """Read a status line; raises ProtocolError."""
        self.stream.begin()
        return self._status(self._line())

    def challenge(self) -> bytes | Status:
        """Read what follows AUTH: a challenge without its ``+``, or the end of it."""
        self.stream.begin()
        line = self._line()
        if line[:1] == b"+" and line[:3].upper() != b"+OK":
            return line[1:].strip()
        return self._status(line)

    def told(self, *words: bytes) -> Status:
        """Send a command and read its status."""
        self.ask(*words)
        return self.answer()

    def lines(self) -> Iterator[bytes]:
        """Read the lines of a short text; raises ProtocolError."""
        for _ in range(MOST_LINES):
            line = self._line()
            if line == b".":
                return
            yield line.removeprefix(b".")
        raise ProtocolError(f"{self.stream.host} lists and lists")

    def text(self) -> Iterator[bytes]:
        """Give the octets of a text as they come, dots taken out (RFC 1939, 3).

        Only what the server ends its lines with begins a new one: else a lone LF in a
        message, with a dot after it, would end the message early.
        """
        stream, end = self.stream, self._end_of_line
        at_start, before = True, b""
        while True:
            if stream.position >= len(stream.buffer):
                stream.fill()
            if at_start and stream.buffer[stream.position] == 0x2E:
                if self._is_over():
                    return
                stream.position += 1
                at_start = False
                if stream.position >= len(stream.buffer):
                    continue
            start = stream.position
            found = self._next_dotted(start, before)
            stop = len(stream.buffer) if found < 0 else found
            piece = stream.buffer[start:stop]
            stream.position = stop
            before = (before + piece)[-len(end) :] if piece else before
            at_start = before == end
            if piece:
                yield piece

    def _next_dotted(self, start: int, before: bytes) -> int:
        """Find where the next line begins that has a dot first; -1 where none does."""
        buffer, end = self.stream.buffer, self._end_of_line
        if (
            end == b"\r\n"
            and before[-1:] == b"\r"
            and buffer[start : start + 2] == b"\n."
        ):
            return start + 1
        found = buffer.find(end + b".", start)
        return found if found < 0 else found + len(end)

    def _is_over(self) -> bool:
        """Tell whether the line that begins with a dot is the last; then take it."""
        stream, last = self.stream, b"." + self._end_of_line
        while True:
            there = stream.buffer[stream.position : stream.position + len(last)]
            if there == last:
                stream.position += len(last)
                return True
            if not last.startswith(there):
                return False
            # ``fill`` keeps what nobody has taken.
            stream.fill()

    def _learn_line_end(self) -> None:
        while not self.stream.has_line():
            if len(self.stream.buffer) > LONGEST_STATUS:
                raise ProtocolError(f"{self.stream.host} does not speak POP3")
            self.stream.fill()
        line, _, _ = self.stream.buffer.partition(b"\n")
        self._end_of_line = b"\r\n" if line.endswith(b"\r") else b"\n"

    def _line(self) -> bytes:
        return self.stream.line(longest=LONGEST_STATUS)

    def _status(self, line: bytes) -> Status:
        head, _, rest = line.partition(b" ")
        ok = head.upper() == b"+OK"
        if not ok and head.upper() != b"-ERR":
            said = displayable(line[:80].decode("utf-8", "replace"))
            raise ProtocolError(f"{self.stream.host} does not speak POP3: {said}")
        match = _CODE.match(rest)
        code = match[1].decode("ascii").upper() if match else ""
        text = rest[match.end() :] if match else rest
        return Status(ok, code, displayable(text[:500].decode("utf-8", "replace")))
