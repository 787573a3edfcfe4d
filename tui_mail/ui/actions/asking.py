"""Asking for a query: a mistake in it is shown at its place, and asked about again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from tui_mail.model.error import QueryError
from tui_mail.ui.screens.prompt import Prompt

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_REST = 0.2
"""Seconds without a key after which a half-typed query is tried."""

Use = Callable[[str], Awaitable[None]]


async def ask_query(
    app: "MailApp",
    question: str,
    use: Use,
    *,
    value: str = "",
    meanwhile: Use | None = None,
    elsewhere: Callable[[], None] | None = None,
) -> bool:
    """Ask until the query can be used or nothing is wanted (then False).

    ``meanwhile`` is tried with what stands there while one types; mistakes in that
    are nobody's business. ``elsewhere`` is called after a query that is to be used
    on the server too.
    """
    trying = _Trying(app, meanwhile)
    kind = Prompt if elsewhere is None else SearchPrompt
    while True:
        prompt = kind(
            question,
            value=value,
            history=app.history["query"],
            on_change=trying.typed,
            hints=() if elsewhere is None else [("Ctrl+S", "on the server too")],
        )
        if trying.mistake is not None:
            prompt.set_error(trying.mistake.args[0], trying.mistake.column)
        typed = await app.ask(prompt)
        await trying.stop()
        if typed is None:
            return False
        try:
            await use(typed.strip())
        except QueryError as mistake:
            trying.mistake, value = mistake, typed
            continue
        app.remember("query", typed.strip())
        if elsewhere is not None and isinstance(prompt, SearchPrompt) and prompt.server:
            elsewhere()
        return True


class SearchPrompt(Prompt):
    """A question for a query that the server can be asked too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "take_for_server", priority=True),
    ]

    server = False
    """Whether it is to be asked."""

    def action_take_for_server(self) -> None:
        """Answer, and have the server asked."""
        self.server = True
        self.action_take()


class _Trying:
    """Tries what is typed once the fingers rest."""

    def __init__(self, app: "MailApp", use: Use | None) -> None:
        self._app, self._use = app, use
        self._task: asyncio.Task[None] | None = None
        self.mistake: QueryError | None = None

    def typed(self, text: str) -> None:
        """Take what stands there now."""
        if self._use is None:
            return
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(self._try(self._use, text.strip()))

    async def _try(self, use: Use, text: str) -> None:
        await asyncio.sleep(_REST)
        if text:
            try:
                await use(text)
            except QueryError:
                return

    async def stop(self) -> None:
        """Try nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
