import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.servers.certificates import server_context
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.ports import HOST
from tests.servers.scripted import Peer, scripted
from tests.servers.smtp_script import Mta
from tests.servers.submission import submission
from tui_mail.__main__ import main
from tui_mail.config.settings import Security


def examine(
    capsys: pytest.CaptureFixture[str],
    home: Path,
    keys: Mapping[str, object],
    kind: str = "imap",
) -> dict[str, bool]:
    """Examine an account with such a server; how each of its steps went, in order."""
    found = findings(capsys, home, keys, kind)
    return {
        str(one["check"]).removeprefix(f"{kind} "): bool(one["ok"]) for one in found
    }


def findings(
    capsys: pytest.CaptureFixture[str],
    home: Path,
    keys: Mapping[str, object],
    kind: str,
) -> list[dict[str, str | bool]]:
    """Examine it; what was found at each of its steps, in order."""
    lines = (f"{key} = {json.dumps(value)}" for key, value in keys.items())
    path = home / "config.toml"
    path.write_text(
        '[accounts.work]\naddress = "ann@example.org"\npassword_command = "echo sesame"'
        f'\n[accounts.work.{kind}]\nhost = "{HOST}"\n' + "\n".join(lines)
    )
    status = main(["--config", str(path), "doctor", "--json"])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == int(not all(one["ok"] for one in found))
    assert all(one["ok"] or one["remedy"] for one in found)
    return [one for one in found if one["check"].startswith(f"{kind} ")]


def in_words(
    capsys: pytest.CaptureFixture[str],
    home: Path,
    port: int,
    kind: str = "imap",
    more: str = "",
) -> tuple[int, str]:
    """Examine an account with a server in the clear; what is said to a person."""
    path = home / "config.toml"
    path.write_text(
        '[accounts.work]\naddress = "ann@example.org"\npassword_command = "echo sesame"'
        f'\n[accounts.work.{kind}]\nhost = "{HOST}"\nsecurity = "none"\nport = {port}\n'
        + more
    )
    return main(["--config", str(path), "doctor"]), capsys.readouterr().out


