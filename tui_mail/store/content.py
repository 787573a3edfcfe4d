"""The octets of messages, as chunks that are committed as they come, and their text.

The whole message is the part ``""``, its header block the part ``HEADER``. Copies of a
message share all of it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from tui_mail.mime.frames import structure_from_json, text_from_json
from tui_mail.model.body import BodyPart
from tui_mail.model.error import StoreDamaged, StoreFailed
from tui_mail.model.event import ContentArrived
from tui_mail.model.ids import WHOLE, ContentId, MailboxId, MessageNumber, PartId
from tui_mail.model.readable import ReadableText
from tui_mail.store.arriving import ReadWhole, readable_values, structure_values
from tui_mail.store.bulk import insert_rows
from tui_mail.store.contents import seconds_of
from tui_mail.store.database import Transaction
from tui_mail.store.inserting import READABLE, insert_parts
from tui_mail.store.messages import content_of, publish_content
from tui_mail.store.source import Source, snapshot

HEADER = PartId("HEADER")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_GAP = 4
"""Octets of what ends a header block."""

_WHOLE = (
    "SELECT 1 FROM part p WHERE p.content = m.content"
    f" AND p.part_id = '{WHOLE}' AND p.complete = 1"
)
_EVER = -(1 << 62)


def save_headers(tx: Transaction, number: MessageNumber, octets: bytes) -> None:
    """Save the header block; raises NotFound."""
    save_part(tx, number, HEADER, octets)


def save_part(
    tx: Transaction, number: MessageNumber, part: PartId, octets: bytes
) -> None:
    """Save a part that was fetched whole; raises NotFound."""
    _save_part(tx, content_of(tx, number), part, octets)
    tx.publish(ContentArrived(number))


def keep_headers(tx: Transaction, content: ContentId) -> None:
    """Save the header block of a whole message by itself, if that is not here.

    It is there also where the rest of the message goes.
    """
    parts = dict(
        tx.connection.execute(
            "SELECT part_id, complete FROM part WHERE content = ?", (content,)
        )
    )
    if parts.get(HEADER) or not parts.get(WHOLE):
        return
    if head := _head_of(chunks_of(tx, content, WHOLE)):
        _save_part(tx, content, HEADER, head)
        tx.connection.execute(
            "UPDATE part SET used_at = (SELECT max(p.used_at) FROM part p"
            " WHERE p.content = part.content) WHERE content = ? AND part_id = ?",
            (content, HEADER),
        )


def _head_of(pieces: Iterable[bytes]) -> bytes | None:
    """Read a header block with the empty line behind it, and no more; None without one."""
    octets = bytearray()
    for piece in pieces:
        start = max(0, len(octets) - _LONGEST_GAP)
        octets += piece
        if end := _HEADER_END.search(octets, start):
            return bytes(octets[: end.end()])
    return None


def save_structure(tx: Transaction, number: MessageNumber, part: BodyPart) -> None:
    """Save the tree of parts; the list's attachment sign follows it. Raises NotFound."""
    content = content_of(tx, number)
    _save_structure(tx, content, structure_values(part))
    _tell(tx, number, content)


def save_read(tx: Transaction, number: MessageNumber, read: ReadWhole) -> None:
    """Save the readable text, and the tree of parts if there is none; raises NotFound."""
    content = content_of(tx, number)
    *structure, readable = read
    if load_structure(tx, number) is None:
        _save_structure(tx, content, structure)
    _save_readable(tx, content, readable)
    _tell(tx, number, content)


def _save_structure(
    tx: Transaction, content: ContentId, values: Sequence[object]
) -> None:
    tx.connection.execute(
        "UPDATE content SET structure = ?, file_words = ?, has_attachment = ?"
        " WHERE id = ?",
        (*values, content),
    )


def _tell(tx: Transaction, number: MessageNumber, content: ContentId) -> None:
    tx.publish(ContentArrived(number))
    publish_content(tx, content)


