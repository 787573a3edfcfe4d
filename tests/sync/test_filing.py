"""Mail that an IMAP account sends: its copy in Sent, its parent, its draft, and doubt."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.servers.dovecot import Letter
from tests.servers.ports import free_ports
from tests.servers.proxy import Proxy
from tests.servers.scripted import scripted
from tests.servers.smtp_script import GONE, Mta
from tests.sync.mailing import Desk, letter
from tests.sync.sending import now, outgoing, put, row, smtp_at, states
from tui_mail.model.error import MailError
from tui_mail.model.flags import DRAFT
from tui_mail.model.outgoing import Submission, SubmissionState
from tui_mail.store.database import Transaction
from tui_mail.store.drafts import drafts_mailbox, save_draft
from tui_mail.sync import filing
from tui_mail.sync.outbox_once import send_once

pytestmark = pytest.mark.dovecot
TO = "ann@there.example"


@pytest.fixture
def mta() -> Mta:
    return Mta()


@pytest.fixture(autouse=True)
def sends(desk: Desk, mta: Mta) -> Iterator[None]:
    """Let the desk send."""
    with scripted(mta.play) as server:
        desk.set(smtp=smtp_at(server.port))
        yield


def file_itself(desk: Desk, mta: Mta) -> Callable[[], None]:
    """Have the server put all that it took into Sent, once."""

    def do() -> None:
        while mta.taken:
            desk.fill(
                [Letter(mta.taken.pop(), "", "01-Jan-2026 10:00:00 +0000")], "Sent"
            )

    return do


def test_a_sent_message_is_copied_once_whatever_comes_after(
    desk: Desk, mta: Mta
) -> None:
    message = outgoing("Budget", TO, blind="eve@there.example")
    put(desk, message)
    assert desk.sync().sent == 1
    assert desk.there("Sent") == {"Budget": frozenset({"\\Seen"})}
    with desk.oracle() as client:
        client.select_folder("Sent")
        [found] = client.fetch(client.search("ALL"), ["BODY.PEEK[]"]).values()
    assert found[b"BODY[]"] == message.blind + message.octets
    desk.sync()
    assert len(desk.there("Sent")) == 1
    assert states(desk) == []


def test_a_server_that_files_itself_is_left_to_it(
    desk: Desk, mta: Mta, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sync()
    put(desk, outgoing("Budget", TO))
    do = file_itself(desk, mta)

    def and_filed(tx: Transaction, one: Submission) -> None:
        do()
        filing.accept(tx, one)

    monkeypatch.setattr("tui_mail.sync.submitting.accept", and_filed)
    desk.sync()
    desk.sync()
    assert len(desk.there("Sent")) == 1
    assert states(desk) == []


@pytest.mark.parametrize(
    ("host", "itself"),
    [
        ("smtp.gmail.com", True),
        ("smtp.office365.com", True),
        ("smtp-mail.outlook.com", True),
        ("mail.example.org", False),
        ("notgmail.com", False),
    ],
)
def test_some_hosts_are_known_to_file_a_copy(host: str, *, itself: bool) -> None:
    assert filing.files_itself(host) == itself


@pytest.mark.parametrize(("word", "copies"), [("never", 0), ("always", 1)])
def test_the_settings_say_whether_there_is_a_copy(
    desk: Desk, word: str, copies: int
) -> None:
    assert desk.account.smtp is not None
    desk.set(smtp=replace(desk.account.smtp, save_sent=word))
    put(desk, outgoing("Budget", TO))
    desk.sync()
    assert len(desk.there("Sent")) == copies
    assert states(desk) == []


def test_a_missing_sent_mailbox_is_made(desk: Desk) -> None:
    with desk.oracle() as client:
        for name in ("Sent", "Sent Messages"):
            if client.folder_exists(name):
                client.delete_folder(name)
    put(desk, outgoing("Budget", TO))
    desk.sync()
    assert list(desk.there("Sent")) == ["Budget"]


def test_a_large_message_is_copied_in_pieces(desk: Desk) -> None:
    message = outgoing(
        "Budget", TO, text="x" * 60 + "\r\n" + ("y" * 70 + "\r\n") * 12_000
    )
    put(desk, message)
    desk.sync()
    with desk.oracle() as client:
        client.select_folder("Sent")
        [found] = client.fetch(client.search("ALL"), ["BODY.PEEK[]"]).values()
    assert found[b"BODY[]"] == message.octets


def test_the_parent_gets_its_flag_and_the_draft_goes(desk: Desk) -> None:
    desk.fill([letter(1), letter(2)])
    desk.sync()
    parent = desk.number("letter 1")
    with desk.database.transaction() as tx:
        draft = save_draft(
            tx,
            outgoing("Budget", TO).octets,
            replacing=None,
            mailbox=drafts_mailbox(tx),
            at=now(),
        )
    desk.sync()
    assert DRAFT in desk.there("Drafts")["Budget"]
    put(
        desk,
        outgoing("Budget", TO),
        draft=draft,
        parent=parent,
        parent_flag="$Forwarded",
    )
    put(desk, outgoing("Re: letter 2", TO, in_reply_to="2@example.org"))
    desk.sync()
    assert desk.there("Drafts") == {}
    assert desk.there() == {
        "letter 1": frozenset({"$Forwarded"}),
        "letter 2": frozenset({"\\Answered"}),
    }


def test_what_had_no_answer_and_is_in_sent_was_sent(desk: Desk, mta: Mta) -> None:
    desk.sync()
    mta.say("END", GONE)
    put(desk, outgoing("Budget", TO))
    do = file_itself(desk, mta)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tui_mail.sync.engine._have_rounds", lambda *_, **__: do())
        desk.sync()
    assert states(desk) == ["unknown"]
    receipt = desk.sync()
    assert receipt.sent == 1
    assert states(desk) == []
    assert len(desk.there("Sent")) == 1


def test_what_had_no_answer_and_is_not_in_sent_waits_for_a_person(
    desk: Desk, mta: Mta
) -> None:
    mta.say("END", GONE)
    number = put(desk, outgoing("Budget", TO))
    for _ in range(3):
        desk.sync()
    found = row(desk, number)
    assert found is not None
    assert found.state is SubmissionState.UNKNOWN
    assert found.error.endswith("it is not in Sent")
    assert len(mta.taken) == 1


def test_mail_goes_out_while_none_can_be_fetched(desk: Desk, proxy: Proxy) -> None:
    desk.sync()
    proxy.refuse = True
    put(desk, outgoing("Budget", TO))
    receipt = desk.sync()
    assert receipt.sent == 1
    assert not receipt.whole
    assert states(desk) == ["accepted"]
    proxy.refuse = False
    desk.sync()
    assert list(desk.there("Sent")) == ["Budget"]
    assert states(desk) == []


def test_mail_is_fetched_while_none_can_go_out(desk: Desk) -> None:
    desk.set(smtp=smtp_at(free_ports(1)[0]))
    desk.fill([letter(1)])
    put(desk, outgoing("Budget", TO))
    receipt = desk.sync()
    assert receipt.new == 1
    assert not receipt.whole
    assert states(desk) == ["queued"]


def test_one_message_is_sent_and_filed_by_itself(desk: Desk, mta: Mta) -> None:
    other = put(desk, outgoing("other", TO))
    number = put(desk, outgoing("Budget", TO))
    receipt = send_once(desk.account, desk.places, number)
    assert (receipt.sent, receipt.whole) == (1, True)
    assert list(desk.there("Sent")) == ["Budget"]
    assert row(desk, number) is None
    assert row(desk, other) is not None
    assert len(mta.taken) == 1


def test_one_message_is_sent_though_its_copy_has_to_wait(
    desk: Desk, proxy: Proxy
) -> None:
    number = put(desk, outgoing("Budget", TO))
    proxy.refuse = True
    receipt = send_once(desk.account, desk.places, number)
    assert (receipt.sent, receipt.whole) == (1, True)
    assert "its copy in Sent waits" in str(receipt)
    with pytest.raises(MailError):
        desk.sync()
