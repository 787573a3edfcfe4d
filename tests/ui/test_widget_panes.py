"""The panes under a pilot: what a person does to them, and what they tell."""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import App
from textual.color import Color
from textual.geometry import Offset
from textual.strip import Strip
from textual.widget import Widget

from tests.ui.widget_samples import (
    INBOX,
    NOW,
    STRUCTURE,
    PanesApp,
    PartsApp,
    View,
    content,
    flat_view,
    load_inbox,
    mailbox,
    summary,
)
from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import displayable, displayable_lines, own
from tui_mail.model.flags import Flags
from tui_mail.model.ids import MailboxId, MessageNumber, PartId
from tui_mail.model.mailbox import Mailbox, SpecialUse
from tui_mail.model.message import MessageSummary
from tui_mail.model.readable import ReadableText
from tui_mail.ui.content import content_lines, shown_keywords
from tui_mail.ui.document import Document, Look, quote_depth, text_lines
from tui_mail.ui.filter import NoColours, NoInstructions, OnlyAscii, add_filters
from tui_mail.ui.reflow import reflowed
from tui_mail.ui.signs import ASCII, UNICODE, choose_signs
from tui_mail.ui.widgets.hint_line import HintLine, fitting
from tui_mail.ui.widgets.mailbox_rows import tree_rows
from tui_mail.ui.widgets.mailbox_tree import MailboxTree
from tui_mail.ui.widgets.message_list import MessageList
from tui_mail.ui.widgets.message_view import MessageView
from tui_mail.ui.widgets.part_list import PartList
from tui_mail.ui.widgets.status_line import StatusLine


def screen_text(app: App[None]) -> list[str]:
    return [
        "".join(segment.text for segment in strip)
        for strip in app.screen._compositor.render_strips()
    ]


def line(widget: Widget, row: int) -> str:
    return widget.render_line(row).text


def here(tree: MailboxTree) -> tuple[str, Mailbox]:
    assert tree.selected is not None
    return tree.selected


def chosen(parts: PartList) -> BodyPart:
    assert parts.chosen is not None
    return parts.chosen


async def test_only_the_rows_that_are_seen_are_loaded() -> None:
    asked: list[int] = []

    def load(numbers: Sequence[int]) -> list[MessageSummary | None]:
        asked.extend(numbers)
        return [summary(number, subject=f"Subject {number}") for number in numbers]

    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        messages.show_rows(load, flat_view(range(1_000_000)))
        await pilot.pause()
        assert len(asked) <= 40
        messages.go(-1)
        await pilot.pause()
        assert messages.cursor_number == 999_999
        assert "Subject 999999" in "\n".join(screen_text(app))
        assert len(asked) <= 80


async def test_a_move_paints_two_rows_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        messages.go(2)
        await pilot.pause()
        drawn: list[int] = []
        draw = messages.draw_row

        def counting(row: int, width: int, *, selected: bool) -> Strip:
            drawn.append(row)
            return draw(row, width, selected=selected)

        monkeypatch.setattr(messages, "draw_row", counting)
        messages.move(1)
        await pilot.pause()
        assert sorted(drawn) == [2, 3]


async def test_the_list_turns_a_page_at_its_edge() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        await pilot.pause()
        rows = messages.page_rows
        messages.go(rows - 1)
        assert messages.scroll_y == 0
        messages.move(1)
        assert messages.cursor == rows
        assert messages.scroll_y == rows
        messages.move(-1)
        assert messages.scroll_y == 0


async def test_a_page_down_keeps_the_cursor_at_its_height() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        await pilot.pause()
        messages.go(3)
        assert messages.page(1)
        assert messages.cursor - messages.scroll_y == 3
        while messages.page(1):
            pass
        assert messages.cursor == messages.row_count() - 1
        while messages.page(-1):
            pass
        assert messages.cursor == 0


