"""What readers and engines say to each other: little, since mail goes by the store."""

from dataclasses import dataclass, field
from typing import Literal

from tui_mail.model.displayable import Displayable
from tui_mail.model.event import Event
from tui_mail.model.ids import MailboxId, MessageNumber, PartId

State = Literal["connecting", "synchronizing", "connected", "offline", "failed"]
Which = Literal["incoming", "smtp"]
"""A server of an account: the one that mail comes from, or the one that takes it."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Who joins: a reader stays and can be asked, a command waits for one answer."""

    role: Literal["reader", "command"]
    offline: bool = False
    read_only: bool = False
    """Nothing is to be changed on a server because of it."""


@dataclass(frozen=True, slots=True)
class Wake:
    """Something in the store waits for the server."""

    events: tuple[Event, ...] = ()
    """What was changed there, where the engine and its readers could not know it."""


@dataclass(frozen=True, slots=True)
class Synchronize:
    """Bring one mailbox in step, or all; answered by Done with the receipt."""

    mailbox: MailboxId | None
    request: int
    whole: bool = False
    """With all: fetch whole messages, this once, whatever the settings say."""


@dataclass(frozen=True, slots=True)
class FetchPart:
    """Fetch a part now, or the readable text for None; answered by Done."""

    message: MessageNumber
    part: PartId | None
    request: int


@dataclass(frozen=True, slots=True)
class Search:
    """Have the server look for what a query means; answered by Done.

    What it finds is in the store then, and the same query finds it there.
    """

    query: str
    request: int


@dataclass(frozen=True, slots=True)
class OpenMailbox:
    """This mailbox is looked at: its news are wanted at once."""

    mailbox: MailboxId | None


@dataclass(frozen=True, slots=True)
class Password:
    """The answer to NeedPassword; empty gives up."""

    secret: str = field(repr=False)
    server: Which = "incoming"


@dataclass(frozen=True, slots=True)
class GoOffline:
    """Close all connections and open none, or go online again."""

    offline: bool


@dataclass(frozen=True, slots=True)
class Cancel:
    """What this client asked for under this number is not wanted any more."""

    request: int


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed in the store, after the commit."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """What the engine is about; the last one holds, and each who joins is told it."""

    state: State
    line: Displayable
    """A short sentence; where the state is failed, what is wrong."""
    done: int = 0
    total: int = 0
    """0 where there is nothing to count."""
    mailbox: MailboxId | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A request came to its end; the line is its receipt, or what went wrong."""

    request: int
    ok: bool
    line: Displayable = Displayable("")


@dataclass(frozen=True, slots=True)
class PartProgress:
    """How much of a part is here, in octets; of a search, how many mailboxes are done."""

    request: int
    done: int
    total: int
    """0 where it is not known."""


@dataclass(frozen=True, slots=True)
class NeedPassword:
    """The engine has no password, or the server did not take it."""

    line: Displayable
    server: Which = "incoming"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A synchronization that nobody asked for ended, and had something to say."""

    line: Displayable
    urgent: bool = False
    """Whether a person has to read it: something was refused, or the server insists."""


ToEngine = (
    Hello
    | Wake
    | Synchronize
    | FetchPart
    | Search
    | OpenMailbox
    | Password
    | GoOffline
    | Cancel
)
ToReader = Changed | Status | Done | PartProgress | NeedPassword | Receipt
Message = ToEngine | ToReader
