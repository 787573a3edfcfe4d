"""An account that two people work with over a link that breaks, and what must hold.

One works here: wishes performed in the store as the reader does it. The other works on
the server beside us. What was done is noted as far as it decides what the end may be:
how many of each letter there are at least and at most, and which flags both sides must
agree on. :meth:`World.agree` lets everything come to rest and compares.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import imapclient
import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.proxy import proxied
from tests.sync.engines import environment_of, write_settings
from tests.sync.killing import Killer
from tests.sync.mailing import Desk, letter, look_closely
from tui_mail.config.places import NAME, Places
from tui_mail.model.error import LinkLost, MailError
from tui_mail.model.ids import WHOLE, ActionId, MailboxId, MessageNumber
from tui_mail.model.mailbox import Mailbox, MailboxState, SpecialUse
from tui_mail.model.message import MessageSummary
from tui_mail.model.operation import Copy, Expunge, Move, OperationState, SetFlags
from tui_mail.store.astray import last_astray
from tui_mail.store.content import load_part
from tui_mail.store.database import Database, Transaction
from tui_mail.store.journal import last_undoable, last_undone, redo, undo
from tui_mail.store.mailboxes import find_role, load_mailboxes
from tui_mail.store.messages import load_summaries
from tui_mail.store.operations import cancel, load_pending
from tui_mail.sync.receipt import Receipt

BOXES = ("INBOX", "Archive", "Work")
FLAGS = ("\\Seen", "\\Flagged", "red", "blue")
MASKS = ("QRESYNC", "CONDSTORE", "MOVE", "ESEARCH", "LIST-STATUS", "LIST-EXTENDED")
"""Capabilities that a server may have today and not tomorrow."""
WRITING = ("STORE", "MOVE", "COPY", "EXPUNGE", "APPEND", "CREATE", "DELETE", "RENAME")
_ROUNDS = 5
"""So many synchronizations bring everything to rest at most."""

Seen = tuple[int, str, frozenset[str]]
"""A message as one sees it: UID, subject, flags."""


class Killed(BaseException):
    """The process is not there any more."""


@dataclass
class Books:
    """What was done since both sides agreed."""

    low: Counter[str] = field(default_factory=Counter)
    """How many there are of each letter at least."""
    high: Counter[str] = field(default_factory=Counter)
    """How many there can be."""
    flags: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Flags that letters must have, or must not: only one side spoke of them."""
    went: set[str] = field(default_factory=set)
    """Letters that others took elsewhere, or deleted: they come as new ones."""
    fewer: set[str] = field(default_factory=set)
    """Letters of which one was deleted: it may be the one that was spoken of."""
    spoke: dict[tuple[str, str], set[bool]] = field(default_factory=dict)
    """Who spoke of a flag: this side, the other, both."""
    copied: dict[ActionId, str] = field(default_factory=dict)

    def made(self, subject: str, *, surely: bool = True) -> None:
        self.low[subject] += surely
        self.high[subject] += 1

    def deleted(self, subject: str, *, surely: bool) -> None:
        self.low[subject] = max(0, self.low[subject] - 1)
        self.high[subject] -= surely
        self.went.add(subject)
        self.fewer.add(subject)

    def flagged(self, subject: str, flag: str, *, here: bool, add: bool) -> None:
        key = (subject, flag)
        spoke = self.spoke.setdefault(key, set())
        spoke.add(here)
        self.flags.pop(key, None)
        if spoke == {here}:
            self.flags[key] = add