async def test_the_terminals_cursor_stands_on_the_selected_row() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        messages.go(4)
        await pilot.pause()
        region = messages.content_region
        assert app.cursor_position == Offset(region.x, region.y + 4)


async def test_the_edges_and_the_moves_are_told() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        await pilot.pause()
        app.told.clear()
        messages.go(0)
        messages.move(-1)
        messages.row_chosen()
        await pilot.pause()
        moved, edge, opened = app.told
        assert moved.number == 1
        assert edge.direction == -1
        assert opened.number == 1


async def test_a_new_view_keeps_the_cursor_on_its_message() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        messages.show_rows(load_inbox, flat_view(range(1, 60)))
        messages.go(9)
        messages.replace_view(flat_view([100, 101, *range(1, 60)]))
        assert messages.cursor_number == 10
        messages.replace_view(flat_view(each for each in range(1, 60) if each != 10))
        assert messages.cursor_number == 11
        messages.replace_view(flat_view(range(1, 4)))
        assert messages.cursor_number == 3
        messages.replace_view(View())
        assert messages.row_count() == 0
        assert messages.thread_numbers() == ()
        await pilot.pause()


async def test_what_is_seen_stays_where_it_is_when_mail_arrives() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        messages.show_rows(load_inbox, flat_view(range(1, 80)))
        await pilot.pause()
        messages.go(30)
        top = messages.scroll_y
        messages.replace_view(flat_view([100, 101, *range(1, 80)]))
        await pilot.pause()
        assert messages.scroll_y == top + 2


async def test_mail_that_comes_out_of_sight_paints_no_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        messages.show_rows(load_inbox, flat_view(range(1, 80)))
        await pilot.pause()
        drawn: list[int] = []
        draw = messages.draw_row

        def counting(row: int, width: int, *, selected: bool) -> Strip:
            drawn.append(row)
            return draw(row, width, selected=selected)

        monkeypatch.setattr(messages, "draw_row", counting)
        messages.replace_view(flat_view(range(1, 1000)))
        await pilot.pause()
        assert drawn == []
        messages.go(-1)
        await pilot.pause()
        assert messages.cursor_number == 999
        assert messages.max_scroll_y == 999 - messages.page_rows


async def test_a_click_moves_the_cursor_and_a_second_one_opens() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        await pilot.pause()
        await pilot.click(MessageList, offset=(10, 2))
        assert messages.cursor_number == 3
        app.told.clear()
        await pilot.click(MessageList, offset=(10, 2))
        await pilot.pause()
        assert [told.number for told in app.told] == [3]


async def test_the_wheel_keeps_the_cursor_in_sight() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        messages.show_rows(load_inbox, flat_view(range(1, 60)))
        await pilot.pause()
        for _ in range(2):
            await pilot._post_mouse_events(
                [events.MouseScrollDown], MessageList, offset=(5, 5)
            )
        assert messages.scroll_y == 6
        assert messages.cursor == 6
        for _ in range(9):
            await pilot._post_mouse_events(
                [events.MouseScrollUp], MessageList, offset=(5, 5)
            )
        assert messages.scroll_y == 0
        assert messages.cursor == min(6, messages.page_rows - 1)


async def test_marks_survive_a_new_view_as_far_as_their_messages_do() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        messages.show_rows(load_inbox, flat_view(range(1, 60)))
        await pilot.pause()
        messages.go(2)
        messages.toggle_mark()
        messages.go(5)
        messages.mark_range()
        assert messages.marked == {3, 4, 5, 6}
        assert "✓" in line(messages, 4)
        messages.replace_view(flat_view([3, 4, 9]))
        assert messages.marked == {3, 4}
        messages.clear_marks()
        assert not messages.marked


