import marshal
import os
import signal
from collections.abc import Iterator

import pytest

from tui_mail.model.ids import ModSeq, Uid
from tui_mail.model.message import Envelope, FetchedMessage
from tui_mail.sync.preparing import Preparer, prepare
from tui_mail.sync.preparing_child import answer
from tui_mail.transports.imap_fetch import Message
from tui_mail.transports.imap_raw import RawMessage

HOSTILE = b"From: \x1b[31m<a@b\r\nReferences: " + b"<x@y> " * 500 + b"\r\n\r\n"


def raw(uid: int, header: bytes = b"") -> RawMessage:
    usual = f"Subject: plan {uid}\r\nFrom: Ann <ann@corp.example>\r\n\r\n".encode()
    date = b"19-Nov-2026 14:00:00 +0000"
    return RawMessage(uid, b"\\Seen work", date, 900, uid, "", header or usual)


def batches() -> list[list[Message]]:
    odd = FetchedMessage(Uid(7), frozenset(), ModSeq(0), None, 0, Envelope())
    return [
        [raw(uid) for uid in range(1, 200)],
        [],
        [raw(300, HOSTILE), odd, raw(301, b"\x00\xff")],
        [raw(uid) for uid in range(400, 420)],
    ]


@pytest.fixture
def preparer() -> Iterator[Preparer]:
    with Preparer() as started:
        yield started


def test_what_the_child_makes_is_what_is_made_here(preparer: Preparer) -> None:
    child = preparer.child
    assert child is not None
    child.wait_until_ready()
    made = [one for batch in batches() for one in preparer.exchange(batch)]
    made += preparer.rest()
    here = [one for batch in batches() for one in prepare(batch)]
    assert sorted(made) == sorted(here)
    assert preparer.child is child, "it was not lost on the way"


def test_while_the_child_starts_nothing_waits_for_it(preparer: Preparer) -> None:
    first = batches()[0]
    assert preparer.exchange(first) + preparer.rest() == prepare(first)


def test_nothing_is_lost_with_the_child(preparer: Preparer) -> None:
    child = preparer.child
    assert child is not None
    child.wait_until_ready()
    made = preparer.exchange(batches()[0])
    os.kill(child.pid, signal.SIGKILL)
    for batch in batches()[1:]:
        made += preparer.exchange(batch)
    made += preparer.rest()
    here = [one for batch in batches() for one in prepare(batch)]
    assert sorted(made) == sorted(here)


def test_batches_larger_than_the_pipes_come_through(preparer: Preparer) -> None:
    child = preparer.child
    assert child is not None
    child.wait_until_ready()
    long = b"Subject: " + b"x" * 3_000 + b"\r\n\r\n"
    sent: list[list[Message]] = [
        [raw(uid, long) for uid in range(start, start + 500)]
        for start in range(1, 3_000, 500)
    ]
    made = [one for batch in sent for one in preparer.exchange(batch)]
    made += preparer.rest()
    assert sorted(made) == sorted(one for batch in sent for one in prepare(batch))
    assert preparer.child is child, "it was not lost on the way"


def test_an_answer_is_plain_values() -> None:
    frame = marshal.dumps([tuple(raw(1))])
    assert marshal.loads(answer(frame)) == [tuple(prepare([raw(1)])[0])]
