from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.filling import START, Place, mail
from tui_mail.model.error import UsageError
from tui_mail.model.ids import Uid
from tui_mail.model.message import FetchedMessage
from tui_mail.store.views import ORDERS, View, load_view, tree, view_of


def _ids(*numbers: int) -> tuple[str, ...]:
    return tuple(f"{number}@example.org" for number in numbers)


def _reply(uid: int, *ancestors: int) -> FetchedMessage:
    references = _ids(*ancestors)
    return mail(uid, references=references, in_reply_to=references[-1])


def _view(
    place: Place, order: str = "date", *, threads: bool = True, limit: int | None = None
) -> View:
    return load_view(place.database, place.box(), order, threads=threads, limit=limit)


def _rows(place: Place, view: View) -> list[tuple[int, int, int]]:
    uid_of: dict[int, int] = dict(
        place.database.connection.execute("SELECT number, uid FROM message")
    )
    return [
        (uid_of[number], depth, count)
        for number, depth, count in zip(
            view.numbers, view.depths, view.counts, strict=True
        )
    ]


def _threads(place: Place, *messages: FetchedMessage) -> list[tuple[int, int, int]]:
    place.fetch(*messages)
    return _rows(place, _view(place, "oldest"))


def test_replies_stand_below_what_they_answer(place: Place) -> None:
    assert _threads(
        place, mail(1), _reply(2, 1), _reply(3, 1, 2), _reply(4, 1), mail(5)
    ) == [(1, 0, 4), (2, 1, 0), (3, 2, 0), (4, 1, 0), (5, 0, 1)]


def test_the_thread_with_the_newest_message_comes_first(place: Place) -> None:
    place.fetch(mail(1), mail(2), _reply(3, 1))
    assert [uid for uid, *_ in _rows(place, _view(place))] == [1, 3, 2]


def test_a_reply_that_arrived_before_what_it_answers_finds_it(place: Place) -> None:
    place.fetch(_reply(3, 1, 2))
    place.fetch(_reply(2, 1))
    place.fetch(mail(1))
    rows = _rows(place, _view(place, "oldest"))
    assert rows == [(1, 0, 3), (2, 1, 0), (3, 2, 0)]


def test_siblings_whose_parent_is_not_here_are_one_thread(place: Place) -> None:
    assert _threads(place, _reply(2, 1), _reply(3, 1)) == [(2, 0, 2), (3, 1, 0)]


def test_messages_of_a_circle_are_all_shown(place: Place) -> None:
    rows = _threads(place, _reply(1, 3), _reply(2, 1), _reply(3, 2), _reply(4, 4))
    assert rows == [(1, 0, 3), (2, 1, 0), (3, 2, 0), (4, 0, 1)]


def test_a_clock_that_is_wrong_does_not_put_the_answer_above(place: Place) -> None:
    early = mail(
        2, references=_ids(1), in_reply_to=_ids(1)[0], date=START - timedelta(days=3)
    )
    assert _threads(place, mail(1), early) == [(1, 0, 2), (2, 1, 0)]


def test_of_two_with_one_message_id_the_older_is_the_parent(place: Place) -> None:
    again = mail(2, message_id="1@example.org")
    rows = _threads(place, mail(1), again, _reply(3, 1))
    assert rows == [(1, 0, 3), (2, 1, 0), (3, 1, 0)]


def test_messages_without_a_message_id_are_alone(place: Place) -> None:
    assert _threads(place, mail(1, message_id=""), mail(2, message_id="")) == [
        (1, 0, 1),
        (2, 0, 1),
    ]


def test_a_message_that_connects_two_threads_makes_them_one(place: Place) -> None:
    place.fetch(mail(1), mail(2), mail(9))
    place.fetch(_reply(3, 1, 2))
    assert [count for *_, count in _rows(place, _view(place))] == [1, 3, 0, 0]