async def test_folding_a_thread_hides_its_replies_and_says_how_many_there_are() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        await pilot.pause()
        messages.clear_marks()
        rows = messages.row_count()
        messages.go(3)
        assert messages.thread_numbers() == (4,)
        assert messages.fold()
        await pilot.pause()
        assert messages.row_count() == rows - 3
        assert messages.cursor_number == 2
        assert messages.thread_numbers() == (2, 3, 4, 5)
        assert "▸ Lars Eriksson" in line(messages, 1)
        assert " 4  Re:" in line(messages, 1)
        assert "Anna" in line(messages, 2)
        assert messages.go_to_number(MessageNumber(5))
        assert messages.cursor_number == 5
        assert messages.row_count() == rows
        messages.fold_all()
        assert messages.cursor_number == 2
        messages.unfold_all()
        assert messages.row_count() == rows
        assert not messages.unfold()


async def test_folds_survive_a_new_view() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        await pilot.pause()
        messages.go(1)
        messages.fold()
        numbers = [row.number for row, _, _ in INBOX]
        depths = [depth for _, depth, _ in INBOX]
        counts = [count for _, _, count in INBOX]
        more = View(
            array("q", [99, *numbers]),
            array("B", [0, *depths]),
            array("i", [0, *counts]),
        )
        messages.replace_view(more)
        assert messages.cursor_number == 2
        assert messages.row_count() == len(more.numbers) - 3


async def test_a_changed_message_is_loaded_again_and_only_its_row_painted() -> None:
    rows = {number: summary(number) for number in range(1, 40)}
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        messages = app.query_one(MessageList)
        messages.show_rows(lambda each: [rows[n] for n in each], flat_view(rows))
        await pilot.pause()
        assert "●" not in line(messages, 3)
        rows[4] = replace(rows[4], flags=Flags())
        messages.refresh_messages([4])
        await pilot.pause()
        assert "●" in line(messages, 3)


async def test_an_empty_list_says_what_to_do_next() -> None:
    app = PanesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        messages = app.query_one(MessageList)
        messages.say(own("Nothing in Drafts."), own("c writes a message."))
        messages.show_rows(load_inbox, View())
        await pilot.pause()
        text = "\n".join(screen_text(app))
        assert "Nothing in Drafts." in text
        assert "c writes a message." in text


async def test_a_message_that_is_gone_from_the_store_is_a_blank_row() -> None:
    app = PanesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        messages = app.query_one(MessageList)
        messages.show_rows(lambda each: [None] * len(each), flat_view([1, 2]))
        await pilot.pause()
        assert line(messages, 1).strip() == ""


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 40), (200, 60), (220, 50)])
async def test_the_panes_fill_any_size_and_never_more(size: Any) -> None:
    app = PanesApp()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for widget in (MessageList, MessageView, MailboxTree, StatusLine, HintLine):
            pane = app.query_one(widget)
            width = pane.scrollable_content_region.width
            for row in range(pane.size.height):
                assert pane.render_line(row).cell_length == width


# The message


async def test_the_header_says_who_and_when_and_the_address_is_always_seen() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        view = app.query_one(MessageView)
        assert "Petra Quist <petra@quist.example>" in line(view, 0)
        assert line(view, 0).endswith("Thu 19 Nov 2026, 11:02")
        assert "to you, Lars Eriksson · cc The Team" in line(view, 1)
        assert "Lunch on Thursday?" in line(view, 2)
        assert "✓ signed by quist.example" in line(view, 3)
        assert "! The name says service@bank.example" in line(view, 4)
        assert "⊙ plan.pdf 1.2 MB ↓" in line(view, 5)
        assert "341 kB" in line(view, 5)


async def test_paging_ends_at_the_end() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        view = app.query_one(MessageView)
        assert not view.page_up()
        pages = 0
        while view.page_down():
            pages += 1
        assert pages
        assert view.at_end
        assert "https://canal.example/menu" in line(view, view.page_rows - 1)
        view.go_home()
        assert "Petra" in line(view, 0)


async def test_a_search_goes_round_its_hits() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        view = app.query_one(MessageView)
        assert view.search("THURSDAY") == 3
        assert view.scroll_y == 0
        assert view.next_hit()
        assert view.next_hit()
        assert view.scroll_y > 0
        assert view.next_hit()
        assert view._document.hit == (1, 3)
        assert view.search("nowhere") == 0
        assert not view.next_hit()
        assert view.clear_search()


