"""Which messages were read, noted in their stores now and then: they are kept longest."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.timer import Timer

from tui_mail.model.ids import MessageNumber

if TYPE_CHECKING:
    from tui_mail.store.database import Transaction
    from tui_mail.ui.app import MailApp

_EVERY = 30.0
"""Seconds for which reading alone writes nothing."""


class Uses:
    """Gathers what is read."""

    def __init__(self, app: "MailApp") -> None:
        self._app = app
        self._read: dict[str, set[MessageNumber]] = {}
        self._timer: Timer | None = None

    def note(self, account: str, number: MessageNumber) -> None:
        """Take note that a message is read."""
        if self._app.accounts.account(account).kind != "imap":
            # Nothing of it ever has to go.
            return
        self._read.setdefault(account, set()).add(number)
        if self._timer is None:
            self._timer = self._app.set_timer(
                _EVERY, lambda: self._app.start(self.flush())
            )

    async def flush(self) -> None:
        """Write it down; raises MailError."""
        from tui_mail.store.content import note_use

        self._timer = None
        read, self._read = self._read, {}
        now = datetime.now(UTC)
        for account, numbers in read.items():

            def write(tx: "Transaction", numbers: set[MessageNumber] = numbers) -> None:
                note_use(tx, numbers, now)

            await self._app.wishes.write(account, write)
