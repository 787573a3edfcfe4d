"""The message list: rows loaded on demand from the store, drawn by lines."""

from array import array
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.message import MessageSummary
from tui_mail.ui.folds import Folds
from tui_mail.ui.row import (
    Layout,
    RowContext,
    RowState,
    RowStyles,
    make_blank_row,
    make_layout,
    make_row,
)
from tui_mail.ui.widgets.line_list import LineList

if TYPE_CHECKING:
    from tui_mail.store.database import Database

_KEPT = 1024
"""Summaries kept in memory; a few screens of the tallest terminal."""
_LOOKAHEAD = 64
"""Rows looked at to see whether a branch of a thread goes on."""

Loader = Callable[[Sequence[int]], Sequence[MessageSummary | None]]
"""Loads the summaries of numbers, in their order; None for one that is gone."""


class View(Protocol):
    """What a list shows: numbers in order, their depths, the counts at thread heads."""

    @property
    def numbers(self) -> Sequence[int]:
        """The messages in their order."""

    @property
    def depths(self) -> Sequence[int]:
        """0 for a head or a single message, else how deep it stands in its thread."""

    @property
    def counts(self) -> Sequence[int]:
        """At a head the messages of its thread here; 0 elsewhere."""


class _NoView:
    numbers: Sequence[int] = array("q")
    depths: Sequence[int] = array("B")
    counts: Sequence[int] = array("i")


