"""Messages put into the archive by their dates: into a mailbox for each year, or month."""

from collections.abc import Iterable
from datetime import tzinfo

from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.mailbox import ARCHIVE_PERIODS, Mailbox
from tui_mail.model.message import MessageSummary
from tui_mail.model.operation import Move, MoveApart
from tui_mail.store.database import Transaction
from tui_mail.store.mailbox_wishes import create_mailbox
from tui_mail.store.mailboxes import find_mailbox


def move_by_date(
    tx: Transaction,
    archive: Mailbox,
    messages: Iterable[MessageSummary],
    period: str,
    zone: tzinfo | None,
) -> MoveApart:
    """Make the mailboxes below the archive that are missing; say what goes where.

    ``period`` is ``"year"`` or ``"month"``, in a time zone (None: the local one). What is
    where it belongs does not go. Raises MailError where none can be made there.
    """
    apart: dict[MailboxId, list[MessageNumber]] = {}
    for one in messages:
        part = f"{one.date.astimezone(zone):{ARCHIVE_PERIODS[period]}}"
        place = _find_or_make(tx, f"{archive.name}/{part}")
        if one.mailbox != place:
            apart.setdefault(place, []).append(one.number)
    return MoveApart(
        tuple(Move(tuple(numbers), place) for place, numbers in apart.items())
    )


def _find_or_make(tx: Transaction, name: str) -> MailboxId:
    found = find_mailbox(tx, name)
    return found.id if found is not None else create_mailbox(tx, name).mailbox
