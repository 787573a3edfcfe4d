"""Which messages a command acts on: ids, ids on stdin, or a query."""

import argparse
import re
import sys
from collections.abc import Iterable

from tui_mail.cli import output
from tui_mail.cli.search import find
from tui_mail.cli.session import Session
from tui_mail.cli.values import counted
from tui_mail.config.settings import Account
from tui_mail.model.error import MailError, NotFound, UsageError
from tui_mail.model.ids import MessageNumber
from tui_mail.model.query_parser import parse_query
from tui_mail.store.mailboxes import NOWHERE
from tui_mail.store.messages import load_summaries

Targets = dict[str, tuple[Account, tuple[MessageNumber, ...]]]
"""By the account's name."""

ID = re.compile(r"([A-Za-z0-9_-]+)/([0-9]+)", re.ASCII)
"""How an id is written."""
_DIGITS = 18
"""Those of the largest number that a message may have."""
_MANY = 20


def add_target_arguments(parser: argparse.ArgumentParser) -> None:
    """Say how messages are named, without the ids themselves."""
    parser.add_argument("--query", metavar="Q", help="instead of ids: what Q finds")
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument(
        "--sync", action="store_true", help="tell the server at once, and wait for it"
    )


def parse_id(session: Session, text: str) -> tuple[Account, MessageNumber]:
    """Read ``ACCOUNT/NUMBER`` of a message that is here.

    Raises UsageError where it is no id, NotFound where account or message is unknown.
    """
    match = ID.fullmatch(text)
    if match is None:
        raise UsageError(
            f'"{text}" is no id: write ACCOUNT/NUMBER, as search prints it'
        )
    account = session.account(match[1])
    # SQLite has no number of more digits, and Python reads none of some thousand.
    number = int(match[2]) if len(match[2]) <= _DIGITS else 0
    [found] = load_summaries(session.database(account), [number])
    if found is None or found.mailbox == NOWHERE:
        raise NotFound(f"there is no message {text}")
    return account, MessageNumber(number)


def find_targets(
    session: Session, ids: list[str], arguments: argparse.Namespace, verb: str
) -> Targets:
    """Find the messages; with a query their number is said, and asked for on a terminal.

    Raises UsageError, and NotFound if any message is not there: then nothing is done.
    """
    if arguments.query is not None:
        if ids:
            raise UsageError("either ids or --query, not both")
        return _by_query(session, arguments.query, verb, yes=arguments.yes)
    if ids == ["-"]:
        ids = sys.stdin.read().split()
    elif not ids:
        raise UsageError("which messages? ids, --query Q, or - for ids on stdin")
    return _grouped(parse_id(session, text) for text in ids)


def _grouped(found: Iterable[tuple[Account, MessageNumber]]) -> Targets:
    numbers: dict[str, dict[MessageNumber, None]] = {}
    accounts: dict[str, Account] = {}
    for account, number in found:
        accounts[account.name] = account
        numbers.setdefault(account.name, {})[number] = None
    return {name: (accounts[name], tuple(kept)) for name, kept in numbers.items()}


def _by_query(session: Session, text: str, verb: str, *, yes: bool) -> Targets:
    targets = _grouped(
        (account, number)
        for account, numbers in find(session, parse_query(text))
        for number in numbers
    )
    number = count(targets)
    said = f"{verb} {counted(number)}"
    if number and not yes and sys.stdin.isatty() and sys.stderr.isatty():
        sys.stderr.write(f"{said}? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise MailError("nothing was done")
    elif number > _MANY and not yes:
        raise UsageError(f"{said}: more than {_MANY} need --yes")
    else:
        output.note(said)
    return targets


def count(targets: Targets) -> int:
    """Say how many messages there are."""
    return sum(len(numbers) for _, numbers in targets.values())
