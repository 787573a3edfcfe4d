"""Parts that somebody waits for: how far they are, given up, gone on with after a kill."""

import re
import signal
from contextlib import suppress

import pytest

from tests.servers.proxy import Proxy
from tests.sync.engines import running
from tests.sync.mailing import Desk, letter
from tests.sync.test_sync_evicting import large, wholes
from tui_mail.link.messages import (
    Cancel,
    Done,
    FetchPart,
    PartProgress,
    Synchronize,
    Wake,
)
from tui_mail.model.error import LinkLost
from tui_mail.model.ids import WHOLE, MessageNumber, PartId
from tui_mail.model.operation import Pin, PinMailbox
from tui_mail.store.content import load_part, load_text, part_progress
from tui_mail.store.eviction import octets_kept
from tui_mail.store.operations import cancel, load_pending
from tui_mail.store.wanting import want_part

pytestmark = pytest.mark.dovecot

PART = PartId("2")
SIZE = 6_000_000


@pytest.fixture
def number(desk: Desk, proxy: Proxy) -> MessageNumber:
    """Have a large letter, its headers here, and a link on which it takes seconds."""
    desk.fill([large(1, SIZE), letter(2)])
    desk.sync()
    proxy.latency = 0.05
    return desk.number("letter 1")


def _offsets(proxy: Proxy) -> list[int]:
    """List from which octets on windows of the part were asked for."""
    said = b"".join(proxy.sent_up)
    return [int(at) for at in re.findall(rb"BODY\.PEEK\[2\]<(\d+)\.", said)]


def test_it_says_how_far_it_is_ends_when_it_is_given_up_and_goes_on_from_there(
    desk: Desk, proxy: Proxy, number: MessageNumber
) -> None:
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        reader.send(FetchPart(number, PART, 7))
        told = reader.until(
            lambda one: isinstance(one, PartProgress) and one.done > 300_000
        )
        assert isinstance(told, PartProgress)
        assert 0 < told.done < told.total
        assert told.total > SIZE
        reader.send(Cancel(7))
        assert not reader.done(7).ok
        kept = part_progress(desk.database, number, PART)
        assert 0 < kept < SIZE / 2
        asked = len(_offsets(proxy))
        reader.send(FetchPart(number, PART, 8))
        assert reader.done(8).ok
        assert _offsets(proxy)[asked] == kept
        octets = load_part(desk.database, number, PART)
        assert octets is not None
        assert octets in large(1, SIZE).octets


def test_it_goes_on_over_as_many_connections_as_it_takes(
    desk: Desk, proxy: Proxy, number: MessageNumber
) -> None:
    proxy.latency, proxy.cut_down = 0.0, 1_500_000
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        reader.send(FetchPart(number, PART, 1))
        assert reader.done(1).ok
    assert proxy.cuts > 2
    octets = load_part(desk.database, number, PART)
    assert octets is not None
    assert octets in large(1, SIZE).octets


def test_it_comes_also_where_no_connection_lasts_as_long_as_a_usual_piece(
    desk: Desk, proxy: Proxy, number: MessageNumber
) -> None:
    proxy.latency, proxy.cut_down = 0.0, 100_000
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        reader.send(FetchPart(number, PART, 1))
        reader.until(lambda one: isinstance(one, PartProgress) and one.done > 300_000)


def test_what_waits_for_a_connection_comes_also_where_none_lasts(
    desk: Desk, proxy: Proxy, number: MessageNumber
) -> None:
    with desk.database.transaction() as tx:
        want_part(tx, number, PART)
    proxy.latency, proxy.cut_down = 0.0, 100_000
    with suppress(LinkLost):
        desk.sync()
    kept = part_progress(desk.database, number, PART)
    assert kept > 100_000
    with suppress(LinkLost):
        desk.sync()
    assert part_progress(desk.database, number, PART) > kept


def test_it_is_given_up_where_nothing_more_comes(
    desk: Desk, proxy: Proxy, number: MessageNumber
) -> None:
    proxy.latency, proxy.cut_down = 0.0, 10_000
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        reader.send(FetchPart(number, PART, 1))
        assert not reader.done(1).ok


def test_it_goes_on_at_the_octet_where_a_kill_ended_it(
    desk: Desk, proxy: Proxy, number: MessageNumber
) -> None:
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        reader.send(FetchPart(number, PART, 1))
        for _ in range(4):
            reader.until(lambda one: isinstance(one, PartProgress))
        engine.process.send_signal(signal.SIGKILL)
        engine.process.wait()
    desk.close()
    kept = part_progress(desk.database, number, PART)
    assert kept > 0
    asked = len(_offsets(proxy))
    with desk.database.transaction() as tx:
        want_part(tx, number, PART)
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        reader.while_told(lambda: not load_pending(desk.database))
    assert _offsets(proxy)[asked] == kept
    octets = load_part(desk.database, number, PART)
    assert octets is not None
    assert octets in large(1, SIZE).octets


