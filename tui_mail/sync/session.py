"""One connection with the mailbox that it has selected, and what it brings along."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

from tui_mail.model.changes import Changes
from tui_mail.model.displayable import Displayable, own
from tui_mail.model.ids import MailboxId, MessageNumber, Uid, UidValidity
from tui_mail.model.mailbox import Mailbox
from tui_mail.model.message import FlagsOf
from tui_mail.model.uids import UidSet
from tui_mail.store.database import Database, Transaction
from tui_mail.store.mailboxes import load_mailbox, load_state
from tui_mail.store.messages import apply_flags, known_uids, last_number
from tui_mail.store.receipts import note_receipt
from tui_mail.store.vanishing import apply_vanished
from tui_mail.sync.pacing import Pace
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.reconcile import common, is_mass_loss, without
from tui_mail.sync.stumbles import Stumbles
from tui_mail.transports.imap import ImapConnection
from tui_mail.transports.imap_values import KnownState, Selected

Connect = Callable[[], ImapConnection]
"""Makes another connection to the same server; raises what connecting raises."""

Tell = Callable[[str, int, int, MailboxId | None], None]
"""Tells a person what is going on: a sentence, done, total, the mailbox."""

_NONE = UidSet()
SMALLEST_WINDOW = 16_000
"""Octets that are asked for at a time, however slow the link is, or after it was lost."""
_FIRST_WINDOW = 128_000
_FEW = 20
"""So many messages may go without a second look."""


class Outdated(Exception):
    """The mailbox is another than the one that was selected: its pass is void."""


class Session:
    """A connection, used by one thread, and the store that it fills."""

    def __init__(  # noqa: PLR0913 - what is shared by connections, by its name
        self,
        connection: ImapConnection,
        database: Database,
        connect: Connect,
        *,
        tell: Tell,
        receipt: Receipt | None = None,
        pace: Pace | None = None,
        replaying: AbstractContextManager[object] | None = None,
        stumbles: Stumbles | None = None,
        carry_on: Callable[[], bool] = lambda: False,
        file_sent: Callable[["Session"], None] = lambda _: None,
    ) -> None:
        self.connection = connection
        self.since = time.monotonic()
        """When the connection was made."""
        self.database = database
        self.pace = pace or Pace(database)
        self.tell = tell
        self.receipt = receipt or Receipt()
        self.stumbles = stumbles or Stumbles()
        self.carry_on = carry_on
        """Brings what is between accounts further; True if there is more to replay then."""
        self.file_sent = file_sent
        """Asks what is to be asked about mail that was sent."""
        self.replaying = replaying or threading.Lock()
        """Held by the one session that replays wishes."""
        self.alerts: list[Displayable] = []
        self.mailbox: MailboxId | None = None
        self.validity = UidValidity(0)
        self.exists = 0
        """How many messages the selected mailbox has, as far as was said."""
        self._visible = Uid(0)
        """UIDNEXT when the mailbox was selected."""
        self.outdated = False
        """A wish was held back until its mailbox has been synchronized."""
        self.rescans: dict[MailboxId, int] = {}
        """How many messages of mailboxes that were made anew wait to be matched again."""
        self.news = False
        """Something was said that only another pass can make out."""
        self.window = SMALLEST_WINDOW if self.stumbles.noted else _FIRST_WINDOW
        """Octets of a part that are asked for at a time; it follows the link's speed."""
        self._connect = connect

    def select(
        self, box: Mailbox, *, known: KnownState | None = None, read_only: bool = False
    ) -> Selected:
        """Select a mailbox, whatever is selected; raises ServerRefused."""
        self.mailbox = None
        selected = self.connection.select(
            box.wire_name, known=known, read_only=read_only
        )
        self.mailbox = box.id
        self.validity = selected.uid_validity
        self.exists = selected.exists
        self._visible = selected.uid_next
        self.alerts += selected.changes.alerts
        return selected

    def use(self, mailbox: MailboxId, uids: UidSet = _NONE) -> None:
        """Select a mailbox unless it is; raises Outdated if its UIDs count anew.

        A message that came after SELECT need not be visible to this connection: a
        command about it would be answered with OK, and nothing done. So for ``uids``
        beyond that, and where another connection saw more, it is selected anew.
        """
        state = load_state(self.database, mailbox)
        needed = max(uids.ranges[-1][1] + 1 if uids.ranges else 0, state.uid_next)
        if self.mailbox != mailbox or self._visible < needed:
            self.select(load_mailbox(self.database, mailbox))
            # What came meanwhile was not looked at.
            self.news = True
        if state.uid_validity != self.validity or self._visible < state.uid_next:
            self.mailbox = None
            raise Outdated

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Change the selected mailbox; raises Outdated if another pass began it anew."""
        with self.pace.transaction() as tx:
            self.check(tx)
            yield tx

    def check(self, tx: Transaction) -> None:
        """Raise Outdated if the UIDs that were fetched mean nothing any more."""
        if self.mailbox is None:
            raise Outdated
        if load_state(tx, self.mailbox).uid_validity != self.validity:
            self.mailbox = None
            raise Outdated

    @contextmanager
    def arrivals(self, tx: Transaction) -> Iterator[list[MessageNumber]]:
        """Take the numbers of what arrives, and count what was not here before."""
        self.check(tx)
        before = last_number(tx)
        arrived: list[MessageNumber] = []
        yield arrived
        self.receipt.new += sum(number > before for number in arrived)

    def apply_flags(self, flags: Sequence[FlagsOf]) -> None:
        """Apply flags of messages in the selected mailbox."""
        mailbox = self._selected()

        def change(tx: Transaction, some: Sequence[FlagsOf]) -> None:
            self.check(tx)
            apply_flags(tx, mailbox, some)

        self.pace.apply(flags, change)

    def apply(self, changes: Changes) -> None:
        """Apply what a command's answer brought along."""
        self.alerts += changes.alerts
        if changes.exists is not None:
            self.exists = changes.exists
        if changes.exists is not None or changes.expunged or changes.unnamed:
            self.news = True
        if self.mailbox is None:
            return
        if changes.flags:
            self.apply_flags(changes.flags)
        if changes.vanished:
            self.remove(changes.vanished)

    def tell_left_behind(self) -> None:
        """Tell, once an account, that the server only marks what is moved or deleted."""
        self.alerts.append(
            own("this server only marks what you move or delete; it is hidden here")
        )

    def harvest(self) -> None:
        """Apply what the server said unasked since the last time."""
        self.apply(self.connection.take_changes())

    def remove(self, uids: UidSet) -> None:
        """Remove what the server does not have any more.

        Where that would be most of the mailbox it is asked again over a connection of
        its own, before it is believed.
        """
        mailbox = self._selected()
        going = uids
        if len(uids) > _FEW:
            here = known_uids(self.database, mailbox)
            going = common(here, uids)
            if is_mass_loss(len(going), len(here)):
                going = self._verified(going)
        for some in going.chunks(200):
            with self.transaction() as tx:
                self.receipt.gone += apply_vanished(tx, mailbox, some)

    def _verified(self, going: UidSet) -> UidSet:
        """Look whether they are gone for somebody who comes anew."""
        box = load_mailbox(self.database, self._selected())
        other = self._connect()
        try:
            selected = other.select(box.wire_name, read_only=True)
            if selected.uid_validity != self.validity:
                raise Outdated
            still_there = other.existing_uids(going)
            other.logout()
        finally:
            other.close()
        if still_there:
            self.receipt.rescanned += len(going)
            self.receipt.matched += len(still_there)
        return without(going, still_there)

    def note_receipt(self) -> None:
        """Keep what was done for the journal, if anything was."""
        if self.receipt.kept:
            with self.pace.transaction() as tx:
                note_receipt(tx, self.receipt.kept, datetime.now(UTC))

    def _selected(self) -> MailboxId:
        if self.mailbox is None:
            raise Outdated
        return self.mailbox
