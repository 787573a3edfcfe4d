"""All figures, one bench after the other: ``python -m tests.bench [NAME [COUNT]…]``.

Each bench is a program of its own (``python -m tests.bench.bench_start``), prints its
figures, and ends with 1 if a goal is missed. Times are of this machine and this hour:
trust the ratios, whose two sides are measured in turns.
"""

import itertools
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def benches(asked: list[str]) -> dict[str, list[str]]:
    """Name the benches to run, all where none is asked for, with what they are told.

    A number after a name is how often, or of how many: ``cuts 10000``.
    """
    wanted: dict[str, list[str]] = {}
    for name in names([word for word in asked if not word.isdecimal()]):
        short = name.removeprefix("bench_")
        after = dict(itertools.pairwise(asked)).get(short, "")
        wanted[name] = [after] if after.isdecimal() else []
    return wanted


def names(asked: list[str]) -> list[str]:
    """Name the benches to run, all where none is asked for."""
    there = sorted(path.stem for path in HERE.glob("bench_*.py"))
    if not asked:
        return there
    wanted = [name if name.startswith("bench_") else f"bench_{name}" for name in asked]
    unknown = [name for name in wanted if name not in there]
    if unknown:
        sys.exit(f"No such bench: {', '.join(unknown)}. There are {', '.join(there)}.")
    return wanted


def run(name: str, told: list[str]) -> tuple[str, float]:
    """Run one bench; its verdict and seconds."""
    print(f"\n== {name} ==", flush=True)
    start = time.perf_counter()
    command = [sys.executable, "-m", f"tests.bench.{name}", *told]
    done = subprocess.run(command, cwd=ROOT)
    seconds = time.perf_counter() - start
    return ("met" if done.returncode == 0 else "MISSED"), seconds


def main() -> int:
    """Run the benches and sum up."""
    print(
        f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()}, "
        f"Python {platform.python_version()}"
    )
    verdicts = {name: run(name, told) for name, told in benches(sys.argv[1:]).items()}
    print("\n== summary ==")
    for name, (verdict, seconds) in verdicts.items():
        print(f"{name:<16} {verdict:<8} {seconds:6.1f} s")
    return int(any(verdict != "met" for verdict, _ in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main())
