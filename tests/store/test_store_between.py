"""Messages that go from one account's store to another's."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.acting import NOW, redo_last, undo_last, where
from tests.store.filling import (
    NAMES,
    START,
    VALIDITY,
    Place,
    assert_counts,
    listed,
    mail,
)
from tui_mail.mime.render import Renderer
from tui_mail.model.error import MailError, NotFound
from tui_mail.model.event import MailboxChanged
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import WHOLE, MessageNumber, PartId, Uid, UidValidity
from tui_mail.model.operation import Expunge, Move, OperationState, Transfer
from tui_mail.store.appending import (
    append_message,
    network_lines,
    next_append,
    settle_append,
)
from tui_mail.store.between import carry_on
from tui_mail.store.content import complete_part, load_part, load_text, save_chunk
from tui_mail.store.database import AccountIdentity, Database, Transaction
from tui_mail.store.journal import last_undoable, last_undone, redo, undo
from tui_mail.store.mailboxes import (
    apply_listing,
    create_local_mailbox,
    find_mailbox,
    load_mailbox,
)
from tui_mail.store.messages import load_summaries
from tui_mail.store.operations import cancel, load_pending, retry
from tui_mail.store.performing import perform
from tui_mail.store.replaying import (
    due_operations,
    mark_operation_sent,
    revert_operation,
    settle_operation,
)
from tui_mail.store.wanting import WantedPart, load_wanted, refuse_wanted

OCTETS = b"From: Bob <bob@example.org>\r\nSubject: Letter 1\r\n\r\nHello \xff\r\n"


class Killed(BaseException):
    """The process ended."""


@dataclass
class Pair:
    """Two accounts of one user: work has a server, home may have one."""

    work: Place
    home: Place

    def open(self, name: str):  # type: ignore[no-untyped-def]
        places = {"work": self.work, "home": self.home}
        if name not in places:
            raise NotFound(f"there is no account {name}")
        return nullcontext(places[name].database)

    def carry_on(self) -> frozenset[str]:
        return carry_on(frozenset({"work", "home"}), self.open)

    def send(
        self, *numbers: MessageNumber, name: str = "Archive", copying: bool = False
    ) -> None:
        box = find_mailbox(self.home.database, name)
        wire = box.wire_name if box else name.encode()
        shown = box.name if box else name
        wish = Transfer(numbers, "home", wire, shown, copying)  # type: ignore[arg-type]
        with self.work.database.transaction() as tx:
            perform(tx, wish, said="moved it", session="one")

    def shown(self) -> list[str]:
        """Say where letters are seen, by their subject."""
        return sorted(
            f"{name}/{box}: {subject}"
            for name, place in (("work", self.work), ("home", self.home))
            for box, subject in place.rows(
                "SELECT b.name, c.subject FROM message m JOIN content c"
                " ON c.id = m.content JOIN mailbox b ON b.id = m.mailbox WHERE b.id > 0"
            )
        )

    def server_takes(self, uid: int | None = 50) -> None:
        """Let home's server take what is appended next."""
        [operation] = [
            one
            for one in due_operations(self.home.database, NOW)
            if one.kind == "append"
        ]
        due = next_append(self.home.database, operation.id)
        assert due is not None
        with self.home.database.transaction() as tx:
            told = Uid(uid) if uid else None
            settle_append(tx, operation.id, due, validity=VALIDITY, uid=told)

    def server_refuses(self) -> None:
        [operation] = [
            one
            for one in due_operations(self.home.database, NOW)
            if one.kind == "append"
        ]
        with self.home.database.transaction() as tx:
            revert_operation(tx, operation.id, "NO too large")

    def server_deletes(self) -> None:
        """Let work's server delete what is to be deleted."""
        for one in due_operations(self.work.database, NOW):
            assert one.kind == "expunge"
            with self.work.database.transaction() as tx:
                mark_operation_sent(tx, one.id, uid_next_before=None)
                settle_operation(tx, one.id, validity=None, uids={})


