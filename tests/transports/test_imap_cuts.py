"""Wherever a connection is cut, the end is one of two errors, and what came is right."""

import os
import queue
from collections.abc import Callable

import pytest

from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.ports import HOST
from tests.servers.proxy import proxied
from tests.servers.scripted import Peer, scripted
from tui_mail.config.secret import Secret
from tui_mail.config.settings import Security, Server
from tui_mail.model.error import LinkLost, ProtocolError
from tui_mail.model.flags import DELETED, SEEN
from tui_mail.model.ids import ModSeq, PartId, Uid, UidValidity
from tui_mail.model.message import FetchedMessage
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.transports.imap import ImapConnection, KnownState

ALL = UidSet.between(1, LARGEST)
_CAPABILITIES = "IMAP4rev1 ENABLE QRESYNC ID IDLE MOVE UIDPLUS ESEARCH LIST-EXTENDED"
_HEADER = b"Subject: hello\r\nFrom: Ann <a@b.example>\r\n\r\n"
_STRUCTURE = (
    b'(("text" "plain" NIL NIL NIL "7bit" 3 1)("a" "b" NIL NIL NIL "7bit" 3) "mixed")'
)


def _serve(peer: Peer) -> None:
    peer.greet(_CAPABILITIES)
    peer.answer(b"ID", b'ID ("name" {4}\r\nodd")')
    peer.enable("QRESYNC")
    peer.answer(
        b"LIST",
        b'LIST (\\Sent) "/" Sent',
        b'LIST () "/" {4}\r\na\r\nb',
        b"STATUS x (MESSAGES 1)",
    )
    peer.answer(
        b"SELECT",
        b"3 EXISTS",
        b"OK [UIDVALIDITY 7]",
        b"OK [UIDNEXT 9]",
        b"OK [HIGHESTMODSEQ 12]",
        b"VANISHED (EARLIER) 4:5",
        b"1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (6))",
    )
    peer.answer(
        b"UID FETCH",
        *(
            b"%d FETCH (UID %d FLAGS (\\Seen) MODSEQ (%d) BODY[HEADER.FIELDS (SUBJECT)]<0>"
            b" {%d}\r\n%b)" % (n, n, n, len(_HEADER), _HEADER)
            for n in (1, 2, 3)
        ),
    )
    peer.answer(
        b"UID FETCH",
        b"1 FETCH (UID 1 BODYSTRUCTURE %b BODY[HEADER] {%d}\r\n%b)"
        % (_STRUCTURE, len(_HEADER), _HEADER),
    )
    peer.answer(b"UID FETCH", b"1 FETCH (UID 1 BODY[1]<0> {3}\r\nabc)")
    peer.answer(b"UID FETCH", b"2 FETCH (UID 2 FLAGS () MODSEQ (9))", b"VANISHED 3")
    peer.answer(b"UID SEARCH", b'ESEARCH (TAG "x") UID ALL 1:2')
    peer.answer(b"UID STORE", b"1 FETCH (UID 1 MODSEQ (13))")
    peer.answer(b"UID MOVE", b"OK [COPYUID 5 1 8] moved", b"VANISHED 1")
    peer.answer(b"UID EXPUNGE", b"VANISHED 2")
    peer.expect(b"APPEND")
    peer.ok(b"[APPENDUID 5 9] done")
    peer.expect(b"IDLE")
    peer.say(b"+ idling\r\n* 4 EXISTS\r\n")
    peer.line()
    peer.ok()
    peer.answer(b"LOGOUT", b"BYE bye")


def _talk(
    server: Server, wake: int, found: list[FetchedMessage], *, deadline: float = 10
) -> None:
    """Go through a session with all that the engine does."""
    connection = ImapConnection.connect(server, Secret(PASSWORD), deadline=deadline)
    try:
        connection.list_mailboxes(subscribed_only=False)
        known = KnownState(UidValidity(7), ModSeq(5), ALL)
        connection.select(b"INBOX", known=known)
        for some in connection.fetch_messages(ALL, chunk=1):
            found.extend(some)
        connection.fetch_structures(UidSet.of([1]))
        connection.fetch_part(Uid(1), PartId("1"), size=10)
        connection.fetch_flags(ALL, changed_since=ModSeq(5))
        connection.existing_uids(ALL)
        connection.store_flags(UidSet.of([1]), SEEN, add=True)
        connection.move(UidSet.of([1]), b"Archive")
        connection.store_flags(UidSet(), DELETED, add=True)
        connection.expunge(UidSet.of([2]))
        connection.append(b"Sent", _HEADER, frozenset({SEEN}))
        connection.idle(timeout=0, wake=wake)
        connection.logout()
    finally:
        connection.close()


def test_a_cut_anywhere_in_a_session_is_a_lost_link() -> None:
    wake, poke = os.pipe()
    rooms: list[int | None] = [None]
    said: queue.SimpleQueue[int] = queue.SimpleQueue()

    def play(peer: Peer) -> None:
        peer.room = rooms[-1]
        try:
            _serve(peer)
        finally:
            said.put(peer.said)

    with scripted(play) as server:
        settings = Server(
            host=HOST, port=server.port, security=Security.NONE, username="ann"
        )
        whole: list[FetchedMessage] = []
        _talk(settings, wake, whole)
        octets = said.get(timeout=10)
        assert [one.uid for one in whole] == [1, 2, 3]
        assert octets > 1_500
        for room in range(octets - 40):
            rooms.append(room)
            found: list[FetchedMessage] = []
            with pytest.raises((LinkLost, ProtocolError)):
                _talk(settings, wake, found)
            assert found == whole[: len(found)]
    os.close(wake)
    os.close(poke)


@pytest.mark.dovecot
@pytest.mark.parametrize("direction", ["cut_down", "cut_up"])
@pytest.mark.parametrize("security", [Security.NONE, Security.TLS, Security.STARTTLS])
def test_a_cut_of_a_real_session_is_a_lost_link(
    dovecot: Dovecot, security: Security, direction: str
) -> None:
    user = dovecot.fresh_user()
    dovecot.fill(user, [_HEADER + b"x\r\n"] * 3)
    wake, poke = os.pipe()
    port = dovecot.tls_port if security is Security.TLS else dovecot.port
    cuts = 0
    with proxied(port) as proxy:
        settings = dovecot.imap(user, security=security, port=proxy.port)
        for room in range(0, 7_000, 391 if direction == "cut_down" else 211):
            setattr(proxy, direction, room or None)
            try:
                _talk(settings, wake, [])
            except (LinkLost, ProtocolError):
                cuts += 1
            if room and direction == "cut_up" and room > proxy.octets_up:
                break
    assert cuts > 2
    os.close(wake)
    os.close(poke)


@pytest.mark.dovecot
def test_a_link_that_swallows_all_is_lost_in_time(
    dovecot: Dovecot, connect: Callable[[Server], ImapConnection]
) -> None:
    with proxied(dovecot.port) as proxy:
        connection = connect(dovecot.imap(dovecot.fresh_user(), port=proxy.port))
        connection.select(b"INBOX")
        connection.deadline = 0.3
        proxy.swallow = True
        with pytest.raises(LinkLost, match="within"):
            connection.noop()
        proxy.refuse = True
        with pytest.raises(LinkLost):
            connect(dovecot.imap("u1", port=proxy.port))
    with pytest.raises(LinkLost, match="refused"):
        connect(dovecot.imap("u1", port=proxy.port))
    with pytest.raises(LinkLost):
        connect(Server(host="no-such-host.invalid", port=1, username="x"))
