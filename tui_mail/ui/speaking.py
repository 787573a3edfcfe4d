"""What the reader says: its status line, its hints, the title of its list."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import App

from tui_mail.model.displayable import Displayable, own
from tui_mail.model.mailbox import SpecialUse
from tui_mail.ui import hints, look
from tui_mail.ui.keymap import Keys as KeysOfCommand
from tui_mail.ui.widgets.hint_line import HintLine
from tui_mail.ui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from tui_mail.config.opened import OpenedAccount
    from tui_mail.link.messages import Status
    from tui_mail.ui.accounts import Accounts
    from tui_mail.ui.dispatch import Begun
    from tui_mail.ui.fetching import Fetching
    from tui_mail.ui.listing import Listing
    from tui_mail.ui.outbox import Outbox
    from tui_mail.ui.panes import Panes
    from tui_mail.ui.servers import Servers
    from tui_mail.ui.wishes import Wishes


MENTIONED = 8.0
"""Seconds for which the line says what came, in place of how the servers are."""
READ = 3.0
"""Seconds in which a line can be read."""


class SpeakingApp(App[int], inherit_bindings=False):
    """An app that speaks in short sentences, in the places it has for them."""

    accounts: "Accounts"
    panes: "Panes"
    listing: "Listing"
    servers: "Servers"
    fetching: "Fetching"
    wishes: "Wishes"
    outbox: "Outbox"
    session: str
    read_only: bool
    opened: "OpenedAccount | None"

    def __init__(self, keymap: Mapping[str, KeysOfCommand]) -> None:
        super().__init__()
        self.keymap_of_commands = keymap
        self.ready = False
        """Whether the parts are there that come after the first paint."""
        self.status_line, self.hint_line = StatusLine(), HintLine()
        self._notice: Displayable | None = None
        self._warning = False
        self._mentioned = False
        self._said_at = 0.0
        self._untold: list[Displayable] = []
        """What has to be read, the one that stands there first."""
        self._still_here: Displayable | None = None

    def real_time(self) -> datetime:
        """Tell the time in which stores note what happened; a demo's clock stands still."""
        raise NotImplementedError

    def key_of(self, command: str) -> str:
        """Name the key of a command; its id, by which the palette finds it, without one."""
        keys = self.keymap_of_commands[command]
        return keys[0] if keys else command

    def say(self, line: Displayable) -> None:
        """Say something until the next command."""
        self._put(line, warning=False)

    def mention(self, line: Displayable) -> None:
        """Say for a while what nobody asked for, unless an answer still stands there."""
        if self._notice is None or self._mentioned:
            self.say(line)
            self._mentioned = True
            self.set_timer(MENTIONED, lambda: self._forget(line))

    def _forget(self, line: Displayable) -> None:
        if self._notice is line and self._mentioned:
            self.unsay()

    def warn(self, line: Displayable) -> None:
        """Say what could not be done."""
        self._put(line, warning=True)

    def unsay(self) -> None:
        """Let the status line speak of the servers again."""
        if self._notice is not None:
            self._put(None, warning=False)

    def tell(self, line: Displayable) -> None:
        """Say what has to be read: after what stands there, and again until it could be."""
        if line not in self._untold:
            self._untold.append(line)
            self._tell_next()

    def untell(self, account: str) -> None:
        """Say no more what an account's engine had to be read: it was answered."""
        before = self._notice
        self._untold = [
            line for line in self._untold if not line.startswith(f"{account}: ")
        ]
        if before is not None and before.startswith(f"{account}: "):
            self.unsay()

    def _tell_next(self) -> None:
        if not self._untold or self._notice is self._untold[0]:
            return
        left = self._said_at + READ - time.monotonic()
        if left > 0 and self._notice is not None and not self._mentioned:
            self.set_timer(left, self._tell_next)
        else:
            self.warn(self._untold[0])

    def _put(self, line: Displayable | None, *, warning: bool) -> None:
        """Say a line, or none; what has to be read comes again if it stood too short."""
        now, before = time.monotonic(), self._notice
        if self._untold and before is self._untold[0] and line is not before:
            if now - self._said_at >= READ:
                self._untold.pop(0)
            if self._untold:
                self.set_timer(READ, self._tell_next)
        self._notice, self._warning, self._said_at = line, warning, now
        self._mentioned = False
        self.say_status()

    def say_what_is_here(self) -> None:
        """Say how many changes and mails of an earlier start still wait."""
        from tui_mail.ui.statusing import waits_in_words

        mails = self.servers.mails
        waits = waits_in_words(self.servers.waiting - mails, mails)
        self._still_here = own(f"Still here from before: {waits}")
        self.say(self._still_here)

    def unsay_what_is_here(self) -> None:
        """Nothing waits any more: let the line not go on saying so."""
        if self._notice is not None and self._notice is self._still_here:
            self.unsay()

    def say_status(self) -> None:
        """Bring the status line up to date."""
        from tui_mail.ui.statusing import undo_in_words

        if not self.ready:
            return
        left = self._notice
        entry = self.wishes.undoable[1] if self.wishes.undoable else None
        key = self.key_of("app.undo")
        is_told = left is None and self.outbox.tells_of(entry)
        if left is None:
            said = (
                self.fetching.in_words(),
                self.outbox.in_words(undo=key if is_told else ""),
                self.servers.in_words(),
                self.servers.to_come_in_words(),
                # Last, where it is cut first: it may stand there for days.
                self.outbox.later_in_words(),
            )
            left = own(" · ".join(filter(None, said)))
        if is_told:
            entry = None
        right = undo_in_words(entry, self.session, self.real_time(), key=key)
        if self.wishes.brings_back:
            right = own(f"{key} brings back what was discarded")
        if self.read_only:
            right = own("read-only")
        self.status_line.show(left, right, warning=self._warning)

    def say_title(self) -> None:
        """Bring the list's title up to date."""
        if self.listing.shown is not None:
            words = self.listing.order_in_words()
            self.panes.title_line.show(self.listing.title(), words)

    def say_hints(self) -> None:
        """Name the keys that matter where the focus is."""
        where = self.panes.pane
        if where == "message" and self.panes.lists_parts:
            where = "parts"
        elif where == "list" and self.panes.list.marked:
            where = "marks"
        elif where == "list" and self.listing.is_search:
            where = "results"
        box = self.listing.mailbox
        account = self.listing.shown.account if self.listing.shown else ""
        if where == "mailboxes":
            chosen = self.panes.mailboxes.selected
            box = chosen[1] if chosen is not None else None
            account = chosen[0] if chosen is not None else account
        elif where == "list" and box and box.special_use is SpecialUse.DRAFTS:
            where = "drafts"
        kind = self.accounts.account(account).kind if account else "imap"
        self.hint_line.show(hints.hints(where, self.keymap_of_commands, box, kind=kind))

    def say_following(self, begun: "Begun") -> None:
        """Name what may follow the keys of a sequence."""
        self.hint_line.show(hints.following(begun))

    def say_progress(self, account: str, status: "Status") -> None:
        """Say in an empty list how far its mailbox has come."""
        shown = self.listing.shown
        if status.total and (shown is None or shown.account == account):
            self.panes.list.say(status.line, look.progress(status.done, status.total))
