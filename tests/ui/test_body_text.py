"""The text that is edited, and the rows that it makes."""

import random

import pytest

from tui_mail.ui.widgets.body_rows import BodyRows, spread
from tui_mail.ui.widgets.body_text import BodyText, Span, Spot


def written(text: str, *pieces: str) -> BodyText:
    """Type pieces one after the other at the end, letter by letter."""
    made = BodyText(text, clock=lambda: 0.0)
    made.cursor = made.end
    for piece in pieces:
        for letter in piece:
            made.replace(made.cursor, made.cursor, letter, typed=True)
    return made


def test_undoing_goes_word_by_word_and_forth_again() -> None:
    text = written("", "one two three")
    seen = []
    while text.undo():
        seen.append(text.text)
    assert seen == ["one two ", "one ", ""]
    while text.redo():
        pass
    assert text.text == "one two three"


def test_a_rest_begins_another_step() -> None:
    now = [0.0]
    text = BodyText("", clock=lambda: now[0])
    for letter in "ab":
        text.replace(text.cursor, text.cursor, letter, typed=True)
    now[0] = 10.0
    text.replace(text.cursor, text.cursor, "c", typed=True)
    text.undo()
    assert text.text == "ab"


def test_what_was_deleted_letter_by_letter_comes_back_at_once() -> None:
    text = written("words")
    for _ in range(3):
        text.replace(text.left(text.cursor), text.cursor, "", typed=True)
    assert text.text == "wo"
    text.undo()
    assert (text.text, text.cursor) == ("words", (0, 5))


def test_any_changes_can_all_be_taken_back() -> None:
    chance = random.Random(5)
    text = BodyText("first\nsecond line that is longer than a row is\n\nlast")
    rows = BodyRows(text.lines, 20)
    before = text.text
    for _ in range(300):
        spots = sorted(_anywhere(text, chance) for _ in range(2))
        put = chance.choice(["", "x", "two words ", "\n", "a\nb", "会", "\t"])
        before_it = _shown(rows)
        _paints_enough(rows, text.replace(spots[0], spots[1], put), before_it)
    _same_rows(rows, text)
    while True:
        before_it = _shown(rows)
        span = text.undo()
        if span is None:
            break
        _paints_enough(rows, span, before_it)
    assert text.text == before
    _same_rows(rows, text)


def _shown(rows: BodyRows) -> list[str]:
    return [rows.text_of(rows.row(number))[0] for number in range(len(rows))]


def _paints_enough(rows: BodyRows, span: Span, before: list[str]) -> None:
    """Check that no row looks otherwise that would not be painted."""
    first, last = rows.changed(span)
    after = _shown(rows)
    assert after[:first] == before[:first]
    if last is not None:
        assert after[last:] == before[last:]


def _anywhere(text: BodyText, chance: random.Random) -> Spot:
    line = chance.randrange(len(text.lines))
    return line, chance.randint(0, len(text.lines[line]))


def _same_rows(rows: BodyRows, text: BodyText) -> None:
    anew = BodyRows(text.lines, rows.width)
    assert len(rows) == len(anew)
    assert [rows.row(n) for n in range(len(rows))] == [
        anew.row(n) for n in range(len(anew))
    ]


def test_words_and_paragraphs_are_walked_from_end_to_end() -> None:
    text = BodyText("Dear Bob,\n\nfirst one\nof two\n> \nlast")
    spot: Spot = (0, 0)
    stops = []
    for _ in range(4):
        spot = text.paragraph_down(spot)
        stops.append(spot)
    assert stops == [(2, 0), (5, 0), (5, 4), (5, 4)]
    assert text.paragraph_up((5, 4)) == (5, 0)
    assert text.paragraph_up((5, 0)) == (2, 0)
    assert text.word_left((0, 9)) == (0, 8)
    assert text.word_right((0, 0)) == (0, 4)
    assert text.word_right((0, 9)) == (1, 0)


def test_own_lines_are_wrapped_at_72_and_quoted_ones_at_the_edge() -> None:
    line = "word " * 17 + "end"
    rows = BodyRows([line, f"> {line}", f"    {line}"], 100)
    assert len(rows) == 4
    assert rows.row(0).end - rows.row(0).start <= 73
    assert rows.row(2).line == 1


@pytest.mark.parametrize("text", ["a\tb", "\t\tx", "会\tb", "plain"])
def test_tabs_stand_in_columns_and_every_cell_leads_to_a_character(text: str) -> None:
    shown, places = spread(text)
    assert "\t" not in shown
    assert len(places) == len(text) + 1
    rows = BodyRows([text], 60)
    row = rows.row(0)
    for column in range(len(text) + 1):
        cells = rows.cells_to(0, 0, column)
        assert rows.column_at(row, cells) == column


def test_a_column_within_a_wide_character_is_before_it() -> None:
    rows = BodyRows(["a会b"], 60)
    assert [rows.column_at(rows.row(0), cells) for cells in range(6)] == [
        0,
        1,
        1,
        2,
        3,
        3,
    ]
