"""Messages pulled from a POP3 server: what came, what is on the server still, what may go.

This store may have the only copy in the world. So nothing may go on the server but what is
here whole, or was deleted here for ever by a person, or went to another account; and what
is neither here nor there by a person's wish, after a salvage for instance, is pulled again.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from tui_mail.model.error import StoreFailed
from tui_mail.model.event import MailboxChanged, MessagesChanged
from tui_mail.model.ids import WHOLE, ContentId, MailboxId, MessageNumber
from tui_mail.model.message import Envelope
from tui_mail.store.appending import begin_append, finish_append, holding
from tui_mail.store.bulk import insert_rows
from tui_mail.store.content import chunks_of, complete_part, save_chunk
from tui_mail.store.contents import moment_of, seconds_of
from tui_mail.store.database import Transaction
from tui_mail.store.inserting import Whole, insert_wholes
from tui_mail.store.messages import content_of, remove_numbers
from tui_mail.store.source import Source


class PullState(StrEnum):
    """How far a message is on its way from the server, and off it."""

    COMING = "coming"
    """Its octets are being saved; nobody sees it."""
    STORED = "stored"
    """It is here, or was, and the server has it."""
    LEAVING = "leaving"
    """The server was told to delete it, and has not said yet that it did."""
    LEFT = "left"
    """The server does not have it any more."""


class Fate(StrEnum):
    """What became of it here."""

    HERE = ""
    REMOVED = "removed"
    """A person deleted it for ever."""
    ELSEWHERE = "elsewhere"
    """It went to another account, which has it."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A message that was pulled, or is being."""

    id: int
    uidl: bytes
    """What the server calls it; of a server without UIDL :func:`made_uidl`."""
    size: int
    digest: bytes
    """SHA-256 of the octets as they came."""
    state: PullState
    fate: Fate
    stored_at: datetime
    present: bool
    """Whether a message here has its content."""
    to_mirror: bool
    """Whether the Maildir that gets each new message waits for it."""
    is_whole: bool = True
    """Whether all its octets are here, as far as is known, where it is present."""

    @property
    def removed(self) -> bool:
        """Whether a person deleted it for ever here."""
        return self.fate is Fate.REMOVED

    @property
    def wanted_again(self) -> bool:
        """Whether it got lost here by no person's wish, or is not whole."""
        if self.state is PullState.COMING or self.is_damaged:
            return True
        return not self.present and self.fate is Fate.HERE

    @property
    def is_damaged(self) -> bool:
        """Whether it is shown here, and octets of it are lost."""
        return self.present and not self.is_whole


@dataclass(frozen=True, slots=True)
class Pulling:
    """A message whose octets are being saved."""

    id: int
    number: MessageNumber


_NOT_YET_NAMED = b"\0coming"
"""What a message is called until it shows that it is not here already."""
_COLUMNS = """
    p.id, p.uidl, p.size, p.sha256, p.state, p.fate, p.stored_at,
    EXISTS (SELECT 1 FROM message m WHERE m.content = p.content) AS present, p.to_mirror,
    EXISTS (SELECT 1 FROM part t WHERE t.content = p.content AND t.part_id = ''
        AND t.complete) AS is_whole
"""


def made_uidl(digest: bytes) -> bytes:
    """Make an identity for a message of a server that gives none, of its SHA-256."""
    return b"\0" + digest


def load_pulled(source: Source) -> dict[bytes, Pulled]:
    """Load all that was ever pulled, by UIDL."""
    rows = source.connection.execute(f"SELECT {_COLUMNS} FROM pop_message p")
    return {one.uidl: one for one in map(_pulled, rows)}


