"""Drafts in the store alone; tests/sync has the same at a server."""

from datetime import UTC, datetime

from tests.store.acting import NOW, due, refuse
from tests.store.filling import VALIDITY, Place, assert_counts, mail
from tui_mail.model.ids import WHOLE, MessageNumber, OperationId, Uid
from tui_mail.model.uids import UidSet
from tui_mail.store.appending import (
    drop_deleted,
    mark_append_sent,
    next_append,
    settle_append,
)
from tui_mail.store.content import save_part
from tui_mail.store.drafts import drafts_mailbox, save_draft, sent_mailbox
from tui_mail.store.eviction import Keeping, load_evictable
from tui_mail.store.mailbox_wishes import numbers_in
from tui_mail.store.mailboxes import load_mailbox
from tui_mail.store.operations import load_pending, retry
from tui_mail.store.replaying import due_operations
from tui_mail.store.vanishing import apply_vanished
from tui_mail.store.writing import begin_writing, end_writing

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)


def save(place: Place, text: str, replacing: int | None = None) -> MessageNumber:
    with place.database.transaction() as tx:
        return save_draft(
            tx,
            f"Subject: {text}\r\nMessage-ID: <{text}@a.example>\r\n\r\n".encode(),
            replacing=MessageNumber(replacing) if replacing else None,
            mailbox=drafts_mailbox(tx),
            at=AT,
        )


def drafts(place: Place) -> list[MessageNumber]:
    return numbers_in(place.database, place.box("Drafts"))


def append(place: Place, *, uid: int = 0) -> OperationId:
    """Send the first append; confirm it with a UID, or leave the answer out."""
    operation = next(
        one.id for one in due_operations(place.database, NOW) if one.kind == "append"
    )
    one = next_append(place.database, operation)
    assert one is not None
    with place.database.transaction() as tx:
        mark_append_sent(tx, operation, one.message, since=Uid(1), validity=VALIDITY)
        if uid:
            settle_append(tx, operation, one, validity=VALIDITY, uid=Uid(uid))
    return operation


def test_what_never_reached_the_server_is_not_sent(place: Place) -> None:
    first = save(place, "a")
    second = save(place, "b", first)
    assert drafts(place) == [second]
    assert due(place) == [("append", "", "Drafts", [None])]
    assert_counts(place)


def test_the_old_draft_goes_only_when_the_server_has_the_new_one(place: Place) -> None:
    first = save(place, "a")
    append(place, uid=1)
    second = save(place, "b", first)
    third = save(place, "c", second)
    assert drafts(place) == [third]
    assert ("expunge", "Drafts", "", [None]) in due(place)
    refused = append(place)
    refuse(place, refused)
    assert ("expunge", "Drafts", "", [None]) in due(place), "there would be none"
    with place.database.transaction() as tx:
        retry(tx, f"op-{refused}")
    append(place, uid=2)
    assert due(place) == [("expunge", "Drafts", "", [1])]


def test_a_draft_whose_append_is_in_doubt_goes_after_it_was_found(place: Place) -> None:
    first = save(place, "a")
    operation = append(place)
    second = save(place, "b", first)
    assert drafts(place) == [second]
    one = next_append(place.database, operation)
    assert one is not None
    assert one.message == first
    with place.database.transaction() as tx:
        settle_append(tx, operation, one, validity=VALIDITY, uid=Uid(1))
    assert ("expunge", "Drafts", "", [None]) in due(place)
    append(place, uid=2)
    assert due(place) == [("expunge", "Drafts", "", [1])]


def test_a_draft_whose_append_was_refused_after_it_was_replaced_is_forgotten(
    place: Place,
) -> None:
    first = save(place, "a")
    append(place)
    second = save(place, "b", first)
    with place.database.transaction() as tx:
        assert not drop_deleted(tx, second)
        assert drop_deleted(tx, first)
    assert due(place) == [("append", "", "Drafts", [None])]
    append(place, uid=1)
    assert due(place) == []


def test_what_another_client_deleted_is_not_missed(place: Place) -> None:
    first = save(place, "a")
    append(place, uid=1)
    with place.database.transaction() as tx:
        apply_vanished(tx, place.box("Drafts"), UidSet.parse("1"))
    second = save(place, "b", first)
    assert drafts(place) == [second]
    assert due(place) == [("append", "", "Drafts", [None])]


def test_what_is_attached_to_a_mail_that_is_written_stays_here(place: Place) -> None:
    numbers = place.fill(2)
    with place.database.transaction() as tx:
        for number in numbers:
            save_part(tx, number, WHOLE, b"Subject: x\r\n\r\n")
        writing = begin_writing(tx, "{}", AT, sources=[numbers[0]])
    nothing = Keeping("headers", None)
    assert len(load_evictable(place.database, nothing, texts=False)) == 1
    with place.database.transaction() as tx:
        end_writing(tx, writing)
    assert len(load_evictable(place.database, nothing, texts=False)) == 2


def test_the_mailbox_that_has_the_role_is_taken_whatever_it_is_called(
    place: Place,
) -> None:
    with place.database.transaction() as tx:
        sent = sent_mailbox(tx, "Gesendet")
        assert sent_mailbox(tx) == sent
        assert load_mailbox(tx, sent).name == "Gesendet"
    lines = [line.what for line in load_pending(place.database)]
    assert lines == ['make the mailbox "Gesendet"']


def test_a_draft_that_was_found_before_its_answer_came_is_still_replaced(
    place: Place,
) -> None:
    """The engine saw it on the server, and there somebody wrote it on."""
    first = save(place, "a")
    operation = append(place)
    [twin] = place.fetch(mail(1), name="Drafts")
    second = save(place, "b", twin)
    one = next_append(place.database, operation)
    assert one is not None
    with place.database.transaction() as tx:
        settle_append(tx, operation, one, validity=VALIDITY, uid=Uid(1))
    assert drafts(place) == [second]
    assert place.rows("SELECT * FROM replaced") == [(first, second)]
    assert ("expunge", "Drafts", "", [None]) in due(place)
    append(place, uid=2)
    assert due(place) == [("expunge", "Drafts", "", [1])]
