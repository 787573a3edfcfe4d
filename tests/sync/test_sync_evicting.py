"""What is kept here: what is pinned, what there is room for, and what is asked for."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.servers.dovecot import Letter
from tests.servers.proxy import Proxy
from tests.sync.mailing import Desk, letter
from tui_mail.model.ids import WHOLE, MessageNumber, PartId
from tui_mail.model.operation import Pin, PinMailbox
from tui_mail.store.content import (
    complete_parts,
    load_headers,
    load_part,
    load_text,
    note_use,
)
from tui_mail.store.eviction import octets_kept
from tui_mail.store.messages import load_summary
from tui_mail.store.operations import load_pending
from tui_mail.store.wanting import want_part

pytestmark = pytest.mark.dovecot

START = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT = 1_000_000


def large(number: int, size: int = 100_000) -> Letter:
    """Write a letter of that size, a day younger than the one before."""
    when = START + timedelta(days=number)
    words = random.Random(number).randbytes(size // 2).hex()
    lines = "\r\n".join(words[at : at + 70] for at in range(0, size, 70))
    octets = (
        f"From: ann@example.org\r\nSubject: letter {number}\r\n"
        f"Message-ID: <{number}@example.org>\r\nDate: {when:%a, %d %b %Y %H:%M:%S +0000}"
        "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain\r\n\r\nHello {number}\r\n"
        "--b\r\nContent-Type: application/octet-stream\r\n"
        f"Content-Disposition: attachment; filename=plan\r\n\r\n{lines}\r\n--b--\r\n"
    )
    return Letter(octets.encode(), "", f"{when:%d-%b-%Y %H:%M:%S} +0000")


def wholes(desk: Desk, mailbox: str = "INBOX") -> list[int]:
    """Name the letters that are here whole."""
    return sorted(
        int(str(row.subject).split()[1])
        for row in desk.rows(mailbox)
        if WHOLE in complete_parts(desk.database, row.number)
    )


def pin(desk: Desk, *numbers: MessageNumber) -> None:
    desk.perform(Pin(numbers, pinned=True))


def test_the_newest_are_kept_as_far_as_there_is_room_and_nothing_is_fetched_twice(
    desk: Desk, proxy: Proxy
) -> None:
    desk.fill(large(number) for number in range(1, 31))
    desk.set(download="all", keep_days=0, cache_limit=LIMIT)
    desk.sync()
    there = wholes(desk)
    assert there == list(range(31 - len(there), 31))
    assert 0.7 * LIMIT < octets_kept(desk.database) <= LIMIT
    for _ in range(2):
        before = proxy.octets_down
        assert str(desk.sync()) == "in step"
        assert proxy.octets_down - before < 20_000
    assert wholes(desk) == there


def test_new_mail_takes_the_place_of_old(desk: Desk) -> None:
    desk.fill(large(number) for number in range(1, 21))
    desk.set(download="all", keep_days=0, cache_limit=LIMIT)
    desk.sync()
    many = len(wholes(desk))
    desk.fill([large(21), large(22)])
    desk.sync()
    assert wholes(desk) == list(range(23 - many, 23))
    assert octets_kept(desk.database) <= LIMIT


def test_the_recent_mail_of_all_mailboxes_comes_before_the_old_of_the_first(
    desk: Desk,
) -> None:
    now = datetime.now(UTC)
    recent = (now - START).days
    desk.fill(large(number) for number in range(1, 16))
    desk.fill([large(recent - 1), large(recent - 2)], "Archive")
    desk.set(download="all", keep_days=0, cache_limit=LIMIT)
    desk.sync()
    assert wholes(desk, "Archive") == [recent - 2, recent - 1]
    assert wholes(desk)


def test_a_lower_limit_makes_the_file_smaller_and_leaves_what_is_pinned(
    desk: Desk,
) -> None:
    desk.fill(large(number) for number in range(1, 41))
    desk.set(download="all", keep_days=0)
    desk.sync()
    assert len(wholes(desk)) == 40
    oldest = desk.number("letter 1")
    pin(desk, oldest)
    desk.close()
    full = desk.places.database("work").stat().st_size
    assert full > 4_000_000
    desk.set(cache_limit=LIMIT)
    desk.sync()
    assert octets_kept(desk.database) <= LIMIT
    there = wholes(desk)
    assert there[0] == 1
    assert there[1:] == list(range(42 - len(there), 41))
    # Texts go last of all: they are small, and searched in.
    assert all(load_text(desk.database, number) for number in desk.numbers())
    gone = [desk.number(f"letter {n}") for n in range(1, 41) if n not in there]
    assert all(load_headers(desk.database, number) for number in gone)
    desk.close()
    assert desk.places.database("work").stat().st_size < full / 2.5
    assert str(desk.sync()) == "in step"


def test_who_asks_for_all_is_told_where_there_is_no_room(desk: Desk) -> None:
    desk.fill([large(1, 400_000), large(2, 90_000)])
    desk.set(keep_days=0, cache_limit=300_000)
    receipt = desk.sync(bodies=True)
    assert receipt.whole
    assert "cache_limit has no room for all of it" in str(receipt)
    assert wholes(desk) == [2]


def test_no_limit_is_no_limit(desk: Desk) -> None:
    desk.fill(large(number) for number in range(1, 6))
    desk.set(download="all", keep_days=0, cache_limit=0)
    desk.sync()
    assert wholes(desk) == [1, 2, 3, 4, 5]


def test_what_had_to_go_comes_again_when_it_is_asked_for_and_goes_last_then(
    desk: Desk,
) -> None:
    mails = [large(number) for number in range(1, 13)]
    desk.fill(mails)
    desk.set(download="all", keep_days=0, cache_limit=LIMIT)
    desk.sync()
    oldest = desk.number("letter 1")
    assert 1 not in wholes(desk)
    with desk.database.transaction() as tx:
        want_part(tx, oldest, WHOLE)
    desk.sync()
    assert load_part(desk.database, oldest, WHOLE) == mails[0].octets
    assert octets_kept(desk.database) <= LIMIT
    desk.fill([large(13)])
    desk.sync()
    assert {1, 13} <= set(wholes(desk))
    assert octets_kept(desk.database) <= LIMIT


def test_texts_that_had_to_go_come_again_when_they_are_read(desk: Desk) -> None:
    desk.fill(letter(number, text="word " * 2_000) for number in range(1, 31))
    desk.set(download="text", keep_days=0, cache_limit=200_000)
    for _ in range(3):
        desk.sync()
        assert octets_kept(desk.database) <= 200_000
    gone = [n for n in desk.numbers() if load_text(desk.database, n) is None]
    here = [n for n in desk.numbers() if load_text(desk.database, n) is not None]
    assert gone
    assert here
    assert not load_summary(desk.database, gone[0]).downloaded
    with desk.database.transaction() as tx:
        want_part(tx, gone[0], None)
    desk.sync()
    assert load_text(desk.database, gone[0]) is not None


def test_what_is_pinned_is_fetched_whole_whatever_the_settings_say(desk: Desk) -> None:
    desk.fill(large(number) for number in range(1, 6))
    desk.fill([large(11), large(12)], "Archive")
    desk.set(download="headers", keep_days=1, cache_limit=150_000)
    desk.sync()
    assert wholes(desk) == []
    pin(desk, desk.number("letter 2"), desk.number("letter 4"))
    assert [one.kind for one in load_pending(desk.database)] == ["fetch", "fetch"]
    desk.perform(PinMailbox(desk.box("Archive").id, pinned=True))
    desk.sync()
    assert wholes(desk) == [2, 4]
    assert wholes(desk, "Archive") == [11, 12]
    assert load_pending(desk.database) == []
    # What comes later into a pinned mailbox is kept too.
    desk.fill([large(13)], "Archive")
    desk.sync()
    assert wholes(desk, "Archive") == [11, 12, 13]
    # It is more than the limit allows, and stays until it is let go of.
    assert octets_kept(desk.database) > 150_000
    desk.perform(PinMailbox(desk.box("Archive").id, pinned=False))
    desk.perform(Pin(tuple(desk.numbers()), pinned=False))
    desk.sync()
    assert octets_kept(desk.database) <= 150_000
    assert len(wholes(desk) + wholes(desk, "Archive")) == 1


def test_a_part_that_was_asked_for_offline_goes_on_at_the_octet_where_it_was_cut_off(
    desk: Desk, proxy: Proxy
) -> None:
    mail = large(1, 3_000_000)
    desk.fill([mail])
    desk.sync()
    number = desk.number("letter 1")
    with desk.database.transaction() as tx:
        want_part(tx, number, PartId("2"))
    proxy.cut_down = 1_500_000
    before = proxy.octets_down
    assert desk.sync().whole
    assert proxy.octets_down - before < 4_000_000
    octets = load_part(desk.database, number, PartId("2"))
    assert octets is not None
    assert octets in mail.octets
    offsets = [
        int(said.split(b"<")[1].split(b".")[0])
        for said in b"".join(proxy.sent_up).split(b"\r\n")
        if b"BODY.PEEK[2]<" in said
    ]
    assert sorted(offsets) == offsets
    assert len(set(offsets)) >= len(offsets) - (proxy.connections - 2)


def test_a_message_that_is_read_now_and_then_outlives_what_never_was(
    desk: Desk,
) -> None:
    desk.fill(large(number) for number in range(1, 10))
    desk.set(download="all", keep_days=0, cache_limit=LIMIT)
    desk.sync()
    oldest = min(wholes(desk))
    with desk.database.transaction() as tx:
        note_use(tx, [desk.number(f"letter {oldest}")], datetime.now(UTC))
    desk.fill(large(number) for number in range(10, 16))
    desk.sync()
    assert oldest in wholes(desk)
    assert octets_kept(desk.database) <= LIMIT
