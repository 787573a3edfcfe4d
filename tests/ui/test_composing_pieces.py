"""Times, people, paragraphs and address books, without a screen."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tui_mail.compose.wrapping import rewrapped, wrapped
from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError
from tui_mail.ui.addressbook import arguments_of, look_up, people_in
from tui_mail.ui.completing import People, Person, entries, entry_at, is_whole, taken
from tui_mail.ui.later import later

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=timezone(timedelta(hours=5, minutes=17)))
"""A Monday, in a zone that no machine is in."""


@pytest.mark.parametrize(
    ("typed", "when"),
    [
        ("18:00", "2026-11-23 18:00"),
        ("9:00", "2026-11-24 09:00"),
        ("tomorrow 9:00", "2026-11-24 09:00"),
        ("Tomorrow", "2026-11-24 08:00"),
        ("tomorrow at 9", "2026-11-24 09:00"),
        ("2h", "2026-11-23 16:05"),
        ("in 30 min", "2026-11-23 14:35"),
        ("3d", "2026-11-26 14:05"),
        ("monday", "2026-11-30 08:00"),
        ("fri 7pm", "2026-11-27 19:00"),
        ("2026-12-01 08:00", "2026-12-01 08:00"),
        ("2026-12-01T08:00", "2026-12-01 08:00"),
        ("12am", "2026-11-24 00:00"),
    ],
)
def test_a_time_is_read_as_a_person_types_it(typed: str, when: str) -> None:
    assert f"{later(typed, NOW):%Y-%m-%d %H:%M}" == when


@pytest.mark.parametrize(
    "typed",
    ["", "soon", "25:00", "12:75", "2026-13-01", "2020-01-01", "today 9:00", "-2h"],
)
def test_what_is_no_time_to_come_is_refused(typed: str) -> None:
    with pytest.raises(MailError):
        later(typed, NOW)


def _person(name: str, address: str) -> Person:
    return Person(displayable(name), displayable(address), f"{name} <{address}>")


def test_people_are_found_by_the_beginnings_of_their_words() -> None:
    people = People(
        [
            _person("Kateřina Müller", "kat@corp.example"),
            _person("Bob Stone", "bob@katalog.example"),
            _person("Mukat", "m@x.example"),
        ]
    )

    def found(typed: str) -> list[str]:
        return [p.address for p in people.find(typed)]

    assert found("kat") == ["kat@corp.example", "bob@katalog.example", "m@x.example"]
    assert found("mul kat") == ["kat@corp.example"]
    assert found("bob@kata") == ["bob@katalog.example"]
    assert found("") == []
    assert not people.add([_person("Other", "KAT@corp.example")])


def test_the_entry_at_the_cursor_is_the_one_that_is_typed() -> None:
    text = '"Stone, Bob" <bob@x.example>, gra'
    assert entries(text) == [(0, 28), (30, 33)]
    assert entry_at(text, len(text)) == (30, 33)
    assert entry_at(text, 5) is None
    assert taken(text, (30, 33), "G <g@x.example>") == (
        '"Stone, Bob" <bob@x.example>, G <g@x.example>, ',
        47,
    )
    assert is_whole("a@b")
    assert not is_whole("a@")


def test_the_address_book_gets_what_was_typed_as_one_argument() -> None:
    assert arguments_of("khard 'a b' %s", "x; rm -rf ~") == [
        "khard",
        "a b",
        "x; rm -rf ~",
    ]
    assert arguments_of("q --name=%s", "y\x1b\n") == ["q", "--name=y"]
    with pytest.raises(MailError):
        arguments_of("khard 'open", "x")


def test_lines_of_an_address_book_that_are_no_people_are_left_out() -> None:
    output = "searching…\nbob@x.example\tBob \x1b[31m\tfriend\nb\tc\n<a@b>,c@d\tx\n"
    [person] = people_in(output)
    assert person.address == "bob@x.example"
    assert "\x1b" not in person.entry + person.name


async def test_an_address_book_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.ui.addressbook._DEADLINE", 0.2)
    program = tmp_path / "book"
    program.write_text("#!/bin/sh\nsleep 60\n")
    program.chmod(0o700)
    with pytest.raises(MailError, match="in time"):
        await look_up(f"{program} %s", "x")
    with pytest.raises(MailError, match="missing"):
        await look_up(f"{tmp_path}/missing %s", "x")


def test_wrapping_leaves_the_signature_and_short_lines_and_writes_nothing_twice() -> (
    None
):
    long = "some words of a long line that goes on " * 4
    text = f"short\n{long.strip()}\n    code {long}\n-- \n{long}\n"
    lines = wrapped(text).split("\n")
    assert lines[0] == "short"
    assert lines[1].endswith(" ")
    assert lines[-4].startswith("    code")
    assert lines[-3:] == ["-- ", long, ""]
    assert wrapped("a\nb\n") == "a\nb\n"


def test_wrapping_again_joins_what_is_quoted_alike() -> None:
    words = "these are words that were quoted "
    quote = "\n".join(f"> {words.strip()}" for _ in range(6))
    made = rewrapped(quote).split("\n")
    assert len(made) == 3
    assert all(line.startswith("> ") for line in made)
    assert rewrapped("my own\nwords\nhere") == "my own words here"
    assert rewrapped("- one\n- two") == "- one\n- two"
