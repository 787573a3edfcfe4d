"""What is asked for while it cannot be fetched."""

import pytest

from tests.store.acting import NOW
from tests.store.filling import Place, mail
from tui_mail.model.error import NotFound
from tui_mail.model.event import OperationsChanged
from tui_mail.model.ids import WHOLE, MessageNumber, PartId
from tui_mail.model.operation import OperationState
from tui_mail.store.messages import load_summary, remove_numbers
from tui_mail.store.operations import cancel, count_pending, load_pending, retry
from tui_mail.store.pinning import pin_messages
from tui_mail.store.wanting import (
    WantedPart,
    forget_wanted,
    is_wanted,
    load_wanted,
    postpone_wanted,
    refuse_wanted,
    want_part,
)

PART = PartId("2.1")
GONE = MessageNumber(99)


@pytest.fixture
def number(place: Place) -> MessageNumber:
    return place.fetch(mail(1, "Budget"))[0]


def _want(place: Place, number: MessageNumber, *parts: PartId | None) -> None:
    with place.database.transaction() as tx:
        for part in parts:
            want_part(tx, number, part)


def test_what_is_asked_for_offline_is_remembered_until_it_is_here(
    place: Place, number: MessageNumber
) -> None:
    _want(place, number, None, WHOLE, PART, PART)
    place.reopen()
    assert set(load_wanted(place.database, NOW)) == {
        WantedPart(number, None),
        WantedPart(number, WHOLE),
        WantedPart(number, PART),
    }
    with place.database.transaction() as tx:
        forget_wanted(tx, number, None)
        forget_wanted(tx, number, PART)
    assert load_wanted(place.database, NOW) == [WantedPart(number, WHOLE)]


def test_nothing_is_asked_for_of_a_message_that_is_gone(
    place: Place, number: MessageNumber
) -> None:
    with place.database.transaction() as tx, pytest.raises(NotFound):
        want_part(tx, GONE, None)
    _want(place, number, None)
    with place.database.transaction() as tx:
        remove_numbers(tx, [number])
    assert load_pending(place.database) == []


def test_a_message_that_is_asked_for_is_one_line_of_what_waits_but_no_change(
    place: Place, number: MessageNumber
) -> None:
    _want(place, number, None, PART)
    [line] = load_pending(place.database)
    assert (line.id, line.kind) == (f"fetch-{number}", "fetch")
    assert line.what == 'fetch the text, part 2.1 of "Budget"'
    assert line.state is OperationState.QUEUED
    assert count_pending(place.database) == 0
    _want(place, number, *map(PartId, "3456"))
    [line] = load_pending(place.database)
    assert line.what == 'fetch the text, part 2.1, part 3, 3 more of "Budget"'


def test_what_is_refused_stays_with_why_until_it_is_retried_or_cancelled(
    place: Place, number: MessageNumber
) -> None:
    _want(place, number, PART)
    [one] = load_wanted(place.database, NOW)
    with place.database.transaction() as tx:
        refuse_wanted(tx, one, "no \x1b[31m access")
    [line] = load_pending(place.database)
    assert (line.state, line.attempts) == (OperationState.FAILED, 1)
    assert "access" in line.error
    assert "\x1b" not in line.error
    assert load_wanted(place.database, NOW) == []
    place.events.clear()
    with place.database.transaction() as tx:
        retry(tx, line.id)
    assert OperationsChanged() in place.events
    assert load_wanted(place.database, NOW) == [WantedPart(number, PART, 1)]
    with place.database.transaction() as tx:
        cancel(tx, line.id)
    assert load_pending(place.database) == []
    with place.database.transaction() as tx:
        for change in (retry, cancel):
            with pytest.raises(NotFound, match=f"fetch-{number}"):
                change(tx, line.id)


def test_what_a_server_does_not_give_now_is_asked_for_later(
    place: Place, number: MessageNumber
) -> None:
    _want(place, number, None)
    [one] = load_wanted(place.database, NOW)
    with place.database.transaction() as tx:
        postpone_wanted(tx, one, NOW, "busy")
    assert load_wanted(place.database, NOW.replace(year=NOW.year - 1)) == []
    assert load_wanted(place.database, NOW) == [WantedPart(number, None, 1)]
    [line] = load_pending(place.database)
    assert (line.error, line.attempts) == ("busy", 1)
    assert line.not_before is not None
    # To ask again is a reason to try at once.
    _want(place, number, None)
    assert load_wanted(place.database, NOW.replace(year=NOW.year - 1))


def test_a_part_is_asked_for_also_with_the_whole_message(
    place: Place, number: MessageNumber
) -> None:
    assert not is_wanted(place.database, number, (None,))
    _want(place, number, None)
    assert is_wanted(place.database, number, (None,))
    assert not is_wanted(place.database, number, (None, PART))
    _want(place, number, WHOLE)
    assert is_wanted(place.database, number, (PART,))


def test_to_cancel_the_fetching_of_a_pinned_message_lets_go_of_it(
    place: Place, number: MessageNumber
) -> None:
    with place.database.transaction() as tx:
        pin_messages(tx, [number], pinned=True)
    [line] = load_pending(place.database)
    assert line.what == 'fetch all of "Budget"'
    with place.database.transaction() as tx:
        cancel(tx, line.id)
    assert not load_summary(place.database, number).pinned
    assert load_pending(place.database) == []
