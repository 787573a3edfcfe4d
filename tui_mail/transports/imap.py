"""An IMAP connection (RFC 3501, RFC 9051), as the engine needs it.

Nothing but the errors of ``model.error`` leaves it. After LinkLost or ProtocolError it
is closed; ServerRefused (NO, BAD, or what cannot be told to a server) leaves it as it
was. Every command has its deadline. What a server says unasked is kept until it is
taken: by ``take_changes``, or with the Changes that a command returns.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from tui_mail.model.body import BodyPart
from tui_mail.model.changes import Changes
from tui_mail.model.error import ProtocolError, ServerRefused
from tui_mail.model.flags import Flags
from tui_mail.model.ids import ModSeq, PartId, Uid, UidValidity
from tui_mail.model.mailbox import ListedMailbox, MailboxCounts
from tui_mail.model.message import FetchedMessage
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.transports import imap_fetch
from tui_mail.transports.imap_arguments import (
    Piece,
    content,
    date_time,
    flag_list,
    flag_word,
    refusal,
    section,
    set_lines,
    text,
)
from tui_mail.transports.imap_idle import idle
from tui_mail.transports.imap_listing import Listing
from tui_mail.transports.imap_responses import (
    Status,
    Untagged,
    octets_of,
    parse_copied,
    parse_counts,
    parse_esearch,
    parse_items,
    parse_ranges,
    parse_status,
    uid_of,
)
from tui_mail.transports.imap_selecting import Selecting
from tui_mail.transports.imap_session import Session
from tui_mail.transports.imap_structure import parse_structure
from tui_mail.transports.imap_tokens import Token, Unreadable
from tui_mail.transports.imap_values import AppendedUid, KnownState, Moved, Selected
from tui_mail.transports.stream import MAX_LITERAL

__all__ = ["AppendedUid", "ImapConnection", "KnownState", "Moved", "Selected"]

MAX_HEADER = 1_000_000
"""Octets of a message's header that are fetched."""
_PARTS_AT_ONCE = 40
_IDENTITIES = {"OBJECTID": "EMAILID", "X-GM-EXT-1": "X-GM-MSGID"}
"""Capabilities, and the item that then tells which messages are the same."""
_GONE = frozenset({"EXPUNGEISSUED", "NONEXISTENT"})
"""Codes of a refusal that only says that some of the messages are gone."""

Items = Mapping[bytes, Sequence[Token]]


