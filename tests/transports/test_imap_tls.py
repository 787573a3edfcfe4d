"""Encryption: proved, or nothing is said."""

import ssl
from pathlib import Path

import pytest

from tests.servers.certificates import server_context
from tests.servers.ports import HOST
from tests.servers.scripted import Peer, Play, scripted
from tui_mail.config.secret import Secret
from tui_mail.config.settings import Security, Server
from tui_mail.model.error import CertificateRefused, LinkLost, MailError, ProtocolError
from tui_mail.transports.imap import ImapConnection

CANARY = "canary-word"
ENCRYPTED = (Security.TLS, Security.STARTTLS)


def _server(
    port: int, security: Security, ca_file: Path | None = None, host: str = HOST
) -> Server:
    return Server(
        host=host,
        port=port,
        security=security,
        username="ann",
        ca_file=str(ca_file) if ca_file else "",
    )


def _connect(server: Server) -> ImapConnection:
    return ImapConnection.connect(server, Secret(CANARY), deadline=5)


def _certificates(folder: Path, kind: str) -> tuple[ssl.SSLContext, Path | None]:
    """Make a server's context, and what the client trusts."""
    if kind == "wrong host":
        return server_context(folder, "mail.example.org"), folder / "ca.pem"
    if kind == "expired":
        return server_context(folder, HOST, expired=True), folder / "ca.pem"
    context = server_context(folder, HOST, "localhost")
    if kind == "unknown":
        return context, None
    if kind == "another's":
        (folder / "other").mkdir()
        server_context(folder / "other", HOST)
        return context, folder / "other" / "ca.pem"
    return context, folder / "ca.pem"


class _Play:
    """A server that greets, encrypts if it is asked to, and lets in."""

    def __init__(self, security: Security, context: ssl.SSLContext) -> None:
        self._starts = security is Security.STARTTLS
        self._context = context

    def __call__(self, peer: Peer) -> None:
        peer.say(b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hi\r\n")
        if self._starts:
            peer.expect(b"STARTTLS")
            peer.ok()
            peer.start_tls(self._context)
            peer.answer(b"CAPABILITY", b"CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR")
        peer.serve()


@pytest.mark.parametrize("security", ENCRYPTED)
@pytest.mark.parametrize("kind", ["wrong host", "expired", "unknown", "another's"])
def test_a_bad_certificate_is_told_no_secret(
    tmp_path: Path, security: Security, kind: str
) -> None:
    context, ca_file = _certificates(tmp_path, kind)
    tls = context if security is Security.TLS else None
    with (
        scripted(_Play(security, context), tls=tls) as server,
        pytest.raises(CertificateRefused, match="certificate"),
    ):
        _connect(_server(server.port, security, ca_file))
    assert all(line.endswith(b" STARTTLS\r\n") for line in server.commands)


@pytest.mark.parametrize("security", ENCRYPTED)
@pytest.mark.parametrize("host", [HOST, "localhost"])
def test_a_good_certificate_is_believed(
    tmp_path: Path, security: Security, host: str
) -> None:
    context, ca_file = _certificates(tmp_path, "good")
    tls = context if security is Security.TLS else None
    with scripted(_Play(security, context), tls=tls) as server:
        _connect(_server(server.port, security, ca_file, host)).logout()
    assert server.commands


def test_a_ca_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    context, _ = _certificates(tmp_path, "good")
    for name in ("missing.pem", "empty.pem"):
        with scripted(_Play(Security.TLS, context), tls=context) as server:
            settings = _server(server.port, Security.TLS, tmp_path / name)
            with pytest.raises(CertificateRefused, match=name):
                _connect(settings)


def _strip(peer: Peer) -> None:
    peer.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi\r\n")
    peer.serve()


def _refuse(peer: Peer) -> None:
    peer.say(b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hi\r\n")
    peer.expect(b"STARTTLS")
    peer.done(b"NO not today")
    peer.serve()


def _inject(peer: Peer) -> None:
    peer.say(b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hi\r\n")
    peer.expect(b"STARTTLS")
    peer.say(peer.tag + b" OK begin\r\n* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] x\r\n")
    peer.hang()


def _preauth(peer: Peer) -> None:
    peer.say(b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome\r\n")
    peer.serve()


def _ok_without(peer: Peer) -> None:
    peer.say(b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hi\r\n")
    peer.expect(b"STARTTLS")
    peer.ok()
    peer.say(b"* OK still in the clear\r\n")
    peer.hang()


@pytest.mark.parametrize("play", [_strip, _refuse, _inject, _preauth, _ok_without])
def test_no_trick_gets_a_secret_in_the_clear(play: Play) -> None:
    with scripted(play) as server, pytest.raises((ProtocolError, LinkLost)):
        _connect(_server(server.port, Security.STARTTLS))
    assert all(line.endswith(b" STARTTLS\r\n") for line in server.commands)


def test_who_lets_us_in_unasked_is_told_no_secret() -> None:
    with scripted(_preauth) as server:
        connection = _connect(_server(server.port, Security.NONE))
        assert "STARTTLS" in connection.capabilities
        connection.logout()
    assert [line.split()[1] for line in server.commands] == [b"LOGOUT"]


def test_what_was_said_in_the_clear_is_forgotten(tmp_path: Path) -> None:
    context, ca_file = _certificates(tmp_path, "good")

    def play(peer: Peer) -> None:
        peer.say(b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED MOVE] hi\r\n")
        peer.say(b"* OK [ALERT] buy this\r\n* 5 EXISTS\r\n")
        peer.expect(b"STARTTLS")
        peer.ok()
        peer.start_tls(context)
        peer.answer(b"CAPABILITY", b"CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR")
        peer.expect(b"AUTHENTICATE PLAIN ")
        peer.ok()
        peer.answer(b"CAPABILITY", b"CAPABILITY IMAP4rev1")
        peer.serve()

    with scripted(play) as server:
        connection = _connect(_server(server.port, Security.STARTTLS, ca_file))
        assert connection.capabilities == {"IMAP4REV1"}
        assert not connection.take_changes()
        connection.logout()


def test_a_server_that_does_not_shake_hands_is_left_in_time() -> None:
    def dribble(peer: Peer) -> None:
        peer.dribble(b"\x16\x03\x03\x40\x00" + b"\x02" * 10_000, 0.05)

    for play in (Peer.hang, dribble):
        with scripted(play) as server, pytest.raises(LinkLost):
            ImapConnection.connect(
                _server(server.port, Security.TLS), Secret(CANARY), deadline=0.4
            )


def test_no_secret_goes_in_the_clear_to_another_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui_mail.transports.stream.is_loopback", lambda _: False)

    def play(peer: Peer) -> None:
        peer.greet()
        peer.serve()

    with scripted(play) as server:
        with pytest.raises(MailError, match="unencrypted"):
            _connect(_server(server.port, Security.NONE))
        assert server.commands == []
        settings = Server(
            host=HOST,
            port=server.port,
            security=Security.NONE,
            username="ann",
            insecure=True,
        )
        _connect(settings).logout()
