"""Synchronize without a screen: the outbox is sent, what waits replayed, mail fetched.

Without accounts, all of them. A server that is down is said in one line; the others
are done.
"""

import argparse
import contextlib
import signal
import subprocess
import sys

from tui_mail.cli.session import Session
from tui_mail.cli.synchronizing import synchronize
from tui_mail.config.logs import set_up_log
from tui_mail.config.settings import Account
from tui_mail.model.error import UsageError

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("accounts", nargs="*", metavar="ACCOUNT")
    for name, said in (
        ("--watch", "stay, and heed what the servers say, until interrupted"),
        ("--bodies", 'as download = "all", this once'),
        ("--dry-run", "say what would be fetched, changed, deleted"),
        ("--again", "POP3: fetch again what was deleted here for ever"),
        ("--yes", "answer yes to what would be asked"),
    ):
        parser.add_argument(name, action="store_true", help=said)
    parser.add_argument("--for-reader", action="store_true", help=argparse.SUPPRESS)


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Synchronize."""
    for name in ("dry_run", "bodies", "again", "yes"):
        if arguments.watch and getattr(arguments, name):
            raise UsageError(f"--watch does not go with --{name.replace('_', '-')}")
    accounts = session.accounts(arguments.accounts)
    with contextlib.suppress(OSError):
        set_up_log(session.places, verbose=session.verbose)
    if arguments.watch:
        return _watch(session, accounts, for_reader=arguments.for_reader)
    return synchronize(
        session,
        accounts,
        bodies=arguments.bodies,
        dry_run=arguments.dry_run,
        again=arguments.again,
        yes=arguments.yes,
    )


def _watch(session: Session, accounts: list[Account], *, for_reader: bool) -> int:
    """Be the engine of one account; for several, start one process each."""
    if len(accounts) > 1:
        return _watch_all(session, accounts)
    from tui_mail.sync.engine import watch

    return watch(accounts[0], session.settings, session.places, for_reader=for_reader)


def _watch_all(session: Session, accounts: list[Account]) -> int:
    command = [sys.executable, "-m", "tui_mail", "--config", str(session.settings.path)]
    children: list[subprocess.Popen[bytes]] = []
    waiting = list(accounts)

    def end(number: int = signal.SIGTERM, _: object = None) -> None:
        waiting.clear()
        for child in children:
            child.send_signal(number)

    before = {number: signal.signal(number, end) for number in _ENDINGS}
    try:
        while waiting:
            words = [*command, "sync", "--watch", waiting.pop(0).name]
            children.append(subprocess.Popen(words))
        return int(any([child.wait() for child in children]))
    finally:
        end()
        for child in children:
            child.wait()
        for number, handler in before.items():
            signal.signal(number, handler)