async def test_all_headers_and_the_source_take_the_place_of_the_short_header() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        view = app.query_one(MessageView)
        fields = [(displayable("Received"), displayable("from a by b"))]
        view.show(replace(content(), fields=fields))
        assert "Received: from a by b" in line(view, 0)
        view.show(replace(content(), raw=displayable_lines("From: x\nTo: y\n\nHi")))
        assert line(view, 1).strip() == "To: y"


async def test_a_message_without_its_text_says_what_is_going_on() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        view = app.query_one(MessageView)
        view.show(replace(content(None), status=own("Fetching…")))
        await pilot.pause()
        assert "Fetching…" in "\n".join(screen_text(app))
        view.show(content(ReadableText(own(""), "none")))
        await pilot.pause()
        assert "This message has no text." in "\n".join(screen_text(app))
        view.say_when_empty(own("No message."), own("j and k choose one."))
        view.show(None)
        await pilot.pause()
        assert any("No message." in line(view, row) for row in range(view.size.height))


async def test_markup_in_a_message_is_text() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        text = displayable("[red]not red[/red] [@click=app.quit]x[/]")
        app.query_one(MessageView).show(content(ReadableText(text, "plain")))
        app.query_one(StatusLine).show(text)
        await pilot.pause()
        shown = "\n".join(screen_text(app))
        assert shown.count("[@click=app.quit]x[/]") == 2


def test_quotes_are_counted_and_their_signs_taken_off() -> None:
    assert quote_depth("> > deep") == (2, 4)
    assert quote_depth(">> deep") == (2, 3)
    assert quote_depth("> a") == (1, 2)
    assert quote_depth("a > b") == (0, 0)
    assert quote_depth(">") == (1, 1)


def test_a_wrapped_quote_keeps_its_depth_on_every_row() -> None:
    document = Document(text_lines(displayable_lines("> " + "word " * 40)), 40)
    rows = [document.row(row) for row in range(len(document))]
    assert len(rows) > 4
    assert {row.depth for row in rows} == {1}
    assert all(len(row.text) <= 38 for row in rows)


def test_a_hit_over_the_end_of_a_row_is_highlighted_on_both() -> None:
    document = Document(text_lines(displayable_lines("aaaa bbbb cccc dddd")), 10)
    assert document.search("bbbb cccc") == 1
    rows = [document.row(row) for row in range(len(document))]
    assert [bool(row.hits) for row in rows] == [True, True]


PATCH = """\
Ask once a file.
---
 src/prompt.c | 9 +++++----

diff --git a/src/prompt.c b/src/prompt.c
--- a/src/prompt.c
+++ b/src/prompt.c
@@ -41,3 +41,3 @@ static bool ask(void)
 \treturn true;
-void log_line(void)
+bool log_open(void)

Please test.
- not a line that goes
--
2.47.1"""


def test_a_patch_shows_what_goes_and_what_comes() -> None:
    looks = {each.text: each.look for each in text_lines(displayable_lines(PATCH))}
    assert looks["+bool log_open(void)"] is Look.ADDED
    assert looks["-void log_line(void)"] is Look.REMOVED
    assert looks["@@ -41,3 +41,3 @@ static bool ask(void)"] is Look.PLACE
    assert looks["        return true;"] is Look.CODE
    assert looks["+++ b/src/prompt.c"] is Look.STRONG
    assert looks["Please test."] is looks["- not a line that goes"] is Look.TEXT
    assert looks["2.47.1"] is Look.SIGNATURE


def test_an_items_further_rows_stand_below_its_words() -> None:
    text = "  * an item that is longer than the row\n12. another such item, numbered"
    document = Document(text_lines(own(text)), 24)
    rows = [document.row(row) for row in range(len(document))]
    assert [row.indent for row in rows] == [0, 4, 0, 4]


