"""A message made ready for the tables, without a database: another process can do it."""

from typing import NamedTuple

from tui_mail.model.message import FetchedMessage
from tui_mail.store.contents import content_values, identity_of, seconds_of, shown_date
from tui_mail.store.flag_columns import to_columns
from tui_mail.store.threads import keys_of


class Arriving(NamedTuple):
    """Plain values only, so that they go through a pipe as they are."""

    uid: int
    identity: int
    keys: tuple[int, ...]
    """All that lead to its thread."""
    content: tuple[object, ...]
    """The row of its content after the id."""
    date: int
    arrival: int
    flags: int
    keywords: str
    modseq: int

    @property
    def likeness(self) -> tuple[object, ...]:
        """What it is wherever it was put: id, subject, senders, date, size."""
        _, _, _, message_id, _, _, subject, senders, _, _, _, date, size, *_ = (
            self.content
        )
        return message_id, subject, senders, date, size


def arriving(message: FetchedMessage) -> Arriving:
    """Make a message ready."""
    own, parent, keys = keys_of(message.envelope)
    identity = identity_of(message)
    bits, keywords = to_columns(message.flags)
    date = shown_date(message)
    arrived = message.internal_date
    return Arriving(
        message.uid,
        identity,
        keys,
        (identity, own, parent, *content_values(message)),
        date,
        seconds_of(arrived) if arrived else date,
        bits,
        keywords,
        message.modseq,
    )
