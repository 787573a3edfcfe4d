"""Messages sent from the command line, at once and by way of the outbox."""

import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.bench.pty_harness import Terminal
from tests.cli.mailing_out import TO, Sending, begun, local_desk, mail
from tests.servers.dovecot import Dovecot
from tests.servers.ports import free_ports
from tests.servers.scripted import Peer, scripted
from tests.servers.smtp_script import GONE, SILENT, Mta
from tests.servers.submission import USER, Submission, submission
from tests.sync.engines import running, write_settings
from tests.sync.mailing import Desk, letters
from tests.sync.popping import PopDesk
from tests.sync.sending import smtp_at
from tui_mail.cli import message_input, sending
from tui_mail.config.places import Places
from tui_mail.link.messages import GoOffline
from tui_mail.model.error import StoreFailed
from tui_mail.model.ids import SubmissionId
from tui_mail.store.outbox import cancel, mark_sending
from tui_mail.sync import outbox_once
from tui_mail.sync.receipt import Receipt

NOBODY = "nobody@there.example"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Sending:
    return Sending(monkeypatch, capsys)


@pytest.fixture
def server() -> Iterator[Submission]:
    with submission(users=None) as server:
        yield server


@pytest.fixture
def local(home: Path, server: Submission) -> Iterator[None]:
    desk = local_desk(server.port)
    _add_aliases()
    yield
    desk.close()


def _add_aliases() -> None:
    path = Places.find().settings_file()
    address = 'address = "bob@example.org"\n'
    more = (
        address + 'name = "Bob B."\naliases = ["robert@example.org", "*@bob.example"]\n'
    )
    path.write_text(path.read_text().replace(address, more))


def _add_account(name: str, address: str, port: int | None) -> None:
    text = f'[accounts.{name}]\naddress = "{address}"\n'
    if port is not None:
        text += f'[accounts.{name}.smtp]\nhost = "127.0.0.1"\nport = {port}\n'
        text += 'security = "none"\n'
    path = Places.find().settings_file()
    path.write_text(path.read_text() + text)


