"""Messages on their way to the submission server, and what becomes of each.

The end of a message goes out at most once for each time that a person wanted it sent:
that it does is committed before, and from then on only the server's answer decides.
Where none comes nothing is tried again by itself.
"""

import logging
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from tui_mail.compose.raw_lines import as_seven_bit
from tui_mail.config.settings import Account
from tui_mail.mime.render import Renderer
from tui_mail.model.error import (
    LoginRefused,
    MailError,
    NotFound,
    SecretMissing,
    ServerRefused,
    StoreDamaged,
    StoreFailed,
)
from tui_mail.model.ids import SubmissionId
from tui_mail.model.outgoing import Submission
from tui_mail.store.database import Database
from tui_mail.store.outbox import (
    SubmissionDamaged,
    load_octets,
    mark_sending,
    put_off,
    settle_refused,
    settle_unknown,
)
from tui_mail.sync.backoff import submission_delay
from tui_mail.sync.filing import accept, file_here
from tui_mail.sync.pacing import Pace
from tui_mail.sync.receipt import Receipt
from tui_mail.transports.smtp import Answer, Refused, SmtpConnection
from tui_mail.transports.smtp_extensions import Extensions

_LOG = logging.getLogger(__name__)
_MOST_ATTEMPTS = 100
"""After so many, some four days, what a server puts off is given back to the person."""
_TOO_MANY = "4.5.3"
"""The enhanced code for that (RFC 3463)."""
_MOST_NAMED = 3
"""Refused recipients that are named in the line."""


class _LeftOff(Exception):
    """No more is to be sent now: the message goes the next time."""