def made(folder: Path, name: str, kind: str) -> Place:
    folder.mkdir(exist_ok=True)
    place = Place(folder / f"{name}.db")
    place.database.close()
    (folder / f"{name}.db").unlink()
    host = "imap.example.org" if kind == "imap" else ""
    place.database = Database.open(
        place.path, name, identity=AccountIdentity(kind, host, name)
    )
    place.database.listen(place.events.extend)
    return place


@contextmanager
def a_pair(folder: Path, kind: str = "imap") -> Iterator[Pair]:
    pair = Pair(made(folder, "work", "imap"), made(folder, "home", kind))
    boxes = [listed(name, use) for name, use in NAMES.items()]
    try:
        with pair.work.database.transaction() as tx:
            apply_listing(tx, boxes, {})
        with pair.home.database.transaction() as tx:
            if kind == "imap":
                apply_listing(tx, boxes, {})
            for name, use in NAMES.items():
                create_local_mailbox(tx, name, use)
        yield pair
    finally:
        pair.work.database.close()
        pair.home.database.close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with a_pair(tmp_path) as made:
        yield made


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Pair]:
    """Home has no server."""
    with a_pair(tmp_path, "local") as made:
        yield made


def whole(place: Place, number: MessageNumber, octets: bytes = OCTETS) -> None:
    """Let a message be here whole."""
    with place.database.transaction() as tx:
        for start in range(0, len(octets), 100_000):
            save_chunk(tx, number, WHOLE, start, octets[start : start + 100_000])
        complete_part(tx, number, WHOLE)


def letter(pair: Pair, octets: bytes = OCTETS) -> MessageNumber:
    [number] = pair.work.fetch(mail(1, flags=[SEEN, "work"]))
    whole(pair.work, number, octets)
    return number


def asked_for(pair: Pair) -> list[tuple[MessageNumber, PartId | None]]:
    return [(one.message, one.part) for one in load_wanted(pair.work.database, NOW)]


def copy_of(pair: Pair) -> MessageNumber:
    [(number,)] = pair.home.rows("SELECT max(number) FROM message")
    return MessageNumber(int(str(number)))


def test_a_message_lies_in_the_other_account_at_once_and_goes_when_it_is_there(
    pair: Pair,
) -> None:
    number = letter(pair)
    pair.send(number)
    assert pair.shown() == ["work/INBOX: Letter 1"]
    assert pair.carry_on() == {"home"}
    assert pair.shown() == ["home/Archive: Letter 1"]
    copy = copy_of(pair)
    [row] = load_summaries(pair.home.database, [copy])
    assert row is not None
    assert (set(row.flags), row.waiting, row.size) == (
        {SEEN, "work"},
        True,
        len(OCTETS),
    )
    assert load_part(pair.home.database, copy, WHOLE) == OCTETS
    # Until home's server has it, work's is told nothing.
    pair.carry_on()
    assert due_operations(pair.work.database, NOW) == []
    [waiting] = load_pending(pair.home.database)
    assert waiting.what == "put 1 message from work into Archive"
    assert load_pending(pair.work.database) == []
    pair.server_takes()
    assert pair.carry_on() == {"work"}
    [deletion] = due_operations(pair.work.database, NOW)
    assert deletion.kind == "expunge"
    [waiting] = load_pending(pair.work.database)
    assert waiting.what == "take 1 message out of INBOX, now in home"
    pair.server_deletes()
    pair.carry_on()
    assert pair.shown() == ["home/Archive: Letter 1"]
    assert pair.work.rows("SELECT * FROM outgoing") == []
    assert pair.carry_on() == set()
    for place in (pair.work, pair.home):
        assert_counts(place)


