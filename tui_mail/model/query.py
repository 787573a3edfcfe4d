"""What a person searches for, as values; :mod:`tui_mail.model.query_parser` reads it."""

from dataclasses import dataclass, field
from datetime import date

IN_ANYWHERE = "anywhere"
"""The mailbox name that lets trash and junk be searched too."""

ME = "me"
"""The value of ``from:``, ``to:`` and ``cc:`` that means oneself."""

STATES = ("unread", "read", "flagged", "answered", "draft", "pinned")
"""What ``is:`` may ask for."""

TEXT_FIELDS = (
    *("from", "to", "cc", "subject", "body", "filename"),
    *("in", "account", "tag", "list", "id", "thread"),
)
"""The fields whose value is text; every other field has a leaf of its own."""


@dataclass(frozen=True, slots=True)
class Everything:
    """``*``: every message that is not in trash or junk."""


@dataclass(frozen=True, slots=True)
class Words:
    """A word or a phrase in the subject, addresses, text or attachment names."""

    text: str
    phrase: bool = False
    """It stood in quotes: its words follow each other."""
    column: int = 1


@dataclass(frozen=True, slots=True)
class Field:
    """``name:value`` for one of :data:`TEXT_FIELDS`, aliases resolved."""

    name: str
    value: str
    column: int = 1
    """Where the term begins, counted from 1."""


@dataclass(frozen=True, slots=True)
class Before:
    """Messages of the days before this one."""

    day: date


@dataclass(frozen=True, slots=True)
class After:
    """Messages of this day and later ones."""

    day: date


@dataclass(frozen=True, slots=True)
class On:
    """Messages of this day."""

    day: date


@dataclass(frozen=True, slots=True)
class Between:
    """Messages of these days, both included; None leaves that end open."""

    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Older:
    """Messages of the days before the one so many days ago."""

    days: int


@dataclass(frozen=True, slots=True)
class Newer:
    """Messages of the day so many days ago and later ones."""

    days: int


@dataclass(frozen=True, slots=True)
class Larger:
    """Messages of more than so many octets."""

    octets: int


@dataclass(frozen=True, slots=True)
class Smaller:
    """Messages of fewer than so many octets."""

    octets: int


@dataclass(frozen=True, slots=True)
class Is:
    """A state of :data:`STATES`."""

    state: str
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class HasAttachment:
    """Messages with an attachment."""


@dataclass(frozen=True, slots=True)
class Not:
    """What the term does not find."""

    term: "Query"


@dataclass(frozen=True, slots=True)
class And:
    """What every one of two or more terms finds."""

    terms: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What any of two or more terms finds."""

    terms: tuple["Query", ...]


Query = (
    Everything
    | Words
    | Field
    | Before
    | After
    | On
    | Between
    | Older
    | Newer
    | Larger
    | Smaller
    | Is
    | HasAttachment
    | Not
    | And
    | Or
)
