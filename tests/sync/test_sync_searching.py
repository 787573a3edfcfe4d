"""Searches on the server: its hits are found here afterwards."""

import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime

import pytest

from tests.servers.dovecot import Dovecot, Letter, Options, without
from tests.servers.interposed import Answer, interposed
from tests.servers.ports import free_ports
from tests.servers.pymap import Pymap
from tests.sync.engines import running, start
from tests.sync.mailing import Desk, letter
from tui_mail.config.places import Places
from tui_mail.link.messages import Cancel, Changed, GoOffline, OpenMailbox, Search
from tui_mail.model.error import LinkLost, QueryError, ServerRefused
from tui_mail.model.flags import SEEN
from tui_mail.model.operation import SetFlags
from tui_mail.model.query import Words
from tui_mail.model.query_parser import parse_query
from tui_mail.store.search import search
from tui_mail.sync import searching
from tui_mail.sync.engine import search_once
from tui_mail.sync.searching import Outcome

pytestmark = pytest.mark.dovecot

BOXES = ("INBOX", "Work", "Trash")
VARIANTS = {
    "everything": Options(),
    "no ESEARCH": Options(capabilities=without("ESEARCH")),
    "the least": Options(capabilities="IMAP4rev1"),
}


@pytest.fixture(params=VARIANTS)
def desk(
    request: pytest.FixtureRequest,
    dovecots: Callable[[Options], Dovecot],
    desk_of: Callable[[Dovecot], Desk],
) -> Desk:
    return desk_of(dovecots(VARIANTS[request.param]))


@pytest.fixture
def plain_desk(dovecot: Dovecot, desk_of: Callable[[Dovecot], Desk]) -> Desk:
    return desk_of(dovecot)


def ask(desk: Desk, query: str) -> Outcome:
    return search_once(desk.account, desk.places, parse_query(query))


def found(desk: Desk, query: str) -> set[str]:
    """Name the subjects of what is found here."""
    numbers = search(
        desk.database,
        parse_query(query),
        me=desk.account.own_addresses,
        today=datetime.now().astimezone().date(),
    )
    rows = {row.number: str(row.subject) for box in BOXES for row in desk.rows(box)}
    return {rows[number] for number in numbers}


def _attached(number: int, name: str, *, text: str = "see below") -> Letter:
    octets = (
        f"Subject: letter {number}\r\nMessage-ID: <{number}@example.org>\r\n"
        "Date: Thu, 1 Jan 2026 10:00:00 +0000\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\n\r\n{text}\r\n--b\r\n"
        f'Content-Type: application/pdf; name="{name}"\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\nx\r\n--b--\r\n'
    )
    return Letter(octets.encode())


def test_words_in_texts_that_are_not_here_are_found(desk: Desk) -> None:
    desk.fill(
        [letter(1, text="zebra"), letter(2, text="tiger"), letter(3, text="Zebra!")]
    )
    desk.fill([letter(4, text="a zebra"), letter(5, text="nothing")], "Work")
    desk.sync()
    assert found(desk, "zebra") == set()
    assert ask(desk, "zebra") == Outcome("server: 3 more", whole=True)
    assert found(desk, "zebra") == {"letter 1", "letter 3", "letter 4"}
    assert found(desk, "body:zebra in:work") == {"letter 4"}
    assert ask(desk, "ZEBRA") == Outcome("server: nothing more", whole=True)


def test_the_whole_query_holds_for_what_the_server_finds(desk: Desk) -> None:
    desk.fill(
        [
            letter(1, text="zebra and lion"),
            letter(2, text="zebra", flags="\\Seen"),
            letter(3, text="lion"),
            letter(4, text="none"),
        ]
    )
    desk.sync()
    for query, subjects in {
        "zebra lion": {"letter 1"},
        "zebra -lion": {"letter 2"},
        "zebra OR lion": {"letter 1", "letter 2", "letter 3"},
        "zebra is:unread": {"letter 1"},
        "zebra from:ann2": {"letter 2"},
        "zebra letter": {"letter 1", "letter 2"},
        "-zebra -lion": {"letter 4"},
        "zebra after:2026-02-01": set(),
        "zebra on:2026-01-01": {"letter 1", "letter 2"},
        "zebra in:work": set(),
    }.items():
        ask(desk, query)
        assert found(desk, query) == subjects, query


