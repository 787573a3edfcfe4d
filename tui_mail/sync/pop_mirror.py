"""A Maildir that gets each new message too, before anything is deleted on the server.

A file is named by its octets: who was killed between writing it and noting that finds
it again, and a message is there once.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from tui_mail.mime.maildir import make_maildir, write_maildir
from tui_mail.model.displayable import displayable
from tui_mail.store.pulling import (
    Pulled,
    load_unmirrored,
    note_mirrored,
    octets_of,
    verify_stored,
)
from tui_mail.sync.pop_session import PopSession

_PLACES = ("cur", "new")
_NAMED = re.compile(r"\d+\.([0-9a-f]{40})\.")
_DIGITS = 40


class Mirror:
    """The Maildir of one account, if the settings name one."""

    def __init__(self, session: PopSession) -> None:
        self._session = session
        path = session.server.mirror
        self._folder = Path(path) if path else None
        self._there: set[str] | None = None
        """What it had already, by the start of the name."""
        self.broken = False
        """It cannot be written to."""

    @property
    def wanted(self) -> bool:
        """Whether there is to be one."""
        return self._folder is not None

    def steps(self) -> Iterator[None]:
        """Write what waits for it; what cannot be written is said, and waits."""
        if self._folder is None or self.broken:
            return
        session = self._session
        for one in load_unmirrored(session.database):
            if not verify_stored(session.database, one):
                continue
            try:
                self._write(self._folder, one)
            except OSError as error:
                self.broken = True
                said = f"{displayable(str(self._folder))}: {error.strerror or error}"
                session.receipt.complain(f"the mirror cannot be written: {said}")
                return
            with session.pace.transaction() as tx:
                note_mirrored(tx, [one])
            yield

    def _write(self, folder: Path, one: Pulled) -> None:
        """Put a message there: when this returns it is on the disk, whole."""
        named = one.digest.hex()[:_DIGITS]
        if named in self._names(folder):
            return
        octets = octets_of(self._session.database, one)
        write_maildir(folder, octets, arrived=one.stored_at, named=named)
        self._names(folder).add(named)

    def _names(self, folder: Path) -> set[str]:
        if self._there is None:
            make_maildir(folder)
            found = (
                _NAMED.match(entry.name)
                for place in _PLACES
                for entry in (folder / place).iterdir()
            )
            self._there = {match[1] for match in found if match}
        return self._there
