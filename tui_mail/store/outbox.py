"""The outbox: messages with fixed octets on their way to a submission server.

A submission goes *queued*, *sending*, and is then *accepted* by the server's answer,
*refused*, put off (queued again), or *unknown* where the answer was lost. Nothing here
lets it go on any other ground than that it is filed, or that a person took it back.
"""

import json
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError, NotFound, NoWayBack, StoreDamaged
from tui_mail.model.event import OperationsChanged
from tui_mail.model.ids import MailboxId, MessageNumber, SubmissionId, WritingId
from tui_mail.model.outgoing import (
    Outgoing,
    RecipientState,
    Submission,
    SubmissionRecipient,
    SubmissionState,
)
from tui_mail.store.contents import moment_of, seconds_of
from tui_mail.store.database import Transaction
from tui_mail.store.drafts import drafts_mailbox, save_draft
from tui_mail.store.performing import begin_action
from tui_mail.store.source import Source
from tui_mail.store.submission_rows import (
    digest_of,
    load_rows,
    pack_recipients,
    unpack_recipients,
)
from tui_mail.store.wishes import expunge_messages
from tui_mail.store.writing import adopt_writing, end_writing

_CHUNK = 262_144
_GONE = "that mail is not in the outbox any more"
_ON_ITS_WAY = "{} is on its way to the server already"
_ACCEPTED = "{} was sent: the server has it"


class SubmissionDamaged(StoreDamaged):
    """What is here of a mail is not what was put into the outbox: it must not go."""


def submit(  # noqa: PLR0913 - what belongs to a mail, by its name
    tx: Transaction,
    outgoing: Outgoing,
    *,
    said: str,
    session: str,
    not_before: datetime | None,
    writing: WritingId | None = None,
    draft: MessageNumber | None = None,
    parent: MessageNumber | None = None,
    parent_flag: str = "",
    mailbox: MailboxId | None = None,
) -> SubmissionId:
    r"""Put a message into the outbox, with its entry in the journal.

    Args:
        tx: the transaction in which all of it becomes true.
        outgoing: the message and its envelope.
        said: what is done, in words: ``sent "Budget" to bob@there.example``.
        session: which start of the reader, or which command, does it.
        not_before: when it may go, a second later at most; None is at once.
        writing: what it was written in; it stays until the message is filed.
        draft: the message in Drafts that goes when it is filed.
        parent: the message that gets ``parent_flag`` when it is filed.
        parent_flag: ``\Answered``, ``$Forwarded``, or nothing.
        mailbox: the mailbox that the person looks at.
    """
    made = tx.connection.execute(
        "INSERT INTO submission (message_id, sender, recipients, subject, in_reply_to,"
        " blind, needs_utf8, eight_bit, size, sha256, envelope, created, not_before,"
        " writing, draft, parent, parent_flag)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            outgoing.message_id,
            outgoing.sender,
            pack_recipients([SubmissionRecipient(one) for one in outgoing.recipients]),
            displayable(outgoing.subject),
            outgoing.in_reply_to,
            outgoing.blind,
            outgoing.needs_utf8,
            outgoing.is_eight_bit,
            len(outgoing.octets),
            sha256(outgoing.octets).digest(),
            digest_of(outgoing.sender, outgoing.recipients),
            int(time.time()),
            math.ceil(not_before.timestamp()) if not_before else 0,
            *(writing or 0, draft or 0, parent or 0, parent_flag),
        ),
    )
    submission = SubmissionId(made.lastrowid or 0)
    for start in range(0, len(outgoing.octets), _CHUNK):
        tx.connection.execute(
            "INSERT INTO submission_chunk (submission, start, octets) VALUES (?, ?, ?)",
            (submission, start, outgoing.octets[start : start + _CHUNK]),
        )
    action = begin_action(tx, said, session=session, mailbox=mailbox, reversible=True)
    tx.connection.execute(
        "INSERT INTO action_submission (action, submission, writing) VALUES (?, ?, ?)",
        (action, submission, writing or 0),
    )
    return submission


# What the engine and the screen read.


def load_submissions(source: Source) -> list[Submission]:
    """Load all that is in the outbox, oldest first."""
    return load_rows(source, "1")


