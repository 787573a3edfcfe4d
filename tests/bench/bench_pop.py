"""POP3: many messages beside mpop into a Maildir, a slow way, and a very large message.

Whole processes at one Dovecot on this machine, in turns. What mpop delivers, and each
commit of ours, is on the disk when it counts as there. A number says how many messages.
"""

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench import bench_bodies
from tests.bench.large_mailbox import USER
from tests.servers import dovecot
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.ports import HOST
from tests.servers.proxy import proxied

RUNS = 2
ALLOWED_RATIO = 1.5
ROUND_TRIP = 0.040
FEW = 1_000
"""Messages that come over the slow way."""
NEEDED_GAIN = 5.0
LARGE = 200_000_000
ALLOWED_MEMORY = 100_000_000

_SETTINGS = """\
[accounts.bench]
address = "bench@corp.example"
password_command = "echo {secret}"

[accounts.bench.pop3]
host = "{host}"
port = {port}
security = "none"
username = "{user}"
"""
_MPOP = """\
account bench
host {host}
port {port}
user {user}
password {secret}
auth user
tls off
pipelining auto
keep on
uidls_file {folder}/uidls
delivery maildir {folder}/mail
"""
_ONE_AT_A_TIME = """\
import sys
from tui_mail.transports import pop3
pop3._AT_ONCE = 1
from tui_mail.__main__ import main
sys.exit(main(["sync"]))
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took."""

    seconds: float
    engine: int
    """Octets of memory that it had at most, without its children."""
    all: int
    """With them."""


def mpop(port: int) -> float:
    """Have mpop fetch it all; seconds."""
    with _folder() as folder:
        for name in ("tmp", "cur", "new"):
            (folder / "mail" / name).mkdir(parents=True)
        settings = folder / "mpoprc"
        settings.touch(mode=0o600)
        settings.write_text(
            _MPOP.format(
                host=HOST, port=port, user=USER, secret=PASSWORD, folder=folder
            )
        )
        begun = time.perf_counter()
        subprocess.run(["mpop", "-q", "-C", settings, "bench"], check=True)
        return time.perf_counter() - begun


def ours(port: int, user: str, *arguments: str) -> Run:
    """Synchronize an empty account."""
    with _folder() as folder:
        settings = folder / "config" / "tui-mail" / "config.toml"
        settings.parent.mkdir(parents=True)
        settings.touch(mode=0o600)
        settings.write_text(
            _SETTINGS.format(host=HOST, port=port, user=user, secret=PASSWORD)
        )
        (folder / "run").mkdir(mode=0o700)
        environment = {
            **os.environ,
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_RUNTIME_DIR": str(folder / "run"),
        }
        begun = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, *(arguments or ("-m", "tui_mail", "sync"))],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        engine = everything = 0
        while child.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(child.pid)
                own = int(process.memory_info().rss)
                below = process.children(recursive=True)
                rest = sum(int(one.memory_info().rss) for one in below)
                engine, everything = max(engine, own), max(everything, own + rest)
            time.sleep(0.05)
        seconds = time.perf_counter() - begun
        assert child.returncode == 0, "the synchronization failed"
    return Run(seconds, engine, everything)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pop-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def beside_mpop(server: Dovecot, count: int) -> bool:
    """Fetch many; True if it is fast enough."""
    port = server.ports["pop3"]
    there, theirs, own = shutil.which("mpop") is not None, [], []
    for _ in range(RUNS):
        if there:
            theirs.append(mpop(port))
        own.append(ours(port, USER))
    times = [one.seconds for one in own]
    print(f"tui-mail sync: {_seconds(times)}, {count / min(times):,.0f} a second")
    print(f"memory: {max(one.all for one in own) / 1e6:.0f} MB, children with it")
    if not there:
        print("mpop is missing (Debian: mpop): nothing to compare with")
        return True
    ratio = statistics.median(times) / statistics.median(theirs)
    print(f"mpop into a Maildir: {_seconds(theirs)}")
    print(f"ratio of the medians: {ratio:.2f} (at most {ALLOWED_RATIO})", flush=True)
    return ratio <= ALLOWED_RATIO


def over_a_slow_way(server: Dovecot) -> bool:
    """Fetch some with latency; True if pipelining gains enough."""
    server.fill("d2", bench_bodies.messages()[:FEW])
    with proxied(server.ports["pop3"]) as proxy:
        proxy.latency = ROUND_TRIP / 2
        fast = ours(proxy.port, "d2").seconds
        slow = ours(proxy.port, "d2", "-c", _ONE_AT_A_TIME).seconds
    print(
        f"{FEW:,} messages, {ROUND_TRIP * 1e3:.0f} ms of round trip: {fast:.1f} s;"
        f" one asked for at a time: {slow:.1f} s, {slow / fast:.1f} times"
        f" (at least {NEEDED_GAIN:.0f})",
        flush=True,
    )
    return slow / fast >= NEEDED_GAIN


def very_large(server: Dovecot) -> bool:
    """Fetch one message of 200 MB; True if it needs little memory."""
    line = b"QUJD" * 19 + b"\r\n"
    head = (
        b"From: ann@corp.example\r\nSubject: large\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n"
        b"--b\r\nContent-Type: application/octet-stream; name=one\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n"
    )
    server.fill("d3", [head + line * (LARGE // len(line)) + b"--b--\r\n"])
    run = ours(server.ports["pop3"], "d3")
    print(
        f"one message of {LARGE / 1e6:.0f} MB: {run.seconds:.1f} s, memory"
        f" {run.engine / 1e6:.0f} MB, with children {run.all / 1e6:.0f} MB"
        f" (less than {ALLOWED_MEMORY / 1e6:.0f})"
    )
    return run.all < ALLOWED_MEMORY


def _seconds(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} s ({min(values):.1f} to {max(values):.1f})"


def main() -> int:
    """Print the figures; 1 if a goal is missed."""
    if not dovecot.installed():
        sys.exit("this bench needs Dovecot (Debian: dovecot-pop3d)")
    count = int(sys.argv[1]) if sys.argv[1:] else bench_bodies.MESSAGES
    with dovecot.running() as server:
        sent = bench_bodies.messages()[:count]
        server.fill(USER, sent)
        octets = sum(len(one.octets) for one in sent)
        print(f"{count:,} messages, {octets / 1e6:.0f} MB", flush=True)
        met = [beside_mpop(server, count), over_a_slow_way(server), very_large(server)]
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
