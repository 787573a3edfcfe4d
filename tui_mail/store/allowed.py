"""What the server would refuse for want of a right, refused here before it takes effect."""

import json
from collections.abc import Iterator, Sequence

from tui_mail.model.error import MailError
from tui_mail.model.flags import SEEN
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.mailbox import TAKE_OUT
from tui_mail.model.operation import (
    Copy,
    CreateMailbox,
    DeleteMailbox,
    Expunge,
    Move,
    MoveApart,
    RenameMailbox,
    SetFlags,
    Transfer,
    Wish,
)
from tui_mail.model.rights import Right
from tui_mail.store.mailboxes import find_mailbox, load_mailbox
from tui_mail.store.source import Source


def refuse_forbidden(source: Source, wish: Wish) -> None:
    """Raise MailError for a wish that is against the rights in a mailbox."""
    for mailbox, needed in _needed(source, wish):
        if why := load_mailbox(source, mailbox).why_not(*needed):
            raise MailError(why)


def needed_for_flags(flags: frozenset[str]) -> tuple[Right, ...]:
    """Name the rights that it takes to change flags."""
    seen = (Right.KEEP_SEEN,) if SEEN in flags else ()
    return (*seen, Right.KEEP_FLAGS) if flags - {SEEN} else seen


def _needed(
    source: Source, wish: Wish
) -> Iterator[tuple[MailboxId, tuple[Right, ...]]]:
    """Name the mailboxes that a wish touches, and the rights that it takes there."""
    if isinstance(wish, MoveApart):
        for one in wish.moves:
            yield from _needed(source, one)
    elif isinstance(wish, SetFlags):
        rights = needed_for_flags(wish.add | wish.remove)
        yield from ((box, rights) for box in _places(source, wish.messages))
    elif isinstance(wish, Move | Expunge) or (
        isinstance(wish, Transfer) and not wish.copying
    ):
        yield from ((box, TAKE_OUT) for box in _places(source, wish.messages))
    elif isinstance(wish, RenameMailbox | DeleteMailbox):
        yield wish.mailbox, (Right.DELETE_MAILBOX,)
    elif isinstance(wish, CreateMailbox):
        above = find_mailbox(source, wish.name.rpartition("/")[0])
        if above is not None:
            yield above.id, (Right.CREATE_BELOW,)
    if isinstance(wish, Move | Copy):
        yield wish.target, (Right.INSERT,)


def _places(source: Source, numbers: Sequence[MessageNumber]) -> list[MailboxId]:
    """Name the mailboxes where messages lie that do not only wait to come there."""
    rows = source.connection.execute(
        "SELECT DISTINCT mailbox FROM message WHERE mailbox = server_mailbox"
        " AND mailbox <> 0 AND number IN (SELECT value FROM json_each(?))",
        (json.dumps(numbers),),
    )
    return [MailboxId(number) for (number,) in rows]
