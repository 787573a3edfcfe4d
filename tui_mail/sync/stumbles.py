"""What connections were lost over: one mailbox, one wish must not stop all others."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tui_mail.model.displayable import Displayable
from tui_mail.model.error import LinkLost, ProtocolError, ServerHangs
from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox import Mailbox
from tui_mail.store.eviction import octets_kept
from tui_mail.store.mailboxes import load_state
from tui_mail.store.source import Source

_MOST = 2
"""After so many losses in a row without any progress the mailbox is left alone."""
_WHILE = 600.0
"""Seconds for which it is."""
_MOST_TRIES = 8
_MOST_IN_A_ROW = 3
"""After so many one after the other it is not about the mailboxes."""


_FIRST_WAIT = 2.0
"""Seconds after which a wish is tried again over which two connections were lost."""
_FIRST_WAIT_OF_HANGING = 60.0
"""The same where the server did not answer: each attempt keeps all else waiting."""
_LONGEST_WAIT = 3_600.0


@dataclass(slots=True)
class _Stumble:
    line: Displayable
    times: int
    at: float


@dataclass(frozen=True, slots=True)
class _Doubt:
    times: int
    at: float
    until: float


class Stumbles:
    """Noted by the connection that leads, one loss after the other; all heed it."""

    def __init__(self) -> None:
        self._stumbles: dict[MailboxId, _Stumble] = {}
        self._doubts: dict[str, _Doubt] = {}
        """Wishes over which a connection was lost, by their names."""
        self._count = self._in_a_row = 0
        self._new = False

    @contextmanager
    def watched(self, source: Source, mailbox: MailboxId) -> Iterator[None]:
        """Note it where the connection is lost over a mailbox; it is raised on."""
        before = _how_far(source, mailbox)
        try:
            yield
        except (LinkLost, ProtocolError) as error:
            self._note(mailbox, error, far=_how_far(source, mailbox) != before)
            raise
        self._stumbles.pop(mailbox, None)
        self._in_a_row = 0

    def _note(
        self, mailbox: MailboxId, error: LinkLost | ProtocolError, *, far: bool
    ) -> None:
        last = self._stumbles.get(mailbox)
        times = 1 if far or last is None else last.times + 1
        self._stumbles[mailbox] = _Stumble(error.line, times, time.monotonic())
        self._count += 1
        self._in_a_row = 1 if far else self._in_a_row + 1
        self._new = not isinstance(error, ServerHangs)

    @property
    def noted(self) -> bool:
        """Whether a connection was lost over a mailbox that was not in order since."""
        return bool(self._stumbles)

    def ordered(self, boxes: Sequence[Mailbox]) -> list[Mailbox]:
        """Put those last over which a connection was lost."""
        return sorted(boxes, key=lambda box: box.id in self._stumbles)

    def given_up(self, mailbox: MailboxId) -> Displayable | None:
        """Say why a mailbox is left alone for now; None where it is not."""
        stumble = self._stumbles.get(mailbox)
        if stumble is None or stumble.times < _MOST:
            return None
        if time.monotonic() - stumble.at > _WHILE:
            return None
        return stumble.line

    def worth_another_try(self) -> bool:
        """Tell whether the others may be had over a new connection, where one was lost.

        A server that does not answer any more is not waited for again and again.
        """
        new, self._new = self._new, False
        return new and self._in_a_row < _MOST_IN_A_ROW and self._count <= _MOST_TRIES

    # Wishes.

    @contextmanager
    def trying(self, wish: str, since: float) -> Iterator[None]:
        """Note it where the connection is lost over a wish; it is raised on.

        ``since``: when the connection was made. One from before the last loss was lost
        with that one, and the wish is not to blame.
        """
        lost: LinkLost | ProtocolError | None = None
        try:
            yield
        except (LinkLost, ProtocolError) as error:
            lost = error
            raise
        finally:
            before = self._doubts.pop(wish, None)
            if lost is not None:
                self._doubts[wish] = _doubted(before, since, lost)
                self._count += 1
                self._new = before is None

    def has_turn(self, wish: str, *, last: bool) -> bool:
        """Tell whether a wish is for this pass: the doubtful ones come last of all.

        One over which connections are lost again and again has to wait besides.
        """
        doubt = self._doubts.get(wish)
        if doubt is None:
            return not last
        return last and time.monotonic() >= doubt.until

    def forgive(self, wish: str) -> None:
        """Treat a wish as any other: a person wants it tried."""
        self._doubts.pop(wish, None)

    def had_their_turn(self, begun: float) -> None:
        """Forget the doubts that a pass over them, begun then, has left.

        Those wishes are there no more, or wait for others: nothing is to be tried for
        them until then.
        """
        for wish, doubt in list(self._doubts.items()):
            if doubt.until <= begun:
                self._doubts.pop(wish, None)

    @property
    def seconds_to_doubtful(self) -> float | None:
        """Say how long it is until the first doubtful wish has its turn."""
        moments = [doubt.until for doubt in list(self._doubts.values())]
        return max(0.0, min(moments) - time.monotonic()) if moments else None


def _doubted(
    before: _Doubt | None, since: float, error: LinkLost | ProtocolError
) -> _Doubt:
    now = time.monotonic()
    if before is None:
        return _Doubt(1, now, now)
    if since < before.at:
        return before
    hangs = isinstance(error, ServerHangs)
    first = _FIRST_WAIT_OF_HANGING if hangs else _FIRST_WAIT
    wait = min(first * 2.0 ** (before.times - 1), _LONGEST_WAIT)
    return _Doubt(before.times + 1, now, now + wait)


def _how_far(source: Source, mailbox: MailboxId) -> object:
    """Give what changes where something came before the loss: headers, or octets."""
    return load_state(source, mailbox), octets_kept(source)