def load_submission(source: Source, submission: SubmissionId) -> Submission:
    """Load one; raises NotFound."""
    found = load_rows(source, "id = ?", submission)
    if not found:
        raise NotFound(_GONE)
    return found[0]


def was_taken_back(source: Source, submission: SubmissionId) -> bool:
    """Tell whether a person took it out of the outbox: then it was not sent from there."""
    row = source.connection.execute(
        "SELECT undone FROM action WHERE id ="
        " (SELECT action FROM action_submission WHERE submission = ?)",
        (submission,),
    ).fetchone()
    return row is not None and bool(row[0])


def load_due(source: Source, now: datetime) -> list[Submission]:
    """Load what may be sent now, oldest first."""
    return load_rows(source, "state = 'queued' AND not_before <= ?", seconds_of(now))


def load_to_file(source: Source, now: datetime) -> list[Submission]:
    """Load what the server has accepted and is still to be filed, oldest first."""
    return load_rows(source, "state = 'accepted' AND not_before <= ?", seconds_of(now))


def next_due(source: Source, now: datetime) -> datetime | None:
    """Say when the next may be sent, or filed: ``now`` if one may be; None for never."""
    [moment] = source.connection.execute(
        "SELECT min(not_before) FROM submission WHERE state IN ('queued', 'accepted')"
    ).fetchone()
    return max(now, moment_of(moment)) if moment is not None else None


def load_octets(source: Source, submission: SubmissionId) -> Iterator[bytes]:
    """Give the message in pieces, one in memory at a time.

    All of it, and its envelope, is checked before the first piece is given: raises
    SubmissionDamaged then, and NotFound. Nothing of the file is held between two pieces.
    """
    mail = load_submission(source, submission)
    told = digest_of(mail.sender, [one.address for one in mail.recipients])
    if told != _digests(source, submission)[1]:
        raise SubmissionDamaged("the addresses of this mail are damaged")
    yield from _whole(source, submission)


def _whole(source: Source, submission: SubmissionId) -> Iterator[bytes]:
    digest = sha256()
    for piece in _pieces(source, submission):
        digest.update(piece)
    if digest.digest() != _digests(source, submission)[0]:
        raise SubmissionDamaged("what is here of this mail is damaged")
    yield from _pieces(source, submission)


def _digests(source: Source, submission: SubmissionId) -> tuple[bytes, bytes]:
    row = source.connection.execute(
        "SELECT sha256, envelope FROM submission WHERE id = ?", (submission,)
    ).fetchone()
    if row is None:
        raise NotFound(_GONE)
    octets, envelope = row
    return octets, envelope


def _pieces(source: Source, submission: SubmissionId) -> Iterator[bytes]:
    chunks = source.connection.execute(
        "SELECT id FROM submission_chunk WHERE submission = ? ORDER BY start",
        (submission,),
    ).fetchall()
    for chunk in chunks:
        row = source.connection.execute(
            "SELECT octets FROM submission_chunk WHERE id = ?", chunk
        ).fetchone()
        if row is None:
            raise NotFound(_GONE)
        yield row[0]


# What becomes of it.


def mark_sending(tx: Transaction, submission: SubmissionId) -> None:
    """Note that the end of its data goes out now.

    Raises NotFound if it was taken back, or is to be kept, since it was loaded: then the
    end must not go out.
    """
    marked = tx.connection.execute(
        "UPDATE submission SET state = 'sending', attempts = attempts + 1"
        " WHERE id = ? AND state = 'queued'",
        (submission,),
    ).rowcount
    if not marked:
        raise NotFound("that mail is not to be sent any more")
    tx.publish(OperationsChanged())


def settle_accepted(tx: Transaction, submission: SubmissionId) -> None:
    """Note that the server has it; there is no way back, and it is still to be filed."""
    _set(tx, submission, "state = 'accepted', not_before = 0, error = ''")
    _give_up_undo(tx, submission)


