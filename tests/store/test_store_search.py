import os
import time as clock
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.filling import START, Place, mail, person
from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import displayable
from tui_mail.model.error import QueryError
from tui_mail.model.flags import ANSWERED, DRAFT, FLAGGED, SEEN
from tui_mail.model.ids import WHOLE, MessageNumber, PartId, Uid
from tui_mail.model.message import FetchedMessage
from tui_mail.model.operation import Copy, Expunge, Move
from tui_mail.model.query import (
    And,
    Everything,
    Field,
    HasAttachment,
    Is,
    Larger,
    Newer,
    Not,
    On,
    Or,
    Query,
    Smaller,
    Words,
)
from tui_mail.model.query_parser import parse_query
from tui_mail.model.readable import ReadableText
from tui_mail.model.uids import UidSet
from tui_mail.store.content import save_structure, save_text
from tui_mail.store.folding import words_of
from tui_mail.store.mailbox_wishes import create_mailbox
from tui_mail.store.messages import load_summary
from tui_mail.store.performing import perform
from tui_mail.store.search import (
    is_named,
    search,
    search_uids,
    searched_mailboxes,
)
from tui_mail.store.told import save_told

ME = frozenset({"ann@example.org", "*@ann.example"})
TODAY = date(2026, 11, 20)


def _find(place: Place, query: str, limit: int | None = None) -> list[MessageNumber]:
    return search(place.database, parse_query(query), me=ME, today=TODAY, limit=limit)


def _text(place: Place, number: MessageNumber, text: str) -> None:
    with place.database.transaction() as tx:
        save_text(tx, number, ReadableText(displayable(text), "plain", renderer=1))


def _attach(place: Place, number: MessageNumber, name: str) -> None:
    paper = BodyPart(PartId("2"), "application/pdf", filename=displayable(name))
    with place.database.transaction() as tx:
        save_structure(
            tx, number, BodyPart(WHOLE, "multipart/mixed", children=(paper,))
        )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("budget", [1, 3]),
        ("BUDGET plan", [1]),
        ('"plan budget"', []),
        ('"budget plan"', [1]),
        ("budg", []),
        ("budg*", [1, 3]),
        ('"budget pl*"', [1]),
        ("from:carla", [2]),
        ("from:carla@example.net", [2]),
        ("from:example.net", [2]),
        ("from:carl", []),
        ("from:carl*", [2]),
        ("from:me", [3]),
        ("to:me", [1, 2]),
        ("cc:me", [2]),
        ("cc:dora", [1]),
        ("subject:zebra", []),
        ("body:zebra", [2]),
        ("zebra", [2]),
        ("body:budget", []),
        ("filename:paper.pdf", [3]),
        ("filename:pdf", [3]),
        ("pdf", [3]),
        ("has:attachment", [3]),
        ("tag:work", [1]),
        ("label:WORK", [1]),
        ("tag:wor", []),
        ("is:unread", [2, 3]),
        ("is:read", [1]),
        ("is:starred", [2]),
        ("is:replied", [3]),
        ("is:draft", [3]),
        ("list:lists.example", [2]),
        ("list:LISTS", [2]),
        ("id:<2@example.org>", [2]),
        ("id:2@example.or", []),
        ("larger:1M", [3]),
        ("smaller:1k", [1]),
        ("in:inbox", [1, 2, 3]),
        ("in:archive", []),
        ("in:nowhere", []),
        ("account:work", [1, 2, 3]),
        ("account:home", []),
        ("-budget", [2]),
        ("NOT budget", [2]),
        ("budget -plan", [3]),
        ("carla OR dora", [1, 2]),
        ("(carla OR dora) is:read", [1]),
        ("*", [1, 2, 3]),
        ("-*", []),
        ("2027!!", [3]),
        ("!!", [3]),
    ],
)
def test_an_operator_finds(place: Place, query: str, found: list[int]) -> None:
    one, two, three = place.fetch(
        mail(
            1,
            "Budget plan",
            flags=[SEEN, "work"],
            cc=(person("Dora", "dora@example.org"),),
            size=900,
        ),
        mail(
            2,
            "Hello",
            flags=[FLAGGED],
            from_=(person("Carla", "carla@example.net"),),
            cc=(person("", "x@ann.example"),),
            list_id=displayable("Lists.example"),
            size=1_000_000,
        ),
        mail(
            3,
            "Budget 2027!!",
            flags=[ANSWERED, DRAFT],
            from_=(person("Ann", "Ann@Example.org"),),
            to=(),
            size=1_000_001,
        ),
    )
    _text(place, two, "The zebra paragraph.")
    _attach(place, three, "Paper.pdf")
    numbers = {one: 1, two: 2, three: 3}
    assert sorted(numbers[number] for number in _find(place, query)) == found


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("京都", True),
        ("東京", True),
        ("東都", False),
        ("タワー", True),
        ("ワー", True),
        ("한국", True),
        ("국어", True),
        ("STRASSE", True),
        ("straße", True),
        ("ПРИВЕТ", True),
        ("привет", True),
        ("прив", False),
        ("прив*", True),
        ("ΟΔΟΣ", True),
        ("resume", True),
    ],
)
@pytest.mark.parametrize("where", ["subject", "text"])
def test_parts_of_cjk_words_and_every_scripts_case_are_found(
    place: Place, query: str, hit: bool, where: str
) -> None:
    words = "東京都タワー 한국어 Straße Привет οδός résumé"
    [number] = place.fetch(mail(1, words if where == "subject" else "x"))
    if where == "text":
        _text(place, number, words)
    assert bool(_find(place, query)) == hit
    field = "subject" if where == "subject" else "body"
    assert bool(_find(place, f"{field}:{query}")) == hit


