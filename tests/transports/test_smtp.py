"""SMTP: what a submission server has is what was sent, to the octet, or nothing."""

import itertools
import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.servers.certificates import server_context
from tests.servers.ports import HOST
from tests.servers.scripted import HungUp, Peer, scripted
from tests.servers.smtp_script import GONE, SILENT, USUAL, Mta
from tests.servers.submission import PASSWORD, USER, submission
from tui_mail.config.secret import Secret
from tui_mail.config.settings import Security, SmtpServer
from tui_mail.model.error import (
    AnswerLost,
    CannotBeSaid,
    CertificateRefused,
    LinkLost,
    LoginRefused,
    NoEncryption,
    ProtocolError,
    ServerHangs,
    StoreFailed,
)
from tui_mail.transports import smtp
from tui_mail.transports.smtp import Answer, Refused, SmtpConnection
from tui_mail.transports.smtp_data import stuffed

MESSAGE = b"Subject: hi\r\n\r\n.hidden\r\n..two\r\n.\r\nend\r\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def context(place: Path) -> ssl.SSLContext:
    return server_context(place, HOST)


Open = Callable[[int], SmtpConnection]


@pytest.fixture
def reach() -> Iterator[Open]:
    """Connect to a scripted server by its port, in the clear, without a login."""
    opened: list[SmtpConnection] = []

    def reach(port: int) -> SmtpConnection:
        opened.append(SmtpConnection.connect(clear(port), None, deadline=5))
        return opened[-1]

    yield reach
    for connection in opened:
        connection.close()


def clear(port: int, *, security: Security = Security.NONE) -> SmtpServer:
    return SmtpServer(host=HOST, port=port, security=security, username=USER)


def nothing() -> None:
    pass


def offer(
    connection: SmtpConnection,
    recipients: Sequence[str] = ("bob@there.example",),
    *,
    size: int = 100,
    eight_bit: bool = False,
    utf8: bool = False,
) -> list[int]:
    answers = connection.offer(
        USER, recipients, size=size, eight_bit=eight_bit, utf8=utf8
    )
    return [answer.code for answer in answers]


def send(connection: SmtpConnection, *pieces: bytes) -> Answer:
    return connection.send(pieces or (MESSAGE,), before_end=nothing)


def go_through(port: int) -> None:
    """Say each command once."""
    connection = SmtpConnection.connect(clear(port), Secret(PASSWORD), deadline=5)
    try:
        connection.reset()
        offer(connection)
        assert send(connection).positive
    finally:
        connection.close()


@pytest.mark.parametrize("security", Security)
def test_a_message_goes_with_its_envelope(
    security: Security, context: ssl.SSLContext, place: Path
) -> None:
    with submission(context, security=security, ca_file=str(place / "ca.pem")) as there:
        connection = SmtpConnection.connect(
            there.server(), Secret(PASSWORD), deadline=10
        )
        assert offer(connection, ["bob@there.example", '"a b"@x.example']) == [250, 250]
        assert str(send(connection)) == "250 2.0.0 taken"
        assert offer(connection, ["eve@there.example"]) == [250]
        assert send(connection).positive
        connection.quit()
    first, second = there.taken
    assert first.octets == second.octets == MESSAGE
    assert (first.sender, first.recipients) == (
        USER,
        ("bob@there.example", '"a b"@x.example'),
    )
    assert second.recipients == ("eve@there.example",)
    assert first.user == USER
    assert first.encrypted is (security is not Security.NONE)
    assert first.client == "[127.0.0.1]"


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_certificate_that_nobody_vouches_for_ends_it(
    security: Security, context: ssl.SSLContext
) -> None:
    with (
        submission(context, security=security) as there,
        pytest.raises(CertificateRefused),
    ):
        SmtpConnection.connect(there.server(), Secret(PASSWORD), deadline=10)
    assert not there.mechanisms


def test_what_is_not_ascii_goes_where_the_server_can(reach: Open) -> None:
    with submission(users=None) as there:
        connection = reach(there.port)
        addresses = ["bärbel@there.example"]
        assert offer(connection, addresses, eight_bit=True, utf8=True) == [250]
        assert send(connection, "Subject: ü\r\n\r\nü\r\n".encode()).positive
    assert there.taken[0].recipients == ("bärbel@there.example",)
    assert there.taken[0].octets == "Subject: ü\r\n\r\nü\r\n".encode()
    assert set(there.taken[0].options) == {"SIZE=100", "BODY=8BITMIME", "SMTPUTF8"}


