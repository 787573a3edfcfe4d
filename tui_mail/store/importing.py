"""Messages that come out of files: put into a mailbox unless they are there already."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from tui_mail.mime.from_lines import mail_digest
from tui_mail.model.body import BodyPart
from tui_mail.model.flags import Flags
from tui_mail.model.ids import WHOLE, MailboxId, MessageNumber, ModSeq, Uid
from tui_mail.model.message import Envelope, FetchedMessage
from tui_mail.model.readable import ReadableText
from tui_mail.store.appending import begin_append, finish_append
from tui_mail.store.content import (
    complete_parts,
    load_pieces,
    save_chunk,
    save_structure,
    save_text,
)
from tui_mail.store.contents import content_values, shown_date
from tui_mail.store.database import Transaction
from tui_mail.store.pulling import note_back
from tui_mail.store.source import Source
from tui_mail.store.threads import key_of

_ADDED_ON_THE_WAY = 64
"""Octets by which a message that a server has may differ from the same one in a file."""
_BY_KEY = """
    SELECT m.number, c.subject, c.senders, c.date, c.size FROM link l
    CROSS JOIN message m ON m.thread = l.thread AND m.mailbox = :mailbox
    CROSS JOIN content c ON c.id = m.content AND c.own_key = :key
    WHERE l.key = :key
"""
_BY_DATE = """
    SELECT m.number FROM message m CROSS JOIN content c ON c.id = m.content
    AND c.message_id = '' WHERE m.mailbox = :mailbox AND m.date = :date
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """A message in a file."""

    envelope: Envelope
    flags: Flags
    arrived: datetime
    size: int
    """Octets, with line ends as servers count them."""
    digest: bytes
    """Of :func:`tui_mail.mime.from_lines.mail_digest`."""
    pieces: Callable[[], Iterable[bytes]]


class Importing:
    """Puts messages into one mailbox; what is there already is left as it is."""

    def __init__(self, mailbox: MailboxId) -> None:
        self.mailbox = mailbox
        self._digests: dict[int, bytes] = {}
        """Of the messages that had to be compared."""

    def add(
        self,
        tx: Transaction,
        message: Imported,
        structure: BodyPart | None,
        text: ReadableText | None,
    ) -> bool:
        """Put a message into the mailbox, whole and with its text; False if it is there.

        Raises NotFound without the mailbox.
        """
        if self.has(tx, message):
            return False
        number = begin_append(
            tx, message.envelope, flags=message.flags, arrived=message.arrived
        )
        start = 0
        for piece in message.pieces():
            save_chunk(tx, number, WHOLE, start, piece)
            start += len(piece)
        finish_append(tx, number, self.mailbox)
        note_back(tx, number)
        if structure is not None:
            save_structure(tx, number, structure)
        if text is not None:
            save_text(tx, number, text)
        return True

    def has(self, source: Source, message: Imported) -> bool:
        """Tell whether the mailbox has a message already."""
        told = FetchedMessage(
            Uid(0), frozenset(), ModSeq(0), message.arrived, 0, message.envelope
        )
        if not message.envelope.message_id:
            at = {"mailbox": self.mailbox, "date": shown_date(told)}
            rows = source.connection.execute(_BY_DATE, at).fetchall()
            return any(self._is_same(source, row[0], message, False) for row in rows)
        key = {"mailbox": self.mailbox, "key": key_of(message.envelope.message_id)}
        _, _, _, subject, senders, _, _, _, date, *_ = content_values(told)
        return any(
            self._is_same(
                source,
                number,
                message,
                likeness == [subject, senders, date]
                and abs(size - message.size) <= _ADDED_ON_THE_WAY,
            )
            for number, *likeness, size in source.connection.execute(
                _BY_KEY, key
            ).fetchall()
        )

    def _is_same(
        self, source: Source, number: int, message: Imported, alike: bool, /
    ) -> bool:
        """Compare with a message of the mailbox; ``alike``: it says the same of itself.

        That has to do where only its server has it whole.
        """
        if number not in self._digests:
            here = MessageNumber(number)
            if WHOLE not in complete_parts(source, here):
                return alike
            self._digests[number] = mail_digest(load_pieces(source, here, WHOLE))
        return self._digests[number] == message.digest
