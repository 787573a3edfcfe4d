"""Write messages into files of other programs: a Maildir, an mbox, or one message.

PATH is NAME/ for a Maildir, NAME.mbox, or NAME.eml for one message. What is there stays
as it is, and what it has already is not added again: an export that was interrupted is
begun anew. What is not here is fetched, unless --offline.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from functools import partial

from tui_mail.cli import output
from tui_mail.cli.mail_targets import MailTarget, OutgoingMail, open_target
from tui_mail.cli.search import find
from tui_mail.cli.session import Session
from tui_mail.cli.synchronizing import clear, named, show_progress
from tui_mail.config.settings import Account
from tui_mail.mime.from_lines import mail_digest
from tui_mail.model.error import MailError, NotFound
from tui_mail.model.ids import MessageNumber
from tui_mail.model.message import MessageSummary
from tui_mail.model.query_parser import parse_query
from tui_mail.store.content import PartDamaged, are_whole, load_checked
from tui_mail.store.damage import give_up
from tui_mail.store.database import Database
from tui_mail.store.messages import load_arrival, load_summaries

_BATCH = 200
_LARGE = 1_000_000
"""Octets of a message that is not held in memory whole."""
_SHOWN_EVERY = 20
_NAMED = 10
"""Keywords that are named."""


@dataclass(slots=True)
class _Count:
    added: int = 0
    had: int = 0
    missing: int = 0
    """Are not here whole."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "query",
        nargs="+",
        metavar="QUERY",
        help="* is everything but trash and junk, in:anywhere is that too",
    )
    parser.add_argument("--to", metavar="PATH", required=True)
    parser.add_argument("--offline", action="store_true", help="open no connection")


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Export, and say how much was new."""
    found = list(find(session, parse_query(" ".join(arguments.query))))
    total = sum(len(numbers) for _, numbers in found)
    count = _Count()
    whole = True
    if not total:
        output.note(_line(arguments.to, count))
        return 0
    try:
        with open_target(arguments.to, total) as target:
            for account, numbers in found:
                if not arguments.offline:
                    whole = _fetch(session, account, numbers) and whole
                _write(session.database(account), numbers, target, count, total)
    finally:
        clear()
    output.note(_line(arguments.to, count))
    if target.left_out:
        output.note(_said_of(target.left_out))
    return int(count.missing > 0 or not whole)


def _line(name: str, count: _Count) -> str:
    line = f"{name}: added {count.added:,}, had {count.had:,}"
    return f"{line}; not here: {count.missing:,}" if count.missing else line


def _said_of(left_out: Set[str]) -> str:
    words = sorted(left_out)
    named = ", ".join(words[:_NAMED]) + (", …" if words[_NAMED:] else "")
    return (
        f"a Maildir holds 26 keywords; the messages are there without {len(words):,}"
        f" more: {named}"
    )


def _fetch(session: Session, account: Account, numbers: list[MessageNumber]) -> bool:
    """Fetch what is not here whole; False if that broke off, which is said."""
    database = session.database(account)
    if account.kind != "imap" or are_whole(database, numbers):
        return True
    from tui_mail.cli.engines import fetch_whole

    try:
        fetch_whole(session, account, numbers)
    except MailError as error:
        clear()
        output.complain(named(account, error.line))
        return False
    return True


def _write(
    database: Database,
    numbers: list[MessageNumber],
    target: MailTarget,
    count: _Count,
    total: int,
) -> None:
    for summary in _oldest_first(database, numbers):
        if sys.stderr.isatty() and not (count.added + count.had) % _SHOWN_EVERY:
            show_progress("exporting", count.added + count.had, total)
        if not are_whole(database, [summary.number]):
            count.missing += 1
            continue
        try:
            arrived = load_arrival(database, summary.number)
            pieces = _pieces(database, summary)
            digest = mail_digest(pieces())
        except NotFound:
            # It went while the others were written.
            continue
        except PartDamaged as error:
            with database.transaction() as tx:
                give_up(tx, error.number, error.part)
            output.complain(f"{database.account}: {error.line}")
            count.missing += 1
            continue
        if digest in target.digests:
            count.had += 1
            continue
        target.write(
            OutgoingMail(
                pieces=pieces(),
                flags=summary.flags,
                arrived=arrived,
                sender=summary.from_[0].address if summary.from_ else "",
            )
        )
        target.digests.add(digest)
        count.added += 1


def _pieces(
    database: Database, summary: MessageSummary
) -> Callable[[], Iterable[bytes]]:
    """Give what reads a message; a large one is read anew each time."""
    read = partial(load_checked, database, summary.number)
    return read if summary.size > _LARGE else partial(iter, tuple(read()))


def _oldest_first(
    database: Database, numbers: list[MessageNumber]
) -> Iterator[MessageSummary]:
    for start in range(len(numbers), 0, -_BATCH):
        some = numbers[max(0, start - _BATCH) : start]
        yield from (one for one in load_summaries(database, some[::-1]) if one)