@pytest.mark.parametrize("seed", range(6))
def test_a_message_arrives_as_it_is_however_it_is_cut(seed: int) -> None:
    chance = random.Random(seed)
    lines = [b"", b".", b"..", b".x", b"x.", b"x" * 900, b". ", b"\xff\xfe"]
    octets = b"\r\n".join(chance.choices(lines, k=60)) + b"\r\n"
    pieces, at = [], 0
    while at < len(octets):
        size = chance.choice((0, 1, 1, 2, 3, 7, 1_000))
        pieces.append(octets[at : at + size])
        at += size
    said = b"".join(stuffed(pieces))
    assert not said.startswith(b".\r\n")
    assert b"\r\n.\r\n" not in said
    undone = [line.removeprefix(b".") for line in said.split(b"\r\n")]
    assert b"\r\n".join(undone) == octets


@pytest.mark.parametrize(
    ("octets", "said"), [(b"", b""), (b"x", b"x\r\n"), (b".", b"..\r\n")]
)
def test_a_last_line_without_an_end_gets_one(octets: bytes, said: bytes) -> None:
    assert b"".join(stuffed([octets])) == said


@pytest.mark.parametrize(
    "pieces",
    [
        (b"a\nb\r\n",),
        (b"a\rb\r\n",),
        (b"a\r", b"b\r\n"),
        (b"a\r\n", b"\n.\r\n"),
        (b"a\r\n\r",),
        (b"a\n.\n",),
        (b"a\r\n.\n",),
        (b"a\0\r\n",),
        (b"a\r", b"\r\n"),
    ],
)
def test_line_ends_that_servers_take_differently_do_not_go(
    pieces: tuple[bytes, ...], reach: Open
) -> None:
    mta = Mta()
    with scripted(mta.play) as server:
        connection = reach(server.port)
        offer(connection)
        with pytest.raises(CannotBeSaid):
            send(connection, b"fine\r\n", *pieces)
        with pytest.raises(LinkLost):
            connection.reset()
    assert not mta.taken


@pytest.mark.parametrize(
    "address",
    [
        "bob@x.example> SIZE=1",
        "bob@x.example\r\nDATA",
        "bob\n@x.example",
        "bob\0@x.example",
        "<bob@x.example>",
        "bob@x.example NOTIFY=NEVER",
        '"bob"\t@x.example',
        '"bob" x"@x.example',
        "bob\u2028@x.example",
        "bob\udc80@x.example",
        "",
    ],
)
def test_an_address_that_would_say_more_is_not_said(address: str, reach: Open) -> None:
    mta = Mta()
    with scripted(mta.play) as server:
        connection = reach(server.port)
        with pytest.raises(CannotBeSaid):
            offer(connection, ["eve@x.example", address])
        connection.quit()
    assert mta.words() == [b"EHLO", b"QUIT"]


def test_a_bounce_has_no_sender(reach: Open) -> None:
    mta = Mta()
    with scripted(mta.play) as server:
        reach(server.port).offer(
            "", ["b@x.example"], size=1, eight_bit=False, utf8=False
        )
    assert b"MAIL FROM:<> SIZE=1" in mta.commands


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_server_that_wants_a_login_says_so(step: str, reach: Open) -> None:
    mta = Mta().say(step, "530 5.7.0 Authentication Required")
    with scripted(mta.play) as server, pytest.raises(LoginRefused, match="a login"):
        offer(reach(server.port))


def test_a_server_that_wants_encryption_says_so(reach: Open) -> None:
    mta = Mta().say("MAIL", "530 5.7.0 Must issue a STARTTLS command first")
    with scripted(mta.play) as server, pytest.raises(NoEncryption):
        offer(reach(server.port))


