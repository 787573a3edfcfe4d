"""A Dovecot on this machine whose user has a large mailbox."""

import contextlib
import os
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.servers import dovecot
from tests.servers.dovecot import Dovecot, Letter

MESSAGES = int(os.environ.get("TUI_MAIL_BENCH_MESSAGES", "100000"))
"""How many messages; fewer for a quick look."""
USER = "d1"
"""It has an mdbox: a Maildir of this size measures the file system."""
SUBJECT = "The newest on the server"

_NAMES = ("Grace", "Lars", "Mei", "Anna", "Petra", "Kwame", "Ravi", "Edith", "Saga")
_WORDS = ("plan", "budget", "meeting", "release", "notes", "harbour", "question")


def letters(count: int, *, seed: int = 7) -> Iterator[Letter]:
    """Make messages, oldest first: a third are replies, the last has the subject."""
    chance = random.Random(seed)
    newest = datetime(2026, 11, 19, 14, 0, tzinfo=UTC)
    for number in range(1, count + 1):
        moment = newest - timedelta(minutes=7 * (count - number))
        parent = number - chance.randint(1, 40) if chance.random() < 0.33 else 0
        yield Letter(
            _octets(chance, number, moment, parent, last=number == count),
            flags="\\Seen" if chance.random() < 0.9 else "",
            arrived=moment.strftime("%d-%b-%Y %H:%M:%S +0000"),
        )


def _octets(
    chance: random.Random, number: int, moment: datetime, parent: int, *, last: bool
) -> bytes:
    name = chance.choice(_NAMES)
    words = " ".join(chance.choice(_WORDS) for _ in range(4))
    subject = SUBJECT if last else f"{words} {number}"
    answers = (
        f"In-Reply-To: <{parent}@bench.example>\r\n"
        f"References: <{parent}@bench.example>\r\n"
        if parent > 0
        else ""
    )
    return (
        f"Return-Path: <{name.lower()}@corp.example>\r\n"
        f"Received: from mx.corp.example (mx.corp.example [192.0.2.7])\r\n"
        f"\tby mail.example with ESMTPS id {number:x}; {format_datetime(moment)}\r\n"
        f"From: {name} Example <{name.lower()}@corp.example>\r\n"
        "To: Ann Example <ann@corp.example>, Team <team@corp.example>\r\n"
        f"Subject: {subject}\r\n"
        f"Date: {format_datetime(moment)}\r\n"
        f"Message-ID: <{number}@bench.example>\r\n{answers}"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"{words}\r\n\r\n-- \r\n{name}\r\n"
    ).encode()


@contextlib.contextmanager
def large_mailbox(count: int = MESSAGES) -> Iterator[Dovecot]:
    """Run a Dovecot whose user has so many messages in INBOX."""
    if not dovecot.installed():
        sys.exit("this bench needs Dovecot (Debian: dovecot-imapd)")
    with dovecot.running() as server:
        start = time.perf_counter()
        server.fill(USER, letters(count))
        seconds = time.perf_counter() - start
        print(f"{count:,} messages put into an mdbox in {seconds:.0f} s", flush=True)
        yield server
