"""Whom one writes to and hears from, for the completion of addresses."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import MailboxId
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.message import Address
from tui_mail.store.contents import moment_of
from tui_mail.store.mailboxes import load_mailboxes
from tui_mail.store.people import unpack_people
from tui_mail.store.source import Source

_NEWEST = 20_000
"""Messages that are looked at besides those in Sent."""
_EVER = -(1 << 62)
_WRITTEN = 5.0
"""A message to somebody tells so many times as much as one from there."""
_PALES = 30 * 86_400
"""Seconds after which a message counts half as much as one of now."""
_AUTOMATIC = re.compile(
    r"(?:.*[-_.+])?(?:(?:no|not|donot|do[-_.]not)[-_.]?reply|mailer-daemon|postmaster"
    r"|bounces?|unsubscribe)(?:[-_.+].*)?@.*",
    re.IGNORECASE,
)
_NOT_FROM = (SpecialUse.SENT, SpecialUse.DRAFTS, SpecialUse.TRASH, SpecialUse.JUNK)
_DATES = "SELECT date FROM message WHERE mailbox = ? ORDER BY date DESC LIMIT ?"
_SINCE = """
    SELECT c.senders, c.recipients, c.copies, m.date
    FROM message m JOIN content c ON c.id = m.content WHERE m.mailbox = ? AND m.date >= ?
"""


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody whom one wrote to or heard from."""

    address: Displayable
    name: Displayable
    """The last that was used; empty where there never was any."""
    written: int
    """Messages to them."""
    heard: int
    """Messages from them."""
    last: datetime


@dataclass(slots=True)
class _Known:
    address: Displayable
    name: Displayable = Displayable("")
    named: int = -1
    written: int = 0
    heard: int = 0
    last: int = 0
    weight: float = 0.0


@dataclass(slots=True)
class _Found:
    now: int
    people: dict[str, _Known] = field(default_factory=dict)

    def note(self, one: Address, date: int, *, written: bool) -> None:
        if "@" not in one.address:
            return
        key = one.address.lower()
        known = self.people.get(key)
        if known is None:
            known = self.people[key] = _Known(one.address)
        weight = _PALES / (_PALES + max(0, self.now - date))
        if written:
            known.written += 1
            known.weight += _WRITTEN * weight
        else:
            known.heard += 1
            known.weight += weight
        known.last = max(known.last, date)
        if one.name and date > known.named:
            known.name, known.named = one.name, date


def load_correspondents(
    source: Source, *, own: Callable[[str], bool]
) -> list[Correspondent]:
    """Load all correspondents, whom one most likely means first.

    Those written to count more than those heard from, what was lately more than what was
    long ago; addresses that nobody reads come last. All sent messages are looked at, and
    the newest of the others. ``own`` tells one's own addresses.
    """
    found = _Found(int(time.time()))
    people, is_own = cache(unpack_people), cache(own)
    for senders, recipients, copies, date in _rows(source):
        froms = people(senders)
        if any(is_own(one.address) for one in froms):
            for one in (*people(recipients), *people(copies)):
                found.note(one, date, written=True)
        else:
            for one in froms:
                found.note(one, date, written=False)
    ranked = sorted(
        found.people.values(),
        key=lambda one: (_AUTOMATIC.fullmatch(one.address) is not None, -one.weight),
    )
    return [
        Correspondent(
            one.address, one.name, one.written, one.heard, moment_of(one.last)
        )
        for one in ranked
    ]


def _rows(source: Source) -> Iterator[tuple[str, str, str, int]]:
    boxes = load_mailboxes(source)
    sent = [box.id for box in boxes if box.special_use is SpecialUse.SENT]
    others = [box.id for box in boxes if box.special_use not in _NOT_FROM]
    since = _newest_since(source, others)
    for mailbox in sent:
        yield from source.connection.execute(_SINCE, (mailbox, _EVER))
    for mailbox in others:
        yield from source.connection.execute(_SINCE, (mailbox, since))


def _newest_since(source: Source, mailboxes: Sequence[MailboxId]) -> int:
    """Find since when the newest messages in these mailboxes are.

    Each mailbox is in the order of time in its index; all of them together are not.
    """
    dates: list[int] = [
        date
        for mailbox in mailboxes
        for (date,) in source.connection.execute(_DATES, (mailbox, _NEWEST))
    ]
    if len(dates) < _NEWEST:
        return _EVER
    dates.sort(reverse=True)
    return dates[_NEWEST - 1]
