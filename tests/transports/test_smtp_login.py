"""Logging in to a submission server: the best way, and the password never in the clear."""

import base64
import ssl
from pathlib import Path

import pytest

from tests.servers.certificates import server_context
from tests.servers.ports import HOST
from tests.servers.scripted import Peer, Play, scripted
from tests.servers.smtp_script import GONE, Mta
from tests.servers.submission import PASSWORD, USER, submission
from tui_mail.config.secret import Secret
from tui_mail.config.settings import Security, SmtpServer
from tui_mail.model.error import LinkLost, LoginRefused, ProtocolError
from tui_mail.transports import smtp, stream
from tui_mail.transports.smtp import Refused, SmtpConnection

TOKEN = "ya29.token"


def server(
    port: int, *, auth: str = "password", security: Security = Security.NONE
) -> SmtpServer:
    return SmtpServer(host=HOST, port=port, security=security, username=USER, auth=auth)


def connect(port: int, word: str = PASSWORD, *, auth: str = "password") -> None:
    settings = server(port, auth=auth)
    SmtpConnection.connect(settings, Secret(word), deadline=5).quit()


def asking(announced: bytes, *turns: tuple[bytes, bytes]) -> tuple[Play, list[bytes]]:
    """Announce mechanisms; expect the first of each pair, say the second."""
    heard: list[bytes] = []

    def play(peer: Peer) -> None:
        peer.say(b"220 ready\r\n")
        peer.line()
        peer.say(b"250-here\r\n250 AUTH " + announced + b"\r\n")
        for start, answer in turns:
            heard.append(peer.line().removesuffix(b"\r\n"))
            assert heard[-1].startswith(start), f"{heard[-1]!r}, not {start!r}"
            peer.say(answer + b"\r\n")
        peer.line()

    return play, heard


def encoded(octets: bytes) -> bytes:
    return base64.b64encode(octets)


PLAIN = encoded(f"\0{USER}\0{PASSWORD}".encode())


@pytest.mark.parametrize(
    ("announced", "turns"),
    [
        (b"LOGIN PLAIN", [(b"AUTH PLAIN " + PLAIN, b"235 in")]),
        (b"plain", [(b"AUTH PLAIN " + PLAIN, b"235-so\r\n235 in")]),
        (
            b"LOGIN NTLM",
            [
                (b"AUTH LOGIN", b"334 VXNlcm5hbWU6"),
                (encoded(USER.encode()), b"334 UGFzc3dvcmQ6"),
                (encoded(PASSWORD.encode()), b"235 2.7.0 in"),
            ],
        ),
        (
            b"CRAM-MD5",
            [
                (b"AUTH CRAM-MD5", b"334 " + encoded(b"<1.2@here>")),
                (encoded(USER.encode() + b" ")[:18], b"235 in"),
            ],
        ),
    ],
)
def test_the_best_way_that_both_know_leads_in(
    announced: bytes, turns: list[tuple[bytes, bytes]]
) -> None:
    play, heard = asking(announced, *turns)
    with scripted(play) as there:
        connect(there.port)
    assert len(heard) == len(turns)


@pytest.mark.parametrize("name", [b"XOAUTH2", b"OAUTHBEARER"])
def test_a_token_leads_in_and_is_never_a_password(name: bytes) -> None:
    play, heard = asking(b"PLAIN LOGIN " + name, (b"AUTH " + name + b" ", b"235 in"))
    with scripted(play) as there:
        connect(there.port, TOKEN, auth="oauth2")
    said = base64.b64decode(heard[0].split(b" ")[2])
    assert b"auth=Bearer " + TOKEN.encode() + b"\1" in said


def test_a_refused_token_is_acknowledged_and_told() -> None:
    status = encoded(b'{"status":"401","schemes":"bearer"}')
    play, _ = asking(
        b"XOAUTH2",
        (b"AUTH XOAUTH2 ", b"334 " + status),
        (
            b"",
            b"535-5.7.8 Username and Password not accepted. Learn more at\r\n"
            b"535 5.7.8  https://support.example/?p=Bad",
        ),
    )
    with scripted(play) as there, pytest.raises(LoginRefused) as caught:
        connect(there.port, TOKEN, auth="oauth2")
    assert caught.value.line.endswith(
        "535 5.7.8 Username and Password not accepted. Learn more at "
        "https://support.example/?p=Bad"
    )


def test_a_long_token_goes_in_a_line_of_its_own() -> None:
    token = "t" * 3_000
    play, heard = asking(b"XOAUTH2", (b"AUTH XOAUTH2", b"334 "), (b"", b"235 in"))
    with scripted(play) as there:
        connect(there.port, token, auth="oauth2")
    assert heard[0] == b"AUTH XOAUTH2"
    assert token.encode() in base64.b64decode(heard[1])


def test_a_password_that_does_not_serve_for_scram_is_told() -> None:
    play, _ = asking(
        b"SCRAM-SHA-256 PLAIN",
        (b"AUTH SCRAM-SHA-256 ", b"535 5.7.8 no"),
        (b"AUTH PLAIN " + PLAIN, b"235 in"),
    )
    with scripted(play) as there:
        connect(there.port)


