"""Keys that begin to write, what becomes of a mail after it is sent, and of a killed reader."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.ui.app_samples import Home, Sample, reading
from tests.ui.composer_samples import Composing, sending
from tests.ui.test_app_engines import PlayedEngine
from tui_mail.compose.draft import Attachment, Draft, FileSource, PartSource
from tui_mail.compose.kept import to_json
from tui_mail.link.messages import Done, FetchPart, OpenMailbox, Status
from tui_mail.model.displayable import Displayable, own
from tui_mail.model.ids import MessageNumber, PartId, SubmissionId
from tui_mail.model.outgoing import SubmissionState
from tui_mail.store import outbox, writing
from tui_mail.store.content import complete_part, save_chunk
from tui_mail.store.database import Database
from tui_mail.store.drafts import drafts_mailbox, save_draft
from tui_mail.store.threads import find_by_message_id
from tui_mail.ui.actions.writing import follow_link

LIST = ("List-Post: <mailto:dev@lists.example>",)
SAMPLES = (
    Sample("Budget", "Bob Stone <bob@there.example>"),
    Sample("Papers", attachments=(("plan.pdf", b"%PDF the plan"),),
           extra=("Cc: Mei <mei@corp.example>",)),
    Sample("WAL", extra=LIST),
    Sample("Alias", extra=("Delivered-To: team@example.org",)),
    Sample("Nobody", ""),
    Sample("Not here", here=False),
)  # fmt: skip
DRAFT = b"""\
From: Ann Example <ann@example.org>
To: Zoe <zoe@there.example>
Subject: Half a thought
Message-ID: <draft@elsewhere.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