@pytest.mark.parametrize("names", [USUAL, ("HELP",)])
def test_each_recipient_has_its_answer(names: tuple[str, ...], reach: Open) -> None:
    mta = Mta(names=names)
    mta.say("RCPT", "250 ok", "550 5.1.1 nobody", "450-4.2.1 not\r\n450 4.2.1 now")
    mta.say("RCPT", "251 forwarded", "552 5.2.2 mailbox full", "552 enough of them")
    with scripted(mta.play) as server:
        connection = reach(server.port)
        answers = connection.offer(
            USER,
            [f"{number}@x.example" for number in range(6)],
            size=9,
            eight_bit=False,
            utf8=False,
        )
    assert [str(answer) for answer in answers] == [
        "250 ok",
        "550 5.1.1 nobody",
        "450 4.2.1 not now",
        "251 forwarded",
        "552 5.2.2 mailbox full",
        "452 4.5.3 enough of them",
    ]
    assert [answer.temporary for answer in answers] == [
        *(False, False, True, False, False, True)
    ]
    assert (b"MAIL FROM:<ann@example.org> SIZE=9" in mta.commands) is (names == USUAL)


@pytest.mark.parametrize("names", [USUAL, ("HELP",)])
def test_a_server_that_has_enough_of_refusing_has_refused(
    names: tuple[str, ...], reach: Open
) -> None:
    mta = Mta(names=names).say(
        "RCPT", "250 ok", "550 5.1.1 nobody", "421 too many errors"
    )
    with scripted(mta.play) as server:
        connection = reach(server.port)
        recipients = [f"{number}@x.example" for number in range(50)]
        assert offer(connection, recipients) == [250, 550] + [421] * 48
        with pytest.raises(LinkLost):
            connection.reset()


def test_thousands_of_recipients_go_in_a_few_turns(reach: Open) -> None:
    mta = Mta()
    recipients = [f"{number}@there.example" for number in range(2_000)]
    with scripted(mta.play) as server:
        connection = reach(server.port)
        assert offer(connection, recipients) == [250] * 2_000
        assert send(connection).positive
    assert len(mta.envelopes[0][1]) == 2_000


def test_a_refused_sender_ends_the_offer_and_not_the_connection(reach: Open) -> None:
    mta = Mta().say("MAIL", "550 5.7.1 not yours").say("RCPT", "503 no sender")
    with scripted(mta.play) as server:
        connection = reach(server.port)
        with pytest.raises(Refused) as caught:
            offer(connection)
        assert caught.value.answer.permanent
        assert caught.value.code == "5.7.1"
        assert caught.value.line == f"{HOST}: 550 5.7.1 not yours"
        connection.reset()
        assert offer(connection) == [250]
        assert send(connection).positive
    assert mta.taken == [MESSAGE]


def test_what_the_server_announces_that_it_cannot_is_not_tried(reach: Open) -> None:
    mta = Mta(names=("SIZE 5000000",))
    with scripted(mta.play) as server:
        connection = reach(server.port)
        with pytest.raises(Refused, match=r"larger than the server takes \(5 MB\)"):
            offer(connection, size=5_000_001)
        with pytest.raises(Refused, match="no 8BITMIME") as eight_bit:
            offer(connection, eight_bit=True)
        with pytest.raises(Refused, match="no SMTPUTF8") as utf8:
            offer(connection, ["bärbel@x.example"])
        assert offer(connection, size=5_000_000) == [250]
    assert eight_bit.value.answer.permanent
    assert utf8.value.answer.permanent
    assert mta.words().count(b"MAIL") == 1


@pytest.mark.parametrize("said", ["SIZE", "SIZE 0", "SIZE all", "SIZE=-1"])
def test_a_size_that_is_no_limit_is_none(said: str, reach: Open) -> None:
    with scripted(Mta(names=(said,)).play) as server:
        connection = reach(server.port)
        assert connection.extensions.size is None
        assert offer(connection, size=10**12) == [250]


def test_all_is_sent_but_the_end_before_it_is_noted(reach: Open) -> None:
    seen: list[bytes] = []
    reached = threading.Event()

    def play(peer: Peer) -> None:
        peer.say(b"220 ready\r\n")
        for answer in (b"250 hi", b"250 ok", b"250 ok", b"354 go on"):
            peer.line()
            peer.say(answer + b"\r\n")
        seen.append(peer.octets(len(b"a\r\n..b\r\n")))
        assert peer.is_quiet(0.05)
        reached.set()
        assert peer.line() == b".\r\n"
        peer.say(b"250 taken\r\n")

    def before_end() -> None:
        assert reached.wait(5)

    with scripted(play) as server:
        connection = reach(server.port)
        offer(connection)
        answer = connection.send([b"a\r\n.b\r\n"], before_end=before_end)
    assert answer.positive
    assert seen == [b"a\r\n..b\r\n"]


