"""One row of the message list: a summary and a width make segments of exactly that width."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_mail.model.displayable import Displayable, own
from tui_mail.model.flags import ANSWERED, FLAGGED, FORWARDED, SEEN
from tui_mail.model.message import Address, MessageSummary
from tui_mail.model.sizes import size_text
from tui_mail.ui.cells import cut, fit, isolate, take, width_of
from tui_mail.ui.dates import date_width, list_date
from tui_mail.ui.signs import UNICODE, Signs

_DEEPEST = 4
"""Threads are indented no further than this."""
_SNIPPET_FROM = 80
"""Cells of the subject's column from which the text's beginning is shown after it."""
_NAMED = 8
"""More names than these fit into no column."""


@dataclass(frozen=True, slots=True)
class RowStyles:
    """The styles of a row's pieces, already laid over its background."""

    plain: Style = field(default_factory=Style)
    unread: Style = field(default_factory=lambda: Style(bold=True))
    dim: Style = field(default_factory=Style)
    accent: Style = field(default_factory=Style)
    flagged: Style = field(default_factory=Style)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of a list stand; the same for all its rows."""

    width: int
    sender: int
    subject: int
    size: int
    date: int
    threads: bool
    wide: bool


@dataclass(frozen=True, slots=True)
class RowState:
    """What the list knows of a row besides the message."""

    cursor: bool = False
    marked: bool = False
    depth: int = 0
    last_of_branch: bool = True
    count: int = 0
    """At the head of a thread: its messages; else 0."""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class RowContext:
    """What all rows of a list share."""

    now: datetime
    """The clock; its zone is the reader's."""
    signs: Signs = UNICODE
    date_form: str = "relative"
    own_addresses: frozenset[str] = frozenset()
    """Lower case."""
    recipients: bool = False
    """Show to whom it went instead of from whom it came: Sent, Drafts."""
    show_remote: bool = False
    """Mark what is not downloaded: only of use where most things are, or offline."""
    isolate_direction: bool = False