def test_words_of_two_fields_are_no_phrase(place: Place) -> None:
    place.fetch(mail(1, "Hello", from_=(person("World", "w@example.org"),)))
    assert _find(place, '"hello world"') == []
    assert len(_find(place, "hello world")) == 1


def test_trash_and_junk_are_left_out_unless_they_are_named(place: Place) -> None:
    for name in ("Trash", "Junk", "Archive"):
        place.fetch(mail(1 + len(name), "Budget"), name=name)
    found = {
        query: len(_find(place, query))
        for query in (
            *("budget", "budget in:trash", "in:junk", "in:anywhere budget"),
            *("-in:archive", "-in:trash", "in:trash OR in:junk", "account:work"),
        )
    }
    assert found == {
        "budget": 1,
        "budget in:trash": 1,
        "in:junk": 1,
        "in:anywhere budget": 3,
        "-in:archive": 0,
        "-in:trash": 1,
        "in:trash OR in:junk": 2,
        "account:work": 1,
    }


def test_a_mail_in_several_mailboxes_is_one_hit_unless_the_query_says_where(
    place: Place,
) -> None:
    place.fetch(mail(1))
    place.fetch(mail(1), name="Archive")
    place.fetch(mail(1), name="Trash")
    assert len(_find(place, "letter")) == 1
    assert len(_find(place, "letter in:archive OR in:inbox")) == 2
    assert len(_find(place, "letter in:anywhere")) == 3


def test_mailboxes_are_named_by_role_name_or_last_part(place: Place) -> None:
    place.fetch(mail(1), name="Work")
    assert len(_find(place, "in:WORK")) == 1
    assert len(_find(place, 'folder:"work"')) == 1


def test_an_archive_is_searched_with_its_years(place: Place) -> None:
    one, two, three = place.fill(3)
    with place.database.transaction() as tx:
        year = create_mailbox(tx, "Archive/2026").mailbox
        perform(tx, Move((one,), place.box("Archive")), said="x", session="s")
        perform(tx, Move((two,), year), said="x", session="s")
    for name in ("archive", "Archive"):
        assert set(_find(place, f"in:{name}")) == {one, two}
    assert _find(place, "in:2026") == [two]
    assert _find(place, "-in:archive") == [three]


def test_what_was_deleted_for_ever_is_not_found_and_what_was_moved_where_it_is(
    place: Place,
) -> None:
    one, two, three = place.fill(3)
    with place.database.transaction() as tx:
        perform(tx, Expunge((one,)), said="x", session="s")
        perform(tx, Move((two,), place.box("Archive")), said="x", session="s")
        perform(tx, Copy((three,), place.box("Archive")), said="x", session="s")
    assert one not in _find(place, "in:anywhere")
    assert len(_find(place, "in:archive")) == 2
    assert _find(place, "in:inbox") == [three]


def test_hits_come_newest_first_and_not_more_than_asked_for(place: Place) -> None:
    numbers = place.fill(5)
    assert _find(place, "letter") == numbers[::-1]
    assert _find(place, "letter", 2) == numbers[:-3:-1]
    assert _find(place, "letter", 0) == []


def test_a_thread_is_named_by_the_number_that_search_prints(place: Place) -> None:
    one, _ = place.fill(2)
    thread = load_summary(place.database, one).thread
    assert _find(place, f"thread:{thread}") == [one]
    for value in ("x", "99999999999999999999", "-1", "1.5"):
        with pytest.raises(QueryError):
            _find(place, f"thread:{value}")


def test_a_text_that_came_again_is_found_by_its_new_words_only(place: Place) -> None:
    [number] = place.fill(1)
    _text(place, number, "zebra")
    _text(place, number, "tiger")
    assert (_find(place, "zebra"), _find(place, "tiger")) == ([], [number])