def load_structure(source: Source, number: MessageNumber) -> BodyPart | None:
    """Load the tree of parts; None if it is not here."""
    row = source.connection.execute(
        "SELECT structure FROM content WHERE id = ?", (content_of(source, number),)
    ).fetchone()
    return structure_from_json(json.loads(row[0])) if row and row[0] else None


def save_text(tx: Transaction, number: MessageNumber, text: ReadableText) -> None:
    """Save the readable text and make it searchable; raises NotFound."""
    content = content_of(tx, number)
    _save_readable(tx, content, readable_values(text))
    _tell(tx, number, content)


def _save_readable(
    tx: Transaction, content: ContentId, values: Sequence[object]
) -> None:
    tx.connection.execute("DELETE FROM readable WHERE content = ?", (content,))
    insert_rows(tx.connection, READABLE, [(content, *values)])


def load_text(source: Source, number: MessageNumber) -> ReadableText | None:
    """Load the readable text; None if it is not here."""
    row = source.connection.execute(
        "SELECT text, kind, links, warnings, snippet, renderer, cut FROM readable"
        " WHERE content = ?",
        (content_of(source, number),),
    ).fetchone()
    if row is None:
        return None
    text, kind, links, warnings, snippet, renderer, cut = row
    return text_from_json(
        {
            "text": text,
            "kind": kind,
            "links": json.loads(links),
            "warnings": json.loads(warnings),
            "snippet": snippet,
            "renderer": renderer,
            "cut": bool(cut),
        }
    )


def save_chunk(
    tx: Transaction, number: MessageNumber, part: PartId, offset: int, octets: bytes
) -> None:
    """Save octets of a part from an offset on; raises NotFound.

    Of two chunks that begin at one place the longer stays.
    """
    _save_chunk(tx, content_of(tx, number), part, offset, octets)


def _save_chunk(
    tx: Transaction, content: ContentId, part: PartId, offset: int, octets: bytes
) -> None:
    tx.connection.execute(
        "INSERT OR IGNORE INTO part (content, part_id) VALUES (?, ?)", (content, part)
    )
    if not octets:
        return
    tx.connection.execute(
        "INSERT INTO chunk (content, part_id, start, octets) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET octets = excluded.octets"
        " WHERE length(excluded.octets) >= length(octets)",
        (content, part, offset, octets),
    )


def complete_part(tx: Transaction, number: MessageNumber, part: PartId) -> None:
    """Note that all of a part is here, with its size and SHA-256.

    Raises NotFound, and StoreFailed where there is a gap in it.
    """
    content = content_of(tx, number)
    if not _complete_part(tx, content, part):
        raise StoreFailed(f"message {number}: its part {part or 'all'} has a gap")
    tx.publish(ContentArrived(number))


def _complete_part(tx: Transaction, content: ContentId, part: PartId) -> bool:
    """Note that all of a part is here; False where there is a gap in it."""
    size, digest = 0, sha256()
    for octets in chunks_of(tx, content, part):
        size += len(octets)
        digest.update(octets)
    [last] = tx.connection.execute(
        "SELECT coalesce(max(start + length(octets)), 0) FROM chunk"
        " WHERE content = ? AND part_id = ?",
        (content, part),
    ).fetchone()
    if size < last:
        return False
    tx.connection.execute(
        "INSERT INTO part (content, part_id, complete, size, sha256) VALUES (?, ?, 1, ?, ?)"
        " ON CONFLICT DO UPDATE SET complete = 1, size = excluded.size,"
        " sha256 = excluded.sha256",
        (content, part, size, digest.digest()),
    )
    return True


