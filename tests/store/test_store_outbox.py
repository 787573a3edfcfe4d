from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.store.acting import redo_last, undo_last
from tests.store.filling import Place
from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError, NotFound, NoWayBack
from tui_mail.model.ids import WHOLE, SubmissionId, WritingId
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.operation import OperationState
from tui_mail.model.outgoing import (
    Outgoing,
    RecipientState,
    Submission,
    SubmissionState,
)
from tui_mail.store import outbox
from tui_mail.store.content import load_part
from tui_mail.store.database import AccountIdentity, Database
from tui_mail.store.drafts import drafts_mailbox, is_in_outbox, save_draft
from tui_mail.store.journal import last_done, last_undoable, last_undone, undo
from tui_mail.store.mailbox_wishes import numbers_in
from tui_mail.store.mailboxes import find_role
from tui_mail.store.messages import load_summaries
from tui_mail.store.operations import cancel, count_pending, load_pending, retry
from tui_mail.store.writing import begin_writing, load_writing

NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(hours=1)
MAIL = Outgoing(
    message_id="1@ann.example",
    sender="ann@example.org",
    recipients=("bob@there.example", "eve@there.example", "dan@there.example"),
    octets=b"From: ann@example.org\r\nTo: bob@there.example\r\nSubject: Re: Budget\r\n"
    b"Message-ID: <1@ann.example>\r\n\r\nYes.\r\n",
    blind=b"Bcc: dan@there.example\r\n",
    subject=displayable("Re: Budget"),
)
SAID = 'sent "Re: Budget" to bob@there.example'


def submit(place: Place, mail: Outgoing = MAIL, **more: object) -> SubmissionId:
    values: dict[str, object] = {"said": SAID, "session": "one", "not_before": None}
    with place.database.transaction() as tx:
        return outbox.submit(tx, mail, **(values | more))  # type: ignore[arg-type]


def one(place: Place) -> Submission:
    [found] = outbox.load_submissions(place.database)
    return found


def states(place: Place) -> dict[str, RecipientState]:
    return {each.address: each.state for each in one(place).recipients}


def send(place: Place, number: SubmissionId) -> None:
    with place.database.transaction() as tx:
        outbox.mark_sending(tx, number)


def kept_drafts(place: Place) -> list[bytes]:
    box = find_role(place.database, SpecialUse.DRAFTS)
    if box is None:
        return []
    found = [
        load_part(place.database, number, WHOLE)
        for number in numbers_in(place.database, box.id)
    ]
    return [octets for octets in found if octets is not None]


def test_what_is_submitted_is_there_after_a_restart(place: Place) -> None:
    number = submit(place, not_before=NOW + timedelta(seconds=10))
    place.reopen()
    found = one(place)
    assert b"".join(outbox.load_octets(place.database, number)) == MAIL.octets
    assert found.addresses == MAIL.recipients
    assert (found.sender, found.blind) == (MAIL.sender, MAIL.blind)
    assert found.state is SubmissionState.QUEUED
    assert found.not_before == NOW + timedelta(seconds=10)


def test_a_held_mail_is_held_as_long_as_was_said(place: Place) -> None:
    submit(place, not_before=NOW + timedelta(seconds=9.5))
    due = NOW + timedelta(seconds=10)
    early = due - timedelta(microseconds=1)
    assert outbox.load_due(place.database, early) == []
    assert outbox.next_due(place.database, early) == due
    assert [mail.id for mail in outbox.load_due(place.database, due)] == [1]
    assert outbox.next_due(place.database, SOON) == SOON


def test_the_end_of_a_mail_that_was_taken_back_does_not_go_out(place: Place) -> None:
    number = submit(place)
    with place.database.transaction() as tx:
        outbox.keep(tx, number)
    with pytest.raises(NotFound):
        send(place, number)
    with place.database.transaction() as tx:
        outbox.send_now(tx, number)
    send(place, number)
    assert one(place).state is SubmissionState.SENDING


def test_what_was_being_sent_at_a_crash_is_in_doubt_and_never_due(place: Place) -> None:
    number = submit(place)
    send(place, number)
    kept = submit(place)
    with place.database.transaction() as tx:
        outbox.keep(tx, kept)
    place.reopen()
    with place.database.transaction() as tx:
        outbox.doubt_at_start(tx)
    doubtful, freed = outbox.load_submissions(place.database)
    assert doubtful.state is SubmissionState.UNKNOWN
    assert doubtful.asks
    assert freed.state is SubmissionState.QUEUED
    assert outbox.load_due(place.database, SOON) == [freed]


