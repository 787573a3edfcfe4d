"""A message from a POP3 server while it comes, and how it is known again.

A small one is saved in one transaction with its text; of a large one the octets are
committed as they come, and it is seen when all of it is here.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256

from tui_mail.mime.dates import parse_date
from tui_mail.mime.headers import parse_envelope, wanted_fields
from tui_mail.mime.render import Renderer
from tui_mail.model.body import BodyPart
from tui_mail.model.ids import WHOLE, MailboxId
from tui_mail.model.readable import ReadableText
from tui_mail.store.content import load_pieces, save_structure, save_text
from tui_mail.store.database import Database, Transaction
from tui_mail.store.pulling import (
    Pulled,
    begin_pull,
    begin_unnamed,
    find_same,
    finish_pull,
    made_uidl,
    mend,
    mend_by,
    name_pull,
    note_double,
    note_stored,
    relabel,
    save_piece,
    sweep_incomplete,
)
from tui_mail.sync.pacing import OCTETS
from tui_mail.sync.pop_outline import read_large
from tui_mail.sync.pop_session import PopSession, TooLong
from tui_mail.sync.readying import Readying, Save
from tui_mail.transports.pop3 import PopListed

LARGE = 1_000_000
"""Octets from which on a message is saved as it comes."""
MOST_TIMES, MOST_MORE = 4, 50_000_000
"""A message may have so many times the octets that LIST says, and so many more."""

_Rendered = tuple[BodyPart, ReadableText]


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

    def end(self, readying: Readying) -> int:
        """Have it saved; how many octets wait for that.

        Of what is said to have octets none is no message: it is asked for again.
        """
        if self._listed.size and not self._size:
            session = self._intake.session
            session.receipt.complain(
                f"{session.connection.host} gives nothing of message"
                f" {self._listed.number}"
            )
            return 0
        digest = self._digest.digest()
        if self._large is not None:
            self._large.save(bytes(self._octets))
            self._large.finish(digest)
            return 0
        make = partial(_made, self._intake, self._listed, bytes(self._octets), digest)
        readying.add(self._size, make)
        return max(1, self._size)


class _Large:
    """A large message, saved as it comes and seen when all of it is here."""

    def __init__(self, intake: Intake, listed: PopListed, head: bytes) -> None:
        self._intake = intake
        self._listed = listed
        self._at = 0
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
        pieces = load_pieces(session.database, number, WHOLE)
        structure, text = read_large(pieces, session.renderer)
        with session.pace.transaction() as tx:
            save_structure(tx, number, structure)
            save_text(tx, number, text)


def _made(intake: Intake, listed: PopListed, octets: bytes, digest: bytes) -> Save:
    """Read a message that came whole; what saves it, unless it is known already."""
    rendered = _rendered(
        intake.session.database, intake.session.renderer, octets, digest
    )
    envelope, now = parse_envelope(octets), datetime.now(UTC)
    arrived = arrival(octets, now)
    uidl = listed.uidl or made_uidl(digest)

    def save(tx: Transaction) -> None:
        same = find_same(tx, digest)
        if same is not None and not same.wanted_again:
            intake.know(tx, same, listed, uidl)
            return
        if same is not None and same.is_damaged:
            number = mend(tx, same, octets)
            intake.note_mended(tx, same, listed, uidl)
        else:
            pulling = begin_pull(tx, uidl, envelope, arrived=arrived, size=len(octets))
            save_piece(tx, pulling, 0, octets)
            number = finish_pull(
                tx,
                pulling,
                intake.inbox,
                digest=digest,
                at=now,
                to_mirror=intake.mirrors,
            )
            intake.note(uidl, listed)
            intake.session.receipt.new += 1
        if rendered is not None:
            save_structure(tx, number, rendered[0])
            save_text(tx, number, rendered[1])

    return save


def _rendered(
    database: Database, renderer: Renderer, octets: bytes, digest: bytes
) -> _Rendered | None:
    """Make the text of a message, unless it is known already."""
    same = find_same(database, digest)
    if same is not None and not same.wanted_again:
        return None
    return renderer.render_octets(octets)


def arrival(octets: bytes, now: datetime) -> datetime:
    """Say when a message came to its server, as the topmost Received field has it."""
    said = wanted_fields(octets[:LARGE], frozenset({"received"})).get("received", "")
    came = parse_date(said.rpartition(";")[2]) if ";" in said else None
    return min(came.astimezone(UTC), now) if came is not None else now
