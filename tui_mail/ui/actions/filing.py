"""Messages put elsewhere: archive, trash, junk, any mailbox; and deleted for ever."""

from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox import (
    TAKE_OUT,
    USUAL_NAMES,
    Mailbox,
    SpecialUse,
    is_by_date,
)
from tui_mail.model.operation import Copy, Expunge, Move, MoveApart, Transfer
from tui_mail.ui.actions.acting import (
    Targets,
    find_targets,
    sentence,
    step_before,
    summaries,
    tidy_after,
    with_threads,
)
from tui_mail.ui.actions.choosing import choose_mailbox, choose_or_name
from tui_mail.ui.actions.fate import fate_on_server
from tui_mail.ui.screens.confirm import Confirm

if TYPE_CHECKING:
    from tui_mail.store.database import Transaction
    from tui_mail.ui.app import MailApp


async def archive(app: "MailApp") -> None:
    """Move to the archive."""
    await _file(app, await find_targets(app, *TAKE_OUT), SpecialUse.ARCHIVE, "archived")


async def archive_thread(app: "MailApp") -> None:
    """Move whole threads to the archive."""
    targets = await find_targets(app, *TAKE_OUT)
    if targets is not None:
        whole = await with_threads(app, targets)
        await _file(app, whole, SpecialUse.ARCHIVE, "archived")


async def trash(app: "MailApp") -> None:
    """Move to the trash; in the trash say how to delete for ever."""
    box = app.listing.mailbox
    if (
        box is not None
        and app.accounts.role(app.listing.account, SpecialUse.TRASH) == box
    ):
        key = app.key_of("message.expunge")
        app.say(own(f"This is the trash; {key} deletes for ever."))
        return
    await _file(app, await find_targets(app, *TAKE_OUT), SpecialUse.TRASH, "trashed")


async def junk(app: "MailApp") -> None:
    """Move to the junk mail."""
    await _file(
        app, await find_targets(app, *TAKE_OUT), SpecialUse.JUNK, "marked as junk"
    )


async def move(app: "MailApp") -> None:
    """Move to a mailbox that is chosen by its name."""
    targets = await find_targets(app, *TAKE_OUT)
    if targets is None:
        return
    title = f"Move {targets.words} to"
    here = app.listing.mailbox_id
    chosen = await _choose_any(app, title, targets, but=here)
    if chosen is None:
        return
    account, box = chosen
    if account == targets.account:
        await _move(app, targets, box, f"moved to {box.name}")
    else:
        await _transfer(app, targets, account, box)


async def copy(app: "MailApp") -> None:
    """Copy to a mailbox that is chosen by its name."""
    targets = await find_targets(app)
    if targets is None:
        return
    chosen = await _choose_any(app, f"Copy {targets.words} to", targets)
    if chosen is None:
        return
    account, box = chosen
    if account != targets.account:
        await _transfer(app, targets, account, box, copying=True)
        return
    said = f"copied {targets.words} to {box.name}"
    tidy_after(app, gone=False)
    await app.wishes.perform(targets.account, Copy(targets.numbers, box.id), said)
    app.say(sentence(said))


async def _choose_any(
    app: "MailApp", title: str, targets: Targets, but: MailboxId | None = None
) -> tuple[str, Mailbox] | None:
    """Let a mailbox of any account be chosen, those of the messages' own first."""
    own_account = targets.account
    others = [name for name in app.accounts.in_order() if name != own_account]
    return await choose_mailbox(
        app, title, [own_account, *others], home=own_account, but=but
    )


async def _transfer(
    app: "MailApp",
    targets: Targets,
    account: str,
    box: Mailbox,
    *,
    copying: bool = False,
) -> None:
    """Move or copy messages to another account: they go there once they are here whole."""
    verb, to = "copied" if copying else "moved", f"{account}/{box.name}"
    said = f"{verb} {targets.words} to {to}"
    wish = Transfer(targets.numbers, account, box.wire_name, box.name, copying)
    tidy_after(app, gone=False)
    await app.wishes.perform(targets.account, wish, said)
    if await app.wishes.carry_on(targets.account):
        going = "copying" if copying else "moving"
        said = f"{going} {targets.words} to {to} as soon as all of it is here"
    app.say(sentence(said))


async def expunge(app: "MailApp") -> None:
    """Delete for ever, after a question."""
    targets = await find_targets(app, *TAKE_OUT)
    if targets is None:
        return
    fate = await fate_on_server(app, targets.account, targets.numbers)
    question = f"Delete {targets.words} for ever?{fate}"
    if await app.ask(Confirm(question, [("y", "delete")])) != "y":
        return
    step_before(app, targets)
    said = f"deleted {targets.words} for ever"
    wish = Expunge(targets.numbers)
    await app.wishes.perform(targets.account, wish, said)
    tidy_after(app, gone=True)
    app.say(sentence(said))