PROSE = """\
It has been three weeks since we sat at the water, and the place by
the canal has opened again. Lunch on Thursday, or is the week after
better?
Petra

  indented lines stay as they are, even where they are quite a bit too wide
* so do lists, each of their items on a line of its own, however long
* this is the second

> It would be Thursday, but only if nothing comes between, which it
> does as a rule.
>> Deeper quotes are other people's paragraphs, and are never joined
会議事務局の田中です。来週の会議は午後三時から第二会議室で行います。資料は前日まで
にお送りください。"""


def test_lines_that_are_too_wide_flow_on_in_the_next() -> None:
    lines = text_lines(displayable_lines(PROSE))
    assert reflowed(lines, 70) == lines or reflowed(lines, 90) == lines
    made = [each.text for each in reflowed(lines, 40)]
    assert made[0].startswith("It has been three weeks since")
    assert made[0].endswith("or is the week after better?")
    assert made[1] == "Petra"
    assert (
        "  indented lines stay as they are, even where they are quite a bit too wide"
        in made
    )
    assert "* this is the second" in made
    assert (
        "> It would be Thursday, but only if nothing comes between, which it does as a rule."
        in made
    )
    assert (
        ">> Deeper quotes are other people's paragraphs, and are never joined" in made
    )
    assert made[-1] == "にお送りください。"


def test_the_source_and_patches_never_flow() -> None:
    lines = text_lines(displayable_lines(PATCH))
    assert reflowed(lines, 10) == lines


def test_of_many_attachments_some_are_named_and_each_stays_in_one_piece() -> None:
    names = ["a" * 300 + ".pdf.exe", *(f"file {place}.txt" for place in range(40))]
    parts = [
        BodyPart(PartId(str(place)), "text/plain", filename=own(name), size=8,
                 encoding="base64", disposition="attachment")
        for place, name in enumerate(names, 1)
    ]  # fmt: skip
    mail = BodyPart(PartId(""), "multipart/mixed", children=tuple(parts))
    lines = content_lines(
        replace(content(), structure=mail),
        now=NOW,
        signs=UNICODE,
        own_addresses=frozenset(),
    )
    [line] = [each for each in lines if each.look is Look.ATTACHMENTS]
    document = Document([line], 60)
    rows = [document.row(row).text.replace("\xa0", " ") for row in range(len(document))]
    assert rows[0].startswith("⊙ aaaa")
    assert "aaa.pdf.exe 6 B" in rows[0]
    assert any("⊙ file 7.txt 6 B" in row for row in rows)
    assert rows[-1].endswith("and 29 more; v lists them")


async def test_a_scroll_bar_moves_no_text() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        view = app.query_one(MessageView)
        await pilot.pause()
        view.show(content(ReadableText(own("word " * 3_000), "plain")))
        await pilot.pause()
        long = line(view, 0)
        view.show(content(ReadableText(own("short"), "plain")))
        await pilot.pause()
        assert line(view, 0) == long


def test_a_text_of_one_million_characters_in_one_line_is_wrapped() -> None:
    document = Document(text_lines(own("x" * 1_000_000)), 80)
    assert len(document) == 12_500
    assert document.row(12_499).text == "x" * 80


# Mailboxes, parts, lines


async def test_the_cursor_passes_over_the_accounts_names() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        tree = app.query_one(MailboxTree)
        tree.focus()
        await pilot.pause()
        assert here(tree)[0] == "work"
        tree.go(0)
        assert here(tree)[1].id == 1
        tree.move(-1)
        assert here(tree)[1].id == 1
        tree.go(12)
        tree.move(1)
        assert here(tree)[0] == "old (POP3)"
        app.told.clear()
        tree.open_selected()
        await pilot.pause()
        (told,) = app.told
        assert (told.account, told.mailbox_id) == ("old (POP3)", 1)


