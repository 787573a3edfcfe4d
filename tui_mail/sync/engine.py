"""The engine's two ways to run: once, and until it is not needed any more."""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from tui_mail.config.places import Places
from tui_mail.config.settings import Account, Settings
from tui_mail.link.lock import AccountLock
from tui_mail.model.error import (
    LinkLost,
    MailError,
    ProtocolError,
    StoreDamaged,
    StoreFailed,
)
from tui_mail.model.ids import MailboxId
from tui_mail.model.query import Query
from tui_mail.store.database import Database
from tui_mail.store.mailboxes import apply_listing, load_mailboxes
from tui_mail.store.receipts import note_receipt
from tui_mail.sync import local_once
from tui_mail.sync.connecting import Connector, SmtpConnector, smtp_connector
from tui_mail.sync.dry_run import look
from tui_mail.sync.filing_there import Filing
from tui_mail.sync.neighbours import Neighbours
from tui_mail.sync.outbox_once import send_due
from tui_mail.sync.pacing import UNWATCHED_LENGTH, Pace
from tui_mail.sync.pop_once import PopOnce, connector_of
from tui_mail.sync.reading import Reader
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.replay import replay_doubtful
from tui_mail.sync.rounds import Round
from tui_mail.sync.searching import Outcome, ServerSearch
from tui_mail.sync.session import Session, Tell
from tui_mail.sync.storing import open_database
from tui_mail.sync.stumbles import Stumbles

_LOG = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]


def run_once(  # noqa: PLR0913 - each is a word of the command line
    account: Account,
    settings: Settings,
    places: Places,
    *,
    bodies: bool = False,
    dry_run: bool = False,
    again: bool = False,
    yes: bool = False,
    ask: Callable[[str], str] | None = None,
    progress: Progress | None = None,
) -> Receipt:
    """Bring an account in step with its server, and say what was done.

    ``dry_run`` changes neither the store nor the server. ``again`` and ``yes`` are for
    POP3: what was deleted here for ever comes again, and mail may go by a changed
    ``delete_after``. Raises EngineBusy where another process is at work on the account,
    and MailError with what went wrong.
    """
    if account.kind == "local":
        if dry_run:
            return local_once.look(account, places)
        return local_once.look_after(account, settings, places, ask=ask)
    if (pop := connector_of(account, ask)) is not None:
        smtp = smtp_connector(account, ask, beside=pop)
        once = PopOnce(account, pop, smtp, _telling(progress))
        if dry_run:
            return once.look(places, again=again, yes=yes)
        return once.run(settings, places, again=again, yes=yes)
    connector = Connector(account, ask)
    if dry_run:
        return look(account, connector, places)
    with AccountLock.acquire(places.lock(account.name), patience=1.0):
        database = open_database(account, places)
        neighbours = Neighbours(database, settings, places)
        smtp = smtp_connector(account, ask, beside=connector)
        try:
            return _synchronized(
                database, connector, smtp, neighbours, progress, bodies=bodies
            )
        finally:
            database.close()