def wait(holds: Callable[[], object], *, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.usefixtures("local")
class TestAtOnce:
    def test_a_message_out_of_a_file_is_sent_filed_and_forgotten(
        self, run: Sending, server: Submission, tmp_path: Path
    ) -> None:
        path = tmp_path / "message"
        path.write_bytes(mail(TO, fields="Bcc: Boss <boss@there.example>\n"))
        assert run("send", str(path)) == 0
        assert run.said == "work: sent to 2 recipients\n"
        [taken] = server.taken
        assert taken.sender == "bob@example.org"
        assert taken.recipients == (TO, "boss@there.example")
        fields = message_from_bytes(taken.octets)
        assert "Bcc" not in fields
        assert fields["Date"]
        assert fields["Message-ID"].endswith("@example.org>")
        assert fields["MIME-Version"] == "1.0"
        assert run.outbox() == []
        assert run.count("in:sent subject:budget") == 1

    @pytest.mark.parametrize("words", [[], ["-"]])
    def test_a_message_comes_from_stdin(
        self, run: Sending, server: Submission, words: list[str]
    ) -> None:
        octets = mail(TO, text="a\n.\n..b").replace(b"\n", b"\r\n")
        assert run("send", *words, stdin=octets) == 0
        assert server.taken[0].octets.endswith(b"\r\n\r\na\r\n.\r\n..b\r\n")

    @pytest.mark.parametrize(
        ("sender", "goes_as"),
        [
            ("robert@example.org", "robert@example.org"),
            ('"B, Bob" <BOB@Example.ORG>', "BOB@Example.ORG"),
            ("any.thing@bob.example", "any.thing@bob.example"),
            ("=?utf-8?q?B=C3=B6b?= <bob@example.org>", "bob@example.org"),
            ("", "bob@example.org"),
        ],
    )
    def test_it_goes_through_the_account_whose_address_is_its_from(
        self, run: Sending, server: Submission, sender: str, goes_as: str
    ) -> None:
        _add_account("other", "other@example.org", None)
        assert run("send", stdin=mail(TO, sender=sender)) == 0
        assert server.taken[0].sender == goes_as

    def test_a_from_that_no_account_has_is_named_with_those_there_are(
        self, run: Sending, server: Submission
    ) -> None:
        assert run("send", stdin=mail(TO, sender="eve@else.example")) == 1
        assert run.said.count("\n") == 1
        assert "eve@else.example" in run.said
        assert "work (bob@example.org, robert@example.org, *@bob.example)" in run.said
        assert (
            run("send", "--account", "WORK", stdin=mail(TO, sender="e@f.example")) == 0
        )
        assert b"From: e@f.example\r\n" in server.taken[0].octets

    def test_an_account_without_a_server_to_send_with_says_so(
        self, run: Sending
    ) -> None:
        _add_account("other", "other@example.org", None)
        for words in ([], ["--account", "other"]):
            assert run("send", *words, stdin=mail(TO, sender="other@example.org")) == 1
            assert "[accounts.other.smtp] is missing" in run.said
        assert run.outbox() == []

    def test_without_a_from_it_is_not_guessed_which_of_several_accounts(
        self, run: Sending, server: Submission
    ) -> None:
        _add_account("other", "other@example.org", server.port)
        assert run("send", stdin=mail(TO, sender="")) == 1
        assert "work" in run.said
        assert "other" in run.said
        assert run("send", "--account", "other", stdin=mail(TO, sender="")) == 0
        assert server.taken[0].sender == "other@example.org"

    @pytest.mark.parametrize(
        "octets",
        [b"", b"\n\n", mail(), mail("no address"), b"To: a@b.example\n\n\0\n"],
        ids=["nothing", "empty lines", "to nobody", "no address", "NUL"],
    )
    def test_what_cannot_be_mail_is_refused_and_leaves_nothing(
        self, run: Sending, server: Submission, octets: bytes
    ) -> None:
        assert run("send", stdin=octets) == 1
        assert run.said.startswith("tui-mail: ")
        assert run.said.count("\n") == 1
        assert not server.taken
        assert run.outbox() == []

    def test_no_field_can_be_smuggled_in(
        self, run: Sending, server: Submission
    ) -> None:
        fields = "In-Reply-To: <a@b>\rBcc: eve@else.example\nX-A: \x1b]0;x\x07\n"
        assert run("send", stdin=mail(TO, fields=fields)) == 0
        [taken] = server.taken
        assert "Bcc" not in message_from_bytes(taken.octets)
        assert b"\r" not in taken.octets.replace(b"\r\n", b"")
        assert "\x1b" not in run.said

    def test_a_message_larger_than_any_is_refused(
        self, run: Sending, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(message_input, "LARGEST", 1_000_000)
        octets = mail(TO, text="x" * 1_000_000)
        assert run("send", stdin=octets) == 1
        assert "more than 1 MB" in run.said
        assert run("sendmail", TO, stdin=octets) == 1

    def test_octets_that_are_not_ascii_go_as_they_are(
        self, run: Sending, server: Submission
    ) -> None:
        assert run("send", stdin=mail(TO, text="Grüße")) == 0
        [taken] = server.taken
        assert "Grüße\r\n".encode() in taken.octets
        assert "BODY=8BITMIME" in taken.options

    def test_five_hundred_get_it(self, run: Sending, server: Submission) -> None:
        people = [f"person{number}@there.example" for number in range(500)]
        fields = "To: " + ",\n ".join(people[:250]) + "\n"
        fields += "Bcc: " + ", ".join(people[250:]) + "\n"
        assert run("send", stdin=mail(fields=fields)) == 0
        assert server.taken[0].recipients == tuple(people)
        assert run.said == "work: sent to 500 recipients\n"

    def test_a_file_that_is_not_there_is_one_line(self, run: Sending) -> None:
        assert run("send", "/nowhere/at-all") == 1
        assert run.said == "tui-mail: /nowhere/at-all: No such file or directory\n"

    def test_it_can_be_left_for_the_next_synchronization(
        self, run: Sending, server: Submission
    ) -> None:
        assert run("send", "--queue", stdin=mail(TO)) == 0
        assert not server.taken
        [waiting] = run.outbox()
        assert waiting["id"] == "work/send-1"
        assert (waiting["kind"], waiting["state"]) == ("send", "queued")
        assert run("sync") == 0
        assert len(server.taken) == 1
        assert run.outbox() == []


@pytest.mark.usefixtures("local")
class TestRefused:
    def test_a_refusal_is_said_and_it_stays_until_a_person_decides(
        self, run: Sending, server: Submission
    ) -> None:
        server.answers = ["554 5.7.1 we do not like this"]
        assert run("send", stdin=mail(TO)) == 1
        assert run.said.count("\n") == 1
        assert "554 5.7.1 we do not like this" in run.said
        assert "work/send-1" in run.said
        assert run.outbox()[0]["state"] == "failed"
        run("sync")
        assert not server.taken
        assert run("outbox", "--retry", "work/send-1") == 0
        assert run("sync") == 0
        assert len(server.taken) == 1
        assert run.outbox() == []

    def test_what_is_refused_for_now_goes_with_the_next_synchronization(
        self, run: Sending, server: Submission
    ) -> None:
        server.answers = ["451 4.7.1 greylisted"]
        assert run("send", stdin=mail(TO)) == 1
        assert "451 4.7.1 greylisted" in run.said
        assert "work/send-1" in run.said
        assert run.outbox()[0]["state"] == "queued"
        assert run("sync") == 0
        assert len(server.taken) == 1

    def test_where_one_is_refused_nobody_gets_it_and_a_retry_goes_to_the_others(
        self, run: Sending, server: Submission
    ) -> None:
        server.refused[NOBODY] = "550 5.1.1 no such user"
        assert run("send", stdin=mail(TO, NOBODY)) == 1
        assert f"{NOBODY}: 550 5.1.1 no such user" in run.said
        assert not server.taken
        assert run("outbox", "--retry", "send-1") == 0
        assert "next synchronization" in run.said
        assert run("sync") == 0
        assert server.taken[0].recipients == (TO,)

    def test_what_is_cancelled_is_a_draft(
        self, run: Sending, server: Submission
    ) -> None:
        assert run("send", "--queue", stdin=mail(TO)) == 0
        assert run("outbox", "--cancel", "work/send-1") == 0
        assert "Drafts" in run.said
        assert run.outbox() == []
        assert run.count("in:drafts subject:budget") == 1
        assert run("sync") == 0
        assert not server.taken


def test_without_a_connection_it_is_kept_and_goes_later(run: Sending) -> None:
    [port] = free_ports(1)
    desk = local_desk(port)
    assert run("send", stdin=mail(TO)) == 1
    assert run.said.count("\n") == 1
    assert "work/send-1" in run.said
    with submission(users=None) as server:
        desk.set(smtp=smtp_at(server.port, password=""))
        write_settings(desk)
        assert run("sync") == 0
        assert len(server.taken) == 1


def test_it_is_in_the_outbox_before_the_first_connection(run: Sending) -> None:
    seen: list[int] = []

    def play(peer: Peer) -> None:
        path = Places.find().database("work")
        with closing(sqlite3.connect(path)) as connection:
            [count] = connection.execute("SELECT count(*) FROM submission").fetchone()
        seen.append(count)
        Mta().play(peer)

    with scripted(play) as server:
        local_desk(server.port)
        assert run("send", stdin=mail(TO)) == 0
    assert seen == [1]


def test_a_lost_answer_is_said_and_it_is_not_sent_again_by_itself(run: Sending) -> None:
    mta = Mta().say("END", GONE)
    with scripted(mta.play) as server:
        local_desk(server.port)
        assert run("send", stdin=mail(TO)) == 1
        assert "may have been sent or not" in run.said
        assert run.outbox()[0]["state"] == "unknown"
        assert run("sync") == 0
        assert "1 mail in the outbox waits for you" in run.said
        assert len(mta.taken) == 1
        assert run("outbox", "--retry", "work/send-1") == 0
        assert run("sync") == 0
        assert len(mta.taken) == 2
        assert run.outbox() == []


def test_what_waits_is_not_forgotten_where_the_server_is_no_more_in_the_settings(
    run: Sending, server: Submission
) -> None:
    desk = local_desk(server.port)
    assert run("send", "--queue", stdin=mail(TO)) == 0
    desk.set(smtp=None)
    write_settings(desk)
    assert run("sync") == 1
    assert "1 mail cannot go: [accounts.work.smtp] is missing" in run.said
    desk.set(smtp=smtp_at(server.port, password=""))
    write_settings(desk)
    assert run("sync") == 0
    assert len(server.taken) == 1


def test_what_waits_is_found_whatever_the_case_of_its_account(
    run: Sending, server: Submission
) -> None:
    local_desk(server.port)
    assert run("send", "--queue", stdin=mail(TO)) == 0
    assert run("outbox", "--cancel", "WORK/send-1") == 0
    assert run.outbox() == []


def test_what_may_have_been_sent_can_be_left_at_that(run: Sending) -> None:
    mta = Mta().say("END", GONE)
    with scripted(mta.play) as server:
        local_desk(server.port)
        assert run("send", stdin=mail(TO)) == 1
        assert run("outbox", "--cancel", "work/send-1") == 0
        assert run("sync") == 0
    assert len(mta.taken) == 1
    assert run.outbox() == []


@contextmanager
def _broken_off(mta: Mta, step: str, number: int) -> Iterator[tuple[int, str]]:
    """Send, and end the command by a signal while the server is silent at a step."""
    mta.say(step, SILENT)
    with scripted(mta.play) as server:
        local_desk(server.port)
        with begun("send", stdin=mail(TO)) as process:
            wait(lambda: mta.taken if step == "END" else b"DATA" in mta.words())
            process.send_signal(number)
            _, told = process.communicate(timeout=30)
        yield process.returncode, told.decode()


@pytest.mark.parametrize(("step", "left"), [("DATA", []), ("END", ["unknown"])])
def test_a_kill_in_the_middle_loses_nothing_and_doubles_nothing(
    run: Sending, step: str, left: list[str]
) -> None:
    mta = Mta()
    with _broken_off(mta, step, signal.SIGKILL):
        run("sync")
        assert [one["state"] for one in run.outbox()] == left
        run("sync")
    assert len(mta.taken) == 1


def test_what_is_on_its_way_is_not_sent_and_in_doubt_once_its_sender_is_gone(
    run: Sending,
) -> None:
    mta = Mta().say("END", SILENT)
    with scripted(mta.play) as server:
        local_desk(server.port)
        with begun("send", stdin=mail(TO)) as process:
            wait(lambda: mta.taken)
            assert [one["state"] for one in run.outbox()] == ["sending"]
            assert run("outbox", "--retry", "send-1") == 1
            assert "is being sent" in run.said
            process.kill()
            process.communicate(timeout=30)
        assert [one["state"] for one in run.outbox()] == ["unknown"]
        assert run("outbox", "--retry", "send-1") == 0
        assert run("sync") == 0
    assert len(mta.taken) == 2


@pytest.mark.parametrize(
    ("step", "word", "left"),
    [("DATA", "not sent", []), ("END", "may have been sent or not", ["unknown"])],
)
def test_an_interrupt_loses_nothing_and_says_so(
    run: Sending, step: str, word: str, left: list[str]
) -> None:
    mta = Mta()
    with _broken_off(mta, step, signal.SIGINT) as (status, told):
        assert status == 130
        assert word in told
        assert "work/send-1" in told
        assert told.count("\n") == 1
        run("sync")
        assert [one["state"] for one in run.outbox()] == left
    assert len(mta.taken) == 1


def test_two_at_once_are_both_sent(server: Submission, home: Path) -> None:
    local_desk(server.port)
    with begun("send", stdin=mail(TO)) as one, begun("send", stdin=mail(TO)) as other:
        said = [process.communicate(timeout=60)[1] for process in (one, other)]
    assert (one.returncode, other.returncode) == (0, 0), said
    assert len(server.taken) == 2


def test_the_engine_that_has_the_account_sends_it(
    run: Sending, server: Submission
) -> None:
    desk = local_desk(server.port)
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        server.refused[NOBODY] = "550 5.1.1 no such user"
        assert run("send", stdin=mail(TO)) == 0
        assert run.said == "work: sent to 1 recipient\n"
        assert run("send", stdin=mail(NOBODY)) == 1
        assert "550 5.1.1 no such user" in run.said
        assert "work/send-2" in run.said
    assert len(server.taken) == 1
    desk.close()


def test_an_engine_that_is_offline_is_not_waited_for_long(
    run: Sending, server: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_OFFLINE", 0.3)
    desk = local_desk(server.port)
    with running(desk) as engine, engine.reader() as reader:
        reader.send(GoOffline(True))
        reader.status("offline")
        assert run("send", stdin=mail(TO)) == 1
        assert "work/send-1" in run.said
        assert not server.taken
        reader.send(GoOffline(False))
        reader.while_told(lambda: bool(server.taken))
    desk.close()


def test_a_store_that_turns_out_to_be_damaged_is_salvaged_and_used(
    run: Sending, server: Submission
) -> None:
    local_desk(server.port)
    text = "A line of a long letter.\n" * 20_000
    assert run("send", stdin=mail(TO, text=text)) == 0
    path = Places.find().database("work")
    octets = bytearray(path.read_bytes())
    octets[3 * 4096 : 6 * 4096] = b"\x55" * (3 * 4096)
    path.write_bytes(octets)
    assert run("send", stdin=mail(TO)) == 0, run.said
    assert "was damaged and salvaged" in run.said
    assert len(server.taken) == 2


def test_a_store_that_fails_over_it_is_said_with_where_the_message_is(
    run: Sending, server: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreFailed("work.db: there is no room left")

    local_desk(server.port)
    with monkeypatch.context() as patched:
        patched.setattr(outbox_once, "send_once", fail)
        assert run("send", stdin=mail(TO)) == 1
    assert "there is no room left" in run.said
    assert "work/send-1" in run.said
    assert run.said.count("\n") == 1
    assert run("sync") == 0
    assert len(server.taken) == 1


def test_a_store_that_fails_over_the_answer_is_said_with_the_doubt(
    run: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreFailed("work.db: there is no room left")

    def send(_: object, __: object, number: SubmissionId, **___: object) -> None:
        with desk.database.transaction() as tx:
            mark_sending(tx, number)
        fail()

    [port] = free_ports(1)
    desk = local_desk(port)
    monkeypatch.setattr(outbox_once, "send_once", send)
    monkeypatch.setattr(sending, "settle_unknown", fail)
    assert run("send", stdin=mail(TO)) == 1
    assert "there is no room left; it may have been sent or not; it is in" in run.said
    assert "work/send-1" in run.said
    desk.close()


def test_what_a_person_takes_back_meanwhile_is_not_said_to_be_sent(
    run: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_back(
        _: object, __: object, number: SubmissionId, **___: object
    ) -> Receipt:
        with desk.database.transaction() as tx:
            cancel(tx, number)
        return Receipt()

    [port] = free_ports(1)
    desk = local_desk(port)
    monkeypatch.setattr(outbox_once, "send_once", take_back)
    assert run("send", stdin=mail(TO)) == 1
    assert "taken out of the outbox" in run.said
    desk.close()


def test_what_was_answered_from_another_account_gets_its_flag_too(
    run: Sending, server: Submission, home: Path
) -> None:
    write_settings(local_desk(server.port), ("work", "home"))
    (home / "asked.eml").write_bytes(b"From: a@x.example\nMessage-ID: <q@x>\n\nWhen?\n")
    target = ("--account", "work", "--mailbox", "INBOX")
    assert run("import", str(home / "asked.eml"), *target) == 0
    answer = mail(TO, fields="In-Reply-To: <q@x>\n")
    server.answers.append("550 5.7.1 no")
    assert run("send", "--account", "home", stdin=answer) == 1
    assert run.count("account:work is:answered") == 0
    assert run("send", "--account", "home", stdin=answer) == 0
    assert run.count("account:work is:answered") == 1


@pytest.mark.parametrize("typed", ["open-sesame\r", "\x03"])
def test_a_password_is_asked_for_though_the_message_comes_from_stdin(
    home: Path, typed: str
) -> None:
    with submission() as server:
        desk = local_desk(server.port)
        desk.set(smtp=smtp_at(server.port, password="", username=USER))
        write_settings(desk)
        (home / "message").write_bytes(mail(TO))
        send = f"{sys.executable} -m tui_mail send < {home}/message"
        # The shell is not to end by what ends the command.
        shell = ["sh", "-c", f"trap : INT; {send}; echo status $?; sleep 60"]
        with Terminal(shell) as terminal:
            terminal.wait_for(lambda screen: f"Password of {USER}" in screen)
            terminal.write(typed.encode())
            terminal.wait_for(lambda screen: "status" in screen)
            shown = " ".join(terminal.text().split())
        well = typed != "\x03"
        assert ("status 0" if well else "status 130") in shown
        assert ("sent to 1 recipient" if well else "work/send-1") in shown
        assert len(server.taken) == well


@pytest.mark.dovecot
def test_an_imap_account_gets_its_copy_and_what_was_answered_its_flag(
    dovecot: Dovecot, run: Sending, server: Submission
) -> None:
    desk = Desk(dovecot, dovecot.fresh_user(), Places.find())
    desk.fill(letters(1, 2))
    desk.set(smtp=smtp_at(server.port, password=""))
    write_settings(desk)
    fields = "Bcc: boss@there.example\n"
    assert run("send", stdin=mail(TO, fields=fields)) == 0, "before any synchronization"
    assert list(desk.there("Sent")) == ["Budget"]
    assert run("sync") == 0
    answer = mail(TO, fields="In-Reply-To: <2@example.org>\n").replace(b"Budget", b"Re")
    assert run("send", stdin=answer) == 0
    assert set(desk.there("Sent")) == {"Budget", "Re"}
    assert "\\Answered" in desk.there()["letter 2"]
    assert "\\Answered" not in desk.there()["letter 1"]
    assert run("sync") == 0
    assert run.count("in:sent") == 2
    assert run.outbox() == []
    desk.close()


@pytest.mark.dovecot
def test_a_pop3_account_keeps_its_copy_here(
    dovecot: Dovecot, run: Sending, server: Submission
) -> None:
    desk = PopDesk(dovecot, dovecot.fresh_user(), Places.find())
    desk.fill(letters(1, 1))
    desk.set(smtp=smtp_at(server.port, password=""))
    write_settings(desk)
    assert run("sync") == 0
    fields = "In-Reply-To: <1@example.org>\n"
    assert run("send", stdin=mail(TO, fields=fields)) == 0
    assert run.count("in:sent subject:budget") == 1
    assert run.count("is:answered") == 1
    desk.close()