def test_what_cannot_be_noted_is_not_sent(reach: Open) -> None:
    def before_end() -> None:
        raise StoreFailed("the disk is full")

    mta = Mta()
    with scripted(mta.play) as server:
        connection = reach(server.port)
        offer(connection)
        with pytest.raises(StoreFailed):
            connection.send([MESSAGE], before_end=before_end)
    assert not mta.taken


@pytest.mark.parametrize("said", ["554 5.5.1 nobody wants it", "451 4.3.0 later"])
@pytest.mark.parametrize("step", ["DATA", "END"])
def test_a_refusal_of_the_message_is_an_answer(
    step: str, said: str, reach: Open
) -> None:
    mta = Mta().say(step, said)
    with scripted(mta.play) as server:
        connection = reach(server.port)
        offer(connection)
        assert str(send(connection)) == said
        connection.reset()
        offer(connection)
        assert send(connection).positive
    assert mta.taken == [MESSAGE]


@pytest.mark.parametrize("said", [GONE, "354 more", "what?", "250-and\r\n250-on"])
def test_no_answer_to_the_end_is_doubt(said: str, reach: Open) -> None:
    mta = Mta().say("END", said)
    with scripted(mta.play) as server:
        connection = reach(server.port)
        connection.after_the_end = connection._stream.deadline = 0.3
        offer(connection)
        with pytest.raises(AnswerLost, match="is not known"):
            send(connection)


def test_a_server_that_takes_its_time_over_a_message_has_it(reach: Open) -> None:
    mta = Mta().say("END", SILENT)
    with scripted(mta.play) as server:
        connection = reach(server.port)
        offer(connection)
        connection._stream.deadline = 0.05
        connection.after_the_end = 0.3
        with pytest.raises(AnswerLost, match=r"within 0\.3 s"):
            send(connection)


def test_a_server_that_goes_after_the_end_says_so(reach: Open) -> None:
    mta = Mta().say("END", "421 4.3.2 going down")
    with scripted(mta.play) as server:
        connection = reach(server.port)
        offer(connection)
        assert send(connection).temporary


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_server_that_refuses_early_is_heard_and_gets_no_end(
    encrypted: bool, context: ssl.SSLContext, place: Path
) -> None:
    ended = threading.Event()

    def play(peer: Peer) -> None:
        peer.say(b"220 ready\r\n")
        for answer in (b"250 hi", b"250 ok", b"250 ok", b"354 go on"):
            peer.line()
            peer.say(answer + b"\r\n")
        peer.line()
        peer.say(b"552 5.3.4 that is too much\r\n")
        try:
            while peer.line() != b".\r\n":
                pass
            raise AssertionError("the end came")
        except HungUp:
            ended.set()

    with scripted(play, tls=context if encrypted else None) as there:
        server = SmtpServer(
            host=HOST,
            port=there.port,
            security=Security.TLS if encrypted else Security.NONE,
            username=USER,
            ca_file=str(place / "ca.pem"),
        )
        connection = SmtpConnection.connect(server, None, deadline=5)
        offer(connection)
        endless = itertools.repeat(b"x" * 78 + b"\r\n", 200_000)
        answer = connection.send(endless, before_end=nothing)
        assert str(answer) == "552 5.3.4 that is too much"
        assert ended.wait(5)


def test_a_server_that_left_while_nothing_was_said_is_heard(reach: Open) -> None:
    mta = Mta().say("RSET", "250 ok\r\n421 4.4.2 you said nothing for too long")
    with scripted(mta.play) as server:
        connection = reach(server.port)
        connection.reset()
        with pytest.raises(LinkLost, match="said nothing"):
            offer(connection)
    assert b"MAIL" not in mta.words()


def test_wherever_the_connection_is_cut_it_is_known_or_said_to_be_doubt() -> None:
    mta = Mta(names=())
    rooms = iter(range(200))

    def play(peer: Peer) -> None:
        peer.room = next(rooms)
        mta.play(peer)

    ends: set[str] = set()
    with scripted(play) as server:
        for _ in range(200):
            mta.taken.clear()
            try:
                go_through(server.port)
            except AnswerLost:
                ends.add("doubt")
            except LinkLost:
                ends.add("nothing")
                assert not mta.taken
            else:
                ends.add("taken")
                assert mta.taken == [MESSAGE]
    assert ends == {"nothing", "doubt", "taken"}


