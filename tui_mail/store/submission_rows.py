"""The rows of the outbox as values."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import MessageNumber, SubmissionId, WritingId
from tui_mail.model.outgoing import (
    RecipientState,
    Submission,
    SubmissionRecipient,
    SubmissionState,
)
from tui_mail.store.contents import moment_of
from tui_mail.store.source import Source

_COLUMNS = (
    "id, message_id, sender, recipients, subject, in_reply_to, blind, needs_utf8,"
    " eight_bit, size, created, state, doubted, attempts, not_before, error, writing,"
    " draft, parent, parent_flag, copy"
)


def digest_of(sender: str, recipients: Sequence[str]) -> bytes:
    """Digest an envelope, so that no damaged one is used."""
    return sha256("\0".join([sender, *recipients]).encode()).digest()


def load_rows(source: Source, which: str, *values: object) -> list[Submission]:
    """Load those of which a condition holds, oldest first."""
    rows = source.connection.execute(
        f"SELECT {_COLUMNS} FROM submission WHERE {which} ORDER BY id", values
    )
    return [_submission(row) for row in rows]


def _submission(row: Sequence[Any]) -> Submission:
    number, message_id, sender, recipients, subject, in_reply_to, *row = row
    blind, needs_utf8, eight_bit, size, created, *row = row
    state, doubted, attempts, not_before, error, *bound = row
    writing, draft, parent, parent_flag, copy = bound
    return Submission(
        id=SubmissionId(number),
        message_id=message_id,
        sender=sender,
        recipients=tuple(unpack_recipients(recipients)),
        subject=Displayable(subject),
        in_reply_to=in_reply_to,
        blind=blind,
        needs_utf8=bool(needs_utf8),
        is_eight_bit=bool(eight_bit),
        size=size,
        created=moment_of(created),
        state=SubmissionState(state),
        doubted=bool(doubted),
        attempts=attempts,
        not_before=moment_of(not_before) if not_before else None,
        error=Displayable(error),
        writing=WritingId(writing) if writing else None,
        draft=MessageNumber(draft) if draft else None,
        parent=MessageNumber(parent) if parent else None,
        parent_flag=parent_flag,
        copy=MessageNumber(copy) if copy else None,
    )


def pack_recipients(recipients: Sequence[SubmissionRecipient]) -> str:
    """Put recipients into a string."""
    return json.dumps([(one.address, one.state, one.answer) for one in recipients])


def unpack_recipients(recipients: str) -> list[SubmissionRecipient]:
    """Take recipients out of a string that :func:`pack_recipients` made."""
    return [
        SubmissionRecipient(address, RecipientState(state), Displayable(answer))
        for address, state, answer in json.loads(recipients)
    ]
