"""Asking for many messages where the server may refuse all because of one."""

import itertools
from collections.abc import Callable, Collection

from tui_mail.model.error import ServerRefused
from tui_mail.model.ids import Uid
from tui_mail.model.message import FetchedMessage
from tui_mail.model.uids import UidSet
from tui_mail.sync.reconcile import newest_slices
from tui_mail.sync.refusals import is_about_messages
from tui_mail.sync.session import Session

_MOST_REFUSALS = 300
"""After so many it is not about single messages."""
_MOST_IN_VAIN = 5
"""So many are refused one by one, where none was given, before all count as refused."""

Refused = dict[Uid, ServerRefused]
"""The messages that are refused even alone, with what was said."""


def in_pieces(session: Session, uids: UidSet, ask: Callable[[UidSet], None]) -> Refused:
    """Ask about messages; where the server refuses, about half of them, down to one.

    Raises ServerRefused where it is not about a message: it passes, or all are refused.
    """
    alone: Refused = {}
    waiting = [uids]
    refusals, narrowed, given = 0, False, False
    while waiting:
        some = waiting.pop()
        try:
            ask(some)
        except ServerRefused as refusal:
            refusals += 1
            in_vain = not given and len(alone) >= _MOST_IN_VAIN
            if refusals > _MOST_REFUSALS or in_vain or not is_about_messages(refusal):
                raise
            if not narrowed:
                # Most of a range need not exist, and nothing would be left to halve.
                some, narrowed = session.connection.existing_uids(some), True
            if len(some) == 1:
                alone[next(iter(some))] = refusal
            elif some:
                waiting += [*newest_slices(some, (len(some) + 1) // 2)][::-1]
        else:
            given = True
    return alone


def fetch_messages(session: Session, uids: UidSet, where: str) -> list[FetchedMessage]:
    """Fetch those messages that the server gives; of the others the receipt tells.

    Asked for ``9:*`` servers give the last message even where it is 8.
    """
    messages: dict[Uid, FetchedMessage] = {}

    def ask(some: UidSet) -> None:
        for batch in session.connection.fetch_messages(some):
            messages.update((one.uid, one) for one in batch if one.uid in uids)

    complain(session, where, in_pieces(session, uids, ask).values())
    return list(messages.values())


def complain(session: Session, where: str, refused: Collection[ServerRefused]) -> None:
    """Tell that messages cannot be had, and why not the first of them."""
    for refusal in itertools.islice(refused, 1):
        said = "a message" if len(refused) == 1 else f"{len(refused):,} messages"
        session.receipt.complain(f"{where}: {said} cannot be had: {refusal.line}")
