"""An IMAP connection (RFC 3501, RFC 9051), as the engine needs it.

Nothing but the errors of ``model.error`` leaves it. After LinkLost or ProtocolError it
is closed; ServerRefused (NO, BAD, or what cannot be told to a server) leaves it as it
was. Every command has its deadline. What a server says unasked is kept until it is
taken: by ``take_changes``, or with the Changes that a command returns.
"""

import contextlib
from collections.abc import Sequence
from datetime import datetime

from tui_mail.model.changes import Changes
from tui_mail.model.error import ServerRefused
from tui_mail.model.flags import Flags
from tui_mail.model.ids import Uid, UidValidity
from tui_mail.model.mailbox import ListedMailbox, MailboxCounts
from tui_mail.model.mailbox_names import same_name
from tui_mail.model.namespace import Namespace
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.transports.imap_arguments import (
    Flow,
    Piece,
    content,
    date_time,
    flag_list,
    flag_word,
    set_lines,
    text,
)
from tui_mail.transports.imap_idle import idle
from tui_mail.transports.imap_listing import Listing, elsewhere
from tui_mail.transports.imap_responses import (
    Untagged,
    parse_copied,
    parse_counts,
    parse_items,
    parse_ranges,
    parse_status,
    uid_of,
)
from tui_mail.transports.imap_searching import Searching
from tui_mail.transports.imap_selecting import Selecting
from tui_mail.transports.imap_session import GONE
from tui_mail.transports.imap_tokens import Unreadable
from tui_mail.transports.imap_values import AppendedUid, KnownState, Moved, Selected

__all__ = ["AppendedUid", "ImapConnection", "KnownState", "Moved", "Selected"]


