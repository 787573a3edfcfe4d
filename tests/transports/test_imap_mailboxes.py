"""Mailboxes made, renamed, deleted: what is told, and what servers answer."""

from collections.abc import Callable

import pytest

from tests.servers.scripted import Peer, scripted
from tui_mail.model.error import ServerRefused
from tui_mail.transports.imap import ImapConnection

Reach = Callable[[int], ImapConnection]


def test_names_are_told_as_they_are_on_the_wire(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.greet()
        peer.answer(b'CREATE "&ANw-ber/a &- \\"b\\" \\\\c"')
        peer.answer(b'RENAME "a b" "{3}"')
        peer.answer(b'SUBSCRIBE "&ANw-ber"')
        peer.answer(b'UNSUBSCRIBE "(x)"')
        peer.answer(b'DELETE "~x"')

    with scripted(play) as server:
        connection = reach(server.port)
        connection.create(b'&ANw-ber/a &- "b" \\c')
        connection.rename(b"a b", b"{3}")
        connection.subscribe(b"&ANw-ber")
        connection.unsubscribe(b"(x)")
        connection.delete(b"~x")
        connection.close()


@pytest.mark.parametrize("name", [b"a\r\nDELETE INBOX", b"a\0b", b"a\nb"])
def test_no_name_ends_the_line(reach: Reach, name: bytes) -> None:
    def play(peer: Peer) -> None:
        peer.greet()
        peer.answer(b"NOOP")

    with scripted(play) as server:
        connection = reach(server.port)
        for does in (connection.create, connection.delete, connection.unsubscribe):
            with pytest.raises(ServerRefused):
                does(name)
        with pytest.raises(ServerRefused):
            connection.rename(b"a", name)
        connection.noop()
        connection.close()


def test_a_refusal_has_its_code_and_its_words(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.greet()
        peer.expect(b"RENAME")
        peer.done(b"NO [ALREADYEXISTS] there is one")

    with scripted(play) as server:
        connection = reach(server.port)
        with pytest.raises(ServerRefused, match="there is one") as refusal:
            connection.rename(b"a", b"b")
        assert refusal.value.code == "ALREADYEXISTS"
        connection.close()


def test_a_mailbox_is_there_if_it_is_listed_by_its_very_name(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.greet()
        peer.answer(b'LIST "" "a%"', b'LIST () "/" a', b'LIST () "/" ab')
        peer.answer(b'LIST "" "a%"', b'LIST () "/" "a%"')
        peer.answer(b'LIST "" "gone"', b'LIST (\\NonExistent) "/" gone')
        peer.answer(b'LIST "" "held"', b'LIST (\\Noselect) "/" held')
        peer.answer(b'LIST "" "none"')

    with scripted(play) as server:
        connection = reach(server.port)
        said = [
            connection.has(name) for name in (b"a%", b"a%", b"gone", b"held", b"none")
        ]
        connection.close()
    assert said == [False, True, False, True, False]


@pytest.mark.parametrize("announced", ["LIST-EXTENDED SPECIAL-USE", "LIST-EXTENDED"])
def test_what_mailboxes_are_for_is_asked_where_it_is_announced(
    reach: Reach, announced: str
) -> None:
    def play(peer: Peer) -> None:
        peer.greet(f"IMAP4rev1 {announced}")
        peer.answer(
            b'LIST "" "*" RETURN',
            b'LIST () "/" INBOX',
            b'LIST (\\Trash) "/" Odd',
            b'LIST () "/" Trash',
        )
        peer.serve()

    with scripted(play) as server:
        connection = reach(server.port)
        listed = connection.list_mailboxes(subscribed_only=False)
        connection.logout()
    uses = {one.name: one.special_use for one in listed}
    assert uses == {"INBOX": "inbox", "Odd": "trash", "Trash": None}
    [asked] = [said for said in server.commands if b"LIST" in said]
    assert (b"SPECIAL-USE" in asked) == ("SPECIAL-USE" in announced)
