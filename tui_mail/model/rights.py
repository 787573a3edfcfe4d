"""What a user may do in a mailbox (RFC 4314)."""

from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """The rights that a reader of mail needs, by their letters."""

    READ = "r"
    KEEP_SEEN = "s"
    KEEP_FLAGS = "w"
    INSERT = "i"
    MARK_DELETED = "t"
    EXPUNGE = "e"
    CREATE_BELOW = "k"
    DELETE_MAILBOX = "x"


_OLD = {"c": "kx", "d": "tex"}
"""What the letters of RFC 2086 meant."""
_IN_WORDS = (
    (frozenset({Right.KEEP_SEEN}), "read and unread"),
    (frozenset({Right.KEEP_FLAGS}), "flags"),
    (frozenset({Right.INSERT}), "putting mail in"),
    (frozenset({Right.MARK_DELETED, Right.EXPUNGE}), "taking mail out"),
)
_TO_CHANGE = {word for _, word in _IN_WORDS[1:]}
"""What makes a mailbox more than one to be read, where all can mark what they have read."""


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights in one mailbox."""

    letters: str
    """As the server said them, those of old times put into today's; sorted."""

    @classmethod
    def said(cls, letters: str) -> "Rights":
        """Read what a server says, also one of RFC 2086's time."""
        known = frozenset(letters.lower())
        if not known & frozenset("kxte"):
            known |= frozenset("".join(_OLD.get(letter, "") for letter in known))
        return cls("".join(sorted(known & frozenset("lrswipkxtea"))))

    def __contains__(self, right: Right) -> bool:
        return right.value in self.letters

    @property
    def in_words(self) -> str:
        """Say what is not allowed, in short; empty where nothing is missing."""
        missing = [
            word for needed, word in _IN_WORDS if not all(one in self for one in needed)
        ]
        if set(missing) >= _TO_CHANGE:
            return "read only"
        return f"no {', no '.join(missing)}" if missing else ""