def test_a_wish_that_waits_counts_as_fulfilled(desk: Desk) -> None:
    desk.fill([letter(1, text="zebra"), letter(2, text="zebra")])
    desk.sync()
    desk.perform(SetFlags((desk.number("letter 1"),), add=frozenset({SEEN})))
    ask(desk, "zebra is:unread")
    assert found(desk, "zebra is:unread") == {"letter 2"}


def test_other_scripts_are_asked_for(desk: Desk) -> None:
    desk.fill([letter(1, text="Größe in Zürich"), letter(2, text="日本語の本")])
    desk.sync()
    ask(desk, "zürich")
    assert found(desk, "ZÜRICH") == {"letter 1"}
    ask(desk, "日本")
    assert found(desk, "日本") == {"letter 2"}
    ask(desk, '"größe in zürich"')
    assert found(desk, '"größe in zürich"') == {"letter 1"}


def test_a_phrase_on_two_lines_is_found_by_its_text(desk: Desk) -> None:
    desk.fill(
        [
            letter(1, text="a striped\r\nzebra"),
            letter(2, text="zebra, striped"),
            letter(3, text="striped zebra"),
        ]
    )
    desk.sync()
    ask(desk, '"striped zebra"')
    assert found(desk, '"striped zebra"') == {"letter 1", "letter 3"}


def test_parts_of_words_are_no_words(desk: Desk) -> None:
    desk.fill(
        [
            letter(1, text="a lion"),
            letter(2, text="a million"),
            _attached(3, "x.pdf", text="a million"),
        ]
    )
    desk.sync()
    ask(desk, "lion")
    # What an attachment may have is the server's word.
    assert found(desk, "lion") == {"letter 1", "letter 3"}
    ask(desk, "lio*")
    assert found(desk, "lio*") == {"letter 1", "letter 3"}
    ask(desk, "mill*")
    assert found(desk, "mill*") == {"letter 2", "letter 3"}


