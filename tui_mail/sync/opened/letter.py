"""One message in a file of its own."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from tui_mail.mime.mail_files import open_unseen
from tui_mail.model.displayable import displayable
from tui_mail.model.ids import Uid
from tui_mail.sync.opened.sources import (
    GONE,
    Found,
    Gone,
    Tell,
    read_headers,
)

_PIECE = 1 << 18
_ONLY = Uid(1)


class LetterSource:
    """A file that is a message."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._name = str(displayable(path.name))

    def mailboxes(self) -> tuple[str, ...]:
        """Name the one that it lies in."""
        return (self._name,)

    def newest(self, most: int) -> list[Found]:  # noqa: ARG002 - it is the only one
        """Find it."""
        with open_unseen(self.path) as file:
            told = os.fstat(file.fileno())
            headers = read_headers(file, 0, told.st_size)
        written = datetime.fromtimestamp(int(told.st_mtime), UTC)
        return [
            Found(self._name, _ONLY, told.st_size, written, frozenset(), headers),
        ]

    def found(
        self,
        is_known: Callable[[str, Uid], bool],
        tell: Tell,  # noqa: ARG002 - it takes no time
    ) -> Iterator[Found | None]:
        """Find it, if it is not known."""
        if not is_known(self._name, _ONLY):
            yield from self.newest(1)

    def has(self, mailbox: str, uid: Uid) -> bool:  # noqa: ARG002
        """Tell that it is there."""
        return True

    def count(self) -> int:
        """Count it."""
        return 1

    def troubles(self) -> tuple[str, ...]:
        """Say nothing: it is read or not."""
        return ()

    def size_of(self, mailbox: str, uid: Uid) -> int:  # noqa: ARG002
        """Say how large it is."""
        with open_unseen(self.path) as file:
            return os.fstat(file.fileno()).st_size

    def pieces(self, mailbox: str, uid: Uid) -> Iterator[bytes]:  # noqa: ARG002
        """Read it."""
        with open_unseen(self.path) as file:
            while piece := file.read(_PIECE):
                yield piece

    def look(self) -> bool:
        """See whether it is still there."""
        if not self.path.exists():
            raise Gone(GONE)
        return False
