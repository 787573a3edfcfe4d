"""The servers that other tests rely on do what their names say."""

import socket
import time

import imapclient
import pytest

from tests.servers.dovecot import PASSWORD, Dovecot, Letter
from tests.servers.ports import HOST
from tests.servers.proxy import proxied
from tests.servers.pymap import Pymap
from tests.servers.scripted import Peer, Play, scripted


def _first_line(port: int) -> bytes:
    with socket.create_connection((HOST, port), timeout=10) as link:
        return link.recv(1000)


def _all(port: int) -> bytes:
    with (
        socket.create_connection((HOST, port), timeout=10) as link,
        link.makefile("rb") as file,
    ):
        return file.read()


@pytest.mark.dovecot
@pytest.mark.parametrize("user", ["", "d1"])
def test_dovecot_takes_any_user_and_is_filled_at_once(
    dovecot: Dovecot, user: str
) -> None:
    user = user or dovecot.fresh_user()
    letters = (Letter(b"Subject: %d\r\n\r\nx\r\n" % n, "\\Seen") for n in range(700))
    assert dovecot.fill(user, letters, "Full") == 700
    status = dovecot.doveadm("mailbox", "status", "-u", user, "messages unseen", "Full")
    assert status.split() == ["Full", "messages=700", "unseen=0"]
    assert b"* SEARCH 1 2\r\n" in dovecot.raw(user, "SELECT Full", "SEARCH 1:2")[1]


def test_pymap_greets(pymap: Pymap) -> None:
    assert b"pymap is ready" in _first_line(pymap.port)


@pytest.mark.dovecot
def test_the_proxy_delays_cuts_and_swallows(dovecot: Dovecot) -> None:
    with proxied(dovecot.port) as proxy:
        assert _first_line(proxy.port).startswith(b"* OK")
        proxy.latency = 0.1
        before = time.monotonic()
        assert _first_line(proxy.port).startswith(b"* OK")
        assert time.monotonic() - before >= 0.1
        proxy.latency, proxy.cut_down = 0, 3
        assert _all(proxy.port) == b"* O"
    with (
        proxied(dovecot.port) as proxy,
        socket.create_connection((HOST, proxy.port), timeout=0.2) as link,
    ):
        assert link.recv(1000)
        proxy.swallow = True
        link.sendall(b"a NOOP\r\n")
        with pytest.raises(TimeoutError):
            link.recv(1000)
        proxy.cut()
        assert not link.recv(1000)


@pytest.mark.dovecot
def test_the_proxy_masks_capabilities(dovecot: Dovecot) -> None:
    with proxied(dovecot.port) as proxy:
        proxy.masked = frozenset({b"IDLE", b"MOVE", b"LITERAL+"})
        greeting = _first_line(proxy.port)
        assert b"[CAPABILITY IMAP4rev1 SASL-IR " in greeting
        assert b"IDLE" not in greeting
        with imapclient.IMAPClient(HOST, proxy.port, ssl=False) as client:
            client.login(dovecot.fresh_user(), PASSWORD)
            named = client.capabilities()
        assert b"QRESYNC" in named
        assert not proxy.masked & set(named)


def test_a_play_is_played_and_its_mistakes_come_out() -> None:
    def play(peer: Peer) -> None:
        peer.greet()
        peer.answer(b"NOOP", b"1 EXISTS")

    with pytest.raises(AssertionError, match="not b'NOOP'"):
        _talk(play)


def _talk(play: Play) -> None:
    with (
        scripted(play) as server,
        socket.create_connection((HOST, server.port), timeout=10) as link,
        link.makefile("rb") as file,
    ):
        assert file.readline().startswith(b"* OK")
        link.sendall(b"a LOGIN u {11}\r\n")
        assert file.readline() == b"+ go on\r\n"
        link.sendall(PASSWORD.encode() + b"\r\n")
        assert file.readline().startswith(b"a OK")
        link.sendall(b"b CHECK\r\n")
        assert not file.readline()
        assert server.commands[0] == b"a LOGIN u {11}\r\nopen-sesame\r\n"