def find_same(source: Source, digest: bytes) -> Pulled | None:
    """Find what has the same octets, whatever the server calls it.

    Of several one that is here, else one that is to be here no more.
    """
    row = source.connection.execute(
        f"SELECT {_COLUMNS} FROM pop_message p WHERE p.sha256 = ? AND p.state <> ?"
        " ORDER BY present AND is_whole DESC, present DESC, p.fate = '', p.id LIMIT 1",
        (digest, PullState.COMING),
    ).fetchone()
    return _pulled(row) if row else None


def known_digests(source: Source, digests: Collection[bytes]) -> set[bytes]:
    """Say of which octets :func:`find_same` knows something."""
    rows = source.connection.execute(
        "SELECT DISTINCT sha256 FROM pop_message WHERE state <> ? AND sha256 IN"
        f" ({', '.join('?' * len(digests))})",
        (PullState.COMING, *digests),
    )
    return {digest for (digest,) in rows}


def pull_wholes(
    tx: Transaction,
    mailbox: MailboxId,
    wholes: Sequence[tuple[bytes, Whole]],
    *,
    at: datetime,
    to_mirror: bool = False,
) -> list[MessageNumber]:
    """Show messages that came whole in a mailbox, each with what the server calls it.

    The names and the octets differ, and nobody has the octets yet. ``to_mirror``: a
    Maildir is to get them too. Raises NotFound without the mailbox.
    """
    _make_way(tx, [uidl for uidl, _ in wholes])
    inserted = insert_wholes(tx, holding(tx, mailbox), [one for _, one in wholes])
    insert_rows(
        tx.connection,
        "pop_message (uidl, content, size, sha256, state, stored_at, to_mirror)",
        [
            (
                *(uidl, place.content, len(one.octets), one.digest),
                *(PullState.STORED, seconds_of(at), to_mirror),
            )
            for place, (uidl, one) in zip(inserted, wholes, strict=True)
        ],
    )
    tx.publish(MailboxChanged(mailbox))
    return [one.number for one in inserted]


def _make_way(tx: Transaction, uidls: Sequence[bytes]) -> None:
    """Take names from what had them before, as :func:`begin_pull` does with one."""
    taken = tx.connection.execute(
        f"SELECT uidl FROM pop_message WHERE uidl IN ({', '.join('?' * len(uidls))})",
        uidls,
    ).fetchall()
    for (uidl,) in taken:
        _keep_apart(tx, uidl)
        tx.connection.execute("DELETE FROM pop_message WHERE uidl = ?", (uidl,))


def begin_pull(
    tx: Transaction,
    uidl: bytes,
    envelope: Envelope,
    *,
    arrived: datetime,
    size: int = 0,
) -> Pulling:
    """Make room for a message whose octets come; nobody sees it yet.

    ``size``: how many they are, where they came all.
    """
    _keep_apart(tx, uidl)
    number = begin_append(tx, envelope, flags=frozenset(), arrived=arrived, size=size)
    row = tx.connection.execute(
        "INSERT INTO pop_message (uidl, content, state) VALUES (?, ?, ?)"
        " ON CONFLICT (uidl) DO UPDATE SET content = excluded.content,"
        " state = excluded.state, fate = '', size = 0, sha256 = x'', stored_at = 0"
        " RETURNING id",
        (uidl, content_of(tx, number), PullState.COMING),
    ).fetchone()
    return Pulling(row[0], number)


def _keep_apart(tx: Transaction, uidl: bytes) -> None:
    """Know what had a name before that another message has now by its octets."""
    tx.connection.execute(
        "UPDATE OR IGNORE pop_message SET uidl = CAST(x'00' || sha256 AS BLOB), state = ?"
        " WHERE uidl = ? AND sha256 <> x'' AND (fate <> ''"
        " OR EXISTS (SELECT 1 FROM message m WHERE m.content = pop_message.content))",
        (PullState.LEFT, uidl),
    )


def save_piece(tx: Transaction, pulling: Pulling, start: int, octets: bytes) -> None:
    """Save octets of it from an offset on; raises NotFound."""
    save_chunk(tx, pulling.number, WHOLE, start, octets)


