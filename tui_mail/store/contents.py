"""The rows of contents: what a message says of itself, shared by its copies."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from tui_mail.model.displayable import Displayable
from tui_mail.model.message import Address, Envelope, FetchedMessage
from tui_mail.store.folding import folded
from tui_mail.store.people import pack_people, unpack_people
from tui_mail.store.source import Source

if TYPE_CHECKING:
    from tui_mail.store.database import Transaction

COLUMNS = (
    "id, identity, own_key, parent_key, message_id, in_reply_to, ancestors, subject,"
    " senders, recipients, copies, others, date, size, has_attachment, list_id,"
    " subject_words, sender_words, recipient_words, copy_words"
)
INTO = f"content ({COLUMNS})"


def identity_of(message: FetchedMessage) -> int:
    """Give the number that tells whether two places hold one message.

    It is the server's own (EMAILID, X-GM-MSGID), else made of Message-ID, date of
    arrival, size, and what else the list shows: two mails whose Message-ID is the same
    are not one for that alone.
    """
    if message.email_id:
        return _hashed(f"e\0{message.email_id}")
    envelope = message.envelope
    sender = envelope.from_[0].address if envelope.from_ else ""
    told = f"m\0{envelope.message_id}\0{message.size}\0{envelope.subject}\0{sender}"
    if message.internal_date is None:
        return _hashed(told)
    # Neighbours in time are neighbours in the index: few of its pages change at once.
    return (seconds_of(message.internal_date) & 0xFFFFFFFF) << 31 | _hashed(told) >> 32


def _hashed(text: str) -> int:
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def find_contents(source: Source, identities: Sequence[int]) -> dict[int, int]:
    """Find the contents that are here already, by their identity."""
    return dict(
        source.connection.execute(
            "SELECT identity, max(id) FROM content WHERE identity IN"
            " (SELECT value FROM json_each(?)) GROUP BY identity",
            (json.dumps(identities),),
        )
    )


def content_values(message: FetchedMessage) -> tuple[object, ...]:
    """Give the values of :data:`COLUMNS` from the message-id on."""
    envelope = message.envelope
    senders, recipients = pack_people(envelope.from_), pack_people(envelope.to)
    copies = pack_people(envelope.cc) if envelope.cc else ""
    return (
        envelope.message_id,
        envelope.in_reply_to,
        " ".join(envelope.references),
        envelope.subject,
        senders,
        recipients,
        copies,
        _others(envelope),
        envelope.date.isoformat() if envelope.date else "",
        message.size,
        envelope.has_attachment,
        envelope.list_id,
        folded(envelope.subject),
        _people_folded(senders),
        _people_folded(recipients),
        _people_folded(copies) if copies else "",
    )


# The same people write and are written to again and again.
_people_folded = lru_cache(2_000)(folded)


def _others(envelope: Envelope) -> str:
    """Keep the rarer fields: only those that say something else than From."""
    if not (envelope.sender or envelope.reply_to or envelope.bcc):
        return ""
    told = {
        "sender": pack_people(envelope.sender) if envelope.sender else "",
        "reply_to": pack_people(envelope.reply_to) if envelope.reply_to else "",
        "bcc": pack_people(envelope.bcc) if envelope.bcc else "",
    }
    kept = {name: value for name, value in told.items() if value}
    return json.dumps(kept) if kept else ""


def load_content_envelope(source: Source, content: int) -> Envelope:
    """Load the envelope of a content that is there."""
    row = source.connection.execute(
        "SELECT subject, senders, recipients, copies, others, date, message_id,"
        " in_reply_to, ancestors, list_id, has_attachment FROM content WHERE id = ?",
        (content,),
    ).fetchone()
    subject, senders, recipients, copies, others, date, *rest = row
    message_id, in_reply_to, ancestors, list_id, has_attachment = rest
    rare: dict[str, str] = json.loads(others) if others else {}
    return Envelope(
        subject=Displayable(subject),
        from_=unpack_people(senders),
        sender=_rare(rare, "sender"),
        reply_to=_rare(rare, "reply_to"),
        to=unpack_people(recipients),
        cc=unpack_people(copies),
        bcc=_rare(rare, "bcc"),
        date=datetime.fromisoformat(date) if date else None,
        message_id=message_id,
        in_reply_to=in_reply_to,
        references=tuple(ancestors.split()),
        list_id=Displayable(list_id),
        has_attachment=bool(has_attachment),
    )


def _rare(rare: dict[str, str], name: str) -> tuple[Address, ...]:
    return unpack_people(rare.get(name, ""))


def shown_date(message: FetchedMessage) -> int:
    """Give the second by which lists sort: the sender's claim, else the arrival.

    A claim of the future, or of before mail, is not believed where it arrived later. An
    arrival of before mail is none: programs write 1970 into files where they know none.
    """
    claimed, arrived = message.envelope.date, message.internal_date
    if claimed is None:
        return seconds_of(arrived) if arrived else 0
    stamp = seconds_of(claimed)
    if arrived is None or seconds_of(arrived) <= _DAY:
        return stamp
    return stamp if 0 < stamp <= seconds_of(arrived) + _DAY else seconds_of(arrived)


_DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seconds_of(moment: datetime) -> int:
    """Give a moment as the tables keep it."""
    return int((moment - _EPOCH).total_seconds())


def moment_of(seconds: int) -> datetime:
    """Give a moment as everybody else wants it, UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def sweep_unused(tx: "Transaction", limit: int = 200) -> int:
    """Delete contents that no message has any more; how many were looked at.

    The engine does it after all mailboxes were seen: until then a message that another
    client moved finds its content again. Those of messages that went are noted: a look
    at all would cost more than a synchronization.
    """
    rows = tx.connection.execute(
        "SELECT content FROM unused LIMIT ?", (limit,)
    ).fetchall()
    tx.connection.executemany(
        "DELETE FROM content WHERE id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM message WHERE content = ?1)",
        rows,
    )
    tx.connection.executemany("DELETE FROM unused WHERE content = ?", rows)
    return len(rows)