def test_a_retry_leaves_out_whom_the_server_refused_if_others_were_taken(
    place: Place,
) -> None:
    number = submit(place)
    with place.database.transaction() as tx:
        refused = {"eve@there.example": "550 no such user"}
        outbox.settle_refused(tx, number, "eve@there.example: no such user", refused)
    assert outbox.load_due(place.database, SOON) == []
    assert states(place)["eve@there.example"] is RecipientState.REFUSED
    assert one(place).recipients[1].answer == "550 no such user"
    with place.database.transaction() as tx:
        retry(tx, f"send-{number}")
    [due] = outbox.load_due(place.database, NOW)
    assert due.addresses == ("bob@there.example", "dan@there.example")
    assert due.error == ""


def test_a_retry_tries_all_where_the_server_refused_all(place: Place) -> None:
    number = submit(place)
    with place.database.transaction() as tx:
        refused = dict.fromkeys(MAIL.recipients, "550 no such user")
        outbox.settle_refused(tx, number, "no such users", refused)
        retry(tx, f"send-{number}")
    [due] = outbox.load_due(place.database, NOW)
    assert due.addresses == MAIL.recipients


def test_what_was_put_off_waits_and_says_why(place: Place) -> None:
    number = submit(place)
    with place.database.transaction() as tx:
        outbox.put_off(tx, number, SOON, "450 try again")
    assert outbox.load_due(place.database, NOW) == []
    assert outbox.next_due(place.database, NOW) == SOON
    found = one(place)
    assert (found.attempts, found.error) == (1, "450 try again")
    send(place, number)
    with place.database.transaction() as tx:
        outbox.put_off(tx, number, SOON, "451 later")
    assert one(place).attempts == 2
    assert one(place).state is SubmissionState.QUEUED


def test_a_mail_that_was_kept_meanwhile_stays_kept(place: Place) -> None:
    number = submit(place)
    with place.database.transaction() as tx:
        outbox.keep(tx, number)
        outbox.put_off(tx, number, SOON, "450 try again")
        outbox.settle_refused(tx, number, "550 no")
    assert one(place).state is SubmissionState.KEPT


def test_octets_that_changed_are_refused_before_the_first_piece(place: Place) -> None:
    number = submit(place, replace(MAIL, octets=b"Subject: x\r\n\r\n" + b"a" * 600_000))
    with place.database.transaction() as tx:
        tx.connection.execute(
            "UPDATE submission_chunk SET octets = zeroblob(length(octets))"
            " WHERE start > 262144"
        )
    with pytest.raises(outbox.SubmissionDamaged):
        next(outbox.load_octets(place.database, number))


def test_numbers_of_the_outbox_are_never_used_again(place: Place) -> None:
    number = submit(place)
    with place.database.transaction() as tx:
        outbox.settle_accepted(tx, number)
        outbox.note_filed(tx, number)
    place.reopen()
    assert submit(place) == number + 1


def test_what_is_filed_is_gone_with_its_draft_and_what_it_was_written_in(
    place: Place,
) -> None:
    with place.database.transaction() as tx:
        writing = begin_writing(tx, "{}", NOW)
        draft = save_draft(
            tx,
            b"Subject: B\r\n\r\n",
            replacing=None,
            mailbox=drafts_mailbox(tx),
            at=NOW,
        )
    number = submit(place, writing=writing, draft=draft)
    assert is_in_outbox(place.database, draft)
    send(place, number)
    with place.database.transaction() as tx:
        outbox.settle_accepted(tx, number)
    assert [mail.id for mail in outbox.load_to_file(place.database, NOW)] == [number]
    assert kept_drafts(place)
    for _ in range(2):
        with place.database.transaction() as tx:
            outbox.note_filed(tx, number)
    assert outbox.load_submissions(place.database) == []
    assert not kept_drafts(place)
    with pytest.raises(NotFound):
        load_writing(place.database, writing)
    assert not place.rows("SELECT * FROM submission_chunk")


# As one of the things that wait.


