"""Fetching over an IMAP session: rows for the list, flags, and content."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from tui_mail.model.body import BodyPart
from tui_mail.model.changes import Changes
from tui_mail.model.ids import ModSeq, PartId, Uid
from tui_mail.model.message import FetchedMessage
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.transports import imap_fetch
from tui_mail.transports.imap_arguments import refusal, section, set_lines
from tui_mail.transports.imap_fetch import Message
from tui_mail.transports.imap_raw import RawMessage, read
from tui_mail.transports.imap_responses import (
    Untagged,
    octets_of,
    parse_esearch,
    parse_items,
    uid_of,
)
from tui_mail.transports.imap_structure import parse_structure
from tui_mail.transports.imap_surroundings import Surroundings
from tui_mail.transports.imap_tokens import Token, Unreadable
from tui_mail.transports.stream import MAX_LITERAL

MAX_HEADER = 1_000_000
"""Octets of a message's header that are fetched."""
_PARTS_AT_ONCE = 40
_IDENTITIES = {"OBJECTID": "EMAILID", "X-GM-EXT-1": "X-GM-MSGID"}
"""Capabilities, and the item that then tells which messages are the same."""

Items = Mapping[bytes, Sequence[Token]]


class Fetching(Surroundings):
    """A session that fetches from the mailbox that is selected."""

    def fetch_newest(
        self, count: int, *, chunk: int = 500
    ) -> Iterator[list[FetchedMessage]]:
        """Fetch the last messages of the mailbox, by their place in it.

        The iterator is to be used up before another command: leaving it before its end
        closes the connection.
        """
        exists = self._news.exists
        if exists <= 0 or count <= 0:
            return
        window = b"%d:*" % max(1, exists - count + 1)
        everything = UidSet.between(1, LARGEST)
        for some in self._messages((b"FETCH", window), everything, chunk):
            yield _read(some)

    def fetch_messages(
        self, uids: UidSet, *, chunk: int = 500
    ) -> Iterator[list[FetchedMessage]]:
        """Fetch messages as they stream in, in lists of at most ``chunk``.

        The iterator is to be used up before another command: leaving it before its end
        closes the connection. Messages that are not there are left out.
        """
        for some in self.fetch_raw(uids, chunk=chunk):
            yield _read(some)

    def fetch_raw(self, uids: UidSet, *, chunk: int = 500) -> Iterator[list[Message]]:
        """Fetch messages as :meth:`fetch_messages` does, the usual ones not yet read."""
        for line, piece in set_lines(uids):
            yield from self._messages((b"UID FETCH", line), piece, chunk)

    def _messages(
        self, command: tuple[bytes, bytes], asked: UidSet, chunk: int
    ) -> Iterator[list[Message]]:
        wire = self._wire
        identity = next((key for key in _IDENTITIES if self._can(key)), "")
        items = imap_fetch.message_items(
            modseq=self._has_modseqs, identity=_IDENTITIES.get(identity, "")
        )
        with self._watched():
            tag = wire.ask((*command, items))
            yield from imap_fetch.messages(wire, tag, asked, self._news.note, chunk)
            self._end(tag)

    def fetch_flags(
        self, uids: UidSet, *, changed_since: ModSeq | None = None
    ) -> Changes:
        """Fetch flags, of those only that changed; with QRESYNC also who is gone.

        What came unasked is in it too.
        """
        items = b"(UID FLAGS MODSEQ)" if self._has_modseqs else b"(UID FLAGS)"
        since = b""
        if changed_since is not None and self._has_modseqs:
            vanished = b" VANISHED" if self.qresync and changed_since > 0 else b""
            since = b"(CHANGEDSINCE %d%b)" % (max(1, changed_since), vanished)
        for line, _ in set_lines(uids):
            pieces = (b"UID FETCH", line, items, *([since] if since else []))
            with self._watched():
                tag = self._wire.ask(pieces)
                imap_fetch.flags(self._wire, tag, self._news.tell, self._news.note)
                self._end(tag)
        return self._news.take()

    def existing_uids(self, uids: UidSet) -> UidSet:
        """Tell which of these messages there are, in answers of any length."""
        found = UidSet()
        for line, asked in set_lines(uids):
            here = self._search(line) if self._can("ESEARCH") else None
            if here is None:
                here = UidSet.of(
                    [uid for uid, _ in self._fetched(line, asked, b"(UID)")]
                )
            found |= here & asked
        return found

    def _search(self, line: bytes) -> UidSet | None:
        """Search in one short answer; None where it is not what ESEARCH says.

        Then nothing is known: who is not in an answer counts as gone.
        """
        found: list[UidSet] = []

        def take(said: Untagged) -> bool:
            if said.name != b"ESEARCH":
                return said.name == b"SEARCH"
            with contextlib.suppress(Unreadable):
                found.append(parse_esearch(said.fragments))
            return True

        self._run(b"UID SEARCH RETURN (ALL)", b"UID", line, take=take)
        return found[-1] if found else None

    def _fetched(
        self, line: bytes, asked: UidSet, items: bytes, *, cap: int = MAX_LITERAL
    ) -> Iterator[tuple[Uid, Items]]:
        """Fetch items of messages one by one; what is about others is news."""
        wire = self._wire
        with self._watched():
            before, wire.literal_cap = wire.literal_cap, cap
            try:
                tag = wire.ask((b"UID FETCH", line, items))
                while tag not in wire.answers:
                    said = wire.next_response()
                    if isinstance(said, bytes):
                        raise wire.nonsense(said)
                    if isinstance(said, Untagged):
                        found = _asked_for(said, asked)
                        if found is None or b"FLAGS" in found[1]:
                            self._news.note(said)
                        if found is not None:
                            yield found
            finally:
                wire.literal_cap = before
            self._end(tag)

    def fetch_headers(self, uid: Uid) -> bytes:
        """Fetch a message's header block, at most a million octets; empty: none."""
        return self.fetch_part(uid, PartId("HEADER"), size=MAX_HEADER) or b""

    def fetch_structure(self, uid: Uid) -> BodyPart | None:
        """Fetch a message's tree of parts.

        None: there is no such message, or what the server says of it cannot be read;
        its parts are to be found in the whole message then.
        """
        asked = UidSet.of([uid])
        found = None
        for line, _ in set_lines(asked):
            for _, items in self._fetched(line, asked, b"(UID BODYSTRUCTURE)"):
                found = parse_structure(items.get(b"BODYSTRUCTURE", ()))
        return found

    def fetch_structures(
        self, uids: UidSet
    ) -> dict[Uid, tuple[bytes, BodyPart | None]]:
        """Fetch header blocks and trees of parts of some messages, a command for all.

        Messages that are not there are left out; a tree that cannot be read is None.
        """
        wanted = b"(UID BODY.PEEK[HEADER]<0.%d> BODYSTRUCTURE)" % MAX_HEADER
        found: dict[Uid, tuple[bytes, BodyPart | None]] = {}
        for line, asked in set_lines(uids):
            for uid, items in self._fetched(line, asked, wanted, cap=MAX_HEADER):
                header = _part_of(items, PartId("HEADER"))
                if header is not None or b"BODYSTRUCTURE" in items:
                    structure = parse_structure(items.get(b"BODYSTRUCTURE", ()))
                    found[uid] = (header or b"", structure)
        return found

    def fetch_part(
        self, uid: Uid, part: PartId, *, offset: int = 0, size: int | None = None
    ) -> bytes | None:
        """Fetch a part, or ``size`` octets of it from ``offset`` on, as it is encoded.

        Empty where the part has no more; None where there is no such message. A
        literal over 256 MB raises ProtocolError: ask in pieces.
        """
        partial = b""
        if offset or size is not None:
            window = MAX_LITERAL if size is None else size
            if not (0 <= offset <= LARGEST and 0 < window <= MAX_LITERAL):
                raise refusal("such a piece of a part")
            partial = b"<%d.%d>" % (offset, window)
        items = b"(UID BODY.PEEK[%b]%b)" % (section(part), partial)
        cap = MAX_LITERAL if size is None else min(MAX_LITERAL, offset + size)
        asked = UidSet.of([uid])
        found = None
        for line, _ in set_lines(asked):
            for _, said in self._fetched(line, asked, items, cap=cap):
                octets = _part_of(said, part, offset)
                found = found if octets is None else octets
        return found if found is None or size is None else found[:size]

    def fetch_parts(
        self, wanted: Sequence[tuple[Uid, PartId]]
    ) -> Iterator[tuple[Uid, PartId, bytes]]:
        """Fetch several small parts, with a command for all messages that want the same.

        The iterator is to be used up before another command: leaving it before its end
        closes the connection. What is not there is left out.
        """
        parts_of: dict[Uid, list[PartId]] = {}
        for uid, part in wanted:
            parts_of.setdefault(uid, []).append(part)
        alike: dict[tuple[PartId, ...], list[Uid]] = {}
        for uid, parts in parts_of.items():
            for start in range(0, len(parts), _PARTS_AT_ONCE):
                some = tuple(parts[start : start + _PARTS_AT_ONCE])
                alike.setdefault(some, []).append(uid)
        for some, uids in alike.items():
            sections = b" ".join(b"BODY.PEEK[%b]" % section(part) for part in some)
            for line, asked in set_lines(UidSet.of(uids)):
                for uid, items in self._fetched(line, asked, b"(UID %b)" % sections):
                    for part in some:
                        octets = _part_of(items, part)
                        if octets is not None:
                            yield uid, part, octets


def _asked_for(said: Untagged, asked: UidSet) -> tuple[Uid, Items] | None:
    """Read a FETCH response; None where it is another, or about another message."""
    if said.name != b"FETCH":
        return None
    try:
        items = parse_items(said.fragments)
    except Unreadable:
        return None
    uid = uid_of(items)
    return (uid, items) if uid is not None and uid in asked else None


def _part_of(items: Items, part: PartId, offset: int = 0) -> bytes | None:
    """Take a part from an offset on; NIL, said where there is no such part, is empty.

    A server that does not know partial fetches sends all of it.
    """
    name = b"BODY[%b]" % part.encode("ascii")
    partial = b"%b<%d>" % (name, offset)
    if partial in items:
        return octets_of(items, partial) or b""
    if name in items:
        return (octets_of(items, name) or b"")[offset:]
    return None


def _read(some: Sequence[Message]) -> list[FetchedMessage]:
    return [read(one) if isinstance(one, RawMessage) else one for one in some]
