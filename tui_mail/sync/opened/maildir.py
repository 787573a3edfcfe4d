"""A Maildir in the place of a server: a message is known by the name of its file."""

import os
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from tui_mail.mime.mail_files import open_unseen
from tui_mail.mime.maildir import MaildirEntry, maildir_folders, scan_maildir
from tui_mail.model.displayable import displayable
from tui_mail.model.ids import Uid
from tui_mail.sync.opened.sources import (
    GONE,
    Found,
    Gone,
    Tell,
    read_headers,
)

INBOX = "INBOX"
"""What a Maildir is to those within it."""
_PIECE = 1 << 18
_SUBFOLDERS = ("cur", "new")


class MaildirSource:
    """A Maildir and those within it, each a mailbox."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folders: dict[str, Path] = {}
        for names, folder in maildir_folders(path):
            name = _mailbox_name(names)
            while name in self._folders:
                name += "_"
            self._folders[name] = folder
        self._files: tuple[str, dict[Uid, Path]] = ("", {})
        """The mailbox that was read in last, and its files."""
        self._times = self._changed()
        self._unreadable: list[str] = []

    def mailboxes(self) -> tuple[str, ...]:
        """Name the Maildir, then those within it."""
        return tuple(self._folders)

    def newest(self, most: int) -> list[Found]:
        """Find messages of the first mailbox: the names of files begin with when they came."""
        name, folder = next(iter(self._folders.items()))
        entries = scan_maildir(folder, within=False, newest_first=True)
        found = (_found(name, entry) for entry in entries)
        return [one for one in islice(found, most) if one is not None]

    def found(
        self,
        is_known: Callable[[str, Uid], bool],
        tell: Tell,  # noqa: ARG002 - how much it is shows at the end
    ) -> Iterator[Found | None]:
        """Find messages mailbox by mailbox, in each the newest first."""
        self._times = self._changed()
        self._unreadable.clear()
        for name, folder in self._folders.items():
            try:
                for entry in scan_maildir(folder, within=False, newest_first=True):
                    known = is_known(name, uid_of(entry.path.name))
                    yield None if known else _found(name, entry)
            except OSError as error:
                self._unreadable.append(f"{folder}: {error.strerror}")

    def has(self, mailbox: str, uid: Uid) -> bool:  # noqa: ARG002
        """Tell of all that was found that it is there: of its end nobody hears."""
        return True

    def count(self) -> int:
        """Say that it is not known before all folders are read."""
        return 0

    def troubles(self) -> tuple[str, ...]:
        """Name the folders that cannot be read."""
        return tuple(self._unreadable)

    def size_of(self, mailbox: str, uid: Uid) -> int:
        """Say how large a message is."""
        return self._file(mailbox, uid).stat().st_size

    def pieces(self, mailbox: str, uid: Uid) -> Iterator[bytes]:
        """Read a message, under whatever name it has now."""
        with open_unseen(self._file(mailbox, uid)) as file:
            while piece := file.read(_PIECE):
                yield piece

    def _file(self, mailbox: str, uid: Uid) -> Path:
        """Find a file; other programs rename it with each change of its flags."""
        path = self._files[1].get(uid) if self._files[0] == mailbox else None
        if path is None or not path.exists():
            folder = self._folders[mailbox]
            self._files = (
                mailbox,
                {uid_of(name): folder / where / name for name, where in _names(folder)},
            )
            path = self._files[1].get(uid)
        if path is None:
            raise Gone("another program has removed this message")
        return path

    def look(self) -> bool:
        """See whether any folder changed."""
        if not self.path.is_dir():
            raise Gone(GONE)
        return self._changed() != self._times

    def _changed(self) -> list[int]:
        times = []
        for folder in self._folders.values():
            for name in _SUBFOLDERS:
                try:
                    times.append((folder / name).stat().st_mtime_ns)
                except OSError:
                    times.append(0)
        return times


def uid_of(name: str) -> Uid:
    """Make a number of a file's name, without its flags, that stays with the message."""
    unique = name
    for sign in (":2,", ";2,", "!2,"):
        unique = unique.partition(sign)[0]
    digest = blake2b(os.fsencode(unique), digest_size=8).digest()
    return Uid((int.from_bytes(digest, "big") >> 2) + 1)


def _mailbox_name(names: tuple[str, ...]) -> str:
    parts = [displayable(one).replace("/", "_").strip() or "_" for one in names]
    return "/".join(parts) or INBOX


def _names(folder: Path) -> Iterator[tuple[str, str]]:
    for where in _SUBFOLDERS:
        try:
            names = [path.name for path in (folder / where).iterdir()]
        except OSError:
            continue
        yield from ((name, where) for name in names if not name.startswith("."))


def _found(mailbox: str, entry: MaildirEntry) -> Found | None:
    """Read what a list shows of a message; None where another program was faster."""
    try:
        with open_unseen(entry.path) as file:
            headers = read_headers(file, 0, entry.size)
    except OSError:
        return None
    return Found(
        mailbox=mailbox,
        uid=uid_of(entry.path.name),
        size=entry.size,
        arrived=entry.arrived,
        flags=entry.flags,
        headers=headers,
    )
