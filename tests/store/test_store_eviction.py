"""What goes where more is kept than the settings allow, and what never does."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.acting import copy, move, wish
from tests.store.filling import START, Place, mail
from tests.store.test_store_migration import _write
from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import displayable
from tui_mail.model.ids import WHOLE, MessageNumber, PartId
from tui_mail.model.operation import Pin, PinMailbox
from tui_mail.model.readable import ReadableText
from tui_mail.store.content import (
    complete_part,
    complete_parts,
    load_headers,
    load_part,
    load_structure,
    load_text,
    note_use,
    part_progress,
    save_chunk,
    save_headers,
    save_structure,
    save_text,
)
from tui_mail.store.database import AccountIdentity, Database
from tui_mail.store.eviction import (
    Keeping,
    evict,
    give_back,
    load_evictable,
    octets_kept,
)
from tui_mail.store.mailboxes import create_local_mailbox
from tui_mail.store.messages import load_summary
from tui_mail.store.salvage import salvage
from tui_mail.store.wanting import want_part

ALL = Keeping("all", None)
NONE = Keeping("headers", None)
PART = PartId("2")
HEAD = b"Subject: x\r\n\r\n"
RECOUNT = """
    SELECT (SELECT octets FROM kept),
        (SELECT coalesce(sum(length(octets)), 0) FROM chunk WHERE part_id <> 'HEADER')
        + (SELECT coalesce(sum(length(CAST(text AS BLOB)) + length(CAST(words AS BLOB))), 0)
            FROM readable)
