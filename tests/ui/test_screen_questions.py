"""Prompt and confirmation under a pilot: what a person types, and what comes of it."""

from collections.abc import Callable
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.screen import Screen

from tests.ui.screen_samples import (
    HOSTILE,
    SIZES,
    AskingApp,
    is_harmless,
    screen_lines,
    screen_text,
)
from tui_mail.ui.screens.confirm import Confirm, QuestionLine
from tui_mail.ui.screens.line_edit import LineEdit, one_line
from tui_mail.ui.screens.prompt import MistakeLine, Prompt, beside


async def paste(pilot: Pilot[None], text: str) -> None:
    pilot.app.post_message(events.Paste(text))
    await pilot.pause()


def prompt(app: AskingApp) -> Prompt:
    assert isinstance(app.screen, Prompt)
    return app.screen


async def test_enter_gives_the_text_that_was_typed() -> None:
    app = AskingApp(lambda: Prompt("Search"))
    async with app.run_test() as pilot:
        await pilot.press(*"from:ann", "enter")
        await pilot.pause()
    assert app.answers == ["from:ann"]


@pytest.mark.parametrize("key", ["escape", "ctrl+c", "ctrl+g"])
@pytest.mark.parametrize(
    "make", [lambda: Prompt("Search"), lambda: Confirm("Sure?", [("y", "yes")])]
)
async def test_giving_up_gives_nothing(
    make: Callable[[], Screen[Any]], key: str
) -> None:
    app = AskingApp(make)
    async with app.run_test() as pilot:
        await pilot.press("a", key)
        await pilot.pause()
        assert app.is_running
    assert app.answers == [None]