class ImapConnection(Searching):
    """Owned by one thread; ``close`` alone may be called from any other."""

    def list_mailboxes(
        self, *, subscribed_only: bool, namespaces: Sequence[Namespace] = ()
    ) -> list[ListedMailbox]:
        """List the mailboxes, with their counts where the server gives them along.

        INBOX and what has a special use are listed in any case. Raises ServerRefused.
        """
        if self._can("LIST-EXTENDED"):
            for at_once in (True, False) if elsewhere(namespaces) else (True,):
                # Some announce it and know less of it than they should.
                with contextlib.suppress(ServerRefused):
                    listing = self._list(namespaces, extended=True, at_once=at_once)
                    return listing.mailboxes(subscribed_only=subscribed_only)
        listing = self._list(namespaces, extended=False, at_once=False)
        try:
            self._run(b"LSUB", b'""', b'"*"', take=listing.take)
        except ServerRefused:
            # A server that does not tell must not make mailboxes disappear.
            listing.subscribe_all()
        return listing.mailboxes(subscribed_only=subscribed_only)

    def _list(
        self, namespaces: Sequence[Namespace], *, extended: bool, at_once: bool
    ) -> Listing:
        listing = Listing(extended=extended, namespaces=namespaces)
        first, *others = listing.commands(self.capabilities, at_once=at_once)
        self._run(*first, take=listing.take)
        self._run_together(others, listing.take)
        return listing

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
        with self._watched():
            selected = selecting.selected(status, exists, changes)
        self._has_modseqs = self.condstore and selected.highest_modseq > 0
        return selected

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

    def rename(self, wire_name: bytes, to: bytes) -> None:
        """Give a mailbox another name, those below it follow; raises ServerRefused."""
        self._run(b"RENAME", text(wire_name), text(to))

    def delete(self, wire_name: bytes) -> None:
        """Delete a mailbox with all its messages; raises ServerRefused."""
        self._run(b"DELETE", text(wire_name))

    def has(self, wire_name: bytes) -> bool:
        """Ask whether there is a mailbox of that name; raises ServerRefused."""
        listing = Listing(extended=False)
        self._run(b"LIST", b'""', text(wire_name), take=listing.take)
        found = listing.mailboxes(subscribed_only=False)
        return any(
            same_name(one.wire_name, wire_name)
            and "\\nonexistent" not in one.attributes
            for one in found
        )

    def subscribe(self, wire_name: bytes) -> None:
        """Subscribe to a mailbox; raises ServerRefused."""
        self._run(b"SUBSCRIBE", text(wire_name))

    def unsubscribe(self, wire_name: bytes) -> None:
        """End the subscription to a mailbox; raises ServerRefused."""
        self._run(b"UNSUBSCRIBE", text(wire_name))

    def store_flags(self, uids: UidSet, flag: str, *, add: bool) -> Changes:
        """Add or remove one flag; the answer is what was told besides.

        Raises ServerRefused; messages that are gone do not matter.
        """
        action = b"+FLAGS.SILENT" if add else b"-FLAGS.SILENT"
        word = b"(%b)" % flag_word(flag)
        started = False
        for line, asked in set_lines(uids):
            try:
                self._run(b"UID STORE", line, action, word)
            except ServerRefused as refusal:
                if refusal.code not in GONE:
                    refusal.nothing_done = not started
                    raise
                # What it did with those that are there is not known (RFC 2180, 4.2).
                for rest, _ in set_lines(self.existing_uids(asked)):
                    self._run(b"UID STORE", rest, action, word)
            started = True
        return self._news.take()

    def move(self, uids: UidSet, target_wire_name: bytes) -> Moved:
        """Move messages; raises ServerRefused, code ``CANNOT`` without MOVE.

        ``TRYCREATE``: the target is missing. Where the messages are gone, is told by
        the next changes taken.
        """
        if not self.has_move:
            raise ServerRefused(f"{self._server.host} cannot move", "CANNOT")
        return self._transfer(b"UID MOVE", uids, target_wire_name)

    def copy(self, uids: UidSet, target_wire_name: bytes) -> Moved:
        """Copy messages; raises ServerRefused (``TRYCREATE``: the target is missing)."""
        return self._transfer(b"UID COPY", uids, target_wire_name)

    def _transfer(self, command: bytes, uids: UidSet, target: bytes) -> Moved:
        name = text(target)
        validity: UidValidity | None = None
        moved: dict[Uid, Uid] = {}
        started = False
        for line, asked in set_lines(uids):
            told: list[bytes] = []
            removals = self._news.removals

            def take(said: Untagged, told: list[bytes] = told) -> bool:
                status = parse_status(said.name, said.text)
                if said.name == b"OK" and status.code == b"COPYUID":
                    told.append(status.argument)
                    return True
                return False

            try:
                status = self._run(command, line, name, take=take)
            except ServerRefused as refusal:
                partly = told or self._news.removals > removals
                refusal.nothing_done = not (started or partly)
                raise
            started = True
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
        message: bytes | Flow,
        flags: Flags = frozenset(),
        internal_date: datetime | None = None,
    ) -> AppendedUid | None:
        """Append a message; tells where it lies, if the server does (UIDPLUS).

        Raises ServerRefused (``TRYCREATE``: the mailbox is missing, ``OVERQUOTA``,
        ``TOOBIG`` …).
        """
        wanted = content(message)
        if wanted.size > self._append_limit():
            raise ServerRefused(
                f"{self._server.host} takes no message so large", "TOOBIG"
            )
        pieces: list[Piece | Flow] = [b"APPEND", text(wire_name)]
        if flags:
            pieces.append(flag_list(flags))
        if internal_date is not None:
            pieces.append(date_time(internal_date))
        status = self._run(*pieces, wanted)
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

    def _append_limit(self) -> int:
        """Say how large a message may be (APPENDLIMIT, RFC 7889)."""
        said = (name.partition("=") for name in self.capabilities)
        figures = [size for name, _, size in said if name == "APPENDLIMIT"]
        return min((int(size) for size in figures if size.isdecimal()), default=LARGEST)

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
