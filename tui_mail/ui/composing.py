"""A message from its first letter to its end: kept, discarded, or in the outbox."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tui_mail.compose.beginning import ToWrite
from tui_mail.compose.draft import Attachment, Draft
from tui_mail.compose.wrapping import rewrapped
from tui_mail.model.displayable import Displayable, own
from tui_mail.model.error import MailError
from tui_mail.model.ids import ActionId, WritingId
from tui_mail.ui import attaching, external_editor, finding_people, reviewing
from tui_mail.ui.safekeeping import Safekeeping
from tui_mail.ui.screens.composer import Composer
from tui_mail.ui.screens.composer_keys import key_rows
from tui_mail.ui.screens.confirm import Confirm
from tui_mail.ui.screens.help import Help
from tui_mail.ui.senders import Senders, senders_of, with_own
from tui_mail.ui.sending import Sending

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_NOTHING = own("")
_SAVED_WITHIN = 0.7
"""Seconds after which what was typed is in the store."""
_KEPT_EVERY = 60.0
"""Seconds after which it is a message in Drafts too, if it was changed."""
_KEPT_UP_TO = 2_000_000
"""Octets of attachments above which it is not: each time all of them went again."""
_AGAIN = 5.0
"""Seconds after which a store is tried again that could not be written."""
_ANSWERS = (
    ("k Enter", "keep as draft"),
    ("d", "discard"),
    ("s", "send"),
    ("l", "send later"),
    ("a", "attach"),
    ("e", "editor"),
    ("Esc", "go on writing"),
)
_FLAG_TITLES = {"\\Answered": "Reply", "$Forwarded": "Forward"}


@dataclass(frozen=True, slots=True)
class Discarded:
    """What was thrown away while the reader runs."""

    draft: Draft
    after: tuple[str, ActionId] | None
    """What had been done last of all: while that holds, ``u`` brings it back."""


async def write(
    app: "MailApp",
    draft: Draft,
    *,
    writing: WritingId | None = None,
    focus: str = "body",
    note: Displayable = _NOTHING,
    warning: bool = True,
) -> None:
    """Open the composer and carry what is written to its end.

    ``writing`` is the row of what was written before: then nothing of it goes without
    being asked. ``focus`` names the field that is to be filled in first, ``note`` is said
    there, as a ``warning`` or not. Raises MailError.
    """
    app.wishes.refuse_if_read_only()
    await Writing(app, draft, writing).run(focus, note, warning=warning)


async def begin_with(app: "MailApp", to_write: ToWrite) -> None:
    """Open the composer with what a command line or a link asked for.

    Raises MailError.
    """
    draft = to_write.draft
    if draft.account not in app.accounts:
        raise MailError(
            f"{draft.account} cannot be opened, so nothing is written there"
        )
    named = draft.to or draft.cc or draft.bcc
    focus = ("body" if draft.subject else "subject") if named else "to"
    await write(app, draft, focus=focus, note=to_write.note)


async def bring_back(app: "MailApp") -> None:
    """Write on what was discarded last."""
    discarded, app.discarded = app.discarded, None
    await app.wishes.look_for_undoable()
    if discarded is None:
        app.say(own("Nothing was discarded."))
        return
    await Writing(app, discarded.draft, None, unchanged=False).run("body")


class Writing:
    """What one writes, and all that can be done with it."""

    def __init__(
        self,
        app: "MailApp",
        draft: Draft,
        writing: WritingId | None,
        *,
        unchanged: bool = True,
    ) -> None:
        self._app = app
        self._keeping = Safekeeping(app, draft, writing)
        self._unchanged = unchanged and writing is None
        accounts = [app.accounts.account(name) for name in app.accounts.in_order()]
        senders = with_own(senders_of(accounts), draft.account, draft.sender)
        self._first = draft
        self._screen = Composer(
            self,
            draft,
            title=_title(draft),
            choosable=len(senders) > 1,
            rewrap=rewrapped,
        )
        self._senders = Senders(app, self._screen, senders)
        self._sending = Sending(app, self._screen, self._keeping)
        self._begun = self._screen.draft
        self._saved = self._kept = self._begun
        self._kept_at = 0.0
        self._note, self._warning = _NOTHING, True
        self._book_failed = False
        self._wakes = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    async def run(
        self, focus: str, note: Displayable = _NOTHING, *, warning: bool = True
    ) -> None:
        """Have it written; returns when it is over."""
        app = self._app
        self._screen.first = focus
        background = [
            self._start(self._save_again_and_again()),
            self._start(self._load_people()),
        ]
        self._note, self._warning = note, warning
        try:
            await app.ask(self._screen)
        except asyncio.CancelledError:
            # The reader ends: what was typed last is to be found at its next start.
            with suppress(MailError):
                await self._save_now()
            raise
        finally:
            background += [self._looking] if self._looking is not None else []
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin something beside the keys; a mistake of ours in it is not hidden."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._app.fail(error)

    # What the screen tells.

    def opened(self) -> None:
        """Say what is to be known, or begin with the person's own editor."""
        if self._note:
            self._screen.say(self._note, warning=self._warning)
        if self._app.settings.ui.editor:
            self.wanted("editor-first")

    def changed(self) -> None:
        """Something was written: it is saved in a moment."""
        self._wakes.set()

    def left_field(self, key: str) -> None:
        """Say what is wrong with a field that was left."""
        self._sending.look_over(key)

    def looked_for(self, typed: str) -> None:
        """Ask the address book, when the fingers rest."""
        command = self._app.settings.addressbook_command
        if command and not self._book_failed:
            if self._looking is not None:
                self._looking.cancel()
            self._looking = self._start(self._look_up(command, typed))

    def wanted(self, what: str) -> None:
        """Do what was asked for; keys typed meanwhile wait for what it asks."""
        work = {
            "send": self._sending.send,
            "leave": self._leave,
            "attach": self._attach,
            "editor": self._edit,
            "editor-first": self._edit_first,
            "keys": self._show_keys,
            "sender": self._senders.choose,
        }.get(what)
        if work is not None:
            self._app.keys.start(self._carefully(work()))
        elif what in ("next-sender", "previous-sender"):
            self._senders.walk(1 if what == "next-sender" else -1)

    async def _carefully(self, work: Coroutine[Any, Any, None]) -> None:
        """Say in the composer what could not be done: there it is read."""
        try:
            await work
        except MailError as error:
            self._screen.say(error.line, warning=True)

    # Kept while it is written.

    async def _save_again_and_again(self) -> None:
        loop = asyncio.get_running_loop()
        self._kept_at = loop.time()
        while True:
            await self._wakes.wait()
            await asyncio.sleep(_SAVED_WITHIN)
            self._wakes.clear()
            what = "Not kept"
            try:
                await self._save_now()
                if loop.time() - self._kept_at >= _KEPT_EVERY:
                    what = "Not in Drafts yet"
                    await self._keep_now()
            except MailError as error:
                self._screen.say(own(f"{what}: {error.line}"), warning=True)
                await asyncio.sleep(_AGAIN)
                self._wakes.set()

    async def _save_now(self) -> None:
        draft = self._screen.draft
        if draft != self._saved or (not self._keeping.has_row and draft != self._begun):
            await self._keeping.save(draft)
            self._saved = draft
            loop = asyncio.get_running_loop()
            left = self._kept_at + _KEPT_EVERY - loop.time()
            loop.call_later(max(0.0, left), self._wakes.set)

    async def _keep_now(self) -> None:
        draft = self._screen.draft
        self._kept_at = asyncio.get_running_loop().time()
        size = sum(each.size for each in draft.attachments)
        if _content(draft) == _content(self._kept) or size > _KEPT_UP_TO:
            return
        await self._keeping.keep(draft)
        self._kept = draft
        self._screen.say_beside(own(f"draft kept {self._app.real_time():%H:%M}"))

    # To its end.

    async def _leave(self) -> None:
        draft = self._screen.draft
        if self._unchanged and _content(draft) == _content(self._begun):
            await self._keep_as_it_was(draft)
            self._screen.dismiss(None)
            return
        answer = await self._app.ask(Confirm("It is not sent.", _ANSWERS))
        if answer == "k":
            left_out = await self._keeping.keep(draft, over=True)
            self._end(own(_kept_in_words(left_out)))
        elif answer == "d":
            await self._discard(draft)
        elif answer == "s":
            await self._sending.send()
        elif answer == "l":
            await self._sending.send_later()
        elif answer == "a":
            await self._attach()
        elif answer == "e":
            await self._edit()

    async def _keep_as_it_was(self, draft: Draft) -> None:
        """Leave in Drafts what lay there, or nothing, whatever was kept meanwhile."""
        if self._keeping.message == self._first.message:
            await self._keeping.forget()
        elif self._first.message is None:
            await self._keeping.discard()
        else:
            await self._keeping.keep(draft, over=True)

    async def _discard(self, draft: Draft) -> None:
        left = not await self._keeping.discard()
        after = await self._app.wishes.last_id()
        self._app.discarded = Discarded(replace(draft, message=None), after)
        where = " What was kept of it before lies in Drafts still." if left else ""
        await self._app.wishes.look_for_undoable()
        self._end(own(f"Discarded.{where}"))

    def _end(self, line: Displayable) -> None:
        self._app.say(line)
        self._screen.dismiss(None)

    # What goes with it, and what helps to write it.

    async def _attach(self) -> None:
        attachment = await attaching.ask_for_file(self._app)
        if attachment is None:
            return
        self._screen.attach(attachment)
        large = reviewing.too_large(self._screen.draft.attachments)
        if large:
            self._screen.say(large, warning=True)

    async def _edit(self) -> None:
        command = external_editor.editor_command(self._app.settings.ui.editor)
        folder, body = self._app.places.runtime, self._screen.draft.body
        text = external_editor.edit(self._app, command, body, folder)
        if text != f"{body}\n":
            self._screen.set_body(text)

    async def _edit_first(self) -> None:
        """Write in the person's own editor at once, then show who gets it."""
        await self._edit()
        if _content(self._screen.draft) == _content(self._begun):
            return
        await self._save_now()
        draft = self._screen.draft
        if draft.to or draft.cc or draft.bcc:
            await self._sending.send()
        else:
            self._screen.go_to("to")

    async def _show_keys(self) -> None:
        await self._app.ask(Help(key_rows(), title="Keys while one writes"))

    # Who may be meant.

    async def _load_people(self) -> None:
        for name in self._app.accounts.in_order():
            with suppress(MailError):
                people = await asyncio.to_thread(finding_people.known, self._app, name)
                self._screen.take_people(people)

    async def _look_up(self, command: str, typed: str) -> None:
        try:
            self._screen.take_people(await finding_people.look_up(command, typed))
        except MailError as error:
            # Said once: it is not asked any more while this is written.
            self._book_failed = True
            self._screen.say(error.line, warning=True)


def _content(draft: Draft) -> Draft:
    """Leave out where it is kept."""
    return replace(draft, message=None)


def _kept_in_words(left_out: Sequence[Attachment]) -> str:
    if not left_out:
        return "Kept in Drafts."
    names = ", ".join(one.name or "a message" for one in left_out)
    return f"Kept in Drafts, but without {names}: not here yet. What has it stays."


def _title(draft: Draft) -> Displayable:
    kind = _FLAG_TITLES.get(draft.parent_flag, "")
    return own(kind or ("Draft" if draft.message is not None else "New message"))
