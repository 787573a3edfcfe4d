"""Content that goes where more is kept of an IMAP account than its settings allow.

Only what its server can give again goes: parts first, readable texts last, header blocks
never. What is pinned, waits for something, or has a place that the server does not know
stays whatever happens. Of the others what was read or arrived the longest time ago goes
first, and what the settings do not want to be kept before what they do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tui_mail.model.ids import ContentId
from tui_mail.store.content import HEADER, keep_headers
from tui_mail.store.contents import seconds_of
from tui_mail.store.database import Transaction
from tui_mail.store.mailboxes import NOWHERE
from tui_mail.store.messages import publish_content
from tui_mail.store.source import Source

_AT_A_TIME = 512_000
"""Octets that go in one transaction, unless one chunk is larger."""
_PAGES = 64
"""Pages that are given back in one transaction."""

_STAYS = f"""
    SELECT 1 FROM message m
    LEFT JOIN mailbox b ON b.id = m.mailbox
    LEFT JOIN mailbox s ON s.id = m.server_mailbox
    WHERE m.content = c.id AND m.number NOT IN (SELECT message FROM left_behind)
        AND (m.uid = 0 OR m.waiting OR m.mailbox = {NOWHERE}
        OR b.pinned OR coalesce(b.is_local, 1) OR coalesce(s.is_local, 1)
        OR EXISTS (SELECT 1 FROM operation_item i WHERE i.message = m.number)
        OR EXISTS (SELECT 1 FROM operation_item i WHERE i.copy = m.number AND i.copy > 0)
        OR EXISTS (SELECT 1 FROM wanted w WHERE w.message = m.number)
        OR EXISTS (SELECT 1 FROM outgoing o WHERE o.message = m.number)
        OR EXISTS (SELECT 1 FROM writing_source w WHERE w.message = m.number)
        OR EXISTS (SELECT 1 FROM submission u WHERE u.draft = m.number)
        OR EXISTS (SELECT 1 FROM incoming o
            WHERE o.message = m.number AND o.state <> 'done'))
"""
_GOES = f"""
    c.pinned = 0 AND (SELECT kind FROM account) = 'imap'
    AND EXISTS (SELECT 1 FROM message m WHERE m.content = c.id) AND NOT EXISTS ({_STAYS})
"""
_PARTS = f"""
    SELECT content, sum(length(octets)) AS octets FROM chunk
    WHERE part_id <> '{HEADER}' GROUP BY content
"""
_TEXTS = """
    SELECT content, length(CAST(text AS BLOB)) + length(CAST(words AS BLOB)) AS octets
    FROM readable
"""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What the settings want to be kept for offline reading."""

    download: str
    """``headers``, ``text`` or ``all``."""
    since: datetime | None
    """Of messages of before then nothing; None is of all."""

    def wants(self, *, is_text: bool, date: int) -> bool:
        """Tell whether a text or the parts are wanted of a message of that second."""
        if self.since is not None and date < seconds_of(self.since):
            return False
        return self.download == "all" or (is_text and self.download == "text")


@dataclass(frozen=True, slots=True, order=True)
class Evictable:
    """Something that may go; what sorts lower goes first."""

    is_text: bool
    wanted: bool
    """The settings want it to be kept."""
    last: int
    """The second at which it was read last, or that of the message if it is later."""
    content: ContentId
    octets: int

    def is_before(self, date: int) -> bool:
        """Tell whether it gives way to what is wanted of a message of that second."""
        return not self.wanted or self.last < date


def octets_kept(source: Source) -> int:
    """Say how much is kept here besides header blocks: parts, texts and their index."""
    [octets] = source.connection.execute("SELECT octets FROM kept").fetchone()
    return int(octets)


def load_evictable(source: Source, keeping: Keeping, *, texts: bool) -> list[Evictable]:
    """List what may go of the parts, or of the texts; what goes first stands first."""
    rows = source.connection.execute(
        "SELECT c.id, k.octets,"
        " (SELECT max(m.date) FROM message m WHERE m.content = c.id),"
        " (SELECT coalesce(max(p.used_at), 0) FROM part p WHERE p.content = c.id)"
        f" FROM ({_TEXTS if texts else _PARTS}) k JOIN content c ON c.id = k.content"
        f" WHERE {_GOES}"
    )
    return sorted(
        Evictable(
            is_text=texts,
            wanted=keeping.wants(is_text=texts, date=date),
            last=max(date, used),
            content=ContentId(content),
            octets=octets,
        )
        for content, octets, date, used in rows
    )


def evict(tx: Transaction, one: Evictable) -> bool:
    """Let a piece of it go, as much as a short transaction takes; True if more is left.

    What became pinned, was read, or began to wait for something since it was listed
    stays.
    """
    row = tx.connection.execute(
        "SELECT (SELECT coalesce(max(p.used_at), 0) FROM part p WHERE p.content = c.id)"
        f" FROM content c WHERE c.id = ? AND {_GOES}",
        (one.content,),
    ).fetchone()
    if row is None or row[0] > one.last:
        return False
    if one.is_text:
        tx.connection.execute("DELETE FROM readable WHERE content = ?", (one.content,))
        publish_content(tx, one.content)
        return False
    return _evict_chunks(tx, one.content)


def _evict_chunks(tx: Transaction, content: ContentId) -> bool:
    """Let the last chunks of a content's parts go: what is left can be gone on with."""
    keep_headers(tx, content)
    rows = tx.connection.execute(
        "SELECT id, part_id, length(octets) FROM chunk WHERE content = ?"
        f" AND part_id <> '{HEADER}' ORDER BY part_id DESC, start DESC",
        (content,),
    ).fetchall()
    going = _first_of(rows)
    marks = [(content, part) for part in {part for _, part, _ in going}]
    tx.connection.executemany(
        "DELETE FROM chunk WHERE id = ?", [row[:1] for row in going]
    )
    tx.connection.executemany(
        "UPDATE part SET complete = 0, size = 0, sha256 = x''"
        " WHERE content = ? AND part_id = ?",
        marks,
    )
    tx.connection.execute(
        "DELETE FROM part WHERE content = ? AND part_id <> ? AND NOT EXISTS"
        " (SELECT 1 FROM chunk k WHERE k.content = part.content"
        "  AND k.part_id = part.part_id)",
        (content, HEADER),
    )
    if len(going) == len(rows):
        publish_content(tx, content)
    return len(going) < len(rows)


def _first_of(rows: Sequence[tuple[int, str, int]]) -> list[tuple[int, str, int]]:
    going, octets = list[tuple[int, str, int]](), 0
    for row in rows:
        if going and octets + row[2] > _AT_A_TIME:
            break
        going.append(row)
        octets += row[2]
    return going


def give_back(tx: Transaction) -> bool:
    """Give some of the file's unused pages back; True if more are left.

    Where new content took their place meanwhile there is nothing to give back.
    """
    for _ in range(_PAGES):
        [unused] = tx.connection.execute("PRAGMA freelist_count").fetchone()
        if not unused:
            return False
        # Python steps through one page of it at a time.
        tx.connection.execute("PRAGMA incremental_vacuum(1)")
    return True
