"""Messages that the command line, or a link, begins."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bench.pty_harness import Terminal
from tests.cli.filing import letter, mbox
from tests.cli.mailing_out import local_desk
from tests.servers.ports import free_ports
from tests.sync.engines import ROOT
from tui_mail.__main__ import main
from tui_mail.cli import compose
from tui_mail.cli.commands import parsed
from tui_mail.cli.session import Session
from tui_mail.compose.beginning import ToWrite
from tui_mail.compose.draft import FileSource
from tui_mail.config.places import Places
from tui_mail.model.error import MailError, NotFound, UsageError

LINK = (
    "mailto:carl@there.example?subject=Hall%C3%A5&body=one%0D%0Atwo&cc=c@there.example"
    "&bcc=eve@else.example&attach=/etc/passwd&in-reply-to=%3C1@example.org%3E"
)


@pytest.fixture(autouse=True)
def account(home: Path) -> None:
    [port] = free_ports(1)
    local_desk(port)


def begun(*words: str) -> ToWrite:
    chosen = parsed("compose", compose, words)
    with Session.begin(None, lambda _: None, verbose=False) as session:
        return compose.begin(session, chosen)


def test_what_is_said_stands_in_the_fields(tmp_path: Path) -> None:
    text, plan = tmp_path / "text", tmp_path / "plan.pdf"
    text.write_bytes("Grüße,\r\nhere it is.\n".encode())
    plan.write_bytes(b"%PDF")
    words = ["a@there.example", "Bo <b@there.example>", "--subject", "-- now: this"]
    words += [
        "--cc",
        "c@there.example",
        "--bcc",
        "d@there.example",
        "--cc",
        "e@f.example",
    ]
    draft = begun(*words, "--body", str(text), "--attach", str(plan)).draft
    assert draft.account == "work"
    assert draft.sender == "bob@example.org"
    assert draft.to == "a@there.example, Bo <b@there.example>"
    assert (draft.cc, draft.bcc) == ("c@there.example, e@f.example", "d@there.example")
    assert draft.subject == "-- now: this"
    assert draft.body == "Grüße,\nhere it is.\n"
    [attached] = draft.attachments
    assert (attached.name, attached.type, attached.size) == (
        "plan.pdf",
        "application/pdf",
        4,
    )
    assert attached.source == FileSource(plan)


def test_of_a_link_only_what_is_harmless_is_taken() -> None:
    to_write = begun(LINK)
    draft = to_write.draft
    assert (draft.to, draft.cc) == ("carl@there.example", "c@there.example")
    assert (draft.bcc, draft.attachments) == ("", ())
    assert draft.subject == "Hallå"
    assert draft.body == "one\ntwo\n"
    assert draft.in_reply_to == "1@example.org"
    assert draft.references == ("1@example.org",)
    assert to_write.note == "Not taken from the link: bcc, attach."


def test_a_message_is_answered_above_its_text(tmp_path: Path) -> None:
    theirs = letter(1).replace(b"bob@example.org", b"dora@there.example")
    path, text = mbox(tmp_path / "box.mbox", theirs), tmp_path / "text"
    text.write_text("Good.\n")
    assert main(["import", str(path), "--account", "work", "--mailbox", "INBOX"]) == 0
    more = ["--cc", "c@there.example", "--body", str(text)]
    draft = begun("--reply", "work/1", *more, "d@there.example").draft
    assert draft.to == "Bob <dora@there.example>, d@there.example"
    assert draft.cc == "c@there.example"
    assert draft.subject == "Re: letter 1"
    assert draft.in_reply_to == "1@example.org"
    assert (draft.parent, draft.parent_flag) == (1, "\\Answered")
    assert draft.body.startswith("Good.\n\n")
    assert "> Hello 1, the harbour is open." in draft.body
    assert begun("--reply", "work/1", "--subject", "New").draft.subject == "New"


def test_the_account_is_the_first_that_can_send_or_the_named_one() -> None:
    path = Places.find().settings_file()
    first = '[accounts.quiet]\naddress = "quiet@example.org"\n'
    path.write_text(first + path.read_text())
    assert begun().draft.account == "work"
    assert begun("--account", "Quiet").draft.sender == "quiet@example.org"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--attach", "/nowhere/at-all"], MailError),
        (["--attach", "/"], MailError),
        (["--attach", "/dev/null"], MailError),
        (["--body", "/nowhere/at-all"], MailError),
        (["--reply", "work/99"], NotFound),
        (["--reply", "what"], UsageError),
        (["--account", "nobody"], NotFound),
    ],
)
def test_what_is_not_there_is_said_before_any_screen(
    words: list[str], error: type[MailError]
) -> None:
    with pytest.raises(error):
        begun(*words)


@pytest.mark.parametrize("words", [["compose"], [LINK], ["--offline", LINK]])
def test_without_a_terminal_it_is_wrong_usage(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui_mail", *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"needs a terminal" in done.stderr


@pytest.mark.parametrize("words", [[LINK], ["compose"]])
def test_nothing_is_written_where_nothing_may_change(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--read-only", *words]) == 2
    assert "--read-only" in capsys.readouterr().err


@contextmanager
def on_terminal(*words: str) -> Iterator[Terminal]:
    with Terminal([sys.executable, "-m", "tui_mail", *words]) as terminal:
        yield terminal


def test_the_composer_opens_with_what_was_said() -> None:
    with on_terminal("compose", "--subject", "Budget", "a@there.example") as terminal:
        terminal.wait_for(lambda screen: "a@there.example" in screen)
        terminal.wait_for(lambda screen: "Budget" in screen)
        terminal.settle()
        terminal.write(b"Hello")
        terminal.wait_for(lambda screen: "Hello" in screen)


def test_a_link_opens_the_composer_and_says_what_it_left_out() -> None:
    with on_terminal("--offline", LINK) as terminal:
        terminal.wait_for(lambda screen: "Not taken from the link: bcc" in screen)
        assert "carl@there.example" in terminal.text()
        assert "eve@else.example" not in terminal.text()


def test_a_file_that_is_not_there_opens_no_screen() -> None:
    with on_terminal("compose", "--attach", "/nowhere/at-all") as terminal:
        terminal.wait_for(lambda screen: "/nowhere/at-all: No such file" in screen)
        assert terminal.total < 200