def finish_pull(
    tx: Transaction,
    pulling: Pulling,
    mailbox: MailboxId,
    *,
    digest: bytes,
    at: datetime,
    to_mirror: bool = False,
) -> MessageNumber:
    """Show it in a mailbox.

    ``digest`` is the SHA-256 of what came; ``to_mirror``: a Maildir is to get it too.
    Raises StoreFailed where what is here is not that, and NotFound without the mailbox.
    """
    finish_append(tx, pulling.number, mailbox)
    size, here = tx.connection.execute(
        "SELECT size, sha256 FROM part WHERE content = ? AND part_id = ?",
        (content_of(tx, pulling.number), WHOLE),
    ).fetchone()
    if here != digest:
        raise StoreFailed("a message was not saved as it came")
    tx.connection.execute(
        "UPDATE pop_message SET state = ?, size = ?, sha256 = ?, stored_at = ?,"
        " to_mirror = ? WHERE id = ?",
        (PullState.STORED, size, digest, seconds_of(at), to_mirror, pulling.id),
    )
    return pulling.number


def begin_unnamed(tx: Transaction, envelope: Envelope, *, arrived: datetime) -> Pulling:
    """Make room for a message of which only its end shows what it is."""
    return begin_pull(tx, _NOT_YET_NAMED, envelope, arrived=arrived)


def mend(tx: Transaction, damaged: Pulled, octets: bytes) -> MessageNumber:
    """Give a message here that lost octets all of them again, where it is; which it is.

    Raises StoreFailed where they are others.
    """
    number = _emptied(tx, damaged)
    save_chunk(tx, number, WHOLE, 0, octets)
    return _mended(tx, damaged, number)


def mend_by(tx: Transaction, damaged: Pulled, pulling: Pulling) -> MessageNumber:
    """Do so with what was saved as it came; raises StoreFailed."""
    number = _emptied(tx, damaged)
    tx.connection.execute(
        "UPDATE chunk SET content = ? WHERE content = ? AND part_id = ?",
        (content_of(tx, number), content_of(tx, pulling.number), WHOLE),
    )
    tx.connection.execute("DELETE FROM pop_message WHERE id = ?", (pulling.id,))
    remove_numbers(tx, [pulling.number])
    return _mended(tx, damaged, number)


def _emptied(tx: Transaction, damaged: Pulled) -> MessageNumber:
    number, content = tx.connection.execute(
        "SELECT min(m.number), m.content FROM pop_message p"
        " JOIN message m ON m.content = p.content WHERE p.id = ?",
        (damaged.id,),
    ).fetchone()
    tx.connection.execute(
        "DELETE FROM chunk WHERE content = ? AND part_id = ?", (content, WHOLE)
    )
    return MessageNumber(number)


def _mended(tx: Transaction, damaged: Pulled, number: MessageNumber) -> MessageNumber:
    complete_part(tx, number, WHOLE)
    [here] = tx.connection.execute(
        "SELECT sha256 FROM part WHERE content = ? AND part_id = ?",
        (content_of(tx, number), WHOLE),
    ).fetchone()
    if here != damaged.digest:
        raise StoreFailed("a message was not saved as it came")
    return number


def note_damaged(tx: Transaction, damaged: Pulled) -> None:
    """Note that octets of a message are lost here: it is fetched again."""
    tx.connection.execute(
        "UPDATE part SET complete = 0 WHERE part_id = ?"
        " AND content = (SELECT content FROM pop_message WHERE id = ?)",
        (WHOLE, damaged.id),
    )


def name_pull(tx: Transaction, pulling: Pulling, uidl: bytes) -> None:
    """Give a message its identity once all of it came; no other has it any more."""
    _keep_apart(tx, uidl)
    tx.connection.execute(
        "DELETE FROM pop_message WHERE uidl = ? AND id <> ?", (uidl, pulling.id)
    )
    tx.connection.execute(
        "UPDATE pop_message SET uidl = ? WHERE id = ?", (uidl, pulling.id)
    )


