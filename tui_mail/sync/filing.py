"""What follows once the server has a message: its copy in Sent, its parent, its draft.

Here is what needs no server; :mod:`tui_mail.sync.filing_there` asks one.
"""

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from tui_mail.config.settings import Account
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.render import Renderer
from tui_mail.model.error import MailError, NotFound, StoreDamaged, StoreFailed
from tui_mail.model.flags import ANSWERED, SEEN
from tui_mail.model.ids import WHOLE, MessageNumber
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.outgoing import Submission
from tui_mail.store.appending import begin_append, finish_append
from tui_mail.store.content import save_chunk
from tui_mail.store.database import Database, Transaction
from tui_mail.store.drafts import sent_mailbox
from tui_mail.store.messages import remove_numbers
from tui_mail.store.outbox import (
    SubmissionDamaged,
    load_octets,
    note_copy,
    note_filed,
    put_off,
    settle_accepted,
)
from tui_mail.store.threads import find_by_message_id
from tui_mail.store.wishes import expunge_messages, set_flags
from tui_mail.store.writing import end_writing
from tui_mail.sync.pacing import Pace
from tui_mail.sync.upkeep import make_text

_LOG = logging.getLogger(__name__)
_FILE_THEMSELVES = (
    "gmail.com",
    "googlemail.com",
    "office365.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
)
"""Domains of submission servers that put a copy of each message into Sent."""
LATER = timedelta(minutes=5)
"""After which what could not be filed is tried again."""


def accept(tx: Transaction, one: Submission) -> None:
    """Note that the server has a message, with all that follows from that alone.

    Its draft goes, and the message that it answers gets its flag.
    """
    settle_accepted(tx, one.id)
    if one.draft is not None:
        expunge_messages(tx, [one.draft])
    if one.writing is not None:
        end_writing(tx, one.writing)
    if one.parent is not None:
        parents, flag = [one.parent], one.parent_flag
    else:
        parents, flag = find_by_message_id(tx, one.in_reply_to), ANSWERED
    if flag:
        set_flags(tx, parents, frozenset({flag}), frozenset())


def file_here(
    database: Database,
    pace: Pace,
    renderer: Renderer,
    account: Account,
    one: Submission,
) -> None:
    """File a message that was accepted where no server has to be asked.

    What speaks against it is kept with the row, and it is tried again later.
    """
    if account.smtp is not None and account.smtp.save_sent == "never":
        with pace.transaction() as tx:
            note_filed(tx, one.id)
        return
    try:
        number = put_into_sent(database, pace, account, one)
        if number is not None:
            with suppress(NotFound):
                make_text(database, pace, renderer, number)
    except (StoreFailed, StoreDamaged):
        raise
    except MailError as error:
        with pace.transaction() as tx:
            put_off(tx, one.id, datetime.now(UTC) + LATER, error.line)


def files_itself(host: str) -> bool:
    """Tell whether a submission server is known to put a copy into Sent itself."""
    host = host.lower()
    return any(host == name or host.endswith(f".{name}") for name in _FILE_THEMSELVES)


def put_into_sent(
    database: Database, pace: Pace, account: Account, one: Submission
) -> MessageNumber | None:
    """Put its copy into Sent, and let it go; in as many transactions as it takes.

    None where what is here of it is damaged.
    """
    try:
        pieces = load_octets(database, one.id)
        first = one.blind + next(pieces, b"")
    except SubmissionDamaged as error:
        _LOG.error("%s: send-%d: %s", account.name, one.id, error.line)
        with pace.transaction() as tx:
            note_filed(tx, one.id)
        return None
    now = datetime.now(UTC)
    with pace.transaction() as tx:
        if one.copy is not None:
            # Begun once, and broken off.
            remove_numbers(tx, [one.copy])
        number = begin_append(
            tx, parse_envelope(first), flags=frozenset({SEEN}), arrived=now
        )
        note_copy(tx, one.id, number)
        save_chunk(tx, number, WHOLE, 0, first)
    at = len(first)
    for piece in pieces:
        with pace.transaction() as tx:
            save_chunk(tx, number, WHOLE, at, piece)
        at += len(piece)
    with pace.transaction() as tx:
        name = account.mailboxes.get(SpecialUse.SENT, "")
        finish_append(tx, number, sent_mailbox(tx, name))
        note_filed(tx, one.id)
    return number
