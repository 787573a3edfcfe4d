"""POP3: what is fetched is what was sent, to the octet, whatever the server is like."""

import base64
import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from tests.servers.dovecot import PASSWORD, Dovecot, Options
from tests.servers.ports import HOST
from tests.servers.scripted import Peer, Play, scripted
from tui_mail.config.secret import Secret
from tui_mail.config.settings import PopServer, Security
from tui_mail.model.error import (
    LinkLost,
    LoginRefused,
    MailError,
    NoEncryption,
    ProtocolError,
    ServerHangs,
    ServerRefused,
)
from tui_mail.transports.pop3 import PopConnection, PopListed
from tui_mail.transports.pop3_wire import Wire
from tui_mail.transports.stream import Stream

SECRET = "canary-secret"
USUAL = ("USER", "UIDL", "TOP", "PIPELINING")


def settings(
    port: int, *, security: Security = Security.NONE, auth: str = "password"
) -> PopServer:
    return PopServer(host=HOST, port=port, security=security, username="ann", auth=auth)


def connect(
    port: int, *, word: str = SECRET, auth: str = "password", deadline: float = 5.0
) -> PopConnection:
    server = settings(port, auth=auth)
    return PopConnection.connect(server, Secret(word), deadline=deadline)


def ask(peer: Peer, start: bytes = b"") -> bytes:
    line = peer.line().removesuffix(b"\r\n")
    assert line.upper().startswith(start), f"{line!r}, not {start!r}"
    return line


def announce(peer: Peer, names: tuple[str, ...] = USUAL) -> None:
    ask(peer, b"CAPA")
    lines = "".join(f"{name}\r\n" for name in names)
    peer.say(f"+OK\r\n{lines}.\r\n".encode())


def let_in(peer: Peer, names: tuple[str, ...] = USUAL) -> None:
    """Greet, and take USER and PASS."""
    peer.say(b"+OK hello\r\n")
    announce(peer, names)
    ask(peer, b"USER")
    peer.say(b"+OK\r\n")
    ask(peer, b"PASS")
    peer.say(b"+OK in\r\n")
    announce(peer, names)