class World:
    """One account, its server, and both people."""

    def __init__(self, server: Dovecot, *, download: str = "headers") -> None:
        self._ends = ExitStack()
        folder = Path(mkdtemp(prefix="torture-"))
        self._ends.callback(rmtree, folder)
        for name in ("config", "data", "state", "run"):
            (folder / name).mkdir()
        places = Places(
            *(folder / name / NAME for name in ("config", "data", "state", "run"))
        )
        self.proxy = self._ends.enter_context(proxied(server.port))
        self.desk = Desk(server, server.fresh_user(), places)
        self._ends.callback(self.desk.close)
        self.desk.through(self.proxy.port)
        self.desk.set(download=download, keep_days=0)
        self.books = Books()
        self.cut = False
        """Whether a synchronization was broken off since both sides agreed."""
        self._letters = itertools.count(1)
        self._names: dict[MessageNumber, str] = {}
        self._settled: dict[str, MessageNumber] = {}
        self._cursors: dict[tuple[MailboxId, int | None], MailboxState] = {}
        self._killer: Killer | None = None
        self._oracle = self._ends.enter_context(self.desk.oracle())
        with ExitStack() as failing:
            failing.callback(self.close)
            for name in (*BOXES, *BOXES):
                self.deliver(name)
            self.desk.sync()
            failing.pop_all()

    def close(self) -> None:
        self._ends.close()

    # Here: as the reader does it.

    def boxes(self) -> list[Mailbox]:
        return [box for box in load_mailboxes(self.desk.database) if box.selectable]

    def _box(self, pick: int) -> Mailbox:
        boxes = self.boxes()
        return boxes[pick % len(boxes)]

    def _mine(self, box: int, pick: int) -> MessageSummary | None:
        """Take a message of a mailbox that has some."""
        boxes = [one for one in self.boxes() if one.total]
        if not boxes:
            return None
        name = boxes[box % len(boxes)].name
        rows = sorted(self.desk.rows(name), key=lambda row: row.number)
        return rows[pick % len(rows)]

    def flag_here(self, box: int, pick: int, flag: str, *, add: bool) -> None:
        row = self._mine(box, pick)
        if row is None:
            return
        one, none = frozenset({flag}), frozenset[str]()
        self.desk.perform(
            SetFlags((row.number,), *((one, none) if add else (none, one)))
        )
        if (flag in row.flags) != add:
            self.books.flagged(str(row.subject), flag, here=True, add=add)
        assert (flag in self._row(row.number).flags) == add

    def move_here(self, box: int, onto: int, pick: int) -> None:
        self._move(self._mine(box, pick), self._box(onto))

    def trash_here(self, box: int, pick: int) -> None:
        trash = find_role(self.desk.database, SpecialUse.TRASH)
        if trash is not None:
            self._move(self._mine(box, pick), trash)

    def _move(self, row: MessageSummary | None, target: Mailbox) -> None:
        if row is not None and row.mailbox != target.id:
            self.desk.perform(Move((row.number,), target.id))
            assert self._row(row.number).mailbox == target.id

    def copy_here(self, box: int, onto: int, pick: int) -> None:
        row = self._mine(box, pick)
        if row is not None:
            action = self.desk.perform(Copy((row.number,), self._box(onto).id))
            self.books.made(str(row.subject), surely=False)
            self.books.copied[action] = str(row.subject)

    def expunge_here(self, box: int, pick: int) -> None:
        row = self._mine(box, pick)
        if row is not None:
            self.desk.perform(Expunge((row.number,)))
            self.books.deleted(str(row.subject), surely=False)

    def undo_here(self) -> None:
        entry = last_undoable(self.desk.database)
        if entry is None:
            return
        with suppress(MailError), self.desk.database.transaction() as tx:
            undo(tx, entry.id, session="test")
        self._doubt(entry.messages)
        if subject := self.books.copied.get(entry.id):
            self.books.deleted(subject, surely=False)

    def redo_here(self) -> None:
        entry = last_undone(self.desk.database)
        if entry is None:
            return
        with suppress(MailError), self.desk.database.transaction() as tx:
            redo(tx, entry.id, session="test")
        self._doubt(entry.messages)
        if subject := self.books.copied.get(entry.id):
            self.books.made(subject, surely=False)

    def _doubt(self, numbers: Iterable[MessageNumber]) -> None:
        """Do not know what flags messages should have any more."""
        rows = load_summaries(self.desk.database, list(numbers))
        subjects = {str(row.subject) for row in rows if row is not None}
        for key in [key for key in self.books.flags if key[0] in subjects]:
            del self.books.flags[key]

    def _row(self, number: MessageNumber) -> MessageSummary:
        [found] = load_summaries(self.desk.database, [number])
        assert found is not None
        return found

    # There: another client.

    def deliver(self, name: str) -> None:
        number = next(self._letters)
        if name not in self._names_there():
            self._oracle.create_folder(name)
        octets = letter(number).octets
        self._oracle.append(name, octets, (), datetime(2026, 1, 1, tzinfo=UTC))
        self.books.made(f"letter {number}")

    def _names_there(self) -> list[str]:
        listed = self._oracle.list_folders()
        return sorted(name for flags, _, name in listed if b"\\Noselect" not in flags)

    @contextmanager
    def _there(self, box: int) -> Iterator["There"]:
        """Select a mailbox that has messages."""
        client, names = self._oracle, self._names_there()
        at = box % len(names)
        looked_at = ((name, look_closely(client, name)) for name in names[at:] + names)
        name, found = next((one for one in looked_at if one[1]), (names[at], []))
        client.select_folder(name)
        yield There(client, name, names, found)
        # Who has a mailbox selected that another renames is thrown out.
        client.unselect_folder()

    def flag_there(self, box: int, pick: int, flag: str, *, add: bool) -> None:
        with self._there(box) as there:
            if one := there.one(pick):
                subject, uid, flags = one
                change = there.client.add_flags if add else there.client.remove_flags
                change([uid], [flag.encode()])
                if flag != "\\Deleted" and (flag in flags) != add:
                    self.books.flagged(subject, flag, here=False, add=add)

    def expunge_there(self, box: int, pick: int) -> None:
        with self._there(box) as there:
            if one := there.one(pick):
                there.client.add_flags([one[1]], [b"\\Deleted"])
                there.client.uid_expunge([one[1]])
                self.books.deleted(one[0], surely=not self.cut)

    def move_there(self, box: int, onto: int, pick: int) -> None:
        with self._there(box) as there:
            target = there.names[onto % len(there.names)]
            if (one := there.one(pick)) and target != there.name:
                there.client.copy([one[1]], target)
                there.client.add_flags([one[1]], [b"\\Deleted"])
                there.client.uid_expunge([one[1]])
                self.books.went.add(one[0])
                # They may have taken what a move without MOVE had not removed yet.
                self.books.high[one[0]] += self.cut

    def copy_there(self, box: int, onto: int, pick: int) -> None:
        with self._there(box) as there:
            if one := there.one(pick):
                there.client.copy([one[1]], there.names[onto % len(there.names)])
                self.books.made(one[0])

    def rename_there(self, box: int, name: str) -> None:
        with self._there(box) as there:
            pass
        if there.name != "INBOX" and name not in there.names:
            self._oracle.rename_folder(there.name, name)
            self._oracle.subscribe_folder(name)
            self.books.went.update(subject for subject, _, _ in there.found)

    def delete_there(self, box: int) -> None:
        with self._there(box) as there:
            pass
        if there.name not in ("INBOX", "Trash"):
            self._oracle.delete_folder(there.name)
            for subject, _, _ in there.found:
                self.books.deleted(subject, surely=not self.cut)

    def lose_the_uids(self, box: int) -> None:
        """Make a mailbox anew with the same messages, as after a server's repair."""
        with self._there(box) as there:
            if there.name != "INBOX":
                there.client.create_folder("Aside")
                if there.found:
                    there.client.copy("1:*", "Aside")
        if there.name == "INBOX":
            return
        self._oracle.delete_folder(there.name)
        self._oracle.rename_folder("Aside", there.name)

    # The engine.

    def sync(self) -> Receipt:
        receipt = self.desk.sync()
        self.check_cursors()
        return receipt

    def sync_cut(self, octets: int, *, down: bool) -> int:
        """Synchronize over links that are cut; how many connections were."""
        if down:
            self.proxy.cut_down = octets
        else:
            self.proxy.cut_up = octets
        self.cut, before = True, self.proxy.cuts
        with suppress(LinkLost):
            self.desk.sync()
        self.proxy.cut_down = self.proxy.cut_up = None
        self.check_cursors()
        return self.proxy.cuts - before

    def sync_masked(self, names: Iterable[str]) -> None:
        self.proxy.masked = frozenset(name.encode() for name in names)
        self.sync()
        self.proxy.masked = frozenset()

    def sync_dying(self, commits: int) -> None:
        """Die before a commit, in this process: the cheap way."""
        true, left = Database.transaction, iter(range(commits))

        @contextmanager
        def transaction(database: Database) -> Iterator[Transaction]:
            with true(database) as tx:
                yield tx
                if next(left, None) is None:
                    raise Killed

        self.cut = True
        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            patch.setattr(Database, "transaction", transaction)
            self.desk.sync()
        self.desk.close()
        self.check_cursors()

    def sync_killed(self, commits: int) -> bool:
        """Have an engine in a process of its own killed; True if it was."""
        if self._killer is None:
            self._killer = Killer()
            self._ends.callback(self._killer.close)
        write_settings(self.desk)
        self.cut = True
        killed = self._killer.sync(environment_of(self.desk), commits)
        self.check_cursors()
        return killed

    def check_cursors(self) -> None:
        """Within a UIDVALIDITY what was seen only grows."""
        for box in load_mailboxes(self.desk.database):
            key, state = (box.id, box.state.uid_validity), box.state
            before = self._cursors.get(key, state)
            assert state.uid_next >= before.uid_next, (box.name, before, state)
            assert state.low_uid <= before.low_uid, (box.name, before, state)
            self._cursors[key] = state

    # The end.

    def agree(self) -> None:
        """Let everything come to rest, and compare both sides."""
        self.proxy.latency = 0.0
        for _ in range(_ROUNDS):
            if str(self.sync()) == "in step" and not self._is_looked_for():
                break
        self._check_outbox()
        here, there = self._all_here(), self._all_there()
        assert here == there
        self._check_letters(there)
        self._check_numbers(there)
        self._check_contents()
        self._check_rest()
        self.books = Books(
            low=self.books.low, high=self.books.high, copied=self.books.copied
        )
        self.cut = False

    def _is_looked_for(self) -> bool:
        """Tell whether wishes wait for a letter that went with its mailbox."""
        return bool(last_astray(self.desk.database))

    def _check_outbox(self) -> None:
        for one in load_pending(self.desk.database):
            assert one.state is OperationState.FAILED, one
            assert one.error, one
            with self.desk.database.transaction() as tx:
                cancel(tx, one.id)

    def _all_here(self) -> dict[str, list[Seen]]:
        return {
            box.wire_name.decode(): _ordered(
                (row.uid or 0, str(row.subject), row.flags)
                for row in self.desk.rows(box.name)
            )
            for box in self.boxes()
        }

    def _all_there(self) -> dict[str, list[Seen]]:
        found = {
            name: _ordered(
                (uid, subject, flags)
                for subject, uid, flags in look_closely(self._oracle, name)
            )
            for name in self._names_there()
        }
        self._oracle.unselect_folder()
        return found

    def _check_letters(self, there: dict[str, list[Seen]]) -> None:
        """Nothing is lost, nothing doubled, no word about a flag forgotten."""
        found = [one for box in there.values() for one in box]
        count = Counter(subject for _, subject, _ in found)
        low, high = self.books.low, self.books.high
        lost = {name: low[name] for name in low if count[name] < low[name]}
        assert not lost, f"lost: {lost}"
        more = {name: count[name] for name in count if count[name] > high[name]}
        assert not more, f"doubled: {more}"
        self.books.low, self.books.high = count.copy(), count.copy()
        sure = {name for name in count if count[name] == high[name] == 1}
        sure -= self.books.fewer
        for (subject, flag), add in self.books.flags.items():
            for _, name, flags in found:
                if name == subject and name in sure:
                    assert (flag in flags) == add, (subject, flag, add)

    def _check_numbers(self, there: dict[str, list[Seen]]) -> None:
        """A number names one letter for ever, and a letter keeps it."""
        rows = [row for box in self.boxes() for row in self.desk.rows(box.name)]
        for row in rows:
            assert self._names.setdefault(row.number, str(row.subject)) == row.subject
        count = Counter(str(row.subject) for row in rows)
        settled = {
            str(row.subject): row.number for row in rows if count[str(row.subject)] == 1
        }
        for subject, number in settled.items():
            before = self._settled.get(subject, number)
            if subject not in self.books.went and self.books.high[subject] == 1:
                assert number == before, f"{subject} was {before}, is {number}"
        self._settled = settled

    def _check_contents(self) -> None:
        """What is kept whole here is what the server has."""
        if self.desk.account.download != "all":
            return
        for box in self.boxes():
            rows = self.desk.rows(box.name)
            self._oracle.select_folder(box.wire_name.decode(), readonly=True)
            whole = self._oracle.fetch([row.uid for row in rows], ["BODY.PEEK[]"])
            for row in rows:
                octets = load_part(self.desk.database, row.number, WHOLE)
                assert octets == whole[row.uid][b"BODY[]"], row.subject
            self._oracle.unselect_folder()

    def _check_rest(self) -> None:
        """What is in step needs no word that changes anything."""
        self.proxy.sent_up.clear()
        assert str(self.sync()) == "in step"
        said = b"".join(self.proxy.sent_up).decode("ascii", "replace").split()
        assert not set(said) & set(WRITING), said


@dataclass(frozen=True)
class There:
    """A mailbox that the other client has selected."""

    client: imapclient.IMAPClient
    name: str
    names: list[str]
    found: list[tuple[str, int, frozenset[str]]]

    def one(self, pick: int) -> tuple[str, int, frozenset[str]] | None:
        return self.found[pick % len(self.found)] if self.found else None


def _ordered(seen: Iterable[Seen]) -> list[Seen]:
    return sorted(seen, key=lambda one: one[:2])
