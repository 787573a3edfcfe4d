"""Logging in: the best way there is, and the secret nowhere but where it belongs."""

import base64
import contextlib
import hashlib
import hmac
import logging
import traceback
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.servers.dovecot import PASSWORD, TOKENS, Dovecot, Options, token
from tests.servers.ports import HOST
from tests.servers.proxy import proxied
from tests.servers.scripted import Peer, scripted
from tui_mail.config.secret import Secret
from tui_mail.config.settings import Security, Server
from tui_mail.model.error import LoginRefused, MailError, ProtocolError, ServerRefused
from tui_mail.transports.imap import ImapConnection
from tui_mail.transports.sasl import (
    OAuthBearer,
    Plain,
    Scram,
    ScramSha1,
    ScramSha256,
    XOAuth2,
    from_base64,
    prepared,
)

SECRET = "canary-Wörd"


def _server(port: int, *, auth: str = "password") -> Server:
    return Server(
        host=HOST, port=port, security=Security.NONE, username="ann", auth=auth
    )


def _connect(server: Server, word: str = SECRET) -> ImapConnection:
    return ImapConnection.connect(server, Secret(word), deadline=5)


def _scram_exchange(mechanism: Scram, first: bytes, final: bytes) -> bytes:
    proof = mechanism.respond(first)
    assert mechanism.respond(final) == b""
    mechanism.finish()
    return proof


def test_scram_gives_the_answers_of_its_rfcs() -> None:
    old = ScramSha1("user", Secret("pencil"), nonce="fyko+d2lbbFgONRv9qkxdawL")
    assert old.first() == b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"
    assert _scram_exchange(
        old,
        b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ) == (
        b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
        b"p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
    )
    new = ScramSha256("user", Secret("pencil"), nonce="rOprNGfwEbeRWgbNEkqO")
    assert _scram_exchange(
        new,
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ) == (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )


@pytest.mark.parametrize(
    "challenge",
    [
        b"",
        b"r=other,s=QSXCR+Q6sek8bf92,i=4096",
        b"r=nonce,s=QSXCR+Q6sek8bf92,i=4096",
        b"r=nonce1,s=,i=4096",
        b"r=nonce1,s=!,i=4096",
        b"r=nonce1,s=QSXCR+Q6sek8bf92,i=999999999",
        b"r=nonce1,s=QSXCR+Q6sek8bf92,i=1",
        b"r=nonce1,s=QSXCR+Q6sek8bf92,i=x",
        b"\xff\xfe",
    ],
)
def test_a_challenge_that_is_none_is_not_answered(challenge: bytes) -> None:
    mechanism = ScramSha256("user", Secret("pencil"), nonce="nonce")
    with pytest.raises(ProtocolError):
        mechanism.respond(challenge)


def test_a_server_that_does_not_know_the_password_is_not_believed() -> None:
    mechanism = ScramSha256("user", Secret("pencil"), nonce="nonce")
    mechanism.respond(b"r=nonce1,s=QSXCR+Q6sek8bf92,i=4096")
    with pytest.raises(ProtocolError):
        mechanism.finish()
    with pytest.raises(ProtocolError):
        mechanism.respond(b"v=" + base64.b64encode(b"x" * 32))


def test_names_and_secrets_are_prepared_and_never_shown() -> None:
    assert prepared("I\u00adX\u00a0\u2168") == "IX IX"
    assert Plain("ann", Secret("pä")).first() == b"\0ann\0p\xc3\xa4"
    assert b"a,b".replace(b",", b"=2C") in (OAuthBearer("a,b", Secret("t")).first())
    assert XOAuth2("a", Secret("t")).first() == b"user=a\1auth=Bearer t\1\1"
    assert SECRET not in repr(Plain("ann", Secret(SECRET)))
    for word in ("a\0b", "\ud800"):
        with pytest.raises(LoginRefused):
            Plain("ann", Secret(word)).first()
    with pytest.raises(LoginRefused):
        XOAuth2("a", Secret("x\1y")).first()
    with pytest.raises(ProtocolError):
        from_base64(b"***")


@pytest.mark.dovecot
@pytest.mark.parametrize(
    "mechanisms",
    ["plain login", "login", "scram-sha-256 plain", "scram-sha-1", "cram-md5"],
)
def test_dovecot_lets_us_in_by_every_mechanism(
    dovecots: Callable[[Options], Dovecot], mechanisms: str
) -> None:
    extra = "" if "plain" in mechanisms else "protocol !imap {\n}\n"
    server = dovecots(Options(mechanisms=mechanisms, extra=extra))
    for security in Security:
        settings = server.imap("u1", security=security)
        connection = ImapConnection.connect(settings, Secret(PASSWORD), deadline=10)
        assert "IDLE" in connection.capabilities
        connection.logout()
        with pytest.raises(LoginRefused):
            ImapConnection.connect(settings, Secret("wrong"), deadline=10)


