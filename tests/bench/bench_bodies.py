"""10,000 whole messages into an empty store, beside mbsync into an empty Maildir.

Both are whole processes at one Dovecot on this machine, in turns. mbsync has ``FSync
yes``, its default: each message is on the disk when it counts as there, as each commit
of ours is.
"""

import contextlib
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil

from tests.bench.large_mailbox import USER, letters
from tests.bench.place import place
from tests.servers import dovecot
from tests.servers.dovecot import PASSWORD, Dovecot, Letter
from tests.servers.ports import HOST

MESSAGES = 10_000
RUNS = 2
ALLOWED_RATIO = 2.0
ALLOWED_MEMORY = 200_000_000

_WORDS = ("meeting", "harbour", "tomorrow", "question", "budget", "about", "release")
_MBSYNC = """\
FSync yes

IMAPAccount bench
Host {host}
Port {port}
User {user}
Pass {secret}
SSLType None
AuthMechs LOGIN

IMAPStore there
Account bench

MaildirStore here
Path {folder}/mail/
Inbox {folder}/mail/INBOX

Channel bench
Far :there:INBOX
Near :here:INBOX
Create Near
SyncState {folder}/state/
"""


def messages() -> list[Letter]:
    """Make messages of a few kB, some with a line for each of a thousand words."""
    chance = random.Random(5)

    def text() -> bytes:
        lines = (" ".join(chance.choices(_WORDS, k=9)) for _ in range(_lines(chance)))
        return "\r\n".join(lines).encode()

    return [
        replace(one, octets=one.octets + text()) for one in letters(MESSAGES, seed=6)
    ]


def _lines(chance: random.Random) -> int:
    return chance.choice((10, 20, 40, 40, 80, 400))


def mbsync(server: Dovecot) -> float:
    """Have mbsync fetch it all; seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for below in ("mail", "state"):
            (folder / below).mkdir()
        settings = folder / "mbsyncrc"
        settings.write_text(
            _MBSYNC.format(
                host=HOST, port=server.port, user=USER, secret=PASSWORD, folder=folder
            )
        )
        begun = time.perf_counter()
        subprocess.run(["mbsync", "-q", "-c", settings, "bench"], check=True)
        seconds = time.perf_counter() - begun
        found = sum(1 for _ in (folder / "mail" / "INBOX").glob("[cn][ue][rw]/*"))
        assert found == MESSAGES, found
    return seconds


def ours(server: Dovecot) -> tuple[float, int]:
    """Synchronize with ``--bodies``; seconds and the most memory of all its processes."""
    with place(port=server.port, user=USER, secret=PASSWORD) as here:
        begun = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, "-m", "tui_mail", "sync", "--bodies"],
            env={**os.environ, **here.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        most = 0
        while child.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                most = max(most, memory_of(psutil.Process(child.pid)))
            time.sleep(0.05)
        seconds = time.perf_counter() - begun
        assert child.returncode == 0, "the synchronization failed"
        asked = "SELECT count(*) FROM part WHERE part_id = '' AND complete = 1"
        with contextlib.closing(sqlite3.connect(here.database)) as store:
            [whole] = store.execute(asked).fetchone()
        assert whole == MESSAGES, whole
    return seconds, most


def memory_of(process: psutil.Process) -> int:
    """Add up the memory of a process and its children, in octets."""
    below = process.children(recursive=True)
    return sum(int(one.memory_info().rss) for one in (process, *below))


def main() -> int:
    """Print the figures; 1 if a goal is missed."""
    if not dovecot.installed():
        sys.exit("this bench needs Dovecot (Debian: dovecot-imapd)")
    there = shutil.which("mbsync") is not None
    theirs, own, memory = [], [], []
    with dovecot.running() as server:
        sent = messages()
        server.fill(USER, sent)
        octets = sum(len(one.octets) for one in sent)
        print(f"{MESSAGES:,} messages, {octets / 1e6:.0f} MB", flush=True)
        for _ in range(RUNS):
            if there:
                theirs.append(mbsync(server))
            seconds, most = ours(server)
            own.append(seconds)
            memory.append(most)
    print(f"tui-mail sync --bodies: {_seconds(own)}")
    print(
        f"memory: {max(memory) / 1e6:.0f} MB (at most {ALLOWED_MEMORY / 1e6:.0f}),"
        " children with it"
    )
    met = max(memory) <= ALLOWED_MEMORY
    if not there:
        print("mbsync is missing (Debian: isync): nothing to compare with")
        return int(not met)
    ratio = statistics.median(own) / statistics.median(theirs)
    print(f"mbsync, FSync yes: {_seconds(theirs)}")
    print(f"ratio of the medians: {ratio:.2f} (at most {ALLOWED_RATIO})")
    return int(not met or ratio > ALLOWED_RATIO)


def _seconds(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} s ({min(values):.1f} to {max(values):.1f})"


if __name__ == "__main__":
    sys.exit(main())
