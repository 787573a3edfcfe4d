import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.acting import NOW
from tests.store.filling import START, Place, mail
from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import displayable
from tui_mail.model.error import NotFound, StoreDamaged, StoreFailed
from tui_mail.model.event import ContentArrived
from tui_mail.model.ids import WHOLE, MessageNumber, PartId
from tui_mail.model.readable import Link, ReadableText
from tui_mail.store.appending import append_message
from tui_mail.store.content import (
    HEADER,
    PartDamaged,
    complete_part,
    complete_parts,
    discard_part,
    load_headers,
    load_part,
    load_structure,
    load_text,
    missing_text,
    missing_whole,
    part_progress,
    save_chunk,
    save_headers,
    save_part,
    save_structure,
    save_text,
)
from tui_mail.store.damage import give_up
from tui_mail.store.messages import load_summary

PART = PartId("2.1")
GONE = MessageNumber(99)


@pytest.fixture
def number(place: Place) -> MessageNumber:
    return place.fill(1)[0]


def _save(place: Place, number: MessageNumber, *chunks: tuple[int, bytes]) -> None:
    with place.database.transaction() as tx:
        for start, octets in chunks:
            save_chunk(tx, number, PART, start, octets)


def _complete(place: Place, number: MessageNumber, part: PartId = PART) -> None:
    with place.database.transaction() as tx:
        complete_part(tx, number, part)


def _text(words: str, renderer: int = 1) -> ReadableText:
    return ReadableText(displayable(words), "plain", renderer=renderer)


def test_chunks_may_come_in_any_order(place: Place, number: MessageNumber) -> None:
    _save(place, number, (6, b"world"), (0, b"hello "))
    assert part_progress(place.database, number, PART) == 11
    assert load_part(place.database, number, PART) is None
    _complete(place, number)
    assert load_part(place.database, number, PART) == b"hello world"
    assert complete_parts(place.database, number) == {PART}


def test_a_download_is_taken_up_where_the_first_gap_is(
    place: Place, number: MessageNumber
) -> None:
    assert part_progress(place.database, number, PART) == 0
    _save(place, number, (0, b"hel"), (6, b"world"))
    assert part_progress(place.database, number, PART) == 3
    place.reopen()
    _save(place, number, (3, b"lo "))
    assert part_progress(place.database, number, PART) == 11


def test_a_part_with_a_gap_is_not_called_complete(
    place: Place, number: MessageNumber
) -> None:
    _save(place, number, (0, b"hel"), (6, b"world"))
    with pytest.raises(StoreFailed, match="gap"):
        _complete(place, number)
    assert load_part(place.database, number, PART) is None


def test_a_shorter_chunk_does_not_replace_a_longer_one(
    place: Place, number: MessageNumber
) -> None:
    _save(place, number, (0, b"hello world"), (0, b"hel"), (4, b"o wo"))
    _complete(place, number)
    assert load_part(place.database, number, PART) == b"hello world"


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    octets=st.binary(min_size=1, max_size=40),
    cuts=st.lists(st.tuples(st.integers(0, 39), st.integers(1, 40)), max_size=8),
)
def test_whatever_the_chunks_are_the_octets_are_those_that_were_sent(
    place: Place, octets: bytes, cuts: list[tuple[int, int]]
) -> None:
    [number] = place.fetch(mail(1))
    with place.database.transaction() as tx:
        discard_part(tx, number, PART)
    _save(place, number, *((at, octets[at : at + size]) for at, size in cuts))
    start = part_progress(place.database, number, PART)
    assert 0 <= start <= len(octets)
    while start < len(octets):
        _save(place, number, (start, octets[start : start + 7]))
        start = part_progress(place.database, number, PART)
    _complete(place, number)
    assert load_part(place.database, number, PART) == octets


def test_an_empty_part_is_complete_too(place: Place, number: MessageNumber) -> None:
    _complete(place, number, WHOLE)
    assert load_part(place.database, number, WHOLE) == b""


def test_damage_is_noticed_by_its_sha256_and_the_part_can_be_fetched_anew(
    place: Place, number: MessageNumber
) -> None:
    _save(place, number, (0, b"hello"))
    _complete(place, number)
    with place.database.transaction() as tx:
        tx.connection.execute("UPDATE chunk SET octets = x'68656c6c00'")
    with pytest.raises(StoreDamaged):
        load_part(place.database, number, PART)
    with place.database.transaction() as tx:
        discard_part(tx, number, PART)
    assert part_progress(place.database, number, PART) == 0
    assert complete_parts(place.database, number) == frozenset()


def test_a_header_block_that_comes_again_replaces_the_one_before(
    place: Place, number: MessageNumber
) -> None:
    assert load_headers(place.database, number) is None
    for octets in (b"x" * 300_000, b"Subject: short\r\n\r\n"):
        with place.database.transaction() as tx:
            save_headers(tx, number, octets)
        assert load_headers(place.database, number) == octets
    assert complete_parts(place.database, number) == {HEADER}