def sweep_incomplete(tx: Transaction) -> int:
    """Forget what did not come to its end: it is fetched from its beginning again."""
    rows = tx.connection.execute(
        "SELECT m.number FROM pop_message p JOIN message m ON m.content = p.content"
        " WHERE p.state = ?",
        (PullState.COMING,),
    ).fetchall()
    remove_numbers(tx, [number for (number,) in rows])
    tx.connection.execute(
        "DELETE FROM pop_message WHERE state = ?", (PullState.COMING,)
    )
    return len(rows)


def octets_of(source: Source, pulled: Pulled) -> Iterator[bytes]:
    """Give the octets of what is here, in pieces."""
    [content] = source.connection.execute(
        "SELECT content FROM pop_message WHERE id = ?", (pulled.id,)
    ).fetchone()
    return chunks_of(source, ContentId(content), WHOLE)


def load_unmirrored(source: Source) -> list[Pulled]:
    """List what the mirror is to get and has not yet."""
    rows = source.connection.execute(
        f"SELECT {_COLUMNS} FROM pop_message p WHERE p.to_mirror AND p.state <> ?"
        " ORDER BY p.id",
        (PullState.COMING,),
    )
    return [one for one in map(_pulled, rows) if one.present]


def note_mirrored(tx: Transaction, those: Iterable[Pulled]) -> None:
    """Note that the mirror has messages, for good."""
    tx.connection.executemany(
        "UPDATE pop_message SET to_mirror = 0 WHERE id = ?",
        [(one.id,) for one in those],
    )


def verify_stored(source: Source, pulled: Pulled) -> bool:
    """Read all of a message back and compare it with what came.

    To be given a connection that did not write it.
    """
    row = source.connection.execute(
        "SELECT p.content FROM pop_message p JOIN part t ON t.content = p.content"
        " AND t.part_id = ? AND t.complete = 1 AND t.size = p.size"
        " WHERE p.id = ? AND EXISTS (SELECT 1 FROM message m WHERE m.content = p.content)",
        (WHOLE, pulled.id),
    ).fetchone()
    if row is None:
        return False
    digest, size = sha256(), 0
    for octets in chunks_of(source, ContentId(row[0]), WHOLE):
        digest.update(octets)
        size += len(octets)
    return size == pulled.size and digest.digest() == pulled.digest


def settle_listing(tx: Transaction, listed: Iterable[bytes]) -> None:
    """Note what the server has and has not: that settles what was left in doubt."""
    there = set(listed)
    before = tx.connection.execute(
        "SELECT id, uidl, state FROM pop_message WHERE state <> ?", (PullState.COMING,)
    ).fetchall()
    changed = [
        (now, number)
        for number, uidl, state in before
        if (now := PullState.STORED if uidl in there else PullState.LEFT) != state
    ]
    _set_states(tx, changed)


def note_stored(tx: Transaction, those: Iterable[Pulled]) -> None:
    """Note that the server has messages, as their octets show."""
    _set_states(tx, [(PullState.STORED, one.id) for one in those])


def note_leaving(tx: Transaction, those: Iterable[Pulled]) -> None:
    """Note, before it is done, that the server is told to delete messages."""
    _set_states(tx, [(PullState.LEAVING, one.id) for one in those])


def note_left(tx: Transaction, those: Iterable[Pulled]) -> None:
    """Note that the server has deleted messages, as it said."""
    _set_states(tx, [(PullState.LEFT, one.id) for one in those])


