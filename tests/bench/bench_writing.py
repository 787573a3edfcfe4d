"""What a key costs while one writes: octets to the terminal, and the time to them.

The composer is opened by ``tui-mail compose`` with a short text, with one of 5,000
lines, and with a paragraph of a megabyte.
"""

import statistics
import sys

from tests.bench.bench_screen import Verdict, milliseconds, percentile
from tests.bench.place import Place, place
from tests.bench.pty_harness import Terminal

TYPED = b"as one types in the middle of it "
DOWN, PAGE_DOWN = b"\x1b[B", b"\x1b[6~"
IDLE_SECONDS = 3.0

KEY_OCTETS = 400
KEY_P95 = 0.050
LONG_KEY_P95 = 0.150

_LINE = "line {} of a text that is written on, and not the shortest of them\n"
TEXTS = {
    "10 lines": "".join(map(_LINE.format, range(10))),
    "5,000 lines": "".join(map(_LINE.format, range(5000))),
    "1 MB in one line": "words and more words " * 50_000 + "\n",
}


def composer(here: Place, text: str) -> Terminal:
    """Open the composer at 120×40 with a text."""
    path = here.folder / "text"
    path.write_text(text)
    command = ["compose", "--offline", "--subject", "Written", "--body", str(path)]
    argv = [sys.executable, "-m", "tui_mail", *command, "bob@there.example"]
    return Terminal(argv, environment=here.environment)


def typing(terminal: Terminal) -> tuple[list[int], list[float]]:
    """Type in the second row; the octets of each key, and the seconds to the first."""
    octets, seconds = [], []
    for key in TYPED:
        answer = terminal.key(bytes([key]), silence=0.06)
        octets.append(len(answer.octets))
        seconds.append(answer.first or 0.0)
    return octets, seconds


def measure(verdict: Verdict, what: str, text: str, p95: float) -> None:
    """Measure the keys in one text."""
    with place(messages=100) as here, composer(here, text) as terminal:
        terminal.wait_for(lambda screen: "Written" in screen)
        terminal.settle(0.3, 2.0)
        terminal.key(DOWN, silence=0.1)
        octets, seconds = typing(terminal)
        middle = statistics.median(octets)
        verdict.goal(
            f"{what}: a key median {middle:.0f}, most {max(octets)} octets"
            f" (at most {KEY_OCTETS})",
            met=middle <= KEY_OCTETS,
        )
        verdict.goal(
            f"{what}: key to screen {milliseconds(seconds)}"
            f" (p95 at most {p95 * 1000:.0f})",
            met=percentile(seconds, 0.95) <= p95,
        )
        for name, key in (("line", b"\r"), ("down", DOWN), ("page", PAGE_DOWN)):
            answers = [terminal.key(key, silence=0.06) for _ in range(6)]
            sizes = statistics.median(len(each.octets) for each in answers)
            print(f"{what}: {name} median {sizes:.0f} octets")
        # What was typed is saved by then: nothing of that is seen.
        terminal.settle(1.0, 3.0)
        idle = terminal.octets_within(IDLE_SECONDS)
        verdict.goal(
            f"{what}: octets in {IDLE_SECONDS:.0f} s of rest: {idle} (0)", met=not idle
        )
        print(f"{what}: resident {terminal.resident() / 1e6:.0f} MB")


def main() -> int:
    """Print the figures; 1 if a goal is missed."""
    verdict = Verdict()
    for what, text in TEXTS.items():
        long = what.endswith("one line")
        measure(verdict, what, text, LONG_KEY_P95 if long else KEY_P95)
    return int(not verdict.met)


if __name__ == "__main__":
    sys.exit(main())
