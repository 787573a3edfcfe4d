"""Which messages a key acts on, and what happens to the cursor and the marks after it."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_mail.model.displayable import Displayable, own
from tui_mail.model.error import MailError
from tui_mail.model.ids import MessageNumber
from tui_mail.model.message import MessageSummary
from tui_mail.model.rights import Right
from tui_mail.ui.screens.confirm import Confirm
from tui_mail.ui.wishes import counted

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


_FLAGS = frozenset({Right.KEEP_SEEN, Right.KEEP_FLAGS})


@dataclass(frozen=True, slots=True)
class Targets:
    """The messages that a key acts on."""

    account: str
    numbers: tuple[MessageNumber, ...]
    subject: Displayable
    """Of the message, if it is one."""

    @property
    def words(self) -> str:
        """Name them: one by its subject, several by their number."""
        return counted(self.numbers, self.subject)

    def only(self, numbers: tuple[MessageNumber, ...]) -> "Targets":
        """Take some of them."""
        return Targets(self.account, numbers, self.subject)


async def find_targets(app: "MailApp", *needed: Right) -> Targets | None:
    """Find what a key acts on: the marks, else the cursor's message or folded thread.

    Where the cursor's message is not among the marks, or a mark is out of sight, it is
    asked first. None if there is nothing, which is said, or nothing is wanted. Raises
    MailError without the ``needed`` rights in the mailbox.
    """
    app.wishes.refuse_if_read_only(only_flags=bool(needed) and set(needed) <= _FLAGS)
    box = app.listing.mailbox
    if box is not None and (why := box.why_not(*needed)):
        raise MailError(why)
    messages = app.panes.list
    here, marked = messages.thread_numbers(), messages.marked
    if not marked:
        if not here:
            app.say(own("There is no message here."))
            return None
        return await _named(app, here)
    if set(here) <= marked and marked <= messages.in_sight():
        return await _named(app, tuple(marked))
    answers = [("Enter", _all(len(marked)))]
    if here:
        answers.append((".", "only this one"))
    said = (
        f"{len(marked):,} {'message is' if len(marked) == 1 else 'messages are'} marked"
    )
    answer = await app.ask(Confirm(said, answers))
    if answer is None:
        return None
    return await _named(app, tuple(messages.marked) if answer == "Enter" else here)


def _all(count: int) -> str:
    return "the marked one" if count == 1 else f"the {count:,} marked"


async def _named(app: "MailApp", numbers: tuple[MessageNumber, ...]) -> Targets:
    account = app.listing.account
    listed = app.panes.list.view.numbers
    if len(numbers) > 1:
        places = {number: place for place, number in enumerate(listed)}
        ordered = sorted(numbers, key=lambda each: places.get(each, len(places)))
        return Targets(account, tuple(ordered), Displayable(""))
    found = await summaries(app, Targets(account, numbers, Displayable("")))
    subject = found[0].subject if found else Displayable("")
    return Targets(account, numbers, subject)


async def summaries(app: "MailApp", targets: Targets) -> list[MessageSummary]:
    """Load the rows of those messages that are still there."""
    from tui_mail.store.messages import load_summaries

    database = app.accounts.database(targets.account)
    found = await asyncio.to_thread(load_summaries, database, targets.numbers)
    return [summary for summary in found if summary is not None]


async def with_threads(app: "MailApp", targets: Targets) -> Targets:
    """Take the whole threads of the messages, as far as they lie in their mailbox."""
    from tui_mail.store.messages import load_threads

    database = app.accounts.database(targets.account)
    numbers = await asyncio.to_thread(load_threads, database, targets.numbers)
    return targets.only(tuple(numbers))


def sentence(said: str) -> Displayable:
    """Begin what was done with a capital."""
    return own(said[:1].upper() + said[1:])


def step_before(app: "MailApp", targets: Targets) -> None:
    """Put the cursor where it is to be after its message goes, as the settings say."""
    messages = app.panes.list
    gone = set(targets.numbers)
    if messages.cursor_number in gone and app.settings.ui.after_action == "previous":
        before = messages.cursor
        while before > 0 and messages.number_at(before) in gone:
            before -= 1
        messages.cursor = before


def tidy_after(app: "MailApp", *, gone: bool) -> None:
    """Take the marks off; where a message went, leave the message pane if need be."""
    app.panes.list.clear_marks()
    if gone and app.listing.is_search and app.settings.ui.after_action == "next":
        app.panes.list.move(1)
    if not gone or app.panes.pane != "message":
        return
    stays = app.settings.ui.after_action == "stay"
    if stays or not app.panes.list.row_count():
        app.panes.enter("list")