def search_once(
    account: Account,
    places: Places,
    query: Query,
    *,
    ask: Callable[[str], str] | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Have the account's server look for what a query means; the store has it then.

    Raises EngineBusy where another process is at work on the account, and MailError
    with what went wrong.
    """
    connector = Connector(account, ask)
    with AccountLock.acquire(places.lock(account.name), patience=1.0):
        database = open_database(account, places)
        try:
            return _searched(database, connector, query, _telling(progress))
        finally:
            database.close()


def watch(
    account: Account,
    settings: Settings,
    places: Places,
    *,
    for_reader: bool,
) -> int:
    """Be the account's engine until interrupted, or its last reader has gone.

    Raises EngineBusy where there is one already, and MailError where it cannot go on.
    """
    if account.kind == "local" and account.smtp is None:
        local_once.look_after(account, settings, places)
        return 0
    from tui_mail.sync import watching

    return watching.watch(account, settings, places, for_reader=for_reader)


def _synchronized(
    database: Database,
    connector: Connector,
    smtp: SmtpConnector | None,
    neighbours: Neighbours,
    progress: Progress | None,
    *,
    bodies: bool,
) -> Receipt:
    tell = _telling(progress)
    tell(f"connecting to {connector.server.host}", 0, 0, None)
    ended_well = database.begin_use()
    receipt = Receipt()
    if database.salvaged:
        receipt.alerts.append(database.salvaged)
    with Reader() as renderer, _noted(database, receipt):
        # First: it goes out whatever becomes of the rest, and its copies are filed then.
        send_due(database, connector.account, smtp, renderer, receipt)
        try:
            _have_rounds(
                database, connector, neighbours, renderer, receipt, tell, bodies=bodies
            )
        except (StoreFailed, StoreDamaged):
            raise
        except MailError as error:
            if not (receipt.sent or receipt.problems):
                raise
            receipt.complain(error.line)
    if ended_well:
        # Else an engine that stays has to look the store over first.
        database.end_use()
    _LOG.info("%s: %s", connector.account.name, receipt)
    return receipt


def _have_rounds(
    database: Database,
    connector: Connector,
    neighbours: Neighbours,
    renderer: Reader,
    receipt: Receipt,
    tell: Tell,
    *,
    bodies: bool,
) -> None:
    """Synchronize over as many connections as it takes, as long as that is of use."""
    stumbles, whole_round = Stumbles(), False
    filing = Filing(connector.account)
    while not whole_round:
        with closing(connector.connect()) as connection:
            session = Session(
                connection,
                database,
                connector.connect,
                tell=tell,
                receipt=receipt,
                pace=Pace(database, length=UNWATCHED_LENGTH),
                stumbles=stumbles,
                carry_on=neighbours.carry_on,
                file_sent=filing.carry_on,
            )
            whole_round = _go_round(session, connector, renderer, bodies=bodies)
            receipt.alerts += session.alerts


@contextmanager
def _noted(database: Database, receipt: Receipt) -> Iterator[None]:
    """Keep for the journal what was done, also where it came to no good end."""
    try:
        yield
    finally:
        if receipt.kept:
            with database.transaction() as tx:
                note_receipt(tx, receipt.kept, datetime.now(UTC))


def _telling(progress: Progress | None) -> Tell:
    def tell(text: str, done: int, total: int, _: MailboxId | None) -> None:
        if progress is not None:
            progress(text, done, total)

    return tell


def _searched(
    database: Database, connector: Connector, query: Query, tell: Tell
) -> Outcome:
    account, server = connector.account, connector.server
    tell(f"connecting to {server.host}", 0, 0, None)
    ended_well = database.begin_use()
    with closing(connector.connect()) as connection, Reader() as renderer:
        session = Session(
            connection,
            database,
            connector.connect,
            tell=tell,
            pace=Pace(database, length=UNWATCHED_LENGTH),
        )
        if not any(not box.local for box in load_mailboxes(database)):
            listed = connection.list_mailboxes(subscribed_only=server.subscribed_only)
            with database.transaction() as tx:
                apply_listing(tx, listed, account.mailboxes)

        def said(done: int, total: int) -> None:
            tell("searching on the server", done, total, None)

        search = ServerSearch(session, account, query, renderer, said)
        for _ in search.steps():
            pass
        connection.logout()
        outcome = search.outcome()
    if ended_well:
        database.end_use()
    return outcome


def _go_round(
    session: Session, connector: Connector, renderer: Reader, *, bodies: bool
) -> bool:
    """Synchronize over one connection; False where the rest needs another."""
    account, server = connector.account, connector.server
    try:
        for _ in Round(session, account, server, renderer, whole=bodies).steps():
            pass
        replay_doubtful(session)
    except (LinkLost, ProtocolError):
        if not session.stumbles.worth_another_try():
            raise
        return False
    session.connection.logout()
    return True
