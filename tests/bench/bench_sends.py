"""Mail over links that are cut, by engines that are killed: what is lost, what is doubled.

``python -m tests.bench sends 1000``. Each time something is written, a ``tui-mail sync``
is broken off: a connection to either server is cut at an octet, or the engine is killed
before a commit or at any moment. In between a person retries, cancels, takes back.
"""

import random
import sys
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.servers import dovecot
from tests.servers.dovecot import Dovecot
from tests.sync.send_world import SendWorld, do_something

BREAKS = 1_000
_SHOWN = 3
"""Of so many failures it is said what they were."""
_LAST_COMMIT = 12
_LONGEST = {"local": 0.06, "imap": 0.25}
"""Seconds that a synchronization of such a small account takes, about."""
_IN_A_ROW = 4
_AGREEMENTS = 2
"""How often a world comes to rest before it is left for a new one."""


@dataclass(slots=True)
class Tally:
    """What became of it."""

    cut: int = 0
    killed: int = 0
    mails: int = 0
    taken: int = 0
    """How often the submission server took one."""
    doubts: int = 0
    """How often it was not known whether the server had one."""
    worlds: int = 0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        doubled = sum(one.startswith("doubled") for one in self.failures)
        lost = sum(one.startswith("lost") for one in self.failures)
        other = len(self.failures) - doubled - lost
        return (
            f"{self.cut:,} connections cut, {self.killed:,} engines killed;"
            f" {self.mails:,} mails in {self.worlds:,} accounts, taken {self.taken:,} times,"
            f" {self.doubts:,} in doubt;"
            f" {lost} lost, {doubled} sent twice, {other} otherwise wrong"
        )


def break_off(world: SendWorld, chance: random.Random, tally: Tally) -> None:
    """Break a synchronization off in one of the ways there are."""
    kind = "local" if world.mail is None else "imap"
    way = chance.random()
    if way < 0.15:
        tally.cut += world.sync_unanswered()
    elif way < 0.4:
        down = chance.random() < 0.6
        tally.cut += world.sync_cut(chance.randrange(1, 600), down=down)
    elif way < 0.5 and world.mail is not None:
        down = chance.random() < 0.6
        most = 4_000 if down else 1_200
        cut = world.sync_cut(chance.randrange(1, most), down=down, proxy=world.mail)
        tally.cut += cut
    elif way < 0.75:
        tally.killed += world.sync_killed(chance.randrange(_LAST_COMMIT))
    else:
        seconds = chance.uniform(0.005, _LONGEST[kind])
        tally.killed += world.sync_killed(None, seconds)


def live(world: SendWorld, chance: random.Random, tally: Tally) -> None:
    """Let one account go on until it came to rest often enough, or something is wrong."""
    try:
        for _ in range(_AGREEMENTS):
            for _ in range(_IN_A_ROW):
                world.write(draft=chance.random() < 0.5)
                if chance.random() < 0.6:
                    do_something(world, chance)
                before = world.in_doubt
                break_off(world, chance, tally)
                tally.doubts += len(world.in_doubt - before)
                world.check()
            world.come_to_rest()
    except AssertionError as error:
        tally.failures.append(str(error))
        if len(tally.failures) <= _SHOWN:
            traceback.print_exception(error, file=sys.stdout)
    finally:
        tally.worlds += 1
        tally.mails += len(world.written)
        tally.taken += sum(world.taken().values())
        world.close()


def main() -> int:
    """Print the figures; 1 if anything went wrong."""
    count = int(sys.argv[1]) if sys.argv[1:] else BREAKS
    tally, seed = Tally(), 0
    with ExitStack() as ends:
        server: Dovecot = ends.enter_context(dovecot.running(dovecot.Options()))
        kinds = (
            ("local", None, False),
            ("IMAP", server, False),
            ("IMAP, the server files a copy itself", server, True),
        )
        for part, (name, mail, files_itself) in enumerate(kinds, start=1):
            begun, before = time.perf_counter(), tally.cut + tally.killed
            goal = count * part // len(kinds)
            while tally.cut + tally.killed < goal:
                seed += 1
                world = SendWorld(mail, files_itself=files_itself)
                live(world, random.Random(seed), tally)
            seconds = time.perf_counter() - begun
            done = tally.cut + tally.killed - before
            print(f"{name}: {done:,} in {seconds:.0f} s", flush=True)
    print(f"sends: {tally}")
    return int(bool(tally.failures))


if __name__ == "__main__":
    sys.exit(main())
