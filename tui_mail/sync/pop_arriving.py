"""A message from a POP3 server while it comes, and how it is known again.

A small one is saved in one transaction with its text; of a large one the octets are
committed as they come, and it is seen when all of it is here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.received import arrival
from tui_mail.model.ids import MailboxId
from tui_mail.store.arriving import arriving, read_whole
from tui_mail.store.content import save_read
from tui_mail.store.database import Transaction
from tui_mail.store.inserting import Whole
from tui_mail.store.pulling import (
    Pulled,
    begin_unnamed,
    find_same,
    finish_pull,
    known_digests,
    made_uidl,
    mend,
    mend_by,
    name_pull,
    note_double,
    note_stored,
    pull_wholes,
    relabel,
    save_piece,
    sweep_incomplete,
)
from tui_mail.sync.pacing import OCTETS
from tui_mail.sync.pop_outline import Outline, read_outline
from tui_mail.sync.pop_session import PopSession, TooLong
from tui_mail.sync.reading import Ready, came_now
from tui_mail.transports.pop3 import PopListed

LARGE = 1_000_000
"""Octets from which on a message is saved as it comes."""
MOST_TIMES, MOST_MORE = 4, 50_000_000
"""A message may have so many times the octets that LIST says, and so many more."""


@dataclass(slots=True)
class Intake:
    """Where messages go, and what was found out of them."""

    session: PopSession
    inbox: MailboxId
    named: frozenset[bytes]
    """All UIDLs that the server lists."""
    mirrors: bool
    """Whether a Maildir gets each message too."""
    found: dict[bytes, list[int]] = field(default_factory=dict)
    """What was fetched, by its identity, with its numbers in this session."""
    renamed: int = 0
    """Messages that were here already, under another name."""

    def read(self, some: Sequence["Came"]) -> list["Arrived"]:
        """Make messages ready of which the octets are not known already."""
        session, now = self.session, datetime.now(UTC)
        digests = {one.digest for one in some}
        known = known_digests(session.database, digests)
        for digest in tuple(known):
            same = find_same(session.database, digest)
            if same is None or same.wanted_again:
                known.remove(digest)
        unknown = [one for one in some if one.digest not in known]
        ready = iter(session.renderer.read([one.octets for one in unknown], now))
        return [
            Arrived(one, None if one.digest in known else next(ready)) for one in some
        ]

    def save(self, tx: Transaction, some: Sequence["Arrived"]) -> int:
        """Save messages, those that are new together; how many it were."""
        known = known_digests(tx, {one.came.digest for one in some})
        fresh, others = list[Arrived](), list[Arrived]()
        for one in some:
            (others if one.came.digest in known else fresh).append(one)
            known.add(one.came.digest)
        self._show(tx, fresh)
        for one in others:
            self._save_known(tx, one)
        return len(some)

    def _show(self, tx: Transaction, fresh: Sequence["Arrived"]) -> None:
        """Show messages in the inbox that nobody knows."""
        if not fresh:
            return
        pull_wholes(
            tx,
            self.inbox,
            [(one.came.uidl, one.whole) for one in fresh],
            at=datetime.now(UTC),
            to_mirror=self.mirrors,
        )
        for one in fresh:
            self.note(one.came.uidl, one.came.listed)
        self.session.receipt.new += len(fresh)

    def _save_known(self, tx: Transaction, one: "Arrived") -> None:
        """Know a message again, or give it what it lost here."""
        came, same = one.came, find_same(tx, one.came.digest)
        if same is None or (same.wanted_again and not same.is_damaged):
            self._show(tx, [one])
        elif same.is_damaged:
            number = mend(tx, same, came.octets)
            self.note_mended(tx, same, came.listed, came.uidl)
            if one.ready is not None:
                save_read(tx, number, one.ready.read)
        else:
            self.know(tx, same, came.listed, came.uidl)

    def know(
        self, tx: Transaction, same: Pulled, listed: PopListed, uidl: bytes
    ) -> None:
        """Note what a message is called that is here already, or was deleted for ever."""
        if listed.uidl is None:
            uidl = same.uidl
        elif same.uidl == uidl:
            note_stored(tx, [same])
        elif same.uidl in self.named:
            note_double(tx, same, uidl)
        else:
            relabel(tx, same, uidl)
            self.renamed += 1
        self.note(uidl, listed)

    def note_mended(
        self, tx: Transaction, damaged: Pulled, listed: PopListed, uidl: bytes
    ) -> None:
        """Note that a message that lost octets here has them again."""
        self.know(tx, damaged, listed, uidl)
        said = "what was damaged here came again whole"
        if said not in self.session.receipt.alerts:
            self.session.receipt.alerts.append(said)

    def note(self, uidl: bytes, listed: PopListed) -> None:
        """Note which message of this session that is."""
        self.found.setdefault(uidl, []).append(listed.number)


@dataclass(frozen=True, slots=True)
class Came:
    """A message that came whole."""

    listed: PopListed
    octets: bytes
    digest: bytes

    @property
    def uidl(self) -> bytes:
        """What it is called."""
        return self.listed.uidl or made_uidl(self.digest)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that came, and what was read of it."""

    came: Came
    ready: Ready | None
    """None where its octets were known."""

    @property
    def whole(self) -> Whole:
        """What is to be inserted where they are not known any more."""
        octets, digest = self.came.octets, self.came.digest
        if self.ready is not None:
            return Whole(octets, digest, *self.ready)
        message = came_now(octets, len(octets), datetime.now(UTC))
        return Whole(octets, digest, arriving(message), None)


