"""What becomes of a message, whatever the submission server says and when."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.servers.scripted import scripted
from tests.servers.smtp_script import GONE, Mta
from tests.sync.sending import LocalDesk, now, octets_in, outgoing, put, row, states
from tui_mail.config.places import Places
from tui_mail.model.ids import SubmissionId
from tui_mail.model.outgoing import SubmissionState
from tui_mail.store.database import Transaction
from tui_mail.store.outbox import keep, mark_sending, retry
from tui_mail.sync import submitting
from tui_mail.sync.outbox_once import send_once

TO = "ann@there.example"


@pytest.fixture
def mta() -> Mta:
    return Mta()


@pytest.fixture
def desk(mta: Mta, places: Places) -> Iterator[LocalDesk]:
    places.data.mkdir(parents=True)
    with scripted(mta.play) as server:
        desk = LocalDesk(places, server.port)
        yield desk
        desk.close()


def test_a_message_is_sent_and_filed_with_its_blind_copies(
    desk: LocalDesk, mta: Mta
) -> None:
    message = outgoing("Budget", TO, blind="eve@there.example")
    put(desk, message)
    receipt = desk.sync()
    assert (str(receipt), receipt.whole) == ("1 sent", True)
    assert mta.taken == [message.octets]
    assert mta.envelopes[0][1] == (
        b"RCPT TO:<ann@there.example>",
        b"RCPT TO:<eve@there.example>",
    )
    assert octets_in(desk) == [message.blind + message.octets]
    assert desk.here("Sent") == {"Budget": frozenset({"\\Seen"})}
    assert states(desk) == []


def test_a_server_of_seven_bits_gets_the_message_encoded(
    desk: LocalDesk, mta: Mta
) -> None:
    mta.names = tuple(name for name in mta.names if name != "8BITMIME")
    message = outgoing("Budget", TO, text="Grüße")
    assert message.is_eight_bit
    put(desk, message)
    assert str(desk.sync()) == "1 sent"
    assert mta.taken[0].isascii()
    assert b"Content-Transfer-Encoding: quoted-printable\r\n" in mta.taken[0]
    assert b"\r\n\r\nGr=C3=BC=C3=9Fe " in mta.taken[0]
    assert not any(b"8BITMIME" in command for command in mta.commands)
    assert octets_in(desk) == [message.octets]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "END"])
def test_what_is_refused_for_good_says_why_and_waits_for_a_person(
    desk: LocalDesk, mta: Mta, step: str
) -> None:
    mta.say(step, "550 5.7.1 we do not like you")
    number = put(desk, outgoing("Budget", TO))
    assert not desk.sync().whole
    found = row(desk, number)
    assert found is not None
    assert found.state is SubmissionState.REFUSED
    assert "550 5.7.1 we do not like you" in found.error
    desk.sync()
    assert not mta.taken, "nobody asked for another attempt"
    with desk.database.transaction() as tx:
        retry(tx, number)
    desk.sync()
    assert len(mta.taken) == 1


@pytest.mark.parametrize(
    "step", ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "END"]
)
def test_what_is_put_off_goes_again_later(desk: LocalDesk, mta: Mta, step: str) -> None:
    mta.say(step, "451 4.7.1 greylisted")
    number = put(desk, outgoing("Budget", TO))
    assert not desk.sync().whole
    found = row(desk, number)
    assert found is not None
    assert found.state is SubmissionState.QUEUED
    assert "451 4.7.1 greylisted" in found.error
    assert found.attempts == 1
    assert found.not_before is not None
    assert str(desk.sync()) == "1 sent"
    assert len(mta.taken) == 1


@pytest.mark.parametrize("step", ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
def test_a_link_that_is_lost_before_the_end_does_no_harm(
    desk: LocalDesk, mta: Mta, step: str
) -> None:
    mta.say(step, GONE)
    put(desk, outgoing("Budget", TO))
    assert not desk.sync().whole
    assert states(desk) == ["queued"]
    assert str(desk.sync()) == "1 sent"
    assert len(mta.taken) == 1


def test_a_lost_answer_is_never_followed_by_another_attempt(
    desk: LocalDesk, mta: Mta
) -> None:
    mta.say("END", GONE)
    number = put(desk, outgoing("Budget", TO))
    assert not desk.sync().whole
    assert states(desk) == ["unknown"]
    desk.sync()
    assert len(mta.taken) == 1
    with desk.database.transaction() as tx:
        retry(tx, number)
    assert str(desk.sync()) == "1 sent"
    assert len(mta.taken) == 2, "a person wanted it"


def test_where_one_recipient_is_refused_nobody_gets_it_until_a_person_says_so(
    desk: LocalDesk, mta: Mta
) -> None:
    mta.say("RCPT", "250 ok", "550 5.1.1 nobody here")
    number = put(desk, outgoing("Budget", TO, "bad@there.example"))
    desk.sync()
    assert not mta.taken
    found = row(desk, number)
    assert found is not None
    assert "bad@there.example: 550 5.1.1 nobody here" in found.error
    assert "a retry sends it to the other one)" in found.error
    with desk.database.transaction() as tx:
        retry(tx, number)
    desk.sync()
    [envelope] = mta.envelopes
    assert envelope[1] == (b"RCPT TO:<ann@there.example>",)


def test_all_wait_for_a_recipient_that_is_put_off(desk: LocalDesk, mta: Mta) -> None:
    mta.say("RCPT", "250 ok", "450 4.2.0 greylisted")
    put(desk, outgoing("Budget", TO, "slow@there.example"))
    desk.sync()
    assert not mta.taken
    desk.sync()
    assert len(mta.envelopes[0][1]) == 2


def test_a_refused_message_does_not_stop_the_others(desk: LocalDesk, mta: Mta) -> None:
    mta.say("MAIL", "550 5.7.1 not this one")
    put(desk, outgoing("first", TO))
    last = outgoing("second", TO)
    put(desk, last)
    assert desk.sync().sent == 1
    assert mta.taken == [last.octets]


def test_a_server_that_takes_few_over_one_connection_gets_another(
    desk: LocalDesk, mta: Mta
) -> None:
    mta.say("MAIL", "250 ok", "421 4.7.0 enough", "250 ok", GONE, "250 ok")
    for subject in ("first", "second", "third"):
        put(desk, outgoing(subject, TO))
    assert str(desk.sync()) == "3 sent"
    assert len(mta.taken) == 3


def test_more_recipients_than_the_server_takes_are_said_at_once(
    desk: LocalDesk, mta: Mta
) -> None:
    mta.say("RCPT", "250 ok", *["452 4.5.3 too many recipients"] * 2)
    number = put(desk, outgoing("Budget", TO, "b@there.example", "c@there.example"))
    desk.sync()
    found = row(desk, number)
    assert found is not None
    assert found.state is SubmissionState.REFUSED
    assert "no more than 1 recipients at once" in found.error
    assert not mta.taken


def test_several_go_over_one_connection(desk: LocalDesk, mta: Mta) -> None:
    for subject in ("first", "second", "third"):
        put(desk, outgoing(subject, TO))
    assert str(desk.sync()) == "3 sent"
    assert mta.words().count(b"EHLO") == 1


def test_a_refused_login_is_tried_once_for_all_that_waits(
    desk: LocalDesk, mta: Mta
) -> None:
    mta.say("AUTH", *["535 5.7.8 wrong"] * 5)
    for subject in ("first", "second"):
        put(desk, outgoing(subject, TO))
    receipt = desk.sync()
    assert "refused the login" in receipt.troubles
    assert mta.words().count(b"AUTH") == 1
    assert states(desk) == ["queued", "queued"]


def test_what_was_taken_back_while_it_went_out_is_not_sent(
    desk: LocalDesk, mta: Mta, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = put(desk, outgoing("Budget", TO))
    other = outgoing("other", TO)
    put(desk, other)

    def late(tx: Transaction, submission: SubmissionId) -> None:
        if submission == number:
            tx.connection.execute("DELETE FROM submission WHERE id = ?", (number,))
        mark_sending(tx, submission)

    monkeypatch.setattr(submitting, "mark_sending", late)
    desk.sync()
    assert mta.taken == [other.octets]


def test_what_is_damaged_here_does_not_go(desk: LocalDesk, mta: Mta) -> None:
    number = put(desk, outgoing("Budget", TO))
    with desk.database.transaction() as tx:
        tx.connection.execute("UPDATE submission_chunk SET octets = x'00'")
    desk.sync()
    found = row(desk, number)
    assert found is not None
    assert found.state is SubmissionState.REFUSED
    assert not mta.taken


def test_an_engine_that_ended_over_the_end_leaves_it_in_doubt(
    desk: LocalDesk, mta: Mta
) -> None:
    number = put(desk, outgoing("Budget", TO))
    with desk.database.transaction() as tx:
        tx.connection.execute("UPDATE submission SET state = 'sending'")
    desk.sync()
    assert states(desk) == ["unknown"]
    assert not mta.taken
    assert row(desk, number) is not None


def test_what_is_said_only_that_would_be_sent_stays(desk: LocalDesk, mta: Mta) -> None:
    put(desk, outgoing("Budget", TO))
    assert str(desk.sync(dry_run=True)) == "would be: 1 sent"
    assert states(desk) == ["queued"]
    assert not mta.taken


def test_one_message_can_be_sent_by_itself(desk: LocalDesk, mta: Mta) -> None:
    put(desk, outgoing("other", TO))
    number = put(desk, outgoing("Budget", TO))
    receipt = send_once(desk.account, desk.places, number)
    assert (str(receipt), receipt.whole) == ("1 sent", True)
    assert list(desk.here("Sent")) == ["Budget"]
    assert states(desk) == ["queued"]
    assert len(mta.taken) == 1


def test_nothing_is_sent_before_its_time(desk: LocalDesk, mta: Mta) -> None:
    put(desk, outgoing("Budget", TO), not_before=now() + timedelta(hours=1))
    assert str(desk.sync()) == "in step"
    assert states(desk) == ["queued"]


def test_what_was_kept_goes_at_the_next_start(desk: LocalDesk, mta: Mta) -> None:
    number = put(desk, outgoing("Budget", TO))
    with desk.database.transaction() as tx:
        keep(tx, number)
    assert str(desk.sync()) == "1 sent"