def _play_login(offer: str, *, answer: bytes = b"OK in") -> Callable[[Peer], None]:
    def play(peer: Peer) -> None:
        peer.say(b"* OK [CAPABILITY IMAP4rev1 " + offer.encode() + b"] hi\r\n")
        if peer.command().upper().startswith(b"AUTHENTICATE") and offer.find("IR") < 0:
            peer.say(b"+ \r\n")
            peer.line()
        peer.done(answer)
        peer.serve()

    return play


@pytest.mark.parametrize(
    ("offer", "start"),
    [
        ("AUTH=PLAIN SASL-IR", b"AUTHENTICATE PLAIN "),
        ("AUTH=PLAIN", b"AUTHENTICATE PLAIN\r\n"),
        ("", b"LOGIN "),
        ("AUTH=CRAM-MD5", b"LOGIN "),
        ("AUTH=LOGIN AUTH=CRAM-MD5", b"LOGIN "),
        ("AUTH=LOGIN LOGINDISABLED", b"AUTHENTICATE LOGIN\r\n"),
        ("AUTH=CRAM-MD5 LOGINDISABLED", b"AUTHENTICATE CRAM-MD5\r\n"),
        ("AUTH=PLAIN AUTH=SCRAM-SHA-256 SASL-IR", b"AUTHENTICATE SCRAM-SHA-256 "),
    ],
)
def test_the_best_way_that_is_offered_is_taken(offer: str, start: bytes) -> None:
    with scripted(_play_login(offer)) as server, contextlib.suppress(ProtocolError):
        _connect(_server(server.port)).logout()
    assert server.commands[0].partition(b" ")[2].startswith(start)


def test_without_a_way_in_nothing_is_said() -> None:
    with (
        scripted(_play_login("LOGINDISABLED AUTH=NTLM")) as server,
        pytest.raises(LoginRefused, match="no way to log in"),
    ):
        _connect(_server(server.port))
    assert server.commands == []


def test_a_token_goes_by_its_own_mechanisms() -> None:
    def play(peer: Peer) -> None:
        peer.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR] hi\r\n")
        peer.expect(b"AUTHENTICATE XOAUTH2 ")
        peer.say(b"+ " + base64.b64encode(b'{"status":"400"}') + b"\r\n")
        assert peer.line() == b"\r\n"
        peer.done(b"NO [AUTHENTICATIONFAILED] expired")

    with scripted(play) as server, pytest.raises(LoginRefused, match="expired"):
        _connect(_server(server.port, auth="oauth2"), "token")
    sent = base64.b64decode(server.commands[0].split()[-1])
    assert sent == b"user=ann\1auth=Bearer token\1\1"


@pytest.mark.dovecot
@pytest.mark.parametrize("mechanism", ["oauthbearer", "xoauth2"])
def test_dovecot_lets_us_in_by_a_token_and_not_by_one_that_ran_out(
    dovecots: Callable[[Options], Dovecot], mechanism: str
) -> None:
    server = dovecots(replace(TOKENS, mechanisms=f"plain {mechanism}"))
    user = server.fresh_user()
    settings = replace(server.imap(user, security=Security.TLS), auth="oauth2")
    for masked in (frozenset[bytes](), frozenset({b"SASL-IR"})):
        with proxied(server.port) as proxy:
            proxy.masked = masked
            clear = replace(settings, port=proxy.port, security=Security.NONE)
            connection = _connect(clear, token(user))
            connection.select(b"INBOX")
            connection.logout()
            said = b"".join(proxy.sent_up)
            assert f"AUTHENTICATE {mechanism}".upper().encode() in said
    _connect(settings, token(user)).logout()
    for word in (token(user, lasts=-1), token("another"), "not-one-at-all"):
        with pytest.raises(LoginRefused):
            _connect(settings, word)


def test_where_scram_does_not_serve_plain_is_tried_once() -> None:
    def play(peer: Peer) -> None:
        offer = b"AUTH=SCRAM-SHA-256 AUTH=PLAIN SASL-IR"
        peer.say(b"* OK [CAPABILITY IMAP4rev1 " + offer + b"] hi\r\n")
        peer.expect(b"AUTHENTICATE SCRAM-SHA-256 ")
        peer.done(b"NO [AUTHENTICATIONFAILED] no such scheme")
        peer.expect(b"AUTHENTICATE PLAIN ")
        peer.ok(b"[CAPABILITY IMAP4rev1] in")
        peer.serve()

    with scripted(play) as server:
        _connect(_server(server.port)).logout()


