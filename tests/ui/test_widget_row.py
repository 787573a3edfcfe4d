"""A row of the message list, as a pure function of a summary and a width."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from tests.ui.widget_samples import INBOX, NOW, OWN, person, summary
from tui_mail.model.displayable import displayable
from tui_mail.model.flags import ANSWERED, FLAGGED, FORWARDED, SEEN
from tui_mail.model.message import MessageSummary
from tui_mail.model.sizes import size_text
from tui_mail.ui.cells import cut, fit, isolate, wrap_points
from tui_mail.ui.dates import full_date, list_date
from tui_mail.ui.folds import Folds
from tui_mail.ui.row import (
    RowContext,
    RowState,
    RowStyles,
    make_layout,
    make_row,
)
from tui_mail.ui.signs import ASCII, UNICODE, choose_signs, reorders_text

CONTEXT = RowContext(now=NOW, own_addresses=OWN)
STYLES = RowStyles(dim=Style(dim=True), accent=Style(color="blue"))
PLAIN = RowState()
SCRIPTS = st.text(
    st.characters(
        codec="utf-8",
        categories=("L", "M", "N", "P", "S", "Z", "C"),
    ),
    max_size=120,
)


def drawn(
    row: MessageSummary,
    state: RowState = PLAIN,
    width: int = 80,
    *,
    threads: bool = True,
    context: RowContext = CONTEXT,
) -> str:
    layout = make_layout(width, threads=threads)
    return make_row(row, state, layout, context, STYLES).text


@pytest.mark.parametrize("signs", [UNICODE, ASCII])
@pytest.mark.parametrize("width", [30, 80, 120, 200])
def test_what_a_pop3_server_has_still_carries_a_sign_of_its_own_apart_from_the_subject(
    signs: Any, width: int
) -> None:
    subject = displayable("budget " * 40)
    row = replace(summary(flags={SEEN}), subject=subject, on_server=True)
    context = replace(CONTEXT, signs=signs)
    there, gone = (
        drawn(replace(row, on_server=on), width=width, context=context)
        for on in (True, False)
    )
    place = next(at for at in range(width) if there[at] != gone[at])
    assert there[place] == signs.on_server
    assert there[place - 1] == gone[place] == " "
    assert gone == drawn(replace(row, on_server=None), width=width, context=context)


@given(
    sender=SCRIPTS,
    subject=SCRIPTS,
    width=st.integers(4, 240),
    depth=st.integers(0, 12),
    count=st.integers(0, 100_000),
    threads=st.booleans(),
    flags=st.sets(st.sampled_from([SEEN, FLAGGED, ANSWERED, FORWARDED])),
    isolating=st.booleans(),
)
def test_a_row_takes_exactly_its_width_and_holds_no_control_character(
    sender: str,
    subject: str,
    width: int,
    depth: int,
    count: int,
    threads: Any,
    flags: set[str],
    isolating: bool,
) -> None:
    row = replace(
        summary(flags=flags, attachment=True, waiting=True),
        from_=(person("x", "x@y.example"),),
        subject=displayable(subject),
    )
    row = replace(row, from_=(replace(row.from_[0], name=displayable(sender)),))
    state = RowState(depth=depth, count=count, cursor=True, marked=True)
    context = replace(CONTEXT, isolate_direction=isolating)
    text = drawn(row, state, width, threads=threads, context=context)
    bare = text.replace("\u2068", "").replace("\u2069", "")
    assert cell_len(bare) == width
    assert not [each for each in bare if unicodedata.category(each) == "Cc"]
    assert text.count("\u2068") == text.count("\u2069")
    assert isolating or bare == text


@pytest.mark.parametrize("width", [40, 60, 80, 93, 120, 200])
def test_dates_end_in_the_same_column_in_every_row(width: int) -> None:
    for row, depth, count in INBOX[:15]:
        text = drawn(row, RowState(depth=depth, count=count), width)
        said = list_date(row.date, NOW, wide=width >= 100)
        assert text.endswith(f"{said} ")


def test_every_state_has_a_sign_of_its_own() -> None:
    state = RowState(cursor=True, marked=True, count=3)
    text = drawn(
        summary(flags=(FLAGGED,), attachment=True, waiting=True), state, width=80
    )
    for sign in "▌✓●★▾⊙⇡":
        assert text.count(sign) == 1
    assert "↩" in drawn(summary(flags=(SEEN, ANSWERED)))
    assert "→" in drawn(summary(flags=(SEEN, FORWARDED)))
    assert "▸" in drawn(summary(), RowState(count=2, folded=True))


def test_a_reply_hangs_on_its_thread_by_a_branch() -> None:
    assert "├ Grace" in drawn(summary(), RowState(depth=1, last_of_branch=False))
    assert " └ Grace" in drawn(summary(), RowState(depth=2))


def test_what_is_not_downloaded_is_marked_only_where_that_is_of_use() -> None:
    row = summary(downloaded=False)
    assert "↓" not in drawn(row)
    assert "↓" in drawn(row, context=replace(CONTEXT, show_remote=True))


def test_the_ascii_twins_are_ascii_and_one_cell_wide() -> None:
    for name in UNICODE.__dataclass_fields__:
        assert cell_len(getattr(UNICODE, name)) == 1
        twin = getattr(ASCII, name)
        assert len(twin) == 1
        assert twin.isascii()
    context = replace(CONTEXT, signs=ASCII)
    state = RowState(cursor=True, marked=True, count=3)
    row = summary(subject="x" * 200, flags=(FLAGGED,), attachment=True, waiting=True)
    assert drawn(row, state, context=context).isascii()


def test_a_locale_without_utf8_takes_the_ascii_signs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "locale.getpreferredencoding", lambda *, do_setlocale: "ISO-8859-1"
    )
    assert choose_signs() is ASCII
    assert choose_signs(ascii_only=False) is UNICODE
    monkeypatch.setattr("locale.getpreferredencoding", lambda *, do_setlocale: "UTF-8")
    assert choose_signs() is UNICODE


def test_direction_isolates_are_written_only_where_the_terminal_reorders() -> None:
    assert reorders_text({"VTE_VERSION": "7200", "TERM": "xterm-256color"})
    assert not reorders_text({"VTE_VERSION": "7200", "TMUX": "/tmp/x"})
    assert not reorders_text({"TERM": "xterm-256color"})
    row = summary(sender="דנה", subject="שלום")
    text = drawn(row, context=replace(CONTEXT, isolate_direction=True))
    assert "\u2068דנה\u2069" in text
    assert "\u2068שלום\u2069" in text


def test_own_mail_is_named_you_and_sent_mail_by_whom_it_went_to() -> None:
    mine = summary(sender="Ann Example", address="ann@example.org")
    assert " you " in drawn(mine)
    theirs = replace(mine, to=(person("Lars Eriksson"), person("Mei Chen")))
    sent = replace(CONTEXT, recipients=True)
    assert "Lars Eriksson, Mei Chen" in drawn(theirs, width=120, context=sent)


def test_text_is_cut_at_a_word_and_says_so() -> None:
    fox = "the quick brown fox jumps over"
    assert cut(fox, 25) == "the quick brown fox…"
    assert cut(fox, 20) == "the quick brown fox…"
    assert cut(fox, 13) == "the quick br…"
    assert cut("incomprehensibilities", 8) == "incompr…"
    assert cut("会議の予定について", 8) == "会議の…"
    assert fit("ab", 4, right=True) == "  ab"


def test_a_wide_list_shows_how_the_text_begins() -> None:
    assert "try the new place" not in drawn(summary(), width=93)
    assert "try the new place" in drawn(summary(), width=180)


def test_plain_text_is_not_isolated() -> None:
    assert isolate("Réunion") == "Réunion"


@given(text=SCRIPTS, width=st.integers(2, 60))
def test_a_wrapped_line_loses_nothing_but_spaces_and_fits(
    text: str, width: int
) -> None:
    line = displayable(text)
    rows = wrap_points(line, width)
    pieces = [line[start:end] for start, end in rows]
    assert all(cell_len(piece) <= max(width, 2) for piece in pieces)
    assert "".join(pieces).replace(" ", "") == line.replace(" ", "")


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (NOW - timedelta(hours=4), "10:05"),
        (NOW - timedelta(days=2), "Sat"),
        (NOW - timedelta(days=8), "15 Nov"),
        (NOW - timedelta(days=250), "18 Mar"),
        (NOW - timedelta(days=400), "2025-10"),
        (NOW + timedelta(days=3), "26 Nov"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01"),
    ],
)
def test_a_date_is_said_as_short_as_it_can_be(moment: datetime, said: str) -> None:
    assert list_date(moment, NOW) == said


def test_dates_are_in_the_readers_zone() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-10)))
    assert list_date(NOW, there) == "04:05"
    assert full_date(NOW, there) == "Mon 23 Nov 2026, 04:05"
    assert list_date(NOW, there, form="%d.%m.%y") == "23.11.26"


@pytest.mark.parametrize(
    ("octets", "said"),
    [(0, "0 B"), (999, "999 B"), (1_240, "1.2 kB"), (340_000, "340 kB"),
     (999_999, "1.0 MB"), (1_212_000, "1.2 MB"), (5 * 10**10, "50 GB")],
)  # fmt: skip
def test_a_size_has_a_unit(octets: int, said: str) -> None:
    assert size_text(octets) == said


@given(
    threads=st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=30),
)
def test_rows_and_places_agree_whatever_is_folded(threads: Any) -> None:
    counts: list[int] = []
    seen: list[int] = []
    heads: list[int] = []
    for size, folded in threads:
        head = len(counts)
        counts += [size if size > 1 else 0] + [0] * (size - 1)
        seen += [head] if folded else range(head, head + size)
        if folded:
            heads.append(head)
    folds = Folds(counts, heads)
    assert folds.rows == len(seen)
    assert [folds.index(row) for row in range(folds.rows)] == seen
    assert [folds.row(place) for place in seen] == list(range(len(seen)))