def give(connection: PopConnection, numbers: list[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for piece in connection.retrieve(numbers):
        assert not piece.refused, piece
        found[piece.number] = found.get(piece.number, b"") + piece.octets
    return found


def stuffed(octets: bytes) -> bytes:
    lines = octets.split(b"\r\n")
    return b"\r\n".join(b"." + one if one.startswith(b".") else one for one in lines)


def trickle(octets: bytes, chance: random.Random) -> Play:
    """Say a text in pieces of random lengths, and hang up."""

    def play(peer: Peer) -> None:
        at = 0
        while at < len(octets):
            size = chance.choice((1, 1, 2, 3, 7, 1_000))
            peer.say(octets[at : at + size])
            at += size
            time.sleep(0.0005)

    return play


@contextmanager
def greeted(play: Play) -> Iterator[Wire]:
    with scripted(play) as server:
        stream = Stream.dial(HOST, server.port, deadline=5)
        with closing(stream):
            wire = Wire(stream)
            wire.greeting()
            yield wire


MESSAGES = [
    b"",
    b"\r\n",
    b".\r\n",
    b"..\r\n.\r\n...\r\n",
    b"a: b\r\n\r\n.hidden\r\n..two\r\n. \r\n",
    b"bare lf\n.\nand more\n.\r\n",
    b"bare cr\r.\r.\r\n",
    b"nul \0 octets \x00\r\n\xff\xfe\r\n",
    b"x" * 10_000 + b"\r\n." + b"y" * 10_000 + b"\r\n",
    b"\r\n\r\n\r\n.\r\n\r\n",
]


@pytest.mark.parametrize("seed", range(4))
def test_a_text_arrives_as_it_is_however_the_network_cuts_it(seed: int) -> None:
    chance = random.Random(seed)
    said = b"".join(stuffed(one) + b".\r\n" for one in MESSAGES)
    with greeted(trickle(b"+OK\r\n" + said, chance)) as wire:
        assert [b"".join(wire.text()) for _ in MESSAGES] == MESSAGES


def test_a_server_that_ends_its_lines_with_a_bare_lf_is_understood() -> None:
    said = b"+OK\na: b\n\n..dot\nend\n.\n+OK then\n"
    with greeted(trickle(said, random.Random(1))) as wire:
        assert b"".join(wire.text()) == b"a: b\n\n.dot\nend\n"
        assert wire.answer().ok


def test_a_line_of_any_length_is_given_in_pieces() -> None:
    many = 40_000_000

    def play(peer: Peer) -> None:
        let_in(peer)
        ask(peer, b"RETR 1")
        peer.say(b"+OK\r\n")
        for _ in range(many // 1_000_000):
            peer.say(b"x" * 1_000_000)
        peer.say(b"\r\n.\r\n")
        ask(peer, b"QUIT")
        peer.say(b"+OK\r\n")

    with scripted(play) as server, closing(connect(server.port)) as connection:
        sizes = [len(piece.octets) for piece in connection.retrieve([1])]
        assert sum(sizes) == many + 2
        assert max(sizes) < 1_000_000
        assert connection.quit()


def test_several_messages_are_asked_for_before_the_first_has_come() -> None:
    def play(peer: Peer) -> None:
        let_in(peer)
        asked = [ask(peer, b"RETR") for _ in range(3)]
        assert asked == [b"RETR 3", b"RETR 1", b"RETR 2"]
        peer.say(b"+OK\r\nthree\r\n.\r\n-ERR gone\r\n+OK\r\ntwo\r\n.\r\n")
        peer.hang()

    with scripted(play) as server, closing(connect(server.port)) as connection:
        pieces = list(connection.retrieve([3, 1, 2]))
    assert [one.number for one in pieces if one.last] == [3, 1, 2]
    [refused] = [one for one in pieces if one.refused]
    assert (refused.number, refused.refused) == (1, "gone")
    assert b"".join(one.octets for one in pieces if one.number == 2) == b"two\r\n"


def test_without_pipelining_one_is_asked_for_at_a_time() -> None:
    def play(peer: Peer) -> None:
        let_in(peer, ("USER", "UIDL"))
        for number in (1, 2):
            assert ask(peer) == b"RETR %d" % number
            assert peer.is_quiet(0.05)
            peer.say(b"+OK\r\n%d\r\n.\r\n" % number)
        peer.hang()

    with scripted(play) as server, closing(connect(server.port)) as connection:
        assert give(connection, [1, 2]) == {1: b"1\r\n", 2: b"2\r\n"}


def test_who_stops_in_the_middle_of_a_message_has_no_connection_any_more() -> None:
    def play(peer: Peer) -> None:
        let_in(peer)
        ask(peer, b"RETR 1")
        peer.say(b"+OK\r\nhalf of it\r\n")
        peer.hang()

    with scripted(play) as server, closing(connect(server.port)) as connection:
        pieces = connection.retrieve([1])
        next(pieces)
        pieces.close()
        with pytest.raises(LinkLost):
            connection.delete([1])


def listing(peer: Peer, sizes: str, identities: str) -> None:
    ask(peer, b"LIST")
    peer.say(f"+OK\r\n{sizes}.\r\n".encode())
    ask(peer, b"UIDL")
    peer.say(identities.encode())


def test_messages_are_listed_with_sizes_and_identities() -> None:
    def play(peer: Peer) -> None:
        let_in(peer)
        listing(peer, "1 120\r\n2 9 extra\r\n", "+OK\r\n1 abc\r\n2 .x~\r\n.\r\n")
        peer.hang()

    with scripted(play) as server, closing(connect(server.port)) as connection:
        found = connection.list_messages()
    assert found.messages == (PopListed(1, 120, b"abc"), PopListed(2, 9, b".x~"))
    assert not found.trouble


def test_a_server_without_uidl_lists_messages_without_identities() -> None:
    def play(peer: Peer) -> None:
        let_in(peer, ())
        listing(peer, "1 120\r\n", "-ERR what?\r\n")
        peer.hang()

    with scripted(play) as server, closing(connect(server.port)) as connection:
        found = connection.list_messages()
    assert found.messages == (PopListed(1, 120, None),)
    assert not found.trouble


def test_a_uidl_that_is_empty_or_of_two_messages_identifies_nothing() -> None:
    def play(peer: Peer) -> None:
        let_in(peer)
        sizes = "".join(f"{number} 1\r\n" for number in range(1, 6))
        listing(peer, sizes, "+OK\r\n1 same\r\n2 same\r\n3 own\r\n4 \r\n9 x\r\n.\r\n")
        peer.hang()

    with scripted(play) as server, closing(connect(server.port)) as connection:
        found = connection.list_messages()
    assert [one.uidl for one in found.messages] == [None, None, b"own", None, None]
    assert "4 messages" in found.trouble


@pytest.mark.parametrize("line", ["x 1", "-1 5", "1 x", "1", "9" * 30 + " 1"])
def test_a_list_without_numbers_is_refused(line: str) -> None:
    def play(peer: Peer) -> None:
        let_in(peer)
        ask(peer, b"LIST")
        peer.say(f"+OK\r\n{line}\r\n.\r\n".encode())
        peer.hang()

    with (
        scripted(play) as server,
        closing(connect(server.port)) as connection,
        pytest.raises(ProtocolError),
    ):
        connection.list_messages()


def test_what_went_counts_only_where_quit_was_answered() -> None:
    def play(peer: Peer) -> None:
        let_in(peer)
        for said in (b"+OK", b"-ERR no such message"):
            ask(peer, b"DELE")
            peer.say(said + b"\r\n")
        ask(peer, b"QUIT")
        peer.say(b"-ERR some were not removed\r\n")

    with scripted(play) as server:
        connection = connect(server.port)
        assert connection.delete([1, 2]) == {2: "no such message"}
        assert not connection.quit()


def test_a_link_that_breaks_at_quit_is_no_yes() -> None:
    def play(peer: Peer) -> None:
        let_in(peer)
        ask(peer, b"QUIT")

    with scripted(play) as server:
        assert not connect(server.port).quit()


# Logging in.


def login_says(said: bytes) -> Play:
    def play(peer: Peer) -> None:
        peer.say(b"+OK\r\n")
        announce(peer)
        ask(peer, b"USER")
        peer.say(b"+OK\r\n")
        ask(peer, b"PASS")
        peer.say(said + b"\r\n")
        with suppress(Exception):
            peer.hang()

    return play


@pytest.mark.parametrize(
    "said",
    [
        b"-ERR [IN-USE] Do you have another session?",
        b"-ERR [LOGIN-DELAY] minimum time between mail checks violation",
        b"-ERR [SYS/TEMP] storage",
        b"-ERR maildrop already locked",
        b"-ERR unable to lock maildrop",
        b"-ERR mailbox in use, please try later",
    ],
)
def test_a_mailbox_that_is_busy_is_no_wrong_password(said: bytes) -> None:
    with scripted(login_says(said)) as server:
        with pytest.raises(ServerRefused) as caught:
            connect(server.port)
        assert caught.value.code


@pytest.mark.parametrize("said", [b"-ERR [AUTH] invalid", b"-ERR no", b"-ERR"])
def test_a_refused_login_asks_for_another_password(said: bytes) -> None:
    with scripted(login_says(said)) as server, pytest.raises(LoginRefused):
        connect(server.port)


def test_a_server_that_repeats_the_secret_is_not_quoted_with_it() -> None:
    with scripted(login_says(b"-ERR wrong: " + SECRET.encode())) as server:
        with pytest.raises(LoginRefused) as caught:
            connect(server.port)
        assert SECRET not in str(caught.value)


def test_a_password_that_would_end_the_line_is_not_sent() -> None:
    with scripted(login_says(b"+OK")) as server, pytest.raises(LoginRefused):
        connect(server.port, word="one\r\nDELE 1")


def test_apop_proves_the_password_and_does_not_tell_it() -> None:
    stamp = b"<1896.697170952@dbc.mtview.ca.us>"

    def play(peer: Peer) -> None:
        peer.say(b"+OK POP3 server ready " + stamp + b"\r\n")
        announce(peer)
        line = ask(peer, b"APOP ANN ")
        digest = hashlib.md5(stamp + SECRET.encode()).hexdigest()
        assert line.split()[2].decode() == digest
        peer.say(b"+OK\r\n")
        announce(peer)
        peer.hang()

    with scripted(play) as server:
        connect(server.port).close()


def test_where_apop_is_refused_the_password_is_tried_once() -> None:
    def play(peer: Peer) -> None:
        peer.say(b"+OK <1@x>\r\n")
        announce(peer)
        ask(peer, b"APOP")
        peer.say(b"-ERR not for you\r\n")
        ask(peer, b"USER")
        peer.say(b"+OK\r\n")
        ask(peer, b"PASS")
        peer.say(b"+OK\r\n")
        announce(peer)
        peer.hang()

    with scripted(play) as server:
        connect(server.port).close()


PLAIN_PASSWORDS = (
    "passdb {\n  driver = passwd-file\n"
    "  args = scheme=PLAIN username_format=%u FOLDER/plain\n}\n"
)


@pytest.mark.dovecot
@pytest.mark.parametrize(
    ("mechanisms", "taken"),
    [
        ("plain login apop cram-md5 scram-sha-1 scram-sha-256", "SCRAM-SHA-256"),
        ("plain scram-sha-1", "SCRAM-SHA-1"),
        ("apop", "APOP"),
        ("plain login", "PLAIN"),
        ("login", "LOGIN"),
        ("cram-md5", "CRAM-MD5"),
    ],
)
def test_dovecot_lets_us_in_by_the_best_way_it_has(
    dovecots: Callable[[Options], Dovecot], mechanisms: str, taken: str
) -> None:
    files = (("plain", f"ann:{{PLAIN}}{PASSWORD}\n"),)
    server = dovecots(
        Options(mechanisms=mechanisms, extra=PLAIN_PASSWORDS, files=files)
    )
    connect(server.ports["pop3"], word=PASSWORD).quit()
    log = (server.folder / "dovecot.log").read_text()
    assert f"user=<ann>, method={taken}," in log
    with pytest.raises(LoginRefused) as caught:
        connect(server.ports["pop3"], word="wrong")
    said = "Unsupported" if taken == "CRAM-MD5" else "Authentication failed"
    assert said in str(caught.value)


def test_a_server_without_capa_is_asked_for_name_and_password() -> None:
    def play(peer: Peer) -> None:
        peer.say(b"+OK\r\n")
        ask(peer, b"CAPA")
        peer.say(b"-ERR\r\n")
        ask(peer, b"USER")
        peer.say(b"+OK\r\n")
        ask(peer, b"PASS")
        peer.say(b"+OK\r\n")
        ask(peer, b"CAPA")
        peer.say(b"-ERR\r\n")
        peer.hang()

    with scripted(play) as server, closing(connect(server.port)) as connection:
        assert connection.capabilities == frozenset()


def test_a_token_goes_by_its_own_mechanism_also_where_it_is_long() -> None:
    token = "t" * 400

    def play(peer: Peer) -> None:
        peer.say(b"+OK\r\n")
        announce(peer, ("SASL PLAIN XOAUTH2", "USER"))
        assert ask(peer) == b"AUTH XOAUTH2"
        peer.say(b"+ \r\n")
        said = base64.b64decode(ask(peer)).decode()
        assert said == f"user=ann\1auth=Bearer {token}\1\1"
        peer.say(b"+OK\r\n")
        announce(peer)
        peer.hang()

    with scripted(play) as server:
        connect(server.port, word=token, auth="oauth2").close()


def test_without_stls_nothing_is_told_in_the_clear() -> None:
    heard: list[bytes] = []

    def play(peer: Peer) -> None:
        peer.say(b"+OK\r\n")
        announce(peer)
        heard.append(ask(peer, b"STLS"))
        peer.say(b"-ERR\r\n")
        with suppress(Exception):
            heard.append(peer.line())

    with scripted(play) as server, pytest.raises(NoEncryption):
        PopConnection.connect(
            settings(server.port, security=Security.STARTTLS),
            Secret(SECRET),
            deadline=5,
        )
    assert heard == [b"STLS"]


def test_what_is_said_before_the_encryption_is_not_taken_for_what_comes_after() -> None:
    def play(peer: Peer) -> None:
        peer.say(b"+OK\r\n")
        announce(peer)
        ask(peer, b"STLS")
        peer.say(b"+OK\r\n+OK injected\r\n")
        with suppress(Exception):
            peer.hang()

    with scripted(play) as server, pytest.raises(ProtocolError):
        PopConnection.connect(
            settings(server.port, security=Security.STARTTLS),
            Secret(SECRET),
            deadline=5,
        )


# Trouble.


def hangs_at(step: int) -> Play:
    """Play the usual session, but hang before its answer number ``step``."""

    def play(peer: Peer) -> None:
        said = iter(
            [
                b"+OK\r\n",
                b"+OK\r\nUSER\r\nUIDL\r\n.\r\n",
                b"+OK\r\n",
                b"+OK\r\n",
                b"+OK\r\nUSER\r\nUIDL\r\n.\r\n",
                b"+OK\r\n1 5\r\n.\r\n",
                b"+OK\r\n1 a\r\n.\r\n",
                b"+OK\r\nhello\r\n.\r\n",
                b"+OK\r\n",
            ]
        )
        for number, answer in enumerate(said):
            if number:
                peer.line()
            if number == step:
                peer.hang()
            peer.say(answer)
        peer.hang()

    return play


def do_everything(port: int) -> None:
    with closing(connect(port, deadline=0.3)) as connection:
        connection.list_messages()
        give(connection, [1])
        connection.delete([1])


@pytest.mark.parametrize("step", range(9))
def test_a_hang_at_each_command_ends_with_the_deadline(step: int) -> None:
    with scripted(hangs_at(step)) as server, pytest.raises(ServerHangs):
        do_everything(server.port)


def test_another_thread_ends_a_connection_that_waits() -> None:
    waits = threading.Event()

    def play(peer: Peer) -> None:
        let_in(peer)
        ask(peer, b"LIST")
        waits.set()
        peer.hang()

    with scripted(play) as server, closing(connect(server.port)) as connection:

        def end() -> None:
            waits.wait(5)
            connection.close()

        thread = threading.Thread(target=end)
        thread.start()
        with pytest.raises(LinkLost):
            connection.list_messages()
        thread.join()


@pytest.mark.parametrize(
    "said",
    [b"HTTP/1.1 200 OK\r\n", b"* OK IMAP4rev1\r\n", b"\0" * 20_000, b"220 x\r\n"],
)
def test_another_protocol_is_no_pop3(said: bytes) -> None:
    def play(peer: Peer) -> None:
        peer.say(said)
        with suppress(Exception):
            peer.hang()

    with scripted(play) as server, pytest.raises(MailError):
        connect(server.port)


# Dovecot.

LETTER = b"From: ann@example.org\r\nSubject: hi\r\n\r\n.dot\r\n..\r\n.\r\nend\r\n"


def at_dovecot(
    dovecot: Dovecot, user: str, *, security: Security = Security.NONE
) -> PopConnection:
    name = "pop3s" if security is Security.TLS else "pop3"
    server = PopServer(
        host=HOST,
        port=dovecot.ports[name],
        security=security,
        username=user,
        ca_file=str(dovecot.ca_file),
    )
    return PopConnection.connect(server, Secret(PASSWORD), deadline=10)


@pytest.fixture
def filled(dovecot: Dovecot) -> Callable[[Security], PopConnection]:
    user = dovecot.fresh_user()
    dovecot.fill(user, [LETTER + b"%d\r\n" % number for number in range(1, 41)])
    return lambda security: at_dovecot(dovecot, user, security=security)


@pytest.mark.dovecot
@pytest.mark.parametrize("security", list(Security))
def test_dovecot_gives_all_its_messages_and_lets_them_go(
    filled: Callable[[Security], PopConnection], security: Security
) -> None:
    with closing(filled(security)) as connection:
        listed = connection.list_messages().messages
        assert len({one.uidl for one in listed}) == 40
        numbers = [one.number for one in reversed(listed)]
        found = give(connection, numbers)
        assert found == {n: LETTER + b"%d\r\n" % n for n in range(1, 41)}
        assert [one.size for one in listed] == [len(found[n]) for n in range(1, 41)]
        assert connection.delete(numbers[:39]) == {}
        assert connection.quit()
    with closing(filled(security)) as connection:
        [left] = connection.list_messages().messages
        assert left.uidl == listed[0].uidl
        assert connection.quit()


@pytest.mark.dovecot
def test_what_was_to_go_stays_where_the_link_breaks_before_quit(
    filled: Callable[[Security], PopConnection],
) -> None:
    with closing(filled(Security.NONE)) as connection:
        assert connection.delete(list(range(1, 41))) == {}
    with closing(filled(Security.NONE)) as connection:
        assert len(connection.list_messages().messages) == 40
        assert connection.quit()
