"""Messages that are put into a server's mailbox from here."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.servers.dovecot import Dovecot, Options, without
from tests.sync.mailing import Desk, letter, letters
from tui_mail.mime.headers import parse_envelope
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import WHOLE, MessageNumber, Uid
from tui_mail.model.operation import Expunge, OperationState
from tui_mail.store.appending import (
    append_message,
    begin_append,
    finish_append,
    mark_append_sent,
)
from tui_mail.store.content import load_part, save_chunk
from tui_mail.store.operations import cancel, load_pending, retry
from tui_mail.store.performing import perform
from tui_mail.store.replaying import due_operations
from tui_mail.sync.operations.append import pick

pytestmark = pytest.mark.dovecot

NO_UIDPLUS = Options(capabilities=without("MOVE", "UIDPLUS"))
ARRIVED = datetime(2025, 3, 1, 12, 30, tzinfo=UTC)


def put(desk: Desk, octets: bytes, name: str = "INBOX") -> MessageNumber:
    with desk.database.transaction() as tx:
        return append_message(
            tx,
            desk.box(name).id,
            octets,
            flags=frozenset({SEEN, FLAGGED, "work"}),
            arrived=ARRIVED,
        )


@pytest.mark.parametrize("options", [Options(), NO_UIDPLUS])
def test_what_is_appended_is_here_at_once_and_there_after_a_synchronization(
    options: Options,
    dovecots: Callable[[Options], Dovecot],
    desk_of: Callable[[Dovecot], Desk],
) -> None:
    desk = desk_of(dovecots(options))
    desk.fill(letters(1, 2))
    desk.sync()
    number = put(desk, letter(9).octets)
    assert desk.here()["letter 9"] == {SEEN, FLAGGED, "work"}
    assert desk.there().keys() == {"letter 1", "letter 2"}
    [waiting] = load_pending(desk.database)
    assert (waiting.kind, waiting.what) == ("append", "put 1 message into INBOX")
    assert "1 appended" in str(desk.sync())
    assert desk.here() == desk.there()
    assert desk.number("letter 9") == number
    with desk.oracle() as client:
        client.select_folder("INBOX")
        [said] = client.fetch(client.search("SUBJECT 9"), ["INTERNALDATE"]).values()
    assert said[b"INTERNALDATE"].astimezone(UTC).replace(tzinfo=UTC) == ARRIVED
    assert not load_pending(desk.database)
    desk.sync()
    assert desk.number("letter 9") == number
    assert len(desk.there()) == 3


def test_a_mailbox_that_is_missing_there_is_made(desk: Desk) -> None:
    desk.fill(letters(1, 1), "Drafts")
    desk.sync()
    put(desk, letter(9).octets, "Drafts")
    with desk.oracle() as client:
        client.delete_folder("Drafts")
    desk.sync()
    assert desk.there("Drafts").keys() == {"letter 9"}
    assert desk.here("Drafts").keys() == {"letter 9"}


def test_one_message_that_is_refused_does_not_stop_the_others(desk: Desk) -> None:
    desk.fill(letters(1, 1))
    desk.sync()
    put(desk, letter(7).octets)
    bad = put(desk, letter(8).octets + b"\0")
    put(desk, letter(9).octets)
    [waiting] = load_pending(desk.database)
    assert waiting.what == "put 3 messages into INBOX"
    receipt = desk.sync()
    assert "2 appended, 1 refused" in str(receipt)
    assert desk.there().keys() == {"letter 1", "letter 7", "letter 9"}
    # It is the only one there is of it, so it stays in sight.
    assert desk.here().keys() == {"letter 1", "letter 7", "letter 8", "letter 9"}
    [waiting] = load_pending(desk.database)
    assert waiting.state is OperationState.FAILED
    assert "NUL" in waiting.error
    with desk.database.transaction() as tx:
        retry(tx, waiting.id)
    assert desk.sync().refused == 1
    [waiting] = load_pending(desk.database)
    with desk.database.transaction() as tx:
        cancel(tx, waiting.id)
    assert not load_pending(desk.database)
    desk.sync()
    assert desk.number("letter 8") == bad, "it lies only here from now on"
    with desk.database.transaction() as tx:
        perform(tx, Expunge((bad,)), said="deleted", session="test")
    assert "letter 8" not in desk.here()
    assert not load_pending(desk.database)


@pytest.mark.parametrize(
    "octets",
    [
        b"Subject: letter 9\r\n\r\n8-bit \xe4\xff\x80 and CR \r in it\r\n",
        b"Subject: letter 9\n\nlines that\nend otherwise",
        b"Subject: letter 9\r\n\r\n" + b"x" * 300_000,
        b"Subject: letter 9",
    ],
)
def test_octets_of_any_kind_are_there_as_they_were_but_for_line_ends(
    desk: Desk, octets: bytes
) -> None:
    desk.sync()
    number = put(desk, octets)
    desk.sync()
    with desk.oracle() as client:
        client.select_folder("INBOX")
        [said] = client.fetch([1], ["BODY[]"]).values()
    wanted = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert said[b"BODY[]"] == wanted
    assert load_part(desk.database, number, WHOLE) == wanted
    assert desk.here() == desk.there()


def test_a_large_message_passes_through_little_memory(desk: Desk) -> None:
    desk.sync()
    piece = (b"x" * 76 + b"\r\n") * 3_000
    head = letter(9).octets
    with desk.database.transaction() as tx:
        envelope = parse_envelope(head)
        number = begin_append(tx, envelope, flags=frozenset(), arrived=ARRIVED)
        save_chunk(tx, number, WHOLE, 0, head)
    for at in range(130):
        with desk.database.transaction() as tx:
            save_chunk(tx, number, WHOLE, len(head) + at * len(piece), piece)
    with desk.database.transaction() as tx:
        finish_append(tx, number, desk.box().id)
    tracemalloc.start()
    try:
        assert desk.sync().appended == 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6_000_000
    with desk.oracle() as client:
        client.select_folder("INBOX")
        [said] = client.fetch([1], ["RFC822.SIZE"]).values()
    assert said[b"RFC822.SIZE"] == len(head) + 130 * len(piece) > 30_000_000


def test_after_a_lost_answer_it_is_found_though_all_uids_count_anew(desk: Desk) -> None:
    desk.fill(letters(1, 5), "Work")
    desk.sync()
    number = put(desk, letter(9).octets, "Work")
    # The server took it, its answer was lost, and then the mailbox was made anew.
    [operation] = due_operations(desk.database, datetime.now(UTC))
    state = desk.box("Work").state
    assert state.uid_validity is not None
    with desk.database.transaction() as tx:
        mark_append_sent(
            tx,
            operation.id,
            number,
            since=state.uid_next,
            validity=state.uid_validity,
        )
    with desk.oracle() as client:
        client.delete_folder("Work")
    desk.fill([letter(9)], "Work")
    desk.sync()
    assert desk.there("Work").keys() == {"letter 9"}
    assert desk.here("Work").keys() == {"letter 9"}
    assert desk.number("letter 9", "Work") == number


def test_what_was_sent_twice_alike_is_there_twice(desk: Desk) -> None:
    desk.sync()
    first, second = put(desk, letter(9).octets), put(desk, letter(9).octets)
    receipt = desk.sync()
    assert receipt.appended == 2
    with desk.oracle() as client:
        client.select_folder("INBOX")
        assert client.search("ALL") == [1, 2]
    assert sorted(desk.numbers()) == [first, second]


def test_a_server_that_changes_messages_is_not_sent_one_again() -> None:
    ours = ("9@example.org", "letter 9", None, 200)
    changed = ("9@example.org", "letter 9", None, 260)
    other = ("8@example.org", "letter 9", None, 200)
    assert pick(ours, [(Uid(4), other), (Uid(6), changed), (Uid(7), changed)]) == 6
    assert pick(ours, [(Uid(5), changed), (Uid(6), ours)]) == 6
    assert (
        pick(("", "letter 9", None, 200), [(Uid(5), ("", "letter 9", None, 260))])
        is None
    )