def test_a_copy_stays_in_both(pair: Pair) -> None:
    pair.send(letter(pair), copying=True)
    pair.carry_on()
    pair.server_takes()
    pair.carry_on()
    assert pair.shown() == ["home/Archive: Letter 1", "work/INBOX: Letter 1"]
    assert due_operations(pair.work.database, NOW) == []
    assert pair.work.rows("SELECT * FROM outgoing") == []


def test_an_account_without_a_server_has_a_message_at_once(local: Pair) -> None:
    local.send(letter(local, OCTETS.replace(b"\r\n", b"\n")))
    assert "work" in local.carry_on()
    assert local.shown() == ["home/Archive: Letter 1"]
    assert load_pending(local.home.database) == []
    octets = load_part(local.home.database, copy_of(local), WHOLE)
    assert octets == OCTETS.replace(b"\r\n", b"\n"), "every octet is kept"
    [deletion] = due_operations(local.work.database, NOW)
    assert deletion.kind == "expunge"


def test_what_reads_mail_is_started_once_for_many_messages(
    local: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Renderer] = []

    class Counted(Renderer):
        def __init__(self) -> None:
            super().__init__()
            started.append(self)

    monkeypatch.setattr("tui_mail.mime.render.Renderer", Counted)
    numbers = local.work.fetch(mail(1), mail(2), mail(3))
    for number in numbers:
        whole(local.work, number)
    local.send(*numbers)
    local.carry_on()
    assert len(local.shown()) == 3
    rows = local.home.rows("SELECT number FROM message")
    texts = [
        load_text(local.home.database, MessageNumber(int(str(n)))) for (n,) in rows
    ]
    assert all(texts)
    assert len(started) == 1


def test_what_is_not_here_whole_is_asked_for_first(pair: Pair) -> None:
    [number] = pair.work.fetch(mail(1))
    pair.send(number)
    assert asked_for(pair) == [(number, WHOLE)]
    pair.carry_on()
    assert pair.shown() == ["work/INBOX: Letter 1"]
    assert [
        one.what for one in load_pending(pair.work.database) if one.kind == "move"
    ] == ["move 1 message to home/Archive"]
    [row] = load_summaries(pair.work.database, [number])
    assert row is not None
    assert row.waiting
    whole(pair.work, number)
    pair.carry_on()
    assert pair.shown() == ["home/Archive: Letter 1"]


def test_what_the_server_does_not_give_stays_and_says_why(pair: Pair) -> None:
    [number] = pair.work.fetch(mail(1))
    pair.send(number)
    with pair.work.database.transaction() as tx:
        refuse_wanted(tx, WantedPart(number, WHOLE), "the server does not give it")
    pair.carry_on()
    [waiting] = load_pending(pair.work.database)
    assert (waiting.state, waiting.error) == (
        OperationState.FAILED,
        "the server does not give it",
    )
    with pair.work.database.transaction() as tx:
        retry(tx, waiting.id)
    assert asked_for(pair) == [(number, WHOLE)]
    with pair.work.database.transaction() as tx:
        [one] = [one for one in load_pending(tx) if one.kind == "move"]
        cancel(tx, one.id)
    pair.carry_on()
    assert load_pending(pair.work.database) == []
    assert pair.shown() == ["work/INBOX: Letter 1"]


def test_what_the_other_server_refuses_is_shown_here_again(pair: Pair) -> None:
    number = letter(pair)
    pair.send(number)
    pair.carry_on()
    pair.server_refuses()
    assert pair.shown() == ["home/Archive: Letter 1"]
    pair.carry_on()
    assert pair.shown() == ["work/INBOX: Letter 1"]
    assert load_pending(pair.home.database) == []
    [waiting] = load_pending(pair.work.database)
    assert (waiting.kind, waiting.state, waiting.error) == (
        "move",
        OperationState.FAILED,
        "NO too large",
    )
    # Once more, and this time it is taken.
    with pair.work.database.transaction() as tx:
        retry(tx, waiting.id)
    pair.carry_on()
    assert pair.shown() == ["home/Archive: Letter 1"]
    pair.server_takes()
    pair.carry_on()
    pair.server_deletes()
    assert pair.shown() == ["home/Archive: Letter 1"]
    assert number not in [
        row[0] for row in pair.work.rows("SELECT number FROM message")
    ]


