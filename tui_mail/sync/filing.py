"""What follows once the server has a message: its copy in Sent, its parent, its draft.

An IMAP server is asked before it gets a copy, by whoever replays wishes there: some file
one themselves. What may have been sent or not is looked for in the same place.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tui_mail.config.settings import Account
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.render import Renderer
from tui_mail.model.error import (
    LinkLost,
    MailError,
    NotFound,
    ProtocolError,
    ServerRefused,
    StoreDamaged,
    StoreFailed,
)
from tui_mail.model.flags import ANSWERED, SEEN
from tui_mail.model.ids import WHOLE, MessageNumber, SubmissionId, Uid
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.outgoing import Submission, SubmissionState
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.store.appending import begin_append, finish_append
from tui_mail.store.content import save_chunk
from tui_mail.store.database import Database, Transaction
from tui_mail.store.drafts import sent_mailbox
from tui_mail.store.mailboxes import find_role, load_mailboxes
from tui_mail.store.messages import load_location, remove_numbers
from tui_mail.store.outbox import (
    SubmissionDamaged,
    load_octets,
    load_submission,
    load_submissions,
    load_to_file,
    note_copy,
    note_filed,
    put_off,
    settle_accepted,
    settle_unknown,
)
from tui_mail.store.source import Source
from tui_mail.store.threads import find_by_message_id
from tui_mail.store.wishes import expunge_messages, set_flags
from tui_mail.store.writing import end_writing
from tui_mail.sync.pacing import Pace
from tui_mail.sync.session import Session
from tui_mail.sync.upkeep import make_text
from tui_mail.transports.imap_search import Single

_LOG = logging.getLogger(__name__)
_FILE_THEMSELVES = (
    "gmail.com",
    "googlemail.com",
    "office365.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
)
"""Domains of submission servers that put a copy of each message into Sent."""
_LOOKS = (0.0, 30.0, 300.0)
"""Seconds after a loss at which Sent is looked into: a server may still be at work on it."""
_LATER = timedelta(minutes=5)
"""Until what could not be filed is tried again."""
_CANNOT_TELL = frozenset({"", "NONEXISTENT", "TRYCREATE"})
"""Codes of a server that has no such mailbox, or knows no such search."""
_NOT_THERE = "; it is not in Sent"
_ALL = UidSet.between(Uid(1), LARGEST)


def accept(tx: Transaction, one: Submission) -> None:
    """Note that the server has a message, with all that follows from that alone.

    Its draft goes, and the message that it answers gets its flag.
    """
    settle_accepted(tx, one.id)
    if one.draft is not None:
        expunge_messages(tx, [one.draft])
    if one.writing is not None:
        end_writing(tx, one.writing)
    if one.parent is not None:
        parents, flag = [one.parent], one.parent_flag
    else:
        parents, flag = find_by_message_id(tx, one.in_reply_to), ANSWERED
    if flag:
        set_flags(tx, parents, frozenset({flag}), frozenset())


def file_here(
    database: Database,
    pace: Pace,
    renderer: Renderer,
    account: Account,
    one: Submission,
) -> None:
    """File a message that was accepted where no server has to be asked.

    What speaks against it is kept with the row, and it is tried again later.
    """
    if account.smtp is not None and account.smtp.save_sent == "never":
        with pace.transaction() as tx:
            note_filed(tx, one.id)
        return
    try:
        number = _put_into_sent(database, pace, account, one)
        if number is not None:
            with suppress(NotFound):
                make_text(database, pace, renderer, number)
    except (StoreFailed, StoreDamaged):
        raise
    except MailError as error:
        with pace.transaction() as tx:
            put_off(tx, one.id, datetime.now(UTC) + _LATER, error.line)


def files_itself(host: str) -> bool:
    """Tell whether a submission server is known to put a copy into Sent itself."""
    host = host.lower()
    return any(host == name or host.endswith(f".{name}") for name in _FILE_THEMSELVES)


def _put_into_sent(
    database: Database, pace: Pace, account: Account, one: Submission
) -> MessageNumber | None:
    """Put its copy into Sent, and let it go; in as many transactions as it takes.

    None where what is here of it is damaged.
    """
    try:
        pieces = load_octets(database, one.id)
        first = one.blind + next(pieces, b"")
    except SubmissionDamaged as error:
        _LOG.error("%s: send-%d: %s", account.name, one.id, error.line)
        with pace.transaction() as tx:
            note_filed(tx, one.id)
        return None
    now = datetime.now(UTC)
    with pace.transaction() as tx:
        if one.copy is not None:
            # Begun once, and broken off.
            remove_numbers(tx, [one.copy])
        number = begin_append(
            tx, parse_envelope(first), flags=frozenset({SEEN}), arrived=now
        )
        note_copy(tx, one.id, number)
        save_chunk(tx, number, WHOLE, 0, first)
    at = len(first)
    for piece in pieces:
        with pace.transaction() as tx:
            save_chunk(tx, number, WHOLE, at, piece)
        at += len(piece)
    with pace.transaction() as tx:
        name = account.mailboxes.get(SpecialUse.SENT, "")
        finish_append(tx, number, sent_mailbox(tx, name))
        note_filed(tx, one.id)
    return number


@dataclass(slots=True)
class _Search:
    """How often a message was looked for, and when it is looked for next."""

    begun: float
    done: int = 0

    @property
    def next(self) -> float:
        return self.begun + _LOOKS[self.done] if self.done < len(_LOOKS) else _NEVER


_NEVER = float("inf")


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
            put_off(tx, one.id, datetime.now(UTC) + _LATER, line)

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
            _put_into_sent(session.database, session.pace, self._account, one)

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
