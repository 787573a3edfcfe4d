"""A POP3 account: its store, its engine, and what its server has."""

import poplib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

from tests.servers.dovecot import PASSWORD, Dovecot, Letter
from tests.servers.ports import HOST
from tests.sync.mailing import Desk
from tui_mail.config.places import Places
from tui_mail.config.settings import Account, PopServer, Security, Settings
from tui_mail.model.ids import WHOLE
from tui_mail.model.mailbox import SpecialUse
from tui_mail.store.content import load_part
from tui_mail.store.mailboxes import create_local_mailbox
from tui_mail.sync.engine import run_once
from tui_mail.sync.receipt import Receipt

FAST = (0.02, 0.02)
"""Pauses, in seconds, of who waits for a mailbox that is locked."""


class PopDesk(Desk):
    """A POP3 account and its places; ``server`` is a Dovecot, or nothing at a port."""

    def __init__(self, server: Dovecot | None, user: str, places: Places) -> None:
        self.user = user
        self.places = places
        self.dovecot = server
        port = server.ports["pop3"] if server is not None else 9
        self.account = Account(
            name="work", address="bob@example.org", pop3=pop_server(user, port)
        )
        self._database = None

    @property
    def pop3(self) -> PopServer:
        assert self.account.pop3 is not None
        return self.account.pop3

    def through(self, port: int) -> None:
        self.pop(port=port)

    def pop(self, **changes: object) -> None:
        """Change the settings of the server."""
        server = replace(self.pop3, **changes)  # type: ignore[arg-type]
        self.account = replace(self.account, pop3=server)

    def fill(self, letters: Iterable[bytes | Letter], mailbox: str = "INBOX") -> None:
        assert self.dovecot is not None
        self.dovecot.fill(self.user, letters, mailbox)

    def sync(
        self,
        *,
        bodies: bool = False,
        dry_run: bool = False,
        again: bool = False,
        yes: bool = False,
    ) -> Receipt:
        settings = Settings(path=self.places.settings_file())
        return run_once(
            self.account,
            settings,
            self.places,
            bodies=bodies,
            dry_run=dry_run,
            again=again,
            yes=yes,
        )

    @contextmanager
    def client(self) -> Iterator[poplib.POP3]:
        """Be another client of the same user."""
        assert self.dovecot is not None
        client = poplib.POP3(*self.dovecot.pop3(self.user), timeout=10)
        try:
            client.user(self.user)
            client.pass_(PASSWORD)
            yield client
            client.quit()
        finally:
            client.close()

    def octets_there(self) -> list[bytes]:
        """Take what the server has, by its numbers."""
        with self.client() as client:
            count, _ = client.stat()
            return [
                b"".join(line + b"\r\n" for line in client.retr(number)[1])
                for number in range(1, count + 1)
            ]

    def octets_here(self, *names: str) -> list[bytes]:
        """Take what the store shows, newest first."""
        found = []
        for name in names or ("INBOX",):
            for number in self.numbers(name):
                octets = load_part(self.database, number, WHOLE)
                assert octets is not None
                found.append(octets)
        return found

    def make(self, name: str, use: SpecialUse | None = None) -> None:
        with self.database.transaction() as tx:
            create_local_mailbox(tx, name, use)


def pop_server(user: str, port: int) -> PopServer:
    return PopServer(
        host=HOST,
        port=port,
        security=Security.NONE,
        username=user,
        password=PASSWORD,
    )


def digests(octets: Iterable[bytes]) -> Counter[str]:
    """Count messages by what they are."""
    return Counter(sha256(one).hexdigest()[:12] for one in octets)
