"""Dovecot's submission server: all ways to log in, and a message that arrives whole."""

from collections.abc import Iterator

import pytest

from tests.servers import dovecot
from tests.servers.dovecot import PASSWORD, TOKENS, Dovecot, Options
from tests.servers.submission import Submission, submission
from tui_mail.config.secret import Secret
from tui_mail.config.settings import Security
from tui_mail.model.error import LoginRefused
from tui_mail.transports.smtp import SmtpConnection
from tui_mail.transports.smtp_extensions import Extensions

pytestmark = [
    pytest.mark.dovecot,
    pytest.mark.skipif(
        not dovecot.submits(), reason="Dovecot's submission server is not installed"
    ),
]

ANN = "ann@example.org"
MESSAGE = b"Subject: hi\r\n\r\n.\r\n..hidden\r\n\xc3\xbc\r\n"


@pytest.fixture(scope="module")
def sink() -> Iterator[Submission]:
    with submission(users=None) as sink:
        yield sink


@pytest.fixture(scope="module")
def relay(sink: Submission) -> Iterator[Dovecot]:
    options = Options(
        mechanisms="plain login cram-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer",
        extra=TOKENS.extra,
        files=TOKENS.files,
        relay_port=sink.port,
    )
    with dovecot.running(options) as running:
        yield running


@pytest.mark.parametrize("security", Security)
def test_a_message_goes_through_a_real_server(
    security: Security, relay: Dovecot, sink: Submission
) -> None:
    server = relay.smtp(ANN, security=security)
    connection = SmtpConnection.connect(server, Secret(PASSWORD), deadline=10)
    assert connection.extensions.pipelining
    recipients = [f"{security.value}@{n}.example" for n in range(40)]
    answers = connection.offer(
        ANN, recipients, size=len(MESSAGE), eight_bit=True, utf8=False
    )
    assert all(answer.positive for answer in answers)
    assert connection.send([MESSAGE], before_end=lambda: None).positive
    connection.quit()
    # It puts a Received field on top.
    assert sink.taken[-1].octets.endswith(MESSAGE)
    assert sink.taken[-1].recipients == tuple(recipients)


@pytest.mark.parametrize(
    "way",
    [
        *("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"),
        *("XOAUTH2", "OAUTHBEARER"),
    ],
)
def test_each_way_leads_in_or_is_refused(way: str, relay: Dovecot) -> None:
    by_token = way in ("XOAUTH2", "OAUTHBEARER")
    server = relay.smtp(
        ANN, security=Security.TLS, auth="oauth2" if by_token else "password"
    )
    right = dovecot.token(ANN) if by_token else PASSWORD
    wrong = dovecot.token(ANN, lasts=-60) if by_token else "wrong"
    for word in (wrong, right):
        connection = SmtpConnection.connect(server, None, deadline=10)
        assert way in connection.extensions.ways
        connection.extensions = Extensions(ways=frozenset({way}))
        if word is right:
            connection.log_in(Secret(word))
        else:
            with pytest.raises(LoginRefused, match="535"):
                connection.log_in(Secret(word))
        connection.quit()