def test_copies_share_their_content(place: Place, number: MessageNumber) -> None:
    [other] = place.fetch(mail(1), name="Archive")
    place.events.clear()
    with place.database.transaction() as tx:
        save_headers(tx, number, b"A: b\r\n\r\n")
        save_text(tx, number, _text("hello"))
    assert load_headers(place.database, other) == b"A: b\r\n\r\n"
    assert load_text(place.database, other) == _text("hello")
    assert ContentArrived(number) in place.events
    shown_in = {getattr(event, "mailbox", 0) for event in place.events}
    assert {place.box(), place.box("Archive")} <= shown_in


def test_the_tree_of_parts_comes_back_and_tells_of_attachments(
    place: Place, number: MessageNumber
) -> None:
    assert load_structure(place.database, number) is None
    paper = BodyPart(PartId("2"), "application/pdf", filename=displayable("Plan.pdf"))
    tree = BodyPart(WHOLE, "multipart/mixed", children=(paper,))
    with place.database.transaction() as tx:
        save_structure(tx, number, tree)
    assert load_structure(place.database, number) == tree
    assert load_summary(place.database, number).has_attachment


def test_the_readable_text_comes_back_whole_and_gives_the_snippet(
    place: Place, number: MessageNumber
) -> None:
    assert load_text(place.database, number) is None
    assert not load_summary(place.database, number).downloaded
    text = ReadableText(
        displayable("Hello [1]"),
        "html",
        (Link(displayable("here"), displayable("https://example.org")),),
        (displayable("it asks for a picture"),),
        displayable("Hello"),
        3,
        cut=True,
    )
    for told in (_text("before"), text):
        with place.database.transaction() as tx:
            save_text(tx, number, told)
    assert load_text(place.database, number) == text
    row = load_summary(place.database, number)
    assert (row.snippet, row.downloaded) == ("Hello", True)
    found = "SELECT rowid FROM readable_index WHERE readable_index MATCH ?"
    assert place.rows(found, "before") == []
    assert len(place.rows(found, "hello")) == 1


def test_nothing_is_saved_for_a_message_that_is_gone(place: Place) -> None:
    with place.database.transaction() as tx:
        with pytest.raises(NotFound):
            save_headers(tx, GONE, b"")
        with pytest.raises(NotFound):
            save_text(tx, GONE, _text("x"))
        with pytest.raises(NotFound):
            save_chunk(tx, GONE, PART, 0, b"x")


def test_what_is_missing_is_listed_newest_first(place: Place) -> None:
    numbers = place.fill(4)
    with place.database.transaction() as tx:
        save_text(tx, numbers[2], _text("here"))
        save_chunk(tx, numbers[3], WHOLE, 0, b"some")
        save_chunk(tx, numbers[0], WHOLE, 0, b"all")
        complete_part(tx, numbers[0], WHOLE)
    one, two, three, four = numbers
    texts = missing_text(place.database, place.box(), since=None, limit=9)
    assert texts == [four, two, one]
    wholes = missing_whole(place.database, place.box(), since=None, limit=9)
    assert wholes == [four, three, two]
    newest = missing_text(place.database, place.box(), since=START, limit=1)
    assert newest == [four]


@pytest.mark.parametrize("gap", [b"\r\n\r\n", b"\n\n", b""])
def test_of_a_large_message_only_its_header_fields_are_read(
    place: Place, gap: bytes
) -> None:
    [number] = place.fill(1)
    head = b"Subject: one\r\nX: " + b"y" * 300_000 + gap
    with place.database.transaction() as tx:
        save_part(tx, number, WHOLE, head + (b"body" * 200_000 if gap else b""))
        # What lies behind is not looked at.
        tx.connection.execute("DELETE FROM chunk WHERE start > 600000")
    assert load_headers(place.database, number) == head


def test_what_is_damaged_is_given_up_where_the_server_has_it(place: Place) -> None:
    [there] = place.fill(1)
    with place.database.transaction() as tx:
        here = append_message(tx, place.box("INBOX"), b"A: b\n\nc", arrived=NOW)
        save_part(tx, there, WHOLE, b"A: b\r\n\r\nc")
        tx.connection.execute("UPDATE chunk SET octets = zeroblob(length(octets))")
    for number, given_up in ((there, True), (here, False)):
        with pytest.raises(PartDamaged):
            load_part(place.database, number, WHOLE)
        with place.database.transaction() as tx:
            assert give_up(tx, number, WHOLE) is given_up
    assert load_part(place.database, there, WHOLE) is None
    with pytest.raises(PartDamaged):
        load_part(place.database, here, WHOLE)
