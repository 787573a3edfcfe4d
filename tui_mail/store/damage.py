"""Octets that were met here and are not what was saved: a server has them still, or not."""

from tui_mail.model.ids import WHOLE, MessageNumber, PartId
from tui_mail.store.content import discard_part
from tui_mail.store.database import Transaction
from tui_mail.store.messages import content_of, load_location


def give_up(tx: Transaction, number: MessageNumber, part: PartId) -> bool:
    """Have a damaged part come again; False where no server has it: then it stays.

    A POP3 server gives it with the next session, an IMAP server when it is asked for.
    Raises NotFound.
    """
    place = load_location(tx, number)
    if place.server_mailbox is not None and place.uid is not None:
        discard_part(tx, number, part)
        return True
    given_up = tx.connection.execute(
        "UPDATE part SET complete = 0 WHERE content = ? AND part_id = ? AND content IN"
        " (SELECT content FROM pop_message WHERE state = 'stored')",
        (content_of(tx, number), WHOLE),
    ).rowcount
    return bool(given_up)
