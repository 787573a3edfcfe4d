"""An account that sends over links that break, with engines that are killed.

After every step the submission server has each message at most once for each time that a
person wanted it sent; what it does not have is in the outbox, or was taken out of it by a
person; and drafts and flags say the same.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from tests.servers.dovecot import Dovecot, Letter
from tests.servers.proxy import Proxy, proxied
from tests.servers.submission import submission
from tests.sync.engines import environment_of, write_settings
from tests.sync.killing import Killer
from tests.sync.mailing import Desk, letter
from tests.sync.sending import LocalDesk, now, outgoing, put, smtp_at
from tui_mail.config.places import NAME, Places
from tui_mail.model.error import MailError
from tui_mail.model.flags import FORWARDED
from tui_mail.model.ids import MessageNumber, SubmissionId
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.outgoing import Submission, SubmissionState
from tui_mail.store.appending import append_message
from tui_mail.store.database import Database, Transaction
from tui_mail.store.drafts import drafts_mailbox, save_draft
from tui_mail.store.mailboxes import create_local_mailbox
from tui_mail.store.outbox import (
    cancel,
    keep,
    load_submissions,
    retry,
    send_now,
    take_back,
)
from tui_mail.sync import connecting

TO = ("ann@there.example", "eve@there.example")
PARENTS = 12
"""So many messages there are to be answered, and so many mails are written at most."""
_MESSAGE_ID = re.compile(rb"^Message-ID: <([^>]+)>", re.MULTILINE)
_ROUNDS = 4
_IN_DOUBT = "451 4.3.0 come later"


class Killed(BaseException):
    """The process is not there any more."""


@dataclass(slots=True)
class Written:
    """A mail, and what a person did about it."""

    message_id: str
    id: SubmissionId
    parent: MessageNumber
    drafted: bool
    allowed: int = 1
    """How often the server may get it."""
    withdrawn: bool = False
    """A person took it out of the outbox."""
    risked: bool = False
    """That was while it was not known whether the server has it."""


class SendWorld:
    """One account, its servers, and the person who writes."""

    def __init__(
        self, dovecot: Dovecot | None = None, *, files_itself: bool = False
    ) -> None:
        """Without a Dovecot the account is a local one."""
        self._ends = ExitStack()
        folder = Path(mkdtemp(prefix="sends-"))
        self._ends.callback(rmtree, folder)
        for name in ("config", "data", "state", "run"):
            (folder / name).mkdir()
        places = Places(
            *(folder / name / NAME for name in ("config", "data", "state", "run"))
        )
        places.data.mkdir()
        self.sink = self._ends.enter_context(submission(users=None))
        self.out = self._ends.enter_context(proxied(self.sink.port))
        patch = self._ends.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(connecting, "DEADLINE", 5.0)
        self.files_itself = files_itself
        self.mail: Proxy | None = None
        self.desk: Desk
        if dovecot is None:
            self.desk = LocalDesk(places, self.out.port)
        else:
            self.mail = self._ends.enter_context(proxied(dovecot.port))
            self.desk = Desk(dovecot, dovecot.fresh_user(), places)
            self.desk.through(self.mail.port)
            self.desk.set(smtp=smtp_at(self.out.port))
        self._ends.callback(self.desk.close)
        if files_itself:
            self.sink.file = self._file
        self._parents = self._made_parents()
        self.written: list[Written] = []
        self._killer: Killer | None = None

    def close(self) -> None:
        self._ends.close()

    def _file(self, octets: bytes) -> None:
        arrived = "01-Jan-2026 10:00:00 +0000"
        self.desk.fill([Letter(octets, "\\Seen", arrived)], "Sent")

    def _made_parents(self) -> list[MessageNumber]:
        letters = [letter(number) for number in range(1, PARENTS + 1)]
        if self.mail is not None:
            self.desk.fill(letters)
            self.desk.sync()
        else:
            with self.desk.database.transaction() as tx:
                inbox = create_local_mailbox(tx, "INBOX", SpecialUse.INBOX)
                for one in letters:
                    append_message(tx, inbox, one.octets, arrived=now())
        return self.desk.numbers()

    # What a person does.

    def write(
        self, *, recipients: int = 1, held: bool = False, draft: bool = False
    ) -> None:
        if not self._parents:
            return
        parent = self._parents.pop()
        subject = f"mail {len(self.written) + 1}"
        message = outgoing(subject, *TO[:recipients])
        number = None
        if draft:
            with self.desk.database.transaction() as tx:
                number = save_draft(
                    tx,
                    message.octets,
                    replacing=None,
                    mailbox=drafts_mailbox(tx),
                    at=now(),
                )
        made = put(
            self.desk,
            message,
            not_before=now() + timedelta(hours=1) if held else None,
            draft=number,
            parent=parent,
            parent_flag=FORWARDED,
        )
        self.written.append(Written(message.message_id, made, parent, draft))

    def _one(self, pick: int) -> tuple[Submission, Written] | None:
        rows = load_submissions(self.desk.database)
        if not rows:
            return None
        found = rows[pick % len(rows)]
        return found, next(one for one in self.written if one.id == found.id)

    def _act(
        self, pick: int, act: Callable[[Transaction, SubmissionId], object]
    ) -> tuple[Submission, Written] | None:
        """Do something about one; None if that is not possible."""
        one = self._one(pick)
        if one is None:
            return None
        try:
            with self.desk.database.transaction() as tx:
                act(tx, one[0].id)
        except MailError:
            return None
        return one

    def retry(self, pick: int) -> None:
        if done := self._act(pick, retry):
            found, written = done
            written.allowed += found.state is SubmissionState.UNKNOWN

    def cancel(self, pick: int) -> None:
        self._withdrawn(self._act(pick, cancel))

    def take_back(self, pick: int) -> None:
        self._withdrawn(self._act(pick, take_back))

    def _withdrawn(self, done: tuple[Submission, Written] | None) -> None:
        if done is not None:
            found, written = done
            written.withdrawn, written.risked = True, found.doubted

    def keep(self, pick: int) -> None:
        self._act(pick, keep)

    def send_now(self, pick: int) -> None:
        self._act(pick, send_now)

    def refuse(self, recipient: int, answer: str) -> None:
        """Have the server say something to a recipient from now on; empty: nothing."""
        address = TO[recipient % len(TO)]
        self.sink.refused.pop(address, None)
        if answer:
            self.sink.refused[address] = answer

    # Sending, and how it is broken off.

    def sync(self) -> None:
        with suppress(MailError):
            self.desk.sync()

    def sync_cut(self, octets: int, *, down: bool, proxy: Proxy | None = None) -> int:
        """Cut the connections of a synchronization; how many were."""
        proxy = proxy or self.out
        before = proxy.cuts
        if down:
            proxy.cut_down = octets
        else:
            proxy.cut_up = octets
        self.sync()
        proxy.cut_down = proxy.cut_up = None
        return proxy.cuts - before

    def sync_unanswered(self) -> int:
        """Have the link break when the server has taken a message; how many were cut."""
        file = self.sink.file

        def lose(octets: bytes) -> None:
            self.sink.file = file
            if file is not None:
                file(octets)
            self.out.cut()

        before = len(self.sink.taken)
        self.sink.file = lose
        self.sync()
        self.sink.file = file
        return min(1, len(self.sink.taken) - before)

    def sync_ended(self, commits: int) -> None:
        """Have the engine end in the middle of a transaction."""
        true, left = Database.transaction, iter(range(commits))

        @contextmanager
        def transaction(database: Database) -> Iterator[Transaction]:
            with true(database) as tx:
                yield tx
                if next(left, None) is None:
                    raise Killed

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Database, "transaction", transaction)
            with suppress(Killed, MailError):
                self.desk.sync()
        self.desk.close()

    def sync_killed(self, commits: int | None, seconds: float | None = None) -> bool:
        """Have an engine in a process of its own killed; True if it was."""
        if self._killer is None:
            self._killer = Killer()
            self._ends.callback(self._killer.close)
        write_settings(self.desk)
        environment = environment_of(self.desk)
        return self._killer.sync(environment, commits, seconds=seconds)

    # What must hold.

    @property
    def in_doubt(self) -> set[SubmissionId]:
        """Name what the server may have or not."""
        doubtful = (SubmissionState.SENDING, SubmissionState.UNKNOWN)
        rows = load_submissions(self.desk.database)
        return {one.id for one in rows if one.state in doubtful}

    def taken(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for one in self.sink.taken:
            match = _MESSAGE_ID.search(one.octets)
            assert match is not None
            found[match[1].decode()] += 1
        return found

    def check(self) -> None:
        rows = {one.id: one for one in load_submissions(self.desk.database)}
        taken = self.taken()
        drafts = Counter(str(one.subject) for one in self.desk.rows("Drafts"))
        inbox = {one.number: one for one in self.desk.rows()}
        for place, one in enumerate(self.written, start=1):
            name, count = f"mail {place}", taken[one.message_id]
            found = rows.get(one.id)
            assert count <= one.allowed, f"doubled: {name} was sent {count} times"
            accepted = not one.withdrawn and (
                found is None or found.state is SubmissionState.ACCEPTED
            )
            if accepted:
                assert count, f"lost: {name} is not in the outbox and was not sent"
            elif one.withdrawn:
                assert found is None, f"{name} is in the outbox again"
                assert one.risked or not count, f"doubled: {name} was taken back"
            elif found is not None and not found.doubted:
                sending = found.state is SubmissionState.SENDING
                assert sending or not count, f"doubled: {name} waits and was sent"
            kept = one.withdrawn or (one.drafted and not accepted)
            assert drafts[name] == kept, f"{name} is {drafts[name]} drafts"
            flags = inbox[one.parent].flags
            assert (FORWARDED in flags) == accepted, f"{name}: its parent has {flags}"

    def come_to_rest(self) -> None:
        """Let everything go out, and look whether all is where it belongs."""
        self.sink.refused.clear()
        self.sink.answers.clear()
        for _ in range(_ROUNDS):
            self.sync()
            self.check()
            for place, one in enumerate(load_submissions(self.desk.database)):
                if one.state is not SubmissionState.UNKNOWN:
                    self.retry(place)
        for place, one in reversed([*enumerate(load_submissions(self.desk.database))]):
            assert one.state is SubmissionState.UNKNOWN, (
                f"lost: {one.state}: {one.error}"
            )
            if self.taken()[one.message_id]:
                assert not self.files_itself, f"lost: {one.subject} is in Sent"
                self.cancel(place)
            else:
                self.retry(place)
        for _ in range(2):
            self.sync()
        self.check()
        assert not load_submissions(self.desk.database)
        self._check_sent()

    def _check_sent(self) -> None:
        """See to it that what was sent lies in Sent once, and nothing else."""
        taken = self.taken()
        here = Counter(str(one.subject) for one in self.desk.rows("Sent"))
        there = here if self.mail is None else self._there("Sent")
        drafts = None if self.mail is None else self._there("Drafts")
        for place, one in enumerate(self.written, start=1):
            name = f"mail {place}"
            copies = int(not one.withdrawn)
            if self.files_itself:
                copies = taken[one.message_id]
            assert here[name] == copies, f"{name} is in Sent {here[name]} times"
            assert there[name] == copies, f"{name} is in Sent there {there[name]} times"
            if drafts is not None:
                assert drafts[name] == one.withdrawn, (
                    f"{name} is {drafts[name]} drafts there"
                )

    def _there(self, box: str) -> Counter[str]:
        with self.desk.oracle() as client:
            if not client.folder_exists(box):
                return Counter()
            client.select_folder(box, readonly=True)
            found = client.search("ALL")
            asked = (
                client.fetch(found, ["BODY.PEEK[HEADER.FIELDS (SUBJECT)]"])
                if found
                else {}
            )
        return Counter(
            said[b"BODY[HEADER.FIELDS (SUBJECT)]"].decode().partition(":")[2].strip()
            for said in asked.values()
        )


def do_something(world: SendWorld, chance: random.Random) -> None:
    """Have the person, or the server, do one thing: mostly what they do most."""
    pick = chance.randrange(1_000)
    answers = ("", "550 5.1.1 nobody", "451 4.7.1 greylisted")
    deeds: list[tuple[float, Callable[[], object]]] = [
        (
            6,
            lambda: world.write(
                recipients=chance.randrange(1, 3),
                held=chance.random() < 0.1,
                draft=chance.random() < 0.5,
            ),
        ),
        (2, lambda: world.retry(pick)),
        (0.5, lambda: world.cancel(pick)),
        (0.5, lambda: world.take_back(pick)),
        (0.5, lambda: world.keep(pick)),
        (1, lambda: world.send_now(pick)),
        (1, lambda: world.refuse(pick, chance.choice(answers))),
        (0.5, lambda: world.sink.answers.append(_IN_DOUBT)),
    ]
    [deed] = chance.choices(
        [deed for _, deed in deeds], weights=[weight for weight, _ in deeds]
    )
    deed()