@pytest.mark.parametrize("joint", [" ", " OR "], ids=["and", "or"])
def test_a_very_long_query_is_searched_for_or_a_mistake(
    place: Place, joint: str
) -> None:
    [number] = place.fetch(mail(1, "w1"))
    words = [f"w{n % 400}" for n in range(3000)]
    assert _find(place, joint.join(words[:500])) == ([number] if "OR" in joint else [])
    with pytest.raises(QueryError, match="too long"):
        _find(place, joint.join(words))
    assert _find(place, "(" * 90 + joint.join(words[:500]) + ")" * 90) is not None


@pytest.mark.parametrize(
    "query",
    ["'", '"a\'b"', "%", "_", "from:%", "a*b", '"a OR b"', "NEAR", "{x}", "^x", "-"],
)
def test_signs_of_sql_and_of_the_index_are_only_signs(place: Place, query: str) -> None:
    [number] = place.fill(1)
    _text(place, number, "a b near x")
    _find(place, query)
    _find(place, f"body:{query}" if " " not in query and '"' not in query else query)


@pytest.fixture
def far_east() -> Iterator[timezone]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "XXX-9"
    clock.tzset()
    yield timezone(timedelta(hours=9))
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    clock.tzset()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("on:2026-11-19", "bc"),
        ("before:2026-11-19", "a"),
        ("after:2026-11-20", "d"),
        ("date:2026-11-19..2026-11-20", "bcd"),
        ("date:..2026-11-18", "a"),
        ("date:2026-11-20..", "d"),
        ("newer:1d", "bcd"),
        ("older:1d", "a"),
        ("older:9999y", ""),
        ("newer:9999y", "abcd"),
        ("before:9999-12-31", "abcd"),
        ("after:0001-01-01", "abcd"),
    ],
)
def test_days_are_local_days(
    place: Place, far_east: timezone, query: str, found: str
) -> None:
    moments = {
        "a": datetime(2026, 11, 18, 23, 59, 59, tzinfo=far_east),
        "b": datetime(2026, 11, 19, 0, 0, tzinfo=far_east),
        "c": datetime(2026, 11, 19, 23, 59, 59, tzinfo=far_east),
        "d": datetime(2026, 11, 20, 0, 0, tzinfo=far_east),
    }
    place.fetch(
        *(
            mail(uid, name, date=moment, internal_date=moment)
            for uid, (name, moment) in enumerate(moments.items(), 1)
        )
    )
    hits = [load_summary(place.database, n).subject for n in _find(place, query)]
    assert "".join(sorted(hits)) == found


# Against a reference that is slow and plain.

WORDS = ("budget", "Budgets", "Zürich", "zurich", "東京", "京都東", "a-b", "x1")


@dataclass(frozen=True)
class Written:
    """A message of the test, and what the reference knows of it."""

    fetched: FetchedMessage
    box: str
    text: str
    name: str


def _holds(words: list[str], asked: str) -> bool:
    """Look for words that follow each other; the last one may be a beginning."""
    wanted = words_of(asked)
    ends = asked.endswith("*")
    for start in range(len(words) - len(wanted) + 1):
        part = words[start : start + len(wanted)]
        if part[:-1] == wanted[:-1] and (
            part[-1].startswith(wanted[-1]) if ends else part[-1] == wanted[-1]
        ):
            return True
    return False


def _agrees(query: Query, one: Written) -> bool:
    match query:
        case And(terms):
            return all(_agrees(term, one) for term in terms)
        case Or(terms):
            return any(_agrees(term, one) for term in terms)
        case Not(term):
            return not _agrees(term, one)
        case Words(text):
            return any(_holds(words, text) for words in _words(one).values())
        case Field(name, value):
            return _field_agrees(name, value, one)
    return _leaf_agrees(query, one)


def _words(one: Written) -> dict[str, list[str]]:
    envelope = one.fetched.envelope
    return {
        "from": [
            word for p in envelope.from_ for word in words_of(f"{p.name} {p.address}")
        ],
        "to": [word for p in envelope.to for word in words_of(f"{p.name} {p.address}")],
        "subject": words_of(envelope.subject),
        "body": words_of(one.text),
        "filename": words_of(one.name),
    }


def _field_agrees(name: str, value: str, one: Written) -> bool:
    if name == "in":
        return one.box.lower() == value
    if name == "tag":
        return value in one.fetched.flags
    return _holds(_words(one)[name], value)


def _leaf_agrees(query: Query, one: Written) -> bool:
    date_ = one.fetched.envelope.date
    assert date_ is not None
    match query:
        case Is(state):
            return (SEEN in one.fetched.flags) == (state == "read")
        case HasAttachment():
            return bool(one.name)
        case Larger(octets):
            return one.fetched.size > octets
        case Smaller(octets):
            return one.fetched.size < octets
        case Newer(days):
            return date_.astimezone().date() >= TODAY - timedelta(days=days)
        case On(day):
            return date_.astimezone().date() == day
    assert isinstance(query, Everything)
    return True


