"""New messages as rows, many at a time; and what a whole one brings with it.

One that is here whole is inserted as it stays. What comes in pieces is inserted before
them, lies nowhere until it is whole, and is shown then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.model.ids import WHOLE, MailboxId, MessageNumber, PartId
from tui_mail.store.arriving import Arriving, ReadWhole
from tui_mail.store.bulk import insert_rows, last_id
from tui_mail.store.contents import INTO
from tui_mail.store.database import Transaction
from tui_mail.store.threads import assign_threads

READABLE = (
    "readable (content, renderer, kind, text, links, warnings, snippet, cut, words)"
)
"""In the order of :func:`tui_mail.store.arriving.readable_values`."""
CHUNK = 262_144
"""Octets of a chunk."""
_CONTENT = INTO.replace(")", ", structure, file_words)")
_MESSAGE = (
    "message (number, mailbox, server_mailbox, uid, content, thread, date, arrival,"
    " flags, keywords, server_flags, server_keywords, modseq)"
)


@dataclass(frozen=True, slots=True)
class Whole:
    """A message that is here whole, and made ready for the tables."""

    octets: bytes
    digest: bytes
    """SHA-256 of the octets."""
    message: Arriving
    read: ReadWhole | None
    """What was read of it; None where that is done later."""


@dataclass(frozen=True, slots=True)
class Inserted:
    """Where a message is now."""

    number: MessageNumber
    content: int


def insert_messages(
    tx: Transaction,
    mailbox: MailboxId,
    messages: Sequence[Arriving],
    reads: Sequence[ReadWhole | None] = (),
) -> list[Inserted]:
    """Insert messages that no server has in that mailbox, each with a content of its own."""
    reads = reads or [None] * len(messages)
    content, number = last_id(tx, "content") + 1, last_id(tx, "message") + 1
    contents = range(content, content + len(messages))
    threads = assign_threads(
        tx, [(id_, one.keys) for id_, one in zip(contents, messages, strict=True)]
    )
    insert_rows(
        tx.connection,
        _CONTENT,
        [
            (id_, *one.content, *(("", "") if read is None else read[:2]))
            for id_, one, read in zip(contents, messages, reads, strict=True)
        ],
    )
    insert_rows(
        tx.connection,
        _MESSAGE,
        [
            (
                *(number + place, mailbox, 0, 0, content + place, thread),
                *(one.date, one.arrival, one.flags, one.keywords),
                *(one.flags, one.keywords, 0),
            )
            for place, (one, thread) in enumerate(zip(messages, threads, strict=True))
        ],
    )
    return [
        Inserted(MessageNumber(number + place), content + place)
        for place in range(len(messages))
    ]


def insert_wholes(
    tx: Transaction, mailbox: MailboxId, wholes: Sequence[Whole]
) -> list[Inserted]:
    """Insert messages with all their octets, and what was read of them."""
    inserted = insert_messages(
        tx, mailbox, [one.message for one in wholes], [one.read for one in wholes]
    )
    placed = [(place.content, one) for place, one in zip(inserted, wholes, strict=True)]
    insert_parts(
        tx, [(content, WHOLE, one.octets, one.digest) for content, one in placed]
    )
    insert_rows(
        tx.connection,
        READABLE,
        [
            (content, *one.read.readable)
            for content, one in placed
            if one.read is not None
        ],
    )
    return inserted


def insert_parts(
    tx: Transaction, parts: Sequence[tuple[int, PartId, bytes, bytes]]
) -> None:
    """Insert parts of contents that are here whole: octets with their SHA-256."""
    insert_rows(
        tx.connection,
        "part (content, part_id, complete, size, sha256)",
        [(content, part, 1, len(octets), sha) for content, part, octets, sha in parts],
    )
    insert_rows(
        tx.connection,
        "chunk (content, part_id, start, octets)",
        [
            (content, part, start, octets[start : start + CHUNK])
            for content, part, octets, _ in parts
            for start in range(0, len(octets), CHUNK)
        ],
    )
