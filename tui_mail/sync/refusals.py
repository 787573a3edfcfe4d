"""What a server's NO means for a wish: later, never, or after something else."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from tui_mail.model.error import CannotBeSaid, ServerRefused

MOST_ATTEMPTS = 8
"""After so many the wish is given back to the person."""

_LATER = frozenset(
    {
        "UNAVAILABLE",
        "INUSE",
        "SERVERBUG",
        "LIMIT",
        "OVERQUOTA",
        "CONTACTADMIN",
        "CORRUPTION",
        "AUTHORIZATIONFAILED",
    }
)
"""Response codes of what may pass (RFC 5530)."""
_MEANINGS = {
    "OVERQUOTA": "there is no room left",
    "NOPERM": "that is not allowed there",
    "READ-ONLY": "nothing may be changed there",
    "TOOBIG": "the message is too large",
    "LIMIT": "that is too much at once",
    "INUSE": "somebody else is at work there",
    "UNAVAILABLE": "the server cannot do it just now",
    "SERVERBUG": "the server made a mistake",
    "CORRUPTION": "the mailbox is damaged on the server",
    "CONTACTADMIN": "who runs the server has to help",
    "EXPIRED": "the login is not good any more",
    "AUTHORIZATIONFAILED": "the server does not let you in there just now",
    "NONEXISTENT": "there is no such mailbox",
    "TRYCREATE": "there is no such mailbox",
    "ALREADYEXISTS": "there is such a mailbox already",
    "CANNOT": "the server cannot do that",
    "HASCHILDREN": "there are mailboxes below it",
    "EXPUNGEISSUED": "some of the messages are gone",
    "CLIENTBUG": "the server takes it for a mistake of this program",
}
"""What response codes mean to a person (RFC 5530)."""
_THROTTLED = re.compile(r"throttl|try again|too many|temporar|backoff", re.IGNORECASE)
_MILLISECONDS = re.compile(r"backoff time: (\d{1,9}) milliseconds", re.IGNORECASE)
_LONGEST_HINT = 300.0


_NOT_ABOUT_MESSAGES = frozenset(
    {"UNAVAILABLE", "INUSE", "LIMIT", "AUTHORIZATIONFAILED", "NOPERM", "CANNOT"}
)


def is_about_messages(refusal: ServerRefused) -> bool:
    """Tell whether a refused FETCH may be due to one of its messages only."""
    if refusal.code in _NOT_ABOUT_MESSAGES:
        return False
    return not _THROTTLED.search(str(refusal))


class Verdict(Enum):
    """What is done about a refused wish."""

    LATER = auto()
    NEVER = auto()
    CREATE = auto()
    """Create the target, then once more."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, with the moment of the next attempt where there is one."""

    verdict: Verdict
    until: datetime
    why: str = ""
    """What it means in words, then what the server said."""
    waits: bool = False
    """Whether the next attempt is not at once."""


def judge(refusal: ServerRefused, *, attempts: int, now: datetime) -> Judgement:
    """Decide what a refusal means, after so many attempts before."""
    if refusal.code == "EXPUNGEISSUED" and attempts + 1 < MOST_ATTEMPTS:
        # Some of the messages are gone; which, is looked at before the next attempt.
        return Judgement(Verdict.LATER, now, _in_words(refusal))
    wait = _hint(str(refusal)) or min(15.0 * 2.0**attempts, 3_600.0)
    until = _next_second(now + timedelta(seconds=wait))
    if refusal.code == "TRYCREATE":
        return Judgement(Verdict.CREATE, until, _in_words(refusal))
    passing = refusal.code in _LATER or (
        not refusal.code and bool(_THROTTLED.search(str(refusal)))
    )
    later = passing and attempts + 1 < MOST_ATTEMPTS
    verdict = Verdict.LATER if later else Verdict.NEVER
    return Judgement(verdict, until, _in_words(refusal), waits=later)


def _next_second(moment: datetime) -> datetime:
    """Round up: the store keeps whole seconds, and no wait is over before it begins."""
    part = timedelta(microseconds=moment.microsecond)
    return moment - part + timedelta(seconds=1) if part else moment


def _in_words(refusal: ServerRefused) -> str:
    if isinstance(refusal, CannotBeSaid):
        # No server said so.
        return refusal.line
    meaning = _MEANINGS.get(refusal.code)
    return f"{meaning}; {refusal.line}" if meaning else refusal.line


def _hint(line: str) -> float:
    """Read how long the server asks to wait; seconds, not above five minutes."""
    match = _MILLISECONDS.search(line)
    return min(int(match[1]) / 1000, _LONGEST_HINT) if match else 0.0