class ImapConnection(Session):
    """Owned by one thread; ``close`` alone may be called from any other."""

    # Mailboxes.

    def list_mailboxes(self, *, subscribed_only: bool) -> list[ListedMailbox]:
        """List the mailboxes, with their counts where the server gives them along.

        INBOX and what has a special use are listed in any case. Raises ServerRefused.
        """
        listing = Listing(extended=self._can("LIST-EXTENDED"))
        self._run(*listing.command(self.capabilities), take=listing.take)
        if not self._can("LIST-EXTENDED"):
            with contextlib.suppress(ServerRefused):
                self._run(b"LSUB", b'""', b'"*"', take=listing.take)
        return listing.mailboxes(subscribed_only=subscribed_only)

    def status(self, wire_name: bytes) -> MailboxCounts:
        """Ask for a mailbox's counts without selecting it; raises ServerRefused."""
        found: list[MailboxCounts] = []

        def take(said: Untagged) -> bool:
            if said.name == b"STATUS":
                with contextlib.suppress(Unreadable):
                    found.append(parse_counts(said.fragments)[1])
            return said.name == b"STATUS"

        modseq = b" HIGHESTMODSEQ" if self.condstore else b""
        items = b"(MESSAGES UNSEEN UIDNEXT UIDVALIDITY%b)" % modseq
        self._run(b"STATUS", text(wire_name), items, take=take)
        if not found:
            raise ServerRefused(f"{self._server.host} gives no counts")
        return found[-1]

    def select(
        self,
        wire_name: bytes,
        *,
        known: KnownState | None = None,
        read_only: bool = False,
    ) -> Selected:
        """Select a mailbox; raises ServerRefused, then none is selected.

        With ``known`` and QRESYNC, ``changes`` is what changed since then. What was
        news of the mailbox before is forgotten: take it first.
        """
        selecting = Selecting(read_only=read_only)
        pieces: list[Piece] = [b"EXAMINE" if read_only else b"SELECT", text(wire_name)]
        if known is not None and self.qresync and known.highest_modseq > 0:
            pieces.append(selecting.resync(known))
        elif self.condstore:
            pieces.append(b"(CONDSTORE)")
        self._wire.state = "AUTH"
        self._news.forget()
        status = self._run(*pieces, take=selecting.take)
        self._wire.state = "SELECTED"
        exists, changes = self._news.exists, self._news.take()
        if selecting.uid_next is None:
            selecting.uid_next = self._last_uid(exists)
        return selecting.selected(status, exists, changes)

    def _last_uid(self, exists: int) -> Uid:
        """Find UIDNEXT where SELECT did not say it."""
        if not exists:
            return Uid(1)
        uids: list[Uid] = []

        def take(said: Untagged) -> bool:
            with contextlib.suppress(Unreadable):
                uid = uid_of(parse_items(said.fragments)) if said.number else None
                uids.extend([uid] if uid else [])
            return False

        self._run(b"FETCH", b"*", b"(UID)", take=take)
        return Uid(max(uids, default=0) + 1)

    def create(self, wire_name: bytes) -> None:
        """Create a mailbox; raises ServerRefused (``ALREADYEXISTS``)."""
        self._run(b"CREATE", text(wire_name))

    def subscribe(self, wire_name: bytes) -> None:
        """Subscribe to a mailbox; raises ServerRefused."""
        self._run(b"SUBSCRIBE", text(wire_name))

    # Messages, for the list.

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
        yield from self._messages((b"FETCH", window), everything, chunk)

    def fetch_messages(
        self, uids: UidSet, *, chunk: int = 500
    ) -> Iterator[list[FetchedMessage]]:
        """Fetch messages as they stream in, in lists of at most ``chunk``.

        The iterator is to be used up before another command: leaving it before its end
        closes the connection. Messages that are not there are left out.
        """
        for line, piece in set_lines(uids):
            yield from self._messages((b"UID FETCH", line), piece, chunk)

    def _messages(
        self, command: tuple[bytes, bytes], asked: UidSet, chunk: int
    ) -> Iterator[list[FetchedMessage]]:
        wire = self._wire
        identity = next((key for key in _IDENTITIES if self._can(key)), "")
        items = imap_fetch.message_items(
            condstore=self.condstore, identity=_IDENTITIES.get(identity, "")
        )
        with self._watched():
            tag = wire.ask((*command, items))
            yield from imap_fetch.messages(wire, tag, asked, self._news.note, chunk)
            self._end(tag)

    def _end(self, tag: bytes) -> None:
        status = self._wire.answer(tag)
        if status.kind != b"OK" and not _gone(status):
            raise self._wire.refused(status)

    def fetch_flags(
        self, uids: UidSet, *, changed_since: ModSeq | None = None
    ) -> Changes:
        """Fetch flags, of those only that changed; with QRESYNC also who is gone.

        What came unasked is in it too.
        """
        items = b"(UID FLAGS MODSEQ)" if self.condstore else b"(UID FLAGS)"
        since = b""
        if changed_since is not None and self.condstore:
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
            here = (
                self._search(line)
                if self._can("ESEARCH")
                else UidSet.of([uid for uid, _ in self._fetched(line, asked, b"(UID)")])
            )
            found |= here & asked
        return found

    def _search(self, line: bytes) -> UidSet:
        found: list[UidSet] = []

        def take(said: Untagged) -> bool:
            if said.name != b"ESEARCH":
                return False
            try:
                found.append(parse_esearch(said.fragments))
            except Unreadable:
                raise ProtocolError(
                    f"{self._server.host} answers a search with nonsense"
                ) from None
            return True

        self._run(b"UID SEARCH RETURN (ALL)", b"UID", line, take=take)
        if not found:
            raise ProtocolError(f"{self._server.host} does not answer a search")
        return found[-1]

    # Messages, their content.

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
        wanted = b"(UID BODY.PEEK[HEADER] BODYSTRUCTURE)"
        found: dict[Uid, tuple[bytes, BodyPart | None]] = {}
        for line, asked in set_lines(uids):
            for uid, items in self._fetched(line, asked, wanted, cap=MAX_HEADER):
                header = octets_of(items, b"BODY[HEADER]")
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

    # Wishes.

    def store_flags(self, uids: UidSet, flag: str, *, add: bool) -> Changes:
        """Add or remove one flag; the answer is what was told besides.

        Raises ServerRefused; messages that are gone do not matter.
        """
        action = b"+FLAGS.SILENT" if add else b"-FLAGS.SILENT"
        word = b"(%b)" % flag_word(flag)
        for line, _ in set_lines(uids):
            try:
                self._run(b"UID STORE", line, action, word)
            except ServerRefused as error:
                if error.code not in _GONE:
                    raise
        return self._news.take()

    def move(self, uids: UidSet, target_wire_name: bytes) -> Moved:
        """Move messages; raises ServerRefused, code ``CANNOT`` without MOVE.

        ``TRYCREATE``: the target is missing. Where the messages are gone, is told by
        the next changes taken.
        """
        if not self._can("MOVE"):
            raise ServerRefused(f"{self._server.host} cannot move", "CANNOT")
        return self._transfer(b"UID MOVE", uids, target_wire_name)

    def copy(self, uids: UidSet, target_wire_name: bytes) -> Moved:
        """Copy messages; raises ServerRefused (``TRYCREATE``: the target is missing)."""
        return self._transfer(b"UID COPY", uids, target_wire_name)

    def _transfer(self, command: bytes, uids: UidSet, target: bytes) -> Moved:
        name = text(target)
        validity: UidValidity | None = None
        moved: dict[Uid, Uid] = {}
        for line, asked in set_lines(uids):
            told: list[bytes] = []

            def take(said: Untagged, told: list[bytes] = told) -> bool:
                status = parse_status(said.name, said.text)
                if said.name == b"OK" and status.code == b"COPYUID":
                    told.append(status.argument)
                    return True
                return False

            status = self._run(command, line, name, take=take)
            if status.code == b"COPYUID":
                told.append(status.argument)
            for argument in told:
                with contextlib.suppress(Unreadable):
                    validity, pairs = parse_copied(argument, len(asked))
                    moved |= {one: to for one, to in pairs.items() if one in asked}
        return Moved(validity, moved)

    def expunge(self, uids: UidSet) -> Changes:
        r"""Remove those of the messages that are \\Deleted; the answer tells who is gone.

        Raises ServerRefused, code ``CANNOT`` without UIDPLUS: a plain EXPUNGE would
        remove what others have marked.
        """
        if not self._can("UIDPLUS"):
            raise ServerRefused(
                f"{self._server.host} cannot expunge single messages", "CANNOT"
            )
        for line, _ in set_lines(uids):
            self._run(b"UID EXPUNGE", line)
        return self._news.take()

    def append(
        self,
        wire_name: bytes,
        octets: bytes,
        flags: Flags = frozenset(),
        internal_date: datetime | None = None,
    ) -> AppendedUid | None:
        """Append a message; tells where it lies, if the server does (UIDPLUS).

        Raises ServerRefused (``TRYCREATE``: the mailbox is missing, ``OVERQUOTA``, …).
        """
        pieces: list[Piece] = [b"APPEND", text(wire_name)]
        if flags:
            pieces.append(flag_list(flags))
        if internal_date is not None:
            pieces.append(date_time(internal_date))
        status = self._run(*pieces, content(octets))
        words = status.argument.split()
        if status.code != b"APPENDUID" or len(words) != 2:
            return None
        try:
            ((validity, _),), ((uid, _),) = (
                parse_ranges(words[0]),
                parse_ranges(words[1]),
            )
        except ValueError:
            return None
        return AppendedUid(UidValidity(validity), Uid(uid))

    # Waiting.

    def idle(self, *, timeout: float, wake: int) -> bool:
        """Wait until the server tells something, or ``wake`` can be read, or it is time.

        ``timeout`` in seconds; ``wake`` is a file descriptor of the caller's, which is
        not read here. True if there are changes to be taken. Raises LinkLost, also
        where the server turns out to be dead; ServerRefused without IDLE.
        """
        if not self.idles:
            raise ServerRefused(f"{self._server.host} cannot be waited for", "CANNOT")
        if self._news.waiting:
            return True
        with self._watched():
            self._end(idle(self._wire, self._news, timeout=timeout, wake=wake))
        return self._news.waiting


def _gone(status: Status) -> bool:
    """Whether a FETCH was refused only because some of the messages are gone."""
    return status.kind == b"NO" and status.code.decode("ascii") in _GONE


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
