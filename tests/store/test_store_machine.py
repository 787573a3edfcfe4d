"""A server, a user, and an engine that is cut off at any step, with the store between.

The server and the user are models of a few lines. After each step the store has to
agree with itself and with what the user last wished; in the end, when all that waits
was sent and all mailboxes were looked at, with the server.
"""

import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from tests.store.filling import Place, assert_counts, mail
from tui_mail.model.error import MailError
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import MailboxId, MessageNumber, ModSeq, Uid, UidValidity
from tui_mail.model.message import FetchedMessage, FlagsOf
from tui_mail.model.operation import Copy, Expunge, Move, OperationState, SetFlags, Wish
from tui_mail.model.uids import UidSet
from tui_mail.store.astray import last_astray
from tui_mail.store.flag_columns import from_columns
from tui_mail.store.journal import last_undoable, last_undone, redo, undo
from tui_mail.store.mailboxes import load_state, save_state
from tui_mail.store.messages import (
    apply_fetched,
    apply_flags,
    detach_all,
    known_uids,
    load_location,
)
from tui_mail.store.operations import load_pending, retry
from tui_mail.store.overlay import laid_over
from tui_mail.store.performing import perform
from tui_mail.store.replaying import (
    DueOperation,
    FlagBatch,
    due_flags,
    due_operations,
    mark_flags_sent,
    mark_operation_sent,
    postpone_flags,
    postpone_operation,
    requeue_operation,
    revert_flags,
    revert_operation,
    settle_flags,
    settle_items,
    settle_operation,
)
from tui_mail.store.vanishing import apply_vanished, drop_detached, give_up_astray

NAMES = ("INBOX", "Archive", "Trash")
FLAGS = (SEEN, FLAGGED, "work")
OUTCOMES = ("ok", "silent", "lost", "unsent", "refused", "later")
"""Settled with COPYUID and without, lost after and before it was done, answered NO."""
NOW = datetime.now(UTC) + timedelta(days=1)
"""All that is postponed in here is due again by then."""

boxes = st.sampled_from(NAMES)
flags = st.sampled_from(FLAGS)
picks = st.integers(0, 5)