def discard_covered(tx: Transaction, number: MessageNumber) -> bool:
    """Forget octets of parts where the whole message is here: they are in it too.

    As much as a short transaction takes; True if more is left. Raises NotFound.
    """
    content = content_of(tx, number)
    covered = (
        f"content = ? AND part_id NOT IN ('{WHOLE}', '{HEADER}') AND EXISTS"
        f" (SELECT 1 FROM part p WHERE p.content = ? AND p.part_id = '{WHOLE}'"
        "  AND p.complete = 1)"
    )
    gone = tx.connection.execute(
        f"DELETE FROM chunk WHERE id IN (SELECT id FROM chunk WHERE {covered} LIMIT 2)",
        (content, content),
    ).rowcount
    if not gone:
        tx.connection.execute(f"DELETE FROM part WHERE {covered}", (content, content))
    return bool(gone)


def note_use(tx: Transaction, numbers: Iterable[MessageNumber], at: datetime) -> None:
    """Note that somebody read messages: what was read last goes last.

    What was fetched ahead of time and never read counts as old as it is.
    """
    tx.connection.execute(
        "UPDATE part SET used_at = ? WHERE content IN (SELECT content FROM message"
        " WHERE number IN (SELECT value FROM json_each(?)))",
        (seconds_of(at), json.dumps([int(number) for number in numbers])),
    )


def part_progress(source: Source, number: MessageNumber, part: PartId) -> int:
    """Say how many octets of a part are here, from its beginning without a gap."""
    end = 0
    for start, size in source.connection.execute(
        "SELECT start, length(octets) FROM chunk WHERE content = ? AND part_id = ?"
        " ORDER BY start",
        (content_of(source, number), part),
    ):
        if start > end:
            break
        end = max(end, start + size)
    return end


def load_headers(source: Source, number: MessageNumber) -> bytes | None:
    """Load the header block, kept alone or at the start of the whole; None without both.

    Of a whole message no more is read than that.
    """
    alone = load_part(source, number, HEADER)
    if alone is not None or WHOLE not in complete_parts(source, number):
        return alone
    head = _head_of(load_pieces(source, number, WHOLE))
    return load_part(source, number, WHOLE) if head is None else head


class PartDamaged(StoreDamaged):
    """What is here of a message is not what was saved; the file itself may be well."""

    def __init__(self, number: MessageNumber, part: PartId) -> None:
        super().__init__(f"message {number}: what is here of it is damaged")
        self.number = number
        self.part = part


def load_part(source: Source, number: MessageNumber, part: PartId) -> bytes | None:
    """Load a part as it was sent; None unless all of it is here.

    Raises PartDamaged where the octets are not those that were saved.
    """
    content = content_of(source, number)
    with snapshot(source):
        row = source.connection.execute(
            "SELECT sha256 FROM part WHERE content = ? AND part_id = ? AND complete = 1",
            (content, part),
        ).fetchone()
        if row is None:
            return None
        octets = b"".join(chunks_of(source, content, part))
    if sha256(octets).digest() != row[0]:
        raise PartDamaged(number, part)
    return octets


def load_pieces(source: Source, number: MessageNumber, part: PartId) -> Iterator[bytes]:
    """Give a part in pieces, one in memory at a time, up to the first gap.

    Raises NotFound.
    """
    content = content_of(source, number)
    places = source.connection.execute(
        "SELECT id, start FROM chunk WHERE content = ? AND part_id = ? ORDER BY start",
        (content, part),
    ).fetchall()
    end = 0
    for chunk, start in places:
        row = source.connection.execute(
            "SELECT octets FROM chunk WHERE id = ?", (chunk,)
        ).fetchone()
        if row is None or start > end:
            return
        piece = row[0][end - start :]
        end += len(piece)
        yield piece


def load_checked(source: Source, number: MessageNumber) -> Iterator[bytes]:
    """Give a whole message in pieces as :func:`load_pieces` does.

    Raises NotFound, and PartDamaged at the end where they are not what was saved.
    """
    digest = sha256()
    for piece in load_pieces(source, number, WHOLE):
        digest.update(piece)
        yield piece
    row = source.connection.execute(
        "SELECT sha256 FROM part WHERE content = ? AND part_id = ? AND complete = 1",
        (content_of(source, number), WHOLE),
    ).fetchone()
    if row is None or digest.digest() != row[0]:
        raise PartDamaged(number, WHOLE)


