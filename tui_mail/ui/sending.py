"""From what is written to the outbox: looked over, shown, and put there."""

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from tui_mail.compose.draft import Draft
from tui_mail.compose.fields import FieldError, Recipient, parse_recipients
from tui_mail.compose.identity import identity_of
from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.model.error import MailError
from tui_mail.ui import reviewing
from tui_mail.ui.attaching import has_parts
from tui_mail.ui.dates import due_date
from tui_mail.ui.later import KNOWN, later
from tui_mail.ui.safekeeping import Safekeeping
from tui_mail.ui.screens.composer import ADDRESSES, Composer
from tui_mail.ui.screens.prompt import Prompt
from tui_mail.ui.screens.review import Review

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_LABELS = {"to": "To", "cc": "Cc", "bcc": "Bcc"}


class Sending:
    """Sends what stands in a composer, when a person has seen who gets it."""

    def __init__(self, app: "MailApp", screen: Composer, keeping: Safekeeping) -> None:
        self._app, self._screen, self._keeping = app, screen, keeping

    def look_over(self, key: str) -> None:
        """Say at a field what is wrong with it."""
        with suppress(FieldError):
            self._parsed(key)

    async def send_later(self) -> None:
        """Ask when it is to go, then show who gets it."""
        at = await self._ask_when()
        if at is not None:
            await self.send(at)

    async def _ask_when(self) -> datetime | None:
        typed, mistake = "", ""
        while True:
            prompt = Prompt("Send when:", value=typed, hints=[("", KNOWN)])
            if mistake:
                prompt.set_error(mistake)
            answer = await self._app.ask(prompt)
            if not answer or not answer.strip():
                return None
            try:
                return later(answer, self._app.real_time())
            except MailError as error:
                typed, mistake = answer, str(error.line)

    async def send(self, at: datetime | None = None) -> None:
        """Show who gets it, and send it if that is wanted."""
        people = self._looked_over()
        if people is None:
            return
        draft = self._screen.draft
        account = self._app.accounts.account(draft.account)
        if account.smtp is None:
            raise MailError(
                f"{account.name} has no [smtp] in the settings: it can be kept as draft"
            )
        while True:
            warnings = self._warnings(draft)
            if self._app.settings.ui.confirm_send or warnings:
                answer = await self._review(draft, people, warnings, at)
                if answer == "later":
                    at = await self._ask_when() or at
                    continue
                if answer != "send":
                    return
            await self._submit(draft, at)
            return

    async def _review(
        self,
        draft: Draft,
        people: dict[str, tuple[Recipient, ...]],
        warnings: list[Displayable],
        at: datetime | None,
    ) -> str | None:
        told = reviewing.told_of(
            draft,
            dict(people),
            account=draft.account if len(self._app.accounts.in_order()) > 1 else "",
            warnings=warnings,
            at=at,
            now=self._app.real_time(),
        )
        return await self._app.ask(Review(told))

    async def _submit(self, draft: Draft, at: datetime | None) -> None:
        if has_parts(draft):
            self._screen.say(own("Fetching what goes with it; Ctrl+C ends it."))
        try:
            await self._keeping.submit(draft, at)
        except FieldError as mistake:
            key = mistake.field.lower()
            if key in ADDRESSES:
                self._screen.set_mistake(key, mistake.line)
                self._screen.go_to(key)
            raise
        # From here on the status line says what becomes of it.
        await self._app.outbox.look()
        self._app.unsay()
        if at is not None:
            what = f'"{draft.subject}"' if draft.subject else "It"
            goes = f"goes {due_date(at, self._app.real_time())}"
            undo = self._app.key_of("app.undo")
            self._app.say(displayable(f"{what} {goes}; {undo} takes it back."))
        self._screen.dismiss(None)

    def _warnings(self, draft: Draft) -> list[Displayable]:
        from tui_mail.compose.warnings import overlooked

        accounts = self._app.settings.accounts
        identity = identity_of(accounts[draft.account], accounts.values())
        large = reviewing.too_large(draft.attachments)
        return [*overlooked(draft, identity), *([large] if large else [])]

    def _parsed(self, key: str) -> tuple[Recipient, ...]:
        """Read a field; say at the field what is wrong with it. Raises FieldError."""
        typed = getattr(self._screen.draft, key)
        try:
            found = parse_recipients(typed)
        except FieldError as mistake:
            self._screen.set_mistake(key, mistake.line)
            raise
        self._screen.set_mistake(key, own(""))
        return found

    def _looked_over(self) -> dict[str, tuple[Recipient, ...]] | None:
        """Read all fields; None where one is wrong, and the cursor goes there."""
        people: dict[str, tuple[Recipient, ...]] = {}
        wrong: dict[str, Displayable] = {}
        for key in ADDRESSES:
            try:
                people[key] = self._parsed(key)
            except FieldError as mistake:
                wrong[key] = mistake.line
        if not wrong and not any(people.values()):
            wrong["to"] = own("nobody is named who is to get it")
            self._screen.set_mistake("to", wrong["to"])
        for key, line in wrong.items():
            self._screen.go_to(key)
            self._screen.say(own(f"{_LABELS[key]}: {line}"), warning=True)
            return None
        return people