class Coming:
    """A message while it comes."""

    def __init__(self, intake: Intake, listed: PopListed) -> None:
        self._intake = intake
        self._listed = listed
        self._octets = bytearray()
        self._large: _Large | None = None
        self._size = 0
        self._digest = sha256()

    def add(self, octets: bytes) -> None:
        """Take a piece; raises TooLong."""
        self._octets += octets
        self._size += len(octets)
        self._digest.update(octets)
        most = self._listed.size * MOST_TIMES + MOST_MORE
        if self._size > most:
            host = self._intake.session.connection.host
            raise TooLong(
                f"{host} sends message {self._listed.number} on and on: it says"
                f" {self._listed.size:,} octets, and sent {self._size:,}"
            )
        if self._large is None and self._size > LARGE:
            self._large = _Large(self._intake, self._listed, bytes(self._octets))
            self._octets.clear()
        elif self._large is not None and len(self._octets) >= OCTETS:
            self._large.save(bytes(self._octets))
            self._octets.clear()
            self._intake.session.tell(
                "fetching a large message (kB)",
                self._size // 1000,
                max(self._size, self._listed.size) // 1000,
                self._intake.inbox,
            )

    def end(self) -> Came | None:
        """Give it where it is still to be saved.

        Of what is said to have octets none is no message: it is asked for again.
        """
        if self._listed.size and not self._size:
            session = self._intake.session
            session.receipt.complain(
                f"{session.connection.host} gives nothing of message"
                f" {self._listed.number}"
            )
            return None
        digest = self._digest.digest()
        if self._large is not None:
            self._large.save(bytes(self._octets))
            self._large.finish(digest)
            return None
        return Came(self._listed, bytes(self._octets), digest)


class _Large:
    """A large message, saved as it comes and seen when all of it is here."""

    def __init__(self, intake: Intake, listed: PopListed, head: bytes) -> None:
        self._intake = intake
        self._listed = listed
        self._at = 0
        self._outline = Outline()
        """Of what came, so that nothing has to be read again for the text."""
        now = datetime.now(UTC)
        with intake.session.pace.transaction() as tx:
            self._pulling = begin_unnamed(
                tx, parse_envelope(head), arrived=arrival(head, now)
            )
        self.save(head)

    def save(self, octets: bytes) -> None:
        """Save the next octets."""
        for start in range(0, len(octets), OCTETS):
            some = octets[start : start + OCTETS]
            with self._intake.session.pace.transaction() as tx:
                save_piece(tx, self._pulling, self._at, some)
            self._at += len(some)
            self._outline.feed(some)

    def finish(self, digest: bytes) -> None:
        """Show it, unless the same octets are known already; then make its text."""
        intake, session = self._intake, self._intake.session
        uidl = self._listed.uidl or made_uidl(digest)
        with session.pace.transaction() as tx:
            same = find_same(tx, digest)
            if same is not None and not same.wanted_again:
                sweep_incomplete(tx)
                intake.know(tx, same, self._listed, uidl)
                return
            if same is not None and same.is_damaged:
                number = mend_by(tx, same, self._pulling)
                intake.note_mended(tx, same, self._listed, uidl)
            else:
                name_pull(tx, self._pulling, uidl)
                number = finish_pull(
                    tx,
                    self._pulling,
                    intake.inbox,
                    digest=digest,
                    at=datetime.now(UTC),
                    to_mirror=intake.mirrors,
                )
                intake.note(uidl, self._listed)
                session.receipt.new += 1
        self._outline.end()
        read = read_whole(*read_outline(self._outline, session.renderer))
        with session.pace.transaction() as tx:
            save_read(tx, number, read)