def test_of_two_ways_that_are_refused_the_first_refusal_is_told() -> None:
    def play(peer: Peer) -> None:
        peer.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 SASL-IR] hi\r\n")
        peer.expect(b"AUTHENTICATE SCRAM-SHA-256 ")
        peer.done(b"NO [AUTHENTICATIONFAILED] wrong password")
        peer.expect(b"LOGIN ")
        peer.done(b"NO unsupported mechanism")
        peer.serve()

    with scripted(play) as server, pytest.raises(LoginRefused, match="wrong password"):
        _connect(_server(server.port))


def test_a_server_that_lets_us_in_without_its_proof_is_left() -> None:
    def play(peer: Peer) -> None:
        peer.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 SASL-IR] hi\r\n")
        peer.expect(b"AUTHENTICATE")
        peer.ok()
        peer.serve()

    with scripted(play) as server, pytest.raises(ProtocolError, match="prove"):
        _connect(_server(server.port))


def test_a_server_proves_itself_with_scram() -> None:
    def play(peer: Peer) -> None:
        peer.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-1 SASL-IR] hi\r\n")
        command = peer.expect(b"AUTHENTICATE SCRAM-SHA-1 ")
        bare = base64.b64decode(command.split()[2])[3:]
        nonce = bare.partition(b"r=")[2] + b"more"
        challenge = b"r=" + nonce + b",s=" + base64.b64encode(b"salt") + b",i=4096"
        peer.say(b"+ " + base64.b64encode(challenge) + b"\r\n")
        without = base64.b64decode(peer.line()).rpartition(b",p=")[0]
        salted = hashlib.pbkdf2_hmac("sha1", SECRET.encode(), b"salt", 4096)
        key = hmac.new(salted, b"Server Key", "sha1").digest()
        proof = hmac.new(key, b",".join((bare, challenge, without)), "sha1").digest()
        peer.say(b"+ " + base64.b64encode(b"v=" + base64.b64encode(proof)) + b"\r\n")
        assert peer.line() == b"\r\n"
        peer.ok()
        peer.serve()

    with scripted(play) as server:
        _connect(_server(server.port)).logout()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"NO no", LoginRefused),
        (b"NO [AUTHENTICATIONFAILED] no", LoginRefused),
        (b"NO [UNAVAILABLE] later", ServerRefused),
        (b"NO [LIMIT] too many", ServerRefused),
        (b"BAD Request is throttled. Suggested Backoff Time: 9 ms", ServerRefused),
    ],
)
def test_only_a_wrong_password_is_a_refused_login(
    answer: bytes, kind: type[MailError]
) -> None:
    with scripted(_play_login("", answer=answer)) as server, pytest.raises(kind):
        _connect(_server(server.port))


def test_a_server_that_asks_and_asks_is_left() -> None:
    def play(peer: Peer) -> None:
        peer.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] hi\r\n")
        peer.expect(b"AUTHENTICATE")
        while True:
            peer.say(b"+ \r\n")
            peer.line()

    with scripted(play) as server, pytest.raises(ProtocolError):
        _connect(_server(server.port, auth="oauth2"), "token")


@pytest.mark.parametrize("offer", ["", "AUTH=PLAIN SASL-IR"])
def test_the_secret_is_in_no_log_and_no_error(
    offer: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = b"NO LOGIN ann " + SECRET.encode() + b" failed"
    with (
        scripted(_play_login(offer, answer=answer)) as server,
        pytest.raises(LoginRefused) as refused,
    ):
        _connect(_server(server.port))
    shown = "".join(traceback.format_exception(refused.value)) + caplog.text
    assert SECRET not in shown
    assert "canary" not in repr(refused.value) + shown
    with scripted(_play_login(offer)) as server:
        connection = _connect(_server(server.port))
        wire = connection._wire
        assert "canary" not in repr(vars(wire)) + repr(vars(connection))
        connection.logout()


@pytest.mark.parametrize("word", ["a\r\nX1 DELETE victim", "a\nb", "a\0b", "\ud800"])
@pytest.mark.parametrize("offer", ["", "AUTH=PLAIN SASL-IR"])
def test_a_secret_cannot_end_the_line(word: str, offer: str) -> None:
    with scripted(_play_login(offer)) as server, contextlib.suppress(LoginRefused):
        _connect(_server(server.port), word).logout()
    assert all(
        line.upper().split()[1] in (b"LOGIN", b"AUTHENTICATE", b"LOGOUT", b"CAPABILITY")
        for line in server.commands
    )


def test_a_password_of_any_octets_is_said() -> None:
    with scripted(_play_login("LITERAL+")) as server:
        _connect(_server(server.port), 'q"\\\xe4 {3}').logout()
    assert b'"ann" {9+}\r\nq"\\\xc3\xa4 {3}\r\n' in server.commands[0]
