"""What ties an answer to what it answers (RFC 5322, 3.6.4)."""

import re

from tui_mail.model.message import Envelope

MAX_IDS = 50
MAX_ID = 250
"""Octets; a longer one is a mistake or meant to harm."""

_MESSAGE_ID = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]+@(?:[\w.!#$%&'*+/=?^`{|}~-]+|\[[!-Z^-~]*\])", re.ASCII
)


def is_message_id(text: str) -> bool:
    """Tell whether a text without its angle brackets can stand in a field for ids."""
    return len(text) <= MAX_ID and _MESSAGE_ID.fullmatch(text) is not None


def threading_of(parent: Envelope) -> tuple[str, tuple[str, ...]]:
    """Give In-Reply-To and References of an answer.

    Ids that no field may hold are left out. Of many the first stays, which names the
    conversation, and the last ones.
    """
    before = parent.references or (parent.in_reply_to,)
    own = parent.message_id if is_message_id(parent.message_id) else ""
    ids = [one for one in dict.fromkeys(before) if one != own and is_message_id(one)]
    if own:
        ids.append(own)
    if len(ids) > MAX_IDS:
        ids = [ids[0], *ids[1 - MAX_IDS :]]
    return own, tuple(ids)
