"""One account at a test server: its store, its engine, and an oracle beside it."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import imapclient

from tests.servers.dovecot import PASSWORD, Dovecot, Letter
from tests.servers.ports import HOST
from tests.servers.pymap import Pymap
from tui_mail.config.places import Places
from tui_mail.config.settings import Account, Server, Settings
from tui_mail.model.ids import ActionId, MessageNumber
from tui_mail.model.mailbox import Mailbox
from tui_mail.model.message import MessageSummary
from tui_mail.model.operation import Wish
from tui_mail.store.database import Database
from tui_mail.store.mailboxes import find_mailbox, load_mailboxes
from tui_mail.store.messages import load_summaries
from tui_mail.store.performing import perform
from tui_mail.store.views import load_view
from tui_mail.sync.engine import run_once
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.storing import open_database

Found = dict[str, frozenset[str]]
"""Messages by their subject, with their flags."""

_SYSTEM = {b"\\Recent"}


def letter(number: int, *, flags: str = "", text: str = "Hello") -> Letter:
    """Write the letter of that number."""
    octets = (
        f"From: Ann <ann{number}@example.org>\r\nTo: bob@example.org\r\n"
        f"Subject: letter {number}\r\nMessage-ID: <{number}@example.org>\r\n"
        f"Date: Thu, 1 Jan 2026 10:{number // 60 % 60:02}:{number % 60:02} +0000\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text} {number}\r\n"
    )
    return Letter(octets.encode(), flags, "01-Jan-2026 10:00:00 +0000")


def letters(first: int, last: int) -> list[Letter]:
    return [letter(number) for number in range(first, last + 1)]


class Desk:
    """An account, its places, and who looks at the server beside it."""

    def __init__(self, server: Dovecot | Pymap, user: str, places: Places) -> None:
        self.server = server
        self.user = user
        self.places = places
        self.account = self.account_at(server.imap(user))
        self._database: Database | None = None

    def account_at(self, server: Server) -> Account:
        return Account(
            name="work", address="bob@example.org", imap=server, download="headers"
        )

    def through(self, port: int) -> None:
        """Go to the server by way of a proxy."""
        server = self.server.imap(self.user, port=port)
        self.account = replace(self.account, imap=server)

    def set(self, **changes: object) -> None:
        """Change the account's settings."""
        self.account = replace(self.account, **changes)  # type: ignore[arg-type]

    def fill(self, letters: Iterable[Letter], mailbox: str = "INBOX") -> None:
        assert isinstance(self.server, Dovecot)
        self.server.fill(self.user, letters, mailbox)

    def sync(self, *, bodies: bool = False, dry_run: bool = False) -> Receipt:
        settings = Settings(path=self.places.settings_file())
        return run_once(
            self.account, settings, self.places, bodies=bodies, dry_run=dry_run
        )

    @property
    def database(self) -> Database:
        if self._database is None:
            self._database = open_database(self.account, self.places)
        return self._database

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def box(self, name: str = "INBOX") -> Mailbox:
        found = find_mailbox(self.database, name)
        assert found is not None, name
        return found

    def numbers(self, name: str = "INBOX") -> list[MessageNumber]:
        """List the messages shown in a mailbox, newest first."""
        box = find_mailbox(self.database, name)
        if box is None:
            return []
        view = load_view(self.database, box.id, "date", threads=False)
        return [MessageNumber(number) for number in view.numbers]

    def rows(self, name: str = "INBOX") -> list[MessageSummary]:
        rows = load_summaries(self.database, self.numbers(name))
        return [row for row in rows if row is not None]

    def number(self, subject: str, name: str = "INBOX") -> MessageNumber:
        [number] = [row.number for row in self.rows(name) if row.subject == subject]
        return number

    def here(self, name: str = "INBOX") -> Found:
        """What the store shows."""
        rows = self.rows(name)
        found = {str(row.subject): row.flags for row in rows}
        assert len(found) == len(rows), "a message is shown twice"
        return found

    def there(self, name: str = "INBOX") -> Found:
        """What the server has, as another client sees it."""
        with self.oracle() as client:
            return look(client, name)

    def all_here(self) -> dict[str, Found]:
        boxes = load_mailboxes(self.database)
        names = [str(box.name) for box in boxes if box.selectable]
        return {name: self.here(name) for name in names}

    def all_there(self) -> dict[str, Found]:
        with self.oracle() as client:
            listed = client.list_folders()
            names = [name for flags, _, name in listed if b"\\Noselect" not in flags]
            return {name: look(client, name) for name in names}

    def perform(self, wish: Wish) -> ActionId:
        with self.database.transaction() as tx:
            return perform(tx, wish, said="a test", session="test")

    def _logged_in(self) -> imapclient.IMAPClient:
        """Log in; a connection that was closed just now may still be counted."""
        until = time.monotonic() + 10
        while True:
            client = imapclient.IMAPClient(HOST, self.server.port, ssl=False)
            try:
                client.login(self.user, PASSWORD)
            except imapclient.exceptions.LoginError as error:
                client.shutdown()
                if "[LIMIT]" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return client

    @contextmanager
    def oracle(self) -> Iterator[imapclient.IMAPClient]:
        """Be another client of the same user."""
        client = self._logged_in()
        try:
            yield client
        finally:
            client.shutdown()


def look(client: imapclient.IMAPClient, name: str) -> Found:
    """Look into a mailbox as it is now."""
    found = look_closely(client, name)
    assert len(found) == len({subject for subject, _, _ in found}), (
        f"the server has a message twice: {found}"
    )
    return {subject: flags for subject, _, flags in found}


def uid_there(client: imapclient.IMAPClient, name: str, subject: str) -> int:
    """Find a message; its mailbox is selected then."""
    [uid] = [uid for said, uid, _ in look_closely(client, name) if said == subject]
    client.select_folder(name)
    return uid


def look_closely(
    client: imapclient.IMAPClient, name: str
) -> list[tuple[str, int, frozenset[str]]]:
    """List subjects, UIDs and flags; a message may be there more than once."""
    client.select_folder(name, readonly=True)
    uids = client.search("ALL")
    if not uids:
        return []
    asked = client.fetch(uids, ["FLAGS", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]"])
    found = []
    for uid, said in asked.items():
        subject = said[b"BODY[HEADER.FIELDS (SUBJECT)]"].decode()
        flags = frozenset(
            flag.decode() for flag in said[b"FLAGS"] if flag not in _SYSTEM
        )
        found.append((subject.partition(":")[2].strip(), uid, flags))
    return found
