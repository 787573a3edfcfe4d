"""What SELECT says (RFC 9051, 6.3.2), with QRESYNC (RFC 7162, 3.2.5)."""

import contextlib
import re

from tui_mail.model.changes import Changes
from tui_mail.model.error import ServerRefused
from tui_mail.model.flags import is_keyword
from tui_mail.model.ids import ModSeq, Uid, UidValidity
from tui_mail.model.uids import LARGEST
from tui_mail.transports.imap_arguments import short_set
from tui_mail.transports.imap_responses import (
    Status,
    Untagged,
    parse_modseq,
    parse_number,
    parse_status,
)
from tui_mail.transports.imap_tokens import Unreadable
from tui_mail.transports.imap_values import KnownState, Selected

_ANY_KEYWORD = re.compile(rb"(?:\A|[ (])\\\*(?:[ )]|\Z)")

_MOST_NAMED = 200
"""Flags that a server may name; no server is known that names as many."""


class Selecting:
    """Gathers what comes between SELECT and its answer."""

    def __init__(self, *, read_only: bool) -> None:
        self._read_only = read_only
        self._known: KnownState | None = None
        self._codes: dict[bytes, bytes] = {}
        self.uid_next: Uid | None = None

    def resync(self, known: KnownState) -> bytes:
        """Write the parameter that says what is known here."""
        self._known = known
        state = b"%d %d" % (known.uid_validity, known.highest_modseq)
        uids = b" " + short_set(known.uids) if known.uids else b""
        return b"(QRESYNC (%b%b))" % (state, uids)

    def take(self, said: Untagged) -> bool:
        """Take response codes; what is more than a code is news."""
        if said.name == b"FLAGS":
            return True
        if said.name != b"OK":
            return False
        status = parse_status(said.name, said.text)
        if status.code in (b"ALERT", b"CLOSED", b"CAPABILITY"):
            return False
        self._codes[status.code] = status.argument
        if status.code == b"UIDNEXT":
            with contextlib.suppress(Unreadable):
                self.uid_next = Uid(parse_number(status.argument.strip(), LARGEST))
        return True

    def _validity(self) -> UidValidity:
        try:
            said = self._codes[b"UIDVALIDITY"].strip()
            # 0, which no server may say, means here that it is not known.
            return UidValidity(parse_number(said, LARGEST) or LARGEST)
        except (KeyError, Unreadable):
            raise ServerRefused("the server does not say a good UIDVALIDITY") from None

    def selected(self, status: Status, exists: int, changes: Changes) -> Selected:
        """Put it together; raises ServerRefused where there is no UIDVALIDITY.

        Without it no UID means anything; other mailboxes may well have one.
        """
        validity = self._validity()
        modseq = parse_modseq(self._codes.get(b"HIGHESTMODSEQ", b"0").strip())
        kept = self._codes.get(b"PERMANENTFLAGS")
        all_kept = kept is None or bool(_ANY_KEYWORD.search(kept))
        known = self._known
        return Selected(
            uid_validity=validity,
            uid_next=self.uid_next or Uid(1),
            highest_modseq=modseq if b"NOMODSEQ" not in self._codes else ModSeq(0),
            exists=exists,
            read_only=self._read_only or status.code == b"READ-ONLY",
            keywords_kept=all_kept,
            keywords_named=frozenset() if all_kept else _keywords(kept or b""),
            changes=changes,
            resynced=known is not None
            and known.uid_validity == validity
            and modseq >= known.highest_modseq > 0,
        )


def _keywords(flags: bytes) -> frozenset[str]:
    words = flags.strip(b"() ").decode("ascii", "replace").lower().split()
    return frozenset(filter(is_keyword, words[:_MOST_NAMED]))
