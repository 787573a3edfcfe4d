"""``tui-mail open`` on an mbox of 1 GB: first rows, all rows, memory, nothing changed.

The reader runs whole on a raw pty. What counts is the time from the start of the process
to the octets of the newest message's subject, the median of some starts after one to warm
up, and the most memory that all its processes had together (PSS: what two share counts
once; the sum of their RSS is printed too). The smallest Textual app runs in turns with it,
and tells what the machine was worth just then.
"""

import hashlib
import os
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.bench_start import smallest_start
from tests.bench.pty_harness import Terminal

OCTETS = 1_000_000_000
ALLOWED_SECONDS = 1.0
ALLOWED_MEMORY = 150_000_000
NEWEST = "The newest of them all"
RUNS = 5
_WATCHED_SECONDS = 60.0
_EVERY = 0.1
_WORDS = (
    *("plan", "budget", "meeting", "release", "notes", "harbour", "question", "index"),
    *("river", "stone", "cloud", "house", "garden", "letter", "window", "summer"),
)
_MIXED = """\
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="bound"

--bound
Content-Type: text/plain; charset=utf-8

{text}
--bound
Content-Type: application/pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="plan.pdf"

{octets}
--bound--
"""
_PLAIN = """\
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

{text}
"""


def write_mbox(path: Path, octets: int) -> int:
    """Write an mbox of about that size; how many messages it has.

    One in ten has an attachment of up to 200 kB: mail as people keep it.
    """
    chance = random.Random(5)
    attached = os.urandom(1 << 20).hex()
    lines = "\n".join(attached[at : at + 76] for at in range(0, len(attached), 76))
    when, count, size = datetime(2012, 1, 1, tzinfo=UTC), 0, 0
    with path.open("wb") as file:
        while size < octets:
            count += 1
            when += timedelta(minutes=37)
            size += file.write(_message(chance, count, when, lines))
        file.write(_message(chance, count + 1, when, lines, subject=NEWEST))
    return count + 1


def _message(
    chance: random.Random,
    number: int,
    when: datetime,
    lines: str,
    *,
    subject: str = "",
) -> bytes:
    words = [chance.choice(_WORDS) for _ in range(chance.randint(20, 500))]
    text = "\n".join(" ".join(words[at : at + 10]) for at in range(0, len(words), 10))
    begin = chance.randrange(0, 1_000_000)
    length = chance.randrange(10_000, 200_000)
    has_more = chance.random() < 0.1
    body = _MIXED if has_more else _PLAIN
    parent = number - chance.randint(1, 30)
    reply = f"In-Reply-To: <{parent}@bench.example>\n" if chance.random() < 0.4 else ""
    said = subject or f"{' '.join(words[:4])} {number}"
    return (
        f"From sender@bench.example {when:%a %b %d %H:%M:%S %Y}\n"
        f"Return-Path: <sender{number % 300}@bench.example>\n"
        f"Received: from one.example by two.example; {when:%a, %d %b %Y %H:%M:%S} +0000\n"
        f"From: Sender {number % 300} <sender{number % 300}@bench.example>\n"
        f"To: Ann Example <ann@example.org>\nSubject: {said}\n"
        f"Date: {when:%a, %d %b %Y %H:%M:%S} +0000\n"
        f"Message-ID: <{number}@bench.example>\n{reply}Status: RO\n"
        + body.format(text=text, octets=lines[begin : begin + length])
        + "\n"
    ).encode()


class Watcher:
    """Looks at the memory of a process and all below it, again and again."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.most: dict[str, int] = {"Pss": 0, "Rss": 0}
        self.most_of: dict[str, int] = {}
        """Of each program by itself, RSS."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(_EVERY):
            sums = {"Pss": 0, "Rss": 0}
            for pid in _tree(self._pid):
                told = _memory(pid)
                for name, octets in told.items():
                    sums[name] += octets
                name = _program(pid)
                self.most_of[name] = max(self.most_of.get(name, 0), told.get("Rss", 0))
            for name, octets in sums.items():
                self.most[name] = max(self.most[name], octets)

    def end(self) -> None:
        self._over.set()
        self._thread.join()


