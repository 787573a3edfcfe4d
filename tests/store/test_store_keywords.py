"""Keywords where the server keeps those that it names and no others."""

import pytest

from tests.store.acting import flag, flags_due, shown
from tests.store.filling import Place
from tui_mail.model.ids import MessageNumber


@pytest.fixture
def number(place: Place) -> MessageNumber:
    [number] = place.fill(1)
    return number


def test_keywords_that_the_server_names_are_told_to_it_and_others_stay_here(
    place: Place, number: MessageNumber
) -> None:
    place.state(keywords_kept=False, keywords_named=frozenset({"$forwarded"}))
    flag(place, number, add="$Forwarded work")
    assert flags_due(place) == [("$Forwarded", True, "1")]
    assert shown(place, number) == ("INBOX", {"$Forwarded", "work"}, True)


def test_which_it_names_may_be_known_after_the_wish(
    place: Place, number: MessageNumber
) -> None:
    place.state(keywords_kept=False)
    flag(place, number, add="$Forwarded work")
    assert flags_due(place) == []
    place.state(keywords_kept=False, keywords_named=frozenset({"$forwarded"}))
    assert flags_due(place) == [("$Forwarded", True, "1")]
    place.reopen()
    place.state(keywords_kept=False, keywords_named=frozenset({"work"}))
    assert flags_due(place) == [("work", True, "1")]