async def test_a_folded_mailbox_counts_what_is_unread_in_it() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        tree = app.query_one(MailboxTree)
        tree.focus()
        await pilot.pause()
        tree.go(8)
        assert here(tree)[1].name == "Lists/rust"
        assert tree.fold()
        assert here(tree)[1].name == "Lists"
        assert tree.fold()
        await pilot.pause()
        assert "1,216" in line(tree, 7)
        assert "▸" in line(tree, 7)
        assert tree.open_selected()
        assert here(tree)[1].name == "Lists"
        assert "▾" in line(tree, 7)


def _laid_out(*boxes: Mailbox) -> list[str]:
    rows = tree_rows("work", boxes, set())
    return [f"{'  ' * row.depth}{row.title}" for row in rows if row.mailbox]


def test_a_mailbox_stands_right_below_the_one_that_holds_it() -> None:
    assert _laid_out(
        mailbox(1, "INBOX", use=SpecialUse.INBOX),
        mailbox(2, "Archive", use=SpecialUse.ARCHIVE),
        mailbox(3, "INBOX", "Trash", use=SpecialUse.TRASH),
        mailbox(4, "Ablage"),
        mailbox(5, "Archive", "2025"),
        mailbox(6, "Archive", "2025", "Q4"),
        mailbox(7, "INBOX", "foo"),
        mailbox(8, "Lone", "deep"),
    ) == [
        *("Inbox", "  Trash", "  foo", "Archive", "  2025", "    Q4"),
        *("Ablage", "Lone/deep"),
    ]


def test_what_has_a_role_stays_on_top_wherever_it_lies() -> None:
    assert _laid_out(
        mailbox(1, "INBOX", use=SpecialUse.INBOX),
        mailbox(2, "[Gmail]", "Drafts", use=SpecialUse.DRAFTS),
        mailbox(3, "Work", "Old", use=SpecialUse.ARCHIVE),
        mailbox(4, "[Gmail]", selectable=False),
        mailbox(5, "[Gmail]", "Important"),
        mailbox(6, "Work"),
        mailbox(7, "Work", "Old", "2025"),
    ) == [
        *("Inbox", "Drafts", "Work/Old", "  2025", "[Gmail]", "  Important", "Work"),
    ]


def test_of_two_mailboxes_that_are_called_alike_each_has_its_line() -> None:
    assert _laid_out(
        mailbox(1, "café"), mailbox(2, "café"), mailbox(3, "café", "x")
    ) == ["café", "  x", "café"]


async def test_the_open_mailbox_has_a_sign() -> None:
    app = PanesApp()
    async with app.run_test(size=(120, 40)) as pilot:
        tree = app.query_one(MailboxTree)
        tree.set_open("work", MailboxId(4))
        await pilot.pause()
        assert line(tree, 4).startswith("▌")
        assert sum("▌" in line(tree, row) for row in range(tree.row_count())) == 1


async def test_parts_are_listed_one_a_line_with_type_name_and_size() -> None:
    app = PartsApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        parts = app.query_one(PartList)
        assert parts.row_count() == 6
        assert chosen(parts).part_id == "1.1"
        assert "1.1" in line(parts, 2)
        assert "text/plain" in line(parts, 2)
        assert "↓" not in line(parts, 2)
        for said in ("2 ", "application/pdf", "plan.pdf", "1.2 MB", "↓"):
            assert said in line(parts, 4)
        parts.show(STRUCTURE, frozenset({PartId("")}), chosen=PartId("2"))
        assert chosen(parts).filename == "plan.pdf"
        assert "↓" not in line(parts, 4)


def test_hints_are_whole_or_not_there_and_the_last_stays() -> None:
    hints = [("Enter", "read"), ("e", "archive"), ("?", "keys")]
    assert fitting(hints, 80) == hints
    assert fitting(hints, 20) == [hints[0], hints[2]]
    assert fitting(hints, 8) == [hints[2]]
    assert fitting([], 80) == []


