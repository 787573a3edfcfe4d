"""The command that programs call as they call sendmail."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.cli.mailing_out import TO, Sending, local_desk, mail
from tests.servers.submission import Submission, submission
from tests.sync.engines import ROOT
from tui_mail.config.places import Places

OTHER = "dora@there.example"
CRON = (
    b'From: "(Cron Daemon)" <root>\nTo: root\nSubject: Cron <root@box> /bin/backup\n'
    b"MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
    b"Content-Transfer-Encoding: 8bit\nX-Cron-Env: <SHELL=/bin/sh>\n\nfertig \xc3\xbc\n"
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Sending:
    return Sending(monkeypatch, capsys)


@pytest.fixture(autouse=True)
def server(home: Path) -> Iterator[Submission]:
    with submission(users=None) as server:
        local_desk(server.port)
        yield server


def test_it_goes_to_whom_it_is_told_and_nobody_else(
    run: Sending, server: Submission
) -> None:
    octets = mail("eve@there.example", fields="Bcc: boss@there.example\n")
    assert run("sendmail", "-i", TO, OTHER, stdin=octets) == 0
    assert server.taken[0].recipients == (TO, OTHER)
    assert "Bcc" not in message_from_bytes(server.taken[0].octets)
    assert (run.said, run.printed) == ("", "")


def test_with_t_it_goes_to_whom_the_header_names_and_who_is_named_besides(
    run: Sending, server: Submission
) -> None:
    octets = mail(TO, fields="Cc: c@there.example\nBcc: b@there.example\n")
    assert run("sendmail", "-t", "-oi", "--", OTHER, stdin=octets) == 0
    people = {TO, "c@there.example", "b@there.example", OTHER}
    assert set(server.taken[0].recipients) == people


@pytest.mark.parametrize("dots", ["-i", "-oi", "-ti"])
def test_a_dot_alone_ends_the_message_unless_it_is_told_not_to(
    run: Sending, server: Submission, dots: str
) -> None:
    octets = mail(TO, text="one\n.\ntwo")
    assert run("sendmail", TO, stdin=octets) == 0
    assert run("sendmail", dots, TO, stdin=octets) == 0
    assert server.taken[0].octets.endswith(b"one\r\n")
    assert server.taken[1].octets.endswith(b"one\r\n.\r\ntwo\r\n")


@pytest.mark.parametrize(
    "words",
    [
        ["-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root"],
        ["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"],
        ["-oem", "-oi", "-f", "bob@example.org", "--", "root"],
        ["-G", "-N", "failure,delay", "-R", "hdrs", "-V", "abc", "-bm", "-odb", "root"],
    ],
    ids=["cronie", "vixie cron", "mutt", "all that sendmail takes"],
)
def test_what_cron_calls_it_with_reaches_whose_machine_it_is(
    run: Sending, server: Submission, words: list[str]
) -> None:
    assert run("sendmail", *words, stdin=CRON) == 0
    [taken] = server.taken
    assert (taken.sender, taken.recipients) == ("bob@example.org", ("bob@example.org",))
    fields = message_from_bytes(taken.octets)
    assert fields["From"] == '"(Cron Daemon)" <bob@example.org>'
    assert fields["To"] == "bob@example.org"


def test_who_hears_of_it_can_be_said(run: Sending, server: Submission) -> None:
    assert run("sendmail", "-f", "Bounces@There.example", TO, stdin=mail(TO)) == 0
    assert run("sendmail", "-f<>", TO, stdin=mail(TO)) == 0
    assert [taken.sender for taken in server.taken] == ["Bounces@There.example", "<>"]


def test_a_missing_from_is_made_of_the_account_and_the_name_that_is_told(
    run: Sending, server: Submission
) -> None:
    octets = mail(TO, sender="")
    assert run("sendmail", "-F", "Nightly: backup", TO, stdin=octets) == 0
    said = message_from_bytes(server.taken[0].octets)["From"]
    assert said == '"Nightly: backup" <bob@example.org>'


def test_of_several_accounts_the_first_sends_what_names_none(
    run: Sending, server: Submission
) -> None:
    path = Places.find().settings_file()
    second = path.read_text().replace("work", "other").replace("bob@", "other@")
    path.write_text(path.read_text() + second)
    assert run("sendmail", TO, stdin=mail(TO, sender="")) == 0
    assert run("sendmail", "-f", "other@example.org", TO, stdin=mail(sender="")) == 0
    assert run("sendmail", TO, stdin=mail(sender="other@example.org")) == 0
    assert run("sendmail", "-f", "cron@box.example", TO, stdin=mail(sender="")) == 0
    assert [taken.sender.partition("@")[0] for taken in server.taken] == [
        *("bob", "other", "other", "cron")
    ]


def test_people_who_are_not_disclosed_stay_so(run: Sending, server: Submission) -> None:
    fields = f"To: undisclosed-recipients:;\nBcc: {TO}\n"
    assert run("sendmail", "-t", stdin=mail(fields=fields)) == 0
    [taken] = server.taken
    assert taken.recipients == (TO,)
    assert b"\r\nTo: undisclosed-recipients:;\r\n" in taken.octets


def test_a_failure_is_told_as_send_tells_it(run: Sending, server: Submission) -> None:
    server.refused[TO] = "550 5.1.1 no such user"
    assert run("sendmail", TO, stdin=mail(TO)) == 1
    assert "550 5.1.1 no such user" in run.said
    assert "work/send-1" in run.said


def test_it_can_leave_a_message_in_the_queue(run: Sending, server: Submission) -> None:
    assert run("sendmail", "-odq", TO, stdin=mail(TO)) == 0
    assert not server.taken
    assert [one["state"] for one in run.outbox()] == ["queued"]


@pytest.mark.parametrize(
    "words", [[], ["-i"], ["-bs"], ["-bd"], ["-bp"], ["--nonsense"]]
)
def test_what_it_cannot_do_is_wrong_usage(run: Sending, words: list[str]) -> None:
    assert run("sendmail", *words, stdin=mail(TO)) == 2
    assert run.said.count("\n") == 1


def test_a_program_of_python_sends_by_it(server: Submission, tmp_path: Path) -> None:
    """As a wrapper that stands where programs look for sendmail."""
    wrapper = tmp_path / "sendmail"
    wrapper.write_text(f'#!/bin/sh\nexec {sys.executable} -m tui_mail sendmail "$@"\n')
    wrapper.chmod(stat.S_IRWXU)
    done = subprocess.run(
        [wrapper, "-t", "-oi"],
        input=mail(TO),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        cwd="/",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert server.taken[0].recipients == (TO,)