def settle_refused(
    tx: Transaction,
    submission: SubmissionId,
    line: str,
    refused: Mapping[str, str] | None = None,
) -> None:
    """Note that the server refused it for good, and nobody got it; a person decides.

    ``refused``: the recipients that it does not take, with what it said of each; empty
    where it refused the sender or the message.
    """
    refused = refused or {}
    row = tx.connection.execute(
        "SELECT recipients FROM submission WHERE id = ? AND state IN"
        " ('queued', 'sending')",
        (submission,),
    ).fetchone()
    if row is None:
        return
    recipients = [
        replace(
            one,
            state=RecipientState.REFUSED,
            answer=displayable(refused[one.address]),
        )
        if one.address in refused
        else one
        for one in unpack_recipients(row[0])
    ]
    _set(
        tx,
        submission,
        "recipients = ?, error = ?, attempts = attempts + (state <> 'sending'),"
        " state = 'failed', not_before = 0",
        *(pack_recipients(recipients), displayable(line)),
    )


def put_off(
    tx: Transaction, submission: SubmissionId, not_before: datetime, line: str
) -> None:
    """Have it wait: the server does not want it now, or it could not be filed.

    It is sure that the server has not accepted it, unless it was noted that it has.
    """
    _set(
        tx,
        submission,
        "not_before = ?, error = ?, attempts = attempts + (state <> 'sending'),"
        " state = CASE state WHEN 'sending' THEN 'queued' ELSE state END",
        *(math.ceil(not_before.timestamp()), displayable(line)),
        states=("queued", "sending", "accepted"),
    )


def hurry(tx: Transaction, some: Iterable[SubmissionId]) -> None:
    """Have submissions that were put off go as soon as they can."""
    for submission in some:
        _set(tx, submission, "not_before = 0", states=("queued", "accepted"))


def settle_unknown(tx: Transaction, submission: SubmissionId, line: str) -> None:
    """Note that the answer was lost; it goes again only if a person says so."""
    _set(
        tx,
        submission,
        "state = 'unknown', doubted = 1, not_before = 0, error = ?",
        displayable(line),
        states=("sending", "unknown"),
    )
    _give_up_undo(tx, submission)


def doubt_at_start(tx: Transaction) -> None:
    """Note what an engine that ended can have left, for the one that has the account.

    What was being sent is in doubt; what was kept until now goes.
    """
    doubt_left_behind(tx)
    release_kept(tx)


def doubt_left_behind(tx: Transaction) -> None:
    """Note that what was being sent is in doubt: nobody is at work on the account."""
    for (number,) in tx.connection.execute(
        "SELECT id FROM submission WHERE state = 'sending'"
    ).fetchall():
        settle_unknown(
            tx,
            SubmissionId(number),
            "it was being sent when the program ended; whether it arrived is not known",
        )


def release_kept(tx: Transaction) -> None:
    """Let what was kept until the next start go."""
    released = tx.connection.execute(
        "UPDATE submission SET state = 'queued' WHERE state = 'kept'"
    ).rowcount
    if released:
        tx.publish(OperationsChanged())


def note_copy(
    tx: Transaction, submission: SubmissionId, copy: MessageNumber | None
) -> None:
    """Note the message that becomes its copy in Sent, begun and not whole yet."""
    _set(tx, submission, "copy = ?", copy or 0)


def note_filed(tx: Transaction, submission: SubmissionId) -> None:
    """Let a submission go that is filed, its draft and what it was written in too.

    Doing it twice does no harm.
    """
    found = load_rows(tx, "id = ?", submission)
    if not found:
        return
    [done] = found
    if done.draft is not None:
        expunge_messages(tx, [done.draft])
    if done.writing is not None:
        end_writing(tx, done.writing)
    _give_up_undo(tx, submission)
    _remove(tx, submission)


# What a person wishes.


def retry(tx: Transaction, submission: SubmissionId) -> None:
    """Have it go as soon as it can, also if the server refused it or may have it.

    Recipients that were refused are left out from now on, unless all of them were. One
    that is being sent is left alone. Raises NotFound.
    """
    found = load_submission(tx, submission)
    if found.state is SubmissionState.SENDING:
        return
    recipients = _for_retry(found.recipients)
    _set(
        tx,
        submission,
        "recipients = ?, not_before = 0, error = '',"
        " state = CASE state WHEN 'accepted' THEN state ELSE 'queued' END",
        pack_recipients(recipients),
    )


def _for_retry(
    recipients: Sequence[SubmissionRecipient],
) -> list[SubmissionRecipient]:
    some = any(one.state is RecipientState.WAITING for one in recipients)
    then = RecipientState.DROPPED if some else RecipientState.WAITING
    return [
        replace(one, state=then) if one.state is RecipientState.REFUSED else one
        for one in recipients
    ]


