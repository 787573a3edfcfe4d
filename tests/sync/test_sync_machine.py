"""Two people, one account, a link that breaks: both sides end alike.

The invariants are those of ``sync``: what the two sides show is the same once all was
told, no message is lost or doubled, nobody else's deletion mark takes effect, and a
wish is seen here until it is the server's.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    suppress,
)
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.servers.dovecot import Dovecot, Options, without
from tests.servers.proxy import proxied
from tests.sync.mailing import Desk, letter
from tui_mail.config.places import Places
from tui_mail.model.error import LinkLost
from tui_mail.model.operation import Copy, Expunge, Move, SetFlags
from tui_mail.store.database import Database, Transaction

pytestmark = pytest.mark.dovecot

BOXES = ("INBOX", "Archive", "Work")
FLAGS = ("\\Seen", "\\Flagged", "red", "blue")
EXAMPLES = int(os.environ.get("TUI_MAIL_EXAMPLES", "6"))
boxes = st.sampled_from(BOXES)
flags = st.sampled_from(FLAGS)
picks = st.integers(0, 1_000)


class Killed(BaseException):
    """The process is not there any more."""


def dying_after(
    commits: int,
) -> Callable[[Database], AbstractContextManager[Transaction]]:
    true = Database.transaction
    left = iter(range(commits))

    @contextmanager
    def transaction(database: Database) -> Iterator[Transaction]:
        with true(database) as tx:
            yield tx
            if next(left, None) is None:
                raise Killed

    return transaction


class TwoPeople(RuleBasedStateMachine):
    """One works here, the other beside us on the server."""

    server: Dovecot

    @initialize()
    def begin(self) -> None:
        self.ends = ExitStack()
        folder = Path(mkdtemp())
        self.ends.callback(rmtree, folder)
        places = Places(*(folder / name for name in ("c", "d", "s", "r")))
        self.proxy = self.ends.enter_context(proxied(self.server.port))
        self.desk = Desk(self.server, self.server.fresh_user(), places)
        self.ends.callback(self.desk.close)
        self.desk.through(self.proxy.port)
        self.numbers = itertools.count(1)
        self.expected: set[str] = set()
        """Messages that nobody deleted for ever."""
        self.doubled: set[str] = set()
        for name in BOXES:
            self.deliver(name)
            self.deliver(name)
        self.desk.sync()

    @rule(name=boxes)
    def deliver(self, name: str) -> None:
        number = next(self.numbers)
        self.desk.fill([letter(number)], name)
        self.expected.add(f"letter {number}")

    def _mine(self, name: str, pick: int) -> str | None:
        subjects = sorted(self.desk.here(name))
        return subjects[pick % len(subjects)] if subjects else None

    @rule(name=boxes, pick=picks, flag=flags, add=st.booleans())
    def flag_here(self, name: str, pick: int, flag: str, add: bool) -> None:
        if subject := self._mine(name, pick):
            number = self.desk.number(subject, name)
            one = frozenset({flag})
            wish = (
                SetFlags((number,), add=one) if add else SetFlags((number,), remove=one)
            )
            self.desk.perform(wish)
            assert (flag in self.desk.here(name)[subject]) == add

    @rule(name=boxes, onto=boxes, pick=picks)
    def move_here(self, name: str, onto: str, pick: int) -> None:
        subject = self._mine(name, pick)
        if subject and name != onto and subject not in self.desk.here(onto):
            number = self.desk.number(subject, name)
            self.desk.perform(Move((number,), self.desk.box(onto).id))
            assert self.desk.number(subject, onto) == number

    @rule(name=boxes, onto=boxes, pick=picks)
    def copy_here(self, name: str, onto: str, pick: int) -> None:
        subject = self._mine(name, pick)
        if subject and name != onto and subject not in self.doubled:
            number = self.desk.number(subject, name)
            self.desk.perform(Copy((number,), self.desk.box(onto).id))
            self.doubled.add(subject)

    @rule(name=boxes, pick=picks)
    def expunge_here(self, name: str, pick: int) -> None:
        subject = self._mine(name, pick)
        if subject and subject not in self.doubled:
            self.desk.perform(Expunge((self.desk.number(subject, name),)))
            self.expected.discard(subject)

    @rule(name=boxes, pick=picks, flag=flags, add=st.booleans())
    def flag_there(self, name: str, pick: int, flag: str, add: bool) -> None:
        with self.desk.oracle() as client:
            client.select_folder(name)
            if uids := client.search("ALL"):
                change = client.add_flags if add else client.remove_flags
                change([uids[pick % len(uids)]], [flag.encode()])

    @rule(name=boxes, pick=picks)
    def mark_deleted_there(self, name: str, pick: int) -> None:
        with self.desk.oracle() as client:
            client.select_folder(name)
            if uids := client.search("ALL"):
                client.add_flags([uids[pick % len(uids)]], [b"\\Deleted"])

    @rule(name=boxes, onto=boxes, pick=picks)
    def move_there(self, name: str, onto: str, pick: int) -> None:
        with self.desk.oracle() as client:
            client.select_folder(name)
            uids = client.search("ALL")
            if uids and name != onto:
                one = [uids[pick % len(uids)]]
                client.copy(one, onto)
                client.add_flags(one, [b"\\Deleted"])
                client.uid_expunge(one)

    @rule(at=st.integers(100, 6_000), down=st.booleans())
    def sync_and_be_cut(self, at: int, down: bool) -> None:
        if down:
            self.proxy.cut_down = at
        else:
            self.proxy.cut_up = at // 6
        with suppress(LinkLost):
            self.desk.sync()
        self.proxy.cut_down = self.proxy.cut_up = None

    @rule(commits=st.integers(0, 25))
    def sync_and_be_killed(self, commits: int) -> None:
        """Die before a commit: what the server did meanwhile nobody here knows."""
        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            patch.setattr(Database, "transaction", dying_after(commits))
            self.desk.sync()
        self.desk.close()

    @rule()
    def sync(self) -> None:
        self.desk.sync()

    @rule()
    def lose_the_uids(self) -> None:
        """Make a mailbox anew with the same messages, as after a server's repair."""
        with self.desk.oracle() as client:
            client.create_folder("Aside")
            client.select_folder("Work")
            if client.search("ALL"):
                client.copy("1:*", "Aside")
            client.close_folder()
            client.delete_folder("Work")
            client.rename_folder("Aside", "Work")

    @precondition(lambda self: hasattr(self, "desk"))
    @rule()
    def agree(self) -> None:
        for _ in range(3):
            self.desk.sync()
        there = self.desk.all_there()
        assert self.desk.all_here() == there
        subjects = [name for found in there.values() for name in found]
        assert self.expected <= set(subjects), "a message is lost"
        for subject in set(subjects) - self.doubled:
            assert subjects.count(subject) == 1, "a message is doubled"
        assert str(self.desk.sync()) == "in step"

    def teardown(self) -> None:
        if hasattr(self, "ends"):
            try:
                self.agree()
            finally:
                self.ends.close()


VARIANTS = {
    "qresync": Options(),
    "condstore": Options(capabilities=without("QRESYNC")),
    "no move": Options(capabilities=without("QRESYNC", "CONDSTORE", "MOVE")),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_both_sides_end_alike(
    dovecots: Callable[[Options], Dovecot], variant: str
) -> None:
    class Machine(TwoPeople):
        server = dovecots(VARIANTS[variant])

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=14,
            deadline=None,
            derandomize=EXAMPLES == 6,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
