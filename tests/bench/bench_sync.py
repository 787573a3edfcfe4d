"""The first synchronization of 100,000 headers, beside imapclient's own fetch.

Both sides ask one Dovecot on this machine, in turns: imapclient fetches and parses the
same header fields in chunks of 1,000 and keeps nothing; ``tui-mail sync`` runs as a
whole process and ends with all of it in its store. Then how soon the first screenful
is there, without and with 50 ms of round trip.
"""

import contextlib
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil
from imapclient import IMAPClient

from tests.bench.large_mailbox import MESSAGES, USER, large_mailbox
from tests.bench.place import Place, place
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.proxy import proxied
from tui_mail.mime.headers import LIST_FIELDS

RUNS = 3
ALLOWED_RATIO = 0.6
ALLOWED_MEMORY = 150_000_000
SCREENFUL = 40
FIRST_ROWS = {0.0: 1.0, 0.050: 2.0}
"""Seconds in which the first screenful is there, by the round trip's seconds."""
CHUNK = 1000


def imapclient_fetch(server: Dovecot) -> float:
    """Have imapclient fetch and parse; seconds."""
    fields = " ".join(name.upper() for name in LIST_FIELDS)
    items = [
        "FLAGS",
        "INTERNALDATE",
        "RFC822.SIZE",
        f"BODY.PEEK[HEADER.FIELDS ({fields})]",
    ]
    start = time.perf_counter()
    with IMAPClient("127.0.0.1", server.port, ssl=False) as client:
        client.login(USER, PASSWORD)
        client.select_folder("INBOX", readonly=True)
        for low in range(1, MESSAGES + 1, CHUNK):
            uids = list(range(low, min(low + CHUNK, MESSAGES + 1)))
            assert len(client.fetch(uids, items)) == len(uids)
    return time.perf_counter() - start


def our_sync(server: Dovecot) -> tuple[float, int]:
    """Synchronize into an empty store; seconds and the most memory resident."""
    with _home(server.port) as here:
        start = time.perf_counter()
        child = _sync(here)
        most = 0
        while child.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                most = max(most, psutil.Process(child.pid).memory_info().rss)
            time.sleep(0.02)
        seconds = time.perf_counter() - start
        assert child.returncode == 0, "the synchronization failed"
        assert _rows(here) == MESSAGES, "not all of it is there"
    return seconds, most


def first_screenful(port: int) -> float:
    """Say how soon after the start a screenful is in the store; the start's own time
    is measured by a run that has nothing to do and taken off."""
    with _home(port) as here:
        start = time.perf_counter()
        child = _sync(here)
        try:
            while _rows(here) < SCREENFUL:
                assert child.poll() is None, "it ended without a row"
                time.sleep(0.003)
            return time.perf_counter() - start
        finally:
            child.send_signal(signal.SIGINT)
            child.wait()


def empty_start() -> float:
    """Time a process that imports what the engine does and leaves."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", "import tui_mail.sync.engine, tui_mail.transports.imap"],
        check=True,
    )
    return time.perf_counter() - start


def _home(port: int) -> contextlib.AbstractContextManager[Place]:
    return place(port=port, user=USER, secret=PASSWORD)


def _sync(here: Place) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tui_mail", "sync"],
        env={**os.environ, **here.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _rows(here: Place) -> int:
    if not Path(here.database).exists():
        return 0
    question = "SELECT count(*) FROM message"
    try:
        with contextlib.closing(
            sqlite3.connect(f"file:{here.database}?mode=ro", uri=True)
        ) as store:
            return int(store.execute(question).fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def main() -> int:
    """Print the figures; 1 if a goal is missed."""
    met = True
    with large_mailbox() as server:
        theirs, ours, memory = [], [], []
        for _ in range(RUNS):
            theirs.append(imapclient_fetch(server))
            seconds, most = our_sync(server)
            ours.append(seconds)
            memory.append(most)
        ratio = statistics.median(ours) / statistics.median(theirs)
        print(f"imapclient, fetched and parsed: {_seconds(theirs)}")
        print(f"tui-mail sync, into the store:  {_seconds(ours)}")
        print(f"ratio of the medians: {ratio:.2f} (at most {ALLOWED_RATIO})")
        print(
            f"memory: {max(memory) / 1e6:.0f} MB (at most {ALLOWED_MEMORY / 1e6:.0f})"
        )
        met = ratio <= ALLOWED_RATIO and max(memory) <= ALLOWED_MEMORY
        start = statistics.median(empty_start() for _ in range(RUNS))
        print(f"start of the process: {start:.2f} s, taken off below")
        for trip, allowed in FIRST_ROWS.items():
            with proxied(server.port) as proxy:
                proxy.latency = trip / 2
                found = [first_screenful(proxy.port) - start for _ in range(RUNS)]
            middle = statistics.median(found)
            print(
                f"first {SCREENFUL} rows at {trip * 1000:.0f} ms round trip:"
                f" {middle:.2f} s (at most {allowed})"
            )
            met = met and middle <= allowed
    return int(not met)


def _seconds(values: list[float]) -> str:
    return (
        f"median {statistics.median(values):.2f} s"
        f" ({min(values):.2f} to {max(values):.2f}, {len(values)} runs)"
    )


if __name__ == "__main__":
    sys.exit(main())
