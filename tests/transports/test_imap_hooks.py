"""The private hooks of imaplib and imapclient that we rely on are there, and fire."""

import imaplib
from collections import Counter

import pytest
from imapclient import IMAPClient

from tests.servers.ports import HOST
from tests.servers.scripted import Peer, scripted
from tui_mail.transports.imap_client import Client, Wire, greeted
from tui_mail.transports.imap_responses import Untagged
from tui_mail.transports.stream import Stream

HOOKS = ("open", "_get_response", "_get_capabilities", "_log", "send", "shutdown")


def test_the_hooks_are_methods_of_the_libraries() -> None:
    for name in (*HOOKS, "_new_tag", "_simple_command", "_append_untagged"):
        assert callable(getattr(imaplib.IMAP4, name))
    assert callable(IMAPClient._create_IMAP4)
    assert issubclass(Wire, imaplib.IMAP4)
    assert issubclass(Client, IMAPClient)


@pytest.mark.parametrize("announced", [True, False])
def test_the_hooks_fire(monkeypatch: pytest.MonkeyPatch, announced: bool) -> None:
    fired: Counter[str] = Counter()
    for name in (*HOOKS, "_create_IMAP4"):
        owner = Client if name == "_create_IMAP4" else Wire
        original = getattr(owner, name)

        def counted(
            self: object, *rest: object, name: str = name, original: object = original
        ) -> object:
            fired[name] += 1
            assert callable(original)
            return original(self, *rest)

        monkeypatch.setattr(owner, name, counted)
    heard: list[Untagged] = []

    def play(peer: Peer) -> None:
        code = b"[CAPABILITY IMAP4rev1 X-FIRST] " if announced else b""
        peer.say(b"* OK " + code + b"hi\r\n")
        if not announced:
            peer.answer(b"CAPABILITY", b"CAPABILITY IMAP4rev1 X-ASKED")
        peer.answer(b"NOOP", b"5 EXISTS")
        peer.hang()

    with scripted(play) as server:
        stream = Stream.dial(HOST, server.port, deadline=5)
        client = greeted(stream, heard.append)
        assert client.wire.state == "NONAUTH"
        assert ("X-FIRST" if announced else "X-ASKED") in client.wire.capabilities
        assert client.wire.noop()[0] == "OK"
        assert [one.name for one in heard][-1] == b"EXISTS"
        client.shutdown()
        assert not getattr(client.wire, "_cmd_log", None)
    assert set(fired) == {*HOOKS, "_create_IMAP4"}
