"""What a reader asks for: texts and parts, read out of the file and kept while it runs."""

from collections import deque
from collections.abc import Iterator

from tui_mail.mime.choose import text_parts
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.parse import cut_part, parse_spans
from tui_mail.mime.render import Renderer
from tui_mail.model.body import BodyPart
from tui_mail.model.error import NotFound
from tui_mail.model.ids import WHOLE, MailboxId, MessageNumber, PartId, Uid
from tui_mail.model.readable import ReadableText
from tui_mail.store.content import (
    HEADER,
    complete_part,
    complete_parts,
    discard_part,
    load_text,
    save_chunk,
    save_headers,
    save_part,
    save_structure,
    save_text,
)
from tui_mail.store.database import Database, Transaction
from tui_mail.store.messages import load_envelope, load_location
from tui_mail.sync.opened.filling import Filling, same_mail
from tui_mail.sync.opened.sources import CHANGED, Gone, Source, header_of
from tui_mail.sync.pacing import OCTETS

SMALL = 4_000_000
"""Octets of a message that the render child takes whole."""
_MOST_KEPT = 64_000_000
"""Octets of parts that stay in the store; what was read first goes first."""


class Serving:
    """Reads messages for one store."""

    def __init__(
        self, database: Database, source: Source, filling: Filling, renderer: Renderer
    ) -> None:
        self._database = database
        self._source = source
        self._filling = filling
        self._renderer = renderer
        self._kept: deque[tuple[MessageNumber, PartId, int]] = deque()
        self._octets = 0

    def steps(
        self, number: MessageNumber, part: PartId | None
    ) -> Iterator[tuple[int, int]]:
        """Read a part, or the readable text for None; octets done and in all meanwhile.

        Raises NotFound, Gone, OSError.
        """
        if part is None:
            if load_text(self._database, number) is None:
                self.save_text(number, self.make_text(number))
        elif part not in complete_parts(self._database, number):
            if part == WHOLE:
                yield from self._whole(number)
            else:
                self._part(number, part)

    def size_of(self, number: MessageNumber) -> int:
        """Say how large a message is in its file; raises NotFound, Gone, OSError."""
        return self._source.size_of(*self._place(number))

    def make_text(self, number: MessageNumber) -> tuple[bytes, BodyPart, ReadableText]:
        """Make the header block, the tree of parts and the text of a message.

        Raises NotFound, Gone, OSError.
        """
        octets = self._read(number)
        headers = header_of(octets)
        if len(octets) <= SMALL:
            return headers, *self._renderer.render_octets(octets)
        structure, spans = parse_spans(octets)
        parts = {
            part.part_id: octets[spans[part.part_id].body : spans[part.part_id].end]
            for part in text_parts(structure)
        }
        return headers, structure, self._renderer.render(headers, structure, parts)

    def save_text(
        self, number: MessageNumber, made: tuple[bytes, BodyPart, ReadableText]
    ) -> None:
        """Keep what was made of a message."""
        with self._database.transaction() as tx:
            save_made(tx, number, made)

    def _part(self, number: MessageNumber, part: PartId) -> None:
        octets = self._read(number)
        found = header_of(octets) if part == HEADER else cut_part(octets, part)
        if found is None:
            raise NotFound(f"the message has no part {part}")
        self._make_room(number, part, len(found))
        with self._database.transaction() as tx:
            save_part(tx, number, part, found)

    def _whole(self, number: MessageNumber) -> Iterator[tuple[int, int]]:
        total, done = self.size_of(number), 0
        self._make_room(number, WHOLE, total)
        for piece in self._pieces(number):
            for start in range(0, len(piece), OCTETS):
                some = piece[start : start + OCTETS]
                with self._database.transaction() as tx:
                    save_chunk(tx, number, WHOLE, done, some)
                done += len(some)
            yield done, max(done, total)
        with self._database.transaction() as tx:
            complete_part(tx, number, WHOLE)

    def _make_room(self, number: MessageNumber, part: PartId, octets: int) -> None:
        """Let go of parts that were read before: nothing is to become a copy of the mail."""
        self._kept.append((number, part, octets))
        self._octets += octets
        while self._octets > _MOST_KEPT and len(self._kept) > 1:
            old, which, size = self._kept.popleft()
            self._octets -= size
            with self._database.transaction() as tx:
                discard_part(tx, old, which)

    def _read(self, number: MessageNumber) -> bytes:
        return b"".join(self._pieces(number))

    def _pieces(self, number: MessageNumber) -> Iterator[bytes]:
        """Read a message; what is not the one that was listed is not given for it."""
        pieces = self._source.pieces(*self._place(number))
        first = b""
        for piece in pieces:
            first += piece
            if len(header_of(first)) < len(first) or len(first) >= OCTETS:
                break
        listed = load_envelope(self._database, number)
        if not same_mail(parse_envelope(header_of(first)), listed):
            raise Gone(CHANGED)
        yield first
        yield from pieces

    def _place(self, number: MessageNumber) -> tuple[str, Uid]:
        location = load_location(self._database, number)
        if location.uid is None:
            raise NotFound("this message is not in the file")
        return self._filling.place_of(MailboxId(location.mailbox)), location.uid


def save_made(
    tx: Transaction,
    number: MessageNumber,
    made: tuple[bytes, BodyPart, ReadableText],
) -> None:
    """Keep a header block, a tree of parts and a text."""
    headers, structure, text = made
    save_headers(tx, number, headers)
    save_structure(tx, number, structure)
    save_text(tx, number, text)
