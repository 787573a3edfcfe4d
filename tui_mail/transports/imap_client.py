"""imaplib and imapclient on a stream of our own.

They keep what they are good at: tags, the state of the session, capabilities, LOGOUT.
Reading is ours, through the private hooks that ``tests/transports`` proves to be there:
imaplib's ``open``, ``_get_response``, ``_get_capabilities``, ``_log`` and ``shutdown``,
imapclient's ``_create_IMAP4``. So responses keep their order, nothing piles up, every
literal has a limit, and no password is in imaplib's log of the last ten commands.
"""

import imaplib
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from imapclient import IMAPClient

from tui_mail.model.error import LinkLost, ProtocolError, ServerRefused
from tui_mail.transports.imap_arguments import Flow, Literal, Piece
from tui_mail.transports.imap_responses import (
    Status,
    Untagged,
    parse_status,
    parse_untagged,
)
from tui_mail.transports.imap_tokens import Unreadable
from tui_mail.transports.stream import MAX_LITERAL, Stream

if TYPE_CHECKING:
    from typing_extensions import Buffer

_LITERAL = re.compile(rb"~?\{(\d{1,1000})\+?\}\Z")
_TAGGED = re.compile(rb"([A-Z]{4}\d{1,12}) (OK|NO|BAD)(?: (.*))?\Z", re.DOTALL | re.I)
_STATUS_NAMES = frozenset({b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH"})
_MAX_FRAGMENTS = 20_001
_LARGE = 65_536
"""Octets of a literal that are not sent before the server wants them."""

Take = Callable[[Untagged], bool]
"""Takes an untagged response that a command asked for; False: it is for nobody here."""


class Wire(imaplib.IMAP4):
    """imaplib on a Stream; every response passes ``next_response`` in its order."""

    def __init__(self, stream: Stream, unasked: Callable[[Untagged], None]) -> None:
        self.stream = stream
        self.unasked = unasked
        self.literal_cap = MAX_LITERAL
        """Octets of a literal that are kept; more are let go."""
        self.answers: dict[bytes, Status] = {}
        """The tagged answers that came, until they are taken."""
        super().__init__(stream.host, 0)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:  # noqa: ARG002
        """Take the connection that is there."""
        self.host = host
        self.port = port
        self.sock = self.stream.link

    def read(self, size: int) -> bytes:
        """Read octets, for imaplib."""
        return self.stream.octets(size)

    def readline(self) -> bytes:
        """Read a line, for imaplib."""
        return self.stream.line() + b"\r\n"

    def send(self, data: "Buffer") -> None:
        """Send octets, for imaplib."""
        self.stream.send(bytes(data))

    def shutdown(self) -> None:
        """End the connection."""
        self.stream.close()

    def _log(self, line: object) -> None:
        """Keep nothing: imaplib would keep LOGIN with its password."""

    def _get_capabilities(self) -> None:
        """Take the capabilities of the greeting, ask only where it has none."""
        if "CAPABILITY" not in self.untagged_responses:
            super()._get_capabilities()  # type: ignore[misc]
            return
        said: Any = self.untagged_responses.pop("CAPABILITY")[-1]
        self.capabilities = tuple(said.decode("ascii", "replace").upper().split())

    def _get_response(self, *_: object, **__: object) -> bytes | None:
        """Read one response, for imaplib."""
        said = self.next_response()
        if isinstance(said, bytes):
            return None
        if isinstance(said, Status):
            self.answers.clear()
            return said.kind
        if said.name in _STATUS_NAMES:
            status = parse_status(said.name, said.text)
            if status.code == b"CAPABILITY":
                self._append_untagged("CAPABILITY", status.argument)
        if said.name in _STATUS_NAMES | {b"CAPABILITY"}:
            self._append_untagged(said.name.decode("ascii"), said.text)
        self.unasked(said)
        return said.text or b" "

    def next_response(self) -> bytes | Status | Untagged:
        """Read one response: a continuation's text, a tagged status, or an untagged one.

        A tagged status is noted for its command. Raises LinkLost, ProtocolError.
        """
        line = self.stream.line()
        while not line and self.state != "LOGOUT":
            # Some servers end a literal with a line end too many.
            line = self.stream.line()
        if line.startswith(b"* "):
            try:
                return parse_untagged(self._fragments(line))
            except Unreadable:
                return Untagged(b"", None, (line,))
        if line.startswith(b"+"):
            return line[1:].strip()
        match = _TAGGED.match(line)
        if match is None or match[1] not in self.tagged_commands:
            raise self.nonsense(line)
        status = parse_status(match[2].upper(), match[3] or b"")
        answer: Any = (status.kind.decode("ascii"), [match[3] or b""])
        self.tagged_commands[match[1]] = answer
        self.answers[match[1]] = status
        return status

    def nonsense(self, line: bytes) -> ProtocolError:
        """Make the error for a line that is no response."""
        start = line[:60].decode("ascii", "replace")
        return ProtocolError(f"{self.stream.host} says no IMAP: {start}")

    def _fragments(self, line: bytes) -> list[bytes]:
        """Read the literals of a response, and the text between them."""
        match = _LITERAL.search(line)
        if match is None or line[2:10].split(b" ", 1)[0].upper() in _STATUS_NAMES:
            return [line]
        fragments: list[bytes] = []
        room = MAX_LITERAL
        while match:
            size = int(match[1])
            room -= min(size, self.literal_cap)
            if size > MAX_LITERAL or room < 0 or len(fragments) > _MAX_FRAGMENTS:
                raise ProtocolError(
                    f"{self.stream.host} sends more octets at once than can be taken"
                )
            fragments.append(line[: match.start()])
            fragments.append(self.stream.octets(size, keep=self.literal_cap))
            line = self.stream.line()
            match = _LITERAL.search(line)
        fragments.append(line)
        return fragments

    def ask(self, pieces: Sequence[Piece | Flow]) -> bytes:
        """Send one command; return its tag. Literals wait for the server's leave."""
        tag: bytes = self._new_tag()
        self.stream.begin()
        waiting = [tag]
        for piece in pieces:
            if isinstance(piece, Literal | Flow):
                self._ask_literal(tag, b" ".join(waiting), piece)
                waiting = [b""]
                if tag in self.answers:
                    return tag
            else:
                waiting.append(piece)
        self.stream.send(b" ".join(waiting) + b"\r\n")
        return tag

    def _ask_literal(self, tag: bytes, before: bytes, piece: Literal | Flow) -> None:
        flow = piece
        if isinstance(flow, Literal):
            octets = flow.octets
            flow = Flow(len(octets), lambda: (octets,))
        head = before + b" {%d" % flow.size
        if self._may_go_on(flow.size):
            self.stream.send(head + b"+}\r\n")
            self._flow(flow)
            return
        self.stream.send(head + b"}\r\n")
        while tag not in self.answers:
            said = self.next_response()
            if isinstance(said, bytes):
                self._flow(flow)
                return
            if isinstance(said, Untagged):
                self.unasked(said)

    def _flow(self, flow: Flow) -> None:
        for piece in flow.pieces():
            self.stream.send(piece)

    def _may_go_on(self, size: int) -> bool:
        """Whether a literal need not wait (RFC 7888).

        A large one waits all the same: a server that does not take it says so before.
        """
        if "LITERAL+" in self.capabilities:
            return size <= _LARGE
        return "LITERAL-" in self.capabilities and size <= 4_096

    def finish(self, tag: bytes, take: Take | None = None) -> Status:
        """Read until a command's own answer; what nobody takes is news.

        Raises LinkLost also where the server says BYE.
        """
        while tag not in self.answers:
            said = self.next_response()
            if isinstance(said, Untagged):
                if take is None or not take(said):
                    self.unasked(said)
            elif isinstance(said, bytes):
                raise self.nonsense(b"+ " + said)
        return self.answer(tag)

    def answer(self, tag: bytes) -> Status:
        """Take the answer that has come."""
        del self.tagged_commands[tag]
        return self.answers.pop(tag)

    def refused(self, status: Status) -> ServerRefused:
        """Make the error for NO and BAD."""
        said = status.text or status.code.decode("ascii") or "no reason given"
        code = status.code.decode("ascii")
        return ServerRefused(f"{self.stream.host} refused: {said}", code)


class Client(IMAPClient):  # type: ignore[misc]
    """imapclient whose connection is a Wire."""

    def __init__(self, stream: Stream, unasked: Callable[[Untagged], None]) -> None:
        self._stream = stream
        self.unasked = unasked
        super().__init__(stream.host, 143, ssl=False)
        self.wire.debug = 0  # imapclient sets 5: every line would be formatted.

    @property
    def wire(self) -> Wire:
        """The connection below."""
        wire: Wire = self._imap
        return wire

    def _create_IMAP4(self) -> Wire:  # noqa: N802 - imapclient's name
        return Wire(self._stream, self.unasked)


def greeted(stream: Stream, unasked: Callable[[Untagged], None]) -> Client:
    """Read the greeting; raises LinkLost, ProtocolError, ServerRefused (BYE)."""
    try:
        return Client(stream, unasked)
    except imaplib.IMAP4.error as error:
        said = error.args[0] if error.args else ""
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        raise ProtocolError(f"{stream.host} is no IMAP server: {words}") from None
    except OSError:
        raise LinkLost(f"{stream.host} closed the connection") from None
