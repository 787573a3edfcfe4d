"""10,000 messages out of an mbox into a local account, and into a Maildir again.

Beside it Python's own mailbox module puts the same file into a Maildir, each message on
the disk: whole processes, in turns. There is no goal for the time: an import makes texts
and an index besides. The memory has one.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from tests.bench.bench_bodies import memory_of, messages
from tests.bench.place import place
from tui_mail.mime.mbox import write_mbox_message

ALLOWED_MEMORY = 200_000_000
_SHELF = '[accounts.shelf]\naddress = "ann@corp.example"\n'
_BESIDE = """
import mailbox, sys
there = mailbox.Maildir(sys.argv[2])
for message in mailbox.mbox(sys.argv[1]):
    there.add(message)
"""


def write(path: Path, count: int) -> None:
    """Write so many messages into an mbox."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with path.open("wb") as file:
        for number, one in enumerate(messages()[:count]):
            arrived = moment + timedelta(minutes=number)
            file.writelines(write_mbox_message([one.octets], arrived=arrived))


def run(words: Sequence[str], environment: dict[str, str]) -> tuple[float, int]:
    """Run a program to its end; seconds, and the most memory of all its processes."""
    begun = time.perf_counter()
    most = 0
    with subprocess.Popen(
        [sys.executable, *words],
        env={**os.environ, **environment},
        stderr=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            with suppress(psutil.NoSuchProcess):
                most = max(most, memory_of(psutil.Process(process.pid)))
            time.sleep(0.05)
    if process.returncode:
        sys.exit(f"It ended with {process.returncode}.")
    return time.perf_counter() - begun, most


def main() -> int:
    """Measure, print, and say whether the goal was met."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with place() as home, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = home.folder / "config" / "tui-mail" / "config.toml"
        settings.write_text(_SHELF)
        mbox = folder / "x.mbox"
        write(mbox, count)
        print(f"{count:,} messages, {mbox.stat().st_size:,} octets")
        tui_mail = ("-m", "tui_mail")
        into = ("--account", "shelf", "--mailbox", "Old")
        met = True
        for what, words in (
            ("import", (*tui_mail, "import", str(mbox), *into)),
            ("import again", (*tui_mail, "import", str(mbox), *into)),
            ("export", (*tui_mail, "export", "*", "--to", f"{folder}/out/")),
            ("mailbox module", ("-c", _BESIDE, str(mbox), f"{folder}/beside")),
        ):
            seconds, memory = run(words, home.environment)
            print(f"{what:<16} {seconds:6.1f} s  {memory / 1e6:6.0f} MB")
            met = met and memory <= ALLOWED_MEMORY
        print(f"goal: at most {ALLOWED_MEMORY / 1e6:.0f} MB, children with it")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
