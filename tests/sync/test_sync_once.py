"""A synchronization without a screen, against real servers."""

from collections.abc import Callable

import pytest

from tests.servers.dovecot import Dovecot, Options, without
from tests.sync.mailing import Desk, letter, letters
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.operation import Copy, Expunge, Move, SetFlags

pytestmark = pytest.mark.dovecot

VARIANTS = {
    "qresync": Options(),
    "condstore": Options(capabilities=without("QRESYNC")),
    "plain": Options(capabilities=without("QRESYNC", "CONDSTORE", "ESEARCH")),
    "bare": Options(
        capabilities="IMAP4rev1 SASL-IR LITERAL+ ID IDLE NAMESPACE CHILDREN UIDPLUS"
    ),
}


@pytest.fixture(params=VARIANTS)
def desk(
    request: pytest.FixtureRequest,
    dovecots: Callable[[Options], Dovecot],
    desk_of: Callable[[Dovecot], Desk],
) -> Desk:
    return desk_of(dovecots(VARIANTS[request.param]))


def assert_in_step(desk: Desk) -> None:
    assert desk.all_here() == desk.all_there()


def test_everything_comes(desk: Desk) -> None:
    desk.fill(letters(1, 30))
    desk.fill([letter(31, flags="\\Seen"), letter(32, flags="\\Flagged x")], "Work/Old")
    assert str(desk.sync()) == "32 new"
    assert_in_step(desk)
    assert str(desk.sync()) == "in step"
    assert desk.box().state.low_uid == 1


def test_a_mailbox_without_news_is_of_now_too(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    desk.fill([letter(4)], "Work")
    desk.sync()
    with desk.database.transaction() as tx:
        tx.connection.execute("UPDATE mailbox SET synced_at = 1000")
    assert str(desk.sync()) == "in step"
    for name in ("INBOX", "Work"):
        synced = desk.box(name).synced_at
        assert synced is not None
        assert synced.year > 2000


def test_what_others_do_comes(desk: Desk) -> None:
    desk.fill(letters(1, 20))
    desk.sync()
    with desk.oracle() as client:
        client.select_folder("INBOX")
        uids = client.search("ALL")
        client.add_flags(uids[:3], [b"\\Seen", b"$Forwarded"])
        client.delete_messages(uids[5:8])
        client.uid_expunge(uids[5:8])
        client.copy(uids[9:11], "Archive")
    desk.fill(letters(21, 25))
    receipt = desk.sync()
    assert receipt.new == 7
    assert receipt.gone == 3
    assert_in_step(desk)


def test_what_is_done_here_goes(desk: Desk) -> None:
    desk.fill(letters(1, 10))
    desk.sync()
    archive, trash = desk.box("Archive").id, desk.box("Trash").id
    numbers = desk.numbers()
    desk.perform(SetFlags(tuple(numbers[:3]), add=frozenset({SEEN, "todo"})))
    desk.perform(SetFlags((numbers[0],), add=frozenset({FLAGGED})))
    desk.perform(Move(tuple(numbers[2:5]), archive))
    desk.perform(Copy((numbers[0], numbers[6]), trash))
    desk.perform(Expunge((numbers[7],)))
    before = desk.all_here()
    receipt = desk.sync()
    assert (receipt.moved, receipt.copied, receipt.deleted) == (3, 2, 1)
    assert desk.all_here() == before
    assert_in_step(desk)
    assert desk.numbers("Archive") == numbers[2:5], "moved messages keep their numbers"
    assert str(desk.sync()) == "in step"


def test_edits_of_two_people_both_survive(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    desk.sync()
    number = desk.number("letter 2")
    desk.perform(SetFlags((number,), add=frozenset({FLAGGED})))
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.add_flags(client.search("ALL"), [b"\\Seen"])
    desk.sync()
    assert desk.here()["letter 2"] == {SEEN, FLAGGED}
    assert_in_step(desk)


def test_what_we_moved_ourselves_is_not_new(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    desk.sync()
    desk.perform(Move((desk.number("letter 2"),), desk.box("Archive").id))
    assert str(desk.sync()) == "1 moved"