def test_a_mail_is_one_of_the_things_that_wait(place: Place) -> None:
    number = submit(place, not_before=SOON)
    [line] = load_pending(place.database)
    assert line.id == f"send-{number}"
    assert line.kind == "send"
    assert line.what == 'send "Re: Budget" to bob@there.example and 2 more'
    assert (line.state, line.not_before) == (OperationState.QUEUED, SOON)
    assert count_pending(place.database) == 1
    send(place, number)
    [line] = load_pending(place.database)
    assert line.state is OperationState.SENDING
    with place.database.transaction() as tx:
        outbox.settle_unknown(tx, number, "the connection was lost")
    [line] = load_pending(place.database)
    assert (line.state, line.error) == (
        OperationState.UNKNOWN,
        "the connection was lost",
    )
    assert count_pending(place.database) == 0


def test_a_mail_without_a_subject_is_said_to_have_none(place: Place) -> None:
    submit(place, replace(MAIL, subject=displayable(""), recipients=("bob@b.example",)))
    [line] = load_pending(place.database)
    assert line.what == "send a mail without a subject to bob@b.example"


def test_a_doubtful_mail_goes_again_only_if_a_person_says_so(place: Place) -> None:
    number = submit(place)
    send(place, number)
    with place.database.transaction() as tx:
        outbox.settle_unknown(tx, number, "the connection was lost")
    assert outbox.load_due(place.database, SOON) == []
    with place.database.transaction() as tx:
        retry(tx, f"send-{number}")
    assert [mail.doubted for mail in outbox.load_due(place.database, NOW)] == [True]


def test_what_is_being_sent_or_was_cannot_be_cancelled(place: Place) -> None:
    number = submit(place)
    send(place, number)
    with (
        pytest.raises(MailError, match="on its way"),
        place.database.transaction() as tx,
    ):
        cancel(tx, f"send-{number}")
    with place.database.transaction() as tx:
        retry(tx, f"send-{number}")
    assert one(place).state is SubmissionState.SENDING
    with place.database.transaction() as tx:
        outbox.settle_accepted(tx, number)
    with (
        pytest.raises(MailError, match="was sent"),
        place.database.transaction() as tx,
    ):
        cancel(tx, f"send-{number}")


@pytest.mark.parametrize("name", ["send-9", "send-99999999999999999999"])
def test_a_mail_that_is_not_there_is_not_found(place: Place, name: str) -> None:
    for act in (retry, cancel):
        with pytest.raises(NotFound), place.database.transaction() as tx:
            act(tx, name)


def test_the_text_of_a_cancelled_mail_is_a_draft_with_its_bcc(place: Place) -> None:
    number = submit(place)
    with place.database.transaction() as tx:
        cancel(tx, f"send-{number}")
    assert outbox.load_submissions(place.database) == []
    assert kept_drafts(place) == [MAIL.blind + MAIL.octets]
    box = find_role(place.database, SpecialUse.DRAFTS)
    assert box is not None
    [draft] = load_summaries(place.database, numbers_in(place.database, box.id))
    assert draft is not None
    assert {"\\Draft", "\\Seen"} <= draft.flags


def test_a_cancelled_mail_takes_the_place_of_the_draft_that_it_was(
    place: Place,
) -> None:
    with place.database.transaction() as tx:
        writing = begin_writing(tx, "{}", NOW)
        draft = save_draft(
            tx,
            b"Subject: B\r\n\r\n",
            replacing=None,
            mailbox=drafts_mailbox(tx),
            at=NOW,
        )
    number = submit(place, writing=writing, draft=draft)
    with place.database.transaction() as tx:
        cancel(tx, f"send-{number}")
    assert kept_drafts(place) == [MAIL.blind + MAIL.octets]
    assert not place.rows("SELECT * FROM writing")
    assert last_undoable(place.database) is None
    assert last_undone(place.database) is None


# Undo.


def test_a_held_mail_is_taken_back_and_written_on(place: Place) -> None:
    with place.database.transaction() as tx:
        writing = begin_writing(tx, '{"body": "Yes."}', NOW)
    submit(place, writing=writing, not_before=SOON, mailbox=place.box())
    entry = last_undoable(place.database)
    assert entry is not None
    assert (entry.said, entry.mailbox) == (SAID, place.box())
    with place.database.transaction() as tx:
        done = undo(tx, entry.id, session="one")
    assert (done.undone, done.writing) == (True, writing)
    assert load_writing(place.database, writing) == '{"body": "Yes."}'
    assert outbox.load_submissions(place.database) == []
    assert kept_drafts(place) == []


