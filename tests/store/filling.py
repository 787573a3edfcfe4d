"""Databases for the tests, filled through the store's own functions."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tui_mail.model.displayable import displayable
from tui_mail.model.event import Event
from tui_mail.model.ids import MailboxId, MessageNumber, ModSeq, Uid, UidValidity
from tui_mail.model.mailbox import ListedMailbox, MailboxState, SpecialUse
from tui_mail.model.message import Address, Envelope, FetchedMessage
from tui_mail.store.database import AccountIdentity, Database
from tui_mail.store.mailboxes import (
    apply_listing,
    find_mailbox,
    load_mailbox,
    save_state,
)
from tui_mail.store.messages import apply_fetched

IDENTITY = AccountIdentity("imap", "imap.example.org", "ann")
VALIDITY = UidValidity(7)
START = datetime(2026, 11, 1, 9, tzinfo=UTC)
NAMES = {
    "INBOX": SpecialUse.INBOX,
    "Archive": SpecialUse.ARCHIVE,
    "Trash": SpecialUse.TRASH,
    "Junk": SpecialUse.JUNK,
    "Work": None,
}


def listed(name: str, use: SpecialUse | None = None) -> ListedMailbox:
    return ListedMailbox(name.encode(), name, "/", frozenset(), use, subscribed=True)


def person(name: str, address: str) -> Address:
    return Address(displayable(name), displayable(address))


def mail(
    uid: int, subject: str = "", *, flags: Sequence[str] = (), **fields: object
) -> FetchedMessage:
    """Make a message that arrives an hour after the one with the UID before."""
    date = START + timedelta(hours=uid)
    envelope = Envelope(
        subject=displayable(subject or f"Letter {uid}"),
        from_=(person("Bob", "bob@example.org"),),
        to=(person("Ann", "ann@example.org"),),
        date=date,
        message_id=f"{uid}@example.org",
    )
    own = {name: fields.pop(name) for name in tuple(fields) if name in _OF_FETCHED}
    message = FetchedMessage(
        uid=Uid(uid),
        flags=frozenset(flags),
        modseq=ModSeq(0),
        internal_date=date,
        size=1000 + uid,
        envelope=replace(envelope, **fields),  # type: ignore[arg-type]
    )
    return replace(message, **own)  # type: ignore[arg-type]


_OF_FETCHED = frozenset({"modseq", "internal_date", "size", "email_id"})


@dataclass
class Place:
    """An account's database in a folder, with the usual mailboxes."""

    path: Path
    database: Database = field(init=False)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.open()
        with self.database.transaction() as tx:
            boxes = [listed(name, use) for name, use in NAMES.items()]
            apply_listing(tx, boxes, {})

    def open(self) -> None:
        self.database = Database.open(self.path, "work", identity=IDENTITY)
        self.database.listen(self.events.extend)

    def reopen(self) -> None:
        self.database.close()
        self.open()

    def box(self, name: str = "INBOX") -> MailboxId:
        found = find_mailbox(self.database, name)
        assert found is not None
        return found.id

    def fetch(
        self, *messages: FetchedMessage, name: str = "INBOX", validity: int = VALIDITY
    ) -> list[MessageNumber]:
        with self.database.transaction() as tx:
            box = self.box(name)
            return apply_fetched(tx, box, UidValidity(validity), messages)

    def fill(self, count: int, name: str = "INBOX") -> list[MessageNumber]:
        return self.fetch(*map(mail, range(1, count + 1)), name=name)

    def state(self, name: str = "INBOX", **changes: object) -> None:
        box = load_mailbox(self.database, self.box(name))
        state: MailboxState = replace(box.state, **changes)  # type: ignore[arg-type]
        with self.database.transaction() as tx:
            save_state(tx, box.id, state, synced=True)

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        return list(self.database.connection.execute(sql, values))


RECOUNT = """
    SELECT b.name, b.total, b.unread, count(m.number), coalesce(sum(m.flags & 1 = 0), 0)
    FROM mailbox b LEFT JOIN message m ON m.mailbox = b.id GROUP BY b.id
"""


def assert_counts(place: Place) -> None:
    for name, total, unread, rows, unseen in place.rows(RECOUNT):
        assert (total, unread) == (rows, unseen), name
