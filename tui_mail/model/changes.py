"""What a server said unasked, or besides what it was asked for."""

from dataclasses import dataclass

from tui_mail.model.displayable import Displayable
from tui_mail.model.message import FlagsOf
from tui_mail.model.uids import UidSet


@dataclass(frozen=True, slots=True)
class Changes:
    """News of the selected mailbox, gathered from untagged responses (RFC 9051, 7)."""

    flags: tuple[FlagsOf, ...] = ()
    """In the order they came; the last one about a message holds."""
    vanished: UidSet = UidSet()
    """Messages that are gone (VANISHED, RFC 7162); EXPUNGE tells only that some are."""
    exists: int | None = None
    """How many messages there are now; None if nothing was said."""
    expunged: int = 0
    """How many EXPUNGE responses came: which messages, only a listing tells."""
    unnamed: int = 0
    """How many FETCH responses told flags without a UID: whose, only a listing tells."""
    alerts: tuple[Displayable, ...] = ()
    """ALERT texts, which a person has to be shown (RFC 9051, 7.1)."""
    changed: UidSet = UidSet()
    """Messages of which FETCH told only that they changed (MODSEQ, RFC 7162, 3.1.3)."""

    @property
    def named(self) -> UidSet:
        """Messages that FETCH told of, and that are there still as far as was said."""
        told = UidSet.of(one.uid for one in self.flags) | self.changed
        return UidSet.of(uid for uid in told if uid not in self.vanished)

    def __bool__(self) -> bool:
        return bool(
            self.flags
            or self.vanished
            or self.exists is not None
            or self.expunged
            or self.unnamed
            or self.alerts
        )

    def __add__(self, later: "Changes") -> "Changes":
        return Changes(
            self.flags + later.flags,
            self.vanished | later.vanished,
            self.exists if later.exists is None else later.exists,
            self.expunged + later.expunged,
            self.unnamed + later.unnamed,
            self.alerts + later.alerts,
            self.changed | later.changed,
        )
