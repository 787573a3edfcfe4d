"""Accounts worked on side by side: one whose server hangs keeps no other back."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from tui_mail.config.settings import Account

_AT_ONCE = 8
"""So many at a time: each has a connection and a child that reads mail."""


def side_by_side(
    accounts: Sequence[Account], work: Callable[[Account], bool]
) -> list[Account]:
    """Do it for each account, at the same time; those where it went well, in order.

    The threads are daemons: who interrupts the command waits for no server.
    """
    if len(accounts) < 2:
        return [account for account in accounts if work(account)]
    left: queue.SimpleQueue[Account] = queue.SimpleQueue()
    ended: queue.SimpleQueue[None] = queue.SimpleQueue()
    well: set[str] = set()
    for account in accounts:
        left.put(account)

    def run() -> None:
        try:
            while not left.empty():
                with suppress(queue.Empty):
                    account = left.get_nowait()
                    if work(account):
                        well.add(account.name)
        finally:
            ended.put(None)

    threads = [
        threading.Thread(target=run, name=f"accounts-{number}", daemon=True)
        for number in range(min(_AT_ONCE, len(accounts)))
    ]
    with _mistakes_raised():
        for thread in threads:
            thread.start()
        for _ in threads:
            ended.get()
        for thread in threads:
            thread.join()
    return [account for account in accounts if account.name in well]


@contextmanager
def _mistakes_raised() -> Iterator[None]:
    """Raise at the end what one of the threads failed with."""
    mistakes: list[BaseException] = []

    def note(failed: threading.ExceptHookArgs) -> None:
        if failed.exc_value is not None:
            mistakes.append(failed.exc_value)

    before = threading.excepthook
    threading.excepthook = note
    try:
        yield
    finally:
        threading.excepthook = before
    if mistakes:
        raise mistakes[0]
