"""Message-IDs of our own (RFC 5322, 3.6.4)."""

import secrets

from tui_mail.compose.addr_spec import domain_of


def new_message_id(address: str) -> str:
    """Make a Message-ID that nobody can guess, in the domain of the sender's address.

    Without angle brackets. It tells neither this machine's name nor the time.
    """
    return f"{secrets.token_hex(16)}@{domain_of(address)}"