def test_a_very_deep_thread_is_laid_out_in_no_time(place: Place) -> None:
    count = 20_000
    keys = {number: (number, number - 1) for number in range(1, count + 1)}
    laid = tree(range(1, count + 1), keys)
    assert [number for number, _ in laid] == list(range(1, count + 1))
    assert max(depth for _, depth in laid) == 250
    # Each answers the next one, and the last answers the first.
    keys = {number: (number, number % count + 1) for number in range(1, count + 1)}
    assert len(tree(range(1, count + 1), keys)) == count


def test_a_view_without_threads_has_every_message_for_itself(place: Place) -> None:
    place.fetch(mail(1), _reply(2, 1))
    assert _rows(place, _view(place, threads=False)) == [(2, 0, 1), (1, 0, 1)]


def test_an_empty_mailbox_has_an_empty_view(place: Place) -> None:
    for threads in (True, False):
        assert list(_view(place, threads=threads).numbers) == []


def test_an_order_that_is_none_is_a_mistake(place: Place) -> None:
    with pytest.raises(UsageError, match="arrival"):
        _view(place, "colour")


def test_every_order_orders(place: Place) -> None:
    place.fetch(
        mail(1, "banana", size=30, internal_date=START + timedelta(days=2)),
        mail(2, "Äpfel", size=10, internal_date=START + timedelta(days=3)),
        mail(3, "cherry", size=20, internal_date=START + timedelta(days=4)),
    )
    found = {
        order: [uid for uid, *_ in _rows(place, _view(place, order, threads=False))]
        for order in ORDERS
    }
    assert found == {
        "date": [3, 2, 1],
        "oldest": [1, 2, 3],
        "from": [3, 2, 1],
        "subject": [2, 1, 3],
        "size": [1, 3, 2],
        "arrival": [3, 2, 1],
    }


def test_the_view_of_some_messages_has_those_only(place: Place) -> None:
    numbers = place.fetch(mail(1), _reply(2, 1), mail(3), _reply(4, 3))
    some = [numbers[3], numbers[0], numbers[1]]
    view = view_of(place.database, some, "oldest", threads=True)
    assert _rows(place, view) == [(1, 0, 2), (2, 1, 0), (4, 0, 1)]
    assert list(view_of(place.database, [], "date", threads=True).numbers) == []


_MAIL = st.lists(
    st.tuples(
        st.lists(st.integers(1, 12), max_size=3),
        st.integers(0, 5),
        st.sampled_from(["budget", "Harbour", "日本", ""]),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_MAIL, st.sampled_from(ORDERS), st.booleans(), st.integers(1, 12))
def test_a_limited_view_is_exactly_how_the_whole_begins(
    place: Place,
    told: list[tuple[list[int], int, str]],
    order: str,
    threads: bool,
    limit: int,
) -> None:
    with place.database.transaction() as tx:
        for table in ("message", "link", "content"):
            tx.connection.execute(f"DELETE FROM {table}")
    place.fetch(
        *(
            replace(
                mail(
                    uid,
                    subject,
                    references=_ids(*ancestors),
                    date=START + timedelta(hours=hour),
                ),
                uid=Uid(uid),
            )
            for uid, (ancestors, hour, subject) in enumerate(told, 1)
        )
    )
    whole = _view(place, order, threads=threads)
    assert sorted(whole.numbers) == [number for (number,) in place.rows(_ALL)]
    begin = _view(place, order, threads=threads, limit=limit)
    size = len(begin.numbers)
    assert size >= min(limit, len(whole.numbers))
    assert begin == View(whole.numbers[:size], whole.depths[:size], whole.counts[:size])
    _is_well_formed(whole)


_ALL = "SELECT number FROM message ORDER BY number"


def _is_well_formed(view: View) -> None:
    """A thread begins at depth 0 with its count, and goes down by one at a time."""
    heads = [place for place, depth in enumerate(view.depths) if depth == 0]
    assert heads[0] == 0
    for head, following in pairwise([*heads, len(view.depths)]):
        assert view.counts[head] == following - head
    for one, next_ in pairwise(view.depths):
        assert next_ <= one + 1
    assert sum(view.counts) == len(view.numbers)
