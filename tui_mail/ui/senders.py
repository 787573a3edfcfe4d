"""The addresses that a person can write from."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tui_mail.compose.identity import identity_of
from tui_mail.compose.signature import signed_anew
from tui_mail.config.settings import Account
from tui_mail.model.displayable import displayable, own
from tui_mail.ui.attaching import has_parts
from tui_mail.ui.screens.composer import Composer, Sender
from tui_mail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


def senders_of(accounts: Iterable[Account]) -> list[Sender]:
    """Give the addresses of all accounts that can send; patterns are none of them."""
    return [
        Sender(account.name, identity_of(account).sender_at(address))
        for account in accounts
        if account.smtp is not None
        for address in (account.address, *account.aliases)
        if address and "*" not in address
    ]


def with_own(senders: Sequence[Sender], account: str, sender: str) -> list[Sender]:
    """Give the addresses with the one that a draft has already, which may be another."""
    mine = Sender(account, sender)
    return list(senders) if mine in senders else [mine, *senders]


class Senders:
    """The addresses that what stands in a composer may come from."""

    def __init__(
        self, app: "MailApp", screen: Composer, senders: Sequence[Sender]
    ) -> None:
        self._app, self._screen, self._senders = app, screen, senders
        self._first = screen.draft

    async def choose(self) -> None:
        """Ask for one of them."""
        several = len({each.account for each in self._senders}) > 1
        items = [
            Item(displayable(each.sender), own(each.account if several else ""), each)
            for each in self._senders
        ]
        chosen = await self._app.ask(Picker("Write from", items, hint="take"))
        if isinstance(chosen, Sender):
            self._take(chosen)

    def walk(self, step: int) -> None:
        """Take the next, or the one before."""
        draft = self._screen.draft
        mine = Sender(draft.account, draft.sender)
        place = self._senders.index(mine) if mine in self._senders else -1
        self._take(self._senders[(place + step) % len(self._senders)])

    def _take(self, chosen: Sender) -> None:
        """Write from an address; its account's store has to have what goes with it."""
        draft = self._screen.draft
        if chosen.account != draft.account and has_parts(draft):
            line = f"What goes with it lies in {draft.account}, so it goes from there."
            self._screen.say(own(line), warning=True)
            return
        if chosen.account != draft.account:
            before, after = map(self._signature, (draft.account, chosen.account))
            self._screen.set_body(signed_anew(draft.body, before, after), stay=True)
        home = chosen.account == self._first.account
        self._screen.take_facts(
            replace(
                draft,
                account=chosen.account,
                sender=chosen.sender,
                parent=self._first.parent if home else None,
                parent_flag=self._first.parent_flag if home else "",
            )
        )

    def _signature(self, account: str) -> str:
        return self._app.settings.accounts[account].signature
