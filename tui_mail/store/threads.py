"""Conversations: which thread a message belongs to, whatever order mail arrives in.

Every message-id that was seen, a message's own or one it refers to, leads to a thread.
A message that connects several threads makes them one.
"""

import json
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from tui_mail.model.event import MailboxChanged
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.message import Envelope
from tui_mail.store.bulk import insert_rows
from tui_mail.store.source import Source

if TYPE_CHECKING:
    from tui_mail.store.database import Transaction

NO_KEY = 0


def key_of(message_id: str) -> int:
    """Give the number that stands for a message-id; 0 for none."""
    if not message_id:
        return NO_KEY
    digest = blake2b(message_id.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1 or 1


def keys_of(envelope: Envelope) -> tuple[int, int, tuple[int, ...]]:
    """Give a message's own key, its parent's, and all that lead to its thread.

    Of the references the first and the last are taken: one names the conversation, the
    other the parent (RFC 5322, 3.6.4).
    """
    own = key_of(envelope.message_id)
    references = envelope.references
    if not references and not envelope.in_reply_to:
        return own, NO_KEY, (own,) if own else ()
    parent = key_of(references[-1] if references else envelope.in_reply_to)
    keys = {
        own,
        parent,
        key_of(references[0]) if references else NO_KEY,
        key_of(envelope.in_reply_to),
    }
    keys.discard(NO_KEY)
    return own, parent, tuple(keys)


def find_by_message_id(source: Source, message_id: str) -> list[MessageNumber]:
    """Find the messages of that Message-ID, without angle brackets, in all mailboxes."""
    key = key_of(message_id)
    return [
        MessageNumber(number)
        for (number,) in source.connection.execute(
            "SELECT m.number FROM link l JOIN message m ON m.thread = l.thread"
            " JOIN content c ON c.id = m.content WHERE l.key = ? AND c.own_key = ?"
            " AND c.message_id = ? AND m.mailbox <> 0 ORDER BY m.number",
            (key, key, message_id),
        )
    ]


def assign_threads(
    tx: "Transaction", arriving: Sequence[tuple[int, tuple[int, ...]]]
) -> list[int]:
    """Find or make the threads of arriving messages: pairs of content id and keys.

    A new thread has the number of its first content.
    """
    known = _load_links(tx, {key for _, keys in arriving for key in keys})
    before = dict(known)
    merged: dict[int, int] = {}
    threads: list[int] = []
    for content, keys in arriving:
        found = {_root(merged, known[key]) for key in keys if key in known}
        thread = min(found) if found else content
        for other in found:
            if other != thread:
                merged[other] = thread
        for key in keys:
            known[key] = thread
        threads.append(thread)
    _merge(tx, merged)
    # In their order: neighbours go into the same pages.
    fresh = sorted(
        (key, _root(merged, thread))
        for key, thread in known.items()
        if key not in before
    )
    insert_rows(tx.connection, "link (key, thread)", fresh)
    return [_root(merged, thread) for thread in threads]


def _load_links(tx: "Transaction", keys: Iterable[int]) -> dict[int, int]:
    return dict(
        tx.connection.execute(
            "SELECT key, thread FROM link WHERE key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(keys)),),
        )
    )


def _root(merged: dict[int, int], thread: int) -> int:
    while thread in merged:
        thread = merged[thread]
    return thread


def _merge(tx: "Transaction", merged: dict[int, int]) -> None:
    pairs = [(_root(merged, other), other) for other in merged]
    for _, other in pairs:
        for (mailbox,) in tx.connection.execute(
            "SELECT DISTINCT mailbox FROM message WHERE thread = ?", (other,)
        ):
            tx.publish(MailboxChanged(MailboxId(mailbox)))
    for statement in (
        "UPDATE link SET thread = ? WHERE thread = ?",
        "UPDATE message SET thread = ? WHERE thread = ?",
    ):
        tx.connection.executemany(statement, pairs)
