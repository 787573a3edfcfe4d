"""What an IMAP connection is told and tells, as values."""

from dataclasses import dataclass, field

from tui_mail.model.changes import Changes
from tui_mail.model.ids import ModSeq, Uid, UidValidity
from tui_mail.model.uids import UidSet


@dataclass(frozen=True, slots=True)
class KnownState:
    """What the store knows of a mailbox, for QRESYNC (RFC 7162, 3.2.5)."""

    uid_validity: UidValidity
    highest_modseq: ModSeq
    uids: UidSet
    """Messages that the store has; empty: the server need not be told."""


@dataclass(frozen=True, slots=True)
class Selected:
    """What SELECT said."""

    uid_validity: UidValidity
    uid_next: Uid
    highest_modseq: ModSeq
    """0 where the mailbox has none."""
    exists: int
    read_only: bool
    keywords_kept: bool
    """Whether new keywords are kept (PERMANENTFLAGS has ``\\*``, or is not said)."""
    keywords_named: frozenset[str]
    """Keywords that are kept where new ones are not, in small letters."""
    changes: Changes
    """What changed since the known state; flags and vanished, with QRESYNC."""
    resynced: bool
    """Whether ``changes`` is all that changed: the known state was taken as it is."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Where messages came to lie (COPYUID, RFC 9051, 7.1)."""

    validity: UidValidity | None = None
    """Of the target; None where the server does not tell."""
    uids: dict[Uid, Uid] = field(default_factory=dict)
    """From the source's UID to the target's; empty where the server does not tell."""


@dataclass(frozen=True, slots=True)
class AppendedUid:
    """Where a message that was appended lies (APPENDUID, RFC 9051, 7.1)."""

    validity: UidValidity
    uid: Uid
