"""The help screen: the keys that work here, found and read."""

from textual.pilot import Pilot

from tests.ui.screen_samples import AskingApp, screen_lines, screen_text
from tui_mail.ui.commands import Command, Place
from tui_mail.ui.screens.help import Help, HelpList
from tui_mail.ui.screens.palette import PaletteRow


def row(name: str, sentence: str, *keys: str, here: bool = True) -> PaletteRow:
    place = Place.LIST if here else Place.MESSAGE
    return PaletteRow(Command(name, keys, place, "a.b", sentence), keys, here)


ROWS = [
    row("part.next", "Show the next part.", "]", ">", here=False),
    row("list.open", "Read the message.", "Enter"),
    row("go.inbox", "Go to the inbox.", "g i"),
    row("list.mark", "Mark, or unmark.", "x"),
    row("message.bounce", "Send it on as it is."),
    *(row(f"message.{number}", f"Do {number}.", f"F{number}") for number in range(40)),
]


def make() -> Help:
    return Help(ROWS, title="Keys in the list")


async def lines(pilot: Pilot[None]) -> list[str]:
    await pilot.pause()
    assert isinstance(pilot.app, AskingApp)
    return [line.strip(" ▁▂▃▄▅▆▇█") for line in screen_lines(pilot.app)]


async def test_what_works_here_comes_first_in_groups() -> None:
    app = AskingApp(make)
    async with app.run_test(size=(80, 70)) as pilot:
        shown = await lines(pilot)
        wanted = ["Keys in the list", "", "The list"]
        assert shown[:3] == wanted
        assert shown[3].split(None, 1) == ["Enter", "Read the message."]
        assert shown[4].split(None, 1) == ["x", "Mark, or unmark."]
        assert shown.index("Messages") < shown.index("Going to a mailbox")
        assert shown.index("Going to a mailbox") < shown.index("Elsewhere")
        last = shown[shown.index("Elsewhere") + 1]
        assert last.startswith("]  >")
        assert last.endswith("in the message")
        assert "Send it on" not in "".join(shown)


async def test_slash_narrows_and_escape_shows_all_again() -> None:
    app = AskingApp(make)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"mark")
        shown = await lines(pilot)
        assert shown[0].endswith("1 of 44")
        heading, found = [line for line in shown[1:-2] if line]
        assert heading == "The list"
        assert found.split(None, 1) == ["x", "Mark, or unmark."]
        await pilot.press("enter")
        assert app.screen.focused is app.screen.query_one(HelpList)
        assert "Read the message." not in "".join(await lines(pilot))
        await pilot.press("escape")
        assert "Read the message." in "".join(await lines(pilot))
        assert app.answers == []
        await pilot.press("escape")
        await pilot.pause()
    assert app.answers == [None]


async def test_nothing_found_is_said() -> None:
    app = AskingApp(make)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"zzz")
        assert "No key does anything like that." in "\n".join(await lines(pilot))


async def test_letters_are_typed_where_one_narrows() -> None:
    app = AskingApp(make)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", "q", "question_mark", "j")
        assert "Narrow q?j" in "\n".join(await lines(pilot))


async def test_it_scrolls_by_lines_and_pages() -> None:
    app = AskingApp(make)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        listed = app.screen.query_one(HelpList)
        seen = []
        for key in ("j", "down", "k", "space", "minus", "G", "g", "pagedown", "home"):
            await pilot.press(key)
            seen.append(round(listed.scroll_y))
        last = listed.row_count() - listed.page_rows
        page = listed.page_rows
        assert seen == [1, 2, 1, 1 + page, 1, last, 0, page, 0]


async def test_q_and_question_mark_close() -> None:
    for key in ("q", "question_mark", "f1", "ctrl+c"):
        app = AskingApp(make)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press(key)
            await pilot.pause()
        assert app.answers == [None]


async def test_any_size_will_do() -> None:
    for size in [(200, 60), (40, 10), (12, 3), (2, 1)]:
        app = AskingApp(make)
        async with app.run_test(size=size) as pilot:
            await pilot.press("slash", "m")
            await pilot.resize_terminal(60, 15)
            await pilot.pause()
            assert "Mark, or unmark." in screen_text(app)