def test_a_text_to_read_does_not_wait_for_a_part_under_way(
    desk: Desk, number: MessageNumber
) -> None:
    other = desk.number("letter 2")
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        reader.send(FetchPart(number, PART, 1))
        reader.until(lambda one: isinstance(one, PartProgress))
        reader.send(FetchPart(other, None, 2))
        first = reader.until(lambda one: isinstance(one, Done))
        assert first == Done(request=2, ok=True)
        assert load_text(desk.database, other) is not None
        assert reader.done(1).ok


def test_what_was_asked_for_is_given_up_where_it_is_cancelled_meanwhile(
    desk: Desk, proxy: Proxy, number: MessageNumber
) -> None:
    with desk.database.transaction() as tx:
        want_part(tx, number, PART)
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        reader.while_told(lambda: part_progress(desk.database, number, PART) > 0)
        with desk.database.transaction() as tx:
            cancel(tx, f"fetch-{number}")
        reader.send(Synchronize(None, 1))
        reader.done(1)
        assert part_progress(desk.database, number, PART) < SIZE
        asked = len(_offsets(proxy))
        reader.send(Synchronize(None, 2))
        reader.done(2)
        assert len(_offsets(proxy)) == asked


def test_a_mailbox_that_is_pinned_is_fetched_at_once_and_what_comes_later_too(
    desk: Desk,
) -> None:
    desk.fill(large(number, 50_000) for number in range(1, 6))
    with running(desk) as engine, engine.reader() as reader:
        reader.send(Synchronize(None, 1))
        reader.done(1)
        assert wholes(desk) == []
        desk.perform(PinMailbox(desk.box().id, pinned=True))
        reader.send(Wake())
        reader.while_told(lambda: wholes(desk) == [1, 2, 3, 4, 5])
        desk.fill([large(6, 50_000)])
        reader.send(Synchronize(None, 2))
        reader.while_told(lambda: wholes(desk) == [1, 2, 3, 4, 5, 6])


def test_parts_that_came_singly_go_where_the_whole_message_comes(
    desk: Desk, number: MessageNumber
) -> None:
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        reader.send(FetchPart(number, PART, 1))
        reader.until(lambda one: isinstance(one, PartProgress) and one.done > 300_000)
        reader.send(Cancel(1))
        reader.done(1)
        desk.perform(Pin((number,), pinned=True))
        reader.send(Wake())
        reader.while_told(lambda: wholes(desk) == [1])
        one = len(large(1, SIZE).octets)
        reader.while_told(lambda: octets_kept(desk.database) < one + 10_000)
        # It is cut out of the whole from now on.
        reader.send(FetchPart(number, PART, 2))
        assert reader.done(2).ok
        assert part_progress(desk.database, number, PART) == 0


def test_what_somebody_reads_is_kept_and_the_rest_has_to_go_at_once(
    desk: Desk,
) -> None:
    desk.fill(large(number, 100_000) for number in range(1, 11))
    desk.set(download="all", keep_days=0, cache_limit=1_000_000)
    with running(desk) as engine, engine.reader() as reader:
        reader.send(Synchronize(None, 1))
        reader.done(1)
        there = wholes(desk)
        assert there[-1] == 10
        gone = [desk.number(f"letter {one}") for one in range(1, there[0])]
        for request, one in enumerate(gone, 2):
            reader.send(FetchPart(one, WHOLE, request))
            assert reader.done(request).ok
        reader.while_told(lambda: octets_kept(desk.database) <= 1_000_000)
        assert set(range(1, there[0])) < set(wholes(desk))
        assert 10 in wholes(desk)


def test_the_file_and_the_log_beside_it_become_small_while_readers_are_there(
    desk: Desk,
) -> None:
    desk.fill(large(number, 200_000) for number in range(1, 101))
    with running(desk) as engine, engine.reader() as reader:
        reader.send(Synchronize(None, 1))
        reader.done(1)
        desk.perform(PinMailbox(desk.box().id, pinned=True))
        reader.send(Wake())
        reader.while_told(lambda: len(wholes(desk)) == 100, seconds=30)
    desk.close()
    path = desk.places.database("work")
    assert path.stat().st_size > 20_000_000
    desk.set(cache_limit=1_000_000)
    desk.perform(PinMailbox(desk.box().id, pinned=False))
    log = path.with_name(f"{path.name}-wal")
    with running(desk) as engine, engine.reader() as reader:
        reader.send(Synchronize(None, 1))
        reader.done(1)
        reader.while_told(lambda: path.stat().st_size + log.stat().st_size < 4_000_000)