def test_a_server_that_takes_a_message_too_slowly_is_left(
    reach: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "_BLOCK", 0.2)
    monkeypatch.setattr(smtp, "SLOWEST", 1_000_000_000)

    def play(peer: Peer) -> None:
        peer.say(b"220 ready\r\n")
        for answer in (b"250 hi", b"250 ok", b"250 ok", b"354 go on"):
            peer.line()
            peer.say(answer + b"\r\n")
        while peer.octets(100_000):
            time.sleep(0.01)

    with scripted(play) as server:
        connection = reach(server.port)
        offer(connection)
        with pytest.raises(ServerHangs, match="too slowly"):
            connection.send(itertools.repeat(b"x" * 998 + b"\r\n"), before_end=nothing)


@pytest.mark.parametrize("said", ["421 4.3.2 going down", GONE])
@pytest.mark.parametrize(
    "step", ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "RSET"]
)
def test_a_server_that_goes_is_to_be_tried_later(step: str, said: str) -> None:
    mta = Mta().say(step, said)
    with scripted(mta.play) as server, pytest.raises(LinkLost) as caught:
        go_through(server.port)
    assert not isinstance(caught.value, AnswerLost)
    assert ("going down" in caught.value.line) is (said != GONE)
    assert not mta.taken


@pytest.mark.parametrize("step", ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    "said", ["HTTP/1.1 400 Bad", "", "25 no", "2500 no", "334 ", "150"]
)
def test_what_is_no_answer_is_called_so(step: str, said: str) -> None:
    mta = Mta().say(step, said).say(step, said)
    with scripted(mta.play) as server, pytest.raises((ProtocolError, LoginRefused)):
        go_through(server.port)
    assert not mta.taken


@pytest.mark.parametrize(
    "flood",
    [b"250-" + b"x" * 70_000, b"250-x\r\n" * 20_000, b"250 " + b"x" * 3_000_000],
)
def test_an_endless_answer_ends(flood: bytes) -> None:
    def play(peer: Peer) -> None:
        peer.say(b"220 ready\r\n")
        peer.line()
        while True:
            peer.say(flood)

    with scripted(play) as server, pytest.raises(ProtocolError):
        SmtpConnection.connect(clear(server.port), None, deadline=5)


def test_a_server_that_dribbles_is_left() -> None:
    def play(peer: Peer) -> None:
        peer.dribble(b"220-" + b"x" * 1_000, 0.02)

    with scripted(play) as server, pytest.raises(ServerHangs):
        SmtpConnection.connect(clear(server.port), None, deadline=0.3)


@pytest.mark.parametrize(
    "said",
    [
        "250-one\r\n250-two\r\n250 three",
        "250-one\r\n250\ttwo",
        "250-one\r\n250",
        "250-one\r\n and\r\n250 three",
        "250-one\n250 two",
        "250- one\r\n250 \xff".encode("latin-1").decode("utf-8", "surrogateescape"),
        "250",
        "550-not\r\n250 or yes",
    ],
)
def test_an_answer_of_odd_lines_is_understood(said: str, reach: Open) -> None:
    mta = Mta().say("MAIL", said)
    with scripted(mta.play) as server:
        assert offer(reach(server.port)) == [250]


def test_an_answer_has_no_control_characters(reach: Open) -> None:
    mta = Mta().say("END", "550 5.7.1 \x1b[31mred\x07 \u202eback")
    with scripted(mta.play) as server:
        connection = reach(server.port)
        offer(connection)
        text = send(connection).text
    assert not set(text) & set("\x1b\x07\u202e")


def test_an_answer_nobody_asked_for_is_not_taken_for_another(reach: Open) -> None:
    mta = Mta(names=()).say("RCPT", "250 ok\r\n354 go on\r\n250 taken")
    with scripted(mta.play) as server:
        connection = reach(server.port)
        offer(connection)
        with pytest.raises(ProtocolError, match="unasked"):
            send(connection)
    assert not mta.taken


