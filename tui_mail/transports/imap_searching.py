"""Searching over an IMAP session, in the mailbox that is selected."""

from tui_mail.model.error import ServerRefused
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.transports.imap_arguments import Piece, set_lines
from tui_mail.transports.imap_fetching import Fetching
from tui_mail.transports.imap_responses import Untagged, parse_esearch, parse_number
from tui_mail.transports.imap_search import Key, is_ascii, pieces
from tui_mail.transports.imap_tokens import Unreadable


class Searching(Fetching):
    """A session that has the server look for messages."""

    _terse = True
    """Whether it is asked for short answers (ESEARCH, RFC 4731)."""

    def search(self, uids: UidSet, key: Key) -> UidSet:
        """Find those of the messages that a key fits.

        A server without ESEARCH names each in one line: ask about some at a time.
        Raises ServerRefused, code ``BADCHARSET`` where only ASCII can be looked for.
        """
        if isinstance(key, bool):
            return uids if key else UidSet()
        written = pieces(key)
        found = UidSet()
        for line, asked in set_lines(uids):
            found |= self._found([b"UID", line, *written]) & asked
        return found

    def _found(self, keys: list[Piece]) -> UidSet:
        if not is_ascii(keys):
            keys = [b"CHARSET UTF-8", *keys]
        if self._terse and self._can("ESEARCH"):
            try:
                return self._asked(b"UID SEARCH RETURN (ALL)", keys)
            except Unreadable:
                self._terse = False
            except ServerRefused as refusal:
                if refusal.code:
                    raise
                # Some announce it and know less of it than they should.
                self._terse = False
        try:
            return self._asked(b"UID SEARCH", keys)
        except Unreadable:
            host = self._server.host
            raise ServerRefused(f"{host} answers a search with no numbers") from None

    def _asked(self, command: bytes, keys: list[Piece]) -> UidSet:
        """Ask, and take either kind of answer; raises Unreadable, ServerRefused."""
        found: list[UidSet] = []
        unreadable: list[Unreadable] = []

        def take(said: Untagged) -> bool:
            if said.name not in (b"SEARCH", b"ESEARCH"):
                return False
            try:
                terse = said.name == b"ESEARCH"
                found.append(parse_esearch(said.fragments) if terse else _listed(said))
            except Unreadable as error:
                unreadable.append(error)
            return True

        self._run(command, *keys, take=take)
        if unreadable:
            raise unreadable[0]
        return UidSet(tuple(one for some in found for one in some.ranges)) | UidSet()


def _listed(said: Untagged) -> UidSet:
    """Read ``1 2 3 (MODSEQ 5)``; raises Unreadable."""
    words = said.text.partition(b"(")[0].split()
    return UidSet.of([parse_number(word, LARGEST) for word in words])