def test_a_mailbox_that_is_gone_or_an_account_is_said(pair: Pair) -> None:
    number = letter(pair)
    pair.send(number, name="Nowhere")
    pair.carry_on()
    [waiting] = load_pending(pair.work.database)
    assert waiting.error == 'home has no mailbox "Nowhere" any more'
    with pair.work.database.transaction() as tx:
        cancel(tx, waiting.id)
        wish = Transfer((number,), "elsewhere", b"INBOX", waiting.what)
        perform(tx, wish, said="moved", session="one")
    pair.carry_on()
    [waiting] = load_pending(pair.work.database)
    assert waiting.error == "there is no account elsewhere"
    assert where(pair.work, number) == "INBOX"


def test_cancelled_in_the_other_account_it_is_here_again(pair: Pair) -> None:
    pair.send(letter(pair))
    pair.carry_on()
    [waiting] = load_pending(pair.home.database)
    with pair.home.database.transaction() as tx:
        cancel(tx, waiting.id)
    assert pair.shown() == ["home/Archive: Letter 1"]
    pair.carry_on()
    assert pair.shown() == ["work/INBOX: Letter 1"]
    assert load_pending(pair.home.database) == load_pending(pair.work.database) == []


def test_deleted_in_the_other_account_before_its_server_has_it_it_is_here_again(
    pair: Pair,
) -> None:
    pair.send(letter(pair))
    pair.carry_on()
    with pair.home.database.transaction() as tx:
        perform(tx, Expunge((copy_of(pair),)), said="deleted", session="one")
    assert load_pending(pair.home.database) == []
    pair.carry_on()
    assert pair.shown() == ["work/INBOX: Letter 1"]


def test_moved_on_in_the_other_account_it_goes_there_at_once(pair: Pair) -> None:
    pair.send(letter(pair))
    pair.carry_on()
    with pair.home.database.transaction() as tx:
        wish = Move((copy_of(pair),), pair.home.box("Work"))
        perform(tx, wish, said="moved", session="one")
    [operation] = due_operations(pair.home.database, NOW)
    assert (operation.kind, operation.target) == ("append", pair.home.box("Work"))
    pair.server_takes()
    pair.carry_on()
    assert pair.shown() == ["home/Work: Letter 1"]
    assert [one.kind for one in due_operations(pair.work.database, NOW)] == ["expunge"]


def test_a_later_wish_holds_the_message_back(pair: Pair) -> None:
    [number] = pair.work.fetch(mail(1))
    pair.send(number)
    with pair.work.database.transaction() as tx:
        perform(tx, Move((number,), pair.work.box("Trash")), said="it", session="one")
    whole(pair.work, number)
    pair.carry_on()
    assert pair.shown() == ["work/Trash: Letter 1"]
    assert pair.work.rows("SELECT * FROM outgoing") == []


def test_what_is_deleted_after_it_was_copied_is_copied_first(pair: Pair) -> None:
    [number] = pair.work.fetch(mail(1))
    pair.send(number, copying=True)
    with pair.work.database.transaction() as tx:
        perform(tx, Expunge((number,)), said="it", session="one")
    assert pair.shown() == []
    assert due_operations(pair.work.database, NOW) == []
    whole(pair.work, number)
    pair.carry_on()
    assert pair.shown() == ["home/Archive: Letter 1"]
    pair.server_takes()
    pair.carry_on()
    assert [one.kind for one in due_operations(pair.work.database, NOW)] == ["expunge"]