def test_a_mail_that_was_written_nowhere_becomes_a_draft_when_it_is_taken_back(
    place: Place,
) -> None:
    submit(place, writing=WritingId(77))
    undo_last(place)
    entry = last_done(place.database)
    assert entry is None
    assert kept_drafts(place) == [MAIL.blind + MAIL.octets]


def test_no_redo_sends_a_mail(place: Place) -> None:
    submit(place)
    entry = last_undoable(place.database)
    assert entry is not None
    undo_last(place)
    assert last_undone(place.database) is None
    with pytest.raises(AssertionError):
        redo_last(place)


def test_a_mail_that_the_server_put_off_or_refused_can_be_taken_back(
    place: Place,
) -> None:
    number = submit(place)
    with place.database.transaction() as tx:
        outbox.put_off(tx, number, SOON, "450 try again")
    undo_last(place)
    number = submit(place)
    with place.database.transaction() as tx:
        outbox.settle_refused(tx, number, "550 no")
    undo_last(place)
    assert outbox.load_submissions(place.database) == []


def test_a_mail_that_the_server_may_have_cannot_be_taken_back(place: Place) -> None:
    number = submit(place)
    entry = last_undoable(place.database)
    assert entry is not None
    send(place, number)
    _refuses(place, "on its way")
    with place.database.transaction() as tx:
        outbox.settle_unknown(tx, number, "lost")
    assert last_undoable(place.database) is None
    with place.database.transaction() as tx:
        outbox.retry(tx, number)
        tx.connection.execute("UPDATE action SET reversible = 1")
    _refuses(place, "may have it")
    send(place, number)
    with place.database.transaction() as tx:
        outbox.settle_accepted(tx, number)
        tx.connection.execute("UPDATE action SET reversible = 1")
    _refuses(place, "the server has it")
    with place.database.transaction() as tx:
        outbox.note_filed(tx, number)
        tx.connection.execute("UPDATE action SET reversible = 1")
    _refuses(place, "it was sent")


def _refuses(place: Place, why: str) -> None:
    entry = last_undoable(place.database)
    assert entry is not None
    with pytest.raises(NoWayBack, match=why), place.database.transaction() as tx:
        undo(tx, entry.id, session="one")


# The other kinds of account.


@pytest.mark.parametrize("kind", ["local", "pop3"])
def test_without_a_server_for_drafts_they_lie_here(tmp_path: Path, kind: str) -> None:
    database = Database.open(
        tmp_path / "old.db", "old", identity=AccountIdentity(kind, "", "")
    )
    with database.transaction() as tx:
        number = outbox.submit(tx, MAIL, said=SAID, session="one", not_before=None)
        cancel(tx, f"send-{number}")
        assert load_pending(tx) == []
        box = find_role(tx, SpecialUse.DRAFTS)
        assert box is not None
        assert box.name == "Drafts"
        assert drafts_mailbox(tx) == box.id
        assert len(numbers_in(tx, box.id)) == 1
    database.close()


def test_a_mailbox_for_drafts_is_made_once_on_the_server(place: Place) -> None:
    for _ in range(2):
        number = submit(place)
        with place.database.transaction() as tx:
            cancel(tx, f"send-{number}")
    kinds = [line.kind for line in load_pending(place.database)]
    assert sorted(kinds) == ["append", "create"]


def test_what_was_put_off_can_be_hurried_and_what_was_sent_later_on_purpose_is_left(
    place: Place,
) -> None:
    first = submit(place)
    submit(place, replace(MAIL, message_id="2@ann.example"), not_before=SOON)
    with place.database.transaction() as tx:
        outbox.put_off(tx, first, SOON, "451 greylisted")
    assert outbox.load_due(place.database, NOW) == []
    late = outbox.load_submissions(place.database)
    with place.database.transaction() as tx:
        outbox.hurry(tx, [found.id for found in late if found.is_put_off])
    assert [due.id for due in outbox.load_due(place.database, NOW)] == [first]