def test_a_server_that_hangs_up_after_a_refusal_has_refused() -> None:
    mta = Mta(names=("AUTH SCRAM-SHA-1 PLAIN",))
    mta.say("AUTH", "535 5.7.8 wrong", GONE)
    with scripted(mta.play) as there, pytest.raises(LoginRefused, match="wrong"):
        connect(there.port)


@pytest.mark.parametrize(
    "said",
    [
        "535 5.7.8 Authentication credentials invalid",
        "534 5.7.9 Application-specific password required",
        "530 5.7.0 Must issue a STARTTLS command first",
        "538 5.7.11 Encryption required",
        "504 5.5.4 Unrecognized authentication type",
        "432 4.7.12 A password transition is needed",
        "535 5.7.139 SmtpClientAuthentication is disabled for the Tenant",
    ],
)
def test_a_refusal_is_in_the_words_of_the_server(said: str) -> None:
    with (
        scripted(Mta().say("AUTH", said).play) as there,
        pytest.raises(LoginRefused) as caught,
    ):
        connect(there.port)
    assert caught.value.line == f"{HOST} refused the login of {USER}: {said}"


def test_a_server_that_cannot_look_now_refuses_nobody() -> None:
    mta = Mta().say("AUTH", "454 4.7.0 Too many login attempts")
    with scripted(mta.play) as there, pytest.raises(Refused) as caught:
        connect(there.port)
    assert caught.value.answer.temporary
    assert not isinstance(caught.value, LoginRefused)


def test_a_password_that_a_server_repeats_is_not_shown() -> None:
    mta = Mta().say("AUTH", f"535 not {PASSWORD}")
    with scripted(mta.play) as there, pytest.raises(LoginRefused) as caught:
        connect(there.port)
    assert PASSWORD not in caught.value.line


@pytest.mark.parametrize("challenge", [b"334 !", b"334 \xff"])
def test_a_challenge_that_is_none_ends_it(challenge: bytes) -> None:
    play, _ = asking(b"CRAM-MD5", (b"AUTH", challenge))
    with scripted(play) as there, pytest.raises(ProtocolError):
        connect(there.port)


def test_a_server_that_asks_and_asks_is_left() -> None:
    def play(peer: Peer) -> None:
        peer.say(b"220 ready\r\n")
        peer.line()
        peer.say(b"250-here\r\n250 AUTH XOAUTH2\r\n")
        while peer.line():
            peer.say(b"334 \r\n")

    with scripted(play) as there, pytest.raises(ProtocolError, match="asks and asks"):
        connect(there.port, TOKEN, auth="oauth2")


@pytest.mark.parametrize(
    ("announced", "auth", "said"),
    [
        ("GSSAPI NTLM", "password", "GSSAPI, NTLM"),
        ("PLAIN", "oauth2", 'only PLAIN: auth = "password"'),
        ("XOAUTH2", "password", 'only XOAUTH2: auth = "oauth2"'),
    ],
)
def test_no_way_in_is_said_with_those_that_there_are(
    announced: str, auth: str, said: str
) -> None:
    mta = Mta(names=(f"AUTH {announced}", f"AUTH={announced}"))
    with scripted(mta.play) as there, pytest.raises(LoginRefused) as caught:
        connect(there.port, auth=auth)
    assert said in caught.value.line


def test_a_server_of_this_machine_may_have_no_login() -> None:
    with submission(users=None) as there:
        connect(there.port)
        assert not there.mechanisms


def test_another_server_without_a_login_is_not_what_was_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(smtp, "is_loopback", lambda link: False)
    context: ssl.SSLContext = server_context(tmp_path, HOST)
    with scripted(Mta(names=()).play, tls=context) as there:
        settings = SmtpServer(
            host=HOST,
            port=there.port,
            username=USER,
            ca_file=str(tmp_path / "ca.pem"),
        )
        with pytest.raises(LoginRefused, match="no way to log in"):
            SmtpConnection.connect(settings, Secret(PASSWORD), deadline=5)


def test_a_password_never_goes_to_another_machine_in_the_clear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "is_loopback", lambda link: False)
    mta = Mta()
    with scripted(mta.play) as there, pytest.raises(LoginRefused, match="clear"):
        connect(there.port)
    assert b"AUTH" not in mta.words()


def test_what_only_proves_the_password_may_go_in_the_clear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "is_loopback", lambda link: False)
    play, heard = asking(
        b"PLAIN LOGIN CRAM-MD5",
        (b"AUTH CRAM-MD5", b"334 " + encoded(b"<1.2@here>")),
        (b"", b"235 in"),
    )
    with scripted(play) as there:
        connect(there.port)
    assert PASSWORD.encode() not in base64.b64decode(heard[1])


def test_a_wrong_password_is_refused_by_a_real_server() -> None:
    with submission() as there:
        with pytest.raises(LoginRefused, match="535"):
            connect(there.port, "wrong")
        connect(there.port)
        assert there.mechanisms == ["PLAIN", "PLAIN"]


def test_without_a_secret_nobody_logs_in() -> None:
    mta = Mta()
    with scripted(mta.play) as there:
        SmtpConnection.connect(server(there.port), None, deadline=5).quit()
    assert mta.words() == [b"EHLO", b"QUIT"]


def test_a_server_that_is_going_is_no_refusal() -> None:
    mta = Mta().say("AUTH", "421 4.7.0 try later")
    with scripted(mta.play) as there, pytest.raises(LinkLost):
        connect(there.port)
