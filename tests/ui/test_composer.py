"""Writing and sending by keys, up to the outbox."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.screen import Screen

from tests.ui.app_samples import Home, Sample, put
from tests.ui.composer_samples import answer, composing, new, sending
from tui_mail.compose.draft import Attachment, Draft, PartSource
from tui_mail.model.displayable import displayable, own
from tui_mail.model.error import MailError, StoreFailed
from tui_mail.model.ids import PartId
from tui_mail.model.outgoing import Submission
from tui_mail.store import writing
from tui_mail.store.writing import begin_writing
from tui_mail.ui import composing as composing_module
from tui_mail.ui import external_editor


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return sending(tmp_path)


def held(mail: Submission) -> float:
    assert mail.not_before is not None
    return (mail.not_before - mail.created).total_seconds()


async def test_a_message_is_written_and_sent_by_keys(home: Home) -> None:
    async with composing(home, new(), focus="to") as it:
        await it.type("bob@there.example")
        await it.press("tab", "tab", "tab")
        await it.type("Budget")
        await it.press("tab")
        await it.type("Hello Bob.")
        await it.press("ctrl+s")
        assert "Send this to 1 person?" in it.text
        assert "ann@example.org" in it.text
        await it.press("enter")
        await it.until(lambda: not it.is_open)
        [mail] = it.outbox()
        assert [r.address for r in mail.recipients] == ["bob@there.example"]
        assert "Subject: Budget" in it.sent()
        assert "Hello Bob." in it.sent()
        assert len(it.rows()) == 1, "it stays until the server has it"


async def test_all_that_is_typed_at_once_arrives_where_it_belongs(home: Home) -> None:
    keys = ["ctrl+s", "enter"]
    async with composing(home, new(to="bob@there.example")) as it:
        typed = ["H", "i", "tab", "shift+tab", "exclamation_mark", *keys]
        for key in typed:
            await it.pilot.press(key)
        await it.until(lambda: not it.is_open)
        assert "Hi!" in it.sent()


async def test_a_reply_begins_above_the_quote(home: Home) -> None:
    async with composing(home, answer()) as it:
        await it.type("Yes.")
        assert it.composer.draft.body.startswith("Yes.\nOn Mon, Grace wrote:")


async def test_a_reply_that_was_not_changed_leaves_nothing(home: Home) -> None:
    async with composing(home, answer()) as it:
        await it.press("escape")
        await it.until(lambda: not it.is_open)
        assert (it.rows(), it.drafts(), it.outbox()) == ([], [], [])


async def test_what_was_changed_and_changed_back_leaves_nothing(home: Home) -> None:
    async with composing(home, answer()) as it:
        await it.type("x")
        await it.until(lambda: len(it.rows()) == 1)
        await it.press("ctrl+z", "escape")
        await it.until(lambda: not it.is_open)
        assert (it.rows(), it.drafts()) == ([], [])


async def test_what_is_typed_is_in_the_store_a_moment_later(home: Home) -> None:
    async with composing(home, answer()) as it:
        await it.type("precious")
        await it.until(lambda: any("precious" in d.body for d in it.rows()))
        assert it.rows()[0].to == "Grace Hopper <grace@corp.example>"


async def test_what_is_written_is_kept_though_its_row_went(home: Home) -> None:
    async with composing(home, answer()) as it:
        await it.type("first")
        await it.until(lambda: len(it.rows()) == 1)
        with it.database.transaction() as tx:
            tx.connection.execute("DELETE FROM writing")
        await it.type(" second")
        await it.until(lambda: any("first second" in d.body for d in it.rows()))


async def test_it_is_one_draft_however_often_it_is_kept_meanwhile(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composing_module, "_KEPT_EVERY", 0.0)
    async with composing(home, answer()) as it:
        await it.type("first")
        await it.until(lambda: [b"first" in d for d in it.drafts()] == [True])
        await it.shows("draft kept")
        assert it.rows()[0].message is not None, "a crash now makes no second draft"
        await it.type(" second")
        await it.until(lambda: [b"first second" in d for d in it.drafts()] == [True])
        await it.press("escape", "k")
        await it.until(lambda: not it.is_open)
        assert len(it.drafts()) == 1


async def test_what_was_kept_meanwhile_goes_where_all_was_taken_back(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composing_module, "_KEPT_EVERY", 0.0)
    async with composing(home, answer()) as it:
        await it.type("first")
        await it.until(lambda: len(it.drafts()) == 1)
        await it.press("ctrl+z", "escape")
        await it.until(lambda: not it.is_open)
        assert (it.rows(), it.drafts()) == ([], [])


async def test_what_was_typed_last_is_kept_when_the_reader_ends(home: Home) -> None:
    async with composing(home, answer()) as it:
        await it.type("the last words")
    database = home.open()
    try:
        [(fields,)] = database.connection.execute("SELECT fields FROM writing")
    finally:
        database.close()
    assert "the last words" in fields


@pytest.mark.parametrize("key", ["k", "enter"])
async def test_it_is_kept_as_one_draft(home: Home, key: str) -> None:
    async with composing(home, answer()) as it:
        await it.type("half a thought")
        await it.press("escape")
        assert "keep as draft" in it.text
        await it.press(key)
        await it.until(lambda: not it.is_open)
        [kept] = it.drafts()
        assert b"half a thought" in kept
        assert it.rows() == []


async def test_what_is_over_is_not_saved_once_more(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composing_module, "_SAVED_WITHIN", 0.0)
    async with composing(home, answer()) as it:
        for each in "abc":
            it.app.post_message(events.Key(each, each))
        await it.press("escape", "k")
        await it.until(lambda: not it.is_open and it.app.keys.idle)
        assert it.rows() == []
        assert len(it.drafts()) == 1


async def test_a_draft_that_is_kept_again_takes_the_place_of_the_first(
    home: Home,
) -> None:
    async with composing(home, answer()) as it:
        await it.type("first")
        await it.press("escape", "k")
        await it.until(lambda: not it.is_open)
        [number] = it.database.connection.execute(
            "SELECT m.number FROM message m JOIN mailbox b ON b.id = m.mailbox"
            " WHERE b.name = 'Drafts'"
        ).fetchone()
        await it.open(Draft("work", "ann@example.org", body="second", message=number))
        await it.type("and ")
        await it.press("escape", "k")
        await it.until(lambda: not it.is_open)
        [kept] = it.drafts()
        assert b"and second" in kept


async def test_what_was_discarded_is_gone_and_can_be_brought_back(home: Home) -> None:
    async with composing(home, answer()) as it:
        await it.type("a mistake")
        await it.press("escape", "d")
        await it.until(lambda: not it.is_open)
        assert (it.rows(), it.drafts(), it.outbox()) == ([], [], [])
        await it.shows("Discarded.", "u brings back what was discarded")
        await it.press("u")
        await it.until(lambda: it.is_open)
        assert it.composer.draft.body.startswith("a mistake")
        await it.press("escape")
        await it.shows("It is not sent")


async def test_u_undoes_what_was_done_after_something_was_discarded(home: Home) -> None:
    async with composing(home, answer()) as it:
        await it.type("a mistake")
        await it.press("escape", "d")
        await it.until(lambda: not it.is_open)
        await it.press("F")
        await it.shows("u undoes: flagged")
        await it.press("u")
        await it.shows("Undone: flagged")
        assert not it.is_open


async def test_an_answer_between_quoted_words_leaves_them_quoted(home: Home) -> None:
    async with composing(home, new(body="> one. two\nthree\n")) as it:
        await it.press(*["right"] * 6, "enter")
        await it.type("Yes!")
        assert it.composer.draft.body == "> one.\nYes!\n> two\nthree\n"
        await it.press("ctrl+end", "up", "enter")
        assert it.composer.draft.body == "> one.\nYes!\n> two\n\nthree\n"


async def test_a_column_of_addresses_is_pasted_as_a_list(home: Home) -> None:
    async with composing(home, new(), focus="to") as it:
        await it.paste("bob@x.example\r\nZoe <zoe@x.example>,\n")
        assert it.composer.draft.to == "bob@x.example, Zoe <zoe@x.example>"


async def test_a_field_has_its_own_way_back(home: Home) -> None:
    async with composing(home, new(subject="Plan"), focus="subject") as it:
        await it.type(" for two")
        await it.press("ctrl+z")
        assert it.composer.draft.subject == "Plan for"
        await it.press("ctrl+z", "ctrl+z", "ctrl+z")
        assert it.composer.draft.subject == "Plan"
        await it.press("ctrl+y")
        assert it.composer.draft.subject.startswith("Plan")


async def test_escape_twice_goes_on_writing(home: Home) -> None:
    async with composing(home, answer()) as it:
        await it.type("a")
        await it.press("escape", "escape")
        await it.type("b")
        assert it.composer.draft.body.startswith("ab")


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+g"])
async def test_cancelling_loses_nothing(home: Home, key: str) -> None:
    async with composing(home, answer()) as it:
        await it.type("ab")
        await it.press(key, key)
        await it.type("c")
        await it.press("ctrl+s", key, "escape", key)
        assert it.is_open
        assert it.composer.draft.body.startswith("abc")


async def test_what_was_left_behind_is_never_closed_without_a_question(
    home: Home,
) -> None:
    async with composing(home, answer()) as it:
        await it.press("escape")
        with it.database.transaction() as tx:
            left = begin_writing(tx, "{}", it.app.real_time())
        await it.open(answer(), writing=left)
        await it.press("escape")
        assert "keep as draft" in it.text


async def test_mail_to_be_sent_later_waits_until_then(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with composing(home, answer()) as it:
        await it.type("Soon.")
        await it.press("escape", "l")
        await it.type("30 parsecs")
        await it.press("enter")
        assert "write it as 18:00" in it.text
        await it.press("ctrl+u")
        await it.type("2h")
        await it.press("enter")
        assert "Goes" in it.text
        await it.press("enter")
        await it.until(lambda: not it.is_open)
        [mail] = it.outbox()
        assert 7100 < held(mail) < 7300
        await it.shows('"Re: The plan" goes ', "u takes it back.")
        monkeypatch.setattr(it.app.servers, "in_words", lambda: own("1 in doubt"))
        it.app.unsay()
        await it.shows('1 in doubt · "Re: The plan" in the outbox, goes ')


async def test_a_mail_is_held_as_long_as_the_settings_say(tmp_path: Path) -> None:
    home = sending(tmp_path, ui="undo_seconds = 30\nconfirm_send = false")
    async with composing(home, answer()) as it:
        await it.type("At once.")
        await it.press("ctrl+s")
        await it.until(lambda: not it.is_open)
        [mail] = it.outbox()
        assert 25 < held(mail) < 35


async def test_a_warning_is_shown_also_where_nothing_is_to_be_confirmed(
    tmp_path: Path,
) -> None:
    home = sending(tmp_path, ui="confirm_send = false")
    async with composing(home, answer()) as it:
        await it.type("The plan is attached.")
        await it.press("ctrl+s")
        assert "nothing is attached" in it.text
        assert it.outbox() == []


async def test_nobody_gets_a_mail_without_an_address(home: Home) -> None:
    async with composing(home, new(), focus="body") as it:
        await it.type("Hello?")
        await it.press("ctrl+s")
        assert "nobody is named" in it.text
        await it.type("bob@there.example")
        assert it.composer.draft.to == "bob@there.example"


async def test_a_mistake_in_a_field_is_said_at_the_field_when_it_is_left(
    home: Home,
) -> None:
    async with composing(home, new(), focus="to") as it:
        await it.type("bob at there")
        await it.press("tab")
        await it.shows("! ")
        assert "! " in next(row for row in it.text.splitlines() if row[1:3] == "To")
        await it.press("shift+tab", "ctrl+u")
        await it.type("bob@there.example")
        await it.press("tab")
        await it.until(
            lambda: "! " not in next(r for r in it.text.splitlines() if r[1:3] == "To")
        )


async def test_blind_copies_are_named_in_the_review_and_not_in_the_mail(
    home: Home,
) -> None:
    async with composing(home, answer(), focus="bcc") as it:
        await it.type("boss@corp.example")
        await it.press("tab", "tab")
        await it.type("Yes.")
        await it.press("ctrl+s")
        assert "Send this to 2 people?" in it.text
        assert "Bcc      boss@corp.example" in it.text
        await it.press("enter")
        await it.until(lambda: not it.is_open)
        assert "boss@" not in it.sent()


async def test_five_hundred_people_can_be_read_before_it_goes(home: Home) -> None:
    crowd = ", ".join(f"person{n}@corp.example" for n in range(500))
    async with composing(home, new(to=crowd, subject="All", body="Hi\n")) as it:
        assert "500 people" in it.text
        await it.press("x", "ctrl+s")
        assert "Send this to 500 people?" in it.text
        await it.press(*["pagedown"] * 20)
        assert "person499@corp.example" in it.text
        assert "Enter send" in it.text


async def test_long_lines_of_a_paragraph_go_out_short_and_flowing(home: Home) -> None:
    async with composing(home, new(to="bob@there.example", subject="Long")) as it:
        await it.type("some words of a long line that goes on " * 5)
        assert max(len(r.rstrip()) for r in it.text.splitlines()[6:22]) <= 73
        await it.press("ctrl+s", "enter")
        await it.until(lambda: not it.is_open)
        text = it.sent()
        assert "format=flowed" in text
        assert max(map(len, text.splitlines())) <= 78


async def test_tab_walks_the_fields_and_the_body_and_back(home: Home) -> None:
    async with composing(home, new(), focus="to") as it:
        for letter in "abcde":
            await it.type(letter)
            await it.press("escape", "tab") if letter in "abc" else await it.press(
                "tab"
            )
        draft = it.composer.draft
        written = (draft.to, draft.cc, draft.bcc, draft.subject, draft.body)
        assert written == ("a", "b", "c", "d", "e")
        await it.press("shift+tab")
        await it.type("!")
        assert it.composer.draft.body == "e!"


async def test_a_quoted_paragraph_is_wrapped_again(home: Home) -> None:
    body = "".join(f"> piece {n} of a quote that was broken\n" for n in range(6))
    async with composing(home, new(body=f"{body}\nmine\n")) as it:
        await it.press("ctrl+r")
        lines = it.composer.draft.body.splitlines()
        assert len(lines) < 7
        assert all(line.startswith("> ") for line in lines[:3])
        await it.press("ctrl+z")
        assert it.composer.draft.body == f"{body}\nmine\n"


async def test_what_is_selected_is_cut_and_pasted(home: Home) -> None:
    async with composing(home, new(body="one two\nthree\n")) as it:
        await it.press("shift+down", "shift+right", "ctrl+x")
        assert it.composer.draft.body == "hree\n"
        await it.press("end", "ctrl+v")
        assert it.composer.draft.body == "hreeone two\nt\n"
        await it.press("shift+home")
        await it.type("x")
        assert it.composer.draft.body == "hreeone two\nx\n"


async def test_what_changes_beneath_paints_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[object] = []
    async with composing(home, answer()) as it:
        await it.type("x")
        await it.until(lambda: len(it.rows()) == 1)
        display = it.app._display

        def note(screen: Screen[object], drawn: object) -> None:
            painted.append(drawn)
            display(screen, drawn)  # type: ignore[arg-type]

        monkeypatch.setattr(it.app, "_display", note)
        it.app.panes.refresh()
        it.app.panes.list.refresh()
        it.app.say(displayable("beneath"))
        await it.pilot.pause(0.2)
        assert painted == []
        await it.type("y")
        await it.until(lambda: bool(painted))


# What goes with it.


async def test_a_file_is_attached_by_its_path(home: Home, tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF the plan")
    async with composing(home, answer()) as it:
        await it.press("ctrl+t")
        await it.type(str(tmp_path / "plan.pdf"))
        await it.press("enter")
        await it.shows("plan.pdf", "application/pdf", "13 B")
        await it.press("x", "ctrl+s")
        assert "1 attachment, 13 B: plan.pdf" in it.text
        await it.press("enter")
        await it.until(lambda: not it.is_open)
        assert 'filename="plan.pdf"' in it.sent() or "filename=plan.pdf" in it.sent()


async def test_a_path_is_completed_and_walked(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "annual-2026.txt").write_text("a")
    (folder / "annual-2027.txt").write_text("b")
    async with composing(home, answer()) as it:
        await it.press("ctrl+t")
        await it.type(f"{tmp_path}/repo")
        await it.press("tab")
        await it.until(lambda: "annual-2026.txt" in it.text)
        await it.press("tab")
        await it.type("7")
        await it.press("enter")
        await it.until(lambda: bool(it.composer.draft.attachments))
        assert it.composer.draft.attachments[0].name == "annual-2027.txt"


async def test_a_folder_with_nothing_to_see_says_so(home: Home, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "dots").mkdir()
    (tmp_path / "dots" / ".profile").write_text("a")
    async with composing(home, answer()) as it:
        await it.press("ctrl+t")
        await it.type(f"{tmp_path}/empty/")
        await it.shows("There is no file here.")
        await it.press("ctrl+u")
        await it.type(f"{tmp_path}/dots/")
        await it.shows("A dot shows the hidden ones.")
        await it.type(".")
        await it.shows(".profile")


async def test_what_cannot_be_attached_is_said_clearly(
    home: Home, tmp_path: Path
) -> None:
    async with composing(home, answer()) as it:
        await it.press("ctrl+t")
        await it.type(f"{tmp_path}/missing.pdf")
        await it.press("enter")
        await it.shows("There is no such file.")
        await it.press("ctrl+u")
        os.mkfifo(tmp_path / "pipe")
        await it.type(f"{tmp_path}/pipe")
        await it.press("enter")
        await it.shows("no file that could be sent")
        await it.press("escape")
        assert it.composer.draft.attachments == ()


async def test_an_attachment_is_taken_off_again(home: Home, tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF the plan")
    async with composing(home, answer()) as it:
        await it.press("ctrl+t")
        await it.type(str(tmp_path / "plan.pdf"))
        await it.press("enter", "tab", "d")
        assert it.composer.draft.attachments == ()
        await it.type("on")
        assert it.composer.draft.body.startswith("on"), "the body has the focus again"


async def test_a_file_that_has_gone_stops_the_mail_and_the_text_stays(
    home: Home,
    tmp_path: Path,
) -> None:
    gone = tmp_path / "plan.pdf"
    gone.write_bytes(b"x")
    async with composing(home, answer()) as it:
        await it.press("ctrl+t")
        await it.type(str(gone))
        await it.press("enter", "x")
        gone.unlink()
        await it.press("ctrl+s", "enter")
        await it.shows("No such file")
        assert it.is_open
        assert it.outbox() == []


# An editor of one's own.


def edits(monkeypatch: pytest.MonkeyPatch, what: Callable[[Path], int]) -> list[Path]:
    """Have another program edit; give the files that it got."""
    files: list[Path] = []

    def run(_app: object, _command: str, path: Path) -> int:
        files.append(path)
        assert path.stat().st_mode & 0o777 == 0o600
        return what(path)

    monkeypatch.setattr(external_editor, "_run", run)
    return files


def writes(path: Path) -> int:
    path.write_text(f"written outside\x1b[31m\n{path.read_text()}")
    return 0


def removes(path: Path) -> int:
    path.unlink()
    return 0


async def test_the_text_comes_back_from_the_editor(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = edits(monkeypatch, writes)
    async with composing(home, answer()) as it:
        await it.type("mine")
        await it.press("f4")
        body = it.composer.draft.body
        assert body.startswith("written outside[31m\nmine\nOn Mon")
        assert not files[0].exists()
        await it.press("ctrl+z")
        assert it.composer.draft.body.startswith("mine\n")


@pytest.mark.parametrize("what", [lambda _: 3, removes])
async def test_an_editor_that_fails_changes_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, what: Callable[[Path], int]
) -> None:
    files = edits(monkeypatch, what)
    async with composing(home, answer()) as it:
        await it.type("mine")
        await it.press("f4")
        assert "as it was" in it.text
        assert it.composer.draft.body.startswith("mine\n")
        assert not files[0].exists()


async def test_the_editor_of_the_settings_opens_at_once_and_then_the_review(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits(monkeypatch, writes)
    home = sending(tmp_path, ui='editor = "vi"')
    async with composing(home, answer()) as it:
        await it.shows("Send this to 1 person?")
        await it.press("enter")
        await it.until(lambda: not it.is_open)
        assert "written outside" in it.sent()


async def test_waiting_for_a_part_of_another_message_can_be_ended(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with composing(home, answer()) as it:
        await it.press("escape")
        [number] = it.database.connection.execute(
            "SELECT m.number FROM message m JOIN content c ON c.id = m.content"
            " WHERE c.subject = 'Not here yet'"
        ).fetchone()
        part = Attachment(
            displayable("far.pdf"),
            "application/pdf",
            9,
            PartSource(number, PartId("2")),
        )
        servers, waiting = it.app.servers, asyncio.Event()

        async def fetch(account: str, *_: object) -> None:
            answer_ = servers._expect(account, 7)
            it.app.fetching.begin(account, 7, displayable("far.pdf"))
            waiting.set()
            if not (done := await answer_).ok:
                raise MailError(done.line)

        monkeypatch.setattr(servers, "fetch", fetch)
        await it.open(replace(answer(), attachments=(part,)))
        await it.type("x")
        await it.pilot.press("ctrl+s")
        await it.shows("Send this to 1 person?")
        await it.pilot.press("enter")
        await it.until(waiting.is_set)
        await it.press("ctrl+c")
        await it.shows("Cancelled")
        assert it.outbox() == []
        assert it.is_open


# Who writes, and to whom.


async def test_people_are_offered_and_taken(home: Home) -> None:
    async with composing(home, new(), focus="to") as it:
        await it.type("gra")
        await it.shows("grace@corp.example")
        await it.press("tab")
        assert it.composer.draft.to == "Grace Hopper <grace@corp.example>,"
        await it.type("bob")
        await it.shows("bob@corp.example")
        await it.press("enter", "tab")
        people = "Grace Hopper <grace@corp.example>, Bob Stone <bob@corp.example>"
        assert it.composer.draft.to == people


async def test_an_address_that_was_typed_is_never_made_another(home: Home) -> None:
    async with composing(home, new(), focus="to") as it:
        await it.type("gra")
        await it.shows("grace@corp.example")
        await it.press("ctrl+u")
        await it.type("grace@corp")
        await it.press("tab")
        assert it.composer.draft.to == "grace@corp"


async def test_escape_closes_the_people_and_not_the_composer(home: Home) -> None:
    async with composing(home, new(), focus="to") as it:
        await it.type("gra")
        await it.shows("grace@corp.example")
        await it.press("escape")
        assert "grace@corp.example" not in it.text
        assert it.is_open
        await it.press("tab")
        assert it.composer.draft.to == "gra"


async def test_the_address_book_is_asked_without_a_shell(tmp_path: Path) -> None:
    program = tmp_path / "book"
    program.write_text(
        "#!/bin/sh\necho searching\n"
        'printf \'zoe@book.example\\tZoe \\033[31m "%s"\\n\' "$1"\n'
        "printf 'no tab\\nnoaddress\\tx\\n'\n"
    )
    program.chmod(0o700)
    more = f'\n[addressbook]\ncommand = "{program} %s"\n'
    async with composing(sending(tmp_path, more=more), new(), focus="to") as it:
        await it.type("zo;touch")
        await it.press("ctrl+u")
        await it.type("zoe")
        await it.shows("zoe@book.example")
        assert "\x1b" not in it.text
        await it.press("tab")
        assert "<zoe@book.example>" in it.composer.draft.to


async def test_another_account_writes_and_keeps_what_is_written(tmp_path: Path) -> None:
    home = sending(tmp_path, names=("work", "home"))
    async with composing(home, answer()) as it:
        assert "From" in it.text
        await it.type("Yes.")
        await it.until(lambda: len(it.rows()) == 1)
        await it.press("ctrl+o", "down", "enter")
        assert it.composer.draft.account == "home"
        await it.until(lambda: it.rows() == [])
        await it.press("ctrl+s")
        assert "(home)" in it.text
        await it.press("enter")
        await it.until(lambda: not it.is_open)
        assert it.outbox() == []
        other = it.app.accounts.database("home").connection
        assert other.execute("SELECT count(*) FROM submission").fetchone() == (1,)


async def test_another_account_has_its_own_signature(tmp_path: Path) -> None:
    home = sending(tmp_path, names=("work", "home"))
    path = home.places.settings_file()
    settings = path.read_text()
    for name, signature in (("work", "Ann"), ("home", "Ann at home")):
        key = f"[accounts.{name}]\n"
        settings = settings.replace(key, f'{key}signature = "{signature}"\n')
    path.write_text(settings)
    async with composing(home, answer()) as it:
        await it.type("Yes.")
        await it.press("ctrl+o", "down", "enter")
        await it.type(" I do.")
        assert it.composer.draft.body.startswith("Yes. I do.\n")
        assert it.composer.draft.body.endswith("is it?\n\n-- \nAnn at home\n")
        await it.press("ctrl+o", "enter")
        assert it.composer.draft.body.endswith("is it?\n\n-- \nAnn\n")


async def test_one_address_needs_no_from_field(home: Home) -> None:
    async with composing(home, new()) as it:
        assert "From" not in it.text


async def test_an_account_without_smtp_keeps_what_cannot_be_sent(
    tmp_path: Path,
) -> None:
    home = sending(tmp_path)
    path = home.places.settings_file()
    path.write_text(path.read_text().partition("[accounts.work.smtp]")[0])
    async with composing(home, answer()) as it:
        await it.type("Yes.")
        await it.press("ctrl+s")
        await it.shows("no [smtp]")
        assert it.is_open


# Any size, any text.


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (40, 12), (20, 6)])
async def test_it_can_be_used_at_any_size(home: Home, size: tuple[int, int]) -> None:
    async with composing(home, answer(), size=size) as it:
        await it.type("here")
        assert "here" in it.text
        await it.press("tab")
        await it.type("x")
        await it.pilot.resize_terminal(61, 17)
        await it.press("shift+tab")
        await it.type("there")
        assert "herethere" in it.text


async def test_hostile_text_is_only_text(home: Home) -> None:
    hostile = "a\x1b]52;c;aGk=\x07b\u202ec\x9b31m"
    async with composing(home, new(body=f"{hostile}\n", subject=hostile)) as it:
        await it.paste(f"{hostile}\r\npasted")
        await it.press("shift+tab")
        await it.paste(hostile)
        it.composer.say(displayable(hostile), warning=True)
        await it.pilot.pause()
        assert not any(sign in it.text for sign in "\x1b\x07\u202e\x9b")
        assert "pasted" in it.composer.draft.body


async def test_wide_and_joined_characters_are_moved_over_as_one(home: Home) -> None:
    text = "会e\u0301👩\u200d👧x"
    async with composing(home, new()) as it:
        await it.paste(text)
        await it.press("left", "left", "left", "left")
        await it.type("|")
        await it.press("right", "right")
        await it.type("|")
        assert it.composer.draft.body == "|会e\u0301|👩\u200d👧x"


async def test_a_megabyte_can_be_pasted_and_written_on(home: Home) -> None:
    async with composing(home, new(to="bob@there.example")) as it:
        await it.paste("a line of what was pasted here\n" * 33_000)
        await it.type("end")
        assert "end" in it.text
        assert len(it.composer.draft.body) > 1_000_000
        await it.until(lambda: bool(it.rows()) and it.rows()[0].body.endswith("end"))


async def test_the_store_that_fails_says_so_and_the_text_stays(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise StoreFailed("the disk is full")

    async with composing(home, answer()) as it:
        monkeypatch.setattr(writing, "begin_writing", fails)
        await it.type("precious")
        await it.shows("Not kept: the disk is full")
        assert it.composer.draft.body.startswith("precious")


async def test_new_mail_arrives_beneath_while_one_writes(home: Home) -> None:
    async with composing(home, answer()) as it:
        await it.type("Yes.")
        put(it.database, "INBOX", [Sample("Brand new")])
        await it.until(lambda: it.app.panes.list.row_count() > 0)
        assert it.composer.draft.body.startswith("Yes.")
        await it.press("escape", "d")
        await it.shows("Brand new")
