"""Parts that are being fetched for somebody: how far they are, and an end to it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tui_mail.link.messages import Cancel, Done, PartProgress
from tui_mail.model.displayable import Displayable, own
from tui_mail.model.sizes import size_text
from tui_mail.ui.cells import cut

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp
    from tui_mail.ui.engines import EngineSaid

_WORTH_SAYING = 100_000
"""Octets from which on one sees how far it is: less is here at once."""
_NAME = 32
"""Cells of a name."""
CANCELLED = own("Cancelled; what has come is kept, the rest goes on from there.")


@dataclass(frozen=True, slots=True)
class _Running:
    what: Displayable
    done: int = 0
    total: int = 0


class Fetching:
    """What the engines were asked for and have not answered yet."""

    def __init__(self, app: "MailApp") -> None:
        self._app = app
        self._running: dict[tuple[str, int], _Running] = {}

    def begin(self, account: str, request: int, what: Displayable) -> None:
        """Take note of what was asked for, with its name."""
        self._running[account, request] = _Running(what)

    def heard(self, event: "EngineSaid") -> None:
        """Take note of how far it is, and that it is over."""
        said = event.said
        if isinstance(said, PartProgress):
            key = event.account, said.request
            running = self._running.get(key)
            if running is not None:
                self._running[key] = replace(running, done=said.done, total=said.total)
                self._app.say_status()
        elif isinstance(said, Done):
            self._end(event.account, said.request)

    def forget(self, account: str) -> None:
        """Take note that the engine has gone: nothing of it goes on."""
        for name, request in list(self._running):
            if name == account:
                self._end(account, request)

    def _end(self, account: str, request: int) -> None:
        if self._running.pop((account, request), None) is not None:
            self._app.say_status()

    def cancel(self) -> bool:
        """Give it all up; False if there was nothing.

        Who waits is told at once; the engine ends with the piece that is under way.
        """
        running = list(self._running)
        for account, request in running:
            self._end(account, request)
            self._app.engines.send(account, Cancel(request))
            self._app.servers.give_up(account, request, CANCELLED)
        return bool(running)

    def in_words(self) -> str:
        """Say how far it is, of several of all together."""
        large = [one for one in self._running.values() if one.total >= _WORTH_SAYING]
        if not large:
            return ""
        what = cut(large[0].what, _NAME) if len(large) == 1 else f"{len(large)} parts"
        done, total = sum(one.done for one in large), sum(one.total for one in large)
        end = f"{self._app.key_of('app.cancel')} ends it"
        return f"fetching {what}: {size_text(done)} of {size_text(total)} ({end})"
