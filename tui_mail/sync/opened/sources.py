"""What a file or folder of mail has to tell, whatever its form."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from tui_mail.mime.headers import MAX_BLOCK
from tui_mail.model.error import MailError
from tui_mail.model.flags import Flags
from tui_mail.model.ids import Uid

_HEADER = 8_192
"""Octets of a message in which most headers end."""
_EMPTY_LINE = re.compile(rb"\n\r?\n")

Tell = Callable[[int, int], None]
"""Told how many octets, of how many, were looked through."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message, as far as a list shows it."""

    mailbox: str
    """The name of the mailbox that it is in."""
    uid: Uid
    """Tells it from all others there as long as the file is not written anew."""
    size: int
    arrived: datetime | None
    flags: Flags
    headers: bytes


CHANGED = "another program has changed it; open it again"
GONE = "it is not there any more"


class Gone(MailError):
    """What was opened, or a message in it, is not there any more, or is another now."""


class Source(Protocol):
    """A file or folder of mail. Nothing of it is ever changed."""

    path: Path

    def mailboxes(self) -> tuple[str, ...]:
        """Name its mailboxes, that in which it begins first."""

    def newest(self, most: int) -> list[Found]:
        """Find some of the newest messages, fast; raises MailError, OSError."""

    def found(
        self, is_known: Callable[[str, Uid], bool], tell: Tell
    ) -> Iterator[Found | None]:
        """Find all that is not known, or has grown; the newest first where that is cheap.

        None is given now and then while there is none yet. Raises MailError, OSError.
        """

    def has(self, mailbox: str, uid: Uid) -> bool:
        """Tell, once all was found, whether what was thought a message is one."""

    def count(self) -> int:
        """Say how many messages it has; 0 while that is not known."""

    def troubles(self) -> tuple[str, ...]:
        """Say what of it could not be read when all else was found."""

    def size_of(self, mailbox: str, uid: Uid) -> int:
        """Say how many octets a message has; raises Gone, OSError."""

    def pieces(self, mailbox: str, uid: Uid) -> Iterator[bytes]:
        """Read a message, a piece in memory at a time; raises Gone, OSError."""

    def look(self) -> bool:
        """Tell whether it has more messages than before; raises Gone, OSError."""


def why_not(error: OSError | MailError) -> str:
    """Say in a line why something could not be read, without its path."""
    if isinstance(error, MailError):
        return str(error.line)
    if isinstance(error, FileNotFoundError):
        return GONE
    return f"it cannot be read: {error.strerror or error}"


def read_headers(file: BinaryIO, start: int, end: int) -> bytes:
    """Read a message's header block, up to its empty line or the limit of all headers."""
    size = _HEADER
    while True:
        file.seek(start)
        octets = file.read(min(size, end - start))
        found = header_of(octets)
        if len(found) < len(octets) or size >= MAX_BLOCK or size >= end - start:
            return found
        size *= 4


def header_of(octets: bytes) -> bytes:
    """Cut the header block out of a message, its empty line with it."""
    if octets.startswith((b"\n", b"\r\n")):
        return octets[: octets.index(b"\n") + 1]
    found = _EMPTY_LINE.search(octets)
    return octets[: found.end()] if found else octets