@dataclass
class ServerBox:
    validity: int = 1
    next: int = 1
    mails: dict[int, int] = field(default_factory=dict)
    """Which letter has which UID."""
    flags: dict[int, set[str]] = field(default_factory=dict)

    def add(self, letter: int, flags_: set[str]) -> int:
        uid, self.next = self.next, self.next + 1
        self.mails[uid], self.flags[uid] = letter, set(flags_)
        return uid

    def remove(self, uid: int) -> None:
        del self.mails[uid], self.flags[uid]

    def fetched(self, uid: int) -> FetchedMessage:
        letter = self.mails[uid]
        made = mail(letter, flags=tuple(self.flags[uid]))
        return FetchedMessage(
            Uid(uid),
            made.flags,
            ModSeq(0),
            made.internal_date,
            made.size,
            made.envelope,
        )


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.place = Place(Path(self.folder.name) / "work.db")
        self.server = {name: ServerBox() for name in NAMES}
        self.ids = {name: self.place.box(name) for name in NAMES}
        self.names = {box: name for name, box in self.ids.items()}
        self.letters = 0
        self.seen: dict[int, str] = {}
        """Every number ever seen, with its Message-ID."""
        self.flag_wishes: dict[tuple[int, str], bool] = {}
        self.places_wished: dict[int, int] = {}

    # The server, and whoever else works there.

    @initialize(count=st.integers(1, 3))
    def begin(self, count: int) -> None:
        for _ in range(count):
            self.deliver("INBOX")
        self.synchronize_all()

    @rule(name=boxes)
    def deliver(self, name: str) -> None:
        self.letters += 1
        self.server[name].add(self.letters, set())

    @rule(name=boxes, to=boxes, pick=picks, flag=st.sampled_from((*FLAGS, "", "")))
    def another_client_works(self, name: str, to: str, pick: int, flag: str) -> None:
        """It changes a flag, or expunges a message, or moves it."""
        box = self.server[name]
        if not box.mails:
            return
        uid = sorted(box.mails)[pick % len(box.mails)]
        if flag:
            box.flags[uid] ^= {flag}
            return
        if to != name:
            self.server[to].add(box.mails[uid], box.flags[uid])
        box.remove(uid)

    @rule(name=boxes)
    def the_validity_changes(self, name: str) -> None:
        old = self.server[name]
        fresh = ServerBox(old.validity + 1)
        for uid in sorted(old.mails):
            fresh.add(old.mails[uid], old.flags[uid])
        self.server[name] = fresh

    # The user.

    def _visible(self) -> list[MessageNumber]:
        rows = self.place.rows(
            "SELECT number FROM message WHERE mailbox > 0 ORDER BY 1"
        )
        return [MessageNumber(int(str(number))) for (number,) in rows]

    def _chosen(self, pick: int) -> tuple[MessageNumber, ...]:
        visible = self._visible()
        if not visible:
            return ()
        start = pick % len(visible)
        return tuple(visible[start : start + 1 + pick % 2])

    def _perform(self, wish: Wish) -> None:
        before = self._shown()
        with self.place.database.transaction() as tx:
            perform(tx, wish, said="did", session="one")
        self._note_wishes(before)

    def _shown(self) -> dict[int, tuple[int, frozenset[str]]]:
        return {
            number: (mailbox, from_columns(bits, words))
            for number, mailbox, bits, words in self.place.database.connection.execute(
                "SELECT number, mailbox, flags, keywords FROM message"
            )
        }

    def _note_wishes(self, before: dict[int, tuple[int, frozenset[str]]]) -> None:
        """Note what the user changed: it has to stay so until the server has its say."""
        facts = {
            number: (server, from_columns(bits, words))
            for number, server, bits, words in self.place.database.connection.execute(
                "SELECT number, server_mailbox, server_flags, server_keywords FROM message"
            )
        }
        for number, (mailbox, shown) in self._shown().items():
            if number not in before:
                continue
            old_mailbox, old_shown = before[number]
            for flag in shown ^ old_shown:
                self.flag_wishes[number, flag] = flag in shown
                if (flag in facts[number][1]) == (flag in shown):
                    # It is as the server has it: another client may change it again.
                    self.flag_wishes.pop((number, flag))
            if mailbox != old_mailbox:
                self.places_wished[number] = mailbox

    @rule(pick=picks, flag=flags, add=st.booleans())
    def set_flags(self, pick: int, flag: str, add: bool) -> None:
        one, none = frozenset({flag}), frozenset[str]()
        self._perform(
            SetFlags(self._chosen(pick), one if add else none, none if add else one)
        )

    @rule(pick=picks, name=boxes)
    def move(self, pick: int, name: str) -> None:
        self._perform(Move(self._chosen(pick), self.ids[name]))

    @rule(pick=picks, name=boxes)
    def copy(self, pick: int, name: str) -> None:
        self._perform(Copy(self._chosen(pick), self.ids[name]))

    @rule(pick=picks)
    def expunge(self, pick: int) -> None:
        self._perform(Expunge(self._chosen(pick)))

    @rule()
    def undo(self) -> None:
        before = self._shown()
        last = last_undoable(self.place.database)
        if last is not None:
            try:
                with self.place.database.transaction() as tx:
                    undo(tx, last.id, session="two")
            except MailError:
                return
            self._note_wishes(before)

    @rule()
    def redo(self) -> None:
        before = self._shown()
        last = last_undone(self.place.database)
        if last is not None:
            with self.place.database.transaction() as tx:
                redo(tx, last.id, session="two")
            self._note_wishes(before)

    @rule(pick=picks)
    def retry(self, pick: int) -> None:
        before = self._shown()
        waiting = load_pending(self.place.database)
        if waiting:
            with self.place.database.transaction() as tx:
                retry(tx, waiting[pick % len(waiting)].id)
            self._note_wishes(before)

    # The engine.

    @rule()
    def synchronize_all(self) -> None:
        for name in NAMES:
            self.synchronize(name)

    @rule(name=boxes)
    def synchronize(self, name: str) -> None:
        box, number = self.server[name], self.ids[name]
        database = self.place.database
        before = self._shown()
        state = load_state(database, number)
        with database.transaction() as tx:
            validity = UidValidity(box.validity)
            if state.uid_validity not in (None, validity):
                detach_all(tx, number)
                apply_fetched(tx, number, validity, list(map(box.fetched, box.mails)))
            else:
                known = known_uids(tx, number)
                gone = UidSet.of(uid for uid in known if uid not in box.mails)
                apply_vanished(tx, number, gone)
                fresh = [box.fetched(uid) for uid in box.mails if uid not in known]
                apply_fetched(tx, number, validity, fresh)
                told = (
                    FlagsOf(Uid(uid), frozenset(box.flags[uid]))
                    for uid in box.mails
                    if uid in known
                )
                apply_flags(tx, number, told)
            drop_detached(tx, number)
            state = replace(state, uid_validity=validity, uid_next=Uid(box.next))
            save_state(tx, number, state, synced=True)
        self._heed_others(before)

    def _heed_others(self, before: dict[int, tuple[int, frozenset[str]]]) -> None:
        """What another client took elsewhere lies there now, or is looked for."""
        for number, (mailbox, _) in self._shown().items():
            if number in self.places_wished and mailbox != before[number][0]:
                [(there, uid, astray)] = self.place.rows(
                    "SELECT server_mailbox, uid, EXISTS (SELECT 1 FROM astray"
                    " WHERE message = number) FROM message WHERE number = ?",
                    number,
                )
                assert astray if mailbox == 0 else there == mailbox and uid, number
                del self.places_wished[number]

    def _is_valid(self, box: MailboxId) -> bool:
        state = load_state(self.place.database, box)
        return state.uid_validity == self.server[self.names[box]].validity

    @rule(
        pick=picks,
        outcome=st.sampled_from(OUTCOMES),
    )
    def replay_flags(self, pick: int, outcome: str) -> None:
        due = [
            one
            for one in due_flags(self.place.database, NOW)
            if self._is_valid(one.mailbox)
        ]
        if due:
            self._replay_flags(due[pick % len(due)], outcome)

    def _replay_flags(self, batch: FlagBatch, outcome: str) -> None:
        database = self.place.database
        with database.transaction() as tx:
            mark_flags_sent(tx, batch)
        if outcome in ("ok", "silent", "lost"):
            box = self.server[self.names[batch.mailbox]]
            for uid in batch.uids:
                if uid in box.mails:
                    change = box.flags[uid].add if batch.add else box.flags[uid].discard
                    change(batch.flag)
        if outcome in ("lost", "unsent"):
            return
        with database.transaction() as tx:
            if outcome in ("ok", "silent"):
                settle_flags(tx, batch)
            elif outcome == "refused":
                revert_flags(tx, batch, "no")
            else:
                postpone_flags(tx, batch, NOW - timedelta(hours=1), "not now")
        if outcome != "later":
            for number in batch.messages:
                if self.flag_wishes.get((number, batch.flag)) == batch.add:
                    del self.flag_wishes[number, batch.flag]

    @rule(outcome=st.sampled_from(OUTCOMES), pick=picks, then=boxes)
    def lose_an_answer(self, outcome: str, pick: int, then: str) -> None:
        """Send one, look at a mailbox before it is known what became of it, then go on."""
        self.replay_operation("lost", pick)
        self.synchronize(then)
        self.replay_operation(outcome, pick)

    @rule(outcome=st.sampled_from(OUTCOMES), pick=picks)
    def replay_operation(self, outcome: str, pick: int) -> None:
        due = [
            one for one in due_operations(self.place.database, NOW) if self._ready(one)
        ]
        if due:
            self._replay_operation(due[pick % len(due)], outcome)

    def _ready(self, operation: DueOperation) -> bool:
        return self._is_valid(operation.source) and all(
            item.uid is not None for item in operation.items
        )

    def _replay_operation(self, operation: DueOperation, outcome: str) -> None:
        source = self.server[self.names[operation.source]]
        target = self.server[self.names[operation.target]] if operation.target else None
        there = {
            item.message: int(item.uid)
            for item in operation.items
            if item.uid is not None and item.uid in source.mails
        }
        found = self._found(operation, target)
        if operation.state is OperationState.SENT and operation.kind == "copy":
            there = {one: uid for one, uid in there.items() if one not in found}
        before = Uid(target.next) if target else None
        with self.place.database.transaction() as tx:
            mark_operation_sent(tx, operation.id, uid_next_before=before)
        if outcome in ("ok", "silent", "lost"):
            for message, uid in there.items():
                if target is not None:
                    arrived = target.add(source.mails[uid], source.flags[uid])
                    found[message] = Uid(arrived)
                if operation.kind != "copy":
                    source.remove(uid)
        elif outcome in ("refused", "later") and operation.state is OperationState.SENT:
            return
        if outcome not in ("lost", "unsent"):
            self._end(operation, outcome, found)

    def _found(
        self, operation: DueOperation, target: ServerBox | None
    ) -> dict[MessageNumber, Uid]:
        """Look for what an answer was lost of: by what it is, and by UIDNEXT of before."""
        if target is None or operation.state is not OperationState.SENT:
            return {}
        left = [
            uid
            for uid in sorted(target.mails)
            if uid >= (operation.uid_next_before or 1)
        ]
        found: dict[MessageNumber, Uid] = {}
        for item in operation.items:
            letter = self.seen[item.message]
            alike = [
                uid for uid in left if f"{target.mails[uid]}@example.org" == letter
            ]
            if alike and not self._is_in_source(operation, item.message):
                found[item.message] = Uid(alike[0])
                left.remove(alike[0])
        return found

    def _is_in_source(self, operation: DueOperation, message: MessageNumber) -> bool:
        """A move is done or not: what is in the source still has not gone to the target."""
        uid = load_location(self.place.database, message).uid
        source = self.server[self.names[operation.source]]
        return operation.kind == "move" and uid in source.mails

    def _end(
        self, operation: DueOperation, outcome: str, found: dict[MessageNumber, Uid]
    ) -> None:
        numbers = [item.message for item in operation.items]
        before = len(self._shown())
        with self.place.database.transaction() as tx:
            if outcome == "refused":
                revert_operation(tx, operation.id, "no")
            elif outcome == "later":
                requeue_operation(tx, operation.id)
                until = NOW - timedelta(hours=1)
                postpone_operation(tx, operation.id, until, "not now")
                return
            else:
                void = [number for number in numbers if number not in found]
                if operation.target is not None and void:
                    settle_items(tx, operation.id, void)
                uids = {
                    item.copy or item.message: found[item.message]
                    for item in operation.items
                    if item.message in found and outcome == "ok"
                }
                validity = self._validity(operation.target)
                settle_operation(tx, operation.id, validity=validity, uids=uids)
        # A row that was its message's second one has become part of the first: what was
        # wished of it holds.
        if outcome == "refused" or len(self._shown()) < before:
            for item in operation.items:
                self.places_wished.pop(item.message, None)
                self.places_wished.pop(item.copy or 0, None)

    def _validity(self, box: MailboxId | None) -> UidValidity | None:
        return (
            None if box is None else UidValidity(self.server[self.names[box]].validity)
        )

    @rule()
    def reopen(self) -> None:
        self.place.reopen()

    # What always holds.

    @invariant()
    def counts_are_those_of_a_recount(self) -> None:
        assert_counts(self.place)

    @invariant()
    def numbers_are_never_used_again(self) -> None:
        for number, message_id in self.place.database.connection.execute(
            "SELECT m.number, c.message_id FROM message m"
            " LEFT JOIN content c ON c.id = m.content"
        ):
            assert message_id is not None
            assert self.seen.setdefault(number, message_id) == message_id

    @invariant()
    def rows_show_the_servers_flags_with_the_wishes_over_them(self) -> None:
        wishes: dict[int, list[tuple[str, bool]]] = {}
        connection = self.place.database.connection
        for number, flag, adding in connection.execute(
            "SELECT message, flag, adding FROM delta WHERE state <> 'failed' ORDER BY id"
        ):
            wishes.setdefault(number, []).append((flag, bool(adding)))
        for number, bits, words, server_bits, server_words in connection.execute(
            "SELECT number, flags, keywords, server_flags, server_keywords FROM message"
        ):
            server = from_columns(server_bits, server_words)
            shown = laid_over(server, wishes.get(number, []))
            assert from_columns(bits, words) == shown

    @invariant()
    def own_wishes_are_seen_until_the_server_has_its_say(self) -> None:
        shown = self._shown()
        for (number, flag), wished in self.flag_wishes.items():
            if number in shown:
                assert (flag in shown[number][1]) == wished, (number, flag)
        for number, mailbox in self.places_wished.items():
            if number in shown:
                assert shown[number][0] == mailbox, number
        # A number is never used again: what is gone is gone.

    @invariant()
    def a_row_waits_if_a_wish_about_it_does(self) -> None:
        told = self.place.rows(
            "SELECT number FROM message WHERE waiting <> (EXISTS (SELECT 1 FROM delta"
            "  WHERE message = number AND state IN ('queued', 'sent'))"
            " OR EXISTS (SELECT 1 FROM operation_item i JOIN operation o"
            "  ON o.id = i.operation WHERE number IN (i.message, i.copy)"
            "  AND o.state <> 'failed'))"
        )
        assert told == []

    def teardown(self) -> None:
        try:
            self._quiesce()
            assert self.place.database.check() == []
        finally:
            self.place.database.close()
            self.folder.cleanup()

    def _quiesce(self) -> None:
        for _ in range(8):
            astray = last_astray(self.place.database)
            self.synchronize_all()
            with self.place.database.transaction() as tx:
                give_up_astray(tx, astray)
            self._give_up_the_lost()
            for batch in due_flags(self.place.database, NOW):
                self._replay_flags(batch, "ok")
            for _ in range(50):
                due = due_operations(self.place.database, NOW)
                ready = [one for one in due if self._ready(one)]
                if not ready:
                    break
                self._replay_operation(ready[0], "silent")
        self.synchronize_all()
        self.own_wishes_are_seen_until_the_server_has_its_say()
        assert due_flags(self.place.database, NOW) == []
        assert due_operations(self.place.database, NOW) == []
        assert self._here() == self._there()

    def _give_up_the_lost(self) -> None:
        """What is in no mailbox any more, after all were looked at, is gone."""
        for operation in due_operations(self.place.database, NOW):
            lost = [
                item.message
                for item in operation.items
                if self.place.rows(
                    "SELECT 1 FROM message WHERE number = ? AND uid = 0"
                    " AND server_mailbox = ?",
                    item.message,
                    operation.source,
                )
            ]
            if lost:
                with self.place.database.transaction() as tx:
                    settle_items(tx, operation.id, lost)

    def _here(self) -> set[tuple[object, ...]]:
        return {
            (self.names[MailboxId(box)], uid, words, from_columns(bits, keywords))
            for box, uid, words, bits, keywords in self.place.database.connection.execute(
                "SELECT m.mailbox, m.uid, c.message_id, m.flags, m.keywords"
                " FROM message m JOIN content c ON c.id = m.content"
            )
        }

    def _there(self) -> set[tuple[object, ...]]:
        return {
            (name, uid, f"{letter}@example.org", frozenset(box.flags[uid]))
            for name, box in self.server.items()
            for uid, letter in box.mails.items()
        }


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=120,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
