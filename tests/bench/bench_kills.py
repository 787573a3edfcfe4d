"""Engines that are killed at any commit: what is lost, what is doubled.

``python -m tests.bench kills 500``. Each is a process of its own that runs ``tui-mail
sync`` and gets SIGKILL in the middle of a transaction.
"""

import random
import sys

from tests.bench.torment import torment
from tests.sync.torture import World

KILLS = 500
_LAST = 25
"""Commits of a synchronization of such a small account, and a few more."""


def kill(world: World, chance: random.Random) -> bool:
    """Kill an engine before one of its commits."""
    return world.sync_killed(chance.randrange(_LAST))


def main() -> int:
    """Print the figures; 1 if anything went wrong."""
    count = int(sys.argv[1]) if sys.argv[1:] else KILLS
    tally = torment(count, kill, seed=1, in_a_row=3)
    print(f"kills: {tally}")
    return int(not tally.clean)


if __name__ == "__main__":
    sys.exit(main())
