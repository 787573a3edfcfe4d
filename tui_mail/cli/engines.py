"""Engines at work on accounts: woken, asked to synchronize, asked for a part."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tui_mail.cli.session import Session
from tui_mail.config.settings import Account
from tui_mail.link.client import EngineClient
from tui_mail.link.messages import FetchPart, Hello, Search, Synchronize, Wake
from tui_mail.model.error import LinkLost, MailError
from tui_mail.model.ids import MessageNumber, PartId


@contextmanager
def _engine(session: Session, account: Account) -> Iterator[EngineClient | None]:
    """Join the engine of an account; None where there is none."""
    path = session.places.socket(account.name)
    try:
        client = EngineClient(path)
        client.send(Hello(role="command", offline=False))
    except (LinkLost, OSError):
        yield None
        return
    try:
        yield client
    finally:
        client.close()


def wake(session: Session, account: Account) -> None:
    """Tell an engine that is there that something waits."""
    with suppress(MailError, OSError), _engine(session, account) as client:
        if client is not None:
            client.send(Wake())


def ask_engine(session: Session, account: Account, *, whole: bool) -> str | None:
    """Have an engine that is there synchronize; its receipt, None without an engine."""
    with _engine(session, account) as client:
        if client is None:
            return None
        asked = Synchronize(mailbox=None, request=1, whole=whole)
        return client.request(asked) or "in step"


def search_server(session: Session, account: Account, query: str) -> str:
    """Have an account's server look for what a query means; raises MailError.

    By the engine that is there, or over a connection of its own.
    """
    with _engine(session, account) as client:
        if client is not None:
            return client.request(Search(query, request=1))
    from tui_mail.cli.synchronizing import ask_person, show_progress
    from tui_mail.model.query_parser import parse_query
    from tui_mail.sync.engine import search_once

    outcome = search_once(
        account,
        session.places,
        parse_query(query),
        ask=ask_person,
        progress=show_progress if sys.stderr.isatty() else None,
    )
    if not outcome.whole:
        raise MailError(outcome.line)
    return outcome.line


def fetch(
    session: Session, account: Account, number: MessageNumber, part: PartId | None
) -> None:
    """Fetch a part, or the readable text for None; raises MailError.

    Without an engine over a connection of its own, which does nothing else. Only where
    the mailbox was made anew is the account synchronized.
    """
    with _engine(session, account) as client:
        if client is not None:
            client.request(FetchPart(message=number, part=part, request=1))
            return
    from tui_mail.cli.synchronizing import ask_person, clear, show_progress
    from tui_mail.sync.asked import fetch_once
    from tui_mail.sync.engine import run_once
    from tui_mail.sync.session import Outdated

    progress = show_progress if sys.stderr.isatty() else None
    try:
        fetch_once(
            account, session.places, number, part, ask=ask_person, progress=progress
        )
    except Outdated:
        run_once(
            account,
            session.settings,
            session.places,
            ask=ask_person,
            progress=progress,
        )
    finally:
        clear()