"""


def _text(words: str) -> ReadableText:
    return ReadableText(displayable(words), "plain", (), (), displayable("x"), 1)


def _keep(
    place: Place,
    number: MessageNumber,
    *,
    whole: int = 0,
    part: int = 0,
    text: str = "",
) -> None:
    """Keep something of a message: so many octets of it."""
    with place.database.transaction() as tx:
        for part_id, size in ((WHOLE, whole), (PART, part)):
            if size:
                save_chunk(tx, number, part_id, 0, HEAD + b"y" * size)
                complete_part(tx, number, part_id)
        if text:
            save_text(tx, number, _text(text))


def _evict_all(place: Place, keeping: Keeping = NONE) -> None:
    for texts in (False, True):
        for one in load_evictable(place.database, keeping, texts=texts):
            more = True
            while more:
                with place.database.transaction() as tx:
                    more = evict(tx, one)


def _is_counted(place: Place) -> bool:
    [(counted, there)] = place.rows(RECOUNT)
    return counted == there


def _order(place: Place, keeping: Keeping, *, texts: bool) -> list[int]:
    rows = place.rows("SELECT content, number FROM message")
    numbers = {content: int(str(number)) for content, number in rows}
    return [
        numbers[one.content]
        for one in load_evictable(place.database, keeping, texts=texts)
    ]


def test_what_was_read_last_goes_last_and_what_is_wanted_after_what_is_not(
    place: Place,
) -> None:
    one, two, three, four = place.fill(4)
    for number in (one, two, three, four):
        _keep(place, number, part=10, text="hello")
    assert _order(place, NONE, texts=False) == [one, two, three, four]
    with place.database.transaction() as tx:
        note_use(tx, [one], datetime.now(UTC))
    assert _order(place, NONE, texts=False) == [two, three, four, one]
    since = Keeping("all", START + timedelta(hours=3))
    assert _order(place, since, texts=False) == [two, one, three, four]
    texts = Keeping("text", START + timedelta(hours=3))
    assert _order(place, texts, texts=True) == [two, one, three, four]
    assert _order(place, texts, texts=False) == [two, three, four, one]


def test_what_goes_leaves_the_header_block_the_tree_and_the_place_in_the_list(
    place: Place,
) -> None:
    [number] = place.fill(1)
    tree = BodyPart(WHOLE, "text/plain")
    with place.database.transaction() as tx:
        save_structure(tx, number, tree)
    _keep(place, number, whole=300, part=20, text="hello there")
    with place.database.transaction() as tx:
        note_use(tx, [number], datetime.now(UTC))
    before = load_evictable(place.database, NONE, texts=True)
    assert octets_kept(place.database) > 320
    _evict_all(place)
    assert octets_kept(place.database) == 0
    assert load_headers(place.database, number) == HEAD
    assert load_structure(place.database, number) == tree
    assert load_text(place.database, number) is None
    assert complete_parts(place.database, number) == {"HEADER"}
    row = load_summary(place.database, number)
    assert (row.downloaded, row.snippet) == (False, "")
    found = "SELECT rowid FROM readable_index WHERE readable_index MATCH 'hello'"
    assert place.rows(found) == []
    # It is remembered when it was read, for what may come again.
    _keep(place, number, text="hello there")
    assert load_evictable(place.database, NONE, texts=True) == before


def test_a_large_part_goes_piece_by_piece_and_what_is_left_is_gone_on_with(
    place: Place,
) -> None:
    [number] = place.fill(1)
    with place.database.transaction() as tx:
        for start in range(0, 2_000_000, 250_000):
            save_chunk(tx, number, PART, start, b"z" * 250_000)
        complete_part(tx, number, PART)
    [one] = load_evictable(place.database, NONE, texts=False)
    assert one.octets == 2_000_000
    with place.database.transaction() as tx:
        assert evict(tx, one)
    assert load_part(place.database, number, PART) is None
    assert part_progress(place.database, number, PART) == 1_500_000
    steps = 1
    more = True
    while more:
        with place.database.transaction() as tx:
            more = evict(tx, one)
        steps += 1
    assert steps == 4
    assert part_progress(place.database, number, PART) == 0
    assert _is_counted(place)


def test_only_copies_and_what_waits_for_something_stay(place: Place) -> None:
    numbers = place.fetch(*(mail(uid) for uid in range(1, 8)))
    with place.database.transaction() as tx:
        local = create_local_mailbox(tx, "Notes", None)
    for number in numbers:
        _keep(place, number, whole=50, text="hello")
    free, pinned, moved, wanted, copied, kept_box, detached = numbers
    wish(place, Pin((pinned,), pinned=True))
    move(place, "Archive", moved)
    with place.database.transaction() as tx:
        want_part(tx, wanted, PART)
    copy(place, "Work", copied)
    with place.database.transaction() as tx:
        tx.connection.execute(
            "UPDATE message SET uid = 0 WHERE number = ?", (detached,)
        )
        tx.connection.execute(
            "UPDATE message SET mailbox = ? WHERE number = ?", (local, kept_box)
        )
    _evict_all(place)
    assert load_text(place.database, free) is None
    for number in numbers[1:]:
        assert load_part(place.database, number, WHOLE) is not None, number
        assert load_text(place.database, number) is not None, number


def test_a_message_stays_that_lies_in_a_pinned_mailbox_also_as_a_copy(
    place: Place,
) -> None:
    [one] = place.fetch(mail(1))
    [other] = place.fetch(mail(1), name="Work")
    _keep(place, one, whole=50)
    assert load_part(place.database, other, WHOLE) is not None
    wish(place, PinMailbox(place.box("Work"), pinned=True))
    _evict_all(place)
    assert load_part(place.database, one, WHOLE) is not None
    wish(place, PinMailbox(place.box("Work"), pinned=False))
    _evict_all(place)
    assert load_part(place.database, one, WHOLE) is None


def test_what_was_pinned_or_read_since_it_was_listed_stays(place: Place) -> None:
    one, two = place.fill(2)
    for number in (one, two):
        _keep(place, number, whole=50)
    listed = load_evictable(place.database, NONE, texts=False)
    wish(place, Pin((one,), pinned=True))
    with place.database.transaction() as tx:
        note_use(tx, [two], datetime.now(UTC))
        assert not any(evict(tx, each) for each in listed)
    for number in (one, two):
        assert load_part(place.database, number, WHOLE) is not None


@pytest.mark.parametrize("kind", ["pop3", "local"])
def test_nothing_ever_goes_of_an_account_that_may_be_the_only_copy(
    tmp_path: Path, kind: str
) -> None:
    place = Place(tmp_path / "work.db")
    [number] = place.fill(1)
    _keep(place, number, whole=50, text="hello")
    with place.database.transaction() as tx:
        tx.connection.execute("UPDATE account SET kind = ?", (kind,))
    _evict_all(place)
    assert load_part(place.database, number, WHOLE) is not None
    assert load_text(place.database, number) is not None
    place.database.close()


def test_the_file_becomes_smaller_in_short_steps(tmp_path: Path) -> None:
    identity = AccountIdentity("imap", "imap.example.org", "ann")
    place = Place(tmp_path / "work.db")
    numbers = place.fill(40)
    for number in numbers:
        _keep(place, number, whole=200_000)
    place.database.checkpoint()
    full = place.path.stat().st_size
    assert full > 8_000_000
    _evict_all(place)
    steps = 0
    more = True
    while more:
        with place.database.transaction() as tx:
            more = give_back(tx)
        steps += 1
    assert steps > 20
    place.database.checkpoint()
    assert place.path.stat().st_size < full / 10
    place.database.close()
    Database.open(place.path, "work", identity=identity).close()


def test_what_is_kept_is_counted_anew_where_a_file_is_salvaged(tmp_path: Path) -> None:
    place = Place(tmp_path / "work.db")
    [number] = place.fill(1)
    _keep(place, number, whole=300, text="hello")
    kept = octets_kept(place.database)
    place.database.close()
    salvage(place.path, "work")
    place.open()
    assert octets_kept(place.database) == kept
    assert _is_counted(place)
    place.database.close()


def test_what_a_store_of_version_1_keeps_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "work.db"
    _write(path, 1)
    with closing(sqlite3.connect(path)) as old, old:
        old.execute(
            "INSERT INTO content VALUES (1, 0, 0, 0, '', '', '', 'x', '', '', '', '', '',"
            " 9, 0, '', '', '', '', '', '', '')"
        )
        old.execute("INSERT INTO chunk VALUES (1, 1, '', 0, x'616263')")
        old.execute("INSERT INTO chunk VALUES (2, 1, 'HEADER', 0, x'61')")
        old.execute(
            "INSERT INTO readable VALUES (1, 1, 'plain', 'héllo', '', '', '', 0, 'h')"
        )
    place = Place(path)
    assert octets_kept(place.database) == 3 + 6 + 1
    assert _is_counted(place)
    place.database.close()


@dataclass(frozen=True)
class Drawn:
    parts: int
    text: int
    pinned: bool
    wanted: bool
    read: int
    """Hours after the start; 0 is never."""


drawn = st.builds(
    Drawn,
    parts=st.sampled_from((0, 1, 400, 3_000)),
    text=st.sampled_from((0, 5, 500)),
    pinned=st.booleans(),
    wanted=st.booleans(),
    read=st.sampled_from((0, 2, 30, 500)),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    mails=st.lists(drawn, min_size=1, max_size=8),
    most=st.integers(0, 9_000),
    download=st.sampled_from(("headers", "text", "all")),
    days=st.sampled_from((None, 3)),
)
def test_whatever_goes_was_due_before_all_that_stays(
    tmp_path_factory: pytest.TempPathFactory,
    mails: list[Drawn],
    most: int,
    download: str,
    days: int | None,
) -> None:
    place = Place(tmp_path_factory.mktemp("evicted") / "work.db")
    numbers = place.fill(len(mails))
    for number, one in zip(numbers, mails, strict=True):
        with place.database.transaction() as tx:
            save_headers(tx, number, HEAD)
        _keep(place, number, part=one.parts, text="w" * one.text)
        if one.read:
            with place.database.transaction() as tx:
                note_use(tx, [number], START + timedelta(hours=one.read))
        if one.wanted:
            with place.database.transaction() as tx:
                want_part(tx, number, None)
    pinned = tuple(n for n, one in zip(numbers, mails, strict=True) if one.pinned)
    wish(place, Pin(pinned, pinned=True))
    assert _is_counted(place)
    since = START + timedelta(hours=days) if days else None
    keeping = Keeping(download, since)
    listed = [
        *load_evictable(place.database, keeping, texts=False),
        *load_evictable(place.database, keeping, texts=True),
    ]
    gone = 0
    for due in listed:
        if octets_kept(place.database) <= most:
            break
        with place.database.transaction() as tx:
            assert not evict(tx, due)
        gone += 1
    assert _is_counted(place)
    # Nothing more went than had to.
    if gone:
        assert octets_kept(place.database) + listed[gone - 1].octets > most
    left = [
        *load_evictable(place.database, keeping, texts=False),
        *load_evictable(place.database, keeping, texts=True),
    ]
    assert left == listed[gone:]
    for number, one in zip(numbers, mails, strict=True):
        assert load_headers(place.database, number) == HEAD
        if one.pinned or one.wanted:
            assert bool(one.parts) == (PART in complete_parts(place.database, number))
            assert bool(one.text) == (load_text(place.database, number) is not None)
    place.database.close()
