"""COMPRESS=DEFLATE (RFC 4978): the same mail in fewer octets, and nothing believed."""

import os
import random
import zlib
from collections.abc import Callable

import pytest

from tests.servers.dovecot import ZLIB, Dovecot, Options
from tests.servers.proxy import proxied
from tests.servers.scripted import Peer, scripted
from tests.transports.conftest import Connect, Reach
from tui_mail.config.settings import Security
from tui_mail.model.error import MailError, ProtocolError
from tui_mail.model.ids import PartId, Uid
from tui_mail.model.uids import UidSet

HEAD = b"From: ann@example.org\r\nSubject: much\r\n\r\n"


@pytest.mark.dovecot
@pytest.mark.parametrize("security", Security)
def test_all_goes_on_as_before_over_a_compressed_connection(
    dovecots: Callable[[Options], Dovecot], connect: Connect, security: Security
) -> None:
    server = dovecots(ZLIB)
    user = server.fresh_user()
    chance = random.Random(5)
    noise = bytes(chance.choice(b"abcdefghijklmnop") for _ in range(300_000))
    much = HEAD + (b"all the same " * 6 + b"\r\n") * 20_000
    server.fill(user, [much, HEAD + noise + b"\r\n"])
    port = server.tls_port if security is Security.TLS else server.port
    with proxied(port) as proxy:
        connection = connect(server.imap(user, security=security, port=proxy.port))
        connection.select(b"INBOX")
        for uid, sent in ((Uid(1), much), (Uid(2), HEAD + noise + b"\r\n")):
            found = connection.fetch_part(uid, PartId(""))
            assert found == sent
        appended = connection.append(b"INBOX", HEAD + b"z" * 200_000 + b"\r\n")
        assert appended is not None
        connection.take_changes()
        wake, bell = os.pipe()
        server.fill(user, [HEAD])
        assert connection.idle(timeout=10, wake=wake)
        assert connection.take_changes().exists == 4
        os.write(bell, b"x")
        assert not connection.idle(timeout=10, wake=wake)
        connection.logout()
        os.close(wake)
        os.close(bell)
        assert proxy.octets_down < 300_000
        assert proxy.octets_up < 50_000


def test_who_refuses_to_compress_is_spoken_to_as_before(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 COMPRESS=DEFLATE")
        peer.expect(b"COMPRESS DEFLATE")
        peer.done(b"NO [COMPRESSIONACTIVE] below us")
        peer.answer(b"NOOP", b"3 EXISTS")
        peer.serve()

    with scripted(play) as server:
        connection = reach(server.port)
        assert connection.noop().exists == 3
        connection.logout()


def test_what_comes_with_the_leave_to_compress_is_read(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 IDLE COMPRESS=DEFLATE")
        peer.compress(b"* OK [ALERT] compressed\r\n* 5 EXISTS\r\n")
        peer.answer(b"NOOP")
        peer.expect(b"IDLE")
        # A packet with more in it than is unpacked at once.
        peer.say(
            b"+ idling\r\n" + b"* OK still here, " * 9_000 + b"\r\n" + b"* 6 EXISTS\r\n"
        )
        assert peer.line() == b"DONE\r\n"
        peer.ok()
        peer.serve()

    with scripted(play) as server:
        connection = reach(server.port)
        changes = connection.noop()
        assert changes.alerts == ("compressed",)
        wake, bell = os.pipe()
        assert connection.idle(timeout=10, wake=wake)
        assert connection.take_changes().exists == 6
        os.close(wake)
        os.close(bell)
        connection.logout()


def _ended() -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(b"* OK bye\r\n") + packer.flush(zlib.Z_FINISH)


def _bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(b"* " + b"x" * 200_000_000) + packer.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize("octets", [b"\xff" * 20, _ended(), _bomb()])
def test_what_cannot_be_unpacked_ends_the_link(reach: Reach, octets: bytes) -> None:
    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 COMPRESS=DEFLATE")
        peer.compress()
        peer.expect(b"NOOP")
        peer.say_raw(octets)
        peer.hang()

    with scripted(play) as server:
        connection = reach(server.port)
        with pytest.raises(ProtocolError):
            connection.noop()
        with pytest.raises(MailError):
            connection.noop()


def test_a_set_of_uids_of_any_length_is_compressed_too(reach: Reach) -> None:
    wanted = UidSet.of(Uid(number) for number in range(1, 8_000, 2))

    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 UIDPLUS COMPRESS=DEFLATE")
        peer.compress()
        while True:
            command = peer.command()
            if command == b"LOGOUT":
                peer.ok()
                return
            assert command.startswith(b"UID EXPUNGE ")
            peer.ok()

    with scripted(play) as server:
        connection = reach(server.port)
        connection.expunge(wanted)
        connection.logout()
    assert len(server.commands) > 4
