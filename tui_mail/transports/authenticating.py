"""The AUTH command with its challenges, as POP3 (RFC 5034) and SMTP (RFC 4954) have it."""

from typing import Protocol, TypeVar

from tui_mail.model.error import ProtocolError
from tui_mail.transports.sasl import Mechanism, from_base64, to_base64
from tui_mail.transports.stream import Stream

_MOST_CHALLENGES = 10

End = TypeVar("End", covariant=True)


class Wire(Protocol[End]):
    """A connection whose AUTH ends with such an answer."""

    @property
    def stream(self) -> Stream:
        """The octets below."""

    def ask(self, *words: bytes) -> None:
        """Send a line."""

    def challenge(self) -> bytes | End:
        """Read a challenge, or the end of it."""


def authenticate(wire: Wire[End], mechanism: Mechanism, *, longest: int) -> End:
    """Go through a mechanism, up to the server's last word; raises ProtocolError.

    ``longest``: octets that the command may have; a first response that does not fit
    goes in a line of its own. The caller has the mechanism finished if it led in.
    """
    waiting = mechanism.first()
    words = [b"AUTH", mechanism.name.encode("ascii")]
    if waiting is not None:
        response = to_base64(waiting) or b"="
        if sum(map(len, words)) + len(response) + 4 <= longest:
            words.append(response)
            waiting = None
    wire.ask(*words)
    for _ in range(_MOST_CHALLENGES):
        said = wire.challenge()
        if not isinstance(said, bytes):
            return said
        answer, waiting = waiting, None
        if answer is None:
            answer = mechanism.respond(from_base64(said))
        wire.ask(to_base64(answer))
    raise ProtocolError(f"{wire.stream.host} asks and asks, and lets nobody in")
