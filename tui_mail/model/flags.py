r"""Flags and keywords, and how two people's edits of them meet.

What a person sees is ``(server | added) - removed``: the server's facts with the
wishes of this user laid over them. A wish is a delta, so that two people's edits to
different flags both survive.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tui_mail.model.ids import MessageNumber

Flags = frozenset[str]
"""System flags with their backslash (``\\Seen``) and keywords (``$Forwarded``)."""

SEEN = "\\Seen"
ANSWERED = "\\Answered"
FLAGGED = "\\Flagged"
DELETED = "\\Deleted"
DRAFT = "\\Draft"
FORWARDED = "$Forwarded"
JUNK = "$Junk"
NOT_JUNK = "$NotJunk"
MUTED = "$Muted"

SYSTEM_FLAGS = (SEEN, ANSWERED, FLAGGED, DELETED, DRAFT)
_CANONICAL = {flag.lower(): flag for flag in (*SYSTEM_FLAGS, FORWARDED, JUNK, NOT_JUNK)}
_SPECIALS = frozenset('(){%*"\\] ')


class DeltaState(StrEnum):
    """How far a wish about one flag has come."""

    QUEUED = "queued"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class FlagDelta:
    """A wish of the user about one flag of one message."""

    message: MessageNumber
    flag: str
    add: bool
    state: DeltaState = DeltaState.QUEUED


def canonical(flag: str) -> str:
    r"""Spell a flag as its RFC does: flags are compared without case (RFC 9051, 2.3.2)."""
    return _CANONICAL.get(flag.lower(), flag)


def is_keyword(flag: str) -> bool:
    """Tell whether a word may be a keyword: an atom of printable ASCII (RFC 9051, 9)."""
    return bool(flag) and all(
        " " < character < "\x7f" and character not in _SPECIALS for character in flag
    )


def shown(server: Flags, added: Iterable[str], removed: Iterable[str]) -> Flags:
    """Lay the user's wishes over the server's facts."""
    return (server | frozenset(added)) - frozenset(removed)