async def test_a_warning_in_the_status_line_has_a_sign_and_the_right_end_gives_way() -> (
    None
):
    app = PanesApp()
    async with app.run_test(size=(40, 12)) as pilot:
        status = app.query_one(StatusLine)
        status.show(own("work: the server refused the password"), warning=True)
        await pilot.pause()
        assert line(status, 0).startswith(" ! work: the server")
        status.show(own("Moved the plan to Lists"), own("u undoes: moved the plan"))
        await pilot.pause()
        assert line(status, 0).rstrip() == " Moved the plan to Lists"
        status.show(own("Archived the plan"), own("u undoes: archived the plan"))
        await pilot.pause()
        assert line(status, 0).rstrip() == " Archived the plan  u undoes: archived…"


# The last filter


def test_textual_still_keeps_its_line_filters_where_we_add_ours() -> None:
    app: App[None] = App()
    add_filters(app)
    assert isinstance(app._filters[-1], NoInstructions)
    assert app.get_line_filters()[-1] is app._filters[-1]


def test_the_filter_takes_instructions_out_and_leaves_text_and_isolates() -> None:
    segments = [
        Segment("a\x1b[31mb\x9bc\u202ed"),
        Segment("\u2068שלום\u2069"),
        Segment("\u2068open"),
        Segment("\x1b[1A", None, []),
        Segment("plain"),
    ]
    black = Color.parse("black")
    after = [each.text for each in NoInstructions().apply(segments, black)]
    assert after == ["a[31mbcd", "\u2068שלום\u2069", "open", "[1A", "plain"]


def test_without_colours_what_stood_on_one_is_reversed() -> None:
    segments = [
        Segment("text", Style.parse("bold #ff0000")),
        Segment("hit", Style.parse("dim black on yellow")),
        Segment("plain", Style.parse("default on default")),
        Segment("bare", None),
    ]
    after = NoColours().apply(segments, Color.parse("black"))
    assert [each.text for each in after] == ["text", "hit", "plain", "bare"]
    bold, reverse, plain, bare = [each.style for each in after]
    assert bold is not None
    assert bold.bold
    assert not bold.reverse
    assert reverse is not None
    assert reverse.reverse
    assert not reverse.dim
    styles = [each for each in (bold, reverse, plain, bare) if each]
    assert not any(each.color or each.bgcolor for each in styles)


def test_what_an_ascii_terminal_cannot_show_is_a_question_mark_a_cell() -> None:
    segments = [Segment("│会 é\u0301 …"), Segment("plain")]
    after = OnlyAscii().apply(segments, Color.parse("black"))
    assert [each.text for each in after] == ["|?? ? ~", "plain"]


@pytest.mark.parametrize(
    ("environ", "ascii_only"),
    [
        ({"LC_ALL": "C"}, True),
        ({"LANG": "POSIX"}, True),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, False),
        ({}, False),
    ],
)
def test_a_chosen_c_locale_gets_ascii_signs(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], ascii_only: bool
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("locale.getpreferredencoding", lambda **_: "utf-8")
    assert choose_signs() is (ASCII if ascii_only else UNICODE)


async def test_a_leak_does_not_reach_the_terminal() -> None:
    app = PanesApp()
    add_filters(app)
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(StatusLine).show(own("evil \x1b]52;c;aGk=\x07 \x9b31m"))
        await pilot.pause()
        shown = "\n".join(screen_text(app))
        assert "evil" in shown
        assert not {"\x1b", "\x07", "\x9b"} & set(shown)


def test_keywords_are_named_and_those_that_are_only_here_say_so() -> None:
    flags = frozenset({"\\Seen", "$Forwarded", "urgent", "a\u202eb"})
    tagged = replace(
        content(),
        summary=replace(content().summary, flags=flags),
        local_keywords=frozenset({"urgent"}),
    )
    assert shown_keywords(tagged) == ["a‹RLO›b", "urgent (only here)"]
