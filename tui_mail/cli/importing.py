"""Put mail out of files into a mailbox: a message, an mbox, or a Maildir.

The mailbox is made where there is none. Folders of a Maildir come to lie below it, below
INBOX beside it. What the mailbox has already is left as it is: an import that was
interrupted is begun anew.
"""

import argparse
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from tui_mail.cli import output
from tui_mail.cli.engines import wake
from tui_mail.cli.mail_files import FileMail, open_mail_files
from tui_mail.cli.session import Session
from tui_mail.cli.synchronizing import clear, show_progress
from tui_mail.config.settings import Account
from tui_mail.mime.from_lines import mail_digest
from tui_mail.mime.headers import MAX_BLOCK, parse_envelope
from tui_mail.mime.mbox_flags import mbox_flags
from tui_mail.mime.render import Renderer
from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import Displayable, displayable
from tui_mail.model.error import MailError, NotFound, UsageError
from tui_mail.model.flags import DELETED
from tui_mail.model.ids import MailboxId
from tui_mail.model.readable import ReadableText
from tui_mail.model.rights import Right
from tui_mail.store.appending import network_lines
from tui_mail.store.database import Database
from tui_mail.store.importing import Imported, Importing
from tui_mail.store.mailbox_names import named
from tui_mail.store.mailbox_wishes import create_mailbox
from tui_mail.store.mailboxes import find_mailbox, load_mailboxes

_LARGE = 1_000_000
"""Octets of a message that is not held in memory whole."""
_MOST_RENDERED = 8_000_000
"""Octets of a message that its text is made of."""
_TOGETHER = 1_000_000
"""Octets of messages in one transaction."""
_MOST = 25
"""Messages in one."""
_COMPLAINTS = 5
_NOT_IN_NAMES = re.compile(r"[*%/]")

Rendered = tuple[BodyPart | None, ReadableText]


@dataclass(slots=True)
class _Count:
    added: int = 0
    had: int = 0
    deleted: int = 0
    """Were marked as deleted where they came from."""
    failed: int = 0
    done: int = 0
    """Octets."""


