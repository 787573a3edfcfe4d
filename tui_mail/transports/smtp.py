"""A submission connection (RFC 5321, RFC 6409): what is to go, and what became of it."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Self

from tui_mail.config.secret import Secret
from tui_mail.config.settings import Security, SmtpServer
from tui_mail.model.error import (
    AnswerLost,
    LinkLost,
    LoginRefused,
    MailError,
    NoEncryption,
    ProtocolError,
    ServerHangs,
)
from tui_mail.transports.smtp_data import stuffed
from tui_mail.transports.smtp_envelope import (
    Wanted,
    as_meant,
    commands_of,
    refusal_of,
)
from tui_mail.transports.smtp_extensions import Extensions
from tui_mail.transports.smtp_login import log_in
from tui_mail.transports.smtp_wire import Answer, Refused, Wire
from tui_mail.transports.stream import SLOWEST, Stream
from tui_mail.transports.tls import client_context, is_loopback

__all__ = ["Answer", "Refused", "SmtpConnection"]

_LOG = logging.getLogger(__name__)
_OWN_NAME = b"[127.0.0.1]"
"""What we call ourselves: an address literal that every machine has tells nothing."""
_AT_ONCE = 32
"""Commands that are sent before the first answer is read."""
AFTER_THE_END = 600.0
"""Seconds that a server may take over a whole message (RFC 5321, 4.5.3.2.6)."""
_BLOCK = 180.0
"""Seconds that it may let a piece of it wait (RFC 5321, 4.5.3.2.5)."""
_PART = 65_536
"""Octets of it that are sent without a look at what the server says."""
_LEAVING = 5.0
"""Seconds to wait for the answer to QUIT: nothing depends on it."""


class SmtpConnection:
    """Owned by one thread; ``close`` alone may be called from any other."""

    def __init__(self, stream: Stream, server: SmtpServer) -> None:
        self._stream = stream
        self._server = server
        self._wire = Wire(stream)
        self.extensions = Extensions()
        """What the server announces, after the encryption began."""
        self.after_the_end = AFTER_THE_END
        """Seconds to wait for the answer to a whole message."""

    @classmethod
    def connect(
        cls, server: SmtpServer, secret: Secret | None, *, deadline: float
    ) -> Self:
        """Connect, encrypt, log in; ``deadline`` in seconds is each command's.

        Without a secret there is no login, until ``log_in`` is called. Raises LinkLost
        (421 too: come later), CertificateRefused, NoEncryption, LoginRefused,
        ProtocolError, and Refused for any other answer: it is about no message.
        """
        tls = server.security is Security.TLS
        port = server.port or (465 if tls else 587)
        stream = Stream.dial(server.host, port, deadline=deadline)
        connection = cls(stream, server)
        try:
            connection._open()
            if secret is not None:
                connection.log_in(secret)
        except BaseException:
            stream.close()
            raise
        return connection

    @property
    def host(self) -> str:
        """The server's name."""
        return self._server.host

    def _open(self) -> None:
        server = self._server
        if server.security is Security.TLS:
            self._stream.encrypt(client_context(server))
        self._check(self._wire.answer())
        self.extensions = self._introduce()
        if server.security is Security.STARTTLS:
            self._start_tls()
            # What was said in the clear counts for nothing (RFC 3207, 4.2).
            self.extensions = self._introduce()

    @property
    def may_do_without_login(self) -> bool:
        """Whether it has no login, and needs none: one on this machine, or so set."""
        here = self._server.security is Security.NONE or is_loopback(self._stream.link)
        return here and not self.extensions.ways

    def log_in(self, secret: Secret) -> None:
        """Log in, if there is a login; raises LoginRefused and as ``connect``."""
        if not self.may_do_without_login:
            log_in(self._wire, self._server, secret, self.extensions.ways)

    def _introduce(self) -> Extensions:
        """Say EHLO, or HELO to a server that knows no other."""
        self._wire.ask(b"EHLO", _OWN_NAME)
        answer, lines = self._wire.answer_and_lines()
        if answer.positive:
            return Extensions.read(lines)
        if not answer.permanent:
            raise self._refused(answer)
        self._check(self._wire.told(b"HELO", _OWN_NAME))
        return Extensions()

    def _start_tls(self) -> None:
        answer = self._wire.told(b"STARTTLS")
        if answer.temporary:
            raise self._refused(answer)
        if answer.code != 220:
            raise NoEncryption(
                f"{self.host} does not encrypt: it refuses STARTTLS; if it takes TLS"
                ' at once, security = "tls" (port 465) is the setting'
            )
        self._stream.encrypt(client_context(self._server))

    def offer(
        self,
        sender: str,
        recipients: Sequence[str],
        *,
        size: int,
        eight_bit: bool,
        utf8: bool,
    ) -> tuple[Answer, ...]:
        """Begin a message with MAIL and RCPT; the answer for each recipient.

        ``size`` in octets. Raises Refused where MAIL is refused, or is not even tried
        as the server announces that it cannot take such a message; LoginRefused where
        it wants a login; LinkLost, ProtocolError. A server that hangs up after it has
        refused some is an answer to the others: 421.
        """
        utf8 = utf8 or not all(one.isascii() for one in (sender, *recipients))
        what = Wanted(size=size, eight_bit=eight_bit, utf8=utf8)
        refusal = refusal_of(self.extensions, what)
        if refusal is not None:
            # It has not said the code itself.
            raise Refused(f"{self.host}: {refusal.text}", refusal)
        commands = commands_of(self.extensions, sender, recipients, what)
        return tuple(as_meant(self._answers(commands)[1:]))

    def _answers(self, commands: Sequence[bytes]) -> list[Answer]:
        """Say MAIL and RCPTs, several at once where that is announced."""
        at_once = _AT_ONCE if self.extensions.pipelining else 1
        answers: list[Answer] = []
        for start in range(0, len(commands), at_once):
            some = commands[start : start + at_once]
            self._wire.ask_all(some)
            for _ in some:
                answer = self._wire.last_answer()
                if answer.code == 421 and any(one.permanent for one in answers[1:]):
                    # So many refusals that it hangs up: they hold all the same, and to
                    # come later with the same recipients would only end here again.
                    self.close()
                    return [*answers, *[answer] * (len(commands) - len(answers))]
                answers.append(self._wire.heeded(answer))
            self._check_access(answers)
            self._check(answers[0])
        return answers

    def _check_access(self, answers: Sequence[Answer]) -> None:
        """Raise where the server wants something of us first (RFC 4954, 6)."""
        answer = next((one for one in answers if one.code == 530), None)
        if answer is None:
            return
        if not self._stream.encrypted and "TLS" in answer.text.upper():
            raise NoEncryption(f"{self.host} wants encryption: {answer}")
        raise LoginRefused(f"{self.host} wants a login: {answer}")

    def send(
        self, pieces: Iterable[bytes], *, before_end: Callable[[], None]
    ) -> Answer:
        """Send a message's octets, and give the answer to all of it.

        ``before_end`` is called when all has gone out but the final dot, which alone
        makes it count. An answer that is not positive is a refusal, also where the
        server does not want the data at all. Raises AnswerLost where the dot has gone
        and no answer came; before that LinkLost, ProtocolError, CannotBeSaid (lone CR
        or LF), whatever ``before_end`` raises: then the connection has been ended, and
        the server has no message.
        """
        self._wire.ask(b"DATA")
        refusal = self._wire.go_ahead()
        try:
            if refusal is not None:
                return self._as_refusal(refusal)
            early = self._send_lines(pieces)
            if early is not None:
                self.close()
                return early
            before_end()
            self._stream.send(b".\r\n")
        except BaseException:
            # Only so is it sure that what went out is nothing.
            self.close()
            raise
        return self._answer_to_end()

    def _send_lines(self, pieces: Iterable[bytes]) -> Answer | None:
        """Send the lines; the answer where the server wants no more of them."""
        until = time.monotonic() + _BLOCK
        with self._taking_up_to(_BLOCK):
            for piece in _parts(stuffed(pieces)):
                try:
                    self._stream.send(piece)
                except ServerHangs:
                    raise
                except LinkLost as lost:
                    return self._last_words(lost)
                if self._stream.has_octets():
                    return self._last_words(None)
                until += len(piece) / SLOWEST
                if time.monotonic() > until:
                    raise ServerHangs(f"{self.host} takes the message too slowly")
            return self._last_words(None) if self._stream.has_octets() else None

    def _last_words(self, lost: LinkLost | None) -> Answer:
        """Read why the server wants no more; ``lost`` is how it was noticed."""
        try:
            answer = self._wire.last_answer()
        except LinkLost as error:
            raise lost or error from None
        return self._as_refusal(answer)

    def _as_refusal(self, answer: Answer) -> Answer:
        if answer.temporary or answer.permanent:
            return answer
        raise ProtocolError(f"{self.host} answers before the end: {answer}")

    def _answer_to_end(self) -> Answer:
        try:
            with self._taking_up_to(self.after_the_end):
                answer = self._wire.last_answer()
            if not 300 <= answer.code < 400:
                return answer
            said = f"{self.host} answers a message with {answer}"
        except (LinkLost, ProtocolError) as error:
            said = error.line
        self.close()
        raise AnswerLost(f"{said}; whether it has the message is not known") from None

    @contextlib.contextmanager
    def _taking_up_to(self, seconds: float) -> Iterator[None]:
        before = self._stream.deadline
        self._stream.deadline = max(before, seconds)
        try:
            yield
        finally:
            self._stream.deadline = before

    def reset(self) -> None:
        """Forget the message that was begun (RSET); raises Refused, LinkLost."""
        self._check(self._wire.told(b"RSET"))

    def quit(self) -> None:
        """Leave, and close the connection; nothing is raised."""
        self._stream.deadline = min(self._stream.deadline, _LEAVING)
        try:
            self._wire.told(b"QUIT")
        except MailError as error:
            _LOG.info("%s: no answer to QUIT: %s", self.host, error.line)
        finally:
            self.close()

    def close(self) -> None:
        """End the connection, from any thread; a message without its end is none."""
        self._stream.close()

    def _check(self, answer: Answer) -> None:
        if not answer.positive:
            raise self._refused(answer)

    def _refused(self, answer: Answer) -> Refused:
        return Refused(f"{self.host}: {answer}", answer)


def _parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut up what is long, to look in between at what the server does."""
    for piece in pieces:
        for start in range(0, len(piece), _PART):
            yield piece[start : start + _PART]