async def _file(
    app: "MailApp", targets: Targets | None, use: SpecialUse, verb: str
) -> None:
    if targets is None:
        return
    box = await _role(app, targets.account, use)
    if box is None:
        return
    account = app.accounts.account(targets.account)
    if use is SpecialUse.ARCHIVE and is_by_date(box, account.archive):
        await _move_by_date(app, targets, box, verb, account.archive)
    else:
        await _move(app, targets, box, verb)


async def _move_by_date(
    app: "MailApp", targets: Targets, box: Mailbox, verb: str, period: str
) -> None:
    """Move each message into the mailbox of its year, or month, below another."""
    from tui_mail.store.archiving import move_by_date
    from tui_mail.store.mailboxes import load_mailboxes

    rows, zone = await summaries(app, targets), app.clock().tzinfo

    def make(tx: "Transaction") -> tuple[MoveApart, list[Mailbox]]:
        return move_by_date(tx, box, rows, period, zone), load_mailboxes(tx)

    wish, mailboxes = await app.wishes.write(targets.account, make)
    app.accounts.take(targets.account, mailboxes)
    if not wish.moves:
        app.say(own(f"That is below {box.name} already."))
        return
    await _move_out(app, targets.only(wish.messages), wish, verb)


async def _move(app: "MailApp", targets: Targets, box: Mailbox, verb: str) -> None:
    if app.listing.mailbox_id in (None, box.id):
        outside = [
            s.number for s in await summaries(app, targets) if s.mailbox != box.id
        ]
        targets = targets.only(tuple(outside))
    if not targets.numbers:
        app.say(own(f"That is in {box.name} already."))
        return
    await _move_out(app, targets, Move(targets.numbers, box.id), verb)


async def _move_out(
    app: "MailApp", targets: Targets, wish: Move | MoveApart, verb: str
) -> None:
    step_before(app, targets)
    said = _said(verb, targets.words)
    done = app.wishes.perform(targets.account, wish, said)
    tidy_after(app, gone=True)
    await done
    app.say(sentence(said))


def _said(verb: str, words: str) -> str:
    first, _, rest = verb.partition(" ")
    return f"{first} {words} {rest}".rstrip()


async def _role(app: "MailApp", account: str, use: SpecialUse) -> Mailbox | None:
    """Find the mailbox of a role; where none is known it is asked for, once."""
    known = app.accounts.role(account, use)
    if known is not None:
        return known
    if app.accounts.account(account).has_local_mailboxes:
        return await make_local_role(app, account, use)
    named = app.accounts.account(account).mailboxes.get(use)
    missing = f' There is no "{named}".' if named else ""
    title = f"Which mailbox is for {use.value}?{missing}"
    chosen = await choose_or_name(app, title, account, suggested=USUAL_NAMES[use])
    if isinstance(chosen, str):
        return await _make(app, account, chosen, use)
    if chosen is not None:
        await _give_role(app, account, chosen, use)
    return chosen


async def _give_role(
    app: "MailApp", account: str, box: Mailbox, use: SpecialUse
) -> None:
    """Note what was chosen; as long as the reader runs, if it has a role already."""
    from tui_mail.store.mailboxes import load_mailboxes, set_role

    def give(tx: "Transaction") -> list[Mailbox]:
        set_role(tx, box.id, use)
        return load_mailboxes(tx)

    if box.special_use is None:
        app.accounts.take(account, await app.wishes.write(account, give))
    else:
        app.accounts.choose_role(account, use, box.id)


async def make_local_role(
    app: "MailApp", account: str, use: SpecialUse
) -> Mailbox | None:
    """Make the mailbox of a role where no server has any: nothing has to be asked."""
    name = app.accounts.account(account).mailboxes.get(use)
    return await _make(app, account, name or USUAL_NAMES[use], use)


async def _make(
    app: "MailApp", account: str, name: str, use: SpecialUse
) -> Mailbox | None:
    """Make a mailbox, here at once; one of that name is taken."""
    from tui_mail.store.mailboxes import load_mailboxes
    from tui_mail.store.roles import make_role

    def make(tx: "Transaction") -> tuple[MailboxId, list[Mailbox]]:
        return make_role(tx, use, name), load_mailboxes(tx)

    made, mailboxes = await app.wishes.write(account, make)
    app.accounts.take(account, mailboxes)
    return app.accounts.mailbox(account, made)
