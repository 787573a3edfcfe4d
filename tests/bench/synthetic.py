"""A store full of synthetic messages, filled through the store's own functions."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tui_mail.model.displayable import own
from tui_mail.model.flags import ANSWERED, FLAGGED, SEEN
from tui_mail.model.ids import ModSeq, Uid, UidValidity
from tui_mail.model.mailbox import ListedMailbox, MailboxState, SpecialUse
from tui_mail.model.message import Address, Envelope, FetchedMessage
from tui_mail.store import mailboxes, messages
from tui_mail.store.database import AccountIdentity, Database

NEWEST_SUBJECT = "The newest of them all"
_VALIDITY = UidValidity(1)
_NAMES = ("Grace", "Lars", "Mei", "Anna", "Petra", "Kwame", "Ravi", "Edith", "Saga")
_WORDS = (
    "plan",
    "budget",
    "meeting",
    "release",
    "notes",
    "harbour",
    "question",
    "index",
)


def synthetic(count: int, *, seed: int = 5) -> Iterator[FetchedMessage]:
    """Make messages, oldest first: a third are replies, some unread, some flagged."""
    chance = random.Random(seed)
    newest = datetime(2026, 11, 19, 14, 0, tzinfo=UTC)
    for uid in range(1, count + 1):
        date = newest - timedelta(minutes=7 * (count - uid))
        parent = uid - chance.randint(1, min(40, uid - 1)) if uid > 1 else 0
        is_reply = parent > 0 and chance.random() < 0.33
        yield FetchedMessage(
            uid=Uid(uid),
            flags=_flags(chance),
            modseq=ModSeq(uid),
            internal_date=date,
            size=chance.randint(900, 60_000),
            envelope=_envelope(chance, uid, date, parent if is_reply else 0, count),
        )


def _flags(chance: random.Random) -> frozenset[str]:
    odds = ((SEEN, 0.9), (FLAGGED, 0.03), (ANSWERED, 0.15))
    return frozenset(flag for flag, odd in odds if chance.random() < odd)


def _envelope(
    chance: random.Random, uid: int, date: datetime, parent: int, count: int
) -> Envelope:
    name = chance.choice(_NAMES)
    words = " ".join(chance.choice(_WORDS) for _ in range(4))
    subject = NEWEST_SUBJECT if uid == count else f"{words} {uid}"
    return Envelope(
        subject=own(f"Re: {subject}" if parent else subject),
        from_=(Address(own(f"{name} Example"), own(f"{name.lower()}@corp.example")),),
        to=(Address(own("Ann Example"), own("ann@corp.example")),),
        date=date,
        message_id=f"{uid}@synthetic.example",
        in_reply_to=f"{parent}@synthetic.example" if parent else "",
        references=(f"{parent}@synthetic.example",) if parent else (),
        has_attachment=chance.random() < 0.1,
    )


def fill(path: Path, account: str, identity: AccountIdentity, count: int) -> None:
    """Fill a new store's INBOX with so many messages."""
    database = Database.open(path, account, identity=identity)
    try:
        with database.transaction() as tx:
            mailboxes.apply_listing(tx, [_listed("INBOX", SpecialUse.INBOX)], {})
        inbox = mailboxes.find_mailbox(database, "INBOX")
        assert inbox is not None
        chunk: list[FetchedMessage] = []
        for message in synthetic(count):
            chunk.append(message)
            if len(chunk) == 2000:
                with database.transaction() as tx:
                    messages.apply_fetched(tx, inbox.id, _VALIDITY, chunk)
                chunk = []
        with database.transaction() as tx:
            messages.apply_fetched(tx, inbox.id, _VALIDITY, chunk)
            state = MailboxState(
                uid_validity=_VALIDITY,
                uid_next=Uid(count + 1),
                highest_modseq=ModSeq(count),
                low_uid=Uid(1),
                exists=count,
            )
            mailboxes.save_state(tx, inbox.id, state, synced=True)
    finally:
        database.close()


def _listed(name: str, use: SpecialUse | None) -> ListedMailbox:
    return ListedMailbox(
        wire_name=name.encode("ascii"),
        name=name,
        delimiter="/",
        attributes=frozenset(),
        special_use=use,
        subscribed=True,
    )
