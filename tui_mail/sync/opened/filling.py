"""The rows of what was opened, put into a store of its own."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from tui_mail.mime.headers import parse_envelope
from tui_mail.model.flags import DELETED
from tui_mail.model.ids import MailboxId, MessageNumber, ModSeq, Uid, UidValidity
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.mailbox_names import encode_name
from tui_mail.model.message import Envelope, FetchedMessage
from tui_mail.model.rights import Right, Rights
from tui_mail.store.arriving import Arriving, arriving
from tui_mail.store.database import Database, Transaction
from tui_mail.store.mailboxes import create_local_mailbox, load_mailboxes
from tui_mail.store.messages import (
    apply_arriving,
    known_uids,
    number_of,
    remove_numbers,
)
from tui_mail.store.surroundings import apply_rights
from tui_mail.sync.opened.maildir import INBOX
from tui_mail.sync.opened.sources import Found, Source, Tell
from tui_mail.sync.pacing import Pace

_LARGEST = 1 << 62
_VALIDITY = UidValidity(1)
_ALLOWED = Rights.said(f"l{Right.READ}{Right.KEEP_SEEN}{Right.KEEP_FLAGS}p")
"""What may be done in such a mailbox: all that stays in the store."""
_FIRST = 60
"""Rows that are there before the reader is: more than a screen shows."""
_TOGETHER = 200


class Filling:
    """One store that is filled from one source."""

    def __init__(self, database: Database, source: Source) -> None:
        self._database = database
        self._source = source
        self._boxes: dict[str, MailboxId] = {}
        self._known: dict[str, set[Uid]] = {}
        self.rows = 0
        """How many are in the store."""

    def lay_out(self) -> None:
        """Make the mailboxes, and see what is in them already."""
        names = self._source.mailboxes()
        with self._database.transaction() as tx:
            for name in names:
                use = SpecialUse.INBOX if name == INBOX else None
                self._boxes[name] = create_local_mailbox(tx, name, use)
            wires = [encode_name(name) for name in names]
            apply_rights(tx, wires, dict.fromkeys(wires, _ALLOWED))
        for name, mailbox in self._boxes.items():
            known = known_uids(self._database, mailbox, high=_LARGEST)
            self._known[name] = {Uid(uid) for uid in known}
            self.rows += len(self._known[name])

    def place_of(self, mailbox: MailboxId) -> str:
        """Name a mailbox as the source does."""
        return next(name for name, box in self._boxes.items() if box == mailbox)

    def first(self) -> int:
        """Put the newest rows there, at once; how many."""
        some = self._source.newest(_FIRST)
        with self._database.transaction() as tx:
            self._apply(tx, some)
        return len(some)

    def steps(self, tell: Tell) -> Iterator[None]:
        """Put all rows there that are missing, in short steps."""
        before = {name: frozenset(known) for name, known in self._known.items()}
        pace = Pace(self._database)
        found = self._source.found(lambda name, uid: uid in self._known[name], tell)
        waiting: list[Found] = []
        for one in found:
            if one is not None:
                waiting.append(one)
            if len(waiting) >= _TOGETHER:
                yield from self._save(pace, waiting)
                waiting = []
            yield
        yield from self._save(pace, waiting)
        self._drop_mistaken(before)

    def _save(self, pace: Pace, found: list[Found]) -> Iterator[None]:
        ready: dict[str, list[Arriving]] = {}
        for one in found:
            ready.setdefault(one.mailbox, []).append(_ready(one))
            yield
        for name, some in ready.items():
            pace.apply(some, partial(_put, self._boxes[name]))
            self._note(name, [Uid(one.uid) for one in some])

    def _apply(self, tx: Transaction, found: list[Found]) -> None:
        by_name: dict[str, list[Arriving]] = {}
        for one in found:
            if one.uid not in self._known[one.mailbox]:
                by_name.setdefault(one.mailbox, []).append(_ready(one))
        for name, some in by_name.items():
            _put(self._boxes[name], tx, some)
            self._note(name, [Uid(one.uid) for one in some])

    def _note(self, name: str, uids: list[Uid]) -> None:
        self._known[name].update(uids)
        self.rows += len(uids)

    def _drop_mistaken(self, before: dict[str, frozenset[Uid]]) -> None:
        """Take away what looked like a message only as long as not all was known."""
        for name, uids in before.items():
            wrong = [uid for uid in uids if not self._source.has(name, uid)]
            numbers = [
                number_of(self._database, self._boxes[name], uid) for uid in wrong
            ]
            if not numbers:
                continue
            with self._database.transaction() as tx:
                remove_numbers(tx, [number for number in numbers if number is not None])
            self._known[name].difference_update(wrong)
            self.rows -= len(wrong)


def _put(mailbox: MailboxId, tx: Transaction, ready: Sequence[Arriving]) -> None:
    apply_arriving(tx, mailbox, _VALIDITY, ready)


def same_mail(envelope: Envelope, other: Envelope) -> bool:
    """Tell whether two header blocks are, as far as a list shows, of one message."""
    return all(
        getattr(envelope, name) == getattr(other, name)
        for name in ("message_id", "subject", "date", "from_")
    )


def first_message(database: Database) -> MessageNumber | None:
    """Name the message of a source that has but one."""
    uids = [
        (box.id, uid)
        for box in load_mailboxes(database)
        for uid in islice(known_uids(database, box.id, high=_LARGEST), 2)
    ]
    return number_of(database, *uids[0]) if len(uids) == 1 else None


def _ready(found: Found) -> Arriving:
    envelope = parse_envelope(found.headers)
    return arriving(
        FetchedMessage(
            uid=found.uid,
            flags=found.flags - {DELETED},
            modseq=ModSeq(0),
            internal_date=found.arrived,
            size=found.size,
            envelope=envelope,
        )
    )
