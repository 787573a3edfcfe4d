"""Messages and mailboxes that are kept for offline reading."""

from datetime import date

import pytest

from tests.store.acting import NOW, move, redo_last, undo_last, wish
from tests.store.filling import VALIDITY, Place, mail
from tui_mail.model.ids import WHOLE, MessageNumber, Uid
from tui_mail.model.operation import Pin, PinMailbox
from tui_mail.model.query_parser import parse_query
from tui_mail.model.uids import UidSet
from tui_mail.store.content import complete_part, save_chunk
from tui_mail.store.mailboxes import create_local_mailbox, load_mailbox
from tui_mail.store.messages import load_summary
from tui_mail.store.operations import load_pending
from tui_mail.store.pinning import missing_pinned
from tui_mail.store.search import search
from tui_mail.store.vanishing import apply_vanished
from tui_mail.store.wanting import WantedPart, load_wanted


@pytest.fixture
def numbers(place: Place) -> list[MessageNumber]:
    return place.fill(4)


def _pinned(place: Place) -> list[MessageNumber]:
    query = parse_query("is:pinned in:anywhere")
    found = search(place.database, query, me=frozenset(), today=date(2026, 11, 25))
    return sorted(found)


def _save_whole(place: Place, number: MessageNumber) -> None:
    with place.database.transaction() as tx:
        save_chunk(tx, number, WHOLE, 0, b"all of it")
        complete_part(tx, number, WHOLE)


def test_what_is_pinned_is_found_and_asked_for_unless_it_is_here(
    place: Place, numbers: list[MessageNumber]
) -> None:
    one, two, *_ = numbers
    _save_whole(place, two)
    wish(place, Pin((one, two), pinned=True))
    assert _pinned(place) == [one, two]
    assert load_wanted(place.database, NOW) == [WantedPart(one, WHOLE)]
    assert missing_pinned(place.database, 9) == [one]
    wish(place, Pin((one,), pinned=False))
    assert _pinned(place) == [two]
    assert load_pending(place.database) == []
    assert missing_pinned(place.database, 9) == []


def test_a_pin_is_undone_and_done_again_as_far_as_it_changed_something(
    place: Place, numbers: list[MessageNumber]
) -> None:
    one, two, *_ = numbers
    wish(place, Pin((one,), pinned=True))
    wish(place, Pin((one, two), pinned=True))
    undo_last(place)
    assert _pinned(place) == [one]
    redo_last(place)
    assert _pinned(place) == [one, two]
    undo_last(place)
    undo_last(place)
    assert _pinned(place) == []
    assert load_wanted(place.database, NOW) == []


def test_a_pin_stays_with_a_message_that_is_moved_here_or_elsewhere(
    place: Place, numbers: list[MessageNumber]
) -> None:
    one, two, *_ = numbers
    wish(place, Pin((one, two), pinned=True))
    move(place, "Archive", one)
    assert load_summary(place.database, one).pinned
    # Another client moves the second: it comes with a new number.
    with place.database.transaction() as tx:
        apply_vanished(tx, place.box(), UidSet.of([Uid(2)]))
    [again] = place.fetch(mail(2), name="Work")
    assert load_summary(place.database, again).pinned


def test_all_that_lies_in_a_pinned_mailbox_is_to_be_here(
    place: Place, numbers: list[MessageNumber]
) -> None:
    [other] = place.fetch(mail(9), name="Work")
    _save_whole(place, numbers[1])
    wish(place, PinMailbox(place.box(), pinned=True))
    assert load_mailbox(place.database, place.box()).pinned
    one, _, three, four = numbers
    assert missing_pinned(place.database, 9) == [four, three, one]
    assert missing_pinned(place.database, 2) == [four, three]
    undo_last(place)
    assert not load_mailbox(place.database, place.box()).pinned
    redo_last(place)
    move(place, "INBOX", other)
    assert other in missing_pinned(place.database, 9)


def test_what_lies_only_here_is_not_asked_for(place: Place) -> None:
    with place.database.transaction() as tx:
        local = create_local_mailbox(tx, "Notes", None)
    [number] = place.fetch(mail(1), name="Notes", validity=VALIDITY)
    wish(place, Pin((number,), pinned=True))
    wish(place, PinMailbox(local, pinned=True))
    assert _pinned(place) == [number]
    assert load_pending(place.database) == []
    assert missing_pinned(place.database, 9) == []
