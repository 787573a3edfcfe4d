"""Find messages in the local store, newest first; with --server on the server too.

A query is words, "quoted phrases" and fields such as from:ann in:inbox is:unread
has:attachment newer:2w; see: tui-mail help queries.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tui_mail.cli import output
from tui_mail.cli.columns import cut
from tui_mail.cli.session import Session
from tui_mail.cli.values import addresses, rfc3339
from tui_mail.config.settings import Account
from tui_mail.model.error import MailError, UsageError
from tui_mail.model.ids import MessageNumber
from tui_mail.model.message import MessageSummary
from tui_mail.model.query import Query
from tui_mail.model.query_parser import parse_query
from tui_mail.model.query_terms import may_be_in
from tui_mail.store.content import load_structure
from tui_mail.store.mailboxes import load_mailboxes
from tui_mail.store.messages import load_summaries
from tui_mail.store.search import search

_ON_A_TERMINAL = 50
_ENDLESS = 10**9
"""More than there can be, and as much as the tables can count to."""
_WIDEST_SENDER = 30
_BEFORE_SENDER = 34
"""Cells that id, date and signs take about."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One message found."""

    account: Account
    summary: MessageSummary

    @property
    def id(self) -> str:
        """The id that a person writes."""
        return f"{self.account.name}/{self.summary.number}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("query", nargs="+", metavar="QUERY", help="* is everything")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="one object per line")
    how.add_argument("--ids", action="store_true", help="only the ids")
    how.add_argument("--count", action="store_true", help="only how many there are")
    parser.add_argument(
        "--limit", type=int, metavar="N", help="at most N; by default 50 on a terminal"
    )
    parser.add_argument(
        "--server",
        action="store_true",
        help="have the servers look in what is not here",
    )


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Print what was found."""
    if arguments.limit is not None and arguments.limit < 0:
        raise UsageError("--limit must not be negative")
    typed = " ".join(arguments.query)
    query = parse_query(typed)
    asked = not arguments.server or _ask_servers(session, typed, query)
    limit = None if arguments.limit is None else min(arguments.limit, _ENDLESS)
    if limit is None and output.on_terminal() and not arguments.count:
        limit = _ON_A_TERMINAL
    if arguments.count:
        found = sum(len(numbers) for _, numbers in find(session, query, limit))
        output.line(str(found if limit is None else min(found, limit)))
        return int(not asked)
    hits = find_newest(session, query, limit)
    if arguments.ids:
        for hit in hits:
            output.line(hit.id)
    elif arguments.json:
        _print_objects(session, hits)
    elif hits:
        _print_rows(hits)
    return int(not asked)


def _ask_servers(session: Session, typed: str, query: Query) -> bool:
    """Have each account's server look; False where one could not, which is said."""
    from tui_mail.cli.engines import search_server
    from tui_mail.cli.synchronizing import clear, named

    for _ in find(session, query, limit=0):
        # A mistake in the query is said before anybody is asked.
        pass
    all_asked = True
    for account in session.readable_accounts():
        if not may_be_in(query, account.name):
            continue
        if account.kind != "imap":
            why = "POP3 cannot search" if account.kind == "pop3" else "it has no server"
            output.note(named(account, f"all its mail is here to be searched; {why}"))
            continue
        try:
            line = search_server(session, account, typed)
        except MailError as error:
            clear()
            output.complain(named(account, error.line))
            all_asked = False
        else:
            clear()
            output.note(named(account, line))
    return all_asked


def find(
    session: Session, query: Query, limit: int | None = None
) -> Iterator[tuple[Account, list[MessageNumber]]]:
    """Find in each account, newest first there; raises MailError."""
    for account in session.readable_accounts():
        numbers = search(
            session.database(account),
            query,
            me=account.own_addresses,
            today=datetime.now().astimezone().date(),
            limit=limit,
        )
        yield account, numbers


def find_newest(session: Session, query: Query, limit: int | None) -> list[Hit]:
    """Find in all accounts, newest first over all of them."""
    hits = [
        Hit(account, summary)
        for account, numbers in find(session, query, limit)
        for summary in load_summaries(session.database(account), numbers)
        if summary is not None
    ]
    hits.sort(key=lambda hit: hit.summary.date, reverse=True)
    return hits if limit is None else hits[:limit]


def _print_objects(session: Session, hits: list[Hit]) -> None:
    names = {
        (account.name, mailbox.id): mailbox.name
        for account in session.readable_accounts()
        for mailbox in load_mailboxes(session.database(account))
    }
    for hit in hits:
        summary = hit.summary
        output.json_object(
            {
                "id": hit.id,
                "account": hit.account.name,
                "mailbox": names[hit.account.name, summary.mailbox],
                "uid": summary.uid if hit.account.kind == "imap" else None,
                "message_id": summary.message_id,
                "thread": summary.thread,
                "date": rfc3339(summary.date),
                "from": addresses(summary.from_),
                "to": addresses(summary.to),
                "cc": addresses(summary.cc),
                "subject": summary.subject,
                "flags": sorted(summary.flags),
                "size": summary.size,
                "attachments": _attachments(session, hit),
                "snippet": summary.snippet,
            }
        )


def _attachments(session: Session, hit: Hit) -> int:
    """Count the attachments; while the structure is not known, 1 stands for a guess."""
    if not hit.summary.has_attachment:
        return 0
    structure = load_structure(session.database(hit.account), hit.summary.number)
    known = sum(part.is_attachment for part in structure.walk()) if structure else 0
    return known or 1


def _print_rows(hits: list[Hit]) -> None:
    room = sender_width(output.screen_width())
    output.table(
        [
            [
                hit.id,
                hit.summary.date.astimezone().strftime("%Y-%m-%d %H:%M"),
                _signs(hit.summary),
                cut(", ".join(one.short for one in hit.summary.from_), room),
                hit.summary.subject or "(no subject)",
            ]
            for hit in hits
        ]
    )


def sender_width(screen: int) -> int:
    """Say how many cells a sender may take, so that the subject has most of a line."""
    if not screen:
        return _WIDEST_SENDER
    return max(8, min(_WIDEST_SENDER, (screen - _BEFORE_SENDER) // 3))


def _signs(summary: MessageSummary) -> str:
    return (
        ("●" if "\\Seen" not in summary.flags else " ")
        + ("★" if "\\Flagged" in summary.flags else " ")
        + ("@" if summary.has_attachment else " ")
    )
