"""Worlds that are worked in at random, broken off, and looked over; with a tally."""

import random
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from tests.servers import dovecot
from tests.servers.dovecot import Dovecot, Options, without
from tests.sync.torture import BOXES, FLAGS, World

SERVERS = {
    "all that Dovecot has": Options(),
    "no QRESYNC": Options(capabilities=without("QRESYNC")),
    "no CONDSTORE, no MOVE": Options(
        capabilities=without("QRESYNC", "CONDSTORE", "MOVE")
    ),
}
_DOWNLOADS = (*["headers"] * 8, "text", "all")
_AGREEMENTS = 12
"""How often both sides are compared before a world is left for a new one."""
_SHOWN = 3
"""Of so many failures it is said what they were."""

Break = Callable[[World, random.Random], int]
"""Synchronizes and breaks it off; how often, 0 where it came to its end before."""


@dataclass(slots=True)
class Tally:
    """What became of it."""

    broken: int = 0
    """Connections that were cut, or engines that were killed."""
    survived: int = 0
    """Those after which both sides agreed."""
    lost: int = 0
    """Comparisons in which a message was missing."""
    doubled: int = 0
    other: int = 0
    """Comparisons in which something else was wrong."""

    def __str__(self) -> str:
        return (
            f"{self.broken:,} broken off, {self.survived:,} survived;"
            f" {self.lost} lost, {self.doubled} duplicated, {self.other} otherwise wrong"
        )

    @property
    def clean(self) -> bool:
        return self.survived == self.broken


def torment(count: int, breaks: Break, *, seed: int, in_a_row: int) -> Tally:
    """Break off so many synchronizations, a share on each kind of server."""
    tally = Tally()
    for part, (name, options) in enumerate(SERVERS.items(), start=1):
        begun, before = time.perf_counter(), tally.broken
        goal = count * part // len(SERVERS)
        with dovecot.running(options) as server:
            while tally.broken < goal:
                seed += 1
                _live(server, random.Random(seed), breaks, tally, goal, in_a_row)
        seconds = time.perf_counter() - begun
        print(f"{name}: {tally.broken - before:,} in {seconds:.0f} s", flush=True)
    return tally


def _live(
    server: Dovecot,
    chance: random.Random,
    breaks: Break,
    tally: Tally,
    goal: int,
    in_a_row: int,
) -> None:
    """Let one world go on until both sides were compared often enough, or differ."""
    world = World(server, download=chance.choice(_DOWNLOADS))
    try:
        for _ in range(_AGREEMENTS):
            broken = 0
            for _ in range(in_a_row):
                for _ in range(chance.randrange(1, 4)):
                    _do_something(world, chance)
                broken += breaks(world, chance)
            tally.broken += broken
            world.agree()
            tally.survived += broken
            if tally.broken >= goal:
                return
    except AssertionError as error:
        _note(tally, error)
    finally:
        world.close()


def _note(tally: Tally, error: AssertionError) -> None:
    said = str(error)
    if said.startswith("lost"):
        tally.lost += 1
    elif said.startswith("doubled"):
        tally.doubled += 1
    else:
        tally.other += 1
    if tally.lost + tally.doubled + tally.other <= _SHOWN:
        traceback.print_exception(error, file=sys.stdout)


def _do_something(world: World, chance: random.Random) -> None:
    """Do one thing here or there: mostly what people do most."""
    box, onto, pick = (chance.randrange(1_000) for _ in range(3))
    add, flag = chance.random() < 0.5, chance.choice(FLAGS)
    deeds: list[tuple[float, Callable[[], object]]] = [
        (2, lambda: world.deliver(chance.choice(BOXES))),
        (4, lambda: world.flag_here(box, pick, flag, add=add)),
        (4, lambda: world.move_here(box, onto, pick)),
        (2, lambda: world.trash_here(box, pick)),
        (2, lambda: world.copy_here(box, onto, pick)),
        (1, lambda: world.expunge_here(box, pick)),
        (2, world.undo_here),
        (1, world.redo_here),
        (2, lambda: world.flag_there(box, pick, flag, add=add)),
        (1, lambda: world.flag_there(box, pick, "\\Deleted", add=True)),
        (0.5, lambda: world.expunge_there(box, pick)),
        (1, lambda: world.move_there(box, onto, pick)),
        (0.5, lambda: world.copy_there(box, onto, pick)),
        (0.2, lambda: world.rename_there(box, chance.choice(("Loft", "Work")))),
        (0.1, lambda: world.delete_there(box)),
        (0.4, lambda: world.lose_the_uids(box)),
    ]
    [deed] = chance.choices(
        [deed for _, deed in deeds], weights=[weight for weight, _ in deeds]
    )
    deed()
