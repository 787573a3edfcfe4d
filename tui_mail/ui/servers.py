"""What the engines say, and what waits for the servers; questions of theirs are asked."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from tui_mail.link.messages import (
    Cancel,
    Changed,
    Done,
    NeedPassword,
    OpenMailbox,
    PartProgress,
    Password,
    Receipt,
    Search,
    Status,
    Synchronize,
    Wake,
    Which,
)
from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.model.error import LinkLost, MailError
from tui_mail.model.ids import MessageNumber, PartId
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.operation import OperationState, PendingOperation
from tui_mail.ui.engines import EngineJoined, EngineSaid
from tui_mail.ui.fetching import CANCELLED
from tui_mail.ui.statusing import AccountState, accounts_in_words

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp
    from tui_mail.ui.views import Shown


@dataclass(frozen=True, slots=True)
class _Search:
    """A search on a server that is under way."""

    account: str
    query: str
    request: int
    done: int = 0
    total: int = 0
    """Mailboxes; 0 where it has not begun."""


COMES_LATER = "it is not here yet; it comes with the next connection"
_CONNECTED = frozenset({"connected", "synchronizing"})
_CUT_OFF = frozenset({"offline", "failed"})
_PATIENCE = 20.0
_SOON = timedelta(seconds=5)
_SENT = re.compile(r"[\d,]+ sent")


class Servers:
    """The state of all accounts' servers as far as the reader hears of it."""

    def __init__(self, app: "MailApp") -> None:
        self._app = app
        self._states: dict[str, AccountState] = {}
        self._answers: dict[tuple[str, int], asyncio.Future[Done]] = {}
        self._asking_password: set[tuple[str, Which]] = set()
        self._passwords: dict[tuple[str, Which], str] = {}
        """What was typed in the set-up: given to the engine when it asks, once each."""
        self._searching: _Search | None = None
        self._said: dict[str, asyncio.Event] = {}
        """Whether an account's engine has said if it is connected."""
        self._synchronizing: dict[str, int] = {}
        """Requests for synchronizations that somebody waits for, by their accounts."""
        self.waiting = 0
        """How many changes wait for a server, mails too."""
        self.mails = 0
        """How many of them are mails."""
        self.kept = 0
        """How many of these stay until the next start."""
        self.refused = 0
        """How many a server refused: they wait for the person."""
        self.doubtful = 0
        """How many mails may have been sent: they wait for the person too."""
        self._with_due: frozenset[str] = frozenset()
        """The accounts with changes that may be told now."""
        self.asked_about_deletions: set[str] = set()
        """Accounts of which it was asked whether their servers may delete."""
        self._room = ""
        """Where little room is left on a server, in words."""
        self.to_come = 0
        """How many messages were asked for and come with the next connection."""

    def start(self) -> None:
        """Start the engines of all accounts with servers; ask what they may not decide."""
        for name in self._app.accounts.in_order():
            account = self._app.accounts.account(name)
            if account.kind == "local" and (
                account.smtp is None or self._app.read_only
            ):
                continue
            self._states.setdefault(name, AccountState())
            if why := self.why_unasked(name):
                self._states[name] = replace(self._states[name], line=why)
            else:
                self._app.engines.start(name)
        if not self._app.read_only:
            from tui_mail.ui.actions.agreeing import ask_about_deletions

            self._app.start(ask_about_deletions(self._app))

    def why_unasked(self, account: str) -> Displayable:
        """Say why a server is not asked for mail at all; empty where it is.

        An engine does what ``delete_after`` says, and that is no reading.
        """
        server = self._app.accounts.account(account).pop3
        if not self._app.read_only or server is None or server.delete_after == "never":
            return own("")
        return own("not asked, since delete_after changes its server (--read-only)")

    def in_words(self) -> Displayable:
        """Say it all in short sentences."""
        for name in self._app.accounts.in_order():
            inbox = self._app.accounts.role(name, SpecialUse.INBOX)
            state = self._states.get(name, AccountState())
            synced = inbox.synced_at if inbox else None
            pulls = self._app.accounts.account(name).kind == "pop3"
            self._states[name] = replace(state, synced_at=synced, pulls=pulls)
        said = accounts_in_words(
            self._states,
            offline=self._app.offline,
            waiting=self.waiting - self.mails,
            refused=self._refused_in_words(),
            now=self._app.real_time(),
        )
        return own(
            " · ".join(filter(None, (self._search_in_words(), said, self._room)))
        )

    def _search_in_words(self) -> str:
        search = self._searching
        if search is None:
            return ""
        far = f", {search.done:,} of {search.total:,} mailboxes" if search.total else ""
        return (
            f"searching on the server{far} ({self._app.key_of('app.cancel')} ends it)"
        )

    # What engines say.

    def joined(self, event: EngineJoined) -> None:
        """Take note that an engine hears us, or not any more."""
        state = self._states.get(event.account, AccountState())
        if event.joined:
            state = replace(state, line=own(""))
            self.tell_open_mailbox()
            if not self._app.read_only:
                # It may be there for long, and what waits was written since.
                self._app.engines.send(event.account, Wake())
        else:
            state = replace(state, status=None, line=displayable(event.line))
            self._states[event.account] = state
            self._give_up(event.account)
            self._app.unsay()
        self._states[event.account] = state
        self._note(event.account)
        self._app.say_status()

    def heard(self, event: EngineSaid) -> None:
        """Take what an engine said."""
        said, account = event.said, event.account
        match said:
            case Changed(events):
                self._app.bridge.push(account, list(events))
            case Status():
                state = self._states.get(account, AccountState())
                before = self.is_connected(account)
                self._states[account] = replace(state, status=said)
                if self.is_connected(account) and not before:
                    self._app.reading.connected(account)
                if self.is_connected(account) or self.is_cut_off(account):
                    self._known(account).set()
                self._app.refreshing.ask("status", self._say_states)
            case PartProgress(request, done, total):
                self._search_goes_on(account, request, done, total)
            case Done():
                self._done(account, said)
            case Receipt(line, urgent=False) if _SENT.fullmatch(line):
                # It is told by its name, as the store has it.
                return
            case Receipt(line, urgent):
                tell = self._app.tell if urgent else self._app.mention
                tell(own(f"{account}: {line}"))
            case NeedPassword(line, server):
                if (account, server) not in self._asking_password:
                    self._asking_password.add((account, server))
                    self._app.start(self._ask_password(account, line, server))

    async def _say_states(self) -> None:
        self._app.panes.list.set_context(show_remote=self._is_cut_off())
        for account, state in self._states.items():
            self._note(account)
            if state.status is not None:
                self._app.say_progress(account, state.status)
                if state.status.state == "failed":
                    self._app.unsay()
        self._app.say_status()

    def _is_cut_off(self) -> bool:
        """Tell whether what is not here cannot be had now of the account in sight."""
        if self._app.offline or self._app.listing.shown is None:
            return self._app.offline
        return self.is_cut_off(self._app.listing.account)

    def is_cut_off(self, account: str) -> bool:
        """Tell whether an account's engine said that it has no connection."""
        state = self._states.get(account, AccountState())
        return state.status is not None and state.status.state in _CUT_OFF

    def _note(self, account: str) -> None:
        """Put a word beside the account in the tree where it is not as it should be."""
        status = self._states[account].status
        word = ""
        if status is not None and status.state in ("offline", "failed"):
            word = status.state
        self._app.panes.mailboxes.set_note(account, own(word))

    def keep_password(self, account: str, password: str) -> None:
        """Keep what was typed until the account's engine asks for it."""
        self._passwords[account, "incoming"] = password
        self._passwords[account, "smtp"] = password

    async def _ask_password(
        self, account: str, line: Displayable, server: Which
    ) -> None:
        from tui_mail.ui.passwords import ask_password

        try:
            if typed := self._passwords.pop((account, server), ""):
                self._app.engines.send(account, Password(typed, server))
                return
            await self._app.ask_of_itself(
                partial(ask_password, self._app, account, line, server)
            )
        finally:
            self._asking_password.discard((account, server))

    # What is asked of them.

    def tell_open_mailbox(self) -> None:
        """Tell the engines which mailbox is looked at."""
        shown = self._app.listing.shown
        for account in self._app.engines.all():
            here = shown is not None and shown.account == account
            mailbox = shown.mailbox if shown is not None and here else None
            self._app.engines.send(account, OpenMailbox(mailbox))

    async def synchronize(self, account: str) -> Displayable:
        """Have an account brought in step; its receipt. Raises MailError."""
        engine = self._app.engines.engine(account)
        if engine is None:
            raise MailError(f"{account}: its engine is not there yet")
        request = engine.next_request()
        answer = self._expect(account, request)
        engine.send(Synchronize(mailbox=None, request=request))
        self._synchronizing[account] = request
        try:
            return _line(await answer)
        finally:
            self._synchronizing.pop(account, None)

    def end_synchronizing(self) -> bool:
        """Wait no more for what was asked for; True if anything was."""
        for account, request in self._synchronizing.items():
            self._app.engines.send(account, Cancel(request))
        return bool(self._synchronizing)

    def searches(self, account: str, query: str) -> bool:
        """Tell whether a server is being asked just that."""
        search = self._searching
        return search is not None and (search.account, search.query) == (account, query)

    async def search(self, account: str, query: str) -> Displayable | None:
        """Have a server search; what it found is in the store when it comes.

        What it said at the end, None where another search was begun, or it was ended.
        Raises MailError.
        """
        engine = self._app.engines.engine(account)
        if engine is None:
            raise MailError(f"{account}: its engine is not there yet")
        self.end_search()
        request = engine.next_request()
        self._searching = _Search(account, query, request)
        answer = self._expect(account, request)
        engine.send(Search(query, request))
        done = await answer
        if self._awaited(account, request) is None:
            return None
        self._searching = None
        return _line(done)

    def _awaited(self, account: str, request: int) -> _Search | None:
        search = self._searching
        if search is None or (search.account, search.request) != (account, request):
            return None
        return search

    def _search_goes_on(
        self, account: str, request: int, done: int, total: int
    ) -> None:
        search = self._awaited(account, request)
        if search is not None:
            self._searching = replace(search, done=done, total=total)
            self._app.say_status()

    def end_search(self, *, but: "Shown | None" = None) -> bool:
        """Have no server search any more, but for what is shown; True if one did."""
        search = self._searching
        if search is None or (
            but is not None and self.searches(but.account, but.query)
        ):
            return False
        self._searching = None
        self._app.engines.send(search.account, Cancel(search.request))
        self._app.say_status()
        return True

    def is_connected(self, account: str) -> bool:
        """Tell whether an account's engine has a connection, as far as it said."""
        status = self._states.get(account, AccountState()).status
        return status is not None and status.state in _CONNECTED

    async def until_known(self, account: str) -> None:
        """Wait until its engine has said once whether it is connected, 20 s at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._known(account).wait()

    def _known(self, account: str) -> asyncio.Event:
        return self._said.setdefault(account, asyncio.Event())

    async def fetch(
        self,
        account: str,
        number: MessageNumber,
        part: PartId | None,
        what: Displayable,
    ) -> None:
        """Have a part, or the readable text, fetched and wait for it; raises MailError."""
        engine = self._app.engines.engine(account)
        request = None
        if engine is not None and not self._app.offline:
            request = engine.fetch(number, part)
        if request is None:
            raise LinkLost(COMES_LATER)
        self._app.fetching.begin(account, request, what)
        done = await self._expect(account, request)
        if not done.ok and done.line != CANCELLED and not self.is_connected(account):
            raise LinkLost(COMES_LATER)
        _line(done)

    def give_up(self, account: str, request: int, line: Displayable) -> None:
        """Tell who waits that it is over, whatever the engine says later."""
        self._done(account, Done(request=request, ok=False, line=line))

    def _expect(self, account: str, request: int) -> asyncio.Future[Done]:
        answer: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._answers[account, request] = answer
        return answer

    def _done(self, account: str, said: Done) -> None:
        answer = self._answers.pop((account, said.request), None)
        if answer is not None and not answer.done():
            answer.set_result(said)
        elif answer is None:
            self._app.reading.fetched(account, said.request, ok=said.ok, line=said.line)

    def _give_up(self, account: str) -> None:
        for name, request in list(self._answers):
            if name == account:
                answer = self._answers.pop((name, request))
                if not answer.done():
                    lost = own("the engine has gone")
                    answer.set_result(Done(request=request, ok=False, line=lost))
        for request in self._app.reading.asked_of(account):
            self.give_up(account, request, own("the engine has gone"))
        self._app.fetching.forget(account)

    # What waits.

    async def look_for_room(self) -> None:
        """Find out where little room is left on a server."""
        self._room = await asyncio.to_thread(
            self._little_room, list(self._app.accounts.in_order())
        )
        self._app.say_status()

    def _little_room(self, accounts: list[str]) -> str:
        from tui_mail.store.surroundings import load_quotas

        return " · ".join(
            f"{name}: {quota.in_words}"
            for name in accounts
            for quota in load_quotas(self._app.accounts.database(name))
            if quota.is_near
        )

    async def count_waiting(self) -> None:
        """Count what waits for the servers, and what they refused."""
        pending = await asyncio.to_thread(
            self._load_pending, list(self._app.accounts.in_order())
        )
        queued = [(name, one) for name, one in pending if not one.state.asks]
        self.doubtful = sum(one.state is OperationState.UNKNOWN for _, one in pending)
        self.refused = len(pending) - len(queued) - self.doubtful
        changes = [(name, one) for name, one in queued if one.kind != "fetch"]
        self.waiting, self.to_come = len(changes), len(queued) - len(changes)
        self.mails = sum(one.kind == "send" for _, one in changes)
        self.kept = sum(one.kept for _, one in changes)
        soon = datetime.now(UTC) + _SOON
        self._with_due = frozenset(
            name for name, one in changes if (one.not_before or soon) <= soon
        )
        if not self.waiting:
            self._app.unsay_what_is_here()
        self._app.say_status()

    @property
    def may_be_told_soon(self) -> bool:
        """Whether a server is there for what waits, and does not want it later."""
        states = [self._states.get(name, AccountState()) for name in self._with_due]
        return any(
            state.status is None or state.status.state not in _CUT_OFF
            for state in states
        )

    def _load_pending(self, accounts: list[str]) -> list[tuple[str, PendingOperation]]:
        from tui_mail.store.operations import load_pending

        return [
            (name, pending)
            for name in accounts
            for pending in load_pending(self._app.accounts.database(name))
        ]

    def to_come_in_words(self) -> str:
        """Say how much was asked for and is not here."""
        return f"{self.to_come:,} to fetch" if self.to_come else ""

    def _refused_in_words(self) -> str:
        said = [
            f"{count:,} {word}"
            for count, word in ((self.refused, "refused"), (self.doubtful, "in doubt"))
            if count
        ]
        if not said:
            return ""
        return f"{', '.join(said)} ({self._app.key_of('app.operations')} shows it)"


def _line(done: Done) -> Displayable:
    if not done.ok:
        raise MailError(done.line or "that could not be done")
    return done.line