@pytest.mark.parametrize("steps", range(6))
def test_undo_brings_it_back_however_far_it_was_and_redo_sends_it_again(
    pair: Pair, steps: int
) -> None:
    pair.send(letter(pair))
    progress: list[Callable[[], object]] = [
        pair.carry_on,
        pair.server_takes,
        pair.carry_on,
        pair.server_deletes,
        pair.carry_on,
    ]
    for step in progress[:steps]:
        step()
    undo_last(pair.work)
    _settle(pair)
    assert pair.shown() == ["work/INBOX: Letter 1"]
    [row] = [
        row
        for (number,) in pair.work.rows("SELECT number FROM message WHERE mailbox > 0")
        for row in load_summaries(pair.work.database, [int(str(number))])
    ]
    assert row is not None
    assert row.flags == {SEEN, "work"}
    redo_last(pair.work)
    _settle(pair)
    assert pair.shown() == ["home/Archive: Letter 1"]
    undo_last(pair.work)
    _settle(pair)
    assert pair.shown() == ["work/INBOX: Letter 1"]
    for place in (pair.work, pair.home):
        assert_counts(place)


def _settle(pair: Pair) -> None:
    """Let both servers do all that waits."""
    for _ in range(8):
        pair.carry_on()
        for place in (pair.work, pair.home):
            _serve(place)


def _serve(place: Place) -> None:
    for one in due_operations(place.database, NOW):
        if not one.ready:
            continue
        due = next_append(place.database, one.id)
        with place.database.transaction() as tx:
            if one.kind == "append":
                assert due is not None
                [(uid,)] = place.rows("SELECT max(uid) + 60 FROM message")
                settle_append(
                    tx, one.id, due, validity=VALIDITY, uid=Uid(int(str(uid)))
                )
            else:
                assert one.kind == "expunge"
                mark_operation_sent(tx, one.id, uid_next_before=None)
                settle_operation(tx, one.id, validity=None, uids={})


def test_undo_before_the_other_server_heard_of_it_tells_it_nothing(pair: Pair) -> None:
    pair.send(letter(pair))
    pair.carry_on()
    undo_last(pair.work)
    assert pair.shown() == ["home/Archive: Letter 1", "work/INBOX: Letter 1"]
    pair.carry_on()
    assert pair.shown() == ["work/INBOX: Letter 1"]
    assert due_operations(pair.home.database, NOW) == []
    assert due_operations(pair.work.database, NOW) == []


def test_undo_of_a_copy_removes_it_there(pair: Pair) -> None:
    pair.send(letter(pair), copying=True)
    _settle(pair)
    undo_last(pair.work)
    _settle(pair)
    assert pair.shown() == ["work/INBOX: Letter 1"]
    redo_last(pair.work)
    _settle(pair)
    assert pair.shown() == ["home/Archive: Letter 1", "work/INBOX: Letter 1"]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    kills=st.lists(st.integers(0, 6), max_size=6),
    kind=st.sampled_from(["imap", "local"]),
)
def test_killed_between_any_two_steps_one_or_two_copies_are_seen_and_one_at_the_end(
    tmp_path: Path, kills: list[int], kind: str
) -> None:
    folder = tmp_path / os.urandom(8).hex()
    octets = b"Subject: Letter 1\r\n\r\n" + b"x" * 150_000
    with a_pair(folder, kind) as pair:
        pair.send(letter(pair, octets))
        for kill in kills:
            with _killing(pair, after=kill):
                pair.carry_on()
            assert 1 <= len(pair.shown()) <= 2
            for place in (pair.work, pair.home):
                _serve(place)
                assert 1 <= len(pair.shown()) <= 2
        _settle(pair)
        assert pair.shown() == ["home/Archive: Letter 1"]
        assert load_part(pair.home.database, copy_of(pair), WHOLE) == octets
        assert pair.work.rows("SELECT * FROM outgoing") == []
        assert (
            load_pending(pair.work.database) == load_pending(pair.home.database) == []
        )


