"""Somebody keeps a draft again and again, and an engine is cut off at any step.

On the server there is never none once there was one, and in the end there is one.
"""

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.store.acting import NOW
from tests.store.filling import START, VALIDITY, Place, assert_counts, listed
from tui_mail.mime.headers import parse_envelope
from tui_mail.model.flags import DRAFT, SEEN
from tui_mail.model.ids import WHOLE, MessageNumber, ModSeq, Uid
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.message import FetchedMessage
from tui_mail.model.uids import UidSet
from tui_mail.store.appending import (
    drop_deleted,
    keep_apart,
    mark_append_sent,
    next_append,
    settle_append,
)
from tui_mail.store.content import load_part
from tui_mail.store.drafts import save_draft
from tui_mail.store.mailbox_wishes import numbers_in
from tui_mail.store.mailboxes import apply_listing, load_state, save_state
from tui_mail.store.messages import apply_fetched, known_uids, number_of
from tui_mail.store.operations import load_pending, retry
from tui_mail.store.replaying import (
    DueOperation,
    due_operations,
    mark_operation_sent,
    requeue_operation,
    revert_operation,
    settle_operation,
)
from tui_mail.store.vanishing import apply_vanished, drop_detached

OUTCOMES = st.sampled_from(("ok", "silent", "lost", "unsent", "refused", "later"))
"""Settled with a UID and without, lost after and before it was done, answered NO."""


class Drafting(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.place = Place(Path(self.folder.name) / "work.db")
        with self.place.database.transaction() as tx:
            apply_listing(tx, [listed("Drafts", SpecialUse.DRAFTS)], {})
        self.box = self.place.box("Drafts")
        self.server: dict[int, bytes] = {}
        self.next = 1
        self.count = 0
        self.last: MessageNumber | None = None
        self.was_deleted = True
        """There need be none on the server: there never was, or it was deleted there."""

    # The person, here and at another client.

    @rule()
    def save(self) -> None:
        self.count += 1
        with self.place.database.transaction() as tx:
            self.last = save_draft(
                tx,
                self._text(self.count),
                replacing=self.last,
                mailbox=self.box,
                at=START + timedelta(minutes=self.count),
            )

    def _text(self, count: int) -> bytes:
        return f"Subject: {count}\r\nMessage-ID: <{count}@a.example>\r\n\r\n".encode()

    @rule(really=st.integers(0, 3))
    def another_client_deletes(self, really: int) -> None:
        """It does so seldom: from then on none need be there."""
        if really == 0:
            self.server.clear()
            self.was_deleted = True

    @rule()
    def retry(self) -> None:
        for line in load_pending(self.place.database):
            with self.place.database.transaction() as tx:
                retry(tx, line.id)

    @rule()
    def reopen(self) -> None:
        self.place.reopen()

    # The engine.

    @rule()
    def synchronize(self) -> None:
        with self.place.database.transaction() as tx:
            known = known_uids(tx, self.box)
            gone = UidSet.of(uid for uid in known if uid not in self.server)
            apply_vanished(tx, self.box, gone)
            fresh = [self._fetched(uid) for uid in self.server if uid not in known]
            apply_fetched(tx, self.box, VALIDITY, fresh)
            drop_detached(tx, self.box)
            state = load_state(tx, self.box)
            state = replace(state, uid_validity=VALIDITY, uid_next=Uid(self.next))
            save_state(tx, self.box, replace(state, low_uid=Uid(1)), synced=True)

    def _fetched(self, uid: int) -> FetchedMessage:
        octets = self.server[uid]
        envelope = parse_envelope(octets)
        arrived = START + timedelta(minutes=int(envelope.subject))
        flags = frozenset({DRAFT, SEEN})
        return FetchedMessage(
            Uid(uid), flags, ModSeq(0), arrived, len(octets), envelope
        )

    @rule(outcomes=st.lists(OUTCOMES, min_size=1, max_size=4), pick=st.integers(0, 2))
    def save_and_replay(self, outcomes: list[str], pick: int) -> None:
        self.save()
        for outcome in outcomes:
            self.replay(outcome, pick)
            self.on_the_server_there_is_never_none()

    @rule(outcome=OUTCOMES, pick=st.integers(0, 2))
    def replay(self, outcome: str, pick: int) -> None:
        due = [one for one in due_operations(self.place.database, NOW) if one.ready]
        if due:
            one = due[pick % len(due)]
            (self._append if one.kind == "append" else self._expunge)(one, outcome)

    def _append(self, operation: DueOperation, outcome: str) -> None:
        database = self.place.database
        due = next_append(database, operation.id)
        assert due is not None
        octets = load_part(database, due.message, WHOLE)
        assert octets is not None
        if due.since is not None:
            for there in map(Uid, range(due.since, self.next)):
                known = number_of(database, self.box, there)
                may_be = known is None or known >= due.message
                if may_be and self.server.get(there) == octets:
                    with database.transaction() as tx:
                        settle_append(
                            tx, operation.id, due, validity=VALIDITY, uid=there
                        )
                    return
        with database.transaction() as tx:
            if drop_deleted(tx, due.message):
                return
            since = Uid(self.next)
            mark_append_sent(
                tx, operation.id, due.message, since=since, validity=VALIDITY
            )
        if outcome in ("ok", "silent", "lost"):
            self.server[self.next] = octets
            self.next += 1
            self.was_deleted = False
        if outcome in ("lost", "unsent"):
            return
        told = replace(due, since=since, validity=VALIDITY)
        uid = since if outcome == "ok" else None
        with database.transaction() as tx:
            if outcome in ("ok", "silent"):
                settle_append(tx, operation.id, told, validity=VALIDITY, uid=uid)
                return
            requeue_operation(tx, operation.id)
            if drop_deleted(tx, due.message) or outcome == "later":
                return
            keep_apart(tx, operation.id, due.message)
            revert_operation(tx, operation.id, "over quota")

    def _expunge(self, operation: DueOperation, outcome: str) -> None:
        with self.place.database.transaction() as tx:
            mark_operation_sent(tx, operation.id, uid_next_before=None)
        if outcome in ("ok", "silent", "lost"):
            for item in operation.items:
                self.server.pop(item.uid or 0, None)
        if outcome in ("ok", "silent"):
            with self.place.database.transaction() as tx:
                settle_operation(tx, operation.id, validity=None, uids={})

    # What always holds.

    @invariant()
    def on_the_server_there_is_never_none(self) -> None:
        assert self.server or self.was_deleted

    @invariant()
    def here_the_last_one_is_seen(self) -> None:
        assert_counts(self.place)
        shown = numbers_in(self.place.database, self.box)
        if self.last is not None and not self.was_deleted:
            assert self.last in shown

    def teardown(self) -> None:
        try:
            self._come_to_rest()
        finally:
            self.place.database.close()
            self.folder.cleanup()

    def _come_to_rest(self) -> None:
        if self.last is None:
            return
        self.save()
        for _ in range(4):
            self.retry()
            for _ in range(10):
                self.replay("ok", 0)
            self.synchronize()
        assert list(self.server.values()) == [self._text(self.count)]
        assert numbers_in(self.place.database, self.box) == [self.last]
        assert not load_pending(self.place.database)


TestDrafting = Drafting.TestCase
TestDrafting.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