def _names(query: Query) -> set[str]:
    if isinstance(query, Field) and query.name == "in":
        return {query.value}
    terms = query.terms if isinstance(query, And | Or) else ()
    return {name for term in terms for name in _names(term)}


_ASKED = st.sampled_from([*WORDS, "budget*", "zür*", "budget zurich", "東", "京*", "b"])
_LEAVES = st.one_of(
    st.just(Everything()),
    _ASKED.map(Words),
    st.builds(Field, st.sampled_from(["from", "to", "subject", "body"]), _ASKED),
    st.builds(Field, st.just("filename"), _ASKED),
    st.builds(Field, st.just("in"), st.sampled_from(["inbox", "archive", "trash"])),
    st.builds(Field, st.just("tag"), st.sampled_from(["work", "home"])),
    st.builds(Is, st.sampled_from(["read", "unread"])),
    st.just(HasAttachment()),
    st.builds(Larger, st.integers(900, 1100)),
    st.builds(Smaller, st.integers(900, 1100)),
    st.builds(Newer, st.integers(0, 25)),
    st.builds(On, st.dates(date(2026, 11, 1), date(2026, 11, 4))),
)
_QUERIES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda terms: And(tuple(terms))),
        st.lists(inner, min_size=2, max_size=3).map(lambda terms: Or(tuple(terms))),
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Place, dict[MessageNumber, Written]]]:
    """A store of many small letters, and what is in it."""
    place = Place(tmp_path_factory.mktemp("library") / "work.db")
    known: dict[MessageNumber, Written] = {}
    for uid in range(1, 90):
        subject = f"{WORDS[uid % 8]} {WORDS[uid // 3 % 8]}"
        written = Written(
            mail(
                uid,
                subject,
                flags=[
                    *([SEEN] if uid % 3 else []),
                    *(["work"] if uid % 5 == 0 else []),
                ],
                from_=(person(WORDS[uid // 5 % 8], "x@y.example"),),
                to=(person("", f"{'ab'[uid % 2]}@z.example"),),
                size=900 + uid * 3,
                date=START + timedelta(hours=uid),
            ),
            ("INBOX", "Archive", "Trash")[uid % 3],
            f"{WORDS[uid // 2 % 8]}, {WORDS[uid // 7 % 8]}" if uid % 4 else "",
            WORDS[uid // 6 % 8] if uid % 7 == 0 else "",
        )
        [number] = place.fetch(replace(written.fetched, uid=Uid(uid)), name=written.box)
        if written.text:
            _text(place, number, written.text)
        if written.name:
            _attach(place, number, written.name)
        known[number] = written
    yield place, known
    place.database.close()


@settings(max_examples=300, deadline=None)
@given(query=_QUERIES)
def test_hits_are_those_of_a_slow_and_plain_search(
    library: tuple[Place, dict[MessageNumber, Written]], query: Query
) -> None:
    place, known = library
    expected = {
        number
        for number, one in known.items()
        if _agrees(query, one) and (one.box != "Trash" or "trash" in _names(query))
    }
    found = search(place.database, query, me=ME, today=TODAY)
    assert set(found) == expected
    assert found == sorted(found, reverse=True)


def test_what_a_server_said_of_a_text_is_found_without_the_text(place: Place) -> None:
    [one, other] = place.fetch(mail(1), mail(2))
    with place.database.transaction() as tx:
        assert save_told(tx, "Budget  plan*", place.box(), UidSet.of([1])) == 1
        assert save_told(tx, "budget plan", place.box(), UidSet.of([1, 99])) == 0
    assert _find(place, '"BUDGET plan"') == [one]
    assert _find(place, 'body:"budget plan"') == [one]
    assert _find(place, "budget") == []
    assert _find(place, '-"budget plan"') == [other]


def test_uids_are_found_in_one_mailbox_of_the_server(place: Place) -> None:
    place.fetch(mail(1, "plan"), mail(2, "plan"), mail(3))

    def find(query: str) -> UidSet:
        asked = parse_query(query)
        return search_uids(place.database, asked, place.box(), me=ME, today=TODAY)

    assert find("subject:plan") == UidSet.of([1, 2])
    assert find("subject:plan in:nowhere") == UidSet()
    boxes = searched_mailboxes(place.database, parse_query("plan"))
    assert place.box() in {box.id for box in boxes}
    assert {box.special_use for box in boxes}.isdisjoint({"trash", "junk"})
    boxes = searched_mailboxes(place.database, parse_query("plan in:trash"))
    assert "trash" in {box.special_use for box in boxes}
    assert is_named(place.database, "inbox", place.box())
