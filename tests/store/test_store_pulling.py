"""What a POP3 server gave is here before it goes there, and known for ever after."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.parse import parse_message
from tui_mail.model.displayable import displayable
from tui_mail.model.error import StoreFailed
from tui_mail.model.event import Event, MailboxChanged
from tui_mail.model.ids import WHOLE, MailboxId, MessageNumber, ModSeq, Uid
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.message import FetchedMessage
from tui_mail.model.readable import ReadableText
from tui_mail.store.arriving import arriving, read_whole
from tui_mail.store.content import load_part, load_structure, load_text
from tui_mail.store.database import AccountIdentity, Database
from tui_mail.store.inserting import CHUNK, Whole
from tui_mail.store.mailboxes import create_local_mailbox, load_mailbox
from tui_mail.store.messages import load_summary
from tui_mail.store.pulling import (
    Fate,
    Pulled,
    PullState,
    begin_pull,
    due_for_deletion,
    find_same,
    finish_pull,
    forget_removed,
    known_digests,
    load_pulled,
    made_uidl,
    note_double,
    note_leaving,
    note_left,
    pull_wholes,
    relabel,
    save_piece,
    settle_listing,
    sweep_incomplete,
    verify_stored,
)
from tui_mail.store.salvage import salvage
from tui_mail.store.wishes import copy_messages, expunge_messages, move_messages

IDENTITY = AccountIdentity("pop3", "pop.example.org", "ann")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LETTER = b"From: bob@example.org\r\nSubject: hello\r\nMessage-ID: <1@x>\r\n\r\nhi\r\n"


@dataclass
class Place:
    path: Path
    database: Database
    inbox: MailboxId

    at_once: bool

    def pull(self, uidl: bytes, octets: bytes = LETTER) -> MessageNumber:
        if self.at_once:
            with self.database.transaction() as tx:
                [number] = pull_wholes(tx, self.inbox, [(uidl, whole(octets))], at=NOW)
            return number
        with self.database.transaction() as tx:
            pulling = begin_pull(tx, uidl, parse_envelope(octets), arrived=NOW)
            half = len(octets) // 2
            save_piece(tx, pulling, 0, octets[:half])
            save_piece(tx, pulling, half, octets[half:])
            digest = sha256(octets).digest()
            return finish_pull(tx, pulling, self.inbox, digest=digest, at=NOW)

    def pulled(self, uidl: bytes) -> Pulled:
        return load_pulled(self.database)[uidl]

    def due(self, policy: str, after: timedelta = timedelta()) -> set[bytes]:
        return {
            one.uidl for one in due_for_deletion(self.database, policy, NOW + after)
        }


def whole(octets: bytes) -> Whole:
    text = ReadableText(displayable("the text"), "plain", renderer=1)
    envelope, size = parse_envelope(octets), len(octets)
    message = FetchedMessage(Uid(0), frozenset(), ModSeq(0), NOW, size, envelope)
    read = read_whole(parse_message(octets), text)
    return Whole(octets, sha256(octets).digest(), arriving(message), read)


@pytest.fixture(params=[False, True], ids=["in pieces", "at once"])
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    path = tmp_path / "old.db"
    database = Database.open(path, "old", identity=IDENTITY)
    with database.transaction() as tx:
        inbox = create_local_mailbox(tx, "INBOX", SpecialUse.INBOX)
    made = Place(path, database, inbox, request.param)
    yield made
    made.database.close()


def test_a_message_is_seen_only_once_all_of_it_is_here(place: Place) -> None:
    with place.database.transaction() as tx:
        pulling = begin_pull(tx, b"a", parse_envelope(LETTER), arrived=NOW)
        save_piece(tx, pulling, 0, LETTER)
    assert load_mailbox(place.database, place.inbox).total == 0
    assert place.pulled(b"a").wanted_again
    with place.database.transaction() as tx:
        finish_pull(tx, pulling, place.inbox, digest=sha256(LETTER).digest(), at=NOW)
    assert load_mailbox(place.database, place.inbox).total == 1
    assert load_part(place.database, pulling.number, WHOLE) == LETTER
    assert load_summary(place.database, pulling.number).on_server is True
    assert not place.pulled(b"a").wanted_again


def test_many_that_came_whole_are_here_at_once(place: Place) -> None:
    reply = b"Message-ID: <2@x>\r\nReferences: <1@x>\r\n\r\n"
    octets = [LETTER, reply, reply + b"x" * (2 * CHUNK)]
    told: list[Event] = []
    place.database.listen(told.extend)
    with place.database.transaction() as tx:
        numbers = pull_wholes(
            tx,
            place.inbox,
            [(b"%d" % count, whole(one)) for count, one in enumerate(octets)],
            at=NOW,
            to_mirror=True,
        )
    database = place.database
    assert told == [MailboxChanged(place.inbox)]
    box = load_mailbox(database, place.inbox)
    assert (box.total, box.unread) == (3, 3)
    rows = [load_summary(database, number) for number in numbers]
    assert len({row.thread for row in rows}) == 1
    assert [row.size for row in rows] == [len(one) for one in octets]
    for number, one in zip(numbers, octets, strict=True):
        assert load_part(database, number, WHOLE) == one
        assert load_structure(database, number) == parse_message(one)
        text = load_text(database, number)
        assert text is not None
        assert text.text == "the text"
    pulled = load_pulled(database).values()
    assert all(one.to_mirror and not one.wanted_again for one in pulled)
    assert all(verify_stored(database, one) for one in pulled)
    digests = {sha256(one).digest() for one in octets}
    assert known_digests(database, {*digests, b"other"}) == digests


def test_a_name_that_another_message_has_now_is_taken_from_the_first(
    place: Place,
) -> None:
    place.pull(b"a")
    other = LETTER + b"more\r\n"
    place.pull(b"a", other)
    assert place.pulled(b"a").digest == sha256(other).digest()
    first = place.pulled(made_uidl(sha256(LETTER).digest()))
    assert first.present
    assert first.state is PullState.LEFT
    assert load_mailbox(place.database, place.inbox).total == 2


def test_what_was_not_saved_as_it_came_is_not_shown(place: Place) -> None:
    with place.database.transaction() as tx:
        pulling = begin_pull(tx, b"a", parse_envelope(LETTER), arrived=NOW)
        save_piece(tx, pulling, 0, LETTER)
    with pytest.raises(StoreFailed), place.database.transaction() as tx:
        finish_pull(tx, pulling, place.inbox, digest=b"other" * 6, at=NOW)
    assert load_mailbox(place.database, place.inbox).total == 0


def test_what_did_not_come_to_its_end_is_swept_and_begun_anew(place: Place) -> None:
    with place.database.transaction() as tx:
        pulling = begin_pull(tx, b"a", parse_envelope(LETTER), arrived=NOW)
        save_piece(tx, pulling, 0, LETTER[:9])
    with place.database.transaction() as tx:
        assert sweep_incomplete(tx) == 1
    assert load_pulled(place.database) == {}
    number = place.pull(b"a")
    assert load_part(place.database, number, WHOLE) == LETTER
    with place.database.transaction() as tx:
        assert sweep_incomplete(tx) == 0


def test_only_what_reads_back_as_it_came_is_verified(place: Place) -> None:
    place.pull(b"a")
    assert verify_stored(place.database, place.pulled(b"a"))
    with place.database.transaction() as tx:
        tx.connection.execute("UPDATE chunk SET octets = x'00' WHERE start = 0")
    assert not verify_stored(place.database, place.pulled(b"a"))


def test_what_the_server_was_told_is_in_doubt_until_it_lists_again(
    place: Place,
) -> None:
    for uidl in (b"a", b"b", b"c"):
        place.pull(uidl, LETTER + uidl)
    those = [place.pulled(b"a"), place.pulled(b"b")]
    with place.database.transaction() as tx:
        note_leaving(tx, those)
    assert place.due("download") == {b"c"}
    with place.database.transaction() as tx:
        settle_listing(tx, {b"b", b"c"})
    assert place.pulled(b"a").state is PullState.LEFT
    assert place.pulled(b"b").state is PullState.STORED
    with place.database.transaction() as tx:
        note_left(tx, [place.pulled(b"b")])
    assert place.pulled(b"b").state is PullState.LEFT
    assert not place.pulled(b"b").wanted_again


@pytest.mark.parametrize(
    ("policy", "after", "due"),
    [
        ("never", timedelta(days=1_000), set()),
        ("download", timedelta(), {b"a", b"b"}),
        ("30 days", timedelta(days=29), set()),
        ("30 days", timedelta(days=30), {b"a", b"b"}),
        ("1 day", timedelta(days=1), {b"a", b"b"}),
        ("removed", timedelta(days=1_000), set()),
    ],
)
def test_what_may_go_follows_the_setting(
    place: Place, policy: str, after: timedelta, due: set[bytes]
) -> None:
    place.pull(b"a")
    place.pull(b"b", LETTER + b"b")
    assert place.due(policy, after) == due


def test_only_what_was_deleted_for_ever_counts_as_removed(place: Place) -> None:
    first, second = place.pull(b"a"), place.pull(b"b", LETTER + b"b")
    with place.database.transaction() as tx:
        trash = create_local_mailbox(tx, "Trash", SpecialUse.TRASH)
        move_messages(tx, [first, second], trash)
    assert place.due("removed") == set()
    with place.database.transaction() as tx:
        copy_messages(tx, [first], place.inbox)
        expunge_messages(tx, [first, second])
    assert place.due("removed") == {b"b"}
    assert place.pulled(b"b").fate is Fate.REMOVED
    assert not place.pulled(b"b").wanted_again


def test_what_was_deleted_for_ever_comes_again_only_if_that_is_forgotten(
    place: Place,
) -> None:
    number = place.pull(b"a")
    with place.database.transaction() as tx:
        expunge_messages(tx, [number])
        settle_listing(tx, set())
        settle_listing(tx, {b"a"})
    assert not place.pulled(b"a").wanted_again
    with place.database.transaction() as tx:
        assert forget_removed(tx) == 1
    assert load_pulled(place.database) == {}


def test_a_message_is_known_by_its_octets_where_the_server_names_it_anew(
    place: Place,
) -> None:
    number = place.pull(b"a")
    same = find_same(place.database, sha256(LETTER).digest())
    assert same is not None
    with place.database.transaction() as tx:
        relabel(tx, same, b"new")
    assert set(load_pulled(place.database)) == {b"new"}
    assert load_summary(place.database, number).on_server is True
    with place.database.transaction() as tx:
        note_double(tx, place.pulled(b"new"), b"second")
        settle_listing(tx, {b"second"})
    assert load_summary(place.database, number).on_server is True
    assert find_same(place.database, b"x" * 32) is None


def test_a_salvage_that_lost_messages_has_them_pulled_again(place: Place) -> None:
    place.pull(b"a")
    kept = place.pull(b"b", LETTER + b"b")
    with place.database.transaction() as tx:
        tx.connection.execute("DROP TRIGGER pop_message_removed")
        tx.connection.execute("PRAGMA defer_foreign_keys = 1")
        tx.connection.execute("DELETE FROM message WHERE number <> ?", (kept,))
        tx.connection.execute(
            "DELETE FROM content WHERE id NOT IN (SELECT content FROM message)"
        )
        tx.connection.execute("DELETE FROM pop_message WHERE uidl = x'62'")
    place.database.close()
    salvage(place.path, "old")
    place.database = Database.open(place.path, "old", identity=IDENTITY)
    found = load_pulled(place.database)
    digest = sha256(LETTER + b"b").digest()
    assert set(found) == {b"a", made_uidl(digest)}
    assert found[b"a"].wanted_again
    assert found[made_uidl(digest)].state is PullState.LEFT
    assert place.due("download") == set()
    same = find_same(place.database, digest)
    assert same is not None
    assert same.present