def test_more_texts_than_are_fetched_are_the_servers_word(
    plain_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = plain_desk
    monkeypatch.setattr(searching, "_MOST_TEXTS", 2)
    monkeypatch.setattr(searching, "_TEXTS", 1)
    desk.fill([letter(number, text="a million") for number in range(1, 6)])
    desk.sync()
    assert ask(desk, "lion").line == "server: 3 more"
    assert found(desk, "lion") == {"letter 1", "letter 2", "letter 3"}


def test_trash_is_searched_where_it_is_named(desk: Desk) -> None:
    desk.fill([letter(1, text="zebra")], "Trash")
    desk.sync()
    assert desk.box("Trash").special_use == "trash"
    assert ask(desk, "zebra").line == "server: nothing more"
    assert found(desk, "zebra in:trash") == set()
    assert ask(desk, "zebra in:trash").line == "server: 1 more"
    assert found(desk, "zebra") == set()
    assert found(desk, "zebra in:anywhere") == {"letter 1"}


def test_names_of_attachments_are_looked_up(desk: Desk) -> None:
    desk.fill([_attached(1, "annual report.pdf"), _attached(2, "photo.jpg"), letter(3)])
    desk.sync()
    assert found(desk, "filename:report") == set()
    ask(desk, "filename:report")
    assert found(desk, "filename:report") == {"letter 1"}


def test_hits_that_are_not_here_yet_become_rows(plain_desk: Desk) -> None:
    desk = plain_desk
    texts = {10: "zebra", 150: "zebra", 290: "zebra"}
    desk.fill([letter(n, text=texts.get(n, "none")) for n in range(1, 301)])
    assert ask(desk, "zebra") == Outcome("server: 3 more", whole=True)
    # Nothing had been synchronized: the newest, and the hits, are here now.
    assert len(desk.rows()) == 102
    assert found(desk, "zebra") == {"letter 10", "letter 150", "letter 290"}
    ask(desk, "subject:77")
    assert found(desk, "subject:77") == {"letter 77"}
    # The server had found 77 in 177 too.
    assert desk.sync().new == 300 - 104
    assert desk.all_here() == desk.all_there()
    assert found(desk, "zebra") == {"letter 10", "letter 150", "letter 290"}


def test_what_is_known_to_match_is_not_asked_for(plain_desk: Desk) -> None:
    desk = plain_desk
    desk.fill([letter(1, text="zebra"), letter(2, text="none")])
    desk.sync()
    ask(desk, "zebra")
    with interposed(desk.server.port, lambda _: None) as between:
        desk.through(between.port)
        ask(desk, "letter")
        assert not _searches(between.commands)
        ask(desk, "zebra")
        [asked] = _searches(between.commands)
        assert asked == b'UID SEARCH RETURN (ALL) UID 2 BODY "zebra"'


def _searches(commands: list[bytes]) -> list[bytes]:
    return [one for one in commands if one.startswith(b"UID SEARCH")]


def test_a_large_mailbox_is_asked_in_pieces(
    plain_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = plain_desk
    monkeypatch.setattr(searching, "_FIRST", 10)
    monkeypatch.setattr(searching, "_MOST", 20)
    desk.fill([letter(n, text="zebra" if n % 3 else "x") for n in range(1, 61)])
    desk.sync()
    with interposed(desk.server.port, lambda _: None) as between:
        desk.through(between.port)
        assert ask(desk, "zebra").line == "server: 40 more"
        sets = [one.split()[5] for one in _searches(between.commands)]
    assert sets == [b"51:60", b"31:50", b"11:30", b"1:10"]


def test_of_too_many_hits_the_newest_are_kept(
    plain_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = plain_desk
    monkeypatch.setattr(searching, "_FIRST", 10)
    monkeypatch.setattr(searching, "_MOST", 10)
    monkeypatch.setattr(searching, "_MOST_HITS", 20)
    desk.fill([letter(number, text="zebra") for number in range(1, 61)])
    desk.sync()
    outcome = ask(desk, "zebra")
    assert outcome.line == "server: 20 more; INBOX: more than the newest 20 have it"
    assert found(desk, "zebra") == {f"letter {number}" for number in range(41, 61)}


def test_of_too_many_hits_that_are_not_here_the_newest_come(
    plain_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = plain_desk
    monkeypatch.setattr(searching, "_MOST_HEADERS", 20)
    monkeypatch.setattr(searching, "_HEADERS", 10)
    desk.fill([letter(number, text="zebra") for number in range(1, 161)])
    outcome = ask(desk, "zebra")
    assert outcome.line == "server: 120 more; INBOX: there are more than these"
    assert found(desk, "zebra") == {f"letter {number}" for number in range(41, 161)}


# What servers refuse, get wrong, or never answer.


def _refusing(answer: bytes, *, only: bytes = b"") -> Callable[[bytes], Answer]:
    def instead(command: bytes) -> Answer:
        return (
            [answer] if command.startswith(b"UID SEARCH") and only in command else None
        )

    return instead


@pytest.mark.parametrize("answer", [b"NO [SERVERBUG] no index", b"BAD what?", b"NO no"])
def test_a_mailbox_that_is_refused_leaves_the_others(
    plain_desk: Desk, answer: bytes
) -> None:
    desk = plain_desk
    desk.fill([letter(1, text="zebra")])
    desk.fill([letter(2, text="zebra"), letter(3, text="zebra")], "Work")
    desk.sync()
    # Only in one of them there are two messages.
    with interposed(desk.server.port, _refusing(answer, only=b"1:2")) as between:
        desk.through(between.port)
        outcome = ask(desk, "zebra")
    assert not outcome.whole
    assert outcome.line.startswith("server: 1 more; Work: 127.0.0.1 refused: ")
    assert found(desk, "zebra") == {"letter 1"}


def test_where_short_answers_are_refused_the_usual_ones_do(plain_desk: Desk) -> None:
    desk = plain_desk
    desk.fill([letter(1, text="zebra")])
    desk.sync()
    refusing = _refusing(b"BAD RETURN?", only=b"RETURN")
    with interposed(desk.server.port, refusing) as between:
        desk.through(between.port)
        assert ask(desk, "zebra") == Outcome("server: 1 more", whole=True)


def test_without_the_charset_other_letters_are_looked_for_here(
    dovecots: Callable[[Options], Dovecot], desk_of: Callable[[Dovecot], Desk]
) -> None:
    desk = desk_of(dovecots(Options(capabilities=without("LITERAL+"))))
    desk.fill([letter(1, text="in Zürich"), letter(2, text="Zurich is rich")])
    desk.sync()
    refusing = _refusing(b"NO [BADCHARSET (US-ASCII)] only ASCII", only=b"UTF-8")
    with interposed(desk.server.port, refusing) as between:
        desk.through(between.port)
        # Its text came and was looked into: accents do not distinguish here.
        assert ask(desk, "zürich") == Outcome("server: 2 more", whole=True)
        assert b'BODY "rich"' in _searches(between.commands)[-1]
        outcome = ask(desk, "日本")
    assert not outcome.whole
    assert outcome.line.endswith('INBOX: the server cannot look for "日本"')


@pytest.mark.parametrize("terse", [True, False])
def test_more_hits_than_any_line_should_have_are_no_harm(
    plain_desk: Desk,
    terse: bool,
) -> None:
    desk = plain_desk
    desk.fill([letter(1, text="zebra"), letter(2, text="none")])
    desk.sync()

    def instead(command: bytes) -> Answer:
        if not command.startswith(b"UID SEARCH"):
            return None
        if terse:
            said = b'* ESEARCH (TAG "x") UID ALL 2:200000,4294967295'
        else:
            said = b"* SEARCH " + b" ".join(b"%d" % n for n in range(2, 200_002)) + b" "
        return [said, b"OK done"]

    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        assert ask(desk, "zebra") == Outcome("server: 1 more", whole=True)
    assert found(desk, "zebra") == {"letter 2"}


def test_nonsense_is_no_hit(plain_desk: Desk) -> None:
    desk = plain_desk
    desk.fill([letter(1, text="zebra")])
    desk.sync()

    def instead(command: bytes) -> Answer:
        said = [b"* ESEARCH UID ALL x", b"* SEARCH 1 x"]
        return [*said, b"OK done"] if command.startswith(b"UID SEARCH") else None

    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        outcome = ask(desk, "zebra")
    assert not outcome.whole
    assert found(desk, "zebra") == set()


def test_a_server_that_looks_for_ever_is_left(
    plain_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = plain_desk
    desk.fill([letter(1, text="zebra")])
    desk.sync()
    monkeypatch.setattr(searching, "DEADLINE", 0.5)
    over = threading.Event()

    def instead(command: bytes) -> Answer:
        if command.startswith(b"UID SEARCH"):
            over.wait(10)
        return None

    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        with pytest.raises(LinkLost):
            ask(desk, "zebra")
        over.set()


def test_what_no_server_can_be_asked_is_said(plain_desk: Desk) -> None:
    desk = plain_desk
    desk.sync()
    with pytest.raises(ServerRefused, match="10 words at most"):
        ask(desk, " ".join(f"word{n}" for n in range(11)))
    with pytest.raises(QueryError):
        ask(desk, "thread:x")
    with pytest.raises(ServerRefused, match="control characters"):
        search_once(desk.account, desk.places, Words("a\0b"))


def test_pymap_is_searched_too(pymap: Pymap, places: Places) -> None:
    desk = Desk(pymap, "u9", places)
    with desk.oracle() as client:
        for number, text in ((1, "zebra"), (2, "none"), (3, "Zürich")):
            client.append("INBOX", letter(number, text=text).octets)
    with closing(desk):
        desk.sync()
        assert ask(desk, "zebra") == Outcome("server: 1 more", whole=True)
        assert found(desk, "zebra") == {"letter 1"}
        ask(desk, "zürich")
        assert found(desk, "zürich") == {"letter 3"}


# The engine.


def test_an_engine_searches_over_a_connection_of_its_own(plain_desk: Desk) -> None:
    desk = plain_desk
    desk.fill([letter(1, text="zebra")])
    desk.fill([letter(2, text="zebra")], "Work")
    desk.sync()
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        reader.send(OpenMailbox(desk.box().id))
        reader.send(Search("zebra", 7))
        done = reader.done(7)
        assert (done.ok, done.line) == (True, "server: 2 more")
        if not any(isinstance(one, Changed) for one in reader.told):
            reader.until(lambda one: isinstance(one, Changed))
        # The mailbox that is looked at is listened to as before.
        desk.fill([letter(3)])
        reader.while_told(lambda: "letter 3" in desk.here())
        reader.send(Search("zebra", 8))
        assert reader.done(8).line == "server: nothing more"
        reader.send(Search('"unclosed', 9))
        done = reader.done(9)
        assert (done.ok, "column 1" in done.line) == (False, True)
        reader.send(GoOffline(offline=True))
        reader.send(Search("zebra", 10))
        done = reader.done(10)
        assert (done.ok, done.line) == (False, "offline")


def test_a_search_is_cancelled_while_the_server_looks(plain_desk: Desk) -> None:
    desk = plain_desk
    desk.fill([letter(1, text="zebra")])
    desk.sync()
    over, asked = threading.Event(), threading.Event()

    def instead(command: bytes) -> Answer:
        if command.startswith(b"UID SEARCH") and not over.is_set():
            asked.set()
            over.wait(10)
        return None

    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        with running(desk) as engine, engine.reader() as reader:
            reader.status("connected")
            reader.send(Search("zebra", 1))
            assert asked.wait(10)
            reader.send(Cancel(1))
            done = reader.done(1)
            assert (done.ok, done.line) == (False, "cancelled")
            over.set()
            reader.send(Search("zebra", 2))
            assert reader.done(2).line == "server: 1 more"


def test_a_search_whose_link_is_cut_goes_on_over_the_next(plain_desk: Desk) -> None:
    desk = plain_desk
    desk.fill([letter(1, text="zebra")])
    desk.sync()
    cuts: list[bytes] = []

    def instead(command: bytes) -> Answer:
        if command.startswith(b"UID SEARCH") and len(cuts) < 3:
            cuts.append(command)
            return []
        return None

    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        with running(desk) as engine, engine.reader() as reader:
            reader.status("connected")
            reader.send(Search("zebra", 1))
            assert not reader.done(1).ok
            assert len(cuts) == 2
            reader.send(Search("zebra", 2))
            done = reader.done(2)
            assert (done.ok, done.line) == (True, "server: 1 more")


def test_a_mailbox_that_was_made_anew_is_synchronized_first(plain_desk: Desk) -> None:
    desk = plain_desk
    desk.fill([letter(1, text="zebra"), letter(2, text="none")], "Work")
    desk.sync()
    with desk.oracle() as client:
        client.delete_folder("Work")
    desk.fill([letter(3, text="none"), letter(4, text="zebra")], "Work")
    outcome = ask(desk, "zebra")
    assert outcome.line == "server: nothing more; Work: it was made anew on the server"
    assert found(desk, "zebra") == set()
    with running(desk) as engine, engine.reader() as reader:
        reader.send(Search("zebra", 1))
        reader.done(1)
        reader.while_told(lambda: set(desk.here("Work")) == {"letter 3", "letter 4"})
        reader.send(Search("zebra", 2))
        assert reader.done(2).ok
        assert found(desk, "zebra") == {"letter 4"}


def test_where_no_further_connection_is_let_in_the_first_one_searches(
    plain_desk: Desk,
) -> None:
    desk = plain_desk
    desk.fill([letter(1, text="zebra")])
    desk.sync()
    logins: list[bytes] = []

    def instead(command: bytes) -> Answer:
        if command.upper().startswith((b"LOGIN", b"AUTHENTICATE")):
            logins.append(command)
            if len(logins) > 1:
                return [b"NO [LIMIT] too many"]
        return None

    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        with running(desk) as engine, engine.reader() as reader:
            reader.status("connected")
            reader.send(Search("zebra", 1))
            assert reader.done(1).line == "server: 1 more"


# The command.


def _run(desk: Desk, *arguments: str) -> tuple[int, list[str], str]:
    process = start(desk, *arguments, stdout=subprocess.PIPE)
    out, said = process.communicate(timeout=30)
    return process.returncode, out.decode().split(), said.decode()


def test_the_command_prints_what_the_server_found_too(plain_desk: Desk) -> None:
    desk = plain_desk
    desk.fill([letter(1, text="zebra"), letter(2, text="zebra"), letter(3)])
    desk.sync()
    desk.close()
    status, ids, said = _run(desk, "search", "zebra", "--server", "--ids")
    assert (status, said) == (0, "work: server: 2 more\n")
    assert len(ids) == 2
    with running(desk) as engine, engine.reader() as reader:
        reader.status("connected")
        status, counted, said = _run(desk, "search", "zebra", "--server", "--count")
    assert (status, counted, said) == (0, ["2"], "work: server: nothing more\n")


def test_without_the_server_the_command_prints_what_is_here(plain_desk: Desk) -> None:
    desk = plain_desk
    desk.fill([letter(1), letter(2)])
    desk.sync()
    desk.close()
    desk.through(free_ports(1)[0])
    status, counted, said = _run(desk, "search", "letter", "--server", "--count")
    assert (status, counted) == (1, ["2"])
    assert said.count("\n") == 1
    assert "127.0.0.1" in said
    assert _run(desk, "search", "x", "account:home", "--server")[0] == 0
    status, _, said = _run(desk, "search", "thread:x", "--server")
    assert (status, "column 1" in said) == (2, True)