@contextmanager
def _killing(pair: Pair, *, after: int) -> Iterator[None]:
    """Let the process end after so many commits."""
    left = [after]

    def count(database: Database) -> None:
        own = database.transaction

        @contextmanager
        def counted() -> Iterator[Transaction]:
            if not left[0]:
                raise Killed
            left[0] -= 1
            with own() as tx:
                yield tx

        database.transaction = counted  # type: ignore[method-assign]

    for place in (pair.work, pair.home):
        count(place.database)
    try:
        yield
    except Killed:
        pass
    finally:
        for place in (pair.work, pair.home):
            del place.database.transaction


def test_the_octets_of_a_large_message_are_copied_from_where_they_were_left(
    pair: Pair,
) -> None:
    octets = b"Subject: x\n\n" + b"line\n" * 200_000
    pair.send(letter(pair, octets))
    with _killing(pair, after=4):
        pair.carry_on()
    [(before,)] = pair.home.rows("SELECT count(*) FROM chunk")
    assert before == 3
    assert pair.shown() == ["work/INBOX: Letter 1"]
    pair.carry_on()
    copied = load_part(pair.home.database, copy_of(pair), WHOLE)
    assert copied == octets.replace(b"\n", b"\r\n")
    [row] = load_summaries(pair.home.database, [copy_of(pair)])
    assert row is not None
    assert row.size == len(copied)


def test_damaged_octets_are_fetched_again_and_never_handed_over(pair: Pair) -> None:
    number = letter(pair)
    with pair.work.database.transaction() as tx:
        tx.connection.execute("UPDATE chunk SET octets = x'00'")
    pair.send(number)
    pair.carry_on()
    assert pair.shown() == ["work/INBOX: Letter 1"]
    assert asked_for(pair) == [(number, WHOLE)]
    assert pair.home.rows("SELECT * FROM message") == []


def test_the_other_account_hears_of_what_came(pair: Pair) -> None:
    pair.send(letter(pair))
    pair.home.events.clear()
    pair.carry_on()
    assert MailboxChanged(pair.home.box("Archive")) in pair.home.events
    assert load_mailbox(pair.home.database, pair.home.box("Archive")).total == 1


@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"\n\n"]), max_size=12))
def test_lines_end_as_on_the_network_however_they_are_cut(pieces: list[bytes]) -> None:
    octets = b"".join(pieces)
    wanted = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert b"".join(network_lines(pieces)) == wanted


def test_flags_that_no_server_takes_stay_behind(pair: Pair) -> None:
    [number] = pair.work.fetch(mail(1, flags=[FLAGGED, "\\Deleted", "\\Odd", "ok"]))
    whole(pair.work, number)
    pair.send(number)
    pair.carry_on()
    [row] = load_summaries(pair.home.database, [copy_of(pair)])
    assert row is not None
    assert row.flags == {FLAGGED, "ok"}


@pytest.mark.parametrize("validity", [99, 50])
def test_a_uid_under_another_uidvalidity_is_not_believed(
    pair: Pair, validity: int
) -> None:
    """As of a server that exchanges the two numbers of APPENDUID."""
    pair.send(letter(pair))
    pair.carry_on()
    pair.home.state("Archive", uid_validity=VALIDITY, uid_next=Uid(50), low_uid=Uid(1))
    [operation] = due_operations(pair.home.database, NOW)
    due = next_append(pair.home.database, operation.id)
    assert due is not None
    with pair.home.database.transaction() as tx:
        wrong = UidValidity(validity)
        settle_append(tx, operation.id, due, validity=wrong, uid=Uid(7))
    assert pair.home.rows("SELECT server_mailbox, uid FROM message") == [
        (pair.home.box("Archive"), 0)
    ]