@dataclass(slots=True)
class _Ready:
    """A message that was read, and its text as soon as that is made."""

    to: Importing
    message: Imported
    size: int
    rendered: "Future[Rendered]"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("path", metavar="PATH", help="a message, an mbox, a Maildir")
    parser.add_argument("--account", metavar="NAME", required=True)
    parser.add_argument(
        "--mailbox", metavar="NAME", required=True, help="made where there is none"
    )


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Import, and say how much was new."""
    if not arguments.path:
        raise UsageError("PATH: name a file or a folder")
    account = session.account(arguments.account)
    database = session.database(account)
    if account.kind == "imap" and not load_mailboxes(database):
        raise MailError(
            f"{account.name}: its mailboxes are not known yet: tui-mail sync "
            f"{account.name}"
        )
    with open_mail_files(Path(arguments.path)) as files:
        # Also where there is no message in it.
        target = _Target(account, database, arguments.mailbox)
        work = _Import(target, files.total)
        try:
            with Renderer() as renderer:
                work.take(files.mails, renderer)
        finally:
            clear()
            _tell(session, account, target, work.count)
    return int(work.count.failed > 0)


def _tell(session: Session, account: Account, target: "_Target", count: _Count) -> None:
    line = f"{target.name}: added {count.added:,}, had {count.had:,}"
    if count.deleted:
        line += f"; marked as deleted there: {count.deleted:,}"
    if count.failed:
        line += f"; could not be read: {count.failed:,}"
    output.note(line)
    if count.added and account.kind == "imap":
        wake(session, account)


class _Target:
    """The mailboxes that it goes to, each made when its first message comes."""

    def __init__(self, account: Account, database: Database, name: str) -> None:
        self.database = database
        self.is_server = account.kind == "imap"
        self._account = account
        self._base = displayable(name).strip()
        self._known: dict[tuple[str, ...], Importing] = {}
        self._boxes: dict[MailboxId, Importing] = {}
        _, self._base = self._mailbox(())
        self.name = f"{account.name}/{self._base}"

    def of(self, folder: tuple[str, ...]) -> Importing:
        """Find what puts messages of a folder into its mailbox; raises MailError."""
        if folder not in self._known:
            mailbox, _ = self._mailbox(folder)
            self._known[folder] = self._boxes.setdefault(mailbox, Importing(mailbox))
        return self._known[folder]

    def _mailbox(self, folder: tuple[str, ...]) -> tuple[MailboxId, Displayable]:
        name = self._name(folder)
        found = find_mailbox(self.database, name)
        if found is None:
            try:
                # As it is made: without double spaces, or a slash at the end.
                name = named(self.database, name).shown
                found = find_mailbox(self.database, name)
                if found is None:
                    with self.database.transaction() as tx:
                        return create_mailbox(tx, name).mailbox, name
            except MailError as error:
                raise MailError(f"{self._account.name}: {error.line}") from None
        if not found.selectable:
            raise NotFound(f'{self._account.name}: "{name}" cannot hold messages')
        if why := found.why_not(Right.INSERT):
            raise MailError(f"{self._account.name}: {why}")
        return found.id, found.name

    def _name(self, folder: tuple[str, ...]) -> str:
        """Name the mailbox of a folder of the Maildir."""
        if not folder:
            return self._base
        parts = [_NOT_IN_NAMES.sub("_", displayable(one)).strip() for one in folder]
        above = [] if self._base.upper() == "INBOX" else [self._base]
        return "/".join([*above, *(part or "_" for part in parts)])


@dataclass(slots=True)
class _Import:
    """One run: messages read, their texts made beside that, saved several at a time."""

    target: _Target
    total: int
    count: _Count = field(default_factory=_Count)

    def take(self, mails: Iterator[FileMail], renderer: Renderer) -> None:
        """Take all messages; those that cannot be read are named, the others come."""
        waiting: deque[_Ready] = deque()
        with closing(_Beside(renderer)) as beside:
            for mail in mails:
                if not mail.size:
                    continue
                ready = self._read(mail, beside)
                if ready is not None:
                    waiting.append(ready)
                if _is_enough(waiting):
                    # The texts of the newer half are made while the older is saved.
                    half = max(1, len(waiting) // 2)
                    self._save([waiting.popleft() for _ in range(half)])
            self._save(waiting)

    def _read(self, mail: FileMail, beside: "_Beside") -> _Ready | None:
        self.count.done += mail.size
        try:
            message = _imported(mail, is_server=self.target.is_server)
            to = self.target.of(mail.folder)
        except (OSError, MailError) as error:
            self._complain(mail, error)
            return None
        self.count.deleted += DELETED in message.flags
        if to.has(self.target.database, message):
            self._count(had=1)
            return None
        return _Ready(to, message, min(mail.size, _LARGE), beside.render(message))

    def _save(self, ready: Iterable[_Ready]) -> None:
        # Nobody who wants to write waits for a text.
        made = [(one, one.rendered.result()) for one in ready]
        with self.target.database.transaction() as tx:
            added = [one.to.add(tx, one.message, *text) for one, text in made]
        self._count(added=sum(added), had=added.count(False))

    def _count(self, *, added: int = 0, had: int = 0) -> None:
        self.count.added += added
        self.count.had += had
        if sys.stderr.isatty() and (added or self.count.had % _MOST == 0):
            self._show()

    def _show(self) -> None:
        if self.total:
            show_progress("importing (kB)", self.count.done // 1000, self.total // 1000)
        else:
            show_progress(f"importing: {self.count.added + self.count.had:,}", 0, 0)

    def _complain(self, mail: FileMail, error: Exception) -> None:
        self.count.failed += 1
        if self.count.failed <= _COMPLAINTS:
            why = error.strerror if isinstance(error, OSError) else str(error)
            output.complain(f"{mail.name}: {why}")


class _Beside:
    """Makes texts while messages are read and saved."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rendering")

    def render(self, message: Imported) -> "Future[Rendered]":
        """Have the text of a message made."""
        octets = b""
        for piece in message.pieces():
            octets += piece
            if len(octets) > _MOST_RENDERED:
                # Its parts are found when somebody asks for them.
                return self._thread.submit(self._text_of, octets)
        return self._thread.submit(self._renderer.render_octets, octets)

    def _text_of(self, octets: bytes) -> Rendered:
        return None, self._renderer.render_octets(octets)[1]

    def close(self) -> None:
        """End it; what nobody waits for any more is not made."""
        self._thread.shutdown(cancel_futures=True)


def _is_enough(waiting: deque[_Ready]) -> bool:
    octets = sum(one.size for one in waiting)
    return len(waiting) >= 2 * _MOST or octets >= 2 * _TOGETHER


def _imported(mail: FileMail, *, is_server: bool) -> Imported:
    """Read a message; a large one again when it is saved. Raises OSError, MailError."""
    read = partial(_pieces, mail, is_server=is_server)
    if mail.size <= _LARGE:
        octets = b"".join(read())
        pieces = partial(_cut, octets)
    else:
        octets = b"".join(islice(read(), 4))[:MAX_BLOCK]
        pieces = read
    envelope = parse_envelope(octets)
    return Imported(
        envelope=envelope,
        flags=mbox_flags(octets) if mail.flags is None else mail.flags,
        arrived=mail.arrived or envelope.date or mail.written,
        size=sum(len(piece) for piece in network_lines(pieces())),
        digest=mail_digest(pieces()),
        pieces=pieces,
    )


def _pieces(mail: FileMail, *, is_server: bool) -> Iterator[bytes]:
    """Read a message as it is to be kept: servers want lines to end as on the network."""
    return network_lines(mail.pieces()) if is_server else iter(mail.pieces())


def _cut(octets: bytes) -> Iterator[bytes]:
    for start in range(0, len(octets), 262_144):
        yield octets[start : start + 262_144]
