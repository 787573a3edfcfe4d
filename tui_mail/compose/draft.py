"""A message while it is written: what was typed, as it was typed."""

from dataclasses import dataclass
from pathlib import Path

from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import MessageNumber, PartId


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file of this machine, read when the message is sent or kept as a draft."""

    path: Path


@dataclass(frozen=True, slots=True)
class PartSource:
    """A part of a message in the same account's store; ``""`` is the whole message."""

    message: MessageNumber
    part: PartId


@dataclass(frozen=True, slots=True)
class Attachment:
    """What goes with a message."""

    name: Displayable
    """Without any folder; empty for an attached message."""
    type: str
    """Lower case, ``image/png``; ``message/rfc822`` for an attached message."""
    size: int
    """Octets, before any encoding."""
    source: FileSource | PartSource


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a person writes; addresses and text may be unfinished or wrong."""

    account: str
    """The account that sends it, and in whose store its parent and parts lie."""
    sender: str
    """The From field as typed: ``Ann Example <ann@example.org>``."""
    to: str = ""
    cc: str = ""
    bcc: str = ""
    reply_to: str = ""
    subject: str = ""
    body: str = ""
    r"""Its lines end with ``\n``; the signature is in it."""
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str = ""
    """Without angle brackets."""
    references: tuple[str, ...] = ()
    """Oldest first, without angle brackets."""
    parent: MessageNumber | None = None
    """The message of this account that it answers or forwards."""
    parent_flag: str = ""
    """What the parent gets when it has gone: ``\\Answered``, ``$Forwarded``, or nothing."""
    forwarded_id: str = ""
    """The Message-ID of the one message that it forwards, without angle brackets."""
    warn_private: bool = False
    """It answers a list's message to its sender alone."""
    message: MessageNumber | None = None
    """The message in Drafts that it was resumed from, or was kept as."""
