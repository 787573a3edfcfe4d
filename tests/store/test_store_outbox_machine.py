"""Whatever people, servers and crashes do: no mail goes twice unasked, none is lost."""

import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.store.acting import NOW
from tests.store.filling import Place
from tui_mail.model.error import MailError, NotFound
from tui_mail.model.ids import WHOLE, MessageNumber, WritingId
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.outgoing import Outgoing, Submission, SubmissionState
from tui_mail.store import outbox
from tui_mail.store.content import load_part
from tui_mail.store.drafts import drafts_mailbox, save_draft
from tui_mail.store.journal import last_undoable, undo
from tui_mail.store.mailbox_wishes import numbers_in
from tui_mail.store.mailboxes import find_role
from tui_mail.store.operations import cancel, retry
from tui_mail.store.writing import begin_writing, load_writing

PICKS = st.integers(0, 3)
ENDS = ("accepted", "refused", "later", "lost, arrived", "lost", "killed, arrived")
PEOPLE = ("bob@there.example", "eve@there.example")


class Sending(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.place = Place(Path(self.folder.name) / "work.db")
        self.written: dict[str, WritingId | None] = {}
        """All mails that there ever were, by their Message-ID."""
        self.arrived: Counter[str] = Counter()
        """What a server has."""
        self.allowed: Counter[str] = Counter()
        """How often a person said that one may go once more."""

    def teardown(self) -> None:
        self.place.database.close()
        self.folder.cleanup()

    def mails(self) -> list[Submission]:
        return outbox.load_submissions(self.place.database)

    def pick(self, pick: int) -> Submission | None:
        mails = self.mails()
        return mails[pick % len(mails)] if mails else None

    @rule(writing=st.booleans(), draft=st.booleans(), held=st.booleans())
    def send(self, *, writing: bool, draft: bool, held: bool) -> None:
        message_id = f"{len(self.written)}@ann.example"
        octets = f"Message-ID: <{message_id}>\r\n\r\nYes.\r\n".encode()
        mail = Outgoing(message_id, "ann@a.example", PEOPLE, octets)
        row: WritingId | None = None
        number: MessageNumber | None = None
        with self.place.database.transaction() as tx:
            if writing:
                row = begin_writing(tx, message_id, NOW)
            if draft:
                box = drafts_mailbox(tx)
                number = save_draft(tx, octets, replacing=None, mailbox=box, at=NOW)
            outbox.submit(
                tx,
                mail,
                said=f"sent {message_id}",
                session="one",
                not_before=NOW if held else None,
                writing=row,
                draft=number,
            )
        self.written[message_id] = row

    @rule(pick=PICKS, end=st.sampled_from(ENDS), meanwhile=st.booleans())
    def engine(self, pick: int, end: str, *, meanwhile: bool) -> None:
        """Offer what is due; a person may act between the offer and its end."""
        due = outbox.load_due(self.place.database, NOW)
        if not due:
            return
        mail = due[pick % len(due)]
        if meanwhile:
            with self.place.database.transaction() as tx:
                (outbox.keep if pick % 2 else outbox.cancel)(tx, mail.id)
        try:
            with self.place.database.transaction() as tx:
                outbox.mark_sending(tx, mail.id)
        except NotFound:
            assert meanwhile
            return
        assert not meanwhile, "it goes though it is not to"
        self._answer(mail, end)

    def _answer(self, mail: Submission, end: str) -> None:
        assert b"".join(outbox.load_octets(self.place.database, mail.id))
        self.arrived[mail.message_id] += end == "accepted" or end.endswith("arrived")
        if end.startswith("killed"):
            self.restart()
            return
        with self.place.database.transaction() as tx:
            if end == "accepted":
                outbox.settle_accepted(tx, mail.id)
            elif end == "refused":
                outbox.settle_refused(tx, mail.id, "554 no")
            elif end == "later":
                outbox.put_off(tx, mail.id, NOW, "450 later")
            else:
                outbox.settle_unknown(tx, mail.id, "the connection was lost")

    @rule(pick=PICKS, whom=st.sampled_from((PEOPLE[:1], PEOPLE)))
    def refuse_recipients(self, pick: int, whom: tuple[str, ...]) -> None:
        due = outbox.load_due(self.place.database, NOW)
        if due:
            with self.place.database.transaction() as tx:
                refused = dict.fromkeys(whom, "550 unknown")
                number = due[pick % len(due)].id
                outbox.settle_refused(tx, number, "unknown", refused)

    @rule()
    def restart(self) -> None:
        self.place.reopen()
        with self.place.database.transaction() as tx:
            outbox.doubt_at_start(tx)

    @rule(pick=PICKS)
    def find_in_sent(self, pick: int) -> None:
        """Look for what is in doubt as the engine does where there is IMAP."""
        mail = self.pick(pick)
        if mail is None or mail.state is not SubmissionState.UNKNOWN:
            return
        if self.arrived[mail.message_id]:
            with self.place.database.transaction() as tx:
                outbox.settle_accepted(tx, mail.id)

    @rule(pick=PICKS)
    def file(self, pick: int) -> None:
        accepted = outbox.load_to_file(self.place.database, NOW)
        if accepted:
            with self.place.database.transaction() as tx:
                outbox.note_filed(tx, accepted[pick % len(accepted)].id)

    @rule(pick=PICKS)
    def ask_for_it_again(self, pick: int) -> None:
        if mail := self.pick(pick):
            if mail.state is SubmissionState.UNKNOWN:
                self.allowed[mail.message_id] += 1
            with self.place.database.transaction() as tx:
                retry(tx, f"send-{mail.id}")

    @rule(pick=PICKS)
    def cancel(self, pick: int) -> None:
        if mail := self.pick(pick):
            with suppress(MailError), self.place.database.transaction() as tx:
                cancel(tx, f"send-{mail.id}")

    @rule(pick=PICKS, now=st.booleans())
    def keep_or_send_now(self, pick: int, *, now: bool) -> None:
        if mail := self.pick(pick):
            with self.place.database.transaction() as tx:
                (outbox.send_now if now else outbox.keep)(tx, mail.id)

    @rule()
    def undo(self) -> None:
        entry = last_undoable(self.place.database)
        if entry is None:
            return
        with suppress(MailError), self.place.database.transaction() as tx:
            done = undo(tx, entry.id, session="one")
            assert str(entry.said).removeprefix("sent ") not in self.arrived.elements()
            assert done.writing is None or load_writing(tx, done.writing)

    @invariant()
    def none_goes_twice_unasked(self) -> None:
        for message_id, count in self.arrived.items():
            assert count <= 1 + self.allowed[message_id], message_id

    @invariant()
    def none_is_lost(self) -> None:
        kept = {mail.message_id for mail in self.mails()} | self._drafts()
        for message_id, row in self.written.items():
            if message_id in kept or self.arrived[message_id]:
                continue
            assert row is not None, message_id
            assert load_writing(self.place.database, row) == message_id

    def _drafts(self) -> set[str]:
        box = find_role(self.place.database, SpecialUse.DRAFTS)
        numbers = numbers_in(self.place.database, box.id) if box else []
        found = [load_part(self.place.database, number, WHOLE) for number in numbers]
        texts = [octets.decode() for octets in found if octets]
        ids = [text.partition("<")[2].partition(">")[0] for text in texts]
        assert len(ids) == len(set(ids)), "a draft is there twice"
        return set(ids)


TestSending = Sending.TestCase
TestSending.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
