"""The reader: its parts put together, and what they tell each other."""

import asyncio
import gc
import os
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen

from tui_mail.config.opened import OpenedAccount
from tui_mail.config.places import Places
from tui_mail.config.settings import Settings
from tui_mail.model.displayable import own
from tui_mail.model.error import MailError
from tui_mail.model.ids import MailboxId
from tui_mail.ui import look
from tui_mail.ui.accounts import Accounts
from tui_mail.ui.cells import wrapped
from tui_mail.ui.commands import Command
from tui_mail.ui.filter import add_filters
from tui_mail.ui.keymap import keymap_of
from tui_mail.ui.listing import Listing
from tui_mail.ui.panes import Panes
from tui_mail.ui.speaking import SpeakingApp
from tui_mail.ui.views import Shown
from tui_mail.ui.widgets.mailbox_tree import MailboxTree
from tui_mail.ui.widgets.message_list import MessageList
from tui_mail.ui.widgets.message_view import MessageView
from tui_mail.ui.widgets.part_list import PartList

if TYPE_CHECKING:
    from tui_mail.compose.beginning import ToWrite
    from tui_mail.ui.bridge import Bridge, StoreChanged
    from tui_mail.ui.composing import Discarded
    from tui_mail.ui.engines import EngineJoined, Engines, EngineSaid
    from tui_mail.ui.fetching import Fetching
    from tui_mail.ui.keys import Keys
    from tui_mail.ui.outbox import Outbox
    from tui_mail.ui.reading import Reading
    from tui_mail.ui.refreshing import Refreshing
    from tui_mail.ui.screens.operations import Operations
    from tui_mail.ui.uses import Uses

Answer = TypeVar("Answer")

_KIND_WORDS = {"pop3": "POP3", "local": "local"}
"""What stands behind the names of accounts that are no usual ones."""
_POLL = 2.0
"""Seconds between two looks whether another process changed something."""


