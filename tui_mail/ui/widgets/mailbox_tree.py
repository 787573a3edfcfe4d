"""The mailbox pane: accounts as headings, their mailboxes below, counts at the right."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from tui_mail.model.displayable import Displayable, own
from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox import Mailbox, SpecialUse
from tui_mail.ui.signs import UNICODE, Signs
from tui_mail.ui.widgets.drawing import two_ends
from tui_mail.ui.widgets.line_list import LineList
from tui_mail.ui.widgets.mailbox_rows import TreeRow, key_of, tree_rows

_QUIET = frozenset({SpecialUse.TRASH, SpecialUse.JUNK, SpecialUse.SENT, SpecialUse.ALL})
"""Mailboxes whose unread messages nobody waits for: their counts are dim."""


class MailboxTree(LineList):
    """All accounts' mailboxes."""

    class Selected(Message):
        """A mailbox was chosen: show its messages."""

        def __init__(self, account: str, mailbox_id: MailboxId) -> None:
            self.account, self.mailbox_id = account, mailbox_id
            super().__init__()

    class Moved(Message):
        """The cursor stands on another mailbox."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set()

    def __init__(
        self,
        *,
        signs: Signs = UNICODE,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._signs = signs
        self._accounts: tuple[tuple[str, tuple[Mailbox, ...]], ...] = ()
        self._kinds: dict[str, Displayable] = {}
        self._notes: dict[str, Displayable] = {}
        self._on_server: dict[str, Mapping[MailboxId, int]] = {}
        self._folded: set[tuple[str, tuple[str, ...]]] = set()
        self._rows: list[TreeRow] = []
        self._open: tuple[str, MailboxId] | None = None

    # State down.

    def show(self, accounts: Sequence[tuple[str, Sequence[Mailbox]]]) -> None:
        """Show the mailboxes of the accounts, in the order they come."""
        fresh = tuple((name, tuple(boxes)) for name, boxes in accounts)
        if fresh != self._accounts:
            self._accounts = fresh
            self._build()

    def set_kind(self, account: str, kind: Displayable) -> None:
        """Put a word behind an account's name: "POP3"."""
        if self._kinds.get(account, "") != kind:
            self._kinds[account] = kind
            self.refresh()

    def set_on_server(self, account: str, counts: Mapping[MailboxId, int]) -> None:
        """Say how many messages of each mailbox a POP3 server has still."""
        before = self._on_server.get(account, {})
        self._on_server[account] = counts
        for place, row in enumerate(self._rows):
            box = row.mailbox.id if row.mailbox and row.account == account else None
            if box is not None and before.get(box) != counts.get(box):
                self.refresh_row(place)

    def set_open(self, account: str, mailbox: MailboxId | None) -> None:
        """Say which mailbox the list shows; the cursor goes there too."""
        self._open = (account, mailbox) if mailbox is not None else None
        row = self._row_of(self._open)
        if row is not None:
            self.cursor = row
        self.refresh()

    def point_at(self, account: str, mailbox: MailboxId) -> None:
        """Put the cursor on a mailbox, if it can be seen."""
        row = self._row_of((account, mailbox))
        if row is not None:
            self.cursor = row

    def set_note(self, account: str, note: Displayable) -> None:
        """Put a word beside an account's name: "offline"."""
        if self._notes.get(account, "") != note:
            self._notes[account] = note
            self.refresh()

    @property
    def selected(self) -> tuple[str, Mailbox] | None:
        """The mailbox under the cursor with its account."""
        if not self._rows:
            return None
        row = self._rows[self.cursor]
        return (row.account, row.mailbox) if row.mailbox else None

    # What a person does.

    def open_selected(self) -> bool:
        """Choose the mailbox under the cursor; one that only holds others folds."""
        if not self._rows:
            return False
        row = self._rows[self.cursor]
        if row.mailbox is None or not row.mailbox.selectable:
            return self.unfold() or self.fold()
        self.post_message(self.Selected(row.account, row.mailbox.id))
        return True

    def fold(self) -> bool:
        """Fold the mailbox under the cursor, or go to the one that holds it."""
        row = self._rows[self.cursor] if self._rows else None
        if row is None or row.mailbox is None:
            return False
        key = (row.account, key_of(row.mailbox))
        if row.children and key not in self._folded:
            self._folded.add(key)
            self._build()
            return True
        for place in range(self.cursor - 1, -1, -1):
            above = self._rows[place]
            if above.mailbox is not None and above.depth < row.depth:
                self.cursor = place
                return True
        return False

    def unfold(self) -> bool:
        """Unfold the mailbox under the cursor; False if there is nothing to unfold."""
        row = self._rows[self.cursor] if self._rows else None
        if row is None or row.mailbox is None:
            return False
        key = (row.account, key_of(row.mailbox))
        if key not in self._folded:
            return False
        self._folded.remove(key)
        self._build()
        return True

    # How it is drawn.

    def row_count(self) -> int:
        """Count headings and mailboxes."""
        return len(self._rows)

    def skips(self, row: int) -> bool:
        """The cursor stands on mailboxes only."""
        return self._rows[row].mailbox is None

    def cursor_moved(self) -> None:
        """Tell that the cursor moved."""
        self.post_message(self.Moved())

    def row_chosen(self) -> None:
        """Open the mailbox."""
        self.open_selected()

    def draw_row(self, row: int, width: int, *, selected: bool) -> Strip:
        """Draw a heading or a mailbox."""
        line = self._rows[row]
        if line.mailbox is None:
            return self._heading(line, width)
        over = self.cursor_style if selected and self.has_focus else Style()
        plain = self.rich_style + over
        dim = self.get_component_rich_style("list--dim") + over
        accent = self.get_component_rich_style("list--accent") + over
        is_open = self._open == (line.account, line.mailbox.id)
        unread = line.unread > 0
        quiet = line.mailbox.special_use in _QUIET
        strong = self.get_component_rich_style("list--strong") + over
        seen = line.mailbox.selectable and line.mailbox.followed
        title = plain if seen else dim
        if is_open or (unread and not quiet):
            title = strong
        lead = self._signs.cursor if is_open else " "
        if selected and self.has_focus and not is_open:
            lead = self._signs.folded
        fold = self._fold_sign(line)
        left = [
            (
                f"{lead}{'  ' * min(line.depth, 5)}{fold} ",
                accent if lead != " " else dim,
            ),
            (line.title, title),
        ]
        count = f" {line.unread:,} " if unread else " "
        pinned = [(f" {self._signs.pinned}", dim)] if line.mailbox.pinned else []
        there = self._on_server.get(line.account, {}).get(line.mailbox.id)
        if there:
            pinned.append((f" {self._signs.on_server} {there:,}", dim))
        right = [*pinned, (count, dim if quiet else strong)]
        if not line.mailbox.followed:
            right = [(" hidden ", dim)]
        return two_ends(left, right, width, plain, self._signs)

    def _heading(self, line: TreeRow, width: int) -> Strip:
        heading = self.get_component_rich_style("list--heading")
        if line.depth:
            dim = self.get_component_rich_style("list--dim")
            left = [(f"  {line.title}", dim + heading)]
            return two_ends(left, [], width, self.rich_style, self._signs)
        note = self._notes.get(line.account, own(""))
        dim = self.get_component_rich_style("list--dim")
        right = [(f" {note} ", dim)] if note else []
        kind = self._kinds.get(line.account, own(""))
        left = [
            (f" {line.title}", heading),
            *([(f" ({kind})", dim)] if kind else []),
        ]
        return two_ends(left, right, width, self.rich_style, self._signs)

    def _fold_sign(self, line: TreeRow) -> str:
        if not line.children or line.mailbox is None:
            return " "
        folded = (line.account, key_of(line.mailbox)) in self._folded
        return self._signs.folded if folded else self._signs.open

    def _build(self) -> None:
        rows = self._rows
        before = rows[self.cursor] if rows else None
        self._rows = [
            row
            for account, boxes in self._accounts
            for row in tree_rows(account, boxes, self._folded)
        ]
        place = None
        if before is not None and before.mailbox is not None:
            place = self._row_of((before.account, before.mailbox.id))
        if place is None:
            place = self._row_of(self._open)
        same = len(rows) == len(self._rows) and self.cursor == (place or 0)
        self.rows_changed(place or 0, repaint=not same)
        if same:
            # Counts change all the time while mail comes; the other rows do not.
            for row, (old, new) in enumerate(zip(rows, self._rows, strict=True)):
                if old != new:
                    self.refresh_row(row)

    def _row_of(self, wanted: tuple[str, MailboxId] | None) -> int | None:
        for place, row in enumerate(self._rows):
            if row.mailbox and (row.account, row.mailbox.id) == wanted:
                return place
        return None