def test_what_lies_only_here_keeps_its_mailbox_whatever_the_server_lists(
    pair: Pair,
) -> None:
    place = pair.home
    with place.database.transaction() as tx:
        number = append_message(tx, place.box("Work"), OCTETS, arrived=START)
        [waiting] = load_pending(tx)
        cancel(tx, waiting.id)
        names = {name: use for name, use in NAMES.items() if name != "Work"}
        apply_listing(tx, [listed(name, use) for name, use in names.items()], {})
    assert where(place, number) == "Work"


def test_a_message_that_lies_only_here_is_appended_where_it_is_moved_to(
    pair: Pair,
) -> None:
    place = pair.home
    with place.database.transaction() as tx:
        number = append_message(tx, place.box("Work"), OCTETS, arrived=START)
        [waiting] = load_pending(tx)
        cancel(tx, waiting.id)
    assert due_operations(place.database, NOW) == []
    with place.database.transaction() as tx:
        perform(tx, Move((number,), place.box("Trash")), said="it", session="one")
    [operation] = due_operations(place.database, NOW)
    assert (operation.kind, operation.target) == ("append", place.box("Trash"))
    pair.server_takes()
    assert where(place, number) == "Trash"


STEPS = (
    *("carry", "home", "work", "undo", "redo", "cancel", "refuse", "retry", "kill"),
    "back",
)


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(st.sampled_from(STEPS), max_size=14),
    kind=st.sampled_from(["imap", "local"]),
    here=st.booleans(),
)
def test_whatever_is_done_in_between_one_is_seen_at_least_and_exactly_one_at_the_end(
    tmp_path: Path, steps: list[str], kind: str, here: bool
) -> None:
    with a_pair(tmp_path / os.urandom(8).hex(), kind) as pair:
        [number] = pair.work.fetch(mail(1, flags=[SEEN, "work"]))
        if here:
            whole(pair.work, number)
        pair.send(number)
        for step in steps:
            with suppress(MailError):
                take(pair, step)
            assert pair.shown(), step
        whole(pair.work, number) if is_there(pair.work, number) else None
        _settle(pair)
        assert len(pair.shown()) == 1, pair.shown()
        waiting = [*load_pending(pair.work.database), *load_pending(pair.home.database)]
        assert {one.state for one in waiting} <= {OperationState.FAILED}
        for place in (pair.work, pair.home):
            assert_counts(place)


def send_back(pair: Pair) -> None:
    """Move what is seen in home to work's archive."""
    box = pair.work.box("Archive")
    [(name, wire)] = pair.work.rows(
        "SELECT name, wire_name FROM mailbox WHERE id = ?", box
    )
    for (number,) in pair.home.rows("SELECT number FROM message WHERE mailbox > 0"):
        wish = Transfer((number,), "work", wire, name)  # type: ignore[arg-type]
        with pair.home.database.transaction() as tx:
            perform(tx, wish, said="moved it on", session="one")


@pytest.mark.parametrize("steps", range(5))
def test_what_is_moved_on_from_there_is_only_where_it_was_moved_last(
    pair: Pair, steps: int
) -> None:
    pair.send(letter(pair))
    pair.carry_on()
    progress: list[Callable[[], object]] = [
        pair.server_takes,
        pair.carry_on,
        pair.server_deletes,
        pair.carry_on,
    ]
    for step in progress[:steps]:
        step()
    send_back(pair)
    for _ in range(3):
        pair.carry_on()
        assert pair.shown() == ["work/Archive: Letter 1"]
    _settle(pair)
    assert pair.shown() == ["work/Archive: Letter 1"]
    for place in (pair.work, pair.home):
        assert place.rows("SELECT * FROM operation") == []
        assert_counts(place)


def test_undone_and_moved_on_at_once_it_is_only_where_it_was(pair: Pair) -> None:
    pair.send(letter(pair))
    pair.carry_on()
    pair.server_takes()
    undo_last(pair.work)
    send_back(pair)
    _settle(pair)
    assert pair.shown() == ["work/INBOX: Letter 1"]


