"""Which messages are the same, as a server says it (RFC 8474)."""

import pytest

from tests.servers.scripted import Peer, scripted
from tests.transports.conftest import Reach
from tui_mail.model.uids import LARGEST, UidSet

HEADER = b"Subject: x\r\n\r\n"
_FIELDS = b"BODY[HEADER.FIELDS (DATE FROM)]"


@pytest.mark.parametrize(
    ("capability", "item", "said", "found"),
    [
        ("OBJECTID", b"EMAILID", b"EMAILID (M6d99ac-3_b)", "M6d99ac-3_b"),
        (
            "X-GM-EXT-1",
            b"X-GM-MSGID",
            b"X-GM-MSGID 1278455344230334865",
            "1278455344230334865",
        ),
        ("OBJECTID", b"EMAILID", b"EMAILID NIL", ""),
        ("", b"", b"MODSEQ (1)", ""),
    ],
)
def test_a_servers_own_mark_of_a_message_is_asked_for_and_read(
    reach: Reach, capability: str, item: bytes, said: bytes, found: str
) -> None:
    def play(peer: Peer) -> None:
        peer.greet(f"IMAP4rev1 {capability}")
        peer.select()
        asked = peer.expect(b"UID FETCH")
        names = [name for name in (b"EMAILID", b"X-GM-MSGID") if name in asked]
        assert names == ([item] if item else [])
        for number, extra in (
            (1, b" %b " % said),
            (2, b' INTERNALDATE "x" %b ' % said),
        ):
            peer.say(
                b"* %d FETCH (UID %d FLAGS () RFC822.SIZE 9%b%b {%d}\r\n%b)\r\n"
                % (number, number, extra, _FIELDS, len(HEADER), HEADER)
            )
        peer.ok()
        peer.serve()

    with scripted(play) as server:
        connection = reach(server.port)
        connection.select(b"INBOX")
        some = connection.fetch_messages(UidSet.between(1, LARGEST))
        assert [one.email_id for few in some for one in few] == [found, found]
        connection.logout()