def test_a_server_without_ehlo_is_greeted_in_the_old_way(reach: Open) -> None:
    mta = Mta().say("EHLO", "502 5.5.1 what?")
    with scripted(mta.play) as server:
        connection = reach(server.port)
        assert offer(connection) == [250]
        assert send(connection).positive
    assert mta.commands[1:3] == [b"HELO [127.0.0.1]", b"MAIL FROM:<ann@example.org>"]


@pytest.mark.parametrize("step", ["GREETING", "EHLO", "HELO"])
def test_a_server_that_wants_nobody_is_quoted(step: str) -> None:
    mta = Mta().say("EHLO", *(["500 no"] if step == "HELO" else []))
    said = "451 4.7.1 slow down" if step == "EHLO" else "554 5.7.1 not from there"
    with scripted(mta.say(step, said).play) as server, pytest.raises(Refused) as caught:
        SmtpConnection.connect(clear(server.port), None, deadline=5)
    assert str(caught.value.answer) == said


def test_another_thread_ends_what_hangs(reach: Open) -> None:
    mta = Mta().say("END", SILENT)
    with scripted(mta.play) as server:
        connection = reach(server.port)
        offer(connection)
        timer = threading.Timer(0.1, connection.close)

        def before_end() -> None:
            timer.start()

        with pytest.raises(AnswerLost):
            connection.send([MESSAGE], before_end=before_end)
        timer.join()


def test_a_connection_that_was_ended_before_the_end_leaves_no_doubt(
    reach: Open,
) -> None:
    mta = Mta()
    with scripted(mta.play) as server:
        connection = reach(server.port)
        offer(connection)
        with pytest.raises(LinkLost) as caught:
            connection.send([MESSAGE], before_end=connection.close)
    assert not isinstance(caught.value, AnswerLost)
    assert not mta.taken


def test_a_server_that_hangs_at_quit_does_not_hold_us(reach: Open) -> None:
    with scripted(Mta().say("QUIT", GONE).play) as server:
        connection = reach(server.port)
        connection.quit()
        connection.close()


def test_what_was_said_before_the_encryption_counts_for_nothing(
    context: ssl.SSLContext, place: Path
) -> None:
    mta = Mta(names=("SIZE 20000", "AUTH PLAIN"), context=context)
    mta.say("EHLO", "250-here\r\n250-STARTTLS\r\n250-SIZE 10\r\n250 AUTH EXTERNAL")
    with scripted(mta.play) as there:
        server = SmtpServer(
            host=HOST,
            port=there.port,
            security=Security.STARTTLS,
            username=USER,
            ca_file=str(place / "ca.pem"),
        )
        connection = SmtpConnection.connect(server, Secret(PASSWORD), deadline=5)
        assert connection.extensions.size == 20_000
        connection.quit()
    assert mta.words() == [b"EHLO", b"STARTTLS", b"EHLO", b"AUTH", b"QUIT"]


def test_a_server_that_speaks_before_the_encryption_is_left(
    context: ssl.SSLContext,
) -> None:
    mta = Mta().say("STARTTLS", "220 go on\r\n250 injected")
    with scripted(mta.play) as server, pytest.raises(ProtocolError, match="before"):
        SmtpConnection.connect(
            clear(server.port, security=Security.STARTTLS), Secret("x"), deadline=5
        )
    assert b"AUTH" not in mta.words()


@pytest.mark.parametrize("said", ["502 5.5.1 unknown", "554 no", "250 sure"])
def test_a_server_that_does_not_encrypt_gets_no_password(said: str) -> None:
    mta = Mta().say("STARTTLS", said)
    with scripted(mta.play) as server, pytest.raises(NoEncryption, match="STARTTLS"):
        SmtpConnection.connect(
            clear(server.port, security=Security.STARTTLS), Secret("x"), deadline=5
        )
    assert b"AUTH" not in mta.words()


def test_encryption_that_is_not_to_be_had_now_is_to_be_tried_later() -> None:
    mta = Mta().say("STARTTLS", "454 4.7.0 no entropy")
    with scripted(mta.play) as server, pytest.raises(Refused) as caught:
        SmtpConnection.connect(
            clear(server.port, security=Security.STARTTLS), Secret("x"), deadline=5
        )
    assert caught.value.answer.temporary
