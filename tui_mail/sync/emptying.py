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
from tui_mail.sync.pacing import Pace

_SESSION = "trash_days"
"""Names in the journal who did it."""
_AT_A_TIME = 500


def empty_trash(source: Source, pace: Pace, account: Account) -> int:
    """Delete for ever what lies in the trash for longer than ``trash_days``; how many.

    It is a wish as a person's would be: seen among what waits, and in the journal.
    """
    trash = _find_trash(source, account)
    if trash is None:
        return 0
    now, count = datetime.now(UTC), 0
    with pace.transaction() as tx:
        note_trashed(tx, trash.id, now)
    while numbers := overdue(source, account, now):
        count += len(numbers)
        said = (
            f"deleted {counted(len(numbers))} for ever, {account.trash_days} days after"
            f" they came to {trash.name}"
        )
        with pace.transaction() as tx:
            perform(tx, Expunge(tuple(numbers)), said=said, session=_SESSION)
    return count


def overdue(source: Source, account: Account, now: datetime) -> Sequence[MessageNumber]:
    """List what is to be deleted now, as far as was noted before."""
    trash = _find_trash(source, account)
    if trash is None:
        return ()
    before = now - timedelta(days=account.trash_days)
    return load_overdue(source, trash.id, before, _AT_A_TIME)


def _find_trash(source: Source, account: Account) -> Mailbox | None:
    """Find the trash that is emptied: of an IMAP account only one that its server has."""
    if not account.trash_days:
        return None
    trash = find_role(source, SpecialUse.TRASH)
    on_server = account.imap is not None
    return None if trash is None or (on_server and trash.local) else trash
