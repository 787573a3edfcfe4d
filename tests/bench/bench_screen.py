"""What the reader sends to the terminal, and how soon, with 100,000 messages.

First alone: octets of a cursor move, of a page, of doing nothing; the time from a key
to the screen. Then the same keys while an engine synchronizes 100,000 messages from a
Dovecot on this machine into the same store, and the time from a key to its commit.
"""

import sqlite3
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.large_mailbox import MESSAGES as LARGE
from tests.bench.large_mailbox import SUBJECT, USER, large_mailbox
from tests.bench.place import Place, place
from tests.bench.pty_harness import Terminal
from tests.bench.synthetic import NEWEST_SUBJECT
from tests.servers.dovecot import PASSWORD

MESSAGES = 100_000
KEYS = 60
IDLE_SECONDS = 5.0

CURSOR_OCTETS = 600
PAGE_OCTETS = 6500
BUSY_RATIO = 2.0
COMMIT_P99 = 0.050

DOWN = b"j"
UP = b"k"
PAGE_DOWN = b" "
TOGGLE_FLAGGED = b"F"


@dataclass(slots=True)
class Verdict:
    """Whether all goals so far were met, and what was said of them."""

    met: bool = True

    def goal(self, what: str, *, met: bool) -> None:
        """Say a goal and whether it was met."""
        print(f"{what}  {'met' if met else 'MISSED'}")
        self.met = self.met and met


def percentile(values: list[float], share: float) -> float:
    """Take the value below which this share lies (0.95 for p95)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def milliseconds(values: list[float]) -> str:
    """Write the middle and the tail."""
    return (
        f"p50 {statistics.median(values) * 1000:.1f} ms, "
        f"p95 {percentile(values, 0.95) * 1000:.1f} ms, "
        f"max {max(values) * 1000:.1f} ms ({len(values)} keys)"
    )


def reader(here: Place, *arguments: str) -> Terminal:
    """Start the reader at 120×40."""
    argv = [sys.executable, "-m", "tui_mail", *arguments]
    return Terminal(argv, environment=here.environment)


def ready(terminal: Terminal, subject: str) -> None:
    """Wait for the list and put the cursor into it."""
    terminal.wait_for(lambda screen: subject in screen)
    # Not until silence: while mail comes there is none.
    terminal.settle(0.05, 0.5)
    terminal.write(b"2")
    terminal.settle(0.05, 0.3)


def cursor_moves(terminal: Terminal, count: int) -> tuple[list[int], list[float]]:
    """Move down and up in turns, so that the list never turns its page.

    The octets are those until a silence shorter than the rest after which the preview
    follows; the time is that to the last of them.
    """
    octets, seconds = [], []
    for turn in range(count):
        key = DOWN if turn % 8 < 4 else UP
        answer = terminal.key(key, silence=0.06)
        if answer.last is not None:
            octets.append(len(answer.octets))
            seconds.append(answer.last)
        terminal.settle(0.25)
    return octets, seconds


def alone(verdict: Verdict) -> float:
    """Measure the reader with nothing else going on; its p95 to the screen."""
    with place(messages=MESSAGES) as here, reader(here, "--offline") as terminal:
        ready(terminal, NEWEST_SUBJECT)
        terminal.settle(1.0)
        print(f"resident: {terminal.resident() / 1e6:.0f} MB")
        idle = terminal.octets_within(IDLE_SECONDS)
        verdict.goal(
            f"octets in {IDLE_SECONDS:.0f} s of rest: {idle} (0)", met=idle == 0
        )
        octets, seconds = cursor_moves(terminal, KEYS)
        middle = statistics.median(octets)
        verdict.goal(
            f"cursor down: median {middle:.0f}, most {max(octets)} octets"
            f" (at most {CURSOR_OCTETS})",
            met=middle <= CURSOR_OCTETS,
        )
        print(f"key to screen, idle: {milliseconds(seconds)}")
        firsts = keys_to_screen(terminal, KEYS)
        pages = []
        for _ in range(10):
            pages.append(len(terminal.key(PAGE_DOWN, silence=0.06).octets))
            terminal.settle(0.4)
        page = statistics.median(pages)
        verdict.goal(
            f"page down: median {page:.0f}, most {max(pages)} octets"
            f" (at most {PAGE_OCTETS})",
            met=page <= PAGE_OCTETS,
        )
        return percentile(firsts, 0.95)


def commits(here: Place, terminal: Terminal, going: Callable[[], bool]) -> list[float]:
    """Press a flag key again and again; seconds until the journal has each press."""
    seconds: list[float] = []
    with sqlite3.connect(f"file:{here.database}?mode=ro", uri=True) as journal:
        question = "SELECT coalesce(max(id), 0) FROM action"
        while len(seconds) < 100 and going():
            [(before,)] = journal.execute(question)
            start = time.perf_counter()
            terminal.write(TOGGLE_FLAGGED)
            while journal.execute(question).fetchone()[0] == before:
                if time.perf_counter() - start > 5:
                    break
                time.sleep(0.0005)
            seconds.append(time.perf_counter() - start)
            terminal.settle(0.1, 1.0)
    return seconds


def busy(verdict: Verdict, idle_p95: float) -> None:
    """Measure the same keys while an engine fills the store under the reader."""
    with (
        large_mailbox() as server,
        place(port=server.port, user=USER, secret=PASSWORD) as here,
        reader(here) as terminal,
    ):
        ready(terminal, SUBJECT)

        def going() -> bool:
            with sqlite3.connect(f"file:{here.database}?mode=ro", uri=True) as store:
                [(rows,)] = store.execute("SELECT count(*) FROM message")
            return bool(rows < LARGE)

        pressed = commits(here, terminal, going)
        p99 = percentile(pressed, 0.99)
        verdict.goal(
            f"key to commit while it synchronizes: {milliseconds(pressed)},"
            f" p99 {p99 * 1000:.1f} ms (at most {COMMIT_P99 * 1000:.0f})",
            met=p99 <= COMMIT_P99,
        )
        print(f"still synchronizing after that: {going()}")
    with (
        large_mailbox() as server,
        place(port=server.port, user=USER, secret=PASSWORD) as here,
        reader(here) as terminal,
    ):
        ready(terminal, SUBJECT)
        seconds = keys_to_screen(terminal, KEYS)
        p95 = percentile(seconds, 0.95)
        ratio = p95 / idle_p95
        verdict.goal(
            f"key to screen while it synchronizes: {milliseconds(seconds)},"
            f" {ratio:.2f} times idle (at most {BUSY_RATIO})",
            met=ratio <= BUSY_RATIO,
        )


def keys_to_screen(terminal: Terminal, count: int) -> list[float]:
    """Move the cursor; seconds to the first octets, since others come by themselves."""
    seconds: list[float] = []
    for turn in range(count):
        key = DOWN if turn % 8 < 4 else UP
        answer = terminal.key(key, silence=0.02)
        if answer.first is not None:
            seconds.append(answer.first)
        terminal.settle(0.03, 0.2)
    return seconds


def main() -> int:
    """Print the figures; 1 if a goal is missed."""
    verdict = Verdict()
    idle_p95 = alone(verdict)
    busy(verdict, idle_p95)
    return int(not verdict.met)


if __name__ == "__main__":
    sys.exit(main())
