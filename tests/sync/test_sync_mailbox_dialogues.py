"""What servers answer to wishes about mailboxes, and what is made of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.ports import HOST
from tests.servers.scripted import Peer, Play, scripted
from tests.store.filling import NAMES, Place, listed
from tui_mail.config.secret import Secret
from tui_mail.config.settings import Security, Server
from tui_mail.model.ids import UidValidity
from tui_mail.model.mailbox import ListedMailbox
from tui_mail.model.operation import (
    CreateMailbox,
    DeleteMailbox,
    RenameMailbox,
    SubscribeMailbox,
    Wish,
)
from tui_mail.store.mailboxes import apply_listing, load_mailboxes
from tui_mail.store.operations import load_pending
from tui_mail.store.performing import perform
from tui_mail.sync.replay import replay
from tui_mail.sync.session import Session
from tui_mail.transports.imap import ImapConnection


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "work.db")
    yield place
    place.database.close()


def _do(place: Place, *wishes: Wish) -> None:
    for wish in wishes:
        with place.database.transaction() as tx:
            perform(tx, wish, said="did it", session="s")


def _replay(place: Place, play: Play) -> Session:
    """Replay what waits on a server that plays this after the login."""

    def whole(peer: Peer) -> None:
        peer.greet()
        play(peer)
        peer.serve()

    with scripted(whole) as server:
        connection = ImapConnection.connect(
            Server(host=HOST, port=server.port, security=Security.NONE, username="ann"),
            Secret("x"),
            deadline=10,
        )
        session = Session(
            connection,
            place.database,
            lambda: connection,
            tell=lambda *_: None,
        )
        replay(session)
        connection.logout()
        connection.close()
    return session


def _names(place: Place) -> set[str]:
    return {str(box.name) for box in load_mailboxes(place.database)}


def _waiting(place: Place) -> list[tuple[str, str, str]]:
    pending = load_pending(place.database)
    return [(one.kind, one.state.value, str(one.error)) for one in pending]


def test_a_creation_that_is_forbidden_is_taken_back_and_told(place: Place) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b'CREATE "New"')
        peer.done(b"NO [NOPERM] not for you")
        peer.answer(b'LIST "" "New"')

    _do(place, CreateMailbox("New"))
    session = _replay(place, play)
    assert "New" not in _names(place)
    assert session.receipt.refused == 1
    [(kind, state, error)] = _waiting(place)
    assert (kind, state) == ("create", "failed")
    assert "not for you" in error


def test_a_creation_that_may_pass_later_waits(place: Place) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b'CREATE "New"')
        peer.done(b"NO [LIMIT] too many at once")
        peer.answer(b'LIST "" "New"')

    _do(place, CreateMailbox("New"))
    assert _replay(place, play).receipt.refused == 0
    assert "New" in _names(place)
    [(_, state, error)] = _waiting(place)
    assert state == "queued"
    assert "too many" in error


def test_a_server_that_keeps_no_subscriptions_has_the_mailbox_all_the_same(
    place: Place,
) -> None:
    def play(peer: Peer) -> None:
        peer.answer(b'CREATE "New"')
        peer.expect(b"SUBSCRIBE")
        peer.done(b"BAD what is that")

    _do(place, CreateMailbox("New"))
    session = _replay(place, play)
    assert session.receipt.whole
    assert _waiting(place) == []


def test_a_rename_to_a_name_that_is_taken_by_now_is_taken_back(place: Place) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b'RENAME "Work" "Play"')
        peer.done(b"NO [ALREADYEXISTS] there is one")
        peer.answer(b'LIST "" "Work"', b'LIST () "/" Work')

    _do(place, RenameMailbox(place.box("Work"), "Play"))
    _replay(place, play)
    assert "Work" in _names(place)
    [(_, state, error)] = _waiting(place)
    assert state == "failed"
    assert "there is one" in error


def test_a_refused_rename_that_has_happened_all_the_same_is_settled(
    place: Place,
) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b'RENAME "Work" "Play"')
        peer.done(b"NO it is not there")
        peer.answer(b'LIST "" "Work"')
        peer.answer(b'LIST "" "Play"', b'LIST () "/" Play')
        peer.answer(b'SUBSCRIBE "Play"')
        peer.answer(b'UNSUBSCRIBE "Work"')

    _do(place, RenameMailbox(place.box("Work"), "Play"))
    assert _replay(place, play).receipt.whole
    assert _waiting(place) == []


def test_deletions_go_last_and_children_first(place: Place) -> None:
    def play(peer: Peer) -> None:
        peer.answer(b'CREATE "New"')
        peer.answer(b'SUBSCRIBE "New"')
        peer.answer(b'UNSUBSCRIBE "Archive"')
        for name in (b"Work/Old", b"Work"):
            counts = b" (MESSAGES 0 UNSEEN 0 UIDNEXT 1 UIDVALIDITY 7)"
            peer.answer(b'STATUS "%b"' % name, b"STATUS " + name + counts)
            peer.answer(b'DELETE "%b"' % name)
            peer.answer(b'UNSUBSCRIBE "%b"' % name)

    with place.database.transaction() as tx:
        boxes = [listed(name, use) for name, use in NAMES.items()]
        apply_listing(tx, [*boxes, listed("Work/Old")], {})
    _do(
        place,
        DeleteMailbox(place.box("Work")),
        SubscribeMailbox(place.box("Archive"), subscribed=False),
        CreateMailbox("New"),
    )
    session = _replay(place, play)
    assert session.receipt.whole
    assert session.receipt.mailboxes == 4
    assert session.outdated
    assert _waiting(place) == []
    assert not {"Work", "Work/Old"} & _names(place)


def test_what_holds_no_mail_is_deleted_where_it_cannot_be_counted(
    place: Place,
) -> None:
    def play(peer: Peer) -> None:
        peer.expect(b'STATUS "Held"')
        peer.done(b"NO it holds none")
        peer.answer(b'DELETE "Held"')

    held = ListedMailbox(
        b"Held", "Held", "/", frozenset({"\\noselect"}), None, subscribed=False
    )
    with place.database.transaction() as tx:
        boxes = [listed(name, use) for name, use in NAMES.items()]
        apply_listing(tx, [*boxes, held], {})
    _do(place, DeleteMailbox(place.box("Held")))
    assert _replay(place, play).receipt.whole
    assert _waiting(place) == []


def test_a_mailbox_that_the_server_will_not_delete_comes_back_with_its_mail(
    place: Place,
) -> None:
    def play(peer: Peer) -> None:
        peer.answer(
            b'STATUS "Work"',
            b"STATUS Work (MESSAGES 2 UNSEEN 0 UIDNEXT 3 UIDVALIDITY 7)",
        )
        peer.expect(b'DELETE "Work"')
        peer.done(b"NO [CANNOT] it is needed here")
        peer.answer(b'LIST "" "Work"', b'LIST () "/" Work')

    place.fill(2, "Work")
    place.state("Work", uid_validity=UidValidity(7))
    _do(place, DeleteMailbox(place.box("Work")))
    session = _replay(place, play)
    assert session.receipt.refused == 1
    assert "Work" in _names(place)
    assert len(place.rows("SELECT 1 FROM message WHERE mailbox = ?", place.box("Work")))
    [(kind, state, error)] = _waiting(place)
    assert (kind, state) == ("delete", "failed")
    assert "needed here" in error


def test_a_name_that_cannot_be_told_is_refused_and_nothing_else(place: Place) -> None:
    def play(peer: Peer) -> None:
        peer.answer(b'UNSUBSCRIBE "Archive"')

    _do(place, CreateMailbox("New"))
    with place.database.transaction() as tx:
        tx.connection.execute("UPDATE mailbox SET name = 'a//b' WHERE name = 'New'")
    _do(place, SubscribeMailbox(place.box("Archive"), subscribed=False))
    session = _replay(place, play)
    assert (session.receipt.refused, session.receipt.mailboxes) == (1, 1)
    assert [state for _, state, _ in _waiting(place)] == ["failed"]
