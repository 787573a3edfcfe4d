"""The message pane's state: which message is shown, how, and what of it is fetched."""

import asyncio
from collections.abc import Callable, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from textual.timer import Timer

from tui_mail.model.displayable import Displayable, own
from tui_mail.model.error import LinkLost, MailError, NotFound
from tui_mail.model.flags import SEEN
from tui_mail.model.ids import WHOLE, MessageNumber, PartId
from tui_mail.ui.fetching import CANCELLED
from tui_mail.ui.loading import Loaded, Shape, find_part, load

if TYPE_CHECKING:
    from tui_mail.mime.render import Renderer
    from tui_mail.store.database import Transaction
    from tui_mail.ui.app import MailApp


_T = TypeVar("_T")
_COMES_LATER = own("Not here yet; it comes with the next connection.")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an engine was asked for."""

    number: MessageNumber
    part: PartId | None
    wanted: bool
    """A person wants it, now or later."""


class Reading:
    """What the message pane shows."""

    def __init__(self, app: "MailApp", *, rest: float | None) -> None:
        self._app = app
        self._rest = rest
        """None: the preview does not follow the cursor."""
        self.account = ""
        self.number: MessageNumber | None = None
        self.shape = Shape()
        self.loaded: Loaded | None = None
        self._coming: tuple[str, MessageNumber] | None = None
        self._asked: dict[tuple[str, int], _Asked] = {}
        """By the account and the number of the request."""
        self._refused: dict[tuple[str, MessageNumber], Displayable] = {}
        self._timer: Timer | None = None
        self._seen_timer: Timer | None = None
        self._turn = 0
        self._loading = 0
        self._stale = False
        """What is being loaded has changed since."""
        self._renderer: Renderer | None = None

    # Following the cursor.

    def follow(self, number: MessageNumber | None) -> None:
        """Show the message once the cursor rests on it; at once if there is none."""
        self._stop_timers()
        if number is None:
            self.show_nothing()
        elif self._coming == (self._app.listing.account, number):
            return
        elif self._app.panes.shows_message and self._rest is not None:
            self._timer = self._app.set_timer(self._rest, self._follow_now)
        elif self._app.panes.pane == "list":
            self.show_nothing()

    def _follow_now(self) -> None:
        number = self._app.panes.list.cursor_number
        if number is not None:
            self._app.start(self.preview(number))

    async def preview(self, number: MessageNumber) -> None:
        """Show a message without counting it as read."""
        await self._show(self._app.listing.account, number, Shape())
        wait = self._app.settings.ui.mark_seen
        if isinstance(wait, float) and not self._app.read_only:
            self._seen_timer = self._app.set_timer(wait, self._count_as_read)

    async def read(self, number: MessageNumber) -> None:
        """Show a message to be read; that counts, unless the settings say otherwise."""
        self._stop_timers()
        self._app.panes.list_parts(listed=False)
        account = self._app.listing.account
        self._app.uses.note(account, number)
        await self._show(account, number, Shape(), wanted=True)
        if self._app.settings.ui.mark_seen != "never":
            await self._mark_seen()

    def _count_as_read(self) -> None:
        self._app.start(self._mark_seen())

    async def _mark_seen(self) -> None:
        if self.loaded is None or self._app.read_only:
            return
        content = self.loaded.content
        if SEEN not in content.summary.flags:
            await self._app.wishes.mark_seen(content.account, content.number)

    def show_nothing(self) -> None:
        """Empty the pane."""
        self._turn += 1
        if self._coming is None:
            return
        self._coming = None
        self.number, self.loaded, self.shape = None, None, Shape()
        self._app.panes.view.show(None)
        self._app.panes.parts.show(None)

    def _stop_timers(self) -> None:
        for timer in (self._timer, self._seen_timer):
            if timer is not None:
                timer.stop()
        self._timer = self._seen_timer = None

    # Showing.

    async def reshape(self, shape: Shape) -> None:
        """Show the same message another way."""
        await self.current()
        if self.number is not None:
            await self._show(self.account, self.number, shape, wanted=True)

    async def current(self) -> Loaded | None:
        """Give the cursor's message, shown first if the preview has not yet followed."""
        number = self._app.panes.list.cursor_number
        if number is None:
            return None
        account = self._app.listing.account
        if (account, number) != (self.account, self.number) or self.loaded is None:
            self._stop_timers()
            await self._show(account, number, Shape(), wanted=True)
        return self.loaded

    def is_about(self, account: str, numbers: Set[MessageNumber]) -> bool:
        """Tell whether one of these messages is shown, or is being loaded."""
        places = ((self.account, self.number), self._coming or ("", None))
        return any(name == account and number in numbers for name, number in places)

    async def again(self) -> None:
        """Load the message again: something of it changed."""
        if self._loading:
            # What is wanted of it is not to be forgotten.
            self._stale = True
        elif self.number is not None:
            await self._show(self.account, self.number, self.shape)

    async def _show(
        self,
        account: str,
        number: MessageNumber,
        shape: Shape,
        *,
        wanted: bool = False,
    ) -> None:
        self._loading += 1
        try:
            await self._load_and_show(account, number, shape, wanted=wanted)
        finally:
            self._loading -= 1
        if self._stale and not self._loading:
            self._stale = False
            await self.again()

    async def _load_and_show(
        self, account: str, number: MessageNumber, shape: Shape, *, wanted: bool
    ) -> None:
        turn = self._turn = self._turn + 1
        self._coming = (account, number)
        database = self._app.accounts.database(account)
        hosts = self._app.accounts.account(account).own_hosts
        read = partial(load, database, number, shape, self.render_child(), hosts)
        try:
            loaded = await self.read_from(account, read)
        except NotFound:
            if turn == self._turn:
                self.show_nothing()
            return
        if turn != self._turn:
            return
        self.account, self.number, self.shape = account, number, shape
        self.loaded = loaded
        if loaded.missing:
            said = await self._ask_for(account, number, loaded, wanted=wanted)
            if turn != self._turn:
                return
            loaded = replace(loaded, content=replace(loaded.content, status=said))
        content = loaded.content
        if self._app.opened is not None:
            # All of it is at hand, in the file.
            content = replace(content, downloaded=content.downloaded | {WHOLE})
        self._app.panes.view.show(content)
        if self._app.panes.lists_parts:
            chosen = self._app.panes.parts.chosen
            self._app.panes.parts.show(
                content.structure,
                content.downloaded,
                chosen=chosen.part_id if chosen else None,
            )

    async def read_from(self, account: str, read: Callable[[], _T]) -> _T:
        """Read from the store in a thread; what is damaged counts as missing."""
        from tui_mail.store.content import PartDamaged
        from tui_mail.store.damage import give_up

        try:
            return await asyncio.to_thread(read)
        except PartDamaged as error:
            give = partial(give_up, number=error.number, part=error.part)
            if not await self._app.wishes.write(account, give):
                raise
        return await asyncio.to_thread(read)

    def render_child(self) -> "Renderer":
        """Give the reader's own render child, started where there is none."""
        from tui_mail.mime.render import Renderer

        if self._renderer is None:
            self._renderer = Renderer()
        return self._renderer

    # Fetching what is not here.

    async def _ask_for(
        self, account: str, number: MessageNumber, loaded: Loaded, *, wanted: bool
    ) -> Displayable:
        """Have what is missing fetched, or noted down for later; say so."""
        key = (account, number)
        if key in self._refused and not wanted:
            return self._refused[key]
        if not wanted and any(one.number == number for one in self._asked.values()):
            return own("Fetching…")
        self._refused.pop(key, None)
        if self._ask_engine(account, number, loaded, wanted=wanted):
            return own("Fetching…")
        if self._app.opened is not None:
            # The process that reads the file starts with the reader.
            return own("Fetching…")
        if wanted:
            await self.want(account, number, loaded.missing)
        elif not loaded.is_asked_for:
            return own("Not here yet. Enter asks for it.")
        return _COMES_LATER

    def _ask_engine(
        self, account: str, number: MessageNumber, loaded: Loaded, *, wanted: bool
    ) -> bool:
        """Ask the engine for what is missing; False if nobody hears it."""
        engine = self._app.engines.engine(account)
        if engine is None or self._app.offline:
            return False
        heard = False
        for part in loaded.missing:
            request = engine.fetch(number, part)
            if request is not None:
                self._asked[account, request] = _Asked(number, part, wanted)
                self._app.fetching.begin(account, request, _name(loaded, part))
                heard = True
        return heard

    async def want(
        self, account: str, number: MessageNumber, parts: tuple[PartId | None, ...]
    ) -> None:
        """Note down what is to be fetched at the next connection."""
        from tui_mail.store.wanting import want_part

        if self._app.read_only or self._app.accounts.account(account).kind != "imap":
            return

        def write(tx: "Transaction") -> None:
            for part in parts:
                want_part(tx, number, part)

        with suppress(NotFound):
            await self._app.wishes.write(account, write)

    def asked_of(self, account: str) -> list[int]:
        """Number the requests that an engine has not answered."""
        return [request for name, request in self._asked if name == account]

    def fetched(
        self, account: str, request: int, *, ok: bool, line: Displayable
    ) -> None:
        """Take note that a request came to its end, if it was ours."""
        asked = self._asked.pop((account, request), None)
        if asked is None:
            return
        if not ok:
            said = line or own("It could not be fetched.")
            if line != CANCELLED and not self._app.servers.is_connected(account):
                said = (
                    _COMES_LATER if asked.wanted else own(f"{said} Enter asks for it.")
                )
                if asked.wanted:
                    work = self.want(account, asked.number, (asked.part,))
                    self._app.start(work)
            self._refused[account, asked.number] = said
        if (account, asked.number) == (self.account, self.number):
            self._app.start(self.again())

    def connected(self, account: str) -> None:
        """Take note that there is a connection again: what failed may come now."""
        failed = [key for key in self._refused if key[0] == account]
        for key in failed:
            del self._refused[key]
        if self._app.opened is not None and self.loaded and self.loaded.missing:
            failed.append((account, self.loaded.content.number))
        if self.number is not None and (self.account, self.number) in failed:
            self._app.start(self.again())

    async def octets(self, part: PartId) -> bytes:
        """Give a part of the message as it was sent, fetched if need be.

        Raises MailError where it is not here and cannot be had.
        """
        from tui_mail.ui.loading import load_octets

        number, account = self.number, self.account
        if number is None:
            raise MailError("no message is shown")
        database = self._app.accounts.database(account)
        read = partial(load_octets, database, number, part)
        found = await self.read_from(account, read)
        if found is not None:
            return found
        name = own("the message") if self.loaded is None else _name(self.loaded, part)
        try:
            await self._app.servers.fetch(account, number, part, name)
        except LinkLost:
            await self.want(account, number, (part,))
            raise
        self._app.uses.note(account, number)
        found = await asyncio.to_thread(read)
        if found is None:
            raise MailError("the server did not give it")
        return found

    def close(self) -> None:
        """End the render child."""
        self._stop_timers()
        if self._renderer is not None:
            self._renderer.close()


def _name(loaded: Loaded, part: PartId | None) -> Displayable:
    """Name what is fetched: a part by its file, else the message by its subject."""
    found = find_part(loaded.content.structure, part) if part else None
    if found is not None and found.filename:
        return found.filename
    return own(f'"{loaded.content.envelope.subject or "(no subject)"}"')