class Outlet:
    """One account's way out; owned by one thread, only ``close`` is for any other."""

    def __init__(
        self,
        account: Account,
        database: Database,
        connect: Callable[[], SmtpConnection],
        pace: Pace,
        renderer: Renderer,
        *,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        """``is_over``: whether no more is to be sent now."""
        self._account = account
        self._database = database
        self._connect = connect
        self._pace = pace
        self._renderer = renderer
        self._is_over = is_over
        self._connection: SmtpConnection | None = None
        self.in_doubt = False
        """The end of a message has gone out, and the answer is not here."""
        self._accepted = self._again = False
        self._told = 0
        """How many messages the server was told of over this connection."""
        self.cut_off: set[SubmissionId] = set()
        """What waits because there was no connection, or none that lasted."""

    def close(self) -> None:
        """Cut the connection, from any thread."""
        connection = self._connection
        if connection is not None:
            connection.close()

    def submit(self, due: Sequence[Submission], receipt: Receipt) -> None:
        """Send messages, one after the other; what was done is added to the receipt.

        What the server says of one does not stop the others. Raises LoginRefused and
        SecretMissing: what is left then is due as before.
        """
        left = list(due)
        try:
            while left and not self._is_over():
                if self._connection is None and not self._reach(left, receipt):
                    break
                one = left.pop(0)
                self._submit_one(one, receipt)
                if self._again:
                    left.insert(0, one)
                if self._accepted and self._account.has_local_mailboxes:
                    file_here(
                        self._database,
                        self._pace,
                        self._renderer,
                        self._account,
                        one,
                    )
        except (LoginRefused, SecretMissing) as error:
            receipt.complain(error.line)
            self._note(left, error)
            raise
        except (KeyboardInterrupt, SystemExit):
            # Who breaks it off waits for no polite end.
            self._drop()
            raise
        finally:
            self._leave()

    def _reach(self, left: Sequence[Submission], receipt: Receipt) -> bool:
        """Connect; where that is not possible now all that is left has to wait."""
        try:
            self._connection = self._connect()
            self._told = 0
        except (LoginRefused, SecretMissing, StoreFailed, StoreDamaged):
            raise
        except MailError as error:
            if self._is_over():
                return False
            receipt.complain(error.line)
            with self._pace.transaction() as tx:
                for one in left:
                    put_off(tx, one.id, _next_attempt(one), error.line)
            self.cut_off.update(one.id for one in left)
            return False
        return True

    def _note(self, left: Sequence[Submission], error: MailError) -> None:
        """Note why they do not go; they are due as before."""
        with self._pace.transaction() as tx:
            for one in left:
                put_off(tx, one.id, datetime.now(UTC), error.line)

    def _leave(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.quit()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _submit_one(self, one: Submission, receipt: Receipt) -> None:
        self.in_doubt = self._accepted = self._again = False
        self.cut_off.discard(one.id)
        try:
            self._tell(one, receipt)
        except (_LeftOff, NotFound):
            # A person took it back meanwhile, or nothing more is to go now.
            self._drop()
        except MailError as error:
            self._stumble(one, error, receipt)
        except KeyboardInterrupt:
            self._drop()
            if self.in_doubt:
                said = "the program was ended before the server's answer"
                self._doubt(one, said, receipt)
            raise
        finally:
            self.in_doubt = False

    def _stumble(self, one: Submission, error: MailError, receipt: Receipt) -> None:
        """Settle a message over which something went wrong; raises what stops all."""
        if isinstance(error, Refused):
            self._judge(one, error.answer, error.line, receipt)
            return
        self._drop()
        if isinstance(error, SubmissionDamaged | ServerRefused):
            self._refuse(one, error.line, receipt)
        elif isinstance(error, LoginRefused | SecretMissing):
            self._note([one], error)
            raise error
        elif isinstance(error, StoreFailed | StoreDamaged):
            raise error
        elif self.in_doubt:
            self._doubt(one, error.line, receipt)
        elif self._told > 1:
            # Many servers take only so many over one connection.
            self._again = True
        elif not self._is_over():
            self._wait(one, error.line, receipt)
            self.cut_off.add(one.id)

    def _tell(self, one: Submission, receipt: Receipt) -> None:
        """Hand a message over; raises what the server and the connection raise."""
        connection = self._connection
        assert connection is not None
        self._told += 1
        pieces, size, eight_bit = self._fit(one, connection.extensions)
        answers = connection.offer(
            one.sender,
            one.addresses,
            size=size,
            eight_bit=eight_bit,
            utf8=one.needs_utf8,
        )
        said = dict(zip(one.addresses, answers, strict=True))
        bad = {address: said for address, said in said.items() if not said.positive}
        if bad:
            # Nobody gets it: to whom it went already could not be told from the others.
            self._leave()
            self._judge_recipients(one, bad, receipt, host=connection.host)
            return
        answer = connection.send(pieces, before_end=lambda: self._mark(one))
        if answer.positive:
            self._accept(one, receipt)
        else:
            self._judge(one, answer, f"{connection.host}: {answer}", receipt)

    def _fit(
        self, one: Submission, can: Extensions
    ) -> tuple[Iterable[bytes], int, bool]:
        """Give the octets, how many, and whether the server has to know 8BITMIME."""
        if one.is_eight_bit and not one.needs_utf8 and not can.eight_bit:
            encoded = as_seven_bit(b"".join(self._pieces(one)))
            if encoded is not None:
                return (encoded,), len(encoded), False
        return self._pieces(one), one.size, one.is_eight_bit

    def _pieces(self, one: Submission) -> Iterator[bytes]:
        for piece in load_octets(self._database, one.id):
            if self._is_over():
                raise _LeftOff
            yield piece

    def _mark(self, one: Submission) -> None:
        """Commit that the end goes out now; raises NotFound where it is not to."""
        if self._is_over():
            raise _LeftOff
        with self._pace.transaction() as tx:
            mark_sending(tx, one.id)
        self.in_doubt = True

    def _accept(self, one: Submission, receipt: Receipt) -> None:
        with self._pace.transaction() as tx:
            accept(tx, one)
        self._accepted = True
        receipt.sent += 1
        self._log(one, "accepted")

    def _judge_recipients(
        self, one: Submission, bad: dict[str, Answer], receipt: Receipt, *, host: str
    ) -> None:
        refused = {address: said for address, said in bad.items() if said.permanent}
        named = [f"{address}: {answer}" for address, answer in (refused or bad).items()]
        line = f"{host}: {'; '.join(named[:_MOST_NAMED])}"
        if more := len(named[_MOST_NAMED:]):
            line += f"; and {more:,} more"
        if not refused and all(said.enhanced == _TOO_MANY for said in bad.values()):
            most = len(one.addresses) - len(bad)
            said = f"{host} takes no more than {most:,} recipients at once: {line}"
            self._refuse(one, said, receipt)
            return
        if not refused:
            self._wait(one, line, receipt)
            return
        if others := len(one.addresses) - len(refused):
            rest = f"other {others:,}" if others > 1 else "other one"
            line += f" (nobody got it; a retry sends it to the {rest})"
        self._refuse(
            one,
            line,
            receipt,
            {address: str(said) for address, said in refused.items()},
        )

    def _judge(
        self, one: Submission, answer: Answer, line: str, receipt: Receipt
    ) -> None:
        """Settle what the server said no to."""
        self._leave()
        if answer.permanent:
            self._refuse(one, line, receipt)
        else:
            self._wait(one, line, receipt)

    def _refuse(
        self,
        one: Submission,
        line: str,
        receipt: Receipt,
        refused: dict[str, str] | None = None,
    ) -> None:
        with self._pace.transaction() as tx:
            settle_refused(tx, one.id, line, refused)
        self._log(one, "refused")
        receipt.complain(f"{_name(one)} was not sent: {line}")

    def _wait(self, one: Submission, line: str, receipt: Receipt) -> None:
        if one.attempts + 1 >= _MOST_ATTEMPTS:
            self._refuse(one, f"{line} (tried {one.attempts + 1:,} times)", receipt)
            return
        with self._pace.transaction() as tx:
            put_off(tx, one.id, _next_attempt(one), line)
        self._log(one, "put off")
        receipt.complain(f"{_name(one)} waits: {line}")

    def _doubt(self, one: Submission, line: str, receipt: Receipt) -> None:
        with self._pace.transaction() as tx:
            settle_unknown(tx, one.id, line)
        self._log(one, "in doubt")
        receipt.complain(f"{_name(one)} may have been sent or not: {line}")

    def _log(self, one: Submission, state: str) -> None:
        _LOG.info("%s: send-%d: %s", self._account.name, one.id, state)


def _name(one: Submission) -> str:
    return f'"{one.subject}"' if one.subject else "a mail without a subject"


def _next_attempt(one: Submission) -> datetime:
    seconds = submission_delay(one.attempts, random.random())
    return datetime.now(UTC) + timedelta(seconds=seconds)
