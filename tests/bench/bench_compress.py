"""What COMPRESS=DEFLATE saves on a slow line: 150 ms of round trip, 2 Mbit/s.

The same synchronizations of the same mailbox, through a proxy that delays and holds
back, from a Dovecot that announces it and from one that does not, in turns. And what a
look at all mailboxes costs: so much would NOTIFY (RFC 5465) save a minute.
"""

import os
import random
import statistics
import subprocess
import sys
import time
from dataclasses import replace

from tests.bench.large_mailbox import USER, letters
from tests.bench.place import place
from tests.servers import dovecot
from tests.servers.dovecot import PASSWORD, ZLIB, Dovecot, Letter, without
from tests.servers.proxy import proxied
from tui_mail.config.secret import Secret
from tui_mail.transports.imap import ImapConnection

ROUND_TRIP = 0.150
RATE = 2_000_000 / 8
MESSAGES = 5_000
TEXTS = 200
MAILBOXES = 100
RUNS = 3
WORTH = 0.8
"""It is used if what took 1 takes at most so much with it."""

_WORDS = (
    *("the", "of", "and", "to", "in", "that", "is", "was", "for", "on", "with", "as"),
    *("meeting", "harbour", "nevertheless", "tomorrow", "question", "budget", "about"),
    *("Amsterdam", "release", "possible", "neighbour", "would", "there", "letter"),
)


def texts() -> list[Letter]:
    """Make messages with 20 kB of text that a person might have written."""
    chance = random.Random(3)
    return [
        replace(
            letter,
            octets=letter.octets
            + "\r\n".join(
                " ".join(chance.choice(_WORDS) for _ in range(14)) for _ in range(330)
            ).encode(),
        )
        for letter in letters(TEXTS, seed=4)
    ]


def synchronize(server: Dovecot, user: str, *more: str) -> tuple[float, float, int]:
    """Synchronize into an empty store, then again; both seconds, and octets that came."""
    with proxied(server.port) as proxy:
        proxy.latency, proxy.rate = ROUND_TRIP / 2, RATE
        with place(port=proxy.port, user=user, secret=PASSWORD) as here:
            took = []
            for _ in range(2):
                start = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-m", "tui_mail", "sync", *more],
                    env={**os.environ, **here.environment},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    check=True,
                )
                took.append(time.perf_counter() - start)
        return took[0], took[1], proxy.octets_down


def look(server: Dovecot) -> tuple[float, int]:
    """Ask for the counts of all mailboxes; seconds, and octets that came."""
    with proxied(server.port) as proxy:
        proxy.latency, proxy.rate = ROUND_TRIP / 2, RATE
        secret = Secret(PASSWORD)
        settings = server.imap("d3", port=proxy.port)
        connection = ImapConnection.connect(settings, secret, deadline=30)
        before, start = proxy.octets_down, time.perf_counter()
        listed = connection.list_mailboxes(subscribed_only=False)
        seconds, octets = time.perf_counter() - start, proxy.octets_down - before
        connection.logout()
    assert len(listed) > MAILBOXES
    return seconds, octets


def main() -> int:
    """Print the figures; 1 if it is not worth it."""
    plain = replace(ZLIB, capabilities=without())
    worth = True
    with dovecot.running(ZLIB) as packed, dovecot.running(plain) as bare:
        for server in (packed, bare):
            server.fill(USER, letters(MESSAGES))
            server.fill("d2", texts())
            server.raw("d3", *(f"CREATE Lists/List{n}" for n in range(MAILBOXES)))
        for which, server in (("with it", packed), ("without", bare)):
            seconds, octets = look(server)
            print(
                f"a look at {MAILBOXES} mailboxes {which}:"
                f" {seconds:.2f} s, {octets / 1e3:.1f} kB"
            )
        for what, user, more in (
            (f"{MESSAGES:,} headers", USER, ()),
            (f"{TEXTS} messages of 20 kB", "d2", ("--bodies",)),
        ):
            with_it, without_it = [], []
            for _ in range(RUNS):
                with_it.append(synchronize(packed, user, *more))
                without_it.append(synchronize(bare, user, *more))
            ratio = _middle(with_it, 0) / _middle(without_it, 0)
            worth = worth and ratio <= WORTH
            print(
                f"{what}: {_middle(with_it, 0):.1f} s and {_middle(with_it, 2) / 1e6:.2f}"
                f" MB with it, {_middle(without_it, 0):.1f} s and"
                f" {_middle(without_it, 2) / 1e6:.2f} MB without: {ratio:.2f} times"
                f" (worth it up to {WORTH})"
            )
            print(
                f"  nothing to do after that: {_middle(with_it, 1):.2f} s with it,"
                f" {_middle(without_it, 1):.2f} s without"
            )
    return int(not worth)


def _middle(runs: list[tuple[float, float, int]], which: int) -> float:
    return statistics.median(run[which] for run in runs)


if __name__ == "__main__":
    sys.exit(main())
