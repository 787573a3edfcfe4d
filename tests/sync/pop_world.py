"""A POP3 account over a link that breaks, with engines that are killed, and what must hold.

After every step each message is on the server, or in the store as it was sent; never
neither, never twice; and only what may go has gone from the server.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from tests.servers.maildrop import Mail, Maildrop, serving
from tests.servers.proxy import proxied
from tests.sync.engines import environment_of, write_settings
from tests.sync.killing import Killer
from tests.sync.mailing import letter
from tests.sync.popping import FAST, PopDesk
from tui_mail.config.places import NAME, Places
from tui_mail.model.error import MailError
from tui_mail.model.ids import WHOLE, MessageNumber
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.operation import Copy, Expunge, Move
from tui_mail.store.agreeing import agreed_policy
from tui_mail.store.content import load_part
from tui_mail.store.database import Database, Transaction
from tui_mail.store.mailboxes import load_mailboxes
from tui_mail.store.salvage import salvage
from tui_mail.sync import connecting, pop_arriving, pop_patience
from tui_mail.sync.receipt import Receipt

BOXES = ("INBOX", "Archive", "Trash")
POLICIES = ("never", "download", "2 days", "removed")
_ROUNDS = 5
_LARGE = 3_000
"""Octets from which on a message counts as large here: the paths are the same."""
_CHUNK = 1_000


class Killed(BaseException):
    """The process is not there any more."""


class PopWorld:
    """One account, its server, and what was done to both."""

    def __init__(self, *, mirrored: bool) -> None:
        self._ends = ExitStack()
        folder = Path(mkdtemp(prefix="pop-"))
        self._ends.callback(rmtree, folder)
        for name in ("config", "data", "state", "run"):
            (folder / name).mkdir()
        self.places = Places(
            *(folder / name / NAME for name in ("config", "data", "state", "run"))
        )
        self.places.data.mkdir()
        self.drop = self._ends.enter_context(serving(Maildrop()))
        self.proxy = self._ends.enter_context(proxied(self.drop.port))
        patch = self._ends.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(connecting, "DEADLINE", 5.0)
        patch.setattr(pop_patience, "PAUSES", FAST)
        patch.setattr(pop_arriving, "LARGE", _LARGE)
        patch.setattr(pop_arriving, "OCTETS", _CHUNK)
        self.desk = PopDesk(None, "ann", self.places)
        self._ends.callback(self.desk.close)
        self.desk.through(self.proxy.port)
        self.mirror = folder / "mirror"
        if mirrored:
            self.desk.pop(mirror=str(self.mirror))
        for name in BOXES[1:]:
            self.desk.make(name, SpecialUse(name.lower()))
        self._letters = itertools.count(1)
        self._killer: Killer | None = None
        self.sent: dict[str, bytes] = {}
        """All letters that there ever were, by their subjects."""
        self.removed: set[str] = set()
        """What was deleted here for ever."""
        self.taken: set[str] = set()
        """What another client took from the server."""
        self.copies: Counter[str] = Counter()
        """How many more of a letter were made here."""

    def close(self) -> None:
        self._ends.close()

    # There.

    def deliver(self, lines: int) -> None:
        subject = f"letter {next(self._letters)}"
        octets = letter(int(subject.split()[1]), text="x" * 70 * lines).octets
        self.sent[subject] = octets
        self.drop.put(octets)

    def deliver_again(self, pick: int) -> None:
        """Deliver the same octets once more."""
        if self.drop.mails:
            mail = self.drop.mails[pick % len(self.drop.mails)]
            self.drop.put(mail.octets)

    def take(self, pick: int) -> None:
        """Have another client delete one."""
        if self.drop.mails:
            mail = self.drop.mails.pop(pick % len(self.drop.mails))
            self.taken.add(self._subject(mail.octets))

    def hide_all(self) -> list[Mail]:
        mails, self.drop.mails = self.drop.mails, []
        return mails

    def there(self) -> Counter[str]:
        return Counter(self._subject(mail.octets) for mail in self.drop.mails)

    def _subject(self, octets: bytes) -> str:
        return next(name for name, sent in self.sent.items() if sent == octets)

    # Here.

    def here(self) -> Counter[str]:
        """Count what is shown, having looked at each octet."""
        found: Counter[str] = Counter()
        for number in self._numbers():
            octets = load_part(self.desk.database, number, WHOLE)
            assert octets is not None, "what is shown is whole"
            found[self._subject(octets)] += 1
        return found

    def _numbers(self) -> list[MessageNumber]:
        boxes = load_mailboxes(self.desk.database)
        return sorted(n for box in boxes for n in self.desk.numbers(str(box.name)))

    def _one(self, pick: int) -> tuple[MessageNumber, str] | None:
        numbers = self._numbers()
        if not numbers:
            return None
        number = numbers[pick % len(numbers)]
        octets = load_part(self.desk.database, number, WHOLE)
        assert octets is not None
        return number, self._subject(octets)

    def move(self, pick: int, box: str) -> None:
        if one := self._one(pick):
            self.desk.perform(Move((one[0],), self.desk.box(box).id))

    def copy(self, pick: int, box: str) -> None:
        if one := self._one(pick):
            self.desk.perform(Copy((one[0],), self.desk.box(box).id))
            self.copies[one[1]] += 1

    def delete(self, pick: int) -> None:
        if one := self._one(pick):
            self.desk.perform(Expunge((one[0],)))
            if self.copies[one[1]]:
                self.copies[one[1]] -= 1
            else:
                self.removed.add(one[1])

    def pass_days(self, days: int) -> None:
        with self.desk.database.transaction() as tx:
            tx.connection.execute(
                "UPDATE pop_message SET stored_at = stored_at - ?", (days * 86_400,)
            )

    def salvage(self) -> None:
        """Have the file read row by row into a new one, as one that was damaged."""
        self.desk.close()
        salvage(self.places.database("work"), "work")
        # Rather too much is shown then than too little.
        self.removed -= set(self.here())

    # Synchronizing.

    def sync(self, *, yes: bool = False, again: bool = False) -> Receipt | None:
        with self._watched():
            with suppress(MailError):
                receipt = self.desk.sync(yes=yes, again=again)
                if again:
                    self._come_again()
                return receipt
            if again:
                self._come_again()
        return None

    def _come_again(self) -> None:
        """What was deleted here comes once more, if it is there still."""
        self.removed = {
            one
            for one in self.removed
            if one not in self.there() and one not in self.here()
        }
        gone = set(self.sent) - set(self.here()) - set(self.there())
        self.taken |= gone

    def sync_cut(self, down: int | None, up: int | None) -> None:
        self.proxy.cut_down, self.proxy.cut_up = down, up
        self.sync()
        self.proxy.cut_down = self.proxy.cut_up = None

    def sync_ended(self, commits: int) -> None:
        """Have the engine end in the middle of a transaction."""
        true, left = Database.transaction, iter(range(commits))

        @contextmanager
        def transaction(database: Database) -> Iterator[Transaction]:
            with true(database) as tx:
                yield tx
                if next(left, None) is None:
                    raise Killed

        with self._watched(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(Database, "transaction", transaction)
            with suppress(Killed, MailError):
                self.desk.sync()
        self.desk.close()

    def sync_killed(self, commits: int) -> bool:
        """Have an engine in a process of its own killed; True if it was."""
        if self._killer is None:
            self._killer = Killer()
            self._ends.callback(self._killer.close)
        write_settings(self.desk)
        with self._watched():
            return self._killer.sync(environment_of(self.desk), commits)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """See to it that only that goes from the server that may."""
        before, names = self.there(), set(self.here())
        yield
        gone = set(before) - set(self.there())
        policy = agreed_policy(self.desk.database)
        if not gone:
            return
        assert policy == self.desk.pop3.delete_after, (gone, policy)
        assert policy != "never", gone
        assert gone <= set(self.here()) | self.removed | self.taken, gone
        if policy == "removed":
            assert gone <= self.removed
        if policy == "2 days":
            assert gone <= names | self.removed, "nothing new goes"
        if self.desk.pop3.mirror:
            assert gone <= set(self.mirrored()) | self.removed, gone

    def mirrored(self) -> Counter[str]:
        paths = [*self.mirror.glob("new/*"), *self.mirror.glob("cur/*")]
        return Counter(self._subject(path.read_bytes()) for path in paths)

    # What must hold.

    def check(self) -> None:
        here, there = self.here(), self.there()
        for name in self.sent:
            count = here[name]
            assert count <= 1 + self.copies[name], f"{name} is here {count} times"
            if name in self.removed:
                assert count == 0, f"{name} was deleted for ever"
            elif name not in self.taken:
                assert count or there[name], f"{name} is lost"
            if self.copies[name] and name not in self.removed:
                assert count, f"{name} is lost here"
        twice = [name for name, count in self.mirrored().items() if count > 1]
        assert not twice, f"the mirror has them twice: {twice}"

    def come_to_rest(self) -> None:
        """Let everything come, and look whether all is where it belongs."""
        self.drop.names = True
        self.drop.refused, self.drop.quit_says = set(), b"+OK\r\n"
        said = [str(self.sync(yes=True)) for _ in range(_ROUNDS)]
        assert said[-1] == "in step", said
        self.check()
        here = self.here()
        for name in set(self.there()) - self.removed:
            assert here[name] == 1 + self.copies[name], name
        assert not self.drop.mails or self.desk.pop3.delete_after != "download"
