"""The link's messages as lines."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.link.codec import MAX_LINE, Lines, decode, encode
from tui_mail.link.messages import (
    Cancel,
    Changed,
    Done,
    FetchPart,
    GoOffline,
    Hello,
    Message,
    NeedPassword,
    OpenMailbox,
    PartProgress,
    Password,
    Receipt,
    Search,
    Status,
    Synchronize,
    Wake,
)
from tui_mail.model.displayable import displayable, own
from tui_mail.model.event import (
    ContentArrived,
    MailboxChanged,
    MailboxesChanged,
    MessagesChanged,
    OperationsChanged,
)
from tui_mail.model.ids import WHOLE, MailboxId, MessageNumber, PartId

EVENTS = (
    MailboxesChanged(),
    MailboxChanged(MailboxId(3)),
    MessagesChanged(MailboxId(3), frozenset(map(MessageNumber, (1, 2, 70_000)))),
    ContentArrived(MessageNumber(9)),
    OperationsChanged(),
)
MESSAGES: list[Message] = [
    Hello("reader", offline=True),
    Hello("command"),
    Wake(),
    Synchronize(None, 1),
    Synchronize(MailboxId(2), 1),
    Synchronize(None, 1, whole=True),
    Search("from:ann zebra", 8),
    FetchPart(MessageNumber(5), None, 7),
    FetchPart(MessageNumber(5), WHOLE, 7),
    FetchPart(MessageNumber(5), PartId("2.1"), 7),
    OpenMailbox(None),
    OpenMailbox(MailboxId(1)),
    Password("geheim \n ü \U0001f511"),
    GoOffline(True),
    Cancel(4),
    Changed(EVENTS),
    Changed(()),
    Status("failed", own("work: no")),
    Status("synchronizing", own("fetching Inbox"), 3, 100_000, MailboxId(1)),
    Done(1, ok=False, line=own("no such message")),
    PartProgress(1, 2, 3),
    NeedPassword(own("the password, please")),
    Receipt(own("12 new")),
    Receipt(own("1 refused"), urgent=True),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: type(one).__name__)
def test_every_message_comes_back_as_it_went(message: Message) -> None:
    line = encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == message


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\xfe",
        b"hello",
        b"[]",
        b"{}",
        b'{"kind":"dance"}',
        b'{"kind":["wake"]}',
        b'{"kind":"hello"}',
        b'{"kind":"hello","role":"god"}',
        b'{"kind":"synchronize","mailbox":"1","request":1}',
        b'{"kind":"synchronize","mailbox":1,"request":true}',
        b'{"kind":"cancel","request":99999999999999999999}',
        b'{"kind":"cancel","request":1.5}',
        b'{"kind":"changed","events":{}}',
        b'{"kind":"cancel","request":' + b"9" * 5_000 + b"}",
        b"[" * 100_000,
    ],
)
def test_a_line_that_says_nothing_known_is_nothing(line: bytes) -> None:
    assert decode(line) is None


def test_what_a_later_version_adds_is_passed_over() -> None:
    assert decode(b'{"kind":"wake","hurry":true}') == Wake()
    line = b'{"kind":"changed","events":[{"kind":"moon"},{"kind":"operations"}]}'
    assert decode(line) == Changed((OperationsChanged(),))


def test_what_is_to_be_shown_is_made_safe_on_arrival() -> None:
    line = json.dumps({"kind": "receipt", "line": "a\x1b[31mb"}).encode()
    assert decode(line) == Receipt(displayable("a\x1b[31mb"))


def test_a_password_is_not_in_the_repr() -> None:
    assert "geheim" not in repr(Password("geheim"))


@given(st.binary(max_size=300))
def test_garbage_never_raises(line: bytes) -> None:
    decode(line)


@given(st.data())
def test_lines_are_found_however_the_stream_is_cut(data: st.DataObject) -> None:
    stream = b"garbage\n" + b"".join(map(encode, MESSAGES))
    lines = Lines()
    found: list[Message] = []
    while stream:
        size = data.draw(st.integers(1, 400))
        found += lines.feed(stream[:size])
        stream = stream[size:]
    assert found == MESSAGES


def test_a_line_that_is_too_long_is_refused_before_it_ends() -> None:
    lines = Lines()
    lines.feed(b"x" * MAX_LINE)
    with pytest.raises(ValueError, match="too long"):
        lines.feed(b"x")
    with pytest.raises(ValueError, match="too long"):
        Lines().feed(b"x" * (MAX_LINE + 1) + b"\n")
