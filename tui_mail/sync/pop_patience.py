"""A POP3 server that lets nobody in now: another session has the mailbox, or it is busy."""

import time
from collections.abc import Callable

from tui_mail.model.error import ServerRefused
from tui_mail.sync.connecting import PopConnector
from tui_mail.transports.pop3 import PopConnection

PAUSES = (2.0, 4.0, 8.0, 14.0)
"""Seconds before each further attempt of who waits for it."""
PATIENCE = 30.0
"""Seconds for all of them: some servers wait themselves before they say no."""
_LATER = frozenset({"IN-USE", "LOGIN-DELAY", "SYS/TEMP"})


def is_later(refusal: ServerRefused) -> bool:
    """Tell whether the server may let us in soon (RFC 2449, 8; RFC 3206)."""
    return refusal.code in _LATER


def connect_patiently(
    connector: PopConnector, tell: Callable[[str], None]
) -> PopConnection:
    """Connect, again and again for a while where the mailbox is locked.

    Raises ServerRefused with what the server said last, and what connecting raises.
    """
    pauses, begun = iter(PAUSES), time.monotonic()
    while True:
        try:
            return connector.connect()
        except ServerRefused as refusal:
            if not is_later(refusal):
                raise
            pause, waited = next(pauses, None), time.monotonic() - begun
            if pause is None or waited + pause > PATIENCE:
                raise ServerRefused(
                    f"{refusal.line}: tried for {waited:.0f} seconds; synchronize again"
                    " later",
                    refusal.code,
                ) from None
            tell(f"{connector.server.host} lets nobody in now: waiting")
        time.sleep(pause)
