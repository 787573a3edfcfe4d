"""An IMAP server asked about mail that was sent, or may have been: does its Sent have it?

Whoever replays wishes asks it: some servers file a copy of what they take themselves.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tui_mail.config.settings import Account
from tui_mail.model.error import LinkLost, NotFound, ProtocolError, ServerRefused
from tui_mail.model.ids import SubmissionId, Uid
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.outgoing import Submission, SubmissionState
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.store.mailboxes import find_role, load_mailboxes
from tui_mail.store.messages import load_location
from tui_mail.store.outbox import (
    load_submission,
    load_submissions,
    load_to_file,
    note_filed,
    put_off,
    settle_unknown,
)
from tui_mail.store.source import Source
from tui_mail.store.threads import find_by_message_id
from tui_mail.sync.filing import LATER, accept, files_itself, put_into_sent
from tui_mail.sync.session import Session
from tui_mail.transports.imap_search import Single

_LOOKS = (0.0, 30.0, 300.0)
"""Seconds after a loss at which Sent is looked into: a server may still be at work on it."""
_CANNOT_TELL = frozenset({"", "NONEXISTENT", "TRYCREATE"})
"""Codes of a server that has no such mailbox, or knows no such search."""
_NOT_THERE = "; it is not in Sent"
_ALL = UidSet.between(Uid(1), LARGEST)
_NEVER = float("inf")


@dataclass(slots=True)
class _Search:
    """How often a message was looked for, and when it is looked for next."""

    begun: float
    done: int = 0

    @property
    def next(self) -> float:
        return self.begun + _LOOKS[self.done] if self.done < len(_LOOKS) else _NEVER


class Filing:
    """What an IMAP server has to be asked about mail that was sent, or may have been.

    One thread at a time uses it: whoever replays wishes.
    """

    def __init__(
        self, account: Account, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._account = account
        self._clock = clock
        self._searches: dict[tuple[SubmissionId, int], _Search] = {}
        """By the message and its attempt."""
        self._losses: Counter[SubmissionId] = Counter()
        """Connections that were lost over a message."""

    def seconds_left(self, source: Source) -> float | None:
        """Say how long it is until the next that is put off; None where nothing is."""
        now = datetime.now(UTC)
        moments = [
            (one.not_before - now).total_seconds() if one.not_before else 0.0
            for one in load_submissions(source)
            if one.state is SubmissionState.ACCEPTED
        ]
        moments += [
            search.next - self._clock()
            for search in self._searches.values()
            if search.next < _NEVER
        ]
        return max(0.0, min(moments)) if moments else None

    def carry_on(self, session: Session) -> None:
        """Ask what is to be asked; raises what the connection raises."""
        if not any(not box.local for box in load_mailboxes(session.database)):
            # The server was not asked yet which mailbox is for sent mail.
            return
        for one in load_to_file(session.database, datetime.now(UTC)):
            self._trying(session, one, self._file)
        for one in self._doubtful(session.database):
            self._trying(session, one, self._look_for)

    def _doubtful(self, source: Source) -> list[Submission]:
        doubtful = {
            (one.id, one.attempts): one
            for one in load_submissions(source)
            if one.state is SubmissionState.UNKNOWN
        }
        now = self._clock()
        self._searches = {
            key: self._searches.get(key) or _Search(now) for key in doubtful
        }
        return list(doubtful.values())

    def _trying(
        self,
        session: Session,
        one: Submission,
        do: Callable[[Session, Submission], None],
    ) -> None:
        """Do it; where a connection is lost over it again, it is not to stop all else."""
        try:
            do(session, one)
        except (LinkLost, ProtocolError) as error:
            self._losses[one.id] += 1
            if self._losses[one.id] > 1:
                self._later(session, one, error.line)
            raise
        except ServerRefused as refusal:
            self._later(session, one, refusal.line)
        except NotFound:
            return
        self._losses.pop(one.id, None)

    def _later(self, session: Session, one: Submission, line: str) -> None:
        search = self._searches.get((one.id, one.attempts))
        if search is not None:
            search.done += 1
            return
        with session.pace.transaction() as tx:
            put_off(tx, one.id, datetime.now(UTC) + LATER, line)

    def _file(self, session: Session, one: Submission) -> None:
        """File a message that was accepted, unless the server has done it."""
        smtp = self._account.smtp
        how = smtp.save_sent if smtp is not None else "never"
        if how == "auto" and (
            (smtp is not None and files_itself(smtp.host))
            or "X-GM-EXT-1" in session.connection.capabilities
            or self._is_here(session, one)
            or self._is_there(session, one)
        ):
            how = "never"
        if how == "never":
            with session.pace.transaction() as tx:
                note_filed(tx, one.id)
        else:
            put_into_sent(session.database, session.pace, self._account, one)

    def _look_for(self, session: Session, one: Submission) -> None:
        """Look whether a message that was sent into the dark has arrived in Sent.

        The server is asked some times, what is here of it whenever there is reason to.
        """
        search = self._searches[one.id, one.attempts]
        asks = search.next <= self._clock()
        found = self._is_here(session, one) or (asks and self._is_there(session, one))
        if not (found or asks):
            return
        search.done += asks
        with session.pace.transaction() as tx:
            now = load_submission(tx, one.id)
            if now.state is not SubmissionState.UNKNOWN:
                return
            if found:
                accept(tx, now)
                note_filed(tx, now.id)
                session.receipt.sent += 1
            elif not now.error.endswith(_NOT_THERE):
                settle_unknown(tx, now.id, now.error + _NOT_THERE)

    def _is_here(self, session: Session, one: Submission) -> bool:
        """Tell whether the server's Sent had it when it was synchronized."""
        database = session.database
        box = find_role(database, SpecialUse.SENT)
        places = [
            load_location(database, number)
            for number in find_by_message_id(database, one.message_id)
        ]
        return box is not None and any(
            place.server_mailbox == box.id and place.uid for place in places
        )

    def _is_there(self, session: Session, one: Submission) -> bool:
        """Ask the server whether its Sent has it."""
        box = find_role(session.database, SpecialUse.SENT)
        if box is None or box.local:
            return False
        key = Single(b"HEADER MESSAGE-ID", one.message_id)
        try:
            session.select(box, read_only=True)
            found = session.connection.search(_ALL, key)
        except ServerRefused as refusal:
            if refusal.code in _CANNOT_TELL:
                return False
            raise
        finally:
            # It is only looked at: whoever needs it selected has to select it himself.
            session.mailbox = None
        session.connection.take_changes()
        return bool(found)
