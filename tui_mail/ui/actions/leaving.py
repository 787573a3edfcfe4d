"""Going back step by step, leaving, and what the terminal needs."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from tui_mail.link.messages import Wake
from tui_mail.model.displayable import own
from tui_mail.model.error import NotFound
from tui_mail.ui.actions.parts import leave_parts
from tui_mail.ui.fetching import CANCELLED
from tui_mail.ui.loading import Shape
from tui_mail.ui.outbox import named
from tui_mail.ui.screens.confirm import Confirm
from tui_mail.ui.statusing import waits_in_words

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_PATIENCE = 5.0
"""Seconds to wait for what still has to be told to a server."""
_NO_HOPE = 2.0
"""Seconds to say that it waits, where no server can be told now."""
_LOOK_EVERY = 0.1


async def back(app: "MailApp") -> None:
    """Close what is open: a filter, marks, a search, a pane; ``q`` leaves at the end."""
    pane = app.panes.pane
    if pane == "message":
        await _back_from_message(app)
    elif pane == "mailboxes":
        app.panes.enter("list")
    elif app.listing.is_filtered:
        await app.listing.narrow("")
    elif app.panes.list.marked:
        app.panes.list.clear_marks()
    elif not await app.listing.leave_search() and app.pressed == "q":
        await leave(app)


async def _back_from_message(app: "MailApp") -> None:
    if app.panes.lists_parts:
        leave_parts(app)
    elif app.reading.shape != Shape():
        await app.reading.reshape(Shape())
    elif not app.panes.view.clear_search():
        app.panes.enter("list")


async def leave(app: "MailApp") -> None:
    """Leave; what waits for a server has some seconds to get there."""
    await app.outbox.look()
    if app.outbox.held() and not await _settled_held(app):
        return
    await app.servers.count_waiting()
    if _to_be_told(app):
        online = not app.offline and not app.read_only and bool(app.engines.all())
        hope = online and app.servers.may_be_told_soon
        mails = app.servers.mails - app.servers.kept
        waits = waits_in_words(app.servers.waiting - app.servers.mails, mails)
        said = f"{waits} for the server"
        question = Parting(said, [("Esc q Q", "leave for later"), ("Ctrl+C", "stay")])
        patience = _PATIENCE if hope else _NO_HOPE
        watching = asyncio.create_task(_until_sent(app, question, patience))
        answer = await app.ask(question)
        watching.cancel()
        if answer is None:
            return
    app.exit(0)


def _to_be_told(app: "MailApp") -> int:
    """Count what waits for a server, and is not to wait until the next start."""
    return app.servers.waiting - app.servers.kept


async def _settled_held(app: "MailApp") -> bool:
    """Ask what becomes of mails that are held back; False if one stays."""
    from tui_mail.store.outbox import keep, send_now

    held = app.outbox.held()
    count = len(held)
    said = f"{named(*held.values())} {'is' if count == 1 else 'are'} not sent yet"
    answers = [
        ("s Enter", "send now"),
        ("k", "keep in the outbox until the next start"),
        ("Esc", "stay"),
    ]
    answer = await app.ask(Confirm(said, answers))
    if answer is None:
        return False
    settle = send_now if answer == "s" else keep
    for account, submission in held:
        # What went while it was asked is gone, and that is well.
        with suppress(NotFound):
            await app.wishes.write(account, partial(settle, submission=submission))
        app.engines.send(account, Wake())
    return True


class Parting(Confirm):
    """What is said while the last changes go out: ``Esc`` leaves, ``Ctrl+C`` stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", priority=True),
    ]

    def action_leave(self) -> None:
        """Leave what waits for the next time."""
        self.dismiss("Esc")


async def _until_sent(app: "MailApp", question: Parting, patience: float) -> None:
    """Close the question when nothing waits any more, or for too long."""
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    while _to_be_told(app) and loop.time() < end:
        await asyncio.sleep(_LOOK_EVERY)
        await app.servers.count_waiting()
    if question.is_attached and question.is_current:
        question.action_leave()


def redraw(app: "MailApp") -> None:
    """Paint everything anew."""
    app.screen.refresh(layout=True)


def cancel(app: "MailApp") -> None:
    """Cancel what runs, what one sees before what one does not; nothing is lost."""
    if not app.fetching.in_words() and app.servers.end_search():
        app.say(own("The server is not asked any more."))
        return
    if app.fetching.cancel():
        app.say(CANCELLED)
        return
    if app.servers.end_synchronizing():
        return
    app.unsay()
    app.say_hints()
    if not app.panes.list.marked and app.panes.pane == "list":
        app.say(own("Nothing runs; q leaves."))


def suspend(app: "MailApp") -> None:
    """Go to the shell; its ``fg`` comes back."""
    app.action_suspend_process()
