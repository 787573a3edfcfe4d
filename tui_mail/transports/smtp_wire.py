"""What goes over an SMTP connection: commands, and replies of one or more lines.

RFC 5321, section 4.2; the enhanced codes are RFC 2034's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from tui_mail.model.displayable import Displayable, displayable
from tui_mail.model.error import CannotBeSaid, LinkLost, ProtocolError, ServerRefused
from tui_mail.transports.stream import Stream

_LONGEST_REPLY = 65_536
"""Octets of all lines of a reply; RFC 5321, 4.5.3.1.5 has 512 for each."""
_MOST_LINES = 1_000
_LINE_BREAKERS = re.compile(rb"[\r\n\0]")
_REPLY = re.compile(rb"([2-5][0-9]{2})(?![0-9])(-?)[ \t]?")
_ENHANCED = re.compile(rb"([245])\.([0-9]{1,3})\.([0-9]{1,3})(?:\s+|\Z)")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says to a command."""

    code: int
    """RFC 5321, 4.2.1."""
    enhanced: str
    """As ``5.1.1`` (RFC 3463); empty where there is none."""
    text: Displayable
    """All its lines as one, without codes."""

    @property
    def positive(self) -> bool:
        """Whether it was done."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """Whether the same may be done later."""
        return 400 <= self.code < 500

    @property
    def permanent(self) -> bool:
        """Whether it is refused for good."""
        return self.code >= 500

    def __str__(self) -> str:
        codes = f"{self.code} {self.enhanced}".rstrip()
        return f"{codes} {self.text}".rstrip()


class Refused(ServerRefused):
    """The server refused a command, or will, by what it announces; ``answer`` is how."""

    def __init__(self, line: str, answer: Answer) -> None:
        super().__init__(line, answer.enhanced or str(answer.code))
        self.answer = answer


class Wire:
    """One connection as commands and replies; owned by one thread."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def ask(self, *words: bytes) -> None:
        """Send a command; nothing passes that would end its line."""
        self.ask_all([b" ".join(words)])

    def ask_all(self, lines: Sequence[bytes]) -> None:
        """Send commands at once (RFC 2920); a reply comes for each."""
        if any(_LINE_BREAKERS.search(line) for line in lines):
            raise CannotBeSaid("that cannot be told to a server")
        if self.stream.has_octets():
            # It would be taken for the answer to this.
            self._complain()
        self.stream.send(b"".join(line + b"\r\n" for line in lines))

    def _complain(self) -> NoReturn:
        answer = self.last_answer()
        if answer.code == 421:
            raise self._leaving(answer)
        raise ProtocolError(f"{self.stream.host} answers unasked: {answer}")

    def _leaving(self, answer: Answer) -> LinkLost:
        self.stream.close()
        return LinkLost(f"{self.stream.host}: {answer}")

    def told(self, *words: bytes) -> Answer:
        """Send a command and read its answer."""
        self.ask(*words)
        return self.answer()

    def answer(self) -> Answer:
        """Read an answer; raises ProtocolError, LinkLost also for 421: come later."""
        return self.heeded(self.last_answer())

    def go_ahead(self) -> Answer | None:
        """Read the answer to DATA; None where the data may come. Raises as ``answer``."""
        answer = self.last_answer()
        return None if answer.code == 354 else self.heeded(answer)

    def answer_and_lines(self) -> tuple[Answer, list[bytes]]:
        """Read an answer, and its lines as they are."""
        code, lines = self.reply()
        return self.heeded(_answer(code, lines)), lines

    def heeded(self, answer: Answer) -> Answer:
        """Give an answer as it is; raises as ``answer``."""
        if answer.code == 421:
            raise self._leaving(answer)
        if 300 <= answer.code < 400:
            raise ProtocolError(f"{self.stream.host} answers oddly: {answer}")
        return answer

    def last_answer(self) -> Answer:
        """Read an answer of whatever kind."""
        return _answer(*self.reply())

    def challenge(self) -> bytes | Answer:
        """Read what follows AUTH: a challenge as it is written, or the end of it."""
        code, lines = self.reply()
        if code == 334:
            return lines[-1].strip()
        return self.heeded(_answer(code, lines))

    def reply(self) -> tuple[int, list[bytes]]:
        """Read a reply: its code, and its lines without it.

        The last line's code is the one that counts; lines between that have none are
        taken as text. Raises LinkLost, ProtocolError.
        """
        self.stream.begin()
        lines: list[bytes] = []
        room = _LONGEST_REPLY
        while True:
            line = self.stream.line(longest=room)
            room -= len(line)
            match = _REPLY.match(line)
            if not match and not lines:
                said = displayable(line[:80].decode("utf-8", "replace"))
                raise ProtocolError(f"{self.stream.host} does not speak SMTP: {said}")
            lines.append(line[match.end() :] if match else line)
            if match and not match[2]:
                return int(match[1]), lines
            if room <= 0 or len(lines) > _MOST_LINES:
                raise ProtocolError(f"{self.stream.host} talks on and on")


def _answer(code: int, lines: list[bytes]) -> Answer:
    enhanced, texts = "", []
    for line in lines:
        match = _ENHANCED.match(line)
        if match and match[1] == b"%d" % (code // 100):
            enhanced = match[0].strip().decode("ascii")
            line = line[match.end() :]
        texts.append(line.strip())
    text = b" ".join(filter(None, texts))[:500].decode("utf-8", "replace")
    return Answer(code, enhanced, displayable(text))