def _set_states(tx: Transaction, changed: list[tuple[PullState, int]]) -> None:
    tx.connection.executemany("UPDATE pop_message SET state = ? WHERE id = ?", changed)
    shown: dict[MailboxId, set[MessageNumber]] = {}
    for mailbox, number in tx.connection.execute(
        "SELECT m.mailbox, m.number FROM pop_message p"
        " JOIN message m ON m.content = p.content"
        " WHERE p.id IN (SELECT value FROM json_each(?))",
        (json.dumps([pulled for _, pulled in changed]),),
    ):
        shown.setdefault(MailboxId(mailbox), set()).add(MessageNumber(number))
    for mailbox, numbers in shown.items():
        tx.publish(MessagesChanged(mailbox, frozenset(numbers)))


def due_for_deletion(source: Source, policy: str, now: datetime) -> list[Pulled]:
    """Say what the server is to delete by ``delete_after``; the oldest first.

    What is here has to be read back before: see :func:`verify_stored`. What was lost here
    by no person's wish is never due.
    """
    stored = [
        one
        for one in load_pulled(source).values()
        if one.state is PullState.STORED and not one.wanted_again
    ]
    return [one for one in stored if _is_due(one, policy, now)]


def _is_due(one: Pulled, policy: str, now: datetime) -> bool:
    if policy == "never":
        return False
    if policy == "removed":
        # A salvage may have brought it back.
        return one.removed and not one.present
    if policy == "download":
        return True
    days, _, _ = policy.partition(" ")
    return now - one.stored_at >= timedelta(days=int(days))


def relabel(tx: Transaction, pulled: Pulled, uidl: bytes) -> None:
    """Note that the server calls a message something else now."""
    tx.connection.execute("DELETE FROM pop_message WHERE uidl = ?", (uidl,))
    tx.connection.execute(
        "UPDATE pop_message SET uidl = ?, state = ? WHERE id = ?",
        (uidl, PullState.STORED, pulled.id),
    )


def note_double(tx: Transaction, pulled: Pulled, uidl: bytes) -> None:
    """Note that the server has the same octets under another UIDL too: here it is once."""
    tx.connection.execute(
        "INSERT OR REPLACE INTO pop_message"
        " (uidl, content, size, sha256, state, fate, stored_at)"
        " SELECT ?, content, size, sha256, ?, fate, stored_at FROM pop_message WHERE id = ?",
        (uidl, PullState.STORED, pulled.id),
    )


def note_elsewhere(tx: Transaction, numbers: Iterable[MessageNumber]) -> None:
    """Note that messages go because another account has them: they are not deleted."""
    tx.connection.executemany(
        "UPDATE pop_message SET fate = ? WHERE fate = '' AND content ="
        " (SELECT content FROM message WHERE number = ?)",
        [(Fate.ELSEWHERE, number) for number in numbers],
    )


def note_back(tx: Transaction, number: MessageNumber) -> None:
    """Know a message again that was pulled, went away and came back."""
    tx.connection.execute(
        "UPDATE pop_message SET content = ?1, fate = '' WHERE fate <> '' AND sha256 ="
        " (SELECT sha256 FROM part WHERE content = ?1 AND part_id = '' AND complete)"
        " AND NOT EXISTS"
        " (SELECT 1 FROM message m WHERE m.content = pop_message.content)",
        (content_of(tx, number),),
    )


def forget_removed(tx: Transaction) -> int:
    """Have what was deleted here for ever come again, where the server has it."""
    return tx.connection.execute(
        "DELETE FROM pop_message WHERE fate = ? AND state <> ?",
        (Fate.REMOVED, PullState.LEAVING),
    ).rowcount


def _pulled(row: tuple[int, bytes, int, bytes, str, str, int, int, int, int]) -> Pulled:
    number, uidl, size, digest, state, fate, stored_at, present, to_mirror, whole = row
    return Pulled(
        id=number,
        uidl=uidl,
        size=size,
        digest=digest,
        state=PullState(state),
        fate=Fate(fate),
        stored_at=moment_of(stored_at) if stored_at else datetime.fromtimestamp(0, UTC),
        present=bool(present),
        to_mirror=bool(to_mirror),
        is_whole=bool(whole),
    )
