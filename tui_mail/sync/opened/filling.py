"""The rows of what was opened, put into a store of its own."""

from collections.abc import Iterable, Iterator, Sequence
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
    count_known,
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
        self.rows = sum(
            count_known(self._database, one) for one in self._boxes.values()
        )

    def place_of(self, mailbox: MailboxId) -> str:
        """Name a mailbox as the source does."""
        return next(name for name, box in self._boxes.items() if box == mailbox)

    def first(self) -> None:
        """Put the newest rows there, at once, into a store that is empty."""
        some = self._source.newest(_FIRST)
        with self._database.transaction() as tx:
            for name, ready in _by_mailbox(map(_ready, some), some).items():
                _put(self._boxes[name], tx, ready)
        self.rows += len(some)

    def steps(self, tell: Tell) -> Iterator[None]:
        """Put all rows there that are missing, in short steps."""
        known = {name: self._known(name) for name in self._boxes}
        pace = Pace(self._database)
        found = self._source.found(lambda name, uid: uid in known[name], tell)
        waiting: list[Found] = []
        for one in found:
            if one is not None:
                if one.uid in known[one.mailbox]:
                    # What was read of it before is not all of it.
                    self._remove([(one.mailbox, one.uid)])
                waiting.append(one)
            if len(waiting) >= _TOGETHER:
                yield from self._save(pace, waiting)
                waiting = []
            yield
        yield from self._save(pace, waiting)
        self._drop_mistaken(known)

    def _known(self, name: str) -> frozenset[Uid]:
        """Say which messages are in the store."""
        uids = known_uids(self._database, self._boxes[name], high=_LARGEST)
        return frozenset(map(Uid, uids))

    def _save(self, pace: Pace, found: list[Found]) -> Iterator[None]:
        ready = []
        for one in found:
            ready.append(_ready(one))
            yield
        for name, some in _by_mailbox(ready, found).items():
            pace.apply(some, partial(_put, self._boxes[name]))
        self.rows += len(found)

    def _drop_mistaken(self, known: dict[str, frozenset[Uid]]) -> None:
        """Take away what looked like a message only as long as not all was known."""
        self._remove(
            [
                (name, uid)
                for name, uids in known.items()
                for uid in uids
                if not self._source.has(name, uid)
            ]
        )

    def _remove(self, places: Sequence[tuple[str, Uid]]) -> None:
        """Take rows away."""
        found = [
            number_of(self._database, self._boxes[name], uid) for name, uid in places
        ]
        numbers = [number for number in found if number is not None]
        if numbers:
            with self._database.transaction() as tx:
                remove_numbers(tx, numbers)
            self.rows -= len(numbers)


def _by_mailbox(
    ready: Iterable[Arriving], found: Iterable[Found]
) -> dict[str, list[Arriving]]:
    rows: dict[str, list[Arriving]] = {}
    for row, one in zip(ready, found, strict=True):
        rows.setdefault(one.mailbox, []).append(row)
    return rows


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
