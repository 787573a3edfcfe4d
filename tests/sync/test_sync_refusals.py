"""What a server would not do now: it waits, is said, and can be taken back."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.servers.dovecot import Dovecot, Options, without
from tests.servers.interposed import Answer, interposed
from tests.sync.mailing import Desk, letter, letters
from tui_mail.model.error import MailError
from tui_mail.model.flags import FLAGGED
from tui_mail.model.ids import Uid
from tui_mail.model.operation import Copy, Expunge, Move, SetFlags, Wish
from tui_mail.store.operations import cancel, load_pending
from tui_mail.store.replaying import due_operations, mark_operation_sent

pytestmark = pytest.mark.dovecot

NO_MOVE = Options(capabilities=without("MOVE"))


class Moody:
    """Refuses some commands as long as it is in a mood."""

    def __init__(self, command: bytes, answer: bytes) -> None:
        self.command, self.answer = command, answer

    def __call__(self, command: bytes) -> Answer:
        if self.answer and command.startswith(self.command):
            return [self.answer]
        return None


def move(desk: Desk) -> Wish:
    return Move((desk.number("letter 1"),), desk.box("Archive").id)


def copy(desk: Desk) -> Wish:
    return Copy((desk.number("letter 1"),), desk.box("Archive").id)


def expunge(desk: Desk) -> Wish:
    return Expunge((desk.number("letter 1"),))


def flag(desk: Desk) -> Wish:
    return SetFlags((desk.number("letter 1"),), add=frozenset({FLAGGED}))


@pytest.mark.parametrize(
    ("wish", "command"),
    [
        (move, b"UID MOVE"),
        (copy, b"UID COPY"),
        (expunge, b"UID STORE"),
        (flag, b"UID STORE"),
    ],
)
def test_what_has_to_wait_says_so_and_can_be_cancelled(
    desk: Desk, dovecot: Dovecot, wish: Callable[[Desk], Wish], command: bytes
) -> None:
    desk.fill(letters(1, 3))
    desk.sync()
    before = desk.all_there()
    mood = Moody(command, b"NO [OVERQUOTA] Quota exceeded")
    with interposed(dovecot.port, mood) as between:
        desk.through(between.port)
        desk.perform(wish(desk))
        receipt = desk.sync()
        assert "waits: there is no room left" in str(receipt)
        assert not receipt.whole
        [waiting] = load_pending(desk.database)
        assert waiting.state == "queued"
        assert waiting.not_before is not None
        with desk.database.transaction() as tx:
            cancel(tx, waiting.id)
        mood.answer = b""
        desk.sync()
    assert desk.all_here() == desk.all_there() == before


def test_what_may_be_half_done_is_not_cancelled_but_looked_for(
    dovecots: Callable[[Options], Dovecot], desk_of: Callable[[Dovecot], Desk]
) -> None:
    desk = desk_of(server := dovecots(NO_MOVE))
    desk.fill(letters(1, 3))
    desk.sync()
    mood = Moody(b"UID STORE", b"NO [INUSE] somebody else writes")
    with interposed(server.port, mood) as between:
        desk.through(between.port)
        desk.perform(move(desk))
        desk.sync()
        assert len(desk.there("Archive")) == 1
        [waiting] = load_pending(desk.database)
        with (
            pytest.raises(MailError, match="on its way"),
            desk.database.transaction() as tx,
        ):
            cancel(tx, waiting.id)
        mood.answer = b""
        with desk.database.transaction() as tx:
            tx.connection.execute("UPDATE operation SET not_before = 0")
        desk.sync()
    assert desk.all_here() == desk.all_there()
    assert len(desk.there("Archive")) == 1
    assert len(desk.there()) == 2


@pytest.mark.parametrize("wish", [move, copy])
def test_after_a_lost_answer_it_is_found_though_all_uids_count_anew(
    dovecots: Callable[[Options], Dovecot],
    desk_of: Callable[[Dovecot], Desk],
    wish: Callable[[Desk], Wish],
) -> None:
    desk = desk_of(dovecots(NO_MOVE))
    desk.fill(letters(1, 3))
    desk.fill(letters(4, 9), "Archive")
    desk.sync()
    number = desk.number("letter 1")
    desk.perform(wish(desk))
    # It was copied, the answer was lost, and then the target was made anew.
    [operation] = due_operations(desk.database, datetime.now(UTC))
    with desk.database.transaction() as tx:
        mark_operation_sent(tx, operation.id, uid_next_before=Uid(7))
    with desk.oracle() as client:
        client.delete_folder("Archive")
    desk.fill([letter(9), letter(1)], "Archive")
    desk.sync()
    desk.sync()
    assert desk.there("Archive").keys() == {"letter 9", "letter 1"}
    assert ("letter 1" in desk.there()) == (wish is copy)
    assert desk.all_here() == desk.all_there()
    assert (desk.number("letter 1", "Archive") == number) == (wish is move)


def test_a_flag_goes_to_those_that_are_there_where_others_are_gone(
    desk: Desk, dovecot: Dovecot
) -> None:
    desk.fill(letters(1, 3))
    desk.sync()
    numbers = tuple(desk.numbers())
    refused: list[bytes] = []

    def once(command: bytes) -> Answer:
        if command.startswith(b"UID STORE") and not refused:
            refused.append(command)
            return [b"NO [EXPUNGEISSUED] Some messages are gone"]
        return None

    with interposed(dovecot.port, once) as between:
        desk.through(between.port)
        desk.perform(SetFlags(numbers, add=frozenset({FLAGGED})))
        with desk.oracle() as client:
            client.select_folder("INBOX")
            client.delete_messages([2])
            client.expunge([2])
        desk.sync()
    assert refused
    flagged = frozenset({FLAGGED})
    assert desk.here() == desk.there() == {"letter 1": flagged, "letter 3": flagged}
