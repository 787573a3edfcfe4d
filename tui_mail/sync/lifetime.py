"""How long an engine that a reader started lives."""

from dataclasses import dataclass

PARTING = 3.0
"""Seconds for a thread to log out where the engine ends."""
FIRST_CLIENT = 30.0
"""Seconds in which its reader has to join."""
LINGER = 1.0
"""Seconds after the last client has gone; the next may come at once."""
SENDING = 30.0
"""Seconds for what waits, while the server is there."""
GIVING_UP = 5.0
"""Seconds for what waits, while it is not: it goes at the next start."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What matters for the end; times in seconds of one clock."""

    now: float
    started: float
    clients: int
    left_at: float | None
    """When the last client went; None while none has joined yet."""
    due: bool
    """Something waits to be sent."""
    connected: bool


def is_over(moment: Moment) -> bool:
    """Tell whether nobody needs the engine any more."""
    if moment.clients:
        return False
    if moment.left_at is None:
        return moment.now - moment.started > FIRST_CLIENT
    alone = moment.now - moment.left_at
    if not moment.due:
        return alone > LINGER
    return alone > (SENDING if moment.connected else GIVING_UP)


def has_slept(wall: float, steady: float) -> bool:
    """Tell whether the machine slept, or the process was stopped, between two ticks.

    In a sleep only the wall clock goes on, while a process is stopped the other too.
    """
    return max(wall, steady) > 60.0
