"""Engines at work on accounts: woken, asked to synchronize, asked for a part."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tui_mail.cli.session import Session
from tui_mail.config.settings import Account
from tui_mail.link.client import EngineClient
from tui_mail.link.lock import AccountLock
from tui_mail.link.messages import FetchPart, Hello, Search, Synchronize, Wake
from tui_mail.model.error import EngineBusy, LinkLost, MailError
from tui_mail.model.ids import WHOLE, MessageNumber, PartId

if TYPE_CHECKING:
    from tui_mail.sync.asked import Ask, Progress

_MOST_ENGINES = 3
"""So many engines are asked, one after the other has ended."""
_ENDS_IN = 10.0
"""Seconds in which an engine that has parted from its clients lets go of the account."""


@contextmanager
def engine(session: Session, account: Account) -> Iterator[EngineClient | None]:
    """Join the engine of an account; None where there is none."""
    path = session.places.socket(account.name)
    try:
        client = EngineClient.join(path, Hello(role="command", offline=False))
    except (LinkLost, OSError):
        yield None
        return
    try:
        yield client
    finally:
        client.close()


def wake(session: Session, account: Account) -> bool:
    """Tell an engine that is there that something waits; False where none is."""
    with suppress(MailError, OSError), engine(session, account) as client:
        if client is not None:
            client.send(Wake())
            return True
    return False


def ask_engine(session: Session, account: Account, *, whole: bool) -> str | None:
    """Have an engine that is there synchronize; its receipt, None without an engine."""
    said = _request(session, account, Synchronize(mailbox=None, request=1, whole=whole))
    return said if said is None else said or "in step"


def _request(
    session: Session, account: Account, asked: Synchronize | FetchPart | Search
) -> str | None:
    """Ask an engine that is there; None where there is none, or it ended over it.

    One that ends has the account for a moment still; another may come after it.
    """
    for _ in range(_MOST_ENGINES):
        with engine(session, account) as client:
            if client is None:
                return None
            with suppress(LinkLost):
                return client.request(asked)
        with suppress(EngineBusy):
            lock = session.places.lock(account.name)
            AccountLock.acquire(lock, patience=_ENDS_IN).release()
    return None


def search_server(session: Session, account: Account, query: str) -> str:
    """Have an account's server look for what a query means; raises MailError.

    By the engine that is there, or over a connection of its own.
    """
    said = _request(session, account, Search(query, request=1))
    if said is not None:
        return said
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
    asked = FetchPart(message=number, part=part, request=1)
    if _request(session, account, asked) is not None:
        return
    from tui_mail.sync.asked import fetch_once

    def once(ask: "Ask", progress: "Progress | None") -> None:
        fetch_once(account, session.places, number, part, ask=ask, progress=progress)

    _over_own_connection(session, account, once)


def fetch_whole(
    session: Session, account: Account, numbers: Sequence[MessageNumber]
) -> None:
    """Fetch messages whole that are not here so; raises MailError.

    What the server does not have or refuses is passed over.
    """
    with suppress(LinkLost), engine(session, account) as client:
        if client is not None:
            _ask_for_whole(session, account, client, numbers)
            return
    from tui_mail.sync.asked import fetch_whole_once

    def once(ask: "Ask", progress: "Progress | None") -> None:
        fetch_whole_once(account, session.places, numbers, ask=ask, progress=progress)

    if not _over_own_connection(session, account, once):
        _over_own_connection(session, account, once)


def _ask_for_whole(
    session: Session,
    account: Account,
    client: EngineClient,
    numbers: Sequence[MessageNumber],
) -> None:
    from tui_mail.cli.synchronizing import clear, show_progress
    from tui_mail.store.content import are_whole

    try:
        for done, number in enumerate(numbers):
            if are_whole(session.database(account), [number]):
                continue
            if sys.stderr.isatty():
                show_progress("fetching messages", done, len(numbers))
            try:
                client.request(FetchPart(message=number, part=WHOLE, request=1))
            except LinkLost:
                raise
            except MailError:
                # It is not here then, which who asked sees.
                continue
    finally:
        clear()


def _over_own_connection(
    session: Session, account: Account, once: Callable[["Ask", "Progress | None"], None]
) -> bool:
    """Do it; False if the account was synchronized instead: a mailbox was made anew."""
    from tui_mail.cli.synchronizing import ask_person, clear, show_progress
    from tui_mail.sync.engine import run_once
    from tui_mail.sync.session import Outdated

    progress = show_progress if sys.stderr.isatty() else None
    try:
        once(ask_person, progress)
    except Outdated:
        run_once(
            account,
            session.settings,
            session.places,
            ask=ask_person,
            progress=progress,
        )
        return False
    finally:
        clear()
    return True
