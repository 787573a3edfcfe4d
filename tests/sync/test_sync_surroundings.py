"""Others' mailboxes, rights and room: asked for seldom, kept, and heeded."""

from collections.abc import Callable

import pytest

from tests.servers.dovecot import NEIGHBOURS, Dovecot, Options
from tests.servers.proxy import proxied
from tests.servers.pymap import Pymap
from tests.sync.mailing import Desk, letter, letters
from tui_mail.config.places import Places
from tui_mail.model.error import MailError
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.namespace import NamespaceKind
from tui_mail.model.operation import Copy, Expunge, Move, SetFlags
from tui_mail.store.operations import load_pending
from tui_mail.store.surroundings import (
    forget_asked,
    load_namespaces,
    load_quotas,
)
from tui_mail.transports.imap import ImapConnection

pytestmark = pytest.mark.dovecot


@pytest.fixture
def desk(
    dovecots: Callable[[Options], Dovecot], desk_of: Callable[[Dovecot], Desk]
) -> Desk:
    return desk_of(dovecots(NEIGHBOURS))


def _shared_by(desk: Desk, name: str, rights: str) -> str:
    """Have another user let the desk's into a mailbox; what it is called there."""
    server = desk.server
    assert isinstance(server, Dovecot)
    owner = server.fresh_user()
    server.raw(owner, f"CREATE {name}", f"SETACL {name} {desk.user} {rights}")
    server.fill(owner, letters(1, 3), name)
    return f"shared/{owner}/{name}"


def _public(desk: Desk, rights: str) -> str:
    server = desk.server
    assert isinstance(server, Dovecot)
    server.make_public(f"For{desk.user}", rights, [letter(9).octets])
    return f"public/For{desk.user}"


def test_others_mailboxes_are_synchronized_with_whose_they_are_and_what_is_allowed(
    desk: Desk,
) -> None:
    readable = _shared_by(desk, "Trash2", "lr")
    writable = _shared_by(desk, "Team", "lrswite")
    public = _public(desk, "lrs")
    desk.fill(letters(11, 12))
    desk.sync()
    boxes = {name: desk.box(name) for name in ("INBOX", readable, writable, public)}
    kinds = [box.namespace.value for box in boxes.values()]
    assert kinds == ["personal", "others", "others", "shared"]
    limits = [box.limits for box in boxes.values()]
    assert limits == [
        *("", "read only", "", "read only"),
    ]
    assert set(desk.here(readable)) == {"letter 1", "letter 2", "letter 3"}
    [kept] = desk.numbers(public)
    with pytest.raises(MailError, match="take mail out of"):
        desk.perform(Move((kept,), boxes["INBOX"].id))
    desk.perform(SetFlags((kept,), frozenset({SEEN})))
    desk.perform(Copy((kept,), boxes[writable].id))
    first = desk.number("letter 1", writable)
    desk.perform(SetFlags((first,), frozenset({FLAGGED})))
    desk.perform(Move((desk.number("letter 2", writable),), boxes["INBOX"].id))
    receipt = desk.sync()
    assert receipt.refused == 0
    assert desk.there(public) == {"letter 9": frozenset({SEEN})}
    assert desk.there(writable) == {
        "letter 1": frozenset({FLAGGED}),
        "letter 3": frozenset(),
        "letter 9": frozenset({SEEN}),
    }
    assert desk.all_here() == desk.all_there()


def test_a_usual_name_among_others_mailboxes_gets_no_role(desk: Desk) -> None:
    for name in ("Spam", "Papierkorb", "Archives"):
        _shared_by(desk, name, "lrswite")
    desk.sync()
    with desk.oracle() as client:
        client.delete_folder("Trash")
    desk.sync()
    for use in (SpecialUse.TRASH, SpecialUse.JUNK, SpecialUse.ARCHIVE):
        found = [box for box in (desk.box(use.value),) if box.special_use is use]
        assert all(box.namespace is NamespaceKind.PERSONAL for box in found)


def test_what_changes_seldom_is_asked_for_seldom(desk: Desk) -> None:
    _shared_by(desk, "Team", "lr")
    with proxied(desk.server.port) as proxy:
        desk.through(proxy.port)
        desk.sync()
        first = b"".join(proxy.sent_up)
        proxy.sent_up.clear()
        desk.sync()
        second = b"".join(proxy.sent_up)
    for command in (b" NAMESPACE\r\n", b" MYRIGHTS ", b" GETQUOTAROOT "):
        assert command in first
        assert command not in second
    assert len(load_namespaces(desk.database)) == 3


def test_namespaces_that_are_not_told_once_more_stay_as_they_were(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = _shared_by(desk, "Team", "lr")
    desk.sync()
    with desk.database.transaction() as tx:
        forget_asked(tx, "namespaces")
    monkeypatch.setattr(ImapConnection, "namespaces", lambda _: None)
    desk.sync()
    assert desk.box(name).namespace is NamespaceKind.OTHERS


def test_how_much_room_is_left_is_kept(desk: Desk) -> None:
    text = "x" * 80 * 1024
    desk.fill([letter(number, text=text) for number in range(1, 13)])
    desk.sync()
    [room] = load_quotas(desk.database)
    assert room.is_near
    assert room.in_words == "1.0 of 1.0 MB used (94 %)"
    desk.perform(Expunge(tuple(desk.numbers()[:3])))
    desk.sync()
    desk.sync()
    [room] = load_quotas(desk.database)
    assert not room.is_near


def test_what_a_refusal_is_about_is_asked_for_again(desk: Desk) -> None:
    text = "x" * 80 * 1024
    desk.fill([letter(number, text=text) for number in range(1, 12)])
    name = _shared_by(desk, "Team", "lrswite")
    desk.sync()
    [room] = load_quotas(desk.database)
    assert not room.is_near
    desk.fill([letter(12, text=text)])
    owner = name.split("/")[1]
    assert isinstance(desk.server, Dovecot)
    desk.server.raw(owner, f"SETACL Team {desk.user} lrs")
    desk.perform(Copy(tuple(desk.numbers()[:3]), desk.box("Archive").id))
    desk.perform(Move(tuple(desk.numbers(name)[:1]), desk.box().id))
    desk.sync()
    desk.sync()
    [room] = load_quotas(desk.database)
    assert room.percent > 90
    assert desk.box(name).limits == "read only"
    [waits, refused] = load_pending(desk.database)
    assert "quota" in waits.error.lower()
    assert (waits.state.value, refused.state.value) == ("queued", "failed")
    assert len(desk.here(name)) == 3


def test_a_server_that_announces_none_of_it_is_done_without(
    pymap: Pymap, places: Places
) -> None:
    desk = Desk(pymap, "u8", places)
    try:
        desk.sync()
        assert load_namespaces(desk.database) == ()
        assert load_quotas(desk.database) == ()
        assert desk.box().limits == ""
    finally:
        desk.close()
