"""How long to wait before a server is tried again."""

LONGEST = 300.0
HEALTHY = 60.0
"""Seconds that a connection has to last for the count to begin anew."""


def delay(failures: int, chance: float) -> float:
    """Give the seconds to wait after so many failures in a row, at least one.

    The bound doubles from 1 to 300 seconds; ``chance`` from 0 to 1 says where below it
    (full jitter), so that a server that comes back is not met by all at once.
    """
    bound = min(LONGEST, 2.0 ** min(failures, 10))
    return max(1.0, bound * chance)


SUBMISSIONS = (60.0, 300.0, 900.0, 1_800.0, 3_600.0)
"""Seconds before each further attempt to send a mail; the last for all that follow.

Servers that make unknown senders wait want some minutes (RFC 6647, 4.5 and 5.2).
"""


def submission_delay(attempts: int, chance: float) -> float:
    """Give the seconds to wait when so many attempts had been made before this one.

    ``chance`` from 0 to 1 adds up to a fifth, so that not all that waits comes at once.
    """
    return SUBMISSIONS[min(attempts, len(SUBMISSIONS) - 1)] * (1.0 + chance / 5.0)
