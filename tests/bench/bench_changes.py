"""What a synchronization costs where nothing changed, and where 100 flags did.

In a mailbox of 100,000 messages on a Dovecot on this machine. Of nothing, the commands
and octets are counted, also those in a mailbox of 1,000. The flags are set by another
client; our synchronization of the account, from connecting to leaving, stands beside
``SELECT (QRESYNC …)`` said by hand over a socket and read line by line, in turns.
"""

import re
import socket
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from imapclient import IMAPClient

from tests.bench.large_mailbox import MESSAGES, USER, large_mailbox, letters
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.ports import HOST
from tests.servers.proxy import Proxy, proxied
from tests.sync.mailing import Desk
from tui_mail.config.places import Places

FLAGS = 100
RUNS = 7
ALLOWED_RATIO = 5.0
ALLOWED_COMMANDS = 3
FEW = 1_000
FEW_USER = "d2"

_FETCH = re.compile(rb"\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\) MODSEQ \((\d+)\)\)")
_LOGIN = (b"LOGIN", b"AUTHENTICATE", b"CAPABILITY", b"ID", b"ENABLE", b"LOGOUT")


class ByHand:
    """The least that can be said to hear of changes, and the least reading of it."""

    def __init__(self, port: int) -> None:
        self._link = socket.create_connection((HOST, port))
        self._lines = self._link.makefile("rb")
        self._lines.readline()
        self.said(b'LOGIN "%s" "%s"' % (USER.encode(), PASSWORD.encode()))
        self.said(b"ENABLE QRESYNC")

    def said(self, command: bytes) -> list[bytes]:
        self._link.sendall(b"a " + command + b"\r\n")
        lines = []
        while not (line := self._lines.readline()).startswith(b"a "):
            lines.append(line)
        assert line.startswith(b"a OK"), line
        return lines

    def state(self) -> tuple[int, int]:
        """Say UIDVALIDITY and HIGHESTMODSEQ of the inbox."""
        [line] = self.said(b"STATUS INBOX (UIDVALIDITY HIGHESTMODSEQ)")
        validity, modseq = re.findall(rb"(?:UIDVALIDITY|HIGHESTMODSEQ) (\d+)", line)
        return int(validity), int(modseq)

    def changed(self, validity: int, modseq: int) -> dict[int, frozenset[bytes]]:
        """Read which flags changed since."""
        known = b"%d %d 1:%d" % (validity, modseq, MESSAGES)
        lines = self.said(b"SELECT INBOX (QRESYNC (" + known + b"))")
        found = (_FETCH.match(line) for line in lines)
        return {int(match[1]): frozenset(match[2].split()) for match in found if match}

    def close(self) -> None:
        self.said(b"LOGOUT")
        self._lines.close()
        self._link.close()


def change_flags(server: Dovecot, *, add: bool) -> None:
    """Be another client that flags some messages all over the mailbox."""
    step = MESSAGES // FLAGS
    with IMAPClient(HOST, server.port, ssl=False) as client:
        client.login(USER, PASSWORD)
        client.select_folder("INBOX")
        uids = list(range(step // 2, MESSAGES + 1, step))
        change = client.add_flags if add else client.remove_flags
        change(uids, [b"\\Flagged"], silent=True)


def by_hand(server: Dovecot, validity: int, modseq: int) -> float:
    """Ask by hand, from connecting to leaving; seconds."""
    begun = time.perf_counter()
    with closing(ByHand(server.port)) as client:
        assert len(client.changed(validity, modseq)) == FLAGS
    return time.perf_counter() - begun


def ours(desk: Desk, *, add: bool) -> float:
    """Synchronize; seconds."""
    begun = time.perf_counter()
    desk.sync()
    seconds = time.perf_counter() - begun
    asked = "SELECT count(*) FROM message WHERE flags & 4"
    [flagged] = desk.database.connection.execute(asked).fetchone()
    assert flagged == (FLAGS if add else 0), flagged
    return seconds


def nothing_to_do(desk: Desk, proxy: Proxy) -> tuple[int, int, bool]:
    """Synchronize what is in step: commands after the login, octets, any SELECT."""
    proxy.sent_up.clear()
    before = proxy.octets_down + proxy.octets_up
    assert str(desk.sync()) == "in step"
    octets = proxy.octets_down + proxy.octets_up - before
    lines = b"".join(proxy.sent_up).splitlines()
    words = [line.split()[1] for line in lines if line.count(b" ")]
    said = [word for word in words if word.upper() not in _LOGIN]
    return len(said), octets, any(word == b"SELECT" for word in said)


def main() -> int:
    """Print the figures; 1 if a goal is missed."""
    with (
        tempfile.TemporaryDirectory() as name,
        large_mailbox() as server,
        proxied(server.port) as proxy,
    ):
        server.fill(FEW_USER, letters(FEW))
        few = Desk(server, FEW_USER, _places(Path(name) / "few"))
        many = Desk(server, USER, _places(Path(name) / "many"))
        met = True
        for desk in (few, many):
            desk.sync()
            desk.sync()
            desk.through(proxy.port)
            commands, octets, selected = nothing_to_do(desk, proxy)
            met = met and commands <= ALLOWED_COMMANDS and not selected
            size = FEW if desk is few else MESSAGES
            print(
                f"nothing to do in {size:,} messages: {commands} commands after the"
                f" login (at most {ALLOWED_COMMANDS}), {octets:,} octets, SELECT:"
                f" {'yes' if selected else 'no'}"
            )
            desk.through(server.port)
        theirs, own = [], []
        for run in range(RUNS):
            add = run % 2 == 0
            with closing(ByHand(server.port)) as client:
                state = client.state()
            change_flags(server, add=add)
            theirs.append(by_hand(server, *state))
            own.append(ours(many, add=add))
        few.close()
        many.close()
    ratio = statistics.median(own) / statistics.median(theirs)
    print(f"{FLAGS} flags in {MESSAGES:,} messages, by hand: {_times(theirs)}")
    print(f"our synchronization of the account:  {_times(own)}")
    print(f"ratio of the medians: {ratio:.1f} (at most {ALLOWED_RATIO})")
    return int(not met or ratio > ALLOWED_RATIO)


def _places(folder: Path) -> Places:
    for name in ("c", "d", "s", "r"):
        (folder / name).mkdir(parents=True)
    return Places(*(folder / name for name in ("c", "d", "s", "r")))


def _times(seconds: list[float]) -> str:
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    return f"{middle * 1000:.0f} ms ({low * 1000:.0f} to {high * 1000:.0f})"


if __name__ == "__main__":
    sys.exit(main())
