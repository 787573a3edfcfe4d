"""Mailboxes changed at random from both sides, over a link that breaks at any point."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import imapclient
import pytest

from tests.sync.mailing import Desk, Found, letter, look
from tui_mail.model.error import LinkLost, MailError
from tui_mail.model.mailbox import Mailbox
from tui_mail.model.operation import (
    CreateMailbox,
    DeleteMailbox,
    Move,
    RenameMailbox,
    Wish,
)
from tui_mail.store.journal import last_undoable, undo
from tui_mail.store.mailboxes import load_mailboxes
from tui_mail.store.operations import cancel, load_pending
from tui_mail.transports.imap import ImapConnection

pytestmark = pytest.mark.dovecot

NAMES = ("A", "A/B", "A/B/C", "D", "D/Ü", "E & F")
STEPS = 40


class Life:
    """What happens to one account, drawn from a seed."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.draw = random.Random(seed)
        self.letters = 0
        self.may_be_gone: set[str] = set()
        """Letters that lay in a mailbox when it was deleted."""

    def step(self) -> None:
        self.draw.choice(
            [
                self.create,
                self.create,
                self.rename,
                self.delete,
                self.move,
                self.move,
                self.undo,
                self.write,
                self.create_there,
                self.rename_there,
                self.delete_there,
                self.sync,
                self.sync,
            ]
        )()

    # Here.

    def create(self) -> None:
        self.wish(CreateMailbox(self.draw.choice(NAMES)))

    def rename(self) -> None:
        if box := self.one():
            self.wish(RenameMailbox(box.id, self.draw.choice(NAMES)))

    def delete(self) -> None:
        if box := self.one():
            lying = {
                subject
                for one in load_mailboxes(self.desk.database)
                if one.parts[: len(box.parts)] == box.parts
                for subject in self.desk.here(str(one.name))
            }
            if self.wish(DeleteMailbox(box.id)):
                self.may_be_gone |= lying

    def move(self) -> None:
        source, target = (self.draw.choice([*self.boxes(), self.inbox()]) for _ in "ab")
        numbers = self.desk.numbers(str(source.name))
        if numbers and target.selectable:
            self.wish(Move((self.draw.choice(numbers),), target.id))

    def undo(self) -> None:
        with suppress(MailError), self.desk.database.transaction() as tx:
            if entry := last_undoable(tx):
                undo(tx, entry.id, session="test")

    def wish(self, wish: Wish) -> bool:
        try:
            self.desk.perform(wish)
        except MailError:
            return False
        return True

    def boxes(self) -> list[Mailbox]:
        found = load_mailboxes(self.desk.database)
        return [box for box in found if str(box.name) in NAMES]

    def inbox(self) -> Mailbox:
        return self.desk.box()

    def one(self) -> Mailbox | None:
        boxes = self.boxes()
        return self.draw.choice(boxes) if boxes else None

    # There.

    def write(self) -> None:
        self.letters += 1
        names = [name for name in self.names_there() if name in NAMES]
        name = self.draw.choice([*names, "INBOX"])
        self.other(lambda client: client.append(name, letter(self.letters).octets))

    def create_there(self) -> None:
        self.other(lambda client: client.create_folder(self.draw.choice(NAMES)))

    def rename_there(self) -> None:
        old, new = self.draw.choice(NAMES), self.draw.choice(NAMES)
        self.other(lambda client: client.rename_folder(old, new))

    def delete_there(self) -> None:
        name = self.draw.choice(NAMES)
        there = self.all_there().get(name, {})
        if self.other(lambda client: client.delete_folder(name)):
            self.may_be_gone |= set(there)

    def other(self, does: Callable[[imapclient.IMAPClient], object]) -> bool:
        with self.desk.oracle() as client:
            try:
                does(client)
            except imapclient.exceptions.IMAPClientError:
                return False
        return True

    def names_there(self) -> list[str]:
        return sorted(self.all_there())

    def all_there(self) -> dict[str, Found]:
        """Look into all mailboxes that can be selected, whatever the list says."""
        found: dict[str, Found] = {}
        with self.desk.oracle() as client:
            for _, _, name in client.list_folders():
                with suppress(imapclient.exceptions.IMAPClientError):
                    found[name] = look(client, name)
        return found

    # Between.

    def sync(self) -> None:
        with breaking(self.draw), suppress(LinkLost):
            self.desk.sync()

    def come_to_rest(self) -> None:
        """Synchronize until nothing waits; what was refused is given up."""
        for _ in range(4):
            self.desk.sync()
            for one in load_pending(self.desk.database):
                with suppress(MailError), self.desk.database.transaction() as tx:
                    if one.state == "failed":
                        cancel(tx, one.id)


@contextmanager
def breaking(draw: random.Random) -> Iterator[None]:
    """Have the link break before a command goes out, or before its answer is read."""
    does = ImapConnection._run

    def run(connection: ImapConnection, *pieces: object, **options: object) -> object:
        if draw.random() < 0.03:
            connection.close()
            raise LinkLost("cut before")
        answer = does(connection, *pieces, **options)  # type: ignore[arg-type]
        if draw.random() < 0.03:
            connection.close()
            raise LinkLost("cut after")
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ImapConnection, "_run", run)
        yield


@pytest.mark.parametrize("seed", range(8))
def test_both_sides_agree_in_the_end_and_no_letter_is_lost(
    desk: Desk, seed: int
) -> None:
    life = Life(desk, seed)
    desk.sync()
    for _ in range(STEPS):
        life.step()
    life.come_to_rest()
    assert [str(one.what) for one in load_pending(desk.database)] == []
    here, there = desk.all_here(), life.all_there()
    # Dovecot lists some of what was deleted for as long as others lie below it.
    assert {name: here.get(name) for name in there} == there
    written = {f"letter {number}" for number in range(1, life.letters + 1)}
    found = {subject for box in there.values() for subject in box}
    assert written - found <= life.may_be_gone