class MailApp(SpeakingApp, inherit_bindings=False):
    """The mail reader on the screen."""

    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = "#list"
    BINDINGS: ClassVar[list[BindingType]] = []
    CSS = """
    Screen { background: $background; }
    """

    def __init__(
        self,
        settings: Settings,
        places: Places,
        *,
        clock: Callable[[], datetime] | None = None,
        start_engines: bool = True,
        offline: bool = False,
        read_only: bool = False,
        add_account: bool = False,
    ) -> None:
        """Put the parts together; raises SettingsError for a theme or a key."""
        super().__init__(keymap_of(settings))
        add_filters(self)
        look.dress(self, settings, places)
        self.animation_level = "none"
        self.settings, self.places = settings, places
        self.clock = clock or (lambda: datetime.now(UTC).astimezone())
        self.offline, self.read_only = offline, read_only
        self._add_account = add_account or not settings.accounts
        self.session = f"reader-{os.getpid()}-{time.time_ns():x}"
        """Names this start in the journal."""
        self.pressed = ""
        """The keys of the command that runs."""
        self.recent_mailboxes: list[tuple[str, MailboxId]] = []
        """Where messages went lately, the latest first."""
        self.history: dict[str, list[str]] = {"query": [], "text": [], "tag": []}
        """What was typed at questions, the latest last."""
        self.to_write: ToWrite | None = None
        """What is written as soon as the accounts are open."""
        self.discarded: Discarded | None = None
        """What was written and discarded last, while the reader runs."""
        self.operations: Operations | None = None
        """The screen of that name, while it is open."""
        self._start_engines = start_engines
        self._tasks: set[asyncio.Task[None]] = set()
        self._asking = 0
        self._answered, self._unasked = asyncio.Event(), asyncio.Lock()
        self.accounts = Accounts(settings, places)
        self.opened = next(
            (a for a in settings.accounts.values() if isinstance(a, OpenedAccount)),
            None,
        )
        """The file or folder that is read, where no account is."""
        self.panes = Panes(
            clock=self.clock,
            date_form=settings.ui.date_format,
            columns=settings.ui.columns,
        )
        self.listing = Listing(self)
        self.keys: Keys
        self.reading: Reading
        self.engines: Engines
        self.fetching: Fetching
        self.outbox: Outbox
        self.uses: Uses
        self.bridge: Bridge
        self.refreshing: Refreshing
        self._early: list[Message] = []

    def real_time(self) -> datetime:
        """Tell the time in which stores note what happened; a demo's clock stands still."""
        return datetime.now(UTC).astimezone(self.clock().tzinfo)

    # Beginning and end.

    def compose(self) -> ComposeResult:
        """Put the panes over the two lines."""
        self.panes.prepare(self.size.width)
        yield self.panes
        yield self.status_line
        yield self.hint_line

    def on_mount(self) -> None:
        """Show the first account's inbox; everything else comes after the first paint."""
        for name in self.settings.accounts:
            try:
                self.accounts.add(name, self.accounts.load(name))
            except MailError as error:
                self.accounts.troubles[name] = error.line
            else:
                break
        self.show_accounts()
        self.say_hints()
        self.call_after_refresh(self._after_first_paint)

    def show_accounts(self) -> None:
        """Show the accounts' mailboxes, and the first inbox if nothing is shown yet."""
        self.panes.mailboxes.show(self.accounts.tree())
        for name in self.accounts.in_order():
            word = _KIND_WORDS.get(self.accounts.account(name).kind, "")
            self.panes.mailboxes.set_kind(name, own(word))
            there = self.accounts.on_server.get(name, {})
            self.panes.mailboxes.set_on_server(name, there)
        own_addresses = self.accounts.own_addresses()
        self.panes.view.own_addresses = own_addresses
        self.panes.list.set_context(own_addresses=own_addresses)
        first = self.accounts.first()
        if first is None:
            troubles = " ".join(self.accounts.troubles.values())
            self.panes.list.say(*wrapped(own(troubles), 70))
        if first is None or self.listing.shown is not None:
            return
        try:
            self.listing.show_first(Shown(first, self.accounts.inbox(first).id))
        except MailError as error:
            self.panes.list.say(error.line, own("They come with the first connection."))

    def _after_first_paint(self) -> None:
        from tui_mail.ui.machinery import build

        build(self)
        self.ready = True
        self.app_resume_signal.subscribe(self, self._came_back)
        gc.freeze()
        gc.enable()
        for event in self._early:
            self.keys.put(event)
        self.run_worker(self.keys.run(), exit_on_error=True)
        if self.listing.shown is not None:
            self.listing.reload()
        self.start(self._begin())
        self.set_interval(_POLL, self._poll)
        if self.opened is not None and self.opened.only is not None:
            self.panes.enter("message")
            self.start(self.reading.read(self.opened.only))
        else:
            self.reading.follow(self.panes.list.cursor_number)

    def _came_back(self, _: object) -> None:
        """Paint all of it: the shell had the terminal."""
        self.screen.refresh(layout=True)

    async def _begin(self) -> None:
        from tui_mail.ui.machinery import warm_up

        if self._add_account:
            from tui_mail.ui.actions.overlays import set_up

            await set_up(self)
            return
        await self.open_accounts()
        if self.to_write is not None:
            from tui_mail.ui.composing import begin_with

            self.keys.start(begin_with(self, self.to_write))
        await asyncio.to_thread(warm_up)

    async def open_accounts(self) -> None:
        """Open all accounts, start their engines, and say what is still here."""
        from tui_mail.ui.recovering import take_up

        for name in self.settings.accounts:
            if name in self.accounts or name in self.accounts.troubles:
                continue
            try:
                loaded = await asyncio.to_thread(self.accounts.load, name)
            except MailError as error:
                self.accounts.troubles[name] = error.line
            else:
                self.accounts.add(name, loaded)
        for name in self.accounts.in_order():
            self.bridge.attach(name, self.accounts.database(name))
            if self.accounts.account(name).kind == "pop3":
                self._load_mailboxes_soon(name)
        self.show_accounts()
        self.panes.list.set_context(show_remote=self.offline)
        if self._start_engines and not self.offline:
            self.servers.start()
        await self.servers.count_waiting()
        await self.outbox.look()
        await self.servers.look_for_room()
        await self.wishes.look_for_undoable()
        self.start(self.carry_on())
        if self.accounts.troubles:
            self.warn(next(iter(self.accounts.troubles.values())))
        elif salvaged := self.accounts.salvaged():
            self.warn(salvaged[0])
        elif self.servers.waiting:
            self.say_what_is_here()
        await take_up(self)

    async def carry_on(self) -> None:
        """Go on with what was on its way between accounts when it ended the last time."""
        await self.wishes.carry_on(*self.accounts)

    async def on_unmount(self) -> None:
        """Leave everything tidy."""
        for task in (*self._tasks,):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.ready:
            await self.keys.end()
            await asyncio.to_thread(self.engines.close)
            self.bridge.close()
            with suppress(MailError):
                await self.uses.flush()
            await asyncio.to_thread(self.wishes.close)
            self.reading.close()
        self.accounts.close()

    def _fatal_error(self) -> None:
        """End without printing a traceback: the entry point has the last word."""
        self._close_messages_no_wait()

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """Leave out what an opaque screen hides: Textual paints all again for it.

        There is no public way for this; a test says when the private one goes.
        """
        hides = self.screen.styles.background.a == 1
        return [] if hides else super()._background_screens

    # Keys, commands, questions.

    async def on_event(self, event: events.Event) -> None:
        """Send keys and pasted text through the queue; everything else goes its way."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        if not self.app_focus:
            self.app_focus = True
        if self.ready:
            self.keys.put(event)
        else:
            self._early.append(event)

    async def pass_on(self, event: Message) -> None:
        """Hand an event to the screen, as Textual does."""
        if isinstance(event, events.Event):
            await super().on_event(event)

    @property
    def asks(self) -> bool:
        """Whether a question or another screen is ready for keys."""
        return self._asking > 0

    @property
    def asking(self) -> int:
        """How many of them there are, one over the other."""
        return self._asking

    def do(self, command: Command) -> None:
        """Carry out a command; of one that is still to come say so."""
        from tui_mail.ui.actions import function_of

        if not command.does:
            what = command.sentence.removesuffix(".")
            self.say(own(f"{what}: not in this version yet."))
            return
        try:
            work = function_of(command)(self)
        except MailError as error:
            self.warn(error.line)
            return
        if work is not None:
            self.keys.start(work)

    async def ask(self, screen: Screen[Answer | None]) -> Answer | None:
        """Show a question and wait for the answer."""
        answer: asyncio.Future[Answer | None]
        answer = asyncio.get_running_loop().create_future()

        def take(given: Answer | None) -> None:
            if not answer.done():
                answer.set_result(given)

        await self.push_screen(screen, take)
        for _ in range(50):
            if screen.focused is not None or not screen.focus_chain:
                break
            await asyncio.sleep(0.002)
        self._asking += 1
        self.keys.asked()
        try:
            return await answer
        finally:
            self._asking -= 1
            self._answered.set()
            self.keys.asked()

    async def ask_of_itself(self, work: Callable[[], Awaitable[None]]) -> None:
        """Ask what no key asked for, once nobody types elsewhere, one after the other."""
        from tui_mail.ui.screens.asking import Asking
        from tui_mail.ui.screens.composer import Composer

        async with self._unasked:
            while any(isinstance(s, Composer | Asking) for s in self.screen_stack):
                self._answered.clear()
                await self._answered.wait()
            await work()

    def remember(self, what: str, typed: str) -> None:
        """Keep what was typed at a question for the next time."""
        if typed:
            kept = [each for each in self.history[what] if each != typed]
            self.history[what] = [*kept[-49:], typed]

    def go_offline(self, *, offline: bool) -> None:
        """Open no connection any more, or open them again."""
        self.offline = offline
        if offline or self.engines.started:
            self.engines.go_offline(offline=offline)
        elif self._start_engines:
            self.servers.start()
        self.panes.list.set_context(show_remote=offline)

    def take_settings(self, settings: Settings) -> None:
        """Work with other settings from now on: an account was set up."""
        self.settings = self.accounts.settings = settings

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the keys; what cannot be done is said."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """Say what could not be done; end where it is a mistake of ours."""
        from tui_mail.ui.fetching import CANCELLED

        if isinstance(error, MailError):
            # What a person ended is no failure, and was said.
            if error.line != CANCELLED:
                self.warn(error.line)
        elif isinstance(error, Exception):
            self._handle_exception(error)

    def mailbox_opened(self) -> None:
        """Tell the engines what is looked at now."""
        if self.ready and self.engines.started:
            self.servers.tell_open_mailbox()

    # What the parts tell.

    def on_panes_entered(self) -> None:
        """Another pane has the focus."""
        self.say_hints()
        self.say_title()
        if self.ready and self.panes.shows_message:
            self.reading.follow(self.panes.list.cursor_number)

    def on_mailbox_tree_moved(self) -> None:
        """Name what may be done with the mailbox under the cursor."""
        self.say_hints()

    def on_mailbox_tree_selected(self, event: MailboxTree.Selected) -> None:
        """Show a mailbox."""
        self.start(self._open(Shown(event.account, event.mailbox_id)))

    async def _open(self, shown: Shown) -> None:
        await self.listing.show(shown)
        self.panes.enter("list")

    def on_message_list_moved(self, event: MessageList.Moved) -> None:
        """Have the preview follow the cursor."""
        if self.ready:
            self.reading.follow(event.number)

    def on_message_list_opened(self, event: MessageList.Opened) -> None:
        """Read a message, or write it on."""
        from tui_mail.ui.actions.reading import open_here

        event.stop()
        self.keys.start(open_here(self))

    def on_message_list_marks_changed(self) -> None:
        """Say how many are marked."""
        self.say_title()
        self.say_hints()

    def on_message_view_searched(self, event: MessageView.Searched) -> None:
        """Say which hit is shown."""
        if event.hits:
            self.say(own(f"hit {event.hit:,} of {event.hits:,}; n and N go on"))
        else:
            self.say(own("not in this message"))

    def on_part_list_chosen(self, event: PartList.Chosen) -> None:
        """Show a part."""
        from tui_mail.ui.actions.parts import show_part

        self.start(show_part(self, event.part))

    def on_engine_said(self, event: "EngineSaid") -> None:
        """An engine said something."""
        self.fetching.heard(event)
        self.servers.heard(event)

    def on_engine_joined(self, event: "EngineJoined") -> None:
        """An engine is there, or is not any more."""
        self.servers.joined(event)

    def on_store_changed(self, event: "StoreChanged") -> None:
        """Load again what changed in a store."""
        from tui_mail.model.event import (
            ContentArrived,
            MailboxChanged,
            MailboxesChanged,
            MessagesChanged,
            OperationsChanged,
        )

        self.listing.changed(event.account, event.events, anything=event.anything)
        kinds = {type(each) for each in event.events}
        counts_change = {MailboxesChanged, MailboxChanged, MessagesChanged}
        if event.anything or kinds & counts_change:
            self._load_mailboxes_soon(event.account)
            self.refreshing.ask("room", self.servers.look_for_room)
        if event.anything or OperationsChanged in kinds:
            self.refreshing.ask("waiting", self.servers.count_waiting)
            self.refreshing.ask("outbox", self.outbox.look)
            self.refreshing.ask("undoable", self.wishes.look_for_undoable)
            if self.operations is not None:
                self.operations.reload()
        arrived = {
            each.message for each in event.events if type(each) is ContentArrived
        }
        if self.accounts.account(event.account).kind == "pop3":
            # Whether the server has a message stands above it.
            for each in event.events:
                if isinstance(each, MessagesChanged):
                    arrived |= each.messages
        if self.reading.is_about(event.account, arrived):
            self.refreshing.ask("reading", self.reading.again)

    def _load_mailboxes_soon(self, account: str) -> None:
        work = partial(self.load_mailboxes, account)
        self.refreshing.ask(("mailboxes", account), work)

    async def load_mailboxes(self, account: str) -> None:
        """Load an account's mailboxes again; leave the one that is shown if it is gone."""
        from tui_mail.store.mailboxes import load_mailboxes
        from tui_mail.store.server_copies import count_by_mailbox

        database, unfollowed = self.accounts.database(account), self.accounts.shows_all
        self.accounts.take(
            account,
            await asyncio.to_thread(load_mailboxes, database, unfollowed=unfollowed),
        )
        if self.accounts.account(account).kind == "pop3":
            there = await asyncio.to_thread(count_by_mailbox, database)
            self.accounts.on_server[account] = there
        if self.listing.is_gone(account):
            await self.listing.show(Shown(account, self.accounts.inbox(account).id))
            self.say(own("The mailbox that was open is not here any more."))
        self.show_accounts()
        self.listing.say_that_it_came()
        self.say_title()
        self.say_status()

    def _poll(self) -> None:
        self.bridge.poll(heard=lambda name: self.engines.engine(name) is not None)
        self.panes.list.day_changed()


def run_reader(
    settings: Settings,
    places: Places,
    *,
    offline: bool = False,
    read_only: bool = False,
    clock: Callable[[], datetime] | None = None,
    add_account: bool = False,
    to_write: "ToWrite | None" = None,
) -> int:
    """Run the reader until it is left; its exit status. Raises what it failed with."""
    # What threads load meanwhile lets a key through within a millisecond.
    sys.setswitchinterval(0.001)
    app = MailApp(
        settings,
        places,
        clock=clock,
        offline=offline,
        read_only=read_only,
        add_account=add_account,
    )
    app.to_write = to_write
    look.suit_terminal(app)
    look.install_key_parser()
    status = app.run(mouse=settings.ui.mouse)
    if app._exception is not None:
        raise app._exception
    return status or 0