I began elsewhere.
""".replace(b"\n", b"\r\n")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return sending(tmp_path, samples=SAMPLES)


@asynccontextmanager
async def reader(
    home: Home, *, offline: bool = False, read_only: bool = False
) -> AsyncIterator[Composing]:
    async with reading(home, offline=offline, read_only=read_only) as begun:
        yield Composing(begun.app, begun.pilot)


async def press_and_write(it: Composing, *keys: str) -> Draft:
    """Press keys that open the composer; give what stands in it."""
    await it.press(*keys)
    await it.until(lambda: it.is_open)
    return it.composer.draft


async def sent_one(it: Composing) -> None:
    """Answer a message and send it."""
    await it.go_to("Budget")
    await press_and_write(it, "r")
    await it.type("Yes.")
    await it.press("ctrl+s", "enter")
    await it.until(lambda: not it.is_open)


def put_draft(database: Database, octets: bytes = DRAFT) -> MessageNumber:
    with database.transaction() as tx:
        mailbox = drafts_mailbox(tx)
        at = datetime(2026, 11, 23, 12, tzinfo=UTC)
        return save_draft(tx, octets, replacing=None, mailbox=mailbox, at=at)


# Keys that begin to write.


async def test_r_answers_who_wrote_above_a_quote(home: Home) -> None:
    async with reader(home) as it:
        await it.go_to("Budget")
        number = it.row.number
        draft = await press_and_write(it, "r")
        assert draft.to == "Bob Stone <bob@there.example>"
        assert draft.subject == "Re: Budget"
        assert "> this is the text." in draft.body
        assert (draft.parent, draft.parent_flag) == (number, "\\Answered")
        await it.type("Yes.")
        await it.press("ctrl+s", "enter")
        await it.until(lambda: not it.is_open)
        [mail] = it.outbox()
        assert (mail.parent, mail.in_reply_to) == (number, "Budget@corp.example")


async def test_an_answer_to_nobody_begins_where_one_says_to_whom(home: Home) -> None:
    async with reader(home) as it:
        await it.go_to("Nobody")
        assert (await press_and_write(it, "r")).to == ""
        await it.type("zoe@there.example")
        assert it.composer.draft.to == "zoe@there.example"


async def test_a_answers_everybody_from_the_message_too(home: Home) -> None:
    async with reader(home) as it:
        await it.go_to("Papers")
        draft = await press_and_write(it, "enter", "a")
        assert "grace@corp.example" in draft.to + draft.cc
        assert "mei@corp.example" in draft.to + draft.cc
        assert "ann@example.org" not in draft.to + draft.cc


async def test_capital_l_answers_the_list_or_says_that_there_is_none(
    home: Home,
) -> None:
    async with reader(home) as it:
        await it.go_to("Budget")
        await it.press("L")
        await it.shows("no mailing list")
        await it.go_to("WAL")
        draft = await press_and_write(it, "L")
        assert "dev@lists.example" in draft.to


async def test_f_sends_the_text_and_the_attachments_on(home: Home) -> None:
    async with reader(home) as it:
        await it.go_to("Papers")
        draft = await press_and_write(it, "f")
        assert "this is the text." in draft.body
        assert [one.name for one in draft.attachments] == ["plan.pdf"]
        await it.type("bob@there.example")
        await it.press(*["tab"] * 4)
        await it.type("Read and add.")
        await it.press("ctrl+s", "enter")
        await it.until(lambda: not it.is_open)
        assert "plan.pdf" in it.sent()
        assert "Read and add." in it.sent()


async def test_several_marked_messages_are_sent_on_as_attachments(home: Home) -> None:
    async with reader(home) as it:
        await it.press("home", "x", "j", "x")
        draft = await press_and_write(it, "f")
        assert [one.type for one in draft.attachments] == ["message/rfc822"] * 2
        assert not it.app.panes.list.marked


async def test_one_of_several_marked_messages_is_answered_after_a_question(
    home: Home,
) -> None:
    async with reader(home) as it:
        await it.press("home", "x", "j", "x", "r")
        await it.shows("2 messages are marked, and one is answered at a time")
        await it.press("escape")
        assert not it.is_open
        subject = it.row.subject
        draft = await press_and_write(it, "r", "enter")
        assert draft.subject == f"Re: {subject}"


async def test_b_sends_a_message_on_as_it_is_after_it_asked_to_whom(
    home: Home,
) -> None:
    async with reader(home) as it:
        await it.go_to("Budget")
        await it.press("b")
        await it.type("nobody")
        await it.press("enter")
        await it.shows("Bounce to:", "nobody")
        assert not it.outbox()
        await it.press("ctrl+u")
        await it.type("grac")
        await it.shows("Grace Hopper <grace@corp.example>")
        await it.press("tab", "enter")
        await it.shows('Bounce "Budget" to')
        await it.press("y")
        await it.until(lambda: len(it.outbox()) == 1)
        assert "Resent-To: Grace Hopper <grace@corp.example>" in it.sent()
        assert "From: Bob Stone <bob@there.example>" in it.sent()
        await it.shows('sends "Budget" in', "u takes it back")


async def test_c_begins_a_message_and_ctrl_e_one_like_another(home: Home) -> None:
    async with reader(home) as it:
        draft = await press_and_write(it, "1", "c")
        assert (draft.to, draft.subject) == ("", "")
        await it.type("bob@there.example")
        assert it.composer.draft.to == "bob@there.example"
        await it.press("escape", "d", "2")
        await it.go_to("Budget")
        draft = await press_and_write(it, "ctrl+e")
        assert (draft.subject, draft.body) == ("Budget", SAMPLES[0].body)


async def test_the_alias_that_got_a_message_answers_it(tmp_path: Path) -> None:
    home = sending(tmp_path, samples=SAMPLES)
    path = home.places.settings_file()
    aliases = 'address = "ann@example.org"\naliases = ["team@example.org"]'
    path.write_text(path.read_text().replace('address = "ann@example.org"', aliases))
    async with reader(home) as it:
        await it.go_to("Alias")
        assert "ann@example.org" in (await press_and_write(it, "r")).sender


async def test_a_message_whose_text_is_not_here_can_be_answered_offline(
    home: Home,
) -> None:
    async with reader(home, offline=True) as it:
        await it.go_to("Not here")
        draft = await press_and_write(it, "r")
        assert draft.to == "Grace Hopper <grace@corp.example>"
        assert draft.in_reply_to == "Not-here@corp.example"
        await it.shows("Its text is not here, so it is not quoted.")


async def test_an_account_that_cannot_send_says_so_while_one_writes(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    home.fill(SAMPLES)
    async with reader(home) as it:
        await press_and_write(it, "r")
        await it.shows("[smtp]")


async def test_a_mailto_link_is_written_to(home: Home) -> None:
    async with reader(home) as it:
        url = "mailto:desk@there.example?subject=Keys&bcc=m@evil.example&attach=/etc/passwd"
        it.app.keys.start(follow_link(it.app, url))
        await it.until(lambda: it.is_open)
        draft = it.composer.draft
        assert (draft.to, draft.subject) == ("desk@there.example", "Keys")
        assert (draft.bcc, draft.attachments) == ("", ())
        await it.shows("Not taken from the link: bcc, attach.")


# Drafts.


async def test_enter_on_a_draft_of_another_client_goes_on_writing_it(
    home: Home,
) -> None:
    async with reader(home) as it:
        put_draft(it.database)
        await it.press("g", "d")
        await it.shows("Half a thought", "write on")
        draft = await press_and_write(it, "enter")
        assert (draft.to, draft.subject) == (
            "Zoe <zoe@there.example>",
            "Half a thought",
        )
        assert draft.body == "I began elsewhere.\n"
        await it.type("And here ")
        await it.press("escape", "k")
        await it.until(lambda: not it.is_open)
        [kept] = it.drafts()
        assert b"And here I began elsewhere." in kept


async def test_a_forward_that_was_kept_still_knows_what_it_forwards(home: Home) -> None:
    async with reader(home) as it:
        await it.go_to("Budget")
        number = it.row.number
        await press_and_write(it, "f")
        await it.type("zoe@there.example")
        await it.press("escape", "k")
        await it.until(lambda: not it.is_open)
        draft = await press_and_write(it, "g", "d", "enter")
        assert (draft.parent, draft.parent_flag) == (number, "$Forwarded")


async def test_a_draft_in_the_outbox_is_not_written_on(home: Home) -> None:
    async with reader(home) as it:
        put_draft(it.database)
        await it.press("g", "d")
        await it.shows("Half a thought")
        await press_and_write(it, "enter")
        await it.press("ctrl+s", "enter")
        await it.until(lambda: not it.is_open)
        await it.press("enter")
        await it.shows("it is in the outbox; u takes it back")
        await press_and_write(it, "u")


# After it was sent.


async def test_a_sent_mail_counts_down_and_u_takes_it_back_with_all_of_it(
    home: Home,
) -> None:
    async with reader(home) as it:
        await sent_one(it)
        await it.shows('sends "Re: Budget" in 10 s · u takes it back')
        await it.shows('sends "Re: Budget" in 9 s')
        draft = await press_and_write(it, "u")
        assert it.outbox() == []
        assert draft.body.startswith("Yes.")
        assert (draft.to, draft.subject) == (
            "Bob Stone <bob@there.example>",
            "Re: Budget",
        )
        await it.shows("Taken back")
        assert "! Taken back" not in it.text
        await it.press("ctrl+s", "enter")
        await it.until(lambda: len(it.outbox()) == 1)


async def test_offline_a_mail_is_in_the_outbox_and_not_sent(home: Home) -> None:
    async with reader(home, offline=True) as it:
        await sent_one(it)
        await it.shows('"Re: Budget" in the outbox, goes when online')
        assert "Sent" not in it.text.splitlines()[-2]


async def test_it_is_said_when_the_server_has_it_and_that_u_comes_too_late(
    home: Home,
) -> None:
    async with reader(home) as it:
        await sent_one(it)
        [mail] = it.outbox()
        with it.database.transaction() as tx:
            outbox.settle_accepted(tx, mail.id)
            outbox.note_filed(tx, mail.id)
        await it.app.outbox.look()
        await it.shows('Sent "Re: Budget" to bob@there.example')
        await it.press("u")
        await it.shows('Sent "Re: Budget" to bob@there.example cannot be undone.')


async def test_what_waits_is_taken_back_among_the_operations_too(home: Home) -> None:
    async with reader(home) as it:
        await sent_one(it)
        await it.press("P")
        await it.shows('send "Re: Budget" to bob@there.example', "goes at")
        draft = await press_and_write(it, "u")
        assert draft.body.startswith("Yes.")
        assert it.outbox() == []


async def test_a_mail_in_doubt_goes_again_only_after_a_question(home: Home) -> None:
    def state() -> SubmissionState:
        [mail] = it.outbox()
        return mail.state

    async with reader(home) as it:
        await sent_one(it)
        number = it.outbox()[0].id
        _lose_the_answer(it.database, number)
        await it.press("P")
        await it.shows("may have been sent")
        await it.press("r")
        await it.shows("it may arrive twice")
        await it.press("escape")
        assert state() is SubmissionState.UNKNOWN
        await it.press("r", "y")
        await it.until(lambda: state() is SubmissionState.QUEUED)


def _lose_the_answer(database: Database, number: SubmissionId) -> None:
    with database.transaction() as tx:
        outbox.send_now(tx, number)
        outbox.mark_sending(tx, number)
        outbox.settle_unknown(tx, number, "the answer was lost")


async def test_u_brings_back_what_was_discarded(home: Home) -> None:
    async with reader(home) as it:
        await press_and_write(it, "c")
        await it.type("bob@there.example")
        await it.press("escape", "d")
        await it.shows("Discarded.", "u brings back what was discarded")
        draft = await press_and_write(it, "u")
        assert draft.to == "bob@there.example"


# Leaving and coming back.


@pytest.mark.parametrize(
    ("key", "state"),
    [("k", SubmissionState.KEPT), ("s", SubmissionState.QUEUED)],
)
async def test_leaving_with_a_held_mail_asks_what_becomes_of_it(
    home: Home, key: str, state: SubmissionState
) -> None:
    async with reader(home, offline=True) as it:
        await sent_one(it)
        await it.press("Q")
        await it.shows('"Re: Budget" is not sent yet')
        await it.press("escape")
        assert it.app.is_running
        await it.press("Q")
        await it.pilot.press(key)
        await it.until(lambda: it.outbox()[0].state is state)
        assert it.outbox()[0].not_before is None


async def test_what_was_kept_goes_at_the_next_start(home: Home) -> None:
    async with reader(home, offline=True) as it:
        await sent_one(it)
        [mail] = it.outbox()
        with it.database.transaction() as tx:
            outbox.keep(tx, mail.id)
    async with reader(home, offline=True) as it:
        await it.shows("Still here from before: 1 mail waits")
        await it.until(lambda: it.outbox()[0].state is SubmissionState.QUEUED)


async def test_what_a_killed_reader_left_is_in_drafts_at_the_next_start(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, gone = tmp_path / "here.txt", tmp_path / "gone.txt"
    here.write_bytes(b"still here")
    files = tuple(
        Attachment(Displayable(path.name), "text/plain", 10, FileSource(path))
        for path in (here, gone)
    )
    draft = Draft("work", "ann@example.org", to="bob@there.example", subject="Precious",
                  body="Not to be lost.\n", attachments=files)  # fmt: skip
    database = home.open()
    monkeypatch.setattr(writing, "_own", lambda: (2**22 + 1, "another machine"))
    with database.transaction() as tx:
        writing.begin_writing(tx, to_json(draft), datetime.now(UTC))
    database.close()
    monkeypatch.undo()
    async with reader(home, offline=True) as it:
        await it.shows('"Precious" is in Drafts', "Not attached any more: gone.txt.")
        [kept] = it.drafts()
        assert b"Not to be lost." in kept
        assert b"here.txt" in kept
        assert it.rows() == []
        draft = await press_and_write(it, "g", "d", "enter")
        assert draft.body == "Not to be lost.\n"


def lacking(database: Database) -> Draft:
    """A draft that was kept once, with a part that is not here."""
    number = put_draft(database)
    [absent] = find_by_message_id(database, "Not-here@corp.example")
    part = PartSource(absent, PartId("2"))
    zipped = Attachment(Displayable("big.zip"), "application/zip", 10, part)
    return Draft(
        "work",
        "ann@example.org",
        to="bob@there.example",
        subject="Half",
        body="Not to be lost.\n",
        attachments=(zipped,),
        message=number,
    )


@pytest.fixture
def left(home: Home, monkeypatch: pytest.MonkeyPatch) -> Draft:
    """What a killed reader left, with a part that is not here."""
    database = home.open()
    draft = lacking(database)
    with monkeypatch.context() as patched:
        patched.setattr(writing, "_own", lambda: (2**22 + 1, "another machine"))
        with database.transaction() as tx:
            writing.begin_writing(tx, to_json(draft), datetime.now(UTC))
    database.close()
    return draft


async def test_what_a_killed_reader_left_gets_what_goes_with_it_from_the_server(
    home: Home, left: Draft
) -> None:
    engine = PlayedEngine(home)
    async with reading(home, start_engines=True) as begun:
        it = Composing(begun.app, begun.pilot)
        await it.until(lambda: engine.has_heard(OpenMailbox))
        engine.say(Status("connected", own("")))
        await it.until(lambda: engine.has_heard(FetchPart))
        asked = engine.last(FetchPart)
        with it.database.transaction() as tx:
            save_chunk(tx, asked.message, asked.part, 0, b"zipped")
            complete_part(tx, asked.message, asked.part)
        engine.say(Done(asked.request, ok=True, line=own("")))
        await it.until(lambda: not it.rows())
        [kept] = it.drafts()
        assert b"Not to be lost." in kept
        assert left.attachments[0].name.encode() in kept
    engine.server.close()


@pytest.mark.usefixtures("left")
async def test_what_a_killed_reader_left_takes_the_place_of_no_draft_that_has_more(
    home: Home,
) -> None:
    async with reader(home, offline=True) as it:
        await it.shows("big.zip; the draft before stays")
        assert [b"Not to be lost." in one for one in it.drafts()] == [False, True]
        assert it.rows() == []


async def test_a_draft_is_kept_offline_beside_the_one_that_has_what_is_not_here(
    home: Home,
) -> None:
    async with reader(home, offline=True) as it:
        await it.open(lacking(it.database))
        await it.type("And more. ")
        await it.press("escape", "k")
        await it.until(lambda: not it.is_open)
        await it.shows("without big.zip")
        assert [b"And more. " in one for one in it.drafts()] == [False, True]


async def test_a_read_only_reader_writes_nothing(home: Home) -> None:
    async with reader(home, read_only=True) as it:
        for key in "rafbc":
            await it.press(key)
            await it.shows("--read-only")
        assert not it.is_open
