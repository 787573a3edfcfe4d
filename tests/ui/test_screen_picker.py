"""The picker and the palette: what is found, and what is taken."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.screen import Screen

from tests.ui.screen_samples import (
    HOSTILE,
    SIZES,
    AskingApp,
    is_harmless,
    screen_lines,
    screen_text,
)
from tui_mail.model.displayable import displayable
from tui_mail.ui.commands import COMMANDS, Place
from tui_mail.ui.screens.choice_list import ChoiceList
from tui_mail.ui.screens.matching import Matcher, fold, matched
from tui_mail.ui.screens.palette import Palette, PaletteRow
from tui_mail.ui.screens.picker import Item, New, Picker
from tui_mail.ui.widgets.hint_line import HintLine

BOXES = [
    ("Inbox", "work"), ("Drafts", "work"), ("Sent", "work"), ("Archive", "work"),
    ("Lists/rust", "work"), ("Lists/sqlite", "work"), ("会議の記録", "work"),
    ("Projekt Übersicht", "work"), ("Inbox", "old"), ("Archive", "old"),
]  # fmt: skip


def items(boxes: Sequence[tuple[str, str]] = BOXES) -> list[Item]:
    return [
        Item(displayable(name), displayable(account), number)
        for number, (name, account) in enumerate(boxes)
    ]


def rows(place: Place = Place.LIST) -> list[PaletteRow]:
    here = {place, Place.MAIL, Place.ANYWHERE}
    return [PaletteRow(each, each.keys, each.place in here) for each in COMMANDS]


def found(texts: Sequence[str], typed: str) -> list[str]:
    return [texts[place] for place in Matcher(texts).find(typed)]


def test_the_start_of_a_word_comes_before_its_middle_and_that_before_scattered() -> (
    None
):
    texts = ["s-q-l", "mysql", "Lists/sqlite", "SQL", "quite", "Lists/no"]
    assert found(texts, "sql") == ["SQL", "Lists/sqlite", "mysql", "s-q-l"]


def test_a_remark_makes_no_name_the_likelier_or_the_longer() -> None:
    texts = ["Lists\n12 unread", "Lists/rust\n", "Inbox\nhome · 4 unread", "Sent\nhome"]
    assert found(texts, "lists") == texts[:2]
    assert found(texts, "home") == texts[2:]


def test_case_and_accents_do_not_matter() -> None:
    assert found(["Projekt Übersicht", "Straße", "Réunion"], "UBERS") == [
        "Projekt Übersicht"
    ]
    assert found(["Straße"], "strasse") == ["Straße"]
    assert found(["Reunion"], "réu") == ["Reunion"]
    assert found(["会議の記録"], "記録") == ["会議の記録"]


def test_all_words_must_match_in_any_order() -> None:
    texts = ["Archive\nwork", "Archive\nold", "Inbox\nold"]
    assert found(texts, "old arch") == ["Archive\nold"]
    assert found(texts, "") == texts
    assert found(texts, "  ") == texts


def test_scattered_letters_are_looked_for_in_the_name_only() -> None:
    assert found(["ab\ncd"], "ac") == []
    assert found(["ab\ncd"], "cd") == ["ab\ncd"]


def test_the_letters_that_matched_are_known() -> None:
    assert matched("Lists/sqlite", "sql") == {6, 7, 8}
    assert matched("Straße", "ss e") == {4, 5}
    assert matched("Inbox", "work") == frozenset()


@given(st.text())
def test_folding_is_done_character_by_character(text: str) -> None:
    assert fold(text) == "".join(map(fold, text)) or not text.isascii()
    assert fold(fold(text)) == fold(text) or "ͅ" in text


@given(st.lists(st.text(max_size=8), max_size=6), st.text(max_size=5))
def test_typing_on_finds_what_typing_at_once_finds(
    texts: list[str], typed: str
) -> None:
    matcher = Matcher(texts)
    for end in range(len(typed)):
        matcher.find(typed[:end])
    assert matcher.find(typed) == Matcher(texts).find(typed)


@given(st.text(max_size=30), st.text(max_size=5))
def test_places_that_matched_are_in_the_text(text: str, typed: str) -> None:
    assert all(0 <= place < len(text) for place in matched(text, typed))


async def test_typing_narrows_and_enter_takes() -> None:
    app = AskingApp(lambda: Picker("Move to", items()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"old", "enter")
        await pilot.pause()
    assert app.answers == [8]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ((), 0),
        (("down", "down", "up"), 1),
        (("ctrl+n", "ctrl+n", "ctrl+p"), 1),
        (("up",), 9),
        (("up", "down"), 0),
        (("pagedown",), 9),
        (("pagedown", "pageup"), 0),
        (("ctrl+end",), 9),
        (("r", "ctrl+home"), 4),
    ],
)
async def test_keys_move_the_cursor(keys: tuple[str, ...], answer: int) -> None:
    app = AskingApp(lambda: Picker("Move to", items()))
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press(*keys, "enter")
        await pilot.pause()
    assert app.answers == [answer]


async def test_it_says_when_nothing_matches_and_enter_does_nothing() -> None:
    app = AskingApp(lambda: Picker("Move to", items()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"zzz", "enter")
        await pilot.pause()
        assert "Nothing matches." in screen_text(app)
        assert "0 of 10" in screen_text(app)
        assert app.answers == []
        await pilot.press("escape")
        await pilot.pause()
    assert app.answers == [None]


async def test_a_new_name_is_given_where_it_is_allowed() -> None:
    app = AskingApp(lambda: Picker("Move to", items(), allow_new=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"zz z")
        await pilot.pause()
        assert 'Nothing is called "zz z" yet; Enter makes it.' in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
    assert app.answers == [New(displayable("zz z"))]


async def test_an_empty_picker_says_so() -> None:
    app = AskingApp(lambda: Picker("Move to", []))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert "There is nothing to choose from." in screen_text(app)
        assert app.answers == []


async def test_the_mouse_chooses_and_a_click_on_the_mail_gives_up() -> None:
    app = AskingApp(lambda: Picker("Move to", items()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.click(ChoiceList, offset=(3, 2))
        await pilot.click(ChoiceList, offset=(3, 2))
        await pilot.pause()
        assert app.answers == [2]
    app = AskingApp(lambda: Picker("Move to", items()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.click(offset=(5, 1))
        await pilot.pause()
        assert app.answers == [None]


async def test_ten_thousand_items_are_narrowed() -> None:
    many = items([(f"Lists/project-{number}", "work") for number in range(10_000)])
    app = AskingApp(lambda: Picker("Move to", many))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"ljt9999", "enter")
        await pilot.pause()
    assert app.answers == [9999]


def test_a_key_among_ten_thousand_items_costs_little() -> None:
    matcher = Matcher([f"Lists/Проект {number}\nwork" for number in range(10_000)])
    start = time.process_time()
    for typed in ("l", "li", "lis", "list", "list 9", "l", "zzz"):
        matcher.find(typed)
    assert time.process_time() - start < 1


def test_a_long_hostile_name_costs_little() -> None:
    matcher = Matcher(["a-" * 200_000, "xa" * 200_000, "a" * 400_000])
    start = time.process_time()
    for typed in ("a", "a-a", "aaab", "-a-a-b"):
        matcher.find(typed)
    assert time.process_time() - start < 2


async def test_nothing_jumps_while_it_narrows() -> None:
    app = AskingApp(lambda: Picker("Move to", items()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        before = app.screen.query_one(ChoiceList).region
        await pilot.press(*"arch")
        await pilot.pause()
        assert app.screen.query_one(ChoiceList).region == before


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("spam", "message.junk"),
        ("list.mark-q", "list.mark-query"),
        ("undo", "app.undo"),
    ],
)
async def test_a_command_is_found_by_its_words(typed: str, command: str) -> None:
    app = AskingApp(lambda: Palette(rows()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*typed, "enter")
        await pilot.pause()
    assert app.answers == [command]


async def test_a_command_that_does_not_work_here_says_where_it_does() -> None:
    app = AskingApp(lambda: Palette(rows()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"part.next", "enter")
        await pilot.pause()
        assert "works in the message" in screen_text(app)
        assert app.answers == []


async def test_the_palette_shows_the_keys_and_what_works_here_first() -> None:
    first, second, third = COMMANDS[:3]
    shown = [
        PaletteRow(first, ("j", "Down"), works_here=False),
        PaletteRow(second, (), works_here=True),
        PaletteRow(third, ("g g",), works_here=True),
    ]
    app = AskingApp(lambda: Palette(shown))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        lines = screen_lines(app)[-4:-1]
        for line, row in zip(lines, [*shown[1:], shown[0]], strict=True):
            assert row.command.sentence in line
            assert line.rstrip().endswith("  ".join(row.keys) or row.command.id)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "make",
    [
        lambda: Picker(HOSTILE, items([(HOSTILE, HOSTILE)] * 3), hint=HOSTILE),
        lambda: Picker("Move to", items([("long " * 100, "detail " * 50)])),
        lambda: Palette(rows()),
    ],
)
async def test_hostile_text_is_only_text_at_any_size(
    make: Callable[[], Screen[Any]], size: tuple[int, int]
) -> None:
    app = AskingApp(make)
    async with app.run_test(size=size) as pilot:
        await pilot.press("o", "down", "pagedown")
        await pilot.pause()
        shown = screen_text(app)
        assert is_harmless(shown)
        await pilot.resize_terminal(60, 15)
        await pilot.pause()
        assert app.screen.query_one(HintLine).size.height == 1
        assert screen_lines(app)[-1].strip()
