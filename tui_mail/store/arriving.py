"""A message made ready for the tables, without a database: another process can do it."""

import json
from typing import NamedTuple

from tui_mail.mime.frames import structure_to_json, text_to_json
from tui_mail.model.body import BodyPart
from tui_mail.model.message import FetchedMessage
from tui_mail.model.readable import ReadableText
from tui_mail.store.contents import content_values, identity_of, seconds_of, shown_date
from tui_mail.store.flag_columns import to_columns
from tui_mail.store.folding import folded
from tui_mail.store.threads import keys_of

_INDEXED = 1_000_000
"""Characters of a text that can be searched."""


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


class ReadWhole(NamedTuple):
    """What was read of a whole message; plain values as well."""

    structure: str
    """The tree of its parts."""
    file_words: str
    has_attachment: bool
    readable: tuple[object, ...]
    """The row of its text, see :func:`readable_values`."""


def read_whole(structure: BodyPart, text: ReadableText) -> ReadWhole:
    """Make ready what was read of a message."""
    return ReadWhole(*structure_values(structure), readable_values(text))


def structure_values(structure: BodyPart) -> tuple[str, str, bool]:
    """Give what a content keeps of its parts: the tree, words of names, attachments."""
    names = " ".join(str(one.filename) for one in structure.walk() if one.filename)
    return (
        json.dumps(structure_to_json(structure)),
        folded(names),
        any(one.is_attachment for one in structure.walk()),
    )


def readable_values(text: ReadableText) -> tuple[object, ...]:
    """Give the row of a readable text after the content."""
    told = text_to_json(text)
    return (
        text.renderer,
        text.kind,
        text.text,
        json.dumps(told["links"]),
        json.dumps(told["warnings"]),
        text.snippet,
        text.cut,
        folded(text.text[:_INDEXED]),
    )