def test_every_step_is_named_up_to_the_login_that_was_refused(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def play(peer: Peer) -> None:
        peer.say(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        peer.expect(b"LOGIN")
        peer.done(b"NO [AUTHENTICATIONFAILED] no")
        peer.serve()

    with scripted(play) as server:
        steps = examine(capsys, home, {"port": server.port, "security": "none"})
    assert list(steps) == ["name lookup", "TCP", "TLS", "greeting", "login"]
    assert [step for step, well in steps.items() if not well] == ["login"]


def test_a_server_that_speaks_no_tls_fails_at_that_step(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def play(peer: Peer) -> None:
        peer.say(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        peer.serve()

    with scripted(play) as server:
        port = {"port": server.port}
        for security in ("tls", "starttls"):
            steps = examine(capsys, home, {**port, "security": security})
            assert steps == {"name lookup": True, "TCP": True, "TLS": False}


def test_a_certificate_that_nobody_vouches_for_fails_at_its_step(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def play(peer: Peer) -> None:
        peer.greet()
        peer.serve()

    with scripted(play, tls=server_context(home, HOST)) as server:
        port = {"port": server.port}
        assert not examine(capsys, home, port)["TLS"]
        steps = examine(capsys, home, {**port, "ca_file": "ca.pem"})
    assert all(steps.values())
    assert list(steps)[-2:] == ["capabilities", "extensions"]


@pytest.mark.parametrize(
    ("name", "expired", "word"),
    [(HOST, True, "renew"), ("other.example", False, "host"), ("", False, "ca_file")],
)
def test_what_helps_a_certificate_that_does_not_hold_is_said(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    *,
    expired: bool,
    word: str,
) -> None:
    context = server_context(home, name or HOST, expired=expired)
    keys = {"ca_file": "ca.pem"} if name else {}
    with submission(context, security=Security.TLS) as server:
        *_, failed = findings(capsys, home, {"port": server.port, **keys}, "smtp")
    assert failed["check"] == "smtp TLS"
    assert word in str(failed["remedy"])


def test_behind_tls_only_the_greeting_fails_where_it_is_none(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def play(peer: Peer) -> None:
        peer.say(b"SSH-2.0-OpenSSH\r\n")
        peer.hang()

    with scripted(play, tls=server_context(home, HOST)) as server:
        keys = {"port": server.port, "ca_file": "ca.pem"}
        steps = examine(capsys, home, keys)
    assert (steps["TLS"], steps["greeting"]) == (True, False)


@pytest.mark.parametrize(("used", "status"), [(95, 0), (100, 1)])
def test_what_a_server_can_do_and_how_much_room_there_is_are_said(
    home: Path, capsys: pytest.CaptureFixture[str], used: int, status: int
) -> None:
    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 NAMESPACE QUOTA UIDPLUS")
        peer.answer(b"NAMESPACE", b'NAMESPACE (("" "/")) NIL (("#sh\x1b[2J/" "/"))')
        peer.answer(b"GETQUOTAROOT", b'QUOTA "" (STORAGE %d 100)' % used)
        peer.serve()

    with scripted(play) as server:
        found, said = in_words(capsys, home, server.port)
    assert found == status
    assert "imap extensions: 3 of" in said
    assert "not offered: QRESYNC" in said
    assert "imap namespaces: personal at the top, shared #sh␛[2J/" in said
    assert f"({used} %) - delete for ever what is not needed" in said
    assert "\x1b" not in said


def test_a_link_that_breaks_after_the_login_fails_at_its_step(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 NAMESPACE")
        peer.expect(b"NAMESPACE")

    with scripted(play) as server:
        steps = examine(capsys, home, {"port": server.port, "security": "none"})
    assert [step for step, well in steps.items() if not well] == ["namespaces"]


@pytest.mark.dovecot
def test_a_pop3_server_is_checked_up_to_its_mailbox_and_said_what_goes_from_it(
    home: Path, capsys: pytest.CaptureFixture[str], dovecot: Dovecot
) -> None:
    user = dovecot.fresh_user()
    dovecot.fill(user, [b"Subject: one\r\n\r\n1\r\n", b"Subject: two\r\n\r\n2\r\n"])
    _, port = dovecot.pop3(user)
    more = f'username = "{user}"\npassword_command = "echo {PASSWORD}"\n'
    more += 'delete_after = "30 days"\n'
    status, said = in_words(capsys, home, port, "pop3", more)
    assert status == 0, said
    for line in (
        "pop3 greeting: a POP3 server",
        f"pop3 login: {user}",
        "pop3 extensions: 3 of 3 announced",
        "pop3 mailbox: 2 messages, ",
        "pop3 delete_after: 30 days: mail goes from the server 30 days after it came",
    ):
        assert line in said
    assert "without UIDL" not in said


def test_what_a_pop3_server_lacks_is_said_with_what_follows(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def play(peer: Peer) -> None:
        peer.say(b"+OK ready\r\n")
        while line := peer.line():
            if line.startswith((b"USER", b"PASS", b"QUIT")):
                peer.say(b"+OK\r\n")
            elif line.startswith(b"LIST"):
                peer.say(b"+OK\r\n1 120\r\n.\r\n")
            else:
                peer.say(b"-ERR what\r\n")

    with scripted(play) as server:
        status, said = in_words(capsys, home, server.port, "pop3")
    assert status == 0, said
    assert "none: the server does not know CAPA" in said
    assert "UIDL (all of it is fetched each time, to see what is new)" in said
    assert "1 message, 120 octets; without UIDL" in said
    assert "never: mail stays on the server" in said


def test_a_pop3_mailbox_that_is_in_use_is_no_refused_login(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def play(peer: Peer) -> None:
        peer.say(b"+OK ready\r\n")
        while line := peer.line():
            ok = line.startswith(b"USER")
            peer.say(b"+OK\r\n" if ok else b"-ERR [IN-USE] it is locked\r\n")

    with scripted(play) as server:
        keys = {"port": server.port, "security": "none"}
        steps = examine(capsys, home, keys, "pop3")
    assert list(steps) == ["name lookup", "TCP", "TLS", "greeting", "mailbox"]
    assert not steps["mailbox"]


def test_a_mirror_that_is_no_maildir_is_said_before_mail_is_to_go_there(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def play(peer: Peer) -> None:
        peer.say(b"+OK ready\r\n")
        while line := peer.line():
            listing = line.startswith((b"LIST", b"UIDL", b"CAPA"))
            peer.say(b"+OK\r\n.\r\n" if listing else b"+OK\r\n")

    (home / "docs").mkdir()
    (home / "docs" / "letter.txt").touch()
    with scripted(play) as server:
        keys = {"port": server.port, "security": "none"}
        for place, well in (("docs", False), ("new/mail", True)):
            mirror = {"mirror": str(home / place)}
            steps = examine(capsys, home, {**keys, **mirror}, "pop3")
            assert steps["mirror"] is well


def test_a_submission_server_is_examined_to_its_capabilities(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = server_context(home, HOST)
    users = {"ann@example.org": "sesame"}
    for security in (Security.TLS, Security.STARTTLS, Security.NONE):
        with submission(context, security=security, users=users) as server:
            keys = {"security": security.value, "ca_file": str(home / "ca.pem")}
            steps = examine(capsys, home, {"port": server.port, **keys}, "smtp")
        assert list(steps) == [
            *("name lookup", "TCP", "TLS", "greeting", "login", "capabilities"),
            *("extensions", "size"),
        ]
        assert all(steps.values())
        assert server.mechanisms == ["PLAIN"]


@pytest.mark.parametrize(
    ("step", "said", "failed"),
    [
        ("GREETING", "554 5.7.1 not from there", "greeting"),
        ("GREETING", "* OK IMAP4rev1", "greeting"),
        ("EHLO", "421 4.3.2 later", "greeting"),
        ("AUTH", "535 5.7.8 wrong", "login"),
        ("AUTH", "454 4.7.0 not now", "login"),
        ("AUTH", "what?", "login"),
    ],
)
def test_the_step_at_which_a_submission_server_refuses_is_named(
    step: str,
    said: str,
    failed: str,
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # The connection that is tried first is greeted too.
    with scripted(Mta().say(step, said, said).play) as server:
        keys = {"port": server.port, "security": "none"}
        steps = examine(capsys, home, keys, "smtp")
    assert [step for step, well in steps.items() if not well] == [failed]


def test_what_a_submission_server_cannot_is_told_with_what_follows(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(Mta(names=("8BITMIME",)).play) as server:
        status, said = in_words(capsys, home, server.port, "smtp")
    assert status == 0
    assert "smtp login: none" in said
    assert "addresses have to be ASCII" in said
