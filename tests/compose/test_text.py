from hypothesis import given, settings
from hypothesis import strategies as st

from tui_mail.compose.flowed import flowed
from tui_mail.compose.text import WIDTH, columns, filled
from tui_mail.mime.flowed import unflow

LONG = " ".join(["word"] * 40)


def test_a_long_line_is_broken_at_spaces_which_stay_at_the_ends() -> None:
    lines = filled(LONG)
    assert all(columns(line) <= WIDTH + 1 for line in lines)
    assert all(line.endswith(" ") for line in lines[:-1])
    assert "".join(lines) == LONG


def test_an_entry_of_a_list_hangs_below_its_first_word() -> None:
    lines = filled("- " + LONG)
    assert lines[0].startswith("- word")
    assert all(line.startswith("  word") for line in lines[1:])


def test_no_line_begins_as_a_quote_that_was_none() -> None:
    lines = filled("a" * 70 + " > b and " + "c" * 60 + " 1. x - y -- z")
    assert not any(line.startswith((">", "-", "1.")) for line in lines)


def test_a_word_that_is_too_long_stays_whole() -> None:
    assert filled(f"see {'x' * 100} there") == ["see ", "x" * 100 + " ", "there"]


def test_chinese_and_japanese_are_broken_without_spaces() -> None:
    text = "日本語の文章です、" * 20
    lines = filled(text)
    assert all(columns(line) <= WIDTH for line in lines)
    assert not any(line.startswith("、") or line.endswith(" ") for line in lines)
    assert "".join(lines) == text


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="ab日、 >-.1`\t", max_size=300))
def test_breaking_a_line_loses_nothing(text: str) -> None:
    lines = filled(text)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(line.strip() for line in lines[1:])


def test_text_without_soft_breaks_does_not_flow() -> None:
    assert flowed("Hello \nthere\n-- \nAnn\n") is None


def test_flowed_text_comes_back_in_paragraphs() -> None:
    text = f"Hi,\n\n{LONG}\nFrom here on\n  code\n> quoted\n> > deeper\n-- \nAnn\n"
    written = flowed(text.replace(LONG, "\n".join(filled(LONG))))
    assert written is not None
    assert "\n From here on\n   code\n> quoted\n>> deeper\n-- \nAnn\n" in written
    assert unflow(written) == text.replace("> > deeper", ">> deeper")


def test_a_line_that_is_not_full_keeps_its_end_where_others_flow() -> None:
    written = flowed("\n".join(["Hello ", "Bob", *filled(LONG)]))
    assert written is not None
    assert written.startswith("Hello\nBob\n")


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="abc >F\n", max_size=400))
def test_reading_flowed_text_joins_only_full_lines(text: str) -> None:
    written = flowed(text)
    if written is None:
        return
    read = unflow(written)
    assert "".join(read.split()).replace(">", "") == "".join(text.split()).replace(
        ">", ""
    )