class MessageList(LineList):
    """The messages of one mailbox or search.

    State comes down by ``show…`` and ``replace_view``; what the person does goes up
    as messages.
    """

    DEFAULT_CSS = """
    MessageList {
        & > .list--flagged { color: $warning; }
        & > .list--unread { text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"list--flagged", "list--unread"}

    class Moved(Message):
        """The cursor stands on another message, or on none."""

        def __init__(self, number: MessageNumber | None) -> None:
            self.number = number
            super().__init__()

        def can_replace(self, message: Message) -> bool:
            """Only the last of several moves counts."""
            return isinstance(message, MessageList.Moved)

    class Opened(Message):
        """A message was chosen for reading."""

        def __init__(self, number: MessageNumber) -> None:
            self.number = number
            super().__init__()

    class MarksChanged(Message):
        """Other messages are marked now."""

        def __init__(self, count: int) -> None:
            self.count = count
            super().__init__()

    class EdgeReached(Message):
        """The cursor was to go beyond the first (-1) or the last (1) message."""

        def __init__(self, direction: int) -> None:
            self.direction = direction
            super().__init__()

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] | None = None,
        context: RowContext | None = None,
        columns: Iterable[str] = (),
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._clock = clock or (lambda: datetime.now(UTC).astimezone())
        self._shared = context or RowContext(now=self._clock())
        self._columns = tuple(columns)
        self._loader: Loader = lambda numbers: [None] * len(numbers)
        self._view: View = _NoView()
        self._folds = Folds(())
        self._folded: set[int] = set()
        self._kept: OrderedDict[int, MessageSummary | None] = OrderedDict()
        self._threads = False
        self._columns_at: Layout | None = None
        self._anchor: int | None = None
        self.database: Database | None = None
        self.mailbox: MailboxId | None = None
        self.order: str = ""
        self.marked: set[MessageNumber] = set()

    # State down.

    def show(
        self,
        database: "Database",
        mailbox: MailboxId | None,
        order: str,
        threads: bool,
        view: View,
        *,
        recipients: bool = False,
        cursor: MessageNumber | None = None,
    ) -> None:
        """Show a view of a mailbox of the store; marks and folds of before are gone.

        ``recipients`` names whom messages went to instead of who sent them. The cursor
        is put on the message ``cursor`` if it is there, else on the first.
        """
        from tui_mail.store.messages import load_summaries

        self.database, self.mailbox, self.order = database, mailbox, order
        self.show_rows(
            partial(load_summaries, database),
            view,
            threads=threads,
            recipients=recipients,
            cursor=cursor,
        )

    def show_rows(
        self,
        loader: Loader,
        view: View,
        *,
        threads: bool = False,
        recipients: bool = False,
        cursor: MessageNumber | None = None,
    ) -> None:
        """Show a view whose rows come from any loader."""
        self._loader, self._view, self._threads = loader, view, threads
        self._kept.clear()
        self._folded.clear()
        self._folds = Folds(view.counts)
        self._shared = replace(self._shared, now=self._clock(), recipients=recipients)
        self._columns_at = None
        self._anchor = None
        self._set_marks(set())
        row = self._row_of(cursor) if cursor is not None else None
        self.rows_changed(row or 0, top=0)
        self.cursor_moved()

    def replace_view(
        self,
        view: View,
        *,
        threads: bool | None = None,
        hidden: Collection[int] = (),
    ) -> None:
        """Show other rows of the same mailbox.

        The cursor stays on its message; if that is gone, it takes the next that is
        there. What is seen moves as little as can be. Marks stay on what is in the
        view and on what a filter has ``hidden``.
        """
        number, row = self.cursor_number, self.cursor
        top = round(self.scroll_y)
        following, seen = self._numbers_from_cursor(), self._seen()
        self._view = view
        self._threads = self._threads if threads is None else threads
        self._columns_at = None
        self.day_changed()
        present = set(view.numbers) if self._folded or self.marked else set()
        self._folded &= present
        self._fold_again()
        self._set_marks(
            {each for each in self.marked if each in present or each in hidden}
        )
        target = self._first_present(number, following)
        kept = bool(self.row_count()) and number == self._number_at(target)
        shift = target - row if kept and top else 0
        self.rows_changed(target, top=top + shift, repaint=False)
        if self._seen() != seen or threads is not None:
            self.refresh()
        if self.cursor_number != number:
            self.cursor_moved()

    def refresh_messages(self, numbers: Iterable[int]) -> None:
        """Load these messages again when they are next seen; paint those seen now."""
        changed = set(numbers)
        for number in changed:
            self._kept.pop(number, None)
        top = round(self.scroll_y)
        for row in range(top, min(top + self.size.height, self.row_count())):
            if self._number_at(row) in changed:
                self.refresh_row(row)

    def change_flags(
        self,
        numbers: Iterable[MessageNumber],
        add: frozenset[str],
        remove: frozenset[str],
    ) -> None:
        """Show messages with other flags before the store tells of it."""
        changed = set(numbers)
        for number in changed:
            kept = self._kept.get(number)
            if kept is not None:
                self._kept[number] = replace(kept, flags=(kept.flags | add) - remove)
        top = round(self.scroll_y)
        for row in range(top, min(top + self.size.height, self.row_count())):
            if self._number_at(row) in changed:
                self.refresh_row(row)

    def set_context(
        self,
        *,
        own_addresses: frozenset[str] | None = None,
        show_remote: bool | None = None,
    ) -> None:
        """Change what all rows share: who "you" are, whether ``↓`` is of use."""
        context = self._shared
        if own_addresses is not None:
            context = replace(context, own_addresses=own_addresses)
        if show_remote is not None:
            context = replace(context, show_remote=show_remote)
        if context != self._shared:
            self._shared = context
            self.refresh()

    def day_changed(self) -> None:
        """Say the dates anew if midnight has passed; paints nothing otherwise."""
        now = self._clock()
        if now.date() != self._shared.now.date():
            self._shared = replace(self._shared, now=now)
            self.refresh()

    # What is asked of it.

    @property
    def cursor_number(self) -> MessageNumber | None:
        """The message under the cursor, None in an empty list."""
        if not self.row_count():
            return None
        return self._number_at(self.cursor)

    @property
    def cursor_summary(self) -> MessageSummary | None:
        """The row under the cursor."""
        return self._summary(self.cursor) if self.row_count() else None

    @property
    def view(self) -> View:
        """What is shown."""
        return self._view

    def thread_numbers(self) -> tuple[MessageNumber, ...]:
        """Give the messages a key acts on: a folded thread's all, else the cursor's."""
        number = self.cursor_number
        if number is None:
            return ()
        index = self._folds.index(self.cursor)
        if not self._folds.is_folded(index):
            return (number,)
        numbers = self._view.numbers[index : index + self._view.counts[index]]
        return tuple(MessageNumber(each) for each in numbers)

    def number_at(self, row: int) -> MessageNumber:
        """Give the message of a row."""
        return self._number_at(row)

    def in_sight(self) -> frozenset[MessageNumber]:
        """Give the messages that are seen, with those folded under a head that is."""
        top = round(self.scroll_y)
        seen: set[MessageNumber] = set()
        for row in range(top, min(top + self.page_rows, self.row_count())):
            index = self._folds.index(row)
            count = self._view.counts[index] if self._folds.is_folded(index) else 1
            seen.update(map(MessageNumber, self._view.numbers[index : index + count]))
        return frozenset(seen)

    def go_to_number(self, number: MessageNumber) -> bool:
        """Put the cursor on a message, unfolding its thread; False if it is not here."""
        try:
            index = self._index_of(number)
        except ValueError:
            return False
        head = self._head(index)
        if head != index and self._folds.is_folded(head):
            self._set_folds(self._folded - {self._view.numbers[head]})
        self.go(self._folds.row(index))
        return True

    # What a person does.

    def move(self, rows: int) -> bool:
        """Move the cursor by rows; at the edge it tells."""
        moved = super().move(rows)
        if not moved:
            self.post_message(self.EdgeReached(1 if rows > 0 else -1))
        return moved

    def toggle_mark(self) -> None:
        """Mark the cursor's message, or take its mark off; a folded thread as a whole."""
        numbers = set(self.thread_numbers())
        if numbers:
            self._anchor = self._folds.index(self.cursor)
            marked = self.marked
            self._set_marks(marked - numbers if numbers <= marked else marked | numbers)

    def mark_range(self) -> None:
        """Mark from the last mark to the cursor."""
        if not self.row_count():
            return
        here = self._folds.index(self.cursor)
        start = here if self._anchor is None else self._anchor
        low, high = sorted((min(start, len(self._view.numbers) - 1), here))
        self.mark(MessageNumber(each) for each in self._view.numbers[low : high + 1])

    def mark(self, numbers: Iterable[MessageNumber]) -> None:
        """Mark these messages too."""
        self._set_marks(self.marked | set(numbers))

    def clear_marks(self) -> None:
        """Take all marks off."""
        self._set_marks(set())

    def fold(self) -> bool:
        """Fold the cursor's thread; False if it has none or is folded."""
        if not self.row_count():
            return False
        head = self._head(self._folds.index(self.cursor))
        if self._view.counts[head] < 2 or self._folds.is_folded(head):
            return False
        self._set_folds(self._folded | {self._view.numbers[head]}, at=head)
        return True

    def unfold(self) -> bool:
        """Unfold the thread under the cursor; False if it is open."""
        if not self.row_count():
            return False
        head = self._folds.index(self.cursor)
        if not self._folds.is_folded(head):
            return False
        self._set_folds(self._folded - {self._view.numbers[head]}, at=head)
        return True

    def fold_all(self) -> None:
        """Fold every thread."""
        heads = self._heads()
        at = self._head(self._folds.index(self.cursor)) if self.row_count() else 0
        self._set_folds({self._view.numbers[head] for head in heads}, at=at)

    def unfold_all(self) -> None:
        """Unfold every thread."""
        self._set_folds(set())

    # How it is drawn.

    def row_count(self) -> int:
        """Count the rows that are not folded away."""
        return self._folds.rows

    def draw_row(self, row: int, width: int, *, selected: bool) -> Strip:
        """Draw one message."""
        if self._columns_at is None or self._columns_at.width != width:
            self._columns_at = make_layout(
                width,
                threads=self._threads,
                date_form=self._shared.date_form,
                columns=self._columns,
            )
        summary = self._summary(row)
        state = self._state(row, selected=selected)
        styles = self._styles(selected=selected)
        if summary is None:
            return make_blank_row(state, self._columns_at, self._shared.signs, styles)
        return make_row(summary, state, self._columns_at, self._shared, styles)

    def cursor_moved(self) -> None:
        """Tell which message the cursor is on."""
        self.post_message(self.Moved(self.cursor_number))

    def row_chosen(self) -> None:
        """Ask for the message to be opened."""
        if (number := self.cursor_number) is not None:
            self.post_message(self.Opened(number))

    def say(self, *lines: Displayable) -> None:
        """Set the words of the empty list."""
        self.say_when_empty(*lines)

    def _styles(self, *, selected: bool) -> RowStyles:
        get = self.get_component_rich_style
        over = self.cursor_style if selected else Style()
        return RowStyles(
            plain=self.rich_style + over,
            unread=get("list--unread") + over,
            dim=get("list--dim") + over,
            accent=get("list--accent") + over,
            flagged=get("list--flagged") + over,
        )

    def _state(self, row: int, *, selected: bool) -> RowState:
        index = self._folds.index(row)
        depth = self._view.depths[index] if self._threads else 0
        return RowState(
            cursor=selected,
            marked=self._view.numbers[index] in self.marked,
            depth=depth,
            last_of_branch=self._ends_branch(index, depth) if depth else True,
            count=self._view.counts[index] if self._threads else 0,
            folded=self._folds.is_folded(index),
        )

    def _ends_branch(self, index: int, depth: int) -> bool:
        depths = self._view.depths
        for following in depths[index + 1 : index + _LOOKAHEAD]:
            if following < depth:
                return True
            if following == depth:
                return False
        return True

    def _seen(self) -> list[tuple[int, RowState]]:
        """Give what decides how the rows in sight look, besides the messages."""
        top = round(self.scroll_y)
        return [
            (self._number_at(row), self._state(row, selected=row == self.cursor))
            for row in range(top, min(top + self.size.height, self.row_count()))
        ]

    def _summary(self, row: int) -> MessageSummary | None:
        number = int(self._number_at(row))
        if number not in self._kept:
            self._load_around(row)
        self._kept.move_to_end(number)
        return self._kept[number]

    def _load_around(self, row: int) -> None:
        """Load a screenful at once: one query, less than a millisecond."""
        top = round(self.scroll_y)
        if not top <= row < top + self.page_rows:
            top = row
        numbers = [
            int(self._number_at(each))
            for each in range(top, min(top + self.page_rows, self.row_count()))
        ]
        missing = [number for number in numbers if number not in self._kept]
        self._kept.update(zip(missing, self._loader(missing), strict=True))
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def _number_at(self, row: int) -> MessageNumber:
        return MessageNumber(self._view.numbers[self._folds.index(row)])

    def _index_of(self, number: int) -> int:
        return self._view.numbers.index(number)

    def _row_of(self, number: int) -> int | None:
        try:
            return self._folds.row(self._index_of(number))
        except ValueError:
            return None

    def _numbers_from_cursor(self) -> Sequence[int]:
        if not self.row_count():
            return ()
        return self._view.numbers[self._folds.index(self.cursor) + 1 :]

    def _first_present(self, number: int | None, following: Sequence[int]) -> int:
        if number is None:
            return 0
        row = self._row_of(number)
        if row is not None:
            return row
        present = set(self._view.numbers)
        for each in following:
            if each in present:
                return self._row_of(each) or 0
        return max(0, self.row_count() - 1)

    def _head(self, index: int) -> int:
        depths = self._view.depths
        while index > 0 and depths[index] > 0:
            index -= 1
        return index

    def _heads(self) -> list[int]:
        return [place for place, count in enumerate(self._view.counts) if count > 1]

    def _fold_again(self) -> None:
        if not (self._folded and self._threads):
            self._folds = Folds(self._view.counts)
            return
        if len(self._folded) > 50:
            numbers, folded = self._view.numbers, self._folded
            heads = [head for head in self._heads() if numbers[head] in folded]
        else:
            heads = [self._index_of(number) for number in self._folded]
        self._folds = Folds(self._view.counts, heads)

    def _set_folds(self, folded: set[int], at: int | None = None) -> None:
        if not self.row_count():
            return
        number = self.cursor_number
        index = self._folds.index(self.cursor) if at is None else at
        self._folded = folded
        self._fold_again()
        self.rows_changed(self._folds.row(index))
        if self.cursor_number != number:
            self.cursor_moved()

    def _set_marks(self, marked: set[MessageNumber]) -> None:
        if marked == self.marked:
            return
        changed = marked ^ self.marked
        self.marked = marked
        top = round(self.scroll_y)
        for row in range(top, min(top + self.size.height, self.row_count())):
            if self._number_at(row) in changed:
                self.refresh_row(row)
        self.post_message(self.MarksChanged(len(marked)))
