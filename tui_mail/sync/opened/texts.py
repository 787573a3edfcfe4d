"""Texts made ahead, so that a search finds them; as many as a bound allows."""

from collections.abc import Iterator, Sequence

from tui_mail.model.body import BodyPart
from tui_mail.model.error import MailError
from tui_mail.model.ids import MessageNumber
from tui_mail.model.readable import ReadableText
from tui_mail.store.content import missing_text
from tui_mail.store.database import Database, Transaction
from tui_mail.store.eviction import octets_kept
from tui_mail.store.mailboxes import load_mailboxes
from tui_mail.store.messages import load_summary
from tui_mail.sync.opened.serving import SMALL, Serving, save_made
from tui_mail.sync.pacing import Pace

MOST = 100_000_000
"""Octets of texts and their index words that are kept: about half of it is text."""
_AT_A_TIME = 2_000
_TOGETHER = 20
"""Texts in one transaction."""


Made = tuple[MessageNumber, tuple[bytes, BodyPart, ReadableText]]


def text_steps(database: Database, serving: Serving) -> Iterator[tuple[int, bool]]:
    """Make texts, the newest first; how many were made, and whether the bound was met.

    What cannot be read, and what is larger than the child takes, is passed over: it is
    read when somebody opens it.
    """
    made = 0
    pace = Pace(database)
    for numbers in _missing(database):
        for start in range(0, len(numbers), _TOGETHER):
            ready: list[Made] = []
            for number in numbers[start : start + _TOGETHER]:
                ready += _made(database, serving, number)
                yield made, False
            pace.apply(ready, _save)
            made += len(ready)
            if octets_kept(database) >= MOST:
                yield made, True
                return
    yield made, False


def _missing(database: Database) -> Iterator[list[MessageNumber]]:
    """List messages without a text, those that were listed before not again."""
    for box in load_mailboxes(database):
        listed: set[MessageNumber] = set()
        passed = 0
        while True:
            limit = _AT_A_TIME + passed
            found = missing_text(database, box.id, since=None, limit=limit)
            numbers = [number for number in found if number not in listed]
            if not numbers:
                break
            listed.update(numbers)
            passed = len(found) - len(numbers)
            yield numbers


def _made(database: Database, serving: Serving, number: MessageNumber) -> list[Made]:
    try:
        if load_summary(database, number).size > SMALL:
            return []
        return [(number, serving.make_text(number))]
    except (MailError, OSError):
        return []


def _save(tx: Transaction, ready: Sequence[Made]) -> None:
    for number, made in ready:
        save_made(tx, number, made)