def _tree(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                told = (entry / "stat").read_text()
            except OSError:
                continue
            parent = int(told.rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found


def _memory(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return {}
    told = (line.split() for line in lines)
    return {
        words[0][:-1]: int(words[1]) * 1024
        for words in told
        if words[0] in ("Pss:", "Rss:")
    }


def _program(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return ""
    return next((word for word in words if word.startswith("tui_mail")), words[0])


@contextmanager
def _home() -> Iterator[tuple[Path, dict[str, str]]]:
    folder = Path(tempfile.mkdtemp(prefix="tmo-"))
    names = {
        "XDG_CONFIG_HOME": "c",
        "XDG_DATA_HOME": "d",
        "XDG_STATE_HOME": "s",
        "XDG_RUNTIME_DIR": "r",
        "HOME": "h",
        "TMPDIR": "t",
    }
    for part in names.values():
        (folder / part).mkdir(mode=0o700)
    try:
        yield folder, {name: str(folder / part) for name, part in names.items()}
    finally:
        shutil.rmtree(folder)


def _state(path: Path) -> tuple[object, ...]:
    told = path.stat()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return digest, told.st_mtime_ns, told.st_ino, told.st_size


def first_rows(argv: list[str], environment: dict[str, str]) -> float:
    """Open it, and leave at once; seconds to the newest message's subject."""
    with Terminal(argv, environment=environment) as terminal:
        seconds = terminal.wait_for_octets(NEWEST.encode())
        terminal.settle(timeout=2)
        terminal.write(b"Q")
        while terminal.read(3):
            pass
        return seconds


def main() -> int:
    """Print the figures; 1 if a goal is missed."""
    octets = int(sys.argv[1]) if len(sys.argv) > 1 else OCTETS
    with _home() as (folder, environment):
        path = folder / "big.mbox"
        count = write_mbox(path, octets)
        print(
            f"mbox: {count:,} messages, {path.stat().st_size / 1e6:,.0f} MB", flush=True
        )
        before = _state(path)
        argv = [sys.executable, "-P", "-m", "tui_mail", "open", str(path)]
        first_rows(argv, environment)
        turns = [(first_rows(argv, environment), smallest_start()) for _ in range(RUNS)]
        first, smallest = map(statistics.median, zip(*turns, strict=True))
        print(
            f"first rows: median {first * 1000:.0f} ms"
            f" ({min(turns)[0] * 1000:.0f} to {max(turns)[0] * 1000:.0f}, {RUNS} runs);"
            f" the smallest Textual app {smallest * 1000:.0f} ms",
            flush=True,
        )
        with Terminal(argv, environment=environment) as terminal:
            watcher = Watcher(terminal.pid)
            listed = terminal.wait_for(
                lambda text: f"only read · {count:,} " in text, 600
            )
            print(f"all rows: {listed:.1f} s", flush=True)
            end = time.monotonic() + _WATCHED_SECONDS
            while time.monotonic() < end:
                terminal.settle(1.0, 1.0)
            kept = sum(
                each.stat().st_size
                for each in Path(environment["TMPDIR"]).rglob("*")
                if each.is_file()
            )
            terminal.write(b"Q")
            while terminal.read(3):
                pass
            watcher.end()
        left = [each.name for each in Path(environment["TMPDIR"]).iterdir()]
        same = _state(path) == before
    for name, most in sorted(watcher.most_of.items()):
        print(f"  {name}: {most / 1e6:.0f} MB RSS at most")
    pss, rss = watcher.most["Pss"], watcher.most["Rss"]
    print(f"all processes: {pss / 1e6:.0f} MB PSS, {rss / 1e6:.0f} MB sum of RSS")
    print(f"temporary store: {kept / 1e6:.0f} MB; left behind: {left or 'nothing'}")
    print(f"the mbox is {'unchanged' if same else 'CHANGED'}")
    good = first <= ALLOWED_SECONDS and pss <= ALLOWED_MEMORY and same and not left
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
