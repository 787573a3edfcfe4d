"""Mailboxes: what a server lists and what the store knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tui_mail.model.displayable import Displayable
from tui_mail.model.flags import SYSTEM_FLAGS
from tui_mail.model.ids import MailboxId, ModSeq, Uid, UidValidity
from tui_mail.model.namespace import NamespaceKind
from tui_mail.model.rights import Right, Rights

_CHANGES = frozenset(
    {Right.KEEP_SEEN, Right.KEEP_FLAGS, Right.MARK_DELETED, Right.EXPUNGE}
)
"""What cannot be done in a mailbox that is only to be read."""
_IN_WORDS = {
    Right.READ: "read",
    Right.KEEP_SEEN: "mark mail read or unread in",
    Right.KEEP_FLAGS: "flag or tag mail in",
    Right.INSERT: "put mail into",
    Right.MARK_DELETED: "take mail out of",
    Right.EXPUNGE: "take mail out of",
    Right.CREATE_BELOW: "make a mailbox below",
    Right.DELETE_MAILBOX: "rename or delete",
}
TAKE_OUT = (Right.MARK_DELETED, Right.EXPUNGE)
"""The rights that it takes to move mail out of a mailbox, or delete it for ever."""


class SpecialUse(StrEnum):
    """What a mailbox is for (RFC 6154); ``inbox`` is ours, for the one called INBOX."""

    INBOX = "inbox"
    SENT = "sent"
    DRAFTS = "drafts"
    TRASH = "trash"
    ARCHIVE = "archive"
    JUNK = "junk"
    ALL = "all"
    FLAGGED = "flagged"


USUAL_NAMES: Mapping[SpecialUse, str] = {
    SpecialUse.ARCHIVE: "Archive",
    SpecialUse.DRAFTS: "Drafts",
    SpecialUse.JUNK: "Junk",
    SpecialUse.SENT: "Sent",
    SpecialUse.TRASH: "Trash",
}
"""What a mailbox that we make for something is called, unless a person says otherwise."""
ARCHIVE_PERIODS: Mapping[str, str] = {"year": "%Y", "month": "%Y-%m"}
"""What a mailbox below the archive is called, by the setting ``archive``."""


@dataclass(frozen=True, slots=True)
class MailboxCounts:
    """What STATUS says of a mailbox without selecting it (RFC 9051, 6.3.11)."""

    messages: int
    unseen: int
    uid_next: Uid
    uid_validity: UidValidity
    highest_modseq: ModSeq


@dataclass(frozen=True, slots=True)
class ListedMailbox:
    """One mailbox as the server lists it (RFC 9051, 6.3.9)."""

    wire_name: bytes
    """The name in the octets the server used; only these go back to it."""
    name: str
    """The name decoded from modified UTF-7, hierarchy and all; not yet displayable."""
    delimiter: str
    """The hierarchy delimiter; empty where the names are flat."""
    attributes: frozenset[str]
    """Lower case, with the backslash: ``\\noselect``, ``\\haschildren``."""
    special_use: SpecialUse | None
    subscribed: bool
    counts: MailboxCounts | None = None

    @property
    def selectable(self) -> bool:
        """Whether it can hold messages."""
        return not self.attributes & {"\\noselect", "\\nonexistent"}

    @property
    def takes_others(self) -> bool:
        """Whether mailboxes can lie below it."""
        return "\\noinferiors" not in self.attributes


@dataclass(frozen=True, slots=True)
class MailboxState:
    """The cursors of one mailbox, committed with the changes that they cover."""

    uid_validity: UidValidity | None = None
    """None before the first synchronization."""
    uid_next: Uid = Uid(1)
    """Every message below was seen, or lies below ``low_uid``."""
    highest_modseq: ModSeq = ModSeq(0)
    """Every flag change up to here is in the store; 0 where the server has none."""
    low_uid: Uid = Uid(0)
    """The downward cursor: messages from here up are in the store; 1 when all are.
    0 before the first window."""
    exists: int = 0
    """How many messages the server had when it was last selected."""
    keywords_kept: bool = True
    """Whether the server keeps keywords (PERMANENTFLAGS has ``\\*``)."""
    read_only: bool = False
    keywords_named: frozenset[str] = frozenset()
    """Those that it keeps where it does not keep all, in small letters."""

    def keeps(self, flag: str) -> bool:
        """Tell whether the server keeps a flag; else it stays here."""
        known = flag in SYSTEM_FLAGS or flag.lower() in self.keywords_named
        return self.keywords_kept or known


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox as the store knows it."""

    id: MailboxId
    wire_name: bytes
    name: Displayable
    """The whole name with the delimiter shown as ``/``."""
    parts: tuple[Displayable, ...]
    """The name cut at its delimiter."""
    special_use: SpecialUse | None
    selectable: bool
    subscribed: bool
    local: bool
    """It lies only here: a POP3 or local account's, or not yet created on the server."""
    total: int
    """Messages here; more may be on the server while the first synchronization runs."""
    unread: int
    server_total: int
    """Messages on the server when it last said so."""
    state: MailboxState
    synced_at: datetime | None
    """When it was last known to agree with the server."""
    pinned: bool = False
    """A person keeps all of it for offline reading."""
    delimiter: str = "/"
    """What the server parts names with; empty where they are flat."""
    followed: bool = True
    """It is seen and kept in step; False where it is not subscribed to."""
    takes_others: bool = True
    """Mailboxes can lie below it."""
    namespace: NamespaceKind = NamespaceKind.PERSONAL
    """Whom it belongs to."""
    prefix_parts: int = 0
    """How many parts of its name only say where it lies: ``shared`` in ``shared/bob``."""
    rights: Rights | None = None
    """What may be done in it; None where the server does not say."""

    def may(self, right: Right) -> bool:
        """Whether the server lets us do so, as far as it said."""
        if self.rights is not None:
            return right in self.rights
        return not self.state.read_only or right not in _CHANGES

    def why_not(self, *needed: Right) -> str:
        """Say that something may not be done; empty where it may."""
        missing = next((right for right in needed if not self.may(right)), None)
        if missing is None:
            return ""
        why = ": it is read only" if self.limits == "read only" else ""
        return f'you may not {_IN_WORDS[missing]} "{self.name}"{why}'

    @property
    def limits(self) -> str:
        """Say what may not be done in it; empty where all may."""
        if self.rights is not None:
            return self.rights.in_words
        return "read only" if self.state.read_only else ""


def is_by_date(archive: Mailbox, period: str) -> bool:
    """Tell whether mail goes below an archive by its date, as the setting says."""
    can_have_more = archive.takes_others and bool(archive.delimiter)
    return period in ARCHIVE_PERIODS and can_have_more