@pytest.mark.parametrize("order", [("back", "undo"), ("undo", "back")])
@pytest.mark.parametrize("kind", ["imap", "local"])
def test_moved_on_to_its_own_account_and_undone_at_once_it_is_there_once(
    tmp_path: Path, kind: str, order: tuple[str, str]
) -> None:
    with a_pair(tmp_path / "of", kind) as pair:
        pair.send(letter(pair))
        _settle(pair)
        for step in order:
            take(pair, step)
        _settle(pair)
        assert pair.shown() == ["work/INBOX: Letter 1"]


def test_undone_after_it_came_back_another_way_it_is_there_once(pair: Pair) -> None:
    pair.send(letter(pair))
    pair.carry_on()
    send_back(pair)
    pair.carry_on()
    _serve(pair.work)
    undo_last(pair.work)
    _settle(pair)
    assert pair.shown() == ["work/INBOX: Letter 1"]


@pytest.mark.parametrize("kill", range(8))
@pytest.mark.parametrize("kind", ["imap", "local"])
def test_done_again_while_it_is_on_its_way_back_it_goes_there_again(
    tmp_path: Path, kind: str, kill: int
) -> None:
    with a_pair(tmp_path / "of", kind) as pair:
        pair.send(letter(pair))
        _settle(pair)
        undo_last(pair.work)
        with _killing(pair, after=kill):
            pair.carry_on()
        redo_last(pair.work)
        _settle(pair)
        assert pair.shown() == ["home/Archive: Letter 1"]
        undo_last(pair.work)
        _settle(pair)
        assert pair.shown() == ["work/INBOX: Letter 1"]
        for place in (pair.work, pair.home):
            assert place.rows("SELECT * FROM outgoing") == []
            assert_counts(place)


def test_what_was_taken_back_at_one_end_is_not_seen_again_by_an_undo_at_the_other(
    pair: Pair,
) -> None:
    pair.send(letter(pair))
    pair.carry_on()
    undo_last(pair.work)
    send_back(pair)
    with _killing(pair, after=5):
        pair.carry_on()
    before = pair.shown()
    undo_last(pair.home)
    assert pair.shown() == before
    redo_last(pair.home)
    _settle(pair)
    assert pair.shown() == ["work/INBOX: Letter 1"]


def test_a_deletion_of_what_went_elsewhere_can_be_cancelled_and_takes_it_back(
    pair: Pair,
) -> None:
    pair.send(letter(pair))
    pair.carry_on()
    pair.server_takes()
    pair.carry_on()
    [waiting] = load_pending(pair.work.database)
    with pair.work.database.transaction() as tx:
        cancel(tx, waiting.id)
    _settle(pair)
    assert pair.shown() == ["work/INBOX: Letter 1"]


def is_there(place: Place, number: MessageNumber) -> bool:
    return bool(place.rows("SELECT 1 FROM message WHERE number = ?", number))


def take(pair: Pair, step: str) -> None:
    simple: dict[str, Callable[[], object]] = {
        "carry": pair.carry_on,
        "back": lambda: send_back(pair),
        "home": lambda: _serve(pair.home),
        "work": lambda: _serve(pair.work),
    }
    if step in simple:
        simple[step]()
    elif step == "kill":
        with _killing(pair, after=2):
            pair.carry_on()
    elif step == "refuse":
        for one in due_operations(pair.home.database, NOW):
            if one.kind == "append":
                with pair.home.database.transaction() as tx:
                    revert_operation(tx, one.id, "NO too large")
    elif step in ("undo", "redo"):
        entry = (last_undoable if step == "undo" else last_undone)(pair.work.database)
        if entry is not None:
            with pair.work.database.transaction() as tx:
                (undo if step == "undo" else redo)(tx, entry.id, session="two")
    else:
        for place in (pair.work, pair.home):
            for waiting in load_pending(place.database):
                with place.database.transaction() as tx:
                    (retry if step == "retry" else cancel)(tx, waiting.id)