def discard_part(tx: Transaction, number: MessageNumber, part: PartId) -> None:
    """Forget the octets of a part, so that it is fetched from the start.

    For one that is damaged; raises NotFound.
    """
    _discard_part(tx, content_of(tx, number), part)


def _discard_part(tx: Transaction, content: ContentId, part: PartId) -> None:
    for table in ("chunk", "part"):
        tx.connection.execute(
            f"DELETE FROM {table} WHERE content = ? AND part_id = ?", (content, part)
        )


def complete_parts(source: Source, number: MessageNumber) -> frozenset[PartId]:
    """Name the parts that are here whole."""
    return frozenset(
        PartId(part)
        for (part,) in source.connection.execute(
            "SELECT part_id FROM part WHERE content = ? AND complete = 1",
            (content_of(source, number),),
        )
    )


def are_whole(source: Source, numbers: Sequence[MessageNumber]) -> bool:
    """Tell whether all of these messages are here whole."""
    row = source.connection.execute(
        f"SELECT 1 FROM message m WHERE NOT EXISTS ({_WHOLE}) AND m.number IN"
        " (SELECT value FROM json_each(?))",
        (json.dumps([int(number) for number in numbers]),),
    ).fetchone()
    return row is None


def missing_text(
    source: Source, mailbox: MailboxId, *, since: datetime | None, limit: int
) -> list[MessageNumber]:
    """List messages without readable text, newest first."""
    missing = "NOT EXISTS (SELECT 1 FROM readable r WHERE r.content = m.content)"
    return _missing(source, mailbox, missing, since, limit)


def missing_whole(
    source: Source, mailbox: MailboxId, *, since: datetime | None, limit: int
) -> list[MessageNumber]:
    """List messages that are not here whole, newest first."""
    return _missing(source, mailbox, f"NOT EXISTS ({_WHOLE})", since, limit)


def whole_without_text(source: Source, limit: int) -> list[MessageNumber]:
    """List messages that are here whole and have no readable text, the newest first."""
    rows = source.connection.execute(
        "SELECT m.number FROM message m WHERE NOT EXISTS"
        f" (SELECT 1 FROM readable r WHERE r.content = m.content) AND EXISTS ({_WHOLE})"
        " ORDER BY m.date DESC, m.number DESC LIMIT ?",
        (limit,),
    )
    return [MessageNumber(number) for (number,) in rows]


def _missing(
    source: Source,
    mailbox: MailboxId,
    missing: str,
    since: datetime | None,
    limit: int,
) -> list[MessageNumber]:
    rows = source.connection.execute(
        "SELECT m.number FROM message m WHERE m.mailbox = ? AND m.date >= ? AND m.uid > 0"
        f" AND {missing} ORDER BY m.date DESC, m.number DESC LIMIT ?",
        (mailbox, seconds_of(since) if since else _EVER, limit),
    )
    return [MessageNumber(number) for (number,) in rows]


def _save_part(
    tx: Transaction, content: ContentId, part: PartId, octets: bytes
) -> None:
    _discard_part(tx, content, part)
    insert_parts(tx, [(content, part, octets, sha256(octets).digest())])


def chunks_of(source: Source, content: ContentId, part: PartId) -> Iterator[bytes]:
    """Give a part's octets in order, up to the first gap."""
    expected = 0
    for start, octets in source.connection.execute(
        "SELECT start, octets FROM chunk WHERE content = ? AND part_id = ? ORDER BY start",
        (content, part),
    ):
        if start > expected:
            return
        fresh = octets[expected - start :] if start < expected else octets
        if fresh:
            yield fresh
            expected += len(fresh)
