"""When octets wait for a server's leave (RFC 7888)."""

import pytest

from tests.servers.scripted import Peer, scripted
from tests.transports.conftest import Reach


@pytest.mark.parametrize(
    ("capability", "size", "mark"),
    [
        ("", 10, b"{10}"),
        ("LITERAL-", 4_096, b"{4096+}"),
        ("LITERAL-", 4_097, b"{4097}"),
        ("LITERAL+", 4_097, b"{4097+}"),
        ("LITERAL+ LITERAL-", 5_000, b"{5000+}"),
        ("LITERAL+", 1_000_000, b"{1000000}"),
    ],
)
def test_a_literal_goes_on_by_itself_only_where_it_may(
    reach: Reach, capability: str, size: int, mark: bytes
) -> None:
    def play(peer: Peer) -> None:
        peer.greet(f"IMAP4rev1 {capability}")
        peer.expect(b'APPEND "INBOX"')
        peer.ok(b"[APPENDUID 7 3] there")
        peer.answer(b"NOOP")
        peer.serve()

    with scripted(play) as server:
        connection = reach(server.port)
        appended = connection.append(b"INBOX", b"x" * size)
        assert appended is not None
        connection.noop()
        connection.logout()
    [said] = [line for line in server.commands if b"APPEND" in line]
    assert mark in said.partition(b"\r\n")[0]