def send_now(tx: Transaction, submission: SubmissionId) -> None:
    """Have it go at once that was held, or kept until the next start; raises NotFound."""
    _require(tx, submission)
    _set(
        tx,
        submission,
        "state = 'queued', not_before = 0",
        states=("queued", "kept"),
    )


def keep(tx: Transaction, submission: SubmissionId) -> None:
    """Have it stay until the next start of a reader or an engine; raises NotFound.

    One that is on its way is left alone.
    """
    _require(tx, submission)
    _set(tx, submission, "state = 'kept', not_before = 0", states=("queued",))


def cancel(tx: Transaction, submission: SubmissionId) -> None:
    """Take it out of the outbox for good; its text is a message in Drafts after that.

    Raises NotFound, and MailError if it is being sent or was.
    """
    found = load_submission(tx, submission)
    if found.state is SubmissionState.SENDING:
        raise MailError(_ON_ITS_WAY.format(f"send-{submission}"))
    if found.state is SubmissionState.ACCEPTED:
        raise MailError(_ACCEPTED.format(f"send-{submission}"))
    if _keep_text(tx, found) and found.writing is not None:
        end_writing(tx, found.writing)
    _forget_action(tx, submission)
    _remove(tx, submission)


def take_back(tx: Transaction, submission: SubmissionId) -> WritingId | None:
    """Undo a send as long as it is sure that the server does not have the message.

    Returns what it was written in, this process's from now on; without that its text is
    a message in Drafts. Raises NoWayBack with the reason where it is too late.
    """
    found = load_rows(tx, "id = ?", submission)
    if not found:
        raise NoWayBack("it was sent, or taken out of the outbox")
    [mail] = found
    if mail.state is SubmissionState.ACCEPTED:
        raise NoWayBack("it was sent: the server has it")
    if mail.state is SubmissionState.SENDING:
        raise NoWayBack("it is on its way to the server already")
    if mail.doubted:
        raise NoWayBack("the server may have it already")
    _forget_action(tx, submission)
    if mail.writing is not None and adopt_writing(tx, mail.writing):
        _remove(tx, submission)
        return mail.writing
    _keep_text(tx, mail)
    _remove(tx, submission)
    return None


def _keep_text(tx: Transaction, mail: Submission) -> bool:
    """Make a draft of it, instead of the one that it was; not of what is damaged."""
    try:
        octets = mail.blind + b"".join(_whole(tx, mail.id))
    except SubmissionDamaged:
        return False
    save_draft(
        tx,
        octets,
        replacing=mail.draft,
        mailbox=drafts_mailbox(tx),
        at=mail.created,
    )
    return True


# Rows.


def _require(tx: Transaction, submission: SubmissionId) -> None:
    load_submission(tx, submission)


def _set(
    tx: Transaction,
    submission: SubmissionId,
    values: str,
    *bound: object,
    states: Sequence[str] = (),
) -> None:
    """Change a row; only in certain states, where they are named."""
    tx.connection.execute(
        f"UPDATE submission SET {values} WHERE id = ?"
        " AND (? = '[]' OR state IN (SELECT value FROM json_each(?)))",
        (*bound, submission, *[json.dumps(states)] * 2),
    )
    tx.publish(OperationsChanged())


def _remove(tx: Transaction, submission: SubmissionId) -> None:
    tx.connection.execute("DELETE FROM submission WHERE id = ?", (submission,))
    tx.publish(OperationsChanged())


def _give_up_undo(tx: Transaction, submission: SubmissionId) -> None:
    """Offer no undo of what the server has, or may have."""
    tx.connection.execute(
        "UPDATE action SET reversible = 0 WHERE id ="
        " (SELECT action FROM action_submission WHERE submission = ?)",
        (submission,),
    )


def _forget_action(tx: Transaction, submission: SubmissionId) -> None:
    """Count its action as undone, for good: no redo sends a mail."""
    tx.connection.execute(
        "UPDATE action SET undone = 2 WHERE id ="
        " (SELECT action FROM action_submission WHERE submission = ?)",
        (submission,),
    )
