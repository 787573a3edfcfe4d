"""What a synchronization costs where nothing changed: counted on the wire."""

from collections.abc import Callable

import pytest

from tests.servers.dovecot import Dovecot, Options
from tests.servers.interposed import Answer, interposed
from tests.sync.mailing import Desk, letter, letters
from tui_mail.sync import incremental

pytestmark = pytest.mark.dovecot
BARE = Options(capabilities="IMAP4rev1 SASL-IR LITERAL+ IDLE UIDPLUS")


def said_by(desk: Desk, instead: Callable[[bytes], Answer]) -> list[bytes]:
    """Synchronize, and give what was said after the login."""
    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        assert str(desk.sync()) == "in step"
    logged_in = next(
        place
        for place, one in enumerate(between.commands)
        if one.startswith((b"AUTHENTICATE", b"LOGIN"))
    )
    introductions = (b"ID", b"ENABLE", b"CAPABILITY", b"NAMESPACE", b"LOGOUT")
    rest = between.commands[logged_in + 1 :]
    return [one for one in rest if not one.startswith(introductions)]


def test_where_the_counts_agree_nothing_is_selected(desk: Desk) -> None:
    desk.fill(letters(1, 20))
    desk.sync()
    desk.sync()
    said = said_by(desk, lambda _: None)
    assert [one.split()[0] for one in said] == [b"LIST"]


def test_what_it_costs_does_not_depend_on_how_much_mail_there_is(
    dovecots: Callable[[Options], Dovecot],
    desk_of: Callable[[Dovecot], Desk],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that tells least: no counts with the list, no CONDSTORE."""
    monkeypatch.setattr(incremental, "_LOOKED_AT", 60)
    monkeypatch.setattr(incremental, "_NEWEST", 20)
    commands, octets = [], []
    for count in (100, 400):
        desk = desk_of(dovecots(BARE))
        for path in desk.places.data.glob("*"):
            path.unlink()
        desk.fill(letters(1, count))
        desk.sync()
        desk.sync()
        said = said_by(desk, lambda _: None)
        inbox = said.index(b'SELECT "INBOX"')
        commands.append([one.split()[0] for one in said])
        octets.append(len(said[inbox + 1]))
        assert said[inbox + 1].startswith(b"UID FETCH ")
        assert said[inbox + 2].startswith(b"SELECT ")
        desk.close()
    assert commands[0] == commands[1]
    assert abs(octets[0] - octets[1]) < 20


def test_without_condstore_flags_that_others_change_are_seen_after_a_whole_sweep(
    dovecots: Callable[[Options], Dovecot],
    desk_of: Callable[[Dovecot], Desk],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(incremental, "_LOOKED_AT", 60)
    monkeypatch.setattr(incremental, "_NEWEST", 20)
    desk = desk_of(dovecots(BARE))
    desk.fill(letters(1, 150))
    desk.sync()
    with desk.oracle() as client:
        client.select_folder("INBOX")
        client.add_flags([1, 70, 149], [b"\\Flagged"])
    desk.sync()
    assert "\\Flagged" in desk.here()["letter 149"]
    for _ in range(4):
        desk.sync()
    assert desk.here() == desk.there()
    desk.fill([letter(151)])
    desk.sync()
    assert desk.here() == desk.there()