def make_layout(
    width: int,
    *,
    threads: bool,
    date_form: str = "relative",
    columns: Iterable[str] = (),
) -> Layout:
    """Share out a width: lead, sender, subject, signs, date; narrow lists lose first."""
    chosen = frozenset(columns)
    wide = width >= 100
    date = date_width(date_form, wide=wide)
    size = 8 if "size" in chosen or (not chosen and width >= 130) else 0
    if chosen and "date" not in chosen:
        date = 0
    if width < 34:
        date, size = 0, 0
    elif width < date + 40:
        date = min(date, 7)
    lead = 6 if threads else 5
    room = max(0, width - lead - _tail(size, date))
    if chosen and not chosen & {"from", "to"}:
        sender = 0
    elif room < 24:
        sender = room * 2 // 5
    else:
        sender = max(12, min(28, room * 8 // 25))
    gap = 2 if sender else 0
    return Layout(width, sender, max(0, room - sender - gap), size, date, threads, wide)


def _tail(size: int, date: int) -> int:
    return 4 + (size + 1 if size else 0) + (date + 2 if date else 0)


def make_row(
    summary: MessageSummary,
    state: RowState,
    layout: Layout,
    context: RowContext,
    styles: RowStyles,
) -> Strip:
    """Draw a row; it takes exactly the layout's width."""
    text = styles.plain if SEEN in summary.flags else styles.unread
    pieces = [
        *_lead(summary, state, context.signs, styles, text),
        *_thread(state, layout, context.signs, styles),
        *_names(summary, state, layout, context, (text, styles.dim)),
        (_signs(summary, context), styles.dim),
        *_columns(summary, layout, context, styles.dim),
    ]
    return _strip(pieces, layout.width, context)


def make_blank_row(
    state: RowState, layout: Layout, signs: Signs, styles: RowStyles
) -> Strip:
    """Draw the row of a message that is gone or not loaded yet."""
    lead = signs.cursor if state.cursor else " "
    return Strip(
        [
            Segment(lead, styles.accent),
            Segment(" " * (layout.width - 1), styles.plain),
        ],
        layout.width,
    )


Piece = tuple[str, Style]


def _lead(
    summary: MessageSummary,
    state: RowState,
    signs: Signs,
    styles: RowStyles,
    text: Style,
) -> list[Piece]:
    flags = summary.flags
    seen = SEEN in flags
    cursor = signs.cursor if state.cursor else " "
    mark = signs.mark if state.marked else " "
    fate = " "
    if not seen:
        fate = signs.unread
    elif ANSWERED in flags:
        fate = signs.answered
    elif FORWARDED in flags:
        fate = signs.forwarded
    flagged = FLAGGED in flags
    return [
        (cursor + mark, styles.accent),
        (fate, styles.dim if seen else styles.accent),
        (signs.flagged, styles.flagged) if flagged else (" ", text),
    ]


def _thread(
    state: RowState, layout: Layout, signs: Signs, styles: RowStyles
) -> list[Piece]:
    if not layout.threads:
        return [(" ", styles.dim)]
    if state.depth:
        indent = " " * min(state.depth - 1, _DEEPEST, max(0, layout.sender - 4))
        branch = signs.last_branch if state.last_of_branch else signs.branch
        return [(f"{indent}{branch} ", styles.dim)]
    if state.count > 1:
        return [(f"{signs.folded if state.folded else signs.open} ", styles.dim)]
    return [("  ", styles.dim)]


def _names(
    summary: MessageSummary,
    state: RowState,
    layout: Layout,
    context: RowContext,
    styles: tuple[Style, Style],
) -> list[Piece]:
    text, dim = styles
    ellipsis = context.signs.ellipsis
    about = _subject(summary, state, layout, context, styles)
    if not layout.sender:
        return about
    indent = 0
    if layout.threads and state.depth:
        indent = min(state.depth - 1, _DEEPEST, max(0, layout.sender - 4))
    count = f" {state.count}" if state.count > 1 else ""
    room = max(0, layout.sender - indent - len(count))
    name = fit(who(summary, context), room, ellipsis=ellipsis)
    pieces = [(name, text)]
    if count:
        pieces.append((count[: layout.sender], dim))
    return [*pieces, ("  ", text), *about]


def _subject(
    summary: MessageSummary,
    state: RowState,
    layout: Layout,
    context: RowContext,
    styles: tuple[Style, Style],
) -> list[Piece]:
    """Draw the subject, dim in a reply: it is the thread's; the snippet if there is room."""
    text, dim = styles
    said = dim if layout.threads and state.depth else text
    ellipsis = context.signs.ellipsis
    subject = summary.subject or own("(no subject)")
    if layout.subject >= _SNIPPET_FROM and summary.snippet:
        shown = cut(subject, layout.subject, ellipsis)
        left = layout.subject - width_of(shown) - 3
        if left >= 20:
            snippet = fit(summary.snippet, left, ellipsis=ellipsis)
            return [(shown, said), (f"   {snippet}", dim)]
    return [(fit(subject, layout.subject, ellipsis=ellipsis), said)]


def who(summary: MessageSummary, context: RowContext) -> Displayable:
    """Name the other side: the senders, or the recipients of what one sent oneself."""
    people = summary.from_[:_NAMED]
    if context.recipients:
        people = (summary.to or summary.cc)[:_NAMED]
        names = ", ".join(_name(person, context) for person in people)
        return own(names or "(nobody yet)")
    return own(", ".join(_name(person, context) for person in people) or "(unknown)")


def _name(person: Address, context: RowContext) -> str:
    if person.address.lower() in context.own_addresses:
        return "you"
    return person.short


def _signs(summary: MessageSummary, context: RowContext) -> str:
    signs = context.signs
    pinned = signs.pinned if summary.pinned else " "
    attachment = signs.attachment if summary.has_attachment else " "
    state = " "
    if summary.waiting:
        state = signs.waiting
    elif (
        not summary.downloaded
        and summary.uid is not None
        and (context.show_remote or summary.pinned)
    ):
        state = signs.remote
    elif summary.on_server:
        state = signs.on_server
    return f"{pinned}{attachment}{state} "


def _columns(
    summary: MessageSummary, layout: Layout, context: RowContext, dim: Style
) -> list[Piece]:
    pieces: list[Piece] = []
    if layout.size:
        pieces.append(
            (fit(size_text(summary.size), layout.size, right=True) + " ", dim)
        )
    if layout.date:
        said = list_date(
            summary.date, context.now, form=context.date_form, wide=layout.wide
        )
        pieces.append((f" {fit(said, layout.date, right=True)} ", dim))
    return pieces


def _strip(pieces: list[Piece], width: int, context: RowContext) -> Strip:
    """Join pieces: a blank takes its neighbour's style, for each style costs bytes."""
    joined: list[Piece] = []
    left = width
    for piece, style in pieces:
        text = piece if width_of(piece) <= left else take(piece, left)
        if not text:
            continue
        left -= width_of(text)
        if joined and (joined[-1][1] == style or not text.strip()):
            joined[-1] = (joined[-1][0] + text, joined[-1][1])
        elif joined and not joined[-1][0].strip():
            joined[-1] = (joined[-1][0] + text, style)
        else:
            joined.append((text, style))
    if left > 0:
        last, style = joined.pop() if joined else ("", Style())
        joined.append((last + " " * left, style))
    return Strip(_isolated(joined, context), width)


def _isolated(pieces: list[Piece], context: RowContext) -> list[Segment]:
    if not context.isolate_direction:
        return [Segment(text, style) for text, style in pieces]
    return [
        Segment(isolate(run), style)
        for text, style in pieces
        for run in _columns_of(text)
    ]


def _columns_of(text: str) -> list[str]:
    """Cut joined columns apart again at their gaps; each may need isolating."""
    if text.isascii():
        return [text]
    runs: list[str] = []
    rest = text
    while (gap := rest.find("  ")) >= 0:
        end = gap + len(rest[gap:]) - len(rest[gap:].lstrip(" "))
        if gap:
            runs.append(rest[:gap])
        runs.append(rest[gap:end])
        rest = rest[end:]
    if rest:
        runs.append(rest)
    return runs
