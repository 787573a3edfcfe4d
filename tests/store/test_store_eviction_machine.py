"""Whatever people, servers and engines do: what only this store has is never evicted."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.store.acting import NOW, redo_last, undo_last, wish
from tests.store.filling import Place, mail
from tui_mail.model.error import MailError
from tui_mail.model.flags import FLAGGED
from tui_mail.model.ids import WHOLE, MessageNumber, Uid
from tui_mail.model.operation import Copy, Expunge, Move, Pin, PinMailbox, SetFlags
from tui_mail.model.uids import UidSet
from tui_mail.store.content import (
    complete_part,
    complete_parts,
    load_headers,
    note_use,
    save_chunk,
)
from tui_mail.store.eviction import Keeping, evict, load_evictable, octets_kept
from tui_mail.store.journal import last_undoable, last_undone
from tui_mail.store.mailboxes import create_local_mailbox
from tui_mail.store.messages import content_of, detach_all
from tui_mail.store.replaying import (
    due_operations,
    mark_operation_sent,
    revert_operation,
    settle_operation,
)
from tui_mail.store.vanishing import apply_vanished
from tui_mail.store.wanting import want_part

BOXES = st.sampled_from(("INBOX", "Archive", "Notes"))
PICKS = st.integers(0, 7)
MESSAGE = b"Subject: x\r\n\r\n" + b"y" * 500
_WITHOUT_ANOTHER = """
    SELECT m.number FROM message m LEFT JOIN mailbox b ON b.id = m.mailbox
    WHERE m.uid = 0 OR b.is_local OR b.pinned OR m.number IN (
        SELECT message FROM operation_item UNION SELECT copy FROM operation_item
        UNION SELECT message FROM wanted)
"""


class Evicting(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.place = Place(Path(self.folder.name) / "work.db")
        with self.place.database.transaction() as tx:
            create_local_mailbox(tx, "Notes", None)
        self.next = 1

    def teardown(self) -> None:
        self.place.database.close()
        self.folder.cleanup()

    def _numbers(self) -> list[MessageNumber]:
        rows = self.place.rows(
            "SELECT number FROM message WHERE mailbox > 0 ORDER BY number"
        )
        return [MessageNumber(int(str(number))) for (number,) in rows]

    def _pick(self, at: int) -> tuple[MessageNumber, ...]:
        numbers = self._numbers()
        return (numbers[at % len(numbers)],) if numbers else ()

    @rule(box=st.sampled_from(("INBOX", "Archive")))
    def arrives(self, box: str) -> None:
        self.place.fetch(mail(self.next), name=box)
        self.next += 1

    @rule(at=PICKS)
    def is_fetched(self, at: int) -> None:
        for number in self._pick(at):
            with self.place.database.transaction() as tx:
                save_chunk(tx, number, WHOLE, 0, MESSAGE)
                complete_part(tx, number, WHOLE)

    @rule(at=PICKS, pinned=st.booleans())
    def is_pinned(self, at: int, pinned: bool) -> None:
        wish(self.place, Pin(self._pick(at), pinned))

    @rule(box=BOXES, pinned=st.booleans())
    def mailbox_is_pinned(self, box: str, pinned: bool) -> None:
        wish(self.place, PinMailbox(self.place.box(box), pinned))

    @rule(at=PICKS, box=BOXES, kind=st.sampled_from((Move, Copy)))
    def goes_to(self, at: int, box: str, kind: type[Move] | type[Copy]) -> None:
        wish(self.place, kind(self._pick(at), self.place.box(box)))

    @rule(at=PICKS)
    def is_flagged_or_deleted(self, at: int) -> None:
        if at % 2:
            wish(self.place, Expunge(self._pick(at)))
        else:
            wish(self.place, SetFlags(self._pick(at), frozenset({FLAGGED})))

    @rule(at=PICKS)
    def is_wanted(self, at: int) -> None:
        for number in self._pick(at):
            with self.place.database.transaction() as tx:
                want_part(tx, number, WHOLE)

    @rule(back=st.booleans())
    def is_undone(self, back: bool) -> None:
        try:
            if back and last_undoable(self.place.database):
                undo_last(self.place)
            elif not back and last_undone(self.place.database):
                redo_last(self.place)
        except MailError:
            pass

    @rule(told=st.booleans(), refused=st.booleans())
    def server_answers(self, told: bool, refused: bool) -> None:
        for one in due_operations(self.place.database, NOW)[:1]:
            with self.place.database.transaction() as tx:
                mark_operation_sent(tx, one.id, uid_next_before=Uid(self.next))
                if refused:
                    revert_operation(tx, one.id, "no")
                    return
                uids = {}
                for item in one.items if told else ():
                    uids[item.copy or item.message] = Uid(self.next)
                    self.next += 1
                settle_operation(tx, one.id, validity=None, uids=uids)

    @rule(at=PICKS, box=st.sampled_from(("INBOX", "Archive")))
    def vanishes_or_is_counted_anew(self, at: int, box: str) -> None:
        with self.place.database.transaction() as tx:
            if at == 0:
                detach_all(tx, self.place.box(box))
            else:
                apply_vanished(tx, self.place.box(box), UidSet.of([Uid(at)]))

    @rule(at=PICKS)
    def is_read(self, at: int) -> None:
        with self.place.database.transaction() as tx:
            note_use(tx, self._pick(at), NOW)

    @rule()
    def all_that_may_go_goes(self) -> None:
        before = self._wholes()
        alone = {int(str(number)) for (number,) in self.place.rows(_WITHOUT_ANOTHER)}
        keep = {
            int(str(content))
            for number, content, pinned in self.place.rows(
                "SELECT m.number, m.content, c.pinned FROM message m"
                " JOIN content c ON c.id = m.content"
            )
            if pinned or number in alone
        }
        for texts in (False, True):
            found = load_evictable(
                self.place.database, Keeping("all", None), texts=texts
            )
            for one in found:
                with self.place.database.transaction() as tx:
                    assert not evict(tx, one)
        gone = before - self._wholes()
        for number in gone:
            assert content_of(self.place.database, number) not in keep, number
            assert load_headers(self.place.database, number)

    def _wholes(self) -> set[MessageNumber]:
        rows = self.place.rows("SELECT number FROM message")
        numbers = [MessageNumber(int(str(number))) for (number,) in rows]
        database = self.place.database
        return {one for one in numbers if WHOLE in complete_parts(database, one)}

    @invariant()
    def what_is_kept_is_counted(self) -> None:
        [(octets,)] = self.place.rows(
            "SELECT coalesce(sum(length(octets)), 0) FROM chunk WHERE part_id <> 'HEADER'"
        )
        assert octets == octets_kept(self.place.database)


TestEvicting = Evicting.TestCase
TestEvicting.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
