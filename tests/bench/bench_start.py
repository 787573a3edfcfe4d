"""A warm start with 100,000 messages, beside the smallest Textual app.

Both run on a raw pty, in turns. What counts is the time from the start of the
process to the octets of the newest message's subject. Nothing that the reader does
not need for its first paint may have been imported by then.
"""

import statistics
import sys
from pathlib import Path

from tests.bench.place import Place, place
from tests.bench.pty_harness import Terminal
from tests.bench.synthetic import NEWEST_SUBJECT

MESSAGES = 100_000
RUNS = 9
ALLOWED_RATIO = 1.8
TOO_HEAVY = ("imapclient", "html2text", "selectolax", "keyring", "poplib", "smtplib")

_SMALLEST = """\
from textual.app import App
from textual.widgets import Static

class Smallest(App):
    def compose(self):
        yield Static("The smallest of them all")

Smallest().run()
"""

_WATCHED = """\
import sys, time

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in {heavy!r}:
            with open({log!r}, "a") as log:
                log.write(f"{{name}} {{time.perf_counter()}}\\n")

sys.meta_path.insert(0, Watch())
from tui_mail.__main__ import main
sys.exit(main([]))
"""


def smallest_start() -> float:
    """Start the smallest app; seconds to its one line."""
    with Terminal([sys.executable, "-c", _SMALLEST]) as terminal:
        return terminal.wait_for_octets(b"The smallest of them all")


def reader_start(here: Place) -> float:
    """Start the reader; seconds to the newest message's subject."""
    argv = [sys.executable, "-m", "tui_mail"]
    with Terminal(argv, environment=here.environment) as terminal:
        seconds = terminal.wait_for_octets(NEWEST_SUBJECT.encode())
        terminal.settle(timeout=2)
        _quit(terminal)
        return seconds


def imported_before_paint(here: Place) -> list[str]:
    """Name the heavy modules that the reader imports before its first list."""
    log = here.folder / "imports"
    code = _WATCHED.format(heavy=TOO_HEAVY, log=str(log))
    argv = [sys.executable, "-c", code]
    with Terminal(argv, environment=here.environment) as terminal:
        painted = terminal.started + terminal.wait_for_octets(NEWEST_SUBJECT.encode())
        terminal.settle(timeout=2)
        _quit(terminal)
    lines = log.read_text().splitlines() if log.exists() else []
    pairs = (line.split() for line in lines)
    return [name for name, at in pairs if float(at) < painted]


def _quit(terminal: Terminal) -> None:
    terminal.write(b"Q")
    while terminal.read(2):
        pass


def main() -> int:
    """Print the figures; 1 if a goal is missed."""
    with place(messages=MESSAGES) as here:
        size = here.database.stat().st_size / 1e6
        print(f"store: {MESSAGES:,} messages, {size:.0f} MB")
        reader_start(here), smallest_start()
        ours, theirs = [], []
        for _ in range(RUNS):
            theirs.append(smallest_start())
            ours.append(reader_start(here))
        early = imported_before_paint(here)
    _print_times("smallest Textual app", theirs)
    _print_times("tui-mail to its list", ours)
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"ratio of the medians: {ratio:.2f} (at most {ALLOWED_RATIO})")
    print(f"imported before the first list: {', '.join(early) or 'nothing heavy'}")
    return int(ratio > ALLOWED_RATIO or bool(early))


def _print_times(what: str, seconds: list[float]) -> None:
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    print(
        f"{what}: median {middle * 1000:.0f} ms"
        f" ({low * 1000:.0f} to {high * 1000:.0f}, {len(seconds)} runs)"
    )


if __name__ == "__main__":
    assert Path("tui_mail").is_dir(), "run it in the project's folder"
    sys.exit(main())
