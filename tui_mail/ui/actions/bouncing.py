"""Bouncing: a message sent on as it is, to somebody who should have got it."""

import asyncio
from typing import TYPE_CHECKING

from tui_mail.compose.fields import FieldError, parse_recipients
from tui_mail.link.messages import Wake
from tui_mail.model.displayable import own
from tui_mail.model.error import MailError
from tui_mail.ui import finding_people, originals
from tui_mail.ui.actions.acting import Targets, find_targets
from tui_mail.ui.actions.writing import identity, refuse_if_only_read
from tui_mail.ui.completing import People
from tui_mail.ui.outgoing import held_until
from tui_mail.ui.screens.address_prompt import AddressPrompt
from tui_mail.ui.screens.confirm import Confirm

if TYPE_CHECKING:
    from tui_mail.model.ids import MessageNumber
    from tui_mail.model.outgoing import Outgoing
    from tui_mail.store.database import Transaction
    from tui_mail.ui.app import MailApp


async def bounce(app: "MailApp") -> None:
    """Send the message on as it is, after it was asked to whom."""
    refuse_if_only_read(app)
    targets = await _targets(app)
    if targets is None:
        return
    account = app.accounts.account(targets.account)
    if account.smtp is None:
        raise MailError(
            f"{account.name} has no [smtp] in the settings: nothing can be sent from it"
        )
    to = await _ask_to_whom(app, targets)
    if to is None:
        return
    count = len(parse_recipients(to))
    people = to if count == 1 else f"{count:,} people"
    question = f"Bounce {targets.words} to {people}, from {account.address}?"
    if await app.ask(Confirm(question, [("y Enter", "send")])) is None:
        return
    for number in targets.numbers:
        await _submit(app, targets.account, number, to)
    app.panes.list.clear_marks()


async def _targets(app: "MailApp") -> Targets | None:
    """Find what is bounced: the marks, or the cursor's message, never a folded thread."""
    messages = app.panes.list
    if messages.marked:
        targets = await find_targets(app)
        if targets is None or len(targets.numbers) == 1:
            return targets
        said = f"{len(targets.numbers):,} messages are marked"
        answers = [("Enter", "bounce them all"), (".", "only this one")]
        answer = await app.ask(Confirm(said, answers))
        if answer != ".":
            return targets if answer else None
    here = messages.cursor_summary
    if here is None:
        app.say(own("There is no message here."))
        return None
    return Targets(app.listing.account, (here.number,), here.subject)


async def _ask_to_whom(app: "MailApp", targets: Targets) -> str | None:
    people = People(await asyncio.to_thread(finding_people.known, app, targets.account))
    typed, mistake = "", ""
    while True:
        prompt = AddressPrompt("Bounce to:", people, value=typed)
        prompt.set_error(mistake)
        answer = await app.ask(prompt)
        if answer is None or not answer.strip():
            return None
        try:
            parse_recipients(answer)
        except FieldError as error:
            typed, mistake = answer, str(error.line)
        else:
            return answer.strip(" ,;")


async def _submit(
    app: "MailApp", account: str, number: "MessageNumber", to: str
) -> None:
    from tui_mail.compose import bouncing
    from tui_mail.store.outbox import submit

    octets = await originals.find_whole(app, account, number)
    now, sender = app.real_time(), identity(app, account).sender

    def make() -> "Outgoing":
        return bouncing.bounce(octets, to, sender, now=now)

    made = await asyncio.to_thread(make)
    until = held_until(now, app.settings.ui.undo_seconds)
    said = f"bounced{made.said.removeprefix('sent')}"

    def put(tx: "Transaction") -> None:
        submit(tx, made, said=said, session=app.session, not_before=until)

    await app.wishes.write(account, put)
    app.engines.send(account, Wake())
    await app.outbox.look()
