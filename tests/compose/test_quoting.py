import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.compose.originals import original_of
from tui_mail.compose.quoting import MAX_QUOTED, attribution, quoted
from tui_mail.mime.headers import parse_envelope
from tui_mail.model.displayable import Displayable
from tui_mail.model.message import Address, Envelope
from tui_mail.model.readable import Link, ReadableText


def plain(text: str) -> str:
    return quoted(ReadableText(text=Displayable(text), kind="plain"))


def test_the_attribution_says_when_in_the_reader_s_zone() -> None:
    berlin = timezone(timedelta(hours=1))
    envelope = parse_envelope(
        b"From: =?utf-8?q?Petra_Qu=C3=ADst?= <p@x.example>\n"
        b"Date: Thu, 19 Nov 2026 23:32:10 +0000\n\n"
    )
    assert (
        attribution(envelope, UTC) == "On Thu, 19 Nov 2026 at 23:32, Petra Quíst wrote:"
    )
    assert attribution(envelope, berlin).startswith("On Fri, 20 Nov 2026 at 00:32, ")
    assert attribution(envelope).endswith(", Petra Quíst wrote:")


def test_the_attribution_does_without_what_is_not_known() -> None:
    nameless = Address(Displayable(""), Displayable("p@x.example"))
    assert attribution(Envelope(from_=(nameless,))) == "p@x.example wrote:"
    date = datetime(2026, 11, 19, tzinfo=UTC)
    assert attribution(Envelope(date=date), UTC) == (
        "On Thu, 19 Nov 2026 at 00:00, somebody wrote:"
    )


def test_each_line_is_quoted_and_quotes_one_level_deeper() -> None:
    assert plain("a\n\n> b\n> > c\n>> d\n>\n  e\tf") == (
        "> a\n>\n>> b\n>>> c\n>>> d\n>>\n>   e     f\n"
    )


def test_a_signature_is_not_quoted() -> None:
    assert plain("a\n\n-- \nBob\nhttps://b") == "> a\n"
    assert plain("a\n--\nBob") == "> a\n"


def test_what_was_quoted_below_a_signature_stays() -> None:
    text = "a\n-- \nBob\n\nOn Monday, Ann wrote:\n> b\n> -- \n> Ann"
    assert plain(text) == "> a\n>\n> On Monday, Ann wrote:\n>> b\n>> --\n>> Ann\n"


def test_dashes_above_a_long_text_begin_no_signature() -> None:
    text = "\n".join(["Chapter", "--", *(f"line {n}" for n in range(50))])
    assert plain(text).count("\n") == 52
    assert plain("-- \nonly a signature") == "> --\n> only a signature\n"


@pytest.mark.parametrize("line", ["--", "-- ", "-- \n>", "--\n>", "-- \n\n"])
def test_any_number_of_signatures_takes_no_time(line: str) -> None:
    begun = time.process_time()
    plain("a\n" + f"{line}\n" * 60_000)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("word", ["1. ", "> ", "- ", "x ", "漢", "; ", "| "])
def test_a_line_without_an_end_takes_no_time(word: str) -> None:
    begun = time.process_time()
    plain(word * 100_000)
    assert time.process_time() - begun < 10


def test_long_lines_of_prose_are_wrapped_and_flow() -> None:
    prose = "word " * 40
    wrapped = plain(f"{prose}\n> {prose}").splitlines()
    assert max(map(len, wrapped)) <= 73
    assert wrapped[0].startswith("> word")
    assert wrapped[0].endswith("word ")
    assert sum(line.startswith(">> ") for line in wrapped) == 3
    assert "".join(wrapped).replace(">", "").split() == ["word"] * 80


def test_an_item_of_a_list_is_wrapped_below_its_words() -> None:
    assert plain("  * " + "word " * 30).splitlines()[1].startswith(">     word")


def test_prose_of_scripts_without_spaces_is_wrapped_by_its_width() -> None:
    lines = plain("漢字仮名" * 40).splitlines()
    assert len(lines) == 5
    assert {len(line) for line in lines[:-1]} == {2 + 35}


def test_what_is_no_prose_is_not_wrapped() -> None:
    for line in (
        "https://x.example/" + "a" * 100,
        "| a | b |" + " c |" * 30,
        "    if (a) { return b; } " + "x y " * 20,
        "name      value     " * 6,
        "for a in b: print c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g {",
    ):
        assert plain(line) == f"> {line.rstrip()}\n"


def test_html_is_quoted_as_it_is_shown() -> None:
    html = (
        "From: a@b\nContent-Type: text/html\n\n<p>Hello <b>you</b></p>"
        '<blockquote>before</blockquote><p>see <a href="https://x.example">this</a></p>'
    )
    text = original_of(html).text
    assert text is not None
    lines = quoted(text).splitlines()
    assert lines[0].startswith("> Hello ")
    assert any(line.startswith(">> before") for line in lines)
    assert lines[-1] == "> [1] https://x.example"


def test_links_of_a_signature_go_with_it() -> None:
    text = ReadableText(
        text=Displayable("see [1]\n\n-- \nBob [2]\n\n[1] https://a\n[2] https://b"),
        kind="html",
        links=(
            Link(Displayable("see"), Displayable("https://a")),
            Link(Displayable("Bob"), Displayable("https://b")),
        ),
    )
    assert quoted(text) == "> see [1]\n>\n> [1] https://a\n"


def test_of_an_endless_text_the_beginning_is_quoted() -> None:
    made = plain("0123456789\n" * 100_000)
    assert len(made) < MAX_QUOTED * 2
    assert made.endswith("> […]\n")


def test_nothing_is_quoted_of_nothing() -> None:
    assert plain("") == plain("\n \n") == ""
