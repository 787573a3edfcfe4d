"""The trash emptied by itself, where the settings say so: ``trash_days``."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tui_mail.config.settings import Account
from tui_mail.model.ids import MessageNumber
from tui_mail.model.mailbox import Mailbox, SpecialUse
from tui_mail.model.operation import Expunge
from tui_mail.store.mailboxes import find_role
from tui_mail.store.operations import counted
from tui_mail.store.performing import perform
from tui_mail.store.source import Source
from tui_mail.store.trash import load_overdue, note_trashed
from tui_mail.sync.session import Session

_SESSION = "trash_days"
"""Names in the journal who did it."""
_AT_A_TIME = 500


def empty_trash(session: Session, account: Account) -> None:
    """Delete for ever what lies in the trash for longer than ``trash_days``.

    It is a wish as a person's would be: seen among what waits, and in the journal.
    """
    if not account.trash_days:
        return
    now = datetime.now(UTC)
    trash = _find_trash(session.database)
    if trash is None:
        return
    with session.pace.transaction() as tx:
        note_trashed(tx, trash.id, now)
    while numbers := overdue(session.database, account, now):
        said = (
            f"deleted {counted(len(numbers))} for ever, {account.trash_days} days after"
            f" they came to {trash.name}"
        )
        with session.pace.transaction() as tx:
            perform(tx, Expunge(tuple(numbers)), said=said, session=_SESSION)


def overdue(source: Source, account: Account, now: datetime) -> Sequence[MessageNumber]:
    """List what is to be deleted now, as far as was noted before."""
    trash = _find_trash(source) if account.trash_days else None
    if trash is None:
        return ()
    before = now - timedelta(days=account.trash_days)
    return load_overdue(source, trash.id, before, _AT_A_TIME)


def _find_trash(source: Source) -> Mailbox | None:
    trash = find_role(source, SpecialUse.TRASH)
    return None if trash is None or trash.local else trash
