"""Links that are cut at any octet, either way: what is lost, what is doubled.

``python -m tests.bench cuts 10000``. Two people work on one account of a Dovecot on this
machine; the connections of each synchronization are cut somewhere, and after several
both sides are compared.
"""

import random
import sys

from tests.bench.torment import torment
from tests.sync.torture import World

CUTS = 10_000
_LONGEST_DOWN = 5_000
"""Octets: what a server says in a synchronization of such a small account."""
_LONGEST_UP = 900


def cut(world: World, chance: random.Random) -> int:
    """Cut a synchronization's connections at an octet that one of the two says."""
    down = chance.random() < 0.6
    most = _LONGEST_DOWN if down else _LONGEST_UP
    return world.sync_cut(chance.randrange(1, most), down=down)


def main() -> int:
    """Print the figures; 1 if anything went wrong."""
    count = int(sys.argv[1]) if sys.argv[1:] else CUTS
    tally = torment(count, cut, seed=1, in_a_row=6)
    print(f"cuts: {tally}")
    return int(not tally.clean)


if __name__ == "__main__":
    sys.exit(main())
