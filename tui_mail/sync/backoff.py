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