async def test_the_mail_stays_in_sight_above_a_question() -> None:
    app = AskingApp(lambda: Prompt("Search"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        lines = screen_lines(app)
        assert "Petra Quist" in "\n".join(lines[:-2])
        assert lines[-2].startswith(" Search")
        assert "Enter take" in lines[-1]


async def test_a_prefilled_text_is_edited_where_the_cursor_is() -> None:
    app = AskingApp(lambda: Prompt("Save to", value="/tmp/plan.pdf"))
    async with app.run_test() as pilot:
        await pilot.press("home", "x", "end", "y", "enter")
        await pilot.pause()
    assert app.answers == ["x/tmp/plan.pdfy"]


async def test_of_a_long_prefilled_text_the_end_is_in_sight_where_one_types_on() -> (
    None
):
    path = "/tmp/" + "folder/" * 20 + "plan.pdf"
    app = AskingApp(lambda: Prompt("Save to:", value=path))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "folder/plan.pdf" in screen_text(app)


async def test_the_history_is_walked_and_what_was_typed_comes_back() -> None:
    app = AskingApp(lambda: Prompt("Search", history=["first", "second"]))
    async with app.run_test() as pilot:
        edit = app.screen.query_one(LineEdit)
        seen = []
        await pilot.press(*"mine")
        for key in ("up", "up", "up", "down", "down", "down"):
            await pilot.press(key)
            seen.append(edit.value)
    assert seen == ["second", "first", "first", "second", "mine", "mine"]


async def test_each_text_that_is_typed_is_told() -> None:
    told: list[str] = []
    app = AskingApp(lambda: Prompt("Filter", value="a", on_change=told.append))
    async with app.run_test() as pilot:
        await pilot.press("b", "backspace", "backspace")
        await pilot.pause()
    assert told == ["ab", "a", ""]


async def test_pasted_text_goes_in_as_one_line_without_controls() -> None:
    app = AskingApp(lambda: Prompt("Search"))
    async with app.run_test() as pilot:
        await pilot.pause()
        await paste(pilot, f"two\r\nlines  {HOSTILE}\n")
        await pilot.press("enter")
        await pilot.pause()
    assert app.answers == ["two lines  [@click=app.quit]x[/] [31mred flip"]


async def test_a_password_is_pasted_with_its_spaces_and_never_shown() -> None:
    app = AskingApp(lambda: Prompt("Password", password=True))
    async with app.run_test() as pilot:
        await pilot.pause()
        await paste(pilot, " two  spaces \n")
        await pilot.pause()
        assert "spaces" not in screen_text(app)
        assert "•" * 13 in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
    assert app.answers == [" two  spaces "]


async def test_a_mistake_stands_below_its_column_until_one_types_on() -> None:
    app = AskingApp(lambda: Prompt("Search", value="会議 (is:unread"))
    async with app.run_test() as pilot:
        await pilot.pause()
        prompt(app).set_error("this bracket is not closed", 4)
        await pilot.pause()
        asked, mistake = screen_lines(app)[-2:]
        shown = asked.replace("会議", "会#議#")
        assert shown.index("(") == mistake.index("^")
        assert "^ this bracket is not closed" in mistake
        await pilot.press("x")
        await pilot.pause()
        assert "bracket" not in screen_text(app)
        prompt(app).set_error("it has no column")
        await pilot.pause()
        assert screen_lines(app)[-1].startswith(" ! it has no column")


async def test_a_mistake_can_be_told_before_the_prompt_is_shown() -> None:
    def make() -> Prompt:
        made = Prompt("Search", value="from:")
        made.set_error("from: needs a value", 1)
        return made

    app = AskingApp(make)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "^ from: needs a value" in screen_text(app)


async def test_the_one_who_is_told_may_show_a_mistake() -> None:
    app = AskingApp(
        lambda: Prompt("Search", on_change=lambda text: prompt(app).set_error(text, 1))
    )
    async with app.run_test() as pilot:
        await pilot.press("a", "b")
        await pilot.pause()
        assert app.screen.query_one(MistakeLine).line == "ab"


def test_a_sentence_stands_where_there_is_room() -> None:
    assert beside("wrong", 5, 40) == ("^ wrong", 5)
    assert beside("wrong", 35, 40) == ("wrong ^", 29)
    text, place = beside("x" * 100, 35, 40)
    assert len(text) + place == 36
    assert text.endswith("… ^")


def test_one_line_keeps_spaces_and_drops_what_is_no_text() -> None:
    assert one_line("a  b\r\nc\x1b\u202e\ud800d\n") == "a  b cd"


@pytest.mark.parametrize(
    ("key", "answer"),
    [("y", "y"), ("Y", "y"), ("enter", "Enter"), ("full_stop", "."), ("d", "k")],
)
async def test_a_key_answers(key: str, answer: str) -> None:
    answers = [("y", "delete"), ("Enter", "all"), (".", "this"), ("k d", "keep")]
    app = AskingApp(lambda: Confirm("Which?", answers))
    async with app.run_test() as pilot:
        await pilot.press("x", "tab", "q", key)
        await pilot.pause()
    assert app.answers == [answer]


async def test_escape_is_called_no_unless_it_has_a_word() -> None:
    for answers, said in [
        ([("y", "yes")], "y yes  Esc no"),
        ([("y", "leave"), ("Esc", "stay")], "y leave  Esc stay"),
    ]:
        app = AskingApp(lambda answers=answers: Confirm("Sure?", answers))  # type: ignore[misc]
        async with app.run_test() as pilot:
            await pilot.pause()
            assert screen_lines(app)[-1].rstrip() == f" Sure?  {said}"
            await pilot.press("escape")
        assert app.answers == [None]


async def test_an_answer_is_clicked() -> None:
    app = AskingApp(lambda: Confirm("Delete it?", [("y", "delete")]))
    async with app.run_test() as pilot:
        await pilot.pause()
        line = screen_lines(app)[-1]
        await pilot.click(QuestionLine, offset=(line.index("?"), 0))
        assert app.answers == []
        await pilot.click(QuestionLine, offset=(line.index("delete"), 0))
        await pilot.pause()
    assert app.answers == ["y"]


async def test_a_long_question_is_wrapped_and_its_answers_stay_in_sight() -> None:
    app = AskingApp(lambda: Confirm("really " * 60, [("y", "delete"), ("n", "not")]))
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert screen_lines(app)[-1].rstrip() == " y delete  n not  Esc no"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "make",
    [
        lambda: Prompt(HOSTILE * 5, value=HOSTILE, history=[HOSTILE]),
        lambda: Confirm(HOSTILE * 5, [("y", HOSTILE), ("n", "no")]),
    ],
)
async def test_hostile_text_is_only_text_at_any_size(
    make: Callable[[], Screen[Any]], size: tuple[int, int]
) -> None:
    app = AskingApp(make)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        if isinstance(app.screen, Prompt):
            app.screen.set_error(HOSTILE * 5, 50)
        await pilot.pause()
        shown = screen_text(app)
        assert is_harmless(shown)
        if size == (120, 40):
            assert "[@click=app.quit]x[/]" in shown
        await pilot.resize_terminal(60, 15)
        await pilot.pause()
